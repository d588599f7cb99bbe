package office

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

func (f *office) mountCoupons() {
	f.on("GET /office/coupons", auth.PermCatalog, f.couponsPage)
	f.on("GET /office/coupons/new", auth.PermCatalog, f.couponNew)
	f.on("POST /office/coupons/new", auth.PermCatalog, f.couponDefine)
	f.on("POST /office/coupons/issue", auth.PermCatalog, f.couponIssue)
	f.on("GET /office/coupons/design/{id}", auth.PermCatalog, f.couponDesignPage)
	f.on("GET /office/coupons/design/{id}/edit", auth.PermCatalog, f.couponDesignEdit)
	f.on("POST /office/coupons/design/{id}/edit", auth.PermCatalog, f.couponDesignChange)
	f.on("POST /office/coupons/design/{id}/archive", auth.PermCatalog, f.couponDesignArchive)
	f.on("POST /office/coupons/design/{id}/batch", auth.PermCatalog, f.couponBatchCreate)
	f.on("GET /office/coupons/batch/{id}", auth.PermCatalog, f.couponBatchPage)
	f.on("GET /office/coupons/batch/{id}/codes.csv", auth.PermCatalog, f.couponBatchExport)
	f.on("POST /office/coupons/batch/{id}/void", auth.PermCatalog, f.couponBatchVoid)
	f.on("GET /office/coupons/one/{id}", auth.PermCatalog, f.couponPage)
	f.on("POST /office/coupons/one/{id}/void", auth.PermCatalog, f.couponVoid)
	f.on("POST /office/coupons/one/{id}/assign", auth.PermCatalog, f.couponAssign)
}

type couponList struct {
	definitions []coupon.Definition
	items       []coupon.Coupon
	members     map[id.ID]string
	now         clock.Instant
	code        string
	archived    bool // the designs shown are those that were ended
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
	l := &couponList{now: f.db.Now(), code: strings.ToUpper(strings.TrimSpace(r.URL.Query().Get("code"))), archived: r.URL.Query().Get("archived") == "true"}
	if l.definitions, err = coupon.ListDefinitions(ctx, f.db, m, l.archived); err != nil {
		return nil, err
	}
	rows, err := coupon.List(ctx, f.db, m, id.None, l.code, at)
	if err != nil {
		return nil, err
	}
	var next string
	l.items, next = db.Cut(at, rows, func(c coupon.Coupon) id.ID { return c.ID })
	l.first, l.next = pager(r, next)
	l.members, err = f.ownersOf(ctx, m, l.items)
	return l, err
}

// ownersOf names the members that own coupons.
func (f *office) ownersOf(ctx context.Context, m id.ID, list []coupon.Coupon) (map[id.ID]string, error) {
	var ids []id.ID
	for _, c := range list {
		if !c.Member.IsNone() {
			ids = append(ids, c.Member)
		}
	}
	return member.Names(ctx, f.db, m, ids)
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

var couponTones = map[coupon.Standing]ui.Tone{coupon.Ready: ui.Ok, coupon.NotYet: ui.Info, coupon.Held: ui.Info, coupon.UsedUp: ui.Neutral, coupon.Expired: ui.Warn, coupon.Voided: ui.Neutral}

// couponState is a coupon's state as of now.
func couponState(p *page, c coupon.Coupon, now clock.Instant) templ.Component {
	at := c.StandsAt(now, dateOf(p, now))
	return ui.Badge(couponTones[at], p.T("office.coupon_state."+string(at)))
}

// couponEnd is when a coupon ends: an instant, or the last business day.
func couponEnd(p *page, c coupon.Coupon) templ.Component {
	if c.UntilDate != "" && c.ValidUntil == 0 {
		return ui.Text(p.Date(c.UntilDate))
	}
	return stamp2(p, c.ValidUntil)
}

func couponOwner(p *page, who id.ID, names map[id.ID]string) templ.Component {
	if who.IsNone() {
		return ui.Text(p.T("office.coupons.bearer"))
	}
	return ui.Link(memberName(p, names[who]), "/office/members/"+who.String())
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
		code := templ.Component(word(c.Code))
		if p.Actor.May(auth.PermCatalog) {
			code = numberLink(c.Code, "/office/coupons/one/"+c.ID.String())
		}
		cells := []any{code, c.Definition.Name, grants(p, c.Definition)}
		if members != nil {
			cells = append(cells, couponOwner(p, c.Member, members))
		}
		t.Rows = append(t.Rows, ui.Row(append(cells, p.Int(c.Used)+" / "+p.Int(c.Uses), couponEnd(p, c), couponState(p, c, now))...))
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
		Columns: []ui.Column{{Title: p.T("office.coupons.design")}, {Title: p.T("office.coupons.grants"), Key: true}, {Title: p.T("office.coupons.uses"), Numeric: true}, {Title: p.T("office.coupons.validity")}},
		Empty: ui.EmptyState{Icon: "coupon", Title: p.T("office.coupons.no_designs"), Text: p.T("office.coupons.no_designs_text"),
			Action: linkButton(p.T("office.coupons.new"), "/office/coupons/new", "plus", ui.Plainly)}}
	for _, d := range l.definitions {
		t.Rows = append(t.Rows, ui.Row(ui.Link(d.Name, couponDesignURL(d.ID)), grants(p, d), p.Int(d.Uses), couponValidity(p, d)))
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
		if who, err = f.oneMember(ctx, p, q, "member"); err != nil {
			return c, err
		}
	}
	want := in.get("definition")
	for i := range l.definitions {
		d := l.definitions[i]
		if d.ID.String() != want || d.Archived {
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

// oneMember is the member that a search finds. Fault: member.not_found where
// nobody is, or it is not clear who.
func (f *office) oneMember(ctx context.Context, p *page, q, field string) (id.ID, error) {
	if strings.TrimSpace(q) == "" { // which would find everybody
		return id.None, member.ErrNotFound.On(field)
	}
	found, _, err := member.Find(ctx, f.db, f.o.Vault, p.Merchant.ID, q, db.Page{Limit: 2})
	switch {
	case err != nil:
		return id.None, err
	case len(found) != 1:
		return id.None, member.ErrNotFound.On(field)
	}
	return found[0].ID, nil
}
