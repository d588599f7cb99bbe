package office_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/kitchen"
	"github.com/shopwright/shopwright/core/label"
	"github.com/shopwright/shopwright/core/receipt"

	"context"

	"github.com/shopwright/shopwright/core/db"
)

// What is typed on the page of receipts is stored for the shop, refused where it is
// wrong, shown in the preview before it is stored, and noted in the audit log.
func TestReceiptTemplatesAreWritten(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		const at = "/office/settings/receipts"
		v := fieldsOf(t, b.get(at).body, at)
		v.Set("paper", "32")
		v.Set("code", "url")
		v.Set("code_text", "lotus.example")
		b.postForm(at, v).want(t, http.StatusBadRequest, "receipt.code_content_invalid", `id="code_text-error"`)
		v.Set("code_text", "https://lotus.example/{number}")
		v.Set("head_en", "Open daily")
		v.Del("field_taxes")
		v.Del("receipt.print_refunds")
		b.postForm(at+"/preview", v).want(t, http.StatusOK, "Open daily", "https://lotus.example/A1-000123", "data:image/png;base64,")
		if tpl, err := receipt.GetTemplate(context.Background(), s.db, s.m.ID, s.shop.ID); err != nil || tpl.Paper != 48 {
			t.Fatalf("a preview was stored: %+v %v", tpl, err)
		}
		b.postForm(at, v).want(t, http.StatusOK, "Open daily")
		tpl, err := receipt.GetTemplate(context.Background(), s.db, s.m.ID, s.shop.ID)
		if err != nil || tpl.Paper != 32 || tpl.Head["en"] != "Open daily" || tpl.Shows(receipt.FieldTaxes) || !tpl.Shows(receipt.FieldCashier) {
			t.Fatalf("%+v %v", tpl, err)
		}
		b.get("/office/audit?action=receipt.").want(t, http.StatusOK, "receipt.template_changed")
		s.signIn("manager").get(at).want(t, http.StatusForbidden)
	})
}

func TestStationsAreWritten(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		b.post("/office/stations", "name", "").want(t, http.StatusBadRequest, "kitchen.name_invalid")
		b.post("/office/stations", "name", "Kitchen", "devices", s.printer.String()).want(t, http.StatusOK, "Kitchen")
		p, err := kitchen.ReadPlan(context.Background(), s.db, s.m.ID, s.shop.ID)
		if err != nil || len(p.Stations) != 1 || len(p.Stations[0].Devices) != 1 {
			t.Fatalf("%+v %v", p, err)
		}
		at := p.Stations[0].ID.String()
		b.post("/office/stations/routes", "sku", "no-such-thing", "station", at).want(t, http.StatusNotFound, "catalog.not_found")
		b.post("/office/stations/routes", "sku", "oil", "station", at).want(t, http.StatusOK)
		b.post("/office/stations/switch", "on", "true").want(t, http.StatusOK, "Print no tickets")
		if p, err = kitchen.ReadPlan(context.Background(), s.db, s.m.ID, s.shop.ID); err != nil || len(p.Routes) != 1 || p.Routes[0].Ref != s.skus["oil"].ID.String() {
			t.Fatalf("%+v %v", p, err)
		}
		b.post("/office/stations", "station", at, "name", "Kitchen", "archived", "true").want(t, http.StatusOK)
		if p, err = kitchen.ReadPlan(context.Background(), s.db, s.m.ID, s.shop.ID); err != nil || len(p.Stations)+len(p.Routes) != 0 {
			t.Fatalf("%+v %v", p, err)
		}
	})
}

func TestLabelsAreQueued(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		var zebra device.Device
		if err := s.db.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) (err error) {
			zebra, err = device.Create(ctx, tx, device.Device{Merchant: s.m.ID, Shop: s.shop.ID, Name: "Zebra", Class: device.ClassLabel, Driver: "label-zpl", Enabled: true})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		oil := s.skus["oil"].ID.String()
		const at = "/office/catalog/labels"
		b.get(at).want(t, http.StatusOK, "Zebra", "data:image/png;base64,")
		form := url.Values{"design": {"shelf"}, "device": {zebra.ID.String()}, "sku": {oil}, "n_" + oil: {"0"}}
		b.postForm(at, form).want(t, http.StatusBadRequest, "label.batch_empty")
		form.Set("n_"+oil, "3")
		form.Set("device", s.printer.String())
		b.postForm(at, form).want(t, http.StatusBadRequest, "label.device_invalid")
		form.Set("device", zebra.ID.String())
		b.postForm(at, form).want(t, http.StatusOK, "3 labels are being printed")
		jobs, _, err := device.ListJobs(context.Background(), s.db, s.m.ID, device.JobFilter{Device: zebra.ID}, db.Page{})
		if err != nil || len(jobs) != 1 || jobs[0].Kind != device.KindLabel {
			t.Fatalf("%+v %v", jobs, err)
		}
		l, err := label.GetLine(context.Background(), s.db, s.m.ID, jobs[0].Ref)
		if err != nil || l.Copies != 3 || l.SKU != s.skus["oil"].ID {
			t.Fatalf("%+v %v", l, err)
		}
		b.get("/office/devices").want(t, http.StatusOK, "Labels: 3 × ")
		// What came in is offered with a label for each piece.
		b.get(at+"?received=1").want(t, http.StatusOK, `name="n_`+oil+`"`)
		b.post("/office/catalog/"+oil+"/stock", "kind", "goods_receipt", "quantity", "7").want(t, http.StatusOK)
		received := fieldsOf(t, b.get(at+"?received=1").body, at+"?received=1")
		if n := received.Get("n_" + oil); n != "19" { // 12 when it opened
			t.Errorf("%q labels for what came in", n)
		}
		b.post(at+"/designs", "name", "Mine", "width", "5", "height", "30", "part_name", "true", "code", "qr").want(t, http.StatusBadRequest, "label.size_invalid", `id="width-error"`)
		b.post(at+"/designs", "name", "Mine", "width", "50", "height", "30", "part_name", "true", "code", "qr").want(t, http.StatusOK, "Mine")
	})
}

// A card is written where a station runs, and refused clearly where none does.
func TestCardsAreWritten(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("manager")
		made := b.post("/office/members/new", "name", "Zhao Min", "phone", "13911112222", "card", "C-77").want(t, http.StatusOK, "/write")
		_, rest, ok := strings.Cut(made.body, made.path+"/cards/")
		if !ok {
			t.Fatal("no way to write the card")
		}
		card, _, _ := strings.Cut(rest, "/write")
		if _, err := id.Parse(card); err != nil {
			t.Fatal(card)
		}
		at := made.path + "/cards/" + card + "/write"
		b.get(at).want(t, http.StatusOK, "No card station is set up")
		b.post(at, "device", s.printer.String()).want(t, http.StatusConflict, "office.no_card_station")
	})
}
