// Package tour is the demo's first page: "who are you?", one click signs in, and
// five steps that tick themselves when they happen.
//
// Owns: the roles and their steps, how it is seen that a step happened, the few
// buttons that exist for the demo alone (break a rule, kill a printer in mid-sale,
// begin anew).
// Does not own: the screens that the steps lead to, seeding (cmd/shopwright/demo),
// driver processes (Options.Kill and Options.Driver come from outside).
// Invariants: a step ticks because something happened (an event, a state in the
// database, a page that was answered), never because a button was shown; sales
// made from here go through core/checkout; it is mounted by the demo only, since
// it signs people in without a password.
package tour
