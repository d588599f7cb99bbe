// Package pack is the rule packs: what a bundle is, which are installed, and
// which a merchant has switched on.
//
// Owns: the bundle (a zip of manifest, module, settings form, texts and cases),
// its check and its signature, the rings of trusted keys; the registry: what comes
// with the program and, in pack_bundles, what a merchant or the platform has
// installed; the check of a configuration against a pack's form and its canonical
// form, the pack's texts; per merchant and shop what is on, with which version,
// configuration and priority, and the history of that, with the way back; how the
// candidates of packs meet (Observe, MatrixOf) and what is to be known before one
// is switched on (Lint).
// Does not own: verifying, compiling and running a module (rules), what a
// candidate does to a basket (core/promotion), which receipts a pack is tried on
// (core/report).
// Invariants: a bundle is opened whole or not at all, within fixed limits of
// size, however it is packed; each file is the one whose hash is in the manifest;
// an id and a version name one content for ever, for everybody where it comes with
// the program, else for each merchant; one merchant never sees what another has
// installed; nothing is installed that nobody vouches for, but in development
// mode; a removed version cannot be on in a shop, and its bytes stay as long as a
// sale may name it; equal settings have equal bytes and so equal hashes; a settings
// form never reaches outside its bundle.
package pack
