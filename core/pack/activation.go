package pack

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrNoShop       = fault.New(fault.Invalid, "pack.shop_required")
	ErrNoPack       = fault.New(fault.Invalid, "pack.id_required")      // id or version missing
	ErrConfigText   = fault.New(fault.Invalid, "pack.config_malformed") // no JSON object
	ErrNotActivated = fault.New(fault.NotFound, "pack.not_activated")   // the shop has never had it
)

// MaxFailures is after how many failures in a row a pack is switched off in a
// shop: until then each sale is tried with it.
const MaxFailures = 20

// Activation is a pack as a shop has it.
type Activation struct {
	Merchant   id.ID
	Shop       id.ID
	PackID     string
	Enabled    bool
	Version    string
	ConfigHash string // hex SHA-256 of Config
	Config     []byte // JSON
	Priority   int32
	Failures   int    // in a row
	Notice     string // why the program switched it off; "" where a person did
	UpdatedAt  clock.Instant
}

const (
	activationColumns = `a.merchant_id, a.shop_id, a.pack_id, a.enabled, a.version, a.config_hash, c.config, a.priority, a.failures, a.notice, a.updated_at`
	activationFrom    = ` from pack_activations a join pack_configs c on c.merchant_id = a.merchant_id and c.pack_id = a.pack_id and c.hash = a.config_hash`
)

func scanActivation(r db.Row, a *Activation) error {
	var config string
	err := r.Scan(&a.Merchant, &a.Shop, &a.PackID, &a.Enabled, &a.Version, &a.ConfigHash, &config, &a.Priority, &a.Failures, &a.Notice, &a.UpdatedAt)
	a.Config = []byte(config)
	return err
}

// AskActive reads what is on in a shop, the highest priority first.
func AskActive(m, shop id.ID, out *[]Activation) db.Ask {
	*out = nil
	return db.Ask{
		SQL:  `select ` + activationColumns + activationFrom + ` where a.merchant_id = $1 and a.shop_id = $2 and a.enabled order by a.priority desc, a.pack_id`,
		Args: []any{m, shop},
		Scan: func(r db.Row) error {
			var a Activation
			err := scanActivation(r, &a)
			*out = append(*out, a)
			return err
		},
	}
}

// ListFor lists what a shop has, on or off, by pack; for no shop, all shops'.
func ListFor(ctx context.Context, r db.Reader, m, shop id.ID) ([]Activation, error) {
	if shop.IsNone() {
		return db.All(ctx, r, scanActivation, `select `+activationColumns+activationFrom+` where a.merchant_id = $1 order by a.shop_id, a.pack_id`, m)
	}
	return db.All(ctx, r, scanActivation, `select `+activationColumns+activationFrom+` where a.merchant_id = $1 and a.shop_id = $2 order by a.pack_id`, m, shop)
}

// GetActivation reads how a shop has a pack. Fault: pack.not_activated.
func GetActivation(ctx context.Context, r db.Reader, m, shop id.ID, packID string) (Activation, error) {
	a, err := db.One(ctx, r, scanActivation, `select `+activationColumns+activationFrom+` where a.merchant_id = $1 and a.shop_id = $2 and a.pack_id = $3`, m, shop, packID)
	if errors.Is(err, db.ErrNoRow) {
		return Activation{}, ErrNotActivated
	}
	return a, err
}

// Change is what somebody sets for a pack in some shops.
type Change struct {
	Merchant id.ID
	Shops    []id.ID // each one; for the whole merchant the caller lists them
	PackID   string
	Enabled  bool
	Version  string
	Config   []byte // in the canonical form that Bundle.CheckConfig gives; empty: {}
	Priority int32
	Actor    id.ID
	Reason   string
}

// Set writes a change: the configuration by its hash, each shop's activation
// and its history. A failure count and a notice end with it. Whether the pack
// is installed and the configuration valid is the caller's to check before; that
// it is not removed meanwhile is checked here.
// Faults: pack.shop_required, pack.id_required, pack.config_malformed, pack.removed.
func Set(ctx context.Context, tx *db.Tx, c Change) error {
	if len(c.Shops) == 0 {
		return ErrNoShop
	}
	if c.PackID == "" || c.Version == "" {
		return ErrNoPack
	}
	if len(c.Config) == 0 {
		c.Config = []byte("{}")
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(c.Config, &object) != nil || object == nil {
		return ErrConfigText
	}
	if c.Enabled {
		if err := mustBeUsable(ctx, tx, c.Merchant, c.PackID, c.Version); err != nil {
			return err
		}
	}
	hash := hashOf(c.Config)
	tx.Queue(`insert into pack_configs (merchant_id, pack_id, hash, config, created_at) values ($1, $2, $3, $4, $5) on conflict (merchant_id, pack_id, hash) do nothing`,
		c.Merchant, c.PackID, hash, string(c.Config), tx.Now)
	for _, shop := range c.Shops {
		if shop.IsNone() {
			return ErrNoShop
		}
		tx.Queue(`insert into pack_activations (merchant_id, shop_id, pack_id, enabled, version, config_hash, priority, failures, notice, updated_at, updated_by)
			values ($1, $2, $3, $4, $5, $6, $7, 0, '', $8, $9)
			on conflict (merchant_id, shop_id, pack_id) do update set enabled = excluded.enabled, version = excluded.version, config_hash = excluded.config_hash,
			priority = excluded.priority, failures = 0, notice = '', updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
			c.Merchant, shop, c.PackID, c.Enabled, c.Version, hash, c.Priority, tx.Now, c.Actor)
		queueHistory(tx, c.Merchant, shop, c.PackID, c.Actor, c.Reason)
		event.Emit(tx, event.Event{Merchant: c.Merchant, Type: EventChanged, OccurredAt: tx.Now, Shop: shop,
			Data: event.JSON(map[string]any{"pack_id": c.PackID, "version": c.Version, "enabled": c.Enabled, "config_hash": hash, "priority": c.Priority})})
	}
	return tx.Flush(ctx)
}

// EventChanged says that a pack was switched or configured in a shop.
const EventChanged = "pack.changed.v1"

// RecordFailure counts a failure of a pack in a shop and, at the twentieth in a
// row, switches it off with the notice and says so. A pack that is off already
// is left alone.
func RecordFailure(ctx context.Context, tx *db.Tx, m, shop id.ID, packID, notice string) (switchedOff bool, err error) {
	n, err := tx.Exec(ctx, `update pack_activations set failures = failures + 1 where merchant_id = $1 and shop_id = $2 and pack_id = $3 and enabled`, m, shop, packID)
	if err != nil || n == 0 {
		return false, err
	}
	n, err = tx.Exec(ctx, `update pack_activations set enabled = false, notice = $4, updated_at = $5, updated_by = null
		where merchant_id = $1 and shop_id = $2 and pack_id = $3 and failures >= $6`, m, shop, packID, notice, tx.Now, MaxFailures)
	if err != nil || n == 0 {
		return false, err
	}
	queueHistory(tx, m, shop, packID, id.None, notice)
	return true, tx.Flush(ctx)
}

// ClearFailures notes that these packs have answered well in a shop: their
// failures begin anew. It only queues, for the end of a sale; where nothing has
// failed it writes no row.
func ClearFailures(tx *db.Tx, m, shop id.ID, packIDs ...string) {
	if len(packIDs) > 0 {
		tx.Queue(`update pack_activations set failures = 0 where merchant_id = $1 and shop_id = $2 and pack_id in_texts($3) and enabled and failures > 0`, m, shop, packIDs)
	}
}
