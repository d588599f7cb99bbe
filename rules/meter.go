package rules

// function rewrites one body, so that it pays fuel for what it does.
//
// The code is cut into straight segments, which no branch enters or leaves but at
// their ends. A point is a place where fuel is paid; it pays for the segment that
// begins there, and ahead, up to a bound, for segments that can only run after
// it: they lie behind it in no further loop, so that none runs twice for one
// payment. What a branch then skips is paid all the same: fuel is an upper bound
// of the work, and depends on nothing but the path.
//
// Fuel is compared with zero at function entries and loop heads only, so that a
// call can overdraw by at most what one body costs.
type function struct {
	m   *module
	in  *scan
	sig signature

	out    []byte // the code without its payments
	points []point
	scopes []scope
	start  int   // of the present segment, in out
	cost   int64 // of the present segment
	own    bool  // the present segment begins with a point of its own
	dead   int   // scopes deep in code that nothing reaches; 0 = reached
	spare  uint64
	used   bool  // whether the i32 local at spare is needed
	calls  bool  // whether the i64 local behind it is needed: the depth for what is called
	parts  int64 // basic blocks, those of the host's checks included
}

// point is a payment.
type point struct {
	at    int // offset in out
	cost  int64
	ahead int64 // of it, for segments behind a branch
	check check
}

type check byte

const (
	unchecked check = iota
	checkEntry
	checkLoop
)

// scope is an open block; point is the one that pays ahead for what begins in it.
type scope struct {
	op    byte
	point int
}

// aheadMost is the most that a point pays ahead.
const aheadMost = 16

// blocksOf counts the basic blocks that an instruction begins, with those of the
// checks that come with it.
var blocksOf = [256]int64{opIf: 2, opElse: 1, opEnd: 1, opBr: 1, opBrIf: 1, opBrTable: 1, opReturn: 1, opUnreachable: 1, opLoop: 3, opMemoryGrow: 4, opPrefix: 2}

// rewrite answers the body with fuel and depth in it.
func (f *function) rewrite() []byte {
	groups, start := f.locals()
	f.points = append(f.points, point{check: checkEntry})
	f.scopes = append(f.scopes, scope{opBlock, 0})
	f.own = true
	for len(f.scopes) > 0 {
		at := f.in.p
		op := f.in.byte()
		f.before(op)
		f.immediates(op)
		code := f.in.b[at:f.in.p]
		if op == opCall || op == opCallInd {
			f.beforeCall(op, code)
		}
		f.cost += f.weight(op, code)
		f.parts += blocksOf[op]
		f.step(op, code)
	}
	f.in.end()
	// The compiler takes time by the square of a function's basic blocks: some two
	// seconds for all that is allowed.
	if f.m.work += f.parts * f.parts; f.m.work > f.m.lim.Work {
		refuse(ErrFunctionCostly.With("work", f.m.work).With("limit", f.m.lim.Work))
	}
	return f.assemble(groups, start)
}

// step takes an instruction over and closes the segment where it ends one.
func (f *function) step(op byte, code []byte) {
	switch op {
	case opEnd: // what ends pays for the end, and what follows begins anew
		f.flush()
		f.out = append(f.out, code...)
		f.close()
		return
	case opElse:
		f.flush()
		f.out = append(f.out, code...)
		f.scopes[len(f.scopes)-1].point = f.scopes[len(f.scopes)-2].point
		f.revive(len(f.scopes))
		f.begin()
		return
	}
	f.out = append(f.out, code...)
	switch op {
	case opBlock: // nothing can branch to a block's start: the segment goes on
		f.open(op)
	case opIf:
		f.flush()
		f.open(op)
		f.begin()
	case opLoop:
		f.flush()
		f.open(op)
		f.begin()
		if f.dead == 0 {
			f.points = append(f.points, point{at: f.start, check: checkLoop})
			f.scopes[len(f.scopes)-1].point = len(f.points) - 1
			f.own = true
		}
	case opBrIf:
		f.flush()
		f.begin()
	case opBr, opBrTable, opReturn, opUnreachable:
		f.flush()
		if f.dead == 0 {
			f.dead = len(f.scopes)
		}
		f.begin()
	case opMemoryGrow:
		f.afterGrow()
	}
}

func (f *function) open(op byte) {
	f.scopes = append(f.scopes, scope{op, f.scopes[len(f.scopes)-1].point})
	if n := len(f.scopes); n > f.m.info.Nesting {
		if f.m.info.Nesting = n; n > f.m.lim.Nesting {
			refuse(ErrNesting.With("nesting", n).With("limit", f.m.lim.Nesting))
		}
	}
}

func (f *function) close() {
	f.revive(len(f.scopes))
	f.scopes = f.scopes[:len(f.scopes)-1]
	f.begin()
}

// revive ends the code that nothing reaches, at the end of the scope that it
// began in.
func (f *function) revive(scope int) {
	if f.dead == scope {
		f.dead = 0
	}
}

// begin starts a segment here.
func (f *function) begin() { f.start, f.cost, f.own = len(f.out), 0, false }

// flush sees to it that the present segment is paid for.
func (f *function) flush() {
	if f.dead > 0 || f.cost == 0 {
		return
	}
	s := &f.scopes[len(f.scopes)-1]
	p := &f.points[s.point]
	switch {
	case f.own:
		p.cost += f.cost
	case p.ahead+f.cost <= f.m.ahead:
		p.cost += f.cost
		p.ahead += f.cost
	default:
		f.points = append(f.points, point{at: f.start, cost: f.cost})
		s.point = len(f.points) - 1
	}
}

// locals reads the declarations and finds the index of a further local.
func (f *function) locals() (groups uint32, start int) {
	groups = uint32(f.in.count())
	start = f.in.p
	n := uint64(len(f.sig.params))
	for i := uint32(0); i < groups; i++ {
		n += uint64(f.in.u32())
		f.m.valueType(f.in.byte())
		if n > uint64(f.m.lim.Locals) {
			refuse(ErrTooManyLocals.With("locals", n).With("limit", f.m.lim.Locals))
		}
	}
	f.spare = n
	return groups, start
}

// assemble puts the payments into the code and the declarations before it, with
// the host's own locals where the body needs them.
func (f *function) assemble(groups uint32, start int) []byte {
	decl := f.in.b[start:f.declEnd(groups, start)]
	n := groups
	if f.used || f.calls {
		n += 2
	}
	b := putU(make([]byte, 0, len(f.out)+16*len(f.points)+len(decl)+16), uint64(n))
	b = append(b, decl...)
	if f.used || f.calls {
		b = append(b, 1, typeI32, 1, typeI64)
	}
	done := 0
	for _, p := range f.points { // which arose in the order of their places
		b = append(b, f.out[done:p.at]...)
		done = p.at
		b = f.pay(b, &p)
	}
	return append(b, f.out[done:]...)
}

func (f *function) declEnd(groups uint32, start int) int {
	r := &scan{f.in.b, start}
	for ; groups > 0; groups-- {
		r.u32()
		r.byte()
	}
	return r.p
}

func (f *function) fuel() uint64  { return uint64(f.m.globals) }
func (f *function) depth() uint64 { return uint64(f.m.globals + 1) }
func (f *function) full() uint64  { return uint64(f.m.globals + 2) }

// pay takes the fuel of a point and, where it checks, traps once there is none.
// At an entry the depth is compared by the same branch: the sign of the two
// or'ed together.
func (f *function) pay(b []byte, p *point) []byte {
	if p.cost > 0 {
		b = putU(append(b, opGlobalGet), f.fuel())
		b = putS(append(b, opI64Const), p.cost)
		b = putU(append(b, opI64Sub, opGlobalSet), f.fuel())
	}
	if p.check == unchecked {
		return b
	}
	b = putU(append(b, opGlobalGet), f.fuel())
	if p.check == checkEntry && f.calls {
		b = putU(append(b, opGlobalGet), f.depth())
		b = append(b, opI64Or)
	}
	b = append(b, opI64Const, 0, opI64LtS, opIf, blockVoid, opUnreachable, opEnd)
	if p.check == checkEntry && f.calls {
		b = putU(append(b, opGlobalGet), f.depth())
		b = putU(append(b, opI64Const, 1, opI64Sub, opLocalSet), f.spare+1)
	}
	return b
}

// beforeCall sets the depth for what is called. It need not be set back: every
// call sets its own, from the local that the entry filled.
func (f *function) beforeCall(op byte, code []byte) {
	if op == opCall {
		if r := (&scan{code, 1}); f.m.leaf(r.u32()) {
			return
		}
	}
	f.calls = true
	f.out = putU(append(f.out, opLocalGet), f.spare+1)
	f.out = putU(append(f.out, opGlobalSet), f.depth())
}

// before charges operations whose cost depends on their operand, which is on top
// of the stack: growth by pages, bulk memory operations by bytes.
func (f *function) before(op byte) {
	switch {
	case op == opMemoryGrow:
		f.charge(opI64Mul, fuelPerPage)
	case op == opPrefix:
		r := scan{f.in.b, f.in.p}
		if sub := r.u32(); sub == 8 || sub == 10 || sub == 11 {
			f.charge(opI64ShrU, bulkShift)
		}
	}
}

func (f *function) charge(by byte, n int64) {
	f.used = true
	b := putU(append(f.out, opLocalTee), f.spare)
	b = putU(append(b, opGlobalGet), f.fuel())
	b = putU(append(b, opLocalGet), f.spare)
	b = putS(append(b, opI64ExtendU, opI64Const), n)
	b = putU(append(b, by, opI64Sub, opGlobalSet), f.fuel())
	b = putU(append(b, opGlobalGet), f.fuel())
	f.out = append(b, opI64Const, 0, opI64LtS, opIf, blockVoid, opUnreachable, opEnd)
}

// afterGrow remembers that memory could not grow: a trap that follows is then
// known for what it is.
func (f *function) afterGrow() {
	b := putU(append(f.out, opLocalTee), f.spare)
	b = append(b, opI32Const, 0x7f, opI32Eq, opIf, blockVoid, opI32Const, 1)
	b = putU(append(b, opGlobalSet), f.full())
	f.out = putU(append(b, opEnd, opLocalGet), f.spare)
}
