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

// Pack reads a rule pack. Fault: pack.not_installed.
func (c *Client) Pack(ctx context.Context, id string) (Pack, error) {
	return get[Pack](ctx, c, at("packs", id), nil)
}

// InstallPack installs a bundle; it is switched on in no shop by that. It answers
// once the module is compiled, which takes seconds. Faults: pack.unsigned,
// pack.signature_invalid, pack.signer_unknown, pack.version_taken, and what is
// wrong with the bundle (pack.*) or its module (rules.*).
func (c *Client) InstallPack(ctx context.Context, bundle []byte, o ...Option) (InstalledPack, error) {
	return post[InstalledPack](ctx, c, "/packs", bundle, append(o, func(r *request) { r.contentType = "application/zip" }))
}

// RemovePack takes a version out of what can be switched on; what was sold by it is
// explained and refunded by it all the same. Faults: pack.not_installed,
// pack.in_use, pack.shipped, pack.removed.
func (c *Client) RemovePack(ctx context.Context, id, version string) (InstalledPack, error) {
	return remove[InstalledPack](ctx, c, at("packs", id, "versions", version))
}

// PackHistory lists what was set for a pack, the newest first; shop "" is all.
func (c *Client) PackHistory(ctx context.Context, id, shop string, p Page) (List[PackRecord], error) {
	return get[List[PackRecord]](ctx, c, at("packs", id, "history"), p.query("shop_id", shop))
}

// RollBackPack takes up an earlier state of a pack again in its shop; the next
// quote goes by it. Faults: pack.record_not_found, pack.removed.
func (c *Client) RollBackPack(ctx context.Context, id string, in PackRollback, o ...Option) (Pack, error) {
	return post[Pack](ctx, c, at("packs", id, "rollback"), in, o)
}

// LintPack says how a pack would meet the others of a shop; what the question does
// not say is as the shop has it.
func (c *Client) LintPack(ctx context.Context, id string, in LintQuestion) (PackLint, error) {
	return get[PackLint](ctx, c, at("packs", id, "lint"), Page{}.query("shop_id", in.ShopID, "version", in.Version, "priority", in.Priority))
}

// PackKeys lists the keys whose packs the merchant trusts.
func (c *Client) PackKeys(ctx context.Context) (List[PackKey], error) {
	return get[List[PackKey]](ctx, c, "/pack-keys", nil)
}

// AddPackKey trusts the packs of a key. Faults: pack.bad_key,
// pack.key_trusted_already.
func (c *Client) AddPackKey(ctx context.Context, in NewPackKey, o ...Option) (PackKey, error) {
	return post[PackKey](ctx, c, "/pack-keys", in, o)
}

// RemovePackKey trusts a key no more; what it has signed and is installed stays.
// Fault: pack.key_not_found.
func (c *Client) RemovePackKey(ctx context.Context, id string) error {
	_, err := remove[struct{}](ctx, c, at("pack-keys", id))
	return err
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
	Installed   []InstalledPack `json:"installed"` // Each version; removed ones too
	Version     string          `json:"version"`   // The newest that is installed
	Versions    []string        `json:"versions"`  // All that are installed, the newest first
}

// InstalledPack is one version of a rule pack with who vouches for it.
type InstalledPack struct {
	PackID      string    `json:"pack_id"`
	Version     string    `json:"version"`
	Hash        string    `json:"hash"`        // SHA-256 of the bundle, hexadecimal
	ModuleHash  string    `json:"module_hash"` // As a sale names it
	Size        int64     `json:"size"`
	Trust       string    `json:"trust"` // One of development, merchant, reseller, first_party, embedded
	Signer      string    `json:"signer"`
	Platform    bool      `json:"platform"` // It cannot be removed
	InstalledAt time.Time `json:"installed_at"`
	InstalledBy string    `json:"installed_by"`
	Removed     bool      `json:"removed"` // It cannot be switched on
	RemovedAt   time.Time `json:"removed_at"`
}

// PackRecord is one state of a pack in a shop, from its instant until the next.
type PackRecord struct {
	ID         string          `json:"id"`
	ShopID     string          `json:"shop_id"`
	PackID     string          `json:"pack_id"`
	ActorID    string          `json:"actor_id"` // "": the program itself
	At         time.Time       `json:"at"`
	Changes    []SettingChange `json:"changes"` // Settings that differ from the state before
	Config     json.RawMessage `json:"config"`
	ConfigHash string          `json:"config_hash"`
	Enabled    bool            `json:"enabled"`
	Priority   int64           `json:"priority"`
	Reason     string          `json:"reason"`
	Version    string          `json:"version"`
}

// SettingChange is one setting that changed.
type SettingChange struct {
	Pointer string          `json:"pointer"` // JSON pointer into the configuration
	Before  json.RawMessage `json:"before"`  // nil: it was not there
	After   json.RawMessage `json:"after"`   // nil: it is not there any more
}

// PackRollback names the state that is to hold again.
type PackRollback struct {
	RecordID string `json:"record_id"` // It says the shop, too
	Reason   string `json:"reason,omitempty"`
}

// LintQuestion is a change of a pack that is thought of; all of it is optional.
type LintQuestion struct {
	ShopID   string // "": the first shop
	Version  string
	Priority string // An integer
}

// PackLint is how a pack meets the others that are on in a shop, and what is to be
// known before it is switched on or changed.
type PackLint struct {
	PackID   string            `json:"pack_id"`
	ShopID   string            `json:"shop_id"`
	Baskets  int64             `json:"baskets"`  // Golden cases and receipts that were looked at
	Complete bool              `json:"complete"` // False: time ran out before
	Findings []LintFinding     `json:"findings"` // Errors first
	Hooks    []PackHookMeeting `json:"hooks"`
	Meetings []PackMeeting     `json:"meetings"`
	Priority int64             `json:"priority"`
	Receipts int64             `json:"receipts"`
	Trust    string            `json:"trust"`
	Version  string            `json:"version"`
}

// LintFinding is one thing to know.
type LintFinding struct {
	Code     string         `json:"code"` // Stable
	Args     map[string]any `json:"args"`
	Other    string         `json:"other"`    // The id of the other pack that it is about
	Severity string         `json:"severity"` // One of error, warn, info
	Text     string         `json:"text"`     // In the language of the request
}

// PackMeeting is how one category of a pack meets one of another pack.
type PackMeeting struct {
	Category      string   `json:"category"`
	Phase         string   `json:"phase"` // One of price, visits, line, order, tender; "" where none was seen
	Other         string   `json:"other"` // The id of the other pack
	OtherCategory string   `json:"other_category"`
	OtherPhase    string   `json:"other_phase"`
	Relation      string   `json:"relation"` // One of stacks, best_wins, never_both
	First         string   `json:"first"`    // The id of the pack that goes first; "" where it varies
	Why           string   `json:"why"`      // One of phase, priority, id, varies
	Assumed       bool     `json:"assumed"`  // Read from the manifests alone
	Baskets       int64    `json:"baskets"`  // Where both proposed something for one line
	Both          int64    `json:"both"`     // Where both were applied to one line
	Examples      []string `json:"examples"`
	Lost          int64    `json:"lost"`
	Won           int64    `json:"won"`
}

// PackHookMeeting is how two packs meet in a hook whose answers do not stack.
type PackHookMeeting struct {
	Hook  string `json:"hook"`
	Other string `json:"other"`
	Rule  string `json:"rule"` // One of whole, line, highest: what is taken of the better answer
}

// PackKey is a public key whose packs the merchant trusts.
type PackKey struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	AddedAt     time.Time `json:"added_at"`
	AddedBy     string    `json:"added_by"`
	Fingerprint string    `json:"fingerprint"`
	PublicKey   string    `json:"public_key"` // ed25519:BASE64
}

// NewPackKey is a public key to trust.
type NewPackKey struct {
	Name      string `json:"name"`
	PublicKey string `json:"public_key"` // ed25519:BASE64, or PEM
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
	Kind        string `json:"kind"`   // points, bonus, rebate, tier, commission; tender_limit; grant_ with points, money, coupon, visits, gift, message, chances; of refunds taken_back_, kept_ and return_
	Amount      string `json:"amount"` // A bonus, a rebate, a commission, a limit, a fee
	Count       int64  `json:"count"`  // Of what was given or taken back
	Ref         string `json:"ref"`    // What was given: the code of a definition, service or gift, a template; or the tender that is limited
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
