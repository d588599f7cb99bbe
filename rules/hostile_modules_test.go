package rules

import (
	"bytes"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/sdk/rule"
)

// hostile is a module that means no good, with the reason that it is refused or
// stopped for.
type hostile struct {
	name   string
	want   *fault.Fault
	module []byte
	hook   promotion.Hook // that it is called for; 0 = price
}

// refused are modules that do not get as far as the compiler.
func refused() []hostile {
	big := func(n int) []byte { return bytes.Repeat([]byte{0x01}, n) }
	v := func(want *fault.Fault, name string, a asm) hostile {
		return hostile{name: name, want: want, module: a.bytes()}
	}
	b := func(want *fault.Fault, name string, m []byte) hostile {
		return hostile{name: name, want: want, module: m}
	}
	section := func(id byte, body []byte) asm { return asm{sections: map[byte][]byte{id: body}} }
	imports := func(items ...[]byte) asm { return asm{imports: items} }
	code := func(c ...byte) asm { return asm{extra: c} }
	named := func(name string) asm { return asm{exports: map[string][2]byte{name: {0, 0}}} }
	huge := []byte{0xff, 0xff, 0xff, 0xff, 0x0f} // 4,294,967,295
	return []hostile{
		b(ErrMalformed, "empty", nil),
		b(ErrMalformed, "text", []byte("(module)")),
		b(ErrMalformed, "component", []byte("\x00asm\x0d\x00\x01\x00")),
		b(ErrMalformed, "truncated", asm{}.bytes()[:60]),
		b(ErrMalformed, "section twice", append(asm{}.bytes(), secCode, 1, 0)),
		b(ErrMalformed, "huge section", append(append(asm{}.bytes(), secData), huge...)),
		b(ErrMalformed, "overlong integer", append(asm{}.bytes(), secData, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f)),
		b(ErrMalformed, "custom section without a name", append(asm{}.bytes(), 0, 1, 9)),
		b(ErrModuleTooLarge, "too large", append([]byte(magicWasm), make([]byte, 5<<20)...)),
		b(ErrSection, "unknown section", append(asm{}.bytes(), 13, 0)),
		v(ErrMalformed, "no memory", section(secMemory, nil)),
		v(ErrMalformed, "too few bodies", section(secCode, []byte{0})),
		v(ErrMalformed, "type that is not there", section(secFunction, []byte{5, 0, 1, 2, 3, 99})),
		v(ErrMalformed, "huge count of types", section(secType, huge)),
		v(ErrMalformed, "huge count of functions", section(secFunction, huge)),
		v(ErrMalformed, "huge count of data", section(secData, huge)),
		v(ErrMalformed, "huge count of elements", asm{table: []byte{1, typeFunc, 0, 1}, sections: map[byte][]byte{secElement: cat([]byte{1, 0, opI32Const, 0, opEnd}, huge)}}),
		v(ErrMalformed, "element of no kind", section(secElement, []byte{1, 8})),
		v(ErrMalformed, "data of no kind", section(secData, []byte{1, 3})),
		v(ErrMalformed, "huge branch table", code(cat([]byte{opI32Const, 0, opBrTable}, huge)...)),
		v(ErrMalformed, "start that is not there", section(secStart, []byte{99})),
		v(ErrMalformed, "start with a parameter", section(secStart, []byte{1})),
		v(ErrMalformed, "export twice", section(secExport, vec(cat(str("memory"), []byte{2, 0}), cat(str("memory"), []byte{2, 0})))),
		v(ErrMalformed, "body that ends early", code(opEnd, opEnd)),
		v(ErrMalformed, "block of an unknown type", code(opBlock, 0x3f, opEnd)),
		v(ErrImport, "host function", imports(imported("env", "abort", 0, 0))),
		v(ErrImport, "file access", imports(imported(wasi, "path_open", 0, 0))),
		v(ErrImport, "socket", imports(imported(wasi, "sock_send", 0, 5))),
		v(ErrImport, "wrong type of import", imports(imported(wasi, "proc_exit", 0, 0))),
		v(ErrImport, "imported memory", imports(imported(wasi, "memory", 2, 0, 1))),
		v(ErrImport, "imported global", imports(imported(wasi, "g", 3, typeI32, 1))),
		v(ErrImport, "imported table", imports(imported(wasi, "t", 1, typeFunc, 0, 1))),
		v(ErrImport, "import that looks like another", imports(imported(wasi, "fd_writе", 0, 5))), // a Cyrillic letter
		v(ErrImport, "import of a module that looks like another", imports(imported("wasi_snapshot_preview1\u200b", "fd_write", 0, 5))),
		v(ErrTooManyImports, "many imports", asm{imports: slicesOf(101, imported(wasi, "proc_exit", 0, 4))}),
		v(ErrExport, "no evaluate", asm{drop: "sw_evaluate"}),
		v(ErrExport, "no marker", asm{drop: "sw_abi_1"}),
		v(ErrExport, "no memory export", asm{drop: "memory"}),
		v(ErrExport, "evaluate of another type", asm{exports: map[string][2]byte{"sw_evaluate": {0, 1}}}),
		v(ErrExport, "evaluate that is a memory", asm{exports: map[string][2]byte{"sw_evaluate": {2, 0}}}),
		v(ErrExport, "export of what is not there", asm{exports: map[string][2]byte{"sw_evaluate": {0, 99}}}),
		v(ErrReservedExport, "export of the host's fuel", named("__sw_fuel")),
		v(ErrExportName, "export that reads backwards", named("sw_\u202eetaulave")),
		v(ErrExportName, "export with a character of no width", named("sw_\u200bevaluate")),
		v(ErrExportName, "export that looks like another", named("sw_еvaluate")), // a Cyrillic letter
		v(ErrExportName, "export in wide letters", named("ｓｗ＿evaluate")),
		v(ErrExportName, "export with a line break", named("x\nlevel=ERROR msg=stolen")),
		v(ErrExportName, "export that is no UTF-8", named("x\xff\xfe")),
		v(ErrExportName, "export without a name", named("")),
		v(ErrExportName, "export with a long name", named(string(bytes.Repeat([]byte("x"), 300)))),
		v(ErrTooManyExports, "many exports", section(secExport, vec(slicesOf(1001, cat(str("x"), []byte{0, 0}))...))),
		v(ErrTooManyTypes, "many types", section(secType, vec(slicesOf(1001, []byte{0x60, 0, 0})...))),
		v(ErrTooManyParams, "many parameters", section(secType, vec(cat([]byte{0x60}, sized(bytes.Repeat([]byte{typeI64}, 201)), []byte{0})))),
		v(ErrTooManyParams, "many results", section(secType, vec(cat([]byte{0x60, 0}, sized(bytes.Repeat([]byte{typeI64}, 201)))))),
		v(ErrTooManySegments, "many segments of data", section(secData, vec(slicesOf(100_001, []byte{1, 0})...))),
		v(ErrTooManyFunctions, "many functions", section(secFunction, vec(slicesOf(20_001, []byte{0})...))),
		v(ErrTooManyGlobals, "many globals", asm{globals: slicesOf(1001, []byte{typeI32, 0, opI32Const, 0, opEnd})}),
		v(ErrTooManyLocals, "many locals", asm{locals: cat([]byte{1}, putU(nil, 4_000_000_000), []byte{typeI64})}),
		v(ErrTableTooLarge, "large table", asm{table: cat([]byte{1, typeFunc, 0}, putU(nil, 134_000_000))}),
		v(ErrTableTooLarge, "many tables", asm{table: cat([]byte{2, typeFunc, 0}, putU(nil, 9000), []byte{typeFunc, 0}, putU(nil, 9000))}),
		v(ErrTableTooLarge, "many elements", section(secElement, vec(cat([]byte{0, opI32Const, 0, opEnd}, vec(slicesOf(10_001, []byte{0})...))))),
		v(ErrMemoryTooLarge, "large memory", asm{memory: cat([]byte{1, 0}, putU(nil, 513))}),
		v(ErrType, "shared memory", asm{memory: []byte{1, 3, 1, 2}}),
		v(ErrType, "64-bit memory", asm{memory: []byte{1, 4, 1}}),
		v(ErrType, "shared global", asm{globals: [][]byte{{typeI32, 3, opI32Const, 0, opEnd}}}),
		v(ErrType, "vector global", asm{globals: [][]byte{{0x7b, 0, 0xfd, 12}}}),
		v(ErrType, "vector block", code(opBlock, 0x7b, opEnd)),
		v(ErrType, "mutable reference", asm{globals: [][]byte{{typeFunc, 1, 0xd0, typeFunc, opEnd}}}),
		v(ErrType, "structure type", section(secType, []byte{1, 0x5f, 0})),
		v(ErrSection, "two memories", asm{memory: []byte{2, 0, 1, 0, 1}}),
		v(ErrFunctionTooLarge, "large function", asm{extra: big(200 << 10)}),
		v(ErrFunctionCostly, "function that is dear to compile", asm{extra: bytes.Repeat([]byte{opI32Const, 0, opBrIf, 0}, 30_000)}),
		v(ErrNesting, "blocks in blocks", asm{extra: cat(bytes.Repeat([]byte{opBlock, blockVoid}, 30_000), bytes.Repeat([]byte{opEnd}, 30_000))}),
		v(ErrFloats, "floats that the manifest does not ask for", asm{extra: []byte{0x44, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0x9f, 0x1a}}),
		v(ErrFloats, "a local of floats", asm{locals: []byte{1, 1, typeF64}}),
		v(ErrInstruction, "vector instruction", code(0xfd, 12)),
		v(ErrInstruction, "atomic instruction", code(0xfe, 3, 0)),
		v(ErrInstruction, "tail call", code(0x12, 0)),
		v(ErrInstruction, "exception", code(0x08, 0)),
		v(ErrInstruction, "garbage collection", code(0xfb, 0, 0)),
		v(ErrInstruction, "table.set", code(0x26, 0)),
		v(ErrInstruction, "table.grow", code(opPrefix, 15, 0)),
		v(ErrInstruction, "table.init", code(opPrefix, 12, 0, 0)),
		v(ErrInstruction, "table.copy", code(opPrefix, 14, 0, 0)),
		v(ErrInstruction, "table.fill", code(opPrefix, 17, 0)),
		v(ErrInstruction, "data.drop", code(opPrefix, 9, 0)),
		v(ErrInstruction, "elem.drop", code(opPrefix, 13, 0)),
		v(ErrInstruction, "another memory", code(0x28, 0x42, 0, 0)),
	}
}

func slicesOf(n int, b []byte) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = b
	}
	return out
}

// unstartable are modules that are stopped before the first call.
func unstartable() []hostile {
	v := func(want *fault.Fault, name string, a asm) hostile {
		return hostile{name: name, want: want, module: a.bytes()}
	}
	forever := []byte{opLoop, blockVoid, opBr, 0, opEnd}
	return []hostile{
		v(ErrCompile, "body of a wrong type", asm{evaluate: []byte{opI32Const, 0}}),
		v(ErrCompile, "call of what is not there", asm{extra: []byte{opCall, 99}}),
		v(ErrStart, "loops at start", asm{start: true, extra: forever}),
		v(ErrStart, "traps at start", asm{start: true, extra: []byte{opUnreachable}}),
		v(ErrStart, "data outside of memory", asm{sections: map[byte][]byte{secData: vec(cat([]byte{0}, i32c(1<<24), []byte{opEnd}, sized([]byte("x"))))}}),
		v(ErrOutOfFuel, "loops at configure", asm{configure: cat(forever, []byte{opUnreachable})}),
		v(ErrOutOfFuel, "loops at initialize", asm{exports: map[string][2]byte{"_initialize": {0, 4}}, extra: forever}),
		v(ErrTooDeep, "recursion at initialize", asm{exports: map[string][2]byte{"_initialize": {0, 4}}, extra: []byte{opCall, 4}}),
		v(ErrConfig, "refuses its configuration", asm{configure: i32c(1)}),
	}
}

// stopped are modules that do in a call what they may not.
func stopped() []hostile {
	v := func(want *fault.Fault, name string, a asm) hostile {
		return hostile{name: name, want: want, module: a.bytes()}
	}
	loop := func(name string, want *fault.Fault, code ...[]byte) hostile {
		return v(want, name, asm{evaluate: spin(code...)})
	}
	says := func(want *fault.Fault, name string, hook promotion.Hook, fill func(*rule.Output)) hostile {
		return hostile{name, want, asm{data: message(fill)}.bytes(), hook}
	}
	grow := []byte{opI32Const, 1, opMemoryGrow, 0}
	exit, write := imported(wasi, "proc_exit", 0, 4), imported(wasi, "fd_write", 0, 5)
	random := imported(wasi, "random_get", 0, 2)
	x := rule.Note{Code: "x"}
	cand := func(change func(*rule.Candidate)) func(*rule.Output) {
		c := rule.Candidate{Kind: rule.Percent, Class: rule.ClassLine, Basis: rule.Remaining, Rate: 100_000, Note: x}
		change(&c)
		return func(o *rule.Output) { o.Candidates = []rule.Candidate{c} }
	}
	frame := cat([]byte{1}, putU(nil, 19_000), []byte{typeI64}) // locals of one function
	keep := []byte(nil)                                         // all of them live across the call
	for i := range 500 {
		keep = cat(keep, []byte{opLocalGet}, putU(nil, uint64(2+i)), i64const(int64(i)), []byte{0x7c, opLocalSet}, putU(nil, uint64(2+i)))
	}
	return []hostile{
		loop("endless loop", ErrOutOfFuel),
		loop("loop in a loop", ErrOutOfFuel, []byte{opLoop, blockVoid, opI32Const, 1, opBrIf, 0, opEnd}),
		loop("loop that branches", ErrOutOfFuel, []byte{opLocalGet, 0, opIf, blockVoid, opBr, 1, opElse, opBr, 1, opEnd}),
		loop("loop by a branch table", ErrOutOfFuel, []byte{opBlock, blockVoid, opI32Const, 0, opBrTable, 1, 1, 1, opEnd}),
		loop("fills memory", ErrOutOfFuel, i32c(0), i32c(0), i32c(131072), []byte{opPrefix, 11, 0}),
		loop("copies memory", ErrOutOfFuel, i32c(0), i32c(64), i32c(131000), []byte{opPrefix, 10, 0, 0}),
		loop("fills nothing", ErrOutOfFuel, i32c(0), i32c(0), i32c(0), []byte{opPrefix, 11, 0}),
		loop("grows by nothing", ErrOutOfFuel, i32c(0), []byte{opMemoryGrow, 0, 0x1a}),
		loop("reads past the end", ErrTrapped, i32c(-1), []byte{0x29, 0, 0, 0x1a}),
		v(ErrOutOfFuel, "copies from data again and again", asm{data: make([]byte, 60_000), sections: map[byte][]byte{secDataCount: {1}}, evaluate: spin(i32c(0), i32c(0), i32c(0), []byte{opPrefix, 8, 0, 0})}),
		v(ErrTooDeep, "recursion", asm{evaluate: []byte{opLocalGet, 0, opLocalGet, 1, opCall, 3}}),
		v(ErrTooDeep, "two that call each other", asm{evaluate: []byte{opCall, 4, opUnreachable}, extra: []byte{opI32Const, 0, opI32Const, 0, opCall, 3, 0x1a}}),
		v(ErrTooDeep, "recursion through a table", asm{table: []byte{1, typeFunc, 0, 2}, sections: map[byte][]byte{secElement: {1, 0, opI32Const, 1, opEnd, 1, 3}}, evaluate: []byte{opLocalGet, 0, opLocalGet, 1, opI32Const, 1, opCallInd, 3, 0}}),
		v(ErrTooDeep, "recursion with large frames", asm{locals: frame, evaluate: cat(keep, []byte{opLocalGet, 0, opLocalGet, 1, opCall, 3}, bytes.ReplaceAll(keep, []byte{0x7c}, []byte{0x7d}))}),
		v(ErrOutOfMemory, "memory bomb", asm{evaluate: cat([]byte{opLoop, blockVoid}, grow, []byte{opI32Const, 0x7f, 0x47, opBrIf, 0, opEnd, opUnreachable})}),
		v(ErrOutOfFuel, "one huge growth", asm{evaluate: cat(i32c(60_000), []byte{opMemoryGrow, 0, opUnreachable})}),
		v(ErrOutOfFuel, "asks the host", asm{imports: [][]byte{write}, evaluate: spin(i32c(1), i32c(0), i32c(0), i32c(0), []byte{opCall, 0, 0x1a})}),
		v(ErrOutOfFuel, "asks for randomness", asm{imports: [][]byte{random}, evaluate: spin(i32c(0), i32c(4096), []byte{opCall, 0, 0x1a})}),
		v(ErrTrapped, "unreachable", asm{evaluate: []byte{opUnreachable}}),
		v(ErrTrapped, "division by zero", asm{evaluate: cat(i64const(1), i64const(0), []byte{0x7f})}),
		v(ErrTrapped, "division that overflows", asm{evaluate: cat(i64const(-1<<63), i64const(-1), []byte{0x7f})}),
		v(ErrTrapped, "call of an empty table entry", asm{table: []byte{1, typeFunc, 0, 2}, evaluate: []byte{opI32Const, 0, opCallInd, 0, 0, opUnreachable}}),
		v(ErrTrapped, "call of a wrong type", asm{table: []byte{1, typeFunc, 0, 2}, sections: map[byte][]byte{secElement: {1, 0, opI32Const, 0, opEnd, 1, 1}}, evaluate: []byte{opI32Const, 0, opCallInd, 0, 0, opUnreachable}}),
		v(ErrTrapped, "ends itself", asm{imports: [][]byte{exit}, evaluate: []byte{opI32Const, 1, opCall, 0, opUnreachable}}),
		v(ErrNoAnswer, "no answer", asm{evaluate: i64const(0)}),
		v(ErrBadOutput, "answer outside of memory", asm{evaluate: i64const(0x7fff_0000<<32 | 100)}),
		v(ErrBadOutput, "answer that wraps around", asm{evaluate: i64const(-1<<32 | 200)}),
		v(ErrOutputSize, "answer too large", asm{evaluate: i64const(1<<32 | 70_000)}),
		v(ErrOutputSize, "answer of four gigabytes", asm{evaluate: i64const(1<<32 | 0xffff_ffff)}),
		v(ErrBadOutput, "answer of nonsense", asm{data: []byte("hello, this is no message at all")}),
		v(ErrBadOutput, "answer cut short", asm{data: message(nil)[:40]}),
		v(ErrBadOutput, "answer of very many records", asm{data: cat(message(nil)[:68], []byte{0, 0, 0, 0, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0}, message(nil)[80:])}),
		says(ErrPower, "points from a price hook", promotion.HookPrice, func(o *rule.Output) { o.Earns = []rule.Earn{{Line: 1, Points: 5, Note: x}} }),
		says(ErrPower, "a price from the points hook", promotion.HookEarn, cand(func(*rule.Candidate) {})),
		says(ErrPower, "a tier from the commission hook", promotion.HookCommission, func(o *rule.Output) { o.Tier = rule.TierProposal{Tier: "gold", Note: x} }),
		says(ErrPower, "a coupon spent by the price hook", promotion.HookPrice, cand(func(c *rule.Candidate) { c.Coupon = 1 })),
		says(ErrBadOutput, "a negative price", promotion.HookPrice, cand(func(c *rule.Candidate) { c.Kind, c.Price = rule.FixedPrice, -1 })),
		says(ErrBadOutput, "more than everything off", promotion.HookPrice, cand(func(c *rule.Candidate) { c.Rate = 1_000_001 })),
		says(ErrBadOutput, "a rate below zero", promotion.HookPrice, cand(func(c *rule.Candidate) { c.Rate = -1 })),
		says(ErrBadOutput, "an amount that overflows sums", promotion.HookBenefit, cand(func(c *rule.Candidate) { c.Kind, c.Amount = rule.AmountOff, 1<<62 })),
		says(ErrBadOutput, "more units than there are", promotion.HookPrice, cand(func(c *rule.Candidate) { c.Targets = []rule.Target{{Line: 1, Units: 9_000}} })),
		says(ErrBadOutput, "a line that is not there", promotion.HookPrice, cand(func(c *rule.Candidate) { c.Targets = []rule.Target{{Line: 77}} })),
		says(ErrBadOutput, "one line twice", promotion.HookPrice, cand(func(c *rule.Candidate) { c.Targets = []rule.Target{{Line: 1}, {Line: 1}} })),
		says(ErrBadOutput, "points below zero", promotion.HookEarn, func(o *rule.Output) { o.Earns = []rule.Earn{{Line: 1, Points: -5, Note: x}} }),
		says(ErrBadOutput, "a rebate above the price", promotion.HookEarn, func(o *rule.Output) { o.Bonuses = []rule.Bonus{{Line: 1, Amount: 1 << 40, Note: x}} }),
		says(ErrBadOutput, "a tier that is not there", promotion.HookTier, func(o *rule.Output) { o.Tier = rule.TierProposal{Tier: "emperor", Note: x} }),
		says(ErrBadOutput, "text in place of a code", promotion.HookPrice, func(o *rule.Output) { o.Notes = []rule.Note{{Code: "Hello World"}} }),
		says(ErrBadOutput, "a code that reads backwards", promotion.HookPrice, func(o *rule.Output) { o.Notes = []rule.Note{{Code: "x\u202ey"}} }),
		says(ErrBadOutput, "a label that is no UTF-8", promotion.HookPrice, func(o *rule.Output) { o.Notes = []rule.Note{{Code: "x", Label: "a\xff"}} }),
	}
}
