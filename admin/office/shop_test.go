package office_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/admin/office"
	"github.com/shopwright/shopwright/admin/shell"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/web"
	"github.com/shopwright/shopwright/rules"
	"github.com/shopwright/shopwright/rules/packs"
)

// hostile is what a name must never do to a page.
const hostile = `<script>alert(1)</script>"'&`

const password = "correct horse battery"

// shop is a merchant in business with its office served over HTTP.
type shop struct {
	t        *testing.T
	db       *db.DB
	clock    *clock.Manual
	m        tenant.Merchant
	shop     tenant.Shop
	register tenant.Register
	desk     *checkout.Desk
	vault    *member.Vault
	srv      *httptest.Server
	members  []id.ID
	skus     map[string]catalog.SKU
	sales    []*sale.Sale
	stylist  id.ID
	printer  id.ID
	devices  *fakeDevices
	handle   string
	service  *auth.Service
}

var ruleHost = sync.OnceValues(func() (*pack.Registry, *rules.Host) {
	reg := pack.NewRegistry()
	for _, data := range packs.Bundles() {
		if _, err := reg.Install(data); err != nil {
			panic(err)
		}
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		dir = os.TempDir()
	}
	h, err := rules.New(context.Background(), rules.Options{CacheDir: dir + "/shopwright-test-rules", Load: reg.Module})
	if err != nil {
		panic(err)
	}
	return reg, h
})

func newShop(t *testing.T, d *db.DB, c *clock.Manual) *shop { return makeShop(t, d, c, "lily") }

// newShopBeside is another merchant in the same database.
func newShopBeside(t *testing.T, s *shop) *shop { return makeShop(t, s.db, s.clock, "rose") }

func makeShop(t *testing.T, d *db.DB, c *clock.Manual, handle string) *shop {
	t.Helper()
	shipped, host := ruleHost()
	reg := pack.NewRegistry() // the host's is shared by all tests
	for _, b := range shipped.List() {
		if err := reg.Add(b); err != nil {
			t.Fatal(err)
		}
	}
	reg.Use(d)
	vault, err := member.NewVault(bytes.Repeat([]byte{7}, 32))
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	s := &shop{t: t, db: d, clock: c, vault: vault, skus: map[string]catalog.SKU{}, devices: &fakeDevices{}, handle: handle}
	s.desk = &checkout.Desk{DB: d, Rules: host, Packs: reg, Vault: vault, Log: quiet}
	service := auth.New(d, auth.Options{Hash: auth.CheapHash, Log: quiet})
	t.Cleanup(service.Close)
	s.service = service
	s.seed(service)

	sh := shell.New(shell.Options{DB: d, Auth: service, Packs: reg, Log: quiet})
	mux := http.NewServeMux()
	sh.Mount(mux)
	office.Mount(mux, sh, office.Options{Desk: s.desk, Vault: vault, Receipts: &report.Receipts{DB: d, Packs: reg}, Backtests: s.backtests(reg, host), Devices: s.devices, Papers: fakePapers{}, Log: quiet,
		Installer: packInstaller(s, reg), Meetings: &report.PackMeetings{DB: d, Packs: reg, Rules: host, Decode: rules.DecodeInput}, Costs: packCosts})
	mux.HandleFunc("GET /pos", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "the register /signout") }) // another package's page
	s.srv = httptest.NewServer(web.Wrap(mux, web.Options{Auth: service, Dress: sh.Dress, Log: quiet, LongLived: office.IsInstallation}))
	t.Cleanup(s.srv.Close)
	return s
}

func (s *shop) tx(f func(context.Context, *db.Tx) error) {
	s.t.Helper()
	if err := s.db.InTx(context.Background(), f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) seed(service *auth.Service) {
	hash, err := service.HashPassword(context.Background(), password)
	if err != nil {
		s.t.Fatal(err)
	}
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		if s.m, err = tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: s.handle, Name: "Lily & Co", Currency: "CNY", Edition: "salon", Locale: "en"}); err != nil {
			return err
		}
		if s.shop, err = tenant.CreateShop(ctx, tx, s.m.ID, tenant.NewShop{Name: "Xujiahui", TimeZone: "Asia/Shanghai", CutOff: 240}); err != nil {
			return err
		}
		_, err = tenant.CreateShop(ctx, tx, s.m.ID, tenant.NewShop{Name: "Jing'an", TimeZone: "Asia/Shanghai", CutOff: 240})
		return err
	})
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		stock.CreateFloor(tx, s.m.ID, s.shop.ID, "floor")
		if s.register, err = tenant.CreateRegister(ctx, tx, s.m.ID, s.shop.ID, tenant.NewRegister{Name: "Front desk"}); err != nil {
			return err
		}
		for _, r := range auth.Roles() {
			if _, err := auth.CreateStaff(ctx, tx, s.m.ID, auth.NewStaff{Profile: auth.Profile{Name: "The " + string(r), Role: r}, Login: string(r), Password: hash}); err != nil {
				return err
			}
		}
		st, err := auth.CreateStaff(ctx, tx, s.m.ID, auth.NewStaff{Profile: auth.Profile{Name: "Wang Li", Role: auth.Cashier, Level: "senior"}, Login: "wang", Password: hash})
		if err != nil {
			return err
		}
		s.stylist = st.ID
		for i, t := range []string{"silver", "gold"} {
			if err := member.CreateTier(ctx, tx, s.m.ID, member.Tier{Code: t, Name: strings.ToUpper(t[:1]) + t[1:], Rank: i + 1}); err != nil {
				return err
			}
		}
		for _, c := range []catalog.Category{{Code: "hair", Name: "Hair"}, {Code: "care", Name: "Care products"}} {
			if err := catalog.UpsertCategory(ctx, tx, s.m.ID, c); err != nil {
				return err
			}
		}
		for i, in := range []member.In{{Name: "Li Na", Phone: "13800000001", Birthday: "1990-05-17", Card: "C-000001", Email: "li@example.org", Note: "likes oolong"}, {Name: hostile, Phone: "13800000002"}, {Name: "欧阳娜娜", Phone: "13800000003"}} {
			in.Merchant, in.Shop = s.m.ID, s.shop.ID
			if i == 0 {
				in.Tier = "silver"
			}
			m, err := member.Create(ctx, tx, s.vault, in)
			if err != nil {
				return err
			}
			s.members = append(s.members, m.ID)
		}
		d, err := device.Create(ctx, tx, device.Device{Merchant: s.m.ID, Shop: s.shop.ID, Register: s.register.ID, Name: "Receipts " + hostile, Class: device.ClassPrinter, Driver: "virtual-printer", Enabled: true})
		s.printer = d.ID
		return err
	})
	for _, in := range []catalog.In{
		{Code: "cut", Name: "Cut and wash", Kind: catalog.Service, Category: "hair", UnitPrice: 128 * money.PerUnit},
		{Code: "colour", Name: "Colour", Kind: catalog.Service, Category: "hair", UnitPrice: 388 * money.PerUnit},
		{Code: "oil", Name: "Hair oil 100 ml", Kind: catalog.Goods, Category: "care", UnitPrice: 129 * money.PerUnit, Cost: 40 * money.PerUnit, Stocked: true, Barcodes: []string{"6901234567892"}},
		{Code: "xss", Name: hostile, Kind: catalog.Goods, UnitPrice: 5 * money.PerUnit, Stocked: true},
	} {
		in.Merchant = s.m.ID
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			v, err := catalog.Create(ctx, tx, in)
			if err != nil {
				return err
			}
			s.skus[in.Code] = v
			if !in.Stocked {
				return nil
			}
			if err := stock.Adjust(tx, stock.Adjustment{Merchant: s.m.ID, Shop: s.shop.ID, Kind: stock.KindReceipt, Reason: "opening", Moves: []stock.Move{{SKU: v.ID, Quantity: 12 * money.One}}}); err != nil {
				return err
			}
			stock.SetPolicy(tx, s.m.ID, stock.Floor(s.m.ID, s.shop.ID), v.ID, false, 10*money.One)
			return nil
		})
	}
	s.activate("salon")
	s.trade()
}

func (s *shop) activate(name string) {
	b, err := s.desk.Packs.Latest(name)
	if err != nil {
		s.t.Fatal(err)
	}
	config, err := b.CheckConfig([]byte("{}"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		return pack.Set(ctx, tx, pack.Change{Merchant: s.m.ID, Shops: []id.ID{s.shop.ID}, PackID: name, Enabled: true, Version: b.Version, Config: config, Reason: "opening"})
	})
}

// trade sells on some days: top-up, punch card, coupon, split tender, a refund.
func (s *shop) trade() {
	var code string
	s.tx(func(_ context.Context, tx *db.Tx) error {
		d := coupon.Definition{Name: "Ten off " + hostile, Kind: coupon.KindPercent, Rate: 100_000, Uses: 1, ValidDays: 30}
		if err := coupon.Define(tx, s.m.ID, &d); err != nil {
			return err
		}
		code = coupon.Issue(tx, s.m.ID, &d, s.members[0], "", 0).Code
		coupon.Issue(tx, s.m.ID, &d, id.None, "WELCOME", 0)
		return nil
	})
	for day := range 3 {
		s.sell(s.members[0], []checkout.LineIn{{SKU: s.skus["cut"].ID, Quantity: money.One, Staff: s.stylist}}, nil)
		s.clock.Advance(time.Duration(day+1) * 22 * time.Hour)
	}
	s.sell(s.members[0], []checkout.LineIn{{Kind: sale.LineTopUp, Amount: 500_00}, {Kind: sale.LinePunchCard, SKU: s.skus["cut"].ID, Amount: 980_00, Visits: 10, FreeVisits: 1}}, nil)
	s.sell(s.members[0], []checkout.LineIn{{SKU: s.skus["cut"].ID, Quantity: money.One, Staff: s.stylist}, {SKU: s.skus["colour"].ID, Quantity: money.One, Staff: s.stylist}, {SKU: s.skus["oil"].ID, Quantity: 2 * money.One}}, []string{code})
	s.sell(s.members[1], []checkout.LineIn{{SKU: s.skus["xss"].ID, Quantity: 3 * money.One}}, nil)
	s.sell(id.None, []checkout.LineIn{{SKU: s.skus["oil"].ID, Quantity: money.One}}, nil)
	back, err := s.desk.Refund(context.Background(), checkout.RefundIn{Merchant: s.m.ID, Sale: s.sales[4].ID, Reason: "leaks " + hostile, Lines: []checkout.RefundLine{{Line: s.sales[4].Lines[2].ID, Quantity: money.One}}, Origin: sale.OriginTill})
	if err != nil {
		s.t.Fatal(err)
	}
	s.sales = append(s.sales, back)
}

// sell pays stored value first where there is any, the rest in cash.
// memberPIN is the PIN of members that a test gave one.
const memberPIN = "73019264"

func (s *shop) sell(who id.ID, lines []checkout.LineIn, coupons []string) *sale.Sale {
	s.t.Helper()
	b := checkout.Basket{Merchant: s.m.ID, Shop: s.shop.ID, Register: s.register.ID, Member: who, Lines: lines, Coupons: coupons}
	q, err := s.desk.Quote(context.Background(), b)
	if err != nil {
		s.t.Fatal(err)
	}
	in := checkout.SaleIn{Basket: b, Origin: sale.OriginTill}
	stored := min(money.Amount(100_00), q.Total)
	if q.Wallet.StoredValue() >= stored && stored > 0 {
		in.Tenders = append(in.Tenders, checkout.TenderIn{Type: sale.TenderStoredValue, Amount: stored, PIN: memberPIN})
	} else {
		stored = 0
	}
	if q.Total > stored {
		in.Tenders = append(in.Tenders, checkout.TenderIn{Type: sale.TenderCash, Amount: q.Total - stored + 5_00})
	}
	v, err := s.desk.Complete(context.Background(), in)
	if err != nil {
		s.t.Fatal(err)
	}
	s.sales = append(s.sales, v)
	return v
}

// browser is a signed-in client; it follows redirects.
type browser struct {
	s    *shop
	http *http.Client
	lang string
}

func (s *shop) signIn(login string) *browser {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	b := &browser{s: s, http: &http.Client{Jar: jar}, lang: "en"}
	got := b.post("/signin", "login", login+"@"+b.s.handle, "password", password)
	if got.status != http.StatusOK || !strings.Contains(got.body, "/signout") {
		s.t.Fatalf("sign-in of %s: %d %.300s", login, got.status, got.body)
	}
	return b
}

type answer struct {
	status int
	body   string
	path   string // after redirects
}

func (b *browser) do(r *http.Request) answer {
	b.s.t.Helper()
	r.Header.Set("Accept-Language", b.lang)
	res, err := b.http.Do(r)
	if err != nil {
		b.s.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.s.t.Fatal(err)
	}
	return answer{res.StatusCode, string(body), res.Request.URL.Path}
}

func (b *browser) get(path string) answer {
	b.s.t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.s.srv.URL+path, nil)
	if err != nil {
		b.s.t.Fatal(err)
	}
	return b.do(r)
}

func (b *browser) post(path string, pairs ...string) answer {
	b.s.t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Add(pairs[i], pairs[i+1])
	}
	return b.postForm(path, v)
}

func (b *browser) postForm(path string, v url.Values) answer {
	b.s.t.Helper()
	r, err := http.NewRequest(http.MethodPost, b.s.srv.URL+path, strings.NewReader(v.Encode()))
	if err != nil {
		b.s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// fakeDevices stands for the device host: what a page asks of it is noted.
type fakeDevices struct {
	asked  []string
	status []office.DeviceStatus
}

func (f *fakeDevices) Status(id.ID) []office.DeviceStatus { return f.status }
func (f *fakeDevices) Kill(_, d id.ID) error {
	f.asked = append(f.asked, "kill "+d.String())
	return nil
}
func (f *fakeDevices) Restart(_, d id.ID) error {
	f.asked = append(f.asked, "restart "+d.String())
	return nil
}
func (f *fakeDevices) Test(_ context.Context, _, d id.ID) error {
	f.asked = append(f.asked, "test "+d.String())
	return nil
}

// The device host's faults of a driver that must not run.
var (
	errAltered  = fault.New(fault.Denied, "plugins.altered")
	errUnsigned = fault.New(fault.Denied, "plugins.unsigned")
)

func (f *fakeDevices) Drivers(context.Context, id.ID) []office.DriverInfo {
	return []office.DriverInfo{{Name: "escpos-net", Class: "printer"}, {Name: "stripe", Class: "acquirer"}, {Name: "scanner-serial", Class: "scanner"}, {Name: "vendors-own", Class: "scale", Version: "2.0.0"},
		{Name: "acme-printer", Class: "printer", Version: "2.0.0", Title: "Acme", Refused: errAltered.With("file", "acme")},
		{Name: "acme-printer", Class: "printer", Version: "1.10.0", Title: "Acme " + hostile, Publisher: "Acme Ltd", Signer: "Acme's key", Trust: "merchant", SHA256: strings.Repeat("0123456789abcdef", 4), Needs: []office.DriverNeed{{Kind: "network", What: "*:9100"}, {Kind: "folder_setting", What: "folder"}, {Kind: "program", What: "lp"}}},
		{Name: "acme-printer", Class: "printer", Version: "1.9.0", Title: "Acme", Signer: "Acme's key", Trust: "reseller"},
		{Name: "acme-scale", Class: "other", Version: "1.0.0", Refused: errUnsigned.With("driver", "acme-scale")}}
}

func (f *fakeDevices) Schema(_ context.Context, _ id.ID, driver, _ string) (json.RawMessage, error) {
	if driver == "vendors-own" {
		return nil, fault.ErrInternal
	}
	return json.RawMessage(`{"type":"object","additionalProperties":false,"required":["address","secret_key"],"properties":{"address":{"type":"string","minLength":1,"title":"Address"},"secret_key":{"type":"string","x-secret":true,"minLength":10,"title":"Key"}}}`), nil
}

func (f *fakeDevices) Record(w io.Writer, _, _ id.ID) error {
	_, err := io.WriteString(w, `{"method":"Health"}`+"\n")
	return err
}

func (f *fakeDevices) Seal(_ id.ID, s string) string {
	if s == "" || strings.HasPrefix(s, "sealed:") {
		return s
	}
	return "sealed:" + strconv.Itoa(len(s))
}

func (f *fakeDevices) Heard(id.ID, id.ID) []device.Input {
	return []device.Input{{Kind: device.InputScan, Text: "6901" + hostile}, {Kind: device.InputPay, Text: "28763443825664394"}, {Kind: device.InputWeight, Milligrams: 1_250_000, Stable: true}, {Kind: device.InputPaper, On: true}}
}

type fakePapers struct{}

func (fakePapers) Papers(context.Context, id.ID, id.ID, int) ([]office.Paper, error) {
	return []office.Paper{{Name: "000001.png", At: clock.Of(time.Date(2026, 5, 20, 4, 0, 0, 0, time.UTC)), Text: "A receipt " + hostile}}, nil
}

func (fakePapers) Picture(context.Context, id.ID, id.ID, string) ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)))
	return b.Bytes(), err
}

func eachShop(t *testing.T, f func(t *testing.T, s *shop)) {
	t.Helper()
	start := time.Date(2026, 5, 18, 3, 0, 0, 0, time.UTC) // 11:00 in Shanghai
	c := clock.NewManual(start)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c.Set(start)
		f(t, newShop(t, d, c))
	}, dbtest.WithClock(c))
}

// newcomer is a merchant with an owner and so many shops, and nothing else.
func (s *shop) newcomer(handle string, shops int) {
	s.t.Helper()
	hash, err := s.service.HashPassword(context.Background(), password)
	if err != nil {
		s.t.Fatal(err)
	}
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		m, err := tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: handle, Name: handle, Currency: "JPY"})
		if err != nil {
			return err
		}
		for range shops {
			if _, err := tenant.CreateShop(ctx, tx, m.ID, tenant.NewShop{Name: "Only", TimeZone: "Asia/Tokyo"}); err != nil {
				return err
			}
		}
		_, err = auth.CreateStaff(ctx, tx, m.ID, auth.NewStaff{Profile: auth.Profile{Name: "Owner", Role: auth.Owner}, Login: "owner", Password: hash})
		return err
	})
}
