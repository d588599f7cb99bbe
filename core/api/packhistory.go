package api

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
)

// SettingChange is one setting that changed.
type SettingChange struct {
	Pointer string          `json:"pointer" doc:"JSON pointer into the configuration."`
	Before  json.RawMessage `json:"before,omitempty" doc:"Absent: it was not there."`
	After   json.RawMessage `json:"after,omitempty" doc:"Absent: it is not there any more."`
}

// PackRecord is one state of a pack in a shop, from its instant until the next.
type PackRecord struct {
	ID         id.ID           `json:"id" format:"uuid"`
	ShopID     id.ID           `json:"shop_id" format:"uuid"`
	PackID     string          `json:"pack_id"`
	Enabled    bool            `json:"enabled"`
	Version    string          `json:"version"`
	Config     json.RawMessage `json:"config"`
	ConfigHash string          `json:"config_hash"`
	Priority   int32           `json:"priority"`
	At         Instant         `json:"at"`
	ActorID    id.ID           `json:"actor_id,omitzero" format:"uuid" doc:"Absent: the program itself."`
	Reason     string          `json:"reason"`
	Changes    []SettingChange `json:"changes" doc:"Settings that differ from the state before."`
}

// PackRollback names the state that is to hold again.
type PackRollback struct {
	RecordID id.ID  `json:"record_id" format:"uuid" doc:"Of the history; it says the shop, too."`
	Reason   string `json:"reason,omitempty" maxLength:"500"`
}

func (a *api) packHistory() {
	add(a, route{id: "list-pack-history", method: http.MethodGet, path: "/packs/{id}/history", tag: "rule packs", summary: "List what was set for a rule pack", any: packReaders},
		func(ctx context.Context, c caller, in *struct {
			PackIDIn
			PageIn
			ShopID id.ID `query:"shop_id" format:"uuid"`
		}) (*read[List[PackRecord]], error) {
			page, err := in.page()
			if err != nil {
				return nil, err
			}
			items, next, err := pack.History(ctx, a.DB, c.Merchant, in.ShopID, in.ID, page)
			if err != nil {
				return nil, err
			}
			before, err := pack.Befores(ctx, a.DB, c.Merchant, items)
			if err != nil {
				return nil, err
			}
			return listOf(items, next, func(h pack.Record) PackRecord { return recordOut(h, before[h.ID]) }), nil
		})
	add(a, route{id: "roll-back-pack", method: http.MethodPost, path: "/packs/{id}/rollback", tag: "rule packs", summary: "Take up an earlier state of a rule pack again", any: []auth.Permission{auth.PermPacks}, key: mayKey,
		doc: "Version, configuration, priority, on or off, as they were in that shop. The next quote goes by it."}, a.rollBack)
}

func recordOut(h, before pack.Record) PackRecord {
	out := PackRecord{ID: h.ID, ShopID: h.Shop, PackID: h.PackID, Enabled: h.Enabled, Version: h.Version, Config: h.Config, ConfigHash: h.ConfigHash, Priority: h.Priority, At: instant(h.At), ActorID: h.Actor, Reason: h.Reason,
		Changes: []SettingChange{}}
	if before.ID.IsNone() {
		return out
	}
	for _, d := range pack.DiffConfigs(before.Config, h.Config) {
		out.Changes = append(out.Changes, SettingChange(d))
	}
	return out
}

func (a *api) rollBack(ctx context.Context, c caller, in *struct {
	PackIDIn
	Body PackRollback
}) (*read[Pack], error) {
	h, err := pack.GetRecord(ctx, a.DB, c.Merchant, in.Body.RecordID)
	if err == nil && h.PackID != in.ID {
		err = pack.ErrNoRecord
	}
	if err != nil {
		return nil, on(err, "record_id")
	}
	change, err := a.Packs.For(ctx, c.Merchant).Back(h)
	if err != nil {
		return nil, err
	}
	change.Actor, change.Reason = c.ID, in.Body.Reason
	_, _, err = once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, id.ID, error) {
		if err := pack.Set(ctx, tx, change); err != nil {
			return id.None, id.None, err
		}
		return h.ID, h.ID, auth.Audit(ctx, tx, pack.AuditBack(c.Merchant, h, in.Body.Reason))
	}, func(_ context.Context, u id.ID) (id.ID, error) { return u, nil })
	if err != nil {
		return nil, err
	}
	p, err := a.readPacks(ctx, c.Merchant, id.None)
	if err != nil {
		return nil, err
	}
	return reads(p.out(in.ID)), nil
}

// PackKey is a public key whose packs the merchant trusts.
type PackKey struct {
	ID          id.ID   `json:"id" format:"uuid"`
	Name        string  `json:"name"`
	PublicKey   string  `json:"public_key" doc:"ed25519:BASE64"`
	Fingerprint string  `json:"fingerprint"`
	AddedAt     Instant `json:"added_at"`
	AddedBy     id.ID   `json:"added_by,omitzero" format:"uuid"`
}

// NewPackKey is a public key to trust.
type NewPackKey struct {
	Name      string `json:"name" minLength:"1" maxLength:"80" doc:"Whose it is."`
	PublicKey string `json:"public_key" minLength:"1" maxLength:"2000" doc:"ed25519:BASE64, or PEM."`
}

func keyOut(k pack.TrustedKey) PackKey {
	return PackKey{ID: k.ID, Name: k.Name, PublicKey: pack.FormatPublicKey(k.Public), Fingerprint: pack.Fingerprint(k.Public), AddedAt: instant(k.AddedAt), AddedBy: k.AddedBy}
}

func (a *api) packKeys() {
	writing := []auth.Permission{auth.PermPacks}
	add(a, route{id: "list-pack-keys", method: http.MethodGet, path: "/pack-keys", tag: "rule packs", summary: "List the keys whose rule packs the merchant trusts", any: writing},
		func(ctx context.Context, c caller, _ *struct{}) (*read[List[PackKey]], error) {
			keys, err := pack.TrustedKeys(ctx, a.DB, c.Merchant)
			if err != nil {
				return nil, err
			}
			return listOf(keys, "", keyOut), nil
		})
	add(a, route{id: "add-pack-key", method: http.MethodPost, path: "/pack-keys", tag: "rule packs", summary: "Trust the rule packs of a key", any: writing, key: mayKey, status: http.StatusCreated},
		func(ctx context.Context, c caller, in *struct{ Body NewPackKey }) (*made[PackKey], error) {
			k, replayed, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, PackKey, error) {
				k, err := pack.AddKey(ctx, tx, c.Merchant, in.Body.Name, in.Body.PublicKey, c.ID)
				if err != nil {
					return id.None, PackKey{}, err
				}
				return k.ID, keyOut(k), auth.Audit(ctx, tx, pack.AuditKey(c.Merchant, "pack_key.added", k))
			}, a.packKey(c))
			if err != nil {
				return nil, err
			}
			return madeAt("/pack-keys/"+k.ID.String(), k, replayed), nil
		})
	add(a, route{id: "remove-pack-key", method: http.MethodDelete, path: "/pack-keys/{id}", tag: "rule packs", summary: "Trust a key no more", doc: "What it has signed and is installed stays.", any: writing, status: http.StatusNoContent},
		func(ctx context.Context, c caller, in *IDIn) (*struct{}, error) {
			return nil, a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
				k, err := pack.RemoveKey(ctx, tx, c.Merchant, in.ID, c.ID)
				if err != nil {
					return err
				}
				return auth.Audit(ctx, tx, pack.AuditKey(c.Merchant, "pack_key.removed", k))
			})
		})
}

// packKey reads a key again for a repeated request; one that was removed meanwhile
// is not there any more.
func (a *api) packKey(c caller) func(context.Context, id.ID) (PackKey, error) {
	return func(ctx context.Context, u id.ID) (PackKey, error) {
		keys, err := pack.TrustedKeys(ctx, a.DB, c.Merchant)
		if err != nil {
			return PackKey{}, err
		}
		for _, k := range keys {
			if k.ID == u {
				return keyOut(k), nil
			}
		}
		return PackKey{}, pack.ErrKeyUnknown
	}
}
