package checkout_test

import (
	"context"
	"fmt"
	"sort"
	"testing"

	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/staff"
	"github.com/shopwright/shopwright/core/wallet"
)

// state is all that a sale may change and a full refund must bring back.
func (s *shop) state() string {
	s.t.Helper()
	lots, err := wallet.Lots(s.ctx, s.db, s.m.ID, s.member)
	if err != nil {
		s.t.Fatal(err)
	}
	var out []string
	for _, l := range lots {
		out = append(out, fmt.Sprint(l.Unit, l.Class, l.ID, l.Remaining))
	}
	sort.Strings(out)
	type row struct{ k, v string }
	for _, q := range []string{
		`select cast(sku_id as text), cast(on_hand as text) from stock_levels where merchant_id = $1`,
		`select class, cast(balance as text) from accounts where merchant_id = $1 and owner_kind = 'member' and balance <> 0`,
		`select date, cast(sum(spend) as text) || ' ' || cast(sum(visits) as text) || ' ' || cast(sum(points) as text) from member_day where merchant_id = $1 group by date having sum(abs(spend)) + sum(abs(visits)) + sum(abs(points)) > 0`,
		`select code, cast(used as text) from coupons where merchant_id = $1 and state = 'active'`,
		`select cast(id as text), cast(used as text) from grants where merchant_id = $1 and used + taken_back < count and kind <> 'message'`,
		`select cast(id as text), cast(on_hand as text) from gifts where merchant_id = $1 and on_hand is not null`,
		`select cast(staff_id as text), cast(sum(amount) as text) from commission_entries where merchant_id = $1 group by staff_id having sum(amount) <> 0`,
		`select unit || p.account_id, cast(sum(amount) as text) from (select unit, cast(account_id as text) as account_id, amount, merchant_id from postings) p where p.merchant_id = $1 group by unit, p.account_id having sum(amount) <> 0`,
	} {
		rows, err := db.All(s.ctx, s.db, func(r db.Row, v *row) error { return r.Scan(&v.k, &v.v) }, q, s.m.ID)
		if err != nil {
			s.t.Fatal(q, err)
		}
		var part []string
		for _, v := range rows {
			part = append(part, v.k+"="+v.v)
		}
		sort.Strings(part)
		out = append(out, part...)
	}
	return fmt.Sprint(out)
}

// TestA01_SaleAndFullRefundLeaveEverythingAsBefore: whatever the basket, the packs,
// the tenders and the path of partial refunds. A02, A03, A13 and A14 are the same
// property looked at from points, shares and cents.
func TestA01_SaleAndFullRefundLeaveEverythingAsBefore(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, 1)
		s.activate("salon", "")
		s.activate("retail", `{"full_on": true, "commission_on": true, "buy_get_on": true, "buy_get": [{"category": "drinks", "buy": 2, "free": 1}], "rebate_percent": 1.25}`)
		s.activate("catering", "")
		s.sku("odd", catalog.Goods, "food", 333, 1000) // 0.0333 a unit
		s.sell(s.basket(0, true, topUp(2_000_000)), cash(2_000_000))
		s.sell(s.basket(0, true, checkout.LineIn{Kind: sale.LinePunchCard, SKU: s.skus["cut"].ID, Amount: 100000, Visits: 300, FreeVisits: 7}), cash(100000))
		s.sell(s.basket(0, true, s.line("soap", "30")), cash(75000)) // points to spend
		s.set("cash.rounding_step", "5")
		s.set("tax.rate", "130000")
		number, _ := s.giftCard(5_000_000, 4_900_000)
		plan := s.plan(catalog.PunchPlan{Name: "cuts", Price: 99999, Visits: 500, FreeVisits: 11, Services: []id.ID{s.skus["cut"].ID}})
		s.sell(s.basket(0, true, checkout.LineIn{Kind: sale.LinePunchCard, Plan: plan.ID}), cash(100000)) // 999.99, the drawer gives no cents
		gift := loyalty.Gift{Name: "cup", Points: 7, Money: 33, Counted: true, OnHand: 10_000}
		s.tx(func(_ context.Context, tx *db.Tx) error { return loyalty.CreateGift(tx, s.m.ID, &gift) })
		var second id.ID
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			st, err := auth.CreateStaff(ctx, tx, s.m.ID, auth.NewStaff{Profile: auth.Profile{Name: "Wei", Role: auth.Cashier, Level: "senior"}, Login: "wei"})
			second = st.ID
			return err
		})
		code := s.coupon(coupon.Definition{Name: "one off", Kind: coupon.KindCash, Amount: 777, Uses: 1_000_000}, noMember)
		rate := s.coupon(coupon.Definition{Name: "a part", Kind: coupon.KindPercent, Rate: 123456, Uses: 1_000_000}, noMember)
		s.design(coupon.Definition{Name: "given", Code: "WELCOME", Kind: coupon.KindCash, Amount: 500, Uses: 1})
		s.gift("cup", 10)
		s.fake("all", "", []promotion.Hook{promotion.HookEarn, promotion.HookDraw}, everything)
		before := s.state()
		checks := 0
		rapid.Check(t, func(rt *rapid.T) {
			checks++
			b := s.basket(0, true)
			for range rapid.IntRange(1, 6).Draw(rt, "lines") {
				code := rapid.SampledFrom([]string{"tea", "soap", "rice", "odd", "cut"}).Draw(rt, "sku")
				q := money.Quantity(rapid.IntRange(1, 4).Draw(rt, "units")) * money.One
				if code == "rice" || code == "odd" {
					q = money.Quantity(rapid.IntRange(1, 9999).Draw(rt, "thousandths"))
				}
				l := checkout.LineIn{SKU: s.skus[code].ID, Quantity: q}
				switch rapid.IntRange(0, 2).Draw(rt, "staff") {
				case 1:
					l.Staff = s.staff
				case 2:
					share := money.Rate(rapid.Int64Range(1, int64(money.Whole)-1).Draw(rt, "share"))
					l.Splits = []staff.Share{{Staff: s.staff, Role: staff.RolePerformer, Share: share}, {Staff: second, Role: staff.RoleSeller, Share: money.Whole - share}}
				}
				b.Lines = append(b.Lines, l)
			}
			if rapid.Bool().Draw(rt, "gift") {
				b.Lines = append(b.Lines, checkout.LineIn{Kind: sale.LineGift, Gift: gift.ID, Quantity: money.Quantity(rapid.IntRange(1, 3).Draw(rt, "gifts")) * money.One})
			}
			if rapid.Bool().Draw(rt, "by hand") {
				b.Discounts = append(b.Discounts, checkout.Discount{Rate: money.Rate(rapid.Int64Range(1, 300000).Draw(rt, "rate")), Reason: "test"})
			}
			for _, c := range []string{code, rate} {
				if rapid.Bool().Draw(rt, "coupon") {
					b.Coupons = append(b.Coupons, c)
				}
			}
			q, err := s.desk.Quote(s.asManager(), b)
			if err != nil {
				rt.Fatal(err)
			}
			in := checkout.SaleIn{Basket: b, QuoteRef: q.Ref, Tenders: drawTenders(rt, q, number, s.onCard(number))}
			got, err := s.desk.Complete(s.asManager(), in)
			if err != nil {
				rt.Fatal(err)
			}
			var sum money.Amount
			for _, l := range got.Lines {
				sum += l.Net
				if l.Net < 0 {
					rt.Fatalf("a line below zero: %+v", l)
				}
			}
			if sum != got.Total {
				rt.Fatalf("lines sum to %d, total %d", sum, got.Total)
			}
			refundAll(rt, s, got)
			if after := s.state(); after != before {
				rt.Fatalf("not as before:\n%s\n%s", before, after)
			}
		})
		if checks < 10 {
			t.Fatalf("only %d checks", checks)
		}
		s.proven()
	})
}

func drawTenders(rt *rapid.T, q *checkout.Quote, number string, onCard money.Amount) []checkout.TenderIn {
	rest := q.Total
	var out []checkout.TenderIn
	add := func(kind string, most money.Amount) {
		if most = min(most, rest); most > 0 && rapid.Bool().Draw(rt, kind) {
			a := money.Amount(rapid.Int64Range(1, int64(most)).Draw(rt, kind+" amount"))
			out = append(out, checkout.TenderIn{Type: kind, Amount: a})
			rest -= a
		}
	}
	add(sale.TenderStoredValue, q.Wallet.StoredValue())
	left := q.Wallet.Points
	for i := range q.Lines {
		left -= q.Lines[i].PointsCost
	}
	add(sale.TenderPoints, q.PointsWorth(left))
	add(sale.TenderGiftCard, onCard)
	for i := range out {
		if out[i].Type == sale.TenderGiftCard {
			out[i].Reference = number
		}
	}
	add(sale.TenderCard, rest)
	if due := q.CashDue(rest); rest > 0 && due == 0 { // no coin is that small
		out = append(out, checkout.TenderIn{Type: sale.TenderCard, Amount: rest})
	} else if rest > 0 {
		out = append(out, cash(due+money.Amount(rapid.IntRange(0, 500).Draw(rt, "change"))))
	}
	return out
}

// refundAll refunds a sale by a random path and compares the sums.
func refundAll(rt *rapid.T, s *shop, of *sale.Sale) {
	rest := map[int]money.Quantity{}
	for i, l := range of.Lines {
		rest[i] = l.Quantity
	}
	var total money.Amount
	tenders := map[string]money.Amount{}
	for step := 0; len(rest) > 0; step++ {
		in := checkout.RefundIn{Merchant: s.m.ID, Sale: of.ID, Reason: "test"}
		if step < 4 && rapid.Bool().Draw(rt, "part") {
			for i := range of.Lines {
				if rest[i] == 0 || !rapid.Bool().Draw(rt, "this line") {
					continue
				}
				q := money.Quantity(rapid.Int64Range(1, int64(rest[i])).Draw(rt, "quantity"))
				if of.Lines[i].Punches > 0 || of.Lines[i].Kind == sale.LineGift || of.Lines[i].Quantity%money.One == 0 {
					q = max(money.One, q/money.One*money.One)
				}
				in.Lines = append(in.Lines, checkout.RefundLine{Line: of.Lines[i].ID, Quantity: q})
				if rest[i] -= q; rest[i] == 0 {
					delete(rest, i)
				}
			}
			if len(in.Lines) == 0 {
				continue
			}
		} else {
			rest = nil
		}
		back, err := s.desk.Refund(s.ctx, in)
		if err != nil {
			rt.Fatal(err)
		}
		total += back.Total
		for _, t := range back.Tenders {
			tenders[t.Type] += t.Amount
		}
	}
	var cards money.Amount
	for _, t := range of.Tenders {
		if t.Type == sale.TenderCard {
			cards += t.Amount
		}
	}
	if tenders[sale.TenderCard] != cards {
		rt.Fatalf("on cards: %d came back of %d", tenders[sale.TenderCard], cards)
	}
	if total != of.Total {
		rt.Fatalf("refunded %d of %d", total, of.Total)
	}
	for _, t := range of.Tenders {
		if t.Type != sale.TenderCard && tenders[t.Type] != t.Amount {
			rt.Fatalf("%s: %d came back of %d", t.Type, tenders[t.Type], t.Amount)
		}
	}
}
