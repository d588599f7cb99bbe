package pack

import (
	"context"
	"errors"
	"fmt"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

// ErrNoRecord says that the history has no such state.
var ErrNoRecord = fault.New(fault.NotFound, "pack.record_not_found")

// Record is one state of a pack in a shop, from At until the next one.
type Record struct {
	ID         id.ID
	Shop       id.ID
	PackID     string
	Enabled    bool
	Version    string
	ConfigHash string
	Config     []byte
	Priority   int32
	At         clock.Instant
	Actor      id.ID // none: the program itself
	Reason     string
}

// queueHistory notes the activation as it stands after the statements before.
func queueHistory(tx *db.Tx, m, shop id.ID, packID string, actor id.ID, reason string) {
	tx.Queue(`insert into pack_history (merchant_id, id, shop_id, pack_id, enabled, version, config_hash, priority, at, actor_id, reason)
		select merchant_id, $4, shop_id, pack_id, enabled, version, config_hash, priority, $5, $6, $7 from pack_activations
		where merchant_id = $1 and shop_id = $2 and pack_id = $3`, m, shop, packID, tx.NewID(), tx.Now, actor, reason)
}

// History lists what was set for a pack, the newest first, with the
// configuration of each time; for no shop, in all shops.
func History(ctx context.Context, r db.Reader, m, shop id.ID, packID string, page db.Page) (items []Record, next string, err error) {
	args := []any{m, packID}
	where := `h.merchant_id = $1 and h.pack_id = $2`
	for _, c := range []struct {
		cond string
		v    id.ID
	}{{"h.shop_id = $%d", shop}, {"h.id < $%d", page.After}} {
		if !c.v.IsNone() {
			args = append(args, c.v)
			where += " and " + fmt.Sprintf(c.cond, len(args))
		}
	}
	args = append(args, page.Size()+1)
	rows, err := db.All(ctx, r, scanRecord, selectRecords+` where `+where+fmt.Sprintf(` order by h.id desc limit $%d`, len(args)), args...)
	if err != nil {
		return nil, "", err
	}
	items, next = db.Cut(page, rows, func(h Record) id.ID { return h.ID })
	return items, next, nil
}

const selectRecords = `select h.id, h.shop_id, h.pack_id, h.enabled, h.version, h.config_hash, c.config, h.priority, h.at, h.actor_id, h.reason from pack_history h
	join pack_configs c on c.merchant_id = h.merchant_id and c.pack_id = h.pack_id and c.hash = h.config_hash`

func scanRecord(row db.Row, h *Record) error {
	var config string
	err := row.Scan(&h.ID, &h.Shop, &h.PackID, &h.Enabled, &h.Version, &h.ConfigHash, &config, &h.Priority, &h.At, &h.Actor, &h.Reason)
	h.Config = []byte(config)
	return err
}

// GetRecord reads one state of the history. Fault: pack.record_not_found.
func GetRecord(ctx context.Context, r db.Reader, m, record id.ID) (Record, error) {
	h, err := db.One(ctx, r, scanRecord, selectRecords+` where h.merchant_id = $1 and h.id = $2`, m, record)
	if errors.Is(err, db.ErrNoRow) {
		return Record{}, ErrNoRecord
	}
	return h, err
}

// Back is the change that makes a state of the history the present one again, in
// its shop: version, configuration, priority, on or off. It takes effect at the
// next quote. Faults: pack.not_installed, pack.removed where it was on with a
// version that has been removed since, pack.config_invalid.
func (v *View) Back(h Record) (Change, error) {
	b, err := v.Get(h.PackID, h.Version)
	if h.Enabled {
		b, err = v.Usable(h.PackID, h.Version)
	}
	if err != nil {
		return Change{}, err
	}
	config, err := b.CheckConfig(h.Config)
	return Change{Merchant: v.merchant, Shops: []id.ID{h.Shop}, PackID: h.PackID, Enabled: h.Enabled, Version: h.Version, Config: config, Priority: h.Priority}, err
}

// Befores finds, for each of some records, the state that it replaced in its shop;
// the first of a shop has none.
func Befores(ctx context.Context, r db.Reader, m id.ID, items []Record) (map[id.ID]Record, error) {
	out := map[id.ID]Record{}
	for i, h := range items {
		found := false
		for _, older := range items[i+1:] {
			if older.Shop == h.Shop && older.PackID == h.PackID {
				out[h.ID], found = older, true
				break
			}
		}
		if found {
			continue
		}
		older, _, err := History(ctx, r, m, h.Shop, h.PackID, db.Page{After: h.ID, Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(older) > 0 {
			out[h.ID] = older[0]
		}
	}
	return out, nil
}
