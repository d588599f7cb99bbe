package pack

import (
	"context"
	"fmt"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

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
	rows, err := db.All(ctx, r, func(row db.Row, h *Record) error {
		var config string
		err := row.Scan(&h.ID, &h.Shop, &h.PackID, &h.Enabled, &h.Version, &h.ConfigHash, &config, &h.Priority, &h.At, &h.Actor, &h.Reason)
		h.Config = []byte(config)
		return err
	}, `select h.id, h.shop_id, h.pack_id, h.enabled, h.version, h.config_hash, c.config, h.priority, h.at, h.actor_id, h.reason from pack_history h
		join pack_configs c on c.merchant_id = h.merchant_id and c.pack_id = h.pack_id and c.hash = h.config_hash
		where `+where+fmt.Sprintf(` order by h.id desc limit $%d`, len(args)), args...)
	if err != nil {
		return nil, "", err
	}
	items, next = db.Cut(page, rows, func(h Record) id.ID { return h.ID })
	return items, next, nil
}
