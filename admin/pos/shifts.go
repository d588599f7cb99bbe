package pos

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/till"
	"github.com/shopwright/shopwright/core/web"
)

// shiftView is the register's shift: open it, look at it, close it.
type shiftView struct {
	*desk
	frame
	Report  *till.Report // X of the open shift, or the Z that was just made
	Closed  []till.Shift
	Key     string
	Form    map[string]string
	Sum     money.Amount // what the pieces in the form add up to
	Blind   bool         // what is expected is not shown before the count is in
	Overdue bool
	Err     error
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
		settings, err := setting.All(ctx, h.db, d.Desk.Merchant.ID, d.Desk.Shop.ID, d.Register.ID)
		if err != nil {
			return nil, err
		}
		if v.Blind = !rep.Final && setting.TillBlindCount.In(settings); v.Blind {
			rep = rep.Blind()
		}
		v.Report = &rep
	}
	v.Overdue = v.Shift != nil && v.Shift.Overdue(d.Desk.Shop.Zone, h.db.Now())
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

// changeShift opens, pays in or out, adds the counted pieces up, or closes.
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
	case "sum": // shown below, with what was typed
		_, _, err = h.counted(r, d)
		to = "sum"
	case "close":
		var closed id.ID
		closed, err = h.closeShift(r, d)
		to, text = d.path("shift?z="+closed.String()), d.T("pos.shift_closed")
	default:
		err = errLineGone
	}
	if err == nil && to != "sum" {
		return h.back(w, r, to, ui.Ok, text)
	}
	if err != nil {
		if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
			return err
		}
	}
	v, viewErr := h.shiftOf(r.Context(), d, id.None)
	if viewErr != nil {
		return viewErr
	}
	v.Err = err
	for name := range r.PostForm {
		v.Form[name] = r.PostForm.Get(name)
	}
	if counts, err := piecesOf(r.PostForm, d.Currency); err == nil {
		v.Sum, _, _ = till.Total(d.Currency, counts)
	}
	return h.sh.Render(w, r, shiftScreen(v))
}

func (h *screens) openShift(r *http.Request, d *desk) error {
	float, err := ui.ParseMoney(d.Currency, firstOf(r.PostForm.Get("float"), "0"))
	if err != nil {
		return fault.Of(err).On("float")
	}
	return h.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		s, err := till.Open(ctx, tx, d.Desk.Merchant.ID, d.Register.ID, d.Actor.ID, d.Desk.Shop.Zone, float)
		if err != nil {
			return err
		}
		return auditShift(ctx, tx, d, "shift.opened", s.ID, map[string]int64{"float": int64(float)})
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
	reason, category := r.PostForm.Get("reason"), r.PostForm.Get("category")
	k := db.Idem{Key: "pos." + r.PostForm.Get("key"), Route: "POST /pos/shift", BodyHash: hashOf(d.Currency.Format(amount) + category + "\x00" + reason)}
	if err := k.Check(); err != nil {
		return err
	}
	err = h.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		claim := tx.ClaimKey(d.Desk.Merchant.ID, k)
		move, err := till.Pay(ctx, tx, d.Desk.Merchant.ID, d.Register.ID, till.Move{Amount: amount, Category: category, Reason: clip(reason, 200), Actor: d.Actor.ID})
		if err != nil {
			return err
		}
		if _, _, found, err := claim.Prior(); err != nil || found {
			return errors.Join(err, errMovedBefore)
		}
		tx.SettleKey(d.Desk.Merchant.ID, k, move.ID)
		return auditShift(ctx, tx, d, "shift.cash_moved", move.Shift, map[string]int64{"amount": int64(amount)})
	})
	if errors.Is(err, errMovedBefore) && !errors.Is(err, db.ErrKeyReused) {
		return nil
	}
	return err
}

// pieceField names the input for the pieces of a note or coin.
func pieceField(v money.Amount) string { return "n" + strconv.FormatInt(int64(v), 10) }

// piecesOf reads the counted pieces; a field that is empty counts none. Fault:
// till.bad_pieces.
func piecesOf(form url.Values, c money.Currency) ([]till.Count, error) {
	var out []till.Count
	for _, d := range till.Denominations(c) {
		typed := strings.TrimSpace(form.Get(pieceField(d.Value)))
		if typed == "" {
			continue
		}
		n, err := strconv.ParseInt(typed, 10, 64)
		if err != nil || n < 0 || n > till.MaxPieces {
			return nil, till.ErrPieces.On(pieceField(d.Value)).With("value", c.Format(d.Value)).With("limit", int64(till.MaxPieces))
		}
		out = append(out, till.Count{Value: d.Value, Pieces: n})
	}
	return out, nil
}

// counted is what was counted: a sum where one was typed, else the pieces; no
// piece at all is an empty drawer. Faults: those of till.CloseWith.
func (h *screens) counted(r *http.Request, d *desk) (counts []till.Count, sum *money.Amount, err error) {
	if typed := r.PostForm.Get("counted"); r.PostForm.Has("counted") {
		a, err := ui.ParseMoney(d.Currency, typed)
		if err != nil {
			return nil, nil, fault.Of(err).On("counted")
		}
		return nil, &a, nil
	}
	if counts, err = piecesOf(r.PostForm, d.Currency); err == nil && len(counts) == 0 {
		sum = new(money.Amount)
	}
	return counts, sum, err
}

func (h *screens) closeShift(r *http.Request, d *desk) (id.ID, error) {
	shift, err := id.Parse(r.PostForm.Get("shift"))
	if err != nil {
		return id.None, till.ErrNotFound
	}
	counts, sum, err := h.counted(r, d)
	if err != nil {
		return id.None, err
	}
	open, err := till.OpenShift(r.Context(), h.db, d.Desk.Merchant.ID, d.Register.ID)
	if err != nil {
		return id.None, err
	}
	if open.ID != shift { // a page of an earlier shift
		return id.None, till.ErrClosed
	}
	closing := till.Closing{Shift: shift, Actor: d.Actor.ID, Currency: d.Currency, Counts: counts, Counted: sum, Reason: clip(r.PostForm.Get("why"), 200)}
	return shift, h.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		rep, closed, err := till.CloseWith(ctx, tx, d.Desk.Merchant.ID, closing)
		if err != nil {
			return fault.Of(err).On(map[string]string{"reason": "why", "counted_cash": "counted"}[fault.Of(err).Param])
		}
		if err := checkout.PrintShift(ctx, tx, d.Desk.Merchant.ID, closed); err != nil {
			return err
		}
		return auditShift(ctx, tx, d, "shift.closed", shift, map[string]int64{"counted": int64(rep.Counted), "over_short": int64(rep.OverShort)})
	})
}

func auditShift(ctx context.Context, tx *db.Tx, d *desk, action string, shift id.ID, detail map[string]int64) error {
	return auth.Audit(ctx, tx, auth.Record{Merchant: d.Desk.Merchant.ID, Action: action, SubjectKind: "shift", SubjectID: shift.String(), Detail: detail})
}

// pieces is the input for one note or coin.
func (v *shiftView) pieces(n till.Denomination) ui.FieldProps {
	name := pieceField(n.Value)
	p := ui.FieldProps{Name: name, Label: v.Money(n.Value), Value: v.Form[name], InputMode: "numeric", Numeric: true, Placeholder: "0", Err: v.wrong(name)}
	p.Attrs = templ.Attributes{"autocomplete": "off", "maxlength": "7", "hx-post": v.path("shift"), "hx-vals": `{"do":"sum"}`, "hx-trigger": "input changed delay:120ms",
		"hx-target": "#count-sum", "hx-select": "#count-sum", "hx-swap": "outerHTML", "hx-sync": "closest form:abort"}
	return p
}

// wrong is the fault of a field, nil where it is right.
func (v *shiftView) wrong(name string) error {
	if f := fault.Of(v.Err); v.Err != nil && f.Param == name {
		return v.Err
	}
	return nil
}

// why asks for the reason why the drawer is off.
func (v *shiftView) why(fieldID string) ui.FieldProps {
	p := ui.FieldProps{ID: fieldID, Name: "why", Label: v.T("pos.off_reason"), Hint: v.T("pos.off_reason_hint"), Value: v.Form["why"], Err: v.wrong("why")}
	p.Attrs = templ.Attributes{"maxlength": "200", "autocomplete": "off"}
	return p
}

func (v *shiftView) categories() []ui.Option {
	var out []ui.Option
	for _, c := range till.Categories() {
		out = append(out, ui.Option{Value: c, Text: v.T("till.category." + c)})
	}
	return out
}

// tenderTotals are the report's figures by tender, what was given back deducted:
// the usual ones in their order, then whatever else there is.
func tenderTotals(rep *till.Report) []sale.Total {
	order := slices.Clone(tenderTypes)
	sums := map[string]*sale.Total{}
	for _, x := range rep.Tenders {
		if !slices.Contains(order, x.Tender) {
			order = append(order, x.Tender)
		}
		sum := sums[x.Tender]
		if sum == nil {
			sum = &sale.Total{Tender: x.Tender}
			sums[x.Tender] = sum
		}
		sum.Count += x.Count
		sum.Amount += x.Signed()
	}
	var out []sale.Total
	for _, t := range order {
		if sums[t] != nil {
			out = append(out, *sums[t])
		}
	}
	return out
}

// openText says what becomes of the sales that have not ended.
func (v *shiftView) openText(rep *till.Report) string {
	if rep.Final {
		return v.T("pos.carried", "count", rep.Open.Count)
	}
	return v.T("pos.open_sales", "count", rep.Open.Count)
}
