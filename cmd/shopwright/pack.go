package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shopwright/shopwright/core/edition"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/rules/kit"
)

func packCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pack",
		Short: "Write, test, sign and install rule packs",
		Long: "A rule pack decides prices, benefits, points, tiers or commission. It is a folder\n" +
			"with a rule in Go, AssemblyScript or C, built into one signed file. These commands\n" +
			"take a pack's folder (the current one by default) or a built .swpack file.\n" +
			"docs/rules/tutorial.md leads from nothing to an installed pack.",
		Example: "  shopwright pack new tea-club\n  cd tea-club && shopwright pack test",
	}
	cmd.AddCommand(packNewCommand(), packBuildCommand(), packTestCommand(), packRunCommand(), packBenchCommand(), packReplayCommand(),
		packInspectCommand(), packKeygenCommand(), packSignCommand(), packVerifyCommand(), packTrustCommand(), packInstallCommand())
	return cmd
}

// bundleOf reads a built bundle, or builds the pack whose folder it is. dir is ""
// for a file.
func bundleOf(ctx context.Context, args []string, o kit.BuildOptions) (data []byte, dir string, err error) {
	at := "."
	if len(args) > 0 {
		at = args[0]
	}
	st, err := os.Stat(at)
	switch {
	case err != nil:
		return nil, "", kit.ErrSource.With("dir", at).Wrap(err)
	case st.IsDir():
		data, err = kit.Build(ctx, at, o)
		return data, at, err
	case st.Size() > pack.MaxBundle:
		return nil, "", pack.ErrTooLarge.With("file", at).With("limit", pack.MaxBundle)
	}
	data, err = os.ReadFile(at)
	return data, "", err
}

// openRunner starts a rule host with one bundle.
func openRunner(ctx context.Context, data []byte, cache string) (*kit.Runner, error) {
	b, err := pack.Open(data)
	if err != nil {
		return nil, err
	}
	return kit.NewRunner(ctx, b, kit.RunnerOptions{CacheDir: cache})
}

// cacheFlag is where compiled rules are kept between runs.
func cacheFlag(cmd *cobra.Command, to *string) {
	cmd.Flags().StringVar(to, "cache", kit.CacheDir(), "folder of compiled rules; empty: compile each time")
}

func packNewCommand() *cobra.Command {
	var n kit.NewPack
	var lang string
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Write a new pack that builds and passes its tests",
		Long: "new makes a folder with a small real rule, its settings form, texts in three\n" +
			"languages and golden cases. A Go pack gets a copy of the SDK, so that it builds\n" +
			"without a network; with --replace it builds against a checkout of the source.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			if n.Lang, err = kit.ParseLang(lang); err != nil {
				return err
			}
			n.Name, n.Version = args[0], sdkVersion()
			dir, names, err := kit.Scaffold(n)
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			for _, name := range names {
				if !strings.HasPrefix(name, "vendor/") {
					fmt.Fprintln(out, filepath.Join(dir, filepath.FromSlash(name)))
				}
			}
			next := "shopwright pack test"
			if n.Lang == kit.AssemblyScript {
				next = "npm install && " + next
			}
			fmt.Fprintf(out, "\nnext: cd %s && %s\n", dir, next)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&lang, "lang", "go", "go, as (AssemblyScript) or c")
	f.StringVar(&n.Dir, "dir", "", "the folder to make (default: NAME)")
	f.StringVar(&n.Replace, "replace", "", "Go: a checkout of Shopwright's source to build against")
	return cmd
}

// sdkVersion is the release that this program is of; "" for a build from source.
func sdkVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || !strings.HasPrefix(info.Main.Version, "v") || strings.Contains(info.Main.Version, "+") { // "(devel)", "+dirty"
		return ""
	}
	return info.Main.Version
}

func packBuildCommand() *cobra.Command {
	var to, keyFile string
	cmd := &cobra.Command{
		Use:   "build [DIR]",
		Short: "Compile a pack and make its .swpack file",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var o kit.BuildOptions
			var err error
			if keyFile != "" {
				if o.Key, err = readKey(keyFile); err != nil {
					return err
				}
			}
			data, dir, err := bundleOf(cmd.Context(), args, o)
			if err != nil {
				return err
			}
			if dir == "" {
				return kit.ErrSource.With("dir", args[0])
			}
			b, err := pack.Open(data)
			if err != nil {
				return err
			}
			if to == "" {
				to = filepath.Join(dir, b.ID+".swpack")
			}
			if err := os.WriteFile(to, data, 0o644); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %s %s, %d bytes, module %d bytes, sha256 %s\n", to, b.ID, b.Version, len(data), len(b.Module()), b.Hash)
			return nil
		},
	}
	cmd.Flags().StringVarP(&to, "output", "o", "", "the file to write (default: the pack's id in its folder)")
	cmd.Flags().StringVar(&keyFile, "key", "", "sign with this private key")
	return cmd
}

func packInspectCommand() *cobra.Command {
	var ring ringFlags
	cmd := &cobra.Command{
		Use:   "inspect [DIR|FILE]",
		Short: "Say what is in a pack: hooks, powers, sizes, hashes, signer, texts",
		Args:  cobra.MaximumNArgs(1),
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
			x.Write(cmd.OutOrStdout())
			return nil
		},
	}
	ring.flags(cmd)
	return cmd
}

// ringFlags name the keys that a bundle is judged by.
type ringFlags struct {
	edition string
	trust   []string
}

func (r *ringFlags) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.edition, "edition", "", "a folder with the edition.json whose keys are trusted")
	cmd.Flags().StringArrayVar(&r.trust, "trust", nil, "a public key to trust: a .pub file or its text; may be repeated")
}

func (r *ringFlags) ring() (pack.KeyRing, error) {
	var e *edition.Edition
	var err error
	if r.edition != "" {
		if e, err = edition.Load(os.DirFS(r.edition)); err != nil {
			return pack.KeyRing{}, err
		}
	}
	var own []pack.Key
	for _, t := range r.trust {
		name, text := t, t
		if raw, err := os.ReadFile(t); err == nil {
			text = string(raw)
		}
		key, err := pack.ParsePublicKey(text)
		if err != nil {
			return pack.KeyRing{}, fault.Of(err).On(t)
		}
		if name == text {
			name = pack.Fingerprint(key)
		}
		own = append(own, pack.Key{Name: name, Level: pack.TrustMerchant, Public: key})
	}
	return pack.NewKeyRing(e, own...)
}

func readKey(file string) (ed25519.PrivateKey, error) {
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	key, err := pack.ParsePrivateKey(raw)
	if err != nil {
		return nil, fault.Of(err).On(file)
	}
	return key, nil
}

// readFlagFile reads the file of a flag; none is nil.
func readFlagFile(name string) ([]byte, error) {
	if name == "" {
		return nil, nil
	}
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(name)
}
