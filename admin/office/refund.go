package office

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
)

func (f *office) mountRefunds() {
	f.on("GET /office/sales/{id}/refund", "", f.refundPage)
	f.on("POST /office/sales/{id}/refund", "", f.saleRefund)
	f.on("POST /office/sales/{id}/void", auth.PermVoid, f.saleVoid)
	f.mountRefundRequests()
	f.mountCashOut()
}

// mayAny lets through who has one of the permissions. Fault: auth.denied.
func mayAny(ctx context.Context, perms ...auth.Permission) error {
	var err error
	for _, perm := range perms {
		if err = auth.Require(ctx, perm); err == nil {
			return nil
		}
	}
	return err
}

// Ways to spread a refund over the tenders.
const (
	planShares  = "shares"  // in proportion to what is left of each
	planOrder   = "order"   // some first
	planAmounts = "amounts" // as stated
)

// tenderLeft is what of one type of tender may still be given back.
type tenderLeft struct {
	kind             string
	paid, back, left money.Amount
}

// refundView is the page on which a refund is put together: the sale, what of it
// is left, and, once it was worked out, what it comes to.
type refundView struct {
	s         *sale.Sale
	states    map[id.ID]sale.LineState
	tenders   []tenderLeft
	parts     []prepaidPart // prepaid lines that were partly used
	cases     []caseView
	registers []ui.Option
	pending   id.ID // a request that waits for this sale
	mayOwe    bool  // the shop's setting for points that are missing
	in        form
	quote     *checkout.RefundQuote // nil: not worked out yet
	terms     refundTerms           // what of it the packs keep
	seen      string                // what was worked out, to be confirmed
	ask       bool                  // the actor may only ask
}

func refundURL(s id.ID) string { return "/office/sales/" + s.String() + "/refund" }

// readRefund reads the page; in is what was typed.
func (f *office) readRefund(ctx context.Context, p *page, u id.ID, in form) (*refundView, error) {
	m := p.Merchant.ID
	s, err := sale.Get(ctx, f.db, m, u)
	if err != nil {
		return nil, err
	}
	if s.Kind != sale.KindSale || s.State != sale.StateCompleted {
		return nil, checkout.ErrNotASale
	}
	v := &refundView{s: s, in: in, ask: !p.Actor.May(auth.PermRefund)}
	var states []sale.LineState
	var back []sale.Tender
	var rounding money.Amount
	var settings setting.Values
	asks := append(sale.AskRefundedTenders(m, u, &back, &rounding), sale.AskStates(m, u, false, &states), setting.AskAll(m, s.Shop, s.Register, &settings))
	if err := f.db.Batch(ctx, asks...); err != nil {
		return nil, err
	}
	v.states = statesByLine(states)
	v.tenders, v.mayOwe = tendersLeft(s.Tenders, back), loyalty.MayOwe(settings)
	if v.parts, err = f.usedParts(ctx, p, s, v.states); err != nil {
		return nil, err
	}
	if err := v.work(p, f.db.Now()); err != nil {
		return nil, err
	}
	if v.registers, err = f.registerOptions(ctx, p); err != nil {
		return nil, err
	}
	v.pending, err = f.pendingOf(ctx, m, u)
	return v, err
}

// tendersLeft adds up a sale's tenders by type, less what was given back.
func tendersLeft(paid, back []sale.Tender) (out []tenderLeft) {
	at := func(kind string) *tenderLeft {
		for i := range out {
			if out[i].kind == kind {
				return &out[i]
			}
		}
		out = append(out, tenderLeft{kind: kind})
		return &out[len(out)-1]
	}
	for _, t := range paid {
		at(t.Type).paid += t.Amount
	}
	for _, t := range back {
		at(t.Type).back += t.Amount
	}
	for i := range out {
		out[i].left = out[i].paid - out[i].back
	}
	return out
}

// registerOptions lists the registers with their shops, by name.
func (f *office) registerOptions(ctx context.Context, p *page) ([]ui.Option, error) {
	all, err := f.registers(ctx, p.Merchant.ID)
	l := saleList{registers: all}
	return l.registerOptions(p)[1:], err // without "all"
}

// refundStart is the form as it opens: nothing chosen, pro rata, where it was sold.
func refundStart(s id.ID) form {
	return values("plan", planShares, "reason", "", "case", "", "used_at_list", "", "share", "", "amount", "", "first", "", "second", "", "key", newKey(), "sale", s.String())
}

func (f *office) refundPage(w http.ResponseWriter, r *http.Request, p *page) error {
	if err := mayAny(r.Context(), auth.PermRefund, auth.PermSell); err != nil {
		return err
	}
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	v, err := f.readRefund(r.Context(), p, u, refundStart(u))
	if err != nil {
		return err
	}
	v.in.v.Set("register", v.s.Register.String())
	return f.show(w, r, refundPageView(p, v))
}

// saleRefund works a refund out and shows it; the second time, when what was shown
// is what is sent, it books it or asks for it.
func (f *office) saleRefund(w http.ResponseWriter, r *http.Request, p *page) error {
	ctx := r.Context()
	if err := mayAny(ctx, auth.PermRefund, auth.PermSell); err != nil {
		return err
	}
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	v, err := f.readRefund(ctx, p, u, in)
	if err != nil {
		return err
	}
	if in.on("all") {
		v.fillRest()
	}
	ask, err := v.request(p)
	if err != nil {
		return f.refundAgain(w, r, p, v, err)
	}
	if do := in.get("do"); (do == "book" || do == "ask") && in.get("seen") == v.digest(in.get("total")) {
		shown, err := p.Currency.Parse(in.get("total"))
		if err != nil {
			return f.refundAgain(w, r, p, v, err)
		}
		ask.Expected, ask.Idem = &shown, formKey(in, "refund "+u.String())
		return f.refundDo(w, r, p, v, ask)
	}
	q, err := f.o.Desk.QuoteRefund(ctx, ask)
	if err != nil {
		return f.refundAgain(w, r, p, v, err)
	}
	f.setQuote(p, v, q)
	return f.show(w, r, refundPageView(p, v))
}

// refundDo books what was confirmed, or asks for it.
func (f *office) refundDo(w http.ResponseWriter, r *http.Request, p *page, v *refundView, ask checkout.RefundIn) error {
	ctx := r.Context()
	if v.in.get("do") == "ask" {
		req, err := f.o.Desk.RequestRefund(ctx, ask)
		if err != nil {
			return f.refundStale(w, r, p, v, ask, err)
		}
		f.note(ctx, "sale.refund_requested", "sale", v.s.ID.String(), map[string]string{"request": req.ID.String()})
		return done(w, r, p, requestURL(req.ID), "office.refund.asked")
	}
	if err := auth.Require(ctx, auth.PermRefund); err != nil {
		return err
	}
	back, err := f.o.Desk.Refund(ctx, ask)
	if err != nil {
		return f.refundStale(w, r, p, v, ask, err)
	}
	f.note(ctx, "sale.refunded", "sale", v.s.ID.String(), map[string]string{"refund": back.ID.String()})
	return done(w, r, p, "/office/sales/"+back.ID.String(), "office.sales.refund_done", "number", back.ReceiptNumber())
}

// refundStale shows what a refund comes to now that it was not booked.
func (f *office) refundStale(w http.ResponseWriter, r *http.Request, p *page, v *refundView, ask checkout.RefundIn, err error) error {
	if q, quoteErr := f.o.Desk.QuoteRefund(r.Context(), ask); quoteErr == nil {
		f.setQuote(p, v, q)
	}
	return f.refundAgain(w, r, p, v, err)
}

func (f *office) refundAgain(w http.ResponseWriter, r *http.Request, p *page, v *refundView, err error) error {
	if at := fault.Of(err); errors.Is(err, checkout.ErrRefundPlan) && !v.in.v.Has(at.Param) {
		err = at.On("plan") // the desk names its own fields
	}
	v.in.err = err
	return f.again(w, r, err, refundPageView(p, v))
}

// setQuote notes what the refund comes to, to be confirmed as it was sent.
func (f *office) setQuote(p *page, v *refundView, q checkout.RefundQuote) {
	v.quote, v.terms = &q, f.refundTerms(p, &q)
	v.seen = v.digest(p.Currency.Format(q.Refund.Total))
}

// total is the amount that is confirmed, as it is sent back.
func (v *refundView) total(p *page) string { return p.Currency.Format(v.quote.Refund.Total) }

// digest tells whether what is confirmed is what was worked out: all that decides
// about amounts. The decision about points is taken after it.
func (v *refundView) digest(total string) string {
	sum := sha256.New()
	for _, name := range sortedKeys(v.in.v) {
		switch name {
		case "key", "do", "seen", "total", "all", "on_short", "reason":
			continue
		}
		if in := v.in.get(name); in != "" { // a field that another view does not have is an empty one
			sum.Write([]byte(name + "=" + in + "\n"))
		}
	}
	sum.Write([]byte(total))
	return hex.EncodeToString(sum.Sum(nil))
}

// fillRest types in all that is left of every line.
func (v *refundView) fillRest() {
	for i := range v.s.Lines {
		st := v.states[v.s.Lines[i].ID]
		if st.Rest() > 0 {
			v.in.v.Set("line:"+v.s.Lines[i].ID.String(), st.Rest().String())
		}
	}
}

// request is what the form asks of the desk.
func (v *refundView) request(p *page) (ask checkout.RefundIn, err error) {
	in := v.in
	ask = checkout.RefundIn{Merchant: p.Merchant.ID, Sale: v.s.ID, Reason: in.get("reason"), Actor: p.Actor.ID, Origin: sale.OriginTill, OnShort: in.get("on_short")}
	if ask.Lines, err = refundLines(in); err != nil {
		return ask, err
	}
	if ask.Register, err = in.id("register"); err != nil {
		return ask, err
	}
	if ask.Plan, err = v.plan(p); err != nil {
		return ask, err
	}
	ask.Prepaid, ask.UsedAtList, err = claimIn(p, in)
	return ask, err
}

// plan reads how the refund is spread over the tenders.
func (v *refundView) plan(p *page) (plan checkout.RefundPlan, err error) {
	switch v.in.get("plan") {
	case planOrder:
		for _, name := range []string{"first", "second"} {
			if kind := v.in.get(name); kind != "" {
				plan.Order = append(plan.Order, kind)
			}
		}
		if len(plan.Order) == 0 {
			return plan, checkout.ErrRefundPlan.On("first")
		}
	case planAmounts:
		for _, t := range v.tenders {
			name := "tender:" + t.kind
			a, err := amountIn(p, v.in.get(name), name)
			if err != nil {
				return plan, err
			}
			if a != 0 {
				plan.Amounts = append(plan.Amounts, checkout.TenderIn{Type: t.kind, Amount: a})
			}
		}
		if len(plan.Amounts) == 0 {
			return plan, checkout.ErrRefundPlan.On("plan")
		}
	}
	return plan, nil
}

// refundLines reads the quantities that were typed; none typed is a mistake rather
// than "all", which has its own button.
func refundLines(in form) ([]checkout.RefundLine, error) {
	var lines []checkout.RefundLine
	for _, name := range sortedKeys(in.v) {
		text, ok := strings.CutPrefix(name, "line:")
		if !ok || in.get(name) == "" {
			continue
		}
		line, err := id.Parse(text)
		if err != nil {
			return nil, err
		}
		q, err := money.ParseQuantity(plainNumber(in.get(name)))
		if err != nil {
			return nil, fault.Of(err).On(name)
		}
		if q < 0 {
			return nil, checkout.ErrQuantity.On(name)
		}
		if q > 0 {
			lines = append(lines, checkout.RefundLine{Line: line, Quantity: q})
		}
	}
	if len(lines) == 0 {
		return nil, checkout.ErrEmpty
	}
	return lines, nil
}

func (f *office) saleVoid(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	back, err := f.o.Desk.Void(r.Context(), checkout.RefundIn{Merchant: p.Merchant.ID, Sale: u, Reason: in.get("reason"), Actor: p.Actor.ID, Origin: sale.OriginTill, Idem: formKey(in, "void "+u.String())})
	if err != nil {
		return f.saleAgain(w, r, p, u, in, err)
	}
	f.note(r.Context(), "sale.voided", "sale", u.String(), map[string]string{"void": back.ID.String()})
	return done(w, r, p, "/office/sales/"+back.ID.String(), "office.sales.void_done", "number", back.ReceiptNumber())
}

// note audits what a flow has done in its own transactions. The document itself
// names the actor, so nothing is lost where this fails, and what was booked stays
// booked.
func (f *office) note(ctx context.Context, action, kind, subject string, detail any) {
	err := f.audited(ctx, action, kind, detail, func(context.Context, *db.Tx) (string, error) { return subject, nil })
	if err != nil {
		f.o.Log.ErrorContext(ctx, "a booking was not audited", "action", action, "subject", subject, "error", err)
	}
}

func (f *office) saleAgain(w http.ResponseWriter, r *http.Request, p *page, u id.ID, in form, err error) error {
	d, readErr := f.readSale(r.Context(), p, u)
	if readErr != nil {
		return readErr
	}
	in.err, d.in = err, in
	d.in.err = err
	return f.again(w, r, err, saleView(p, d))
}
