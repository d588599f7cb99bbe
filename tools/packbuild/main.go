// Command packbuild builds the first-party rule packs: for each folder of
// rules/packs with a pack.json it writes <id>.swpack beside it.
//
//	go run ./tools/packbuild          # write rules/packs/*.swpack
//	go run ./tools/packbuild -check   # build again, exit 1 where a bundle differs
//
// Owns: which folders are packs of this repository, the comparison with what is
// committed.
// Does not own: compiling and bundling, which is what every author's pack goes
// through (rules/kit); signing: the bundles are embedded in the program, which
// vouches for them, so that no private key has to lie where they are built.
// Invariants: a pack's id is its folder's name; the bytes depend on the sources
// and the Go toolchain only.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/shopwright/shopwright/rules/kit"
)

const packsDir = "rules/packs"

func main() {
	check := flag.Bool("check", false, "compare with the committed bundles instead of writing them")
	root := flag.String("root", ".", "the repository's root")
	flag.Parse()
	if err := run(context.Background(), *root, *check, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "packbuild:", err)
		os.Exit(1)
	}
}

// run builds the packs named, or all.
func run(ctx context.Context, root string, check bool, only []string) error {
	found, err := filepath.Glob(filepath.Join(root, packsDir, "*", "pack.json"))
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("no packs in %s", filepath.Join(root, packsDir))
	}
	for _, f := range found {
		dir := filepath.Dir(f)
		id := filepath.Base(dir)
		if len(only) > 0 && !slices.Contains(only, id) {
			continue
		}
		b, err := bundle(ctx, dir, id)
		if err != nil {
			return fmt.Errorf("%s: %w", id, errors.Join(err, errors.Unwrap(err)))
		}
		to := filepath.Join(root, packsDir, id+".swpack")
		if check {
			if old, err := os.ReadFile(to); err != nil || !bytes.Equal(old, b) {
				return fmt.Errorf("%s.swpack is not what its sources build: go run ./tools/packbuild", id)
			}
			continue
		}
		if err := os.WriteFile(to, b, 0o644); err != nil {
			return err
		}
		fmt.Printf("%s.swpack %d bytes\n", id, len(b))
	}
	return nil
}

func bundle(ctx context.Context, dir, id string) ([]byte, error) {
	m, err := kit.ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	if m.ID != id {
		return nil, fmt.Errorf("pack.json: the id %q is not the folder's name", m.ID)
	}
	return kit.Build(ctx, dir, kit.BuildOptions{})
}
