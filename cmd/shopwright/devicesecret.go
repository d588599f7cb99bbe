package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"

	"github.com/shopwright/shopwright/core/id"
)

// sealed marks a setting of a device that is kept encrypted: a key of a payment
// provider, a password.
const sealed = "sealed:1:"

// secretBox encrypts settings of devices under a key of their own, made from the
// master key, and binds each to its merchant.
type secretBox struct{ aead cipher.AEAD }

func newSecretBox(master []byte) (*secretBox, error) {
	key, err := hkdf.Key(sha256.New, master, nil, "shopwright device settings", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	return &secretBox{aead}, err
}

// seal encrypts a setting; what is sealed already stays as it is.
func (b *secretBox) seal(m id.ID, text string) string {
	if text == "" || strings.HasPrefix(text, sealed) {
		return text
	}
	nonce := make([]byte, b.aead.NonceSize())
	_, _ = rand.Read(nonce) // it never fails
	return sealed + base64.RawStdEncoding.EncodeToString(b.aead.Seal(nonce, nonce, []byte(text), []byte(m.String())))
}

var errSealed = errors.New("a sealed setting cannot be opened: the master key is another one")

func (b *secretBox) open(m id.ID, text string) (string, error) {
	rest, ok := strings.CutPrefix(text, sealed)
	if !ok {
		return text, nil
	}
	raw, err := base64.RawStdEncoding.DecodeString(rest)
	if n := b.aead.NonceSize(); err == nil && len(raw) > n {
		var plain []byte
		if plain, err = b.aead.Open(nil, raw[:n], raw[n:], []byte(m.String())); err == nil {
			return string(plain), nil
		}
	}
	return "", errSealed
}

// openAll opens the sealed settings of a device for its driver.
func (b *secretBox) openAll(m id.ID, config json.RawMessage) (json.RawMessage, error) {
	if !strings.Contains(string(config), sealed) {
		return config, nil
	}
	var all map[string]any
	if err := json.Unmarshal(config, &all); err != nil {
		return nil, err
	}
	for k, v := range all {
		if s, ok := v.(string); ok {
			plain, err := b.open(m, s)
			if err != nil {
				return nil, err
			}
			all[k] = plain
		}
	}
	return json.Marshal(all)
}
