package pos

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/tenant"
)

var errMayNotSign = fault.New(fault.Denied, "pos.may_not_sign") // they have signed in, and may no more than the cashier

const maxApproved = 1000 // of one process, the oldest end first

// signForm asks a manager to agree to a basket.
type signForm struct {
	State string // the basket that is asked for
	Login string
	Limit error // why
	Err   error
}

// approvals are the quotes that a manager agreed to, in memory: each is of one
// basket at one register, whatever the stations are told of it, and ends with the
// quote.
type approvals struct {
	mu    sync.Mutex
	list  map[[32]byte]*checkout.Quote
	order [][32]byte
}

func keyOf(b *checkout.Basket) [32]byte {
	raw, err := json.Marshal(b.Priced())
	if err != nil {
		panic(err) // plain values
	}
	return sha256.Sum256(raw)
}

func (a *approvals) put(key [32]byte, q *checkout.Quote) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.list == nil {
		a.list = map[[32]byte]*checkout.Quote{}
	}
	a.list[key] = q
	a.order = append(a.order, key)
	for len(a.order) > maxApproved {
		delete(a.list, a.order[0])
		a.order = a.order[1:]
	}
}

// find answers the quote of a basket that was agreed to, nil where there is none.
func (a *approvals) find(b *checkout.Basket, now clock.Instant) *checkout.Quote {
	if len(b.Discounts) == 0 && b.Drop == 0 { // nothing that anybody agrees to
		return nil
	}
	key := keyOf(b)
	a.mu.Lock()
	defer a.mu.Unlock()
	q := a.list[key]
	if q != nil && q.ExpiresAt <= now {
		delete(a.list, key)
		return nil
	}
	if q != nil && !q.HasLines(b) {
		return nil
	}
	return q
}

// end forgets what was agreed to once it was sold: it was for one sale.
func (a *approvals) end(b *checkout.Basket) {
	key := keyOf(b)
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.list, key)
}

// quote prices a basket: as a manager agreed to it, or as whoever has signed in
// may sell it.
func (h *screens) quote(ctx context.Context, d *tenant.Desk, b *basket) (*checkout.Quote, error) {
	in := b.checkout(d)
	if q := h.signed.find(&in, h.db.Now()); q != nil {
		return q, nil
	}
	return h.o.Desk.Quote(ctx, in)
}

// basketOf is the basket for a sale, as its quote knows it: an agreed one binds by
// its reference, and the levels of those who share a line are a part of it.
func (h *screens) basketOf(ctx context.Context, d *tenant.Desk, b *basket) (checkout.Basket, error) {
	in := b.checkout(d)
	if q := h.signed.find(&in, h.db.Now()); q != nil {
		for i := range in.Lines {
			in.Lines[i].Splits = q.Basket.Lines[i].Splits
		}
		return in, nil
	}
	return in, h.level(ctx, &in)
}

// level notes the level of everybody who shares a line.
func (h *screens) level(ctx context.Context, b *checkout.Basket) error {
	var all []auth.Staff
	for i := range b.Lines {
		for k := range b.Lines[i].Splits {
			if all == nil {
				var err error
				if all, err = auth.ListStaff(ctx, h.db, b.Merchant); err != nil {
					return err
				}
			}
			sh := &b.Lines[i].Splits[k]
			for j := range all {
				if all[j].ID == sh.Staff {
					sh.Level = all[j].Level
				}
			}
		}
	}
	return nil
}

// vouch lets somebody else sign at this register: they give their login and
// password, may what is needed, and are the actor of the answered context for this
// one step. The session that proves it ends at once. Faults: auth.wrong_login,
// auth.too_many_attempts, pos.may_not_sign.
func (h *screens) vouch(ctx context.Context, r *http.Request, d *desk, need auth.Permission) (context.Context, auth.Actor, error) {
	login := strings.ToLower(strings.TrimSpace(r.PostForm.Get("login")))
	name, handle, full := strings.Cut(login, "@")
	if full && handle != d.Desk.Merchant.Handle {
		return ctx, auth.Actor{}, auth.ErrWrongLogin
	}
	remote, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		remote = r.RemoteAddr
	}
	in, err := h.sh.Auth().SignIn(ctx, name+"@"+d.Desk.Merchant.Handle, r.PostForm.Get("password"), remote)
	if err != nil {
		return ctx, auth.Actor{}, err
	}
	if err := h.sh.Auth().SignOut(ctx, in.Token); err != nil {
		return ctx, auth.Actor{}, err
	}
	if !in.Actor.May(need) {
		return ctx, auth.Actor{}, errMayNotSign
	}
	return auth.WithActor(ctx, in.Actor), in.Actor, nil
}

// ask opens the sheet on which a manager agrees to a basket.
func (v *view) ask(wanted *basket, why error) {
	v.Sheet, v.Sign = sheetSign, signForm{State: wanted.encode(), Limit: why}
}

// sign takes a manager's signature: the basket that was asked for is priced as
// theirs, and what was agreed to is in the audit log.
func (a *action) sign(ctx context.Context, _ string) error {
	wanted, err := decode(a.r.PostForm.Get("asked"))
	if err != nil {
		return err
	}
	f := signForm{State: wanted.encode(), Login: a.r.PostForm.Get("login")}
	as, manager, err := a.h.vouch(ctx, a.r, a.v.desk, auth.PermAdjust)
	if err == nil {
		in := wanted.checkout(&a.v.Desk)
		key := keyOf(&in)
		var q *checkout.Quote
		if q, err = a.h.o.Desk.Quote(as, in); err == nil {
			if err = a.h.noteApproval(as, a.v.desk, q); err == nil {
				a.h.signed.put(key, q)
				*a.b = wanted
				a.v.Notes = append(a.v.Notes, a.v.T("pos.signed", "name", manager.Name))
				return nil
			}
		}
	}
	if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
		return err
	}
	f.Err = err
	a.v.Sheet, a.v.Sign = sheetSign, f
	return nil
}

// noteApproval puts figures into the audit log, and nobody's words.
func (h *screens) noteApproval(ctx context.Context, d *desk, q *checkout.Quote) error {
	type discount struct {
		Line   int    `json:"line"`
		Rate   string `json:"rate,omitempty"`
		Amount string `json:"amount,omitempty"`
	}
	detail := struct {
		Quote     string     `json:"quote"`
		Cashier   string     `json:"cashier_id"`
		Subtotal  string     `json:"subtotal"`
		Total     string     `json:"total"`
		Drop      string     `json:"drop,omitempty"`
		Discounts []discount `json:"discounts,omitempty"`
	}{Quote: q.Ref, Cashier: d.Actor.ID.String(), Subtotal: q.Currency.Format(q.Subtotal), Total: q.Currency.Format(q.Total)}
	if q.Basket.Drop != 0 {
		detail.Drop = q.Currency.Format(q.Basket.Drop)
	}
	for _, x := range q.Basket.Discounts {
		y := discount{Line: x.Line}
		if x.Rate != 0 {
			y.Rate = x.Rate.String()
		} else {
			y.Amount = q.Currency.Format(x.Amount)
		}
		detail.Discounts = append(detail.Discounts, y)
	}
	return h.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		return auth.Audit(ctx, tx, auth.Record{Action: "discount.approved", SubjectKind: "register", SubjectID: d.Register.ID.String(), Detail: detail})
	})
}
