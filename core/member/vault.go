package member

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"sync"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrMasterKey = fault.New(fault.Internal, "member.master_key_length") // not 32 bytes
	ErrSealed    = fault.New(fault.Internal, "member.sealed_unreadable") // another master key, or the row was altered
)

// Vault seals and opens personal data. From one master key it derives, for each
// merchant, a key that wraps the members' data keys and one for each blind
// index. It is safe for concurrent use.
type Vault struct {
	master []byte
	keys   sync.Map // id.ID -> *merchantKeys
}

type merchantKeys struct {
	wrap                  cipher.AEAD
	phone, tail, document []byte
	subject, code         []byte
	ticket                cipher.AEAD
}

// NewVault takes the 32 bytes of the installation's master key. Fault:
// member.master_key_length.
func NewVault(master []byte) (*Vault, error) {
	if len(master) != 32 {
		return nil, ErrMasterKey
	}
	return &Vault{master: append([]byte(nil), master...)}, nil
}

func (v *Vault) of(m id.ID) *merchantKeys {
	if k, ok := v.keys.Load(m); ok {
		return k.(*merchantKeys)
	}
	derive := func(purpose string) []byte {
		k, err := hkdf.Key(sha256.New, v.master, m[:], "shopwright/member/v1/"+purpose, 32)
		if err != nil {
			panic(err) // 32 bytes are within HKDF's limit
		}
		return k
	}
	k := &merchantKeys{wrap: gcm(derive("wrap")), phone: derive("phone"), tail: derive("phone-tail"), document: derive("document"),
		subject: derive("subject"), code: derive("code"), ticket: gcm(derive("ticket"))}
	kept, _ := v.keys.LoadOrStore(m, k)
	return kept.(*merchantKeys)
}

func gcm(key []byte) cipher.AEAD {
	b, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the key's length is ours
	}
	a, err := cipher.NewGCM(b)
	if err != nil {
		panic(err)
	}
	return a
}

// boundTo ties a cipher text to its row: moved to another member it does not open.
func boundTo(m, member id.ID, what string) []byte {
	return append(append(append([]byte(nil), m[:]...), member[:]...), what...)
}

func sealWith(a cipher.AEAD, plain, aad []byte) []byte {
	nonce := make([]byte, a.NonceSize(), a.NonceSize()+len(plain)+a.Overhead())
	if _, err := rand.Read(nonce); err != nil {
		panic(err) // the operating system has no randomness: nothing can go on
	}
	return a.Seal(nonce, nonce, plain, aad)
}

func openWith(a cipher.AEAD, box, aad []byte) ([]byte, error) {
	if len(box) < a.NonceSize() {
		return nil, ErrSealed
	}
	plain, err := a.Open(nil, box[:a.NonceSize()], box[a.NonceSize():], aad)
	if err != nil {
		return nil, ErrSealed.Wrap(err)
	}
	return plain, nil
}

// seal encrypts p under a new data key and wraps that.
func (v *Vault) seal(m, member id.ID, p Private) (wrapped, sealed []byte) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		panic(err)
	}
	plain, err := json.Marshal(p)
	if err != nil {
		panic(err) // strings always marshal
	}
	return sealWith(v.of(m).wrap, key, boundTo(m, member, "key")), sealWith(gcm(key), plain, boundTo(m, member, "data"))
}

// open decrypts; without a wrapped key there is nothing, and no fault.
func (v *Vault) open(m, member id.ID, wrapped, sealed []byte) (Private, error) {
	var p Private
	if len(wrapped) == 0 {
		return p, nil
	}
	key, err := openWith(v.of(m).wrap, wrapped, boundTo(m, member, "key"))
	if err != nil {
		return p, err
	}
	if len(key) != 32 {
		return p, ErrSealed
	}
	plain, err := openWith(gcm(key), sealed, boundTo(m, member, "data"))
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal(plain, &p); err != nil {
		return p, ErrSealed.Wrap(err)
	}
	return p, nil
}

func blindBytes(key, text []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(text)
	return h.Sum(nil)
}

func blind(key []byte, text string) string {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// phoneIndexes are the blind indexes of a normalised number and of its last
// four digits; nil where there is none, so that the column is NULL.
func (v *Vault) phoneIndexes(m id.ID, phone string) (whole, tail any) {
	if phone == "" {
		return nil, nil
	}
	k := v.of(m)
	return blind(k.phone, phone), blind(k.tail, phone[len(phone)-4:])
}

// documentIndex is the blind index of a document's number.
func (v *Vault) documentIndex(m id.ID, number string) string {
	return blind(v.of(m).document, strings.ToUpper(strings.Join(strings.Fields(number), "")))
}

func (v *Vault) documentOrNil(m id.ID, number string) any {
	if number == "" {
		return nil
	}
	return v.documentIndex(m, number)
}
