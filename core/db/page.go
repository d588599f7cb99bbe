package db

import (
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

// ErrBadCursor: a next_cursor that this program did not give out.
var ErrBadCursor = fault.New(fault.Invalid, "page.bad_cursor")

// Page asks for a part of a list in the order of ids, newest or oldest first.
type Page struct {
	After id.ID // the last id of the page before; none: from the start
	Limit int   // 1..200; 0: 50
}

// Size is the limit within its bounds.
func (p Page) Size() int {
	switch {
	case p.Limit <= 0:
		return 50
	case p.Limit > 200:
		return 200
	}
	return p.Limit
}

// Cut turns Size()+1 rows into a page and the cursor of the next ("" at the end).
func Cut[T any](p Page, rows []T, key func(T) id.ID) (items []T, next string) {
	if n := p.Size(); len(rows) > n {
		return rows[:n], key(rows[n-1]).String()
	}
	return rows, ""
}

// ParseCursor reads a cursor; "" is the start. Fault: page.bad_cursor.
func ParseCursor(s string) (id.ID, error) {
	if s == "" {
		return id.None, nil
	}
	u, err := id.Parse(s)
	if err != nil {
		return id.None, ErrBadCursor
	}
	return u, nil
}
