package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/rules/kit"
)

func packTestCommand() *cobra.Command {
	var update bool
	var seed uint64
	var cache string
	cmd := &cobra.Command{
		Use:   "test [DIR|FILE]",
		Short: "Build a pack and run its golden cases",
		Long: "test runs every case as a module, twice, the second time shuffled: the bytes and the\n" +
			"fuel must be the same. A Go pack's own tests run natively as well. What fails is\n" +
			"shown with what it comes to in money. --update writes what the pack answers into\n" +
			"the case files; read the difference before you keep it.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			if !cmd.Flags().Changed("seed") {
				seed = rand.Uint64()
			}
			data, dir, err := bundleOf(ctx, args, kit.BuildOptions{})
			if err != nil {
				return err
			}
			if update && dir == "" {
				return fmt.Errorf("--update needs the pack's folder, %s is a file", args[0])
			}
			t, err := kit.Test(ctx, data, kit.TestOptions{Runner: kit.RunnerOptions{CacheDir: cache}, Seed: seed})
			if err != nil {
				return err
			}
			if update {
				if err := kit.Update(dir, t); err != nil {
					return err
				}
			}
			if dir != "" {
				if t.Native, t.NativeOK, err = kit.Native(ctx, dir); err != nil {
					return err
				}
			}
			t.Write(cmd.OutOrStdout())
			if !t.OK() {
				return exitCode(1)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&update, "update", false, "write the outputs that the pack gives into its case files")
	cmd.Flags().Uint64Var(&seed, "seed", 0, "of the second round's order (default: a random one, which is printed)")
	cacheFlag(cmd, &cache)
	return cmd
}

func packRunCommand() *cobra.Command {
	var input, config, locale, cache string
	var hooks []string
	var o kit.RunOptions
	cmd := &cobra.Command{
		Use:   "run [DIR|FILE]",
		Short: "Try a pack on a basket and show it before and after",
		Long: "run reads a case file, asks the pack, and lets the same resolver as at the till\n" +
			"decide what its candidates come to, as if no other pack were on.",
		Example: "  shopwright pack run --input cases/benefit.json --locale zh-Hans\n" +
			"  shopwright pack run tea-club.swpack --input basket.json --hook all",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, ok := i18n.Get(locale)
			if !ok {
				return fmt.Errorf("--locale is one of %s", strings.Join(i18n.Tags(), ", "))
			}
			for _, h := range hooks {
				if h == "all" {
					o.All = true
				} else if n := promotion.HookOf(h); n != 0 {
					o.Hooks = append(o.Hooks, n)
				} else {
					return fmt.Errorf("--hook: there is no hook %q", h)
				}
			}
			basket, err := readFlagFile(input)
			if err != nil {
				return err
			}
			if o.Config, err = readFlagFile(config); err != nil {
				return err
			}
			data, _, err := bundleOf(cmd.Context(), args, kit.BuildOptions{})
			if err != nil {
				return err
			}
			r, err := openRunner(cmd.Context(), data, cache)
			if err != nil {
				return err
			}
			defer func() { _ = r.Close() }()
			res, err := r.Run(cmd.Context(), filepath.Base(input), basket, o)
			if err != nil {
				return err
			}
			res.Write(cmd.OutOrStdout(), r.Bundle, l)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&input, "input", "", "a case file with the basket; - reads standard input")
	f.StringVar(&o.Case, "case", "", "the case by its name (default: the first)")
	f.StringSliceVar(&hooks, "hook", nil, "hooks to ask, or all (default: the case's)")
	f.StringVar(&config, "config", "", "a JSON file with settings in place of the case's")
	f.StringVar(&locale, "locale", i18n.English, "language of the pack's texts: "+strings.Join(i18n.Tags(), ", "))
	cacheFlag(cmd, &cache)
	_ = cmd.MarkFlagRequired("input")
	return cmd
}

func packBenchCommand() *cobra.Command {
	var compare bool
	var cache string
	var long time.Duration
	cmd := &cobra.Command{
		Use:   "bench [DIR|FILE]",
		Short: "Measure fuel, time and bytes of each hook on the golden cases",
		Long: "bench calls every golden case again and again. Fuel and bytes are the same on every\n" +
			"machine, times are this one's. --compare measures the rule host against other ways\n" +
			"to run a rule; it needs a checkout of Shopwright's source.",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if compare {
				return compareHosts(cmd)
			}
			data, _, err := bundleOf(cmd.Context(), args, kit.BuildOptions{})
			if err != nil {
				return err
			}
			r, err := openRunner(cmd.Context(), data, cache)
			if err != nil {
				return err
			}
			defer func() { _ = r.Close() }()
			costs, err := r.Bench(cmd.Context(), kit.BenchOptions{Time: long})
			if err != nil {
				return err
			}
			kit.WriteBench(cmd.OutOrStdout(), r.Bundle, costs)
			return nil
		},
	}
	cmd.Flags().BoolVar(&compare, "compare", false, "run the comparison in tools/rulebench of a source checkout")
	cmd.Flags().DurationVar(&long, "time", time.Second, "how long each hook is called")
	cacheFlag(cmd, &cache)
	return cmd
}

// compareHosts runs tools/rulebench of the checkout that the current folder is in.
func compareHosts(cmd *cobra.Command) error {
	here, err := os.Getwd()
	if err != nil {
		return err
	}
	root, err := kit.Checkout(here)
	if err != nil {
		return err
	}
	bench := filepath.Join(root, "tools", "rulebench")
	if _, err := os.Stat(filepath.Join(bench, "go.mod")); err != nil {
		return kit.ErrReplace.With("dir", bench).Wrap(err)
	}
	run := exec.CommandContext(cmd.Context(), "go", "-C", bench, "run", ".")
	run.Stdout, run.Stderr = cmd.OutOrStdout(), cmd.ErrOrStderr()
	return run.Run()
}
