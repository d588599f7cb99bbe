package office

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

func (f *office) mountCashOut() {
	f.on("GET /office/members/{id}/cash-out", auth.PermRefund, f.cashOutPage)
	f.on("POST /office/members/{id}/cash-out", auth.PermRefund, f.cashOutDo)
}

func cashOutURL(m id.ID) string { return "/office/members/" + m.String() + "/cash-out" }

// cashOutView is what a member's prepaid value would be paid out at.
type cashOutView struct {
	m         member.Member
	groups    []wallet.Prepaid // what is chosen: all, or one
	names     map[id.ID]string // of what visits are counted in
	options   []ui.Option      // all, and each top-up
	registers []ui.Option
	cases     []caseView
	chosen    *caseView // nil: no case, or one that cannot be
	in        form
	key       string
}

func (f *office) readCashOut(ctx context.Context, p *page, m member.Member, in form) (*cashOutView, error) {
	v := &cashOutView{m: m, in: in, key: newKey()}
	for name, value := range map[string]string{"tender": sale.TenderCash, "reason": "", "used_at_list": "", "share": "", "amount": "", "group": "", "register": ""} {
		if !in.v.Has(name) {
			in.v.Set(name, value)
		}
	}
	if !slices.Contains([]string{sale.TenderCard, sale.TenderQR}, in.get("tender")) {
		in.v.Set("tender", sale.TenderCash)
	}
	var all []wallet.Prepaid
	if err := f.db.Batch(ctx, wallet.AskPrepaid(p.Merchant.ID, m.ID, id.None, &all)); err != nil {
		return nil, err
	}
	var units []id.ID
	for i := range all {
		if unit, ok := punchSKU(all[i].Unit); ok {
			units = append(units, unit)
		}
	}
	var err error
	if v.names, err = f.unitNames(ctx, p.Merchant.ID, units); err != nil {
		return nil, err
	}
	if v.registers, err = f.registerOptions(ctx, p); err != nil {
		return nil, err
	}
	v.options = []ui.Option{{Value: "", Text: p.T("office.cash_out.all")}}
	only, err := in.id("group")
	if err != nil {
		return nil, err
	}
	for i := range all {
		g := &all[i]
		v.options = append(v.options, ui.Option{Value: g.Group.String(), Text: stampText(p, g.BoughtAt)[:10] + " · " + prepaidName(p, g, v.names) + " · " + p.Money(g.Paid)})
		if only.IsNone() || g.Group == only {
			v.groups = append(v.groups, *g)
		}
	}
	if !v.single() {
		in.v.Del("used_at_list") // the list price is that of one top-up
	}
	claim, list, err := claimIn(p, in)
	if err != nil {
		v.in.err, claim, list = err, wallet.Claim{}, 0
	}
	if len(v.groups) > 0 {
		v.cases = casesOf(claim, list, v.groups, f.db.Now())
	}
	for i := range v.cases {
		if c := &v.cases[i]; string(c.Case) == in.get("case") && c.err == nil && v.in.err == nil {
			v.chosen = c
		}
	}
	return v, nil
}

// single reports whether one top-up alone is looked at.
func (v *cashOutView) single() bool { return len(v.groups) == 1 }

func (f *office) cashOutPage(w http.ResponseWriter, r *http.Request, p *page) error {
	m, err := f.memberOf(r, p)
	if err != nil {
		return err
	}
	q := url.Values{}
	for name, v := range r.URL.Query() {
		q[name] = v
	}
	v, err := f.readCashOut(r.Context(), p, m, form{v: q})
	if err != nil {
		return err
	}
	if v.in.err != nil {
		return f.again(w, r, v.in.err, cashOutPageView(p, v))
	}
	return f.show(w, r, cashOutPageView(p, v))
}

// cashOutDo pays out what the page showed.
func (f *office) cashOutDo(w http.ResponseWriter, r *http.Request, p *page) error {
	ctx := r.Context()
	m, err := f.memberOf(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	idem := formKey(in, "cash out "+m.ID.String())
	ask, err := cashOutIn(p, m.ID, in)
	if err == nil {
		ask.Idem = idem
		var doc *sale.Sale
		if doc, err = f.o.Desk.CashOut(ctx, ask); err == nil {
			f.note(ctx, "wallet.cashed_out", "member", m.ID.String(), map[string]string{"sale": doc.ID.String()})
			return done(w, r, p, "/office/sales/"+doc.ID.String(), "office.cash_out.done", "amount", p.Money(doc.Total))
		}
	}
	v, readErr := f.readCashOut(ctx, p, m, in)
	if readErr != nil {
		return readErr
	}
	v.in.err = err
	return f.again(w, r, err, cashOutPageView(p, v))
}

// cashOutIn is what the form asks of the desk.
func cashOutIn(p *page, m id.ID, in form) (ask checkout.CashOutIn, err error) {
	ask = checkout.CashOutIn{Merchant: p.Merchant.ID, Member: m, Tender: in.get("tender"), Reason: in.get("reason"), Actor: p.Actor.ID, Origin: sale.OriginTill}
	if ask.Register, err = in.id("register"); err != nil {
		return ask, err
	}
	if ask.Group, err = in.id("group"); err != nil {
		return ask, err
	}
	expected, err := amountIn(p, in.get("expected"), "expected")
	if err != nil {
		return ask, err
	}
	ask.Expected = &expected
	ask.Claim, ask.UsedAtList, err = claimIn(p, in)
	return ask, err
}

// paymentTable shows, top-up by top-up, what was paid, used, counted, kept and
// given back.
func (v *cashOutView) paymentTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.cash_out.parts"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.cash_out.part")}, {Title: p.T("office.refund.paid"), Numeric: true}, {Title: p.T("office.refund.used"), Numeric: true}, {Title: p.T("office.refund.left"), Numeric: true},
			{Title: p.T("office.cash_out.counted"), Numeric: true}, {Title: p.T("office.cash_out.withheld"), Numeric: true}, {Title: p.T("office.cash_out.refund"), Numeric: true, Key: true}}}
	var paid, counted, withheld money.Amount
	for i := range v.chosen.payments {
		x := &v.chosen.payments[i]
		left := prepaidFigure(p, &x.Prepaid, x.PrincipalLeft)
		if x.BonusLeft > 0 {
			left += " + " + prepaidFigure(p, &x.Prepaid, x.BonusLeft)
		}
		name := two(saleLink(prepaidName(p, &x.Prepaid, v.names), x.Sale), stampText(p, x.BoughtAt)[:10])
		t.Rows = append(t.Rows, ui.Row(name, ui.Amount(p.Ctx, x.Paid), prepaidFigure(p, &x.Prepaid, x.Used()), left, ui.Amount(p.Ctx, x.Counted), ui.Amount(p.Ctx, x.Withheld), ui.Amount(p.Ctx, x.Refund)))
		paid, counted, withheld = paid+x.Paid, counted+x.Counted, withheld+x.Withheld
	}
	if len(t.Rows) > 1 {
		t.Foot = []templ.Component{ui.Text(p.T("office.col.total")), ui.Amount(p.Ctx, paid), ui.Text(""), ui.Text(""), ui.Amount(p.Ctx, counted), ui.Amount(p.Ctx, withheld), ui.Amount(p.Ctx, v.chosen.refund)}
	}
	return t
}

// cashOutKind keeps the page's one primary button for the step that is next.
func cashOutKind(v *cashOutView) ui.ButtonKind {
	if v.chosen == nil {
		return ui.Primary
	}
	return ui.Plainly
}

// cashOutTenders are the ways to pay out.
func cashOutTenders(p *page) []ui.Option {
	var out []ui.Option
	for _, kind := range []string{sale.TenderCash, sale.TenderCard, sale.TenderQR} {
		out = append(out, ui.Option{Value: kind, Text: p.T("tender." + kind)})
	}
	return out
}

// sent are the values that the confirmation sends again.
func (v *cashOutView) sent() (pairs [][2]string) {
	for _, name := range []string{"register", "group", "case", "tender", "used_at_list", "share", "amount"} {
		pairs = append(pairs, [2]string{name, v.in.get(name)})
	}
	return pairs
}
