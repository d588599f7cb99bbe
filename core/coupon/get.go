package coupon

import (
	"context"
	"errors"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// Get reads a coupon. Fault: coupon.not_found.
func Get(ctx context.Context, r db.Reader, m, coupon id.ID) (Coupon, error) {
	c, err := db.One(ctx, r, scan, `select `+columns+from+`where c.merchant_id = $1 and c.id = $2`, m, coupon)
	if errors.Is(err, db.ErrNoRow) {
		return Coupon{}, ErrNotFound
	}
	return c, err
}
