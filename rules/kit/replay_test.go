package kit

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/sdk/rule"
)

func testKey(seed byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
}

func publicOf(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

// export is what a shop would hand out after the scaffold's first case was sold
// twice, once beside another pack that gives 1.00 off the order first.
func export(t *testing.T, r *Runner, change func(n int, s *backtest.ExportSale)) []byte {
	t.Helper()
	config, err := r.Bundle.CheckConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	cases, err := Cases(r.Bundle)
	if err != nil {
		t.Fatal(err)
	}
	msg := cases[0].Message()
	_, a, err := r.message(ctx, config, msg)
	if err != nil {
		t.Fatal(err)
	}
	hash := func(b []byte) string {
		h := sha256.Sum256(b)
		return hex.EncodeToString(h[:])
	}
	off := rule.AppendOutput(nil, &rule.Output{Candidates: []rule.Candidate{{Kind: rule.AmountOff, Class: rule.ClassLine, Basis: rule.Remaining, Category: "other", Amount: 100, Priority: 9, Note: rule.Note{Code: "off"}}}})
	mine := backtest.ExportCall{Hook: "benefit", Pack: r.Bundle.ID, Version: r.Bundle.Version, Module: r.Bundle.ModuleHash(), Config: hash(config), Outcome: "ok", Fuel: a.Fuel, Input: msg, Output: a.OutputBytes}
	other := backtest.ExportCall{Hook: "benefit", Pack: "another", Version: "1.0.0", Module: "00", Config: hash([]byte("{}")), Outcome: "ok", Input: msg, Output: off}
	var w bytes.Buffer
	x := backtest.NewExportWriter(&w)
	x.Header(backtest.ExportHeader{Currency: "CNY", Digits: 2, From: "2026-01-13", To: "2026-01-14"})
	x.Config(backtest.ExportConfig{Pack: r.Bundle.ID, Hash: hash(config), Config: config})
	for n, calls := range [][]backtest.ExportCall{{mine}, {other, mine}, {other}} {
		s := backtest.ExportSale{Sale: string(rune('a' + n)), Shop: "s", Date: "2026-01-13", Calls: calls}
		if change != nil {
			change(n, &s)
		}
		x.Sale(s)
	}
	if err := x.End(); err != nil {
		t.Fatal(err)
	}
	return w.Bytes()
}

func replay(t *testing.T, r *Runner, file []byte, o ReplayOptions) *ReplayResult {
	t.Helper()
	res, err := r.Replay(ctx, bytes.NewReader(file), o)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestReplayOfTheSameVersionIsExact(t *testing.T) {
	r := runner(t, teaClub(t))
	res := replay(t, r, export(t, r, nil), ReplayOptions{})
	if !res.OK() || res.Sales != 3 || res.Calls != 2 || res.Exact != 2 || res.Compared != 0 {
		t.Errorf("%+v", res)
	}
	// An answer that was recorded otherwise.
	tampered := export(t, r, func(n int, s *backtest.ExportSale) {
		if n == 1 {
			s.Calls[1].Output = rule.AppendOutput(nil, &rule.Output{})
		}
	})
	res = replay(t, r, tampered, ReplayOptions{Details: 10})
	if res.OK() || res.Exact != 1 || res.Differ != 1 || len(res.Details) != 1 || !res.Details[0].Bytes || res.Details[0].Sale != "b" {
		t.Fatalf("%+v", res)
	}
	var w bytes.Buffer
	res.Write(&w)
	for _, s := range []string{"1 give the same bytes, 1 do not", "sale b of 2026-01-13, benefit: other bytes", "line 1 TEA: to pay 36.00 -> 32.40 (-360)"} {
		if !strings.Contains(w.String(), s) {
			t.Errorf("no %q in\n%s", s, w.String())
		}
	}
	// A call that failed then and answers now.
	failed := export(t, r, func(n int, s *backtest.ExportSale) {
		if n == 0 {
			s.Calls[0].Outcome, s.Calls[0].Output = "rules.out_of_fuel", nil
		}
	})
	if res = replay(t, r, failed, ReplayOptions{}); res.OK() || res.Failed["ok"] != 1 || res.Exact != 1 {
		t.Errorf("%+v", res)
	}
}

func TestReplayWithOtherSettingsComparesMoney(t *testing.T) {
	r := runner(t, teaClub(t))
	res := replay(t, r, export(t, r, nil), ReplayOptions{Config: []byte(`{"percent":50}`), Details: 10})
	if !res.OK() || res.Compared != 2 || res.Changed != 2 || res.Exact != 0 {
		t.Fatalf("%+v", res)
	}
	// Alone 36.00 becomes 18.00 instead of 32.40. Beside the other pack the tea is
	// down to 35.26 first: 17.63 instead of 31.73.
	f := res.Figures[promotion.HookBenefit]
	if len(f) != 1 || f[0].Want != 3240+3173 || f[0].Got != 1800+1763 {
		t.Errorf("%+v", f)
	}
	same := replay(t, r, export(t, r, nil), ReplayOptions{Config: []byte(`{"percent":10}`)})
	if same.Compared != 2 || same.Changed != 0 {
		t.Errorf("%+v", same)
	}
	if _, err := r.Replay(ctx, bytes.NewReader(nil), ReplayOptions{Config: []byte(`{"percent":500}`)}); !fault.ReasonIs(err, "pack.config_invalid") {
		t.Error(err)
	}
}

func TestReplayOfAnotherVersion(t *testing.T) {
	old := runner(t, teaClub(t))
	file := export(t, old, nil)
	dir := newPack(t, "tea-club", Go)
	edit(t, dir, "pack.json", `"0.1.0"`, `"0.2.0"`)
	edit(t, dir, "rule.go", "Rate:     r.rate,", "Rate:     r.rate / 2,")
	next := runner(t, buildPack(t, dir))
	res := replay(t, next, file, ReplayOptions{})
	if !res.OK() || res.Compared != 2 || res.Changed != 2 || res.Figures[promotion.HookBenefit][0].Got <= res.Figures[promotion.HookBenefit][0].Want {
		t.Errorf("%+v", res)
	}
	// A version that wants a fact which was not recorded cannot know what it would have said.
	b := next.Bundle
	files, err := pack.Files(buildPack(t, dir))
	if err != nil {
		t.Fatal(err)
	}
	b.Facts = []pack.Fact{{Kind: "visits", WindowDays: 90}}
	data, err := pack.Build(b.Manifest, files, nil)
	if err != nil {
		t.Fatal(err)
	}
	res = replay(t, runner(t, data), file, ReplayOptions{})
	if res.Compared != 0 || res.Unavailable["fact visits (90 days)"] != 2 {
		t.Errorf("%+v", res)
	}
	// A version that answers no more takes its discount with it.
	b.Facts, b.Hooks, b.Powers = nil, []string{"earn"}, []string{"points"}
	if data, err = pack.Build(b.Manifest, files, nil); err != nil {
		t.Fatal(err)
	}
	res = replay(t, runner(t, data), file, ReplayOptions{})
	if f := res.Figures[promotion.HookBenefit]; res.Changed != 2 || f[0].Got != 3600+3526 {
		t.Errorf("%+v", res)
	}
}

func TestReplayRefuses(t *testing.T) {
	r := runner(t, teaClub(t))
	file := export(t, r, nil)
	if _, err := r.Replay(ctx, bytes.NewReader(file[:len(file)/2]), ReplayOptions{}); err == nil {
		t.Error("a file that is cut off was replayed")
	}
	foreign := export(t, r, func(_ int, s *backtest.ExportSale) {
		for i := range s.Calls {
			s.Calls[i].Pack = "another"
		}
	})
	if _, err := r.Replay(ctx, bytes.NewReader(foreign), ReplayOptions{}); !fault.ReasonIs(err, "kit.other_pack") {
		t.Error(err)
	}
	lost := export(t, r, func(_ int, s *backtest.ExportSale) {
		for i := range s.Calls {
			s.Calls[i].Config = "none"
		}
	})
	if res := replay(t, r, lost, ReplayOptions{}); res.Unavailable["settings"] != 2 || res.Exact != 0 {
		t.Errorf("%+v", res)
	}
}
