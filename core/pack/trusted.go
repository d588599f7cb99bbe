package pack

import (
	"context"
	"crypto/ed25519"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/edition"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrKeyName    = fault.New(fault.Invalid, "pack.key_name_required")
	ErrKeyTrusted = fault.New(fault.Conflict, "pack.key_trusted_already")
	ErrKeyUnknown = fault.New(fault.NotFound, "pack.key_not_found")
)

var _ = db.Guard("ux_pack_keys_public_key", ErrKeyTrusted)

const maxKeyName = 80

// TrustedKey is a public key whose packs a merchant trusts.
type TrustedKey struct {
	ID      id.ID
	Name    string
	Public  ed25519.PublicKey
	AddedAt clock.Instant
	AddedBy id.ID
}

// TrustedKeys lists the keys that a merchant trusts, the oldest first.
func TrustedKeys(ctx context.Context, r db.Reader, merchant id.ID) ([]TrustedKey, error) {
	return db.All(ctx, r, func(row db.Row, k *TrustedKey) error {
		return row.Scan(&k.ID, &k.Name, (*[]byte)(&k.Public), &k.AddedAt, &k.AddedBy)
	}, `select id, name, public_key, added_at, added_by from pack_keys where merchant_id = $1 and removed_at is null order by id`, merchant)
}

// AddKey trusts a key from now on. Faults: pack.key_name_required, pack.bad_key,
// pack.key_trusted_already.
func AddKey(ctx context.Context, tx *db.Tx, merchant id.ID, name, public string, actor id.ID) (TrustedKey, error) {
	name = strings.TrimSpace(name)
	if name == "" || len(name) > maxKeyName {
		return TrustedKey{}, ErrKeyName.On("name")
	}
	pub, err := ParsePublicKey(public)
	if err != nil {
		return TrustedKey{}, fault.Of(err).On("public_key")
	}
	k := TrustedKey{ID: tx.NewID(), Name: name, Public: pub, AddedAt: tx.Now, AddedBy: actor}
	tx.Queue(`insert into pack_keys (merchant_id, id, name, public_key, added_at, added_by) values ($1, $2, $3, $4, $5, $6)`, merchant, k.ID, k.Name, []byte(pub), k.AddedAt, actor)
	return k, tx.Flush(ctx)
}

// RemoveKey trusts a key no more. What it has signed and is installed stays. Fault:
// pack.key_not_found.
func RemoveKey(ctx context.Context, tx *db.Tx, merchant, key, actor id.ID) (TrustedKey, error) {
	keys, err := TrustedKeys(ctx, tx, merchant)
	if err != nil {
		return TrustedKey{}, err
	}
	for _, k := range keys {
		if k.ID == key {
			n, err := tx.Exec(ctx, `update pack_keys set removed_at = $3, removed_by = $4 where merchant_id = $1 and id = $2 and removed_at is null`, merchant, key, tx.Now, actor)
			if err == nil && n == 0 {
				err = ErrKeyUnknown
			}
			return k, err
		}
	}
	return TrustedKey{}, ErrKeyUnknown
}

// RingOf joins what a merchant's edition trusts with the merchant's own keys.
func RingOf(ctx context.Context, r db.Reader, merchant id.ID, e *edition.Edition) (KeyRing, error) {
	keys, err := TrustedKeys(ctx, r, merchant)
	if err != nil {
		return KeyRing{}, err
	}
	own := make([]Key, len(keys))
	for i, k := range keys {
		own[i] = Key{Name: k.Name, Level: TrustMerchant, Public: k.Public}
	}
	return NewKeyRing(e, own...)
}
