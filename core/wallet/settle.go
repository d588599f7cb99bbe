package wallet

import (
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrCase           = fault.New(fault.Invalid, "wallet.refund_case_invalid")
	ErrWithdrawalLate = fault.New(fault.Conflict, "wallet.withdrawal_late")  // seven days are over
	ErrWithdrawalUsed = fault.New(fault.Conflict, "wallet.withdrawal_used")  // something was used
	ErrAgreement      = fault.New(fault.Invalid, "wallet.agreement_invalid") // a share outside 0..1 or an amount below zero
)

// Case is why prepaid money is paid back; the law counts what was used by it.
type Case string

const (
	CasePolicy     Case = "policy"     // what the consumption policy left of the principal
	CaseMerchant   Case = "merchant"   // not the consumer's reason: the used part at paid/(paid+bonus) of its own top-up
	CaseConsumer   Case = "consumer"   // the consumer's own reason: the used part at the price before discounts
	CaseWithdrawal Case = "withdrawal" // within seven days, nothing used: all that was paid
	CaseAgreement  Case = "agreement"  // what was agreed, where it is better for the consumer than CaseConsumer
)

// Cases lists the cases in the order in which they are shown.
var Cases = []Case{CasePolicy, CaseMerchant, CaseConsumer, CaseWithdrawal, CaseAgreement}

// withdrawalDays is how long a purchase of prepaid value may be withdrawn.
const withdrawalDays = 7

// Claim is what a refund of prepaid value is asked on.
type Claim struct {
	Case Case
	At   clock.Instant // when it was asked for; CaseWithdrawal
	// CaseAgreement: a share of the principal left, or an amount for each top-up;
	// where both are given the better one counts.
	Share  money.Rate
	Amount money.Amount
}

// Payment is what is paid back for one top-up or one sale of visits.
type Payment struct {
	Prepaid
	Counted  money.Amount // what the used part is counted at: Paid less Refund
	Refund   money.Amount // 0..Paid
	Withheld money.Amount // what was left of what was paid, less the refund; negative: paid back beyond it
}

// Settlement is the refund of several.
type Settlement struct {
	Claim
	Payments []Payment
	Refund   money.Amount
}

// Calculate applies a case to each top-up on its own: what was used of one never
// lowers another. It reads nothing and changes nothing. Faults:
// wallet.refund_case_invalid, wallet.withdrawal_late, wallet.withdrawal_used,
// wallet.agreement_invalid.
func Calculate(c Claim, groups []Prepaid) (Settlement, error) {
	s := Settlement{Claim: c}
	for i := range groups {
		p, err := c.settle(groups[i])
		if err != nil {
			return Settlement{}, err
		}
		s.Payments = append(s.Payments, p)
		s.Refund += p.Refund
	}
	return s, nil
}

func (c Claim) settle(g Prepaid) (Payment, error) {
	left := g.leftPaid()
	p := Payment{Prepaid: g}
	switch c.Case {
	case CasePolicy:
		p.Refund = left
	case CaseMerchant:
		p.Refund = g.Paid - g.worth()
	case CaseConsumer:
		p.Refund = g.Paid - g.atList()
	case CaseWithdrawal:
		switch {
		case g.Used() != 0:
			return p, ErrWithdrawalUsed
		case c.At.Sub(g.BoughtAt) > withdrawalDays*24*time.Hour:
			return p, ErrWithdrawalLate.With("days", withdrawalDays)
		}
		p.Refund = g.Paid
	case CaseAgreement:
		if c.Share < 0 || c.Share > money.Whole || c.Amount < 0 {
			return p, ErrAgreement
		}
		p.Refund = max(g.Paid-g.atList(), left.Times(c.Share, money.Up), c.Amount)
	default:
		return p, ErrCase.On("case")
	}
	p.Refund = max(min(p.Refund, g.Paid), 0)
	if g.PrincipalLeft+g.BonusLeft == 0 {
		p.Refund = 0 // used up: nothing is left to be given back
	}
	p.Counted = g.Paid - p.Refund
	p.Withheld = left - p.Refund
	return p, nil
}

// leftPaid is what is left of what was paid, as the books show it.
func (g *Prepaid) leftPaid() money.Amount {
	if g.Visits() {
		return g.Paid - g.worth()
	}
	return g.PrincipalLeft
}
