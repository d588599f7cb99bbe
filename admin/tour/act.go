package tour

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"github.com/shopwright/shopwright/admin/shell"
	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/web"
)

// ErrElsewhere: the button belongs to another of the demo's merchants.
var ErrElsewhere = fault.New(fault.Conflict, "tour.other_merchant")

// enter signs a visitor in as a role and begins its steps anew.
func (t *Tour) enter(w http.ResponseWriter, r *http.Request) {
	role := roleOf(r.PathValue("role"))
	if role == nil {
		t.o.Shell.Fail(w, r, web.ErrNoRoute)
		return
	}
	m := t.merchant(role)
	var in auth.SignedIn
	err := t.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		// Whoever was signed in before has no part in it.
		ctx = auth.WithActor(ctx, auth.JobActor(m.ID, "tour"))
		in, err = t.o.Shell.Auth().IssueSession(ctx, tx, m.ID, m.Staff[role.staff])
		return err
	})
	if err != nil {
		t.o.Shell.Fail(w, r, err)
		return
	}
	t.mu.Lock()
	t.state[role.key] = &progress{since: t.db.Now(), done: map[string]bool{}, scans: map[string]bool{}}
	t.mu.Unlock()
	t.o.Shell.SignedIn(w, r, in)
	http.SetCookie(w, &http.Cookie{Name: roleCookie, Value: role.key, Path: "/", MaxAge: 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/tour/"+role.key, http.StatusSeeOther)
}

func (t *Tour) reset(w http.ResponseWriter, r *http.Request) {
	t.o.Reset()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// at is the demo's merchant that a page is about.
func (t *Tour) at(p *shell.Page, edition string) (Merchant, error) {
	m := t.o.Merchants[edition]
	if m.ID != p.Merchant.ID {
		return m, ErrElsewhere.With("name", m.Name)
	}
	return m, nil
}

// memberDay switches the caterer's member day on or off, as the pack's page does.
func (t *Tour) memberDay(w http.ResponseWriter, r *http.Request, p *shell.Page) error {
	m, err := t.at(p, "catering")
	if err != nil {
		return err
	}
	a, config, err := t.catering(r.Context(), m)
	if err != nil {
		return err
	}
	on, _ := config["member_days_on"].(bool)
	config["member_days_on"] = !on
	if !on {
		config["member_days"] = withToday(config["member_days"], p.Shop.Zone.Local(t.db.Now()))
	}
	if err := t.set(r.Context(), m, "catering", a.Version, true, config, "member day"); err != nil {
		return err
	}
	return shell.Redirect(w, r, "/tour/owner", ui.Ok, p.T("tour.day_"+strconv.FormatBool(!on)))
}

// withToday adds today's weekday to the member days where it is none yet.
func withToday(list any, now time.Time) []any {
	days, _ := list.([]any)
	name := [7]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}[now.Weekday()]
	for _, d := range days {
		if m, ok := d.(map[string]any); ok && m["weekday"] == name {
			return days
		}
	}
	return append(days, map[string]any{"weekday": name, "percent": 12})
}

// catering reads the caterer's pack as it is configured now.
func (t *Tour) catering(ctx context.Context, m Merchant) (pack.Activation, map[string]any, error) {
	a, err := pack.GetActivation(ctx, t.db, m.ID, m.Shop, "catering")
	config := map[string]any{}
	if err == nil {
		err = json.Unmarshal(a.Config, &config)
	}
	return a, config, err
}

// set changes a pack in the merchant's shop and audits it.
func (t *Tour) set(ctx context.Context, m Merchant, packID, version string, on bool, config map[string]any, reason string) error {
	b, err := t.o.Desk.Packs.For(ctx, m.ID).Get(packID, version)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(config)
	if err != nil {
		return fault.ErrInternal.Wrap(err)
	}
	canonical, err := b.CheckConfig(raw)
	if err != nil {
		return err
	}
	return t.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		err := pack.Set(ctx, tx, pack.Change{Merchant: m.ID, Shops: []id.ID{m.Shop}, PackID: packID, Enabled: on, Version: version, Config: canonical, Actor: auth.ActorOf(ctx).Staff, Reason: reason})
		if err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.Record{Action: "pack.set", SubjectKind: "pack", SubjectID: packID,
			Detail: map[string]any{"shop": m.Shop, "on": on, "version": version, "reason": reason}})
	})
}

// breakRule switches the broken rule on, or off again.
func (t *Tour) breakRule(w http.ResponseWriter, r *http.Request, p *shell.Page) error {
	m, err := t.at(p, "retail")
	if err != nil {
		return err
	}
	on, err := t.broken(r.Context(), m)
	if err != nil {
		return err
	}
	b, err := t.o.Desk.Packs.Latest(BrokenPack)
	if err != nil {
		return err
	}
	if err := t.set(r.Context(), m, BrokenPack, b.Version, !on, map[string]any{}, "tour"); err != nil {
		return err
	}
	if !on {
		t.tick("integrator", "break")
	}
	return shell.Redirect(w, r, "/tour/integrator", ui.Ok, p.T("tour.broken_"+strconv.FormatBool(!on)))
}

// complete sells the merchant's sample basket for cash, through the real checkout.
func (t *Tour) complete(ctx context.Context, m Merchant, before func()) (*sale.Sale, error) {
	b := checkout.Basket{Merchant: m.ID, Shop: m.Shop, Register: m.Register, Lines: append([]checkout.LineIn(nil), m.Sell...)}
	q, err := t.o.Desk.Quote(ctx, b)
	if err != nil {
		return nil, err
	}
	if before != nil {
		before()
	}
	in := checkout.SaleIn{Basket: q.Basket, QuoteRef: q.Ref, ExpectedTotal: &q.Total, Actor: auth.ActorOf(ctx).Staff, Origin: sale.OriginTill}
	if q.Total > 0 {
		in.Tenders = []checkout.TenderIn{{Type: sale.TenderCash, Amount: q.Total}}
	}
	return t.o.Desk.Complete(ctx, in)
}

func (t *Tour) sell(w http.ResponseWriter, r *http.Request, p *shell.Page) error {
	m, err := t.at(p, "retail")
	if err != nil {
		return err
	}
	s, err := t.complete(r.Context(), m, nil)
	if err != nil {
		return err
	}
	tone, key := ui.Ok, "tour.sold"
	if s.Fallbacks != "" {
		tone, key = ui.Warn, "tour.sold_with_notice"
	}
	return shell.Redirect(w, r, "/tour/integrator", tone, p.T(key, "number", s.ReceiptNumber(), "total", p.Money(s.Total), "packs", s.Fallbacks))
}

// printing is how long the receipt is left to come out before its printer dies.
const printing = 200 * time.Millisecond

// kill sells something, and kills the printer while the receipt is on its way.
func (t *Tour) kill(w http.ResponseWriter, r *http.Request, p *shell.Page) error {
	m, err := t.at(p, "catering")
	if err != nil {
		return err
	}
	before, _ := t.o.Driver(m.Printer)
	s, err := t.complete(r.Context(), m, nil)
	if err != nil {
		return err
	}
	select {
	case <-time.After(printing):
	case <-r.Context().Done():
		return r.Context().Err()
	}
	if err := t.o.Kill(m.Printer); err != nil {
		return err
	}
	t.mu.Lock()
	pr := t.state["vendor"]
	pr.kill, pr.died = s.ID, before.Restarts
	if pr.since == 0 {
		pr.since = clock.Instant(1)
	}
	pr.done["kill"] = true
	t.mu.Unlock()
	return shell.Redirect(w, r, "/tour/vendor", ui.Warn, p.T("tour.killed", "number", s.ReceiptNumber()))
}
