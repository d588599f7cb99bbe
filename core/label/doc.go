// Package label is labels for shelves and goods: what is on them, where it stands,
// and batches of them that are printed.
//
// Owns: label_designs, label_batches, label_lines; Design and the designs that come
// along, Content, Layout (a design with a content -> a Label), a label's picture.
// Does not own: the catalogue that a content is taken from (whoever asks for a
// batch), print jobs (core/device), the printers' languages (hw/drivers).
// Invariants: a line of a batch keeps the label as it was asked for, so that one that
// is printed late or again says the price of then; one print job for each line, in
// the batch's own transaction; nothing of a label lies outside it; a code that
// cannot be encoded is asked for as another kind of code before it is left out.
package label
