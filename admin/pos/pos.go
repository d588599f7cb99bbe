package pos

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/shopwright/shopwright/admin/shell"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/tenant"
)

// Receipts makes the document of a sale as it is printed.
type Receipts interface {
	Document(ctx context.Context, merchant, sale id.ID, locale string) (receipt.Document, error)
}

// Devices tells how the devices of a register are.
type Devices interface {
	// AtRegister lists the register's devices, as they are now.
	AtRegister(ctx context.Context, merchant, register id.ID) ([]DeviceState, error)
	// PrintOf tells where the receipt of a sale stands; no ID where none is to be printed.
	PrintOf(ctx context.Context, merchant, sale id.ID) (PrintState, error)
	// Reprint prints it once more, marked as a duplicate. Faults: device.*.
	Reprint(ctx context.Context, merchant, sale id.ID) error
}

// DeviceState is a device as its badge shows it.
type DeviceState struct {
	Name   string
	Kind   string // "printer", "drawer"
	Online bool
	Reason string // key of what is wrong: "hw.paper_out"; "" where nothing is
}

// PrintState is the newest print job of a sale.
type PrintState struct {
	ID     id.ID
	State  device.State
	Reason string
}

// Options is what the register needs beyond the shell.
type Options struct {
	Desk     *checkout.Desk
	Vault    *member.Vault
	Receipts Receipts
	Devices  Devices // nil: no badges, no print state
	Counter  Counter // nil: no scanner but one that types, no displays, no drawer, no scale
	// ScanGap is the longest time between two keys of a scanner; 0: the script's.
	ScanGap time.Duration
	Log     *slog.Logger // default slog.Default()
}

// screens serves the register. It is safe for concurrent use.
type screens struct {
	sh *shell.Shell
	db *db.DB
	o  Options

	second secondScreens

	signed approvals
}

// Mount puts the register's addresses, all below /pos, onto mux.
func Mount(mux *http.ServeMux, sh *shell.Shell, o Options) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	h := &screens{sh: sh, db: sh.DB(), o: o}
	on := func(pattern string, p auth.Permission, f shell.Handler) { mux.Handle(pattern, sh.Handle(p, f)) }
	at := func(pattern string, p auth.Permission, f deskHandler) { on(pattern, p, h.at(f)) }
	on("GET /pos", auth.PermSell, h.choose)
	at("GET /pos/{register}", auth.PermSell, h.show)
	at("POST /pos/{register}", auth.PermSell, h.act)
	at("POST /pos/{register}/pay", auth.PermSell, h.pay)
	at("POST /pos/{register}/pay/give-up", auth.PermSell, h.giveUp)
	at("GET /pos/{register}/sales", auth.PermSell, h.listSales)
	at("GET /pos/{register}/sales/{sale}", auth.PermSell, h.showSale)
	at("GET /pos/{register}/sales/{sale}/print", auth.PermSell, h.printState)
	at("POST /pos/{register}/sales/{sale}/print", auth.PermSell, h.reprint)
	at("GET /pos/{register}/sales/{sale}/refund", auth.PermSell, h.showRefund)
	at("POST /pos/{register}/sales/{sale}/refund", auth.PermSell, h.refund) // without auth.PermRefund it asks for one
	at("GET /pos/{register}/requests", auth.PermSell, h.listRequests)
	at("POST /pos/{register}/requests", auth.PermSell, h.decide) // by who may, or lets somebody sign
	at("POST /pos/{register}/cashout", auth.PermSell, h.cashOut) // likewise
	at("POST /pos/{register}/sales/{sale}/void", auth.PermVoid, h.void)
	at("GET /pos/{register}/screen", auth.PermSell, h.customerScreen)
	at("GET /pos/{register}/screen/feed", auth.PermSell, h.screenFeed)
	if o.Counter != nil {
		at("GET /pos/{register}/feed", auth.PermSell, h.feed)
	}
	at("GET /pos/{register}/shift", auth.PermShift, h.showShift)
	at("POST /pos/{register}/shift", auth.PermShift, h.changeShift)
}

// desk is a request at a register.
type desk struct {
	*shell.Page
	tenant.Desk
}

// path is an address of this register.
func (d *desk) path(parts ...string) string {
	return "/pos/" + strings.Join(append([]string{d.Register.ID.String()}, parts...), "/")
}

type deskHandler func(w http.ResponseWriter, r *http.Request, d *desk) error

// at finds the register of the address. Fault: tenant.register_not_found.
func (h *screens) at(f deskHandler) shell.Handler {
	return func(w http.ResponseWriter, r *http.Request, p *shell.Page) error {
		register, err := id.Parse(r.PathValue("register"))
		if err != nil {
			return tenant.ErrRegisterNotFound
		}
		d := &desk{Page: p}
		if err := h.db.Batch(r.Context(), tenant.AskDesk(p.Merchant.ID, register, &d.Desk)); err != nil {
			return err
		}
		if err := d.Desk.Check(); err != nil {
			return err
		}
		d.Page.Zone = d.Desk.Shop.Zone.Loc
		remember(w, r, register)
		return f(w, r, d)
	}
}

// registerCookie remembers which register this browser is.
const registerCookie = "sw_register"

func remember(w http.ResponseWriter, r *http.Request, register id.ID) {
	if c, err := r.Cookie(registerCookie); err == nil && c.Value == register.String() {
		return
	}
	http.SetCookie(w, &http.Cookie{Name: registerCookie, Value: register.String(), Path: "/pos", MaxAge: 365 * 24 * 3600, HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"})
}

// choose goes to the register that this browser was, or lists them.
func (h *screens) choose(w http.ResponseWriter, r *http.Request, p *shell.Page) error {
	all, err := tenant.ListRegisters(r.Context(), h.db, p.Merchant.ID)
	if err != nil {
		return err
	}
	var open []tenant.Register
	for _, reg := range all {
		if !reg.Archived {
			open = append(open, reg)
		}
	}
	if r.URL.Query().Get("choose") == "" {
		if len(open) == 1 {
			return shell.Redirect(w, r, "/pos/"+open[0].ID.String(), "", "")
		}
		if c, err := r.Cookie(registerCookie); err == nil {
			for _, reg := range open {
				if reg.ID.String() == c.Value {
					return shell.Redirect(w, r, "/pos/"+c.Value, "", "")
				}
			}
		}
	}
	return h.sh.Render(w, r, chooseView(p, open))
}

// isScripted reports whether htmx asked: it swaps and does not follow.
func isScripted(r *http.Request) bool { return r.Header.Get("HX-Request") != "" }
