package alipay

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// content is what is signed: the parameters that are not empty, in the order of
// their names, as they are before they are encoded for a form.
func content(p url.Values, without ...string) string {
	var parts []string
	for _, k := range slices.Sorted(maps.Keys(p)) {
		if v := p.Get(k); v != "" && !slices.Contains(without, k) {
			parts = append(parts, k+"="+v)
		}
	}
	return strings.Join(parts, "&")
}

func sign(text string, key *rsa.PrivateKey) (string, error) {
	sum := sha256.Sum256([]byte(text))
	sig, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:])
	return base64.StdEncoding.EncodeToString(sig), err
}

func verify(text []byte, signature string, key *rsa.PublicKey) bool {
	sig, err := base64.StdEncoding.DecodeString(signature)
	sum := sha256.Sum256(text)
	return err == nil && rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig) == nil
}

// der reads a key as it is handed out: PEM, or its Base64 alone.
func der(text string) ([]byte, error) {
	if b, _ := pem.Decode([]byte(text)); b != nil {
		return b.Bytes, nil
	}
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
}

func privateKey(text string) (*rsa.PrivateKey, error) {
	raw, err := der(text)
	if err == nil {
		if k, err := x509.ParsePKCS1PrivateKey(raw); err == nil {
			return k, nil
		}
		if k, err := x509.ParsePKCS8PrivateKey(raw); err == nil {
			if k, ok := k.(*rsa.PrivateKey); ok {
				return k, nil
			}
		}
	}
	return nil, errors.New("the private key is no RSA key") // without its cause, which may quote the key
}

func publicKey(text string) (*rsa.PublicKey, error) {
	raw, err := der(text)
	if err == nil {
		if k, err := x509.ParsePKIXPublicKey(raw); err == nil {
			if k, ok := k.(*rsa.PublicKey); ok {
				return k, nil
			}
		}
	}
	return nil, errors.New("the public key is no RSA key")
}

var (
	errSignature = errors.New("the provider's signature is wrong")
	errForm      = errors.New("the provider's answer is not readable")
)

// opened takes the answer out of its envelope and checks its signature, which is
// over the bytes as they were sent.
func opened(raw []byte, name string, key *rsa.PublicKey) (json.RawMessage, error) {
	var env map[string]json.RawMessage
	if json.Unmarshal(raw, &env) != nil {
		return nil, errForm
	}
	var signature string
	if s, ok := env["sign"]; ok && json.Unmarshal(s, &signature) != nil {
		return nil, errForm
	}
	body, ok := env[name]
	if !ok {
		body = env["error_response"]
	}
	if len(body) == 0 {
		return nil, errForm
	}
	if !verify(bytes.TrimSpace(body), signature, key) {
		return nil, errSignature
	}
	return body, nil
}
