package report_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
)

var updatePaper = flag.Bool("update-receipts", false, "write the golden receipts anew")

// paper is a shop whose documents are written by hand, so that a receipt is seen
// for whatever a sale can hold.
type paper struct {
	t        *testing.T
	d        *db.DB
	m        tenant.Merchant
	shop     tenant.Shop
	register tenant.Register
	staff    id.ID
	member   id.ID
	cut      id.ID
	plan     catalog.PunchPlan
	receipts *report.Receipts
	purse    *ledger.Purse
	n        int64
}

func eachPaper(t *testing.T, f func(*paper, *clock.Manual)) {
	t.Helper()
	c := clock.NewManual(time.Date(2026, 5, 20, 6, 30, 0, 0, time.UTC))
	start := c.Now()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(start.Time())
		f(newPaper(t, d), c)
	}, dbtest.WithClock(c))
}

func newPaper(t *testing.T, d *db.DB) *paper {
	t.Helper()
	vault, err := member.NewVault(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	s := &paper{t: t, d: d, receipts: &report.Receipts{DB: d, Packs: pack.NewRegistry()}}
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		var err error
		if s.m, err = tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "lotus", Name: "Lotus", Currency: "CNY"}); err != nil {
			return err
		}
		s.shop, err = tenant.CreateShop(ctx, tx, s.m.ID, tenant.NewShop{Name: "West Lake", TimeZone: "Asia/Shanghai", CutOff: 240})
		return err
	})
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		var err error
		if s.register, err = tenant.CreateRegister(ctx, tx, s.m.ID, s.shop.ID, tenant.NewRegister{Name: "till"}); err != nil {
			return err
		}
		st, err := auth.CreateStaff(ctx, tx, s.m.ID, auth.NewStaff{Profile: auth.Profile{Name: "Mei", Role: auth.Cashier}, Login: "mei"})
		if err != nil {
			return err
		}
		mem, err := member.Create(ctx, tx, vault, member.In{Merchant: s.m.ID, Name: "Li Na", Phone: "13800000001"})
		if err != nil {
			return err
		}
		cut, err := catalog.Create(ctx, tx, catalog.In{Merchant: s.m.ID, Code: "cut", Name: "Cut", Kind: catalog.Service, UnitPrice: 880_000})
		if err != nil {
			return err
		}
		s.staff, s.member, s.cut = st.ID, mem.ID, cut.ID
		s.plan, err = catalog.CreatePlan(ctx, tx, s.m.ID, catalog.PunchPlan{Name: "Hair x8", Price: 56000, Visits: 8, Services: []id.ID{cut.ID}})
		return err
	})
	return s
}

func (s *paper) tx(f func(context.Context, *db.Tx) error) {
	s.t.Helper()
	if err := s.d.InTx(context.Background(), f); err != nil {
		s.t.Fatal(err)
	}
}

// write stores a document and, in the same instant, what book posts.
func (s *paper) write(doc *sale.Sale, book func(tx *db.Tx, e *ledger.Entry)) *sale.Sale {
	s.t.Helper()
	s.tx(func(_ context.Context, tx *db.Tx) error {
		s.n++
		doc.Merchant, doc.ID, doc.Shop, doc.Register, doc.Actor, doc.Currency = s.m.ID, tx.NewID(), s.shop.ID, s.register.ID, s.staff, s.m.Currency
		doc.Series, doc.Number, doc.BusinessDate, doc.OccurredAt, doc.RecordedAt, doc.Origin = "A1", s.n, "2026-05-20", tx.Now, tx.Now, sale.OriginTill
		for i := range doc.Lines {
			l := &doc.Lines[i]
			l.No = i + 1
			if l.ID.IsNone() {
				l.ID = tx.NewID()
			}
			if l.Quantity == 0 {
				l.Quantity = money.One
			}
		}
		sale.QueueInsert(tx, doc)
		e := ledger.Entry{Shop: s.shop.ID, BusinessDate: doc.BusinessDate, Kind: doc.Kind, Sale: doc.ID}
		if book != nil {
			book(tx, &e)
		}
		if err := new(ledger.Book).Post(tx, s.m.ID, &e); err != nil {
			return err
		}
		if s.purse != nil {
			s.purse.Queue(tx)
			s.purse = nil
		}
		return nil
	})
	return doc
}

// credit posts units in new lots of the member, against the house.
func (s *paper) credit(tx *db.Tx, e *ledger.Entry, unit, class string, lots ...ledger.Lot) {
	s.purse = &ledger.Purse{Merchant: s.m.ID, OwnerKind: ledger.OwnerMember, Owner: s.member}
	a := s.purse.Open(tx, unit, class, 0)
	h := ledger.House(s.m.ID, s.shop.ID, unit, "test")
	for _, l := range lots {
		l.Remaining, l.Policy, l.OriginShop = l.Amount, "test", s.shop.ID
		l.Group = tx.NewID()
		e.Add(a, l.Amount, s.purse.AddLot(tx, a, l))
		e.Add(&h, -l.Amount, nil)
	}
}

func (s *paper) print(doc *sale.Sale, lang string, columns int) string {
	s.t.Helper()
	d, err := s.receipts.Document(context.Background(), s.m.ID, doc.ID, lang, 1)
	if err != nil {
		s.t.Fatal(err)
	}
	text := receipt.PlainText(d, columns)
	for _, line := range strings.Split(text, "\n") {
		if receipt.TextCells(line) > columns {
			s.t.Errorf("%s at %d: %q", lang, columns, line)
		}
	}
	if k := regexp.MustCompile(`\b(receipt|sale|tender)\.[a-z_]+`).FindString(text); k != "" {
		s.t.Errorf("%s: a key is shown: %s", lang, k)
	}
	return regexp.MustCompile(`\[QR\][^\n]*\n( *[0-9a-f-]+\n)?`).ReplaceAllString(text, "[QR]\n") // its id is made by chance
}

// full is a sale with everything on it.
func (s *paper) full() *sale.Sale {
	ids := make([]id.ID, 5)
	for i := range ids {
		ids[i] = id.New(int64(s.d.Now()))
	}
	s.write(&sale.Sale{Kind: sale.KindSale, Member: s.member}, func(tx *db.Tx, e *ledger.Entry) { // what the member has before
		s.credit(tx, e, ledger.PunchUnit(s.plan.ID), ledger.ClassPunch, ledger.Lot{Amount: 2, ExpiresAt: end(2026, 12, 31)}, ledger.Lot{Amount: 5, ExpiresAt: end(2027, 5, 19)}, ledger.Lot{Amount: 1})
	})
	doc := &sale.Sale{
		Kind: sale.KindSale, Member: s.member, Subtotal: 25800, Discount: 9907, Tax: 629, Total: 15893, CashRounding: 2, Paid: 16000, Change: 105, Points: 68, TierAfter: "Gold",
		Lines: []sale.Line{
			{ID: ids[0], Kind: sale.LineGoods, Name: "Ginseng shampoo", Quantity: 2 * money.One, UnitPrice: 250_000, Gross: 5000, Net: 4095, TaxRate: 130_000, TaxName: "VAT", TaxCategory: "goods", Tax: 471},
			{ID: ids[1], Kind: sale.LineService, Name: "Wash", UnitPrice: 300_000, Gross: 3000, Net: 2798, TaxRate: 60_000, TaxName: "VAT", TaxCategory: "services", Tax: 158, Staff: s.staff},
			{ID: ids[2], Kind: sale.LineService, Name: "Cut", SKU: s.cut, UnitPrice: 880_000, Gross: 8800, TaxRate: 60_000, TaxName: "VAT", TaxCategory: "services", Punches: 1, Draws: []sale.Draw{{Owner: s.member, Unit: s.plan.ID, Visits: 1}}},
			{ID: ids[3], Kind: sale.LineGiftCard, UnitPrice: 900_000, Gross: 9000, Net: 9000, Face: 10000, CardNumber: "806612904471"},
			{ID: ids[4], Kind: sale.LineGift, Name: "Tote bag", PointsCost: 500},
		},
		Adjustments: []sale.Adjustment{
			{Line: ids[2], Amount: -8800, Group: 1, Kind: "punch", PackID: "salon", Code: "visit", Units: money.One},
			{Line: ids[0], Amount: -400, Group: 2, Kind: "amount", PackID: "salon", Code: "six-off"}, {Line: ids[1], Amount: -200, Group: 2, Kind: "amount", PackID: "salon", Code: "six-off"},
			{Line: ids[0], Amount: -500, Group: 3, Kind: "manual", Code: "manual", Label: "torn box", Arg: 100_000},
			{Line: ids[0], Amount: -5, Group: 4, Kind: "drop", Code: "drop"}, {Line: ids[1], Amount: -2, Group: 4, Kind: "drop", Code: "drop"},
		},
		Tenders: []sale.Tender{{Type: sale.TenderCash, Amount: 15895, Tendered: 16000, State: "paid"}},
	}
	return s.write(doc, func(tx *db.Tx, e *ledger.Entry) {
		s.credit(tx, e, ledger.UnitPoints, ledger.ClassPoints, ledger.Lot{Amount: 1000}, ledger.Lot{Amount: 60, AvailableAt: end(2026, 5, 26)}, ledger.Lot{Amount: 8, AvailableAt: end(2026, 6, 3)})
	})
}

// end is the instant at which a day of the shop is over.
func end(y int, m time.Month, day int) clock.Instant {
	loc, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		panic(err)
	}
	return clock.Of(time.Date(y, m, day+1, 4, 0, 0, 0, loc))
}

func TestReceiptsOfEverything(t *testing.T) {
	eachPaper(t, func(s *paper, c *clock.Manual) {
		doc := s.full()
		before := map[string]string{}
		for _, lang := range []string{"en", "zh-Hans", "zh-Hant"} {
			for _, columns := range []int{32, 48} {
				name := fmt.Sprintf("receipt.%s.%d.txt", lang, columns)
				before[name] = s.print(doc, lang, columns)
				path := filepath.Join("testdata", name)
				if *updatePaper {
					if err := os.WriteFile(path, []byte(before[name]), 0o644); err != nil {
						s.t.Fatal(err)
					}
				}
				want, err := os.ReadFile(path)
				if err != nil {
					s.t.Fatal(err)
				}
				if before[name] != string(want) {
					s.t.Errorf("%s differs; run the test with -update-receipts and look at the change\n%s", name, before[name])
				}
				if strings.Contains(before[name], "torn box") {
					s.t.Error("the reason of a discount is the shop's own")
				}
			}
		}
		// A year later, with other settings and balances, a copy reads the same.
		c.Advance(365 * 24 * time.Hour)
		s.tx(func(_ context.Context, tx *db.Tx) error {
			at := setting.Place{Merchant: s.m.ID}
			for key, v := range map[string]string{"tax.inclusive": "false", "tax.rate": "250000", "tax.name": "GST", "tax.rounding": "total", "cash.rounding_step": "100"} {
				if err := setting.Set(tx, at, key, v); err != nil {
					return err
				}
			}
			return nil
		})
		for name, want := range before {
			parts := strings.Split(name, ".")
			columns := 32
			if parts[2] == "48" {
				columns = 48
			}
			if got := s.print(doc, parts[1], columns); got != want {
				s.t.Errorf("%s has changed:\n%s", name, got)
			}
		}
	})
}

func TestReceiptsOfWhatIsGivenBack(t *testing.T) {
	eachPaper(t, func(s *paper, _ *clock.Manual) {
		doc := s.full()
		back := s.print(s.write(&sale.Sale{Kind: sale.KindRefund, Of: doc.ID, Member: s.member, Reason: "wrong", Subtotal: 14000, Discount: 2953, Tax: 236, Total: 11047, CashRounding: -2, Paid: 11045,
			Lines: []sale.Line{
				{Kind: sale.LineGoods, Of: doc.Lines[0].ID, Name: "Ginseng shampoo", UnitPrice: 250_000, Gross: 5000, Net: 2047, TaxRate: 130_000, TaxName: "VAT", Tax: 236},
				{Kind: sale.LineGiftCard, Of: doc.Lines[3].ID, UnitPrice: 900_000, Gross: 9000, Net: 9000, Face: 10000, CardNumber: "806612904471"},
			}, Tenders: []sale.Tender{{Type: sale.TenderCash, Amount: 11045, Tendered: 11045, State: "paid"}}}, nil), "en", 48)
		for _, want := range []string{"Refund of", "A1-000002", "Share of the discounts", "-29.53", "Refunded", "¥110.47", "Cash rounding", "-0.02", "Paid back", "¥110.45", "Card no. **** 4471", "VAT 13%"} {
			if !strings.Contains(back, want) {
				s.t.Errorf("%q is not on\n%s", want, back)
			}
		}
		if strings.Contains(back, "806612904471") {
			s.t.Error("the whole number of a gift card is on a refund")
		}
		out := s.print(s.write(&sale.Sale{Kind: sale.KindCashOut, Member: s.member, Reason: "closing", Subtotal: 10000, Discount: 4696, Total: 5304, Paid: 5304,
			Lines:   []sale.Line{{Kind: sale.LineCashOut, UnitPrice: 1_000_000, Gross: 10000, Net: 5304}},
			Tenders: []sale.Tender{{Type: sale.TenderCash, Amount: 5304, Tendered: 5304, State: "paid"}}}, nil), "en", 48)
		for _, want := range []string{"Refunded", "¥53.04", "Used or kept", "-46.96", "Rest of a top-up"} {
			if !strings.Contains(out, want) {
				s.t.Errorf("%q is not on\n%s", want, out)
			}
		}
	})
}

func TestReceiptsWithTaxOnTop(t *testing.T) {
	eachPaper(t, func(s *paper, _ *clock.Manual) {
		doc := s.write(&sale.Sale{Kind: sale.KindSale, Subtotal: 17500, Tax: 1613, Total: 19113, Paid: 19113,
			Lines: []sale.Line{
				{Kind: sale.LineGoods, Name: "Tea", UnitPrice: 1_000_000, Gross: 10000, Net: 10000, TaxRate: 130_000, TaxName: "VAT", Tax: 1300},
				{Kind: sale.LineService, Name: "Wash", UnitPrice: 521_600, Gross: 5216, Net: 5216, TaxRate: 60_000, TaxName: "VAT", Tax: 313},
				{Kind: sale.LineGoods, Name: "Book", UnitPrice: 228_400, Gross: 2284, Net: 2284, TaxCategory: "books", TaxName: "Zero-rated"},
			}, Tenders: []sale.Tender{{Type: sale.TenderCard, Amount: 19113, Tendered: 19113, State: "paid"}}}, nil)
		text := regexp.MustCompile(` +`).ReplaceAllString(s.print(doc, "en", 48), " ")
		for _, want := range []string{"Subtotal 175.00\n", "VAT 13% 13.00\n", "VAT 6% 3.13\n", "Total ¥191.13\n", "VAT 13% 100.00 13.00\n", "VAT 6% 52.16 3.13\n", "Zero-rated 22.84 0.00\n"} {
			if !strings.Contains(text, want) {
				s.t.Errorf("%q is not on\n%s", want, text)
			}
		}
		untaxed := s.write(&sale.Sale{Kind: sale.KindSale, Subtotal: 100, Total: 100, Paid: 100, Lines: []sale.Line{{Kind: sale.LineGoods, Name: "Tea", UnitPrice: 10_000, Gross: 100, Net: 100}},
			Tenders: []sale.Tender{{Type: sale.TenderCash, Amount: 100, Tendered: 100, State: "paid"}}}, nil)
		if text := s.print(untaxed, "en", 48); strings.Contains(text, "Tax") || strings.Contains(text, "Subtotal") {
			s.t.Error(text)
		}
	})
}
