package staff

import (
	"slices"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrShares     = fault.New(fault.Invalid, "staff.shares_not_whole") // they do not sum to 1
	ErrShare      = fault.New(fault.Invalid, "staff.share_malformed")  // not over 0, or over 1
	ErrRole       = fault.New(fault.Invalid, "staff.unknown_role")
	ErrNamedTwice = fault.New(fault.Invalid, "staff.named_twice") // the same person in the same role
)

// Role is what somebody did for a line.
type Role string

// The roles.
const (
	RolePerformer    Role = "performer"
	RoleAssistant    Role = "assistant"
	RoleSeller       Role = "seller"
	RoleReceptionist Role = "receptionist"
)

// Roles lists them.
func Roles() []Role { return []Role{RolePerformer, RoleAssistant, RoleSeller, RoleReceptionist} }

// Share is one person's part in a line.
type Share struct {
	Staff id.ID
	Role  Role
	Level string     // the person's level when the line was sold
	Share money.Rate // of money.Whole
}

// Alone is one performer with the whole line.
func Alone(staff id.ID, level string) []Share {
	return []Share{{Staff: staff, Role: RolePerformer, Level: level, Share: money.Whole}}
}

// CheckShares tells whether shares may stand on a line. Faults:
// staff.shares_not_whole, staff.share_malformed, staff.unknown_role,
// staff.named_twice.
func CheckShares(shares []Share) error {
	var sum money.Rate
	for i, s := range shares {
		switch {
		case !slices.Contains(Roles(), s.Role):
			return ErrRole.With("role", string(s.Role))
		case s.Share <= 0 || s.Share > money.Whole || s.Staff.IsNone():
			return ErrShare
		case slices.ContainsFunc(shares[:i], func(o Share) bool { return o.Staff == s.Staff && o.Role == s.Role }):
			return ErrNamedTwice
		}
		sum += s.Share
	}
	if sum != money.Whole {
		return ErrShares.With("sum", sum.String())
	}
	return nil
}

// Split gives each share its part of an amount by the largest remainder: the
// parts sum to the amount exactly and have its sign; a tie goes to the earlier.
func Split(amount money.Amount, shares []Share) []money.Amount {
	weights := make([]money.Amount, len(shares))
	for i, s := range shares {
		weights[i] = money.Amount(s.Share)
	}
	parts, _ := money.Allocate(amount, weights, nil)
	return parts
}

// Work is what a line of a document was; its figures are positive.
type Work struct {
	Sale         id.ID
	Line         id.ID
	Shop         id.ID
	LineKind     string
	SKUCode      string
	Category     string
	BusinessDate clock.Date
	Quantity     money.Quantity
	Gross        money.Amount // before discounts
	Net          money.Amount // after them
	Tax          money.Amount // contained in Net: 0 where tax comes on top
	Cost         money.Amount
	Worth        money.Amount // the value of the visits that a punch card paid, on top of Net
	Prepaid      money.Amount // the part of Net that stored value paid
}

// LineStaff is one person's part in a line with the figures of that part: those
// of a sale are positive, those of a refund negative.
type LineStaff struct {
	Work
	Share
	OfSale id.ID      // refund: the sale
	OfLine id.ID      // refund: the sale's line
	OfDate clock.Date // the sale's business date
	At     clock.Instant
}

// figures lists the money figures of a line, in a fixed order.
func (w *Work) figures() []*money.Amount {
	return []*money.Amount{&w.Gross, &w.Net, &w.Tax, &w.Cost, &w.Worth, &w.Prepaid}
}

// Rows splits a sale's line among its staff.
func (w Work) Rows(shares []Share) []LineStaff {
	out := make([]LineStaff, len(shares))
	counts := Split(money.Amount(w.Quantity), shares)
	for i := range out {
		out[i] = LineStaff{Work: w, Share: shares[i], OfDate: w.BusinessDate}
		out[i].Quantity = money.Quantity(counts[i])
	}
	for k, whole := range w.figures() {
		for i, part := range Split(*whole, shares) {
			*out[i].figures()[k] = part
		}
	}
	return out
}

// Margin is what the part leaves: net and visits less the tax contained and cost.
func (l *LineStaff) Margin() money.Amount { return l.Net + l.Worth - l.Tax - l.Cost }

// Proposal is what a rule pack gives for a whole line.
type Proposal struct {
	Amount      money.Amount
	Basis       money.Amount
	Rate        money.Rate // 0 for a fixed amount, or one by the piece
	PackID      string
	PackVersion string
	Code        string
}

// Entries splits a proposal among the staff of a sale's line; a part of nothing
// makes no entry.
func Entries(w Work, shares []Share, p Proposal) []CommissionEntry {
	rows, amounts, bases := w.Rows(shares), Split(p.Amount, shares), Split(p.Basis, shares)
	var out []CommissionEntry
	for i := range rows {
		if amounts[i] == 0 {
			continue
		}
		r := &rows[i]
		out = append(out, CommissionEntry{Kind: KindSale, Staff: r.Staff, Role: r.Role, Share: r.Share.Share, Shop: w.Shop, Sale: w.Sale, Line: w.Line,
			Amount: amounts[i], Basis: bases[i], Rate: p.Rate, Metric: metricOf(p.Rate), LineKind: w.LineKind, SKUCode: w.SKUCode, Category: w.Category,
			Quantity: r.Quantity, Margin: r.Margin(), PackID: p.PackID, PackVersion: p.PackVersion, Code: p.Code, BusinessDate: w.BusinessDate})
	}
	return out
}

func metricOf(r money.Rate) string {
	if r == 0 {
		return MetricCount
	}
	return MetricAmount
}
