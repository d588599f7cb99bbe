package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopwright/shopwright/sdk/client"
)

// killTrace looks on at the calls to drivers: none may be made on behalf of a
// checkout's request.
type killTrace struct {
	calls, wrong atomic.Int64
}

type ofCheckout struct{}

// mark marks the requests that sell.
func (t *killTrace) mark(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/api/v1/sales" {
			r = r.WithContext(context.WithValue(r.Context(), ofCheckout{}, true))
		}
		next.ServeHTTP(w, r)
	})
}

// called is told of each call to a driver, by the goroutine that makes it. It is on a
// checkout's trace where its context is the request's, or where the request or the
// flow stands below it on the stack.
func (t *killTrace) called(ctx context.Context, _, _ string) {
	t.calls.Add(1)
	if ctx.Value(ofCheckout{}) != nil || stackHas("/core/checkout.", "/core/api.", "/core/web.") {
		t.wrong.Add(1)
	}
}

func stackHas(parts ...string) bool {
	pcs := make([]uintptr, 100)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		f, more := frames.Next()
		for _, p := range parts {
			if strings.Contains(f.Function, p) {
				return true
			}
		}
		if !more {
			return false
		}
	}
}

func (t *killTrace) goal() goal {
	if t.calls.Load() == 0 {
		return goal{"calls to drivers on a checkout's trace", "0", "no call to a driver was made at all", true}
	}
	return goal{"calls to drivers on a checkout's trace", "0", fmt.Sprintf("%d of %d", t.wrong.Load(), t.calls.Load()), t.wrong.Load() > 0}
}

// hostProgram is the program in a process of its own, which can be killed.
type hostProgram struct {
	k    *killRun
	addr string
	cmd  *exec.Cmd
}

func (h *hostProgram) start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self, "serve", "--db", h.k.database, "--data", h.k.data, "--addr", h.addr, "--log", "error")
	var last bytes.Buffer
	cmd.Stderr = &last
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "ready http://")
	if err != nil || !ok {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return fmt.Errorf("the program does not start: %q %w\n%s", line, err, last.Bytes())
	}
	h.cmd, h.addr = cmd, addr // the same address after a restart
	h.k.hosts = append(h.k.hosts, cmd.Process.Pid)
	return nil
}

func (h *hostProgram) kill() error {
	if err := h.cmd.Process.Kill(); err != nil {
		return err
	}
	_ = h.cmd.Wait() // it was killed
	h.k.done["kills of the program"]++
	return h.start()
}

// stop asks the program to end, and ends it where it does not.
func (h *hostProgram) stop() {
	if h.cmd.Process.Signal(os.Interrupt) != nil { // no such signal on this system
		_ = h.cmd.Process.Kill()
	}
	t := time.AfterFunc(30*time.Second, func() { _ = h.cmd.Process.Kill() })
	_ = h.cmd.Wait()
	t.Stop()
}

// hostRound sells at four screens of the register while the program is killed again
// and again, and its drivers with it and without it.
func (k *killRun) hostRound(ctx context.Context) error {
	if k.hostKills == 0 {
		return nil
	}
	const screens = 4
	n := max(k.checkouts/k.rounds, 4*k.hostKills)
	h := &hostProgram{k: k, addr: "127.0.0.1:0"}
	if err := h.start(); err != nil {
		return err
	}
	defer func() { h.stop() }()
	intents := make(chan *killSale, n)
	for range n {
		intents <- k.intend(k.shop.Register.String())
	}
	close(intents)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var answered, cut atomic.Int64
	var wg sync.WaitGroup
	failed := make([]error, screens)
	c := k.client("http://" + h.addr)
	defer c.HTTP.CloseIdleConnections()
	for i := range screens {
		wg.Go(func() { failed[i] = k.screen(ctx, c, intents, &answered, &cut) })
	}
	err := k.killing(ctx, h, n, &answered)
	if err != nil {
		cancel()
	}
	wg.Wait()
	fmt.Fprintf(k.out, "the program killed %d times during %d checkouts: requests were sent again %d times\n", k.done["kills of the program"], n, cut.Load())
	return errors.Join(append(failed, err)...)
}

// screen sells what is meant to be sold, one after another.
func (k *killRun) screen(ctx context.Context, c *client.Client, intents <-chan *killSale, answered, cut *atomic.Int64) error {
	for v := range intents {
		err := k.insist(ctx, c, v)
		cut.Add(int64(v.tries - 1))
		answered.Add(1)
		if err == nil {
			err = wait(ctx, k.pace/2)
		}
		if err != nil {
			for range intents { // nobody else waits for them
				answered.Add(1)
			}
			return err
		}
	}
	return nil
}

// killing kills the program, evenly over n checkouts, and drivers in between.
func (k *killRun) killing(ctx context.Context, h *hostProgram, n int, answered *atomic.Int64) error {
	for i := range k.hostKills {
		for answered.Load() < int64(n*(i+1)/(k.hostKills+1)) {
			if err := wait(ctx, 2*time.Millisecond); err != nil {
				return err
			}
			if k.rnd.IntN(100) > 0 { // one driver in a fifth of a second: fewer than are given up on
				continue
			}
			if pids, err := driverProcesses(h.cmd.Process.Pid); err == nil && len(pids) > 0 && slay(pids[k.rnd.IntN(len(pids))]) == nil {
				k.done["drivers killed"]++
			}
		}
		if err := wait(ctx, time.Duration(k.rnd.IntN(8000))*time.Microsecond); err != nil {
			return err
		}
		if err := h.kill(); err != nil {
			return err
		}
	}
	return nil
}

// orphans counts the driver processes of programs that are gone, or have ended them.
func (k *killRun) orphans() goal {
	const what = "driver processes left"
	left := 0
	for _, host := range append(k.hosts, os.Getpid()) {
		var pids []int
		var err error
		for range 40 { // who watches its parent needs a moment
			if pids, err = driverProcesses(host); err != nil {
				return notMeasured(what, "0", "only Linux lists processes")
			}
			if len(pids) == 0 {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		left += len(pids)
	}
	return goal{what, "0", strconv.Itoa(left), left > 0}
}
