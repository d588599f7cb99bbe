package office

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/stock"
)

func (f *office) mountStock() {
	f.on("GET /office/stock", auth.PermStock, f.stockPage)
}

type stockList struct {
	low       bool
	levels    []stock.Level
	skus      map[id.ID]catalog.SKU
	movements []stock.Movement
	first     string
	next      string
}

func (f *office) stockPage(w http.ResponseWriter, r *http.Request, p *page) error {
	at, err := pageOf(r, skusAtOnce)
	if err != nil {
		return err
	}
	ctx, m := r.Context(), p.Merchant.ID
	l := stockList{low: r.URL.Query().Get("low") == "true"}
	rows, err := stock.List(ctx, f.db, m, stock.Floor(m, p.Shop.ID), l.low, at)
	if err != nil {
		return err
	}
	var next string
	l.levels, next = db.Cut(at, rows, func(v stock.Level) id.ID { return v.SKU })
	l.first, l.next = pager(r, next)
	if l.movements, err = stock.Movements(ctx, f.db, m, id.None, db.Page{Limit: 20}); err != nil {
		return err
	}
	l.movements = l.movements[:min(len(l.movements), 20)]
	ids := make([]id.ID, 0, len(l.levels)+len(l.movements))
	for _, v := range l.levels {
		ids = append(ids, v.SKU)
	}
	for _, v := range l.movements {
		ids = append(ids, v.SKU)
	}
	if l.skus, err = f.skus(ctx, m, ids); err != nil {
		return err
	}
	return f.show(w, r, stockView(p, &l))
}

func (l *stockList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.stock.title"), HideCaption: true, First: l.first, Next: l.next,
		Columns: []ui.Column{{Title: p.T("office.col.name")}, {Title: p.T("office.col.code")}, {Title: p.T("office.stock.on_hand"), Numeric: true}, {Title: p.T("office.stock.reserved"), Numeric: true},
			{Title: p.T("office.col.available"), Numeric: true, Key: true}, {Title: p.T("office.col.low_at"), Numeric: true}},
		Empty: ui.EmptyState{Icon: "stock", Title: p.T("office.stock.none"), Text: p.T("office.stock.none_text")}}
	if l.low {
		t.Empty = ui.EmptyState{Icon: "ok", Title: p.T("office.today.no_low")}
	}
	for _, v := range l.levels {
		s := l.skus[v.SKU]
		t.Rows = append(t.Rows, ui.Row(ui.Link(dash(s.Name), "/office/catalog/"+v.SKU.String()), code(s.Code), v.OnHand.String(), v.Reserved.String(), quantityCell(v.Available(), v.Low()), quantityText(v.LowAt)))
	}
	return t
}

func (l *stockList) movementTable(p *page) ui.TableProps {
	t := movementTable(p)
	t.Columns = append([]ui.Column{{Title: p.T("office.col.name")}}, t.Columns...)
	for _, v := range l.movements {
		t.Rows = append(t.Rows, ui.Row(ui.Link(dash(l.skus[v.SKU].Name), "/office/catalog/"+v.SKU.String()), stamp(p, v.At), p.T("office.move_kind."+string(v.Kind)), plusMinus(v.Quantity), dash(v.Reason)))
	}
	return t
}

func movementTable(p *page) ui.TableProps {
	return ui.TableProps{Caption: p.T("office.stock.movements"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.date")}, {Title: p.T("office.stock.kind")}, {Title: p.T("office.col.quantity"), Numeric: true, Key: true}, {Title: p.T("office.col.reason")}},
		Empty:   ui.EmptyState{Icon: "stock", Title: p.T("office.stock.no_movements")}}
}

func (d *skuDetail) movementTable(p *page) ui.TableProps {
	t := movementTable(p)
	t.First, t.Next = d.first, d.next
	for _, v := range d.movements {
		why := templ.Component(ui.Text(dash(v.Reason)))
		if !v.Sale.IsNone() {
			why = saleLink(d.numbers[v.Sale], v.Sale)
		}
		t.Rows = append(t.Rows, ui.Row(stamp(p, v.At), p.T("office.move_kind."+string(v.Kind)), plusMinus(v.Quantity), why))
	}
	return t
}

func plusMinus(q money.Quantity) string {
	if q > 0 {
		return "+" + q.String()
	}
	if q < 0 {
		return "\u2212" + (-q).String()
	}
	return "0"
}

func quantityText(q money.Quantity) string {
	if q == 0 {
		return "–"
	}
	return q.String()
}

func levelCell(p *page, s catalog.SKU, levels map[id.ID]stock.Level) templ.Component {
	l, ok := levels[s.ID]
	switch {
	case !s.Stocked:
		return ui.Text("–")
	case !ok:
		return ui.Text("0")
	case l.Low():
		return ui.Badge(ui.Warn, l.Available().String())
	}
	return ui.Text(l.Available().String())
}

func (d *skuDetail) levelPairs(p *page) []ui.Pair {
	return []ui.Pair{
		{Key: p.T("office.stock.on_hand"), Value: ui.Text(d.level.OnHand.String())}, {Key: p.T("office.stock.reserved"), Value: ui.Text(d.level.Reserved.String())},
		{Key: p.T("office.col.available"), Value: quantityCell(d.level.Available(), d.level.Low())}, {Key: p.T("office.col.low_at"), Value: ui.Text(quantityText(d.level.LowAt))},
	}
}

func withID(p ui.FieldProps, name string) ui.FieldProps { p.ID = name; return p }

func moveOptions(p *page) []ui.Option {
	var out []ui.Option
	for _, k := range []stock.Kind{stock.KindReceipt, stock.KindPurchaseReturn, stock.KindWaste, stock.KindCount} {
		out = append(out, ui.Option{Value: string(k), Text: p.T("office.move_kind." + string(k))})
	}
	return out
}

// skuMove books a movement. A count is typed as what was counted; what goes out
// is typed without a sign.
func (f *office) skuMove(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readSKU(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	d.move = in
	kind := stock.Kind(in.get("kind"))
	q, err := money.ParseQuantity(plainNumber(in.get("quantity")))
	switch {
	case err != nil:
		err = fault.Of(err).On("quantity")
	case q < 0:
		err = stock.ErrQuantity.On("quantity")
	case kind == stock.KindPurchaseReturn || kind == stock.KindWaste:
		q = -q
	}
	if err == nil {
		err = f.audited(r.Context(), "stock.moved", "sku", map[string]any{"kind": string(kind), "quantity": q.String()}, func(ctx context.Context, tx *db.Tx) (string, error) {
			move := q
			if kind == stock.KindCount {
				var levels []stock.Level
				if err := tx.Batch(ctx, stock.AskLevels(p.Merchant.ID, stock.Floor(p.Merchant.ID, p.Shop.ID), []id.ID{d.s.ID}, &levels)); err != nil {
					return "", err
				}
				for _, l := range levels {
					move -= l.OnHand
				}
				if move == 0 {
					return d.s.ID.String(), nil // counted what was expected
				}
			}
			return d.s.ID.String(), stock.Adjust(tx, stock.Adjustment{Merchant: p.Merchant.ID, Shop: p.Shop.ID, Kind: kind, Actor: p.Actor.ID, Reason: in.get("reason"),
				Moves: []stock.Move{{SKU: d.s.ID, Quantity: move}}})
		})
	}
	if err != nil {
		d.move.err = err
		return f.again(w, r, err, skuView(p, d))
	}
	return done(w, r, p, "/office/catalog/"+d.s.ID.String(), "office.stock.booked")
}

func (f *office) skuPolicy(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	var low money.Quantity
	if s := plainNumber(in.get("low_at")); s != "" && s != "–" {
		if low, err = money.ParseQuantity(s); err != nil {
			return fault.Of(err).On("low_at")
		}
	}
	if _, err := catalog.Get(r.Context(), f.db, p.Merchant.ID, u); err != nil {
		return err
	}
	err = f.audited(r.Context(), "stock.policy_set", "sku", nil, func(_ context.Context, tx *db.Tx) (string, error) {
		stock.SetPolicy(tx, p.Merchant.ID, stock.Floor(p.Merchant.ID, p.Shop.ID), u, in.on("allow_negative"), low)
		return u.String(), nil
	})
	if err != nil {
		return err
	}
	return done(w, r, p, "/office/catalog/"+u.String(), "office.saved")
}
