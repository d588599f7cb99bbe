package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shopwright/shopwright/plugins/kit"
)

func driverNewCommand() *cobra.Command {
	var n kit.New
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Write a new driver that builds and passes its tests",
		Long: "new makes a Go module with a small real driver of a device on the network, the\n" +
			"conformance suite as its test, and its description driver.json. It builds against\n" +
			"this program's release; with --replace against a checkout of the source, which\n" +
			"needs no network.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			n.Name, n.Version = args[0], sdkVersion()
			dir, names, err := kit.Scaffold(n)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			for _, name := range names {
				fmt.Fprintln(out, filepath.Join(dir, name))
			}
			next := "go test"
			if n.Replace == "" {
				next = "go mod tidy && go test"
			}
			fmt.Fprintf(out, "\nnext: cd %s && %s\n", dir, next)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&n.Class, "class", "printer", strings.Join(kit.Classes(), ", "))
	f.StringVar(&n.Dir, "dir", "", "the folder to make (default: NAME)")
	f.StringVar(&n.Replace, "replace", os.Getenv("SHOPWRIGHT_SOURCE"), "a checkout of Shopwright's source to build against (default: SHOPWRIGHT_SOURCE)")
	return cmd
}
