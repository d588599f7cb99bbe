package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func serveCommand() *cobra.Command {
	var cfg config
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the server",
		Example: "  shopwright serve --addr :8080\n" +
			"  shopwright serve --db postgres://shop@localhost/shop --data /var/lib/shopwright",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cfg.load(cmd); err != nil {
				return err
			}
			log, err := cfg.logger()
			if err != nil {
				return err
			}
			a, err := open(cmd.Context(), cfg, log, openOptions{})
			if err != nil {
				return err
			}
			defer a.Close()
			return a.run(cmd.Context(), func(addr string) { fmt.Printf("ready http://%s\n", addr) })
		},
	}
	cfg.serverFlags(cmd)
	return cmd
}
