package promotion

import (
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/money"
)

// Hook is one decision that a rule pack may take part in. The numbers are the
// ABI's and are never reused.
type Hook uint8

const (
	HookPrice      Hook = 1  // unit prices: tier, time slot, birthday month
	HookBenefit    Hook = 2  // discounts, free units, coupons, punch visits
	HookTender     Hook = 3  // what own-wallet tenders may pay, points as cash
	HookEarn       Hook = 4  // points earned by the sale
	HookTopUp      Hook = 5  // bonus for a top-up
	HookTier       Hook = 6  // the member's tier after the sale
	HookCommission Hook = 7  // commission of staff for lines
	HookTrigger    Hook = 8  // what an event sets off: coupons, points, messages
	HookDraw       Hook = 9  // prizes
	HookReturn     Hook = 10 // what a refund does beyond the stored allocation
)

var hookNames = [...]string{"", "price", "benefit", "tender", "earn", "topup", "tier", "commission", "trigger", "draw", "return"}

// String is the name used in manifests and stored with a sale.
func (h Hook) String() string {
	if int(h) < len(hookNames) {
		return hookNames[h]
	}
	return ""
}

// HookOf finds a hook by its manifest name; 0 where there is none.
func HookOf(name string) Hook {
	for i, n := range hookNames {
		if i > 0 && n == name {
			return Hook(i)
		}
	}
	return 0
}

// LineKind is what a line sells.
type LineKind uint8

const (
	KindGoods     LineKind = 1
	KindService   LineKind = 2
	KindTopUp     LineKind = 3
	KindPunchCard LineKind = 4
	KindGiftCard  LineKind = 5
)

// Input is everything that a rule sees. It holds no personal data: a member is
// a tier, dates as flags, and facts.
type Input struct {
	Hook        Hook
	Now         clock.Instant
	Date        clock.Date // the business date
	Weekday     int        // 0 = Sunday, of the shop's local time
	MinuteOfDay int        // 0..1439, of the shop's local time
	Seed        uint64     // the only randomness there is
	Currency    money.Currency
	Rounding    money.Rounding
	Shop        string // the shop's id
	Member      MemberView
	Lines       []LineView
	Coupons     []CouponView
	Punches     []PunchView
	Facts       []FactValue
	Tiers       []TierView
	Event       EventView   // hook trigger
	Prizes      []PrizeView // hook draw
	Refund      RefundView  // hook return
}

// MemberView is a member without the person.
type MemberView struct {
	Present       bool
	Tier          string // code, "" where none
	BirthdayMonth bool
	BirthdayToday bool
	JoinedDays    int
	Points        int64 // available now
}

// LineView is a line as far as the stages before have priced it.
type LineView struct {
	ID         uint32 // 1-based position in the basket
	Kind       LineKind
	SKU        string // the SKU's code
	Category   string // its category code
	Quantity   money.Quantity
	Unit       money.UnitPrice // the list price; after the price hook the price that won
	Gross      money.Amount    // unit x quantity
	Net        money.Amount    // after the benefits resolved so far
	Cost       money.Amount    // of the whole quantity; 0 where unknown
	HasStaff   bool
	StaffLevel string
	Visits     int64        // punch card lines: visits bought
	Bonus      money.Amount // top-up lines: bonus resolved so far
	Points     int64        // hook return: points that the refund of the line takes back
}

// CouponKind is one of the three kinds of coupon.
type CouponKind uint8

const (
	CouponPercent CouponKind = 1 // Rate off
	CouponCash    CouponKind = 2 // Amount off
	CouponProduct CouponKind = 3 // one unit of SKU free
)

// CouponView is a coupon presented with the basket: valid, owned and not used
// up, which core has checked.
type CouponView struct {
	Ref      uint32 // 1-based position in Input.Coupons
	Kind     CouponKind
	Rate     money.Rate
	Amount   money.Amount
	SKU      string
	Category string // limits it to a category where not ""
	MinSpend money.Amount
	Stacking string // "" joint, else its exclusive category
}

// PunchView is what the member's punch cards hold for a service.
type PunchView struct {
	SKU       string
	Available int64
}

// FactKind is an entry of the closed catalogue of history facts.
type FactKind uint8

const (
	FactSpend     FactKind = 1 // minor units
	FactVisits    FactKind = 2 // days with a sale
	FactPoints    FactKind = 3 // points earned
	FactLastVisit FactKind = 4 // days since, -1 where never
	FactCheckIns  FactKind = 5 // days with a check-in
	FactStreak    FactKind = 6 // days in a row with a check-in, up to the business date
	FactReferrals FactKind = 7 // members brought who have bought something
	FactTopUps    FactKind = 8 // minor units topped up
)

// FactRef is a fact that a manifest asks for; WindowDays 0 is the whole life, a
// value from WindowMonth on a calendar window.
type FactRef struct {
	Kind       FactKind
	WindowDays int
	Shop       bool // counted in the basket's shop alone
}

// FactValue is a fact as of before this sale.
type FactValue struct {
	FactRef
	Value int64
}

// TierView is a tier that the merchant has, in rising rank.
type TierView struct {
	Code string
	Rank int
}

// CandidateKind is how a candidate changes an amount.
type CandidateKind uint8

const (
	Percent    CandidateKind = 1 // Rate off the targets
	AmountOff  CandidateKind = 2 // Amount off the targets together
	FixedPrice CandidateKind = 3 // class line: unit price = Price; class order: the targets' units together cost Amount
	FreeUnits  CandidateKind = 4 // Units of each target are free
	Punch      CandidateKind = 5 // Units of the target are paid with punch visits
)

// Class is the level at which a candidate works; classes are resolved in this
// order.
type Class uint8

const (
	ClassLine   Class = 1
	ClassOrder  Class = 2
	ClassTender Class = 3
)

// Basis says what a percentage or a threshold looks at.
type Basis uint8

const (
	Remaining Basis = 1 // after the benefits applied before it
	Initial   Basis = 2 // the gross amount
)

// Target is a line and how many of its units; Units 0 means all.
type Target struct {
	Line  uint32
	Units money.Quantity
}

// Candidate is what a pack proposes. The host resolves candidates; none is an
// amount to be booked as it stands.
type Candidate struct {
	Kind      CandidateKind
	Class     Class
	Basis     Basis
	Targets   []Target // empty: all lines of goods and services
	Category  string   // candidates of one category compete
	Exclusive bool     // in its category one exclusive candidate wins alone per target
	Priority  int32    // higher goes first
	Rate      money.Rate
	Amount    money.Amount
	Price     money.UnitPrice
	Units     money.Quantity
	Threshold money.Amount // applies only where the basis of the targets reaches it
	Repeat    bool         // AmountOff: once for each full threshold
	Cap       money.Amount // the most it may take off; 0 = none
	Coupon    uint32       // Ref of the coupon that it stands for; 0 = none
	Note
}

// Note explains a record: a code of the pack's own message catalogue, one
// number, one amount and one label as its arguments.
type Note struct {
	Code   string
	Arg    int64
	Money  money.Amount
	Label  string
	LineNo uint32 // what it speaks of; 0 = the whole
}

// Earn is points for a line (Line 0: for the sale).
type Earn struct {
	Line   uint32
	Points int64
	Note
}

// TierProposal moves the member to a tier; "" Code means no opinion. At a review,
// an input without lines, it is the tier that the figures deserve, also where the
// member has it or a higher one; there "" Code with a note says that they deserve
// none.
type TierProposal struct {
	Code string
	Note
}

// CommissionProposal is commission for the staff of a line.
type CommissionProposal struct {
	Line   uint32
	Amount money.Amount
	Basis  money.Amount
	Rate   money.Rate
	Note
}

// TopUpBonus is a bonus for a top-up line.
type TopUpBonus struct {
	Line   uint32
	Amount money.Amount
	Note
}

// Output is what one call of one pack answers. A pack that fills a table which
// its hook has no power over has failed.
type Output struct {
	Candidates  []Candidate
	Earns       []Earn
	Tier        TierProposal
	Commissions []CommissionProposal
	Bonuses     []TopUpBonus
	Notes       []Note
	Tenders     []TenderLimit
	Grants      []Grant
	Returns     []ReturnTerm
}

// PackRef names exactly which rule ran: it is stored with the sale.
type PackRef struct {
	ID         string
	Version    string
	ModuleHash string // hex SHA-256 of rule.wasm
	ConfigHash string // hex SHA-256 of Config
	Config     []byte // JSON, valid by the pack's schema
	Priority   int32  // the merchant's own; added to each candidate's
	Limits     Limits // the pack's own, from its manifest
}

// Limits lower the host's limits for the calls of one pack; 0 leaves the host's,
// and so does what is larger.
type Limits struct {
	Fuel        int64 // instructions of one call
	Depth       int64 // of calls in each other
	MemoryBytes int64 // in whole pages of 64 KiB, rounded down
	OutputBytes int64
}

// Answer is one call with what it cost.
type Answer struct {
	Output      Output
	InputBytes  []byte // the message as the module saw it
	OutputBytes []byte
	Fuel        int64
	Nanos       int64
}
