package receipt

import "strings"

// Metrics is the paper that a document is laid out on.
type Metrics struct {
	Columns int            // cells across
	Cells   func(rune) int // cells of a character; nil = Cells
}

// Line is one laid-out line: a text, or a block that is no text (Feed, QR,
// Barcode, Image, Cut).
type Line struct {
	Text  string
	Style Style
	Block Block // nil for a text
}

// minFlex is the narrowest that a flexible column is squeezed to before the
// row is broken in two.
const minFlex = 10

// Layout breaks a document into lines. A line's text, at its size, is never
// wider than the paper.
func Layout(d Document, m Metrics) []Line {
	if m.Cells == nil {
		m.Cells = Cells
	}
	m.Columns = max(m.Columns, 8)
	var out []Line
	for _, b := range d.Body() {
		switch b := b.(type) {
		case Text:
			out = append(out, m.text(b)...)
		case Columns:
			out = append(out, m.columns(b)...)
		case Rule:
			ch := "-"
			if b.Double {
				ch = "="
			}
			out = append(out, Line{Text: strings.Repeat(ch, m.Columns)})
		case QR:
			b.Content, b.Caption = clean(b.Content), clean(b.Caption)
			if _, err := qrModules(b.Content); err != nil {
				out = append(out, m.text(Text{b.Content, Style{Align: Center}})...)
			} else {
				out = append(out, Line{Block: b})
			}
			if b.Caption != "" {
				out = append(out, m.text(Text{b.Caption, Style{Align: Center}})...)
			}
		case Barcode:
			b.Content = clean(b.Content)
			if _, err := bars(b); err != nil {
				out = append(out, m.text(Text{b.Content, Style{Align: Center}})...)
			} else {
				out = append(out, Line{Block: b})
			}
		case Image:
			b.Alt = clean(b.Alt)
			if !b.Bitmap.Valid() {
				out = append(out, m.text(Text{b.Alt, Style{Align: Center}})...)
			} else {
				out = append(out, Line{Block: b})
			}
		case Feed:
			if b.Lines > 0 {
				out = append(out, Line{Block: Feed{min(b.Lines, 50)}})
			}
		case Cut:
			out = append(out, Line{Block: b})
		}
	}
	return out
}

func (m Metrics) text(t Text) []Line {
	across, _ := t.Size.Scale()
	var out []Line
	for _, s := range wrap(clean(t.Text), m.Columns/across, m.Cells) {
		out = append(out, Line{Text: s, Style: t.Style})
	}
	return out
}

// columns lays a table out. Where the flexible column would be squeezed below
// minFlex, each row takes two: the flexible text across the paper, the rest
// under it.
func (m Metrics) columns(t Columns) []Line {
	rows := make([][]string, len(t.Rows))
	for i, r := range t.Rows {
		rows[i] = make([]string, len(t.Cols))
		for j := range t.Cols {
			if j < len(r) {
				rows[i][j] = clean(r[j])
			}
		}
	}
	widths, flexed := m.widths(t.Cols, rows)
	var out []Line
	emit := func(cells []string, ws []int) {
		for _, s := range m.row(t.Cols, cells, ws) {
			out = append(out, Line{Text: s, Style: Style{Bold: t.Bold}})
		}
	}
	for _, r := range rows {
		if flexed >= minFlex {
			emit(r, widths)
			continue
		}
		rest := append([]string(nil), r...)
		ws := append([]int(nil), widths...)
		first := true
		for j, c := range t.Cols {
			if !c.Flex {
				continue
			}
			if r[j] != "" {
				for _, s := range wrap(r[j], m.Columns, m.Cells) {
					out = append(out, Line{Text: s, Style: Style{Bold: t.Bold}})
				}
			}
			rest[j], ws[j] = "", 0
			if first { // the first flexible column keeps the rest at its place
				ws[j], first = max(flexed, 0), false
			}
		}
		if strings.Join(rest, "") != "" {
			emit(rest, m.fit(ws))
		}
	}
	return out
}

// widths answers each column's cells and the width of a flexible column
// (minFlex where there is none; negative where the others leave no room). One space parts two columns.
func (m Metrics) widths(cols []Column, rows [][]string) (ws []int, flexed int) {
	ws = make([]int, len(cols))
	left, flex := m.Columns-(len(cols)-1), 0
	for j, c := range cols {
		switch {
		case c.Flex:
			flex++
			continue
		case c.Width > 0:
			ws[j] = c.Width
		default:
			for _, r := range rows {
				for _, s := range strings.Split(r[j], "\n") {
					ws[j] = max(ws[j], measure(s, m.Cells))
				}
			}
		}
		left -= ws[j]
	}
	if flex == 0 {
		return m.fit(ws), minFlex
	}
	flexed = left / flex
	for j, c := range cols {
		if c.Flex {
			ws[j] = flexed
			flex--
			if flex == 0 { // the last takes what the division left
				ws[j] = left
			}
			left -= ws[j]
		}
	}
	return ws, flexed
}

// fit narrows the widest columns until the table is no wider than the paper.
func (m Metrics) fit(ws []int) []int {
	total := len(ws) - 1
	for _, w := range ws {
		total += w
	}
	for total > m.Columns {
		widest := 0
		for j := range ws {
			if ws[j] > ws[widest] {
				widest = j
			}
		}
		if ws[widest] <= 2 {
			break
		}
		ws[widest]--
		total--
	}
	return ws
}

// row lays the cells of one row side by side, wrapping each in its column.
func (m Metrics) row(cols []Column, cells []string, ws []int) []string {
	parts := make([][]string, len(cols))
	high := 1
	for j := range cols {
		parts[j] = wrap(cells[j], ws[j], m.Cells)
		high = max(high, len(parts[j]))
	}
	out := make([]string, high)
	for y := range out {
		var b strings.Builder
		for j, c := range cols {
			if j > 0 {
				b.WriteByte(' ')
			}
			s := ""
			if y < len(parts[j]) {
				s = parts[j][y]
			}
			b.WriteString(m.pad(s, ws[j], c.Align))
		}
		out[y] = m.clip(strings.TrimRight(b.String(), " "))
	}
	return out
}

// clip drops what is still too wide: paper narrower than the table's columns
// can ever be.
func (m Metrics) clip(s string) string {
	used := 0
	for i, r := range s {
		if used += m.Cells(r); used > m.Columns {
			return s[:i]
		}
	}
	return s
}

// pad fills a text with spaces to that many cells.
func (m Metrics) pad(s string, w int, a Align) string {
	gap := w - measure(s, m.Cells)
	if gap <= 0 {
		return s
	}
	switch a {
	case Right:
		return strings.Repeat(" ", gap) + s
	case Center:
		return strings.Repeat(" ", gap/2) + s + strings.Repeat(" ", gap-gap/2)
	}
	return s + strings.Repeat(" ", gap)
}
