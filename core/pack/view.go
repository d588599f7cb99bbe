package pack

import (
	"context"
	"maps"
	"slices"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/promotion"
)

// View is the packs of one merchant: its own, then the platform's, then those that
// come with the program. It is made for one request, holds what it reads of the
// table for that long, and is for one goroutine.
type View struct {
	r        *Registry
	ctx      context.Context //nolint:containedctx // a view lives as long as the request that it is made for
	merchant id.ID
	fresh    bool // the tables have been read for this view
}

// For is what a merchant has. Where something may have to be read, it must not be
// asked inside a database transaction.
func (r *Registry) For(ctx context.Context, merchant id.ID) *View {
	return &View{r: r, ctx: ctx, merchant: merchant}
}

// Get finds one version, removed ones too: whatever a sale names can be explained,
// refunded and run again. Faults: pack.not_installed; those of Open where the
// program has become too new for it.
func (v *View) Get(packID, version string) (*Bundle, error) {
	k := versionKey{packID, version}
	in, owner, ok, err := v.find(k)
	if err != nil {
		return nil, err
	}
	if ok {
		return v.open(owner, in)
	}
	return v.r.Get(packID, version)
}

// find looks at the shelves. They are read where they have not been, and once for
// each view where neither they nor the program have what is asked for: another
// process may have installed it.
func (v *View) find(k versionKey) (in Installed, owner id.ID, ok bool, err error) {
	if v.r.db == nil {
		return in, owner, false, nil
	}
	for {
		v.r.mu.RLock()
		own, knowsOwn := v.r.shelves[v.merchant]
		common, knowsCommon := v.r.shelves[Platform]
		v.r.mu.RUnlock()
		if in, ok = own[k]; ok {
			return in, v.merchant, true, nil
		}
		if in, ok = common[k]; ok {
			return in, Platform, true, nil
		}
		if v.fresh || knowsOwn && knowsCommon && v.r.shipped(k.id, k.version) != nil {
			return in, owner, false, nil
		}
		if err := v.read(); err != nil {
			return in, owner, false, err
		}
	}
}

// read takes over what the tables hold now.
func (v *View) read() error {
	if v.fresh || v.r.db == nil {
		return nil
	}
	rows, err := listInstalled(v.ctx, v.r.db, v.merchant, Platform)
	if err != nil {
		return err
	}
	v.fresh = true
	v.r.take(rows, v.merchant, Platform)
	return nil
}

func (r *Registry) take(rows []Installed, owners ...id.ID) {
	fresh := map[id.ID]shelf{}
	for _, o := range owners {
		fresh[o] = shelf{}
	}
	for _, in := range rows {
		fresh[in.Merchant][versionKey{in.PackID, in.Version}] = in
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for o, s := range fresh {
		if old, known := r.shelves[o]; !known || !maps.Equal(old, s) {
			r.shelves[o] = s
			r.changed()
		}
	}
}

// FactRefs is the union of the facts that any pack of the merchant asks for, in a
// fixed order. It is cheap to ask: what the tables hold is read once in a process,
// and again where Get meets a version that it does not know.
func (v *View) FactRefs() ([]promotion.FactRef, error) {
	v.r.mu.RLock()
	refs, ok := v.r.facts[v.merchant]
	v.r.mu.RUnlock()
	if ok {
		return refs, nil
	}
	if err := v.read(); err != nil {
		return nil, err
	}
	before := v.r.Generation()
	all, err := v.List()
	if err != nil {
		return nil, err
	}
	for _, b := range all {
		for _, f := range b.FactRefs() {
			if !slices.Contains(refs, f) {
				refs = append(refs, f)
			}
		}
	}
	v.r.mu.Lock()
	defer v.r.mu.Unlock()
	if v.r.changes == before {
		v.r.facts[v.merchant] = slices.Clip(refs)
	}
	return refs, nil
}

// open gives the opened bundle of a row. Its module stays in the database: only
// the rule host needs it, once.
func (v *View) open(owner id.ID, in Installed) (*Bundle, error) {
	v.r.mu.RLock()
	b := v.r.opened[in.Hash]
	v.r.mu.RUnlock()
	if b != nil {
		return b, nil
	}
	data, err := db.Value[[]byte](v.ctx, v.r.db, `select bundle from pack_bundles where merchant_id = $1 and pack_id = $2 and version = $3 and bundle is not null`,
		owner, in.PackID, in.Version)
	if fault.ReasonIs(err, db.ErrNoRow.Reason) {
		return nil, ErrNotInstalled.With("id", in.PackID).With("version", in.Version)
	}
	if err != nil {
		return nil, err
	}
	if b, err = Open(data); err != nil {
		return nil, err
	}
	b.module = nil
	v.r.mu.Lock()
	defer v.r.mu.Unlock()
	v.r.opened[in.Hash] = b
	return b, nil
}

// Usable finds one version that may be switched on. Faults: pack.not_installed,
// pack.removed.
func (v *View) Usable(packID, version string) (*Bundle, error) {
	if err := v.read(); err != nil {
		return nil, err
	}
	in, owner, ok, err := v.find(versionKey{packID, version})
	switch {
	case err != nil:
		return nil, err
	case ok && in.Removed:
		return nil, ErrRemoved.With("id", packID).With("version", version)
	case ok:
		return v.open(owner, in)
	}
	return v.r.Get(packID, version)
}

// Latest finds the newest release of a pack that is not removed, or its newest
// release candidate where there is no release. Fault: pack.not_installed.
func (v *View) Latest(packID string) (*Bundle, error) {
	have, err := v.Versions(packID)
	if err != nil {
		return nil, err
	}
	return latest(packID, have)
}

// Versions lists what can be switched on of one pack, the newest first.
func (v *View) Versions(packID string) ([]*Bundle, error) {
	return v.list(func(id string) bool { return id == packID })
}

// List lists what can be switched on by id, each id's newest version first. A
// bundle that this program is too new for is left out.
func (v *View) List() ([]*Bundle, error) {
	return v.list(func(string) bool { return true })
}

func (v *View) list(wanted func(id string) bool) ([]*Bundle, error) {
	if err := v.read(); err != nil {
		return nil, err
	}
	v.r.mu.RLock()
	own, common := v.r.shelves[v.merchant], v.r.shelves[Platform]
	v.r.mu.RUnlock()
	var out []*Bundle
	seen := map[versionKey]bool{}
	for _, s := range []struct {
		shelf
		owner id.ID
	}{{own, v.merchant}, {common, Platform}} {
		for k, in := range s.shelf {
			if !wanted(k.id) || seen[k] {
				continue
			}
			seen[k] = true
			if in.Removed {
				continue
			}
			b, err := v.open(s.owner, in)
			switch {
			case err == nil:
				out = append(out, b)
			case fault.KindOf(err) == fault.Internal || fault.KindOf(err) == fault.Unavailable || v.ctx.Err() != nil:
				return nil, err
			}
		}
	}
	for _, b := range v.r.List() {
		if wanted(b.ID) && !seen[versionKey{b.ID, b.Version}] {
			out = append(out, b)
		}
	}
	return sorted(out), nil
}

// Installed is the row of a version that the merchant or the platform installed;
// false for what comes with the program.
func (v *View) Installed(packID, version string) (Installed, bool, error) {
	if err := v.read(); err != nil {
		return Installed{}, false, err
	}
	in, _, ok, err := v.find(versionKey{packID, version})
	return in, ok, err
}

// All lists every installed row of the merchant and the platform, removed ones
// too, by pack and version, the newest first.
func (v *View) All() ([]Installed, error) {
	if err := v.read(); err != nil {
		return nil, err
	}
	v.r.mu.RLock()
	defer v.r.mu.RUnlock()
	var out []Installed
	for _, s := range []shelf{v.r.shelves[v.merchant], v.r.shelves[Platform]} {
		for _, in := range s {
			out = append(out, in)
		}
	}
	slices.SortFunc(out, newestRowFirst)
	return out, nil
}
