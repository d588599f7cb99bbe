package receipt

import "strconv"

// Align places text or a picture between the edges of the paper.
type Align uint8

// Where a block stands.
const (
	Left Align = iota
	Center
	Right
)

// Size enlarges text by whole cells.
type Size uint8

// The sizes every thermal printer has.
const (
	Normal Size = iota
	Tall        // one cell wide, two high
	Wide        // two cells wide, one high
	Large       // two by two
)

// Scale is how many cells a character of that size takes across and down.
func (s Size) Scale() (across, down int) {
	return 1 + int(s>>1&1), 1 + int(s&1)
}

// Style is how a text looks.
type Style struct {
	Bold  bool
	Size  Size
	Align Align
}

// Block is one part of a document, from top to bottom.
type Block interface{ block() }

// Text is a paragraph; line breaks in it are kept, long lines are wrapped.
type Text struct {
	Text string
	Style
}

// Column is one column of a table.
type Column struct {
	Width int  // in cells; 0 = as wide as its widest text
	Flex  bool // takes what the others leave; its text is wrapped
	Align Align
}

// Columns is a table. A row may be shorter than Cols.
type Columns struct {
	Cols   []Column
	Rows   [][]string
	Bold   bool
	Header bool // the first row names the columns
}

// Rule is a line across the paper.
type Rule struct{ Double bool }

// Feed is empty paper, in text lines.
type Feed struct{ Lines int }

// QR is a QR code (error correction M), centred, with a caption under it.
type QR struct {
	Content string
	Caption string
}

// Symbology names a barcode's alphabet.
type Symbology string

// The barcodes that a receipt can carry.
const (
	EAN13   Symbology = "ean13"
	Code128 Symbology = "code128"
)

// Barcode is a bar code with its text under it, centred.
type Barcode struct {
	Symbology Symbology
	Content   string
}

// Image is a black and white picture, centred.
type Image struct {
	Bitmap *Bitmap
	Alt    string // what stands for it where pictures cannot be shown
}

// Cut parts the paper.
type Cut struct{}

func (Text) block()    {}
func (Columns) block() {}
func (Rule) block()    {}
func (Feed) block()    {}
func (QR) block()      {}
func (Barcode) block() {}
func (Image) block()   {}
func (Cut) block()     {}

// DefaultCopyMark stands on a copy where the document names no other mark. It
// has both languages, because whoever is shown the paper must understand it.
const DefaultCopyMark = "DUPLICATE 补打"

// Document is a receipt, independent of any device.
type Document struct {
	Title    string // for lists and HTML; not printed
	Lang     string // BCP 47, for HTML
	Copy     int    // 0 or 1 = the original; n = the nth attempt, and is marked so
	CopyMark string // the words of the mark; "" = DefaultCopyMark
	Blocks   []Block
}

// IsCopy reports whether an earlier attempt may be on paper.
func (d Document) IsCopy() bool { return d.Copy > 1 }

// Mark is the line that stands on a copy, "" on the original.
func (d Document) Mark() string {
	if !d.IsCopy() {
		return ""
	}
	mark := d.CopyMark
	if mark == "" {
		mark = DefaultCopyMark
	}
	return "*** " + mark + " #" + strconv.Itoa(d.Copy) + " ***"
}

// Body is what is shown: the blocks, and on a copy its mark above and below
// them (below means before the final cut). Renderers read this, never Blocks.
func (d Document) Body() []Block {
	mark := d.Mark()
	if mark == "" {
		return d.Blocks
	}
	line := Text{Text: mark, Style: Style{Bold: true, Align: Center}}
	end := len(d.Blocks)
	for end > 0 {
		switch d.Blocks[end-1].(type) {
		case Cut, Feed:
			end--
			continue
		}
		break
	}
	out := make([]Block, 0, len(d.Blocks)+2)
	out = append(out, line)
	out = append(out, d.Blocks[:end]...)
	out = append(out, line)
	return append(out, d.Blocks[end:]...)
}
