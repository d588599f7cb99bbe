package rules

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/sdk/rule"
)

// keepers are all ways to restore that this system has.
func keepers() map[string]func() keeper {
	ks := map[string]func() keeper{"chosen": newKeeper, "copy": func() keeper { return &copyKeeper{} }}
	lesserKeepers(ks)
	return ks
}

// randomInput is a basket as no author foresaw it.
func randomInput(r *rand.Rand) *promotion.Input {
	hooks := []promotion.Hook{promotion.HookPrice, promotion.HookBenefit, promotion.HookTender, promotion.HookEarn, promotion.HookTopUp, promotion.HookTier, promotion.HookCommission, promotion.HookReturn}
	in := basket(hooks[r.IntN(len(hooks))], r.IntN(40))
	in.Seed, in.Weekday, in.MinuteOfDay = r.Uint64(), r.IntN(7), r.IntN(1440)
	in.Member.Tier = []string{"", "silver", "gold", "none"}[r.IntN(4)]
	in.Member.Points, in.Member.JoinedDays = r.Int64N(100_000), r.IntN(4000)
	for i := range in.Lines {
		l := &in.Lines[i]
		l.Quantity = money.Quantity(r.Int64N(9000))
		l.Unit = money.UnitPrice(r.Int64N(1_000_000))
		l.Gross = money.Amount(r.Int64N(100_000))
		l.Net = money.Amount(r.Int64N(int64(l.Gross) + 1))
		l.SKU = fmt.Sprint("SKU-", r.IntN(12))
		l.Kind = promotion.LineKind(1 + r.IntN(5))
	}
	in.Facts = append(in.Facts, promotion.FactValue{FactRef: promotion.FactRef{Kind: promotion.FactSpend, WindowDays: 365}, Value: r.Int64N(1_000_000)})
	return in
}

// TestSameOnEveryInstance: random inputs give the same bytes and fuel on a fresh
// instance, on one that has been restored, by every way to restore, and on one
// that another host made; or fail for the same reason.
func TestSameOnEveryInstance(t *testing.T) {
	rounds := 60
	if raceDetector || testing.Short() {
		rounds = 12
	}
	s := shelf{}
	hosts := map[string]*Host{}
	for name, k := range keepers() {
		hosts[name] = newHost(t, s, Limits{})
		hosts[name].newKeeper = k
	}
	for _, id := range []string{"salon", "retail", "catering"} {
		ref := s.add(file(t, id, "rule.wasm"), map[string]string{"salon": `{"birthday_percent":30}`, "retail": benchConfig, "catering": `{}`}[id])
		fresh := newHost(t, s, Limits{Idle: 1})
		r := rand.New(rand.NewPCG(7, uint64(len(id))))
		for n := range rounds {
			msg := Encode(randomInput(r))
			drain(fresh)
			want, fuel, err := fresh.Replay(ctx, ref, msg)
			for name, h := range hosts {
				got, f, e := h.Replay(ctx, ref, msg)
				if !bytes.Equal(got, want) || f != fuel || (e == nil) != (err == nil) {
					t.Fatalf("%s, input %d, keeper %s: %d bytes, fuel %d, %v; on a fresh instance %d bytes, fuel %d, %v", id, n, name, len(got), f, e, len(want), fuel, err)
				}
			}
		}
	}
}

// drain closes all idle instances, so that the next call gets a fresh one.
func drain(h *Host) {
	h.mu.Lock()
	var all []*instance
	for _, img := range h.images {
		for in := h.pick(img); in != nil; in = h.pick(img) {
			all = append(all, in)
		}
	}
	h.mu.Unlock()
	for _, in := range all {
		h.closeInstance(in)
	}
}

// scribbler writes all over its memory, the byte that its input ends in, after it
// has looked whether a byte differs from what its configuration left; it answers
// the count of these.
func scribbler() []byte {
	msg := message(func(o *rule.Output) { o.Notes = []rule.Note{{Code: "count"}} })
	at := int64(dataAt + bytes.Index(msg, []byte("count")) - 40 + 16)
	// Pages of 64 KiB: two at first, a third from configure on. Every 4096th byte is
	// read, and added to the note's argument, and then set.
	loop := cat(
		[]byte{opI32Const}, putS(nil, 70_000), []byte{0x21, 2}, // i = 70000, behind the messages
		[]byte{opLoop, blockVoid},
		[]byte{opI32Const}, putS(nil, at),
		[]byte{opI32Const}, putS(nil, at), []byte{0x29, 3, 0},
		[]byte{opLocalGet, 2, 0x31, 0, 0}, // i64.load8_u
		[]byte{opI64Add, 0x37, 3, 0},
		[]byte{opLocalGet, 2, opI32Const, 1, 0x3a, 0, 0},
		[]byte{opLocalGet, 2, opI32Const}, putS(nil, 4096), []byte{0x6a, opLocalTee, 2},
		[]byte{opI32Const}, putS(nil, 3*65536), []byte{0x49, opBrIf, 0, opEnd},
		i64const(dataAt<<32|int64(len(msg))),
	)
	configure := cat(
		[]byte{opI32Const, 1, opMemoryGrow, 0, 0x1a},
		[]byte{opI32Const}, putS(nil, 70_000+4096), []byte{opI32Const, 5, 0x3a, 0, 0}, // in the base's range
		[]byte{opI32Const}, putS(nil, 70_000+20*4096), []byte{opI32Const, 6, 0x3a, 0, 0}, // behind it
		[]byte{opI32Const, 0},
	)
	return asm{evaluate: loop, configure: configure, data: msg, locals: []byte{1, 1, typeI32}, memory: []byte{1, 0, 2}}.bytes()
}

// TestEveryKeeper: each way to restore gives back what configure left, in the
// base's range and behind it, on the first instance and on new ones.
func TestEveryKeeper(t *testing.T) {
	for name, k := range keepers() {
		s := shelf{}
		h := newHost(t, s, Limits{})
		h.newKeeper = k
		ref := s.add(scribbler(), "{}")
		for n := range 12 {
			if n == 6 {
				drain(h)
			}
			a, err := h.Evaluate(ctx, ref, basket(promotion.HookPrice, n))
			if err != nil || len(a.Output.Notes) != 1 || a.Output.Notes[0].Arg != 11 {
				t.Fatalf("%s, call %d: %v %+v, want 5 + 6", name, n, err, a.Output.Notes)
			}
		}
		if got := h.Stats().Instances; got != 1 {
			t.Errorf("%s: %d instances for calls one after another", name, got)
		}
	}
}

// TestManyShops: 200 configurations of a pack cost a small part of what as many
// whole memories would, those of three packs fit the default budget, and the idle
// instances are bounded.
func TestManyShops(t *testing.T) {
	shops := map[string]int{"salon": 10, "retail": 200, "catering": 10}
	if raceDetector || testing.Short() {
		shops["retail"] = 20
	}
	s := shelf{}
	h := newHost(t, s, Limits{Idle: 8})
	var all int64
	for id, n := range shops {
		before := h.Stats().ImageBytes
		var first int64
		for i := range n {
			if err := h.Prepare(ctx, s.add(file(t, id, "rule.wasm"), fmt.Sprintf(`{"points_per":%d}`, i+1))); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				first = h.Stats().ImageBytes - before
			}
		}
		each := (h.Stats().ImageBytes - before - first) / int64(n-1)
		t.Logf("%s: one configuration %d bytes, each further one %d", id, first, each)
		if each*8 > first {
			t.Errorf("%s: a configuration costs %d bytes, the first one with its module's memory %d", id, each, first)
		}
		all += first + 199*each
	}
	got := h.Stats()
	if want := shops["salon"] + shops["retail"] + shops["catering"]; got.Images != want || got.Modules != 3 || got.Evicted != 0 {
		t.Errorf("%+v", got)
	}
	if all > h.lim.ImageBytes*5/4 {
		t.Errorf("200 shops with three packs hold %d bytes", all)
	}
	if got.Instances > 8 {
		t.Errorf("%d instances are idle", got.Instances)
	}
}

// TestRootsGo: with its last image goes what the images of a module share.
func TestRootsGo(t *testing.T) {
	s := shelf{}
	h := newHost(t, s, Limits{ImageBytes: 1})
	for i := range 5 {
		for range 3 {
			if err := h.Prepare(ctx, s.add(asm{data: append(message(nil), byte(i))}.bytes(), fmt.Sprint("{\"a\":", i, "}"))); err != nil {
				t.Fatal(err)
			}
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.images) != 1 || len(h.roots) != 1 || len(h.modules) != 1 || h.evicted.Load() != 4 {
		t.Errorf("%d images, %d roots, %d modules, %d evicted", len(h.images), len(h.roots), len(h.modules), h.evicted.Load())
	}
}
