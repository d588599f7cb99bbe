package till

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrParkedGone = fault.New(fault.NotFound, "till.parked_gone")  // taken up by somebody else, or over
	ErrParkFull   = fault.New(fault.Exceeded, "till.parking_full") // {limit}
)

const (
	// ParkedFor is how long a basket that nobody takes up is kept.
	ParkedFor = 7 * 24 * time.Hour

	parkMost = 100 // baskets of one shop
)

// Parked is a basket that was set aside. It says who the member is by the id alone.
type Parked struct {
	ID     id.ID
	At     clock.Instant
	By     id.ID  // who parked it; none: nobody signed in
	Member id.ID  // none: a passer-by
	Title  string // the first item's name
	Place  string // a table, a name to call
	Lines  int
	Basket json.RawMessage // as the screen wrote it; not read here
}

// Park sets a basket aside for every register of a shop, and lets go of those that
// nobody took up in time. Fault: till.parking_full.
func Park(ctx context.Context, tx *db.Tx, m, shop, register id.ID, p Parked) error {
	tx.Queue(`delete from parked_baskets where merchant_id = $1 and shop_id = $2 and created_at <= $3`, m, shop, tx.Now.Add(-ParkedFor))
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `insert into parked_baskets (merchant_id, id, shop_id, register_id, member_id, title, place, line_count, basket, parked_by, created_at)
		select m.merchant_id, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11 from merchants m where m.merchant_id = $1
		and (select count(*) from parked_baskets b where b.merchant_id = $1 and b.shop_id = $3) < $12`,
		m, tx.NewID(), shop, register, p.Member, p.Title, p.Place, int64(p.Lines), string(p.Basket), p.By, tx.Now, int64(parkMost))
	if err == nil && n == 0 {
		return ErrParkFull.With("limit", int64(parkMost))
	}
	return err
}

// ListParked answers what is parked in a shop, newest first.
func ListParked(ctx context.Context, r db.Reader, m, shop id.ID, now clock.Instant) ([]Parked, error) {
	return db.All(ctx, r, scanParked, `select `+parkedColumns+` from parked_baskets where merchant_id = $1 and shop_id = $2 and created_at > $3 order by created_at desc, id desc`,
		m, shop, now.Add(-ParkedFor))
}

// CountParked answers how many baskets ListParked would.
func CountParked(ctx context.Context, r db.Reader, m, shop id.ID, now clock.Instant) (int, error) {
	n, err := db.Value[int64](ctx, r, `select count(*) from parked_baskets where merchant_id = $1 and shop_id = $2 and created_at > $3`, m, shop, now.Add(-ParkedFor))
	return int(n), err
}

// TakeParked gives a basket out, once. Fault: till.parked_gone.
func TakeParked(ctx context.Context, tx *db.Tx, m, shop, parked id.ID) (Parked, error) {
	p, err := db.One(ctx, tx, scanParked, `select `+parkedColumns+` from parked_baskets where merchant_id = $1 and shop_id = $2 and id = $3 and created_at > $4 for update`,
		m, shop, parked, tx.Now.Add(-ParkedFor))
	if errors.Is(err, db.ErrNoRow) {
		return Parked{}, ErrParkedGone
	}
	if err != nil {
		return Parked{}, err
	}
	tx.Queue(`delete from parked_baskets where merchant_id = $1 and id = $2`, m, parked)
	return p, tx.Flush(ctx)
}

const parkedColumns = `id, created_at, parked_by, member_id, title, place, line_count, basket`

func scanParked(r db.Row, p *Parked) error {
	var basket string
	var lines int64
	err := r.Scan(&p.ID, &p.At, &p.By, &p.Member, &p.Title, &p.Place, &lines, &basket)
	p.Lines, p.Basket = int(lines), json.RawMessage(basket)
	return err
}
