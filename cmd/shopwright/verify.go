package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/report"
)

func verifyCommand() *cobra.Command {
	var cfg config
	var incremental bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Recompute every balance, level and sale total from the entries",
		Long: "verify recomputes every member's balance and lots, every stock level, every sale's\n" +
			"total and number, the hash of every entry, the checkpoints, and the chains of seals\n" +
			"and of the audit log. With --incremental it proves what the ledger booked since the\n" +
			"last clean proof. It changes no figure, notes the run among the proofs and may run\n" +
			"beside the server. Exit status 1 where a figure does not follow from the entries.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cfg.load(cmd); err != nil {
				return err
			}
			if file, ok := strings.CutPrefix(cfg.DB, "sqlite:"); ok {
				if _, err := os.Stat(file); err != nil {
					return fmt.Errorf("there is no database: %w", err)
				}
			}
			d, err := db.Open(cmd.Context(), cfg.DB, db.Options{})
			if err != nil {
				return err
			}
			defer d.Close()
			if _, err := db.Value[int64](cmd.Context(), d, "select count(*) from schema_migrations"); err != nil {
				return fmt.Errorf("the database has no books yet, run shopwright migrate first: %v", err)
			}
			if _, err := db.Value[int64](cmd.Context(), d, "select count(*) from proofs"); err != nil {
				return fmt.Errorf("the database is of an older release, run shopwright migrate first: %v", err)
			}
			kind := ledger.ProofFull
			if incremental {
				kind = ledger.ProofIncremental
			}
			clean, err := report.ProveAll(cmd.Context(), d, kind, printProof)
			if err != nil {
				return err
			}
			if !clean {
				fmt.Println("verify: the books do NOT prove")
				return exitCode(1)
			}
			fmt.Println("verify: the books prove")
			return nil
		},
	}
	cfg.flags(cmd)
	cmd.Flags().BoolVar(&incremental, "incremental", false, "prove only what was booked since the last clean proof")
	return cmd
}

func printProof(p report.Proof) {
	var parts []string
	for _, part := range p.Parts {
		parts = append(parts, fmt.Sprintf("%s %d", part.Name, part.Checked))
	}
	fmt.Printf("%s: %d figures recomputed (%s), %d differences\n", p.Name, p.Checked(), strings.Join(parts, ", "), len(p.Differences))
	for _, d := range p.Differences {
		fmt.Printf("  %s %s: recomputed %d, stands at %d\n", d.Check, d.Subject, d.Want, d.Got)
	}
}
