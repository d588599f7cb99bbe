package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

// killRun is what a kill suite is asked for, and what it has so far.
type killRun struct {
	data, database string
	checkouts      int // under the chaos of drivers; as many without devices, and with all of them stopped
	rounds         int
	hostKills      int
	seed           uint64
	pace           time.Duration // the usual rest of a cashier between two checkouts
	out            io.Writer

	log     *slog.Logger
	rnd     *rand.Rand
	shop    killShop
	counter *killCounter
	trace   killTrace
	sales   []*killSale
	hosts   []int // processes that started drivers
	done    map[string]int
	again   int // uncertain receipts that somebody had printed once more
}

func driverKillCommand() *cobra.Command {
	var k killRun
	cmd := &cobra.Command{
		Use:   "kill",
		Short: "Sell while drivers are killed, hung, unplugged and flooded, and see that nothing is lost",
		Long: "kill makes a shop with a register full of simulated devices and sells. Meanwhile it\n" +
			"kills and freezes drivers, pulls cables, has printers stall, reset and fall silent,\n" +
			"floods the scanner; at last it kills the whole program again and again. Then it holds\n" +
			"the books and the print jobs against what came out on paper. In between it sells at\n" +
			"a register without devices, for the time that a checkout takes without them.\n" +
			"Exit status 1 where a goal is missed. docs/drivers/kill.md says how to read the table.",
		Example: "  shopwright driver kill\n  shopwright driver kill --checkouts 100 --rounds 1 --seed 7",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if !cmd.Flags().Changed("seed") {
				k.seed = rand.Uint64()
			}
			k.out = cmd.OutOrStdout()
			rows, err := k.run(cmd.Context())
			if err != nil {
				return err
			}
			if writeGoals(k.out, rows) > 0 {
				return exitCode(1)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.IntVar(&k.checkouts, "checkouts", 1000, "checkouts while drivers suffer")
	f.IntVar(&k.rounds, "rounds", 5, "rounds, each with and without devices")
	f.IntVar(&k.hostKills, "host-kills", 8, "kills of the whole program, in a round of its own")
	f.DurationVar(&k.pace, "pace", 100*time.Millisecond, "rest between two checkouts, more or less")
	f.Uint64Var(&k.seed, "seed", 0, "what is drawn follows from it (default: a random one, which is printed)")
	f.StringVar(&k.data, "data", "", "folder for the database, the paper and the log (default: a temporary one)")
	f.StringVar(&k.database, "database", "", "sqlite:FILE or postgres://user@host/database, best a scratch one (default: a file in --data)")
	return cmd
}

// run plays everything and answers the table.
func (k *killRun) run(ctx context.Context) ([]goal, error) {
	if k.checkouts < 1 || k.rounds < 1 || k.rounds > k.checkouts || k.hostKills < 0 || k.pace < 0 {
		return nil, errors.New("--checkouts and --rounds are 1 or more, not more rounds than checkouts; --host-kills and --pace are not below 0")
	}
	end, err := k.folder()
	if err != nil {
		return nil, err
	}
	defer end()
	machine := watchMachine()
	k.rnd, k.done = rand.New(rand.NewPCG(k.seed, 1)), map[string]int{}
	if k.counter, err = newKillCounter(k.data); err != nil {
		return nil, err
	}
	defer k.counter.close()
	fmt.Fprintf(k.out, "driver kill: seed %d, %d checkouts in %d rounds; %s\n", k.seed, k.checkouts, k.rounds, k.counter.line.what())
	if err := k.prepare(ctx); err != nil {
		return nil, err
	}
	legs, err := k.driverRounds(ctx)
	if err != nil {
		return nil, err
	}
	if err := k.hostRound(ctx); err != nil {
		return nil, err
	}
	e, err := k.gather(ctx)
	if err != nil {
		return nil, err
	}
	rows := append(e.judge(), k.trace.goal(), k.orphans())
	rows = append(rows, legs.goals()...)
	for _, n := range e.notes {
		fmt.Fprintln(k.out, "  "+n)
	}
	fmt.Fprintf(k.out, "done to it: %s; %d receipts were uncertain and printed once more\n%s\n", acts(k.done), k.again, machine.said())
	return rows, nil
}

// folder makes the folder of the run and opens its log there.
func (k *killRun) folder() (end func(), err error) {
	remove := func() {}
	if k.data == "" {
		if k.data, err = os.MkdirTemp("", "shopwright-kill-"); err != nil {
			return nil, err
		}
		remove = func() { _ = os.RemoveAll(k.data) }
	} else if err := os.MkdirAll(k.data, 0o700); err != nil {
		return nil, err
	}
	if k.data, err = filepath.Abs(k.data); err != nil {
		return nil, err
	}
	if k.database == "" {
		k.database = "sqlite:" + filepath.Join(k.data, "shop.db")
	}
	f, err := os.Create(filepath.Join(k.data, "kill.log"))
	if err != nil {
		return nil, err
	}
	k.log = slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return func() { _ = f.Close(); remove() }, nil
}

// legs are the times of checkouts, by round: without devices, under chaos, and with
// every driver stopped.
type legs struct{ without, chaos, stopped [][]time.Duration }

// driverRounds sells in the program itself. What a round leaves behind is printed
// before the next begins, so that it does not slow that one.
func (k *killRun) driverRounds(ctx context.Context) (*legs, error) {
	s, err := k.serve(ctx, openOptions{cheap: true, called: k.trace.called})
	if err != nil {
		return nil, err
	}
	defer s.stop()
	if err := k.stock(ctx, s); err != nil {
		return nil, err
	}
	if err := s.allReady(ctx, len(k.counter.devices)); err != nil {
		return nil, err
	}
	end := s.listen(k)
	defer end()
	if _, err := k.sell(ctx, s, k.shop.quiet, 10); err != nil { // for warming up
		return nil, err
	}
	out := &legs{}
	for round := range k.rounds {
		n := k.checkouts*(round+1)/k.rounds - k.checkouts*round/k.rounds
		without, err := k.sell(ctx, s, k.shop.quiet, n)
		if err != nil {
			return nil, err
		}
		chaos, err := k.under(ctx, s, n, k.actor(s).chaos)
		if err != nil {
			return nil, err
		}
		stopped, err := k.under(ctx, s, n, k.actor(s).stopAll)
		if err != nil {
			return nil, err
		}
		out.without, out.chaos, out.stopped = append(out.without, without), append(out.chaos, chaos), append(out.stopped, stopped)
		fmt.Fprintf(k.out, "round %d of %d, %d checkouts each: without devices %s; under chaos %s, %.2f times; every driver stopped %s, %.2f times\n",
			round+1, k.rounds, n, spread(without), spread(chaos), ratio(chaos, without), spread(stopped), ratio(stopped, without))
	}
	return out, nil
}

func (k *killRun) actor(s *killServer) *killActor {
	return &killActor{k: k, s: s, rnd: rand.New(rand.NewPCG(k.seed, uint64(len(k.sales))))}
}

// under sells at the register with devices while act does its worst, and mends
// everything afterwards.
func (k *killRun) under(ctx context.Context, s *killServer, n int, act func(context.Context)) ([]time.Duration, error) {
	doing, enough := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { defer close(ended); act(doing) }()
	took, err := k.sell(ctx, s, k.shop.Register.String(), n)
	enough()
	<-ended
	if err != nil {
		return nil, err
	}
	return took, k.calm(ctx, s.a)
}

func spread(took []time.Duration) string {
	return fmt.Sprintf("p50 %s p99 %s", roundish(at(took, 50)), roundish(at(took, 99)))
}

func ratio(a, b []time.Duration) float64 {
	return float64(at(a, 50)) / float64(max(at(b, 50), 1))
}

// slower is the most that devices may cost a checkout.
const slower = 1.10

func (l *legs) goals() []goal {
	wanted := fmt.Sprintf("< %.2f x", slower)
	row := func(what string, with [][]time.Duration) goal {
		var all []float64
		for i := range with {
			all = append(all, ratio(with[i], l.without[i]))
		}
		slices.Sort(all) // the middle round: one that something else disturbed says nothing
		mid := all[len(all)/2]
		return goal{what, wanted, fmt.Sprintf("%.2f x (%s; without devices %s)", mid, spread(slices.Concat(with...)), spread(slices.Concat(l.without...))), mid >= slower}
	}
	rows := []goal{row("checkout under chaos, median", l.chaos)}
	const every = "checkout with every driver stopped, median"
	if !canFreeze {
		return append(rows, notMeasured(every, wanted, "a process cannot be frozen on "+runtime.GOOS))
	}
	return append(rows, row(every, l.stopped))
}
