package auth

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrWrongLogin      = fault.New(fault.Unauthenticated, "auth.wrong_login") // unknown, inactive or a wrong password: the caller does not learn which
	ErrTooManyAttempts = fault.New(fault.Exceeded, "auth.too_many_attempts")  // with retry_after_seconds
)

// SignedIn is a new session.
type SignedIn struct {
	Token   string // shown once; only its hash is stored
	Actor   Actor
	Expires clock.Instant // without a request until then
}

// SignIn opens a session for "login@handle". remote is the caller's address, ""
// where it is unknown. Faults: auth.wrong_login, auth.too_many_attempts.
func (s *Service) SignIn(ctx context.Context, login, password, remote string) (SignedIn, error) {
	login = strings.ToLower(strings.TrimSpace(login))
	byLogin, byRemote := "login "+hashOf(login), "remote "+remote
	if err := s.admit(byLogin, maxPerLogin); err != nil {
		return SignedIn{}, err
	}
	if remote != "" {
		if err := s.admit(byRemote, maxPerRemote); err != nil {
			return SignedIn{}, err
		}
	}
	in, err := s.signIn(ctx, login, password)
	if errors.Is(err, ErrWrongLogin) {
		return SignedIn{}, err
	}
	s.limiter.give(byLogin, err == nil) // a failure of ours is not an attempt
	s.limiter.give(byRemote, false)
	return in, err
}

func (s *Service) admit(key string, most int) error {
	wait, ok := s.limiter.take(key, most, s.d.Now())
	if !ok {
		return ErrTooManyAttempts.With("retry_after_seconds", int64((wait+time.Second-1)/time.Second))
	}
	return nil
}

func (s *Service) signIn(ctx context.Context, login, password string) (SignedIn, error) {
	var merchant, staff id.ID
	var stored PasswordHash
	if name, handle, ok := cutLast(login, "@"); ok {
		err := s.d.Batch(ctx, db.Ask{ // one query, found or not
			SQL: `select s.merchant_id, s.id, s.password_hash from merchants m join staff s on s.merchant_id = m.merchant_id
			      where m.handle = $1 and s.login = $2 and s.active`,
			Args: []any{handle, name},
			Scan: func(r db.Row) error { return r.Scan(&merchant, &staff, &stored) },
		})
		if err != nil {
			return SignedIn{}, err
		}
	}
	ok, outdated, err := s.hasher.verify(ctx, stored, password)
	if err != nil {
		return SignedIn{}, err
	}
	if !ok {
		return SignedIn{}, ErrWrongLogin
	}
	var better PasswordHash
	if outdated { // the parameters have changed since: now the password is at hand
		if better, err = s.hasher.hash(ctx, password); err != nil {
			return SignedIn{}, err
		}
	}
	var in SignedIn
	err = s.d.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		if better != "" {
			tx.Queue(`update staff set password_hash = $3 where merchant_id = $1 and id = $2 and password_hash = $4`, merchant, staff, string(better), string(stored))
		}
		in, err = s.IssueSession(ctx, tx, merchant, staff)
		return err
	})
	if errors.Is(err, ErrStaffNotFound) { // deactivated in the meantime
		err = ErrWrongLogin
	}
	return in, err
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// IssueSession opens a session without a password, for those who have proved
// who they are in another way (the demo's one click), and audits it.
// Fault: auth.staff_not_found, for inactive staff too.
func (s *Service) IssueSession(ctx context.Context, tx *db.Tx, merchant, staff id.ID) (SignedIn, error) {
	if err := tx.Flush(ctx); err != nil {
		return SignedIn{}, err
	}
	a := Actor{Kind: KindStaff, Merchant: merchant}
	_, err := db.One(ctx, tx, func(r db.Row, _ *struct{}) error { return r.Scan(&a.ID, &a.Name, &a.Role, &a.Locale) },
		`select s.id, s.name, s.role, coalesce(nullif(s.locale, ''), m.locale) from staff s join merchants m on m.merchant_id = s.merchant_id
		 where s.merchant_id = $1 and s.id = $2 and s.active`, merchant, staff)
	if errors.Is(err, db.ErrNoRow) {
		return SignedIn{}, ErrStaffNotFound
	}
	if err != nil {
		return SignedIn{}, err
	}
	a.Staff = a.ID
	in := SignedIn{Token: newToken(merchant), Actor: a, Expires: tx.Now.Add(s.opts.SessionFor)}
	tx.Queue(`delete from sessions where merchant_id = $1 and staff_id = $2 and expires_at <= $3`, merchant, staff, tx.Now)
	tx.Queue(`insert into sessions (merchant_id, token_hash, staff_id, created_at, expires_at) values ($1, $2, $3, $4, $5)`,
		merchant, hashOf(in.Token), staff, tx.Now, in.Expires)
	return in, Audit(WithActor(ctx, a), tx, Record{Action: "session.opened", SubjectKind: "staff", SubjectID: staff.String()})
}

// Session finds a session's actor and prolongs it. It reads through the pool and
// may write: not inside a transaction. Fault: auth.unauthenticated.
func (s *Service) Session(ctx context.Context, token string) (Actor, error) {
	merchant, ok := merchantOf(token)
	if !ok {
		return Actor{}, ErrUnauthenticated
	}
	hash, now := hashOf(token), s.d.Now()
	known, round, ok := s.cache.get(hash, now)
	if ok {
		return known, nil
	}
	a := Actor{Kind: KindStaff, Merchant: merchant}
	var expires clock.Instant
	err := s.d.Batch(ctx, db.Ask{
		SQL: `select s.expires_at, st.id, st.name, st.role, coalesce(nullif(st.locale, ''), m.locale)
		      from sessions s
		      join staff st on st.merchant_id = s.merchant_id and st.id = s.staff_id
		      join merchants m on m.merchant_id = s.merchant_id
		      where s.merchant_id = $1 and s.token_hash = $2 and st.active`,
		Args: []any{merchant, hash},
		Scan: func(r db.Row) error { return r.Scan(&expires, &a.ID, &a.Name, &a.Role, &a.Locale) },
	})
	if err != nil {
		return Actor{}, err
	}
	if expires <= now { // also where there is no row
		return Actor{}, ErrUnauthenticated
	}
	a.Staff = a.ID
	if expires.Sub(now) < s.opts.SessionFor*11/12 { // at most one write in a twelfth of its life
		expires = s.prolong(ctx, merchant, hash, expires)
	}
	s.cache.put(hash, a, round, now, expires)
	return a, nil
}

// prolong moves a session's end on. Its failure does not fail the request: the
// next one tries again.
func (s *Service) prolong(ctx context.Context, merchant id.ID, hash string, expires clock.Instant) clock.Instant {
	var until clock.Instant
	err := s.d.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		until = tx.Now.Add(s.opts.SessionFor)
		tx.Queue(`update sessions set expires_at = $3 where merchant_id = $1 and token_hash = $2 and expires_at < $3`, merchant, hash, until)
		return nil
	})
	if err != nil {
		s.opts.Log.Warn("a session could not be prolonged", "error", err)
		return expires
	}
	return until
}

// SignOut ends a session; one that does not exist has ended.
func (s *Service) SignOut(ctx context.Context, token string) error {
	merchant, ok := merchantOf(token)
	if !ok {
		return nil
	}
	return s.d.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		tx.Queue(`delete from sessions where merchant_id = $1 and token_hash = $2`, merchant, hashOf(token))
		forgetAfter(tx)
		return nil
	})
}
