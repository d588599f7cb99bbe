package api

import (
	"context"
	"net/http"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/web"
)

// installTime is how long an installation may take: a large module compiles for
// seconds.
const installTime = 2 * time.Minute

// InstalledPack is one version of a rule pack with who vouches for it.
type InstalledPack struct {
	PackID      string  `json:"pack_id"`
	Version     string  `json:"version"`
	Hash        string  `json:"hash" doc:"SHA-256 of the bundle, hexadecimal."`
	ModuleHash  string  `json:"module_hash" doc:"SHA-256 of its module, as a sale names it."`
	Size        int64   `json:"size" doc:"Bytes of the bundle; 0 where it comes with the program."`
	Trust       string  `json:"trust" enum:"development,merchant,reseller,first_party,embedded"`
	Signer      string  `json:"signer" doc:"The name of the key that signed it."`
	Platform    bool    `json:"platform" doc:"It comes with the program or was installed for all merchants: it cannot be removed here."`
	InstalledAt Instant `json:"installed_at,omitzero"`
	InstalledBy id.ID   `json:"installed_by,omitzero" format:"uuid"`
	Removed     bool    `json:"removed" doc:"It cannot be switched on; what was sold by it is explained and refunded by it all the same."`
	RemovedAt   Instant `json:"removed_at,omitzero"`
}

func installedOut(r pack.Installed) InstalledPack {
	return InstalledPack{PackID: r.PackID, Version: r.Version, Hash: r.Hash, ModuleHash: r.ModuleHash, Size: r.Size, Trust: r.Trust.String(), Signer: r.Signer, Platform: r.Merchant == pack.Platform,
		InstalledAt: instant(r.InstalledAt), InstalledBy: r.InstalledBy, Removed: r.Removed, RemovedAt: instant(r.RemovedAt)}
}

func shippedOut(b *pack.Bundle) InstalledPack {
	return InstalledPack{PackID: b.ID, Version: b.Version, Hash: b.Hash, ModuleHash: b.ModuleHash(), Trust: pack.TrustEmbedded.String(), Platform: true}
}

// IsInstallation reports whether a request carries a bundle, which is larger than
// other bodies and takes longer: web.Options.LongLived.
func IsInstallation(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Path == Prefix+"/packs"
}

func (a *api) packInstall() {
	writing := []auth.Permission{auth.PermPacks}
	add(a, route{id: "install-pack", method: http.MethodPost, path: "/packs", tag: "rule packs", summary: "Install a rule pack", any: writing, key: mustKey, status: http.StatusCreated, maxBody: pack.MaxBundle,
		doc: "The body is the bundle. It is checked, its signature judged, its module verified and compiled before it is kept. An id and a version name one content for ever. It is switched on in no shop by that."},
		a.installPack)
	add(a, route{id: "remove-pack", method: http.MethodDelete, path: "/packs/{id}/versions/{version}", tag: "rule packs", summary: "Remove a version of a rule pack", any: writing,
		doc: "Where no shop has it on. It is offered no more; what was sold by it is explained and refunded by it all the same."},
		func(ctx context.Context, c caller, in *struct {
			ID      string `path:"id" maxLength:"40"`
			Version string `path:"version" maxLength:"64"`
		}) (*read[InstalledPack], error) {
			row, err := a.Installer.Remove(ctx, c.Merchant, in.ID, in.Version, c.ID, func(ctx context.Context, tx *db.Tx, row pack.Installed) error {
				return auth.Audit(ctx, tx, pack.AuditRemoved(c.Merchant, row))
			})
			if err != nil {
				return nil, err
			}
			return reads(installedOut(row)), nil
		})
}

func (a *api) installPack(ctx context.Context, c caller, in *struct {
	RawBody []byte `contentType:"application/zip"`
}) (*made[InstalledPack], error) {
	ctx, cancel := context.WithTimeout(ctx, installTime)
	defer cancel()
	if len(in.RawBody) == 0 {
		return nil, web.ErrMalformed
	}
	replayed := false
	row, _, err := a.Installer.Install(ctx, pack.InstallIn{Merchant: c.Merchant, Data: in.RawBody, Actor: c.ID,
		Record: func(ctx context.Context, tx *db.Tx, row pack.Installed, changed bool) error {
			claim := tx.ClaimKey(c.Merchant, c.idem)
			if err := tx.Flush(ctx); err != nil {
				return err
			}
			_, ended, found, err := claim.Prior()
			switch {
			case err != nil:
				return err
			case found && !ended:
				return db.ErrKeyInFlight
			}
			if replayed = found; !found {
				tx.SettleKey(c.Merchant, c.idem, row.ID)
			}
			if !changed {
				return nil
			}
			return auth.Audit(ctx, tx, pack.AuditInstalled(c.Merchant, row))
		}})
	if err != nil {
		return nil, err
	}
	return madeAt("/packs/"+row.PackID, installedOut(row), replayed), nil
}
