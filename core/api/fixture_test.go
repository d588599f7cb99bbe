package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/api"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/web"
)

// tenOff is the pack of these tests: what it decides is plain Go, everything else
// about it is real.
type tenOff struct{ broken bool }

func (r *tenOff) Evaluate(_ context.Context, _ promotion.PackRef, in *promotion.Input) (promotion.Answer, error) {
	if r.broken {
		return promotion.Answer{}, context.DeadlineExceeded
	}
	a := promotion.Answer{InputBytes: []byte("in " + in.Hook.String()), OutputBytes: []byte("out"), Fuel: 7}
	switch in.Hook {
	case promotion.HookBenefit:
		a.Output.Candidates = []promotion.Candidate{
			{Kind: promotion.Percent, Class: promotion.ClassLine, Basis: promotion.Remaining, Rate: 100_000, Note: promotion.Note{Code: "ten", Arg: 10}},
			{Kind: promotion.AmountOff, Class: promotion.ClassOrder, Basis: promotion.Remaining, Amount: 500, Threshold: 100_000_00, Note: promotion.Note{Code: "big", Money: 500}},
		}
		for _, c := range in.Coupons {
			a.Output.Candidates = append(a.Output.Candidates, promotion.Candidate{Kind: promotion.AmountOff, Class: promotion.ClassOrder, Basis: promotion.Remaining, Amount: c.Amount, Coupon: c.Ref, Note: promotion.Note{Code: "coupon", Money: c.Amount}})
		}
	case promotion.HookTopUp:
		for _, l := range in.Lines {
			a.Output.Bonuses = append(a.Output.Bonuses, promotion.TopUpBonus{Line: l.ID, Amount: l.Net / 5, Note: promotion.Note{Code: "bonus", Money: l.Net / 5}})
		}
	case promotion.HookEarn:
		a.Output.Earns = []promotion.Earn{{Line: 1, Points: 3, Note: promotion.Note{Code: "earn", Arg: 3}}}
	case promotion.HookTrigger:
		a.Output.Grants = []promotion.Grant{{Kind: promotion.GrantMessage, Ref: "hello", Note: promotion.Note{Code: "earn", Arg: 1, Money: 2, Label: "x"}}}
	case promotion.HookDraw:
		a.Output.Grants = []promotion.Grant{{Kind: promotion.GrantPoints, Count: 3, Prize: in.Prizes[0].Code, Note: promotion.Note{Code: "earn", Arg: 3}}}
	}
	return a, nil
}

func tenOffPack(t *testing.T) *pack.Registry {
	t.Helper()
	data, err := pack.Build(pack.Manifest{ID: "ten-off", Version: "1.0.0", ABI: pack.ABIRange{Min: 1, Max: 1}, Hooks: []string{"benefit", "topup", "earn", "trigger", "draw"}, Powers: []string{"discount", "topup", "points", "trigger", "draw"}},
		map[string][]byte{
			"rule.wasm":            []byte("\x00asm\x01\x00\x00\x00"),
			"config.schema.json":   []byte(`{"type":"object","additionalProperties":false,"properties":{"rate":{"type":"number","minimum":0,"maximum":1,"default":0.1}}}`),
			"locales/en.json":      []byte(`{"pack.name":"Ten off","ten":"{arg}% off for everybody","big":"{money} off a big basket","coupon":"Coupon","bonus":"Bonus","earn":"{arg} points"}`),
			"locales/zh-Hans.json": []byte(`{"pack.name":"九折","ten":"全场 {arg}% 优惠"}`),
		}, nil)
	if err != nil {
		t.Fatal(err)
	}
	reg := pack.NewRegistry()
	if _, err := reg.Install(data); err != nil {
		t.Fatal(err)
	}
	return reg
}

// receipts stands in for the flow that fills a receipt's view.
type receipts struct{ d *db.DB }

func (r receipts) Document(ctx context.Context, m, saleID id.ID, locale string) (receipt.Document, error) {
	s, err := sale.Get(ctx, r.d, m, saleID)
	if err != nil {
		return receipt.Document{}, err
	}
	return receipt.Document{Title: s.ReceiptNumber(), Lang: locale, Blocks: []receipt.Block{receipt.Text{Text: "Total " + s.Currency.Format(s.Total) + " <b>"}, receipt.Rule{}, receipt.QR{Content: s.ID.String()}, receipt.Cut{}}}, nil
}

// shop is a merchant in business behind a real server.
type shop struct {
	t        *testing.T
	d        *db.DB
	clock    *clock.Manual
	rules    *tenOff
	desk     *checkout.Desk
	server   *httptest.Server
	merchant id.ID
	shop     id.ID
	register id.ID
	tea      id.ID // 8.50, stocked
	haircut  id.ID // a service, 100.00
	member   id.ID
	staff    id.ID
	key      string // the owner's
	sessions *auth.Service
	n        int
}

const teaBarcode = "6901234567892"

// each runs f with a shop on both databases.
func each(t *testing.T, f func(*shop)) {
	t.Helper()
	now := clock.NewManual(time.Date(2026, 5, 4, 3, 0, 0, 0, time.UTC))
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(newShop(t, d, now)) }, dbtest.WithClock(now))
}

func newShop(t *testing.T, d *db.DB, now *clock.Manual) *shop {
	t.Helper()
	if now == nil {
		now = clock.NewManual(time.Date(2026, 5, 4, 3, 0, 0, 0, time.UTC)) // for what does not look at the time
	}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	vault, err := member.NewVault(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{t: t, d: d, clock: now, rules: &tenOff{}, sessions: auth.New(d, auth.Options{Hash: auth.CheapHash, Log: quiet})}
	t.Cleanup(s.sessions.Close)
	reg := tenOffPack(t)
	reg.Use(d)
	desk := &checkout.Desk{DB: d, Rules: s.rules, Packs: reg, Vault: vault, Log: quiet}
	s.desk = desk
	mux := http.NewServeMux()
	api.New(mux, api.Options{DB: d, Desk: desk, Packs: reg, Vault: vault, Receipts: receipts{d}, Installer: newInstaller(d, reg), Meetings: &report.PackMeetings{DB: d, Packs: reg, Rules: s.rules}, Backtests: backtests(d, reg, vault), SignIns: accounts{}, Log: quiet, Version: "1.0.0"})
	s.server = httptest.NewServer(web.Wrap(mux, web.Options{Auth: s.sessions, Log: quiet, LongLived: api.IsInstallation}))
	t.Cleanup(s.server.Close)
	s.merchant, s.shop, s.register, s.key = s.newMerchant("one")
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		tea, err := catalog.Create(ctx, tx, catalog.In{Merchant: s.merchant, Code: "tea", Name: "Tea", UnitPrice: 85_000, Stocked: true, Barcodes: []string{teaBarcode}})
		if err != nil {
			return err
		}
		cut, err := catalog.Create(ctx, tx, catalog.In{Merchant: s.merchant, Code: "cut", Name: "Haircut", Kind: catalog.Service, UnitPrice: 1_000_000})
		if err != nil {
			return err
		}
		if err := member.CreateTier(ctx, tx, s.merchant, member.Tier{Code: "gold", Name: "Gold", Rank: 1}); err != nil {
			return err
		}
		m, err := member.Create(ctx, tx, vault, member.In{Merchant: s.merchant, Name: "Li Na", Phone: "13800000001"})
		if err != nil {
			return err
		}
		st, err := auth.CreateStaff(ctx, tx, s.merchant, auth.NewStaff{Profile: auth.Profile{Name: "Mei", Role: auth.Cashier}, Login: "mei"})
		if err != nil {
			return err
		}
		s.tea, s.haircut, s.member, s.staff = tea.ID, cut.ID, m.ID, st.ID
		stock.Queue(tx, stock.Document{Merchant: s.merchant, Location: stock.Floor(s.merchant, s.shop), Kind: stock.KindReceipt}, []stock.Move{{SKU: tea.ID, Quantity: 1000 * money.One}})
		return pack.Set(ctx, tx, pack.Change{Merchant: s.merchant, Shops: []id.ID{s.shop}, PackID: "ten-off", Enabled: true, Version: "1.0.0", Config: []byte(`{"rate":0.1}`)})
	})
	return s
}

// newMerchant makes a merchant with a shop, a register and an owner's key.
func (s *shop) newMerchant(handle string) (m, shopID, register id.ID, key string) {
	s.t.Helper()
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		merchant, err := tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: handle, Name: handle, Currency: "CNY"})
		if err != nil {
			return err
		}
		sh, err := tenant.CreateShop(ctx, tx, merchant.ID, tenant.NewShop{Name: "Shop", TimeZone: "Asia/Shanghai"})
		if err != nil {
			return err
		}
		stock.CreateFloor(tx, merchant.ID, sh.ID, "floor")
		r, err := tenant.CreateRegister(ctx, tx, merchant.ID, sh.ID, tenant.NewRegister{Name: "till"})
		if err != nil {
			return err
		}
		_, key, err = auth.CreateKey(ctx, tx, merchant.ID, auth.NewKey{Name: "owner", Role: auth.Owner})
		m, shopID, register = merchant.ID, sh.ID, r.ID
		return err
	})
	return m, shopID, register, key
}

func (s *shop) tx(f func(context.Context, *db.Tx) error) {
	s.t.Helper()
	if err := s.d.InTx(context.Background(), f); err != nil {
		s.t.Fatal(err)
	}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	raw    string
	doc    map[string]any
}

// at walks into the document: "lines.0.id".
func (a *answer) at(path string) any {
	var v any = a.doc
	for _, step := range strings.Split(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n >= len(in) {
				return nil
			}
			v = in[n]
		default:
			return nil
		}
	}
	return v
}

func (a *answer) text(path string) string { s, _ := a.at(path).(string); return s }

// call is one request; headers are "Name: value".
func (s *shop) call(method, path, body string, headers ...string) *answer {
	s.t.Helper()
	req, err := http.NewRequest(method, s.server.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.key)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		if value == "" {
			req.Header.Del(name)
			continue
		}
		req.Header.Set(name, value)
	}
	resp, err := s.server.Client().Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	a := &answer{status: resp.StatusCode, header: resp.Header, raw: string(raw)}
	if strings.Contains(resp.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(raw, &a.doc); err != nil {
			s.t.Fatalf("%s %s: %v: %s", method, path, err, raw)
		}
	}
	return a
}

func (s *shop) get(path string, headers ...string) *answer {
	s.t.Helper()
	return s.want(http.StatusOK, s.call("GET", path, "", headers...))
}

// post sends with a new key and wants 201.
func (s *shop) post(path, body string) *answer {
	s.t.Helper()
	s.n++
	return s.want(http.StatusCreated, s.call("POST", path, body, "Idempotency-Key: k"+strconv.Itoa(s.n)))
}

func (s *shop) want(status int, a *answer) *answer {
	s.t.Helper()
	if a.status != status {
		s.t.Fatalf("status %d, want %d: %s", a.status, status, a.raw)
	}
	return a
}

// is compares a value in the document, written as %v.
func (s *shop) is(a *answer, path, want string) {
	s.t.Helper()
	v := a.at(path)
	got, ok := v.(string)
	if !ok {
		b, _ := json.Marshal(v)
		got = string(b)
	}
	if got != want {
		s.t.Errorf("%s is %q, want %q in %s", path, got, want, a.raw)
	}
}

// sale is the body of a sale of n teas to the member, paid with cash.
func (s *shop) sale(n, cash string) string {
	return `{"shop_id":"` + s.shop.String() + `","register_id":"` + s.register.String() + `","member_id":"` + s.member.String() +
		`","lines":[{"barcode":"` + teaBarcode + `","quantity":"` + n + `"}],"tenders":[{"type":"cash","amount":"` + cash + `"}]}`
}

// books counts what a refused request must not change.
func (s *shop) books() string {
	s.t.Helper()
	var out []string
	for _, table := range []string{"sales", "sale_lines", "entries", "postings", "accounts", "stock_movements", "shifts", "members", "skus", "coupons", "coupon_definitions", "registers",
		"events", "idempotency", "pack_history", "print_jobs", "audit_log"} {
		n, err := db.Value[int64](context.Background(), s.d, "select count(*) from "+table)
		if err != nil {
			s.t.Fatal(err)
		}
		out = append(out, table+"="+strconv.FormatInt(n, 10))
	}
	return strings.Join(out, " ")
}
