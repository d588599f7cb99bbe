package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/hw/wire"
	"github.com/shopwright/shopwright/plugins"
	"github.com/shopwright/shopwright/sdk/driver"
)

const deskID = "desk" // the one instance of a driver on its author's desk

func driverRunCommand() *cobra.Command {
	var configFile, record string
	var paper bool
	var limit time.Duration
	cmd := &cobra.Command{
		Use:   "run DIR|PROGRAM|NAME",
		Short: "Run a driver as a shop would, and say what it does",
		Long: "run starts a driver under the supervisor and prints its states, its log and what its\n" +
			"devices report, until Ctrl-C. A driver that dies is started again, and given up after\n" +
			"five deaths, or at once where it refuses its settings; then the exit status is 1. With\n" +
			"--print it prints a page, says what came of it and ends.",
		Example: "  shopwright driver run . --config settings.json\n" +
			"  echo '{\"folder\":\"paper\"}' | shopwright driver run virtual-printer --config - --print",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, settings, end, err := configured(cmd.Context(), args[0], configFile)
			if err != nil {
				return err
			}
			defer end()
			ctx := cmd.Context()
			if limit > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, limit)
				defer cancel()
			}
			return runDriver(ctx, cmd.OutOrStdout(), t, settings, paper, record)
		},
	}
	f := cmd.Flags()
	f.StringVar(&configFile, "config", "", "a JSON file with the driver's settings; - reads standard input")
	f.BoolVar(&paper, "print", false, "print a test page and end")
	f.DurationVar(&limit, "for", 0, "end after that time (default: at Ctrl-C)")
	f.StringVar(&record, "record", "", "write what was said with the driver to this file, without what may be secret")
	return cmd
}

func runDriver(ctx context.Context, out io.Writer, t *driverTarget, settings json.RawMessage, page bool, record string) error {
	say := make(chan string, 256) // everything is printed by one
	h := plugins.NewHost(plugins.Options{
		Exec: t.command,
		Log:  slog.New(slog.NewTextHandler(writerTo(say), &slog.HandlerOptions{Level: slog.LevelInfo})),
		Events: func(_ string, e *driver.Event) {
			select {
			case say <- "event " + eventLine(e):
			default: // the terminal is slower than the device
			}
		},
	})
	defer h.Close()
	if err := h.Start(ctx, plugins.Instance{ID: deskID, Driver: "driver", Config: settings}); err != nil {
		return err
	}
	if record != "" {
		defer func() { _ = writeRecording(h, record) }()
	}
	var last plugins.Status
	printed := make(chan error, 1)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case line := <-say:
			fmt.Fprintln(out, line)
		case err := <-printed:
			return err
		case <-ctx.Done():
			return nil
		case <-tick.C:
			st := h.Status()[0]
			passing := st.State == plugins.Verified || st.State == plugins.Starting // seen or not, by chance
			if !passing && (st.State != last.State || st.Detail != last.Detail || st.PID != last.PID) {
				fmt.Fprintln(out, stateLine(st))
			}
			if page && st.Usable() && !last.Usable() {
				page = false
				go func() { printed <- testPage(ctx, h, say) }()
			}
			if last = st; st.State == plugins.Quarantined {
				for len(say) > 0 {
					fmt.Fprintln(out, <-say)
				}
				return exitCode(1)
			}
		}
	}
}

func stateLine(st plugins.Status) string {
	line := "state " + string(st.State)
	if st.PID != 0 {
		line += fmt.Sprintf(" pid %d", st.PID)
	}
	if st.Reason != "" {
		line += " " + st.Reason
	}
	if st.Detail != "" {
		line += ": " + st.Detail
	}
	return line
}

// eventLine shows an event to its driver's author: everything, since the desk is theirs.
func eventLine(e *driver.Event) string {
	line := fmt.Sprintf("%d %s", e.GetSequence(), e.GetDevice())
	switch {
	case e.GetScan() != nil:
		return line + fmt.Sprintf(" scan %q %s %s", e.GetScan().GetData(), e.GetScan().GetSymbology(), e.GetScan().GetPurpose())
	case e.GetCard() != nil:
		return line + fmt.Sprintf(" card %q %s", e.GetCard().GetNumber(), e.GetCard().GetTechnology())
	case e.GetWeight() != nil:
		w := e.GetWeight()
		return line + fmt.Sprintf(" weight %d mg, stable %v, overload %v", w.GetMilligrams(), w.GetStable(), w.GetOverload())
	case e.GetDrawer() != nil:
		return line + fmt.Sprintf(" drawer open %v", e.GetDrawer().GetOpen())
	case e.GetCall() != nil:
		return line + fmt.Sprintf(" call %q", e.GetCall().GetNumber())
	case e.GetPaper() != nil:
		return line + fmt.Sprintf(" paper out %v, low %v", e.GetPaper().GetOut(), e.GetPaper().GetLow())
	case e.GetPayment() != nil:
		return line + fmt.Sprintf(" payment %s %v", e.GetPayment().GetReference(), e.GetPayment().GetPayment().GetState())
	}
	return line + " (an event of a kind that this version does not know)"
}

// testPage prints what a shop's test page has, and says what came of it.
func testPage(ctx context.Context, h *plugins.Host, say chan<- string) error {
	p, ok := h.Printer(deskID)
	if !ok {
		return fmt.Errorf("the driver does not serve Printer")
	}
	now := clock.System{}.Now()
	doc := testDocument("Shopwright", now.Time().Local().Format("2006-01-02 15:04:05"))
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	st, err := p.Submit(ctx, driver.Job{JobKey: driver.JobKey{ID: fmt.Sprintf("test-%d", now), Attempt: 1}, Document: wire.To(doc)})
	if err != nil {
		return err
	}
	say <- fmt.Sprintf("print %s %s", st.State, st.Reason)
	time.Sleep(50 * time.Millisecond) // the line goes out first
	if st.State != driver.JobSent && st.State != driver.JobConfirmed {
		return exitCode(1)
	}
	return nil
}

func writeRecording(h *plugins.Host, file string) error {
	entries, err := h.Recording(deskID)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	return plugins.WriteRecording(f, entries)
}

// writerTo sends each write as a line; what nobody prints in time is dropped.
type writerTo chan<- string

func (w writerTo) Write(p []byte) (int, error) {
	line := string(p)
	if n := len(line); n > 0 && line[n-1] == '\n' {
		line = line[:n-1]
	}
	select {
	case w <- line:
	default:
	}
	return len(p), nil
}
