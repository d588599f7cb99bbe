package rules_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/examples/rules/basket"
	"github.com/shopwright/shopwright/rules"
	"github.com/shopwright/shopwright/sdk/rule"
)

// native is what the rule in Go answers to a message.
func native(t *testing.T, msg []byte) []byte {
	t.Helper()
	r := &basket.Rule{}
	if err := r.Configure(basket.Config); err != nil {
		t.Fatal(err)
	}
	var in rule.Input
	var out rule.Output
	if err := rule.DecodeInput(msg, string(msg), &in); err != nil {
		t.Fatal(err)
	}
	if err := rule.Evaluate(r, &in, &out); err != nil {
		t.Fatal(err)
	}
	return rule.AppendOutput(nil, &out)
}

// guests are the basket's modules.
func guests(t *testing.T) map[string]promotion.PackRef {
	return map[string]promotion.PackRef{
		"Go":             ref("basket-go", goGuest(t, "basket/guest"), basket.Config),
		"C":              ref("basket-c", built(t, "basket/c/rule.wasm"), basket.Config),
		"AssemblyScript": ref("basket-as", built(t, "basket/as/rule.wasm"), basket.Config),
	}
}

// TestLanguagesAgree: the same bytes from the same rule in three languages, for
// baskets within and beyond the room that a guest keeps ready.
func TestLanguagesAgree(t *testing.T) {
	h := newHost(t)
	refs := guests(t)
	for _, lines := range []int{0, 1, 20, 21, 64, 300} {
		in := basket.Input(lines)
		msg := rule.AppendInput(nil, &in)
		want := native(t, msg)
		view, err := rules.DecodeInput(msg)
		if err != nil {
			t.Fatal(err)
		}
		for name, r := range refs {
			for range 2 { // the second call finds nothing of the first
				a, err := h.Evaluate(ctx, r, &view)
				if err != nil || !bytes.Equal(a.OutputBytes, want) {
					t.Errorf("%s, %d lines: %v\n%x\n%x", name, lines, err, a.OutputBytes, want)
				} else if lines == 20 && len(a.Output.Candidates) != 19 {
					t.Errorf("%s: %d candidates", name, len(a.Output.Candidates))
				}
			}
		}
	}
}

// TestTextsAgree: a configuration with every kind of escape and of number.
func TestTextsAgree(t *testing.T) {
	config := []byte(` { "note" : [1,{"a":"]}\""}] , "prices":[ {"tier":"a\"\\\n\tb\u00e9\u6f22\ud83d\ude00","category":"漢\u0001","percent":0.00019},
		{"tier":"x","category":"y","percent":-3},{"tier":"z","category":"y","percent":100,"more":{"k":[]}} ],"third_free":"é", "spend":999999999999999,"off":0.9,"cap":null} `)
	if !json.Valid(config) {
		t.Fatal("not JSON")
	}
	h := newHost(t)
	r := &basket.Rule{}
	if err := r.Configure(config); err != nil {
		t.Fatal(err)
	}
	for _, member := range []string{"a\"\\\n\tbé漢😀", "x", "z"} {
		in := basket.Input(4)
		in.Member.Tier = member
		in.Lines[0].Category, in.Lines[0].Quantity = "漢\x01", 7*rule.One
		in.Lines[1].Category, in.Lines[1].Quantity = "é", 7*rule.One
		in.Lines[2].Category = "y"
		in.Lines[3].Gross = rule.Max
		var out rule.Output
		if err := rule.Evaluate(r, &in, &out); err != nil {
			t.Fatal(err)
		}
		want := rule.AppendOutput(nil, &out)
		msg := rule.AppendInput(nil, &in)
		for name, p := range guests(t) {
			p.Config, p.ConfigHash = config, hash(config)
			if got, _, err := h.Replay(ctx, p, msg); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s, tier %q: %v\n%x\n%x", name, member, err, got, want)
			}
		}
	}
}

// Where the references of the tables lie in the header of an Input.
const (
	refMember, refLines, refTiers = 64, 76, 124
	cutCurrency, cutTiers         = 48, 136
)

var le = binary.LittleEndian

// stretched rewrites a table with another stride, as a host of another version
// writes it: longer records end in bytes that an older guest must not look at.
func stretched(b []byte, ref, stride int) []byte {
	at, n, old := int(le.Uint32(b[ref:])), int(le.Uint32(b[ref+4:])), int(le.Uint32(b[ref+8:]))
	out := bytes.Clone(b)
	for len(out)%8 != 0 {
		out = append(out, 0)
	}
	le.PutUint32(out[ref:], uint32(len(out)))
	le.PutUint32(out[ref+8:], uint32(stride))
	for i := range n {
		out = append(out, b[at+i*old:at+i*old+min(old, stride)]...)
		out = append(out, bytes.Repeat([]byte{0xee}, max(0, stride-old))...)
	}
	return out
}

// headed gives the message a header of another size. A longer one reaches over
// what follows it, which changes nothing else.
func headed(b []byte, size int) []byte {
	out := bytes.Clone(b)
	le.PutUint32(out[4:], uint32(size))
	return out
}

// TestOtherHosts: every language reads the messages of an older and of a newer host
// as the codec in Go does.
func TestOtherHosts(t *testing.T) {
	h := newHost(t)
	in := basket.Input(20)
	in.CurrencyDigits = 2
	in.Tiers = []rule.Tier{{Code: "gold", Rank: 2}}
	msg := rule.AppendInput(nil, &in)
	cases := map[string][]byte{
		"lines end before staff": stretched(msg, refLines, 64), "lines end after the category": stretched(msg, refLines, 24), "lines of one word more": stretched(msg, refLines, 108),
		"longer lines": stretched(msg, refLines, 104+24), "shorter member": stretched(msg, refMember, 24), "longer member": stretched(msg, refMember, 64),
		"longer header": headed(msg, 176+16), "no events yet": headed(msg, cutTiers), "longer lines, shorter member": stretched(stretched(msg, refLines, 200), refMember, 24),
	}
	for name, m := range cases {
		want := native(t, m)
		for lang, r := range guests(t) {
			if got, _, err := h.Replay(ctx, r, m); err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s, %s: %v\n%x\n%x", lang, name, err, got, want)
			}
		}
	}
	malformed := map[string][]byte{
		"stride in a field": stretched(msg, refLines, 28), "header in a field": headed(msg, 52-8), "header beyond": headed(msg, 1<<30), "header tiny": headed(msg, 4),
		"magic": append([]byte("SWO1"), msg[4:]...), "empty": nil, "table beyond": func() []byte { b := bytes.Clone(msg); le.PutUint32(b[refLines:], uint32(len(b))); return b }(),
		"too many":      func() []byte { b := bytes.Clone(msg); le.PutUint32(b[refLines+4:], 20_000); return b }(),
		"string beyond": func() []byte { b := bytes.Clone(msg); le.PutUint32(b[40:], uint32(len(b))); return b }(),
	}
	for name, m := range malformed {
		var x rule.Input
		if rule.DecodeInput(m, string(m), &x) == nil {
			t.Fatalf("%s is not malformed", name)
		}
		for lang, r := range guests(t) {
			if _, _, err := h.Replay(ctx, r, m); err == nil {
				t.Errorf("%s accepts: %s", lang, name)
			}
		}
	}
}

// TestOtherGuests: modules built with an earlier and with a later version of the
// ABI do the same under this host.
func TestOtherGuests(t *testing.T) {
	h := newHost(t)
	in := basket.Input(20)
	msg := rule.AppendInput(nil, &in)
	view, err := rules.DecodeInput(msg)
	if err != nil {
		t.Fatal(err)
	}
	var want rule.Output
	out := native(t, msg)
	if err := rule.DecodeOutput(out, string(out), &want); err != nil {
		t.Fatal(err)
	}
	for age, size := range map[string]uint32{"past": 80, "future": 120 + 16} {
		for _, lang := range []string{"c", "as"} {
			r := ref("basket", built(t, "testdata/"+age+"-"+lang+".wasm"), basket.Config)
			a, err := h.Evaluate(ctx, r, &view)
			if err != nil {
				t.Errorf("%s %s: %v", age, lang, err)
				continue
			}
			if n := le.Uint32(a.OutputBytes[4:]); n != size {
				t.Errorf("%s %s was built with a header of %d bytes", age, lang, n)
			}
			var got rule.Output
			if err := rule.DecodeOutput(a.OutputBytes, string(a.OutputBytes), &got); err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s %s: %v\n%v\n%v", age, lang, err, got, want)
			}
		}
	}
}
