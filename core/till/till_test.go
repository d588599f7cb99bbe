package till_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/till"
)

// shop is a shop with registers, on a clock that stands.
type shop struct {
	t         testing.TB
	db        *db.DB
	clock     *clock.Manual
	m         tenant.Merchant
	shop      tenant.Shop
	registers []tenant.Register
	actor     id.ID
}

var noon = time.Date(2026, 5, 20, 4, 0, 0, 0, time.UTC) // 12:00 in Shanghai

func each(t *testing.T, f func(t *testing.T, s *shop)) {
	t.Helper()
	c := clock.NewManual(noon)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(noon)
		f(t, newShop(t, d, c, "Asia/Shanghai"))
	}, dbtest.WithClock(c))
}

func newShop(t testing.TB, d *db.DB, c *clock.Manual, zone string) *shop {
	t.Helper()
	s := &shop{t: t, db: d, clock: c, actor: id.New(1)}
	s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		if s.m, err = tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "m" + tx.NewID().String()[24:], Name: "Test", Currency: "CNY"}); err != nil {
			return err
		}
		s.shop, err = tenant.CreateShop(ctx, tx, s.m.ID, tenant.NewShop{Name: "Shop", TimeZone: zone, CutOff: 240})
		return err
	})
	for range 2 {
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			r, err := tenant.CreateRegister(ctx, tx, s.m.ID, s.shop.ID, tenant.NewRegister{Name: "till"})
			s.registers = append(s.registers, r)
			return err
		})
	}
	return s
}

func (s *shop) try(f func(context.Context, *db.Tx) error) error {
	return s.db.InTx(context.Background(), f)
}

func (s *shop) tx(f func(context.Context, *db.Tx) error) {
	s.t.Helper()
	if err := s.try(f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) set(key, value string) {
	s.t.Helper()
	s.tx(func(_ context.Context, tx *db.Tx) error {
		return setting.Set(tx, setting.Place{Merchant: s.m.ID, Shop: s.shop.ID}, key, value)
	})
}

func (s *shop) open(register int, float money.Amount) till.Shift {
	s.t.Helper()
	var out till.Shift
	s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		out, err = till.Open(ctx, tx, s.m.ID, s.registers[register].ID, s.actor, s.shop.Zone, float)
		return err
	})
	return out
}

func (s *shop) close(in till.Closing) (rep till.Report, err error) {
	in.Actor, in.Currency = s.actor, s.m.Currency
	err = s.try(func(ctx context.Context, tx *db.Tx) (err error) {
		rep, _, err = till.CloseWith(ctx, tx, s.m.ID, in)
		return err
	})
	return rep, err
}

func (s *shop) closed(shift id.ID, counted money.Amount) till.Report {
	s.t.Helper()
	rep, err := s.close(till.Closing{Shift: shift, Counted: &counted})
	if err != nil {
		s.t.Fatal(err)
	}
	return rep
}

func (s *shop) x(shift id.ID) till.Report {
	s.t.Helper()
	rep, _, err := till.X(context.Background(), s.db, s.m.ID, shift)
	if err != nil {
		s.t.Fatal(err)
	}
	return rep
}

// document books one of a kind that was paid, or given back, by these tenders; in
// cash the coins in use round it.
func (s *shop) document(register int, kind string, tenders map[string]money.Amount, rounding money.Amount) sale.Sale {
	s.t.Helper()
	d := sale.Sale{Merchant: s.m.ID, Kind: kind, Shop: s.shop.ID, Register: s.registers[register].ID, Currency: s.m.Currency, CashRounding: rounding, Origin: sale.OriginTill}
	for _, ty := range []string{sale.TenderCash, sale.TenderCard, "gift_card"} {
		if a := tenders[ty]; a != 0 {
			d.Tenders = append(d.Tenders, sale.Tender{Type: ty, Amount: a, Tendered: a, State: "paid"})
			d.Total += a
		}
	}
	d.Paid, d.Total = d.Total, d.Total-rounding
	d.Subtotal = d.Total
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		var c till.Counter
		c.Ask(tx, s.m.ID, d.Register)
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		shift, err := c.NeedShift(tx, s.m.ID, s.actor, s.shop.Zone, false)
		if err != nil {
			return err
		}
		d.ID, d.Shift, d.BusinessDate, d.OccurredAt, d.RecordedAt = tx.NewID(), shift.ID, shift.BusinessDate, tx.Now, tx.Now
		d.Series, d.Number = c.Take(tx, s.m.ID)
		sale.QueueInsert(tx, &d)
		return nil
	})
	return d
}

// waiting books a sale that an acquirer has not answered yet.
func (s *shop) waiting(register int, total money.Amount) sale.Sale {
	s.t.Helper()
	d := sale.Sale{Merchant: s.m.ID, Kind: sale.KindSale, Shop: s.shop.ID, Register: s.registers[register].ID, Currency: s.m.Currency, Subtotal: total, Total: total, Origin: sale.OriginTill}
	s.tx(func(_ context.Context, tx *db.Tx) error {
		d.ID, d.OccurredAt, d.RecordedAt = tx.NewID(), tx.Now, tx.Now
		d.BusinessDate = s.shop.Zone.BusinessDate(tx.Now)
		sale.QueueOpen(tx, &d, "{}")
		return nil
	})
	return d
}

func (s *shop) pay(register int, v till.Move) error {
	v.Actor = s.actor
	return s.try(func(ctx context.Context, tx *db.Tx) error {
		_, err := till.Pay(ctx, tx, s.m.ID, s.registers[register].ID, v)
		return err
	})
}

func wants(t *testing.T, err, want error, param string) {
	t.Helper()
	if !errors.Is(err, want) || fault.Of(err).Param != param {
		t.Errorf("%v (on %q), want %v on %q", err, fault.Of(err).Param, want, param)
	}
}

func TestAShiftFromFloatToZ(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		sh := s.open(0, 200_00)
		s.document(0, sale.KindSale, map[string]money.Amount{sale.TenderCash: 30_00, sale.TenderCard: 12_00}, 0)
		s.document(0, sale.KindSale, map[string]money.Amount{"gift_card": 50_00}, 0)
		s.document(0, sale.KindRefund, map[string]money.Amount{sale.TenderCash: 5_00}, 0)
		s.document(0, sale.KindVoid, map[string]money.Amount{sale.TenderCash: 1_00}, 0)
		s.document(0, sale.KindCashOut, map[string]money.Amount{sale.TenderCash: 20_00}, 0)
		s.document(1, sale.KindSale, map[string]money.Amount{sale.TenderCash: 999_00}, 0) // another register
		for _, v := range []till.Move{{Amount: 40_00, Category: till.OutBank, Reason: "change from the bank"}, {Amount: -7_00, Category: till.OutSupplies, Reason: " stamps "}, {Amount: -3_00, Reason: "tea"}, {Amount: -1_00, Category: till.OutSupplies, Reason: "tape"}} {
			if err := s.pay(0, v); err != nil {
				t.Fatal(err)
			}
		}
		want := money.Amount(200_00 + 30_00 - 5_00 - 1_00 - 20_00 + 40_00 - 11_00)
		for range 3 { // as often as one likes
			x := s.x(sh.ID)
			if x.Expected != want || x.Final || x.PaidIn != 40_00 || x.PaidOut != 11_00 || x.Counted != 0 {
				t.Fatalf("%+v", x)
			}
		}
		moves, err := till.Moves(context.Background(), s.db, s.m.ID, sh.ID)
		if err != nil || len(moves) != 4 || moves[0].Category != "" || moves[1].Reason != "stamps" || moves[2].Category != till.OutOther {
			t.Fatalf("%+v %v", moves, err)
		}
		if got, err := till.GetMove(context.Background(), s.db, s.m.ID, moves[1].ID); err != nil || got != moves[1] {
			t.Fatal(got, err)
		}
		if _, err := till.GetMove(context.Background(), s.db, s.m.ID, sh.ID); !errors.Is(err, till.ErrNoMove) {
			t.Fatal(err)
		}
		z := s.closed(sh.ID, want-2_00)
		if !z.Final || z.OverShort != -2_00 || len(z.Outs) != 2 || z.Outs[0] != (till.Outlay{Category: till.OutOther, Amount: 3_00}) || z.Outs[1].Amount != 8_00 {
			t.Fatalf("%+v", z)
		}
		byTender := map[string]money.Amount{}
		for _, v := range z.Tenders {
			byTender[v.Tender] += v.Signed()
		}
		if byTender[sale.TenderCash] != 4_00 || byTender["gift_card"] != 50_00 || byTender[sale.TenderCard] != 12_00 {
			t.Fatalf("%v", byTender)
		}
		_, err = s.close(till.Closing{Shift: sh.ID, Counted: new(money.Amount)})
		wants(t, err, till.ErrClosed, "")
		wants(t, s.pay(0, till.Move{Amount: 1, Reason: "late"}), till.ErrNoShift, "")
		wants(t, s.pay(0, till.Move{Amount: 1, Reason: "late", Shift: sh.ID}), till.ErrClosed, "")
		s.open(0, 0)
		wants(t, s.pay(0, till.Move{Amount: 1, Reason: "on an old page", Shift: sh.ID}), till.ErrClosed, "")
		for want, v := range map[*fault.Fault]till.Move{till.ErrBadAmount: {Reason: "x"}, till.ErrReasonEmpty: {Amount: 1, Reason: " "}, till.ErrCategory: {Amount: -1, Reason: "x", Category: "fun"},
			till.ErrReasonLong: {Amount: 1, Reason: strings.Repeat("谢", 201)}} {
			wants(t, s.pay(0, v), want, fault.Of(s.pay(0, v)).Param)
		}
		if got, err := till.Get(context.Background(), s.db, s.m.ID, sh.ID); err != nil || got.IsOpen() || got.OverShort != -2_00 {
			t.Errorf("%+v %v", got, err)
		}
	})
}

// TestTheZReportIsNumberedAndStands: one for each shift of a register, in order,
// and what comes later leaves it as it is.
func TestTheZReportIsNumberedAndStands(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		ctx := context.Background()
		var texts []string
		for no := int64(1); no <= 3; no++ {
			sh := s.open(0, 0)
			s.document(0, sale.KindSale, map[string]money.Amount{sale.TenderCash: 10_00}, 0)
			if _, _, err := till.Z(ctx, s.db, s.m.ID, s.registers[0].ID, no); !errors.Is(err, till.ErrNotFound) {
				t.Fatal("an open shift has a Z report:", err)
			}
			if z := s.closed(sh.ID, 10_00); z.No != no {
				t.Fatalf("number %d, want %d", z.No, no)
			}
			rep, got, err := till.Z(ctx, s.db, s.m.ID, s.registers[0].ID, no)
			if err != nil || got.ID != sh.ID || rep.No != no || rep.Expected != 10_00 {
				t.Fatalf("%+v %v", rep, err)
			}
			texts = append(texts, got.Z)
		}
		for i, text := range texts {
			if _, got, err := till.Z(ctx, s.db, s.m.ID, s.registers[0].ID, int64(i+1)); err != nil || got.Z != text {
				t.Errorf("the Z report %d has changed: %v", i+1, err)
			}
		}
		if first := s.open(1, 0); first.No != 1 {
			t.Errorf("each register counts by itself: %d", first.No)
		}
		if _, _, err := till.Z(ctx, s.db, id.New(1), s.registers[0].ID, 1); !errors.Is(err, till.ErrNotFound) {
			t.Error("another merchant reads it:", err)
		}
	})
}

// TestA11_OpenSalesAreCarriedOrKeepTheShiftOpen.
func TestA11_OpenSalesAreCarriedOrKeepTheShiftOpen(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		sh := s.open(0, 0)
		a, b := s.waiting(0, 30_00), s.waiting(0, 12_50)
		s.waiting(1, 99_00) // of another register
		if x := s.x(sh.ID); x.Open != (sale.Open{Count: 2, Amount: 42_50}) {
			t.Fatalf("%+v", x.Open)
		}
		_, err := s.close(till.Closing{Shift: sh.ID, Counted: new(money.Amount)})
		wants(t, err, till.ErrOpenSales, "")
		if got := fault.Of(err).Args["count"]; got != int64(2) {
			t.Errorf("%v", got)
		}
		s.set("till.open_sales", "carry")
		z := s.closed(sh.ID, 0)
		if z.Open != (sale.Open{Count: 2, Amount: 42_50}) || z.Expected != 0 || len(z.Summaries) != 0 {
			t.Fatalf("%+v", z)
		}
		// They are still there, end in the next shift and count in it alone.
		s.clock.Advance(24 * time.Hour)
		next := s.open(0, 0)
		for i, d := range []sale.Sale{a, b} {
			s.tx(func(ctx context.Context, tx *db.Tx) error {
				var c till.Counter
				var o sale.OpenSale
				c.Ask(tx, s.m.ID, s.registers[0].ID)
				tx.AskAll(sale.AskOpen(s.m.ID, d.ID, true, &o))
				if err := tx.Flush(ctx); err != nil {
					return err
				}
				if o.Sale.ID.IsNone() {
					t.Fatal("an open sale vanished when its shift was closed")
				}
				done := o.Sale
				done.Shift, done.BusinessDate, done.Paid = c.Shift.ID, c.Shift.BusinessDate, done.Total
				done.Tenders = []sale.Tender{{Type: []string{sale.TenderCard, sale.TenderCash}[i], Amount: done.Total, Tendered: done.Total, State: "paid"}}
				done.Series, done.Number = c.Take(tx, s.m.ID)
				sale.QueueComplete(tx, &done)
				return nil
			})
		}
		last := s.closed(next.ID, 12_50)
		if last.Open.Count != 0 || last.Expected != 12_50 || last.OverShort != 0 || len(last.Summaries) != 1 || last.Summaries[0].Total != 42_50 || last.Date != "2026-05-21" {
			t.Fatalf("%+v", last)
		}
		if got := s.x(sh.ID); got.Open != z.Open || len(got.Summaries) != 0 {
			t.Errorf("the first Z report has changed: %+v", got)
		}
	})
}

// TestA15_TheShiftClosesToTheCent: whatever was sold and given back, with cash
// rounded up or down, the drawer has what is expected.
func TestA15_TheShiftClosesToTheCent(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		rapid.Check(t, func(rt *rapid.T) {
			drawer := money.Amount(rapid.IntRange(0, 50000).Draw(rt, "float"))
			sh := s.open(0, drawer)
			var rounded money.Amount
			for range rapid.IntRange(0, 6).Draw(rt, "documents") {
				kind := rapid.SampledFrom([]string{sale.KindSale, sale.KindSale, sale.KindRefund, sale.KindVoid, sale.KindCashOut}).Draw(rt, "kind")
				due := money.Amount(rapid.IntRange(1, 9999).Draw(rt, "cash"))
				got := money.RoundCash(due, 5, money.HalfUp)
				tenders := map[string]money.Amount{sale.TenderCash: got, sale.TenderCard: money.Amount(rapid.IntRange(0, 999).Draw(rt, "card"))}
				s.document(0, kind, tenders, got-due)
				if kind == sale.KindSale {
					drawer, rounded = drawer+got, rounded+got-due
				} else {
					drawer, rounded = drawer-got, rounded-(got-due)
				}
			}
			if in := money.Amount(rapid.IntRange(-2000, 2000).Draw(rt, "move")); in != 0 {
				if err := s.pay(0, till.Move{Amount: in, Reason: "x"}); err != nil {
					rt.Fatal(err)
				}
				drawer += in
			}
			x := s.x(sh.ID)
			if x.Expected != drawer {
				rt.Fatalf("expected %d, in the drawer %d", x.Expected, drawer)
			}
			var sum money.Amount
			for _, v := range x.Summaries {
				if v.Kind == sale.KindSale {
					sum += v.Rounding
				} else {
					sum -= v.Rounding
				}
			}
			if sum != rounded {
				rt.Fatalf("rounding %d, want %d", sum, rounded)
			}
			if z := s.closed(sh.ID, max(drawer, 0)); z.OverShort != max(drawer, 0)-drawer {
				rt.Fatalf("%+v", z)
			}
		})
	})
}

// closedFor closes with a reason.
func (s *shop) closedFor(shift id.ID, counted money.Amount) {
	s.t.Helper()
	if _, err := s.close(till.Closing{Shift: shift, Counted: &counted, Reason: "counted again"}); err != nil {
		s.t.Fatal(err)
	}
}
