package pos

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
	"github.com/shopwright/shopwright/core/web"
)

// refundForm is what is to come back.
type refundForm struct {
	Open   bool
	Asks   bool // whoever sits here may not refund: it is asked for
	Key    string
	Reason string
	Lines  []refundLine
	Plan   string // the tender that is filled first, "" pro rata
	Plans  []ui.Option
	Claim  claimForm
	Used   bool // something prepaid was partly used: a case must be said
	Shown  money.Amount
	Short  bool    // points are gone: say whether as a debt
	Terms  *ui.Why // what the rules of the sale make of it; nil: nothing
}

type refundLine struct {
	ID        id.ID
	Name, Sub string
	Net       string
	Most      money.Amount // that may come back
	Rest      money.Quantity
	Quantity  string
	Used      bool // prepaid, and partly used
}

// claimForm says why prepaid value is given back.
type claimForm struct {
	Case, Share, Amount, List string
}

func readClaim(r *http.Request) claimForm {
	f := r.PostForm
	return claimForm{f.Get("case"), strings.TrimSpace(f.Get("share")), strings.TrimSpace(f.Get("agreed")), strings.TrimSpace(f.Get("list"))}
}

// claim is the form for the flow, and what was used at list prices.
func (f *claimForm) claim(d *desk) (c wallet.Claim, list money.Amount, err error) {
	c.Case = wallet.Case(f.Case)
	if f.Share != "" && c.Case == wallet.CaseAgreement {
		if c.Share, err = percent(strings.TrimSuffix(f.Share, "%")); err != nil {
			return c, 0, wallet.ErrAgreement.On("share")
		}
	}
	if f.Amount != "" && c.Case == wallet.CaseAgreement {
		if c.Amount, err = ui.ParseMoney(d.Currency, f.Amount); err != nil {
			return c, 0, fault.Of(err).On("agreed")
		}
	}
	if f.List != "" && c.Case == wallet.CaseConsumer {
		if list, err = ui.ParseMoney(d.Currency, f.List); err != nil {
			return c, 0, fault.Of(err).On("list")
		}
	}
	return c, list, nil
}

func (d *desk) caseOptions() []ui.Option {
	out := []ui.Option{{Value: "", Text: d.T("pos.case_choose")}}
	for _, c := range wallet.Cases {
		out = append(out, ui.Option{Value: string(c), Text: d.T("pos.case." + string(c))})
	}
	return out
}

func (h *screens) showRefund(w http.ResponseWriter, r *http.Request, d *desk) error {
	v, err := h.saleOf(r, d)
	if err != nil {
		return err
	}
	switch {
	case v.Sale.Kind != sale.KindSale:
		v.Err = checkout.ErrNotASale
	case !v.Rest:
		v.Err = checkout.ErrNothingLeft
	case v.Request != nil:
		v.Err = sale.ErrRequestPending
	default:
		err = h.openRefund(r.Context(), v, id.New(int64(h.db.Now())).String(), nil)
	}
	if err != nil {
		return err
	}
	return h.sh.Render(w, r, saleScreen(v))
}

// openRefund offers all that is left, or what was typed, with what was prepaid
// worked out.
func (h *screens) openRefund(ctx context.Context, v *saleView, key string, r *http.Request) error {
	f := refundForm{Open: true, Key: key, Reason: v.T("pos.reason_return"), Asks: !v.May(string(auth.PermRefund))}
	if r != nil {
		f.Reason, f.Plan, f.Claim = r.PostForm.Get("reason"), r.PostForm.Get("plan"), readClaim(r)
	}
	f.Plans = v.planOptions()
	claim, list, claimErr := f.Claim.claim(v.desk)
	onTop := v.Sale.Total == v.Sale.Subtotal-v.Sale.Discount+v.Sale.Tax && v.Sale.Tax != 0
	for i := range v.Sale.Lines {
		l := &v.Sale.Lines[i]
		st := v.States[l.ID]
		if st.Rest() <= 0 {
			continue
		}
		x := refundLine{ID: l.ID, Name: v.lineName(l), Sub: v.T("pos.left_of", "rest", st.Rest().String(), "quantity", l.Quantity.String()), Rest: st.Rest(), Quantity: st.Rest().String(), Most: st.Net - st.NetBack}
		if r != nil {
			x.Quantity = strings.TrimSpace(r.PostForm.Get("q." + l.ID.String()))
		}
		if err := h.prepaidBack(ctx, v, l, claim, list, claimErr, &x); err != nil {
			return err
		}
		if onTop {
			x.Most += st.Tax - st.TaxBack
		}
		if x.Net == "" {
			x.Net = v.Money(x.Most)
		}
		if x.Used && x.Quantity != "" && x.Quantity != "0" {
			f.Used = true
			f.Shown += x.Most
		}
		f.Lines = append(f.Lines, x)
	}
	v.Refund = f
	if v.Err == nil {
		h.fillTerms(ctx, v, r)
	}
	return nil
}

// prepaidBack works out what comes back of a top-up, a punch card or a gift card
// of which something was used; without a case it is nothing yet.
func (h *screens) prepaidBack(ctx context.Context, v *saleView, l *sale.Line, c wallet.Claim, list money.Amount, bad error, x *refundLine) error {
	m := v.Desk.Merchant.ID
	switch l.Kind {
	case sale.LineTopUp, sale.LinePunchCard:
		var groups []wallet.Prepaid
		if err := h.db.Batch(ctx, wallet.AskPrepaid(m, v.Sale.Member, l.ID, &groups)); err != nil {
			return err
		}
		if len(groups) == 0 || groups[0].Used() == 0 && groups[0].Principal > 0 { // as the flow sees it
			return nil
		}
		x.Used, x.Most = true, 0
		if c.Case != "" && bad == nil {
			for i := range groups {
				groups[i].UsedAtList = list
			}
			c.At = h.db.Now()
			st, err := wallet.Calculate(c, groups)
			if err != nil {
				v.Err = err
				return nil
			}
			x.Most = st.Refund
		}
	case sale.LineGiftCard:
		card, err := wallet.GetGiftCard(ctx, h.db, m, l.GiftCard)
		if err != nil {
			return err
		}
		if card.Available() == card.Face {
			return nil
		}
		x.Used, x.Most = true, 0
		if c.Case != "" && bad == nil {
			x.Most = card.Price.MulDiv(int64(card.Available()), int64(card.Face), money.Down)
		}
		x.Sub = v.T("pos.on_card", "amount", v.Money(card.Available()))
	default:
		return nil
	}
	if c.Case == "" {
		x.Net = "?"
	}
	return nil
}

// planOptions are the ways in which the refund can be spread over the tenders.
func (v *saleView) planOptions() []ui.Option {
	out := []ui.Option{{Value: "", Text: v.T("pos.plan_as_paid")}}
	var seen []string
	for _, t := range v.Sale.Tenders {
		if !slices.Contains(seen, t.Type) {
			seen = append(seen, t.Type)
			out = append(out, ui.Option{Value: t.Type, Text: v.T("pos.plan_first", "tender", v.T("pos.tender."+t.Type))})
		}
	}
	if len(seen) < 2 {
		return nil
	}
	return out
}

// refund gives back what was chosen, or asks for it.
func (h *screens) refund(w http.ResponseWriter, r *http.Request, d *desk) error {
	if err := r.ParseForm(); err != nil {
		return web.ErrMalformed.Wrap(err)
	}
	v, err := h.saleOf(r, d)
	if err != nil {
		return err
	}
	key := r.PostForm.Get("key")
	if err := h.openRefund(r.Context(), v, key, r); err != nil {
		return err
	}
	if r.PostForm.Get("do") != "refund" { // worked out anew
		return h.sh.Render(w, r, saleScreen(v))
	}
	to, err := h.takeBack(r, v, key)
	if err != nil {
		if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
			return err
		}
		v.Err, v.Refund.Short = err, errors.Is(err, checkout.ErrPointsSpent)
		return h.sh.Render(w, r, saleScreen(v))
	}
	return h.goTo(w, r, to)
}

var errShownOther = fault.New(fault.Conflict, "pos.refund_changed") // the amount that was worked out is another than the one that was shown

// takeBack does what the form says and answers where to go then.
func (h *screens) takeBack(r *http.Request, v *saleView, key string) (string, error) {
	in, err := v.refundIn(r)
	if err != nil {
		return "", err
	}
	in.Reason = r.PostForm.Get("reason")
	switch {
	case v.Refund.Used && in.Prepaid.Case == "":
		return "", checkout.ErrPrepaidUsed.On("case")
	case v.Refund.Used && v.Err != nil: // it cannot be worked out
		return "", v.Err
	case (v.Refund.Used || v.Refund.Terms != nil) && r.PostForm.Get("shown") != v.minor(v.Refund.Shown):
		return "", errShownOther
	}
	if v.Refund.Terms != nil {
		in.Expected = &v.Refund.Shown
	}
	if r.PostForm.Get("debt") != "" {
		in.OnShort = checkout.ShortNegative
	}
	route := "refund"
	if v.Refund.Asks {
		route = "request"
	}
	if in.Idem, err = refundKey(key, v.Sale.ID, route, in.Reason+"|"+v.Refund.Plan+"|"+string(in.Prepaid.Case)+"|"+r.PostForm.Get("shown"), in.Lines); err != nil {
		return "", err
	}
	if v.Refund.Asks {
		_, err := h.o.Desk.RequestRefund(r.Context(), in)
		return v.path("sales", v.Sale.ID.String()), err
	}
	back, err := h.o.Desk.Refund(r.Context(), in)
	if err != nil {
		return "", err
	}
	h.cashed(v.desk, back)
	return v.path("sales", back.ID.String()+"?paid=1"), nil
}

// chosen reads the quantities; an empty field gives nothing back of its line.
func (v *saleView) chosen(r *http.Request) ([]checkout.RefundLine, error) {
	var out []checkout.RefundLine
	for i := range v.Sale.Lines {
		l := &v.Sale.Lines[i]
		s := strings.TrimSpace(r.PostForm.Get("q." + l.ID.String()))
		if s == "" || s == "0" {
			continue
		}
		q, err := money.ParseQuantity(s)
		if err != nil {
			return nil, err
		}
		out = append(out, checkout.RefundLine{Line: l.ID, Quantity: q})
	}
	if len(out) == 0 { // no lines would mean all of them
		return nil, errNothingChosen
	}
	return out, nil
}

var errNothingChosen = fault.New(fault.Invalid, "pos.nothing_chosen")

func refundKey(key string, of id.ID, route, said string, lines []checkout.RefundLine) (db.Idem, error) {
	k := db.Idem{Key: "pos." + key, Route: "POST /pos/" + route, BodyHash: of.String() + said}
	for _, l := range lines {
		k.BodyHash += "|" + l.Line.String() + strconv.FormatInt(int64(l.Quantity), 10)
	}
	k.BodyHash = hashOf(k.BodyHash)
	if key == "" {
		return k, db.ErrKeyMissing
	}
	return k, k.Check()
}

// minor writes an amount as the page sends it back.
func (d *desk) minor(a money.Amount) string { return strconv.FormatInt(int64(a), 10) }

func (v *saleView) refundVerb() string {
	if v.Refund.Asks {
		return v.T("pos.refund_ask")
	}
	return v.T("pos.refund_now")
}
