package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/shopwright/shopwright/core/db"
)

func migrateCommand() *cobra.Command {
	var cfg config
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database's schema up to this program's, and stop",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cfg.load(cmd); err != nil {
				return err
			}
			d, err := db.Open(cmd.Context(), cfg.DB, db.Options{})
			if err != nil {
				return err
			}
			defer d.Close()
			names, err := d.Migrate(cmd.Context())
			if err != nil {
				return err
			}
			for _, n := range names {
				fmt.Println("applied", n)
			}
			fmt.Println("the schema is current")
			return nil
		},
	}
	cfg.flags(cmd)
	return cmd
}
