// Package pack is the rule packs: what a bundle is, which are installed, and
// which a merchant has switched on.
//
// Owns: the bundle (a zip of manifest, module, settings form, texts and cases)
// and its check, the registry of opened bundles, the check of a configuration
// against a pack's form and its canonical form, the pack's texts; per merchant
// and shop what is on, with which version, configuration and priority, and the
// history of that.
// Does not own: verifying, compiling and running a module (rules), what a
// candidate does to a basket (core/promotion).
// Invariants: a bundle is opened whole or not at all, within fixed limits of
// size, however it is packed; each file is the one whose hash is in the manifest;
// an id and a version name one content for ever; equal settings have equal bytes
// and so equal hashes; a settings form never reaches outside its bundle.
package pack
