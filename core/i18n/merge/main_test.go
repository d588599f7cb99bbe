package main

import (
	"os"
	"path/filepath"
	"testing"
)

func put(t *testing.T, name, s string) string {
	t.Helper()
	if err := os.WriteFile(name, []byte(s), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestMerge(t *testing.T) {
	dir := t.TempDir()
	en := put(t, filepath.Join(dir, "en.json"), `{"b":"B & b"}`)
	more := put(t, filepath.Join(dir, "more"), `{"en":{"c":"C","a":"A","b":"B & b"}}`)
	if n, err := merge(dir, false, []string{more}); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	want := "{\n  \"a\": \"A\",\n  \"b\": \"B & b\",\n  \"c\": \"C\"\n}\n"
	if got, err := os.ReadFile(en); err != nil || string(got) != want {
		t.Fatalf("%s %v", got, err)
	}
	other := put(t, filepath.Join(dir, "other"), `{"en":{"a":"another","d":"D"}}`)
	if _, err := merge(dir, false, []string{other}); err == nil {
		t.Fatal("a text was replaced without being asked to")
	}
	if got, err := os.ReadFile(en); err != nil || string(got) != want {
		t.Fatalf("something was written: %s %v", got, err)
	}
	if n, err := merge(dir, true, []string{other}); err != nil || n != 2 {
		t.Fatal(n, err)
	}
	unknown := put(t, filepath.Join(dir, "unknown"), `{"fr":{"a":"x"}}`)
	if _, err := merge(dir, false, []string{unknown}); err == nil {
		t.Fatal("a locale without a catalogue was accepted")
	}
}
