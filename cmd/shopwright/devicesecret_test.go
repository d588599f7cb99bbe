package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/id"
)

func TestSecretsOfDevicesAreSealedForTheirMerchant(t *testing.T) {
	b, err := newSecretBox(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	m, other := id.New(1), id.New(2)
	s := b.seal(m, "sk_live_1")
	if strings.Contains(s, "sk_live") || b.seal(m, s) != s || b.seal(m, "sk_live_1") == s || b.seal(m, "") != "" {
		t.Fatalf("%q", s)
	}
	if got, err := b.open(m, s); err != nil || got != "sk_live_1" {
		t.Error(got, err)
	}
	if got, err := b.open(m, "plain"); err != nil || got != "plain" {
		t.Error(got, err)
	}
	elsewhere, _ := newSecretBox(append(make([]byte, 31), 1))
	for name, f := range map[string]func() (string, error){
		"another merchant": func() (string, error) { return b.open(other, s) }, "another key": func() (string, error) { return elsewhere.open(m, s) },
		"cut": func() (string, error) { return b.open(m, s[:20]) }, "altered": func() (string, error) { return b.open(m, s[:len(s)-2]+"AA") }, "no base64": func() (string, error) { return b.open(m, sealed+"!") },
	} {
		if got, err := f(); err == nil {
			t.Errorf("%s: %q", name, got)
		}
	}
	config, _ := json.Marshal(map[string]any{"key": s, "n": 3, "plain": "x"})
	got, err := b.openAll(m, config)
	if err != nil || string(got) != `{"key":"sk_live_1","n":3,"plain":"x"}` {
		t.Errorf("%s %v", got, err)
	}
	if _, err := b.openAll(other, config); err == nil {
		t.Error("another merchant's settings were opened")
	}
	if got, err := b.openAll(m, json.RawMessage(`{"a": 1}`)); err != nil || string(got) != `{"a": 1}` {
		t.Errorf("%s %v", got, err)
	}
}
