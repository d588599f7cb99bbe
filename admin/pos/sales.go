package pos

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/shopwright/shopwright/admin/shell"
	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/web"
)

// saleView is a document with its paper.
type saleView struct {
	*desk
	frame
	Sale     *sale.Sale
	Paper    receipt.Document
	PaperErr error
	Print    PrintState
	HasPrint bool
	Paid     bool // the sale was made this moment
	Why      []whySection
	States   map[id.ID]sale.LineState
	Backs    []sale.Sale // refunds and voids of it
	Rest     bool        // something may still be given back
	MayVoid  bool
	Refund   refundForm
	Request  *requestView // a refund of it that waits
	Err      error
}

func (h *screens) saleOf(r *http.Request, d *desk) (*saleView, error) {
	doc, err := id.Parse(r.PathValue("sale"))
	if err != nil {
		return nil, sale.ErrNotFound
	}
	ctx := r.Context()
	v := &saleView{desk: d, States: map[id.ID]sale.LineState{}}
	s, trace, err := h.o.Desk.Explain(ctx, d.Desk.Merchant.ID, doc)
	if err != nil {
		return nil, err
	}
	if s.State != sale.StateCompleted {
		return nil, sale.ErrNotFound
	}
	v.Sale = s
	if v.frame, err = h.frameOf(ctx, d); err != nil {
		return nil, err
	}
	v.Why = h.explainSale(d, s, trace)
	if s.Kind == sale.KindSale {
		var states []sale.LineState
		if err := h.db.Batch(ctx, sale.AskStates(s.Merchant, s.ID, false, &states)); err != nil {
			return nil, err
		}
		touched := false
		for _, st := range states {
			v.States[st.Line] = st
			v.Rest = v.Rest || st.Rest() > 0
			touched = touched || st.Refunded > 0
		}
		v.MayVoid = !touched && v.Shift != nil && v.Shift.ID == s.Shift && d.May(string(auth.PermVoid))
		if v.Backs, err = sale.List(ctx, h.db, s.Merchant, sale.Filter{Of: s.ID}, db.Page{Limit: 20}); err != nil {
			return nil, err
		}
	}
	if v.Rest {
		if v.Request, err = h.requestOf(ctx, d, s); err != nil {
			return nil, err
		}
	}
	h.paper(ctx, v)
	return v, nil
}

// paper reads the receipt and where its print stands. A paper that cannot be made
// is said on the screen: the sale stands all the same.
func (h *screens) paper(ctx context.Context, v *saleView) {
	s := v.Sale
	if v.Paper, v.PaperErr = h.o.Receipts.Document(ctx, s.Merchant, s.ID, v.Locale); v.PaperErr != nil {
		h.o.Log.ErrorContext(ctx, "a receipt could not be made", "sale", s.ID.String(), "error", v.PaperErr)
	}
	if h.o.Devices == nil {
		return
	}
	var err error
	if v.Print, err = h.o.Devices.PrintOf(ctx, s.Merchant, s.ID); err != nil {
		h.o.Log.WarnContext(ctx, "the state of a print could not be read", "sale", s.ID.String(), "error", err)
		return
	}
	v.HasPrint = !v.Print.ID.IsNone()
}

func (h *screens) showSale(w http.ResponseWriter, r *http.Request, d *desk) error {
	v, err := h.saleOf(r, d)
	if err != nil {
		return err
	}
	v.Paid = r.URL.Query().Get("paid") != ""
	return h.sh.Render(w, r, saleScreen(v))
}

// printState is the badge that asks again by itself until the paper is out.
func (h *screens) printState(w http.ResponseWriter, r *http.Request, d *desk) error {
	doc, err := id.Parse(r.PathValue("sale"))
	if err != nil || h.o.Devices == nil {
		return sale.ErrNotFound
	}
	p, err := h.o.Devices.PrintOf(r.Context(), d.Desk.Merchant.ID, doc)
	if err != nil {
		return err
	}
	return h.sh.Render(w, r, printBadge(d, doc, p))
}

func (h *screens) reprint(w http.ResponseWriter, r *http.Request, d *desk) error {
	doc, err := id.Parse(r.PathValue("sale"))
	if err != nil || h.o.Devices == nil {
		return sale.ErrNotFound
	}
	if err := h.o.Devices.Reprint(r.Context(), d.Desk.Merchant.ID, doc); err != nil {
		return err
	}
	return h.back(w, r, d.path("sales", doc.String()), ui.Ok, d.T("pos.reprinted"))
}

// back ends a step with a message on the next screen, with a script or without.
func (h *screens) back(w http.ResponseWriter, r *http.Request, to string, tone ui.Tone, text string) error {
	if isScripted(r) {
		w.Header().Set("HX-Redirect", to)
		return nil
	}
	return shell.Redirect(w, r, to, tone, text)
}

// listSales shows the newest documents of the register.
func (h *screens) listSales(w http.ResponseWriter, r *http.Request, d *desk) error {
	f, err := h.frameOf(r.Context(), d)
	if err != nil {
		return err
	}
	list, err := sale.List(r.Context(), h.db, d.Desk.Merchant.ID, sale.Filter{Register: d.Register.ID}, db.Page{Limit: 30})
	if err != nil {
		return err
	}
	if len(list) > 30 {
		list = list[:30]
	}
	waiting, err := sale.ListRequests(r.Context(), h.db, d.Desk.Merchant.ID, sale.RequestPending, db.Page{Limit: 100})
	if err != nil {
		return err
	}
	return h.sh.Render(w, r, salesScreen(d, &f, list, len(waiting)))
}

// void takes a sale of the running shift back whole.
func (h *screens) void(w http.ResponseWriter, r *http.Request, d *desk) error {
	if err := r.ParseForm(); err != nil {
		return web.ErrMalformed.Wrap(err)
	}
	v, err := h.saleOf(r, d)
	if err != nil {
		return err
	}
	in := checkout.RefundIn{Merchant: d.Desk.Merchant.ID, Sale: v.Sale.ID, Reason: r.PostForm.Get("reason"), Actor: d.Actor.ID, Origin: sale.OriginTill}
	var back *sale.Sale
	if in.Idem, err = refundKey(r.PostForm.Get("key"), v.Sale.ID, "void", in.Reason, nil); err == nil {
		back, err = h.o.Desk.Void(r.Context(), in)
	}
	if err != nil {
		if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable || errors.Is(err, sale.ErrNotFound) {
			return err
		}
		v.Err = err
		return h.sh.Render(w, r, saleScreen(v))
	}
	h.cashed(d, back)
	return h.goTo(w, r, d.path("sales", back.ID.String()+"?paid=1"))
}

// title names a document by its kind and number.
func (d *desk) saleTitle(s *sale.Sale) string {
	return d.T("pos.kind."+s.Kind, "number", s.ReceiptNumber())
}

// handedBack is what the cashier gives out of the drawer, in words and figures.
func (v *saleView) due() ui.DueProps {
	s := v.Sale
	p := ui.DueProps{Label: v.T("pos.change"), Amount: v.Money(s.Change), Change: true, Rows: []ui.DueRow{{Label: v.T("pos.total"), Amount: v.Money(s.Total)}}}
	for _, t := range s.Tenders {
		p.Rows = append(p.Rows, ui.DueRow{Label: v.T("pos.tender." + t.Type), Amount: v.Money(t.Tendered)})
	}
	switch {
	case s.Kind != sale.KindSale:
		p.Label, p.Amount = v.T("pos.given_back"), v.Money(s.Total)
	case !v.Paid || s.Change == 0:
		p.Label, p.Amount, p.Rows = v.T("pos.total"), v.Money(s.Total), p.Rows[1:]
	}
	return p
}

// soldCards are the gift cards that this moment's sale made: their numbers are
// read out to whoever bought them.
func (v *saleView) soldCards() (out []sale.Line) {
	if !v.Paid || v.Sale.Kind != sale.KindSale {
		return nil
	}
	for _, l := range v.Sale.Lines {
		if l.Kind == sale.LineGiftCard && l.CardNumber != "" {
			out = append(out, l)
		}
	}
	return out
}

// spaced writes a number in groups of four, as it stands on cards.
func spaced(number string) string {
	var b strings.Builder
	for i, r := range number {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
