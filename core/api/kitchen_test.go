package api_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"image"
	"image/png"
	"strconv"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
)

// printer makes a device of the shop.
func (s *shop) printer(name, class, driver string) (dev id.ID) {
	s.t.Helper()
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		d, err := device.Create(ctx, tx, device.Device{Merchant: s.merchant, Shop: s.shop, Name: name, Class: class, Driver: driver, Enabled: true})
		dev = d.ID
		return err
	})
	return dev
}

// An order goes to its station once, however often it is sent, and its sale tells only
// what is new.
func TestOrdersGoToStations(t *testing.T) {
	each(t, func(s *shop) {
		shopPath, nobody := "/api/v1/shops/"+s.shop.String(), "0196a1e0-0000-7000-8000-000000000001"
		dev := s.printer("bar", device.ClassPrinter, "virtual-printer")
		bar := s.again(shopPath+"/stations", `{"name":" Bar ","device_ids":["`+dev.String()+`"]}`)
		s.is(bar, "name", "Bar")
		s.is(s.want(409, s.tries(shopPath+"/stations", `{"name":"Bar"}`)), "code", "kitchen.name_taken")
		s.is(s.want(400, s.tries(shopPath+"/stations", `{"name":"Grill","device_ids":["`+nobody+`"]}`)), "code", "kitchen.printer_invalid")
		s.is(s.want(404, s.tries("/api/v1/shops/"+nobody+"/stations", `{"name":"Bar"}`)), "code", "tenant.shop_not_found")
		s.is(s.want(404, s.call("PUT", "/api/v1/stations/"+nobody, `{"name":"x"}`)), "code", "kitchen.station_not_found")
		s.is(s.want(200, s.call("PUT", "/api/v1/stations/"+bar.text("id"), `{"name":"Tea bar","device_ids":["`+dev.String()+`"]}`)), "name", "Tea bar")
		s.is(s.get(shopPath+"/stations"), "items.0.device_ids.0", dev.String())
		s.want(204, s.call("PUT", shopPath+"/station-routes", `{"kind":"sku","ref":"`+s.tea.String()+`","station_id":"`+bar.text("id")+`"}`))
		s.is(s.want(400, s.call("PUT", shopPath+"/station-routes", `{"kind":"sku","ref":"x","station_id":"`+nobody+`"}`)), "code", "kitchen.route_invalid")
		s.is(s.get(shopPath+"/station-routes"), "items.0.station_id", bar.text("id"))

		line, order := id.New(int64(s.clock.Now())).String(), "/api/v1/orders/"+id.New(int64(s.clock.Now())).String()+"/tickets"
		at := `{"shop_id":"` + s.shop.String() + `","register_id":"` + s.register.String() + `","title":"7","place":"T4",`
		two := at + `"lines":[{"id":"` + line + `","sku_id":"` + s.tea.String() + `","quantity":"2","note":"no ice"}]}`
		s.is(s.want(409, s.call("PUT", order, two)), "code", "checkout.kitchen_off")
		s.setting("kitchen.tickets", "true")
		sent := s.want(200, s.call("PUT", order, two))
		s.is(sent, "items.0.lines.0.note", "no ice")
		s.is(s.want(200, s.call("PUT", order, two)), "items", "[]")
		for body, code := range map[string]string{
			at + `"lines":[{"id":"` + line + `","sku_id":"` + nobody + `","quantity":"1"}]}`:                                  "404 checkout.unknown_sku",
			at + `"lines":[{"id":"` + line + `","sku_id":"` + s.tea.String() + `","quantity":"x"}]}`:                          "400 money.malformed",
			strings.Replace(two, s.register.String(), nobody, 1):                                                              "404 tenant.register_not_found",
			strings.Replace(at+`"dropped_line_ids":["`+line+`"]}`, s.register.String(), nobody, 1):                            "404 tenant.register_not_found",
			at + `"lines":[{"id":"` + line + `","barcode":"` + teaBarcode + `","quantity":"1","note":"` + "a\\u0007" + `"}]}`: "400 checkout.note_invalid",
		} {
			if got := s.call("PUT", order, body); code[4:] != got.text("code") {
				t.Errorf("%s: %d %s, want %s", body, got.status, got.raw, code)
			}
		}
		// Its sale brings one more, and takes nothing back.
		sold := s.post("/api/v1/sales", `{"shop_id":"`+s.shop.String()+`","register_id":"`+s.register.String()+`","place":"T4","lines":[{"id":"`+line+`","sku_id":"`+s.tea.String()+`","quantity":"3","note":"no ice"}],"tenders":[{"type":"cash","amount":"100"}]}`)
		s.is(sold, "lines.0.id", line)
		list := s.get(shopPath + "/tickets?limit=1")
		s.is(list, "items.0.sale_id", sold.text("id"))
		s.is(list, "items.0.place", "T4")
		s.is(s.get("/api/v1/tickets/"+list.text("items.0.id")), "lines.0.quantity", "1")
		s.is(s.get(shopPath+"/tickets?cursor="+list.text("next_cursor")), "items.0.id", sent.text("items.0.id"))
		s.is(s.want(404, s.call("GET", "/api/v1/tickets/"+nobody, "")), "code", "kitchen.ticket_not_found")
		s.want(200, s.call("PUT", order, at+`"dropped_line_ids":["`+line+`"]}`))
		s.is(s.get("/api/v1/tickets/"+s.get(shopPath+"/tickets").text("items.0.id")), "lines.0.quantity", "-3")
		s.want(204, s.call("PUT", shopPath+"/station-routes", `{"kind":"sku","ref":"`+s.tea.String()+`","clear":true}`))
		s.is(s.get(shopPath+"/station-routes"), "items", "[]")
		if n := s.audits("kitchen."); n != 4 {
			t.Errorf("%d entries in the audit log", n)
		}
		other := s.stranger()
		s.is(s.want(404, s.call("GET", "/api/v1/tickets/"+list.text("items.0.id"), "", "Authorization: Bearer "+other.key)), "code", "kitchen.ticket_not_found")
		s.is(s.want(404, s.call("GET", shopPath+"/stations", "", "Authorization: Bearer "+other.key)), "code", "tenant.shop_not_found")
	})
}

func TestLabels(t *testing.T) {
	each(t, func(s *shop) {
		dev := s.printer("labels", device.ClassLabel, "label-zpl")
		s.is(s.get("/api/v1/label-designs"), "items.0.key", "shelf")
		own := s.again("/api/v1/label-designs", `{"name":"Jar","width":400,"height":250,"parts":["name","price"],"code":"ean13"}`)
		s.is(s.want(409, s.tries("/api/v1/label-designs", `{"name":"Jar","width":400,"height":250,"parts":["name"],"code":"none"}`)), "code", "label.name_taken")
		ask := func(design, device, sku string) string {
			return `{"shop_id":"` + s.shop.String() + `","device_id":"` + device + `","design":"` + design + `","lines":[{"sku_id":"` + sku + `","copies":3}]}`
		}
		made := s.again("/api/v1/labels", ask(own.text("key"), dev.String(), s.tea.String()))
		s.is(made, "labels", "3")
		s.is(made, "design", "Jar")
		s.is(s.get("/api/v1/shops/"+s.shop.String()+"/labels"), "items.0.id", made.text("id"))
		jobs, _, err := device.ListJobs(context.Background(), s.d, s.merchant, device.JobFilter{}, db.Page{})
		if err != nil || len(jobs) != 1 || jobs[0].Kind != device.KindLabel {
			t.Fatal(jobs, err)
		}
		nobody := "0196a1e0-0000-7000-8000-000000000001"
		s.is(s.want(404, s.tries("/api/v1/labels", ask("none", dev.String(), s.tea.String()))), "code", "label.design_not_found")
		s.is(s.want(404, s.tries("/api/v1/labels", ask("shelf", dev.String(), nobody))), "code", "catalog.not_found")
		s.is(s.want(400, s.tries("/api/v1/labels", ask("shelf", nobody, s.tea.String()))), "code", "label.device_invalid")
		s.want(204, s.call("DELETE", "/api/v1/label-designs/"+own.text("key"), ""))
		s.is(s.want(404, s.call("DELETE", "/api/v1/label-designs/"+own.text("key"), "")), "code", "label.design_not_found")
	})
}

func TestReceiptTemplates(t *testing.T) {
	each(t, func(s *shop) {
		path := "/api/v1/shops/" + s.shop.String() + "/receipt-template"
		s.is(s.get(path), "paper", "48")
		var b bytes.Buffer
		if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 64, 64))); err != nil {
			t.Fatal(err)
		}
		logo := s.want(200, s.call("PUT", "/api/v1/receipt-logos", `{"data":"`+base64.StdEncoding.EncodeToString(b.Bytes())+`"}`))
		s.is(logo, "width", "64")
		s.is(s.want(400, s.call("PUT", "/api/v1/receipt-logos", `{"data":"AAAA"}`)), "code", "receipt.logo_unreadable")
		body := `{"paper":32,"head":{"en":"Hello"},"fields":["shop","points"],"member_name":"masked","code":"number","copies":2,"logo":"` + logo.text("hash") + `","logo_width":40}`
		s.is(s.want(200, s.call("PUT", path, body)), "copies", "2")
		got := s.get(path)
		s.is(got, "head.en", "Hello")
		s.is(got, "logo", logo.text("hash"))
		for wrong, code := range map[string]string{
			strings.Replace(body, `"points"`, `"what"`, 1):                              "receipt.field_unknown",
			strings.Replace(body, logo.text("hash"), strings.Repeat("0", 64), 1):        "receipt.logo_not_found",
			strings.Replace(body, `"code":"number"`, `"code":"url","code_text":"x"`, 1): "receipt.code_content_invalid",
			strings.Replace(body, `"head"`, `"lang":"xx","head"`, 1):                    "receipt.language_unknown",
		} {
			if a := s.call("PUT", path, wrong); a.text("code") != code {
				t.Errorf("%s: %s", wrong, a.raw)
			}
		}
		s.is(s.get(path), "copies", "2")
		s.is(s.want(404, s.call("GET", "/api/v1/shops/0196a1e0-0000-7000-8000-000000000001/receipt-template", "")), "code", "tenant.shop_not_found")
	})
}

// tries posts with a new key and wants nothing.
func (s *shop) tries(path, body string) *answer {
	s.t.Helper()
	s.n++
	return s.call("POST", path, body, "Idempotency-Key: tries"+strconv.Itoa(s.n))
}
