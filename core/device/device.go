package device

import (
	"context"
	"encoding/json"
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
	ErrNotFound = fault.New(fault.NotFound, "device.not_found")
	ErrName     = fault.New(fault.Invalid, "device.name_invalid")    // not 1 to 80 characters
	ErrClass    = fault.New(fault.Invalid, "device.class_invalid")   // not a word of lower-case letters and hyphens
	ErrDriver   = fault.New(fault.Invalid, "device.driver_invalid")  // likewise
	ErrVersion  = fault.New(fault.Invalid, "device.version_invalid") // not up to 64 letters, digits, dots, hyphens
	ErrConfig   = fault.New(fault.Invalid, "device.config_invalid")  // no JSON object, or over 16 KiB
	ErrShop     = fault.New(fault.Invalid, "device.shop_required")
	ErrTooMany  = fault.New(fault.Exceeded, "device.too_many_printers") // {max} enabled ones on one register
)

// The classes that print jobs go to, and the one that cards are written on. Other
// classes are the drivers' matter.
const (
	ClassPrinter = "printer"
	ClassLabel   = "label" // jobs of KindLabel
	ClassCard    = "card"
)

// MaxPrinters is how many enabled printers a register may have: each prints
// every receipt.
const MaxPrinters = 4

// Device is one piece of hardware and how it is reached.
type Device struct {
	Merchant  id.ID
	ID        id.ID
	Shop      id.ID
	Register  id.ID // none: it stands in reserve
	Host      id.ID // the device host that runs its driver; none: the server does
	Name      string
	Class     string
	Driver    string          // the driver's name, e.g. "escpos-net", "virtual-printer"
	Version   string          // of an installed driver, explicitly; "" = the one that the program brings along
	Config    json.RawMessage // what the driver asks for, e.g. an address; no secrets
	Enabled   bool
	CreatedAt clock.Instant
}

func (d *Device) normalise() error {
	d.Name = strings.Join(strings.Fields(d.Name), " ")
	if n := utf8.RuneCountInString(d.Name); n == 0 || n > 80 || !utf8.ValidString(d.Name) || strings.ContainsFunc(d.Name, unicode.IsControl) {
		return ErrName.On("name")
	}
	if d.Shop.IsNone() {
		return ErrShop.On("shop_id")
	}
	if !isWord(d.Class) {
		return ErrClass.On("class")
	}
	if !isWord(d.Driver) {
		return ErrDriver.On("driver")
	}
	if !isVersion(d.Version) {
		return ErrVersion.On("driver_version")
	}
	if len(d.Config) == 0 {
		d.Config = json.RawMessage("{}")
	}
	var object map[string]any
	if len(d.Config) > 16<<10 || json.Unmarshal(d.Config, &object) != nil || object == nil {
		return ErrConfig.On("config")
	}
	return nil
}

func isWord(s string) bool {
	return s != "" && len(s) <= 60 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789-_") == ""
}

// isVersion reports whether s may name a folder of an installed driver, or is none.
func isVersion(s string) bool {
	return s == "" || len(s) <= 64 && s[0] != '.' && s[0] != '-' && s[0] != '_' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
}

// nullable is a text that a row may lack.
func nullable(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// Create adds a device; its ID and CreatedAt are given here. Faults:
// device.name_invalid, device.shop_required, device.class_invalid,
// device.driver_invalid, device.version_invalid, device.config_invalid,
// device.too_many_printers.
func Create(ctx context.Context, tx *db.Tx, d Device) (Device, error) {
	if err := d.normalise(); err != nil {
		return Device{}, err
	}
	d.ID, d.CreatedAt = tx.NewID(), tx.Now
	tx.Queue(`insert into devices (merchant_id, id, shop_id, register_id, name, class, driver, config, enabled, created_at, driver_version, host_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
		d.Merchant, d.ID, d.Shop, d.Register, d.Name, d.Class, d.Driver, string(d.Config), d.Enabled, d.CreatedAt, nullable(d.Version), d.Host)
	return d, checkCount(ctx, tx, d)
}

// Update writes a device's fields; Merchant and ID say which one. Faults: those
// of Create, device.not_found.
func Update(ctx context.Context, tx *db.Tx, d Device) (Device, error) {
	if err := d.normalise(); err != nil {
		return Device{}, err
	}
	n, err := tx.Exec(ctx, `update devices set shop_id = $3, register_id = $4, name = $5, class = $6, driver = $7, config = $8, enabled = $9, driver_version = $10, host_id = $11 where merchant_id = $1 and id = $2`,
		d.Merchant, d.ID, d.Shop, d.Register, d.Name, d.Class, d.Driver, string(d.Config), d.Enabled, nullable(d.Version), d.Host)
	if err != nil {
		return Device{}, err
	}
	if n == 0 {
		return Device{}, ErrNotFound
	}
	if err := checkCount(ctx, tx, d); err != nil {
		return Device{}, err
	}
	return Get(ctx, tx, d.Merchant, d.ID)
}

func checkCount(ctx context.Context, tx *db.Tx, d Device) error {
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	if err := checkHost(ctx, tx, d); err != nil {
		return err
	}
	if d.Register.IsNone() || d.Class != ClassPrinter || !d.Enabled {
		return nil
	}
	n, err := db.Value[int](ctx, tx, `select count(*) from devices where merchant_id = $1 and register_id = $2 and class = 'printer' and enabled`, d.Merchant, d.Register)
	if err == nil && n > MaxPrinters {
		return ErrTooMany.With("max", MaxPrinters)
	}
	return err
}

const columns = `merchant_id, id, shop_id, register_id, name, class, driver, config, enabled, created_at, coalesce(driver_version, ''), host_id`

func scan(r db.Row, d *Device) error {
	var config string
	err := r.Scan(&d.Merchant, &d.ID, &d.Shop, &d.Register, &d.Name, &d.Class, &d.Driver, &config, &d.Enabled, &d.CreatedAt, &d.Version, &d.Host)
	d.Config = json.RawMessage(config)
	return err
}

// Get reads a device. Fault: device.not_found.
func Get(ctx context.Context, r db.Reader, m, device id.ID) (Device, error) {
	d, err := db.One(ctx, r, scan, `select `+columns+` from devices where merchant_id = $1 and id = $2`, m, device)
	if errors.Is(err, db.ErrNoRow) {
		return Device{}, ErrNotFound
	}
	return d, err
}

// List lists the devices of a shop, or of all shops for none. A merchant has
// few, so there are no pages.
func List(ctx context.Context, r db.Reader, m, shop id.ID) ([]Device, error) {
	if shop.IsNone() {
		return db.All(ctx, r, scan, `select `+columns+` from devices where merchant_id = $1 order by id`, m)
	}
	return db.All(ctx, r, scan, `select `+columns+` from devices where merchant_id = $1 and shop_id = $2 order by id`, m, shop)
}

// ListEnabled lists the enabled devices of every merchant: what the program has
// drivers to run for.
func ListEnabled(ctx context.Context, r db.Reader) ([]Device, error) {
	return db.All(ctx, r, scan, `select `+columns+` from devices where enabled order by merchant_id, id`)
}
