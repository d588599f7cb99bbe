package auth

import (
	"context"
	"errors"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrKeyExpired  = fault.New(fault.Unauthenticated, "auth.key_expired")
	ErrKeyRevoked  = fault.New(fault.Unauthenticated, "auth.key_revoked")
	ErrKeyNotFound = fault.New(fault.NotFound, "auth.key_not_found") // unknown or revoked already
	ErrKeyExpiry   = fault.New(fault.Invalid, "auth.expiry_in_the_past")
)

// APIKey is a program's access, without its secret.
type APIKey struct {
	ID        id.ID
	Name      string
	Role      Role
	CreatedAt clock.Instant
	ExpiresAt clock.Instant // 0: never
	RevokedAt clock.Instant // 0: in force
}

// NewKey is what CreateKey needs.
type NewKey struct {
	Name    string
	Role    Role
	Expires clock.Instant // 0: never
}

// CreateKey makes an API key, audits it and answers its secret, which cannot be
// read again. Faults: auth.name_malformed, auth.unknown_role,
// auth.role_too_high, auth.expiry_in_the_past.
func CreateKey(ctx context.Context, tx *db.Tx, merchant id.ID, in NewKey) (k APIKey, secret string, err error) {
	in.Name = strings.TrimSpace(in.Name)
	if in.Name == "" || !textFits(in.Name, maxName) {
		return APIKey{}, "", ErrName.On("name")
	}
	if in.Expires != 0 && in.Expires <= tx.Now {
		return APIKey{}, "", ErrKeyExpiry.On("expires_at")
	}
	if err := mayGrant(ctx, in.Role); err != nil {
		return APIKey{}, "", err
	}
	k = APIKey{ID: tx.NewID(), Name: in.Name, Role: in.Role, CreatedAt: tx.Now, ExpiresAt: in.Expires}
	secret = keyPrefix + newToken(merchant)
	var expires any
	if in.Expires != 0 {
		expires = in.Expires
	}
	tx.Queue(`insert into api_keys (merchant_id, id, name, key_hash, role, created_at, expires_at) values ($1, $2, $3, $4, $5, $6, $7)`,
		merchant, k.ID, k.Name, hashOf(secret), string(k.Role), tx.Now, expires)
	err = auditKey(ctx, tx, merchant, k.ID, "api_key.created", map[string]string{"role": string(k.Role)})
	if err != nil {
		return APIKey{}, "", err
	}
	return k, secret, nil
}

// RevokeKey ends a key at once and audits it. Faults: auth.key_not_found,
// auth.role_too_high.
func RevokeKey(ctx context.Context, tx *db.Tx, merchant, key id.ID) error {
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	role, err := db.Value[Role](ctx, tx, `select role from api_keys where merchant_id = $1 and id = $2 and revoked_at is null for update`, merchant, key)
	if errors.Is(err, db.ErrNoRow) {
		return ErrKeyNotFound
	}
	if err != nil {
		return err
	}
	if err := mayGrant(ctx, role); err != nil {
		return err
	}
	tx.Queue(`update api_keys set revoked_at = $3 where merchant_id = $1 and id = $2`, merchant, key, tx.Now)
	forgetAfter(tx)
	return auditKey(ctx, tx, merchant, key, "api_key.revoked", nil)
}

func auditKey(ctx context.Context, tx *db.Tx, merchant, key id.ID, action string, detail any) error {
	return Audit(ctx, tx, Record{Merchant: merchant, Action: action, SubjectKind: "api_key", SubjectID: key.String(), Detail: detail})
}

// ListKeys lists a merchant's keys, revoked and expired ones too, newest first.
func ListKeys(ctx context.Context, r db.Reader, merchant id.ID) ([]APIKey, error) {
	return db.All(ctx, r, func(r db.Row, k *APIKey) error {
		return r.Scan(&k.ID, &k.Name, &k.Role, &k.CreatedAt, &k.ExpiresAt, &k.RevokedAt)
	}, `select id, name, role, created_at, coalesce(expires_at, 0), coalesce(revoked_at, 0) from api_keys where merchant_id = $1 order by id desc`, merchant)
}

// Key finds the actor of an API key. It reads through the pool: not inside a
// transaction. Faults: auth.unauthenticated, auth.key_expired, auth.key_revoked.
func (s *Service) Key(ctx context.Context, secret string) (Actor, error) {
	merchant, ok := merchantOf(strings.TrimPrefix(secret, keyPrefix))
	if !ok || !IsKey(secret) {
		return Actor{}, ErrUnauthenticated
	}
	hash, now := hashOf(secret), s.d.Now()
	known, round, ok := s.cache.get(hash, now)
	if ok {
		return known, nil
	}
	a := Actor{Kind: KindAPIKey, Merchant: merchant}
	var expires, revoked clock.Instant
	err := s.d.Batch(ctx, db.Ask{
		SQL: `select k.id, k.name, k.role, coalesce(k.expires_at, 0), coalesce(k.revoked_at, 0), m.locale
		      from api_keys k join merchants m on m.merchant_id = k.merchant_id
		      where k.merchant_id = $1 and k.key_hash = $2`,
		Args: []any{merchant, hash},
		Scan: func(r db.Row) error { return r.Scan(&a.ID, &a.Name, &a.Role, &expires, &revoked, &a.Locale) },
	})
	switch {
	case err != nil:
		return Actor{}, err
	case a.ID.IsNone():
		return Actor{}, ErrUnauthenticated
	case revoked != 0:
		return Actor{}, ErrKeyRevoked
	case expires != 0 && expires <= now:
		return Actor{}, ErrKeyExpired
	}
	s.cache.put(hash, a, round, now, expires)
	return a, nil
}
