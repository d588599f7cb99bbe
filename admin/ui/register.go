package ui

import "github.com/a-h/templ"

// RegisterProps is what the register's frame shows around the basket.
type RegisterProps struct {
	Title    string
	Register string
	Badges   templ.Component // devices, offline, shift
	ScanURL  string          // takes the code: POST code=
	Target   string          // what htmx replaces with the answer: "#register-body"
	FormID   string          // id of the one input's form, for fields and keys elsewhere that belong to it
	Query    string          // what stands in the one input
	Focus    bool
	Basket   templ.Component
	Keys     []KeyProps
	Side     templ.Component
	Foot     templ.Component
	Flash    []Flash
	ScanGap  int    // ms between two keys of a scanner; 0 keeps the default of 35
	Feed     string // streams what the register\'s devices tell; "" nothing does
	ScanMin  int    // keys of the shortest code; 0 keeps the default of 4
	// ScanWith selects a form whose fields go along with a code, so that a scan does
	// not lose what was typed there.
	ScanWith string
}

// KeyProps is one of the register's keys, with its place on the keyboard.
type KeyProps struct {
	Text, Icon, Hotkey string
	Href               string // a page; else a button of the surrounding form
	Dialog             string // opens the dialog of that id
	Name, Value        string
	Disabled           bool
	Attrs              templ.Attributes
}

// BasketLineProps is one line being rung up.
type BasketLineProps struct {
	ID        string
	Name      string
	Sub       string // "6901234567892 · ¥12.50"
	Quantity  string
	Amount    string
	Before    string // list amount, struck out, where it is another
	Adjust    string // "Member price −¥2.00"
	Failed    string // "rule failed, list price used"
	Current   bool
	ActionURL string // takes POST line=, set=minus|plus|remove; "" shows the quantity alone
}

// MemberChipProps is the member at the register.
type MemberChipProps struct {
	Initial, Name, Tier string
	Holds               []Pair // balance, points, coupons
	Action              templ.Component
}

// DueProps is what is to be paid.
type DueProps struct {
	Rows   []DueRow
	Label  string
	Amount string
	Change bool // money goes back: shown in green
}

// DueRow is one line of the totals.
type DueRow struct {
	Label, Amount string
	Adjust        bool
}

// keypadKeys are the keys of a touch keypad in reading order.
var keypadKeys = []string{"7", "8", "9", "4", "5", "6", "1", "2", "3", "0", "00", "."}

func (k KeyProps) target() string {
	if k.Dialog != "" {
		return "#" + k.Dialog
	}
	return k.Href
}

func (k KeyProps) attrs() templ.Attributes {
	a := templ.Attributes{}
	if k.Dialog != "" {
		a["data-dialog-open"] = k.Dialog
		a["role"] = "button"
	}
	for n, v := range k.Attrs {
		a[n] = v
	}
	return a
}

// scanForm lets htmx send the code; pos.js waits for one answer before it sends
// the next code, so none is lost.
func scanForm(p RegisterProps) templ.Attributes {
	if p.Target == "" {
		return nil
	}
	a := templ.Attributes{"hx-post": p.ScanURL, "hx-target": p.Target, "hx-select": p.Target, "hx-swap": "outerHTML", "hx-sync": "this:queue all"}
	if p.ScanWith != "" {
		a["hx-include"] = p.ScanWith
	}
	return a
}

func scanAttrs(p RegisterProps) templ.Attributes {
	a := templ.Attributes{}
	if p.Feed != "" {
		a["data-feed"] = p.Feed
	}
	if p.ScanGap > 0 {
		a["data-scan-gap"] = intText(p.ScanGap)
	}
	if p.ScanMin > 0 {
		a["data-scan-min"] = intText(p.ScanMin)
	}
	return a
}
