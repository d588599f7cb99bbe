package office

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/wallet"
)

func (f *office) mountWallet() {
	f.on("GET /office/members/{id}/wallet", auth.PermMembers, f.walletPage)
	for name, do := range map[string]walletAct{"transfer": f.walletTransfer, "points": f.walletPoints, "bonus": f.walletBonus, "freeze": f.walletFreeze, "restore": f.walletRestore} {
		f.on("POST /office/members/{id}/wallet/"+name, auth.PermAdjust, f.walletDo(name, do))
	}
	f.mountGiftCards()
}

func walletURL(m id.ID) string { return "/office/members/" + m.String() + "/wallet" }

// walletView is a member's wallet with all of its lots.
type walletView struct {
	m       member.Member
	wallet  wallet.Wallet
	lots    []wallet.LotView
	prepaid map[id.ID]wallet.Prepaid // by group
	stops   []wallet.Stop
	done    []wallet.Done
	people  map[id.ID]string // members that transfers name
	skus    map[id.ID]catalog.SKU
	now     clock.Instant
	key     string
	in      map[string]form // by action: what was typed and what was wrong
}

func (f *office) readWallet(ctx context.Context, p *page, m member.Member) (*walletView, error) {
	v := &walletView{m: m, now: f.db.Now(), key: newKey(), in: map[string]form{}, prepaid: map[id.ID]wallet.Prepaid{}}
	merchant := p.Merchant.ID
	var groups []wallet.Prepaid
	err := f.db.Batch(ctx, wallet.AskPrepaid(merchant, m.ID, id.None, &groups))
	read := func(err2 error) bool { err = err2; return err == nil }
	_ = err == nil && read(fill(&v.wallet)(wallet.Get(ctx, f.db, merchant, m.ID))) &&
		read(fill(&v.lots)(wallet.Lots(ctx, f.db, merchant, m.ID))) &&
		read(fill(&v.stops)(wallet.Stops(ctx, f.db, merchant, m.ID))) &&
		read(fill(&v.done)(wallet.Operations(ctx, f.db, merchant, m.ID, movementsShown)))
	if err != nil {
		return nil, err
	}
	var services, people []id.ID
	for _, g := range groups {
		v.prepaid[g.Group] = g
	}
	for _, l := range v.lots {
		if sku, ok := punchSKU(l.Unit); ok {
			services = append(services, sku)
		}
	}
	for _, d := range v.done {
		if !d.Other.IsNone() {
			people = append(people, d.Member, d.Other)
		}
	}
	if v.people, err = member.Names(ctx, f.db, merchant, people); err != nil {
		return nil, err
	}
	v.skus, err = f.skus(ctx, merchant, services)
	return v, err
}

func (f *office) walletPage(w http.ResponseWriter, r *http.Request, p *page) error {
	m, err := f.memberOf(r, p)
	if err != nil {
		return err
	}
	v, err := f.readWallet(r.Context(), p, m)
	if err != nil {
		return err
	}
	return f.show(w, r, walletPageView(p, v))
}

// walletAct books one action of the page and answers the audit's detail.
type walletAct func(ctx context.Context, tx *db.Tx, p *page, m id.ID, in form) (detail map[string]any, err error)

// walletDo books an action once: the form's key says whether it was sent before.
func (f *office) walletDo(name string, do walletAct) func(http.ResponseWriter, *http.Request, *page) error {
	return func(w http.ResponseWriter, r *http.Request, p *page) error {
		m, err := f.memberOf(r, p)
		if err != nil {
			return err
		}
		in, err := formOf(r)
		if err != nil {
			return err
		}
		idem := formKey(in, "wallet "+name+" "+m.ID.String())
		err = f.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) error {
			if idem.Key != "" {
				claim := tx.ClaimKey(p.Merchant.ID, idem)
				if err := tx.Flush(ctx); err != nil {
					return err
				}
				if _, ended, found, err := claim.Prior(); err != nil || ended {
					return err
				} else if found {
					return db.ErrKeyInFlight
				}
			}
			detail, err := do(ctx, tx, p, m.ID, in)
			if err != nil {
				return err
			}
			if idem.Key != "" {
				tx.SettleKey(p.Merchant.ID, idem, m.ID)
			}
			return auth.Audit(ctx, tx, auth.Record{Action: walletActions[name], SubjectKind: "member", SubjectID: m.ID.String(), Detail: detail})
		})
		if err == nil {
			return done(w, r, p, walletURL(m.ID), "office.wallet.done."+name)
		}
		v, readErr := f.readWallet(r.Context(), p, m)
		if readErr != nil {
			return readErr
		}
		in.err = err
		v.in[name] = in
		return f.again(w, r, err, walletPageView(p, v))
	}
}

var walletActions = map[string]string{"transfer": "wallet.transferred", "points": "wallet.points_adjusted", "bonus": "wallet.bonus_adjusted", "freeze": "wallet.frozen", "restore": "wallet.restored"}

func (f *office) operation(p *page, in form) wallet.Operation {
	return wallet.Operation{Merchant: p.Merchant.ID, Shop: p.Shop.ID, BusinessDate: f.today(p), Actor: p.Actor.ID, Reason: in.get("reason")}
}

func (f *office) walletTransfer(ctx context.Context, tx *db.Tx, p *page, m id.ID, in form) (map[string]any, error) {
	found, _, err := member.Find(ctx, tx, f.o.Vault, p.Merchant.ID, in.get("to"), db.Page{Limit: 2})
	if err != nil {
		return nil, err
	}
	if in.get("to") == "" || len(found) != 1 { // nobody, or not clear who
		return nil, member.ErrNotFound.On("to")
	}
	t := wallet.Transfer{Operation: f.operation(p, in), From: m, To: found[0].ID, Currency: p.Merchant.Currency.Code, Points: atoi(in.get("points"))}
	if t.Amount, err = amountIn(p, in.get("amount"), "amount"); err != nil {
		return nil, err
	}
	moved, err := wallet.Move(ctx, tx, new(ledger.Book), t)
	return map[string]any{"entry": moved.Entry.String(), "to": t.To.String(), "amount": int64(t.Amount), "points": t.Points}, err
}

// signOf makes a figure negative where it is to be taken.
func signOf(in form) int64 {
	if in.get("way") == "take" {
		return -1
	}
	return 1
}

func (f *office) walletPoints(ctx context.Context, tx *db.Tx, p *page, m id.ID, in form) (map[string]any, error) {
	v, err := setting.All(ctx, tx, p.Merchant.ID, p.Shop.ID, id.None)
	if err != nil {
		return nil, err
	}
	c := wallet.PointsChange{Operation: f.operation(p, in), Member: m, Points: signOf(in) * atoi(in.get("points")), BelowZero: setting.PointsAdjustBelowZero.In(v)}
	entry, err := wallet.AdjustPoints(ctx, tx, new(ledger.Book), c)
	return map[string]any{"entry": entry.String(), "points": c.Points}, err
}

func (f *office) walletBonus(ctx context.Context, tx *db.Tx, p *page, m id.ID, in form) (map[string]any, error) {
	amount, err := amountIn(p, in.get("amount"), "amount")
	if err != nil {
		return nil, err
	}
	c := wallet.BonusChange{Operation: f.operation(p, in), Member: m, Currency: p.Merchant.Currency.Code, Amount: money.Amount(signOf(in)) * amount}
	entry, err := wallet.AdjustBonus(ctx, tx, new(ledger.Book), c)
	return map[string]any{"entry": entry.String(), "amount": int64(c.Amount)}, err
}

func (f *office) walletFreeze(ctx context.Context, tx *db.Tx, p *page, m id.ID, in form) (map[string]any, error) {
	return nil, wallet.Freeze(ctx, tx, p.Merchant.ID, m, p.Actor.ID, in.get("reason"))
}

func (f *office) walletRestore(ctx context.Context, tx *db.Tx, p *page, m id.ID, in form) (map[string]any, error) {
	return nil, wallet.Restore(ctx, tx, p.Merchant.ID, m, p.Actor.ID, in.get("reason"))
}

// form is what an action's form shows: empty, or what was typed into it.
func (v *walletView) form(action string) form {
	if in, ok := v.in[action]; ok {
		return in
	}
	return values("points", "", "amount", "", "reason", "", "to", "")
}

func (v *walletView) stats(p *page) []ui.StatProps {
	return []ui.StatProps{
		{Label: p.T("office.wallet.spendable"), Value: p.Money(v.wallet.StoredValue())},
		{Label: p.T("office.wallet.principal"), Value: p.Money(v.wallet.Principal)},
		{Label: p.T("office.wallet.bonus"), Value: p.Money(v.wallet.Bonus)},
		{Label: p.T("office.wallet.held"), Value: p.Money(v.wallet.Held)},
		{Label: p.T("office.wallet.points"), Value: p.Int(v.wallet.Points)},
		{Label: p.T("office.wallet.points_pending"), Value: p.Int(v.wallet.PointsPending)},
	}
}

// what names a lot and writes a figure of it.
func (v *walletView) what(p *page, l *wallet.LotView, n money.Amount) (name, figure string) {
	switch l.Class {
	case ledger.ClassPrincipal, ledger.ClassBonus:
		return p.T("office.wallet." + l.Class), p.Money(n)
	case ledger.ClassPoints:
		return p.T("office.wallet.points"), p.Int(int64(n))
	}
	sku, _ := punchSKU(l.Unit)
	return p.T("office.wallet.visits", "name", v.skus[sku].Name), p.Int(int64(n))
}

func (v *walletView) lotTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.wallet.lots"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.wallet.lot")}, {Title: p.T("office.wallet.left"), Numeric: true, Key: true}, {Title: p.T("office.wallet.came_in"), Numeric: true}, {Title: p.T("office.wallet.paid"), Numeric: true},
			{Title: p.T("office.wallet.ratio"), Numeric: true}, {Title: p.T("office.wallet.policy")}, {Title: p.T("office.wallet.origin")}, {Title: p.T("office.wallet.ends")}, {Title: p.T("office.col.state")}},
		Empty: ui.EmptyState{Icon: "wallet", Title: p.T("office.wallet.no_lots")}}
	for i := range v.lots {
		l := &v.lots[i]
		name, left := v.what(p, l, l.Remaining)
		_, whole := v.what(p, l, l.Amount)
		paid, ratio, policy := "–", "–", "–"
		if l.Class == ledger.ClassPrincipal || l.Class == ledger.ClassPunch {
			paid = p.Money(l.Paid)
		}
		if l.Class == ledger.ClassPrincipal || l.Class == ledger.ClassBonus {
			policy = p.T("setting.stored_value.consumption." + l.Policy)
			if g := v.prepaid[l.Group]; g.SoldPaid+g.SoldBonus > 0 {
				ratio = p.Percent(money.Rate(money.Amount(money.Whole).MulDiv(int64(g.SoldPaid), int64(g.SoldPaid+g.SoldBonus), money.HalfUp)))
			}
		}
		t.Rows = append(t.Rows, ui.Row(name, left, whole, paid, ratio, policy, origin(p, l), stamp2(p, l.ExpiresAt), lotState(p, l.State(v.now))))
	}
	return t
}

// origin leads to the sale that made a lot; one made by hand has its date only.
func origin(p *page, l *wallet.LotView) templ.Component {
	if l.OriginSale.IsNone() {
		return stamp2(p, l.CreatedAt)
	}
	return numberLink(stampText(p, l.CreatedAt)[:10], "/office/sales/"+l.OriginSale.String())
}

func lotState(p *page, state string) templ.Component {
	tone := ui.Ok
	switch state {
	case "pending":
		tone = ui.Info
	case "expired":
		tone = ui.Warn
	}
	return ui.Badge(tone, p.T("office.wallet.state."+state))
}

func (v *walletView) doneTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.wallet.by_hand"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.date")}, {Title: p.T("office.col.kind"), Key: true}, {Title: p.T("office.col.reason")}},
		Empty:   ui.EmptyState{Icon: "wallet", Title: p.T("office.wallet.nothing_by_hand")}}
	for _, d := range v.done {
		kind := p.T("office.wallet.kind." + d.Kind)
		switch {
		case d.Kind == wallet.KindTransfer && d.Member == v.m.ID:
			kind = p.T("office.wallet.given_to", "name", memberName(p, v.people[d.Other]))
		case d.Kind == wallet.KindTransfer:
			kind = p.T("office.wallet.got_from", "name", memberName(p, v.people[d.Member]))
		}
		t.Rows = append(t.Rows, ui.Row(stamp2(p, d.At), kind, dash(d.Reason)))
	}
	return t
}
