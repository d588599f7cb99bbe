package office

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

func (f *office) mountCoupons() {
	f.on("GET /office/coupons", auth.PermCatalog, f.couponsPage)
	f.on("GET /office/coupons/new", auth.PermCatalog, f.couponNew)
	f.on("POST /office/coupons/new", auth.PermCatalog, f.couponDefine)
	f.on("POST /office/coupons/issue", auth.PermCatalog, f.couponIssue)
}

type couponList struct {
	definitions []coupon.Definition
	items       []coupon.Coupon
	members     map[id.ID]string
	now         clock.Instant
	code        string
	in          form
	first       string
	next        string
}

func (f *office) readCoupons(r *http.Request, p *page) (*couponList, error) {
	at, err := pageOf(r, 30)
	if err != nil {
		return nil, err
	}
	ctx, m := r.Context(), p.Merchant.ID
	l := &couponList{now: f.db.Now(), code: strings.ToUpper(strings.TrimSpace(r.URL.Query().Get("code")))}
	if l.definitions, err = coupon.Definitions(ctx, f.db, m); err != nil {
		return nil, err
	}
	rows, err := coupon.List(ctx, f.db, m, id.None, l.code, at)
	if err != nil {
		return nil, err
	}
	var next string
	l.items, next = db.Cut(at, rows, func(c coupon.Coupon) id.ID { return c.ID })
	l.first, l.next = pager(r, next)
	var ids []id.ID
	for _, c := range l.items {
		if !c.Member.IsNone() {
			ids = append(ids, c.Member)
		}
	}
	l.members, err = member.Names(ctx, f.db, m, ids)
	return l, err
}

func (f *office) couponsPage(w http.ResponseWriter, r *http.Request, p *page) error {
	l, err := f.readCoupons(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, couponsView(p, l))
}

// grants says what a design gives, in words.
func grants(p *page, d coupon.Definition) string {
	var text string
	switch d.Kind {
	case coupon.KindPercent:
		text = p.T("office.coupons.percent_off", "rate", p.Percent(d.Rate))
	case coupon.KindCash:
		text = p.T("office.coupons.cash_off", "amount", p.Money(d.Amount))
	default:
		text = p.T("office.coupons.product_free", "code", d.SKUCode)
	}
	if d.MinSpend > 0 {
		text += " · " + p.T("office.coupons.from", "amount", p.Money(d.MinSpend))
	}
	return text
}

// couponState is a coupon's state as of now.
func couponState(p *page, c coupon.Coupon, now clock.Instant) templ.Component {
	switch {
	case c.State == coupon.StateVoid:
		return ui.Badge(ui.Neutral, p.T("office.coupon_state.void"))
	case c.Used >= c.Uses:
		return ui.Badge(ui.Neutral, p.T("office.coupon_state.used"))
	case c.ValidUntil != 0 && now >= c.ValidUntil:
		return ui.Badge(ui.Warn, p.T("office.coupon_state.expired"))
	case !c.LockedBy.IsNone():
		return ui.Badge(ui.Info, p.T("office.coupon_state.locked"))
	}
	return ui.Badge(ui.Ok, p.T("office.coupon_state.active"))
}

// couponTable lists coupons; members nil leaves their column out.
func couponTable(p *page, list []coupon.Coupon, members map[id.ID]string, now clock.Instant) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.coupons.title"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.code")}, {Title: p.T("office.coupons.design")}, {Title: p.T("office.coupons.grants")}},
		Empty:   ui.EmptyState{Icon: "coupon", Title: p.T("office.coupons.none"), Text: p.T("office.coupons.none_text")}}
	if members != nil {
		t.Columns = append(t.Columns, ui.Column{Title: p.T("office.col.member")})
	}
	t.Columns = append(t.Columns, ui.Column{Title: p.T("office.coupons.used"), Numeric: true}, ui.Column{Title: p.T("office.coupons.until")}, ui.Column{Title: p.T("office.col.state"), Key: true})
	for _, c := range list {
		cells := []any{word(c.Code), c.Definition.Name, grants(p, c.Definition)}
		if members != nil {
			who := templ.Component(ui.Text(p.T("office.coupons.bearer")))
			if !c.Member.IsNone() {
				who = ui.Link(memberName(p, members[c.Member]), "/office/members/"+c.Member.String())
			}
			cells = append(cells, who)
		}
		t.Rows = append(t.Rows, ui.Row(append(cells, p.Int(c.Used)+" / "+p.Int(c.Uses), stamp2(p, c.ValidUntil), couponState(p, c, now))...))
	}
	return t
}

func (l *couponList) table(p *page) ui.TableProps {
	t := couponTable(p, l.items, l.members, l.now)
	t.First, t.Next = l.first, l.next
	return t
}

func (l *couponList) designTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.coupons.designs"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.coupons.design")}, {Title: p.T("office.coupons.grants"), Key: true}, {Title: p.T("office.coupons.uses"), Numeric: true}, {Title: p.T("office.coupons.valid_days"), Numeric: true}},
		Empty: ui.EmptyState{Icon: "coupon", Title: p.T("office.coupons.no_designs"), Text: p.T("office.coupons.no_designs_text"),
			Action: linkButton(p.T("office.coupons.new"), "/office/coupons/new", "plus", ui.Plainly)}}
	for _, d := range l.definitions {
		days := "–"
		if d.ValidDays > 0 {
			days = count(p, d.ValidDays)
		}
		t.Rows = append(t.Rows, ui.Row(d.Name, grants(p, d), p.Int(d.Uses), days))
	}
	return t
}

func (l *couponList) designOptions() []ui.Option {
	var out []ui.Option
	for _, d := range l.definitions {
		out = append(out, ui.Option{Value: d.ID.String(), Text: d.Name})
	}
	return out
}

func (f *office) couponNew(w http.ResponseWriter, r *http.Request, p *page) error {
	cats, err := catalog.ListCategories(r.Context(), f.db, p.Merchant.ID)
	if err != nil {
		return err
	}
	return f.show(w, r, couponNewView(p, values("kind", coupon.KindPercent, "uses", "1"), cats))
}

// definitionIn reads the form; a product is named by its code or barcode.
func (f *office) definitionIn(ctx context.Context, p *page, in form) (d coupon.Definition, err error) {
	d = coupon.Definition{Name: in.get("name"), Kind: in.get("kind"), Category: in.get("category"), Stacking: in.get("stacking"), Uses: atoi(in.get("uses")), ValidDays: int(atoi(in.get("valid_days")))}
	if s := in.get("rate"); s != "" && d.Kind == coupon.KindPercent {
		if d.Rate, err = percent(plainNumber(s)); err != nil {
			return d, fault.Of(err).On("rate")
		}
	}
	if d.Kind == coupon.KindCash {
		if d.Amount, err = amountIn(p, in.get("amount"), "amount"); err != nil {
			return d, err
		}
	}
	if d.MinSpend, err = amountIn(p, in.get("min_spend"), "min_spend"); err != nil {
		return d, err
	}
	if d.Kind == coupon.KindProduct && in.get("sku_id") != "" {
		var hits []catalog.Hit
		if err := f.db.Batch(ctx, catalog.AskSKUs(p.Merchant.ID, nil, []string{in.get("sku_id")}, &hits)); err != nil {
			return d, err
		}
		if len(hits) == 0 {
			return d, catalog.ErrNotFound.On("sku_id")
		}
		d.SKU, d.SKUCode = hits[0].ID, hits[0].Code
	}
	return d, nil
}

func (f *office) couponDefine(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	d, err := f.definitionIn(r.Context(), p, in)
	if err == nil {
		err = f.audited(r.Context(), "coupon.defined", "coupon_definition", map[string]string{"kind": d.Kind}, func(_ context.Context, tx *db.Tx) (string, error) {
			err := coupon.Define(tx, p.Merchant.ID, &d)
			return d.ID.String(), err
		})
	}
	if err != nil {
		in.err = err
		cats, listErr := catalog.ListCategories(r.Context(), f.db, p.Merchant.ID)
		if listErr != nil {
			return listErr
		}
		return f.again(w, r, err, couponNewView(p, in, cats))
	}
	return done(w, r, p, "/office/coupons", "office.coupons.defined", "name", d.Name)
}

// couponIssue gives a coupon to the one member that the search finds, or to the
// bearer of its code.
func (f *office) couponIssue(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	l, err := f.readCoupons(r, p)
	if err != nil {
		return err
	}
	c, err := f.issue(r.Context(), p, l, in)
	if err != nil {
		in.err, l.in = err, in
		l.in.err = err
		return f.again(w, r, err, couponsView(p, l))
	}
	return done(w, r, p, "/office/coupons", "office.coupons.issued", "code", c.Code)
}

func (f *office) issue(ctx context.Context, p *page, l *couponList, in form) (c coupon.Coupon, err error) {
	var who id.ID
	if q := in.get("member"); q != "" {
		found, _, err := member.Find(ctx, f.db, f.o.Vault, p.Merchant.ID, q, db.Page{Limit: 2})
		if err != nil {
			return c, err
		}
		if len(found) != 1 { // nobody, or not clear who
			return c, member.ErrNotFound.On("member")
		}
		who = found[0].ID
	}
	want := in.get("definition")
	for i := range l.definitions {
		d := l.definitions[i]
		if d.ID.String() != want {
			continue
		}
		err = f.audited(ctx, "coupon.issued", "coupon", map[string]string{"definition": want}, func(_ context.Context, tx *db.Tx) (string, error) {
			c = coupon.Issue(tx, p.Merchant.ID, &d, who, in.get("code"), 0)
			return c.ID.String(), nil
		})
		return c, err
	}
	return c, coupon.ErrDefinition.On("definition")
}
