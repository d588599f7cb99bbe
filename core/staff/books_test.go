package staff_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/staff"
	"github.com/shopwright/shopwright/core/tenant"
)

// house is a merchant with two people and a database.
type house struct {
	t        *testing.T
	ctx      context.Context
	d        *db.DB
	m        id.ID
	ann, ben id.ID
	n        int
}

func eachHouse(t *testing.T, f func(*testing.T, *house)) {
	t.Helper()
	c := clock.NewManual(time.Date(2026, 6, 10, 9, 0, 0, 0, time.UTC))
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := &house{t: t, ctx: context.Background(), d: d}
		h.tx(func(ctx context.Context, tx *db.Tx) error {
			m, err := tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "one", Name: "One", Currency: "CNY"})
			if err != nil {
				return err
			}
			h.m = m.ID
			for i, who := range []*id.ID{&h.ann, &h.ben} {
				s, err := auth.CreateStaff(ctx, tx, m.ID, auth.NewStaff{Profile: auth.Profile{Name: fmt.Sprint("P", i), Role: auth.Cashier}, Login: fmt.Sprint("p", i)})
				if err != nil {
					return err
				}
				*who = s.ID
			}
			_, err = tenant.CreateShop(ctx, tx, m.ID, tenant.NewShop{Name: "Shop", TimeZone: "Asia/Shanghai"})
			return err
		})
		f(t, h)
	}, dbtest.WithClock(c))
}

func (h *house) tx(f func(context.Context, *db.Tx) error) {
	h.t.Helper()
	if err := h.d.InTx(h.ctx, f); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) fails(want *fault.Fault, f func(context.Context, *db.Tx) error) {
	h.t.Helper()
	if err := h.d.InTx(h.ctx, f); !errors.Is(err, want) {
		h.t.Fatalf("%v, want %s", err, want.Reason)
	}
}

// sell books what checkout books of a line.
func (h *house) sell(on clock.Date, net money.Amount, shares []staff.Share) staff.Work {
	h.n += 2
	w := staff.Work{Sale: fake(1000 + h.n), Line: fake(1001 + h.n), Shop: fake(7), LineKind: "service", SKUCode: "cut", Category: "hair", BusinessDate: on, Quantity: 3000, Gross: net, Net: net, Tax: net / 17, Cost: net / 3}
	h.tx(func(_ context.Context, tx *db.Tx) error {
		staff.QueueLineStaff(tx, h.m, w.Rows(shares)...)
		for _, e := range staff.Entries(w, shares, staff.Proposal{Amount: net / 10, Basis: net, Rate: 100_000, PackID: "salon", PackVersion: "1.0.0", Code: "by_level"}) {
			staff.QueueCommission(tx, h.m, e)
		}
		return nil
	})
	return w
}

// refund books what checkout books of a refund's line.
func (h *house) refund(on clock.Date, w staff.Work, from, to money.Quantity) (sale id.ID) {
	h.n += 2
	r := staff.Returned{Work: w, OfSale: w.Sale, OfLine: w.Line, To: to, Of: w.Quantity}
	r.Sale, r.Line, r.BusinessDate, r.Quantity = fake(1000+h.n), fake(1001+h.n), on, to-from
	for _, f := range []*money.Amount{&r.Gross, &r.Net, &r.Tax, &r.Cost} {
		*f = part(*f, from, to, w.Quantity)
	}
	h.tx(func(ctx context.Context, tx *db.Tx) error {
		var entries []staff.CommissionEntry
		var rows []staff.LineStaff
		tx.AskAll(staff.AskCommissionOfSale(h.m, w.Sale, &entries), staff.AskLineStaffOfSale(h.m, w.Sale, &rows))
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		staff.QueueLineStaff(tx, h.m, staff.WorkBack(rows, r)...)
		for _, e := range staff.ClawBack(entries, r) {
			staff.QueueCommission(tx, h.m, e)
		}
		return nil
	})
	return r.Sale
}

func (h *house) sum(who id.ID, from, to clock.Date) staff.Statement {
	h.t.Helper()
	got, err := staff.Summary(h.ctx, h.d, h.m, who, from, to)
	if err != nil {
		h.t.Fatal(err)
	}
	if len(got) == 0 {
		return staff.Statement{Staff: who}
	}
	return got[0]
}

func (h *house) settle(on, today clock.Date) staff.Settlement {
	h.t.Helper()
	rep, err := staff.Settle(h.ctx, h.d, h.m, staff.Month, on)
	if err != nil {
		h.t.Fatal(err)
	}
	var s staff.Settlement
	h.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		s, err = staff.SaveDraft(ctx, tx, h.m, rep)
		return err
	})
	h.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		s, err = staff.Finalise(ctx, tx, h.m, s.ID, rep, today)
		return err
	})
	return s
}

func both(h *house) []staff.Share {
	return []staff.Share{{Staff: h.ann, Role: staff.RolePerformer, Level: "senior", Share: 666_667}, {Staff: h.ben, Role: staff.RoleAssistant, Level: "junior", Share: 333_333}}
}

// TestA20_RefundTakesCommissionBack: a sale and its refund come to nothing, a
// refund in a later month is a line of its own in that month, and the month of
// the sale stays as it was.
func TestA20_RefundTakesCommissionBack(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		same := h.sell("2026-05-03", 10_000, both(h))
		h.refund("2026-05-03", same, 0, 3000)
		for _, who := range []id.ID{h.ann, h.ben} {
			if s := h.sum(who, "2026-05-01", "2026-05-31"); s.Amount != 0 || s.Earned == 0 || s.ClawedBack != -s.Earned || s.Basis != 0 || s.Quantity != 0 || s.Entries != 2 || s.Sales != 2 {
				t.Errorf("%+v", s)
			}
		}
		later := h.sell("2026-05-20", 10_001, both(h))
		may := h.sum(h.ann, "2026-05-01", "2026-05-31")
		if may.Amount != 667 {
			t.Fatalf("%+v", may)
		}
		h.refund("2026-06-02", later, 0, 1000)
		second := h.refund("2026-06-09", later, 1000, 3000)
		if got := h.sum(h.ann, "2026-05-01", "2026-05-31"); got != may {
			t.Errorf("May moved: %+v, %+v", got, may)
		}
		if s := h.sum(h.ann, "2026-06-01", "2026-06-30"); s.Amount != -667 || s.ClawedBack != -667 || s.Entries != 2 || s.Sales != 2 {
			t.Errorf("%+v", s)
		}
		all, err := staff.CommissionOfSale(h.ctx, h.d, h.m, later.Sale)
		if err != nil || len(all) != 6 || staff.TotalOf(all) != 0 {
			t.Fatalf("%+v %v", all, err)
		}
		lines, _, err := staff.List(h.ctx, h.d, h.m, staff.Filter{Sale: second, Kind: staff.KindClawBack, Staff: h.ben}, db.Page{})
		if err != nil || len(lines) != 1 || lines[0].OfSale != later.Sale || lines[0].Role != staff.RoleAssistant || lines[0].Rate != 100_000 || lines[0].PackID != "salon" ||
			lines[0].BusinessDate != "2026-06-09" || lines[0].Amount >= 0 || lines[0].Share != 333_333 || lines[0].Shop != fake(7) || lines[0].LineKind != "service" || lines[0].Category != "hair" {
			t.Fatalf("%+v %v", lines, err)
		}
		rows, err := staff.LineStaffOfSale(h.ctx, h.d, h.m, later.Sale)
		if err != nil || len(rows) != 6 {
			t.Fatalf("%+v %v", rows, err)
		}
		var net money.Amount
		for _, l := range rows {
			net += l.Net
			if l.OfDate != "2026-05-20" || l.Sale != later.Sale && l.OfLine != later.Line {
				t.Errorf("%+v", l)
			}
		}
		if net != 0 {
			t.Error(net)
		}
	})
}

func TestPlansAreKept(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		var p staff.Plan
		h.tx(func(ctx context.Context, tx *db.Tx) (err error) {
			p, err = staff.CreatePlan(ctx, tx, h.m, plan(func(p *staff.Plan) {
				p.Levels, p.Staff, p.Combination = []string{"senior"}, []id.ID{h.ann}, ""
			}))
			return err
		})
		got, err := staff.GetPlan(h.ctx, h.d, h.m, p.ID)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(p) || got.Combination != staff.Replaces || got.CreatedAt == 0 {
			t.Fatalf("%+v %v", got, err)
		}
		if _, err := staff.GetPlan(h.ctx, h.d, h.m, fake(3)); !errors.Is(err, staff.ErrPlanMissing) {
			t.Fatal(err)
		}
		p.Name, p.Steps = "Seniors", []staff.Step{{Rate: 150_000}}
		h.tx(func(ctx context.Context, tx *db.Tx) error { _, err := staff.UpdatePlan(ctx, tx, h.m, p); return err })
		h.sell("2026-05-03", 10_000, both(h))
		s := h.settle("2026-05-31", "2026-06-10")
		if len(s.Report.Results) != 1 || s.Report.Results[0].Amount != 1000 || s.Report.Results[0].Booked != 667 || s.State != staff.Final {
			t.Fatalf("%+v", s)
		}
		// What paid stays as it was; its name and its end may change.
		other := p
		other.Steps = []staff.Step{{Rate: 1}}
		h.fails(staff.ErrPlanUsed, func(ctx context.Context, tx *db.Tx) error {
			_, err := staff.UpdatePlan(ctx, tx, h.m, other)
			return err
		})
		early := p
		early.ValidUntil = "2026-05-30"
		h.fails(staff.ErrPlanPast, func(ctx context.Context, tx *db.Tx) error {
			_, err := staff.UpdatePlan(ctx, tx, h.m, early)
			return err
		})
		p.Name, p.ValidUntil = "Seniors until June", "2026-06-30"
		h.tx(func(ctx context.Context, tx *db.Tx) error { _, err := staff.UpdatePlan(ctx, tx, h.m, p); return err })
		h.fails(staff.ErrPlanPast, func(ctx context.Context, tx *db.Tx) error {
			_, err := staff.CreatePlan(ctx, tx, h.m, plan(func(p *staff.Plan) { p.ValidFrom = "2026-05-31" }))
			return err
		})
		h.tx(func(ctx context.Context, tx *db.Tx) error { // one that adds by the week is not touched by the month
			_, err := staff.CreatePlan(ctx, tx, h.m, plan(func(p *staff.Plan) {
				p.ValidFrom, p.Period, p.Combination = "2026-05-31", staff.Week, staff.Adds
			}))
			return err
		})
		h.tx(func(ctx context.Context, tx *db.Tx) (err error) {
			p, err = staff.ArchivePlan(ctx, tx, h.m, p.ID)
			return err
		})
		all, err := staff.Plans(h.ctx, h.d, h.m)
		if err != nil || len(all) != 2 || !all[0].Archived || all[0].ValidUntil != "2026-05-31" || all[0].Name != "Seniors until June" {
			t.Fatalf("%+v %v", all, err)
		}
		if n, err := auth.VerifyAudit(h.ctx, h.d, h.m); err != nil || n < 6 {
			t.Fatal(n, err)
		}
	})
}

func TestSettlementClosesItsPeriodOnce(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := staff.CreatePlan(ctx, tx, h.m, plan(nil))
			return err
		})
		w := h.sell("2026-05-03", 150_000, both(h))
		rep, err := staff.Settle(h.ctx, h.d, h.m, staff.Month, "2026-05-15")
		if err != nil {
			t.Fatal(err)
		}
		drafts := make([]staff.Settlement, 8)
		h.race(len(drafts), func(i int, ctx context.Context, tx *db.Tx) (err error) {
			drafts[i], err = staff.SaveDraft(ctx, tx, h.m, rep)
			return err
		})
		for _, s := range drafts {
			if s.ID != drafts[0].ID || s.State != staff.Draft {
				t.Fatalf("%+v", s)
			}
		}
		draft := drafts[0].ID
		h.fails(staff.ErrPeriodOpen, func(ctx context.Context, tx *db.Tx) error {
			_, err := staff.Finalise(ctx, tx, h.m, draft, rep, "2026-05-31")
			return err
		})
		h.fails(staff.ErrSettlement, func(ctx context.Context, tx *db.Tx) error {
			_, err := staff.Finalise(ctx, tx, h.m, fake(3), rep, "2026-06-10")
			return err
		})
		if s := h.sum(h.ann, "2026-05-01", "2026-05-31"); s.Settled != 0 {
			t.Fatalf("a draft books: %+v", s)
		}
		h.race(8, func(_ int, ctx context.Context, tx *db.Tx) error {
			s, err := staff.Finalise(ctx, tx, h.m, draft, rep, "2026-06-10")
			if err == nil && s.State != staff.Final {
				err = errors.New("not final")
			}
			return err
		})
		// Ann's 1,000.01 pay 100.00 (a cent's fifth is lost), Ben's 499.99 pay 50.00.
		may := h.sum(h.ann, "2026-05-01", "2026-05-31")
		ben := h.sum(h.ben, "2026-05-01", "2026-05-31")
		if may.Earned != 10_000 || may.Settled != 0 || may.Amount != 10_000 || ben.Amount != 5000 {
			t.Fatalf("%+v %+v", may, ben)
		}
		entries, _, err := staff.List(h.ctx, h.d, h.m, staff.Filter{Kind: staff.KindSettlement}, db.Page{})
		if err != nil || len(entries) != 0 { // no difference, no entry
			t.Fatalf("%+v %v", entries, err)
		}
		stored, err := staff.GetSettlement(h.ctx, h.d, h.m, draft)
		if err != nil || stored.FinalisedAt == 0 || len(stored.Report.Results) != 2 || len(stored.Report.Results[0].Bands) == 0 {
			t.Fatalf("%+v %v", stored, err)
		}
		// Later events: June moves, May does not, and a new run answers the old one.
		h.sell("2026-06-03", 200_000, both(h))
		h.refund("2026-06-09", w, 0, 3000)
		june := h.settle("2026-06-01", "2026-07-01")
		if s := h.sum(h.ann, "2026-06-01", "2026-06-30"); s.Amount != 10_000+6667-10_000 || s.Settled != 3334 {
			t.Fatalf("%+v", s)
		}
		if got := h.sum(h.ann, "2026-05-01", "2026-05-31"); got != may {
			t.Fatalf("May moved: %+v", got)
		}
		if again := h.settle("2026-06-30", "2026-07-01"); again.ID != june.ID || again.FinalisedAt != june.FinalisedAt || again.State != staff.Final {
			t.Fatalf("%+v", again)
		}
		if s := h.sum(h.ann, "2026-06-01", "2026-06-30"); s.Settled != 3334 {
			t.Fatalf("settled twice: %+v", s)
		}
		// What was left out stays so: April cannot be closed after May.
		april, err := staff.Settle(h.ctx, h.d, h.m, staff.Month, "2026-04-01")
		if err != nil {
			t.Fatal(err)
		}
		h.fails(staff.ErrOrder, func(ctx context.Context, tx *db.Tx) error {
			s, err := staff.SaveDraft(ctx, tx, h.m, april)
			if err != nil {
				return err
			}
			if err := tx.Flush(ctx); err != nil {
				return err
			}
			_, err = staff.Finalise(ctx, tx, h.m, s.ID, april, "2026-07-01")
			return err
		})
		list, next, err := staff.Settlements(h.ctx, h.d, h.m, db.Page{Limit: 1})
		if err != nil || len(list) != 1 || list[0].ID != june.ID || next == "" {
			t.Fatalf("%+v %q %v", list, next, err)
		}
	})
}

func TestPlanThatChangesMeanwhileStopsTheRun(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		rep, err := staff.Settle(h.ctx, h.d, h.m, staff.Month, "2026-05-15")
		if err != nil {
			t.Fatal(err)
		}
		var s staff.Settlement
		h.tx(func(ctx context.Context, tx *db.Tx) (err error) {
			s, err = staff.SaveDraft(ctx, tx, h.m, rep)
			return err
		})
		h.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := staff.CreatePlan(ctx, tx, h.m, plan(nil))
			return err
		})
		h.fails(staff.ErrChanged, func(ctx context.Context, tx *db.Tx) error {
			_, err := staff.Finalise(ctx, tx, h.m, s.ID, rep, "2026-06-10")
			return err
		})
	})
}

func TestManualEntry(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ctx := auth.WithActor(h.ctx, auth.Actor{Kind: auth.KindStaff, ID: h.ben, Staff: h.ben, Merchant: h.m, Role: auth.Owner})
		in := staff.Manual{Staff: h.ann, Amount: -500, Reason: " a broken vase ", Date: "2026-05-31"}
		var e staff.CommissionEntry
		if err := h.d.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			e, err = staff.AddManual(ctx, tx, h.m, in)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		got, err := staff.GetEntry(h.ctx, h.d, h.m, e.ID)
		if err != nil || got != e || got.Reason != "a broken vase" || got.Actor != h.ben || got.Kind != staff.KindManual || !got.Sale.IsNone() {
			t.Fatalf("%+v %v", got, err)
		}
		if s := h.sum(h.ann, "2026-05-01", "2026-05-31"); s.Manual != -500 || s.Amount != -500 || s.Sales != 0 {
			t.Fatalf("%+v", s)
		}
		log, _, err := auth.ListAudit(h.ctx, h.d, h.m, auth.AuditFilter{Action: "commission."}, db.Page{})
		if err != nil || len(log) != 1 || log[0].ActorID != h.ben || log[0].SubjectID != e.ID.String() {
			t.Fatalf("%+v %v", log, err)
		}
		h.settle("2026-05-31", "2026-06-10")
		for _, c := range []struct {
			change func(*staff.Manual)
			want   *fault.Fault
		}{
			{func(*staff.Manual) {}, staff.ErrClosed},
			{func(in *staff.Manual) { in.Date = "2026-06-01"; in.Amount = 0 }, staff.ErrManualAmount},
			{func(in *staff.Manual) { in.Date = "2026-06-01"; in.Reason = " " }, staff.ErrManualReason},
			{func(in *staff.Manual) { in.Date = "June" }, staff.ErrPeriod},
		} {
			in := in
			c.change(&in)
			h.fails(c.want, func(ctx context.Context, tx *db.Tx) error { _, err := staff.AddManual(ctx, tx, h.m, in); return err })
		}
		in.Date, in.Staff = "2026-06-01", fake(9)
		if err := h.d.InTx(h.ctx, func(ctx context.Context, tx *db.Tx) error { _, err := staff.AddManual(ctx, tx, h.m, in); return err }); fault.KindOf(err) != fault.NotFound {
			t.Fatal(err)
		}
	})
}

func TestGroupsAddUp(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		w := h.sell("2026-05-03", 10_000, both(h))
		h.refund("2026-05-09", w, 0, 1000)
		groups, err := staff.Groups(h.ctx, h.d, h.m, staff.Filter{From: "2026-05-01", To: "2026-05-31", Staff: h.ann})
		if err != nil || len(groups) != 2 || groups[0].Kind != staff.KindClawBack || groups[1].Amount != 667 || groups[1].Quantity != 2000 || groups[1].Category != "hair" || groups[0].Amount+groups[1].Amount != h.sum(h.ann, "", "").Amount {
			t.Fatalf("%+v %v", groups, err)
		}
		if none, err := staff.Groups(h.ctx, h.d, h.m, staff.Filter{Metric: staff.MetricCount}); err != nil || len(none) != 0 {
			t.Fatalf("%+v %v", none, err)
		}
		today, err := staff.BusinessToday(h.ctx, h.d, h.m, clock.Of(time.Date(2026, 6, 10, 20, 0, 0, 0, time.UTC)))
		if err != nil || today != "2026-06-11" { // it is tomorrow in Shanghai
			t.Fatal(today, err)
		}
	})
}

func TestLineKindsAreThoseOfSales(t *testing.T) {
	if got, want := fmt.Sprint(staff.LineKinds()), fmt.Sprint([]string{sale.LineGoods, sale.LineService, sale.LineTopUp, sale.LinePunchCard, sale.LineGiftCard}); got != want {
		t.Error(got, want)
	}
}

// race runs n transactions at once; all of them must succeed.
func (h *house) race(n int, f func(i int, ctx context.Context, tx *db.Tx) error) {
	h.t.Helper()
	var wg sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		wg.Go(func() {
			errs[i] = h.d.InTx(h.ctx, func(ctx context.Context, tx *db.Tx) error { return f(i, ctx, tx) })
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		h.t.Fatal(err)
	}
}
