// Package displayvfd is the driver of customer displays on a serial line: displays of
// letters (2 × 20, VFD or LCD) and of eight digits with lamps (LED).
//
// Displays of letters get the ESC/POS commands for customer displays: ESC @ once,
// then for each line US $ 1 y and the whole line with blanks, so that nothing
// flickers. Displays of digits get ESC s n (n = 1 price, 2 total, 3 paid, 4 change,
// 0 dark) and ESC Q A amount CR.
//
// Owns: the two languages, what fits, what is shown again after the display was away.
// Does not own: what is shown.
// Invariants: a line is never longer than the display, by what its characters take
// there; an amount is shown whole or not at all; control characters never reach the
// display; what is shown after a reconnection is what was shown last.
package displayvfd
