package kit

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Lang is a language that packs are written in.
type Lang string

const (
	Go             Lang = "go"
	C              Lang = "c"
	AssemblyScript Lang = "as"
	WAT            Lang = "wat"    // the text form of WebAssembly; built, but nobody is given a scaffold of it
	Module         Lang = "module" // no source: a rule.wasm that was made elsewhere, taken as it is
)

// languages in the order in which a folder is searched: the file that tells the
// language, and the file that a person writes.
var languages = []struct {
	lang               Lang
	name, mark, source string
}{
	{Go, "Go", "guest/main.go", "rule.go"},
	{C, "C", "rule.c", "rule.c"},
	{AssemblyScript, "AssemblyScript", "rule.ts", "rule.ts"},
	{WAT, "WebAssembly text", "rule.wat", "rule.wat"},
	{Module, "WebAssembly", "rule.wasm", "rule.wasm"}, // the last: beside a source it is what was built of it
}

// ParseLang reads a language's short name. Fault: kit.language_unknown.
func ParseLang(s string) (Lang, error) {
	known := []string{string(Go), string(AssemblyScript), string(C)}
	if slices.Contains(known, s) {
		return Lang(s), nil
	}
	return "", ErrLanguage.With("lang", s).With("known", strings.Join(known, ", "))
}

// LangOf tells the language of a pack's folder by its files. Fault:
// kit.not_a_pack.
func LangOf(dir string) (Lang, error) {
	for _, l := range languages {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(l.mark))); err == nil {
			return l.lang, nil
		}
	}
	return "", ErrSource.With("dir", dir)
}

func (l Lang) entry() (name, source string) {
	for _, x := range languages {
		if x.lang == l {
			return x.name, x.source
		}
	}
	return string(l), ""
}
