package checkout_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/edition"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
)

// rated takes the percentage of its configuration off, and says by its code which
// version it was: what a sale names can be told from what it paid.
type rated struct{ checkout.Rules }

func (r rated) Evaluate(ctx context.Context, p promotion.PackRef, in *promotion.Input) (promotion.Answer, error) {
	if p.ID != "offer" {
		return r.Rules.Evaluate(ctx, p, in)
	}
	var c struct{ Percent int64 }
	if err := json.Unmarshal(p.Config, &c); err != nil {
		return promotion.Answer{}, err
	}
	return promotion.Answer{InputBytes: []byte("in"), OutputBytes: []byte("out"), Fuel: 1, Output: promotion.Output{Candidates: []promotion.Candidate{{
		Kind: promotion.Percent, Class: promotion.ClassLine, Basis: promotion.Remaining, Rate: money.Rate(c.Percent * 10_000), Note: promotion.Note{Code: codeOf(p.Version), Arg: c.Percent}}}}}, nil
}

// codeOf is the code that a version gives its reason.
func codeOf(version string) string { return "v" + version[:1] }

// offer builds a version of a pack whose only text tells it from the others.
func offer(t *testing.T, version string) []byte {
	t.Helper()
	data, err := pack.Build(pack.Manifest{ID: "offer", Version: version, ABI: pack.ABIRange{Min: 1, Max: 1}, Hooks: []string{"benefit"}, Powers: []string{"discount"}}, map[string][]byte{
		"rule.wasm":          []byte("\x00asm\x01\x00\x00\x00" + version),
		"config.schema.json": []byte(`{"type":"object","additionalProperties":false,"properties":{"percent":{"type":"integer","minimum":0,"maximum":90,"default":10}}}`),
		"locales/en.json":    []byte(`{"pack.name":"Offer","` + codeOf(version) + `":"{arg} % by version ` + version + `"}`),
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// withInstalled gives the shop a registry over its database and an installer.
func (s *shop) withInstalled() *pack.Installer {
	reg := pack.NewRegistry()
	for _, b := range s.desk.Packs.List() {
		if err := reg.Add(b); err != nil {
			s.t.Fatal(err)
		}
	}
	reg.Use(s.db)
	s.desk.Packs, s.desk.Rules = reg, rated{s.desk.Rules}
	return &pack.Installer{DB: s.db, Packs: reg, Verify: func([]byte, bool) error { return nil },
		Ring: func(ctx context.Context, m id.ID) (pack.KeyRing, error) {
			return pack.RingOf(ctx, s.db, m, &edition.Edition{Development: true})
		}}
}

func (s *shop) switchTo(version string, percent int, on bool) error {
	return s.db.InTx(s.ctx, func(ctx context.Context, tx *db.Tx) error {
		return pack.Set(ctx, tx, pack.Change{Merchant: s.m.ID, Shops: []id.ID{s.shop.ID}, PackID: "offer", Enabled: on, Version: version, Config: fmt.Appendf(nil, `{"percent":%d}`, percent)})
	})
}

// A sale that names its quote pays it and names the version that it was priced on,
// whatever is switched, configured, rolled back or removed meanwhile; and what it
// names explains and refunds it.
func TestSwitchingAPackNeverChangesASaleInFlight(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		const registers, rounds = 8, 12
		s := newShop(t, d, c, registers)
		installer := s.withInstalled()
		versions := []string{"1.0.0", "2.0.0", "3.0.0"}
		for _, v := range versions {
			if _, _, err := installer.Install(s.ctx, pack.InstallIn{Merchant: s.m.ID, Data: offer(t, v)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.switchTo("1.0.0", 10, true); err != nil {
			t.Fatal(err)
		}
		var stop atomic.Bool
		var switcher, tills sync.WaitGroup
		var switches, removals atomic.Int64
		switcher.Go(func() {
			for n := 0; !stop.Load(); n++ {
				if err := s.upset(installer, versions, n, &removals); err != nil {
					t.Error(err)
					return
				}
				switches.Add(1)
			}
		})
		var mu sync.Mutex
		var sold []*sale.Sale
		for i := range registers {
			tills.Go(func() {
				// However slow the machine, so long that everything was switched meanwhile.
				for n := 0; n < rounds || n < 50*rounds && (switches.Load() < 15 || removals.Load() == 0); n++ {
					got, err := s.quoteAndSell(i)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					sold = append(sold, got)
					mu.Unlock()
				}
			})
		}
		tills.Wait()
		stop.Store(true)
		switcher.Wait()
		if len(sold) < registers*rounds || switches.Load() < 4 || removals.Load() == 0 {
			t.Fatalf("%d sales, %d switches, %d removals: nothing was in flight", len(sold), switches.Load(), removals.Load())
		}
		// Now nothing is on and everything is removed: each sale still has its rule.
		if err := s.switchTo("1.0.0", 10, false); err != nil && !fault.ReasonIs(err, "pack.removed") {
			t.Fatal(err)
		}
		for _, v := range versions {
			if _, err := installer.Remove(s.ctx, s.m.ID, "offer", v, id.None, nil); err != nil && !fault.ReasonIs(err, "pack.removed") {
				t.Fatal(err)
			}
		}
		seen := map[string]int{}
		for _, one := range sold {
			seen[s.named(one)]++
		}
		if len(seen) < 3 {
			t.Errorf("every sale was priced alike: %v", seen)
		}
	})
}

// upset is one change of the pack: another version and configuration, off, back to
// an earlier state, a removal and a new installation.
func (s *shop) upset(i *pack.Installer, versions []string, n int, removals *atomic.Int64) error {
	v := versions[n%len(versions)]
	switch n % 5 {
	case 0, 1:
		return s.switchTo(v, 5+n%40, true)
	case 2:
		return s.switchTo(v, 10, false)
	case 3: // off by now: a removal, and the same content again
		for _, v := range versions {
			if _, err := i.Remove(s.ctx, s.m.ID, "offer", v, id.None, nil); err != nil {
				return err
			}
			removals.Add(1)
		}
		for _, v := range versions {
			if _, _, err := i.Install(s.ctx, pack.InstallIn{Merchant: s.m.ID, Data: offer(s.t.(*testing.T), v)}); err != nil {
				return err
			}
		}
		return nil
	}
	hist, _, err := pack.History(s.ctx, s.db, s.m.ID, s.shop.ID, "offer", db.Page{Limit: 3})
	if err != nil {
		return err
	}
	back, err := s.desk.Packs.For(s.ctx, s.m.ID).Back(hist[len(hist)-1])
	if err != nil {
		return err
	}
	return s.db.InTx(s.ctx, func(ctx context.Context, tx *db.Tx) error { return pack.Set(ctx, tx, back) })
}

// quoteAndSell rings up a basket, lets some time pass and sells what was quoted.
func (s *shop) quoteAndSell(register int) (*sale.Sale, error) {
	b := checkout.Basket{Merchant: s.m.ID, Shop: s.shop.ID, Register: s.registers[register].ID, Lines: []checkout.LineIn{{SKU: s.skus["soap"].ID, Quantity: 2 * money.One}}}
	q, err := s.desk.Quote(s.ctx, b)
	if err != nil {
		return nil, err
	}
	if _, err := s.desk.Quote(s.ctx, b); err != nil { // the customer thinks; another quote comes between
		return nil, err
	}
	got, err := s.desk.Complete(s.ctx, checkout.SaleIn{Basket: b, QuoteRef: q.Ref, ExpectedTotal: &q.Total, Tenders: []checkout.TenderIn{{Type: sale.TenderCash, Amount: q.CashDue(q.Total)}}, Origin: sale.OriginTill})
	if err != nil {
		return nil, err
	}
	if got.Total != q.Total || len(got.Rules) != len(q.Rules) {
		return nil, fmt.Errorf("quoted %d by %v, paid %d by %v", q.Total, q.Rules, got.Total, got.Rules)
	}
	for i := range got.Rules {
		a, b := got.Rules[i], q.Rules[i]
		if a.PackVersion != b.PackVersion || a.ModuleHash != b.ModuleHash || a.ConfigHash != b.ConfigHash || a.Outcome != "ok" {
			return nil, fmt.Errorf("quoted by %s %s, sold by %s %s: %s", b.PackVersion, b.ConfigHash, a.PackVersion, a.ConfigHash, a.Outcome)
		}
	}
	return got, nil
}

// named checks that a sale, read again, paid what the version and configuration
// that it names give, is explained by that version and can be refunded whole. It
// answers what it was priced by.
func (s *shop) named(of *sale.Sale) string {
	s.t.Helper()
	got, err := sale.Get(s.ctx, s.db, s.m.ID, of.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	by, want := "none", money.Amount(50_00)
	if len(got.Rules) > 0 {
		r, a := got.Rules[0], got.Adjustments[0]
		b, err := s.desk.Packs.For(s.ctx, s.m.ID).Get(r.PackID, r.PackVersion)
		if err != nil {
			s.t.Fatalf("the version %s that a sale names is gone: %v", r.PackVersion, err)
		}
		if len(got.Rules) != 1 || len(got.Adjustments) != 1 || b.ModuleHash() != r.ModuleHash || a.PackVersion != r.PackVersion || a.Code != codeOf(r.PackVersion) {
			s.t.Errorf("one sale names two versions: %+v %+v", got.Rules, got.Adjustments)
		}
		if ref := b.Ref(fmt.Appendf(nil, `{"percent":%d}`, a.Arg), 0); ref.ConfigHash != r.ConfigHash {
			s.t.Errorf("%d %% is not the configuration that the sale names", a.Arg)
		}
		text := b.Message(i18n.Match("en"), a.Code, promotion.Note{Code: a.Code, Arg: a.Arg}, got.Currency)
		if text != fmt.Sprintf("%d %% by version %s", a.Arg, r.PackVersion) {
			s.t.Errorf("explained as %q", text)
		}
		want -= want * money.Amount(a.Arg) / 100
		by = r.PackVersion
	}
	if got.Total != want {
		s.t.Errorf("%s: %d was paid, %d is right", by, got.Total, want)
	}
	back, err := s.desk.Refund(s.ctx, checkout.RefundIn{Merchant: s.m.ID, Sale: got.ID, Reason: "test", Origin: sale.OriginTill})
	if err != nil {
		s.t.Fatal(err)
	}
	if back.Total != got.Total {
		s.t.Errorf("%d was paid, %d given back", got.Total, back.Total)
	}
	return by
}

// Another process installs a version and switches it on: this one prices by it at
// the next quote, and with the facts that only the new version asks for.
func TestAVersionThatAnotherProcessInstalledPricesTheNextQuote(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		installer := s.withInstalled()
		if _, err := s.quoteAndSell(0); err != nil { // this process knows what there is
			t.Fatal(err)
		}
		elsewhere := pack.NewRegistry()
		elsewhere.Use(d)
		other := &pack.Installer{DB: d, Packs: elsewhere, Verify: installer.Verify, Ring: installer.Ring}
		if _, _, err := other.Install(s.ctx, pack.InstallIn{Merchant: s.m.ID, Data: offer(t, "1.0.0")}); err != nil {
			t.Fatal(err)
		}
		if err := s.switchTo("1.0.0", 20, true); err != nil {
			t.Fatal(err)
		}
		got, err := s.quoteAndSell(0)
		if err != nil || got.Total != 40_00 || got.Rules[0].PackVersion != "1.0.0" {
			t.Fatal(got, err)
		}
	})
}

// A preview prices as if other packs were on, and nothing else.
func TestAPreviewBindsNobody(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		installer := s.withInstalled()
		if _, _, err := installer.Install(s.ctx, pack.InstallIn{Merchant: s.m.ID, Data: offer(t, "1.0.0")}); err != nil {
			t.Fatal(err)
		}
		b := checkout.Basket{Merchant: s.m.ID, Shop: s.shop.ID, Register: s.registers[0].ID, Lines: []checkout.LineIn{{SKU: s.skus["soap"].ID, Quantity: money.One}}}
		q, err := s.desk.Preview(s.ctx, b, func(on []pack.Activation) []pack.Activation {
			return append(on, pack.Activation{PackID: "offer", Version: "1.0.0", Config: []byte(`{"percent":40}`)})
		})
		if err != nil || q.Total != 15_00 || q.Ref != "" {
			t.Fatal(q, err)
		}
		if plain, err := s.desk.Quote(s.ctx, b); err != nil || plain.Total != 25_00 {
			t.Fatal(plain, err)
		}
	})
}
