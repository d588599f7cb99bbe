package main

import (
	"github.com/spf13/cobra"

	"github.com/shopwright/shopwright/hw/drivers"
)

// driverServeCommand is how the program starts its own drivers as processes; a
// person has no use for it.
func driverServeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "driver-serve NAME", Hidden: true, Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error { return drivers.Serve(args[0]) },
	}
}
