package rules

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/sdk/rule"
)

// FuzzVerify: whatever the bytes are, the verifier answers with a reason of its
// own; what it lets through compiles or not, and when it runs, ends.
func FuzzVerify(f *testing.F) {
	for _, set := range [][]hostile{refused(), unstartable(), stopped()} {
		for _, m := range set {
			if len(m.module) < 4<<10 {
				f.Add(m.module)
			}
		}
	}
	for seed := range uint64(20) {
		f.Add(generate(rand.New(rand.NewPCG(seed, 7))))
	}
	f.Add(asm{data: note("x"), names: names("a", "b")}.bytes())
	lim := Limits{ModuleBytes: 64 << 10, MemoryPages: 16, Work: 1_000_000}.withDefaults()
	rt := newBareRuntime(f, false)
	f.Fuzz(func(t *testing.T, b []byte) {
		out, _, err := instrument(b, lim)
		if err != nil {
			if fault.Of(err).Kind == fault.Internal {
				t.Fatalf("not a reason of its own: %v", err)
			}
			return
		}
		if _, _, err := instrument(out, lim); err == nil {
			t.Fatal("instrumented twice")
		}
		in, err := rt.instance(out)
		if err != nil {
			return
		}
		defer in.close()
		in.fuel.Set(100_000)
		in.depth.Set(100)
		_, _ = in.call("sw_evaluate", 0, 0)
	})
}

// choices makes the fuzzer's bytes the choices of the generator.
type choices struct {
	b    []byte
	rest rand.PCG
}

func (c *choices) Uint64() uint64 {
	if len(c.b) == 0 {
		return c.rest.Uint64()
	}
	var v [8]byte
	n := copy(v[:], c.b[:min(2, len(c.b))])
	c.b = c.b[n:]
	// Small ranges are drawn from the high bits, and wide ones take all.
	return binary.LittleEndian.Uint64(v[:]) * 0x9e37_79b9_7f4a_7c15
}

// FuzzMeter: a valid module does the same metered and as it came.
func FuzzMeter(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("some choices, any will do, and after them come others"))
	for seed := range uint64(8) {
		r := rand.New(rand.NewPCG(seed, 3))
		b := make([]byte, 40<<(seed%4))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		f.Add(b)
	}
	tr := &trial{rt: newBareRuntime(f, false)}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 4000 {
			return
		}
		m := generate(rand.New(&choices{b: b}))
		if len(m) > 100<<10 {
			return
		}
		if _, _, err := tr.compare(m); err != nil {
			keepModule(t, "fuzzed", m)
			t.Fatal(err)
		}
	})
}

// FuzzAnswer: whatever a rule answers, it is refused, or lies within what the
// basket and the hook allow.
func FuzzAnswer(f *testing.F) {
	x := rule.Note{Code: "x"}
	for hook, fill := range map[promotion.Hook]func(*rule.Output){
		promotion.HookPrice: func(o *rule.Output) {
			o.Candidates = []rule.Candidate{{Kind: rule.Percent, Class: rule.ClassLine, Basis: rule.Remaining, Rate: 1, Note: x}}
		},
		promotion.HookBenefit: func(o *rule.Output) {
			o.Candidates = []rule.Candidate{{Kind: rule.FreeUnits, Class: rule.ClassLine, Basis: rule.Initial, Units: 1000, Targets: []rule.Target{{Line: 1}}, Note: x}}
		},
		promotion.HookEarn:       func(o *rule.Output) { o.Earns = []rule.Earn{{Line: 1, Points: 9, Note: x}} },
		promotion.HookTopUp:      func(o *rule.Output) { o.Bonuses = []rule.Bonus{{Line: 5, Amount: 9, Note: x}} },
		promotion.HookTier:       func(o *rule.Output) { o.Tier = rule.TierProposal{Tier: "gold", Note: x} },
		promotion.HookCommission: func(o *rule.Output) { o.Commissions = []rule.Commission{{Line: 1, Amount: 9, Note: x}} },
	} {
		f.Add(uint8(hook), message(fill))
	}
	lim := Limits{}.withDefaults()
	f.Fuzz(func(t *testing.T, hook uint8, b []byte) {
		in := basket(promotion.Hook(hook%12), 6)
		if len(b) > lim.OutputBytes {
			return
		}
		out, err := Decode(b)
		if err == nil {
			err = checkOutput(in, &out, &lim)
		}
		if err != nil {
			if fault.Of(err).Kind == fault.Internal {
				t.Fatalf("not a reason of its own: %v", err)
			}
			return
		}
		for i := range out.Candidates {
			c := &out.Candidates[i]
			if c.Rate < 0 || c.Amount < 0 || c.Price < 0 || c.Code == "" || len(c.Targets) > len(in.Lines) {
				t.Fatalf("let through: %+v", c)
			}
		}
		for _, e := range out.Earns {
			if e.Points < 0 || int(e.Line) > len(in.Lines) {
				t.Fatalf("let through: %+v", e)
			}
		}
		for _, c := range out.Commissions {
			if c.Amount < 0 || c.Line == 0 || int(c.Line) > len(in.Lines) {
				t.Fatalf("let through: %+v", c)
			}
		}
	})
}
