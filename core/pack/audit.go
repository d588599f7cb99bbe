package pack

import (
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/id"
)

// What the audit log holds of packs, the same from every screen and interface.

// AuditInstalled is the record of an installation.
func AuditInstalled(merchant id.ID, in Installed) auth.Record {
	return auth.Record{Merchant: merchant, Action: "pack.installed", SubjectKind: "pack", SubjectID: in.PackID, Detail: map[string]any{"version": in.Version, "hash": in.Hash, "trust": in.Trust.String(), "signer": in.Signer}}
}

// AuditRemoved is the record of a removal.
func AuditRemoved(merchant id.ID, in Installed) auth.Record {
	return auth.Record{Merchant: merchant, Action: "pack.removed", SubjectKind: "pack", SubjectID: in.PackID, Detail: map[string]any{"version": in.Version, "hash": in.Hash}}
}

// AuditBack is the record of a state that was taken up again.
func AuditBack(merchant id.ID, h Record, reason string) auth.Record {
	return auth.Record{Merchant: merchant, Action: "pack.rolled_back", SubjectKind: "pack", SubjectID: h.PackID,
		Detail: map[string]any{"shop": h.Shop, "record": h.ID, "version": h.Version, "enabled": h.Enabled, "priority": h.Priority, "config_hash": h.ConfigHash, "reason": reason}}
}

// AuditKey is the record of a key that was trusted or is no more.
func AuditKey(merchant id.ID, action string, k TrustedKey) auth.Record {
	return auth.Record{Merchant: merchant, Action: action, SubjectKind: "pack_key", SubjectID: k.ID.String(), Detail: map[string]any{"name": k.Name, "fingerprint": Fingerprint(k.Public)}}
}
