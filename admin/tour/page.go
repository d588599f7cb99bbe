package tour

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/admin/shell"
	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/web"
)

// Home is the first page: who are you?
func (t *Tour) Home(w http.ResponseWriter, r *http.Request) {
	p, err := t.o.Shell.Page(r)
	if err == nil {
		err = t.o.Shell.Render(w, r, homeView(p, t.cards(), t))
	}
	if err != nil {
		t.o.Shell.Fail(w, r, err)
	}
}

// card is a role on the first page.
type card struct {
	*role
	merchant string
	done     int
	begun    bool
}

func (t *Tour) cards() []card {
	t.mu.Lock()
	defer t.mu.Unlock()
	var out []card
	for i := range roles {
		r := &roles[i]
		p := t.state[r.key]
		out = append(out, card{role: r, merchant: t.merchant(r).Name, done: countOf(r, p.done), begun: p.since != 0})
	}
	return out
}

func countOf(r *role, done map[string]bool) (n int) {
	for _, s := range r.steps {
		if done[s] {
			n++
		}
	}
	return n
}

// view is a role's page.
type view struct {
	*shell.Page
	role   *role
	m      Merchant
	t      *Tour
	done   map[string]bool
	sale   id.ID
	broken bool   // integrator: the broken rule is on
	day    bool   // owner: the member day is on
	driver Driver // vendor
	papers int    // vendor: of the sale during which the printer was killed
	killed bool
	host   string // of the request
}

// look reads the steps that are states rather than events, and ticks them.
func (t *Tour) look(ctx context.Context, p *shell.Page, r *role) (*view, error) {
	v := &view{Page: p, role: r, m: t.merchant(r), t: t}
	var err error
	switch r.key {
	case "owner":
		a, config, e := t.catering(ctx, v.m)
		v.day, _ = config["member_days_on"].(bool)
		t.mu.Lock()
		since := t.state[r.key].since
		t.mu.Unlock()
		t.tickIf(e == nil && v.day && a.UpdatedAt >= since, r.key, "day")
		err = e
	case "reseller":
		m, e := tenant.GetMerchant(ctx, t.db, v.m.ID)
		t.tickIf(e == nil && m.Edition != r.edition, r.key, "switch")
		err = e
	case "integrator":
		v.broken, err = t.broken(ctx, v.m)
		t.tickIf(err == nil && v.broken, r.key, "break")
	case "vendor":
		err = t.lookAtPrinter(ctx, v)
	}
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	st := t.state[r.key]
	v.sale, v.done = st.sale, map[string]bool{}
	for k, d := range st.done {
		v.done[k] = d
	}
	return v, nil
}

// lookAtPrinter follows the receipt of the sale during which the printer died.
func (t *Tour) lookAtPrinter(ctx context.Context, v *view) error {
	v.driver, _ = t.o.Driver(v.m.Printer)
	t.mu.Lock()
	killed, died := t.state["vendor"].kill, t.state["vendor"].died
	t.mu.Unlock()
	if killed.IsNone() {
		return nil
	}
	v.killed = true
	t.tickIf(v.driver.Usable && v.driver.Restarts > died, "vendor", "back")
	jobs, _, err := device.ListJobs(ctx, t.db, v.m.ID, device.JobFilter{Sale: killed}, db.Page{Limit: 20})
	if err != nil {
		return err
	}
	copies := 0
	settled := true
	for _, j := range jobs {
		n := t.o.Papers(v.m.Printer, j.ID)
		v.papers += n
		if j.Attempt > 1 {
			copies += n
		}
		settled = settled && j.State.Settled()
	}
	t.tickIf(settled && v.papers-copies == 1, "vendor", "once")
	t.tickIf(copies > 0, "vendor", "copy")
	v.sale = killed
	return nil
}

// signature says whether a page that was drawn is still what it would be.
func (v *view) signature() string {
	var b strings.Builder
	for _, s := range v.role.steps {
		b.WriteString(strconv.FormatBool(v.done[s])[:1])
	}
	b.WriteString(v.driver.State)
	b.WriteString(strconv.Itoa(v.driver.PID))
	b.WriteString(strconv.Itoa(v.papers))
	b.WriteString(strconv.FormatBool(v.day || v.broken)[:1])
	if !v.sale.IsNone() {
		b.WriteString(v.sale.String()[:13])
	}
	return b.String()
}

func (v *view) count() int { return countOf(v.role, v.done) }

func (t *Tour) rolePage(w http.ResponseWriter, r *http.Request, p *shell.Page) error {
	role := roleOf(r.PathValue("role"))
	if role == nil {
		return web.ErrNoRoute
	}
	if t.merchant(role).ID != p.Merchant.ID {
		return shell.Redirect(w, r, "/", "", "") // signed in as somebody else: choose again
	}
	v, err := t.look(r.Context(), p, role)
	if err != nil {
		return err
	}
	v.host = r.Host
	return t.o.Shell.Render(w, r, roleView(v))
}

// stepsPart is the part of the page that follows what happens.
func (t *Tour) stepsPart(w http.ResponseWriter, r *http.Request, p *shell.Page) error {
	role := roleOf(r.PathValue("role"))
	if role == nil || t.merchant(role).ID != p.Merchant.ID {
		return web.ErrNoRoute
	}
	v, err := t.look(r.Context(), p, role)
	if err != nil {
		return err
	}
	v.host = r.Host
	if r.URL.Query().Get("seen") == v.signature() {
		w.WriteHeader(http.StatusNoContent) // nothing is swapped, and nobody's focus is lost
		return nil
	}
	return t.o.Shell.Render(w, r, stepsView(v))
}

// price is what the price page shows: one basket, priced now.
type price struct {
	member string
	quote  *checkout.Quote
	why    []ui.Why
	seen   string
}

// pricePage shows what a member pays at this very moment; it is left open in
// another tab while the rules are changed.
func (t *Tour) pricePage(w http.ResponseWriter, r *http.Request, p *shell.Page) error {
	m, err := t.at(p, "catering")
	if err != nil {
		return err
	}
	q, err := t.o.Desk.Quote(r.Context(), checkout.Basket{Merchant: m.ID, Shop: m.Shop, Register: m.Register, Member: m.PriceMember, Lines: append([]checkout.LineIn(nil), m.Price...)})
	if err != nil {
		return err
	}
	v := &price{member: q.MemberName, quote: q}
	for i := range q.Lines {
		v.why = append(v.why, t.why(p, q, i))
		v.seen += q.Currency.Format(q.Lines[i].Net) + " "
	}
	for _, a := range q.Adjustments {
		v.seen += a.Code + " "
		t.tickIf(a.Code == "member_day", "owner", "price")
	}
	if r.URL.Query().Get("seen") == v.seen {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	if r.Header.Get("HX-Request") != "" {
		return t.o.Shell.Render(w, r, priceView(p, v))
	}
	return t.o.Shell.Render(w, r, pricePageView(p, v))
}

func (t *Tour) why(p *shell.Page, q *checkout.Quote, i int) ui.Why {
	l := &q.Lines[i]
	w := ui.Why{ListLabel: l.Name, List: p.Money(l.Gross), PayLabel: p.T("tour.to_pay"), Pay: p.Money(l.Net)}
	for _, a := range q.Adjustments {
		if a.Line != l.ID {
			continue
		}
		r := ui.Reason{Text: a.Code, Pack: a.PackID, Version: a.PackVersion, Amount: p.Money(a.Amount)}
		if b, err := p.Packs.Get(a.PackID, a.PackVersion); err == nil {
			r.Text, r.Pack = b.Message(p.Words, a.Code, promotion.Note{Code: a.Code, Arg: a.Arg, Money: a.Money, Label: a.Label}, q.Currency), b.Name(p.Words)
		}
		w.Reasons = append(w.Reasons, r)
	}
	return w
}

func saved(q *checkout.Quote) money.Amount { return q.Subtotal - q.Total }
