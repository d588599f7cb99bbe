//go:build wasip1

package rule

import "unsafe"

// The module's one instance of everything. The host calls one export at a time
// and restores the memory after each evaluation.
var (
	current  Rule
	input    Input
	output   Output
	inbox    = make([]byte, 0, 16<<10)
	outbox   = make([]byte, 0, 16<<10)
	lastText []byte
	served   [HookReturn + 1]func(*Input, *Output) error
	warmed   [2]any
)

// Main registers the module's rule; call it from an init function.
func Main(r Rule) {
	current = r
	// Looked up once: each call would have to do it again in a restored memory.
	for h := range served {
		served[h] = method(r, Hook(h))
	}
	// Part of the image that each call starts from: a usual basket allocates nothing.
	input.Lines = make([]Line, 0, 64)
	input.Coupons = make([]Coupon, 0, 8)
	input.Punches = make([]PunchBalance, 0, 8)
	input.Facts = make([]Fact, 0, 16)
	input.Tiers = make([]Tier, 0, 8)
	output.Candidates = make([]Candidate, 0, 64)
	output.Earns = make([]Earn, 0, 64)
	output.Commissions = make([]Commission, 0, 64)
	output.Bonuses = make([]Bonus, 0, 8)
	output.Notes = make([]Note, 0, 16)
	output.Tenders = make([]TenderLimit, 0, 4)
	output.Grants = make([]Grant, 0, 16)
	warm()
}

//go:wasmexport sw_abi_1
func swABI1() {}

//go:wasmexport sw_alloc
func swAlloc(n uint32) uint32 {
	if uint32(cap(inbox)) < n {
		inbox = make([]byte, n)
	}
	return uint32(uintptr(unsafe.Pointer(unsafe.SliceData(inbox))))
}

//go:wasmexport sw_configure
func swConfigure(ptr, n uint32) int32 {
	if current == nil || n > uint32(cap(inbox)) {
		return refuse("no rule")
	}
	// A copy: a rule may keep parts of its configuration.
	if err := current.Configure(append([]byte(nil), inbox[:n]...)); err != nil {
		return refuse(err.Error())
	}
	return 0
}

// warm makes the allocator set aside memory for small objects of each size. It
// is part of what all configurations share, so that a call that allocates finds
// it there.
func warm() {
	for n := 8; n <= 2048; n += max(8, n/8&^7) {
		warmed[0] = make([]byte, n)
		warmed[1] = make([]*byte, n/8)
	}
	warmed = [2]any{}
}

//go:wasmexport sw_evaluate
func swEvaluate(ptr, n uint32) uint64 {
	if current == nil || n > uint32(cap(inbox)) {
		refuse("no rule")
		return 0
	}
	b := inbox[:n]
	if err := DecodeInput(b, text(b), &input); err != nil {
		refuse(err.Error())
		return 0
	}
	output.Reset()
	if int(input.Hook) >= len(served) || served[input.Hook] == nil {
		refuse(ErrHook.Error())
		return 0
	}
	if err := served[input.Hook](&input, &output); err != nil {
		refuse(err.Error())
		return 0
	}
	outbox = AppendOutput(outbox[:0], &output)
	return view(outbox)
}

//go:wasmexport sw_error
func swError() uint64 {
	if len(lastText) == 0 {
		return 0
	}
	return view(lastText)
}

func refuse(why string) int32 {
	lastText = append(lastText[:0], why...)
	return 1
}

func view(b []byte) uint64 {
	return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b))))<<32 | uint64(len(b))
}

// text is b as a string without a copy; the input is not changed during a call.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
