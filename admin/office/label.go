package office

import (
	"bytes"
	"context"
	"image/png"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/label"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/web"
)

const labelsURL = "/office/catalog/labels"

func (f *office) mountLabels() {
	f.on("GET "+labelsURL, auth.PermCatalog, f.labelsPage)
	f.on("POST "+labelsURL, auth.PermCatalog, f.labelsPrint)
	f.on("POST "+labelsURL+"/designs", auth.PermCatalog, f.labelDesign)
	f.on("POST "+labelsURL+"/designs/{id}/archive", auth.PermCatalog, f.labelArchive)
}

// labelPage is what labels are asked for with.
type labelPage struct {
	query    string
	self     string // this page's address, with what it was asked for
	received bool   // what has come in of late, in place of what was looked for
	skus     []catalog.SKU
	first    string
	next     string
	designs  []label.Design
	printers []device.Device
	batches  []label.Batch
	in       form
	design   form // the one that is being made
	reader   catalog.WeightReader
}

func (f *office) readLabels(r *http.Request, p *page) (*labelPage, error) {
	if p.Shop.ID.IsNone() {
		return nil, web.ErrNoRoute
	}
	ctx, m := r.Context(), p.Merchant.ID
	x := &labelPage{query: r.URL.Query().Get("q"), received: r.URL.Query().Get("received") != "", in: values(), self: labelsURL}
	if r.URL.RawQuery != "" {
		x.self += "?" + r.URL.Query().Encode()
	}
	at, err := pageOf(r, 30)
	if err != nil {
		return nil, err
	}
	if x.received {
		err = f.readReceived(ctx, p, x)
	} else {
		var next string
		x.skus, next, err = catalog.List(ctx, f.db, m, catalog.Filter{Query: x.query, Kind: catalog.Goods}, at)
		x.first, x.next = pager(r, next)
	}
	if err != nil {
		return nil, err
	}
	if x.designs, err = label.Designs(ctx, f.db, m); err != nil {
		return nil, err
	}
	if x.reader, err = weightReader(ctx, f.db, p); err != nil {
		return nil, err
	}
	if x.printers, err = f.inUse(ctx, m, p.Shop.ID, device.ClassLabel); err != nil {
		return nil, err
	}
	x.batches, err = label.ListBatches(ctx, f.db, m, p.Shop.ID, 10)
	x.in.v.Set("design", x.designs[0].Key())
	return x, err
}

// receivedFor is how long ago goods came in that are offered for labels, and
// receivedMost how many of them.
const (
	receivedFor  = 7 * 24 * time.Hour
	receivedMost = 100
)

// readReceived takes what has come in of late, with a label for each piece; of what
// is weighed, one.
func (f *office) readReceived(ctx context.Context, p *page, x *labelPage) error {
	m := p.Merchant.ID
	moves, err := stock.Received(ctx, f.db, m, stock.Floor(m, p.Shop.ID), f.db.Now().Add(-receivedFor))
	if err != nil {
		return err
	}
	moves = moves[:min(len(moves), receivedMost)]
	ids := make([]id.ID, len(moves))
	for i, v := range moves {
		ids[i] = v.SKU
	}
	skus, err := f.skus(ctx, m, ids)
	if err != nil {
		return err
	}
	for _, v := range moves {
		s, ok := skus[v.SKU]
		if !ok {
			continue
		}
		n := int64(1)
		if v.Quantity%money.One == 0 {
			n = min(int64(v.Quantity/money.One), label.MaxCopies)
		}
		x.skus = append(x.skus, s)
		x.in.v.Set("n_"+v.SKU.String(), strconv.FormatInt(n, 10))
	}
	return nil
}

func (f *office) labelsPage(w http.ResponseWriter, r *http.Request, p *page) error {
	x, err := f.readLabels(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, labelsView(p, x))
}

func weightReader(ctx context.Context, r db.Reader, p *page) (catalog.WeightReader, error) {
	v, err := setting.All(ctx, r, p.Merchant.ID, id.None, id.None)
	return catalog.WeightReaderOf(v, p.Currency), err
}

// content is what a SKU's label says, as of now.
func content(p *page, s *catalog.SKU, perUnit string) label.Content {
	return report.LabelContent(p.Words, p.Currency, p.Shop.Name, s, perUnit)
}

// labelsPrint queues so many labels of each SKU as the form says, and one of each that
// was weighed.
func (f *office) labelsPrint(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	var made label.Batch
	err = f.audited(r.Context(), "label.printed", "label_batch", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
		made, err = f.batchOf(ctx, tx, p, in)
		return made.ID.String(), err
	})
	if err != nil {
		x, e := f.readLabels(r, p)
		if e != nil {
			return e
		}
		x.in = in
		x.in.err = err
		return f.again(w, r, err, labelsView(p, x))
	}
	return done(w, r, p, labelsURL, "office.labels.queued", "count", made.Labels)
}

func (f *office) batchOf(ctx context.Context, tx *db.Tx, p *page, in form) (label.Batch, error) {
	designs, err := label.Designs(ctx, tx, p.Merchant.ID)
	if err != nil {
		return label.Batch{}, err
	}
	d, err := label.Find(designs, in.get("design"))
	if err != nil {
		return label.Batch{}, err
	}
	dev, err := in.id("device")
	if err != nil {
		return label.Batch{}, err
	}
	reader, err := weightReader(ctx, tx, p)
	if err != nil {
		return label.Batch{}, err
	}
	b := label.Batch{Merchant: p.Merchant.ID, Shop: p.Shop.ID, Device: dev, Design: d.Name, Actor: p.Actor.ID}
	for _, key := range in.v["sku"] {
		n, weight, err := copiesOf(in, key)
		if err != nil {
			return label.Batch{}, err
		}
		if n == 0 {
			continue
		}
		sku, err := id.Parse(key)
		if err != nil {
			return label.Batch{}, web.ErrMalformed
		}
		s, err := catalog.Get(ctx, tx, p.Merchant.ID, sku)
		if err != nil {
			return label.Batch{}, err
		}
		line := label.Line{SKU: sku, Copies: n}
		if weight == 0 {
			line.Label = label.Layout(d, content(p, &s, in.get("u_"+key)))
		} else if line.Label, err = report.WeighedLabel(ctx, tx, p.Merchant.ID, d, p.Words, reader, p.Shop.Name, &s, weight, in.get("u_"+key)); err != nil {
			return label.Batch{}, fault.Of(err).On("w_" + key)
		}
		b.Lines = append(b.Lines, line)
	}
	return label.Queue(ctx, tx, b)
}

// copiesOf is how many labels of a SKU are asked for, and the weight that they say, 0
// where it is not weighed. A weight alone is one label.
func copiesOf(in form, key string) (n int, weight money.Quantity, err error) {
	if text := strings.ReplaceAll(in.get("w_"+key), "．", "."); text != "" { // a comma is no point, and is not passed over: 0,352 is not 352
		if weight, err = money.ParseQuantity(text); err != nil || weight <= 0 || weight > report.MaxLabelWeight {
			return 0, 0, label.ErrWeight.On("w_"+key).With("max", report.MaxLabelWeight.String())
		}
		n = 1
	}
	if text := plainNumber(in.get("n_" + key)); text != "" && (text != "0" || weight == 0) {
		if n, err = strconv.Atoi(text); err != nil {
			return 0, 0, label.ErrCopies.With("max", label.MaxCopies)
		}
	}
	return n, weight, nil
}

// labelDesign makes a design of the merchant's own.
func (f *office) labelDesign(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	d := label.Design{Name: in.get("name"), Code: in.get("code")}
	for field, to := range map[string]*int{"width": &d.Width, "height": &d.Height} {
		if mm, err := strconv.ParseFloat(plainNumber(in.get(field)), 64); err == nil && mm < 1000 {
			*to = int(mm * 10)
		}
	}
	for _, part := range label.Parts() {
		if in.on("part_" + string(part)) {
			d.Parts = append(d.Parts, part)
		}
	}
	err = f.audited(r.Context(), "label.design_created", "label_design", map[string]any{"name": d.Name}, func(ctx context.Context, tx *db.Tx) (string, error) {
		made, err := label.Create(ctx, tx, p.Merchant.ID, d)
		return made.ID.String(), err
	})
	if err != nil {
		x, e := f.readLabels(r, p)
		if e != nil {
			return e
		}
		x.design = in
		x.design.err = err
		return f.again(w, r, err, labelsView(p, x))
	}
	return done(w, r, p, labelsURL, "office.saved")
}

func (f *office) labelArchive(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	err = f.audited(r.Context(), "label.design_archived", "label_design", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
		return u.String(), label.Archive(ctx, tx, p.Merchant.ID, u)
	})
	if err != nil {
		return err
	}
	return done(w, r, p, labelsURL, "office.saved")
}

// designName is what a design is called: one that came along by the catalogue.
func designName(p *page, d label.Design) string {
	name := d.Name
	if d.ID.IsNone() {
		name = p.T("office.labels.design." + d.Name)
	}
	return name + " · " + strconv.Itoa(d.Width/10) + " × " + strconv.Itoa(d.Height/10) + " mm"
}

// batchName is a design's name as a batch kept it.
func batchName(p *page, name string) string {
	if key := "office.labels.design." + name; p.Words.Has(key) {
		return p.T(key)
	}
	return name
}

func (x *labelPage) designOptions(p *page) (out []ui.Option) {
	for _, d := range x.designs {
		out = append(out, ui.Option{Value: d.Key(), Text: designName(p, d)})
	}
	return out
}

func (x *labelPage) printerOptions() (out []ui.Option) {
	for _, d := range x.printers {
		out = append(out, ui.Option{Value: d.ID.String(), Text: d.Name})
	}
	return out
}

// look is a design with the first SKU of the list, as it would be printed.
func (x *labelPage) look(p *page, d label.Design) string {
	c := label.Content{Shop: p.Shop.Name, Name: p.T("receipt.sample_goods"), Price: p.Money(4500), PerUnit: p.Money(900) + " / 100 ml", SKU: "SH-500", Barcode: "6901234567892"}
	weighed := slices.Contains(d.Parts, label.PartWeight)
	if weighed {
		c.Weight, c.Barcode = p.T("label.kilograms", "weight", "0.352"), "2100123003525"
	}
	if len(x.skus) > 0 {
		c = content(p, &x.skus[0], "")
		if w, err := report.WeighedContent(p.Words, x.reader, p.Shop.Name, &x.skus[0], 352, ""); weighed && err == nil {
			c = w
		}
	}
	var b bytes.Buffer
	if png.Encode(&b, label.Picture(label.Layout(d, c)).Image()) != nil {
		return ""
	}
	return dataURL("png", b.Bytes())
}

// of is an input for a figure of a SKU: "n", how many, or "w", how much was weighed.
func (x *labelPage) of(p *page, s *catalog.SKU, what, label, placeholder string) ui.FieldProps {
	key := s.ID.String()
	f := digits(withID(x.in.field(what+"_"+key, p.T("office.labels."+label, "name", s.Name)), what+"-"+key), "", "")
	f.HideLabel, f.Placeholder = true, placeholder
	return f
}

// perUnitOf is the input for the price of a unit of a SKU.
func (x *labelPage) perUnitOf(p *page, s *catalog.SKU) ui.FieldProps {
	f := x.of(p, s, "u", "per_unit_of", p.T("office.labels.per_unit"))
	f.InputMode, f.Numeric, f.Attrs = "", false, templ.Attributes{"maxlength": "40"}
	return f
}

func (x *labelPage) batchTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.labels.batches"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.date")}, {Title: p.T("office.labels.design"), Key: true}, {Title: p.T("office.labels.labels"), Numeric: true}},
		Empty:   ui.EmptyState{Icon: "print", Title: p.T("office.labels.no_batches"), Text: p.T("office.labels.no_batches_text")}}
	for _, b := range x.batches {
		t.Rows = append(t.Rows, ui.Row(stamp(p, b.CreatedAt), batchName(p, b.Design), count(p, b.Labels)))
	}
	return t
}
