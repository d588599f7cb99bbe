package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/shopwright/shopwright/rules/kit"
)

func packReplayCommand() *cobra.Command {
	var at, config, cache string
	var o kit.ReplayOptions
	cmd := &cobra.Command{
		Use:   "replay FILE",
		Short: "Ask a pack again what a shop's sales have asked it",
		Long: "replay reads the calls that a shop has exported (the back office and the API offer\n" +
			"the file; there is no personal data in it). Calls of the very version and settings\n" +
			"must give the same bytes: exit status 1 where they do not. Another version, or other\n" +
			"settings, are compared in money, hook by hook.",
		Example: "  shopwright pack replay receipts.ndjson --pack tea-club.swpack\n" +
			"  shopwright pack replay receipts.ndjson --config next.json --details 20",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.Config, err = readFlagFile(config); err != nil {
				return err
			}
			file, err := os.Open(args[0])
			if err != nil {
				return err
			}
			defer file.Close()
			data, _, err := bundleOf(cmd.Context(), []string{at}, kit.BuildOptions{})
			if err != nil {
				return err
			}
			r, err := openRunner(cmd.Context(), data, cache)
			if err != nil {
				return err
			}
			defer func() { _ = r.Close() }()
			res, err := r.Replay(cmd.Context(), file, o)
			if err != nil {
				return err
			}
			res.Write(cmd.OutOrStdout())
			if !res.OK() {
				return exitCode(1)
			}
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&at, "pack", ".", "the pack: a folder or a .swpack file")
	f.StringVar(&config, "config", "", "a JSON file with settings in place of the recorded ones")
	f.IntVar(&o.Details, "details", 10, "how many differences are shown one by one")
	cacheFlag(cmd, &cache)
	return cmd
}
