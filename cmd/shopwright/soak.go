package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/soak"
)

// soakRun is what a soak is asked for.
type soakRun struct {
	data, database string
	operations     int64
	workers        int
	proveEvery     int64
	killEvery      int64
	seed           uint64
	child          bool
}

func soakCommand() *cobra.Command {
	var r soakRun
	cmd := &cobra.Command{
		Use:   "soak",
		Short: "Play a busy shop at random and prove its books all the while",
		Long: "soak makes a merchant of its own in a database of its own and does at several\n" +
			"registers at once all that a shop does: sales with any tenders, top-ups, punch and\n" +
			"gift cards, refunds, cash-outs, transfers, expiry, shifts, changed settings. After\n" +
			"every --prove-every operations the registers stand still: the books are proved,\n" +
			"the documents compared with the ledger. With --kill-every the program that works is\n" +
			"killed now and then and started again; what it had answered must be there once.\n" +
			"Exit status 0 only where everything held. Ctrl-C ends it with a last proof.",
		Example: "  shopwright soak --operations 20000\n" +
			"  shopwright soak --database postgres://user@host/scratch --kill-every 5000 --seed 7",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if r.child {
				if err := soak.Child(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), r.open); err != nil {
					return exitCode(1) // it has told its parent why
				}
				return nil
			}
			if !cmd.Flags().Changed("seed") {
				r.seed = rand.Uint64()
			}
			return r.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	f := cmd.Flags()
	f.StringVar(&r.data, "data", "", "folder for the database and compiled rules (default: a temporary one)")
	f.StringVar(&r.database, "database", "", "sqlite:FILE or postgres://user@host/database, best a scratch one (default: a file in --data)")
	f.Int64Var(&r.operations, "operations", 1_000_000, "how many operations")
	f.IntVar(&r.workers, "workers", 8, "registers at work at once")
	f.Int64Var(&r.proveEvery, "prove-every", 10_000, "operations between two proofs")
	f.Int64Var(&r.killEvery, "kill-every", 0, "kill the working program after about so many operations; 0: never")
	f.Uint64Var(&r.seed, "seed", 0, "what is drawn follows from it (default: a random one, which is printed)")
	f.BoolVar(&r.child, "child", false, "work by the orders on standard input")
	_ = f.MarkHidden("child")
	return cmd
}

func (r *soakRun) run(ctx context.Context, out io.Writer) error {
	switch {
	case r.operations < 1 || r.proveEvery < 1 || r.killEvery < 0:
		return errors.New("--operations and --prove-every are 1 or more, --kill-every is not below 0")
	case r.workers < 1 || r.workers > 256:
		return errors.New("--workers is 1 to 256")
	}
	if r.data == "" {
		dir, err := os.MkdirTemp("", "shopwright-soak-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		r.data = dir
	} else if err := os.MkdirAll(r.data, 0o700); err != nil {
		return err
	}
	if r.database == "" {
		r.database = "sqlite:" + filepath.Join(r.data, "soak.db")
	}
	fmt.Fprintf(out, "soak: seed %d, %d operations by %d registers\n", r.seed, r.operations, r.workers)
	began := time.Now()
	tally, err := r.play(ctx, r.told(out, began))
	if tally != nil {
		tally.Print(out, time.Since(began))
	}
	switch {
	case err != nil:
		fmt.Fprintf(out, "soak: the books did NOT hold, seed %d\n", r.seed)
		return err
	case tally.Done() < r.operations:
		fmt.Fprintf(out, "soak: ended early after %d operations; the books hold so far\n", tally.Done())
	default:
		fmt.Fprintln(out, "soak: the books hold")
	}
	return nil
}

// play makes the merchant and does the operations, in this program or, where it is
// to be killed, in children.
func (r *soakRun) play(ctx context.Context, told func(*soak.Tally, soak.Event)) (*soak.Tally, error) {
	c, retries := soak.NewClock(0), &atomic.Int64{}
	desk, done, err := r.open(context.WithoutCancel(ctx), c, retries)
	if err != nil {
		return nil, err
	}
	var once sync.Once
	closeDesk := func() { once.Do(done) }
	defer closeDesk()
	w, err := soak.Make(ctx, desk, r.workers)
	if err != nil {
		return nil, err
	}
	cfg := soak.Config{World: w, Seed: r.seed, Operations: r.operations, ProveEvery: r.proveEvery, Retries: retries}
	if r.killEvery == 0 {
		return soak.Play(ctx, desk, c, cfg, told)
	}
	closeDesk() // the children have the database to themselves
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := soak.Supervisor{KillEvery: r.killEvery, Shown: told, Command: func() *exec.Cmd {
		cmd := exec.Command(self, "soak", "--child", "--data", r.data, "--database", r.database)
		cmd.Stderr = os.Stderr
		return cmd
	}}
	return s.Supervise(ctx, cfg)
}

// open opens the program's parts on the clock of the soak.
func (r *soakRun) open(ctx context.Context, c *soak.Clock, retries *atomic.Int64) (*checkout.Desk, func(), error) {
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	a, err := openCore(ctx, config{Data: r.data, DB: r.database}, log, openOptions{clock: c, cheap: true, retried: func() { retries.Add(1) }})
	if err != nil {
		return nil, nil, err
	}
	a.desk.Acquirer = soak.Acquirer{}
	return a.desk, a.Close, nil
}

// told says after each proof how far it is.
func (r *soakRun) told(out io.Writer, began time.Time) func(*soak.Tally, soak.Event) {
	return func(t *soak.Tally, e soak.Event) {
		if c := e.Check; c != nil {
			took := time.Since(began)
			fmt.Fprintf(out, "%9d of %d operations, %.0f a second, %d documents; proved %d figures in %s\n",
				c.Operation, r.operations, float64(t.Done())/max(took.Seconds(), 0.001), c.Documents, c.Checked, c.Proof.Round(time.Millisecond))
		}
	}
}
