package office

import (
	"context"
	"net/http"
	"strings"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
)

// saleRefund takes back the quantities that were typed; none typed is a mistake
// rather than "all", which has its own button.
func (f *office) saleRefund(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	lines, err := refundLines(in)
	if err == nil {
		var back *sale.Sale
		ask := checkout.RefundIn{Merchant: p.Merchant.ID, Sale: u, Reason: in.get("reason"), Lines: lines, Actor: p.Actor.ID, Origin: sale.OriginTill, Idem: formKey(in, "refund "+u.String())}
		if back, err = f.o.Desk.Refund(r.Context(), ask); err == nil {
			f.note(r.Context(), "sale.refunded", "sale", u.String(), map[string]string{"refund": back.ID.String()})
			return done(w, r, p, "/office/sales/"+back.ID.String(), "office.sales.refund_done", "number", back.ReceiptNumber())
		}
	}
	return f.saleAgain(w, r, p, u, in, err)
}

func refundLines(in form) ([]checkout.RefundLine, error) {
	if in.on("all") {
		return nil, nil
	}
	var lines []checkout.RefundLine
	for name := range in.v {
		text, ok := strings.CutPrefix(name, "line:")
		if !ok || in.get(name) == "" {
			continue
		}
		line, err := id.Parse(text)
		if err != nil {
			return nil, err
		}
		q, err := money.ParseQuantity(plainNumber(in.get(name)))
		if err != nil {
			return nil, fault.Of(err).On(name)
		}
		if q < 0 {
			return nil, checkout.ErrQuantity.On(name)
		}
		if q > 0 {
			lines = append(lines, checkout.RefundLine{Line: line, Quantity: q})
		}
	}
	if len(lines) == 0 {
		return nil, checkout.ErrEmpty
	}
	return lines, nil
}

func (f *office) saleVoid(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	back, err := f.o.Desk.Void(r.Context(), checkout.RefundIn{Merchant: p.Merchant.ID, Sale: u, Reason: in.get("reason"), Actor: p.Actor.ID, Origin: sale.OriginTill, Idem: formKey(in, "void "+u.String())})
	if err != nil {
		return f.saleAgain(w, r, p, u, in, err)
	}
	f.note(r.Context(), "sale.voided", "sale", u.String(), map[string]string{"void": back.ID.String()})
	return done(w, r, p, "/office/sales/"+back.ID.String(), "office.sales.void_done", "number", back.ReceiptNumber())
}

// note audits what a flow has done in its own transactions. The document itself
// names the actor, so nothing is lost where this fails, and what was booked stays
// booked.
func (f *office) note(ctx context.Context, action, kind, subject string, detail any) {
	err := f.audited(ctx, action, kind, detail, func(context.Context, *db.Tx) (string, error) { return subject, nil })
	if err != nil {
		f.o.Log.ErrorContext(ctx, "a booking was not audited", "action", action, "subject", subject, "error", err)
	}
}

func (f *office) saleAgain(w http.ResponseWriter, r *http.Request, p *page, u id.ID, in form, err error) error {
	d, readErr := f.readSale(r.Context(), p, u)
	if readErr != nil {
		return readErr
	}
	in.err, d.in = err, in
	d.in.err = err
	return f.again(w, r, err, saleView(p, d))
}
