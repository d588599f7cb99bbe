package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const schemaPath, lockPath = "sdk/rule/abi/sw1.json", "sdk/rule/abi/sw1.lock"

func main() {
	check := flag.Bool("check", false, "compare with the files on disk instead of writing them")
	root := flag.String("root", ".", "the repository's root")
	past := flag.String("past", "", "write the bindings of an earlier version to this folder, and nothing else")
	future := flag.String("future", "", "the same of a later version")
	flag.Parse()
	var err error
	switch {
	case *past != "":
		err = writeBindings(*root, *past, (*schema).past)
	case *future != "":
		err = writeBindings(*root, *future, (*schema).future)
	default:
		err = run(*root, *check)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "abigen:", err)
		os.Exit(1)
	}
}

// run writes the generated files, or with check reports the first that differs.
func run(root string, check bool) error {
	files, err := generate(root)
	if err != nil {
		return err
	}
	for _, f := range files {
		path := filepath.Join(root, filepath.FromSlash(f.path))
		old, err := os.ReadFile(path)
		if err == nil && bytes.Equal(old, f.body) {
			continue
		}
		if check {
			return fmt.Errorf("%s is not current: go run ./tools/abigen", f.path)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.body, 0o644); err != nil {
			return err
		}
	}
	return nil
}

type output struct {
	path string
	body []byte
}

func generate(root string) ([]output, error) {
	b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(schemaPath)))
	if err != nil {
		return nil, err
	}
	s, err := parse(b)
	if err != nil {
		return nil, err
	}
	lock, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(lockPath)))
	if err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	if err := s.checkLock(string(lock)); err != nil {
		return nil, err
	}
	types, err := s.goTypes()
	if err != nil {
		return nil, err
	}
	codec, err := s.goCodec()
	if err != nil {
		return nil, err
	}
	names, err := s.goNames()
	if err != nil {
		return nil, err
	}
	head := "# The published layout of " + s.Name + ": abigen refuses a schema that contradicts a line.\n"
	return []output{
		{"sdk/rule/types_gen.go", types},
		{"sdk/rule/codec_gen.go", codec},
		{"sdk/rule/rulecase/names_gen.go", names},
		{"sdk/rule/bindings/c/sw1.h", s.cHeader()},
		{"sdk/rule/bindings/as/sw1.ts", s.assemblyScript()},
		{lockPath, []byte(head + strings.Join(s.lockLines(), "\n") + "\n")},
		{"docs/rules/reference.md", s.page()},
	}, nil
}
