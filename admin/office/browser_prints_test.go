//go:build browser

package office_test

import (
	"context"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/kitchen"
	"github.com/shopwright/shopwright/core/receipt"
)

// What is printed, in a browser: the preview of a receipt follows what is typed and
// stores nothing, stations are made and told what they prepare, and what came in gets
// its labels.
func TestPrintsInABrowser(t *testing.T) {
	d := newDesk(t)
	s := d.s
	ctx := context.Background()
	d.goTo("/office/settings/receipts")
	picture := func() string {
		return run[string](t, d.ctx, `document.querySelector("#look img")?.src ?? ""`)
	}
	before := picture()
	d.enter("#head_en", "Open daily")
	d.until(`document.querySelector("#look img")?.alt.includes("Open daily")`, "the preview does not follow")
	if picture() == before {
		t.Error("the picture is the same")
	}
	d.choose("#paper", "32")
	d.choose("#look_paper", "32")
	d.choose("#code", "address")
	d.enter("#code_text", "lotus.example")
	d.want("#look", "receipt.code_content_invalid")
	d.enter("#code_text", "https://lotus.example/{number}")
	d.until(`document.querySelector("#look img")`, "the preview does not come back")
	if tpl, err := receipt.GetTemplate(ctx, s.db, s.m.ID, s.shop.ID); err != nil || tpl.Paper != 48 {
		t.Fatalf("a preview was stored: %+v %v", tpl, err)
	}
	d.click("main .form-actions .button-primary")
	d.want(".toast", "")
	if tpl, err := receipt.GetTemplate(ctx, s.db, s.m.ID, s.shop.ID); err != nil || tpl.Paper != 32 || tpl.Head["en"] != "Open daily" {
		t.Fatalf("%+v %v", tpl, err)
	}

	d.goTo("/office/stations")
	d.enter("#new-name", "Kitchen")
	d.click(`form:has(#new-name) input[name=devices]`)
	d.click(`form:has(#new-name) button`)
	d.want("main h2", "Kitchen")
	d.choose("main form[action$='/routes'] select", "Kitchen")
	d.enter("#sku", "oil")
	d.choose("#station", "Kitchen")
	d.click("main form[action$='/routes'] button")
	d.want("main form[action$='/routes']", "Hair oil")
	d.click("main form[action$='/switch'] button")
	d.want("main", "Print no tickets")
	if p, err := kitchen.ReadPlan(ctx, s.db, s.m.ID, s.shop.ID); err != nil || len(p.Stations) != 1 || len(p.Stations[0].Devices) != 1 || len(p.Routes) != 2 {
		t.Fatalf("%+v %v", p, err)
	}

	var zebra device.Device
	s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		zebra, err = device.Create(ctx, tx, device.Device{Merchant: s.m.ID, Shop: s.shop.ID, Name: "Zebra", Class: device.ClassLabel, Driver: "label-zpl", Enabled: true})
		return err
	})
	d.goTo("/office/catalog/labels")
	d.click(`main a[href$="received=1"]`)
	oil := "#n-" + s.skus["oil"].ID.String()
	d.until(`document.querySelector(`+quoted(oil)+`)?.value === "12"`, "what came in is not offered")
	d.enter(oil, "3")
	d.choose("#device", "Zebra")
	d.click("form:has(" + oil + ") .button-primary")
	d.want(".toast", "labels are being printed")
	if jobs, _, err := device.ListJobs(ctx, s.db, s.m.ID, device.JobFilter{Device: zebra.ID}, db.Page{}); err != nil || len(jobs) == 0 {
		t.Fatal(jobs, err)
	}
	d.look(map[string]string{"receipts": "/office/settings/receipts", "stations": "/office/stations", "labels-received": "/office/catalog/labels?received=1"})
}
