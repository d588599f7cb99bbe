package demo

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/wallet"
	"github.com/shopwright/shopwright/rules"
	"github.com/shopwright/shopwright/rules/packs"
)

// end is a Wednesday afternoon in Shanghai.
var end = time.Date(2026, 5, 20, 7, 30, 0, 0, time.UTC)

// house is a database with what Seed needs, its clock standing at end.
type house struct {
	*testing.T
	ctx  context.Context
	db   *db.DB
	deps Deps
	got  Result
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, ctx: context.Background()}
	var err error
	if h.db, err = db.Open(h.ctx, "sqlite:"+filepath.Join(t.TempDir(), "shop.db"), db.Options{Clock: clock.NewManual(end), NoSync: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.db.Close() })
	if _, err = h.db.Migrate(h.ctx); err != nil {
		t.Fatal(err)
	}
	reg := pack.NewRegistry()
	for _, data := range packs.Bundles() {
		if _, err := reg.Install(data); err != nil {
			t.Fatal(err)
		}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = os.TempDir()
	}
	host, err := rules.New(h.ctx, rules.Options{CacheDir: filepath.Join(cache, "shopwright-test-rules"), Load: reg.Module})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = host.Close(h.ctx) })
	vault, err := member.NewVault(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	a := auth.New(h.db, auth.Options{Hash: auth.CheapHash})
	t.Cleanup(a.Close)
	h.deps = Deps{DB: h.db, Rules: host, Packs: reg, Vault: vault, Auth: a, Log: slog.New(slog.DiscardHandler)}
	return h
}

func (h *house) seed(scale float64) {
	h.Helper()
	var err error
	if h.got, err = Seed(h.ctx, h.deps, Options{Scale: scale}, nil); err != nil {
		h.Fatal(err)
	}
}

func (h *house) merchant(edition string) (m, shop, register id.ID) {
	h.Helper()
	r := h.got.Of(edition)
	if r == nil {
		h.Fatalf("no merchant of edition %s", edition)
	}
	return id.MustParse(r.Merchant), id.MustParse(r.Shop), id.MustParse(r.Register)
}

func (h *house) int(query string, args ...any) int64 {
	h.Helper()
	n, err := db.Value[int64](h.ctx, h.db, query, args...)
	if err != nil {
		h.Fatal(query, err)
	}
	return n
}

// fact reads one history fact as of today.
func (h *house) fact(m, who id.ID, k promotion.FactKind) int64 {
	h.Helper()
	var out []promotion.FactValue
	if err := h.db.Batch(h.ctx, member.AskFacts(m, who, "2026-05-20", []promotion.FactRef{{Kind: k}}, &out)...); err != nil {
		h.Fatal(err)
	}
	return out[0].Value
}

func (h *house) hero(story string) (Story, member.Member) {
	h.Helper()
	s := h.got.Stories[story]
	m, _, _ := h.merchant(s.Edition)
	mb, err := member.Get(h.ctx, h.db, h.deps.Vault, m, id.MustParse(s.MemberID))
	if err != nil {
		h.Fatal(story, err)
	}
	found, _, err := member.Find(h.ctx, h.db, h.deps.Vault, m, s.Phone, db.Page{})
	if err != nil || len(found) != 1 || found[0].ID != mb.ID || mb.DisplayName != s.Name {
		h.Errorf("%s is not found by phone: %+v %v", story, found, err)
	}
	return s, mb
}

func TestThreeMerchantsInBusiness(t *testing.T) {
	h := open(t)
	h.seed(0.04)
	t.Run("the books prove", func(t *testing.T) {
		ms, err := tenant.ListMerchants(h.ctx, h.db)
		if err != nil || len(ms) != 3 {
			t.Fatal(ms, err)
		}
		for _, m := range ms {
			p, err := report.Prove(h.ctx, h.db, m)
			if err != nil || !p.Clean() || p.Checked() < 100 {
				t.Errorf("%s: %d figures, %+v %v", m.Name, p.Checked(), p.Differences, err)
			}
		}
	})
	t.Run("everything happens somewhere", func(t *testing.T) {
		for what, query := range map[string]string{
			"sales": `select count(*) from sales where kind = 'sale'`, "refunds or voids": `select count(*) from sales where kind <> 'sale'`,
			"top-ups": `select count(*) from sale_lines where kind = 'top_up'`, "punch cards": `select count(*) from sale_lines where kind = 'punch_card'`,
			"visits paid by punches": `select count(*) from sale_lines where punches > 0`, "coupons used": `select count(*) from coupon_uses`,
			"split tenders":        `select count(*) from (select sale_id from sale_tenders group by sale_id having count(*) > 1) s`,
			"points as tender":     `select count(*) from sale_tenders where type = 'points'`,
			"stored value":         `select count(*) from sale_tenders where type = 'stored_value'`,
			"points earned":        `select count(*) from sales where points_earned > 0`,
			"commission":           `select count(*) from commission_entries`,
			"shifts closed":        `select count(*) from shifts where state = 'closed' and float_amount > 0`,
			"counts that are off":  `select count(*) from shifts where over_short <> 0`,
			"shifts open today":    `select count(*) from shifts where state = 'open' and business_date = '2026-05-20'`,
			"combos":               `select count(*) from sale_adjustments where code = 'combo'`,
			"prices by the hour":   `select count(*) from sale_adjustments where code = 'slot_price'`,
			"member day prices":    `select count(*) from sale_adjustments where code = 'member_day'`,
			"sealed entries":       `select count(*) from entries where seal_no is not null`,
			"more than 55 days":    `select count(distinct business_date) / 56 from sales`,
			"rule inputs that are": `select count(*) from sale_rule_inputs`,

			"designs of three kinds, cards of each": `select count(*) / 9 from (select distinct c.merchant_id, d.kind from member_cards c join card_designs d on d.merchant_id = c.merchant_id and d.id = c.design_id) x`,
			"consents given and taken back":         `select min(a) from (select count(*) as a from member_consents where granted union all select count(*) from member_consents where not granted) x`,
			"two rates of tax":                      `select count(distinct tax_rate) / 3 from sale_lines where tax > 0`,
			"cash that was rounded":                 `select count(*) from sales where cash_rounding <> 0`,
			"discounts by hand":                     `select count(*) from sale_adjustments where kind = 'manual'`,
			"bills made round":                      `select count(*) from sale_adjustments where kind = 'drop'`,
			"lines that two worked on":              `select count(*) from (select line_id from sale_line_staff group by line_id having count(distinct staff_id) > 1) x`,
			"a settlement":                          `select count(*) from commission_settlements where state = 'final'`,
			"entries of the settlement":             `select count(*) from commission_entries where kind = 'settlement'`,
			"gift cards below their face":           `select count(*) / 2 from gift_cards where price < face`,
			"gift cards as tender":                  `select count(*) from sale_tenders where type = 'gift_card'`,
			"gifts for points":                      `select count(*) from gift_redemptions`,
			"points that wait":                      `select count(*) from lots l join accounts a on a.merchant_id = l.merchant_id and a.id = l.account_id where a.unit = 'points' and l.available_at > ` + strconv.FormatInt(int64(clock.Of(end)), 10),
			"points that end within a week": `select count(*) from lots l join accounts a on a.merchant_id = l.merchant_id and a.id = l.account_id where a.unit = 'points' and l.remaining > 0 and l.expires_at < ` +
				strconv.FormatInt(int64(clock.Of(end.AddDate(0, 0, 7))), 10),
			"coupons with weekdays":         `select count(*) from coupon_terms where weekdays not in (0, 127)`,
			"coupons with slots":            `select count(*) / 2 from coupon_terms where slots not in ('', '[]')`,
			"a batch of coupons":            `select count(*) / 40 from coupons where batch_id is not null`,
			"coupons that ended":            `select count(*) from coupons where used = 0 and valid_until > 0 and valid_until < ` + strconv.FormatInt(int64(clock.Of(end)), 10),
			"void coupons":                  `select count(*) from coupons where state = 'void'`,
			"a refund that waits":           `select count(*) from refund_requests where state = 'pending'`,
			"a cash-out":                    `select count(*) from sales where kind = 'cash_out' and total > 0`,
			"drawers counted by piece":      `select count(*) from shifts where z_report like '%"counts":[{%'`,
			"shifts that were off, and why": `select count(*) from shifts where z_report like '%"over_short_reason":%'`,
		} {
			if h.int(query) == 0 {
				t.Errorf("no %s", what)
			}
		}
		if n := h.int(`select count(*) from sales where recorded_at > $1`, clock.Of(end)); n != 0 {
			t.Errorf("%d sales lie in the future", n)
		}
		if n := h.int(`select count(*) from sales where fallbacks <> ''`); n != 0 {
			t.Errorf("%d sales were made on a fallback", n)
		}
	})
	t.Run("bar codes", func(t *testing.T) {
		m, _, _ := h.merchant("retail")
		list, _, err := catalog.List(h.ctx, h.db, m, catalog.Filter{}, db.Page{Limit: 200})
		if err != nil || len(list) < 40 {
			t.Fatal(len(list), err)
		}
		for _, s := range list {
			if len(s.Barcodes) != 1 || len(s.Barcodes[0]) != 13 || s.UnitPrice <= 0 {
				t.Fatalf("%s has %v", s.Name, s.Barcodes)
			}
			if full, err := catalog.EAN13(s.Barcodes[0][:12]); err != nil || full != s.Barcodes[0] {
				t.Errorf("%s: %s is no EAN-13", s.Name, s.Barcodes[0])
			}
		}
	})
	t.Run("logins", func(t *testing.T) { h.logins(t) })
	t.Run("stories", func(t *testing.T) { h.stories(t) })
	t.Run("written and read", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "demo.json")
		if err := h.got.Write(file); err != nil {
			t.Fatal(err)
		}
		back, err := Read(file)
		if err != nil || len(back.Merchants) != 3 || back.Merchants[0].APIKey != h.got.Merchants[0].APIKey || len(back.Stories) != len(h.got.Stories) {
			t.Fatalf("%+v %v", back, err)
		}
		if st, err := os.Stat(file); runtime.GOOS != "windows" && (err != nil || st.Mode().Perm()&0o077 != 0) {
			t.Errorf("others can read the secrets: %v", st.Mode())
		}
	})
}

func (h *house) logins(t *testing.T) {
	for i := range h.got.Merchants {
		r := &h.got.Merchants[i]
		var roles []string
		for _, l := range r.Logins {
			in, err := h.deps.Auth.SignIn(h.ctx, l.Login, l.Password, "")
			if err != nil || string(in.Actor.Role) != l.Role || in.Actor.Merchant.String() != r.Merchant {
				t.Errorf("%s: %+v %v", l.Login, in.Actor, err)
			}
			roles = append(roles, l.Role)
		}
		if strings.Join(roles, " ") != "owner manager cashier finance" {
			t.Errorf("%s: %v", r.Edition, roles)
		}
		if a, err := h.deps.Auth.Key(h.ctx, r.APIKey); err != nil || a.Role != auth.Owner || a.Merchant.String() != r.Merchant {
			t.Errorf("%s: the key is %+v, %v", r.Edition, a, err)
		}
	}
	if h.got.Merchants[0].Logins[0].Password == h.got.Merchants[1].Logins[0].Password {
		t.Error("two owners have one password")
	}
}

func (h *house) stories(t *testing.T) {
	salon, shop, register := h.merchant("salon")
	retail, retailShop, _ := h.merchant("retail")

	_, gold := h.hero(StoryAlmostGold)
	if n := h.fact(salon, gold.ID, promotion.FactVisits); gold.Tier != "silver" || n != 9 {
		t.Errorf("almost gold: %s after %d visits", gold.Tier, n)
	}
	view := h.db.WithClock(clock.NewManual(end.Add(time.Minute)))
	desk := &checkout.Desk{DB: view, Rules: h.deps.Rules, Packs: h.deps.Packs, Vault: h.deps.Vault, Log: h.deps.Log}
	quote := func(who id.ID, code string) *checkout.Quote {
		t.Helper()
		q, err := desk.Quote(h.ctx, checkout.Basket{Merchant: salon, Shop: shop, Register: register, Member: who, Lines: []checkout.LineIn{{Barcode: code, Quantity: money.One}}})
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	if q := quote(gold.ID, "WASH"); q.TierAfter != "gold" {
		t.Errorf("the tenth visit leads to %s", q.TierAfter)
	}

	_, born := h.hero(StoryBirthday)
	if !strings.HasSuffix(born.Private.Birthday, "-05-20") {
		t.Errorf("birthday %s", born.Private.Birthday)
	}
	if q := quote(born.ID, "CUT-W"); q.Total >= q.Subtotal {
		t.Error("a birthday saves nothing")
	}

	_, punched := h.hero(StoryLastPunch)
	if w, err := wallet.Get(h.ctx, h.db, salon, punched.ID); err != nil || len(w.Punches) != 1 || w.Punches[0].Remaining != 1 {
		t.Errorf("last punch: %+v %v", w, err)
	}
	if q := quote(punched.ID, "WASH"); q.Total != 0 {
		t.Errorf("the last punch leaves %d to pay", q.Total)
	}

	_, away := h.hero(StoryAway)
	if n := h.fact(retail, away.ID, promotion.FactLastVisit); n != 35 {
		t.Errorf("away for %d days", n)
	}

	_, rich := h.hero(StoryTwoLots)
	if w, err := wallet.Get(h.ctx, h.db, salon, rich.ID); err != nil || w.Principal != 800000 || w.Bonus != 100000 {
		t.Errorf("two lots: %+v %v", w, err)
	}
	lots, err := db.All(h.ctx, h.db, func(r db.Row, v *int64) error { return r.Scan(v) },
		`select l.remaining from lots l join accounts a on a.merchant_id = l.merchant_id and a.id = l.account_id
		 where a.merchant_id = $1 and a.owner_id = $2 and a.class in ('principal', 'bonus') order by l.seq, a.class`, salon, rich.ID)
	if err != nil || len(lots) != 3 {
		t.Errorf("two top-ups of which one has a bonus are %v, %v", lots, err)
	}

	s, holder := h.hero(StoryCoupon)
	cs, err := coupon.List(h.ctx, h.db, retail, holder.ID, s.Coupon, db.Page{})
	if err != nil || len(cs) != 1 || cs[0].Used != 0 || cs[0].ValidUntil.Time().In(time.FixedZone("", 8*3600)).Format(time.DateTime) != "2026-05-21 23:59:59" {
		t.Errorf("coupon: %+v %v", cs, err)
	}

	var ls []stock.Level
	sku := id.MustParse(h.got.Stories[StoryNearlyOut].SKUID)
	if err := h.db.Batch(h.ctx, stock.AskLevels(retail, stock.Floor(retail, retailShop), []id.ID{sku}, &ls)); err != nil || len(ls) != 1 || ls[0].OnHand != 2*money.One || !ls[0].Low() {
		t.Errorf("nearly out: %+v %v", ls, err)
	}

	h.walletStories(t, salon, retail)

	levels := map[string]bool{}
	for _, story := range []string{StorySenior, StoryJunior} {
		st, err := auth.GetStaff(h.ctx, h.db, salon, id.MustParse(h.got.Stories[story].StaffID))
		if err != nil || st.Level != h.got.Stories[story].Level {
			t.Errorf("%s: %+v %v", story, st, err)
		}
		levels[st.Level] = true
	}
	if len(levels) != 2 {
		t.Errorf("levels %v", levels)
	}
}

// TestThePlanFollowsFromTheSeed: two pasts of the same seed have the same figures.
func TestThePlanFollowsFromTheSeed(t *testing.T) {
	figures := func() (out []int64) {
		h := open(t)
		h.seed(0.02)
		for _, e := range []string{"salon", "retail", "catering"} {
			m, _, _ := h.merchant(e)
			for _, q := range []string{`select count(*) from sales where merchant_id = $1`, `select sum(total) from sales where merchant_id = $1`, `select sum(on_hand) from stock_levels where merchant_id = $1`,
				`select sum(points_earned) from sales where merchant_id = $1`, `select sum(over_short) from shifts where merchant_id = $1`, `select sum(occurred_at) / count(*) from sales where merchant_id = $1`} {
				n, err := db.Value[*int64](h.ctx, h.db, q, m)
				if err != nil {
					t.Fatal(err)
				}
				if n != nil {
					out = append(out, *n)
				}
			}
		}
		return out
	}
	a, b := figures(), figures()
	if len(a) < 15 || len(a) != len(b) {
		t.Fatal(a, b)
	}
	for i := range a {
		if a[i] != b[i] {
			t.Errorf("figure %d: %d and %d", i, a[i], b[i])
		}
	}
}

// TestDoors: nothing is planned for later than the end, and whoever starts the
// demo before the shop opens finds it open all the same.
func TestDoors(t *testing.T) {
	shanghai := time.FixedZone("", 8*3600)
	for _, c := range []struct{ now, open, shut string }{
		{"2026-05-20 15:30", "2026-05-20 08:00", "2026-05-20 15:30"},
		{"2026-05-20 23:30", "2026-05-20 08:00", "2026-05-20 22:00"},
		{"2026-05-20 06:00", "2026-05-20 04:00", "2026-05-20 06:00"},
		{"2026-05-20 02:00", "2026-05-19 08:00", "2026-05-19 22:00"}, // the business day before
	} {
		now, err := time.ParseInLocation("2006-01-02 15:04", c.now, shanghai)
		if err != nil {
			t.Fatal(err)
		}
		tr := newTrader(Deps{}, Options{End: now, Days: seedDays, Scale: 1, Seed: 1}, newRetail())
		open, shut := tr.doors(seedDays - 1)
		if got := open.Format("2006-01-02 15:04"); got != c.open {
			t.Errorf("at %s: opened %s, want %s", c.now, got, c.open)
		}
		if got := shut.In(shanghai).Format("2006-01-02 15:04"); got != c.shut {
			t.Errorf("at %s: shut %s, want %s", c.now, got, c.shut)
		}
		if n := tr.expected(); n < 2500 || n > 3600 {
			t.Errorf("%d sales are planned", n)
		}
	}
}

func TestTheAssortmentIsWhole(t *testing.T) {
	tr := newTrader(Deps{}, Options{End: end, Days: seedDays, Scale: 1, Seed: 1}, newRetail())
	ins, targets, weights, loose, err := assortment(tr.rng, retailSKUs-1)
	if err != nil || len(ins) != retailSKUs-1 || len(targets) != len(ins) || len(weights) != len(ins) || len(loose) != len(ins) {
		t.Fatal(len(ins), err)
	}
	names, codes, cats := map[string]bool{}, map[string]bool{}, map[string]int{}
	for _, in := range ins {
		names[in.Name], codes[in.Barcodes[0]] = true, true
		cats[in.Category]++
	}
	if len(names) != len(ins) || len(codes) != len(ins) || len(cats) != len(shelves) {
		t.Errorf("%d names, %d codes, %d categories for %d goods", len(names), len(codes), len(cats), len(ins))
	}
}

// TestSeedStopsWhenToldTo: an interrupted seed says so.
func TestSeedStopsWhenToldTo(t *testing.T) {
	h := open(t)
	ctx, cancel := context.WithCancel(h.ctx)
	_, err := Seed(ctx, h.deps, Options{Scale: 0.1}, func(done, total int, _ string) {
		if done > total {
			t.Errorf("%d of %d", done, total)
		}
		if done == 20 {
			cancel()
		}
	})
	if err == nil {
		t.Fatal("an interrupted seed reports success")
	}
}
