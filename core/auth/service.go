package auth

import (
	"context"
	"log/slog"
	"time"

	"github.com/shopwright/shopwright/core/db"
)

// Options tunes a service; the zero value is right for a shop.
type Options struct {
	Hash       HashParams    // default DefaultHash; CheapHash for tests and the demo
	SessionFor time.Duration // how long a session lasts without a request; default 12 h
	Log        *slog.Logger  // default slog.Default()
}

// Service authenticates requests. It holds what must not be in the database:
// the cache, the count of failed attempts, the bound on password hashes.
type Service struct {
	d       *db.DB
	opts    Options
	hasher  *hasher
	limiter *limiter
	cache   *cache
}

// New makes the service of a database; one in a process.
func New(d *db.DB, o Options) *Service {
	if o.Hash == (HashParams{}) {
		o.Hash = DefaultHash
	}
	if o.SessionFor <= 0 {
		o.SessionFor = 12 * time.Hour
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	s := &Service{d: d, opts: o, hasher: newHasher(o.Hash), limiter: newLimiter(), cache: newCache()}
	services.Store(s, d)
	return s
}

// Close ends the service; revocations no longer reach its cache.
func (s *Service) Close() { services.Delete(s) }

// HashPassword checks and hashes a password, for CreateStaff and SetPassword. It
// takes its time and memory: call it before the transaction. Fault: auth.weak_password.
func (s *Service) HashPassword(ctx context.Context, password string) (PasswordHash, error) {
	if err := checkPassword(password); err != nil {
		return "", err
	}
	return s.hasher.hash(ctx, password)
}

// Authenticate finds the actor of an API key or a session token, whichever it
// is. Faults: those of Key and Session.
func (s *Service) Authenticate(ctx context.Context, secret string) (Actor, error) {
	if IsKey(secret) {
		return s.Key(ctx, secret)
	}
	return s.Session(ctx, secret)
}
