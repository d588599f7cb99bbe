package office

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// profile is a member from every side.
type profile struct {
	m         member.Member
	tiers     map[string]string
	standing  *standing // nil: the person is gone
	wallet    wallet.Wallet
	lots      []wallet.LotView
	movements []wallet.Movement
	numbers   map[id.ID]sale.Sale // documents that movements and coupons name
	skus      map[id.ID]catalog.SKU
	cards     []member.Card
	coupons   []coupon.Coupon
	history   []member.TierChange
	sales     []sale.Sale
	facts     []promotion.FactValue
	now       clock.Instant
	card      form // what was typed into the card form
	designs   []member.Design
	family    []member.Relative
	consents  []member.Consent
	pin       member.PIN
	private   form // what was typed into the forms of the PIN and the family
	packName  func(id string) string
}

const (
	movementsShown = 100
	salesShown     = 200
)

func (f *office) memberPage(w http.ResponseWriter, r *http.Request, p *page) error {
	m, err := f.memberOf(r, p)
	if err != nil {
		return err
	}
	return f.showMember(w, r, p, m, nil)
}

// showMember shows the page; wrong puts in what was typed into one of its forms.
func (f *office) showMember(w http.ResponseWriter, r *http.Request, p *page, m member.Member, wrong func(*profile) error) error {
	d, err := f.readProfile(r.Context(), p, m)
	if err != nil {
		return err
	}
	if wrong != nil {
		return f.again(w, r, wrong(d), memberView(p, d))
	}
	return f.show(w, r, memberView(p, d))
}

// lifetime facts and those of a year, for the head of the page.
var headFacts = []promotion.FactRef{{Kind: promotion.FactSpend}, {Kind: promotion.FactVisits}, {Kind: promotion.FactSpend, WindowDays: 365}, {Kind: promotion.FactVisits, WindowDays: 365}, {Kind: promotion.FactLastVisit}}

func (f *office) readProfile(ctx context.Context, p *page, m member.Member) (*profile, error) {
	d := &profile{m: m, now: f.db.Now()}
	d.packName = func(name string) string {
		if b, err := p.Packs.Latest(name); err == nil {
			return b.Name(p.Words)
		}
		return name
	}
	merchant := p.Merchant.ID
	var accounts []ledger.Account
	asks := []db.Ask{wallet.AskAccounts(merchant, m.ID, &accounts), member.AskPIN(merchant, m.ID, &d.pin)}
	if err := f.db.Batch(ctx, append(asks, member.AskFacts(merchant, m.ID, f.today(p), headFacts, &d.facts)...)...); err != nil {
		return nil, err
	}
	d.wallet = wallet.Of(m.ID, accounts)
	var err error
	read := func(err2 error) bool { err = err2; return err == nil }
	_ = read(fill(&d.tiers)(f.tierNames(ctx, merchant))) &&
		read(fill(&d.lots)(wallet.Lots(ctx, f.db, merchant, m.ID))) &&
		read(fill(&d.movements)(wallet.Movements(ctx, f.db, merchant, m.ID, movementsShown))) &&
		read(fill(&d.cards)(member.ListCards(ctx, f.db, merchant, m.ID))) &&
		read(fill(&d.designs)(member.ListDesigns(ctx, f.db, merchant))) &&
		read(fill(&d.family)(member.ListFamily(ctx, f.db, merchant, m.ID))) &&
		read(fill(&d.consents)(member.ListConsents(ctx, f.db, merchant, m.ID))) &&
		read(fill(&d.coupons)(coupon.List(ctx, f.db, merchant, m.ID, "", db.Page{Limit: 50}))) &&
		read(fill(&d.sales)(sale.List(ctx, f.db, merchant, sale.Filter{Member: m.ID}, db.Page{Limit: salesShown})))
	if err != nil {
		return nil, err
	}
	if m.Status != member.Erased {
		if d.standing, err = f.readStanding(ctx, p, m); err != nil {
			return nil, err
		}
	}
	if d.history, _, err = member.ListTierHistory(ctx, f.db, merchant, m.ID, db.Page{Limit: 20}); err != nil {
		return nil, err
	}
	d.numbers = map[id.ID]sale.Sale{}
	for _, s := range d.sales {
		d.numbers[s.ID] = s
	}
	d.skus, err = f.skus(ctx, merchant, d.services())
	return d, err
}

// fill is for reads in a row: it puts the value where it belongs and passes the error on.
func fill[T any](to *T) func(T, error) error {
	return func(v T, err error) error { *to = v; return err }
}

// services are the SKUs that the member's punch cards are for.
func (d *profile) services() []id.ID {
	seen := map[id.ID]bool{}
	var out []id.ID
	add := func(unit string) {
		if s, ok := punchSKU(unit); ok && !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	for _, l := range d.lots {
		add(l.Unit)
	}
	for _, m := range d.movements {
		add(m.Unit)
	}
	for _, x := range d.wallet.Punches {
		add(ledger.PunchUnit(x.SKU))
	}
	return out
}

func punchSKU(unit string) (id.ID, bool) {
	const prefix = "punch:"
	if len(unit) <= len(prefix) || unit[:len(prefix)] != prefix {
		return id.None, false
	}
	u, err := id.Parse(unit[len(prefix):])
	return u, err == nil
}

func (d *profile) stats(p *page) []ui.StatProps {
	punches := int64(0)
	for _, x := range d.wallet.Punches {
		punches += x.Remaining
	}
	last := p.T("office.member.never")
	if n := d.facts[4].Value; n >= 0 {
		last = p.T("office.member.days_ago", "n", n)
	}
	return []ui.StatProps{
		{Label: p.T("office.col.stored_value"), Value: p.Money(d.wallet.Principal + d.wallet.Bonus),
			Note: p.T("office.member.principal_bonus", "principal", p.Money(d.wallet.Principal), "bonus", p.Money(d.wallet.Bonus))},
		{Label: p.T("office.col.points"), Value: p.Int(d.wallet.Points)},
		{Label: p.T("office.member.punches"), Value: p.Int(punches)},
		{Label: p.T("office.member.spend_year"), Value: p.Money(money.Amount(d.facts[2].Value)), Note: p.T("office.member.visits_year", "n", d.facts[3].Value)},
		{Label: p.T("office.member.last_visit"), Value: last, Note: p.T("office.member.lifetime", "amount", p.Money(money.Amount(d.facts[0].Value)), "n", d.facts[1].Value)},
	}
}

func (d *profile) identity(p *page) []ui.Pair {
	x := d.m.Private
	sex := "–"
	if x.Sex != "" {
		sex = p.T("office.sex." + x.Sex)
	}
	return []ui.Pair{
		{Key: p.T("office.col.phone"), Value: ui.Text(dash(x.Phone))}, {Key: p.T("office.members.birthday"), Value: ui.Text(dash(x.Birthday))},
		{Key: p.T("office.members.sex"), Value: ui.Text(sex)}, {Key: p.T("office.members.email"), Value: ui.Text(dash(x.Email))},
		{Key: p.T("office.members.document"), Value: documentText(p, x)}, {Key: p.T("office.members.occupation"), Value: ui.Text(dash(x.Occupation))},
		{Key: p.T("office.members.address"), Value: ui.Text(dash(x.Address))}, {Key: p.T("office.members.note"), Value: ui.Text(dash(x.Note))},
		{Key: p.T("office.members.home_shop"), Value: ui.Text(dash(p.ShopName(d.m.HomeShop)))}, {Key: p.T("office.col.joined"), Value: ui.At(p.Ctx, d.m.JoinedAt)},
	}
}

// unit says what an account counts, and an amount of it.
func (d *profile) unit(p *page, unit, class string, a money.Amount) (what, amount string) {
	switch class {
	case ledger.ClassPoints:
		return p.T("office.col.points"), p.Int(int64(a))
	case ledger.ClassPunch:
		name := p.T("office.member.punches")
		if s, ok := punchSKU(unit); ok && d.skus[s].Name != "" {
			name = d.skus[s].Name
		}
		return name, p.T("office.member.visits", "n", int64(a))
	}
	return p.T("office.class." + class), p.Money(a)
}

func (d *profile) number(sale id.ID) string {
	s := d.numbers[sale]
	return s.ReceiptNumber()
}

func (d *profile) lotTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.member.lots"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.member.lot")}, {Title: p.T("office.member.remaining"), Numeric: true, Key: true}, {Title: p.T("office.member.of"), Numeric: true},
			{Title: p.T("office.member.origin")}, {Title: p.T("office.col.date")}, {Title: p.T("office.member.expires")}},
		Empty: ui.EmptyState{Icon: "wallet", Title: p.T("office.member.no_lots"), Text: p.T("office.member.no_lots_text")}}
	for _, l := range d.lots {
		what, left := d.unit(p, l.Unit, l.Class, l.Remaining)
		_, whole := d.unit(p, l.Unit, l.Class, l.Amount)
		expires := stamp2(p, l.ExpiresAt)
		t.Rows = append(t.Rows, ui.Row(what, left, whole, saleLink(d.number(l.OriginSale), l.OriginSale), stamp2(p, l.CreatedAt), expires))
	}
	return t
}

func (d *profile) movementTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.member.movements"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.reason")}, {Title: p.T("office.member.account")}, {Title: p.T("office.col.amount"), Numeric: true, Key: true},
			{Title: p.T("office.col.receipt")}, {Title: p.T("office.col.date")}},
		Empty: ui.EmptyState{Icon: "wallet", Title: p.T("office.member.no_movements")}}
	for _, m := range d.movements {
		what, amount := d.unit(p, m.Unit, m.Class, m.Amount.Abs())
		sign := "+"
		if m.Amount < 0 {
			sign = "\u2212"
		}
		t.Rows = append(t.Rows, ui.Row(d.reason(p, m), what, sign+amount, saleLink(d.number(m.Sale), m.Sale), stamp2(p, m.At)))
	}
	return t
}

// reason says why an amount moved.
func (d *profile) reason(p *page, m wallet.Movement) string {
	switch {
	case m.Kind == sale.KindSale && m.Amount < 0:
		return p.T("office.move.paid")
	case m.Kind == sale.KindSale && m.Class == ledger.ClassPoints:
		return p.T("office.move.earned")
	case m.Kind == sale.KindSale:
		return p.T("office.move.bought")
	case m.Kind == sale.KindRefund || m.Kind == sale.KindVoid:
		text := p.T("office.move.given_back")
		if m.Amount < 0 {
			text = p.T("office.move.taken_back")
		}
		if s, ok := d.numbers[m.Sale]; ok && s.Reason != "" {
			text += " · " + s.Reason
		}
		return text
	case m.Kind == wallet.KindTransfer, m.Kind == wallet.KindAdjust, m.Kind == wallet.KindExpired, m.Kind == wallet.KindCashOut:
		return p.T("office.move." + m.Kind)
	}
	return m.Kind
}

func (d *profile) couponTable(p *page) ui.TableProps { return couponTable(p, d.coupons, nil, d.now) }

func (d *profile) saleTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.sales.title"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.receipt")}, {Title: p.T("office.col.date")}, {Title: p.T("office.col.kind")}, {Title: p.T("office.col.points"), Numeric: true}, {Title: p.T("office.col.total"), Numeric: true, Key: true}},
		Empty:   ui.EmptyState{Icon: "sale", Title: p.T("office.member.no_sales")}}
	for i := range d.sales[:min(len(d.sales), 12)] {
		s := &d.sales[i]
		t.Rows = append(t.Rows, ui.Row(saleLink(s.ReceiptNumber(), s.ID), stamp(p, s.OccurredAt), kindBadge(p, s.Kind), p.Int(signed(s.Kind, s.Points)), ui.Amount(p.Ctx, money.Amount(signed(s.Kind, int64(s.Total))))))
	}
	if len(d.sales) > 12 {
		t.Next = "/office/sales?member=" + d.m.ID.String()
	}
	return t
}

// signed makes a refund's figure negative.
func signed(kind string, n int64) int64 {
	if kind == sale.KindSale {
		return n
	}
	return -n
}

const chartMonths = 12

// chart is what the member spent in each of the last twelve months.
func (d *profile) chart(p *page) ui.ChartProps {
	c := ui.ChartProps{ID: "spend", Title: p.T("office.member.chart"), Desc: p.T("office.member.chart_desc"), Kind: "bar",
		Format: func(v int64) string { return p.Money(money.Amount(v)) }, Series: []ui.Series{{Name: p.T("office.col.total")}}}
	sums := map[string]int64{}
	for i := range d.sales {
		s := &d.sales[i]
		sums[string(s.BusinessDate)[:7]] += signed(s.Kind, int64(s.Total))
	}
	month := clock.Date(dateOf(p, d.now)[:7] + "-01")
	for i := range chartMonths {
		m := clock.Date(month.Time().AddDate(0, i+1-chartMonths, 0).Format("2006-01-02"))
		c.Labels = append(c.Labels, p.Words.Month(m))
		c.Series[0].Values = append(c.Series[0].Values, sums[string(m)[:7]])
	}
	return c
}

func (d *profile) tierSteps(p *page) []ui.Step {
	var out []ui.Step
	name := func(code string) string {
		if n := d.tiers[code]; n != "" {
			return n
		}
		return dash(code)
	}
	for _, h := range d.history {
		out = append(out, ui.Step{Tone: ui.Branded, Title: name(h.From) + " → " + name(h.To), Text: d.tierReason(p, h), Time: ui.At(p.Ctx, h.At)})
	}
	return out
}

// tierReason says why a tier changed: the code of a pack is for the pack's own
// catalogue and its figures are with the sale, so here the pack is named.
func (d *profile) tierReason(p *page, h member.TierChange) string {
	switch {
	case h.Pack != "":
		return d.packName(h.Pack)
	case h.Reason == member.ReasonJoined:
		return p.T("office.member.joined_with")
	}
	return h.Reason
}
