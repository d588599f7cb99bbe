package office

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/wallet"
)

func (f *office) mountRefundRequests() {
	f.on("GET /office/refund-requests", "", f.requestsPage)
	f.on("GET /office/refund-requests/{id}", "", f.requestPage)
	f.on("POST /office/refund-requests/{id}", auth.PermRefund, f.requestDecide)
}

func requestURL(u id.ID) string { return "/office/refund-requests/" + u.String() }

// pendingShown is how many requests that wait are shown, and counted, at most.
const pendingShown = 100

// pendingRequests reads the requests that wait.
func (f *office) pendingRequests(ctx context.Context, m id.ID) ([]sale.RefundRequest, error) {
	rows, err := sale.ListRequests(ctx, f.db, m, sale.RequestPending, db.Page{Limit: pendingShown})
	return rows[:min(len(rows), pendingShown)], err
}

// pendingOf is the request that waits for a sale, none where there is none.
func (f *office) pendingOf(ctx context.Context, m, of id.ID) (id.ID, error) {
	rows, err := f.pendingRequests(ctx, m)
	for i := range rows {
		if rows[i].Sale == of {
			return rows[i].ID, err
		}
	}
	return id.None, err
}

// requestList is the requests: those that wait, then those that were decided.
type requestList struct {
	pending, decided []sale.RefundRequest
	staff, members   map[id.ID]string
	first, next      string
}

func requestID(v sale.RefundRequest) id.ID { return v.ID }

func (f *office) requestsPage(w http.ResponseWriter, r *http.Request, p *page) error {
	ctx, m := r.Context(), p.Merchant.ID
	if err := mayAny(ctx, auth.PermRefund, auth.PermSell); err != nil {
		return err
	}
	at, err := pageOf(r, 50)
	if err != nil {
		return err
	}
	var l requestList
	if l.pending, err = f.pendingRequests(ctx, m); err != nil {
		return err
	}
	rows, err := sale.ListRequests(ctx, f.db, m, "", at)
	if err != nil {
		return err
	}
	rows, next := db.Cut(at, rows, requestID)
	for i := range rows {
		if rows[i].State != sale.RequestPending {
			l.decided = append(l.decided, rows[i])
		}
	}
	l.first, l.next = pager(r, next)
	var people []id.ID
	for _, v := range append(l.pending, l.decided...) {
		if !v.Member.IsNone() {
			people = append(people, v.Member)
		}
	}
	if l.members, err = member.Names(ctx, f.db, m, people); err != nil {
		return err
	}
	if l.staff, err = f.staffNames(ctx, m); err != nil {
		return err
	}
	return f.show(w, r, requestsView(p, &l))
}

func (l *requestList) table(p *page, rows []sale.RefundRequest, caption, none string) ui.TableProps {
	t := ui.TableProps{Caption: caption, HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.col.date")}, {Title: p.T("office.col.state")}, {Title: p.T("office.col.member")}, {Title: p.T("office.col.reason")}, {Title: p.T("office.requests.by")}, {Title: p.T("office.col.total"), Numeric: true, Key: true}},
		Empty:   ui.EmptyState{Icon: "recall", Title: none}}
	for i := range rows {
		v := &rows[i]
		who := "–"
		if !v.Member.IsNone() {
			who = memberName(p, l.members[v.Member])
		}
		t.Rows = append(t.Rows, ui.Row(numberLink(stampText(p, v.RequestedAt), requestURL(v.ID)), requestState(p, v.State), who, v.Reason, dash(l.staff[v.RequestedBy]), ui.Amount(p.Ctx, v.Total)))
	}
	return t
}

func requestState(p *page, state string) templ.Component {
	tone := ui.Warn
	switch state {
	case sale.RequestApproved:
		tone = ui.Ok
	case sale.RequestRefused:
		tone = ui.Bad
	}
	return ui.Badge(tone, p.T("office.requests.state."+state))
}

// requestDetail is one request with what is held for it.
type requestDetail struct {
	v       sale.RefundRequest
	body    checkout.RefundIn
	of      *sale.Sale
	refund  *sale.Sale // approved: the document
	holds   []heldPart
	quote   *checkout.RefundQuote // pending: what it comes to now
	terms   refundTerms           // what of it the packs keep
	wrong   error                 // why it cannot be made as things stand
	member  string
	staff   map[id.ID]string
	in      form
	decides bool
	mayOwe  bool // the shop's setting for points that are missing
}

// heldPart is an amount that is set aside until the request is decided.
type heldPart struct {
	unit, class string
	amount      money.Amount
}

func (f *office) readRequest(ctx context.Context, p *page, u id.ID) (*requestDetail, error) {
	m := p.Merchant.ID
	v, err := sale.GetRequest(ctx, f.db, m, u)
	if err != nil {
		return nil, err
	}
	d := &requestDetail{v: v, decides: p.Actor.May(auth.PermRefund), in: values("note", "", "on_short", "", "key", newKey())}
	if err := json.Unmarshal([]byte(v.Body), &d.body); err != nil {
		return nil, err
	}
	if d.of, err = sale.Get(ctx, f.db, m, v.Sale); err != nil {
		return nil, err
	}
	if !v.Refund.IsNone() {
		if d.refund, err = sale.Get(ctx, f.db, m, v.Refund); err != nil {
			return nil, err
		}
	}
	if d.staff, err = f.staffNames(ctx, m); err != nil {
		return nil, err
	}
	if !v.Member.IsNone() {
		names, err := member.Names(ctx, f.db, m, []id.ID{v.Member})
		if err != nil {
			return nil, err
		}
		d.member = memberName(p, names[v.Member])
	}
	if v.State != sale.RequestPending {
		return d, nil
	}
	if d.holds, err = f.heldFor(ctx, m, &v); err != nil {
		return nil, err
	}
	var settings setting.Values
	if err := f.db.Batch(ctx, setting.AskAll(m, d.of.Shop, d.of.Register, &settings)); err != nil {
		return nil, err
	}
	d.mayOwe = loyalty.MayOwe(settings)
	q, err := f.o.Desk.QuoteRequest(ctx, m, u)
	if err != nil {
		d.wrong = err
		return d, nil
	}
	d.quote, d.terms = &q, f.refundTerms(p, &q)
	return d, nil
}

// heldFor reads what is set aside for a request: of the member's accounts, and of
// gift cards.
func (f *office) heldFor(ctx context.Context, m id.ID, v *sale.RefundRequest) (out []heldPart, err error) {
	var holds []ledger.Hold
	var accounts []ledger.Account
	if err := f.db.Batch(ctx, ledger.AskHolds(m, v.ID, &holds), wallet.AskAccounts(m, v.Member, &accounts)); err != nil {
		return nil, err
	}
	for _, h := range holds {
		part := heldPart{class: sale.TenderGiftCard, amount: h.Amount} // no account of the member's: a card's
		for i := range accounts {
			if accounts[i].ID == h.Account {
				part.unit, part.class = accounts[i].Unit, accounts[i].Class
			}
		}
		out = append(out, part)
	}
	return out, nil
}

func (f *office) requestPage(w http.ResponseWriter, r *http.Request, p *page) error {
	if err := mayAny(r.Context(), auth.PermRefund, auth.PermSell); err != nil {
		return err
	}
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	d, err := f.readRequest(r.Context(), p, u)
	if err != nil {
		return err
	}
	return f.show(w, r, requestView(p, d))
}

func (f *office) requestDecide(w http.ResponseWriter, r *http.Request, p *page) error {
	ctx := r.Context()
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	approve := in.get("do") == "approve"
	back, err := f.o.Desk.DecideRefund(ctx, checkout.Decide{Merchant: p.Merchant.ID, Request: u, Approve: approve, Note: in.get("note"), Actor: p.Actor.ID, OnShort: in.get("on_short"), Idem: formKey(in, "decide "+u.String())})
	if err != nil {
		d, readErr := f.readRequest(ctx, p, u)
		if readErr != nil {
			return readErr
		}
		in.err, d.in = err, in
		d.in.err = err
		return f.again(w, r, err, requestView(p, d))
	}
	if !approve {
		f.note(ctx, "sale.refund_refused", "sale", u.String(), nil)
		return done(w, r, p, requestURL(u), "office.requests.refused")
	}
	f.note(ctx, "sale.refund_approved", "sale", u.String(), map[string]string{"refund": back.ID.String()})
	return done(w, r, p, requestURL(u), "office.requests.approved", "number", back.ReceiptNumber())
}

func (d *requestDetail) facts(p *page) []ui.Pair {
	v := d.v
	pair := func(key string, c templ.Component) ui.Pair { return ui.Pair{Key: p.T(key), Value: c} }
	out := []ui.Pair{
		pair("office.col.state", requestState(p, v.State)),
		pair("office.sales.original", saleLink(d.of.ReceiptNumber(), v.Sale)),
		pair("office.requests.by", two(ui.Text(dash(d.staff[v.RequestedBy])), p.DateTime(v.RequestedAt))),
		pair("office.col.reason", ui.Text(v.Reason)),
		pair("office.requests.asked_for", ui.Amount(p.Ctx, v.Total)),
	}
	if d.member != "" {
		who := ui.Text(d.member)
		if p.Actor.May(auth.PermMembers) {
			who = ui.Link(d.member, "/office/members/"+v.Member.String())
		}
		out = append(out, pair("office.col.member", who))
	}
	if d.body.Prepaid.Case != "" {
		out = append(out, pair("office.refund.case", ui.Text(caseName(p, d.body.Prepaid.Case))))
	}
	if v.ShortPoints > 0 {
		out = append(out, pair("office.requests.short", ui.Text(p.Int(v.ShortPoints))))
	}
	if v.DecidedAt != 0 {
		out = append(out, pair("office.requests.decided_by", two(ui.Text(dash(d.staff[v.DecidedBy])), p.DateTime(v.DecidedAt))), pair("office.requests.note", ui.Text(dash(v.Decision))))
	}
	if d.refund != nil {
		out = append(out, pair("office.kind.refund", saleLink(d.refund.ReceiptNumber(), d.refund.ID)))
	}
	return out
}

// held says what is set aside.
func (d *requestDetail) held(p *page) []ui.Pair {
	out := make([]ui.Pair, len(d.holds))
	for i, h := range d.holds {
		key, text := p.T("office.class."+h.class), p.Money(h.amount)
		switch h.class {
		case ledger.ClassPoints:
			key, text = p.T("office.col.points"), p.Int(int64(h.amount))
		case ledger.ClassPunch:
			key, text = p.T("office.member.punches"), p.T("office.member.visits", "n", int64(h.amount))
		case sale.TenderGiftCard:
			key = p.T("tender.gift_card")
		}
		out[i] = ui.Pair{Key: key, Value: ui.Text(text)}
	}
	return out
}

// shortField is the decision about points that are not there any more: at first
// what was asked for, or the shop's own setting.
func (d *requestDetail) shortField(p *page) ui.FieldProps {
	f := shortField(p, d.in, d.mayOwe)
	if d.in.get("on_short") == "" && d.body.OnShort != "" {
		f.Value = d.body.OnShort
	}
	return f
}
