package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/hw/drivers/virtualprinter"
)

// here is where something is sold.
func (s *server) here() body { return body{"shop_id": s.Shop, "register_id": s.Register} }

func (b body) with(key string, value any) body {
	out := body{key: value}
	for k, v := range b {
		if k != key {
			out[k] = v
		}
	}
	return out
}

func (s *server) sku(code, kind, price string, stock string, barcodes ...string) string {
	s.t.Helper()
	made := s.post("/skus", body{"code": code, "name": strings.ToUpper(code[:1]) + code[1:], "kind": kind, "unit_price": price, "barcodes": append([]string{}, barcodes...)}).text("id")
	if stock != "" {
		s.post("/stock/movements", body{"shop_id": s.Shop, "kind": "goods_receipt", "sku_id": made, "quantity": stock, "unit_cost": "1.00"})
	}
	return made
}

func (s *server) member(name, phone string) string {
	s.t.Helper()
	return s.post("/members", body{"name": name, "phone": phone, "shop_id": s.Shop}).text("id")
}

func line(sku, quantity string) body { return body{"sku_id": sku, "quantity": quantity} }

func tender(kind, amount string) body { return body{"type": kind, "amount": amount} }

// virtualPrinter puts a printer at the register and answers its folder of paper.
func (s *server) virtualPrinter() string {
	s.t.Helper()
	folder := filepath.Join(s.t.TempDir(), "paper")
	config, _ := json.Marshal(map[string]string{"folder": folder})
	err := s.open().InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
		_, err := device.Create(ctx, tx, device.Device{Merchant: s.Merchant, Shop: s.Shop, Register: s.Register, Name: "Counter", Class: device.ClassPrinter, Driver: virtualprinter.Name, Config: config, Enabled: true})
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return folder
}

// eventually asks until it is so.
func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited too long for %s", what)
		}
	}
}

// purse is what a member holds, without the record of how it came to be.
func (s *server) purse(member string) string {
	s.t.Helper()
	w := s.get("/members/" + member + "/wallet").doc
	delete(w, "movements")
	b, _ := json.MarshalIndent(w, "", " ")
	return string(b)
}

func (s *server) onHand(skus ...string) (out []string) {
	s.t.Helper()
	for _, k := range skus {
		out = append(out, s.get("/stock?sku_id="+k).text("items.0.on_hand"))
	}
	return out
}

// TestAShopsDay is the end-to-end script: top up 500 and get 100, sell five lines
// with a coupon and a punch card and two tenders, print, refund two lines, refund
// the rest, close the shift, prove the books.
func TestAShopsDay(t *testing.T) {
	each(t, "salon", func(s *server) {
		folder := s.virtualPrinter()
		cut, colour := s.sku("cut", "service", "120.00", ""), s.sku("colour", "service", "300.00", "")
		shampoo := s.sku("shampoo", "goods", "68.00", "10", "6901234567892")
		mask := s.sku("mask", "goods", "45.50", "10", "4006381333931")
		comb := s.sku("comb", "goods", "12.80", "10")
		mei := s.member("Lin Mei", "13800001234")
		staff := s.get("/staff").text("items.0.id")
		code := s.post("/coupons", body{"name": "20 off 100", "kind": "cash", "amount": "20.00", "min_spend": "100.00", "member_id": mei}).text("code")

		card := s.post("/members/"+mei+"/punch-cards", s.here().with("service_sku_id", cut).with("visits", 10).with("free_visits", 2).with("amount", "800.00").with("tender", tender("cash", "1000.00")))
		s.is(card, map[string]string{"visits": "12", "total": "800.00", "change": "200.00"})
		top := s.post("/members/"+mei+"/top-ups", s.here().with("amount", "500.00").with("tender", "cash"))
		s.is(top, map[string]string{"amount": "500.00", "bonus": "100.00", "total": "500.00"})
		before, stockBefore := s.purse(mei), s.onHand(shampoo, mask, comb)
		s.is(s.get("/members/"+mei+"/wallet"), map[string]string{"available": "600.00", "principal": "500.00", "bonus": "100.00", "punch_cards.0.remaining": "12", "points": "0"})

		basket := s.here().with("member_id", mei).with("coupons", []string{code}).with("lines", []body{
			line(cut, "2").with("staff_id", staff), line(colour, "1").with("staff_id", staff),
			{"barcode": "6901234567892", "quantity": "1"}, {"barcode": "4006381333931", "quantity": "2"}, line(comb, "3"),
		})
		q := s.want(http.StatusOK, s.call("POST", "/quotes", basket))
		// 300.00 + 68.00 + 2 x 45.50 + 3 x 12.80 - 20.00; two cuts are on the card.
		s.is(q, map[string]string{"subtotal": "737.40", "discount": "260.00", "total": "477.40", "points_earned": "477", "commission": "14.40", "lines.0.net": "0.00", "lines.0.punches": "2", "fallbacks": "[]"})
		if s.purse(mei) != before {
			s.t.Error("a quote changed the wallet")
		}
		sold := s.post("/sales", basket.with("quote_ref", q.text("quote_ref")).with("expected_total", "477.40").with("tenders", []body{tender("stored_value", "300.00"), tender("cash", "200.00")}))
		s.is(sold, map[string]string{"state": "completed", "total": "477.40", "paid": "500.00", "change": "22.60", "points_earned": "177", "commission": "14.40",
			"tenders.0.type": "stored_value", "tenders.0.amount": "300.00", "tenders.1.type": "cash", "tenders.1.amount": "177.40", "tenders.1.tendered": "200.00"})
		s.is(s.get("/members/"+mei+"/wallet"), map[string]string{"available": "300.00", "points": "177", "punch_cards.0.remaining": "10"})
		s.is(s.get("/coupons?code="+code), map[string]string{"items.0.used": "1"})
		if got := fmt.Sprint(s.onHand(shampoo, mask, comb)); got != "[9 8 7]" {
			s.t.Error("on hand:", got)
		}
		s.receipt(sold)
		s.explained(sold)
		s.printed(folder, sold)
		s.x(sold.text("shift_id"), "1477.40")

		refunds := "/sales/" + sold.text("id") + "/refunds"
		first := s.post(refunds, body{"reason": "did not suit", "lines": []body{
			{"line_id": sold.text("lines.1.id"), "quantity": "1"}, {"line_id": sold.text("lines.2.id"), "quantity": "1"}}})
		s.is(first, map[string]string{"kind": "refund", "of_sale_id": sold.text("id")})
		if len(first.list("lines")) != 2 {
			s.t.Errorf("two lines were refunded: %s", first.raw)
		}
		rest := s.post(refunds, body{"reason": "all of it"})
		given := amount(s.t, first.text("total")) + amount(s.t, rest.text("total"))
		if given != 47740 || amount(s.t, first.text("commission"))+amount(s.t, rest.text("commission")) != 1440 {
			s.t.Errorf("refunded %d in all\n%s\n%s", given, first.raw, rest.raw)
		}
		s.is(s.want(http.StatusConflict, s.call("POST", refunds, body{"reason": "more"}, "Idempotency-Key: "+newKey())), map[string]string{"code": "checkout.nothing_left_to_refund"})
		if after := s.purse(mei); after != before {
			s.t.Errorf("the wallet is not as before\n%s\n%s", before, after)
		}
		if after := s.onHand(shampoo, mask, comb); fmt.Sprint(after) != fmt.Sprint(stockBefore) {
			s.t.Error("the stock is not as before:", stockBefore, after)
		}
		s.is(s.get("/coupons?code="+code), map[string]string{"items.0.used": "0"})

		s.z(sold.text("shift_id"))
		s.happened(sold.text("id"))
		s.papers(folder, 5)
		s.mustVerify()
	})
}

// amount reads money with two decimals.
func amount(t testing.TB, m string) (cents int64) {
	t.Helper()
	var whole, part int64
	if n, err := fmt.Sscanf(m, "%d.%02d", &whole, &part); n != 2 || err != nil || strings.HasPrefix(m, "-") {
		t.Fatalf("%q is no amount: %v", m, err)
	}
	return whole*100 + part
}

// receipt is fetched in each of its forms.
func (s *server) receipt(sold *answer) {
	s.t.Helper()
	path, number := "/sales/"+sold.text("id")+"/receipt", sold.text("number")
	if doc := s.get(path); len(doc.list("blocks")) < 5 || !strings.Contains(string(doc.raw), number) || doc.text("sale_id") != sold.text("id") {
		s.t.Errorf("%s", doc.raw)
	}
	for _, kind := range []string{"text/plain", "text/html"} {
		a := s.get(path, "Accept: "+kind)
		if !strings.HasPrefix(a.header.Get("Content-Type"), kind) || !strings.Contains(string(a.raw), number) || !strings.Contains(string(a.raw), "477.40") || !strings.Contains(string(a.raw), "Shampoo") {
			s.t.Errorf("%s: %s", kind, a.raw)
		}
	}
	a := s.get(path, "Accept: image/png")
	if img, err := png.Decode(bytes.NewReader(a.raw)); err != nil || img.Bounds().Dx() != 576 || img.Bounds().Dy() < 400 {
		s.t.Errorf("the picture: %v", err)
	}
}

// explained sees that the sale says why it costs what it costs.
func (s *server) explained(sold *answer) {
	s.t.Helper()
	why := s.get("/sales/" + sold.text("id") + "/explanation")
	kinds := map[string]int{}
	for i := range why.list("adjustments") {
		at := fmt.Sprintf("adjustments.%d.", i)
		kinds[why.text(at+"kind")]++
		if why.text(at+"explanation") == "" || why.text(at+"pack_id") != "salon" {
			s.t.Errorf("an adjustment without its reason: %s", why.raw)
		}
	}
	if kinds["punch"] != 1 || kinds["amount"] == 0 {
		s.t.Errorf("adjustments: %v", kinds)
	}
	hooks := ""
	for i := range why.list("rules") {
		at := fmt.Sprintf("rules.%d.", i)
		hooks += why.text(at+"hook") + " "
		if why.text(at+"outcome") != "ok" || len(why.text(at+"module_hash")) != 64 || why.text(at+"input") == "" {
			s.t.Errorf("a rule's call without its record: %s", why.raw)
		}
	}
	for _, hook := range []string{"benefit", "earn", "commission"} {
		if !strings.Contains(hooks, hook) {
			s.t.Errorf("%s was not called: %s", hook, hooks)
		}
	}
}

// printed waits for the sale's paper.
func (s *server) printed(folder string, sold *answer) {
	s.t.Helper()
	eventually(s.t, "the receipt on paper", func() bool {
		all, _ := virtualprinter.List(folder)
		for _, p := range all {
			text, err := os.ReadFile(filepath.Join(folder, p.Text))
			if err != nil || !strings.Contains(string(text), sold.text("number")) {
				continue
			}
			raw, err := os.ReadFile(filepath.Join(folder, p.Picture))
			if err != nil {
				s.t.Fatal(err)
			}
			if _, err := png.Decode(bytes.NewReader(raw)); err != nil {
				s.t.Fatal(err)
			}
			return true
		}
		return false
	})
}

// papers sees that each document was printed, and once.
func (s *server) papers(folder string, want int) {
	s.t.Helper()
	eventually(s.t, "all the paper", func() bool { all, _ := virtualprinter.List(folder); return len(all) >= want })
	all, _ := virtualprinter.List(folder)
	jobs := map[string]bool{}
	for _, p := range all {
		jobs[p.JobID] = true
	}
	if len(all) != want || len(jobs) != want {
		s.t.Errorf("%d papers of %d jobs, want %d", len(all), len(jobs), want)
	}
}

func (s *server) x(shift, cash string) {
	s.t.Helper()
	s.is(s.get("/shifts/"+shift+"/x"), map[string]string{"final": "false", "expected_cash": cash})
}

// z closes the shift with what must be in the drawer: the card and the top-up.
func (s *server) z(shift string) {
	s.t.Helper()
	s.x(shift, "1300.00")
	z := s.want(http.StatusOK, s.call("POST", "/shifts/"+shift+"/close", body{"counted_cash": "1299.50"}, "Idempotency-Key: "+newKey()))
	s.is(z, map[string]string{"final": "true", "expected_cash": "1300.00", "counted_cash": "1299.50", "over_short": "-0.50"})
	totals := map[string]string{}
	for i := range z.list("totals") {
		at := fmt.Sprintf("totals.%d.", i)
		totals[z.text(at+"kind")] = fmt.Sprint(z.at(at+"count")) + " " + z.text(at+"total")
	}
	if fmt.Sprint(totals) != "map[refund:2 477.40 sale:3 1777.40]" {
		s.t.Errorf("%v in %s", totals, z.raw)
	}
	s.is(s.get("/shifts/"+shift+"/x"), map[string]string{"final": "true", "over_short": "-0.50"})
	s.is(s.want(http.StatusConflict, s.call("POST", "/shifts/"+shift+"/close", body{"counted_cash": "1.00"}, "Idempotency-Key: "+newKey())), map[string]string{"code": "till.shift_closed"})
}

// happened reads the events, which come in order and without a gap.
func (s *server) happened(sale string) {
	s.t.Helper()
	var types string
	eventually(s.t, "the last event", func() bool {
		e := s.get("/events?after=0")
		types = ""
		for i := range e.list("items") {
			at := fmt.Sprintf("items.%d.", i)
			if e.at(at+"seq") != float64(i+1) {
				s.t.Fatalf("event %d has the number %v", i, e.at(at+"seq"))
			}
			types += e.text(at+"type") + " "
			if strings.Contains(string(e.raw), "Lin Mei") || strings.Contains(string(e.raw), "13800001234") {
				s.t.Fatalf("an event names a person: %s", e.raw)
			}
		}
		return strings.Count(types, "sale.") == 5
	})
	if types != "pack.changed.v1 member.joined.v1 sale.completed.v1 sale.completed.v1 sale.completed.v1 sale.refunded.v1 sale.refunded.v1 " {
		s.t.Error(types)
	}
	if after := s.get("/events?after=4"); after.text("items.0.data.sale_id") != sale {
		s.t.Errorf("%s", after.raw)
	}
}

// TestVerifyNamesWhatIsWrong changes one figure at a time behind the program's back.
func TestVerifyNamesWhatIsWrong(t *testing.T) {
	each(t, "retail", func(s *server) {
		tea := s.sku("tea", "goods", "8.50", "100")
		mei := s.member("Lin Mei", "13800001234")
		s.post("/members/"+mei+"/top-ups", s.here().with("amount", "500.00").with("tender", "cash"))
		s.post("/sales", s.here().with("member_id", mei).with("lines", []body{line(tea, "2")}).with("tenders", []body{tender("stored_value", "17.00")}))
		s.mustVerify()
		s.stop()
		d, ctx := s.open(), context.Background()
		account, err := db.Value[id.ID](ctx, d, `select id from accounts where owner_kind = 'member' and class = 'principal'`)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, c := range []struct{ name, update, back, want string }{
			{"a balance", "update accounts set balance = balance + 1 where id = $1", "update accounts set balance = balance - 1 where id = $1", "ledger.balance " + account.String() + ": recomputed "},
			{"a lot", "update lots set remaining = remaining + 1 where account_id = $1", "update lots set remaining = remaining - 1 where account_id = $1", "ledger.lot "},
			{"a posting", "update postings set amount = amount + 1 where account_id = $1", "update postings set amount = amount - 1 where account_id = $1", "ledger.entry_hash"},
			{"a stock level", "update stock_levels set on_hand = on_hand + 1000 where $1 <> ''", "update stock_levels set on_hand = on_hand - 1000 where $1 <> ''", "stock."},
			{"a sale's total", "update sales set total = total + 1 where $1 <> ''", "update sales set total = total - 1 where $1 <> ''", "sale.tenders"},
		} {
			change := func(sql string) {
				s.t.Helper()
				var arg any = account
				if strings.Contains(sql, "<>") {
					arg = "all"
				}
				err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
					n, err := tx.Exec(ctx, sql, arg)
					if err == nil && n == 0 {
						s.t.Errorf("%s: nothing was changed", c.name)
					}
					return err
				})
				if err != nil {
					s.t.Fatal(err)
				}
			}
			change(c.update)
			if report, clean := s.verify(); clean || !strings.Contains(report, c.want) || !strings.Contains(report, "the books do NOT prove") {
				s.t.Errorf("%s was changed, and verify says: %s", c.name, report)
			}
			change(c.back)
		}
		s.mustVerify()
	})
}
