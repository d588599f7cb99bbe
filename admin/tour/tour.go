package tour

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"sync"

	"github.com/shopwright/shopwright/admin/shell"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
)

// Options is what the tour needs. All of it but Log is required.
type Options struct {
	Shell  *shell.Shell
	Desk   *checkout.Desk
	Events *event.Dispatcher // not yet started
	// Merchants are the demo's, by edition: "salon", "retail", "catering".
	Merchants map[string]Merchant
	Stories   []Story
	File      string // where the logins are written: demo.json
	// Kill ends a device's driver process as a crash would.
	Kill func(device id.ID) error
	// Driver tells how a device's driver is; false where none runs.
	Driver func(device id.ID) (Driver, bool)
	// Papers counts the papers that came out of a printer for a print job.
	Papers func(device, job id.ID) int
	// Reset begins the demo anew; it returns at once.
	Reset func()
	Log   *slog.Logger // default slog.Default()
}

// Merchant is one of the demo's merchants.
type Merchant struct {
	Edition, Name     string
	ID, Shop          id.ID
	Register, Printer id.ID
	Staff             map[auth.Role]id.ID
	APIKey            string
	Sell              []checkout.LineIn // what a sale made from here sells
	PriceMember       id.ID             // whose price the price page shows
	Price             []checkout.LineIn // of what
	Scans             []Scan            // what the cashier scans
	Member            Scan              // and whose card
	GiftCard          Scan              // with something left on it
}

// Scan is something with a bar code.
type Scan struct{ Code, Name string }

// Driver is the state of a driver process.
type Driver struct {
	Usable   bool
	State    string
	PID      int
	Restarts int
}

// Story is somebody or something worth looking at.
type Story struct {
	Key     string // of the text that says what it is: "tour.story.<key>"
	Edition string
	Name    string
	Note    string // phone, bar code, coupon code
}

// roles are the visitors in the order of the first page.
var roles = []role{
	{key: "cashier", edition: "retail", staff: auth.Cashier, icon: "till", steps: []string{"scan", "member", "split", "paper", "why"}},
	{key: "owner", edition: "catering", staff: auth.Owner, icon: "shop", steps: []string{"watch", "day", "price", "prove", "audit"}},
	{key: "reseller", edition: "salon", staff: auth.Owner, icon: "edition", steps: []string{"look", "switch", "brand", "words", "language"}},
	{key: "integrator", edition: "retail", staff: auth.Owner, icon: "rules", steps: []string{"docs", "api", "inside", "break", "notice"}},
	{key: "vendor", edition: "catering", staff: auth.Owner, icon: "print", steps: []string{"devices", "kill", "back", "once", "copy"}},
}

type role struct {
	key, edition, icon string
	staff              auth.Role
	steps              []string
}

func roleOf(key string) *role {
	for i := range roles {
		if roles[i].key == key {
			return &roles[i]
		}
	}
	return nil
}

// Tour serves the demo's own pages. It is safe for concurrent use.
type Tour struct {
	o  Options
	db *db.DB

	mu    sync.Mutex
	state map[string]*progress // by role
}

// progress is how far the visitors in a role have come.
type progress struct {
	since clock.Instant // 0: nobody has chosen the role yet
	done  map[string]bool
	scans map[string]bool
	sale  id.ID // the latest sale of the merchant since then
	kill  id.ID // the sale during which the printer was killed
	died  int   // restarts of the printer before that
}

// New makes the tour. It listens to the events, so Events must not have started.
func New(o Options) *Tour {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	t := &Tour{o: o, db: o.Shell.DB(), state: map[string]*progress{}}
	for _, r := range roles {
		t.state[r.key] = &progress{done: map[string]bool{}, scans: map[string]bool{}}
	}
	o.Events.Subscribe("sale.completed.v1", t.sold)
	return t
}

// Mount puts the tour's addresses, all below /tour, onto mux.
func (t *Tour) Mount(mux *http.ServeMux) {
	mux.HandleFunc("POST /tour/as/{role}", t.enter)
	mux.HandleFunc("POST /tour/reset", t.reset)
	on := func(pattern string, p auth.Permission, f shell.Handler) {
		mux.Handle(pattern, t.o.Shell.Handle(p, f))
	}
	on("GET /tour/{role}", "", t.rolePage)
	on("GET /tour/{role}/steps", "", t.stepsPart)
	on("GET /tour/price", "", t.pricePage)
	on("POST /tour/member-day", auth.PermPacks, t.memberDay)
	on("POST /tour/break", auth.PermPacks, t.breakRule)
	on("POST /tour/sell", auth.PermSell, t.sell)
	on("POST /tour/kill", auth.PermDevices, t.kill)
}

// tick notes that a step happened, where somebody has chosen the role.
func (t *Tour) tick(role, step string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.state[role]; p != nil && p.since != 0 {
		p.done[step] = true
	}
}

func (t *Tour) has(role, step string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.state[role].done[step]
}

func (t *Tour) merchant(r *role) Merchant { return t.o.Merchants[r.edition] }

// sold hears of every sale, whoever made it and wherever.
func (t *Tour) sold(_ context.Context, e event.Event) {
	var d struct {
		Sale      id.ID    `json:"sale_id"`
		Member    id.ID    `json:"member_id"`
		Fallbacks []string `json:"rule_fallbacks"`
		Tenders   []string `json:"tenders"`
	}
	if err := e.Decode(&d); err != nil {
		t.o.Log.Warn("the tour could not read an event", "error", err)
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range roles {
		r := &roles[i]
		p := t.state[r.key]
		if p.since == 0 || e.OccurredAt < p.since || e.Merchant != t.merchant(r).ID {
			continue
		}
		p.sale = d.Sale
		switch r.key {
		case "cashier":
			if !d.Member.IsNone() {
				p.done["member"] = true
			}
			if len(d.Tenders) > 1 {
				p.done["split"] = true
			}
		case "integrator":
			if slices.Contains(d.Fallbacks, BrokenPack) {
				p.done["notice"] = true
			}
		}
	}
}

// broken reads whether the broken rule is on in a shop.
func (t *Tour) broken(ctx context.Context, m Merchant) (bool, error) {
	all, err := pack.ListFor(ctx, t.db, m.ID, m.Shop)
	for _, a := range all {
		if a.PackID == BrokenPack && a.Enabled {
			return true, err
		}
	}
	return false, err
}
