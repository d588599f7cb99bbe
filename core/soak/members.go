package soak

import (
	"context"
	"fmt"
	"sync"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

// circle is how many members come and go at a time: few, so that the registers get
// into each other's way. One joins every 500 operations or so and the eldest stays
// away, so that a member's history is long and not without end.
const circle = 6

// members are those who come at present, the eldest first. Safe for concurrent use.
type members struct {
	mu   sync.Mutex
	now  []id.ID
	made int // in all

	joining sync.Mutex
}

func (m *members) fill(ctx context.Context, d *db.DB, merchant id.ID) (err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.made, err = db.Value[int](ctx, d, `select count(*) from members where merchant_id = $1`, merchant); err != nil {
		return err
	}
	m.now, err = db.All(ctx, d, func(row db.Row, v *id.ID) error { return row.Scan(v) },
		`select id from (select id from members where merchant_id = $1 order by id desc limit $2) n order by id`, merchant, circle)
	return err
}

func (m *members) pick(w *worker) id.ID {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now[w.n(len(m.now))]
}

// eldest is whoever stays away next.
func (m *members) eldest() id.ID {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now[0]
}

func (w *worker) member() id.ID { return w.around.pick(w) }

// enrol lets a member join for the eldest, one at a time.
func (w *worker) enrol(ctx context.Context) error {
	m := &w.around
	m.joining.Lock()
	defer m.joining.Unlock()
	m.mu.Lock()
	no := m.made
	m.mu.Unlock()
	if err := w.desk.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return enrol(ctx, tx, w.desk.Vault, w.w.Merchant, no) }); err != nil {
		return err
	}
	return m.fill(ctx, w.desk.DB, w.w.Merchant)
}

// enrol makes the member of a number. Of every six, the second and the third are of
// the first one's family.
func enrol(ctx context.Context, tx *db.Tx, v *member.Vault, merchant id.ID, no int) error {
	place := no % circle
	var head id.ID
	if place == 1 || place == 2 {
		var err error
		if head, err = db.Value[id.ID](ctx, tx, `select id from members where merchant_id = $1 order by id desc limit 1 offset $2`, merchant, place-1); err != nil {
			return err
		}
	}
	m, err := member.Create(ctx, tx, v, member.In{Merchant: merchant, Name: fmt.Sprint("Member ", no), Phone: fmt.Sprintf("138%08d", no), Birthday: fmt.Sprintf("19%d0-%02d-17", 4+place, 1+no%12)})
	if err != nil || head.IsNone() {
		return err
	}
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	return member.JoinFamily(ctx, tx, merchant, head, m.ID)
}
