package pos

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/shopwright/shopwright/admin/shell"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/receipt"
	books "github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/wallet"
	"github.com/shopwright/shopwright/core/web"
	"github.com/shopwright/shopwright/rules"
	"github.com/shopwright/shopwright/rules/packs"
)

// shop is a merchant in business behind a real server, with the real rule host and
// the packs that come with the program.
type shop struct {
	t        *testing.T
	ctx      context.Context
	db       *db.DB
	desk     *checkout.Desk
	auth     *auth.Service
	clock    *clock.Manual
	m        tenant.Merchant
	shop     tenant.Shop
	register tenant.Register
	skus     map[string]catalog.SKU
	member   id.ID
	staff    map[auth.Role]id.ID
	devices  *devices
	url      string
	counter  *counterTop
}

// devices is a printer that a test can switch off.
type devices struct {
	mu     sync.Mutex
	online bool
	scale  bool
	jobs   map[id.ID]int
}

func (f *devices) AtRegister(context.Context, id.ID, id.ID) ([]DeviceState, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := []DeviceState{{Name: "Printer", Kind: "printer", Online: f.online}}
	if f.scale {
		list = append(list, DeviceState{Name: "Scale", Kind: "scale", Online: true})
	}
	return list, nil
}

func (f *devices) PrintOf(_ context.Context, _, doc id.ID) (PrintState, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.online {
		return PrintState{ID: doc, State: device.Confirmed}, nil
	}
	return PrintState{ID: doc, State: device.Failed}, nil
}

func (f *devices) Reprint(_ context.Context, _, doc id.ID) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.jobs[doc]++
	return nil
}

// papers makes the receipts, as the program does.
type papers struct{ receipts *books.Receipts }

func (p papers) Document(ctx context.Context, merchant, doc id.ID, locale string) (receipt.Document, error) {
	return p.receipts.Document(ctx, merchant, doc, locale, 1)
}

var (
	hostOnce sync.Once
	hostReg  *pack.Registry
	host     *rules.Host
)

func ruleHost(t *testing.T) (*pack.Registry, *rules.Host) {
	t.Helper()
	hostOnce.Do(func() {
		hostReg = pack.NewRegistry()
		for _, data := range packs.Bundles() {
			b, err := pack.Open(data)
			if err != nil {
				t.Fatal(err)
			}
			if err := hostReg.Add(b); err != nil {
				t.Fatal(err)
			}
		}
		dir, err := os.UserCacheDir()
		if err != nil {
			dir = os.TempDir()
		}
		if host, err = rules.New(context.Background(), rules.Options{CacheDir: dir + "/shopwright-test-rules", Load: hostReg.Module}); err != nil {
			t.Fatal(err)
		}
	})
	if host == nil {
		t.Fatal("the rule host did not start")
	}
	return hostReg, host
}

const perYuan = money.UnitPrice(10_000)

// newShop opens a shop; the packs that are named are on.
func newShop(t *testing.T, on ...string) *shop {
	t.Helper()
	c := clock.NewManual(time.Date(2026, 5, 20, 3, 0, 0, 0, time.UTC)) // 11:00 in Shanghai
	reg, h := ruleHost(t)
	vault, err := member.NewVault(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	s := &shop{t: t, ctx: context.Background(), db: dbtest.SQLite(t, dbtest.WithClock(c)), clock: c, skus: map[string]catalog.SKU{}, staff: map[auth.Role]id.ID{}, devices: &devices{online: true, jobs: map[id.ID]int{}}, counter: newCounterTop()}
	s.desk = &checkout.Desk{DB: s.db, Rules: h, Packs: reg, Vault: vault, Log: log}
	s.auth = auth.New(s.db, auth.Options{Hash: auth.CheapHash, Log: log})
	t.Cleanup(s.auth.Close)
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		if s.m, err = tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "lotus", Name: "Lotus", Currency: "CNY"}); err != nil {
			return err
		}
		s.shop, err = tenant.CreateShop(ctx, tx, s.m.ID, tenant.NewShop{Name: "Lotus, Xujiahui", TimeZone: "Asia/Shanghai", CutOff: 240})
		return err
	})
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		stock.CreateFloor(tx, s.m.ID, s.shop.ID, "floor")
		if s.register, err = tenant.CreateRegister(ctx, tx, s.m.ID, s.shop.ID, tenant.NewRegister{Name: "Register 1"}); err != nil {
			return err
		}
		for i, tier := range []member.Tier{{Code: "silver", Name: "Silver"}, {Code: "gold", Name: "Gold"}} {
			tier.Rank = i + 1
			if err := member.CreateTier(ctx, tx, s.m.ID, tier); err != nil {
				return err
			}
		}
		for role, name := range map[auth.Role]string{auth.Cashier: "Mei", auth.Manager: "Chen Yu", auth.Finance: "Ann"} {
			st, err := auth.CreateStaff(ctx, tx, s.m.ID, auth.NewStaff{Profile: auth.Profile{Name: name, Role: role, Level: "senior"}, Login: string(role)})
			if err != nil {
				return err
			}
			s.staff[role] = st.ID
		}
		mem, err := member.Create(ctx, tx, vault, member.In{Merchant: s.m.ID, Name: "李娜", Phone: "13800000001", Birthday: "1990-05-20", Card: "M-000213"})
		s.member = mem.ID
		return err
	})
	s.sku("TEA", "Longjing tea 100 g", catalog.Goods, "drinks", 8*perYuan+5000, "6901234567892")
	s.sku("SOAP", "Olive soap", catalog.Goods, "home", 25*perYuan, "6902345678903")
	s.sku("RICE", "Rice, loose", catalog.Goods, "food", 3*perYuan+3300, "")
	s.sku("CUT", "Cut and blow-dry", catalog.Service, "hair", 120*perYuan, "")
	for _, p := range on {
		s.activate(p)
	}
	s.serve(vault, log)
	return s
}

func (s *shop) serve(vault *member.Vault, log *slog.Logger) {
	mux := http.NewServeMux()
	sh := shell.New(shell.Options{DB: s.db, Auth: s.auth, Packs: s.desk.Packs, Log: log})
	sh.Mount(mux)
	Mount(mux, sh, Options{Desk: s.desk, Vault: vault, Receipts: papers{&books.Receipts{DB: s.db, Packs: s.desk.Packs}}, Devices: s.devices, Counter: s.counter, ScanGap: 60 * time.Millisecond, Log: log})
	srv := httptest.NewServer(web.Wrap(mux, web.Options{Auth: s.auth, Log: log}))
	s.t.Cleanup(srv.Close)
	s.t.Cleanup(s.counter.close) // before it: pages listen
	s.url = srv.URL
}

func (s *shop) tx(f func(context.Context, *db.Tx) error) {
	s.t.Helper()
	if err := s.db.InTx(s.ctx, f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) sku(code, name string, kind catalog.Kind, category string, price money.UnitPrice, barcode string) {
	s.t.Helper()
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		in := catalog.In{Merchant: s.m.ID, Code: code, Name: name, Kind: kind, Category: category, UnitPrice: price, Stocked: kind == catalog.Goods}
		if barcode != "" {
			in.Barcodes = []string{barcode}
		}
		v, err := catalog.Create(ctx, tx, in)
		if err != nil {
			return err
		}
		s.skus[code] = v
		if kind == catalog.Goods {
			return stock.Adjust(tx, stock.Adjustment{Merchant: s.m.ID, Shop: s.shop.ID, Kind: stock.KindReceipt, Moves: []stock.Move{{SKU: v.ID, Quantity: 1000 * money.One}}})
		}
		return nil
	})
}

func (s *shop) activate(packID string) {
	s.t.Helper()
	b, err := s.desk.Packs.Latest(packID)
	if err != nil {
		s.t.Fatal(err)
	}
	config, err := b.CheckConfig([]byte("{}"))
	if err != nil {
		s.t.Fatal(err)
	}
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		return pack.Set(ctx, tx, pack.Change{Merchant: s.m.ID, Shops: []id.ID{s.shop.ID}, PackID: packID, Enabled: true, Version: b.Version, Config: config})
	})
}

func (s *shop) coupon(d coupon.Definition, owner id.ID) string {
	s.t.Helper()
	var code string
	s.tx(func(_ context.Context, tx *db.Tx) error {
		if err := coupon.Define(tx, s.m.ID, &d); err != nil {
			return err
		}
		c := coupon.Issue(tx, s.m.ID, &d, owner, "", 0)
		code = c.Code
		return nil
	})
	return code
}

func (s *shop) set(pairs ...string) {
	s.t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		s.tx(func(_ context.Context, tx *db.Tx) error {
			return setting.Set(tx, setting.Place{Merchant: s.m.ID}, pairs[i], pairs[i+1])
		})
	}
}

// password lets somebody sign in, and sign, by what they know.
func (s *shop) password(role auth.Role, password string) {
	s.t.Helper()
	hash, err := s.auth.HashPassword(s.ctx, password)
	if err != nil {
		s.t.Fatal(err)
	}
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		return auth.SetPassword(auth.WithActor(ctx, auth.JobActor(s.m.ID, "test")), tx, s.m.ID, s.staff[role], hash)
	})
}

// audited is how often something was done, by whom at last.
func (s *shop) audited(action string) (n int, last auth.AuditEntry) {
	s.t.Helper()
	list, _, err := auth.ListAudit(s.ctx, s.db, s.m.ID, auth.AuditFilter{Action: action}, db.Page{})
	if err != nil {
		s.t.Fatal(err)
	}
	if len(list) > 0 {
		last = list[0]
	}
	return len(list), last
}

func (s *shop) wallet() wallet.Wallet {
	s.t.Helper()
	w, err := wallet.Get(s.ctx, s.db, s.m.ID, s.member)
	if err != nil {
		s.t.Fatal(err)
	}
	return w
}

// proven fails the test where a figure does not follow from the entries.
func (s *shop) proven() {
	s.t.Helper()
	p, err := books.Prove(s.ctx, s.db, s.m)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, d := range p.Differences {
		s.t.Errorf("the books do not prove: %+v", d)
	}
}

func (s *shop) sales() []sale.Sale {
	s.t.Helper()
	list, err := sale.List(s.ctx, s.db, s.m.ID, sale.Filter{}, db.Page{})
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

// token signs a person of that role in.
func (s *shop) token(role auth.Role) string {
	s.t.Helper()
	var in auth.SignedIn
	s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		in, err = s.auth.IssueSession(ctx, tx, s.m.ID, s.staff[role])
		return err
	})
	return in.Token
}

// person uses the register in a browser without a script: they see a page, fill in
// its forms and press its buttons, nothing else.
type person struct {
	t    *testing.T
	http *http.Client
	base string
	at   *url.URL
	page *html.Node
	raw  string
	code int
}

func (s *shop) person(role auth.Role) *person {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	u, _ := url.Parse(s.url)
	jar.SetCookies(u, []*http.Cookie{{Name: web.SessionCookie, Value: s.token(role)}, {Name: web.LangCookie, Value: "en"}})
	p := &person{t: s.t, http: &http.Client{Jar: jar}, base: s.url}
	p.get("/pos")
	return p
}

func (p *person) do(req *http.Request, err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
	res, err := p.http.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	p.at, p.code, p.raw = res.Request.URL, res.StatusCode, string(body)
	if p.page, err = html.Parse(bytes.NewReader(body)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *person) get(path string) {
	p.t.Helper()
	p.do(http.NewRequest(http.MethodGet, p.base+path, nil))
}
