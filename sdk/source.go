// Package sdk holds the source of the rule SDK, so that a new rule pack can be
// given a copy and build without a network.
//
// Owns: the embedded source. Does not own: the SDK itself (sdk/rule and below),
// what a scaffold does with it (rules/kit).
// Invariants: it imports nothing of ours; what is answered is what was compiled
// into this program.
package sdk

import (
	"embed"
	"io/fs"
	"path"
	"strings"
)

//go:embed rule/*.go rule/parts/*.go rule/rulecase/*.go rule/ruletest/*.go
var source embed.FS

//go:embed LICENSE
var license []byte

// License is what a copy of the source is given away with.
func License() []byte { return append([]byte(nil), license...) }

// Packages are the packages of the rule SDK below "sdk/", the folders of
// RuleSource.
func Packages() []string {
	return []string{"rule", "rule/parts", "rule/rulecase", "rule/ruletest"}
}

// RuleSource answers the rule SDK's Go files by their path below "sdk/", without
// tests.
func RuleSource() map[string][]byte {
	files := map[string][]byte{}
	for _, dir := range Packages() {
		entries, err := fs.ReadDir(source, dir)
		if err != nil {
			panic(err) // the folders are embedded by name
		}
		for _, e := range entries {
			name := path.Join(dir, e.Name())
			if e.IsDir() || strings.HasSuffix(name, "_test.go") {
				continue
			}
			b, err := source.ReadFile(name)
			if err != nil {
				panic(err) // it was listed
			}
			files[name] = b
		}
	}
	return files
}
