package kit

import (
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/width"
)

// table is text in columns; what is written in Chinese is twice as wide.
type table struct {
	rows  [][]string
	right map[int]bool // columns that are flush right
}

func newTable(right ...int) *table {
	t := &table{right: map[int]bool{}}
	for _, c := range right {
		t.right[c] = true
	}
	return t
}

func (t *table) row(cells ...any) {
	row := make([]string, len(cells))
	for i, c := range cells {
		row[i] = fmt.Sprint(c)
	}
	t.rows = append(t.rows, row)
}

func (t *table) write(w io.Writer, indent string) {
	var widths []int
	for _, r := range t.rows {
		for i, c := range r {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], columns(c))
		}
	}
	for _, r := range t.rows {
		line := indent
		for i, c := range r {
			gap := strings.Repeat(" ", widths[i]-columns(c))
			if t.right[i] {
				line += gap + c
			} else {
				line += c + gap
			}
			line += "  "
		}
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
}

// columns is how many columns of a terminal a text takes.
func columns(s string) (n int) {
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}
