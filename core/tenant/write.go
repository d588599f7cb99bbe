package tenant

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

// NewMerchant is what CreateMerchant needs.
type NewMerchant struct {
	Handle   string
	Name     string
	Edition  string // default "community"
	Currency string // ISO 4217
	Locale   string // default "en"
}

// DefaultEdition is a merchant's where none is named.
const DefaultEdition = "community"

// CreateMerchant notes a new merchant. Faults: tenant.handle_malformed,
// tenant.name_malformed, tenant.edition_malformed, tenant.locale_malformed,
// money.unknown_currency; at the commit tenant.handle_taken.
func CreateMerchant(tx *db.Tx, in NewMerchant) (Merchant, error) {
	if in.Edition == "" {
		in.Edition = DefaultEdition
	}
	if in.Locale == "" {
		in.Locale = "en"
	}
	name, err := cleanName(in.Name, "name")
	if err != nil {
		return Merchant{}, err
	}
	currency, err := money.CurrencyOf(in.Currency)
	switch {
	case err != nil:
		return Merchant{}, err
	case !handleForm.MatchString(in.Handle):
		return Merchant{}, ErrHandle.On("handle")
	case !editionForm.MatchString(in.Edition):
		return Merchant{}, ErrEdition.On("edition")
	case !localeForm.MatchString(in.Locale):
		return Merchant{}, ErrLocale.On("locale")
	}
	m := Merchant{ID: tx.NewID(), Handle: in.Handle, Name: name, Edition: in.Edition, Currency: currency, Locale: in.Locale}
	tx.Queue(`insert into merchants (merchant_id, handle, name, edition, currency, locale, created_at) values ($1, $2, $3, $4, $5, $6, $7)`,
		m.ID, m.Handle, m.Name, m.Edition, m.Currency.Code, m.Locale, tx.Now)
	return m, nil
}

// RenameMerchant changes the name that people read; the handle stays. Faults:
// tenant.name_malformed, tenant.merchant_not_found.
func RenameMerchant(ctx context.Context, tx *db.Tx, merchant id.ID, name string) error {
	name, err := cleanName(name, "name")
	if err != nil {
		return err
	}
	return one(ErrMerchantNotFound)(tx.Exec(ctx, `update merchants set name = $2 where merchant_id = $1`, merchant, name))
}

// SetEdition moves the merchant to another edition. Faults:
// tenant.edition_malformed, tenant.merchant_not_found.
func SetEdition(ctx context.Context, tx *db.Tx, merchant id.ID, edition string) error {
	if !editionForm.MatchString(edition) {
		return ErrEdition.On("edition")
	}
	return one(ErrMerchantNotFound)(tx.Exec(ctx, `update merchants set edition = $2 where merchant_id = $1`, merchant, edition))
}

// one turns "no row was changed" into the fault.
func one(missing error) func(int64, error) error {
	return func(n int64, err error) error {
		if err == nil && n == 0 {
			return missing
		}
		return err
	}
}

// NewShop is what CreateShop needs.
type NewShop struct {
	Name     string
	Address  string
	TimeZone string // IANA name
	CutOff   int    // minutes after midnight at which the business day begins
}

// CreateShop notes a new shop. Faults: tenant.name_malformed,
// tenant.address_too_long, tenant.cut_off_malformed, clock.unknown_time_zone,
// tenant.merchant_not_found.
func CreateShop(ctx context.Context, tx *db.Tx, merchant id.ID, in NewShop) (Shop, error) {
	s := Shop{Merchant: merchant}
	if err := in.into(&s); err != nil {
		return Shop{}, err
	}
	if err := tx.Flush(ctx); err != nil { // the merchant may be noted in this transaction
		return Shop{}, err
	}
	if _, err := GetMerchant(ctx, tx, merchant); err != nil {
		return Shop{}, err
	}
	s.ID = tx.NewID()
	tx.Queue(`insert into shops (merchant_id, id, name, address, time_zone, cut_off) values ($1, $2, $3, $4, $5, $6)`,
		merchant, s.ID, s.Name, s.Address, s.TimeZone(), s.Zone.CutOff)
	return s, nil
}

// UpdateShop changes a shop's particulars. A shift that is open keeps its
// business date. Faults: those of CreateShop, tenant.shop_not_found.
func UpdateShop(ctx context.Context, tx *db.Tx, merchant, shop id.ID, in NewShop) error {
	var s Shop
	if err := in.into(&s); err != nil {
		return err
	}
	return one(ErrShopNotFound)(tx.Exec(ctx,
		`update shops set name = $3, address = $4, time_zone = $5, cut_off = $6 where merchant_id = $1 and id = $2`,
		merchant, shop, s.Name, s.Address, s.TimeZone(), s.Zone.CutOff))
}

func (in NewShop) into(s *Shop) (err error) {
	if s.Name, err = cleanName(in.Name, "name"); err != nil {
		return err
	}
	s.Address = strings.TrimSpace(in.Address)
	if utf8.RuneCountInString(s.Address) > maxAddress {
		return ErrAddress.On("address")
	}
	if in.CutOff < 0 || in.CutOff >= 24*60 {
		return ErrCutOff.On("cut_off")
	}
	s.Zone, err = zoneOf(in.TimeZone, in.CutOff)
	return err
}

// NewRegister is what CreateRegister needs.
type NewRegister struct {
	Name   string
	Series string // "" : generated, the shop's letter and a number, "A1"
}

// CreateRegister notes a new register. Faults: tenant.name_malformed,
// tenant.series_malformed, tenant.shop_not_found; at the commit tenant.series_taken.
func CreateRegister(ctx context.Context, tx *db.Tx, merchant, shop id.ID, in NewRegister) (Register, error) {
	name, err := cleanName(in.Name, "name")
	if err != nil {
		return Register{}, err
	}
	if in.Series != "" && !seriesForm.MatchString(in.Series) {
		return Register{}, ErrSeries.On("series")
	}
	var shops []id.ID
	taken := map[string]bool{}
	// The shop's lock makes registers of one shop get their numbers one after another.
	tx.Ask(func(r db.Row) error { var s id.ID; return r.Scan(&s) },
		`select id from shops where merchant_id = $1 and id = $2 for no key update`, merchant, shop)
	tx.Ask(func(r db.Row) error {
		var s id.ID
		err := r.Scan(&s)
		shops = append(shops, s)
		return err
	}, `select id from shops where merchant_id = $1 order by id`, merchant)
	tx.Ask(func(r db.Row) error {
		var s string
		err := r.Scan(&s)
		taken[s] = true
		return err
	}, `select series from registers where merchant_id = $1`, merchant)
	if err := tx.Flush(ctx); err != nil {
		return Register{}, err
	}
	at := -1
	for i, s := range shops {
		if s == shop {
			at = i
		}
	}
	if at < 0 {
		return Register{}, ErrShopNotFound
	}
	r := Register{ID: tx.NewID(), Shop: shop, Name: name, Series: in.Series}
	for n := 1; r.Series == ""; n++ {
		if s := letters(at) + strconv.Itoa(n); !taken[s] {
			r.Series = s
		}
	}
	tx.Queue(`insert into registers (merchant_id, id, shop_id, name, series) values ($1, $2, $3, $4, $5)`, merchant, r.ID, shop, r.Name, r.Series)
	return r, nil
}

// letters counts A..Z, AA, AB, …
func letters(n int) string {
	s := string(rune('A' + n%26))
	if n >= 26 {
		return letters(n/26-1) + s
	}
	return s
}

// RenameRegister changes a register's name. Faults: tenant.name_malformed,
// tenant.register_not_found.
func RenameRegister(ctx context.Context, tx *db.Tx, merchant, register id.ID, name string) error {
	name, err := cleanName(name, "name")
	if err != nil {
		return err
	}
	return one(ErrRegisterNotFound)(tx.Exec(ctx, `update registers set name = $3 where merchant_id = $1 and id = $2`, merchant, register, name))
}

// ArchiveRegister takes a register out of use (or back): AskDesk no longer finds
// it, its documents stay. Fault: tenant.register_not_found.
func ArchiveRegister(ctx context.Context, tx *db.Tx, merchant, register id.ID, archived bool) error {
	return one(ErrRegisterNotFound)(tx.Exec(ctx, `update registers set archived = $3 where merchant_id = $1 and id = $2`, merchant, register, archived))
}

// orNotFound turns "no row" into the feature's fault.
func orNotFound(err, missing error) error {
	if errors.Is(err, db.ErrNoRow) {
		return missing
	}
	return err
}
