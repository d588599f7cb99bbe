package rules

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/sdk/rule"
)

// asm puts a module together by hand. Its zero value is a rule that answers what
// lies in data; tests replace what they want to get wrong.
type asm struct {
	imports   [][]byte
	evaluate  []byte // code of sw_evaluate without its end; nil answers data
	configure []byte // code of sw_configure
	extra     []byte // code of one more function () -> (), index after the others
	locals    []byte // locals of sw_evaluate; nil none
	data      []byte // at 4096
	exports   map[string][2]byte
	drop      string // an export to leave out
	globals   [][]byte
	start     bool   // extra is the start function
	table     []byte // body of the table section
	memory    []byte // body of the memory section
	custom    []byte
	names     []byte          // of the name section, behind the code
	sections  map[byte][]byte // replaced or added
}

const dataAt = 4096

func vec(items ...[]byte) []byte {
	b := putU(nil, uint64(len(items)))
	for _, i := range items {
		b = append(b, i...)
	}
	return b
}

func str(s string) []byte { return append(putU(nil, uint64(len(s))), s...) }

func cat(parts ...[]byte) []byte {
	var b []byte
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func i64const(v int64) []byte { return putS([]byte{opI64Const}, v) }

func sized(b []byte) []byte { return append(putU(nil, uint64(len(b))), b...) }

func (a asm) bytes() []byte {
	types := vec(
		[]byte{0x60, 0, 0},                               // 0 () -> ()
		[]byte{0x60, 1, typeI32, 1, typeI32},             // 1 alloc
		[]byte{0x60, 2, typeI32, typeI32, 1, typeI32},    // 2 configure
		[]byte{0x60, 2, typeI32, typeI32, 1, typeI64},    // 3 evaluate
		[]byte{0x60, 1, typeI32, 0},                      // 4 exit
		[]byte{0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 1, 0x7f}, // 5
	)
	n := byte(len(a.imports))
	evaluate, configure, extra := a.evaluate, a.configure, a.extra
	if evaluate == nil {
		evaluate = i64const(dataAt<<32 | int64(len(a.data)))
	}
	if configure == nil {
		configure = []byte{opI32Const, 0}
	}
	locals := a.locals
	if locals == nil {
		locals = []byte{0}
	}
	code := vec(
		sized([]byte{0, opEnd}),
		sized(cat([]byte{0, opI32Const}, putS(nil, 65536), []byte{opEnd})),
		sized(cat([]byte{0}, configure, []byte{opEnd})),
		sized(cat(locals, evaluate, []byte{opEnd})),
		sized(cat([]byte{0}, extra, []byte{opEnd})),
	)
	exports := map[string][2]byte{"memory": {2, 0}, "sw_abi_1": {0, n}, "sw_alloc": {0, n + 1}, "sw_configure": {0, n + 2}, "sw_evaluate": {0, n + 3}}
	for k, v := range a.exports {
		exports[k] = v
	}
	var list [][]byte
	for _, k := range slices.Sorted(maps.Keys(exports)) {
		if v := exports[k]; a.drop == "" || k != a.drop {
			list = append(list, append(str(k), v[:]...))
		}
	}
	memory := a.memory
	if memory == nil {
		memory = []byte{1, 0, 2}
	}
	secs := map[byte][]byte{secType: types, secFunction: {5, 0, 1, 2, 3, 0}, secMemory: memory, secExport: vec(list...), secCode: code}
	if len(a.imports) > 0 {
		secs[secImport] = vec(a.imports...)
	}
	if a.table != nil {
		secs[secTable] = a.table
	}
	if len(a.globals) > 0 {
		secs[secGlobal] = vec(a.globals...)
	}
	if a.start {
		secs[secStart] = []byte{n + 4}
	}
	if len(a.data) > 0 {
		secs[secData] = vec(cat([]byte{0, opI32Const}, putS(nil, dataAt), []byte{opEnd}, sized(a.data)))
	}
	for k, v := range a.sections {
		secs[k] = v
	}
	out := []byte(magicWasm)
	if a.custom != nil {
		out = append(append(out, 0), sized(a.custom)...)
	}
	for _, id := range sectionOrder {
		if b, ok := secs[id]; ok {
			out = append(append(out, id), sized(b)...)
		}
	}
	if a.names != nil {
		out = append(append(out, 0), sized(cat(str("name"), a.names))...)
	}
	return out
}

func hash(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

// shelf is what a host loads modules from.
type shelf map[string][]byte

func (s shelf) add(module []byte, config string) promotion.PackRef {
	h := hash(module)
	s[h] = module
	return promotion.PackRef{ID: "test", Version: "1.0.0", ModuleHash: h, ConfigHash: hash([]byte(config)), Config: []byte(config)}
}

func newHost(tb testing.TB, s shelf, lim Limits) *Host {
	tb.Helper()
	h, err := New(context.Background(), Options{Limits: lim, CacheDir: cacheDir(tb), Load: func(hash string) ([]byte, error) {
		if b, ok := s[hash]; ok {
			return b, nil
		}
		return nil, errors.New("no such module")
	}})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := h.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return h
}

// message is the smallest answer of a rule.
func message(fill func(*rule.Output)) []byte {
	var o rule.Output
	if fill != nil {
		fill(&o)
	}
	return rule.AppendOutput(nil, &o)
}

// basket is an input of n goods lines with a member.
func basket(h promotion.Hook, n int) *promotion.Input {
	in := &promotion.Input{
		Hook: h, Now: 1, Date: "2026-01-13", Weekday: 2, MinuteOfDay: 900, Seed: 7, Shop: "s1",
		Member:  promotion.MemberView{Present: true, Tier: "gold", BirthdayMonth: true},
		Tiers:   []promotion.TierView{{Code: "silver", Rank: 1}, {Code: "gold", Rank: 2}},
		Coupons: []promotion.CouponView{{Ref: 1, Kind: promotion.CouponCash, Amount: 500}},
		Punches: []promotion.PunchView{{SKU: "SKU-C", Available: 2}},
	}
	in.Currency.Code, in.Currency.Digits = "CNY", 2
	cats := []string{"drinks", "snacks", "hair", "nails", "retail"}
	for i := range n {
		l := promotion.LineView{ID: uint32(i + 1), Kind: promotion.KindGoods, SKU: "SKU-" + string(rune('A'+i%26)), Category: cats[i%5],
			Quantity: 1000, Unit: 129_900, Gross: 1299, Net: 1299, HasStaff: true, StaffLevel: "senior"}
		if i == 2 {
			l.Kind = promotion.KindService
		}
		if i == 4 {
			l.Kind = promotion.KindTopUp
		}
		in.Lines = append(in.Lines, l)
	}
	return in
}
