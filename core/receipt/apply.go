package receipt

import (
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/money"
)

// Apply leaves out of a view what the template does not show, and adds what it
// does: head and foot lines before and after those that the register has, the
// registration number, the code. langs are those of the receipt. Nothing that it
// does changes an amount that is paid.
func (t Template) Apply(v SaleView, langs []string) SaleView {
	drop := func(f Field, s *string) {
		if !t.Shows(f) {
			*s = ""
		}
	}
	drop(FieldMerchant, &v.Merchant)
	drop(FieldShop, &v.Shop)
	drop(FieldAddress, &v.Address)
	drop(FieldRegister, &v.Register)
	drop(FieldCashier, &v.Cashier)
	v.BusinessNo = t.BusinessNo
	v.Header = append(in(t.Head, langs), v.Header...)
	v.Footer = append(v.Footer, in(t.Foot, langs)...)
	v.NoTaxTable = !t.Shows(FieldTaxes)
	v.Lines = append([]LineView(nil), v.Lines...) // the caller's stay as they are
	for i := range v.Lines {
		drop(FieldStaff, &v.Lines[i].Staff)
		drop(FieldCodes, &v.Lines[i].Code)
		if !t.Shows(FieldDiscounts) {
			v.Lines[i].fold()
		}
	}
	if !t.Shows(FieldSaved) {
		v.Saved = 0
	}
	t.applyMember(&v)
	t.applyCode(&v)
	return v
}

// fold makes a line say what it costs after its adjustments.
func (l *LineView) fold() {
	var sum money.Amount
	for _, a := range l.Adjustments {
		sum += a.Amount
	}
	if sum != 0 { // the price of one is not the one that was paid
		l.Amount += sum
		l.Price = 0
	}
	l.Adjustments = nil
}

func (t Template) applyMember(v *SaleView) {
	if v.Member != nil {
		m := *v.Member
		switch t.MemberName {
		case NameNone:
			m.Name = ""
		case NameMasked:
			m.Name = MaskName(m.Name)
		}
		if !t.Shows(FieldCard) {
			m.Card = ""
		}
		if !t.Shows(FieldTier) {
			m.Tier = ""
		}
		v.Member = &m
	}
	if !t.Shows(FieldPoints) {
		v.Points = nil
	}
	if v.Points != nil && !t.Shows(FieldPointsBefore) {
		p := *v.Points
		p.Before = nil
		v.Points = &p
	}
	if !t.Shows(FieldWallet) {
		v.StoredValue = nil
	}
	if !t.Shows(FieldPunches) {
		v.Punches = nil
	}
	if !t.Shows(FieldCoupons) {
		v.Coupons = nil
	}
}

func (t Template) applyCode(v *SaleView) {
	switch t.Code {
	case CodeNone:
		v.QR, v.QRCaption = "", ""
	case CodeNumber:
		v.QR, v.QRCaption = v.Number, v.Number
	case CodeText:
		v.QR, v.QRCaption = t.CodeText, ""
	case CodeURL:
		v.QR, v.QRCaption = fillCode(t.CodeText, v.Number, v.QR), v.Number
	}
}

// MaskName keeps the first character of a name: "王*", "A***". A name of one
// character is one star.
func MaskName(name string) string {
	r, size := utf8.DecodeRuneInString(name)
	if size == 0 {
		return ""
	}
	rest := utf8.RuneCountInString(name[size:])
	if rest == 0 {
		return "*"
	}
	return string(r) + strings.Repeat("*", min(rest, 3))
}

// Times prints a document so many times in one go, each parted from the next by
// a cut and, from the second on, saying which it is. It is one printing: none of
// them is a duplicate.
func (d Document) Times(copies int, mark func(no, of int) string) Document {
	if copies <= 1 {
		return d
	}
	one := d.Blocks
	d.Blocks = nil
	for no := 1; no <= copies; no++ {
		end := len(one)
		for end > 0 {
			switch one[end-1].(type) {
			case Cut, Feed:
				end--
				continue
			}
			break
		}
		d.Blocks = append(d.Blocks, one[:end]...)
		d.Blocks = append(d.Blocks, Text{mark(no, copies), centre})
		d.Blocks = append(d.Blocks, one[end:]...)
	}
	return d
}
