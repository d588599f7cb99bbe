package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/rules"
)

func main() {
	rules.ChildMain() // in a process that compiles a rule it does not return
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// exitCode is an error that only sets the exit status: its text was printed.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit %d", int(e)) }

func run(ctx context.Context, args []string) int {
	root := rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	fmt.Fprintln(os.Stderr, "shopwright:", explain(err))
	return 1
}

// explain puts a fault into words, with its code for the search box.
func explain(err error) string {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return err.Error()
	}
	s := i18n.Fault(i18n.Must("en"), f) + " [" + f.Reason + "]"
	if cause := errors.Unwrap(f); cause != nil {
		s += "\n  " + cause.Error()
	}
	return s
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "shopwright",
		Short: "Shop software to build your own brand on",
		Long: "Shopwright runs members, wallets, stock and checkout of a shop or a chain.\n" +
			"Try it at once with `shopwright demo`: three shops in business, nothing to set up.",
		SilenceUsage: true, SilenceErrors: true,
	}
	root.AddCommand(serveCommand(), demoCommand(), setupCommand(), migrateCommand(), verifyCommand(), soakCommand(), versionCommand(), driverServeCommand(), deviceHostCommand())
	root.AddCommand(packCommand(), driverCommand())
	return root
}
