package office

import (
	"context"
	"net/http"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tax"
)

func (f *office) mountCatalog() {
	f.on("GET /office/catalog", auth.PermCatalog, f.catalogPage)
	f.on("GET /office/catalog/new", auth.PermCatalog, f.skuNew)
	f.on("POST /office/catalog/new", auth.PermCatalog, f.skuCreate)
	f.on("GET /office/catalog/{id}", auth.PermCatalog, f.skuPage)
	f.on("POST /office/catalog/{id}", auth.PermCatalog, f.skuUpdate)
	f.on("POST /office/catalog/{id}/archive", auth.PermCatalog, f.skuArchive)
	f.on("POST /office/catalog/{id}/stock", auth.PermStock, f.skuMove)
	f.on("POST /office/catalog/{id}/low", auth.PermStock, f.skuPolicy)
	f.on("POST /office/catalog/categories", auth.PermCatalog, f.categoryPut)
}

const skusAtOnce = 50

type skuList struct {
	filter     catalog.Filter
	items      []catalog.SKU
	levels     map[id.ID]stock.Level
	categories []catalog.Category
	first      string
	next       string
}

func (f *office) catalogPage(w http.ResponseWriter, r *http.Request, p *page) error {
	at, err := pageOf(r, skusAtOnce)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	l := skuList{filter: catalog.Filter{Query: q.Get("q"), Category: q.Get("category"), Archived: q.Get("archived") == "true"}}
	find := l.filter
	if isBarcode(find.Query) { // the scanner types into the same box
		find.Query, find.Barcode = "", find.Query
	}
	var next string
	if l.items, next, err = catalog.List(r.Context(), f.db, p.Merchant.ID, find, at); err != nil {
		return err
	}
	if len(l.items) == 0 && find.Barcode != "" { // digits may be a part of a name, too
		if l.items, next, err = catalog.List(r.Context(), f.db, p.Merchant.ID, l.filter, at); err != nil {
			return err
		}
	}
	l.first, l.next = pager(r, next)
	if l.categories, err = catalog.ListCategories(r.Context(), f.db, p.Merchant.ID); err != nil {
		return err
	}
	ids := make([]id.ID, len(l.items))
	for i := range l.items {
		ids[i] = l.items[i].ID
	}
	if l.levels, err = f.levels(r.Context(), p, ids); err != nil {
		return err
	}
	return f.show(w, r, catalogView(p, &l))
}

func isBarcode(s string) bool {
	return len(s) >= 8 && strings.Trim(s, "0123456789") == ""
}

func (f *office) levels(ctx context.Context, p *page, skus []id.ID) (map[id.ID]stock.Level, error) {
	out := map[id.ID]stock.Level{}
	if len(skus) == 0 || p.Shop.ID.IsNone() {
		return out, nil
	}
	var ls []stock.Level
	err := f.db.Batch(ctx, stock.AskLevels(p.Merchant.ID, stock.Floor(p.Merchant.ID, p.Shop.ID), skus, &ls))
	for _, l := range ls {
		out[l.SKU] = l
	}
	return out, err
}

func (l *skuList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.catalog.title"), HideCaption: true, First: l.first, Next: l.next,
		Columns: []ui.Column{{Title: p.T("office.col.name")}, {Title: p.T("office.col.code")}, {Title: p.T("office.col.category")}, {Title: p.T("office.col.kind")},
			{Title: p.T("office.col.price"), Numeric: true, Key: true}, {Title: p.T("office.col.available"), Numeric: true}},
		Empty: ui.EmptyState{Icon: "catalog", Title: p.T("office.catalog.none"), Text: p.T("office.catalog.none_text"),
			Action: linkButton(p.T("office.catalog.new"), "/office/catalog/new", "plus", ui.Plainly)}}
	names := map[string]string{}
	for _, c := range l.categories {
		names[c.Code] = c.Name
	}
	for _, s := range l.items {
		name := ui.Link(s.Name, "/office/catalog/"+s.ID.String())
		if s.Archived {
			name = rowOf(name, ui.Badge(ui.Neutral, p.T("office.catalog.archived")))
		}
		category := names[s.Category]
		if category == "" {
			category = s.Category
		}
		t.Rows = append(t.Rows, ui.Row(name, code(s.Code), dash(category), p.T("office.sku_kind."+string(s.Kind)), price(p, s.UnitPrice), levelCell(p, s, l.levels)))
	}
	return t
}

func price(p *page, v money.UnitPrice) string {
	return ui.Symbol(p.Currency) + p.Currency.FormatPrice(v)
}

func (f *office) skuNew(w http.ResponseWriter, r *http.Request, p *page) error {
	g, err := f.groups(r.Context(), p)
	if err != nil {
		return err
	}
	return f.show(w, r, skuNewView(p, values("kind", string(catalog.Goods), "stocked", "true", "barcodes", r.URL.Query().Get("barcode")), g))
}

// skuGroups are what a SKU may belong to.
type skuGroups struct {
	categories []catalog.Category
	taxes      []tax.Category
}

func (f *office) groups(ctx context.Context, p *page) (g skuGroups, err error) {
	if g.categories, err = catalog.ListCategories(ctx, f.db, p.Merchant.ID); err == nil {
		g.taxes, err = tax.ListCategories(ctx, f.db, p.Merchant.ID)
	}
	return g, err
}

// taxed refuses a SKU whose tax category is in no table; the one that it had may
// stay. Fault: tax.category_not_found.
func taxed(ctx context.Context, tx *db.Tx, m id.ID, code, had string) error {
	if code == had {
		return nil
	}
	if err := tax.MustCategory(ctx, tx, m, code); err != nil {
		return fault.Of(err).On("tax_category")
	}
	return nil
}

// skuIn is the typed form as a SKU.
func skuIn(p *page, in form) (s catalog.In, err error) {
	s = catalog.In{Merchant: p.Merchant.ID, Code: in.get("code"), Name: in.get("name"), Kind: catalog.Kind(in.get("kind")), Category: in.get("category"),
		TaxCategory: in.get("tax_category"), Stocked: in.on("stocked"), Barcodes: strings.Fields(strings.ReplaceAll(in.get("barcodes"), ",", " "))}
	if s.Kind == catalog.Service {
		s.Stocked = false
	}
	if s.UnitPrice, err = money.ParsePrice(plainNumber(in.get("unit_price"))); err != nil {
		return s, fault.Of(err).On("unit_price")
	}
	if c := plainNumber(in.get("cost")); c != "" {
		if s.Cost, err = money.ParsePrice(c); err != nil {
			return s, fault.Of(err).On("cost")
		}
	}
	return s, nil
}

// plainNumber takes the grouping from a typed number.
func plainNumber(s string) string {
	return strings.NewReplacer(",", "", "，", "", "．", ".").Replace(s)
}

func (f *office) skuCreate(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	var made catalog.SKU
	sku, err := skuIn(p, in)
	if err == nil {
		err = f.audited(r.Context(), "sku.created", "sku", map[string]string{"code": sku.Code}, func(ctx context.Context, tx *db.Tx) (string, error) {
			if err := taxed(ctx, tx, p.Merchant.ID, sku.TaxCategory, ""); err != nil {
				return "", err
			}
			var err error
			made, err = catalog.Create(ctx, tx, sku)
			return made.ID.String(), err
		})
	}
	if err != nil {
		in.err = err
		g, listErr := f.groups(r.Context(), p)
		if listErr != nil {
			return listErr
		}
		return f.again(w, r, err, skuNewView(p, in, g))
	}
	return done(w, r, p, "/office/catalog/"+made.ID.String(), "office.catalog.created", "name", made.Name)
}

// skuDetail is a SKU with its stock.
type skuDetail struct {
	s         catalog.SKU
	in        form
	groups    skuGroups
	level     stock.Level
	known     bool // there is a level in this shop
	movements []stock.Movement
	numbers   map[id.ID]string
	move      form
	first     string
	next      string
}

func (f *office) readSKU(r *http.Request, p *page) (*skuDetail, error) {
	u, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	d := &skuDetail{}
	ctx, m := r.Context(), p.Merchant.ID
	if d.s, err = catalog.Get(ctx, f.db, m, u); err != nil {
		return nil, err
	}
	d.in = skuForm(p, &d.s)
	if d.groups, err = f.groups(ctx, p); err != nil {
		return nil, err
	}
	levels, err := f.levels(ctx, p, []id.ID{u})
	if err != nil {
		return nil, err
	}
	d.level, d.known = levels[u]
	at, err := pageOf(r, 20)
	if err != nil {
		return nil, err
	}
	moves, err := stock.Movements(ctx, f.db, m, u, at)
	if err != nil {
		return nil, err
	}
	var next string
	d.movements, next = db.Cut(at, moves, func(v stock.Movement) id.ID { return v.ID })
	d.first, d.next = pager(r, next)
	d.numbers, err = f.receiptNumbers(ctx, m, d.movements)
	return d, err
}

// receiptNumbers reads the numbers of the documents that moved stock.
func (f *office) receiptNumbers(ctx context.Context, m id.ID, moves []stock.Movement) (map[id.ID]string, error) {
	heads := map[id.ID]*sale.Sale{}
	var asks []db.Ask
	for _, v := range moves {
		if v.Sale.IsNone() || heads[v.Sale] != nil {
			continue
		}
		s := &sale.Sale{}
		heads[v.Sale] = s
		asks = append(asks, sale.AskWhole(m, v.Sale, s)[0]) // the head alone
	}
	if len(asks) > 0 {
		if err := f.db.Batch(ctx, asks...); err != nil {
			return nil, err
		}
	}
	out := map[id.ID]string{}
	for u, s := range heads {
		out[u] = s.ReceiptNumber()
	}
	return out, nil
}

func skuForm(p *page, s *catalog.SKU) form {
	stocked := ""
	if s.Stocked {
		stocked = "true"
	}
	cost := ""
	if s.Cost != 0 {
		cost = p.Currency.FormatPrice(s.Cost)
	}
	return values("code", s.Code, "name", s.Name, "kind", string(s.Kind), "category", s.Category, "unit_price", p.Currency.FormatPrice(s.UnitPrice), "cost", cost,
		"tax_category", s.TaxCategory, "stocked", stocked, "barcodes", strings.Join(s.Barcodes, " "), "seen", itoa(int64(s.UpdatedAt)))
}

func (f *office) skuPage(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readSKU(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, skuView(p, d))
}

func (f *office) skuUpdate(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readSKU(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	s, err := skuIn(p, in)
	if err == nil {
		err = f.audited(r.Context(), "sku.updated", "sku", map[string]int64{"price_before": int64(d.s.UnitPrice), "price": int64(s.UnitPrice)}, func(ctx context.Context, tx *db.Tx) (string, error) {
			if err := taxed(ctx, tx, p.Merchant.ID, s.TaxCategory, d.s.TaxCategory); err != nil {
				return "", err
			}
			_, err := catalog.Update(ctx, tx, p.Merchant.ID, d.s.ID, catalog.Patch{Seen: clock.Instant(atoi(in.get("seen"))), Code: &s.Code, Name: &s.Name, Kind: &s.Kind, Category: &s.Category,
				UnitPrice: &s.UnitPrice, Cost: &s.Cost, TaxCategory: &s.TaxCategory, Stocked: &s.Stocked, Barcodes: &s.Barcodes})
			return d.s.ID.String(), err
		})
	}
	if err != nil {
		in.err, d.in = err, in
		d.in.err = err
		return f.again(w, r, err, skuView(p, d))
	}
	return done(w, r, p, "/office/catalog/"+d.s.ID.String(), "office.saved")
}

func (f *office) skuArchive(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	archived := r.PostFormValue("archived") == "true"
	err = f.audited(r.Context(), "sku.archived", "sku", map[string]bool{"archived": archived}, func(ctx context.Context, tx *db.Tx) (string, error) {
		_, err := catalog.Update(ctx, tx, p.Merchant.ID, u, catalog.Patch{Archived: &archived})
		return u.String(), err
	})
	if err != nil {
		return err
	}
	return done(w, r, p, "/office/catalog/"+u.String(), "office.saved")
}

func (f *office) categoryPut(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	c := catalog.Category{Code: in.get("code"), Name: in.get("name")}
	err = f.audited(r.Context(), "category.saved", "category", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
		return c.Code, catalog.UpsertCategory(ctx, tx, p.Merchant.ID, c)
	})
	if err != nil {
		return err
	}
	return done(w, r, p, "/office/catalog", "office.saved")
}
