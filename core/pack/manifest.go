package pack

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/promotion"
)

// ABI is the version of the rule interface that this program speaks.
const ABI = 1

var (
	ErrMalformed    = fault.New(fault.Invalid, "pack.malformed")          // {detail}
	ErrTooLarge     = fault.New(fault.Exceeded, "pack.too_large")         // {file} {limit}
	ErrMissingFile  = fault.New(fault.Invalid, "pack.missing_file")       // {file}
	ErrUnknownFile  = fault.New(fault.Invalid, "pack.unknown_file")       // {file}: no place for it, or twice
	ErrHashMismatch = fault.New(fault.Invalid, "pack.hash_mismatch")      // {file}
	ErrBadManifest  = fault.New(fault.Invalid, "pack.bad_manifest")       // {param} {detail}
	ErrABI          = fault.New(fault.Conflict, "pack.abi_not_supported") // {min} {max} {have}
	ErrUnknownHook  = fault.New(fault.Invalid, "pack.unknown_hook")       // {hook}: unknown or twice
	ErrUnknownPower = fault.New(fault.Invalid, "pack.unknown_power")      // {power}: unknown, twice, or a hook without it
	ErrUnknownFact  = fault.New(fault.Invalid, "pack.unknown_fact")       // {fact}
)

// Manifest is pack.json.
type Manifest struct {
	ID         string            `json:"id"`
	Version    string            `json:"version"` // semantic version
	ABI        ABIRange          `json:"abi"`
	Hooks      []string          `json:"hooks"`
	Facts      []Fact            `json:"facts,omitempty"`
	Powers     []string          `json:"powers"`
	Priority   int32             `json:"priority,omitempty"`
	Categories []string          `json:"categories,omitempty"` // stacking categories of its candidates
	Limits     Limits            `json:"limits,omitzero"`
	Floats     bool              `json:"floats,omitempty"` // the module contains floating-point instructions, as a Go guest does
	Defaults   json.RawMessage   `json:"defaults,omitempty"`
	Files      map[string]string `json:"files"` // name -> hex SHA-256
}

// ABIRange is the interface versions that a module works with.
type ABIRange struct {
	Min int `json:"min"`
	Max int `json:"max"`
}

// Fact is a history fact that the pack wants to see; 0 days is the whole life.
type Fact struct {
	Kind       string `json:"kind"`
	WindowDays int    `json:"window_days,omitempty"`
	Shop       bool   `json:"shop,omitempty"` // counted in the basket's shop alone
}

// Limits are what the pack asks for of a call; 0 is the host's default, and the
// host's maximum holds in any case.
type Limits struct {
	Fuel        int64 `json:"fuel,omitempty"`
	Depth       int64 `json:"depth,omitempty"`
	MemoryBytes int64 `json:"memory_bytes,omitempty"`
	OutputBytes int64 `json:"output_bytes,omitempty"`
}

var factKinds = map[string]promotion.FactKind{
	"spend": promotion.FactSpend, "visits": promotion.FactVisits, "points": promotion.FactPoints, "last_visit": promotion.FactLastVisit,
	"check_ins": promotion.FactCheckIns, "streak": promotion.FactStreak, "referrals": promotion.FactReferrals, "topups": promotion.FactTopUps,
}

// Power is what a pack may change. The host refuses an answer that needs a power
// which the manifest does not declare.
const (
	PowerPrice      = "price"      // lower unit prices
	PowerDiscount   = "discount"   // percentages, amounts, combos, free units
	PowerPunch      = "punch"      // pay units with visits of a punch card
	PowerTender     = "tender"     // what own-wallet tenders may pay
	PowerPoints     = "points"     // points earned
	PowerTopUp      = "topup"      // bonus of a top-up
	PowerTier       = "tier"       // move a member to a tier
	PowerCommission = "commission" // commission of staff
	PowerTrigger    = "trigger"    // issue coupons, points and messages upon events
	PowerDraw       = "draw"       // prizes
	PowerReturn     = "return"     // what a refund does beyond the stored allocation
)

// hookPowers names, per hook, the powers of which it needs at least one.
var hookPowers = map[promotion.Hook][]string{
	promotion.HookPrice: {PowerPrice}, promotion.HookBenefit: {PowerDiscount, PowerPunch}, promotion.HookTender: {PowerTender},
	promotion.HookEarn: {PowerPoints}, promotion.HookTopUp: {PowerTopUp}, promotion.HookTier: {PowerTier},
	promotion.HookCommission: {PowerCommission}, promotion.HookTrigger: {PowerTrigger}, promotion.HookDraw: {PowerDraw}, promotion.HookReturn: {PowerReturn},
}

const (
	maxFacts    = 32
	maxCategory = 32
)

func parseManifest(data []byte) (*Manifest, error) {
	m := &Manifest{}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(m); err != nil {
		return nil, ErrMalformed.With("detail", manifestFile+": "+err.Error()).Wrap(err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, ErrMalformed.With("detail", manifestFile+": text after the end")
	}
	return m, m.check()
}

func badManifest(param, detail string) error { return ErrBadManifest.On(param).With("detail", detail) }

// check looks at the ABI first: a pack for a later program may contain what this
// one does not know, and the person should hear why.
func (m *Manifest) check() error {
	if m.ABI.Min < 1 || m.ABI.Max < m.ABI.Min {
		return badManifest("abi", fmt.Sprintf("%d..%d", m.ABI.Min, m.ABI.Max))
	}
	if m.ABI.Min > ABI || m.ABI.Max < ABI {
		return ErrABI.On("abi").With("min", m.ABI.Min).With("max", m.ABI.Max).With("have", ABI)
	}
	if !isName(m.ID, 40) {
		return badManifest("id", strconv.Quote(m.ID))
	}
	if _, ok := parseVersion(m.Version); !ok {
		return badManifest("version", strconv.Quote(m.Version))
	}
	l := m.Limits
	if l.Fuel < 0 || l.Depth < 0 || l.MemoryBytes < 0 || l.OutputBytes < 0 {
		return badManifest("limits", "< 0")
	}
	for i, c := range m.Categories {
		if len(m.Categories) > maxCategory || !isName(c, 40) || slices.Contains(m.Categories[:i], c) {
			return badManifest(fmt.Sprintf("categories[%d]", i), strconv.Quote(c))
		}
	}
	if err := m.checkPowers(); err != nil {
		return err
	}
	if err := m.checkFacts(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(m.Files)) {
		if h := m.Files[name]; len(h) != 64 || !isHex(h) {
			return badManifest("files", name)
		}
	}
	return nil
}

func (m *Manifest) checkPowers() error {
	known := map[string]bool{}
	for _, ps := range hookPowers {
		for _, p := range ps {
			known[p] = true
		}
	}
	for i, p := range m.Powers {
		if !known[p] || slices.Contains(m.Powers[:i], p) {
			return ErrUnknownPower.On(fmt.Sprintf("powers[%d]", i)).With("power", p)
		}
	}
	if len(m.Hooks) == 0 {
		return badManifest("hooks", "0")
	}
	for i, name := range m.Hooks {
		field := fmt.Sprintf("hooks[%d]", i)
		h := promotion.HookOf(name)
		if h == 0 || slices.Contains(m.Hooks[:i], name) {
			return ErrUnknownHook.On(field).With("hook", name)
		}
		if need := hookPowers[h]; !slices.ContainsFunc(need, m.Has) {
			return ErrUnknownPower.On(field).With("power", need[0])
		}
	}
	return nil
}

func (m *Manifest) checkFacts() error {
	if len(m.Facts) > maxFacts {
		return badManifest("facts", strconv.Itoa(len(m.Facts)))
	}
	for i, f := range m.Facts {
		if factKinds[f.Kind] == 0 || !promotion.WindowKnown(f.WindowDays) || slices.Contains(m.Facts[:i], f) {
			return ErrUnknownFact.On(fmt.Sprintf("facts[%d]", i)).With("fact", f.Kind)
		}
	}
	return nil
}

// Has reports whether the manifest declares a power.
func (m *Manifest) Has(power string) bool { return slices.Contains(m.Powers, power) }

// Serves reports whether the pack takes part in a hook.
func (m *Manifest) Serves(h promotion.Hook) bool { return slices.Contains(m.Hooks, h.String()) }

// FactRefs is the facts that the host loads for the pack.
func (m *Manifest) FactRefs() []promotion.FactRef {
	refs := make([]promotion.FactRef, len(m.Facts))
	for i, f := range m.Facts {
		refs[i] = promotion.FactRef{Kind: factKinds[f.Kind], WindowDays: f.WindowDays, Shop: f.Shop}
	}
	return refs
}

func isHex(s string) bool {
	_, err := hex.DecodeString(s)
	return err == nil && s == strings.ToLower(s)
}

// isName accepts ids such as "full-reduction" and "member_day".
func isName(s string, most int) bool {
	if s == "" || len(s) > most {
		return false
	}
	for i := range len(s) {
		c := s[i]
		inner := c == '-' || c == '_' || c == '.'
		if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || inner && i > 0 && i < len(s)-1) {
			return false
		}
	}
	return true
}
