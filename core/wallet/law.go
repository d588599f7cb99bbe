package wallet

import (
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
)

// The law profile forbids it. Args: limit and is, as they are shown.
var (
	ErrLawNamedBalance  = fault.New(fault.Conflict, "wallet.law.named_balance")
	ErrLawUnnamedFace   = fault.New(fault.Conflict, "wallet.law.unnamed_face")
	ErrLawBuyerUnknown  = fault.New(fault.Conflict, "wallet.law.buyer_unknown")
	ErrLawCash          = fault.New(fault.Conflict, "wallet.law.cash")
	ErrLawUnnamedExpiry = fault.New(fault.Conflict, "wallet.law.unnamed_expiry")
	ErrLawNamedExpiry   = fault.New(fault.Conflict, "wallet.law.named_expiry")
)

// LawProfile is what a law asks of prepaid value, as data. Zero: no such rule.
// Amounts are in minor units of its currency.
type LawProfile struct {
	Code             string
	Currency         string
	NamedMax         money.Amount // the balance of a member's wallet after a top-up
	UnnamedMax       money.Amount // the face of a gift card
	IdentityNamed    bool         // the buyer is known for every top-up
	IdentityUnnamed  money.Amount // the buyer is known for gift cards from this total on
	NoCashUnit       money.Amount // an organisation pays this total and more without cash
	NoCashPerson     money.Amount // a person likewise
	UnnamedValidYear int          // a gift card is valid for at least so many years
	NamedNoExpiry    bool         // what was paid for a top-up never expires
}

// lawProfiles: cn_single_purpose is what merchants in retail, catering, lodging
// and resident services in the mainland of China are held to for single-purpose
// cards; sole traders and other trades are not.
var lawProfiles = map[string]LawProfile{
	"none": {Code: "none"},
	"cn_single_purpose": {Code: "cn_single_purpose", Currency: "CNY", NamedMax: 5_000_00, UnnamedMax: 1_000_00, IdentityNamed: true, IdentityUnnamed: 10_000_00,
		NoCashUnit: 5_000_00, NoCashPerson: 50_000_00, UnnamedValidYear: 3, NamedNoExpiry: true},
}

// Law answers the profile of a code; an unknown one has no rules.
func Law(code string) LawProfile { return lawProfiles[code] }

// LawLevel is what is done about a finding.
type LawLevel string

const (
	LawOff   LawLevel = "off"
	LawWarn  LawLevel = "warn"
	LawBlock LawLevel = "block"
)

// Purchase is one purchase of prepaid value, as far as a law looks at it.
type Purchase struct {
	Currency     string
	TopUps       money.Amount   // stored value bought for a member, principal only
	BalanceAfter money.Amount   // of that member's principal
	TopUpYears   int            // 0: what is bought never expires
	GiftCards    []money.Amount // the face of each
	GiftYears    int            // 0: they never expire
	Price        money.Amount   // what all of it costs
	Cash         money.Amount   // of it paid in cash
	BuyerKnown   bool           // name and document of the buyer are kept
	Organisation bool           // the buyer is a unit, not a person
}

// Finding is one rule that a purchase breaks: the fault that it is where the
// level blocks, with a text of its own where it only warns.
type Finding struct{ *fault.Fault }

// Check applies a profile. A profile of another currency says nothing.
func Check(p LawProfile, b Purchase) (out []Finding) {
	if p.Currency == "" || p.Currency != b.Currency {
		return nil
	}
	found := func(f *fault.Fault, limit, is any) {
		out = append(out, Finding{f.With("limit", limit).With("is", is)})
	}
	in := money.MustCurrency(p.Currency).Format
	if b.TopUps > 0 && p.NamedMax > 0 && b.BalanceAfter > p.NamedMax {
		found(ErrLawNamedBalance, in(p.NamedMax), in(b.BalanceAfter))
	}
	if b.TopUps > 0 && p.NamedNoExpiry && b.TopUpYears > 0 {
		found(ErrLawNamedExpiry, 0, b.TopUpYears)
	}
	var faces, largest money.Amount
	for _, f := range b.GiftCards {
		faces += f
		largest = max(largest, f)
	}
	if p.UnnamedMax > 0 && largest > p.UnnamedMax {
		found(ErrLawUnnamedFace, in(p.UnnamedMax), in(largest))
	}
	if len(b.GiftCards) > 0 && p.UnnamedValidYear > 0 && b.GiftYears > 0 && b.GiftYears < p.UnnamedValidYear {
		found(ErrLawUnnamedExpiry, p.UnnamedValidYear, b.GiftYears)
	}
	if !b.BuyerKnown {
		switch {
		case b.TopUps > 0 && p.IdentityNamed:
			found(ErrLawBuyerUnknown, in(0), in(b.TopUps))
		case p.IdentityUnnamed > 0 && faces >= p.IdentityUnnamed:
			found(ErrLawBuyerUnknown, in(p.IdentityUnnamed), in(faces))
		}
	}
	limit := p.NoCashPerson
	if b.Organisation {
		limit = p.NoCashUnit
	}
	if limit > 0 && b.Price >= limit && b.Cash > 0 {
		found(ErrLawCash, in(limit), in(b.Price))
	}
	return out
}

// Enforce answers the findings, to be shown, or the first of them as a fault
// where the level blocks. Faults: wallet.law.*.
func Enforce(l LawLevel, p LawProfile, b Purchase) ([]Finding, error) {
	if l == LawOff || l == "" {
		return nil, nil
	}
	found := Check(p, b)
	if l == LawBlock && len(found) > 0 {
		return found, found[0].Fault
	}
	return found, nil
}
