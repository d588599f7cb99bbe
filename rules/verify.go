package rules

import "strings"

// Info is what an inspection of a module found.
type Info struct {
	Bytes     int
	Functions int
	Largest   int // bytes of the largest function body
	Nesting   int // of blocks
	Globals   int
	Types     int // function types
	Segments  int // of data and tables
	Floats    int // floating-point instructions, and where a type names a float
	Imports   []string
	Exports   []string
}

const (
	magicWasm = "\x00asm\x01\x00\x00\x00"
	reserved  = "__sw_" // prefix of the exports that the host adds
	wasi      = "wasi_snapshot_preview1"

	typeI32, typeI64, typeF32, typeF64 = 0x7f, 0x7e, 0x7d, 0x7c
	typeFunc, typeExtern               = 0x70, 0x6f
)

// signature is a function type, as the bytes of its value types.
type signature struct{ params, results string }

// wasiAllowed are the functions that a guest of the Go toolchain needs, with
// their types. host.go answers them with constants.
var wasiAllowed = map[string]signature{
	"args_get":          {i32(2), i32(1)},
	"args_sizes_get":    {i32(2), i32(1)},
	"environ_get":       {i32(2), i32(1)},
	"environ_sizes_get": {i32(2), i32(1)},
	"clock_time_get":    {"\x7f\x7e\x7f", i32(1)},
	"fd_write":          {i32(4), i32(1)},
	"poll_oneoff":       {i32(4), i32(1)},
	"proc_exit":         {i32(1), ""},
	"random_get":        {i32(2), i32(1)},
	"sched_yield":       {"", i32(1)},
}

// required are the exports of the ABI.
var required = map[string]signature{
	"sw_abi_1":     {"", ""},
	"sw_alloc":     {i32(1), i32(1)},
	"sw_configure": {i32(2), i32(1)},
	"sw_evaluate":  {i32(2), "\x7e"},
}

// optional exports that the host calls where they are there.
var optional = map[string]signature{
	"_initialize": {"", ""},
	"sw_error":    {"", "\x7e"},
}

func i32(n int) string { return strings.Repeat("\x7f", n) }

// module is a parsed module: its sections and what the rewriting needs to know.
type module struct {
	lim      Limits
	info     Info
	sections [13][]byte
	present  [13]bool
	types    []signature
	funcs    []uint32 // type of each function, imported ones first
	imported int
	globals  int
	mutable  []int  // indices of mutable globals
	leaves   []bool // functions that call none
	names    []byte // of functions and more, as they came
	minPages uint32
	maxPages uint32
	ahead    int64 // the most that a payment of fuel covers behind branches
	work     int64 // for the compiler: squares of basic blocks
}

// parseModule checks everything but the function bodies.
func parseModule(b []byte, lim Limits) (m *module, err error) {
	defer guard(&err)
	m = &module{lim: lim, ahead: aheadMost, info: Info{Bytes: len(b)}}
	if len(b) > lim.ModuleBytes {
		return nil, ErrModuleTooLarge.With("bytes", len(b)).With("limit", lim.ModuleBytes)
	}
	if len(b) < len(magicWasm) || string(b[:8]) != magicWasm {
		malformed("magic")
	}
	m.split(b)
	m.readTypes()
	m.readImports()
	m.readFunctions()
	m.readTables()
	m.readMemory()
	m.readGlobals()
	m.readExports()
	m.readStart()
	m.readElements()
	m.readData()
	return m, nil
}

// split finds the sections, each once and in order. Of custom ones only the
// names of functions are looked at, for the log; the others are dropped.
func (m *module) split(b []byte) {
	r := &scan{b, 8}
	next := 0
	for r.p < len(r.b) {
		id := r.byte()
		body := r.bytes(r.u32())
		if id == secCustom {
			c := &scan{body, 0}
			if name := c.name(); name == "name" && m.names == nil {
				m.names = body[c.p:]
			}
			continue
		}
		if id > secDataCount {
			refuse(ErrSection.With("section", int(id)))
		}
		for next < len(sectionOrder) && sectionOrder[next] != id {
			next++
		}
		if next == len(sectionOrder) {
			malformed("section order")
		}
		next++
		m.sections[id], m.present[id] = body, true
	}
}

func (m *module) readTypes() {
	r := &scan{m.sections[secType], 0}
	if !m.present[secType] {
		return
	}
	n := r.count()
	if n > m.lim.Types { // the compiler makes an entry for each
		refuse(ErrTooManyTypes.With("types", n).With("limit", m.lim.Types))
	}
	m.info.Types = n
	for ; n > 0; n-- {
		if r.byte() != 0x60 {
			refuse(ErrType.With("type", "not a function"))
		}
		m.types = append(m.types, signature{m.valueTypes(r), m.valueTypes(r)})
	}
	r.end()
}

func (m *module) valueTypes(r *scan) string {
	s := r.bytes(r.u32())
	if len(s) > m.lim.Params {
		refuse(ErrTooManyParams.With("params", len(s)).With("limit", m.lim.Params))
	}
	for _, t := range s {
		m.valueType(t)
	}
	return string(s)
}

// valueType counts floats and refuses vectors and what lies beyond.
func (m *module) valueType(t byte) {
	switch t {
	case typeF32, typeF64:
		m.info.Floats++
	case typeI32, typeI64, typeFunc, typeExtern:
	default:
		refuse(ErrType.With("type", "0x"+hex2(t)))
	}
}

func (m *module) typeAt(i uint32) signature {
	if int64(i) >= int64(len(m.types)) {
		malformed("type index")
	}
	return m.types[i]
}

func (m *module) readImports() {
	if !m.present[secImport] {
		return
	}
	r := &scan{m.sections[secImport], 0}
	n := r.count()
	if n > m.lim.Imports {
		refuse(ErrTooManyImports.With("imports", n).With("limit", m.lim.Imports))
	}
	for ; n > 0; n-- {
		mod, name, kind := r.name(), r.name(), r.byte()
		full := escaped(mod + "." + name)
		m.info.Imports = append(m.info.Imports, full)
		if kind != 0 || mod != wasi {
			refuse(ErrImport.With("import", full))
		}
		t := r.u32()
		if want, ok := wasiAllowed[name]; !ok || m.typeAt(t) != want {
			refuse(ErrImport.With("import", full))
		}
		m.funcs = append(m.funcs, t)
	}
	r.end()
	m.imported = len(m.funcs)
}

func (m *module) readFunctions() {
	if !m.present[secFunction] {
		return
	}
	r := &scan{m.sections[secFunction], 0}
	n := r.count()
	if n > m.lim.Functions {
		refuse(ErrTooManyFunctions.With("functions", n).With("limit", m.lim.Functions))
	}
	for ; n > 0; n-- {
		t := r.u32()
		m.typeAt(t)
		m.funcs = append(m.funcs, t)
	}
	r.end()
	m.info.Functions = len(m.funcs) - m.imported
}

func (m *module) readTables() {
	if !m.present[secTable] {
		return
	}
	r := &scan{m.sections[secTable], 0}
	sum := uint64(0)
	for n := r.count(); n > 0; n-- {
		if t := r.byte(); t != typeFunc && t != typeExtern {
			refuse(ErrType.With("type", int(t)))
		}
		flags := r.byte()
		if flags > 1 {
			refuse(ErrType.With("type", "table limits"))
		}
		// Every entry takes memory of the host from the start, which the memory
		// limit does not cover; tables cannot grow, so that the minimum decides.
		if sum += uint64(r.u32()); sum > uint64(m.lim.TableEntries) {
			refuse(ErrTableTooLarge.With("entries", sum).With("limit", m.lim.TableEntries))
		}
		if flags == 1 {
			r.u32()
		}
	}
	r.end()
}

func (m *module) readMemory() {
	if !m.present[secMemory] {
		refuse(ErrExport.With("export", "memory"))
	}
	r := &scan{m.sections[secMemory], 0}
	if r.count() != 1 {
		refuse(ErrSection.With("section", secMemory))
	}
	flags := r.byte()
	if flags > 1 { // shared, 64-bit
		refuse(ErrType.With("type", "memory limits"))
	}
	m.minPages, m.maxPages = r.u32(), m.lim.MemoryPages
	if m.minPages > m.lim.MemoryPages {
		refuse(ErrMemoryTooLarge.With("pages", m.minPages).With("limit", m.lim.MemoryPages))
	}
	if flags == 1 {
		m.maxPages = min(m.maxPages, r.u32())
	}
	r.end()
}

func (m *module) readGlobals() {
	if !m.present[secGlobal] {
		return
	}
	r := &scan{m.sections[secGlobal], 0}
	n := r.count()
	if n > m.lim.Globals {
		refuse(ErrTooManyGlobals.With("globals", n).With("limit", m.lim.Globals))
	}
	for i := 0; i < n; i++ {
		t, mut := r.byte(), r.byte()
		m.valueType(t)
		if mut > 1 { // shared
			refuse(ErrType.With("type", "global"))
		}
		if mut == 1 {
			if t == typeFunc || t == typeExtern { // could not be restored
				refuse(ErrType.With("type", "mutable reference"))
			}
			m.mutable = append(m.mutable, i)
		}
		m.constant(r)
	}
	r.end()
	m.globals, m.info.Globals = n, n
}

// constant skips an initial value.
func (m *module) constant(r *scan) {
	f := &function{m: m, in: r}
	for {
		op := r.byte()
		if op == opEnd {
			return
		}
		f.immediates(op)
	}
}

func (m *module) readExports() {
	found := map[string]bool{}
	if m.present[secExport] {
		r := &scan{m.sections[secExport], 0}
		n := r.count()
		if n > m.lim.Exports {
			refuse(ErrTooManyExports.With("exports", n).With("limit", m.lim.Exports))
		}
		for ; n > 0; n-- {
			name, kind, index := r.name(), r.byte(), r.u32()
			switch {
			case !plain(name):
				refuse(ErrExportName.With("export", escaped(name)))
			case strings.HasPrefix(name, reserved):
				refuse(ErrReservedExport.With("export", escaped(name)))
			case found[name]:
				malformed("export twice")
			}
			m.info.Exports = append(m.info.Exports, escaped(name))
			want, known := required[name]
			if !known {
				want, known = optional[name]
			}
			switch {
			case name == "memory" && kind != 2, known && (kind != 0 || int64(index) >= int64(len(m.funcs)) || m.typeAt(m.funcs[index]) != want):
				refuse(ErrExport.With("export", name))
			}
			found[name] = true
		}
		r.end()
	}
	for _, name := range []string{"memory", "sw_abi_1", "sw_alloc", "sw_configure", "sw_evaluate"} {
		if !found[name] {
			refuse(ErrExport.With("export", name))
		}
	}
}
