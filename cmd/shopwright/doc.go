// Command shopwright is the program: server, demo, migrations, proof of the books.
//
// app.go is the only wiring: it joins core's ports (rules, receipts, printers) to
// the edges that satisfy them. jobs.go lists what runs in the background. Each
// subcommand has a file of its name.
package main
