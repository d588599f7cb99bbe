package office

import (
	"context"
	"net/http"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

func (f *office) mountPlans() {
	f.on("GET /office/plans", auth.PermCatalog, f.plansPage)
	f.on("GET /office/plans/new", auth.PermCatalog, f.planNew)
	f.on("POST /office/plans/new", auth.PermCatalog, f.planCreate)
	f.on("GET /office/plans/{id}", auth.PermCatalog, f.planPage)
	f.on("POST /office/plans/{id}", auth.PermCatalog, f.planUpdate)
	f.on("POST /office/plans/{id}/archive", auth.PermCatalog, f.planArchive)
}

// planList is the punch plans with the names of what they cover.
type planList struct {
	plans    []catalog.PunchPlan
	services []catalog.SKU
	archived bool
}

// planForm is a plan that is made or changed.
type planForm struct {
	plan     catalog.PunchPlan // with an id: that one
	in       form
	services []catalog.SKU
}

// allServices lists every service, in the order in which they were made.
func (f *office) allServices(ctx context.Context, m id.ID) ([]catalog.SKU, error) {
	var out []catalog.SKU
	at := db.Page{Limit: 200}
	for {
		items, next, err := catalog.List(ctx, f.db, m, catalog.Filter{Kind: catalog.Service, Archived: true}, at)
		if err != nil {
			return nil, err
		}
		out = append(out, items...)
		if next == "" {
			return out, nil
		}
		at.After = items[len(items)-1].ID
	}
}

func (f *office) plansPage(w http.ResponseWriter, r *http.Request, p *page) error {
	l := planList{archived: r.URL.Query().Get("archived") == "true"}
	var err error
	if l.plans, err = catalog.ListPlans(r.Context(), f.db, p.Merchant.ID, l.archived); err != nil {
		return err
	}
	if l.services, err = f.allServices(r.Context(), p.Merchant.ID); err != nil {
		return err
	}
	return f.show(w, r, plansView(p, &l))
}

func serviceNames(all []catalog.SKU, plan *catalog.PunchPlan) string {
	var names []string
	for i := range all {
		if plan.Covers(all[i].ID) {
			names = append(names, all[i].Name)
		}
	}
	return strings.Join(names, ", ")
}

// visitsText is "10 + 2" where visits are given along.
func visitsText(p *page, plan *catalog.PunchPlan) string {
	if plan.FreeVisits == 0 {
		return p.Int(plan.Visits)
	}
	return p.Int(plan.Visits) + " + " + p.Int(plan.FreeVisits)
}

func daysText(p *page, plan *catalog.PunchPlan) string {
	if plan.ValidDays == 0 {
		return p.T("office.plans.without_end")
	}
	return p.T("office.plans.days", "days", plan.ValidDays)
}

func (l *planList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.plans.title"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.col.name")}, {Title: p.T("office.plans.services")}, {Title: p.T("office.plans.visits"), Numeric: true}, {Title: p.T("office.col.price"), Numeric: true, Key: true},
			{Title: p.T("office.plans.per_visit"), Numeric: true}, {Title: p.T("office.plans.valid")}},
		Empty: ui.EmptyState{Icon: "coupon", Title: p.T("office.plans.none"), Text: p.T("office.plans.none_text"),
			Action: linkButton(p.T("office.plans.new"), "/office/plans/new", "plus", ui.Plainly)}}
	for i := range l.plans {
		plan := &l.plans[i]
		name := ui.Link(plan.Name, "/office/plans/"+plan.ID.String())
		switch {
		case plan.Archived:
			name = rowOf(name, ui.Badge(ui.Neutral, p.T("office.catalog.archived")))
		case plan.Shareable:
			name = rowOf(name, ui.Badge(ui.Info, p.T("office.plans.shareable_short")))
		}
		t.Rows = append(t.Rows, ui.Row(name, serviceNames(l.services, plan), visitsText(p, plan), p.Money(plan.Price), p.Money(plan.PerVisit()), daysText(p, plan)))
	}
	return t
}

func (f *office) planNew(w http.ResponseWriter, r *http.Request, p *page) error {
	v := &planForm{in: values("name", "", "price", "", "visits", "10", "free_visits", "0", "valid_days", "0")}
	var err error
	if v.services, err = f.allServices(r.Context(), p.Merchant.ID); err != nil {
		return err
	}
	return f.show(w, r, planView(p, v))
}

const servicePrefix = "service."

// planIn is the typed form as a plan; the services that a plan has stay.
func planIn(p *page, in form, had []id.ID) (c catalog.PunchPlan, err error) {
	c = catalog.PunchPlan{Name: in.get("name"), Visits: atoi(plainNumber(in.get("visits"))), FreeVisits: atoi(plainNumber(in.get("free_visits"))), ValidDays: int(atoi(plainNumber(in.get("valid_days")))),
		Shareable: in.on("shareable"), Services: append([]id.ID{}, had...)}
	for name := range in.v {
		if s, ok := strings.CutPrefix(name, servicePrefix); ok && in.on(name) {
			u, err := id.Parse(s)
			if err != nil {
				return c, fault.Of(err).On("services")
			}
			c.Services = append(c.Services, u)
		}
	}
	c.Price, err = p.Currency.Parse(plainNumber(in.get("price")))
	if err != nil {
		return c, fault.Of(err).On("price")
	}
	return c, nil
}

func (f *office) planCreate(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	var made catalog.PunchPlan
	plan, err := planIn(p, in, nil)
	if err == nil {
		err = f.audited(r.Context(), "punch_plan.created", "punch_plan", map[string]int64{"price": int64(plan.Price), "visits": plan.Visits, "free_visits": plan.FreeVisits}, func(ctx context.Context, tx *db.Tx) (string, error) {
			var err error
			made, err = catalog.CreatePlan(ctx, tx, p.Merchant.ID, plan)
			return made.ID.String(), err
		})
	}
	if err != nil {
		in.err = err
		v := &planForm{in: in}
		var listErr error
		if v.services, listErr = f.allServices(r.Context(), p.Merchant.ID); listErr != nil {
			return listErr
		}
		return f.again(w, r, err, planView(p, v))
	}
	return done(w, r, p, "/office/plans", "office.plans.created", "name", made.Name)
}

func (f *office) readPlan(r *http.Request, p *page) (*planForm, error) {
	u, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	v := &planForm{}
	if v.plan, err = catalog.GetPlan(r.Context(), f.db, p.Merchant.ID, u); err != nil {
		return nil, err
	}
	shareable := ""
	if v.plan.Shareable {
		shareable = "true"
	}
	v.in = values("name", v.plan.Name, "price", p.Currency.Format(v.plan.Price), "visits", itoa(v.plan.Visits), "free_visits", itoa(v.plan.FreeVisits), "valid_days", itoa(int64(v.plan.ValidDays)),
		"shareable", shareable, "seen", itoa(int64(v.plan.UpdatedAt)))
	v.services, err = f.allServices(r.Context(), p.Merchant.ID)
	return v, err
}

func (f *office) planPage(w http.ResponseWriter, r *http.Request, p *page) error {
	v, err := f.readPlan(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, planView(p, v))
}

func (f *office) planUpdate(w http.ResponseWriter, r *http.Request, p *page) error {
	v, err := f.readPlan(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	c, err := planIn(p, in, v.plan.Services)
	if err == nil {
		err = f.audited(r.Context(), "punch_plan.updated", "punch_plan", map[string]int64{"price_before": int64(v.plan.Price), "price": int64(c.Price), "visits": c.Visits, "free_visits": c.FreeVisits}, func(ctx context.Context, tx *db.Tx) (string, error) {
			_, err := catalog.UpdatePlan(ctx, tx, p.Merchant.ID, v.plan.ID, catalog.PlanPatch{Seen: clock.Instant(atoi(in.get("seen"))), Name: &c.Name, Price: &c.Price, Visits: &c.Visits, FreeVisits: &c.FreeVisits,
				ValidDays: &c.ValidDays, Shareable: &c.Shareable, Services: &c.Services})
			return v.plan.ID.String(), err
		})
	}
	if err != nil {
		v.in = in
		v.in.err = err
		return f.again(w, r, err, planView(p, v))
	}
	return done(w, r, p, "/office/plans/"+v.plan.ID.String(), "office.saved")
}

func (f *office) planArchive(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	archived := r.PostFormValue("archived") == "true"
	err = f.audited(r.Context(), "punch_plan.archived", "punch_plan", map[string]bool{"archived": archived}, func(ctx context.Context, tx *db.Tx) (string, error) {
		_, err := catalog.UpdatePlan(ctx, tx, p.Merchant.ID, u, catalog.PlanPatch{Archived: &archived})
		return u.String(), err
	})
	if err != nil {
		return err
	}
	return done(w, r, p, "/office/plans/"+u.String(), "office.saved")
}

// more are the services that can be added.
func (v *planForm) more() []catalog.SKU {
	var out []catalog.SKU
	for _, s := range v.services {
		if !s.Archived && !v.plan.Covers(s.ID) {
			out = append(out, s)
		}
	}
	return out
}

func (v *planForm) title(p *page) string {
	if v.plan.ID.IsNone() {
		return p.T("office.plans.new")
	}
	return v.plan.Name
}

func (v *planForm) action() string {
	if v.plan.ID.IsNone() {
		return "/office/plans/new"
	}
	return "/office/plans/" + v.plan.ID.String()
}

// facts are what a plan comes to, beside the single visits it replaces.
func (v *planForm) facts(p *page) []ui.Pair {
	plan := &v.plan
	pairs := []ui.Pair{{Key: p.T("office.plans.services"), Value: ui.Text(serviceNames(v.services, plan))}, {Key: p.T("office.plans.visits"), Value: ui.Text(visitsText(p, plan))},
		{Key: p.T("office.plans.per_visit"), Value: ui.Text(p.Money(plan.PerVisit()))}}
	for i := range v.services {
		if s := &v.services[i]; plan.Covers(s.ID) {
			pairs = append(pairs, ui.Pair{Key: s.Name, Value: ui.Text(p.T("office.plans.single", "price", price(p, s.UnitPrice), "all", p.Money(single(p.Currency, s.UnitPrice, plan.Total()))))})
		}
	}
	return pairs
}

// single is what as many single visits cost.
func single(c money.Currency, unit money.UnitPrice, visits int64) money.Amount {
	a, err := c.Extend(unit, money.Quantity(visits)*money.One, money.HalfUp)
	if err != nil {
		return 0
	}
	return a
}
