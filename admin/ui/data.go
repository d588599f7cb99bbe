package ui

import "github.com/a-h/templ"

// Column is one column of a Table.
type Column struct {
	Title   string
	Numeric bool
	Key     bool // the figure that a phone shows beside the row's name
	End     bool // actions: no title on a phone
}

// TableProps describes a table. The first cell of each row names the row.
type TableProps struct {
	Caption     string
	HideCaption bool // read out, not shown: the card has a title
	Columns     []Column
	Rows        []TableRow
	Foot        []templ.Component // totals
	Dense       bool
	Empty       EmptyState
	Next        string // address of the next page; "" where this is the last
	First       string // address of the first page; "" where this is it
	Note        string // "213 members", beside the pager
}

// TableRow is one row.
type TableRow struct{ Cells []templ.Component }

// Row makes a row from texts and components (anything else is a mistake and
// panics).
func Row(cells ...any) TableRow {
	r := TableRow{}
	for _, c := range cells {
		switch v := c.(type) {
		case string:
			r.Cells = append(r.Cells, Text(v))
		case templ.Component:
			r.Cells = append(r.Cells, v)
		default:
			panic("ui: a cell is a string or a component")
		}
	}
	return r
}

func (k Column) class() string {
	s := ""
	if k.Numeric {
		s = "cell-num"
	}
	if k.End {
		s += " cell-end"
	}
	if k.Key {
		s += " cell-key"
	}
	return s
}

// column is safe for rows that are longer than the head.
func (p TableProps) column(i int) Column {
	if i < len(p.Columns) {
		return p.Columns[i]
	}
	return Column{}
}

// EmptyState is what a list shows that has nothing: what it would hold and the
// first step.
type EmptyState struct {
	Icon, Title, Text string
	Action            templ.Component
}

// StatProps is one figure of a dashboard.
type StatProps struct {
	Label, Value string
	Change       string // "+12 %"
	Up           bool   // colours Change as good
	Down         bool   // as bad
	Note         string // "than last Friday"
	Href         string
	Trend        []int64 // drawn as a sparkline
}

// Pair is a row of a KeyValue list.
type Pair struct {
	Key   string
	Value templ.Component
}

// Tab is one of a row of pages about the same thing.
type Tab struct {
	Title, Href string
	Count       string
	Current     bool
}

// Step is an entry of a Timeline.
type Step struct {
	Tone   Tone
	Title  string
	Text   string
	Time   templ.Component
	Amount string
}
