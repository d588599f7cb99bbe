package main

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/rules/kit"
)

func packKeygenCommand() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use:   "keygen",
		Short: "Make a key to sign packs with",
		Long: "keygen writes NAME.key, the private key (PEM, PKCS #8), to be kept secret, and\n" +
			"NAME.pub, the public one, to be given to those who are to trust your packs: a\n" +
			"merchant adds it under trusted keys, a reseller to pack_keys of the edition.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			pub, key, err := ed25519.GenerateKey(nil)
			if err != nil {
				return err
			}
			text, err := pack.FormatPrivateKey(key)
			if err != nil {
				return err
			}
			if _, err := os.Stat(out + ".pub"); !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("%s.pub is there already: a key is not replaced", out)
			}
			// The key goes first: a public key without its private one would be trusted for nothing.
			if err := writeNew(out+".key", text, 0o600); err != nil {
				return err
			}
			if err := writeNew(out+".pub", []byte(pack.FormatPublicKey(pub)+"\n"), 0o644); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s.key  keep it secret, keep a copy\n%s.pub  %s\nfingerprint %s\n", out, out, pack.FormatPublicKey(pub), pack.Fingerprint(pub))
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "name of the two files, without ending")
	_ = cmd.MarkFlagRequired("out")
	return cmd
}

// writeNew writes a file that must not be there yet.
func writeNew(name string, data []byte, mode os.FileMode) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: a key is not replaced", name)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

func packSignCommand() *cobra.Command {
	var keyFile, to string
	cmd := &cobra.Command{
		Use:   "sign FILE",
		Short: "Sign a .swpack file",
		Long: "sign puts an ed25519 signature of the manifest into the file, and with it, through\n" +
			"the manifest's hashes, of everything in it. A signature that is there is replaced.\n" +
			"The same file and key give the same bytes.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			key, err := readKey(keyFile)
			if err != nil {
				return err
			}
			data, dir, err := bundleOf(cmd.Context(), args, kit.BuildOptions{})
			if err != nil {
				return err
			}
			if dir != "" {
				return fmt.Errorf("%s is a folder: shopwright pack build --key signs while it builds", args[0])
			}
			if data, err = pack.Sign(data, key); err != nil {
				return err
			}
			if to == "" {
				to = args[0]
			}
			if err := os.WriteFile(to, data, 0o644); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is signed by %s\n", to, pack.Fingerprint(key.Public().(ed25519.PublicKey)))
			return nil
		},
	}
	cmd.Flags().StringVar(&keyFile, "key", "", "the private key, from shopwright pack keygen")
	cmd.Flags().StringVarP(&to, "output", "o", "", "the file to write (default: the same)")
	_ = cmd.MarkFlagRequired("key")
	return cmd
}

func packVerifyCommand() *cobra.Command {
	var ring ringFlags
	cmd := &cobra.Command{
		Use:   "verify FILE",
		Short: "Check a pack's content, signature and module, as an installation would",
		Long: "verify looks at every file's hash, at the signature by the keys of --trust and\n" +
			"--edition, and at the module by the rule host's rules. Exit status 1 where it\n" +
			"would not be installed.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, _, err := bundleOf(cmd.Context(), args, kit.BuildOptions{})
			if err != nil {
				return err
			}
			r, err := ring.ring()
			if err != nil {
				return err
			}
			x, err := kit.Inspect(data, r)
			if err != nil {
				return err
			}
			if x.Judged != nil {
				return x.Judged
			}
			if x.Refused != nil {
				return x.Refused
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s is whole, its module is accepted, and it is vouched for by %s (%s)\n", x.ID, x.Version, x.Signer, x.Trust)
			return nil
		},
	}
	ring.flags(cmd)
	return cmd
}
