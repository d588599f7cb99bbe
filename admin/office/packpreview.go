package office

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/tenant"
)

var (
	errPreviewEmpty = fault.New(fault.Invalid, "office.packs.preview_empty")
	errPreviewWho   = fault.New(fault.NotFound, "office.packs.preview_no_member")   // {query}
	errPreviewDesk  = fault.New(fault.Conflict, "office.packs.preview_no_register") // {shop}
)

const previewLines = 5

// packPreview is a basket priced with and without a pack.
type packPreview struct {
	*packDetail
	in            form
	without, with *checkout.Quote
	why           *explanation // of the quote with the pack
}

func (f *office) packPreviewPage(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.findPack(r, p)
	if err != nil {
		return err
	}
	v := &packPreview{packDetail: d, in: form{v: r.URL.Query()}}
	if !v.in.v.Has("sku") {
		return f.show(w, r, packPreviewView(p, v))
	}
	if v.in.err = f.preview(r.Context(), p, v); v.in.err != nil {
		return f.again(w, r, v.in.err, packPreviewView(p, v))
	}
	v.why = f.explained(p, v.with)
	return f.show(w, r, packPreviewView(p, v))
}

// preview prices the typed basket twice. Nothing is written, and no sale can name
// these quotes.
func (f *office) preview(ctx context.Context, p *page, v *packPreview) error {
	b, err := f.previewBasket(ctx, p, v.in)
	if err != nil {
		return err
	}
	var had *pack.Activation
	if v.known {
		had = &v.act
	}
	change, _, err := p.Packs.Lay(v.bundle.ID, had, pack.Asked{Enabled: new(true)})
	if err != nil {
		return err
	}
	others := func(on []pack.Activation) []pack.Activation {
		return slices.DeleteFunc(slices.Clone(on), func(a pack.Activation) bool { return a.PackID == v.bundle.ID })
	}
	if v.without, err = f.o.Desk.Preview(ctx, b, others); err != nil {
		return err
	}
	v.with, err = f.o.Desk.Preview(ctx, b, func(on []pack.Activation) []pack.Activation {
		return append(others(on), pack.Activation{Merchant: p.Merchant.ID, Shop: p.Shop.ID, PackID: change.PackID, Enabled: true, Version: change.Version, Config: change.Config, Priority: change.Priority})
	})
	return err
}

func (f *office) previewBasket(ctx context.Context, p *page, in form) (checkout.Basket, error) {
	b := checkout.Basket{Merchant: p.Merchant.ID, Shop: p.Shop.ID}
	registers, err := tenant.ListRegisters(ctx, f.db, p.Merchant.ID)
	if err != nil {
		return b, err
	}
	for _, reg := range registers {
		if reg.Shop == p.Shop.ID && b.Register.IsNone() {
			b.Register = reg.ID
		}
	}
	if b.Register.IsNone() {
		return b, errPreviewDesk.With("shop", p.Shop.Name)
	}
	if q := in.get("member"); q != "" {
		if b.Member, err = f.oneMember(ctx, p, q, "member"); err != nil {
			return b, errPreviewWho.On("member").With("query", q)
		}
	}
	codes, quantities := in.v["sku"], in.v["quantity"]
	for i, c := range codes {
		if c = strings.TrimSpace(c); c == "" || i >= previewLines {
			continue
		}
		line := checkout.LineIn{Barcode: c, Quantity: money.One}
		if i < len(quantities) && strings.TrimSpace(quantities[i]) != "" {
			if line.Quantity, err = money.ParseQuantity(strings.TrimSpace(quantities[i])); err != nil {
				return b, err
			}
		}
		b.Lines = append(b.Lines, line)
	}
	if len(b.Lines) == 0 {
		return b, errPreviewEmpty
	}
	return b, nil
}

// line is what was typed into one row of the basket.
func (v *packPreview) line(name string, i int) string {
	if all := v.in.v[name]; i < len(all) {
		return all[i]
	}
	return ""
}

// table compares the quotes line by line.
func (v *packPreview) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.packs.tab_preview"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.packs.preview_lines")}, {Title: p.T("office.packs.preview_quantity"), Numeric: true}, {Title: p.T("office.packs.preview_without"), Numeric: true},
			{Title: p.T("office.packs.preview_with"), Numeric: true, Key: true}, {Title: p.T("office.packs.preview_difference"), Numeric: true}}}
	for i := range v.with.Lines {
		l, was := &v.with.Lines[i], v.without.Lines[i].Net
		t.Rows = append(t.Rows, ui.Row(l.Name, l.Quantity.String(), p.Money(was), p.Money(l.Net), p.MoneySigned(l.Net-was)))
	}
	return t
}

// sums compares what the quotes come to.
func (v *packPreview) sums(p *page) ui.TableProps {
	a, b := v.without, v.with
	t := ui.TableProps{Caption: p.T("office.packs.preview_total"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.why.grant")}, {Title: p.T("office.packs.preview_without"), Numeric: true}, {Title: p.T("office.packs.preview_with"), Numeric: true, Key: true}, {Title: p.T("office.packs.preview_difference"), Numeric: true}}}
	t.Rows = append(t.Rows, ui.Row(p.T("office.packs.preview_total"), p.Money(a.Total), p.Money(b.Total), p.MoneySigned(b.Total-a.Total)),
		ui.Row(p.T("office.packs.preview_points"), p.Int(a.Points), p.Int(b.Points), moreOrLess(p, b.Points-a.Points)),
		ui.Row(p.T("office.packs.preview_commission"), p.Money(a.Commission), p.Money(b.Commission), p.MoneySigned(b.Commission-a.Commission)))
	if a.TierAfter != b.TierAfter {
		t.Rows = append(t.Rows, ui.Row(p.T("office.packs.preview_tier"), dash(a.TierAfter), dash(b.TierAfter), ""))
	}
	return t
}

// moreOrLess is a number with its sign.
func moreOrLess(p *page, n int64) string {
	if n > 0 {
		return "+" + p.Int(n)
	}
	return p.Int(n)
}

// same reports whether the pack changes nothing that is paid or given.
func (v *packPreview) same() bool {
	a, b := v.without, v.with
	return a.Total == b.Total && a.Points == b.Points && a.Commission == b.Commission && a.TierAfter == b.TierAfter && len(a.Adjustments) == len(b.Adjustments) && len(a.Trace.Grants) == len(b.Trace.Grants)
}

// failures are the reasons why the pack could not take part.
func (v *packPreview) failures(p *page) []string {
	var out []string
	for _, x := range v.with.Fallbacks {
		if x.PackID != v.bundle.ID {
			continue
		}
		text := x.Reason
		if p.Words.Has(text) {
			text = p.T(text)
		}
		if text = p.T("office.packs.preview_failed", "reason", text); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// explained makes the explanation of the quote with the pack, as a sale's.
func (f *office) explained(p *page, q *checkout.Quote) *explanation {
	return &explanation{f: f, p: p, s: &sale.Sale{Currency: q.Currency, Lines: q.Lines, Adjustments: q.Adjustments, Rules: q.Rules}, trace: q.Trace}
}
