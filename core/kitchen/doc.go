// Package kitchen is where what was ordered is prepared: the stations of a shop
// (kitchen, bar), which lines go to which of them, and the tickets that tell them.
//
// Owns: prep_stations, prep_station_devices, prep_routes, prep_tickets,
// prep_ticket_lines; Station, Plan, Ticket and the rule of what a station is still
// to be told.
// Does not own: print jobs and printers (core/device), what a ticket looks like
// (core/report), sales and baskets.
// Invariants: what a station was told of a line is the sum of its operations, which
// are never changed; only the difference between what is wanted and what was told is
// ever sent, so that to send an order again, to merge orders or to move a line to
// another order tells nobody anything; a line that was told to a station stays with
// it, also where the routes have changed since; two who send the same line at once
// cannot both (ux_prep_ticket_lines_line_id_seq, tried again); a ticket names lines
// and a place, never a person.
package kitchen
