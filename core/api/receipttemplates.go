package api

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/tenant"
)

// ReceiptTemplate is how a shop's receipts look.
type ReceiptTemplate struct {
	Paper      int               `json:"paper" enum:"32,42,48" doc:"Columns: paper of 58, 76 or 80 mm."`
	Lang       string            `json:"lang,omitempty" maxLength:"35" doc:"None: the shop's receipt language."`
	Second     string            `json:"second,omitempty" maxLength:"35" doc:"A second language beside it."`
	Head       map[string]string `json:"head,omitempty" doc:"Lines above the sale, by language."`
	Foot       map[string]string `json:"foot,omitempty" doc:"Lines below it, by language."`
	BusinessNo string            `json:"business_no,omitempty" maxLength:"40"`
	Fields     []receipt.Field   `json:"fields" doc:"What is shown of merchant, shop, address, register, cashier, card, tier, codes, discounts, saved, taxes, staff, points_before, points, wallet, punches, coupons. Number, lines, totals and tenders always are."`
	MemberName string            `json:"member_name" enum:"full,masked,none"`
	Code       string            `json:"code" enum:"sale,number,text,url,none" doc:"What the code at the foot holds."`
	CodeText   string            `json:"code_text,omitempty" maxLength:"400" doc:"The text, or a web address with {number} and {sale} in it."`
	Copies     int               `json:"copies" minimum:"1" maximum:"3"`
	Logo       string            `json:"logo,omitempty" maxLength:"64" doc:"The hash of a picture that was stored."`
	LogoWidth  int               `json:"logo_width" enum:"40,60,80,100" doc:"Percent of the paper."`
}

// ReceiptLogo is a picture for receipts.
type ReceiptLogo struct {
	Hash   string `json:"hash"`
	Type   string `json:"type"`
	Width  int    `json:"width" doc:"Dots."`
	Height int    `json:"height"`
}

// NewReceiptLogo is a picture to be stored.
type NewReceiptLogo struct {
	Data []byte `json:"data" doc:"PNG or JPEG."`
}

func (a *api) receiptTemplates() {
	settings := []auth.Permission{auth.PermSettings}
	add(a, route{id: "get-receipt-template", method: http.MethodGet, path: "/shops/{id}/receipt-template", tag: "shops", summary: "Get how a shop's receipts look", any: settings},
		func(ctx context.Context, c caller, in *IDIn) (*read[ReceiptTemplate], error) {
			if _, err := tenant.GetShop(ctx, a.DB, c.Merchant, in.ID); err != nil {
				return nil, err
			}
			t, err := receipt.GetTemplate(ctx, a.DB, c.Merchant, in.ID)
			return reads(ReceiptTemplate(t)), err
		})
	add(a, route{id: "set-receipt-template", method: http.MethodPut, path: "/shops/{id}/receipt-template", tag: "shops", summary: "Set how a shop's receipts look", any: settings}, a.setReceiptTemplate)
	add(a, route{id: "store-receipt-logo", method: http.MethodPut, path: "/receipt-logos", tag: "shops", summary: "Store a picture for receipts", any: settings, maxBody: receipt.MaxLogo*4/3 + 4096,
		doc: "The same picture is stored once; a template names it by its hash."}, a.storeLogo)
}

func (a *api) setReceiptTemplate(ctx context.Context, c caller, in *struct {
	IDIn
	Body ReceiptTemplate
}) (*read[ReceiptTemplate], error) {
	t := receipt.Template(in.Body)
	if _, err := tenant.GetShop(ctx, a.DB, c.Merchant, in.ID); err != nil {
		return nil, err
	}
	if t.Logo != "" {
		if _, err := receipt.GetLogo(ctx, a.DB, c.Merchant, t.Logo); err != nil {
			return nil, on(err, "logo")
		}
	}
	err := a.writes(ctx, c, "receipt.template_changed", "shop", in.ID.String(), map[string]any{"paper": t.Paper, "lang": t.Lang, "second": t.Second, "copies": t.Copies, "code": t.Code, "fields": len(t.Fields), "logo": t.Logo},
		func(_ context.Context, tx *db.Tx) error { return receipt.QueueTemplate(tx, c.Merchant, in.ID, t) })
	if err != nil {
		return nil, err
	}
	t, err = receipt.GetTemplate(ctx, a.DB, c.Merchant, in.ID)
	return reads(ReceiptTemplate(t)), err
}

func (a *api) storeLogo(ctx context.Context, c caller, in *struct{ Body NewReceiptLogo }) (*read[ReceiptLogo], error) {
	if len(in.Body.Data) > receipt.MaxLogo {
		return nil, receipt.ErrLogoTooLarge.On("data").With("max", receipt.MaxLogo>>10)
	}
	l, err := receipt.ReadLogo(in.Body.Data)
	if err != nil {
		return nil, on(err, "data")
	}
	err = a.writes(ctx, c, "receipt.logo_stored", "merchant", c.Merchant.String(), map[string]string{"hash": l.Hash}, func(_ context.Context, tx *db.Tx) error {
		receipt.QueueLogo(tx, c.Merchant, l)
		return nil
	})
	return reads(ReceiptLogo{l.Hash, l.Type, l.Width, l.Height}), err
}
