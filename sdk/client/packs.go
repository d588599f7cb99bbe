package client

import (
	"context"
	"encoding/json"
	"time"
)

// Packs lists the installed rule packs and how the shops have them, or one shop.
func (c *Client) Packs(ctx context.Context, shop string) (List[Pack], error) {
	return get[List[Pack]](ctx, c, "/packs", Page{}.query("shop_id", shop))
}

// SetPack switches, configures or updates a rule pack in shops; the next quote
// goes by it. Faults: pack.config_invalid, with Problem.Errors;
// tenant.shop_not_found.
func (c *Client) SetPack(ctx context.Context, id string, in PackChange) (Pack, error) {
	return put[Pack](ctx, c, at("packs", id), in)
}

// Explanation says why a sale's amounts are what they are. Fault: sale.not_found.
func (c *Client) Explanation(ctx context.Context, sale string) (Explanation, error) {
	return get[Explanation](ctx, c, at("sales", sale, "explanation"), nil)
}

// Pack is an installed rule pack and how the shops have it.
type Pack struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Hooks       []string        `json:"hooks"`
	Powers      []string        `json:"powers"`
	Schema      json.RawMessage `json:"schema"` // The JSON Schema of its configuration
	Shops       []PackInShop    `json:"shops"`
	Version     string          `json:"version"`  // The newest that is installed
	Versions    []string        `json:"versions"` // All that are installed, the newest first
}

// PackInShop is a pack as a shop has it.
type PackInShop struct {
	ShopID     string          `json:"shop_id"`
	Config     json.RawMessage `json:"config"`
	ConfigHash string          `json:"config_hash"`
	Enabled    bool            `json:"enabled"`
	Failures   int64           `json:"failures"` // In a row
	Notice     string          `json:"notice"`   // Why the program switched it off
	Priority   int64           `json:"priority"`
	UpdatedAt  time.Time       `json:"updated_at"`
	Version    string          `json:"version"`
}

// PackChange sets a pack in shops; what is not there stays as it is, or is the
// pack's own default where the shop has never had it.
type PackChange struct {
	ShopID   string          `json:"shop_id,omitempty"`
	Config   json.RawMessage `json:"config,omitempty"` // By the pack's schema; what is not there has its default
	Enabled  *bool           `json:"enabled,omitempty"`
	Priority *int64          `json:"priority,omitempty"` // Higher goes first
	Reason   string          `json:"reason,omitempty"`
	ShopIDs  []string        `json:"shop_ids,omitempty"` // Neither ShopID nor ShopIDs: all shops
	Version  string          `json:"version,omitempty"`  // Default: the one the shop has, else the newest
}

// Explanation says why a sale's amounts are what they are.
type Explanation struct {
	ID          string        `json:"id"`          // The sale's
	Adjustments []Adjustment  `json:"adjustments"` // What was applied
	Currency    string        `json:"currency"`
	Grants      []Grant       `json:"grants"` // Points, a bonus, a tier, commission
	Lines       []Line        `json:"lines"`
	Lost        []LostBenefit `json:"lost"` // What was proposed and not applied
	Notes       []RuleNote    `json:"notes"`
	Rules       []RuleRun     `json:"rules"` // Each call of each pack
	SaleID      string        `json:"sale_id"`
}

// LostBenefit is a proposal that was not applied.
type LostBenefit struct {
	Code        string   `json:"code"`
	ByCode      string   `json:"by_code"`
	ByPack      string   `json:"by_pack"` // The pack of what went before it
	Hook        string   `json:"hook"`
	LineID      string   `json:"line_id"`
	LineIDs     []string `json:"line_ids"` // Where it lost; none: everywhere
	PackID      string   `json:"pack_id"`
	PackVersion string   `json:"pack_version"`
	Text        string   `json:"text"` // In the language of the request
	Why         string   `json:"why"`  // One of beaten, threshold, no_units, no_amount, not_available, invalid
	WhyText     string   `json:"why_text"`
}

// Grant is what a pack gave apart from a lower price.
type Grant struct {
	Code        string `json:"code"`
	Kind        string `json:"kind"`   // One of points, bonus, tier, commission
	Amount      string `json:"amount"` // A bonus, a commission
	Hook        string `json:"hook"`
	LineID      string `json:"line_id"`
	PackID      string `json:"pack_id"`
	PackVersion string `json:"pack_version"`
	Points      int64  `json:"points"`
	Text        string `json:"text"` // In the language of the request
}

// RuleNote is what a pack has to say.
type RuleNote struct {
	Code        string `json:"code"`
	Hook        string `json:"hook"`
	LineID      string `json:"line_id"`
	PackID      string `json:"pack_id"`
	PackVersion string `json:"pack_version"`
	Text        string `json:"text"` // In the language of the request
}

// RuleRun is one call of one pack for a hook, with the bytes that went in and out.
type RuleRun struct {
	ConfigHash  string `json:"config_hash"`
	Fuel        int64  `json:"fuel"`
	Hook        string `json:"hook"`
	Input       []byte `json:"input"`
	ModuleHash  string `json:"module_hash"`
	Nanos       int64  `json:"nanos"`
	Outcome     string `json:"outcome"` // ok, or the code of the fault where the fallback was used
	OutcomeText string `json:"outcome_text"`
	Output      []byte `json:"output"`
	PackID      string `json:"pack_id"`
	PackName    string `json:"pack_name"`
	PackVersion string `json:"pack_version"`
}
