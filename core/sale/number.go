package sale

import (
	"context"
	"errors"
	"strconv"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// FindByNumber finds a completed document by the two parts of its receipt number:
// "A1" and "000042". Fault: sale.not_found.
func FindByNumber(ctx context.Context, r db.Reader, m id.ID, series, number string) (id.ID, error) {
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return id.None, ErrNotFound
	}
	doc, err := db.One(ctx, r, func(row db.Row, v *id.ID) error { return row.Scan(v) },
		`select id from sales where merchant_id = $1 and series = $2 and number = $3 and state = 'completed'`, m, series, n)
	if errors.Is(err, db.ErrNoRow) {
		err = ErrNotFound
	}
	return doc, err
}
