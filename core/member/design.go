package member

import (
	"context"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrDesign         = fault.New(fault.Invalid, "member.card_design_invalid")
	ErrDesignTaken    = fault.New(fault.Conflict, "member.card_design_taken") // another design has the name
	ErrDesignNotFound = fault.New(fault.NotFound, "member.card_design_not_found")
	ErrDesignArchived = fault.New(fault.Conflict, "member.card_design_archived") // no more cards of it
	ErrNumbersUsedUp  = fault.New(fault.Conflict, "member.card_numbers_used_up") // the design's digits are at their end
	ErrBatchSize      = fault.New(fault.Invalid, "member.card_batch_size")       // not 1 to 1000
	ErrBatchNotFound  = fault.New(fault.NotFound, "member.card_batch_not_found")
)

var _ = db.Guard("ux_card_designs_name", ErrDesignTaken)

// What cards of a design are for. It says what the card is sold as; what a member
// holds is in the wallet, whatever card is shown.
const (
	DesignStoredValue = "stored_value"
	DesignDiscount    = "discount"
	DesignCount       = "count"
	DesignPoints      = "points"
	DesignGeneral     = "general"
)

// DesignKinds lists them.
func DesignKinds() []string {
	return []string{DesignGeneral, DesignStoredValue, DesignDiscount, DesignCount, DesignPoints}
}

// MaxBatch is the most blank cards that are made at once.
const MaxBatch = 1000

// Design is what cards of one kind have in common: their look, their numbers and
// what they switch on.
type Design struct {
	ID          id.ID
	Name        string
	Kind        string // one of DesignKinds
	Class       string // "VIP", "gold", "third party": the merchant's own word
	Prefix      string // of generated numbers
	Digits      int    // of the counter that follows the prefix, 1 to 15
	Next        int64  // the counter's next value
	Points      bool   // showing such a card earns points; a single card may say otherwise
	PINRequired bool   // spending with such a card asks for the member's PIN
	ValidDays   int    // from the issue, 0 without end; what the member holds does not expire with a card
	Colour      string // "#rrggbb" or ""
	Picture     string // a reference that the merchant's printer knows, or an https address
	Archived    bool
	UpdatedAt   clock.Instant
}

// check validates a design. Fault: member.card_design_invalid.
func (d *Design) check() error {
	d.Name, d.Class, d.Prefix, d.Picture = strings.TrimSpace(d.Name), strings.TrimSpace(d.Class), strings.TrimSpace(d.Prefix), strings.TrimSpace(d.Picture)
	d.Colour = strings.ToLower(strings.TrimSpace(d.Colour))
	if d.Kind == "" {
		d.Kind = DesignGeneral
	}
	if d.Digits == 0 {
		d.Digits = 6
	}
	if d.Next == 0 {
		d.Next = 1
	}
	known := false
	for _, k := range DesignKinds() {
		known = known || k == d.Kind
	}
	switch {
	case d.Name == "" || !plainText(d.Name, 60):
		return ErrDesign.On("name")
	case !known:
		return ErrDesign.On("kind")
	case !plainText(d.Class, 40):
		return ErrDesign.On("class")
	case len(d.Prefix) > 20 || !printable(d.Prefix) || strings.Contains(d.Prefix, ":"):
		return ErrDesign.On("prefix")
	case d.Digits < 1 || d.Digits > 15:
		return ErrDesign.On("digits")
	case d.Next < 1 || d.Next > tens(d.Digits):
		return ErrDesign.On("next_number")
	case d.ValidDays < 0 || d.ValidDays > 36500:
		return ErrDesign.On("valid_days")
	case d.Colour != "" && (len(d.Colour) != 7 || d.Colour[0] != '#' || strings.Trim(d.Colour[1:], "0123456789abcdef") != ""):
		return ErrDesign.On("colour")
	case !plainText(d.Picture, 300) || strings.Contains(d.Picture, ":") && !strings.HasPrefix(d.Picture, "https://"):
		return ErrDesign.On("picture")
	}
	return nil
}

func plainText(s string, most int) bool {
	return utf8.ValidString(s) && utf8.RuneCountInString(s) <= most && !strings.ContainsFunc(s, unicode.IsControl)
}

// printable tells that a text is ASCII without spaces.
func printable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func tens(n int) int64 {
	out := int64(1)
	for range n {
		out *= 10
	}
	return out
}

// number is the text of a value of the counter; false where it has too many digits.
func (d *Design) number(n int64) (string, bool) {
	if n >= tens(d.Digits) {
		return "", false
	}
	var b [15]byte
	for i := d.Digits - 1; i >= 0; i-- {
		b[i] = byte('0' + n%10)
		n /= 10
	}
	return d.Prefix + string(b[:d.Digits]), true
}

// CreateDesign adds a design and fills its ID. Faults: member.card_design_invalid,
// member.card_design_taken.
func CreateDesign(ctx context.Context, tx *db.Tx, m id.ID, d *Design) error {
	if err := d.check(); err != nil {
		return err
	}
	d.ID, d.UpdatedAt = tx.NewID(), tx.Now
	tx.Queue(`insert into card_designs (merchant_id, id, name, kind, class, prefix, digits, next_number, points_enabled, pin_required, valid_days, colour, picture, archived, updated_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		m, d.ID, d.Name, d.Kind, d.Class, d.Prefix, d.Digits, d.Next, d.Points, d.PINRequired, d.ValidDays, d.Colour, d.Picture, d.Archived, tx.Now)
	return tx.Flush(ctx)
}

// UpdateDesign changes everything of a design but its counter, which only grows;
// a Next above it moves it on. Faults: those of CreateDesign,
// member.card_design_not_found.
func UpdateDesign(ctx context.Context, tx *db.Tx, m id.ID, d Design) (Design, error) {
	had, err := lockDesign(ctx, tx, m, d.ID)
	if err != nil {
		return Design{}, err
	}
	d.Next = max(d.Next, had.Next)
	if err := d.check(); err != nil {
		return Design{}, err
	}
	d.UpdatedAt = tx.Now
	tx.Queue(`update card_designs set name = $3, kind = $4, class = $5, prefix = $6, digits = $7, next_number = $8, points_enabled = $9, pin_required = $10,
		valid_days = $11, colour = $12, picture = $13, archived = $14, updated_at = $15 where merchant_id = $1 and id = $2`,
		m, d.ID, d.Name, d.Kind, d.Class, d.Prefix, d.Digits, d.Next, d.Points, d.PINRequired, d.ValidDays, d.Colour, d.Picture, d.Archived, tx.Now)
	return d, tx.Flush(ctx)
}

const designColumns = `id, name, kind, class, prefix, digits, next_number, points_enabled, pin_required, valid_days, colour, picture, archived, updated_at`

func scanDesign(r db.Row, d *Design) error {
	return r.Scan(&d.ID, &d.Name, &d.Kind, &d.Class, &d.Prefix, &d.Digits, &d.Next, &d.Points, &d.PINRequired, &d.ValidDays, &d.Colour, &d.Picture, &d.Archived, &d.UpdatedAt)
}

func lockDesign(ctx context.Context, tx *db.Tx, m, design id.ID) (Design, error) {
	if err := tx.Flush(ctx); err != nil {
		return Design{}, err
	}
	return oneDesign(db.One(ctx, tx, scanDesign, `select `+designColumns+` from card_designs where merchant_id = $1 and id = $2 for update`, m, design))
}

func oneDesign(d Design, err error) (Design, error) {
	if errors.Is(err, db.ErrNoRow) {
		return Design{}, ErrDesignNotFound
	}
	return d, err
}

// GetDesign reads one. Fault: member.card_design_not_found.
func GetDesign(ctx context.Context, r db.Reader, m, design id.ID) (Design, error) {
	return oneDesign(db.One(ctx, r, scanDesign, `select `+designColumns+` from card_designs where merchant_id = $1 and id = $2`, m, design))
}

// ListDesigns lists the merchant's designs by name, the archived ones last.
func ListDesigns(ctx context.Context, r db.Reader, m id.ID) ([]Design, error) {
	return db.All(ctx, r, scanDesign, `select `+designColumns+` from card_designs where merchant_id = $1 order by archived, name`, m)
}

// takeNumbers takes the next n free numbers of a design: one that was handed out
// by hand is passed over. The design's row stays locked, so that two tills never
// take the same. Faults: member.card_design_not_found,
// member.card_design_archived, member.card_numbers_used_up.
func takeNumbers(ctx context.Context, tx *db.Tx, m, design id.ID, n int) (Design, []string, error) {
	d, err := lockDesign(ctx, tx, m, design)
	if err != nil {
		return d, nil, err
	}
	if d.Archived {
		return d, nil, ErrDesignArchived.On("design_id")
	}
	var out []string
	for len(out) < n {
		var ask []string
		for i := range int64(n - len(out) + 10) {
			if text, ok := d.number(d.Next + i); ok {
				ask = append(ask, text)
			}
		}
		if len(ask) == 0 {
			return d, nil, ErrNumbersUsedUp.On("design_id")
		}
		used, err := db.All(ctx, tx, func(r db.Row, s *string) error { return r.Scan(s) }, `select number from member_cards where merchant_id = $1 and number in_texts($2)`, m, ask)
		if err != nil {
			return d, nil, err
		}
		taken := map[string]bool{}
		for _, u := range used {
			taken[u] = true
		}
		for _, text := range ask {
			if len(out) == n {
				break
			}
			d.Next++
			if !taken[text] {
				out = append(out, text)
			}
		}
	}
	tx.Queue(`update card_designs set next_number = $3 where merchant_id = $1 and id = $2`, m, design, d.Next)
	return d, out, nil
}

// Batch is a number of blank cards that were made together.
type Batch struct {
	ID          id.ID
	Design      id.ID
	Count       int
	Left        int // not handed out yet
	First, Last string
	MadeAt      clock.Instant
}

// MakeBlanks makes the numbers of n cards ahead, to be printed; each is handed
// out later by IssueCard, ReplaceCard or Create with its number. Faults:
// member.card_batch_size, member.card_design_not_found,
// member.card_design_archived, member.card_numbers_used_up.
func MakeBlanks(ctx context.Context, tx *db.Tx, m, design id.ID, n int) (Batch, error) {
	if n < 1 || n > MaxBatch {
		return Batch{}, ErrBatchSize.On("count").With("max", MaxBatch)
	}
	_, numbers, err := takeNumbers(ctx, tx, m, design, n)
	if err != nil {
		return Batch{}, err
	}
	b := Batch{ID: tx.NewID(), Design: design, Count: n, Left: n, First: numbers[0], Last: numbers[n-1], MadeAt: tx.Now}
	tx.Queue(`insert into card_batches (merchant_id, id, design_id, count, made_at) values ($1, $2, $3, $4, $5)`, m, b.ID, design, n, tx.Now)
	for _, text := range numbers {
		tx.Queue(`insert into member_cards (merchant_id, number, kind, status, issued_at, design_id, batch_id, updated_at, id) values ($1, $2, $3, $4, 0, $5, $6, $7, $8)`,
			m, text, KindCard, CardBlank, design, b.ID, tx.Now, tx.NewID())
	}
	return b, tx.Flush(ctx)
}

const batchQuery = `select b.id, b.design_id, b.count, b.made_at, count(case when c.status = 'blank' then 1 end), coalesce(min(c.number), ''), coalesce(max(c.number), '')
	from card_batches b left join member_cards c on c.merchant_id = b.merchant_id and c.batch_id = b.id where b.merchant_id = $1`

func scanBatch(r db.Row, b *Batch) error {
	return r.Scan(&b.ID, &b.Design, &b.Count, &b.MadeAt, &b.Left, &b.First, &b.Last)
}

// ListBatches lists the batches of blank cards, the newest first.
func ListBatches(ctx context.Context, r db.Reader, m id.ID, p db.Page) ([]Batch, string, error) {
	rows, err := db.All(ctx, r, scanBatch, batchQuery+` and b.id < $2 group by b.id, b.design_id, b.count, b.made_at order by b.id desc limit $3`, m, startOf(p), p.Size()+1)
	if err != nil {
		return nil, "", err
	}
	items, next := db.Cut(p, rows, func(b Batch) id.ID { return b.ID })
	return items, next, nil
}

// GetBatch reads a batch and its cards in the order of their numbers. Cards of
// members who were erased are not among them. Fault: member.card_batch_not_found.
func GetBatch(ctx context.Context, r db.Reader, m, batch id.ID) (Batch, []Card, error) {
	b, err := db.One(ctx, r, scanBatch, batchQuery+` and b.id = $2 group by b.id, b.design_id, b.count, b.made_at`, m, batch)
	if errors.Is(err, db.ErrNoRow) {
		return Batch{}, nil, ErrBatchNotFound
	}
	if err != nil {
		return Batch{}, nil, err
	}
	cards, err := db.All(ctx, r, scanCard, cardQuery+` where c.merchant_id = $1 and c.batch_id = $2 order by c.number`, m, batch)
	return b, cards, err
}
