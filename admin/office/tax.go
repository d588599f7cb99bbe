package office

import (
	"context"
	"errors"
	"net/http"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tax"
	"github.com/shopwright/shopwright/core/tenant"
)

func (f *office) mountTax() {
	f.on("GET /office/tax", auth.PermCatalog, f.taxPage)
	f.on("POST /office/tax", auth.PermCatalog, f.taxRatePut)
	f.on("POST /office/tax/{id}/remove", auth.PermCatalog, f.taxRateRemove)
	f.on("POST /office/tax/categories", auth.PermCatalog, f.taxCategoryPut)
}

// taxes is the page of tax categories and rates.
type taxes struct {
	categories []tax.Category
	rates      []tax.Rate
	table      tax.Table // as it applies in the shop that is looked at
	def        tax.Default
	policy     tax.Policy
	today      clock.Date
	in         form   // of a rate
	editing    id.ID  // that rate; none: a new one
	category   form   // of a category
	amount     string // that the preview splits, as it was typed
	amountErr  error
	on         clock.Date
	preview    []taxPreview
}

// taxPreview is what an amount contains in one category.
type taxPreview struct {
	category string
	missing  bool // the category has no rate in force: the default applies
	rate     money.Rate
	name     string
	base     money.Amount
	tax      money.Amount
	total    money.Amount
}

// readTaxes reads what the page shows; its preview splits 100 of the currency
// where no amount was typed.
func (f *office) readTaxes(r *http.Request, p *page) (*taxes, error) {
	ctx, m := r.Context(), p.Merchant.ID
	t := &taxes{today: f.today(p)}
	var values setting.Values
	var err error
	if err = f.db.Batch(ctx, setting.AskAll(m, p.Shop.ID, id.None, &values), tax.AskRates(m, p.Shop.ID, &t.table)); err != nil {
		return nil, err
	}
	if t.categories, err = tax.ListCategories(ctx, f.db, m); err != nil {
		return nil, err
	}
	if t.rates, err = tax.ListRates(ctx, f.db, m); err != nil {
		return nil, err
	}
	t.def = tax.Default{Rate: setting.DefaultTaxRate(values), Name: setting.TaxName.In(values)}
	t.policy = tax.Policy{Inclusive: setting.TaxInclusive.In(values), Mode: setting.Rounding(values)}
	t.in = newRate()
	if u, err := id.Parse(r.URL.Query().Get("rate")); err == nil {
		for i := range t.rates {
			if t.rates[i].ID == u {
				t.editing, t.in = u, rateForm(&t.rates[i])
			}
		}
	}
	t.amount, t.on = r.URL.Query().Get("amount"), clock.Date(r.URL.Query().Get("on"))
	if t.on.Time().IsZero() {
		t.on = t.today
	}
	if t.amount == "" {
		t.amount = p.Currency.Format(hundred(p.Currency))
	}
	t.split(p)
	return t, nil
}

// split fills the preview.
func (t *taxes) split(p *page) {
	amount, err := p.Currency.Parse(plainNumber(t.amount))
	if err != nil {
		t.amountErr = fault.Of(err).On("amount")
		return
	}
	for _, c := range append([]tax.Category{{}}, t.categories...) {
		if c.Archived {
			continue
		}
		v := taxPreview{category: c.Name}
		if c.Code == "" {
			v.category = p.T("office.tax.default")
		} else {
			_, _, ok := t.table.RateOn(c.Code, t.on)
			v.missing = !ok
		}
		v.rate, v.name = t.table.For(c.Code, t.on, t.def)
		res, err := tax.Compute(t.policy, []tax.Line{{Net: amount, Rate: v.rate, Name: v.name}})
		if err != nil {
			t.amountErr = fault.Of(err).On("amount")
			return
		}
		v.tax, v.total = res.Tax, res.Amount
		v.base = v.total - v.tax
		t.preview = append(t.preview, v)
	}
}

func newRate() form {
	return values("category", "", "shop", "", "from", "", "until", "", "name", "", "rate", "")
}

func rateForm(r *tax.Rate) form {
	shop := ""
	if !r.Shop.IsNone() {
		shop = r.Shop.String()
	}
	return values("category", r.Category, "shop", shop, "from", string(r.From), "until", string(r.Until), "name", r.Name, "rate", money.Rate(int64(r.Rate)*100).String())
}

func (t *taxes) categoryName(code string) string {
	for _, c := range t.categories {
		if c.Code == code {
			return c.Name
		}
	}
	return code
}

// taxOptions are the categories that a SKU may get: those that are offered, and
// the one that it has.
func taxOptions(p *page, list []tax.Category, has string) []ui.Option {
	out := []ui.Option{{Value: "", Text: p.T("office.tax.default")}}
	for _, c := range list {
		if !c.Archived || c.Code == has {
			out = append(out, ui.Option{Value: c.Code, Text: c.Name})
		}
		if c.Code == has {
			has = ""
		}
	}
	if has != "" { // taken over from elsewhere: it is in no table
		out = append(out, ui.Option{Value: has, Text: has})
	}
	return out
}

// rateCategories are the categories that a rate may be for.
func (t *taxes) rateCategories() []ui.Option {
	var out []ui.Option
	for _, c := range t.categories {
		out = append(out, ui.Option{Value: c.Code, Text: c.Name})
	}
	return out
}

func (t *taxes) shopOptions(p *page) []ui.Option {
	out := shopOptions(p, true)
	out[0].Text = p.T("office.tax.all_shops")
	return out
}

// inForce reports whether a rate is the one that applies today where it holds.
func (t *taxes) inForce(r *tax.Rate) bool {
	for i := range t.rates {
		if o := &t.rates[i]; o.Category == r.Category && o.Shop == r.Shop && o.In(t.today) {
			return o.ID == r.ID // the first that holds wins
		}
	}
	return false
}

func (t *taxes) rateTable(p *page) ui.TableProps {
	props := ui.TableProps{Caption: p.T("office.tax.rates"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.category")}, {Title: p.T("office.tax.name"), Key: true}, {Title: p.T("office.tax.rate"), Numeric: true}, {Title: p.T("office.shop")},
			{Title: p.T("office.tax.from")}, {Title: p.T("office.tax.until")}, {Title: p.T("office.col.state")}},
		Empty: ui.EmptyState{Icon: "percent", Title: p.T("office.tax.none"), Text: p.T("office.tax.none_text")}}
	for i := range t.rates {
		r := &t.rates[i]
		shop := p.T("office.tax.all_shops")
		if !r.Shop.IsNone() {
			shop = p.ShopName(r.Shop)
		}
		state := ui.Text("–")
		switch {
		case t.inForce(r):
			state = ui.Badge(ui.Ok, p.T("office.tax.in_force"))
		case r.From > t.today:
			state = ui.Badge(ui.Info, p.T("office.tax.later"))
		}
		props.Rows = append(props.Rows, ui.Row(t.categoryName(r.Category), ui.Link(r.Name, "/office/tax?rate="+r.ID.String()), p.Percent(r.Rate), shop, dash(string(r.From)), dash(string(r.Until)), state))
	}
	return props
}

func (t *taxes) categoryTable(p *page) ui.TableProps {
	props := ui.TableProps{Caption: p.T("office.tax.categories"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.name"), Key: true}, {Title: p.T("office.col.code")}, {Title: p.T("office.tax.today"), Numeric: true}},
		Empty:   ui.EmptyState{Icon: "percent", Title: p.T("office.tax.no_categories"), Text: p.T("office.tax.no_categories_text")}}
	for _, c := range t.categories {
		now := ui.Badge(ui.Warn, p.T("office.tax.no_rate"))
		if rate, name, ok := t.table.RateOn(c.Code, t.today); ok {
			now = ui.Text(name + " " + p.Percent(rate))
		}
		if c.Archived {
			now = ui.Badge(ui.Neutral, p.T("office.catalog.archived"))
		}
		props.Rows = append(props.Rows, ui.Row(c.Name, code(c.Code), now))
	}
	return props
}

func (t *taxes) previewTable(p *page) ui.TableProps {
	props := ui.TableProps{Caption: p.T("office.tax.preview"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.category"), Key: true}, {Title: p.T("office.tax.rate"), Numeric: true}, {Title: p.T("office.tax.base"), Numeric: true}, {Title: p.T("office.tax.tax"), Numeric: true}, {Title: p.T("office.col.total"), Numeric: true}}}
	for _, v := range t.preview {
		name := two(ui.Text(v.category), v.name)
		if v.missing {
			name = two(ui.Text(v.category), p.T("office.tax.no_rate"))
		}
		props.Rows = append(props.Rows, ui.Row(name, p.Percent(v.rate), p.Money(v.base), p.Money(v.tax), p.Money(v.total)))
	}
	return props
}

func (f *office) taxPage(w http.ResponseWriter, r *http.Request, p *page) error {
	t, err := f.readTaxes(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, taxView(p, t))
}

// rateIn is the typed form as a rate.
func rateIn(in form) (r tax.Rate, err error) {
	r = tax.Rate{Category: in.get("category"), From: clock.Date(in.get("from")), Until: clock.Date(in.get("until")), Name: in.get("name")}
	if r.ID, err = in.id("id"); err != nil {
		return r, err
	}
	if r.Shop, err = in.id("shop"); err != nil {
		return r, err
	}
	if r.Rate, err = percent(plainNumber(in.get("rate"))); err != nil {
		return r, fault.Of(err).On("rate")
	}
	return r, nil
}

func (f *office) taxRatePut(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	rate, err := rateIn(in)
	if err == nil && !rate.Shop.IsNone() && p.ShopName(rate.Shop) == "" {
		err = tenant.ErrShopNotFound.On("shop")
	}
	if err == nil {
		detail := map[string]string{"category": rate.Category, "rate": rate.Rate.String(), "from": string(rate.From), "until": string(rate.Until)}
		err = f.audited(r.Context(), "tax_rate.saved", "tax_rate", detail, func(ctx context.Context, tx *db.Tx) (string, error) {
			err := tax.PutRate(ctx, tx, p.Merchant.ID, &rate)
			return rate.ID.String(), err
		})
	}
	if errors.Is(err, tax.ErrRateTaken) {
		err = tax.ErrRateTaken.On("from")
	}
	if err != nil {
		t, readErr := f.readTaxes(r, p)
		if readErr != nil {
			return readErr
		}
		in.err, t.in, t.editing = err, in, rate.ID
		t.in.err = err
		return f.again(w, r, err, taxView(p, t))
	}
	return done(w, r, p, "/office/tax", "office.saved")
}

func (f *office) taxRateRemove(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	err = f.audited(r.Context(), "tax_rate.removed", "tax_rate", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
		return u.String(), tax.RemoveRate(ctx, tx, p.Merchant.ID, u)
	})
	if err != nil {
		return err
	}
	return done(w, r, p, "/office/tax", "office.tax.removed")
}

func (f *office) taxCategoryPut(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	c := tax.Category{Code: in.get("code"), Name: in.get("title"), Archived: in.on("archived")}
	err = f.audited(r.Context(), "tax_category.saved", "tax_category", nil, func(_ context.Context, tx *db.Tx) (string, error) {
		err := tax.PutCategory(tx, p.Merchant.ID, &c)
		return c.Code, err
	})
	if errors.Is(err, tax.ErrName) {
		err = fault.Of(err).On("title")
	}
	if err != nil {
		t, readErr := f.readTaxes(r, p)
		if readErr != nil {
			return readErr
		}
		t.category = in
		t.category.err = err
		return f.again(w, r, err, taxView(p, t))
	}
	return done(w, r, p, "/office/tax", "office.saved")
}

// hundred is 100 of the currency's major unit.
func hundred(c money.Currency) money.Amount {
	a := money.Amount(100)
	for range c.Digits {
		a *= 10
	}
	return a
}

func (t *taxes) rateTitle(p *page) string {
	if t.editing.IsNone() {
		return p.T("office.tax.new_rate")
	}
	return p.T("office.tax.change_rate")
}

// back leads away from a rate that is being changed.
func (t *taxes) back() string {
	if t.editing.IsNone() {
		return ""
	}
	return "/office/tax"
}
