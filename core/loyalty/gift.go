package loyalty

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrGift         = fault.New(fault.Invalid, "loyalty.bad_gift") // Param says what of it
	ErrGiftNotFound = fault.New(fault.NotFound, "loyalty.gift_not_found")
	ErrGiftVersion  = fault.New(fault.Conflict, "loyalty.gift_changed") // somebody changed it meanwhile
	ErrGiftGone     = fault.New(fault.Conflict, "loyalty.gift_gone")    // its own count is used up
	ErrGiftLimit    = fault.New(fault.Conflict, "loyalty.gift_limit")   // the member has as many as one may
	ErrGiftNotYet   = fault.New(fault.Conflict, "loyalty.gift_not_yet")
	ErrGiftOver     = fault.New(fault.Conflict, "loyalty.gift_over") // archived, or past its date
	ErrGiftCount    = fault.New(fault.Invalid, "loyalty.bad_gift_count")
	ErrGiftCode     = fault.New(fault.Conflict, "loyalty.gift_code_taken")
	ErrGiftBack     = fault.New(fault.Conflict, "loyalty.gift_back_exceeds") // more than was taken
)

var (
	_ = db.Guard("ck_gifts_on_hand", ErrGiftGone)
	_ = db.Guard("ck_gifts_taken", ErrGiftBack)
	_ = db.Guard("ux_gifts_code", ErrGiftCode)
	_ = db.Guard("ck_gift_members_taken", ErrGiftLimit)
	_ = db.Guard("ck_gift_redemptions_back", ErrGiftBack)
	_ = db.GuardRetry("gift_members_pkey") // two first ones of a member at once
)

// Gift is what points buy.
type Gift struct {
	ID         id.ID
	Name       string
	Code       string       // by which rules know the gift; "": they do not
	SKU        id.ID        // whose stock counts; none: the gift is no SKU
	Points     int64        // for one
	Money      money.Amount // to be paid beside the points, for one
	Counted    bool         // the gift has a count of its own: OnHand
	OnHand     int64
	Taken      int64         // so far, what came back not counted
	PerMember  int64         // the most that one member takes; 0 any number
	ValidFrom  clock.Instant // 0: since ever
	ValidUntil clock.Instant // exclusive; 0: without end
	Archived   bool
	Version    int64
	UpdatedAt  clock.Instant
}

const (
	maxGiftPoints = 1_000_000_000
	maxGiftCount  = 1_000_000_000
)

var giftCode = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$`)

func (g *Gift) check() error {
	g.Name, g.Code = strings.TrimSpace(g.Name), strings.TrimSpace(g.Code)
	switch n := utf8.RuneCountInString(g.Name); {
	case n == 0 || n > 100 || !utf8.ValidString(g.Name):
		return ErrGift.On("name")
	case g.Code != "" && !giftCode.MatchString(g.Code):
		return ErrGift.On("code")
	case g.Points < 1 || g.Points > maxGiftPoints:
		return ErrGift.On("points")
	case g.Money < 0 || !money.Fits(int64(g.Money)):
		return ErrGift.On("money")
	case g.OnHand < 0 || g.OnHand > maxGiftCount || !g.Counted && g.OnHand != 0:
		return ErrGift.On("on_hand")
	case g.PerMember < 0 || g.PerMember > maxGiftCount:
		return ErrGift.On("per_member")
	case g.ValidFrom < 0 || g.ValidUntil != 0 && g.ValidUntil <= g.ValidFrom:
		return ErrGift.On("valid_until")
	}
	return nil
}

// Check says why so many of the gift cannot be taken by a member who has already
// taken have, or nil. The rows themselves refuse what changed since. Faults:
// loyalty.bad_gift_count, loyalty.gift_not_yet, loyalty.gift_over,
// loyalty.gift_gone, loyalty.gift_limit.
func (g *Gift) Check(now clock.Instant, have, quantity int64) error {
	switch {
	case quantity < 1 || quantity > 1_000_000:
		return ErrGiftCount
	case g.Archived || g.ValidUntil != 0 && now >= g.ValidUntil:
		return ErrGiftOver.With("name", g.Name)
	case now < g.ValidFrom:
		return ErrGiftNotYet.With("name", g.Name)
	case g.Counted && g.OnHand < quantity:
		return ErrGiftGone.With("name", g.Name)
	case g.PerMember > 0 && have+quantity > g.PerMember:
		return ErrGiftLimit.With("name", g.Name).With("most", g.PerMember)
	}
	return nil
}

// onHand is the column: null where the gift has no count of its own.
func (g *Gift) onHand() any {
	if !g.Counted {
		return nil
	}
	return g.OnHand
}

func (g *Gift) code() any {
	if g.Code == "" {
		return nil
	}
	return g.Code
}

// CreateGift adds a gift and fills in its id. Fault: loyalty.bad_gift.
func CreateGift(tx *db.Tx, m id.ID, g *Gift) error {
	if err := g.check(); err != nil {
		return err
	}
	g.ID, g.Version, g.Taken, g.Archived, g.UpdatedAt = tx.NewID(), 1, 0, false, tx.Now
	tx.Queue(`insert into gifts (merchant_id, id, name, sku_id, points, money, on_hand, per_member, valid_from, valid_until, created_at, updated_at, code)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, $12)`,
		m, g.ID, g.Name, g.SKU, g.Points, int64(g.Money), g.onHand(), g.PerMember, g.ValidFrom, g.ValidUntil, tx.Now, g.code())
	return nil
}

// UpdateGift replaces what a gift is; its version must be the one that was seen,
// since its count may move between (0: whatever it is). Faults: loyalty.bad_gift,
// loyalty.gift_not_found, loyalty.gift_changed.
func UpdateGift(ctx context.Context, tx *db.Tx, m id.ID, g *Gift) error {
	if err := g.check(); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `update gifts set name = $3, sku_id = $4, points = $5, money = $6, on_hand = $7, per_member = $8, valid_from = $9, valid_until = $10,
		archived = $11, version = version + 1, updated_at = $12, code = $14 where merchant_id = $1 and id = $2 and (version = $13 or $13 = 0)`,
		m, g.ID, g.Name, g.SKU, g.Points, int64(g.Money), g.onHand(), g.PerMember, g.ValidFrom, g.ValidUntil, g.Archived, tx.Now, g.Version, g.code())
	if err != nil || n > 0 {
		return err
	}
	if _, err := GetGift(ctx, tx, m, g.ID); err != nil {
		return err
	}
	return ErrGiftVersion
}

const giftColumns = `id, name, sku_id, points, money, on_hand, taken, per_member, valid_from, valid_until, archived, version, updated_at, coalesce(code, '')`

func scanGift(r db.Row, g *Gift) error {
	var onHand *int64
	err := r.Scan(&g.ID, &g.Name, &g.SKU, &g.Points, &g.Money, &onHand, &g.Taken, &g.PerMember, &g.ValidFrom, &g.ValidUntil, &g.Archived, &g.Version, &g.UpdatedAt, &g.Code)
	if onHand != nil {
		g.Counted, g.OnHand = true, *onHand
	}
	return err
}

// GetGift reads a gift. Fault: loyalty.gift_not_found.
func GetGift(ctx context.Context, r db.Reader, m, gift id.ID) (Gift, error) {
	g, err := db.One(ctx, r, scanGift, `select `+giftColumns+` from gifts where merchant_id = $1 and id = $2`, m, gift)
	if errors.Is(err, db.ErrNoRow) {
		return g, ErrGiftNotFound
	}
	return g, err
}

// ListGifts lists the merchant's gifts by what they cost; archived ones last, and
// only where all is true.
func ListGifts(ctx context.Context, r db.Reader, m id.ID, all bool) ([]Gift, error) {
	return db.All(ctx, r, scanGift, `select `+giftColumns+` from gifts where merchant_id = $1 and (not archived or $2) order by archived, points, name, id`, m, all)
}

// AskGifts reads gifts by their ids, in no order; one that does not exist is not
// in out.
func AskGifts(m id.ID, ids []id.ID, out *[]Gift) db.Ask {
	*out = nil
	return db.Ask{SQL: `select ` + giftColumns + ` from gifts where merchant_id = $1 and id in_ids($2)`, Args: []any{m, ids}, Scan: func(r db.Row) error {
		var g Gift
		err := scanGift(r, &g)
		*out = append(*out, g)
		return err
	}}
}

// AskGiftsByCode reads gifts by the codes that rules know them by; one that is
// not there or archived is not in out.
func AskGiftsByCode(m id.ID, codes []string, out *[]Gift) db.Ask {
	*out = nil
	return db.Ask{SQL: `select ` + giftColumns + ` from gifts where merchant_id = $1 and code in_texts($2) and not archived`, Args: []any{m, codes}, Scan: func(r db.Row) error {
		var g Gift
		err := scanGift(r, &g)
		*out = append(*out, g)
		return err
	}}
}

// AskGiftCounts reads how many of each gift a member has taken.
func AskGiftCounts(m, member id.ID, ids []id.ID, out *map[id.ID]int64) db.Ask {
	counts := map[id.ID]int64{}
	*out = counts
	return db.Ask{SQL: `select gift_id, taken from gift_members where merchant_id = $1 and member_id = $2 and gift_id in_ids($3)`, Args: []any{m, member, ids}, Scan: func(r db.Row) error {
		var gift id.ID
		var n int64
		err := r.Scan(&gift, &n)
		counts[gift] = n
		return err
	}}
}
