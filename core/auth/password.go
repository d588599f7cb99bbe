package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"github.com/shopwright/shopwright/core/fault"
)

// ErrPassword: fewer than 8 characters or more than 128.
var ErrPassword = fault.New(fault.Invalid, "auth.weak_password")

// HashParams is what a password hash costs.
type HashParams struct {
	MemoryKiB uint32
	Passes    uint32
	Threads   uint8
}

// DefaultHash is what OWASP recommends for argon2id at its smallest memory.
var DefaultHash = HashParams{MemoryKiB: 19 * 1024, Passes: 2, Threads: 1}

// CheapHash is for tests and demo data, never for real passwords.
var CheapHash = HashParams{MemoryKiB: 64, Passes: 1, Threads: 1}

const (
	hashesAtOnce = 2 // each takes MemoryKiB
	saltLen      = 16
	keyLen       = 32

	minPassword, maxPassword = 8, 128 // characters
)

// PasswordHash is an argon2id hash in the PHC string format.
type PasswordHash string

// hasher bounds how many hashes are computed at once.
type hasher struct {
	params HashParams
	slots  chan struct{}
}

func newHasher(p HashParams) *hasher {
	return &hasher{params: p, slots: make(chan struct{}, hashesAtOnce)}
}

func (h *hasher) enter(ctx context.Context) error {
	select {
	case h.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *hasher) hash(ctx context.Context, password string) (PasswordHash, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.slots }()
	salt := make([]byte, saltLen)
	if _, err := rand.Read(salt); err != nil {
		return "", err
	}
	p := h.params
	key := argon2.IDKey([]byte(password), salt, p.Passes, p.MemoryKiB, p.Threads, keyLen)
	b64 := base64.RawStdEncoding
	return PasswordHash(fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.MemoryKiB, p.Passes, p.Threads,
		b64.EncodeToString(salt), b64.EncodeToString(key))), nil
}

// verify compares in constant time. A hash that cannot be read costs as much as
// one that can and matches nothing, so that an unknown login takes as long as a
// wrong password. outdated: the hash was made with other parameters than ours.
func (h *hasher) verify(ctx context.Context, stored PasswordHash, password string) (ok, outdated bool, err error) {
	if err := h.enter(ctx); err != nil {
		return false, false, err
	}
	defer func() { <-h.slots }()
	p, salt, want, readable := parsePHC(string(stored))
	if !readable || len([]rune(password)) > maxPassword {
		p, salt, want, readable = h.params, make([]byte, saltLen), make([]byte, keyLen), false
		password = ""
	}
	got := argon2.IDKey([]byte(password), salt, p.Passes, p.MemoryKiB, p.Threads, uint32(len(want)))
	same := subtle.ConstantTimeCompare(got, want) == 1
	return same && readable, p != h.params, nil
}

func parsePHC(s string) (p HashParams, salt, key []byte, ok bool) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, false
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.MemoryKiB, &p.Passes, &p.Threads); n != 3 || err != nil {
		return p, nil, nil, false
	}
	// Bounds: a row that was tampered with must not exhaust the memory.
	if p.MemoryKiB > 256*1024 || p.Passes == 0 || p.Passes > 16 || p.Threads == 0 || p.Threads > 16 {
		return p, nil, nil, false
	}
	var err1, err2 error
	salt, err1 = base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 = base64.RawStdEncoding.DecodeString(parts[5])
	return p, salt, key, err1 == nil && err2 == nil && len(salt) >= 8 && len(key) >= 16 && len(key) <= 64
}

func checkPassword(password string) error {
	if n := utf8.RuneCountInString(password); n < minPassword || n > maxPassword || !utf8.ValidString(password) {
		return ErrPassword.On("password").With("least", minPassword).With("most", maxPassword)
	}
	return nil
}
