// Package receipt is the receipt as a document: blocks of text, columns,
// rules, codes and images, and the ways to show them.
//
// Owns: Document and its blocks, Build (a sale's view -> a document), the
// layout in cells with East-Asian widths counted, the renderers for plain
// text, HTML and a 1-bit picture as a thermal printer would print it, and the
// bitmap font they need.
// Does not own: printers and their commands (hw/escpos), print jobs
// (core/device), receipt numbers (core/sale), the look-up of a sale's figures
// (whoever fills SaleView).
// Invariants: a document knows nothing of devices; every renderer shows the
// mark of a copy, because it is part of what Document.Body answers; no control
// character of any text reaches a renderer's output, so that a name cannot
// carry a printer command; a code that cannot be encoded is shown as text, so
// that a receipt never fails to print because of it; rendering needs no font,
// file or service of the machine.
package receipt
