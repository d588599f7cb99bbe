package auth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/shopwright/shopwright/core/id"
)

// keyPrefix lets secret scanners and people see what a string is.
const keyPrefix = "swk_"

const randomLen = 32

// newToken makes the merchant's id and 32 random bytes, base64url.
func newToken(merchant id.ID) string {
	b := make([]byte, len(merchant)+randomLen)
	copy(b, merchant[:])
	if _, err := rand.Read(b[len(merchant):]); err != nil {
		panic(err) // the operating system has no randomness: nothing can go on
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// merchantOf reads the merchant from a token's form; ok is false for anything
// that newToken cannot have made.
func merchantOf(token string) (m id.ID, ok bool) {
	if len(token) != base64.RawURLEncoding.EncodedLen(len(m)+randomLen) {
		return id.None, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return id.None, false
	}
	copy(m[:], b)
	return m, !m.IsNone()
}

// hashOf is how a token is stored. Its random part has 256 bits: there is
// nothing to guess, so a fast hash is right.
func hashOf(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}

// IsKey tells an API key from a session token by its prefix.
func IsKey(secret string) bool { return strings.HasPrefix(secret, keyPrefix) }
