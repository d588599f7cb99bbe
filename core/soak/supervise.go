package soak

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/shopwright/shopwright/core/checkout"
)

// Supervisor plays a run in child processes, which it kills at random moments.
type Supervisor struct {
	// Command makes the command of a child: a program that calls Child on the same
	// database each time.
	Command func() *exec.Cmd
	// KillEvery is after about how many operations a child is killed; 0: never.
	KillEvery int64
	// Kills is the most kills; 0: as many as come.
	Kills int64
	// Shown is told how far it is; nil: nobody is.
	Shown func(t *Tally, e Event)
}

// Supervise plays a run until its operations are done, it fails, or ctx ends, and
// answers its tally also where it failed.
func (s *Supervisor) Supervise(ctx context.Context, cfg Config) (*Tally, error) {
	t := NewTally()
	rng := rand.New(rand.NewPCG(cfg.Seed, 0x6b696c6c))
	for {
		cfg = t.next(cfg)
		killAt := int64(-1) // never
		if s.KillEvery > 0 && (s.Kills == 0 || int64(cfg.Life) <= s.Kills) {
			killAt = t.Done() + 1 + s.KillEvery/2 + rng.Int64N(s.KillEvery)
		}
		killed, err := s.life(ctx, cfg, t, killAt)
		if err != nil || !killed {
			return t, err
		}
	}
}

// life plays one child to its end; killed: it did not end by itself.
func (s *Supervisor) life(ctx context.Context, cfg Config, t *Tally, killAt int64) (killed bool, err error) {
	cmd := s.Command()
	in, err := cmd.StdinPipe()
	if err != nil {
		return false, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return false, err
	}
	if err := cmd.Start(); err != nil {
		return false, err
	}
	done := make(chan struct{})
	defer close(done)
	var once sync.Once
	end := func() { once.Do(func() { _ = in.Close() }) } // the child ends in good order
	defer end()
	if err := json.NewEncoder(in).Encode(cfg); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return false, fmt.Errorf("the child did not take its orders: %w", err)
	}
	go func() {
		select {
		case <-ctx.Done():
			end()
		case <-done:
		}
	}()
	failure := s.listen(out, t, func(done int64) {
		if killAt >= 0 && done >= killAt && !killed {
			killed = true
			_ = cmd.Process.Kill()
		}
	})
	waited := cmd.Wait()
	switch {
	case failure != nil:
		return false, failure
	case killed:
		return true, nil
	case waited != nil:
		return false, fmt.Errorf("seed %d, life %d: the child ended by itself: %w", cfg.Seed, cfg.Life, waited)
	}
	return false, nil
}

// listen takes in what a child tells until its end of the pipe is closed. A last
// line that the kill cut in two was never told.
func (s *Supervisor) listen(out io.Reader, t *Tally, told func(done int64)) (failure error) {
	r := bufio.NewReaderSize(out, 1<<16)
	for {
		line, err := r.ReadBytes('\n')
		if err != nil {
			if !errors.Is(err, io.EOF) && failure == nil && !strings.Contains(err.Error(), "closed") {
				failure = err
			}
			return failure
		}
		var e struct {
			Event
			Failure string
		}
		if err := json.Unmarshal(line, &e); err != nil {
			return fmt.Errorf("the child said what nobody understands: %w: %s", err, line)
		}
		if e.Failure != "" {
			failure = errors.New(e.Failure)
			continue
		}
		if err := t.Note(e.Event); err != nil && failure == nil {
			failure = err
		}
		if s.Shown != nil {
			s.Shown(t, e.Event)
		}
		told(t.Done())
	}
}

// Child plays one life by the orders on in and tells its events on out, a line
// each. It ends in good order where in ends. open makes the checkout on the
// database of the run with the clock that it is given, and counts retries.
func Child(ctx context.Context, in io.Reader, out io.Writer, open func(ctx context.Context, c *Clock, retries *atomic.Int64) (*checkout.Desk, func(), error)) error {
	orders := bufio.NewReader(in)
	raw, err := orders.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("a child without orders: %w", err)
	}
	var cfg Config
	if err := json.Unmarshal(raw, &cfg); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		_, _ = io.Copy(io.Discard, orders)
		stop()
	}()
	var mu sync.Mutex
	say := func(v any) {
		line, err := json.Marshal(v)
		if err != nil {
			panic(err) // plain values
		}
		mu.Lock()
		defer mu.Unlock()
		_, _ = out.Write(append(line, '\n')) // whole in the pipe before anything else is done
	}
	c := NewClock(cfg.Clock)
	cfg.Retries = &atomic.Int64{}
	desk, done, err := open(context.WithoutCancel(ctx), c, cfg.Retries)
	if err == nil {
		defer done()
		err = Run(ctx, desk, c, cfg, func(e Event) { say(e) })
	}
	if err != nil {
		say(struct{ Failure string }{err.Error()})
	}
	return err
}

// Play plays a run in this process, without kills.
func Play(ctx context.Context, desk *checkout.Desk, c *Clock, cfg Config, shown func(*Tally, Event)) (*Tally, error) {
	t := NewTally()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var once sync.Once
	var wrong error
	err := Run(ctx, desk, c, t.next(cfg), func(e Event) {
		if err := t.Note(e); err != nil {
			once.Do(func() { wrong = fmt.Errorf("seed %d: %w", cfg.Seed, err) })
			stop()
		}
		if shown != nil {
			shown(t, e)
		}
	})
	return t, errors.Join(err, wrong)
}
