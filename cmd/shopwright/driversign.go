package main

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/plugins"
)

func driverKeygenCommand() *cobra.Command {
	cmd := packKeygenCommand() // keys are of the same kind
	cmd.Short = "Make a key to sign drivers with"
	cmd.Long = "keygen writes NAME.key, the private key (PEM, PKCS #8), to be kept secret, and\n" +
		"NAME.pub, the public one, to be given to those who are to trust your drivers."
	return cmd
}

func driverSignCommand() *cobra.Command {
	var keyFile string
	cmd := &cobra.Command{
		Use:   "sign DIR",
		Short: "Take the hashes of a driver's files and sign its description",
		Long: "sign writes the SHA-256 of each file that driver.json names into it, and the ed25519\n" +
			"signature of driver.json into driver.json.sig. A host runs no driver that was changed\n" +
			"afterwards.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			key, err := readKey(keyFile)
			if err != nil {
				return err
			}
			m, err := plugins.SignDir(args[0], key)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s for %s is signed by %s\n", m.ID, m.Version, platforms(m), pack.Fingerprint(key.Public().(ed25519.PublicKey)))
			return nil
		},
	}
	cmd.Flags().StringVar(&keyFile, "key", "", "the private key, from shopwright driver keygen")
	_ = cmd.MarkFlagRequired("key")
	return cmd
}

func platforms(m plugins.Manifest) string {
	return strings.Join(slices.Sorted(maps.Keys(m.Files)), ", ")
}

// keys are those of a ring, for the host of drivers.
func (r *ringFlags) keys() ([]ed25519.PublicKey, bool, error) {
	ring, err := r.ring()
	if err != nil {
		return nil, false, err
	}
	var out []ed25519.PublicKey
	for _, k := range ring.Keys {
		out = append(out, k.Public)
	}
	return out, ring.Development, nil
}

func driverInstallCommand() *cobra.Command {
	var ring ringFlags
	var data string
	cmd := &cobra.Command{
		Use:   "install DIR",
		Short: "Verify a driver and copy it into a data folder",
		Long: "install judges the signature by the keys of --trust and --edition, compares every file\n" +
			"with its hash, and copies what the description names to drivers/ID/VERSION of the data\n" +
			"folder. A version that is there is not replaced by another one of that name.",
		Example: "  shopwright driver install ./acme-printer --data ./shop --trust acme.pub",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			keys, development, err := ring.keys()
			if err != nil {
				return err
			}
			at, m, err := plugins.Install(args[0], filepath.Join(data, "drivers"), keys, development)
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s for %s is installed: %s\n", m.ID, m.Version, platforms(m), at)
			return nil
		},
	}
	ring.flags(cmd)
	cmd.Flags().StringVar(&data, "data", "", "the shop's data folder")
	_ = cmd.MarkFlagRequired("data")
	return cmd
}

func driverInspectCommand() *cobra.Command {
	var ring ringFlags
	cmd := &cobra.Command{
		Use:   "inspect DIR|PROGRAM|NAME",
		Short: "Say what a driver is: classes, capabilities, settings, permissions, signer",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			t, err := driverAt(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			defer t.close()
			if t.dir != "" && fileThere(filepath.Join(t.dir, plugins.ManifestFile)) {
				if err := inspectManifest(out, t.dir, &ring); err != nil {
					return err
				}
			}
			h := plugins.NewHost(plugins.Options{Exec: t.command})
			defer h.Close()
			info, schema, err := h.Ask(cmd.Context(), "driver", "")
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "says it is     %s %s\n", info.ID, info.Version)
			fmt.Fprintf(out, "vendor         %s\n", info.Vendor)
			fmt.Fprintf(out, "classes        %s\n", strings.Join(info.Classes, ", "))
			var serves []string
			for _, c := range info.Capabilities {
				serves = append(serves, strings.TrimPrefix(c, "shopwright.hw.v1."))
			}
			fmt.Fprintf(out, "serves         %s\n", strings.Join(serves, ", "))
			return writeSchema(out, schema)
		},
	}
	ring.flags(cmd)
	return cmd
}

func inspectManifest(out io.Writer, dir string, ring *ringFlags) error {
	keys, development, err := ring.keys()
	if err != nil {
		return err
	}
	m, signer, judged := plugins.VerifyDir(dir, keys, development)
	if m.ID == "" {
		return judged
	}
	p := m.Permissions
	var may []string
	if p.Serial {
		may = append(may, "serial ports")
	}
	if p.USB {
		may = append(may, "USB")
	}
	for _, h := range p.Network {
		may = append(may, "network "+h)
	}
	if p.Listen {
		may = append(may, "taking connections")
	}
	for _, f := range p.Folders {
		may = append(may, "writing "+f)
	}
	for _, f := range p.Programs {
		may = append(may, "starting "+f)
	}
	if len(may) == 0 {
		may = []string{"nothing"}
	}
	fmt.Fprintf(out, "driver.json    %s %s, protocol %v\n", m.ID, m.Version, m.Protocols)
	fmt.Fprintf(out, "files for      %s\n", platforms(m))
	fmt.Fprintf(out, "asks for       %s\n", strings.Join(may, ", "))
	if len(m.USB) > 0 {
		fmt.Fprintf(out, "USB devices    %s\n", strings.Join(m.USB, ", "))
	}
	switch {
	case judged != nil:
		fmt.Fprintf(out, "signature      %s\n", explain(judged))
	case signer != nil:
		fmt.Fprintf(out, "signature      by %s, every file as it was signed\n", pack.Fingerprint(signer))
	default:
		fmt.Fprintf(out, "signature      none that is trusted; development mode lets it run\n")
	}
	return nil
}

func writeSchema(out io.Writer, schema json.RawMessage) error {
	var s struct {
		Required   []string `json:"required"`
		Properties map[string]struct {
			Type        any    `json:"type"`
			Title       string `json:"title"`
			Description string `json:"description"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(schema, &s); err != nil {
		return fmt.Errorf("the schema of its settings: %w", err)
	}
	fmt.Fprintln(out, "settings")
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		p := s.Properties[name]
		must := ""
		if slices.Contains(s.Required, name) {
			must = ", required"
		}
		about := p.Title
		if p.Description != "" {
			about += " (" + p.Description + ")"
		}
		fmt.Fprintf(out, "  %-16s %v%s  %s\n", name, p.Type, must, about)
	}
	if len(s.Properties) == 0 {
		fmt.Fprintln(out, "  none")
	}
	return nil
}
