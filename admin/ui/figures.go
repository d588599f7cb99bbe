package ui

// Paper is a receipt as lines; core/receipt builds the like from a sale.
type Paper struct {
	Title   string
	Head    []string // centred
	Lines   []PaperLine
	Foot    []string // centred
	Barcode string   // "" is none
}

// PaperLine is one line of a Paper: a rule, or a left and a right part.
type PaperLine struct {
	Left, Right string
	Rule        bool
	Small       bool // indented, below the line it belongs to
	Strong      bool // the total
}

// Reason is one answer to "why this price?".
type Reason struct {
	Text    string // rendered from the pack's own catalogue
	Pack    string // its name; "" is the till itself
	Version string
	Amount  string
	State   ReasonState
	Beaten  string // what won instead, for a Reason that lost
}

// ReasonState is what became of a candidate.
type ReasonState uint8

// The states.
const (
	Applied ReasonState = iota
	Lost                // another candidate won
	Failed              // the rule failed; its fallback was used
)

func (r Reason) class() string {
	switch r.State {
	case Lost:
		return "why-lost"
	case Failed:
		return "why-failed"
	}
	return ""
}

func (r Reason) icon() string {
	switch r.State {
	case Lost:
		return "minus"
	case Failed:
		return "warn"
	}
	return "check"
}

// Why is the explanation of a line or a sale.
type Why struct {
	ListLabel, List string // "List price", "¥88.00"
	Reasons         []Reason
	PayLabel, Pay   string
}
