package office_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/label"
	"github.com/shopwright/shopwright/core/setting"
)

// A weight in place of a number is one label that says the weight and what it costs,
// with the weight code where the business has a prefix for one.
func TestWeighedLabelsAreQueued(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		ctx := context.Background()
		b := s.signIn("owner")
		var zebra device.Device
		var ham, box catalog.SKU
		if err := s.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			if ham, err = catalog.Create(ctx, tx, catalog.In{Merchant: s.m.ID, Code: "123", Name: "Jinhua ham", UnitPrice: 1_280_000}); err != nil {
				return err
			}
			if box, err = catalog.Create(ctx, tx, catalog.In{Merchant: s.m.ID, Code: "box", Name: "Box", UnitPrice: 10_000}); err != nil {
				return err
			}
			zebra, err = device.Create(ctx, tx, device.Device{Merchant: s.m.ID, Shop: s.shop.ID, Name: "Zebra", Class: device.ClassLabel, Driver: "label-zpl", Enabled: true})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		const at = "/office/catalog/labels"
		key := ham.ID.String()
		b.get(at).want(t, http.StatusOK, `name="w_`+key+`"`, "Weight of Jinhua ham in kilograms", "Weighed goods")
		ask := func(sku catalog.SKU, weight, copies string) url.Values {
			k := sku.ID.String()
			return url.Values{"design": {"weighed"}, "device": {zebra.ID.String()}, "sku": {k}, "n_" + k: {copies}, "w_" + k: {weight}}
		}
		for _, wrong := range []string{"0", "0,352", "-1", "0.0001", "10000", "much"} {
			b.postForm(at, ask(ham, wrong, "")).want(t, http.StatusBadRequest, "label.weight_invalid", `id="w-`+key+`-error"`, "9999.999 kg")
		}
		printed := func() (said, code string, copies int) {
			t.Helper()
			jobs, _, err := device.ListJobs(ctx, s.db, s.m.ID, device.JobFilter{Device: zebra.ID}, db.Page{})
			if err != nil || len(jobs) == 0 {
				t.Fatal(jobs, err)
			}
			last := jobs[0]
			for _, j := range jobs {
				if j.ID.String() > last.ID.String() {
					last = j
				}
			}
			l, err := label.GetLine(ctx, s.db, s.m.ID, last.Ref)
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range l.Label.Items {
				said += it.Text + "|"
				code += it.Content
			}
			return said, code, l.Copies
		}
		b.postForm(at, ask(ham, "1.5", "")).want(t, http.StatusOK, "1 label is being printed")
		if said, code, n := printed(); !strings.Contains(said, "1.500 kg|¥192.00|¥128.00 / kg") || code != "123" || n != 1 {
			t.Errorf("%s %s %d", said, code, n)
		}
		b.post("/office/settings", "is:catalog.weight_codes", "1", "catalog.weight_codes", "21:weigh").want(t, http.StatusBadRequest, "setting.weight_codes_invalid", "“21:weigh” cannot be read", `id="catalog-weight_codes-error"`)
		b.post("/office/settings", "is:catalog.weight_codes", "1", "catalog.weight_codes", "21:weight，22:price").want(t, http.StatusOK)
		v, err := setting.All(ctx, s.db, s.m.ID, s.shop.ID, s.m.ID)
		if err != nil || len(setting.WeightPrefixes(v)) != 2 {
			t.Fatal(setting.WeightPrefixes(v), err)
		}
		b.postForm(at, ask(ham, "0.352", "2")).want(t, http.StatusOK, "2 labels are being printed")
		if said, code, n := printed(); !strings.Contains(said, "0.352 kg|¥45.06") || code != "2100123003525" || n != 2 {
			t.Errorf("%s %s %d", said, code, n)
		}
		b.postForm(at, ask(box, "0.352", "0")).want(t, http.StatusBadRequest, "catalog.weight_no_number", "Box has no number")
		b.postForm(at, ask(box, "", "1")).want(t, http.StatusOK, "1 label is being printed") // in the same design, not weighed
		if said, _, _ := printed(); strings.Contains(said, "kg") {
			t.Error(said)
		}
	})
}
