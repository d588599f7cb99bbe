package label

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/receipt"
)

var (
	ErrNotFound  = fault.New(fault.NotFound, "label.design_not_found")
	ErrName      = fault.New(fault.Invalid, "label.name_invalid") // not 1 to 60 characters
	ErrNameTaken = fault.New(fault.Conflict, "label.name_taken")
	ErrSize      = fault.New(fault.Invalid, "label.size_invalid")  // a side is not {least} to {most} mm
	ErrParts     = fault.New(fault.Invalid, "label.parts_invalid") // nothing, or something unknown
	ErrCode      = fault.New(fault.Invalid, "label.code_invalid")  // no kind of code
	ErrEmpty     = fault.New(fault.Invalid, "label.batch_empty")
	ErrTooMany   = fault.New(fault.Exceeded, "label.too_many")      // over {max} labels
	ErrCopies    = fault.New(fault.Invalid, "label.copies_invalid") // not 1 to {max}
	ErrWeight    = fault.New(fault.Invalid, "label.weight_invalid") // not 0.001 to {max}, in kilograms
	ErrDevice    = fault.New(fault.Invalid, "label.device_invalid") // no enabled label printer of the shop
	ErrLine      = fault.New(fault.NotFound, "label.line_not_found")
	ErrBatch     = fault.New(fault.NotFound, "label.batch_not_found")
)

// Part is something that a design may show.
type Part string

// The parts, in the order in which they stand.
const (
	PartShop    Part = "shop"
	PartName    Part = "name"
	PartWeight  Part = "weight" // of goods that were weighed
	PartPrice   Part = "price"
	PartPerUnit Part = "per_unit" // the price of a kilogram, a litre
	PartSKU     Part = "sku"      // the shop's own code as text
)

// Parts lists every part.
func Parts() []Part { return []Part{PartShop, PartName, PartWeight, PartPrice, PartPerUnit, PartSKU} }

// Kinds of code.
const (
	CodeNone = "none"
	CodeEAN  = "ean13"
	Code128  = "code128"
	CodeQR   = "qr"
)

// Codes lists every kind.
func Codes() []string { return []string{CodeEAN, Code128, CodeQR, CodeNone} }

// Sides of a label in tenths of a millimetre.
const (
	minSide = 100
	maxSide = 2000
)

// Design is what a label shows, and how large it is.
type Design struct {
	ID     id.ID  `json:"-"`     // none: it came along
	Name   string `json:"-"`     // of one that came along a word for the catalogue
	Width  int    `json:"width"` // tenths of a millimetre
	Height int    `json:"height"`
	Parts  []Part `json:"parts"`
	Code   string `json:"code"`
}

// BuiltIn are the designs that come along.
var BuiltIn = []Design{
	{Name: "shelf", Width: 600, Height: 300, Parts: []Part{PartName, PartPrice, PartPerUnit}, Code: CodeEAN},
	{Name: "price", Width: 400, Height: 300, Parts: []Part{PartName, PartPrice}, Code: CodeEAN},
	{Name: "price_only", Width: 300, Height: 200, Parts: []Part{PartName, PartPrice}, Code: CodeNone},
	{Name: "barcode", Width: 400, Height: 250, Parts: []Part{PartName}, Code: Code128},
	{Name: "qr", Width: 300, Height: 300, Parts: []Part{PartName, PartSKU}, Code: CodeQR},
	{Name: "large", Width: 1000, Height: 600, Parts: []Part{PartShop, PartName, PartPrice, PartPerUnit, PartSKU}, Code: CodeEAN},
	{Name: "weighed", Width: 580, Height: 400, Parts: []Part{PartName, PartWeight, PartPrice, PartPerUnit}, Code: CodeEAN},
}

// Check brings a design into its stored form. Faults: label.name_invalid,
// label.size_invalid, label.parts_invalid, label.code_invalid.
func (d *Design) Check() error {
	d.Name = strings.Join(strings.Fields(d.Name), " ")
	if n := utf8.RuneCountInString(d.Name); n == 0 || n > 60 || !utf8.ValidString(d.Name) || strings.ContainsFunc(d.Name, unicode.IsControl) {
		return ErrName.On("name")
	}
	for field, v := range map[string]int{"width": d.Width, "height": d.Height} {
		if v < minSide || v > maxSide {
			return ErrSize.On(field).With("least", minSide/10).With("most", maxSide/10)
		}
	}
	if !slices.Contains(Codes(), d.Code) {
		return ErrCode.On("code")
	}
	var parts []Part
	for _, p := range Parts() {
		if slices.Contains(d.Parts, p) {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 && d.Code == CodeNone || len(parts) != len(d.Parts) {
		return ErrParts.On("parts")
	}
	d.Parts = parts
	return nil
}

// Content is what is to be on a label, as it is printed.
type Content struct {
	Shop    string
	Name    string
	Weight  string // "0.352 kg"; "" of goods that are not weighed
	Price   string // with its currency's sign
	PerUnit string // "¥6.40 / 100 g"
	SKU     string
	Barcode string // "" = the SKU's code
}

// Label is what stands where, from the upper left corner, in tenths of a millimetre.
type Label struct {
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Items  []Item `json:"items"`
}

// Item is a line of text, or a code where Symbology is set.
type Item struct {
	X         int    `json:"x"`
	Y         int    `json:"y"`
	Text      string `json:"text,omitempty"`
	Bold      bool   `json:"bold,omitempty"`
	Height    int    `json:"height"` // of a letter, or of the code; of a QR the side
	Symbology string `json:"symbology,omitempty"`
	Content   string `json:"content,omitempty"`
}

// caption is the room under a bar code for its number.
const caption = 32

// Layout places a content in a design: parts from the top, the code in what is left.
// Text that does not fit is wrapped, then made smaller, then cut.
func Layout(d Design, c Content) Label {
	out := Label{Width: d.Width, Height: d.Height}
	margin := max(min(d.Width, d.Height)/16, 12)
	room := d.Width - 2*margin
	symbology, content := code(d.Code, c)
	share := d.Height - 2*margin
	if symbology != "" { // at least two fifths are the code's
		share = share * 3 / 5
	}
	weights := map[Part]int{PartShop: 2, PartName: 5, PartWeight: 3, PartPrice: 6, PartPerUnit: 3, PartSKU: 2}
	sum := 0
	for _, p := range d.Parts {
		if textOf(p, c) != "" {
			sum += weights[p]
		}
	}
	y := margin
	for _, p := range d.Parts {
		text := textOf(p, c)
		if text == "" {
			continue
		}
		high := share * weights[p] / sum // of this part with the gap below it
		lines := 1
		letter := min(high*5/6, room/4) // eight cells are the least that a row has
		if p == PartName {
			lines = 2
			letter = min(high*5/12, room/4, 60)
		}
		letter = max(min(letter, 150), 16)
		var rows []string
		for {
			rows = wrap(text, max(room*2/letter, 4))
			if len(rows) <= lines || letter <= 20 {
				break
			}
			letter = max(letter*9/10, 20)
		}
		for _, row := range rows[:min(len(rows), lines)] {
			if y+letter > d.Height-margin {
				break
			}
			out.Items = append(out.Items, Item{X: margin, Y: y, Text: row, Bold: p == PartPrice || p == PartName, Height: letter})
			y += letter * 6 / 5
		}
	}
	if symbology == "" {
		return out
	}
	left := d.Height - margin - y
	it := Item{X: margin, Y: y, Symbology: symbology, Content: content}
	if symbology == CodeQR {
		it.Height = min(left, room)
	} else {
		it.Height = min(left-caption, 250)
	}
	if it.Height >= 30 { // lower, no reader finds it
		out.Items = append(out.Items, it)
	}
	return out
}

func textOf(p Part, c Content) string {
	return map[Part]string{PartShop: c.Shop, PartName: c.Name, PartWeight: c.Weight, PartPrice: c.Price, PartPerUnit: c.PerUnit, PartSKU: c.SKU}[p]
}

// code chooses the code that can be made: an EAN of thirteen digits, else a Code 128
// of visible ASCII that is not too long, else a QR.
func code(kind string, c Content) (symbology, content string) {
	content = c.Barcode
	if content == "" {
		content = c.SKU
	}
	switch {
	case kind == CodeNone || content == "":
		return "", ""
	case kind == CodeEAN && len(content) == 13 && strings.Trim(content, "0123456789") == "":
		return CodeEAN, content
	case kind != CodeQR && len(content) <= 20 && !strings.ContainsFunc(content, func(r rune) bool { return r <= ' ' || r > '~' }):
		return Code128, content
	}
	return CodeQR, content
}

// wrap breaks a text into rows of so many cells.
func wrap(s string, cells int) (out []string) {
	doc := receipt.Document{Blocks: []receipt.Block{receipt.Text{Text: s}}}
	for _, l := range receipt.Layout(doc, receipt.Metrics{Columns: cells, Cells: receipt.GlyphCells}) {
		if l.Text != "" {
			out = append(out, l.Text)
		}
	}
	return out
}
