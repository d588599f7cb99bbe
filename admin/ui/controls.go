package ui

import (
	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/core/money"
)

// ButtonKind is how much a button asks for attention.
type ButtonKind string

// The kinds. A page has one primary button at most.
const (
	Plainly ButtonKind = ""
	Primary ButtonKind = "primary"
	Danger  ButtonKind = "danger"
	Quiet   ButtonKind = "quiet"
)

// ButtonProps describes a button, or a link that looks like one where Href is set.
type ButtonProps struct {
	Text     string
	Icon     string
	Kind     ButtonKind
	Size     string // "", "small", "large"
	Href     string
	Type     string // "submit" (default), "button"
	Name     string
	Value    string
	Disabled bool
	IconOnly bool // Text becomes the accessible name
	Block    bool
	Attrs    templ.Attributes // data-dialog-open, hx-post, data-hotkey …
}

func (p ButtonProps) class() string {
	s := "button"
	if p.Kind != "" {
		s += " button-" + string(p.Kind)
	}
	if p.Size != "" {
		s += " button-" + p.Size
	}
	if p.IconOnly {
		s += " button-icon"
	}
	if p.Block {
		s += " button-block"
	}
	return s
}

func (p ButtonProps) kindOf() string {
	if p.Type == "" {
		return "submit"
	}
	return p.Type
}

// FieldProps describes a labelled control.
type FieldProps struct {
	ID, Name    string // ID defaults to Name
	Label       string
	Hint        string
	Err         error // shown as its text with its reason code
	Value       string
	Type        string // of an input; default text
	Placeholder string
	Prefix      string // before the input: "¥"
	Suffix      string // after it: "%"
	InputMode   string
	Required    bool
	Disabled    bool
	Numeric     bool // right-aligned tabular digits
	HideLabel   bool // read out, not shown
	Options     []Option
	Attrs       templ.Attributes
}

// Option is one choice of a Select.
type Option struct {
	Value, Text string
	Disabled    bool
}

func (p FieldProps) id() string {
	if p.ID == "" {
		return p.Name
	}
	return p.ID
}

func (p FieldProps) inputType() string {
	if p.Type == "" {
		return "text"
	}
	return p.Type
}

// attrs are the attributes that every control shares.
func (p FieldProps) attrs() templ.Attributes {
	a := templ.Attributes{"id": p.id(), "name": p.Name}
	described := ""
	if p.Hint != "" {
		described = p.id() + "-hint"
	}
	if p.Err != nil {
		a["aria-invalid"] = "true"
		if described != "" {
			described += " "
		}
		described += p.id() + "-error"
	}
	if described != "" {
		a["aria-describedby"] = described
	}
	if p.Required {
		a["required"] = true
	}
	if p.Disabled {
		a["disabled"] = true
	}
	if p.Placeholder != "" {
		a["placeholder"] = p.Placeholder
	}
	if p.InputMode != "" {
		a["inputmode"] = p.InputMode
	}
	for k, v := range p.Attrs {
		a[k] = v
	}
	return a
}

// MoneyField is the props of an input for an amount; read it back with
// ParseMoney.
func MoneyField(c Ctx, p FieldProps, a money.Amount) FieldProps {
	p.Value = c.Currency.Format(a)
	p.Prefix = Symbol(c.Currency)
	p.InputMode, p.Numeric = "decimal", true
	return p
}

// ParseMoney reads what was typed into a MoneyField, exactly. Faults:
// money.malformed, money.overflow.
func ParseMoney(cur money.Currency, typed string) (money.Amount, error) {
	return cur.Parse(plainNumber(typed))
}
