package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/fault"
)

func TestSignInAndSession(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		in := w.signIn(t, "Lily@lily")
		a, err := w.s.Authenticate(ctx, in.Token)
		if err != nil || a != in.Actor {
			t.Fatalf("%+v %+v %v", a, in.Actor, err)
		}
		if a.Kind != auth.KindStaff || a.Staff != w.owner.ID || a.Merchant != w.m || a.Role != auth.Owner || a.Locale != "zh-Hans" || a.Name != "Lily" {
			t.Fatalf("%+v", a)
		}
		stored, err := db.Value[string](ctx, w.d, `select token_hash from sessions where merchant_id = $1`, w.m)
		if err != nil || strings.Contains(in.Token, stored) || len(stored) != 64 {
			t.Fatalf("%q %v", stored, err)
		}
		other, _ := w.merchant(t, "rose")
		for _, wrong := range []string{"", "x", in.Token + "A", in.Token[:len(in.Token)-1], strings.ToUpper(in.Token), "swk_" + in.Token} {
			_, err := w.s.Authenticate(ctx, wrong)
			want(t, err, auth.ErrUnauthenticated)
		}
		w.exec(t, `update sessions set merchant_id = $1`, other) // a token speaks for its own merchant only
		fresh := service(t, w.d)
		_, err = fresh.Session(ctx, in.Token)
		want(t, err, auth.ErrUnauthenticated)
	})
}

func TestAWrongPasswordAndAnUnknownLoginLookTheSame(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		gone := w.staff(t, "gone", auth.Cashier)
		w.must(t, func(ctx context.Context, tx *db.Tx) error { return auth.Deactivate(ctx, tx, w.m, gone.ID) })
		w.must(t, func(ctx context.Context, tx *db.Tx) error {
			_, err := auth.CreateStaff(ctx, tx, w.m, auth.NewStaff{Profile: auth.Profile{Name: "N", Role: auth.Cashier}, Login: "nopass"})
			return err
		})
		for _, login := range []string{"lily@lily", "nobody@lily", "lily@nowhere", "lily", "gone@lily", "nopass@lily", "@", ""} {
			pw := password
			if login == "lily@lily" {
				pw = "wrong password"
			}
			_, err := w.s.SignIn(ctx, login, pw, "")
			want(t, err, auth.ErrWrongLogin)
			if f := fault.Of(err); len(f.Args) != 0 || f.Param != "" || errors.Unwrap(f) != nil {
				t.Errorf("%q says more than the others: %v", login, f)
			}
		}
		_, err := w.s.SignIn(ctx, "lily@lily", strings.Repeat("x", 1<<20), "")
		want(t, err, auth.ErrWrongLogin)
	})
}

func TestTooManyAttempts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		wrong := func(login, remote string) error {
			_, err := w.s.SignIn(ctx, login, "wrong password", remote)
			return err
		}
		// At once: attempts that run side by side must not all pass.
		var wg sync.WaitGroup
		var denied atomic.Int64
		for range 25 {
			wg.Go(func() {
				if errors.Is(wrong("lily@lily", ""), auth.ErrTooManyAttempts) {
					denied.Add(1)
				}
			})
		}
		wg.Wait()
		if denied.Load() != 15 {
			t.Fatalf("%d of 25 were refused", denied.Load())
		}
		_, err := w.s.SignIn(ctx, " LILY@lily ", password, "")
		want(t, err, auth.ErrTooManyAttempts)
		if s := fault.Of(err).Args["retry_after_seconds"]; s != int64(900) {
			t.Fatal(s)
		}
		w.clock.Advance(15*time.Minute + time.Second)
		for range 30 { // success counts for nothing and clears the login's count
			want(t, wrong("lily@lily", ""), auth.ErrWrongLogin)
			w.signIn(t, "lily@lily")
		}
		for i := range 40 {
			want(t, wrong(fmt.Sprint("u", i, "@lily"), "192.0.2.9"), auth.ErrWrongLogin)
		}
		want(t, wrong("fresh@lily", "192.0.2.9"), auth.ErrTooManyAttempts)
		want(t, wrong("fresh@lily", "192.0.2.10"), auth.ErrWrongLogin)
	})
}

func TestSessionsSlideAndEnd(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		in := w.signIn(t, "lily@lily")
		for range 5 { // used every 10 hours: lives on beyond its 12
			w.clock.Advance(10 * time.Hour)
			if _, err := w.s.Session(ctx, in.Token); err != nil {
				t.Fatal(err)
			}
		}
		w.clock.Advance(12*time.Hour + time.Second)
		_, err := w.s.Session(ctx, in.Token)
		want(t, err, auth.ErrUnauthenticated)
		w.signIn(t, "lily@lily") // and takes the expired ones away
		if n, err := db.Value[int](ctx, w.d, `select count(*) from sessions`); err != nil || n != 1 {
			t.Fatalf("%d sessions, %v", n, err)
		}
	})
}

func TestTheCacheSavesTripsAndNeverOutlivesARevocation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		anna := w.staff(t, "anna", auth.Cashier)
		in := w.signIn(t, "anna@lily")
		session := func() error { _, err := w.s.Session(ctx, in.Token); return err }
		if err := session(); err != nil {
			t.Fatal(err)
		}
		w.exec(t, `delete from sessions`) // behind our back, as another process would
		if err := session(); err != nil {
			t.Fatalf("this should come from memory: %v", err)
		}
		w.clock.Advance(5 * time.Second)
		want(t, session(), auth.ErrUnauthenticated)

		for _, end := range []func(ctx context.Context, tx *db.Tx) error{
			func(ctx context.Context, tx *db.Tx) error { return auth.SetPassword(ctx, tx, w.m, anna.ID, w.hash) },
			func(ctx context.Context, tx *db.Tx) error { return auth.Deactivate(ctx, tx, w.m, anna.ID) },
		} {
			in = w.signIn(t, "anna@lily")
			if err := session(); err != nil {
				t.Fatal(err)
			}
			w.must(t, end)
			want(t, session(), auth.ErrUnauthenticated)
		}
		w.must(t, func(ctx context.Context, tx *db.Tx) error { return auth.Reactivate(ctx, tx, w.m, anna.ID) })
		in = w.signIn(t, "anna@lily")
		a, err := w.s.Session(ctx, in.Token)
		if err != nil || a.Role != auth.Cashier {
			t.Fatal(a, err)
		}
		w.must(t, func(ctx context.Context, tx *db.Tx) error {
			return auth.UpdateStaff(ctx, tx, w.m, anna.ID, auth.Profile{Name: "Anna", Role: auth.Manager, Locale: "en"})
		})
		if a, err = w.s.Session(ctx, in.Token); err != nil || a.Role != auth.Manager || a.Locale != "en" {
			t.Fatalf("%+v %v", a, err)
		}
		if err := w.s.SignOut(ctx, in.Token); err != nil {
			t.Fatal(err)
		}
		want(t, session(), auth.ErrUnauthenticated)
		if err := w.s.SignOut(ctx, "nonsense"); err != nil {
			t.Fatal(err)
		}
	})
}

func TestIssueSession(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other, _ := w.merchant(t, "rose")
		var in auth.SignedIn
		w.must(t, func(ctx context.Context, tx *db.Tx) (err error) {
			in, err = w.s.IssueSession(ctx, tx, w.m, w.owner.ID)
			return err
		})
		if a, err := w.s.Session(ctx, in.Token); err != nil || a.ID != w.owner.ID || in.Expires != w.clock.Now().Add(12*time.Hour) {
			t.Fatalf("%+v %v", a, err)
		}
		want(t, w.try(func(ctx context.Context, tx *db.Tx) error {
			_, err := w.s.IssueSession(ctx, tx, other, w.owner.ID)
			return err
		}), auth.ErrStaffNotFound)
	})
}

func TestKeys(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		create := func(n auth.NewKey) (k auth.APIKey, secret string, err error) {
			err = w.try(func(ctx context.Context, tx *db.Tx) (err error) {
				k, secret, err = auth.CreateKey(ctx, tx, w.m, n)
				return err
			})
			return
		}
		shop, secret, err := create(auth.NewKey{Name: " Online shop ", Role: auth.Cashier})
		if err != nil || !strings.HasPrefix(secret, "swk_") {
			t.Fatal(err)
		}
		brief, briefSecret, err := create(auth.NewKey{Name: "Brief", Role: auth.Finance, Expires: w.clock.Now().Add(3 * time.Second)})
		if err != nil {
			t.Fatal(err)
		}
		a, err := w.s.Authenticate(ctx, secret)
		if err != nil || a.Kind != auth.KindAPIKey || a.ID != shop.ID || a.Name != "Online shop" || a.Role != auth.Cashier || a.Merchant != w.m || !a.Staff.IsNone() {
			t.Fatalf("%+v %v", a, err)
		}
		if _, err := w.s.Key(ctx, briefSecret); err != nil {
			t.Fatal(err)
		}
		w.clock.Advance(3 * time.Second) // within the cache's five
		_, err = w.s.Key(ctx, briefSecret)
		want(t, err, auth.ErrKeyExpired)

		revoke := func() error {
			return w.try(func(ctx context.Context, tx *db.Tx) error { return auth.RevokeKey(ctx, tx, w.m, shop.ID) })
		}
		if err := revoke(); err != nil {
			t.Fatal(err)
		}
		_, err = w.s.Key(ctx, secret)
		want(t, err, auth.ErrKeyRevoked)
		want(t, revoke(), auth.ErrKeyNotFound)

		list, err := auth.ListKeys(ctx, w.d, w.m)
		if err != nil || len(list) != 2 || list[0] != brief || list[1].RevokedAt != w.clock.Now() {
			t.Fatalf("%+v %v", list, err)
		}
		_, _, err = create(auth.NewKey{Name: "K", Role: auth.Owner, Expires: w.clock.Now()})
		want(t, err, auth.ErrKeyExpiry)
		_, _, err = create(auth.NewKey{Role: auth.Owner})
		want(t, err, auth.ErrName)
		for _, wrong := range []string{"swk_", "swk_x", secret[4:], secret[:len(secret)-1] + "!"} {
			_, err := w.s.Key(ctx, wrong)
			want(t, err, auth.ErrUnauthenticated)
		}
	})
}

func TestPasswords(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, weak := range []string{"", "1234567", strings.Repeat("x", 129)} {
			_, err := w.s.HashPassword(ctx, weak)
			want(t, err, auth.ErrPassword)
		}
		if !strings.HasPrefix(string(w.hash), "$argon2id$v=19$m=64,t=1,p=1$") {
			t.Fatal(w.hash)
		}
		again, err := w.s.HashPassword(ctx, password)
		if err != nil || again == w.hash {
			t.Fatal("no salt", err)
		}
		// The parameters are raised: the next sign-in renews the hash, and both work.
		dearer := auth.New(w.d, auth.Options{Hash: auth.HashParams{MemoryKiB: 128, Passes: 2, Threads: 1}})
		defer dearer.Close()
		for range 2 {
			if _, err := dearer.SignIn(ctx, "lily@lily", password, ""); err != nil {
				t.Fatal(err)
			}
		}
		now, err := db.Value[string](ctx, w.d, `select password_hash from staff where merchant_id = $1`, w.m)
		if err != nil || !strings.HasPrefix(now, "$argon2id$v=19$m=128,t=2,p=1$") {
			t.Fatal(now, err)
		}
		w.signIn(t, "lily@lily")
		w.exec(t, `update staff set password_hash = $1`, "$argon2id$v=19$m=4000000000,t=1,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA")
		_, err = w.s.SignIn(ctx, "lily@lily", password, "")
		want(t, err, auth.ErrWrongLogin)
	})
}

// RFC 9106's reference implementation made this hash: ours must be the same function.
func TestAForeignArgon2idHashIsAccepted(t *testing.T) {
	w := &world{d: dbtest.SQLite(t)}
	w.s = service(t, w.d)
	w.m, _ = w.merchant(t, "lily")
	w.exec(t, `update staff set password_hash = $1`, "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	if _, err := w.s.SignIn(ctx, "lily@lily", "password", ""); err != nil {
		t.Fatal(err)
	}
}
