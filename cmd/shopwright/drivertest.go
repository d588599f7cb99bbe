package main

import (
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopwright/shopwright/plugins"
	"github.com/shopwright/shopwright/sdk/driver"
	"github.com/shopwright/shopwright/sdk/driver/drivertest"
)

func driverTestCommand() *cobra.Command {
	var configFile, wrongFile string
	var payments bool
	cmd := &cobra.Command{
		Use:   "test DIR|PROGRAM|NAME",
		Short: "Run the conformance suite that a driver must pass",
		Long: "test starts a driver as a shop would, kills it, hangs its device, sends it junk, and\n" +
			"checks what it answers. The settings come from conformance.json of its folder or from\n" +
			"--config; in them ${PAPER} is replaced by the address of a device that takes bytes,\n" +
			"and ${SOURCE} by that of one that sends them. What is skipped says why. Exit status 1\n" +
			"where a check fails.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, err := driverAt(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			defer t.close()
			var dev devices
			defer dev.close()
			target := drivertest.Target{Command: append([]string{t.path}, t.args...), Wrong: t.conf.Wrong, Payments: payments}
			if target.Config, err = t.settingsOf(configFile); err == nil {
				target.Config, err = dev.fill(target.Config)
			}
			if err != nil {
				return err
			}
			if raw, err := readFlagFile(wrongFile); err != nil {
				return err
			} else if raw != nil {
				target.Wrong = raw
			}
			target.Paper = dev.paper
			if dev.source != nil {
				target.Unplug, target.Plug = dev.source.Unplug, dev.source.Plug
				if event := t.conf.Event; event != "" {
					target.Happen = func() { dev.source.Send(event) }
				}
			}
			out := cmd.OutOrStdout()
			made, skipped, failed := 0, 0, 0
			passed := drivertest.Suite(cmd.Context(), target, func(r drivertest.Result) {
				switch {
				case len(r.Failures) > 0:
					failed++
					fmt.Fprintf(out, "FAIL  %s (%s)\n", r.Name, r.Took.Round(time.Millisecond))
					for _, f := range r.Failures {
						fmt.Fprintf(out, "      %s\n", f)
					}
				case r.Skipped != "":
					skipped++
					fmt.Fprintf(out, "  --  %s: %s\n", r.Name, r.Skipped)
				default:
					made++
					fmt.Fprintf(out, "  ok  %s (%s)\n", r.Name, r.Took.Round(time.Millisecond))
				}
			})
			fmt.Fprintf(out, "%d passed, %d failed, %d skipped\n", made, failed, skipped)
			if !passed {
				return exitCode(1)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&configFile, "config", "", "a JSON file with settings that the driver works with")
	f.StringVar(&wrongFile, "wrong", "", "a JSON file with settings that it must refuse")
	f.BoolVar(&payments, "payments", false, "the settings are of a payment provider's test account: payments may be made")
	return cmd
}

func driverReplayCommand() *cobra.Command {
	var configFile string
	var pace float64
	var money bool
	cmd := &cobra.Command{
		Use:   "replay RECORDING DIR|PROGRAM|NAME",
		Short: "Make the calls of a recording again",
		Long: "replay starts a driver and makes the calls that a shop's host recorded, in their\n" +
			"order. Texts that the recording hides are replaced by others of the same length.\n" +
			"It prints every call that goes otherwise than then, and exits with status 1 where\n" +
			"there is one.",
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			entries, err := plugins.ReadRecording(f)
			if err != nil {
				return err
			}
			t, settings, end, err := configured(cmd.Context(), args[1], configFile)
			if err != nil {
				return err
			}
			defer end()
			h := plugins.NewHost(plugins.Options{Exec: t.command, Events: func(string, *driver.Event) {}})
			defer h.Close()
			done, err := h.Replay(cmd.Context(), "driver", settings, entries, plugins.ReplayOptions{Pace: pace, Money: money})
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			for _, d := range done.Differences {
				fmt.Fprintln(out, d)
			}
			fmt.Fprintf(out, "%d calls played, %d entries skipped, %d went otherwise\n", done.Played, done.Skipped, len(done.Differences))
			if len(done.Differences) > 0 {
				return exitCode(1)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&configFile, "config", "", "a JSON file with the driver's settings")
	f.Float64Var(&pace, "pace", 0, "1: with the rests as they were, 2: twice as fast; 0: without rests")
	f.BoolVar(&money, "money", false, "make calls that move money, too: test accounts only")
	return cmd
}
