package office

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/staff"
)

func (f *office) mountStaff() {
	f.on("GET /office/staff", auth.PermStaff, f.staffPage)
	f.on("GET /office/staff/new", auth.PermStaff, f.staffNew)
	f.on("POST /office/staff/new", auth.PermStaff, f.staffCreate)
	f.on("GET /office/staff/{id}", auth.PermStaff, f.staffOne)
	f.on("POST /office/staff/{id}", auth.PermStaff, f.staffUpdate)
	f.on("POST /office/staff/{id}/password", auth.PermStaff, f.staffPassword)
	f.on("POST /office/staff/{id}/active", auth.PermStaff, f.staffActive)
}

type staffList struct {
	items    []auth.Staff
	earned   map[id.ID]staff.Statement
	from, to clock.Date
}

// period is the month of a business date so far.
func period(today clock.Date) (from, to clock.Date) {
	if len(today) < 7 {
		return today, today
	}
	return today[:7] + "-01", today
}

func (f *office) staffPage(w http.ResponseWriter, r *http.Request, p *page) error {
	ctx, m := r.Context(), p.Merchant.ID
	l := staffList{earned: map[id.ID]staff.Statement{}}
	l.from, l.to = period(f.today(p))
	var err error
	if l.items, err = auth.ListStaff(ctx, f.db, m); err != nil {
		return err
	}
	sums, err := staff.Summary(ctx, f.db, m, id.None, l.from, l.to)
	if err != nil {
		return err
	}
	for _, s := range sums {
		l.earned[s.Staff] = s
	}
	return f.show(w, r, staffListView(p, &l))
}

func (l *staffList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.staff.title"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.col.name")}, {Title: p.T("office.staff.login")}, {Title: p.T("office.staff.role")}, {Title: p.T("office.staff.level")},
			{Title: p.T("office.staff.documents"), Numeric: true}, {Title: p.T("office.staff.commission"), Numeric: true, Key: true}},
		Empty: ui.EmptyState{Icon: "staff"}}
	var sum money.Amount
	for _, s := range l.items {
		name := templ.Component(ui.Link(s.Name, "/office/staff/"+s.ID.String()))
		if !s.Active {
			name = rowOf(name, ui.Badge(ui.Neutral, p.T("office.staff.inactive")))
		}
		e := l.earned[s.ID]
		sum += e.Amount
		t.Rows = append(t.Rows, ui.Row(name, code(s.Login+"@"+p.Merchant.Handle), p.T("office.role."+string(s.Role)), dash(s.Level), p.Int(e.Sales), ui.Amount(p.Ctx, e.Amount)))
	}
	if len(t.Rows) > 1 {
		t.Foot = []templ.Component{ui.Text(p.T("office.col.total")), ui.Text(""), ui.Text(""), ui.Text(""), ui.Text(""), ui.Amount(p.Ctx, sum)}
	}
	return t
}

func (f *office) staffNew(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.show(w, r, staffNewView(p, values("role", string(auth.Cashier))))
}

func profileIn(in form) auth.Profile {
	return auth.Profile{Name: in.get("name"), Role: auth.Role(in.get("role")), Level: in.get("level"), Locale: in.get("locale")}
}

func (f *office) staffCreate(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	var hash auth.PasswordHash
	if pw := in.v.Get("password"); pw != "" {
		hash, err = f.Auth().HashPassword(r.Context(), pw)
	}
	var s auth.Staff
	if err == nil { // the write audits itself
		err = f.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) error {
			var err error
			s, err = auth.CreateStaff(ctx, tx, p.Merchant.ID, auth.NewStaff{Profile: profileIn(in), Login: in.get("login"), Password: hash})
			return err
		})
	}
	if err != nil {
		in.err = err
		return f.again(w, r, err, staffNewView(p, in))
	}
	return done(w, r, p, "/office/staff/"+s.ID.String(), "office.staff.created", "name", s.Name)
}

type staffDetail struct {
	s        auth.Staff
	in       form
	pw       form
	entries  []staff.CommissionEntry
	sum      staff.Statement
	from, to clock.Date
	first    string
	next     string
	pack     func(id, version string) string
}

func (f *office) readStaff(r *http.Request, p *page) (*staffDetail, error) {
	u, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	ctx, m := r.Context(), p.Merchant.ID
	d := &staffDetail{pack: func(pid, v string) string { return f.packName(p, pid, v) }}
	if d.s, err = auth.GetStaff(ctx, f.db, m, u); err != nil {
		return nil, err
	}
	d.in = values("name", d.s.Name, "role", string(d.s.Role), "level", d.s.Level, "locale", d.s.Locale)
	d.from, d.to = period(f.today(p))
	if q := r.URL.Query(); dateIn(q.Get("from")) != "" && dateIn(q.Get("to")) != "" {
		d.from, d.to = dateIn(q.Get("from")), dateIn(q.Get("to"))
	}
	at, err := pageOf(r, 30)
	if err != nil {
		return nil, err
	}
	var next string
	if d.entries, next, err = staff.ListCommission(ctx, f.db, m, u, d.from, d.to, at); err != nil {
		return nil, err
	}
	d.first, d.next = pager(r, next)
	sums, err := staff.Summary(ctx, f.db, m, u, d.from, d.to)
	if len(sums) == 1 {
		d.sum = sums[0]
	}
	return d, err
}

func (f *office) staffOne(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readStaff(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, staffView(p, d))
}

func (d *staffDetail) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.staff.commission"), HideCaption: true, Dense: true, First: d.first, Next: d.next,
		Columns: []ui.Column{{Title: p.T("office.col.date")}, {Title: p.T("office.col.receipt")}, {Title: p.T("office.why.pack")}, {Title: p.T("office.staff.basis"), Numeric: true}, {Title: p.T("office.staff.rate"), Numeric: true}, {Title: p.T("office.col.amount"), Numeric: true, Key: true}},
		Empty:   ui.EmptyState{Icon: "staff", Title: p.T("office.staff.no_commission"), Text: p.T("office.staff.no_commission_text")}}
	for _, e := range d.entries {
		sold := templ.Component(ui.Text("–"))
		if !e.Sale.IsNone() {
			sold = ui.Link(p.T("office.open"), "/office/sales/"+e.Sale.String())
		}
		t.Rows = append(t.Rows, ui.Row(p.Date(e.BusinessDate), sold, commissionSource(p, &e, "", d.pack), ui.Amount(p.Ctx, e.Basis), rateText(p, e.Rate), ui.Amount(p.Ctx, e.Amount)))
	}
	return t
}

func (f *office) staffUpdate(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readStaff(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	err = f.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		return auth.UpdateStaff(ctx, tx, p.Merchant.ID, d.s.ID, profileIn(in))
	})
	if err != nil {
		in.err, d.in = err, in
		d.in.err = err
		return f.again(w, r, err, staffView(p, d))
	}
	return done(w, r, p, "/office/staff/"+d.s.ID.String(), "office.saved")
}

func (f *office) staffPassword(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readStaff(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	hash, err := f.Auth().HashPassword(r.Context(), in.v.Get("password"))
	if err == nil {
		err = f.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) error {
			return auth.SetPassword(ctx, tx, p.Merchant.ID, d.s.ID, hash)
		})
	}
	if err != nil {
		in.v.Del("password") // never shown again
		in.v.Set("password", "")
		in.err, d.pw = err, in
		d.pw.err = err
		return f.again(w, r, err, staffView(p, d))
	}
	return done(w, r, p, "/office/staff/"+d.s.ID.String(), "office.staff.password_set")
}

func (f *office) staffActive(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	do := auth.Deactivate
	if r.PostFormValue("active") == "true" {
		do = auth.Reactivate
	}
	if err := f.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) error { return do(ctx, tx, p.Merchant.ID, u) }); err != nil {
		return err
	}
	return done(w, r, p, "/office/staff/"+u.String(), "office.saved")
}

func localeOptions(p *page) []ui.Option {
	out := []ui.Option{{Value: "", Text: p.T("office.staff.merchant_locale")}}
	for _, l := range p.Ctx.Locales {
		out = append(out, ui.Option{Value: l.Code, Text: l.Name})
	}
	return out
}
