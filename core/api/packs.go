package api

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
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
	Installed   []InstalledPack `json:"installed" doc:"Each version with who vouches for it; removed ones, too: what was sold by them is explained by them."`
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

var packReaders = []auth.Permission{auth.PermPacks, auth.PermReports}

func (a *api) packs() {
	add(a, route{id: "list-packs", method: http.MethodGet, path: "/packs", tag: "rule packs", summary: "List the installed rule packs", any: packReaders},
		func(ctx context.Context, c caller, in *struct {
			ShopID id.ID `query:"shop_id" format:"uuid" doc:"Only this shop's activations."`
		}) (*read[List[Pack]], error) {
			p, err := a.readPacks(ctx, c.Merchant, in.ShopID)
			if err != nil {
				return nil, err
			}
			var out []Pack
			for _, b := range p.bundles {
				if len(out) == 0 || out[len(out)-1].ID != b.ID { // each id once
					out = append(out, p.out(b.ID))
				}
			}
			return listOf(out, "", func(p Pack) Pack { return p }), nil
		})
	add(a, route{id: "get-pack", method: http.MethodGet, path: "/packs/{id}", tag: "rule packs", summary: "Read a rule pack", any: packReaders},
		func(ctx context.Context, c caller, in *PackIDIn) (*read[Pack], error) {
			p, err := a.readPacks(ctx, c.Merchant, id.None)
			if err != nil {
				return nil, err
			}
			if !p.has(in.ID) {
				return nil, pack.ErrNotInstalled.On("id").With("id", in.ID).With("version", "")
			}
			return reads(p.out(in.ID)), nil
		})
	add(a, route{id: "set-pack", method: http.MethodPut, path: "/packs/{id}", tag: "rule packs", summary: "Switch, configure or update a rule pack in shops", doc: "The next quote goes by it.", any: []auth.Permission{auth.PermPacks}}, a.setPack)
	a.packHistory()
	a.packKeys()
	if a.Installer != nil {
		a.packInstall()
	}
	if a.Meetings != nil {
		a.packLint()
	}
}

// PackIDIn is the id of a rule pack in a path.
type PackIDIn struct {
	ID string `path:"id" maxLength:"40"`
}

// packTexts finds the texts of what was decided: mostly in memory, and read once
// where another process has installed it.
func (a *api) packTexts(m id.ID) *pack.View { return a.Packs.For(context.Background(), m) }

// packsRead is what a merchant has, read once.
type packsRead struct {
	l       i18n.Locale
	bundles []*pack.Bundle
	rows    []pack.Installed
	active  []pack.Activation
}

func (a *api) readPacks(ctx context.Context, m, shop id.ID) (*packsRead, error) {
	p := &packsRead{l: localeOf(ctx)}
	have := a.Packs.For(ctx, m)
	var err error
	if p.bundles, err = have.List(); err != nil {
		return nil, err
	}
	if p.rows, err = have.All(); err != nil {
		return nil, err
	}
	p.active, err = pack.ListFor(ctx, a.DB, m, shop)
	return p, err
}

func (p *packsRead) has(packID string) bool {
	return slices.ContainsFunc(p.bundles, func(b *pack.Bundle) bool { return b.ID == packID }) || slices.ContainsFunc(p.rows, func(r pack.Installed) bool { return r.PackID == packID })
}

// out describes a pack.
func (p *packsRead) out(packID string) Pack {
	out := Pack{ID: packID, Versions: []string{}, Hooks: []string{}, Powers: []string{}, Shops: []PackInShop{}, Installed: []InstalledPack{}, Schema: json.RawMessage("{}")}
	var newest *pack.Bundle
	for _, b := range p.bundles {
		if b.ID != packID {
			continue
		}
		out.Versions = append(out.Versions, b.Version)
		if newest == nil || pack.Prerelease(newest.Version) && !pack.Prerelease(b.Version) {
			newest = b
		}
		if !slices.ContainsFunc(p.rows, func(r pack.Installed) bool { return r.PackID == packID && r.Version == b.Version }) {
			out.Installed = append(out.Installed, shippedOut(b))
		}
	}
	for _, r := range p.rows {
		if r.PackID == packID {
			out.Installed = append(out.Installed, installedOut(r))
		}
	}
	if newest != nil {
		out.Version, out.Hooks, out.Powers, out.Schema, out.Name = newest.Version, newest.Hooks, append(out.Powers, newest.Powers...), newest.Schema(), newest.Name(p.l)
		out.Description, _ = newest.Text(p.l, "pack.description")
	}
	for _, v := range p.active {
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
	have := a.Packs.For(ctx, c.Merchant)
	if vs, err := have.Versions(in.ID); err != nil || len(vs) == 0 {
		if err == nil {
			err = pack.ErrNotInstalled.With("id", in.ID).With("version", "")
		}
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
			change, _, err := have.Lay(in.ID, presentIn(had, shop, in.ID), asked(&in.Body))
			if fault.ReasonIs(err, pack.ErrNotInstalled.Reason) || fault.ReasonIs(err, pack.ErrRemoved.Reason) {
				return on(err, "version")
			}
			if err != nil {
				return err
			}
			change.Shops, change.Actor = []id.ID{shop}, c.ID
			if err := pack.Set(ctx, tx, change); err != nil {
				return err
			}
		}
		return auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "pack.set", SubjectKind: "pack", SubjectID: in.ID,
			Detail: map[string]any{"shops": shops, "enabled": in.Body.Enabled, "version": in.Body.Version, "priority": in.Body.Priority, "config_changed": in.Body.Config != nil, "reason": in.Body.Reason}})
	})
	if err != nil {
		return nil, err
	}
	p, err := a.readPacks(ctx, c.Merchant, id.None)
	if err != nil {
		return nil, err
	}
	return reads(p.out(in.ID)), nil
}

func asked(b *PackChange) pack.Asked {
	return pack.Asked{Version: b.Version, Enabled: b.Enabled, Config: b.Config, Priority: b.Priority, Reason: b.Reason}
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
