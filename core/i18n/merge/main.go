// Command merge adds texts to the catalogues of core/i18n.
//
//	go run ./core/i18n/merge [-dir core/i18n/locales] [-replace] file.json …
//
// Each file has the form {"en": {key: text}, "zh-Hans": {…}, "zh-Hant": {…}}. The
// catalogues are written back sorted by key. A key that has another text already
// is refused, unless -replace is given; nothing is written where anything is
// refused.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	dir := flag.String("dir", filepath.Join("core", "i18n", "locales"), "where the catalogues are")
	replace := flag.Bool("replace", false, "let a new text take the place of another")
	flag.Parse()
	added, err := merge(*dir, *replace, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("%d texts added\n", added)
}

// merge answers how many texts were added or replaced.
func merge(dir string, replace bool, files []string) (int, error) {
	catalogues := map[string]map[string]string{}
	added := 0
	var refused []string
	for _, name := range files {
		var in map[string]map[string]string
		if err := read(name, &in); err != nil {
			return 0, err
		}
		for tag, texts := range in {
			c, ok := catalogues[tag]
			if !ok {
				if err := read(filepath.Join(dir, tag+".json"), &c); err != nil {
					return 0, err
				}
				if c == nil {
					c = map[string]string{}
				}
				catalogues[tag] = c
			}
			for k, v := range texts {
				switch had, ok := c[k]; {
				case ok && had == v:
					continue
				case ok && !replace:
					refused = append(refused, fmt.Sprintf("%s: %s %s: %q, but there is %q", name, tag, k, v, had))
				}
				c[k] = v
				added++
			}
		}
	}
	if len(refused) > 0 {
		return 0, fmt.Errorf("%s", strings.Join(refused, "\n"))
	}
	for tag, c := range catalogues {
		if err := write(filepath.Join(dir, tag+".json"), c); err != nil {
			return 0, err
		}
	}
	return added, nil
}

func read(name string, into any) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// write puts the keys in order: encoding/json sorts a map's.
func write(name string, c map[string]string) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(c); err != nil {
		return err
	}
	return os.WriteFile(name, b.Bytes(), 0o644)
}
