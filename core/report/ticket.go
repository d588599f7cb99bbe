package report

import (
	"context"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/kitchen"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
)

// Ticket makes the document of a station's ticket: what to prepare, large, the
// quantity first; what is not wanted any more marked as such. copyNo above 1 marks a
// duplicate. Fault: kitchen.ticket_not_found.
func (r *Receipts) Ticket(ctx context.Context, m, ticket id.ID, copyNo int) (receipt.Document, error) {
	t, err := kitchen.GetTicket(ctx, r.DB, m, ticket)
	if err != nil {
		return receipt.Document{}, err
	}
	station, err := kitchen.Get(ctx, r.DB, m, t.Station)
	if err != nil {
		return receipt.Document{}, err
	}
	var desk tenant.Desk
	var settings setting.Values
	var tpl receipt.Template
	if err := r.DB.Batch(ctx, []db.Ask{tenant.AskDesk(m, t.Register, &desk), setting.AskAll(m, t.Shop, t.Register, &settings), receipt.AskTemplate(m, t.Shop, &tpl)}...); err != nil {
		return receipt.Document{}, err
	}
	if err := desk.Check(); err != nil {
		return receipt.Document{}, err
	}
	langs := languages(tpl, "", setting.ReceiptLocale.In(settings), desk.Merchant.Locale)
	l := i18n.Match(langs[0])
	return ticketDocument(t, station.Name, desk, l, receipt.Texts(langs, " "), copyNo), nil
}

func ticketDocument(t kitchen.Ticket, station string, desk tenant.Desk, l i18n.Locale, say func(string, ...any) string, copyNo int) receipt.Document {
	large := receipt.Style{Align: receipt.Center, Bold: true, Size: receipt.Large}
	tall := receipt.Style{Bold: true, Size: receipt.Tall}
	var out []receipt.Block
	text := func(s string, st receipt.Style) {
		if s != "" {
			out = append(out, receipt.Text{Text: s, Style: st})
		}
	}
	text(station, large)
	if t.Voids() {
		text(say("kitchen.void"), large)
	}
	text(t.Place, large)
	text(t.Title, receipt.Style{Align: receipt.Center, Bold: true, Size: receipt.Tall})
	out = append(out, receipt.Columns{Cols: []receipt.Column{{Flex: true}, {Align: receipt.Right}}, Rows: [][]string{{desk.Register.Name, l.DateTime(t.At, desk.Shop.Zone)}}}, receipt.Rule{Double: true})
	for _, o := range t.Ops {
		line := o.Quantity.String() + " × " + o.Name
		if o.Quantity < 0 {
			line = say("kitchen.void") + " " + (-o.Quantity).String() + " × " + o.Name
		}
		text(line, tall)
		if o.Note != "" {
			text("  » "+o.Note, tall)
		}
	}
	out = append(out, receipt.Rule{Double: true}, receipt.Feed{Lines: 1}, receipt.Cut{})
	return receipt.Document{Title: station + " " + t.Title, Lang: l.Tag(), Copy: copyNo, Blocks: out}
}
