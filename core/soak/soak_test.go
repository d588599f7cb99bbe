package soak_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/soak"
	"github.com/shopwright/shopwright/rules"
	"github.com/shopwright/shopwright/rules/packs"
)

// dsnOfChild names the database to the test binary where it is started as a child.
const dsnOfChild = "SHOPWRIGHT_SOAK_CHILD"

func TestMain(m *testing.M) {
	if dsn := os.Getenv(dsnOfChild); dsn != "" {
		err := soak.Child(context.Background(), os.Stdin, os.Stdout, func(ctx context.Context, c *soak.Clock, retries *atomic.Int64) (*checkout.Desk, func(), error) {
			return open(ctx, dsn, c, retries)
		})
		if err != nil {
			os.Exit(1) // it has said why
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// open makes a checkout with the real rule packs on a database.
func open(ctx context.Context, dsn string, c *soak.Clock, retries *atomic.Int64) (*checkout.Desk, func(), error) {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	d, err := db.Open(ctx, dsn, db.Options{Clock: c, Log: log, Retried: func() { retries.Add(1) }})
	if err != nil {
		return nil, nil, err
	}
	if _, err := d.Migrate(ctx); err != nil {
		return nil, nil, err
	}
	vault, err := member.NewVault(make([]byte, 32))
	if err != nil {
		return nil, nil, err
	}
	reg := pack.NewRegistry()
	for _, data := range packs.Bundles() {
		b, err := pack.Open(data)
		if err != nil {
			return nil, nil, err
		}
		if err := reg.Add(b); err != nil {
			return nil, nil, err
		}
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	host, err := rules.New(ctx, rules.Options{CacheDir: filepath.Join(dir, "shopwright-test-rules"), Load: reg.Module, Log: log})
	if err != nil {
		return nil, nil, err
	}
	desk := &checkout.Desk{DB: d, Rules: host, Packs: reg, Vault: vault, Acquirer: soak.Acquirer{}, Log: log}
	return desk, func() { _ = host.Close(context.Background()); _ = d.Close() }, nil
}

// world makes the merchant of a run and closes the database again: the children
// have it to themselves.
func world(t testing.TB, dsn string, registers int) *soak.World {
	t.Helper()
	desk, done, err := open(t.Context(), dsn, soak.NewClock(0), &atomic.Int64{})
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	w, err := soak.Make(t.Context(), desk, registers)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// operationsOf is how many operations a run does: SHOPWRIGHT_SOAK, or what is
// usual.
func operationsOf(t testing.TB, usual int64) int64 {
	if v := os.Getenv("SHOPWRIGHT_SOAK"); v != "" {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return usual
}

const registers = 8

// soakWithKills plays a run with kills on a database.
func soakWithKills(t *testing.T, dsn string, seed uint64, operations int64, kills int64) *soak.Tally {
	t.Helper()
	s := &soak.Supervisor{KillEvery: max(operations/(kills+1), 1), Kills: kills, Command: func() *exec.Cmd {
		cmd := exec.Command(os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), dsnOfChild+"="+dsn)
		cmd.Stderr = os.Stderr
		return cmd
	}}
	began := time.Now()
	tally, err := s.Supervise(t.Context(), soak.Config{World: world(t, dsn, registers), Seed: seed, Operations: operations, ProveEvery: max(operations/10, 100)})
	tally.Print(t.Output(), time.Since(began))
	if err != nil {
		t.Fatal(err)
	}
	if tally.Done() < operations {
		t.Fatalf("only %d of %d operations", tally.Done(), operations)
	}
	return tally
}

func TestTheBooksHoldUnderASoakWithKills(t *testing.T) {
	const fixed = 3_000 // what fits into CI; SHOPWRIGHT_SOAK asks for more
	operations := operationsOf(t, fixed)
	if os.Getenv("SHOPWRIGHT_SOAK") == "" && (testing.Short() || race) {
		operations = fixed / 2
	}
	dsns := map[string]func() string{
		"sqlite":   func() string { return "sqlite:" + filepath.Join(t.TempDir(), "shop.db") },
		"postgres": func() string { return dbtest.PostgresURL(t) },
	}
	for name, dsn := range dsns {
		// Most of the operations with a seed that is the same each time, some with one
		// that nobody has drawn before.
		for part, seed := range map[int64]uint64{4: 20261122, 1: rand.Uint64()} {
			t.Run(fmt.Sprintf("%s/%d", name, seed), func(t *testing.T) {
				t.Logf("seed %d", seed)
				soakWithKills(t, dsn(), seed, operations*part/5, part)
			})
		}
	}
}

// play plays a run in this process.
func play(t *testing.T, dsn string, seed uint64, registers int, operations int64) (*soak.Tally, error) {
	t.Helper()
	c, retries := soak.NewClock(0), &atomic.Int64{}
	desk, done, err := open(t.Context(), dsn, c, retries)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	w, err := soak.Make(t.Context(), desk, registers)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	tally, err := soak.Play(t.Context(), desk, c, soak.Config{World: w, Seed: seed, Operations: operations, ProveEvery: max(operations/4, 1), Retries: retries}, nil)
	tally.Print(t.Output(), time.Since(began))
	return tally, err
}

func TestASoakInOneProcess(t *testing.T) {
	if _, err := play(t, "sqlite:"+filepath.Join(t.TempDir(), "shop.db"), 7, 3, operationsOf(t, 300)); err != nil {
		t.Fatal(err)
	}
}
