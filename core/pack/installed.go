package pack

import (
	"cmp"
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrInUse   = fault.New(fault.Conflict, "pack.in_use")  // {id} {version} {shops}
	ErrShipped = fault.New(fault.Conflict, "pack.shipped") // {id} {version}: comes with the program or the platform
)

// Two installations of one version meet in this key: the later one runs again and
// sees the earlier.
var _ = db.GuardRetry("ux_pack_bundles_pack_id_version")

// Platform owns the bundles that whoever runs the program has installed for all of
// its merchants.
var Platform = id.Derived("pack", "platform")

// Installed is a bundle that a merchant, or the platform, has installed.
type Installed struct {
	ID           id.ID
	Merchant     id.ID // Platform for the platform's
	PackID       string
	Version      string
	Hash         string // hex SHA-256 of the bundle
	ManifestHash string // of its manifest, and so of its content without the signature
	ModuleHash   string
	Size         int64 // bytes
	Trust        Trust
	Signer       string // the name of the key; "" for an unsigned one
	InstalledAt  clock.Instant
	InstalledBy  id.ID // none: the program itself
	Removed      bool  // it cannot be switched on; what was sold by it is explained all the same
	RemovedAt    clock.Instant
	RemovedBy    id.ID
}

const installedColumns = `merchant_id, id, pack_id, version, hash, manifest_hash, module_hash, size, trust, signer, installed_at, installed_by, removed, removed_at, removed_by`

func scanInstalled(r db.Row, in *Installed) error {
	var trust string
	var removedAt *int64
	err := r.Scan(&in.Merchant, &in.ID, &in.PackID, &in.Version, &in.Hash, &in.ManifestHash, &in.ModuleHash, &in.Size, &trust, &in.Signer, &in.InstalledAt, &in.InstalledBy, &in.Removed, &removedAt, &in.RemovedBy)
	in.Trust, _ = TrustOf(trust)
	if removedAt != nil {
		in.RemovedAt = clock.Instant(*removedAt)
	}
	return err
}

func listInstalled(ctx context.Context, r db.Reader, owners ...id.ID) ([]Installed, error) {
	return db.All(ctx, r, scanInstalled, `select `+installedColumns+` from pack_bundles where merchant_id in_ids($1)`, owners)
}

func newestRowFirst(a, b Installed) int {
	return cmp.Or(cmp.Compare(a.PackID, b.PackID), CompareVersions(b.Version, a.Version), cmp.Compare(string(a.Merchant[:]), string(b.Merchant[:])))
}

// lockInstalled reads a row and keeps it as it is until the transaction ends.
func lockInstalled(ctx context.Context, tx *db.Tx, owners []id.ID, packID, version string) ([]Installed, error) {
	if err := tx.Flush(ctx); err != nil {
		return nil, err
	}
	return db.All(ctx, tx, scanInstalled, `select `+installedColumns+` from pack_bundles where merchant_id in_ids($1) and pack_id = $2 and version = $3 order by merchant_id for no key update`,
		owners, packID, version)
}

// mustBeUsable keeps a removal away from a version that is about to be switched
// on, and the other way round. Fault: pack.removed.
func mustBeUsable(ctx context.Context, tx *db.Tx, merchant id.ID, packID, version string) error {
	rows, err := lockInstalled(ctx, tx, []id.ID{merchant, Platform}, packID, version)
	if err != nil {
		return err
	}
	for _, in := range rows {
		if in.Merchant == merchant || len(rows) == 1 { // its own stands before the platform's
			if in.Removed {
				return ErrRemoved.With("id", packID).With("version", version)
			}
		}
	}
	return nil
}

// Remove hides a version from switching on. Its bytes stay, for whatever was sold
// by it. Faults: pack.not_installed, pack.in_use, pack.removed (it is already).
func Remove(ctx context.Context, tx *db.Tx, owner id.ID, packID, version string, actor id.ID) (Installed, error) {
	rows, err := lockInstalled(ctx, tx, []id.ID{owner}, packID, version)
	if err != nil {
		return Installed{}, err
	}
	if len(rows) == 0 {
		return Installed{}, ErrNotInstalled.With("id", packID).With("version", version)
	}
	in := rows[0]
	if in.Removed {
		return in, ErrRemoved.With("id", packID).With("version", version)
	}
	where, args := `pack_id = $1 and version = $2 and enabled`, []any{packID, version}
	if owner != Platform {
		where, args = where+` and merchant_id = $3`, append(args, owner)
	}
	shops, err := db.Value[int64](ctx, tx, `select count(*) from pack_activations where `+where, args...)
	if err != nil {
		return in, err
	}
	if shops > 0 {
		return in, ErrInUse.With("id", packID).With("version", version).With("shops", shops)
	}
	in.Removed, in.RemovedAt, in.RemovedBy = true, tx.Now, actor
	tx.Queue(`update pack_bundles set removed = true, removed_at = $3, removed_by = $4 where merchant_id = $1 and id = $2`, owner, in.ID, tx.Now, actor)
	return in, tx.Flush(ctx)
}

// Purge drops the bytes of a merchant's versions that were removed before an
// instant and that no shop ever had on, so that no sale can name them; hash and
// version stay taken.
func Purge(tx *db.Tx, merchant id.ID, before clock.Instant) {
	tx.Queue(`update pack_bundles set bundle = null where merchant_id = $1 and removed and removed_at < $2 and bundle is not null
		and not exists (select 1 from pack_history h where h.merchant_id = pack_bundles.merchant_id and h.pack_id = pack_bundles.pack_id and h.version = pack_bundles.version and h.enabled)`, merchant, before)
}
