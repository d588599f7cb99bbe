package auth_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/tenant"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
)

const password = "correct horse"

// world is a merchant with an owner on one database.
type world struct {
	d     *db.DB
	clock *clock.Manual
	s     *auth.Service
	m     id.ID
	owner auth.Staff
	hash  auth.PasswordHash
}

func each(t *testing.T, f func(t *testing.T, w *world)) {
	t.Helper()
	c := clock.NewManual(start)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(start)
		w := &world{d: d, clock: c, s: service(t, d)}
		var err error
		if w.hash, err = w.s.HashPassword(ctx, password); err != nil {
			t.Fatal(err)
		}
		w.m, w.owner = w.merchant(t, "lily")
		f(t, w)
	}, dbtest.WithClock(c))
}

func service(t *testing.T, d *db.DB) *auth.Service {
	s := auth.New(d, auth.Options{Hash: auth.CheapHash, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	t.Cleanup(s.Close)
	return s
}

// merchant sets a merchant up with its owner, in one transaction.
func (w *world) merchant(t *testing.T, handle string) (m id.ID, owner auth.Staff) {
	t.Helper()
	w.must(t, func(ctx context.Context, tx *db.Tx) error {
		x, err := tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: handle, Name: handle, Currency: "CNY", Locale: "zh-Hans"})
		if err != nil {
			return err
		}
		m = x.ID
		owner, err = auth.CreateStaff(ctx, tx, m, auth.NewStaff{Profile: auth.Profile{Name: "Lily", Role: auth.Owner}, Login: " Lily ", Password: w.hash})
		return err
	})
	return m, owner
}

func (w *world) staff(t *testing.T, login string, role auth.Role) (s auth.Staff) {
	t.Helper()
	w.must(t, func(ctx context.Context, tx *db.Tx) (err error) {
		s, err = auth.CreateStaff(ctx, tx, w.m, auth.NewStaff{Profile: auth.Profile{Name: login, Role: role, Level: "senior"}, Login: login, Password: w.hash})
		return err
	})
	return s
}

func (w *world) try(f func(ctx context.Context, tx *db.Tx) error) error { return w.d.InTx(ctx, f) }

func (w *world) must(t *testing.T, f func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	if err := w.try(f); err != nil {
		t.Fatal(err)
	}
}

func (w *world) exec(t *testing.T, query string, args ...any) {
	t.Helper()
	w.must(t, func(_ context.Context, tx *db.Tx) error { tx.Queue(query, args...); return nil })
}

func (w *world) signIn(t *testing.T, login string) auth.SignedIn {
	t.Helper()
	in, err := w.s.SignIn(ctx, login, password, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// as makes a context in which that person acts.
func as(m id.ID, s auth.Staff) context.Context {
	return auth.WithActor(ctx, auth.Actor{Kind: auth.KindStaff, ID: s.ID, Staff: s.ID, Merchant: m, Name: s.Name, Role: s.Role})
}

func want(t *testing.T, err, fault error) {
	t.Helper()
	if !errors.Is(err, fault) {
		t.Fatalf("want %v, got %v", fault, err)
	}
}

func TestRequire(t *testing.T) {
	want(t, auth.Require(ctx, auth.PermSell), auth.ErrUnauthenticated)
	cashier := auth.WithActor(ctx, auth.Actor{Kind: auth.KindStaff, Role: auth.Cashier})
	want(t, auth.Require(cashier, auth.PermRefund), auth.ErrDenied)
	for c, p := range map[context.Context]auth.Permission{
		cashier: auth.PermSell,
		auth.WithActor(ctx, auth.JobActor(id.New(1), "seal")):                         auth.PermProve,
		auth.WithActor(ctx, auth.Actor{Kind: auth.KindAPIKey, Role: auth.Finance}):    auth.PermReports,
		auth.WithActor(ctx, auth.Actor{Kind: auth.KindStaff, Role: auth.Owner}):       auth.PermSettings,
		auth.WithActor(cashier, auth.Actor{Kind: auth.KindStaff, Role: auth.Manager}): auth.PermVoid,
	} {
		if err := auth.Require(c, p); err != nil {
			t.Errorf("%s: %v", p, err)
		}
	}
	want(t, auth.Require(auth.WithActor(ctx, auth.Actor{Kind: auth.KindStaff, Role: "root"}), auth.PermSell), auth.ErrDenied)
	for _, p := range auth.Permissions() {
		if !auth.Owner.May(p) {
			t.Errorf("the owner may not %s", p)
		}
	}
	for _, p := range []auth.Permission{auth.PermRefund, auth.PermVoid, auth.PermAdjust, auth.PermStaff, auth.PermReports, auth.PermSettings, auth.PermAudit} {
		if auth.Cashier.May(p) {
			t.Errorf("the cashier may %s", p)
		}
	}
}

func TestStaffAreValidatedUniqueAndListed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if w.owner.Login != "lily" || !w.owner.HasPassword || !w.owner.Active {
			t.Fatalf("%+v", w.owner)
		}
		anna := w.staff(t, "anna", auth.Cashier)
		add := func(n auth.NewStaff) error {
			return w.try(func(ctx context.Context, tx *db.Tx) error { _, err := auth.CreateStaff(ctx, tx, w.m, n); return err })
		}
		p := auth.Profile{Name: "X", Role: auth.Cashier}
		want(t, add(auth.NewStaff{Profile: p, Login: "ANNA"}), auth.ErrLoginTaken)
		want(t, add(auth.NewStaff{Profile: p, Login: "a@b"}), auth.ErrLogin)
		want(t, add(auth.NewStaff{Profile: auth.Profile{Name: " ", Role: auth.Cashier}, Login: "x"}), auth.ErrName)
		want(t, add(auth.NewStaff{Profile: auth.Profile{Name: "X", Role: "root"}, Login: "x"}), auth.ErrRole)
		want(t, add(auth.NewStaff{Profile: auth.Profile{Name: "X", Role: auth.Cashier, Locale: "!"}, Login: "x"}), auth.ErrLocale)
		other, boss := w.merchant(t, "rose") // the same login at another merchant
		list, err := auth.ListStaff(ctx, w.d, w.m)
		if err != nil || len(list) != 2 || list[0] != w.owner || list[1] != anna {
			t.Fatalf("%+v %v", list, err)
		}
		var got []auth.Staff
		if err := w.d.Batch(ctx, auth.AskStaff(w.m, []id.ID{anna.ID, boss.ID, id.New(1)}, &got)); err != nil || len(got) != 1 || got[0].Level != "senior" {
			t.Fatalf("%+v %v", got, err)
		}
		_, err = auth.GetStaff(ctx, w.d, other, anna.ID)
		want(t, err, auth.ErrStaffNotFound)
	})
}

func TestNobodyRaisesAnybodyAboveThemselves(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		boss, anna := w.staff(t, "boss", auth.Manager), w.staff(t, "anna", auth.Cashier)
		do := func(f func(ctx context.Context, tx *db.Tx) error) error { return w.d.InTx(as(w.m, boss), f) }
		want(t, do(func(ctx context.Context, tx *db.Tx) error {
			_, err := auth.CreateStaff(ctx, tx, w.m, auth.NewStaff{Profile: auth.Profile{Name: "X", Role: auth.Owner}, Login: "x"})
			return err
		}), auth.ErrRoleTooHigh)
		want(t, do(func(ctx context.Context, tx *db.Tx) error {
			return auth.UpdateStaff(ctx, tx, w.m, boss.ID, auth.Profile{Name: "boss", Role: auth.Owner})
		}), auth.ErrRoleTooHigh)
		want(t, do(func(ctx context.Context, tx *db.Tx) error { return auth.SetPassword(ctx, tx, w.m, w.owner.ID, w.hash) }), auth.ErrRoleTooHigh)
		want(t, do(func(ctx context.Context, tx *db.Tx) error { return auth.Deactivate(ctx, tx, w.m, w.owner.ID) }), auth.ErrRoleTooHigh)
		want(t, do(func(ctx context.Context, tx *db.Tx) error {
			_, _, err := auth.CreateKey(ctx, tx, w.m, auth.NewKey{Name: "k", Role: auth.Finance})
			return err
		}), auth.ErrRoleTooHigh)
		if err := do(func(ctx context.Context, tx *db.Tx) error {
			return errors.Join(auth.UpdateStaff(ctx, tx, w.m, anna.ID, auth.Profile{Name: "Anna", Role: auth.Manager}), auth.SetPassword(ctx, tx, w.m, boss.ID, w.hash))
		}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestTheLastOwnerStays(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		demote := func(s id.ID) error {
			return w.try(func(ctx context.Context, tx *db.Tx) error {
				return auth.UpdateStaff(ctx, tx, w.m, s, auth.Profile{Name: "L", Role: auth.Cashier})
			})
		}
		off := func(s id.ID) error {
			return w.try(func(ctx context.Context, tx *db.Tx) error { return auth.Deactivate(ctx, tx, w.m, s) })
		}
		want(t, demote(w.owner.ID), auth.ErrLastOwner)
		want(t, off(w.owner.ID), auth.ErrLastOwner)
		second := w.staff(t, "second", auth.Owner)
		// The first leaves but has not committed; the second must not be told that
		// there is another owner left.
		left, first := make(chan struct{}), make(chan error, 1)
		go func() {
			first <- w.try(func(ctx context.Context, tx *db.Tx) error {
				err := errors.Join(auth.Deactivate(ctx, tx, w.m, w.owner.ID), tx.Flush(ctx))
				close(left)
				time.Sleep(100 * time.Millisecond)
				return err
			})
		}()
		<-left
		want(t, off(second.ID), auth.ErrLastOwner)
		if err := <-first; err != nil {
			t.Fatal(err)
		}
	})
}
