package rules

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/sdk/rule"
)

func imported(mod, name string, kind byte, rest ...byte) []byte {
	return cat(str(mod), str(name), []byte{kind}, rest)
}

// TestRefusedModules: what a module may not be, each with its own reason.
func TestRefusedModules(t *testing.T) {
	deep := bytes.Repeat([]byte{0x01}, 200<<10)
	cases := map[string]struct {
		m    []byte
		want *fault.Fault
	}{
		"empty":              {nil, ErrMalformed},
		"text":               {[]byte("(module)"), ErrMalformed},
		"component":          {[]byte("\x00asm\x0d\x00\x01\x00"), ErrMalformed},
		"truncated":          {asm{}.bytes()[:60], ErrMalformed},
		"too large":          {append([]byte(magicWasm), make([]byte, 5<<20)...), ErrModuleTooLarge},
		"unknown section":    {append(asm{}.bytes(), 13, 0), ErrSection},
		"section twice":      {append(asm{}.bytes(), secCode, 1, 0), ErrMalformed},
		"huge section":       {append(asm{}.bytes(), secData, 0xff, 0xff, 0xff, 0xff, 0x0f), ErrMalformed},
		"overlong integer":   {append(asm{}.bytes(), secData, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f), ErrMalformed},
		"host function":      {asm{imports: [][]byte{imported("env", "abort", 0, 0)}}.bytes(), ErrImport},
		"file access":        {asm{imports: [][]byte{imported(wasi, "path_open", 0, 0)}}.bytes(), ErrImport},
		"socket":             {asm{imports: [][]byte{imported(wasi, "sock_send", 0, 5)}}.bytes(), ErrImport},
		"wrong type":         {asm{imports: [][]byte{imported(wasi, "proc_exit", 0, 0)}}.bytes(), ErrImport},
		"imported memory":    {asm{imports: [][]byte{imported(wasi, "memory", 2, 0, 1)}}.bytes(), ErrImport},
		"imported global":    {asm{imports: [][]byte{imported(wasi, "g", 3, typeI32, 1)}}.bytes(), ErrImport},
		"imported table":     {asm{imports: [][]byte{imported(wasi, "t", 1, typeFunc, 0, 1)}}.bytes(), ErrImport},
		"no evaluate":        {asm{drop: "sw_evaluate"}.bytes(), ErrExport},
		"no marker":          {asm{drop: "sw_abi_1"}.bytes(), ErrExport},
		"no memory export":   {asm{drop: "memory"}.bytes(), ErrExport},
		"no memory":          {asm{sections: map[byte][]byte{secMemory: nil}}.bytes(), ErrMalformed},
		"evaluate of a type": {asm{exports: map[string][2]byte{"sw_evaluate": {0, 1}}}.bytes(), ErrExport},
		"export out of it":   {asm{exports: map[string][2]byte{"sw_evaluate": {0, 99}}}.bytes(), ErrExport},
		"reserved export":    {asm{exports: map[string][2]byte{"__sw_fuel": {0, 0}}}.bytes(), ErrReservedExport},
		"large table":        {asm{table: cat([]byte{1, typeFunc, 0}, putU(nil, 134_000_000))}.bytes(), ErrTableTooLarge},
		"many tables":        {asm{table: cat([]byte{2, typeFunc, 0}, putU(nil, 9000), []byte{typeFunc, 0}, putU(nil, 9000))}.bytes(), ErrTableTooLarge},
		"large memory":       {asm{memory: cat([]byte{1, 0}, putU(nil, 513))}.bytes(), ErrMemoryTooLarge},
		"shared memory":      {asm{memory: []byte{1, 3, 1, 2}}.bytes(), ErrType},
		"64-bit memory":      {asm{memory: []byte{1, 4, 1}}.bytes(), ErrType},
		"two memories":       {asm{memory: []byte{2, 0, 1, 0, 1}}.bytes(), ErrSection},
		"vector global":      {asm{globals: [][]byte{{0x7b, 0, 0xfd, 12}}}.bytes(), ErrType},
		"mutable reference":  {asm{globals: [][]byte{{typeFunc, 1, 0xd0, typeFunc, opEnd}}}.bytes(), ErrType},
		"large function":     {asm{extra: deep}.bytes(), ErrFunctionTooLarge},
		"many locals":        {asm{locals: cat([]byte{1}, putU(nil, 4_000_000_000), []byte{typeI64})}.bytes(), ErrFunctionTooLarge},
		"vector instruction": {asm{extra: []byte{0xfd, 12}}.bytes(), ErrInstruction},
		"atomic instruction": {asm{extra: []byte{0xfe, 3, 0}}.bytes(), ErrInstruction},
		"tail call":          {asm{extra: []byte{0x12, 0}}.bytes(), ErrInstruction},
		"exception":          {asm{extra: []byte{0x08, 0}}.bytes(), ErrInstruction},
		"table.set":          {asm{extra: []byte{0x26, 0}}.bytes(), ErrInstruction},
		"table.grow":         {asm{extra: []byte{0xfc, 15, 0}}.bytes(), ErrInstruction},
		"table.init":         {asm{extra: []byte{0xfc, 12, 0, 0}}.bytes(), ErrInstruction},
		"table.copy":         {asm{extra: []byte{0xfc, 14, 0, 0}}.bytes(), ErrInstruction},
		"table.fill":         {asm{extra: []byte{0xfc, 17, 0}}.bytes(), ErrInstruction},
		"data.drop":          {asm{extra: []byte{0xfc, 9, 0}}.bytes(), ErrInstruction},
		"elem.drop":          {asm{extra: []byte{0xfc, 13, 0}}.bytes(), ErrInstruction},
		"another memory":     {asm{extra: []byte{0x28, 0x42, 0, 0}}.bytes(), ErrInstruction},
		"not a function":     {asm{sections: map[byte][]byte{secType: {1, 0x5f, 0}}}.bytes(), ErrType},
		"too few bodies":     {asm{sections: map[byte][]byte{secCode: {0}}}.bytes(), ErrMalformed},
	}
	h := newHost(t, shelf{}, Limits{})
	for name, c := range cases {
		if err := h.Verify(c.m); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want.Reason)
		}
	}
	if err := h.Verify(asm{data: message(nil)}.bytes()); err != nil {
		t.Errorf("the module that all others vary: %v", err)
	}
	// What only the compiler finds: a body that does not type.
	s := shelf{}
	h = newHost(t, s, Limits{})
	if err := h.Prepare(ctx, s.add(asm{evaluate: []byte{opI32Const, 0}}.bytes(), "{}")); !errors.Is(err, ErrCompile) {
		t.Errorf("body of a wrong type: %v", err)
	}
}

func note(code string) []byte {
	return message(func(o *rule.Output) { o.Notes = []rule.Note{{Code: code}} })
}

// TestStoppedRules: what a rule may not do when it runs; the host serves the
// next call as if nothing had been.
func TestStoppedRules(t *testing.T) {
	s := shelf{}
	h := newHost(t, s, Limits{})
	fine := s.add(asm{data: message(nil)}.bytes(), "{}")
	grow := []byte{opI32Const, 1, opMemoryGrow, 0}
	exit := imported(wasi, "proc_exit", 0, 4)
	write := imported(wasi, "fd_write", 0, 5)
	cases := map[string]struct {
		a    asm
		want *fault.Fault
	}{
		"endless loop":       {asm{evaluate: []byte{opLoop, blockVoid, opBr, 0, opEnd, opUnreachable}}, ErrOutOfFuel},
		"endless recursion":  {asm{evaluate: []byte{opLocalGet, 0, opLocalGet, 1, opCall, 3}}, ErrTooDeep},
		"two that call":      {asm{evaluate: []byte{opCall, 4, opUnreachable}, extra: []byte{opI32Const, 0, opI32Const, 0, opCall, 3, 0x1a}}, ErrTooDeep},
		"memory bomb":        {asm{evaluate: cat([]byte{opLoop, blockVoid}, grow, []byte{opI32Const, 0x7f, 0x47, opBrIf, 0, opEnd, opUnreachable})}, ErrOutOfMemory},
		"one huge growth":    {asm{evaluate: cat([]byte{opI32Const}, putS(nil, 60_000), []byte{opMemoryGrow, 0, opUnreachable})}, ErrOutOfFuel},
		"fill again, again":  {asm{evaluate: cat([]byte{opLoop, blockVoid, opI32Const, 0, opI32Const, 0, opI32Const}, putS(nil, 131072), []byte{0xfc, 11, 0, opBr, 0, opEnd, opUnreachable})}, ErrOutOfFuel},
		"asks the host":      {asm{imports: [][]byte{write}, evaluate: []byte{opLoop, blockVoid, opI32Const, 1, opI32Const, 0, opI32Const, 0, opI32Const, 0, opCall, 0, 0x1a, opBr, 0, opEnd, opUnreachable}}, ErrOutOfFuel},
		"unreachable":        {asm{evaluate: []byte{opUnreachable}}, ErrTrapped},
		"division by zero":   {asm{evaluate: cat(i64const(1), i64const(0), []byte{0x7f})}, ErrTrapped},
		"out of bounds":      {asm{evaluate: []byte{opI32Const, 0x7f, 0x29, 0, 0}}, ErrTrapped},
		"leaves":             {asm{imports: [][]byte{exit}, evaluate: []byte{opI32Const, 1, opCall, 0, opUnreachable}}, ErrTrapped},
		"no answer":          {asm{evaluate: i64const(0)}, ErrNoAnswer},
		"answer outside":     {asm{evaluate: i64const(0x7fff_0000<<32 | 100)}, ErrBadOutput},
		"answer too large":   {asm{evaluate: i64const(1<<32 | 70_000)}, ErrOutputSize},
		"answer of nonsense": {asm{data: []byte("hello, this is no message at all")}, ErrBadOutput},
		"answer cut short":   {asm{data: message(nil)[:40]}, ErrBadOutput},
		"points from a price hook": {asm{data: message(func(o *rule.Output) {
			o.Earns = []rule.Earn{{Line: 1, Points: 5, Note: rule.Note{Code: "x"}}}
		})}, ErrPower},
		"code that is no key": {asm{data: note("Hello World")}, ErrBadOutput},
	}
	for name, c := range cases {
		ref := s.add(c.a.bytes(), "{}")
		var fuel int64
		for n := range 2 {
			begin := time.Now()
			a, err := h.Evaluate(ctx, ref, basket(promotion.HookPrice, 2))
			took := time.Since(begin)
			if !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %s", name, err, c.want.Reason)
			}
			if n == 1 && a.Fuel != fuel {
				t.Errorf("%s: stopped at fuel %d, then %d", name, fuel, a.Fuel)
			}
			if n == 1 && took > 500*time.Millisecond { // some 10 ms on a quiet machine
				t.Errorf("%s: stopped after %v", name, took)
			}
			fuel = a.Fuel
		}
		if _, err := h.Evaluate(ctx, fine, basket(promotion.HookPrice, 2)); err != nil {
			t.Fatalf("after %s: %v", name, err)
		}
	}
	for name, c := range map[string]struct {
		a    asm
		want *fault.Fault
	}{
		"loops at start":     {asm{start: true, extra: []byte{opLoop, blockVoid, opBr, 0, opEnd}}, ErrStart},
		"loops at configure": {asm{configure: []byte{opLoop, blockVoid, opBr, 0, opEnd, opUnreachable}}, ErrOutOfFuel},
		"loops at init":      {asm{exports: map[string][2]byte{"_initialize": {0, 4}}, extra: []byte{opLoop, blockVoid, opBr, 0, opEnd}}, ErrOutOfFuel},
		"refuses":            {asm{configure: []byte{opI32Const, 1}}, ErrConfig},
	} {
		if err := h.Prepare(ctx, s.add(c.a.bytes(), "{}")); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want.Reason)
		}
	}
	big := basket(promotion.HookPrice, 2)
	big.Shop = string(make([]byte, 2<<20))
	if _, err := h.Evaluate(ctx, fine, big); !errors.Is(err, ErrInput) {
		t.Errorf("large input: %v", err)
	}
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
	for name, m := range map[string][]byte{
		"nested blocks": nested(30_000),
		"loops":         many(20_000, opLoop, blockVoid, opEnd),
		"branches":      many(30_000, opI32Const, 0, opBrIf, 0),
		"growths":       many(20_000, opI32Const, 0, opMemoryGrow, 0, 0x1a),
	} {
		if err := h.Verify(m); !errors.Is(err, ErrFunctionTooLarge) {
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

func FuzzInstrument(f *testing.F) {
	f.Add(asm{data: note("x")}.bytes())
	f.Add(asm{start: true, globals: [][]byte{{typeI64, 1, opI64Const, 1, opEnd}}, table: []byte{1, typeFunc, 0, 4}}.bytes())
	lim := Limits{}.withDefaults()
	f.Fuzz(func(t *testing.T, b []byte) {
		out, _, err := instrument(b, lim)
		if err != nil && fault.Of(err).Kind == fault.Internal {
			t.Fatalf("not a fault of its own: %v", err)
		}
		if err == nil && len(out) <= len(magicWasm) {
			t.Fatal("empty module")
		}
	})
}
