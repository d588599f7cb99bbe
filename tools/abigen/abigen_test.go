package main

import (
	"os"
	"strings"
	"testing"
)

const root = "../.."

func TestFilesAreCurrent(t *testing.T) {
	if err := run(root, true); err != nil {
		t.Fatal(err)
	}
}

// TestPublishedLayoutIsKept: appending is accepted, everything else is refused.
func TestPublishedLayoutIsKept(t *testing.T) {
	b, err := os.ReadFile(root + "/" + schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	lock, err := os.ReadFile(root + "/" + lockPath)
	if err != nil {
		t.Fatal(err)
	}
	field := `{"name": "SKU", "type": "str", "doc": "the service"},`
	for name, c := range map[string]struct {
		old, new string
		fine     bool
	}{
		"as it is":      {"", "", true},
		"appended":      {`"doc": "visits that can be used now"}`, `"doc": "visits that can be used now"}, {"name": "Expires", "type": "i64", "doc": "x"}`, true},
		"inserted":      {field, field + `{"name": "Expires", "type": "i64", "doc": "x"},`, false},
		"removed":       {field, "", false},
		"renamed":       {field, strings.Replace(field, "SKU", "Code", 1), false},
		"another type":  {`{"name": "Available", "type": "i64"`, `{"name": "Available", "type": "u64"`, false},
		"a hole":        {field, `{"name": "A", "type": "u32"},` + field, false},
		"a number":      {`["HookDraw", 9,`, `["HookDraw", 11,`, false},
		"a group grows": {`{"name": "_", "type": "u32"}]}`, `{"name": "_", "type": "u32"}, {"name": "More", "type": "i64"}]}`, false},
		"a default":     {`"default": 1`, `"default": 2`, false},
	} {
		text := strings.Replace(string(b), c.old, c.new, 1)
		if c.old != "" && text == string(b) {
			t.Fatalf("%s: %q is not in the schema", name, c.old)
		}
		s, err := parse([]byte(text))
		if err == nil {
			err = s.checkLock(string(lock))
		}
		if (err == nil) != c.fine {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUpper(t *testing.T) {
	for in, want := range map[string]string{"MinSpend": "MIN_SPEND", "SKU": "SKU", "ID": "ID", "LineNo": "LINE_NO", "HasStaff": "HAS_STAFF", "SKUCode": "SKU_CODE"} {
		if got := upper(in); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}
