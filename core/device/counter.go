package device

import (
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
)

// InputKind says what a device at a register told.
type InputKind string

// The kinds. The till tells items, members, coupons and receipts apart itself.
const (
	InputScan   InputKind = "scan"   // a code was read
	InputCard   InputKind = "card"   // a card was presented; Text is its number
	InputPay    InputKind = "pay"    // a customer's payment code
	InputCall   InputKind = "call"   // the telephone rings; Text is the number
	InputWeight InputKind = "weight" // of what lies on the scale
	InputDrawer InputKind = "drawer" // On: it is open
	InputPaper  InputKind = "paper"  // On: it has ended
)

// Input is something that a device at a register told. Its text may be a person's
// and is never logged.
type Input struct {
	Seq        uint64 // rises within a register
	Kind       InputKind
	Device     id.ID
	Text       string
	Milligrams int64 // of a weight
	Stable     bool
	On         bool
	At         clock.Instant
}

// ShownKind says what the customer sees.
type ShownKind string

// The kinds.
const (
	ShownNothing ShownKind = ""      // nobody is served
	ShownItem    ShownKind = "item"  // what was rung up last, and the total
	ShownTotal   ShownKind = "total" // what is to be paid
	ShownChange  ShownKind = "change"
)

// Shown is what the displays before the customer show: as digits the Amount, as text
// the Lines.
type Shown struct {
	Kind   ShownKind
	Amount string // "12.50"
	Lines  []string
}
