package rules_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/sdk/rule"
)

// messages reads the example of the reference page: the bytes of the Input and of
// the Output as its tables show them.
func messages(t *testing.T) [][]byte {
	t.Helper()
	page, err := os.ReadFile("../../docs/rules/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("^\\| (\\d+) \\| `([0-9a-f ]+)`(?: × (\\d+))? \\|")
	var all [][]byte
	for _, line := range strings.Split(string(page), "\n") {
		m := row.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		b, err := hex.DecodeString(strings.ReplaceAll(m[2], " ", ""))
		if err != nil {
			t.Fatal(line)
		}
		if m[3] != "" {
			n, _ := strconv.Atoi(m[3])
			b = bytes.Repeat(b, n)
		}
		if m[1] == "0" {
			all = append(all, nil)
		}
		last := &all[len(all)-1]
		if m[1] != strconv.Itoa(len(*last)) {
			t.Fatalf("%s: %d bytes stand before it", line, len(*last))
		}
		*last = append(*last, b...)
	}
	if len(all) != 2 {
		t.Fatalf("%d messages on the page", len(all))
	}
	return all
}

// TestPage: the Input on the page is what the codec reads and the module in
// WebAssembly text answers with the Output on the page.
func TestPage(t *testing.T) {
	m := messages(t)
	var in rule.Input
	if err := rule.DecodeInput(m[0], string(m[0]), &in); err != nil || len(in.Lines) != 1 || in.Lines[0].Category != "drinks" || !in.Member.BirthdayToday || in.Shop != "s1" {
		t.Fatalf("%v %+v", err, in)
	}
	h := newHost(t)
	p := ref("birthday-points", built(t, "wat/rule.wasm"), []byte(`{"points":50}`))
	got, _, err := h.Replay(ctx, p, m[0])
	if err != nil || !bytes.Equal(got, m[1]) {
		t.Fatalf("%v\n%x\n%x", err, got, m[1])
	}
	if again := rule.AppendOutput(nil, &rule.Output{Earns: []rule.Earn{{Points: 50, Note: rule.Note{Code: "birthday_points", Arg: 50}}}}); !bytes.Equal(again, m[1]) {
		t.Errorf("the codec writes\n%x\nthe page\n%x", again, m[1])
	}
}

// TestPageOnOtherHosts: what was written from the page runs under hosts of other
// versions, and refuses what is no message.
func TestPageOnOtherHosts(t *testing.T) {
	h := newHost(t)
	p := ref("birthday-points", built(t, "wat/rule.wasm"), []byte(`{"points":50}`))
	m := messages(t)
	none := rule.AppendOutput(nil, &rule.Output{})
	for name, c := range map[string]struct{ in, out []byte }{
		"longer member": {stretched(m[0], refMember, 64), m[1]}, "shorter member": {stretched(m[0], refMember, 12), m[1]}, "before birthdays": {stretched(m[0], refMember, 8), none},
		"longer header": {headed(m[0], 176+8), m[1]}, "without members": {headed(m[0], 64), none}, "longer lines": {stretched(m[0], refLines, 256), m[1]},
	} {
		if got, _, err := h.Replay(ctx, p, c.in); err != nil || !bytes.Equal(got, c.out) {
			t.Errorf("%s: %v\n%x\n%x", name, err, got, c.out)
		}
	}
	other := bytes.Clone(m[0])
	le.PutUint32(other[8:], uint32(rule.HookPrice))
	beyond := bytes.Clone(m[0])
	le.PutUint32(beyond[refMember:], uint32(len(beyond)-8))
	for name, in := range map[string][]byte{"empty": nil, "magic": append([]byte("SWI2"), m[0][4:]...), "another hook": other, "member beyond": beyond, "header beyond": headed(m[0], 1<<20)} {
		if _, _, err := h.Replay(ctx, p, in); err == nil {
			t.Errorf("%s was answered", name)
		}
	}
	bad := ref("birthday-points", built(t, "wat/rule.wasm"), []byte(`{"point":50}`))
	if err := h.Prepare(ctx, bad); err == nil || !strings.Contains(err.Error(), "config_refused") {
		t.Errorf("a configuration without points: %v", err)
	}
}
