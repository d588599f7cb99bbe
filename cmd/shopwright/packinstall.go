package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/rules/kit"
	"github.com/shopwright/shopwright/sdk/client"
)

// shopAt is where a pack is to go: a server with a token, or the data folder of one
// that does not run.
type shopAt struct {
	server, token, merchant string
	platform                bool
	cfg                     config
}

func (s *shopAt) flags(cmd *cobra.Command) {
	s.cfg.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&s.server, "server", "", "address of a server: https://shop.example; without it, the database of --data or --db")
	f.StringVar(&s.token, "token", "", "an API key that may manage rule packs; better in the environment: SHOPWRIGHT_TOKEN")
	f.StringVar(&s.merchant, "merchant", "", "without a server: the merchant's handle (default: the only one)")
}

// open opens the database of --data and finds the merchant. The context is that of
// an actor who may change what is the merchant's.
func (s *shopAt) open(cmd *cobra.Command) (context.Context, *app, id.ID, error) {
	if file, ok := strings.CutPrefix(s.cfg.DB, "sqlite:"); ok {
		if _, err := os.Stat(file); err != nil {
			return nil, nil, id.ID{}, fmt.Errorf("there is no shop: %w", err)
		}
	}
	log, err := s.cfg.logger()
	if err != nil {
		return nil, nil, id.ID{}, err
	}
	ctx := cmd.Context()
	a, err := openCore(ctx, s.cfg, log, openOptions{})
	if err != nil {
		return nil, nil, id.ID{}, err
	}
	m, err := s.find(ctx, a)
	if err != nil {
		a.Close()
		return nil, nil, id.ID{}, err
	}
	return auth.WithActor(ctx, auth.JobActor(m, "pack")), a, m, nil
}

func (s *shopAt) find(ctx context.Context, a *app) (id.ID, error) {
	if s.platform {
		return pack.Platform, nil
	}
	if s.merchant != "" {
		m, err := tenant.FindMerchantByHandle(ctx, a.db, s.merchant)
		return m.ID, err
	}
	all, err := tenant.ListMerchants(ctx, a.db)
	switch {
	case err != nil:
		return id.ID{}, err
	case len(all) == 1:
		return all[0].ID, nil
	}
	return id.ID{}, fmt.Errorf("--merchant: there are %d merchants", len(all))
}

func packInstallCommand() *cobra.Command {
	var at shopAt
	var keyFile string
	cmd := &cobra.Command{
		Use:   "install FILE",
		Short: "Install a pack into a shop: at a server, or into a data folder",
		Long: "install has a pack checked, its signature judged and its module compiled where it is\n" +
			"to run, and keeps it there. It is switched on in no shop by that. The signer must be\n" +
			"trusted there (shopwright pack trust), unless the edition is in development mode.",
		Example: "  shopwright pack install tea-club.swpack --server https://shop.example --token swk_…\n" +
			"  shopwright pack install tea-club.swpack --data ./shop --key mine.key",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := at.cfg.load(cmd); err != nil {
				return err
			}
			data, _, err := bundleOf(cmd.Context(), args, kit.BuildOptions{})
			if err != nil {
				return err
			}
			if keyFile != "" {
				key, err := readKey(keyFile)
				if err != nil {
					return err
				}
				if data, err = pack.Sign(data, key); err != nil {
					return err
				}
			}
			b, err := pack.Open(data) // a broken file is not sent
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if at.server != "" {
				return at.send(cmd.Context(), out, data)
			}
			ctx, a, m, err := at.open(cmd)
			if err != nil {
				return err
			}
			defer a.Close()
			in := pack.InstallIn{Merchant: m, Data: data, Progress: stages(cmd.ErrOrStderr())}
			if !at.platform {
				in.Record = func(ctx context.Context, tx *db.Tx, row pack.Installed, changed bool) error {
					if !changed {
						return nil
					}
					return auth.Audit(ctx, tx, pack.AuditInstalled(m, row))
				}
			}
			row, _, err := a.bundles.installer.Install(ctx, in)
			if err != nil {
				return err
			}
			installed(out, b.ID, b.Version, row.Trust.String(), row.Signer)
			return nil
		},
	}
	at.flags(cmd)
	cmd.Flags().StringVar(&keyFile, "key", "", "sign with this private key first")
	cmd.Flags().BoolVar(&at.platform, "platform", false, "without a server: for every merchant of the installation")
	return cmd
}

// send installs at a server. The key follows from the content, so that sending
// again after a broken connection installs once.
func (s *shopAt) send(ctx context.Context, out io.Writer, data []byte) error {
	sum := sha256.Sum256(data)
	row, err := client.New(s.server, s.token).InstallPack(ctx, data, client.WithKey("pack-"+hex.EncodeToString(sum[:16])))
	if err != nil {
		return err
	}
	installed(out, row.PackID, row.Version, row.Trust, row.Signer)
	return nil
}

func installed(out io.Writer, pack, version, trust, signer string) {
	by := trust
	if signer != "" {
		by = signer + " (" + trust + ")"
	}
	fmt.Fprintf(out, "%s %s is installed, vouched for by %s\n", pack, version, by)
}

// stages tells of an installation's progress, a line for each step.
func stages(w io.Writer) func(pack.Stage, float64) {
	var last pack.Stage
	return func(s pack.Stage, _ float64) {
		if s != last && s != pack.StageDone {
			last = s
			fmt.Fprintf(w, "%s…\n", s)
		}
	}
}

func packTrustCommand() *cobra.Command {
	var at shopAt
	var name string
	cmd := &cobra.Command{
		Use:   "trust KEY.pub",
		Short: "Trust a maker's public key, so that its packs can be installed",
		Long: "trust adds a public key to those that a merchant trusts, at a server or in a data\n" +
			"folder. Compare the fingerprint with the maker's by another way than the one on which\n" +
			"the key came. The back office shows and removes trusted keys.",
		Example: "  shopwright pack trust acme.pub --name \"Acme packs\" --server https://shop.example --token swk_…",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := at.cfg.load(cmd); err != nil {
				return err
			}
			raw, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			key, err := pack.ParsePublicKey(string(raw))
			if err != nil {
				return err
			}
			if name == "" {
				name = strings.TrimSuffix(filepath.Base(args[0]), ".pub")
			}
			if at.server != "" {
				_, err = client.New(at.server, at.token).AddPackKey(cmd.Context(), client.NewPackKey{Name: name, PublicKey: pack.FormatPublicKey(key)})
			} else {
				err = at.trust(cmd, name, pack.FormatPublicKey(key))
			}
			if errors.Is(err, pack.ErrKeyTrusted) || client.IsCode(err, pack.ErrKeyTrusted.Reason) {
				fmt.Fprintf(cmd.OutOrStdout(), "%s is trusted already\n", pack.Fingerprint(key))
				return nil
			}
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "%s is trusted as %q\n", pack.Fingerprint(key), name)
			}
			return err
		},
	}
	at.flags(cmd)
	cmd.Flags().StringVar(&name, "name", "", "whose key it is (default: the file's name)")
	return cmd
}

func (s *shopAt) trust(cmd *cobra.Command, name, key string) error {
	ctx, a, m, err := s.open(cmd)
	if err != nil {
		return err
	}
	defer a.Close()
	return a.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		k, err := pack.AddKey(ctx, tx, m, name, key, id.ID{})
		if err != nil {
			return err
		}
		return auth.Audit(ctx, tx, pack.AuditKey(m, "pack_key.added", k))
	})
}
