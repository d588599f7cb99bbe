package main

import (
	"github.com/spf13/cobra"

	"github.com/shopwright/shopwright/hw/drivers"
	"github.com/shopwright/shopwright/sdk/driver"
)

// driverServeCommand is how the program starts its own drivers as processes; a
// person has no use for it.
func driverServeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "driver-serve NAME", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if args[0] == benchDriverName {
				driver.Serve(&benchDriver{})
			}
			return drivers.Serve(args[0])
		},
	}
}

func driverCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "driver",
		Short: "Write, test, sign and install device drivers",
		Long: "A driver is a program of its own that speaks to one kind of device: a printer, a\n" +
			"scanner, a scale, a payment provider. These commands take the folder of a driver,\n" +
			"its program, or the name of one that comes with Shopwright.\n" +
			"docs/drivers/tutorial.md leads from nothing to an installed driver.",
		Example: "  shopwright driver new acme-printer\n  cd acme-printer && go test",
	}
	cmd.AddCommand(driverNewCommand(), driverRunCommand(), driverTestCommand(), driverReplayCommand(), driverInspectCommand(),
		driverKeygenCommand(), driverSignCommand(), driverInstallCommand(), driverBenchCommand(), driverKillCommand())
	return cmd
}
