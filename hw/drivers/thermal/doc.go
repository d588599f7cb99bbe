// Package thermal is an ESC/POS printer on any line: what the drivers of the
// network, of USB and of serial lines have in common.
//
// Owns: the settings of such a printer with its model, the questions that it
// answers, its drawer, its paper's events.
// Does not own: the outcome of a job (hw/drivers/streamprinter), the printer's
// language and the table of models (hw/escpos), the address (each driver).
// Invariants: a setting of its own wins over the model's; a byte that the
// printer sends unasked is never taken for an answer.
package thermal
