package pos

import (
	"context"
	"errors"
	"net/http"
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

// cashForm pays out what a member has prepaid.
type cashForm struct {
	Key, Group, Tender, Reason, Login string
	Claim                             claimForm
	Groups                            []ui.Option
	Parts                             []cashPart
	Total                             money.Amount
	Expected                          string
	Ready                             bool // it was worked out: it can be paid
	Err                               error
}

// cashPart is what is paid for one top-up or punch card.
type cashPart struct{ Name, Paid, Left, Counted, Refund, Withheld string }

func readCash(r *http.Request) cashForm {
	g := r.PostForm.Get
	f := cashForm{Key: g("key"), Group: g("group"), Tender: g("tender"), Reason: g("reason"), Login: g("login"), Claim: readClaim(r), Expected: g("expected")}
	if f.Claim.Case == "" {
		f.Claim.Case = string(wallet.CasePolicy)
	}
	if f.Tender == "" {
		f.Tender = sale.TenderCash
	}
	return f
}

// openCashOut opens the sheet, or works it out anew.
func (a *action) openCashOut(context.Context, string) error {
	if a.b.Member.IsNone() {
		return checkout.ErrMemberNeeded
	}
	a.v.Sheet, a.v.Cash = sheetCash, readCash(a.r)
	if a.v.Cash.Key == "" {
		a.v.Cash.Key = id.New(int64(a.h.db.Now())).String()
	}
	return nil
}

// in is the form for the flow.
func (f *cashForm) in(d *desk, member id.ID) (checkout.CashOutIn, error) {
	in := checkout.CashOutIn{Merchant: d.Desk.Merchant.ID, Member: member, Register: d.Register.ID, Tender: f.Tender, Reason: f.Reason, Actor: d.Actor.ID, Origin: sale.OriginTill}
	var err error
	if f.Group != "" {
		if in.Group, err = id.Parse(f.Group); err != nil {
			return in, checkout.ErrNothingLeft
		}
	}
	in.Claim, in.UsedAtList, err = f.Claim.claim(d)
	return in, err
}

// fillCash works out what would be paid, top-up by top-up.
func (h *screens) fillCash(ctx context.Context, v *view) error {
	f := &v.Cash
	if v.Member == nil {
		v.Sheet = sheetNone
		return nil
	}
	var all []wallet.Prepaid
	if err := h.db.Batch(ctx, wallet.AskPrepaid(v.Desk.Merchant.ID, v.Member.ID, id.None, &all)); err != nil {
		return err
	}
	f.Groups = []ui.Option{{Value: "", Text: v.T("pos.cash_all")}}
	for i := range all {
		f.Groups = append(f.Groups, ui.Option{Value: all[i].Group.String(), Text: v.prepaidName(&all[i])})
	}
	in, err := f.in(v.desk, v.Member.ID)
	var st wallet.Settlement
	if err == nil {
		st, err = h.o.Desk.QuoteCashOut(ctx, in)
	}
	if err != nil {
		if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
			return err
		}
		if f.Err == nil {
			f.Err = err
		}
		return nil
	}
	f.Total, f.Ready = st.Refund, true
	for i := range st.Payments {
		p := &st.Payments[i]
		x := cashPart{Name: v.prepaidName(&p.Prepaid), Paid: v.Money(p.Paid), Left: v.Money(p.PrincipalLeft), Counted: v.Money(p.Counted), Refund: v.Money(p.Refund), Withheld: v.Money(p.Withheld)}
		if p.Visits() {
			x.Left = v.T("pos.visits", "count", int64(p.PrincipalLeft))
		} else if p.BonusLeft > 0 {
			x.Left += " + " + v.Money(p.BonusLeft)
		}
		f.Parts = append(f.Parts, x)
	}
	return nil
}

// prepaidName tells one top-up from another.
func (v *view) prepaidName(p *wallet.Prepaid) string {
	name := v.T("pos.line_top_up")
	if p.Visits() {
		name = v.T("pos.punch_card")
	}
	return name + " · " + v.Date(v.Desk.Shop.Zone.BusinessDate(p.BoughtAt)) + " · " + v.Money(p.Paid)
}

// cashOut pays it, where the figure is the one that was shown.
func (h *screens) cashOut(w http.ResponseWriter, r *http.Request, d *desk) error {
	if err := r.ParseForm(); err != nil {
		return web.ErrMalformed.Wrap(err)
	}
	b, err := decode(r.PostForm.Get("b"))
	if err != nil {
		return err
	}
	v := &view{desk: d, Basket: b, Sheet: sheetCash, Cash: readCash(r)}
	if r.PostForm.Get("do") != "pay" { // worked out anew
		return h.draw(w, r, v)
	}
	s, err := h.payOut(r, v)
	if err == nil {
		h.cashed(d, s)
		return h.goTo(w, r, d.path("sales", s.ID.String()+"?paid=1"))
	}
	if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
		return err
	}
	v.Cash.Err = err
	return h.draw(w, r, v)
}

func (h *screens) payOut(r *http.Request, v *view) (*sale.Sale, error) {
	f := &v.Cash
	if v.Basket.Member.IsNone() {
		return nil, checkout.ErrMemberNeeded
	}
	in, err := f.in(v.desk, v.Basket.Member)
	if err != nil {
		return nil, err
	}
	expected, err := strconv.ParseInt(f.Expected, 10, 64)
	if err != nil {
		return nil, web.ErrValidation.On("expected").With("param", "expected").With("problem", "")
	}
	total := money.Amount(expected)
	in.Expected = &total
	said := strings.Join([]string{v.Basket.Member.String(), f.Group, f.Tender, f.Reason, f.Expected, f.Claim.Case, f.Claim.Share, f.Claim.Amount, f.Claim.List}, "|")
	if in.Idem, err = refundKey(f.Key, v.Basket.Member, "cashout", said, nil); err != nil {
		return nil, err
	}
	ctx, actor := r.Context(), v.Actor
	if !actor.May(auth.PermRefund) {
		if ctx, actor, err = h.vouch(ctx, r, v.desk, auth.PermRefund); err != nil {
			return nil, err
		}
	}
	in.Actor = actor.ID
	s, err := h.o.Desk.CashOut(ctx, in)
	if errors.Is(err, db.ErrKeyReused) { // paid already, by a form that said otherwise
		err = checkout.ErrNothingLeft
	}
	return s, err
}

func (v *view) cashTenders() (out []ui.Option) {
	for _, t := range []string{sale.TenderCash, sale.TenderCard, sale.TenderQR} {
		out = append(out, ui.Option{Value: t, Text: v.T("pos.tender." + t)})
	}
	return out
}
