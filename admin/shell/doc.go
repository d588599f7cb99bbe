// Package shell is what every signed-in screen stands in: who is asking, in which
// shop, in which language and under which brand.
//
// Owns: the context of a screen (Page) made from a request, the navigation by
// permission, sign-in and sign-out, the way home by role, the preferences
// (language, theme, shop), messages that outlive a redirect, error pages, the
// edition's style sheet and logo.
// Does not own: what the screens show (admin/office, admin/pos), the look
// (admin/ui), sessions (core/auth), headers, the refusal of cross-site requests
// and the choice of the language (core/web, which wraps it all).
// Invariants: a screen whose permission the actor lacks answers 403 and reads
// nothing; nobody is sent to an address outside of this program; a fault that is
// ours shows nothing of itself.
package shell
