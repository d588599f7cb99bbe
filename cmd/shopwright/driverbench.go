package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/plugins"
	"github.com/shopwright/shopwright/plugins/kit"
	"github.com/shopwright/shopwright/sdk/driver"
)

// benchDriverName is a driver that only driver bench starts, from the program itself.
const benchDriverName = "bench"

// benchDriver answers calls at once and makes an event of each Show.
type benchDriver struct{ driver.Stream }

func (*benchDriver) Info() driver.Info {
	return driver.Info{ID: benchDriverName, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"LineDisplay", "Scanner"}}
}

func (b *benchDriver) Show(context.Context, driver.Shown) error {
	b.Scanned("bench", []byte("6901234567892"), "ean13", "")
	return nil
}

func (*benchDriver) Clear(context.Context, string) error { return nil }

func driverBenchCommand() *cobra.Command {
	b := driverBench{}
	var configFile string
	cmd := &cobra.Command{
		Use:   "bench [DIR|PROGRAM]",
		Short: "Measure the host of drivers on this machine, beside its goals",
		Long: "bench kills and freezes drivers and measures how soon they work again, how long calls\n" +
			"and events take, what ten drivers hold of the memory, and how long a new driver's\n" +
			"source is. The figures of a small program are those of the driver that is named by its\n" +
			"folder or program; otherwise of a first-party one, which is built where Go and the\n" +
			"source are at hand. The last line says how busy other programs kept the machine. Exit\n" +
			"status 1 where a goal is missed.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				t, settings, end, err := configured(cmd.Context(), args[0], configFile)
				if err != nil {
					return err
				}
				defer end()
				b.small, b.settings = t, settings
			} else {
				defer b.buildSmall(cmd.Context())()
			}
			machine := watchMachine()
			rows, err := b.run(cmd.Context())
			if err != nil {
				return err
			}
			defer fmt.Fprintln(cmd.OutOrStdout(), machine.said())
			if missed := writeGoals(cmd.OutOrStdout(), rows); missed > 0 {
				return exitCode(1)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.IntVar(&b.kills, "kills", 20, "kills of each driver")
	f.IntVar(&b.calls, "calls", 2000, "calls")
	f.IntVar(&b.events, "events", 1000, "events")
	f.StringVar(&configFile, "config", "", "a JSON file with the named driver's settings; - reads standard input")
	return cmd
}

type driverBench struct {
	small                *driverTarget // nil: there is none
	settings             json.RawMessage
	noSmall              error // why
	kills, calls, events int
}

// smallProgram is what a release ships of a driver: a program of its own.
const smallProgram = "github.com/shopwright/shopwright/hw/drivers/displayvfd/cmd/displayvfd"

// buildSmall builds a first-party driver where that can be done here; end removes it.
func (b *driverBench) buildSmall(ctx context.Context) (end func()) {
	var dev devices
	t := &driverTarget{}
	end = func() { dev.close(); t.close() }
	if b.noSmall = t.build(ctx, smallProgram); b.noSmall != nil {
		b.noSmall = errors.New("no driver was named, and none can be built here")
		return end
	}
	b.settings, b.noSmall = dev.fill(json.RawMessage(`{"address":"tcp:${PAPER}"}`))
	if b.noSmall == nil {
		b.small = t
	}
	return end
}

// benchHost is a host whose deaths are our own: its clock runs ahead, so that none is
// quarantined or held back.
type benchHost struct {
	*plugins.Host
	clock  *clock.Manual
	events chan time.Duration
}

func (b *driverBench) host() *benchHost {
	h := &benchHost{clock: clock.NewManual(clock.System{}.Now().Time()), events: make(chan time.Duration, 16)}
	h.Host = plugins.NewHost(plugins.Options{
		Clock: h.clock,
		Exec: func(name string) (string, []string, error) {
			if name == "small" {
				return b.small.command(name)
			}
			return plugins.Self(name)
		},
		Events: func(_ string, e *driver.Event) {
			select {
			case h.events <- time.Since(time.UnixMicro(e.GetAtUnixMicro())):
			default:
			}
		},
	})
	return h
}

func (h *benchHost) ready(ctx context.Context, in plugins.Instance) error {
	if err := h.Start(ctx, in); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	return h.WaitReady(ctx, in.ID)
}

func (b *driverBench) run(ctx context.Context) ([]goal, error) {
	if b.kills < 1 || b.calls < 1 || b.events < 1 {
		return nil, errors.New("there is nothing to measure")
	}
	h := b.host()
	defer h.Close()
	if err := h.ready(ctx, plugins.Instance{ID: "a", Driver: benchDriverName}); err != nil {
		return nil, err
	}
	rows, err := b.restartsOfSmall(ctx, h)
	if err != nil {
		return nil, err
	}
	again, err := h.restarts(ctx, "a", b.kills)
	if err != nil {
		return nil, err
	}
	rows = append(rows, under("kill -9 to Ready, from this program, p50", at(again, 50), 60*time.Millisecond),
		goal{what: "kill -9 to Ready, from this program, p99", wanted: "-", is: roundish(at(again, 99))})
	calls, err := h.callTimes(ctx, b.calls)
	if err != nil {
		return nil, err
	}
	rows = append(rows, under("call p50", at(calls, 50), 200*time.Microsecond), under("call p99", at(calls, 99), time.Millisecond))
	events, err := h.eventTimes(ctx, b.events)
	if err != nil {
		return nil, err
	}
	rows = append(rows, goal{what: "event p50", wanted: "-", is: roundish(at(events, 50))}, under("event p99", at(events, 99), 2*time.Millisecond))
	hung, err := h.hang(ctx, "a")
	if err != nil {
		return nil, err
	}
	mem, err := b.memory(ctx, h)
	if err != nil {
		return nil, err
	}
	rows = append(append(rows, hung), mem...)
	lines, err := scaffoldLines()
	if err != nil {
		return nil, err
	}
	return append(rows, goal{"lines of a new driver (driver new)", "< 100", strconv.Itoa(lines), lines >= 100},
		notMeasured("sales and receipts lost to dying drivers", "0", "driver kill does")), nil
}

// scaffoldLines counts the source of the longest driver that driver new writes, which
// passes the suite as it is: without its test, blank lines and comments.
func scaffoldLines() (most int, err error) {
	temp, err := os.MkdirTemp("", "shopwright-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(temp)
	for _, class := range kit.Classes() {
		dir, names, err := kit.Scaffold(kit.New{Name: "bench", Class: class, Dir: filepath.Join(temp, class), Version: "v0.0.0"})
		if err != nil {
			return 0, err
		}
		lines := 0
		for _, name := range names {
			if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				continue
			}
			src, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return 0, err
			}
			for line := range strings.Lines(string(src)) {
				if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "//") {
					lines++
				}
			}
		}
		most = max(most, lines)
	}
	return most, nil
}

func (b *driverBench) restartsOfSmall(ctx context.Context, h *benchHost) ([]goal, error) {
	const p50, p99 = "kill -9 to Ready, small program, p50", "kill -9 to Ready, small program, p99"
	if b.small == nil {
		return []goal{notMeasured(p50, "< 20ms", b.noSmall.Error()), notMeasured(p99, "< 50ms", b.noSmall.Error())}, nil
	}
	if err := h.ready(ctx, plugins.Instance{ID: "small", Driver: "small", Config: b.settings}); err != nil {
		return nil, err
	}
	got, err := h.restarts(ctx, "small", b.kills)
	if err != nil {
		return nil, err
	}
	return []goal{under(p50, at(got, 50), 20*time.Millisecond), under(p99, at(got, 99), 50*time.Millisecond)}, h.Stop(ctx, "small")
}

func (h *benchHost) status(id string) plugins.Status {
	for _, s := range h.Status() {
		if s.ID == id {
			return s
		}
	}
	return plugins.Status{}
}

// back waits until another process than pid is usable.
func (h *benchHost) back(ctx context.Context, id string, pid int) error {
	for began := time.Now(); ; time.Sleep(200 * time.Microsecond) {
		if s := h.status(id); s.Usable() && s.PID != pid && s.PID != 0 {
			return nil
		}
		if ctx.Err() != nil || time.Since(began) > 20*time.Second {
			return fmt.Errorf("the driver does not come back: %+v", h.status(id))
		}
	}
}

// restarts kills a driver, as the system would, and measures until it is ready again.
func (h *benchHost) restarts(ctx context.Context, id string, n int) ([]time.Duration, error) {
	var out []time.Duration
	for range n {
		h.clock.Advance(11 * time.Minute)
		pid := h.status(id).PID
		p, err := os.FindProcess(pid)
		if err != nil {
			return nil, err
		}
		began := time.Now()
		if err := p.Kill(); err != nil {
			return nil, err
		}
		if err := h.back(ctx, id, pid); err != nil {
			return nil, err
		}
		out = append(out, time.Since(began))
		time.Sleep(20 * time.Millisecond)
	}
	return out, nil
}

func (h *benchHost) display() (driver.Display, error) {
	d, ok := h.Display("a")
	if !ok {
		return nil, errors.New("the measured driver is away")
	}
	return d, nil
}

func (h *benchHost) callTimes(ctx context.Context, n int) ([]time.Duration, error) {
	d, err := h.display()
	if err != nil {
		return nil, err
	}
	out := make([]time.Duration, 0, n)
	for i := range n + 100 {
		began := time.Now()
		if err := d.Clear(ctx, ""); err != nil {
			return nil, err
		}
		if i >= 100 { // the first are for warming up
			out = append(out, time.Since(began))
		}
	}
	return out, nil
}

func (h *benchHost) eventTimes(ctx context.Context, n int) ([]time.Duration, error) {
	d, err := h.display()
	if err != nil {
		return nil, err
	}
	out := make([]time.Duration, 0, n)
	lost := 0
	for len(out) < n {
		if err := d.Show(ctx, driver.Shown{}); err != nil {
			return nil, err
		}
		select {
		case took := <-h.events:
			out = append(out, took)
		case <-time.After(time.Second): // the stream begins a moment after the driver is ready
			if lost++; lost > 3 {
				return nil, errors.New("events do not arrive")
			}
		}
	}
	return out, nil
}

// hang freezes a driver three times and answers the longest time until it is replaced.
func (h *benchHost) hang(ctx context.Context, id string) (goal, error) {
	const what = "a hung driver is replaced"
	var worst time.Duration
	for range 3 {
		h.clock.Advance(11 * time.Minute)
		pid := h.status(id).PID
		began := time.Now()
		if err := freeze(pid); errors.Is(err, errors.ErrUnsupported) {
			return notMeasured(what, "< 2s", "a process cannot be frozen here"), nil
		} else if err != nil {
			return goal{}, err
		}
		if err := h.back(ctx, id, pid); err != nil {
			return goal{}, err
		}
		worst = max(worst, time.Since(began))
		time.Sleep(300 * time.Millisecond) // not always at the same moment between two health calls
	}
	return under(what, worst, 2*time.Second), nil
}

// memory adds up what each of ten drivers holds of what it shares: of the named one,
// which is how a release ships them, and of ten that are this program, for which there
// is no goal.
func (b *driverBench) memory(ctx context.Context, h *benchHost) ([]goal, error) {
	const small, own, wanted, limit = "memory of ten drivers, small programs", "memory of ten drivers, from this program", "< 60 MB", 60.0
	if runtime.GOOS != "linux" {
		return []goal{notMeasured(small, wanted, "only Linux says it")}, nil
	}
	mine, err := h.ten(ctx, benchDriverName, nil)
	if err != nil {
		return nil, err
	}
	rows := []goal{{what: own, wanted: "-", is: fmt.Sprintf("%.1f MB", mine)}}
	if b.small == nil {
		return append(rows, notMeasured(small, wanted, b.noSmall.Error())), nil
	}
	theirs, err := h.ten(ctx, "small", b.settings)
	return append(rows, goal{small, wanted, fmt.Sprintf("%.1f MB", theirs), theirs >= limit}), err
}

// ten runs ten drivers at once and answers their memory in MB.
func (h *benchHost) ten(ctx context.Context, name string, settings json.RawMessage) (total float64, err error) {
	for n := range 10 {
		if err := h.ready(ctx, plugins.Instance{ID: fmt.Sprint("m", n), Driver: name, Config: settings}); err != nil {
			return 0, err
		}
	}
	for n := range 10 {
		kb, err := pss(h.status(fmt.Sprint("m", n)).PID)
		if err != nil {
			return 0, err
		}
		total += float64(kb) * 1.024 / 1000
	}
	for n := range 10 {
		if err := h.Stop(ctx, fmt.Sprint("m", n)); err != nil {
			return 0, err
		}
	}
	return total, nil
}

// pss is a process's proportional set size in kB.
func pss(pid int) (int, error) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "smaps_rollup"))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, "Pss:"); ok {
			return strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")))
		}
	}
	return 0, errors.New("the system does not say a process's memory")
}
