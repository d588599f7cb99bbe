package report_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/report"
)

var (
	merchant = id.MustParse("01890000-0000-7000-8000-000000000001")
	shops    = []id.ID{id.MustParse("01890000-0000-7000-8000-0000000000a1"), id.MustParse("01890000-0000-7000-8000-0000000000a2")}
	people   = []id.ID{id.MustParse("01890000-0000-7000-8000-0000000000b1"), id.MustParse("01890000-0000-7000-8000-0000000000b2"), id.MustParse("01890000-0000-7000-8000-0000000000b3")}
	giftCard = id.MustParse("01890000-0000-7000-8000-0000000000c1")
	service  = id.MustParse("01890000-0000-7000-8000-0000000000d1")
)

// trader books random business and notes by itself what each part of it means.
type trader struct {
	t    *testing.T
	d    *db.DB
	rnd  *rand.Rand
	book ledger.Book
	date clock.Date
	want map[string]money.Amount // "class kind date" -> amount
}

// entry is one random entry in the making.
type entry struct {
	*trader
	tx     *db.Tx
	e      ledger.Entry
	purses map[id.ID]*ledger.Purse
}

func (n *entry) purse(owner id.ID) *ledger.Purse { return n.purses[owner] }

func (n *entry) note(class, kind string, amount money.Amount) {
	n.want[class+" "+kind+" "+string(n.date)] += amount
}

// in makes a lot.
func (n *entry) in(owner id.ID, unit, class string, amount money.Amount) {
	p := n.purse(owner)
	a := p.Open(n.tx, unit, class, -1_000_000)
	debt := money.Amount(0)
	if class == ledger.ClassPoints {
		debt = min(max(-a.Balance, 0), amount)
	}
	l := p.AddLot(n.tx, a, ledger.Lot{Amount: amount, Remaining: amount - debt, Group: n.tx.NewID(), Policy: "fifo", OriginShop: n.e.Shop})
	n.e.Add(a, amount, l)
	n.e.Add(a, -debt, l) // what pays off a debt names the lot once and no lot once
	n.e.Add(a, debt, nil)
}

// out takes up to an amount from the lots and answers how much; debt lets the
// rest become one.
func (n *entry) out(owner id.ID, unit, class string, amount money.Amount, debt bool) (took money.Amount) {
	p := n.purse(owner)
	a := p.Open(n.tx, unit, class, -1_000_000)
	for _, l := range p.Of(a) {
		part := min(l.Remaining, amount-took)
		if part > 0 {
			p.Take(l, part)
			n.e.Add(a, -part, l)
			took += part
		}
	}
	if debt {
		n.e.Add(a, took-amount, nil)
		took = amount
	}
	return took
}

// back refills a lot that something was taken from.
func (n *entry) back(owner id.ID, unit, class string, amount money.Amount) (gave money.Amount) {
	p := n.purse(owner)
	a := p.Open(n.tx, unit, class, -1_000_000)
	for _, l := range p.Of(a) {
		part := min(l.Amount-l.Remaining, amount-gave)
		if part > 0 && a.Balance >= 0 {
			p.Take(l, -part)
			n.e.Add(a, part, l)
			gave += part
		}
	}
	return gave
}

func (n *entry) house(unit, class string, amount money.Amount) {
	a := ledger.House(merchant, n.e.Shop, unit, class)
	n.e.Add(&a, amount, nil)
}

// one is one random piece of business.
func (n *entry) one() {
	who, other := people[n.rnd.IntN(len(people))], people[n.rnd.IntN(len(people))]
	amount := money.Amount(n.rnd.IntN(900) + 100)
	visits := ledger.PunchUnit(service)
	n.e.Kind = "sale"
	switch n.rnd.IntN(14) {
	case 0:
		n.in(who, "CNY", ledger.ClassPrincipal, amount)
		n.in(who, "CNY", ledger.ClassBonus, amount/5)
		n.note("principal", "top_up", amount)
		n.note("bonus", "bonus_granted", amount/5)
	case 1:
		n.note("principal", "spent", -n.out(who, "CNY", ledger.ClassPrincipal, amount, false))
		n.note("bonus", "spent", -n.out(who, "CNY", ledger.ClassBonus, amount/5, false))
	case 2:
		n.e.Kind = "refund"
		n.note("principal", "returned", n.back(who, "CNY", ledger.ClassPrincipal, amount))
	case 3:
		n.e.Kind = "void"
		n.note("principal", "taken_back", -n.out(who, "CNY", ledger.ClassPrincipal, amount, false))
	case 4:
		n.in(who, ledger.UnitPoints, ledger.ClassPoints, amount)
		n.note("points", "earned", amount)
	case 5:
		n.note("points", "redeemed", -n.out(who, ledger.UnitPoints, ledger.ClassPoints, amount, false))
	case 6:
		n.e.Kind = "refund"
		n.note("points", "taken_back", -n.out(who, ledger.UnitPoints, ledger.ClassPoints, amount, true))
	case 7:
		n.in(who, visits, ledger.ClassPunch, amount%10+1)
		n.house("CNY", "deferred:punches", amount)
		n.note("punch", "sold", amount%10+1)
		n.note("deferred_punches", "sold", amount)
	case 8:
		used := n.out(who, visits, ledger.ClassPunch, amount%3+1, false)
		n.house("CNY", "deferred:punches", -used*7)
		n.note("punch", "used", -used)
		n.note("deferred_punches", "used", -used*7)
	case 9:
		n.in(giftCard, "CNY", ledger.ClassPrincipal, amount)
		n.note("gift_card", "sold", amount)
	case 10:
		n.note("gift_card", "spent", -n.out(giftCard, "CNY", ledger.ClassPrincipal, amount, false))
	case 11:
		n.e.Kind = "transfer"
		if who != other {
			moved := n.out(who, "CNY", ledger.ClassPrincipal, amount, false)
			if moved > 0 {
				n.in(other, "CNY", ledger.ClassPrincipal, moved)
			}
			n.note("principal", "transferred_out", -moved)
			n.note("principal", "transferred_in", moved)
		}
	case 12:
		n.e.Kind = "expired"
		n.note("bonus", "expired", -n.out(who, "CNY", ledger.ClassBonus, amount, false))
	case 13:
		n.e.Kind = "goodwill"
		n.in(who, "CNY", ledger.ClassBonus, amount)
		n.note("bonus", "goodwill", amount)
	}
}

func (tr *trader) trade() {
	tr.t.Helper()
	seed := tr.rnd.Uint64()
	kept := tr.want
	err := tr.d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		tr.rnd, tr.want = rand.New(rand.NewPCG(seed, 1)), map[string]money.Amount{} // anew at each try
		n := &entry{trader: tr, tx: tx, purses: map[id.ID]*ledger.Purse{}}
		for _, p := range people {
			n.purses[p] = &ledger.Purse{Merchant: merchant, OwnerKind: ledger.OwnerMember, Owner: p}
		}
		n.purses[giftCard] = &ledger.Purse{Merchant: merchant, OwnerKind: "gift_card", Owner: giftCard}
		for _, p := range append(people, giftCard) {
			tx.AskAll(ledger.AskAccounts(merchant, n.purses[p].OwnerKind, p, true, &n.purses[p].Accounts))
		}
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		for _, p := range append(people, giftCard) {
			lots, err := lotsOf(ctx, tx, n.purses[p])
			if err != nil {
				return err
			}
			n.purses[p].Lots = lots
		}
		n.e = ledger.Entry{Shop: shops[tr.rnd.IntN(2)], BusinessDate: tr.date}
		n.one()
		open := map[string]money.Amount{}
		for _, p := range n.e.Postings {
			open[p.Account.Unit] += p.Amount
		}
		for unit, rest := range open {
			n.house(unit, "contra", -rest)
		}
		if err := tr.book.Post(tx, merchant, &n.e); err != nil {
			return err
		}
		for _, p := range append(people, giftCard) {
			n.purses[p].Queue(tx)
		}
		return nil
	})
	if err != nil {
		tr.t.Fatal(err)
	}
	for k, v := range tr.want {
		kept[k] += v
	}
	tr.want = kept
}

// lotsOf reads all lots, spent ones too: a refund refills them.
func lotsOf(ctx context.Context, tx *db.Tx, p *ledger.Purse) ([]ledger.Lot, error) {
	return db.All(ctx, tx, func(r db.Row, l *ledger.Lot) error {
		return r.Scan(&l.ID, &l.Account, &l.Seq, &l.Amount, &l.Remaining)
	}, `select l.id, l.account_id, l.seq, l.amount, l.remaining from lots l join accounts a on a.merchant_id = l.merchant_id and a.id = l.account_id
		where l.merchant_id = $1 and a.owner_kind = $2 and a.owner_id = $3 order by l.account_id, l.seq`, p.Merchant, p.OwnerKind, p.Owner)
}

const days = 20

func firstDay() clock.Date { return "2026-05-01" }

// traded is a book with random business on some days, sealed here and there.
func traded(t *testing.T, d *db.DB, c *clock.Manual) *trader {
	t.Helper()
	tr := &trader{t: t, d: d, rnd: rand.New(rand.NewPCG(3, 9)), want: map[string]money.Amount{}}
	for day := range days {
		c.Set(time.Date(2026, 5, 1+day, 10, 0, 0, 0, time.UTC))
		tr.date = firstDay().AddDays(day)
		for range tr.rnd.IntN(20) {
			tr.trade()
			c.Advance(time.Minute)
		}
		if day%3 == 0 && day < days-2 {
			if err := d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error { _, err := ledger.Seal(ctx, tx, merchant); return err }); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := ledger.Verify(context.Background(), d, merchant, func(check, subject string, want, got int64) { t.Errorf("%s %s %d %d", check, subject, want, got) }); err != nil {
		t.Fatal(err)
	}
	return tr
}

func liabilities(t *testing.T, d *db.DB, from, to clock.Date, by string) report.Liabilities {
	t.Helper()
	l, err := report.AskLiabilities(context.Background(), d, report.LiabilitiesOf{Merchant: merchant, From: from, To: to, By: by})
	if err != nil {
		t.Fatal(err)
	}
	if len(l.Untied) > 0 {
		t.Errorf("%s to %s by %q: %+v", from, to, by, l.Untied)
	}
	for _, r := range l.Rows {
		sum := r.Opening
		for _, m := range r.Movements {
			sum += m.Amount
		}
		if sum != r.Closing {
			t.Errorf("%s: opening and movements are %d, closing %d", r.Class, sum, r.Closing)
		}
	}
	return l
}

func figures(l report.Liabilities, f func(*report.Liability) money.Amount) map[string]money.Amount {
	out := map[string]money.Amount{}
	for i := range l.Rows {
		if v := f(&l.Rows[i]); v != 0 {
			out[l.Rows[i].Class+" "+l.Rows[i].Unit+" "+l.Rows[i].Shop.String()] = v
		}
	}
	return out
}

func openingOf(l *report.Liability) money.Amount { return l.Opening }
func closingOf(l *report.Liability) money.Amount { return l.Closing }

func TestLiabilitiesTieOut(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		tr := traded(t, d, c)
		last := firstDay().AddDays(days - 1)
		whole := liabilities(t, d, firstDay(), last, report.Whole)
		// Kinds and dates, as they were noted when they were booked.
		for day := range days {
			date := firstDay().AddDays(day)
			l := liabilities(t, d, date, date, report.Whole)
			for _, r := range l.Rows {
				for _, m := range r.Movements {
					if want := tr.want[r.Class+" "+m.Kind+" "+string(date)]; m.Amount != want {
						t.Errorf("%s %s on %s: %d, booked %d", r.Class, m.Kind, date, m.Amount, want)
					}
				}
			}
		}
		sums := map[string]money.Amount{}
		for k, v := range tr.want {
			sums[k[:strings.LastIndex(k, " ")]] += v
		}
		got := map[string]money.Amount{}
		for _, r := range whole.Rows {
			for _, m := range r.Movements {
				got[r.Class+" "+m.Kind] += m.Amount
			}
		}
		for k, v := range sums {
			if got[k] != v {
				t.Errorf("%s: %d, booked %d", k, got[k], v)
			}
		}
		if kinds := whole.Kinds(); len(kinds) < 10 || kinds[len(kinds)-1] != "goodwill" || slices.Contains(report.LiabilityKinds(), "goodwill") {
			t.Errorf("kinds: %v", kinds)
		}
		// Each period opens as the one before closed, however they are cut and split.
		for _, by := range []string{report.Whole, report.ByShop, report.ByOrigin} {
			before := map[string]money.Amount{}
			for day := 0; day < days; {
				n := tr.rnd.IntN(5) + 1
				l := liabilities(t, d, firstDay().AddDays(day), firstDay().AddDays(min(day+n, days)-1), by)
				if o := figures(l, openingOf); fmt.Sprint(o) != fmt.Sprint(before) {
					t.Errorf("by %q from day %d: opens with %v, closed with %v", by, day, o, before)
				}
				before = figures(l, closingOf)
				day += n
			}
			total := map[string]money.Amount{}
			for k, v := range before {
				total[k[:strings.LastIndex(k, " ")+1]] += v
			}
			for k, v := range figures(whole, closingOf) {
				if total[k] != v {
					t.Errorf("by %q: %s is %d, whole %d", by, k, total[k], v)
				}
			}
			if by == report.ByOrigin {
				for k, v := range before {
					if v < 0 && !strings.HasPrefix(k, "points") {
						t.Errorf("by origin %s is %d: a lot holds less than nothing", k, v)
					}
				}
			}
		}
		tiesWithAccounts(t, d, whole)
		// A changed balance shows.
		if err := d.InTx(context.Background(), func(_ context.Context, tx *db.Tx) error {
			tx.Queue(`update accounts set balance = balance + 1 where owner_kind = 'gift_card'`)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		l, err := report.AskLiabilities(context.Background(), d, report.LiabilitiesOf{Merchant: merchant, From: firstDay(), To: firstDay()})
		if err != nil || len(l.Untied) != 1 || l.Untied[0].Check != "liability.gift_card" || l.Untied[0].Got-l.Untied[0].Want != 1 {
			t.Errorf("%+v %v", l.Untied, err)
		}
	}, dbtest.WithClock(c))
}

// tiesWithAccounts sums the accounts without the report's own query.
func tiesWithAccounts(t *testing.T, d *db.DB, l report.Liabilities) {
	t.Helper()
	for _, x := range []struct{ class, where string }{
		{"principal", `a.owner_kind = 'member' and a.class = 'principal'`}, {"bonus", `a.class = 'bonus'`}, {"points", `a.class = 'points'`}, {"punch", `a.class = 'punch'`}, {"gift_card", `a.owner_kind = 'gift_card'`},
	} {
		want, err := db.Value[money.Amount](context.Background(), d, `select coalesce(sum(a.balance), 0) from accounts a where a.owner_kind <> 'house' and `+x.where)
		if err != nil {
			t.Fatal(err)
		}
		var got money.Amount
		for _, r := range l.Rows {
			if r.Class == x.class {
				got += r.Closing
			}
		}
		if got != want || want == 0 {
			t.Errorf("%s: closing %d, accounts %d", x.class, got, want)
		}
	}
}

func TestLiabilitiesAsCSV(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		traded(t, d, c)
		l := liabilities(t, d, firstDay().AddDays(4), firstDay().AddDays(9), report.ByShop)
		var b bytes.Buffer
		if err := report.WriteLiabilities(&b, &l, func(id.ID) string { return "=cmd()" }); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil || len(rows) != len(l.Rows)+1 {
			t.Fatal(len(rows), err)
		}
		at := func(row []string, name string) string { return row[slices.Index(rows[0], name)] }
		for i, r := range rows[1:] {
			if at(r, "shop") != "'=cmd()" || at(r, "shop_id") != l.Rows[i].Shop.String() || at(r, "opening") != report.FormatUnit(l.Rows[i].Unit, l.Rows[i].Opening) || at(r, "closing") != report.FormatUnit(l.Rows[i].Unit, l.Rows[i].Closing) {
				t.Errorf("%v is not %+v", r, l.Rows[i])
			}
			if money := at(r, "unit") == "CNY"; money != strings.Contains(at(r, "closing"), ".") || money != report.IsMoney(at(r, "class")) {
				t.Errorf("scale: %v", r)
			}
		}
	}, dbtest.WithClock(c))
}

func TestAPeriodThatIsNone(t *testing.T) {
	for _, q := range []report.LiabilitiesOf{{From: "2026-05-02", To: "2026-05-01"}, {From: "", To: "2026-05-01"}, {From: "2026-02-30", To: "2026-05-01"}, {From: "2026-5-1", To: "2026-05-01"}} {
		if err := q.Check(); !errors.Is(err, report.ErrPeriod) {
			t.Errorf("%+v: %v", q, err)
		}
	}
	if err := (report.LiabilitiesOf{From: "2026-05-01", To: "2026-05-01", By: "staff"}).Check(); !errors.Is(err, report.ErrSplitBy) {
		t.Error(err)
	}
}

// lines counts what is written and keeps nothing of it.
type lines struct{ n int }

func (w *lines) Write(b []byte) (int, error) {
	w.n += bytes.Count(b, []byte("\n"))
	return len(b), nil
}

func TestStatementsAsCSV(t *testing.T) {
	c := clock.NewManual(time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC))
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		traded(t, d, c)
		for _, q := range []ledger.StatementOf{{OwnerKind: ledger.OwnerMember, Owner: people[0]}, {OwnerKind: ledger.OwnerHouse, Owner: shops[0]}} {
			q.Merchant, q.From = merchant, clock.Of(time.Date(2026, 5, 6, 0, 0, 0, 0, time.UTC))
			s, err := report.OpenStatement(context.Background(), d, q)
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			n := &lines{}
			if err := report.WriteStatement(context.Background(), io.MultiWriter(&b, n), s, func(id.ID) string { return "Shop" }); err != nil {
				t.Fatal(err)
			}
			rows, err := csv.NewReader(&b).ReadAll()
			if err != nil || len(rows) != n.n || rows[1][0] != "opening" || rows[len(rows)-1][0] != "closing" {
				t.Fatal(rows, err)
			}
			balance := map[string]string{}
			for _, r := range rows[1:] {
				k := r[5] + " " + r[6]
				if r[0] == "closing" && r[8] != balance[k] {
					t.Errorf("%s closes at %s after %s", k, r[8], balance[k])
				}
				balance[k] = r[8]
			}
			var moved int64
			for _, a := range s.Sections {
				moved += a.Movements
			}
			if moved < 20 || len(rows) < int(moved)+3 {
				t.Errorf("%d movements, %d rows", moved, len(rows))
			}
		}
		if _, err := report.OpenStatement(context.Background(), d, ledger.StatementOf{Merchant: merchant, OwnerKind: ledger.OwnerMember, Owner: people[0], From: 9, To: 5}); !errors.Is(err, report.ErrPeriod) {
			t.Error(err)
		}
	}, dbtest.WithClock(c))
}
