package office

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/staff"
)

// Names of the controls of a plan: a prefix and what is ticked.
const (
	linePrefix     = "line:"
	categoryPrefix = "category:"
	staffPrefix    = "staff:"
	rolePrefix     = "role:"
)

// moreSteps are the empty steps that a form offers beside those that there are.
const moreSteps = 3

func (f *office) commissionPlans(w http.ResponseWriter, r *http.Request, p *page) error {
	plans, err := staff.Plans(r.Context(), f.db, p.Merchant.ID)
	if err != nil {
		return err
	}
	return f.show(w, r, commissionPlansView(p, plans))
}

func commissionPlanTable(p *page, plans []staff.Plan) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.commission.plans"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.col.name")}, {Title: p.T("office.commission.period")}, {Title: p.T("office.commission.metric")}, {Title: p.T("office.commission.steps"), Key: true}, {Title: p.T("office.commission.combination")},
			{Title: p.T("office.commission.valid")}, {Title: p.T("office.col.state")}},
		Empty: ui.EmptyState{Icon: "percent", Title: p.T("office.commission.no_plans"), Text: p.T("office.commission.no_plans_text")}}
	for i := range plans {
		v := &plans[i]
		name := templ.Component(ui.Text(v.Name))
		if p.Actor.May(auth.PermStaff) {
			name = ui.Link(v.Name, "/office/commission/plans/"+v.ID.String())
		}
		state := ui.Badge(ui.Ok, p.T("office.commission.plan_active"))
		if v.Archived {
			state = ui.Badge(ui.Neutral, p.T("office.commission.plan_archived"))
		}
		t.Rows = append(t.Rows, ui.Row(name, p.T("office.commission.period_"+string(v.Period)), p.T("office.commission.metric_"+v.Metric), stepsText(p, v), p.T("office.commission.combination_"+v.Combination), validText(p, v), state))
	}
	return t
}

func validText(p *page, v *staff.Plan) string {
	if v.ValidUntil == "" {
		return p.T("office.commission.from_on", "from", p.Date(v.ValidFrom))
	}
	return p.T("office.staff.lead", "from", p.Date(v.ValidFrom), "to", p.Date(v.ValidUntil))
}

// figureText writes what a plan counts: money, or pieces.
func figureText(p *page, metric string, v int64) string {
	if metric == staff.MetricCount {
		return money.Quantity(v).String()
	}
	return p.Money(money.Amount(v))
}

func stepText(p *page, metric string, s staff.Step) string {
	var gives string
	switch {
	case s.Each != 0:
		gives = p.T("office.commission.gives_each", "amount", p.Money(s.Each))
	case s.Fixed != 0:
		gives = p.T("office.commission.gives_fixed", "amount", p.Money(s.Fixed))
	default:
		gives = p.Percent(s.Rate)
	}
	return p.T("office.commission.step", "from", figureText(p, metric, s.From), "gives", gives)
}

func stepsText(p *page, v *staff.Plan) string {
	var out []string
	for _, s := range v.Steps {
		out = append(out, stepText(p, v.Metric, s))
	}
	return strings.Join(out, " · ") + " (" + p.T("office.commission.mode_"+v.Mode) + ")"
}

// planEdit is the form of a plan.
type planEdit struct {
	plan   staff.Plan // none: a new one
	in     form
	people []auth.Staff
	cats   []catalog.Category
	steps  int // rows that the form shows
}

func (e *planEdit) action() string {
	if e.plan.ID.IsNone() {
		return "/office/commission/plans/new"
	}
	return "/office/commission/plans/" + e.plan.ID.String()
}

func (e *planEdit) title(p *page) string {
	if e.plan.ID.IsNone() {
		return p.T("office.commission.plan_new")
	}
	return e.plan.Name
}

// readCommissionPlan starts the form: of the plan in the path, or empty.
func (f *office) readCommissionPlan(r *http.Request, p *page) (*planEdit, error) {
	ctx, m := r.Context(), p.Merchant.ID
	e := &planEdit{plan: staff.Plan{Period: staff.Month, Metric: staff.MetricAmount, Mode: staff.Progressive, Combination: staff.Replaces, ValidFrom: f.today(p)}}
	var err error
	if r.PathValue("id") != "" {
		u, perr := pathID(r, "id")
		if perr != nil {
			return nil, perr
		}
		if e.plan, err = staff.GetPlan(ctx, f.db, m, u); err != nil {
			return nil, err
		}
	}
	if e.people, err = auth.ListStaff(ctx, f.db, m); err != nil {
		return nil, err
	}
	if e.cats, err = catalog.ListCategories(ctx, f.db, m); err != nil {
		return nil, err
	}
	e.in = planValues(p, &e.plan)
	e.steps = max(len(e.plan.Steps), 1) + moreSteps
	return e, nil
}

// planValues writes a plan into a form's controls.
func planValues(p *page, v *staff.Plan) form {
	in := values("name", v.Name, "period", string(v.Period), "metric", v.Metric, "before_discount", strconv.FormatBool(v.BeforeDiscount), "less_tax", strconv.FormatBool(v.LessTax),
		"less_cost", strconv.FormatBool(v.LessCost), "less_prepaid", strconv.FormatBool(v.LessPrepaid), "mode", v.Mode, "combination", v.Combination, "valid_from", string(v.ValidFrom), "valid_until", string(v.ValidUntil),
		"skus", strings.Join(v.SKUs, ", "), "levels", strings.Join(v.Levels, ", "))
	for _, k := range v.LineKinds {
		in.v.Set(linePrefix+k, "true")
	}
	for _, c := range v.Categories {
		in.v.Set(categoryPrefix+c, "true")
	}
	for _, u := range v.Staff {
		in.v.Set(staffPrefix+u.String(), "true")
	}
	for _, r := range v.Roles {
		in.v.Set(rolePrefix+string(r), "true")
	}
	for i, s := range v.Steps {
		from, gives, value := p.Currency.Format(money.Amount(s.From)), "rate", strings.TrimSuffix(p.Percent(s.Rate), "\u00a0%")
		if v.Metric == staff.MetricCount {
			from = money.Quantity(s.From).String()
		}
		if s.Each != 0 {
			gives, value = "each", p.Currency.Format(s.Each)
		}
		if s.Fixed != 0 {
			gives, value = "fixed", p.Currency.Format(s.Fixed)
		}
		in.v.Set(stepName("from", i), from)
		in.v.Set(stepName("gives", i), gives)
		in.v.Set(stepName("value", i), value)
	}
	return in
}

func stepName(what string, i int) string { return "step_" + what + "_" + strconv.Itoa(i) }

// ticked lists what stands behind a prefix in the form.
func (f form) ticked(prefix string) (out []string) {
	for name := range f.v {
		if what, ok := strings.CutPrefix(name, prefix); ok && f.on(name) {
			out = append(out, what)
		}
	}
	slices.Sort(out)
	return out
}

// words splits what was typed at commas and new lines.
func words(s string) (out []string) {
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",，、;；\n\r", r) }) {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// planOf reads the form. Faults: money.malformed and the like on the control.
func planOf(p *page, in form, steps int) (v staff.Plan, err error) {
	v = staff.Plan{Name: in.get("name"), Period: staff.Period(in.get("period")), Metric: in.get("metric"), BeforeDiscount: in.on("before_discount"), LessTax: in.on("less_tax"), LessCost: in.on("less_cost"),
		LessPrepaid: in.on("less_prepaid"), LineKinds: in.ticked(linePrefix), Categories: in.ticked(categoryPrefix), SKUs: words(in.get("skus")), Levels: words(in.get("levels")), Mode: in.get("mode"),
		Combination: in.get("combination"), ValidFrom: clock.Date(in.get("valid_from")), ValidUntil: clock.Date(in.get("valid_until"))}
	for _, s := range in.ticked(staffPrefix) {
		u, err := id.Parse(s)
		if err != nil {
			return v, fault.Of(err).On(staffPrefix + s)
		}
		v.Staff = append(v.Staff, u)
	}
	for _, s := range in.ticked(rolePrefix) {
		v.Roles = append(v.Roles, staff.Role(s))
	}
	for i := range steps {
		from, value := in.get(stepName("from", i)), in.get(stepName("value", i))
		if from == "" && value == "" {
			continue
		}
		var s staff.Step
		if v.Metric == staff.MetricCount {
			var q money.Quantity
			q, err = money.ParseQuantity(plainNumber(dash0(from)))
			s.From = int64(q)
		} else {
			var a money.Amount
			a, err = ui.ParseMoney(p.Currency, dash0(from))
			s.From = int64(a)
		}
		if err != nil {
			return v, fault.Of(err).On(stepName("from", i))
		}
		switch in.get(stepName("gives", i)) {
		case "each":
			s.Each, err = ui.ParseMoney(p.Currency, dash0(value))
		case "fixed":
			s.Fixed, err = ui.ParseMoney(p.Currency, dash0(value))
		default:
			s.Rate, err = percent(plainNumber(dash0(value)))
		}
		if err != nil {
			return v, fault.Of(err).On(stepName("value", i))
		}
		v.Steps = append(v.Steps, s)
	}
	return v, nil
}

// dash0 takes what is left empty for nothing.
func dash0(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

func (f *office) commissionPlanNew(w http.ResponseWriter, r *http.Request, p *page) error {
	e, err := f.readCommissionPlan(r, p)
	if err != nil {
		return err
	}
	e.in.v.Set(stepName("from", 0), p.Currency.Format(0))
	return f.show(w, r, commissionPlanView(p, e))
}

func (f *office) commissionPlanOne(w http.ResponseWriter, r *http.Request, p *page) error {
	e, err := f.readCommissionPlan(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, commissionPlanView(p, e))
}

// commissionPlanSave creates the plan or changes it; the write audits itself.
func (f *office) commissionPlanSave(w http.ResponseWriter, r *http.Request, p *page) error {
	e, err := f.readCommissionPlan(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	for i := e.steps; i < 30 && in.v.Has(stepName("from", i)); i++ {
		e.steps++
	}
	v, err := planOf(p, in, e.steps)
	if err == nil {
		v.ID = e.plan.ID
		err = f.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
			if v.ID.IsNone() {
				_, err = staff.CreatePlan(ctx, tx, p.Merchant.ID, v)
			} else {
				_, err = staff.UpdatePlan(ctx, tx, p.Merchant.ID, v)
			}
			return err
		})
	}
	if err != nil {
		in.err = err
		e.in = in
		return f.again(w, r, err, commissionPlanView(p, e))
	}
	return done(w, r, p, "/office/commission/plans", "office.saved")
}

func (f *office) commissionPlanArchive(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	err = f.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) error {
		_, err := staff.ArchivePlan(ctx, tx, p.Merchant.ID, u)
		return err
	})
	if err != nil {
		return err
	}
	return done(w, r, p, "/office/commission/plans", "office.saved")
}

// textOptions makes choices of words of the catalogue.
func textOptions[T ~string](p *page, prefix string, list ...T) []ui.Option {
	var out []ui.Option
	for _, v := range list {
		out = append(out, ui.Option{Value: string(v), Text: p.T(prefix + string(v))})
	}
	return out
}
