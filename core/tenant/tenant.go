package tenant

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrMerchantNotFound = fault.New(fault.NotFound, "tenant.merchant_not_found")
	ErrShopNotFound     = fault.New(fault.NotFound, "tenant.shop_not_found")
	ErrRegisterNotFound = fault.New(fault.NotFound, "tenant.register_not_found")     // unknown or archived
	ErrRegisterShop     = fault.New(fault.Conflict, "tenant.register_in_other_shop") // the request names another shop
	ErrHandleTaken      = fault.New(fault.Conflict, "tenant.handle_taken")
	ErrSeriesTaken      = fault.New(fault.Conflict, "tenant.series_taken")
	ErrHandle           = fault.New(fault.Invalid, "tenant.handle_malformed")  // not [a-z0-9-]{2,40}
	ErrName             = fault.New(fault.Invalid, "tenant.name_malformed")    // empty or over 80 characters
	ErrAddress          = fault.New(fault.Invalid, "tenant.address_too_long")  // over 400 characters
	ErrEdition          = fault.New(fault.Invalid, "tenant.edition_malformed") // not [a-z0-9._-]{1,60}
	ErrLocale           = fault.New(fault.Invalid, "tenant.locale_malformed")  // not a language tag
	ErrSeries           = fault.New(fault.Invalid, "tenant.series_malformed")  // not [A-Z0-9]{1,8}
	ErrCutOff           = fault.New(fault.Invalid, "tenant.cut_off_malformed") // not within 0..1439 minutes
)

var (
	_ = db.Guard("ux_merchants_handle", ErrHandleTaken)
	_ = db.Guard("ux_registers_series", ErrSeriesTaken)
)

// Merchant is the business that owns the data.
type Merchant struct {
	ID       id.ID
	Handle   string // "lily-salon": what staff type after the @ when they sign in
	Name     string
	Edition  string
	Currency money.Currency // the base currency; fixed for ever
	Locale   string         // BCP 47, "zh-Hans"
}

// Shop is one outlet of a merchant.
type Shop struct {
	ID       id.ID
	Merchant id.ID
	Name     string
	Address  string
	Zone     clock.Zone // time zone and the minute at which the business day begins
}

// TimeZone is the IANA name of the shop's zone.
func (s Shop) TimeZone() string {
	if s.Zone.Loc == nil {
		return ""
	}
	return s.Zone.Loc.String()
}

// CutOff is the minute after midnight at which the business day begins.
func (s Shop) CutOff() int { return s.Zone.CutOff }

// Register is one point of sale in a shop.
type Register struct {
	ID       id.ID
	Shop     id.ID
	Name     string
	Series   string // the receipt numbers' prefix, "A1"
	Archived bool
}

// Desk is a register with its shop and merchant: where a request happens.
type Desk struct {
	Merchant Merchant
	Shop     Shop
	Register Register
}

// Check tells whether AskDesk found the register. Fault: tenant.register_not_found.
func (d *Desk) Check() error {
	if d.Register.ID.IsNone() {
		return ErrRegisterNotFound
	}
	return nil
}

// CheckShop tells whether the register was found and stands in that shop.
// Faults: tenant.register_not_found, tenant.register_in_other_shop.
func (d *Desk) CheckShop(shop id.ID) error {
	if err := d.Check(); err != nil {
		return err
	}
	if d.Shop.ID != shop {
		return ErrRegisterShop
	}
	return nil
}

var (
	handleForm  = regexp.MustCompile(`^[a-z0-9-]{2,40}$`)
	editionForm = regexp.MustCompile(`^[a-z0-9._-]{1,60}$`)
	localeForm  = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$`)
	seriesForm  = regexp.MustCompile(`^[A-Z0-9]{1,8}$`)
)

const (
	maxName    = 80  // characters
	maxAddress = 400 // characters
)

// cleanName trims a name. Fault: tenant.name_malformed.
func cleanName(s, param string) (string, error) {
	s = strings.TrimSpace(s)
	if n := utf8.RuneCountInString(s); n == 0 || n > maxName || !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\n\r") {
		return "", ErrName.On(param)
	}
	return s, nil
}

// zones remembers what was parsed: a register's every request needs its shop's.
var zones sync.Map // zoneKey -> clock.Zone

type zoneKey struct {
	name   string
	cutOff int
}

func zoneOf(name string, cutOff int) (clock.Zone, error) {
	k := zoneKey{name, cutOff}
	if z, ok := zones.Load(k); ok {
		return z.(clock.Zone), nil
	}
	z, err := clock.LoadZone(name, cutOff)
	if err == nil {
		zones.Store(k, z)
	}
	return z, err
}
