package receipt

import "strings"

// PlainText renders a document for a paper of that many cells (32, 42 and 48
// are the usual ones). Codes and pictures are written as their content.
func PlainText(d Document, columns int) string {
	m := Metrics{Columns: max(columns, 8), Cells: Cells}
	var b strings.Builder
	line := func(s string, a Align) {
		b.WriteString(strings.TrimRight(m.pad(s, m.Columns, a), " "))
		b.WriteByte('\n')
	}
	for _, l := range Layout(d, m) {
		switch blk := l.Block.(type) {
		case nil:
			line(l.Text, l.Style.Align) // plain text has one size
		case Feed:
			b.WriteString(strings.Repeat("\n", blk.Lines))
		case QR:
			for _, s := range wrap("[QR] "+blk.Content, m.Columns, Cells) {
				line(s, Center)
			}
		case Barcode:
			for _, s := range wrap("["+blk.Content+"]", m.Columns, Cells) {
				line(s, Center)
			}
		case Image:
			if blk.Alt != "" {
				line("["+blk.Alt+"]", Center)
			}
		case Cut:
			line(strings.Repeat("- ", m.Columns/2), Left)
		}
	}
	return b.String()
}
