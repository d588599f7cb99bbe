package api_test

import (
	"context"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/label"
)

// A weighed label is printed with its weight and price, and its code is sold as what
// it says.
func TestWeighedLabels(t *testing.T) {
	each(t, func(s *shop) {
		dev := s.printer("labels", device.ClassLabel, "label-zpl")
		ham := s.again("/api/v1/skus", `{"code":"123","name":"Ham","unit_price":"128.00"}`).text("id")
		ask := func(sku, weight string) string {
			return `{"shop_id":"` + s.shop.String() + `","device_id":"` + dev.String() + `","design":"weighed","lines":[{"sku_id":"` + sku + `","copies":1,"weight":"` + weight + `"}]}`
		}
		printed := func() (said, code string) {
			t.Helper()
			jobs, _, err := device.ListJobs(context.Background(), s.d, s.merchant, device.JobFilter{}, db.Page{})
			if err != nil || len(jobs) == 0 {
				t.Fatal(jobs, err)
			}
			last := jobs[0]
			for _, j := range jobs {
				if j.ID.String() > last.ID.String() {
					last = j
				}
			}
			l, err := label.GetLine(context.Background(), s.d, s.merchant, last.Ref)
			if err != nil {
				t.Fatal(err)
			}
			for _, it := range l.Label.Items {
				said += it.Text + "|"
				code += it.Content
			}
			return said, code
		}
		s.is(s.want(201, s.tries("/api/v1/labels", ask(ham, "0.352"))), "labels", "1")
		if said, code := printed(); !strings.Contains(said, "0.352 kg|¥45.06|¥128.00 / kg") || code != "123" { // no prefix: its own code
			t.Errorf("%s %s", said, code)
		}
		s.merchantSetting("catalog.weight_codes", "21:weight")
		s.want(201, s.tries("/api/v1/labels", ask(ham, "0.352")))
		said, code := printed()
		if !strings.Contains(said, "Ham|0.352 kg|¥45.06|¥128.00 / kg") || code != "2100123003525" {
			t.Errorf("%s %s", said, code)
		}
		basket := func(code, quantity string) string {
			return `{"shop_id":"` + s.shop.String() + `","register_id":"` + s.register.String() + `","lines":[{"barcode":"` + code + `","quantity":"` + quantity + `"}]}`
		}
		q := s.want(200, s.call("POST", "/api/v1/quotes", basket(code, "1")))
		s.is(q, "subtotal", "45.06")
		s.is(q, "lines.0.quantity", "0.352")
		s.is(q, "lines.0.sku_id", ham)
		bad := s.want(400, s.call("POST", "/api/v1/quotes", basket("2100123003526", "1")))
		s.is(bad, "code", "catalog.barcode_check_digit")
		s.is(s.want(400, s.call("POST", "/api/v1/quotes", basket(code, "2"))), "code", "catalog.weight_counted")
		s.is(s.want(404, s.call("POST", "/api/v1/quotes", basket("2100777003520", "1"))), "code", "catalog.weight_unknown_article")
		s.is(s.want(400, s.tries("/api/v1/labels", ask(ham, "0"))), "code", "label.weight_invalid")
		s.is(s.want(400, s.tries("/api/v1/labels", ask(ham, "0.0001"))), "code", "money.malformed")
		s.is(s.want(400, s.tries("/api/v1/labels", ask(s.tea.String(), "0.352"))), "code", "catalog.weight_no_number")
	})
}
