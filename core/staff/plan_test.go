package staff_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/staff"
)

func plan(change func(*staff.Plan)) staff.Plan {
	p := staff.Plan{ID: fake(500), Name: "Monthly", Period: staff.Month, Metric: staff.MetricAmount, Mode: staff.Progressive, Combination: staff.Replaces, ValidFrom: "2026-01-01",
		Steps: []staff.Step{{From: 0, Rate: 100_000}, {From: 100_000, Rate: 200_000}}}
	if change != nil {
		change(&p)
	}
	return p
}

// TestTiersAtTheirThresholds: the figures are 1000.00 less a cent, 1000.00 and a
// cent more; 10 % from the start, 20 % from 1000.00 on.
func TestTiersAtTheirThresholds(t *testing.T) {
	retro := plan(func(p *staff.Plan) { p.Mode = staff.Retroactive })
	late := plan(func(p *staff.Plan) { p.Steps = []staff.Step{{From: 100_000, Rate: 200_000}} })
	lateRetro := plan(func(p *staff.Plan) { p.Mode, p.Steps = staff.Retroactive, []staff.Step{{From: 100_000, Rate: 200_000}} })
	bonus := plan(func(p *staff.Plan) { p.Steps = []staff.Step{{From: 0, Rate: 100_000}, {From: 100_000, Fixed: 5000}} })
	bonusRetro := plan(func(p *staff.Plan) {
		p.Mode, p.Steps = staff.Retroactive, []staff.Step{{From: 0, Fixed: 1000}, {From: 100_000, Fixed: 5000}}
	})
	count := plan(func(p *staff.Plan) {
		p.Metric, p.Steps = staff.MetricCount, []staff.Step{{From: 0, Each: 500}, {From: 10_000, Each: 800}}
	})
	countRetro := plan(func(p *staff.Plan) {
		p.Metric, p.Mode, p.Steps = staff.MetricCount, staff.Retroactive, []staff.Step{{From: 0, Each: 500}, {From: 10_000, Each: 800}}
	})
	for _, c := range []struct {
		name   string
		p      staff.Plan
		figure int64
		want   money.Amount
	}{
		{"progressive -0.01", plan(nil), 99_999, 10_000}, // 9999.9 rounds up
		{"progressive at", plan(nil), 100_000, 10_000},
		{"progressive +0.01", plan(nil), 100_001, 10_000}, // 0.2 of a cent more
		{"progressive +0.03", plan(nil), 100_003, 10_001},
		{"progressive above", plan(nil), 150_000, 20_000},
		{"retroactive -0.01", retro, 99_999, 10_000},
		{"retroactive at", retro, 100_000, 20_000},
		{"retroactive +0.01", retro, 100_001, 20_000},
		{"nothing below the first step", late, 99_999, 0},
		{"the first step at", late, 100_000, 0},
		{"above the first step", late, 100_100, 20},
		{"retroactive below the first step", lateRetro, 99_999, 0},
		{"retroactive at the first step", lateRetro, 100_000, 20_000},
		{"a bonus below", bonus, 99_999, 10_000},
		{"a bonus at", bonus, 100_000, 15_000},
		{"a bonus above", bonus, 100_001, 15_000},
		{"fixed steps below", bonusRetro, 99_999, 1000},
		{"fixed steps at", bonusRetro, 100_000, 5000},
		{"count below", count, 9_999, 5000}, // 4999.5 rounds up
		{"count at", count, 10_000, 5000},
		{"count above", count, 11_000, 5800},
		{"count retroactive below", countRetro, 9_000, 4500},
		{"count retroactive at", countRetro, 10_000, 8000},
		{"count retroactive above", countRetro, 10_500, 8400},
		{"nothing", plan(nil), 0, 0},
		{"less than nothing", plan(nil), -1, 0},
	} {
		if err := c.p.Check(); err != nil {
			t.Fatal(c.name, err)
		}
		got, bands := staff.Compute(&c.p, c.figure)
		var sum money.Amount
		var figure int64
		for _, b := range bands {
			sum += b.Amount
			figure += b.Figure
		}
		if got != c.want || sum != got {
			t.Errorf("%s: %d (bands %v), want %d", c.name, got, bands, c.want)
		}
		if c.p.Steps[0].From == 0 && c.figure > 0 && figure != c.figure {
			t.Errorf("%s: the bands cover %d of %d", c.name, figure, c.figure)
		}
	}
}

func TestFiguresOfALine(t *testing.T) {
	l := staff.LineStaff{Work: staff.Work{LineKind: "service", Quantity: 1500, Gross: 1000, Net: 800, Tax: 50, Cost: 200, Worth: 30, Prepaid: 300, BusinessDate: "2026-05-01"}, Share: staff.Share{Staff: fake(1), Role: staff.RolePerformer}}
	services := []string{"service"}
	for name, c := range map[string]struct {
		p    staff.Plan
		want int64
	}{
		"after discount":            {staff.Plan{Metric: "amount", LineKinds: services}, 830},
		"before discount":           {staff.Plan{Metric: "amount", LineKinds: services, BeforeDiscount: true}, 1000},
		"less tax":                  {staff.Plan{Metric: "amount", LineKinds: services, LessTax: true}, 780},
		"less cost":                 {staff.Plan{Metric: "amount", LineKinds: services, LessCost: true}, 630},
		"less prepaid":              {staff.Plan{Metric: "amount", LineKinds: services, LessPrepaid: true}, 500},
		"top-ups are paid for once": {staff.Plan{Metric: "amount", LineKinds: []string{"service", "top_up"}}, 500},
		"every kind":                {staff.Plan{Metric: "amount"}, 500},
		"margin":                    {staff.Plan{Metric: "margin", LineKinds: services, LessTax: true, LessCost: true}, 580},
		"count":                     {staff.Plan{Metric: "count"}, 1500},
	} {
		if got := c.p.Figure(&l); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if l.Margin() != 580 {
		t.Error(l.Margin())
	}
}

func TestWhatAPlanCovers(t *testing.T) {
	l := staff.LineStaff{Work: staff.Work{LineKind: "service", SKUCode: "cut", Category: "hair", BusinessDate: "2026-05-01"}, Share: staff.Share{Staff: fake(1), Role: staff.RoleAssistant, Level: "senior"}}
	for name, c := range map[string]struct {
		change func(*staff.Plan)
		want   bool
	}{
		"everything":        {func(*staff.Plan) {}, true},
		"its kind":          {func(p *staff.Plan) { p.LineKinds = []string{"goods", "service"} }, true},
		"another kind":      {func(p *staff.Plan) { p.LineKinds = []string{"goods"} }, false},
		"its category":      {func(p *staff.Plan) { p.Categories = []string{"hair"} }, true},
		"another category":  {func(p *staff.Plan) { p.Categories = []string{"nails"} }, false},
		"its SKU":           {func(p *staff.Plan) { p.Categories, p.SKUs = []string{"nails"}, []string{"cut"} }, true},
		"its level":         {func(p *staff.Plan) { p.Levels = []string{"senior"} }, true},
		"another level":     {func(p *staff.Plan) { p.Levels = []string{"junior"} }, false},
		"its role":          {func(p *staff.Plan) { p.Roles = []staff.Role{staff.RoleAssistant} }, true},
		"another role":      {func(p *staff.Plan) { p.Roles = []staff.Role{staff.RoleSeller} }, false},
		"its person":        {func(p *staff.Plan) { p.Staff = []id.ID{fake(2), fake(1)} }, true},
		"another person":    {func(p *staff.Plan) { p.Staff = []id.ID{fake(2)} }, false},
		"from that day":     {func(p *staff.Plan) { p.ValidFrom = "2026-05-01" }, true},
		"from the next day": {func(p *staff.Plan) { p.ValidFrom = "2026-05-02" }, false},
		"until that day":    {func(p *staff.Plan) { p.ValidUntil = "2026-05-01" }, true},
		"until the day ago": {func(p *staff.Plan) { p.ValidUntil = "2026-04-30" }, false},
	} {
		p := plan(c.change)
		if got := p.Covers(&l); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	gift := l
	gift.LineKind = "gift"
	if p := plan(nil); p.Covers(&gift) {
		t.Error("a gift gives no commission")
	}
}

func TestPlansThatCannotBe(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*staff.Plan)
		want   *fault.Fault
	}{
		"no name":           {func(p *staff.Plan) { p.Name = " " }, staff.ErrPlanName},
		"no period":         {func(p *staff.Plan) { p.Period = "year" }, staff.ErrPeriod},
		"no metric":         {func(p *staff.Plan) { p.Metric = "smiles" }, staff.ErrPlanMetric},
		"no mode":           {func(p *staff.Plan) { p.Mode = "both" }, staff.ErrPlanMode},
		"no combination":    {func(p *staff.Plan) { p.Combination = "both" }, staff.ErrPlanMode},
		"no date":           {func(p *staff.Plan) { p.ValidFrom = "2026-02-30" }, staff.ErrPlanPeriod},
		"ends before":       {func(p *staff.Plan) { p.ValidUntil = "2025-12-31" }, staff.ErrPlanPeriod},
		"no steps":          {func(p *staff.Plan) { p.Steps = nil }, staff.ErrPlanSteps},
		"steps fall":        {func(p *staff.Plan) { p.Steps = []staff.Step{{From: 10, Rate: 1}, {From: 10, Rate: 2}} }, staff.ErrPlanSteps},
		"two in one":        {func(p *staff.Plan) { p.Steps = []staff.Step{{Rate: 1, Fixed: 1}} }, staff.ErrPlanSteps},
		"each of an amount": {func(p *staff.Plan) { p.Steps = []staff.Step{{Each: 1}} }, staff.ErrPlanSteps},
		"rate of a count":   {func(p *staff.Plan) { p.Metric = "count" }, staff.ErrPlanSteps},
		"negative":          {func(p *staff.Plan) { p.Steps = []staff.Step{{Fixed: -1}} }, staff.ErrPlanSteps},
		"over the whole":    {func(p *staff.Plan) { p.Steps = []staff.Step{{Rate: money.Whole + 1}} }, staff.ErrPlanSteps},
		"no such kind":      {func(p *staff.Plan) { p.LineKinds = []string{"cash_out"} }, staff.ErrPlanScope},
		"no such role":      {func(p *staff.Plan) { p.Roles = []staff.Role{"boss"} }, staff.ErrRole},
	} {
		p := plan(c.change)
		if err := p.Check(); !fault.ReasonIs(err, c.want.Reason) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPeriods(t *testing.T) {
	for _, c := range []struct {
		p                staff.Period
		on, first, final clock.Date
	}{
		{staff.Week, "2026-05-04", "2026-05-04", "2026-05-10"}, {staff.Week, "2026-05-10", "2026-05-04", "2026-05-10"}, {staff.Week, "2026-01-01", "2025-12-29", "2026-01-04"},
		{staff.Month, "2028-02-29", "2028-02-01", "2028-02-29"}, {staff.Month, "2026-12-31", "2026-12-01", "2026-12-31"},
		{staff.Quarter, "2026-05-31", "2026-04-01", "2026-06-30"}, {staff.Quarter, "2026-12-31", "2026-10-01", "2026-12-31"}, {staff.Quarter, "2026-01-01", "2026-01-01", "2026-03-31"},
	} {
		first, last, err := c.p.Of(c.on)
		if err != nil || first != c.first || last != c.final {
			t.Errorf("%s of %s: %s to %s, %v", c.p, c.on, first, last, err)
		}
	}
	for _, d := range []clock.Date{"", "2026-13-01", "tomorrow", "2026-5-1"} {
		if _, _, err := staff.Month.Of(d); !fault.ReasonIs(err, staff.ErrPeriod.Reason) {
			t.Error(fmt.Sprintf("%q", d), err)
		}
	}
	if !slices.Contains(staff.LineKinds(), "service") {
		t.Error(staff.LineKinds())
	}
}
