package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/rules/packs"
	"github.com/shopwright/shopwright/sdk/rule"
)

func imported(mod, name string, kind byte, rest ...byte) []byte {
	return cat(str(mod), str(name), []byte{kind}, rest)
}

func note(code string) []byte {
	return message(func(o *rule.Output) { o.Notes = []rule.Note{{Code: code}} })
}

// TestCostlyToCompile: what takes the compiler long stays within a bound. Each
// of these, without it, took from seconds to minutes.
func TestCostlyToCompile(t *testing.T) {
	h := newHost(t, shelf{}, Limits{})
	many := func(n int, code ...byte) []byte {
		return asm{extra: bytes.Repeat(code, n), data: message(nil)}.bytes()
	}
	nested := func(n int) []byte {
		return asm{extra: cat(bytes.Repeat([]byte{opBlock, blockVoid}, n), bytes.Repeat([]byte{opEnd}, n)), data: message(nil)}.bytes()
	}
	for name, c := range map[string]struct {
		m    []byte
		want *fault.Fault
	}{
		"nested blocks": {nested(30_000), ErrNesting},
		"loops":         {many(20_000, opLoop, blockVoid, opEnd), ErrFunctionCostly},
		"branches":      {many(30_000, opI32Const, 0, opBrIf, 0), ErrFunctionCostly},
		"growths":       {many(20_000, opI32Const, 0, opMemoryGrow, 0, 0x1a), ErrFunctionCostly},
	} {
		if err := h.Verify(c.m); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if testing.Short() {
		return
	}
	s := shelf{}
	h = newHost(t, s, Limits{})
	for name, m := range map[string][]byte{
		"nested blocks": nested(1900),
		"loops":         many(2400, opLoop, blockVoid, opEnd),
		"branches":      many(9000, opI32Const, 0, opBrIf, 0),
		"calls":         many(60_000, opCall, 0),
	} {
		begin := time.Now()
		err := h.Prepare(ctx, s.add(m, "{}"))
		if took := time.Since(begin); err != nil || took > 30*time.Second {
			t.Errorf("%s: %v, %v", name, took, err)
		}
	}
}

// TestGeneratedModules changes single bytes of modules: nothing may end the
// program, and what still compiles is stopped or answers.
func TestGeneratedModules(t *testing.T) {
	s := shelf{}
	h := newHost(t, s, Limits{Fuel: 200_000, InitFuel: 200_000, ImageBytes: 256 << 10})
	seeds := [][]byte{
		asm{data: note("x"), globals: [][]byte{{typeI64, 1, opI64Const, 1, opEnd}}, table: []byte{1, typeFunc, 0, 4}}.bytes(),
		asm{data: note("x"), evaluate: cat([]byte{opLoop, blockVoid, opI32Const, 1, opMemoryGrow, 0, opBrIf, 0, opEnd}, i64const(dataAt<<32|88))}.bytes(),
		asm{imports: [][]byte{imported(wasi, "fd_write", 0, 5)}, start: true, extra: []byte{opI32Const, 0, opI32Const, 1, opI32Const, 9, 0xfc, 11, 0}, data: note("y")}.bytes(),
	}
	n := 6000
	if testing.Short() {
		n = 600
	}
	r := rand.New(rand.NewPCG(1, 2))
	in := basket(promotion.HookPrice, 1)
	compiled := 0
	for i := range n {
		m := bytes.Clone(seeds[i%len(seeds)])
		for range 1 + r.IntN(3) {
			switch at := 8 + r.IntN(len(m)-8); r.IntN(4) {
			case 0:
				m = append(m[:at:at], m[at+1:]...)
			case 1:
				m = append(m[:at:at], append([]byte{byte(r.Uint32())}, m[at:]...)...)
			default:
				m[at] = byte(r.Uint32())
			}
		}
		ref := s.add(m, "{}")
		if h.Verify(m) == nil && h.Prepare(ctx, ref) == nil {
			compiled++
			_, _ = h.Evaluate(ctx, ref, in)
		}
		delete(s, ref.ModuleHash)
	}
	if compiled < n/20 {
		t.Errorf("only %d of %d got as far as a call", compiled, n)
	}
}

// TestShippedPacksMayBeInstalled: what comes with the program passes as what a
// stranger brings would: floats are asked for where there are some.
func TestShippedPacksMayBeInstalled(t *testing.T) {
	h := newHost(t, shelf{}, Limits{})
	for id := range packs.Bundles() {
		var m struct{ Floats bool }
		if err := json.Unmarshal(file(t, id, "pack.json"), &m); err != nil {
			t.Fatal(err)
		}
		if err := h.VerifyFor(file(t, id, "rule.wasm"), m.Floats); err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if err := h.VerifyFor(file(t, id, "rule.wasm"), false); !errors.Is(err, ErrFloats) {
			t.Errorf("%s without asking for floats: %v", id, err)
		}
	}
}
