package member

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrNotFound     = fault.New(fault.NotFound, "member.not_found")
	ErrNameRequired = fault.New(fault.Invalid, "member.name_required")
	ErrNameTooLong  = fault.New(fault.Invalid, "member.name_too_long") // over 80 characters
	ErrPhone        = fault.New(fault.Invalid, "member.phone_invalid") // not 5 to 20 digits
	ErrPhoneTaken   = fault.New(fault.Conflict, "member.phone_taken")  // another member has it
	ErrBirthday     = fault.New(fault.Invalid, "member.birthday_invalid")
	ErrSex          = fault.New(fault.Invalid, "member.sex_invalid")
	ErrTextTooLong  = fault.New(fault.Invalid, "member.text_too_long")
	ErrEmail        = fault.New(fault.Invalid, "member.email_invalid")
	ErrStale        = fault.New(fault.Conflict, "member.version_stale") // somebody else changed the member meanwhile
	ErrErased       = fault.New(fault.Conflict, "member.erased")        // nothing can be changed any more
	ErrStatus       = fault.New(fault.Invalid, "member.status_invalid") // not one that can be set by hand

	ErrDocument      = fault.New(fault.Invalid, "member.document_invalid") // not 4 to 40 letters, digits or hyphens
	ErrDocumentKind  = fault.New(fault.Invalid, "member.document_kind")    // a number without a known kind
	ErrDocumentTaken = fault.New(fault.Conflict, "member.document_taken")  // another member has it
)

var (
	_ = db.Guard("ux_member_private_phone_index", ErrPhoneTaken)
	_ = db.Guard("ux_member_private_document_index", ErrDocumentTaken)
)

// Status is where a member's enrolment stands.
type Status string

const (
	Active   Status = "active"
	Frozen   Status = "frozen"   // known, but nothing may be spent
	Archived Status = "archived" // left out of lists and look-ups
	Erased   Status = "erased"   // the person is gone, the bookings stay
)

// The values of Private.Sex; "" is not said.
const (
	Female = "female"
	Male   = "male"
	Other  = "other"
)

// The kinds of identity document.
const (
	DocumentIDCard   = "id_card"
	DocumentPassport = "passport"
	DocumentPermit   = "permit" // of residence or of entry
	DocumentLicence  = "driving_licence"
	DocumentOther    = "other"
)

// DocumentKinds lists them.
func DocumentKinds() []string {
	return []string{DocumentIDCard, DocumentPassport, DocumentPermit, DocumentLicence, DocumentOther}
}

// Member is one person enrolled with a merchant.
type Member struct {
	Merchant    id.ID
	ID          id.ID
	Status      Status
	Tier        string // code, "" where none
	TierSince   clock.Instant
	JoinedAt    clock.Instant
	HomeShop    id.ID
	Version     int64 // of the profile; an Update names the one it has seen
	UpdatedAt   clock.Instant
	DisplayName string
	BirthMonth  int           // 1..12, 0 where unknown
	RetainUntil clock.Instant // before it the law forbids to erase; 0: nothing does
	Private     Private
}

// Private is a member's personal data. It exists decrypted only in memory.
type Private struct {
	Name     string `json:"name"`
	Phone    string `json:"phone,omitempty"`    // normalised: digits, a leading + where foreign
	Birthday string `json:"birthday,omitempty"` // "1990-05-17", or "--05-17" without the year
	Sex      string `json:"sex,omitempty"`
	Address  string `json:"address,omitempty"`
	Note     string `json:"note,omitempty"`
	Email    string `json:"email,omitempty"`

	DocumentKind string `json:"document_kind,omitempty"`
	Document     string `json:"document,omitempty"` // upper case, without spaces
	Occupation   string `json:"occupation,omitempty"`

	Subjects Subjects `json:"subjects,omitempty"`
}

// MaskedPhone is the phone number for a screen that others can see: "138****5678".
func (p Private) MaskedPhone() string {
	n := len(p.Phone)
	if n < 5 {
		return ""
	}
	head := min(3, n-4)
	return p.Phone[:head] + strings.Repeat("*", n-4-head) + p.Phone[n-4:]
}

// MaskedDocument is the document's number for a screen that others can see.
func (p Private) MaskedDocument() string {
	n := len(p.Document)
	if n < 5 {
		return strings.Repeat("*", n)
	}
	return p.Document[:1] + strings.Repeat("*", n-3) + p.Document[n-2:]
}

// normaliseDocument: a kind without a number is nothing.
func (p *Private) normaliseDocument() error {
	p.Document = strings.ToUpper(strings.Join(strings.Fields(p.Document), ""))
	p.DocumentKind = strings.TrimSpace(p.DocumentKind)
	if p.Document == "" {
		p.DocumentKind = ""
		return nil
	}
	if strings.Trim(p.Document, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-()/") != "" || len(p.Document) < 4 || len(p.Document) > 40 {
		return ErrDocument.On("document")
	}
	if !slices.Contains(DocumentKinds(), p.DocumentKind) {
		return ErrDocumentKind.On("document_kind")
	}
	return nil
}

// normalise brings the fields into their stored form and checks them.
func (p *Private) normalise() error {
	p.Name = strings.Join(strings.Fields(p.Name), " ")
	switch n := utf8.RuneCountInString(p.Name); {
	case n == 0 || !utf8.ValidString(p.Name) || strings.ContainsFunc(p.Name, unicode.IsControl):
		return ErrNameRequired.On("name")
	case n > 80:
		return ErrNameTooLong.On("name").With("max", 80)
	}
	var err error
	if p.Phone, err = NormalisePhone(p.Phone); err != nil {
		return err
	}
	if _, _, err := parseBirthday(p.Birthday); err != nil {
		return err
	}
	if p.Sex != "" && p.Sex != Female && p.Sex != Male && p.Sex != Other {
		return ErrSex.On("sex")
	}
	p.Email = strings.TrimSpace(p.Email)
	if at := strings.IndexByte(p.Email, '@'); p.Email != "" && (at < 1 || at == len(p.Email)-1 || strings.ContainsAny(p.Email, " \t\r\n") || len(p.Email) > 254) {
		return ErrEmail.On("email")
	}
	if err := p.normaliseDocument(); err != nil {
		return err
	}
	p.Occupation = strings.TrimSpace(p.Occupation)
	for _, f := range []struct {
		name, text string
		max        int
	}{{"address", p.Address, 300}, {"note", p.Note, 2000}, {"occupation", p.Occupation, 80}} {
		if utf8.RuneCountInString(f.text) > f.max {
			return ErrTextTooLong.On(f.name).With("max", f.max)
		}
	}
	return nil
}

// NormalisePhone keeps a number's digits and a leading +: full-width digits
// become ASCII, a leading 00 is a +, and the country code of a mainland mobile
// number goes, so that one phone has one form. "" stays "".
// Fault: member.phone_invalid.
func NormalisePhone(s string) (string, error) {
	var b strings.Builder
	for _, r := range strings.TrimSpace(s) {
		if r >= '０' && r <= '９' {
			r += '0' - '０'
		}
		switch {
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		case (r == '+' || r == '＋') && b.Len() == 0:
			b.WriteByte('+')
		case strings.ContainsRune(" -().·\u00a0\u3000（）－", r):
		default:
			return "", ErrPhone.On("phone")
		}
	}
	p := b.String()
	if rest, ok := strings.CutPrefix(p, "00"); ok && len(rest) > 8 {
		p = "+" + rest
	}
	if rest, ok := strings.CutPrefix(p, "+86"); ok && len(rest) == 11 && rest[0] == '1' {
		p = rest
	}
	if n := len(strings.TrimPrefix(p, "+")); p != "" && (n < 5 || n > 20) {
		return "", ErrPhone.On("phone")
	}
	return p, nil
}

// parseBirthday reads "1990-05-17" or "--05-17"; "" is unknown (0, 0).
func parseBirthday(s string) (month, day int, err error) {
	if s == "" {
		return 0, 0, nil
	}
	full := s
	if rest, ok := strings.CutPrefix(s, "--"); ok {
		full = "2000-" + rest // a leap year: 29 February is a birthday
	}
	t, e := time.Parse(time.DateOnly, full)
	if e != nil || t.Year() < 1880 {
		return 0, 0, ErrBirthday.On("birthday")
	}
	return int(t.Month()), t.Day(), nil
}

// BirthdayWithin reports whether the birthday comes within days from today (0:
// only today). Someone born on 29 February celebrates on the 28th in other years.
func BirthdayWithin(month, day int, today clock.Date, days int) bool {
	t := today.Time()
	if month < 1 || month > 12 || day < 1 || t.IsZero() {
		return false
	}
	for year := t.Year(); year <= t.Year()+1; year++ {
		d := day
		if month == 2 && day == 29 && time.Date(year, 2, 29, 0, 0, 0, 0, time.UTC).Month() != time.February {
			d = 28
		}
		in := int(time.Date(year, time.Month(month), d, 0, 0, 0, 0, time.UTC).Sub(t).Hours() / 24)
		if in >= 0 && in <= days {
			return true
		}
	}
	return false
}
