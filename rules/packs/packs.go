// Package packs holds the built bundles of the first-party rule packs, so that
// the program runs without a build step. The sources lie in the folders beside.
//
// Owns: the embedded bundles. Does not own: reading them (core/pack), building
// them (tools/packbuild).
// Invariants: a bundle is what its sources build; CI compares.
package packs

import (
	"embed"
	"io/fs"
	"strings"
)

//go:embed *.swpack
var files embed.FS

// Bundles answers the bundles by pack id. The bytes must not be changed.
func Bundles() map[string][]byte {
	all := map[string][]byte{}
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		panic(err) // the embedded folder is always there
	}
	for _, e := range entries {
		b, err := files.ReadFile(e.Name())
		if err != nil {
			panic(err)
		}
		all[strings.TrimSuffix(e.Name(), ".swpack")] = b
	}
	return all
}
