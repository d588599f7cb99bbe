package backtest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/job"
	"github.com/shopwright/shopwright/core/promotion"
)

// watched is the rule host with something done before each call.
type watched struct {
	backtest.Rules
	before func(calls int64) error
	calls  atomic.Int64
}

func (w *watched) Evaluate(ctx context.Context, p promotion.PackRef, in *promotion.Input) (promotion.Answer, error) {
	if err := w.before(w.calls.Add(1)); err != nil {
		return promotion.Answer{}, err
	}
	return w.Rules.Evaluate(ctx, p, in)
}

// sold makes sales over some days.
func (s *shop) sold(n, everyDays int) {
	s.t.Helper()
	r := rand.New(rand.NewPCG(7, 8))
	for i := range n {
		s.sell(s.basket(r))
		if i%everyDays == everyDays-1 {
			s.days(1)
		}
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestARunThatWasCutOffGoesOn(t *testing.T) {
	backtest.SmallPages(t, 3)
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, "retail")
		s.sold(24, 4)
		good := s.service.Rules
		all := &watched{Rules: good, before: func(int64) error { return nil }}
		s.service.Rules = all
		want := asJSON(t, s.tried(s.spec("salon", "")))
		whole := all.calls.Load()
		for _, at := range []int64{1, 20, 60} {
			run := s.create(s.spec("salon", ""))
			ctx, cancel := context.WithCancel(s.ctx)
			w := &watched{Rules: good, before: func(calls int64) error {
				if calls == at {
					cancel()
				}
				return nil
			}}
			s.service.Rules = w
			if err := s.service.Run(ctx, s.m.ID, run.ID); !errors.Is(err, context.Canceled) {
				t.Fatalf("cut off at call %d: %v", at, err)
			}
			mid := s.get(run.ID)
			if mid.State != backtest.Running || at == 60 && mid.Done == 0 {
				t.Fatalf("after the cut at call %d: %s, %d done", at, mid.State, mid.Done)
			}
			again := &watched{Rules: good, before: func(int64) error { return nil }}
			s.service.Rules = again
			if err := s.service.Run(s.ctx, s.m.ID, run.ID); err != nil {
				t.Fatal(err)
			}
			if got := asJSON(t, s.report(run.ID)); got != want {
				t.Errorf("cut off at call %d:\n%s\nin one go:\n%s", at, got, want)
			}
			if at == 60 && again.calls.Load() >= whole {
				t.Errorf("it began again: %d calls of %d", again.calls.Load(), whole)
			}
		}
		s.service.Rules = good
	})
}

func TestTheRuleHostStopsWithTheProgram(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, "retail")
		s.sold(6, 2)
		good := s.service.Rules
		s.service.Rules = &watched{Rules: good, before: func(int64) error { return &fault.Fault{Kind: fault.Unavailable, Reason: "rules.closed"} }}
		run := s.create(s.spec("salon", ""))
		if err := s.service.Run(s.ctx, s.m.ID, run.ID); reason(err) != "rules.closed" {
			t.Fatal(err)
		}
		if v := s.get(run.ID); v.Over() {
			t.Fatalf("a stop of the program ended the run: %+v", v)
		}
		s.service.Rules = good
		if err := s.service.Run(s.ctx, s.m.ID, run.ID); err != nil {
			t.Fatal(err)
		}
		if got := s.report(run.ID); len(got.Failures) != 0 || got.Sales != 6 {
			t.Errorf("%+v", got)
		}
	})
}

func TestARuleThatFailsIsCounted(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, "retail")
		s.sold(4, 4)
		good := s.service.Rules
		s.service.Rules = &watched{Rules: good, before: func(int64) error { return &fault.Fault{Kind: fault.Exceeded, Reason: "rules.out_of_fuel"} }}
		got := s.tried(s.spec("salon", ""))
		s.service.Rules = good
		if len(got.Failures) == 0 || got.A.Net != got.B.Net || got.Changed != 0 {
			t.Errorf("%+v", got)
		}
		for _, f := range got.Failures {
			if f.Pack != "salon" || f.Reason != "rules.out_of_fuel" || f.A != 0 || f.B == 0 || promotion.HookOf(f.Hook) == 0 {
				t.Errorf("%+v", f)
			}
		}
	})
}

func TestCancel(t *testing.T) {
	backtest.SmallPages(t, 3)
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, "retail")
		s.sold(8, 1)
		good := s.service.Rules
		run := s.create(s.spec("salon", ""))
		cancel := func() error {
			return d.InTx(s.ctx, func(ctx context.Context, tx *db.Tx) error { return backtest.Cancel(ctx, tx, s.m.ID, run.ID) })
		}
		var once sync.Once
		s.service.Rules = &watched{Rules: good, before: func(int64) error {
			once.Do(func() {
				if err := cancel(); err != nil {
					t.Error(err)
				}
			})
			return nil
		}}
		if err := s.service.Run(s.ctx, s.m.ID, run.ID); err != nil {
			t.Fatal(err)
		}
		s.service.Rules = good
		if v := s.get(run.ID); v.State != backtest.Cancelled || v.EndedAt == 0 {
			t.Fatalf("%+v", v)
		}
		if _, err := backtest.ReportOf(s.ctx, d, s.m.ID, run.ID); reason(err) != "backtest.not_ready" {
			t.Error(err)
		}
		if err := cancel(); reason(err) != "backtest.ended" {
			t.Error(err)
		}
		if err := s.service.Run(s.ctx, s.m.ID, run.ID); err != nil || s.get(run.ID).State != backtest.Cancelled {
			t.Error("a cancelled run went on", err)
		}
	})
}

// TestTwoProcessesAtOneRun: the one that came later has it, the other stops and
// writes nothing more.
func TestTwoProcessesAtOneRun(t *testing.T) {
	backtest.SmallPages(t, 3)
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, "retail")
		s.sold(12, 2)
		want := asJSON(t, s.tried(s.spec("salon", "")))
		run := s.create(s.spec("salon", ""))
		first := *s.service
		entered, release := make(chan struct{}), make(chan struct{})
		first.Rules = &watched{Rules: s.service.Rules, before: func(calls int64) error {
			if calls == 1 {
				close(entered)
			}
			<-release
			return nil
		}}
		ended := make(chan error, 1)
		go func() { ended <- first.Run(s.ctx, s.m.ID, run.ID) }()
		<-entered
		if err := s.service.Run(s.ctx, s.m.ID, run.ID); err != nil {
			t.Fatal(err)
		}
		done := s.get(run.ID)
		close(release)
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if got := s.get(run.ID); asJSON(t, got) != asJSON(t, done) || got.State != backtest.Done {
			t.Errorf("the first one wrote: %+v, was %+v", got, done)
		}
		if got := asJSON(t, s.report(run.ID)); got != want {
			t.Errorf("%s\nalone:\n%s", got, want)
		}
	})
}

// TestRunsAtOnceThroughTheRunner goes the whole way: the job, the runner, two
// runs at once, the same report whatever the number of workers.
func TestRunsAtOnceThroughTheRunner(t *testing.T) {
	backtest.SmallPages(t, 3)
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, "retail")
		s.sold(20, 7)
		one := *s.service
		one.Workers = 1
		many := *s.service
		many.Workers = 8
		var runs []backtest.Run
		for range 3 {
			runs = append(runs, s.create(s.spec("salon", "")))
		}
		var ran atomic.Int64
		over := make(chan struct{}, 3)
		r := job.New(d, job.Options{Workers: 2})
		r.Register(job.Kind{Name: backtest.JobRun, MaxAttempts: backtest.JobAttempts, Run: func(ctx context.Context, j job.Job) error {
			defer func() { over <- struct{}{} }()
			if ran.Add(1)%2 == 0 {
				return one.RunJob(ctx, j)
			}
			return many.RunJob(ctx, j)
		}})
		r.Start()
		for range runs {
			<-over
		}
		if err := r.Stop(s.ctx); err != nil {
			t.Fatal(err)
		}
		want := asJSON(t, s.report(runs[0].ID))
		for _, v := range runs[1:] {
			if got := asJSON(t, s.report(v.ID)); got != want {
				t.Errorf("%s\nthe first:\n%s", got, want)
			}
		}
		items, next, err := backtest.List(s.ctx, d, s.m.ID, "salon", db.Page{Limit: 2})
		if err != nil || len(items) != 2 || next == "" || items[0].ID != runs[2].ID {
			t.Errorf("%+v %q %v", items, next, err)
		}
		if items, _, err := backtest.List(s.ctx, d, s.m.ID, "catering", db.Page{}); err != nil || len(items) != 0 {
			t.Errorf("%+v %v", items, err)
		}
	})
}

func TestARunThatCannotBeDone(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, "retail")
		spec := s.spec("salon", "")
		spec.B.Version = "9.9.9" // gone since
		run := s.create(spec)
		err := s.service.RunJob(s.ctx, job.Job{Merchant: s.m.ID, Data: []byte(asJSON(t, backtest.RunArgs{Run: run.ID})), Attempts: 1})
		if err == nil {
			t.Fatal("no error")
		}
		if v := s.get(run.ID); v.State != backtest.Failed || v.Reason != "pack.not_installed" {
			t.Errorf("%+v", v)
		}
		for range backtest.MaxWaiting {
			s.create(s.spec("salon", ""))
		}
		err = d.InTx(s.ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := backtest.Create(ctx, tx, s.m.ID, spec, id.None)
			return err
		})
		if reason(err) != "backtest.too_many" {
			t.Error(err)
		}
		if _, err := backtest.Get(s.ctx, d, id.New(int64(d.Now())), run.ID); reason(err) != "backtest.not_found" {
			t.Errorf("another merchant's run: %v", err)
		}
	})
}

// TestNothingPersonalIsStored looks for the members' names and numbers.
func TestNothingPersonalIsStored(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, "retail")
		s.sold(10, 3)
		got := []byte(asJSON(t, s.tried(s.spec("salon", ""))))
		for _, secret := range []string{"Member A", "Member B", "1380000000", "Mei"} {
			if bytes.Contains(got, []byte(secret)) {
				t.Errorf("the report says %q", secret)
			}
		}
	})
}
