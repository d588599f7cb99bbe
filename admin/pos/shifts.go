package pos

import (
	"context"
	"errors"
	"net/http"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/till"
	"github.com/shopwright/shopwright/core/web"
)

// shiftView is the register's shift: open it, look at it, close it.
type shiftView struct {
	*desk
	frame
	Report *till.Report // X of the open shift, or the Z that was just made
	Closed []till.Shift
	Key    string
	Form   map[string]string
	Err    error
}

func (h *screens) shiftOf(ctx context.Context, d *desk, shown id.ID) (*shiftView, error) {
	v := &shiftView{desk: d, Key: id.New(int64(h.db.Now())).String(), Form: map[string]string{}}
	var err error
	if v.frame, err = h.frameOf(ctx, d); err != nil {
		return nil, err
	}
	if shown.IsNone() && v.Shift != nil {
		shown = v.Shift.ID
	}
	if !shown.IsNone() {
		rep, shift, err := till.X(ctx, h.db, d.Desk.Merchant.ID, shown)
		if err != nil {
			return nil, err
		}
		if shift.Register != d.Register.ID {
			return nil, till.ErrNotFound
		}
		v.Report = &rep
	}
	v.Closed, err = till.List(ctx, h.db, d.Desk.Merchant.ID, d.Register.ID, db.Page{Limit: 8})
	return v, err
}

func (h *screens) showShift(w http.ResponseWriter, r *http.Request, d *desk) error {
	shown, err := id.Parse(r.URL.Query().Get("z"))
	if err != nil {
		shown = id.None
	}
	v, err := h.shiftOf(r.Context(), d, shown)
	if err != nil {
		return err
	}
	return h.sh.Render(w, r, shiftScreen(v))
}

// changeShift opens, pays in or out, or closes.
func (h *screens) changeShift(w http.ResponseWriter, r *http.Request, d *desk) error {
	if err := r.ParseForm(); err != nil {
		return web.ErrMalformed.Wrap(err)
	}
	var to, text string
	var err error
	switch r.PostForm.Get("do") {
	case "open":
		to, text = d.path("shift"), d.T("pos.shift_opened")
		err = h.openShift(r, d)
	case "in", "out":
		to, text = d.path("shift"), d.T("pos.cash_moved")
		err = h.moveCash(r, d)
	case "close":
		var closed id.ID
		closed, err = h.closeShift(r, d)
		to, text = d.path("shift?z="+closed.String()), d.T("pos.shift_closed")
	default:
		err = errLineGone
	}
	if err == nil {
		return h.back(w, r, to, ui.Ok, text)
	}
	if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
		return err
	}
	v, viewErr := h.shiftOf(r.Context(), d, id.None)
	if viewErr != nil {
		return viewErr
	}
	v.Err = err
	for _, name := range []string{"float", "counted", "amount", "reason"} {
		v.Form[name] = r.PostForm.Get(name)
	}
	return h.sh.Render(w, r, shiftScreen(v))
}

func (h *screens) openShift(r *http.Request, d *desk) error {
	float, err := ui.ParseMoney(d.Currency, firstOf(r.PostForm.Get("float"), "0"))
	if err != nil {
		return fault.Of(err).On("float")
	}
	return h.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := till.Open(ctx, tx, d.Desk.Merchant.ID, d.Register.ID, d.Actor.ID, d.Desk.Shop.Zone, float)
		return err
	})
}

var errMovedBefore = errors.New("pos: this was booked before")

// moveCash books cash put into the drawer or taken out, once for each key.
func (h *screens) moveCash(r *http.Request, d *desk) error {
	amount, err := ui.ParseMoney(d.Currency, r.PostForm.Get("amount"))
	if err != nil {
		return fault.Of(err).On("amount")
	}
	if amount <= 0 {
		return till.ErrBadAmount.On("amount")
	}
	if r.PostForm.Get("do") == "out" {
		amount = -amount
	}
	reason := r.PostForm.Get("reason")
	k := db.Idem{Key: "pos." + r.PostForm.Get("key"), Route: "POST /pos/shift", BodyHash: hashOf(d.Currency.Format(amount) + reason)}
	if err := k.Check(); err != nil {
		return err
	}
	err = h.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		claim := tx.ClaimKey(d.Desk.Merchant.ID, k)
		move, err := till.PayIn(ctx, tx, d.Desk.Merchant.ID, d.Register.ID, d.Actor.ID, amount, clip(reason, 200))
		if err != nil {
			return err
		}
		if _, _, found, err := claim.Prior(); err != nil || found {
			return errors.Join(err, errMovedBefore)
		}
		tx.SettleKey(d.Desk.Merchant.ID, k, move)
		return nil
	})
	if errors.Is(err, errMovedBefore) && !errors.Is(err, db.ErrKeyReused) {
		return nil
	}
	return err
}

func (h *screens) closeShift(r *http.Request, d *desk) (id.ID, error) {
	shift, err := id.Parse(r.PostForm.Get("shift"))
	if err != nil {
		return id.None, till.ErrNotFound
	}
	counted, err := ui.ParseMoney(d.Currency, r.PostForm.Get("counted"))
	if err != nil {
		return id.None, fault.Of(err).On("counted")
	}
	open, err := till.OpenShift(r.Context(), h.db, d.Desk.Merchant.ID, d.Register.ID)
	if err != nil {
		return id.None, err
	}
	if open.ID != shift { // a page of an earlier shift
		return id.None, till.ErrClosed
	}
	return shift, h.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, _, err := till.Close(ctx, tx, d.Desk.Merchant.ID, shift, d.Actor.ID, counted)
		return err
	})
}

// tenderTotals are the report's figures by tender, what was given back deducted.
func tenderTotals(rep *till.Report) []sale.Total {
	var out []sale.Total
	for _, t := range tenderTypes {
		sum := sale.Total{Tender: t}
		for _, x := range rep.Tenders {
			if x.Tender != t {
				continue
			}
			sum.Count += x.Count
			if x.Kind == sale.KindSale {
				sum.Amount += x.Amount
			} else {
				sum.Amount -= x.Amount
			}
		}
		if sum.Count > 0 {
			out = append(out, sum)
		}
	}
	return out
}
