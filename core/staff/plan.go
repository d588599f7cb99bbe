package staff

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// What can be wrong with a plan's definition.
var (
	ErrPlanName    = fault.New(fault.Invalid, "commission.plan_name_malformed") // empty or over 80 characters
	ErrPlanMetric  = fault.New(fault.Invalid, "commission.plan_metric_unknown")
	ErrPlanMode    = fault.New(fault.Invalid, "commission.plan_mode_unknown") // also the combination
	ErrPlanSteps   = fault.New(fault.Invalid, "commission.plan_steps_malformed")
	ErrPlanScope   = fault.New(fault.Invalid, "commission.plan_scope_malformed")
	ErrPlanPeriod  = fault.New(fault.Invalid, "commission.plan_dates_malformed")
	ErrPlanMissing = fault.New(fault.NotFound, "commission.plan_not_found")
)

// How a plan's steps are meant.
const (
	Progressive = "progressive" // each part of the figure at its own step
	Retroactive = "retroactive" // all of it at the highest step reached
)

// How a plan stands to the packs' entries for the lines that it covers.
const (
	Replaces = "replace" // it decides what the lines give; a line follows the first such plan
	Adds     = "add"     // it comes on top
)

// lineKinds are those of core/sale that may give commission; a test holds the two together.
var lineKinds = []string{"goods", "service", "top_up", "punch_card", "gift_card"}

// prepaidKinds sell what is spent later.
var prepaidKinds = []string{"top_up", "punch_card", "gift_card"}

// LineKinds lists the kinds of line that a plan may cover.
func LineKinds() []string { return slices.Clone(lineKinds) }

// Step is what a plan gives from a figure on: one of a rate, an amount for each
// piece, and a fixed amount.
type Step struct {
	From  int64        `json:"from"` // minor units; count: thousandths
	Rate  money.Rate   `json:"rate,omitempty"`
	Each  money.Amount `json:"each,omitempty"` // count: for each whole piece's worth of the figure
	Fixed money.Amount `json:"fixed,omitempty"`
}

// Plan is a merchant's rule over a period. Empty lists mean all. Categories and
// SKUs together are one list: a line needs to be of one of them.
type Plan struct {
	ID             id.ID         `json:"id"`
	Name           string        `json:"name"`
	Period         Period        `json:"period"`
	Metric         string        `json:"metric"`
	BeforeDiscount bool          `json:"before_discount,omitempty"` // amount: of the gross
	LessTax        bool          `json:"less_tax,omitempty"`        // amount: the tax contained is taken off
	LessCost       bool          `json:"less_cost,omitempty"`
	LessPrepaid    bool          `json:"less_prepaid,omitempty"` // what stored value and visits paid is taken off
	LineKinds      []string      `json:"line_kinds,omitempty"`
	Categories     []string      `json:"categories,omitempty"`
	SKUs           []string      `json:"skus,omitempty"` // codes
	Staff          []id.ID       `json:"staff,omitempty"`
	Levels         []string      `json:"levels,omitempty"` // at the time of the sale
	Roles          []Role        `json:"roles,omitempty"`
	Mode           string        `json:"mode"`
	Combination    string        `json:"combination"`
	Steps          []Step        `json:"steps"`
	ValidFrom      clock.Date    `json:"valid_from"`
	ValidUntil     clock.Date    `json:"valid_until,omitempty"` // included; "": without end
	Archived       bool          `json:"-"`
	CreatedAt      clock.Instant `json:"-"`
	UpdatedAt      clock.Instant `json:"-"`
}

const maxSteps, maxScope = 30, 500

// Check tells whether a plan can be meant, after it has put the plain values in:
// replace, progressive, margins less tax and cost. Faults: the commission.plan_…
// of this file.
func (p *Plan) Check() error {
	p.Name = strings.TrimSpace(p.Name)
	if p.Combination == "" {
		p.Combination = Replaces
	}
	if p.Mode == "" {
		p.Mode = Progressive
	}
	if p.Metric == MetricMargin {
		p.BeforeDiscount, p.LessTax, p.LessCost = false, true, true
	}
	if p.Metric == MetricCount {
		p.BeforeDiscount, p.LessTax, p.LessCost, p.LessPrepaid = false, false, false, false
	}
	switch {
	case p.Name == "" || utf8.RuneCountInString(p.Name) > 80:
		return ErrPlanName.On("name")
	case !slices.Contains(Periods(), p.Period):
		return ErrPeriod.On("period")
	case !slices.Contains(Metrics(), p.Metric):
		return ErrPlanMetric.On("metric")
	case p.Mode != Progressive && p.Mode != Retroactive:
		return ErrPlanMode.On("mode")
	case p.Combination != Replaces && p.Combination != Adds:
		return ErrPlanMode.On("combination")
	case !isDate(p.ValidFrom):
		return ErrPlanPeriod.On("valid_from")
	case p.ValidUntil != "" && (!isDate(p.ValidUntil) || p.ValidUntil < p.ValidFrom):
		return ErrPlanPeriod.On("valid_until")
	}
	if err := p.checkScope(); err != nil {
		return err
	}
	return p.checkSteps()
}

func (p *Plan) checkScope() error {
	for _, k := range p.LineKinds {
		if !slices.Contains(lineKinds, k) {
			return ErrPlanScope.On("line_kinds")
		}
	}
	for _, r := range p.Roles {
		if !slices.Contains(Roles(), r) {
			return ErrRole.On("roles").With("role", string(r))
		}
	}
	if len(p.Categories) > maxScope || len(p.SKUs) > maxScope || len(p.Staff) > maxScope || len(p.Levels) > maxScope {
		return ErrPlanScope.On("categories")
	}
	return nil
}

func (p *Plan) checkSteps() error {
	if len(p.Steps) == 0 || len(p.Steps) > maxSteps {
		return ErrPlanSteps.On("steps")
	}
	for i, s := range p.Steps {
		given := 0
		for _, v := range []int64{int64(s.Rate), int64(s.Each), int64(s.Fixed)} {
			if v != 0 {
				given++
			}
			if v < 0 {
				given = 9
			}
		}
		switch {
		case given > 1, s.From < 0, i > 0 && s.From <= p.Steps[i-1].From,
			s.Rate > money.Whole, p.Metric == MetricCount && s.Rate != 0, p.Metric != MetricCount && s.Each != 0,
			!money.Fits(s.From), !money.Fits(int64(s.Each)), !money.Fits(int64(s.Fixed)):
			return ErrPlanSteps.On("steps")
		}
	}
	return nil
}

// Applies reports whether the plan is in force for sales of a date.
func (p *Plan) Applies(on clock.Date) bool {
	return on >= p.ValidFrom && (p.ValidUntil == "" || on <= p.ValidUntil)
}

// Covers reports whether a row counts for the plan. A refund's row follows its
// sale's date.
func (p *Plan) Covers(l *LineStaff) bool {
	in := func(list []string, v string) bool { return len(list) == 0 || slices.Contains(list, v) }
	named := len(p.Categories) == 0 && len(p.SKUs) == 0 || slices.Contains(p.Categories, l.Category) || slices.Contains(p.SKUs, l.SKUCode)
	return named && p.Applies(dateOf(*l)) && slices.Contains(lineKinds, l.LineKind) && in(p.LineKinds, l.LineKind) && in(p.Levels, l.Level) &&
		(len(p.Staff) == 0 || slices.Contains(p.Staff, l.Staff)) && (len(p.Roles) == 0 || slices.Contains(p.Roles, l.Role))
}

// leavesPrepaid: what was paid for when it was loaded is not paid for again when
// it is spent, where the plan pays for the loading.
func (p *Plan) leavesPrepaid() bool {
	return p.LessPrepaid || len(p.LineKinds) == 0 || slices.ContainsFunc(p.LineKinds, func(k string) bool { return slices.Contains(prepaidKinds, k) })
}

// Figure is what a row adds to the plan's figure: minor units, or thousandths of
// a piece. It is linear, so that what refunds take off sums to what the sale gave.
func (p *Plan) Figure(l *LineStaff) int64 {
	if p.Metric == MetricCount {
		return int64(l.Quantity)
	}
	v := l.Net + l.Worth
	if p.BeforeDiscount {
		v = l.Gross
	}
	if p.LessTax {
		v -= l.Tax
	}
	if p.LessCost {
		v -= l.Cost
	}
	if p.leavesPrepaid() {
		v -= l.Prepaid + l.Worth
	}
	return int64(v)
}

// Band is what one step gives.
type Band struct {
	From   int64        `json:"from"`
	Figure int64        `json:"figure"` // the part of the figure that the step pays
	Amount money.Amount `json:"amount"`
}

// Compute is what a plan gives for a figure, step by step; a figure of nothing or
// less gives nothing. A step is reached at its figure. Each band is rounded once,
// half up, so that what is shown adds up.
func Compute(p *Plan, figure int64) (sum money.Amount, bands []Band) {
	if figure <= 0 {
		return 0, nil
	}
	reached := 0
	for reached < len(p.Steps) && p.Steps[reached].From <= figure {
		reached++
	}
	if reached == 0 {
		return 0, nil
	}
	give := func(s Step, part int64) {
		b := Band{From: s.From, Figure: part, Amount: s.Fixed + money.Amount(part).Times(s.Rate, money.HalfUp)}
		if s.Each != 0 {
			b.Amount += s.Each.MulDiv(part, int64(money.One), money.HalfUp)
		}
		sum += b.Amount
		bands = append(bands, b)
	}
	if p.Mode == Retroactive {
		give(p.Steps[reached-1], figure)
		return sum, bands
	}
	for i, s := range p.Steps[:reached] {
		upTo := figure
		if i+1 < reached {
			upTo = p.Steps[i+1].From
		}
		give(s, upTo-s.From)
	}
	return sum, bands
}
