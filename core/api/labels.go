package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/label"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
)

// LabelDesign is what a label shows, and how large it is.
type LabelDesign struct {
	Key    string       `json:"key" doc:"What a batch names it by: its id, or the word of one that came along."`
	Name   string       `json:"name"`
	Width  int          `json:"width" doc:"Tenths of a millimetre."`
	Height int          `json:"height"`
	Parts  []label.Part `json:"parts" enum:"shop,name,weight,price,per_unit,sku"`
	Code   string       `json:"code" enum:"none,ean13,code128,qr"`
}

// NewLabelDesign is a design of the merchant's own.
type NewLabelDesign struct {
	Name   string       `json:"name" minLength:"1" maxLength:"60"`
	Width  int          `json:"width" minimum:"100" maximum:"2000" doc:"Tenths of a millimetre."`
	Height int          `json:"height" minimum:"100" maximum:"2000"`
	Parts  []label.Part `json:"parts" enum:"shop,name,weight,price,per_unit,sku"`
	Code   string       `json:"code" enum:"none,ean13,code128,qr"`
}

// NewLabels asks for labels.
type NewLabels struct {
	ShopID   id.ID       `json:"shop_id" format:"uuid"`
	DeviceID id.ID       `json:"device_id" format:"uuid" doc:"A label printer of the shop."`
	Design   string      `json:"design" maxLength:"60" doc:"A design's key."`
	Lines    []LabelLine `json:"lines" minItems:"1" maxItems:"200"`
}

// LabelLine is so many labels of one SKU.
type LabelLine struct {
	SKUID   id.ID    `json:"sku_id" format:"uuid"`
	Copies  int      `json:"copies" minimum:"1" maximum:"500"`
	PerUnit string   `json:"per_unit,omitempty" maxLength:"40" doc:"The price of a unit as it is to be printed."`
	Weight  Quantity `json:"weight,omitempty" doc:"Kilograms with up to three decimals, of goods that are weighed: the label says the weight, what it costs and what a kilogram does, and bears the weight code where the merchant has a prefix for one."`
}

// LabelBatch is labels that were asked for together.
type LabelBatch struct {
	ID        id.ID   `json:"id" format:"uuid"`
	ShopID    id.ID   `json:"shop_id" format:"uuid"`
	DeviceID  id.ID   `json:"device_id" format:"uuid"`
	Design    string  `json:"design" doc:"Its name, as it was."`
	Labels    int     `json:"labels"`
	CreatedAt Instant `json:"created_at"`
}

const batchesShown = 50

func (a *api) labels() {
	catalogue := []auth.Permission{auth.PermCatalog}
	add(a, route{id: "list-label-designs", method: http.MethodGet, path: "/label-designs", tag: "labels", summary: "List the designs of labels", any: catalogue},
		func(ctx context.Context, c caller, _ *struct{}) (*read[List[LabelDesign]], error) {
			rows, err := label.Designs(ctx, a.DB, c.Merchant)
			return listOf(rows, "", labelDesign), err
		})
	add(a, route{id: "create-label-design", method: http.MethodPost, path: "/label-designs", tag: "labels", summary: "Make a design of labels", any: catalogue, key: mayKey, status: http.StatusCreated}, a.createLabelDesign)
	add(a, route{id: "archive-label-design", method: http.MethodDelete, path: "/label-designs/{id}", tag: "labels", summary: "Take a design of labels out of use", any: catalogue, status: http.StatusNoContent},
		func(ctx context.Context, c caller, in *IDIn) (*struct{}, error) {
			return nil, a.writes(ctx, c, "label.design_archived", "label_design", in.ID.String(), nil, func(ctx context.Context, tx *db.Tx) error {
				return label.Archive(ctx, tx, c.Merchant, in.ID)
			})
		})
	add(a, route{id: "list-labels", method: http.MethodGet, path: "/shops/{id}/labels", tag: "labels", summary: "List the labels that were printed last", any: catalogue},
		func(ctx context.Context, c caller, in *IDIn) (*read[List[LabelBatch]], error) {
			rows, err := label.ListBatches(ctx, a.DB, c.Merchant, in.ID, batchesShown)
			return listOf(rows, "", labelBatch), err
		})
	add(a, route{id: "print-labels", method: http.MethodPost, path: "/labels", tag: "labels", summary: "Print labels", any: catalogue, key: mustKey, status: http.StatusCreated,
		doc: "What a label says is kept as of now: one that is printed late says the price of today."}, a.printLabels)
}

func labelDesign(d label.Design) LabelDesign {
	return LabelDesign{Key: d.Key(), Name: d.Name, Width: d.Width, Height: d.Height, Parts: d.Parts, Code: d.Code}
}

func labelBatch(b label.Batch) LabelBatch {
	return LabelBatch{ID: b.ID, ShopID: b.Shop, DeviceID: b.Device, Design: b.Design, Labels: b.Labels, CreatedAt: instant(b.CreatedAt)}
}

func (a *api) createLabelDesign(ctx context.Context, c caller, in *struct{ Body NewLabelDesign }) (*made[LabelDesign], error) {
	b := in.Body
	d, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, label.Design, error) {
		d, err := label.Create(ctx, tx, c.Merchant, label.Design{Name: b.Name, Width: b.Width, Height: b.Height, Parts: b.Parts, Code: b.Code})
		if err != nil {
			return id.None, d, err
		}
		return d.ID, d, auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "label.design_created", SubjectKind: "label_design", SubjectID: d.ID.String(), Detail: map[string]any{"name": d.Name}})
	}, func(ctx context.Context, made id.ID) (label.Design, error) {
		list, err := label.Designs(ctx, a.DB, c.Merchant)
		if err != nil {
			return label.Design{}, err
		}
		return label.Find(list, made.String())
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/label-designs/"+d.ID.String(), labelDesign(d), again), nil
}

func (a *api) printLabels(ctx context.Context, c caller, in *struct{ Body NewLabels }) (*made[LabelBatch], error) {
	b := in.Body
	got, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, label.Batch, error) {
		got, err := c.batch(ctx, tx, b)
		if err != nil {
			return id.None, got, err
		}
		return got.ID, got, auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: "label.printed", SubjectKind: "label_batch", SubjectID: got.ID.String(), Detail: map[string]any{"labels": got.Labels}})
	}, func(ctx context.Context, made id.ID) (label.Batch, error) {
		return label.Get(ctx, a.DB, c.Merchant, made)
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/shops/"+got.Shop.String()+"/labels", labelBatch(got), again), nil
}

func (c caller) batch(ctx context.Context, tx *db.Tx, b NewLabels) (label.Batch, error) {
	m, err := tenant.GetMerchant(ctx, tx, c.Merchant)
	if err != nil {
		return label.Batch{}, err
	}
	shop, err := tenant.GetShop(ctx, tx, c.Merchant, b.ShopID)
	if err != nil {
		return label.Batch{}, err
	}
	designs, err := label.Designs(ctx, tx, c.Merchant)
	if err != nil {
		return label.Batch{}, err
	}
	d, err := label.Find(designs, b.Design)
	if err != nil {
		return label.Batch{}, err
	}
	words := i18n.Match(m.Locale)
	settings, err := setting.All(ctx, tx, c.Merchant, id.None, id.None)
	if err != nil {
		return label.Batch{}, err
	}
	reader := catalog.WeightReaderOf(settings, c.currency)
	out := label.Batch{Merchant: c.Merchant, Shop: b.ShopID, Device: b.DeviceID, Design: d.Name, Actor: c.ID}
	for i, l := range b.Lines {
		s, err := catalog.Get(ctx, tx, c.Merchant, l.SKUID)
		if err != nil {
			return label.Batch{}, on(err, fmt.Sprintf("lines[%d].sku_id", i))
		}
		line := label.Line{SKU: l.SKUID, Copies: l.Copies}
		if l.Weight == "" {
			line.Label = label.Layout(d, report.LabelContent(words, c.currency, shop.Name, &s, l.PerUnit))
		} else {
			weight, err := quantity(l.Weight, "weight")
			if err == nil {
				line.Label, err = report.WeighedLabel(ctx, tx, c.Merchant, d, words, reader, shop.Name, &s, weight, l.PerUnit)
			}
			if err != nil {
				return label.Batch{}, on(err, fmt.Sprintf("lines[%d].weight", i))
			}
		}
		out.Lines = append(out.Lines, line)
	}
	return label.Queue(ctx, tx, out)
}
