package edition

import (
	"bytes"
	"encoding/json"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
)

var (
	ErrMalformed      = fault.New(fault.Invalid, "edition.malformed")       // no JSON of that form; {detail}
	ErrUnknown        = fault.New(fault.NotFound, "edition.unknown")        // {id}
	ErrBadID          = fault.New(fault.Invalid, "edition.bad_id")          // {id}
	ErrNoName         = fault.New(fault.Invalid, "edition.no_name")         // the edition or its brand has none
	ErrUnknownLocale  = fault.New(fault.Invalid, "edition.unknown_locale")  // {locale}
	ErrUnknownText    = fault.New(fault.Invalid, "edition.unknown_text")    // {key}
	ErrBadText        = fault.New(fault.Invalid, "edition.bad_text")        // {key} {detail}
	ErrUnknownModule  = fault.New(fault.Invalid, "edition.unknown_module")  // {module}
	ErrUnknownLimit   = fault.New(fault.Invalid, "edition.unknown_limit")   // {limit}
	ErrBadLimit       = fault.New(fault.Invalid, "edition.bad_limit")       // {limit}
	ErrBadPack        = fault.New(fault.Invalid, "edition.bad_pack")        // {pack}
	ErrUnknownColour  = fault.New(fault.Invalid, "edition.unknown_colour")  // {token}
	ErrBadColour      = fault.New(fault.Invalid, "edition.bad_colour")      // {token} {value}
	ErrLowContrast    = fault.New(fault.Invalid, "edition.low_contrast")    // {theme} {text} {ground} {ratio} {needed}
	ErrBadLogo        = fault.New(fault.Invalid, "edition.bad_logo")        // {detail}
	ErrLogoTooLarge   = fault.New(fault.Exceeded, "edition.logo_too_large") // {limit} bytes
	ErrModuleDisabled = fault.New(fault.Denied, "edition.module_off")       // {module}
)

// Edition is a manifest that has been checked.
type Edition struct {
	ID          string                       `json:"id"`
	Name        string                       `json:"name"`
	Brand       Brand                        `json:"brand"`
	Terms       map[string]map[string]string `json:"terms,omitempty"`     // locale -> key -> text
	Locales     []string                     `json:"locales,omitempty"`   // offered, the first by default; none: all
	Packs       []Pack                       `json:"packs,omitempty"`     // what a new merchant begins with
	Modules     []string                     `json:"modules,omitempty"`   // none: all
	Limits      map[string]int64             `json:"limits,omitempty"`    // absent: unlimited
	PackKeys    []PackKey                    `json:"pack_keys,omitempty"` // whose rule packs load
	Development bool                         `json:"development,omitempty"`

	locales map[string]i18n.Locale
	light   palette
	dark    palette
}

// Brand is how the edition looks.
type Brand struct {
	Name   string `json:"name"`
	Logo   Logo   `json:"logo,omitzero"`
	Colors Colors `json:"colors,omitzero"`
}

// Colors are token -> "#0c6250" for each theme; see Tokens. A token that is not
// given keeps its default. Without a dark brand colour the light one is
// lightened until it can be read; without brand-ink it is black or white.
type Colors struct {
	Light map[string]string `json:"light,omitempty"`
	Dark  map[string]string `json:"dark,omitempty"`
}

// Pack is a rule pack with which a merchant of this edition begins.
type Pack struct {
	ID       string          `json:"id"`
	On       bool            `json:"on"`
	Priority int32           `json:"priority,omitempty"`
	Config   json.RawMessage `json:"config,omitempty"` // over the pack's own defaults
}

// Modules of the program that an edition may leave out.
var modules = []string{
	"wallet", "points", "punchcards", "giftcards", "coupons", "campaigns", "stock", "commission", "tables", "portal", "mall", "backtest", "api",
}

// Modules lists what an edition may leave out.
func Modules() []string { return slices.Clone(modules) }

// What an edition may limit.
const (
	LimitShops     = "shops"
	LimitRegisters = "registers"
	LimitStaff     = "staff"
	LimitMembers   = "members"
	LimitSKUs      = "skus"
)

var limits = []string{LimitShops, LimitRegisters, LimitStaff, LimitMembers, LimitSKUs}

const (
	maxManifest = 512 << 10 // a logo of the greatest size as base64 fits
	maxConfig   = 64 << 10
	maxPacks    = 64
)

// Parse reads a manifest whose logo, where it has one, is in it as data.
// Faults: those of Load but edition.unknown.
func Parse(manifest []byte) (*Edition, error) { return parse(manifest, nil) }

// Load reads edition.json and the logo file that it names from a folder.
// Faults: edition.unknown (no manifest there), edition.malformed, and the
// reason of what is wrong with its content, on the field.
func Load(dir fs.FS) (*Edition, error) {
	data, err := fs.ReadFile(dir, "edition.json")
	if err != nil {
		return nil, ErrUnknown.Wrap(err)
	}
	return parse(data, dir)
}

func parse(data []byte, dir fs.FS) (*Edition, error) {
	if len(data) > maxManifest {
		return nil, ErrMalformed.With("detail", "too large")
	}
	e := &Edition{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(e); err != nil {
		return nil, ErrMalformed.With("detail", err.Error()).Wrap(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, ErrMalformed.With("detail", "text after the end")
	}
	if err := e.Brand.Logo.read(dir); err != nil {
		return nil, err
	}
	if err := e.check(); err != nil {
		return nil, err
	}
	return e, nil
}

// Has reports whether a module is part of the edition.
func (e *Edition) Has(module string) bool {
	return slices.Contains(modules, module) && (len(e.Modules) == 0 || slices.Contains(e.Modules, module))
}

// Need is Has as a fault. Fault: edition.module_off.
func (e *Edition) Need(module string) error {
	if !e.Has(module) {
		return ErrModuleDisabled.With("module", module)
	}
	return nil
}

// Limit is how many of a thing the edition allows; false where it sets none.
func (e *Edition) Limit(name string) (int64, bool) {
	n, ok := e.Limits[name]
	return n, ok
}

// Offered lists the locales in the order of the edition.
func (e *Edition) Offered() []string { return slices.Clone(e.Locales) }

// Locale chooses among the offered locales for an Accept-Language header or a
// tag, and lays the edition's own words over it.
func (e *Edition) Locale(acceptLanguage string) i18n.Locale {
	return e.locales[i18n.Match(acceptLanguage, e.Locales...).Tag()]
}

func isID(s string) bool {
	if s == "" || len(s) > 40 || strings.HasPrefix(s, "-") || strings.HasSuffix(s, "-") {
		return false
	}
	for i := range len(s) {
		if c := s[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-') {
			return false
		}
	}
	return true
}

func plainFile(name string) bool {
	return name == path.Base(name) && fs.ValidPath(name) && !strings.HasPrefix(name, ".") && !strings.ContainsAny(name, `\:`)
}
