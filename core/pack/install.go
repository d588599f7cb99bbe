package pack

import (
	"context"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// Stage is a step of an installation, for a screen that shows it.
type Stage string

// The stages in their order. Compiling takes the time: seconds for a Go module.
const (
	StageRead    Stage = "read"    // the bundle is opened and its signature judged
	StageVerify  Stage = "verify"  // the module is checked
	StageCompile Stage = "compile" // it is compiled and started once
	StageStore   Stage = "store"
	StageDone    Stage = "done"
)

// Installer installs bundles. All fields but Compile are needed.
type Installer struct {
	DB    *db.DB
	Packs *Registry
	// Ring is the keys that a merchant trusts.
	Ring func(ctx context.Context, merchant id.ID) (KeyRing, error)
	// Verify checks a module before anything runs it; the rule host does. floats
	// says that the manifest asks for floating-point instructions.
	Verify func(module []byte, floats bool) error
	// Compile prepares the module, so that no sale waits for it; it tells how far it
	// is between 0 and 1. The module is found by its hash in the registry.
	Compile func(ctx context.Context, b *Bundle, progress func(float64)) error
}

// InstallIn is what is to be installed, for whom and by whom.
type InstallIn struct {
	Merchant id.ID // or Platform
	Data     []byte
	Actor    id.ID
	Progress func(Stage, float64) // nil: nobody looks
	// Record, where set, notes the installation in the same transaction: an audit
	// record, an idempotency key. changed is false where it was there already. It is
	// not called for what comes with the program.
	Record func(ctx context.Context, tx *db.Tx, in Installed, changed bool) error
}

// Check opens a bundle, judges its signature and verifies its module; it writes
// nothing. Faults: those of Open and of the rule host's verification;
// pack.unsigned, pack.signature_invalid, pack.signer_unknown.
func (i *Installer) Check(ctx context.Context, in *InstallIn) (b *Bundle, trust Trust, signer string, err error) {
	in.tell(StageRead, 0)
	if b, err = Open(in.Data); err != nil {
		return nil, TrustNone, "", err
	}
	ring, err := i.Ring(ctx, in.Merchant)
	if err != nil {
		return nil, TrustNone, "", err
	}
	if trust, signer, err = ring.Judge(b); err != nil {
		return nil, TrustNone, "", err
	}
	in.tell(StageVerify, 0)
	return b, trust, signer, i.Verify(b.Module(), b.Floats)
}

// Install checks a bundle, compiles it and keeps it. The same content again
// answers what is there, and takes it up again where it was removed. Faults: those
// of Check and of the rule host's compilation; pack.version_taken.
func (i *Installer) Install(ctx context.Context, in InstallIn) (Installed, *Bundle, error) {
	b, trust, signer, err := i.Check(ctx, &in)
	if err != nil {
		return Installed{}, nil, err
	}
	row := Installed{
		Merchant: in.Merchant, PackID: b.ID, Version: b.Version, Hash: b.Hash, ManifestHash: hashOf(b.ManifestBytes), ModuleHash: b.ModuleHash(),
		Size: int64(len(in.Data)), Trust: trust, Signer: signer, InstalledBy: in.Actor,
	}
	if s := i.Packs.shipped(b.ID, b.Version); s != nil {
		if hashOf(s.ManifestBytes) != row.ManifestHash {
			return Installed{}, nil, ErrVersionTaken.With("id", b.ID).With("version", b.Version)
		}
		row.Merchant, row.Trust, row.Signer = Platform, TrustEmbedded, "" // it is there
		in.tell(StageDone, 1)
		return row, s, nil
	}
	if err := i.compile(ctx, b, &in); err != nil {
		return Installed{}, nil, err
	}
	in.tell(StageStore, 0)
	done := row
	err = i.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		had, err := lockInstalled(ctx, tx, []id.ID{in.Merchant}, b.ID, b.Version)
		if err != nil {
			return err
		}
		kept, changed, err := store(tx, row, had, in.Data)
		if err != nil {
			return err
		}
		done = kept
		if err := tx.Flush(ctx); err != nil || in.Record == nil {
			return err
		}
		return in.Record(ctx, tx, kept, changed)
	})
	if err != nil {
		return Installed{}, nil, err
	}
	opened, err := i.Packs.For(ctx, in.Merchant).Usable(b.ID, b.Version)
	if err != nil {
		return Installed{}, nil, err
	}
	in.tell(StageDone, 1)
	return done, opened, nil
}

func (i *Installer) compile(ctx context.Context, b *Bundle, in *InstallIn) error {
	if i.Compile == nil {
		return nil
	}
	in.tell(StageCompile, 0)
	defer i.Packs.hold(b)()
	return i.Compile(ctx, b, func(part float64) { in.tell(StageCompile, part) })
}

// store queues the row, new or over the one that has the same content. Fault:
// pack.version_taken.
func store(tx *db.Tx, row Installed, had []Installed, data []byte) (kept Installed, changed bool, err error) {
	if len(had) == 0 {
		row.ID, row.InstalledAt = tx.NewID(), tx.Now
		tx.Queue(`insert into pack_bundles (`+installedColumns+`, bundle) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, false, null, null, $13)`,
			row.Merchant, row.ID, row.PackID, row.Version, row.Hash, row.ManifestHash, row.ModuleHash, row.Size, row.Trust.String(), row.Signer, row.InstalledAt, row.InstalledBy, data)
		return row, true, nil
	}
	old := had[0]
	if old.ManifestHash != row.ManifestHash {
		return old, false, ErrVersionTaken.With("id", row.PackID).With("version", row.Version)
	}
	if old.Hash == row.Hash && !old.Removed && old.Trust == row.Trust && old.Signer == row.Signer {
		return old, false, nil
	}
	if !old.Removed && old.Trust > row.Trust { // the content is vouched for better already
		return old, false, nil
	}
	row.ID, row.InstalledAt = old.ID, tx.Now
	tx.Queue(`update pack_bundles set hash = $3, size = $4, trust = $5, signer = $6, installed_at = $7, installed_by = $8, removed = false, removed_at = null, removed_by = null, bundle = $9
		where merchant_id = $1 and id = $2`, row.Merchant, row.ID, row.Hash, row.Size, row.Trust.String(), row.Signer, row.InstalledAt, row.InstalledBy, data)
	return row, true, nil
}

func (in *InstallIn) tell(s Stage, part float64) {
	if in.Progress != nil {
		in.Progress(s, part)
	}
}

// Remove hides a version of a merchant from switching on. Faults: those of the
// function Remove; pack.shipped for what the merchant has not installed itself.
func (i *Installer) Remove(ctx context.Context, merchant id.ID, packID, version string, actor id.ID, record func(ctx context.Context, tx *db.Tx, in Installed) error) (Installed, error) {
	v := i.Packs.For(ctx, merchant)
	in, own, err := v.Installed(packID, version)
	if err != nil {
		return Installed{}, err
	}
	if !own || in.Merchant != merchant {
		if _, err := v.Get(packID, version); err != nil {
			return Installed{}, err
		}
		return Installed{}, ErrShipped.With("id", packID).With("version", version)
	}
	err = i.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if in, err = Remove(ctx, tx, merchant, packID, version, actor); err != nil || record == nil {
			return err
		}
		return record(ctx, tx, in)
	})
	if err != nil {
		return Installed{}, err
	}
	return in, i.Packs.For(ctx, merchant).read()
}
