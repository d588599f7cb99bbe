package device

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

// Faults of device hosts.
var (
	ErrHostNotFound  = fault.New(fault.NotFound, "device.host_not_found")
	ErrHostName      = fault.New(fault.Invalid, "device.host_name_invalid")     // not 1 to 80 characters
	ErrHostCode      = fault.New(fault.Denied, "device.host_code_wrong")        // mistyped, used or too old: nobody is told which
	ErrHostUnknown   = fault.New(fault.Unauthenticated, "device.host_unknown")  // the token is nobody's, or was replaced
	ErrHostRevoked   = fault.New(fault.Unauthenticated, "device.host_revoked")  // it was shut out
	ErrHostElsewhere = fault.New(fault.Invalid, "device.host_in_another_shop")  // a device stands in its host's shop
	ErrHostClass     = fault.New(fault.Invalid, "device.class_not_at_a_host")   // a connector runs beside the books
	ErrHostShutOut   = fault.New(fault.Conflict, "device.host_revoked_already") // nothing can be done with it any more
)

const (
	// HostCodeLife is how long a pairing code is good for.
	HostCodeLife = 10 * time.Minute
	// HostCodeLength is how many characters a pairing code has.
	HostCodeLength = 8

	hostCodeAlphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ" // without 0 O 1 I
	hostTokenPrefix  = "swh_"
	hostTokenRandom  = 32
)

// Host is a program beside a till that runs the drivers of devices there.
type Host struct {
	Merchant  id.ID
	ID        id.ID
	Shop      id.ID
	Name      string
	Version   string        // of the program, as it told last; "" before it was paired
	Platform  string        // "linux/amd64"
	CodeUntil clock.Instant // a pairing code is good until then; 0: there is none
	CreatedAt clock.Instant
	PairedAt  clock.Instant // 0: it was never paired
	SeenAt    clock.Instant // 0: it was never heard of
	RevokedAt clock.Instant // 0: in force
}

// Revoked reports whether the host was shut out.
func (h Host) Revoked() bool { return h.RevokedAt != 0 }

// hostless are the classes of connectors: they speak to services, with secrets and
// money, and stay beside the books.
var hostless = map[string]bool{"acquirer": true, "messenger": true, "storefront": true}

// MayStandAtHost reports whether devices of a class may be run by a device host.
func MayStandAtHost(class string) bool { return !hostless[class] }

// CreateHost adds a device host and answers the code that pairs it, which cannot be
// read again. Faults: device.host_name_invalid, device.shop_required.
func CreateHost(tx *db.Tx, merchant, shop id.ID, name string) (Host, string, error) {
	name = strings.Join(strings.Fields(name), " ")
	if n := utf8.RuneCountInString(name); n == 0 || n > 80 || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return Host{}, "", ErrHostName.On("name")
	}
	if shop.IsNone() {
		return Host{}, "", ErrShop.On("shop")
	}
	code := newHostCode()
	h := Host{Merchant: merchant, ID: tx.NewID(), Shop: shop, Name: name, CreatedAt: tx.Now, CodeUntil: tx.Now.Add(HostCodeLife)}
	tx.Queue(`insert into device_hosts (merchant_id, id, shop_id, name, code_hash, code_until, created_at) values ($1, $2, $3, $4, $5, $6, $7)`,
		h.Merchant, h.ID, h.Shop, h.Name, hashHostSecret(code), h.CodeUntil, h.CreatedAt)
	return h, code, nil
}

// RenewHostCode answers a new code for a host that is to be paired, or to be paired
// anew on another machine; an older code is void. Faults: device.host_not_found,
// device.host_revoked_already.
func RenewHostCode(ctx context.Context, tx *db.Tx, merchant, host id.ID) (Host, string, error) {
	h, err := lockHost(ctx, tx, merchant, host)
	if err != nil {
		return Host{}, "", err
	}
	code := newHostCode()
	h.CodeUntil = tx.Now.Add(HostCodeLife)
	tx.Queue(`update device_hosts set code_hash = $3, code_until = $4 where merchant_id = $1 and id = $2`, merchant, host, hashHostSecret(code), h.CodeUntil)
	return h, code, nil
}

// RevokeHost shuts a host out at once and for good. What it has in hand it may still
// give back for half a minute (EndHostJobs). Faults: device.host_not_found,
// device.host_revoked_already.
func RevokeHost(ctx context.Context, tx *db.Tx, merchant, host id.ID) error {
	if _, err := lockHost(ctx, tx, merchant, host); err != nil {
		return err
	}
	tx.Queue(`update device_hosts set revoked_at = $3, code_hash = null, code_until = 0 where merchant_id = $1 and id = $2`, merchant, host, tx.Now)
	tx.Queue(`update device_host_jobs set until = $3 where merchant_id = $1 and host_id = $2 and until = 0`, merchant, host, tx.Now.Add(hostGrace))
	return nil
}

func lockHost(ctx context.Context, tx *db.Tx, merchant, host id.ID) (Host, error) {
	if err := tx.Flush(ctx); err != nil {
		return Host{}, err
	}
	h, err := db.One(ctx, tx, scanHost, `select `+hostColumns+` from device_hosts where merchant_id = $1 and id = $2 for update`, merchant, host)
	switch {
	case errors.Is(err, db.ErrNoRow):
		return Host{}, ErrHostNotFound
	case err == nil && h.Revoked():
		return Host{}, ErrHostShutOut
	}
	return h, err
}

// PairHost takes a pairing code and answers the host that it was made for, with the
// token that speaks for it from now on; the code is used up and an earlier token of
// the host is void. What a machine before it had in hand may be on paper and becomes
// uncertain. Fault: device.host_code_wrong.
func PairHost(ctx context.Context, tx *db.Tx, code, version, platform string) (Host, string, error) {
	code = plainHostCode(code)
	if len(code) != HostCodeLength {
		return Host{}, "", ErrHostCode
	}
	if err := tx.Flush(ctx); err != nil {
		return Host{}, "", err
	}
	h, err := db.One(ctx, tx, scanHost, `select `+hostColumns+` from device_hosts where code_hash = $1 and code_until > $2 and revoked_at = 0 for update`, hashHostSecret(code), tx.Now)
	if errors.Is(err, db.ErrNoRow) {
		return Host{}, "", ErrHostCode
	}
	if err != nil {
		return Host{}, "", err
	}
	token := newHostToken(h.Merchant)
	h.Version, h.Platform, h.CodeUntil, h.PairedAt, h.SeenAt = clip(version, 40), clip(platform, 40), 0, tx.Now, tx.Now
	tx.Queue(`update device_hosts set code_hash = null, code_until = 0, token_hash = $3, version = $4, platform = $5, paired_at = $6, last_seen_at = $6 where merchant_id = $1 and id = $2`,
		h.Merchant, h.ID, hashHostSecret(token), h.Version, h.Platform, tx.Now)
	tx.Queue(`update device_host_jobs set until = $3 where merchant_id = $1 and host_id = $2`, h.Merchant, h.ID, tx.Now)
	return h, token, tx.Flush(ctx)
}

// HostOfToken finds the host that a token speaks for. With device.host_revoked it
// answers the host as well: it may still give back what it has in hand. Faults:
// device.host_unknown, device.host_revoked.
func HostOfToken(ctx context.Context, r db.Reader, token string) (Host, error) {
	merchant, ok := merchantOfHostToken(token)
	if !ok {
		return Host{}, ErrHostUnknown
	}
	h, err := db.One(ctx, r, scanHost, `select `+hostColumns+` from device_hosts where merchant_id = $1 and token_hash = $2`, merchant, hashHostSecret(token))
	switch {
	case errors.Is(err, db.ErrNoRow):
		return Host{}, ErrHostUnknown
	case err == nil && h.Revoked():
		return h, ErrHostRevoked
	}
	return h, err
}

// HostSeen notes that a host is there, and what it runs on.
func HostSeen(tx *db.Tx, h Host, version, platform string) {
	tx.Queue(`update device_hosts set last_seen_at = $3, version = $4, platform = $5 where merchant_id = $1 and id = $2`, h.Merchant, h.ID, tx.Now, clip(version, 40), clip(platform, 40))
}

// GetHost reads a host. Fault: device.host_not_found.
func GetHost(ctx context.Context, r db.Reader, merchant, host id.ID) (Host, error) {
	h, err := db.One(ctx, r, scanHost, `select `+hostColumns+` from device_hosts where merchant_id = $1 and id = $2`, merchant, host)
	if errors.Is(err, db.ErrNoRow) {
		return Host{}, ErrHostNotFound
	}
	return h, err
}

// ListHosts lists a merchant's hosts, revoked ones too, the oldest first. A merchant
// has few, so there are no pages.
func ListHosts(ctx context.Context, r db.Reader, merchant id.ID) ([]Host, error) {
	return db.All(ctx, r, scanHost, `select `+hostColumns+` from device_hosts where merchant_id = $1 order by id`, merchant)
}

// checkHost refuses a device a host that cannot run it.
func checkHost(ctx context.Context, tx *db.Tx, d Device) error {
	if d.Host.IsNone() {
		return nil
	}
	h, err := GetHost(ctx, tx, d.Merchant, d.Host)
	switch {
	case err != nil:
		return err
	case !MayStandAtHost(d.Class):
		return ErrHostClass.On("host")
	case h.Revoked():
		return ErrHostShutOut.On("host")
	case h.Shop != d.Shop:
		return ErrHostElsewhere.On("host")
	}
	return nil
}

const hostColumns = `merchant_id, id, shop_id, name, version, platform, code_until, created_at, paired_at, last_seen_at, revoked_at`

func scanHost(r db.Row, h *Host) error {
	return r.Scan(&h.Merchant, &h.ID, &h.Shop, &h.Name, &h.Version, &h.Platform, &h.CodeUntil, &h.CreatedAt, &h.PairedAt, &h.SeenAt, &h.RevokedAt)
}

// newHostCode makes 40 bits that a person can type.
func newHostCode() string {
	b := make([]byte, HostCodeLength)
	_, _ = rand.Read(b) // it never fails
	for i := range b {
		b[i] = hostCodeAlphabet[int(b[i])%len(hostCodeAlphabet)]
	}
	return string(b)
}

// plainHostCode is a code as it was made, however somebody typed it.
func plainHostCode(typed string) string {
	return strings.Map(func(r rune) rune {
		if r = unicode.ToUpper(r); strings.ContainsRune(hostCodeAlphabet, r) {
			return r
		}
		if r == '-' || unicode.IsSpace(r) {
			return -1
		}
		return '?'
	}, typed)
}

// newHostToken begins with the merchant, as every token does (core/auth).
func newHostToken(merchant id.ID) string {
	b := make([]byte, len(merchant)+hostTokenRandom)
	copy(b, merchant[:])
	_, _ = rand.Read(b[len(merchant):]) // it never fails
	return hostTokenPrefix + base64.RawURLEncoding.EncodeToString(b)
}

func merchantOfHostToken(token string) (m id.ID, ok bool) {
	rest, ok := strings.CutPrefix(token, hostTokenPrefix)
	if !ok || len(rest) != base64.RawURLEncoding.EncodedLen(len(m)+hostTokenRandom) {
		return id.None, false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(rest)
	if err != nil {
		return id.None, false
	}
	copy(m[:], b)
	return m, !m.IsNone()
}

func hashHostSecret(s string) string {
	h := sha256.Sum256([]byte(s))
	return hex.EncodeToString(h[:])
}

// clip bounds what a machine tells of itself.
func clip(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}
