package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/tenant"
)

// Pack is an installed rule pack and how the shops have it.
type Pack struct {
	ID          string          `json:"id"`
	Name        string          `json:"name"`
	Description string          `json:"description"`
	Version     string          `json:"version" doc:"The newest that is installed."`
	Versions    []string        `json:"versions" doc:"All that are installed, the newest first."`
	Hooks       []string        `json:"hooks"`
	Powers      []string        `json:"powers"`
	Schema      json.RawMessage `json:"schema" doc:"The JSON Schema of its configuration."`
	Shops       []PackInShop    `json:"shops"`
}

// PackInShop is a pack as a shop has it.
type PackInShop struct {
	ShopID     id.ID           `json:"shop_id" format:"uuid"`
	Enabled    bool            `json:"enabled"`
	Version    string          `json:"version"`
	Config     json.RawMessage `json:"config"`
	ConfigHash string          `json:"config_hash"`
	Priority   int32           `json:"priority"`
	Failures   int             `json:"failures" doc:"In a row."`
	Notice     string          `json:"notice" doc:"Why the program switched it off."`
	UpdatedAt  Instant         `json:"updated_at"`
}

// PackChange sets a pack in shops; what is not there stays as it is, or is the
// pack's own default where the shop has never had it.
type PackChange struct {
	ShopID   id.ID           `json:"shop_id,omitzero" format:"uuid"`
	ShopIDs  []id.ID         `json:"shop_ids,omitempty" maxItems:"1000" doc:"Neither shop_id nor shop_ids: all shops."`
	Enabled  *bool           `json:"enabled,omitempty"`
	Version  string          `json:"version,omitempty" maxLength:"64" doc:"Default: the one the shop has, else the newest."`
	Config   json.RawMessage `json:"config,omitempty" doc:"By the pack's schema; what is not there has its default."`
	Priority *int32          `json:"priority,omitempty" doc:"Higher goes first."`
	Reason   string          `json:"reason,omitempty" maxLength:"500"`
}

func (a *api) packs() {
	add(a, route{id: "list-packs", method: http.MethodGet, path: "/packs", tag: "rule packs", summary: "List the installed rule packs", any: []auth.Permission{auth.PermPacks, auth.PermReports}},
		func(ctx context.Context, c caller, in *struct {
			ShopID id.ID `query:"shop_id" format:"uuid" doc:"Only this shop's activations."`
		}) (*read[List[Pack]], error) {
			active, err := pack.ListFor(ctx, a.DB, c.Merchant, in.ShopID)
			l := localeOf(ctx)
			var out []Pack
			for _, b := range a.Packs.List() {
				if len(out) == 0 || out[len(out)-1].ID != b.ID { // each id once
					out = append(out, a.packOut(l, b.ID, active))
				}
			}
			return listOf(out, "", func(p Pack) Pack { return p }), err
		})
	add(a, route{id: "set-pack", method: http.MethodPut, path: "/packs/{id}", tag: "rule packs", summary: "Switch, configure or update a rule pack in shops", doc: "The next quote goes by it.", any: []auth.Permission{auth.PermPacks}}, a.setPack)
}

// packOut describes a pack that is installed.
func (a *api) packOut(l i18n.Locale, packID string, active []pack.Activation) Pack {
	out := Pack{ID: packID, Versions: []string{}, Hooks: []string{}, Powers: []string{}, Shops: []PackInShop{}}
	for _, b := range a.Packs.List() {
		if b.ID == packID {
			out.Versions = append(out.Versions, b.Version)
		}
	}
	if b, err := a.Packs.Latest(packID); err == nil {
		out.Version, out.Hooks, out.Powers, out.Schema = b.Version, b.Hooks, append(out.Powers, b.Powers...), b.Schema()
		out.Name = b.Name(l)
		out.Description, _ = b.Text(l, "pack.description")
	}
	if out.Schema == nil {
		out.Schema = json.RawMessage("{}")
	}
	for _, v := range active {
		if v.PackID == packID {
			out.Shops = append(out.Shops, PackInShop{ShopID: v.Shop, Enabled: v.Enabled, Version: v.Version, Config: v.Config, ConfigHash: v.ConfigHash, Priority: v.Priority, Failures: v.Failures, Notice: v.Notice, UpdatedAt: instant(v.UpdatedAt)})
		}
	}
	return out
}

func (a *api) setPack(ctx context.Context, c caller, in *struct {
	ID   string `path:"id" maxLength:"40"`
	Body PackChange
}) (*read[Pack], error) {
	if _, err := a.Packs.Latest(in.ID); err != nil {
		return nil, on(err, "id")
	}
	err := a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		shops, err := shopsOf(ctx, tx, c.Merchant, &in.Body)
		if err != nil {
			return err
		}
		had, err := pack.ListFor(ctx, tx, c.Merchant, id.None)
		if err != nil {
			return err
		}
		for _, shop := range shops {
			change, err := a.packChange(in.ID, &in.Body, presentIn(had, shop, in.ID))
			if err != nil {
				return err
			}
			change.Merchant, change.Shops, change.Actor = c.Merchant, []id.ID{shop}, c.ID
			if err := pack.Set(ctx, tx, change); err != nil {
				return err
			}
		}
		return auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "pack.set", SubjectKind: "pack", SubjectID: in.ID,
			Detail: map[string]any{"shops": shops, "enabled": in.Body.Enabled, "version": in.Body.Version, "priority": in.Body.Priority, "config_changed": in.Body.Config != nil}})
	})
	if err != nil {
		return nil, err
	}
	active, err := pack.ListFor(ctx, a.DB, c.Merchant, id.None)
	return reads(a.packOut(localeOf(ctx), in.ID, active)), err
}

// shopsOf are the shops that a change names, all where it names none. Fault:
// tenant.shop_not_found.
func shopsOf(ctx context.Context, r db.Reader, m id.ID, b *PackChange) ([]id.ID, error) {
	all, err := tenant.ListShops(ctx, r, m)
	if err != nil {
		return nil, err
	}
	var known []id.ID
	for _, s := range all {
		known = append(known, s.ID)
	}
	named := slices.Clone(b.ShopIDs)
	if !b.ShopID.IsNone() {
		named = append(named, b.ShopID)
	}
	if len(named) == 0 {
		return known, nil
	}
	for _, s := range named {
		if !slices.Contains(known, s) {
			return nil, tenant.ErrShopNotFound.On("shop_id")
		}
	}
	slices.SortFunc(named, func(a, b id.ID) int { return slices.Compare(a[:], b[:]) })
	return slices.Compact(named), nil
}

func presentIn(had []pack.Activation, shop id.ID, packID string) *pack.Activation {
	for i := range had {
		if had[i].Shop == shop && had[i].PackID == packID {
			return &had[i]
		}
	}
	return nil
}

// packChange lays what was asked for over what the shop has. The configuration is
// checked against the version that will run. Faults: pack.not_installed,
// pack.config_invalid.
func (a *api) packChange(packID string, b *PackChange, had *pack.Activation) (pack.Change, error) {
	out := pack.Change{PackID: packID, Version: b.Version, Reason: b.Reason}
	if had != nil {
		out.Enabled, out.Priority, out.Config = had.Enabled, had.Priority, had.Config
		if out.Version == "" {
			out.Version = had.Version
		}
	}
	if b.Enabled != nil {
		out.Enabled = *b.Enabled
	}
	if b.Priority != nil {
		out.Priority = *b.Priority
	}
	if b.Config != nil {
		out.Config = b.Config
	}
	bundle, err := a.Packs.Latest(packID)
	if out.Version != "" {
		bundle, err = a.Packs.Get(packID, out.Version)
	}
	if err != nil {
		return out, on(err, "version")
	}
	out.Version = bundle.Version
	if out.Config, err = bundle.CheckConfig(out.Config); err != nil {
		return out, err
	}
	return out, nil
}
