package promotion

import (
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/money"
)

// TenderKind is a tender out of the member's own wallet.
type TenderKind uint8

const (
	TenderStoredValue TenderKind = 1
	TenderPoints      TenderKind = 2
	TenderGiftCard    TenderKind = 3
)

// Consumption says which lots of stored value pay first.
type Consumption uint8

const (
	ConsumeDefault      Consumption = 0 // as the merchant has it
	ConsumeProportional Consumption = 1
	ConsumePrincipal    Consumption = 2
	ConsumeBonus        Consumption = 3
)

// TenderLimit is what one of the member's own tenders may pay of a sale; of
// several limits on a tender the lowest holds.
type TenderLimit struct {
	Tender  TenderKind
	Consume Consumption  // stored value only
	Most    money.Amount // 0: nothing
	Step    money.Amount // it pays whole multiples of this; 0: any amount
	Note
}

// GrantKind is what a grant gives.
type GrantKind uint8

const (
	GrantPoints  GrantKind = 1 // Count points
	GrantMoney   GrantKind = 2 // Amount of bonus money into the wallet
	GrantCoupon  GrantKind = 3 // Count coupons of the template Ref
	GrantVisits  GrantKind = 4 // Count visits of the service with SKU Ref
	GrantGift    GrantKind = 5 // Count gifts Ref, fetched at the shop
	GrantMessage GrantKind = 6 // a message by the template Ref
	GrantChances GrantKind = 7 // Count chances in a draw
)

// Grant is something given besides the sale itself; with the hook draw it is the
// prize drawn.
type Grant struct {
	Kind      GrantKind
	Line      uint32 // hooks topup and earn: the line that it belongs to; 0 = the sale
	Count     int64
	Amount    money.Amount // GrantMoney
	Ref       string       // code of a coupon template, SKU, gift or message template
	ValidDays int          // 0: as the merchant has it
	Prize     string       // hook draw: code of the prize that was drawn
	Note
}

// EventKind is what has happened.
type EventKind uint8

const (
	EventJoined   EventKind = 1 // the member joined
	EventBirthday EventKind = 2 // the birthday begins
	EventSale     EventKind = 3 // a sale was completed; Amount: paid for goods and services
	EventCheckIn  EventKind = 4 // Value: days in a row, this one included
	EventLapsed   EventKind = 5 // Value: days since the last visit
	EventReferral EventKind = 6 // Level 1 or 2; Amount: of the first sale of the one who was brought
	EventTier     EventKind = 7 // Label: code of the tier that was reached
	EventTopUp    EventKind = 8 // Amount: principal
)

// EventView is what the hook trigger is asked about; Kind 0 is none.
type EventView struct {
	Kind   EventKind
	Level  int
	Value  int64
	Amount money.Amount
	At     clock.Instant
	Label  string
}

// PrizeView is a prize that the shop has put into a draw.
type PrizeView struct {
	Code string
	Left int64 // -1: no limit
}

// RefundView is what the hook return is asked about; the lines hold what goes
// back by the stored allocation.
type RefundView struct {
	Present bool
	Days    int // business days since the sale
	Full    bool
	Amount  money.Amount
	Points  int64 // that it would take back
}

// ReturnKind is what a refund does beyond the stored allocation.
type ReturnKind uint8

const (
	ReturnFee        ReturnKind = 1 // Amount of what would go back is kept
	ReturnKeepPoints ReturnKind = 2 // the member keeps Points of those that the refund would take
	ReturnKeepCoupon ReturnKind = 3 // the coupon does not come back
)

// ReturnTerm is a term of a refund beyond the stored allocation.
type ReturnTerm struct {
	Kind   ReturnKind
	Line   uint32 // 0 = the whole refund
	Amount money.Amount
	Points int64
	Coupon uint32 // Ref of the coupon
	Note
}
