package api_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
)

const unknown = "019a5c1e-7b3a-7cc1-9f52-3d8c6c0a4b11"

// TestWrongInput: each gets a clear 4xx with its code and leaves no trace.
func TestWrongInput(t *testing.T) {
	each(t, func(s *shop) {
		done := s.post("/api/v1/sales", s.sale("2", "20.00"))
		other := s.stranger()
		good := s.sale("2", "20.00")
		with := func(old, to string) string {
			out := strings.Replace(good, old, to, 1)
			if out == good {
				t.Fatalf("%q is not in the body", old)
			}
			return out
		}
		const sales, quotes = "POST /api/v1/sales", "POST /api/v1/quotes"
		key := "Idempotency-Key: wrong"
		saleID := "/api/v1/sales/" + done.text("id")
		strangers := "Authorization: Bearer " + other.key
		cases := []struct {
			name, route, body, header string
			status                    int
			code, param               string
		}{
			{"no key", sales, good, "", 400, "idempotency.key_required", ""},
			{"a key of 300 characters", sales, good, "Idempotency-Key: " + strings.Repeat("k", 300), 400, "idempotency.key_malformed", ""},
			{"an unknown SKU", sales, with(`"barcode":"`+teaBarcode+`"`, `"sku_id":"`+unknown+`"`), key, 404, "checkout.unknown_sku", "lines[0].sku_id"},
			{"an unknown bar code", sales, with(teaBarcode, "1"), key, 404, "checkout.unknown_sku", "lines[0].barcode"},
			{"a SKU twice over", sales, with(`"barcode"`, `"sku_id":"`+s.tea.String()+`","barcode"`), key, 400, "checkout.bad_line", "lines[0].sku_id"},
			{"a negative quantity", sales, with(`"2"`, `"-2"`), key, 400, "checkout.bad_quantity", "lines[0].quantity"},
			{"a quantity of nothing", sales, with(`"2"`, `"0"`), key, 400, "checkout.bad_quantity", "lines[0].quantity"},
			{"a quantity as a number", sales, with(`"2"`, `2`), key, 400, "request.validation", "lines[0].quantity"},
			{"a quantity with four decimals", sales, with(`"2"`, `"1.2345"`), key, 400, "money.malformed", "lines[0].quantity"},
			{"NaN in quotes", sales, with(`"2"`, `"NaN"`), key, 400, "money.malformed", "lines[0].quantity"},
			{"Infinity in quotes", sales, with(`"20.00"`, `"Infinity"`), key, 400, "money.malformed", "tenders[0].amount"},
			{"NaN", sales, with(`"2"`, `NaN`), key, 400, "request.malformed", ""},
			{"an exponent", sales, with(`"20.00"`, `"2e1"`), key, 400, "money.malformed", "tenders[0].amount"},
			{"money as a number", sales, with(`"20.00"`, `20.00`), key, 400, "request.validation", "tenders[0].amount"},
			{"money with three digits", sales, with(`"20.00"`, `"20.001"`), key, 400, "money.malformed", "tenders[0].amount"},
			{"money beyond all shops", sales, with(`"20.00"`, `"9999999999999999"`), key, 400, "money.overflow", "tenders[0].amount"},
			{"too little money", sales, with(`"20.00"`, `"1.00"`), key, 400, "checkout.underpaid", "tenders"},
			{"a card for more than is due", sales, with(`"cash"`, `"card"`), key, 400, "checkout.tender_exceeds_total", "tenders"},
			{"stored value that is not there", sales, strings.Replace(with(`"cash"`, `"stored_value"`), `"20.00"`, `"15.30"`, 1), key, 409, "wallet.insufficient_funds", ""},
			{"an unknown field", sales, with(`"lines"`, `"discount":"5","lines"`), key, 400, "request.unknown_field", "discount"},
			{"an unknown field in a line", sales, with(`"quantity"`, `"price":"1","quantity"`), key, 400, "request.unknown_field", "lines[0].price"},
			{"a field in capitals", sales, with(`"lines"`, `"Lines"`), key, 400, "request.validation", "lines"},
			{"no lines", sales, with(`[{"barcode":"`+teaBarcode+`","quantity":"2"}]`, `[]`), key, 400, "checkout.empty_basket", "lines"},
			{"an id that is none", sales, with(s.register.String(), "till-1"), key, 400, "id.malformed", "register_id"},
			{"half a body", sales, good[:len(good)/2], key, 400, "request.malformed", ""},
			{"no body", sales, "", key, 400, "request.malformed", ""},
			{"two bodies", sales, good + good, key, 400, "request.malformed", ""},
			{"a list for a body", sales, "[]", key, 400, "request.validation", ""},
			{"a NUL in a text", "POST " + saleID + "/refunds", `{"reason":"a\u0000b"}`, key, 400, "request.malformed", ""},
			{"another content type", quotes, good, "Content-Type: text/plain", 415, "request.unsupported_media_type", ""},
			{"an unknown coupon", quotes, with(`"tenders"`, `"coupons":["NONE"],"tenders"`), "", 404, "coupon.not_found", "coupons[0]"},
			{"a price that has moved", sales, with(`"tenders"`, `"expected_total":"1.00","tenders"`), key, 409, "checkout.total_changed", ""},
			{"a key used for another body", sales, with(`"2"`, `"3"`), "Idempotency-Key: k1", 409, "idempotency.key_reused", ""},
			{"an id of another sale", sales, strings.Replace(with(`"tenders"`, `"id":"`+done.text("id")+`","tenders"`), `"2"`, `"1"`, 1), key, 409, "sale.id_taken", ""},
			{"a sale in the far future", sales, with(`"tenders"`, `"occurred_at":"2099-01-01T00:00:00Z","tenders"`), key, 400, "request.validation", "occurred_at"},

			{"another merchant's register", sales, with(s.register.String(), other.register.String()), key, 404, "tenant.register_not_found", ""},
			{"another merchant's shop", sales, with(s.shop.String(), other.shop.String()), key, 409, "tenant.register_in_other_shop", ""},
			{"another merchant's member", sales, with(s.member.String(), unknown), key, 404, "checkout.unknown_member", "member_id"},
			{"another merchant's sale", "GET " + saleID, "", strangers, 404, "sale.not_found", ""},
			{"another merchant's receipt", "GET " + saleID + "/receipt", "", strangers, 404, "sale.not_found", ""},
			{"another merchant's explanation", "GET " + saleID + "/explanation", "", strangers, 404, "sale.not_found", ""},
			{"another merchant's refund", "POST " + saleID + "/refunds", `{"reason":"mine"}`, strangers + "\n" + key, 404, "sale.not_found", ""},
			{"another merchant's void", "POST " + saleID + "/void", `{"reason":"mine"}`, strangers + "\n" + key, 404, "sale.not_found", ""},
			{"another merchant's wallet", "GET " + s.member0() + "/wallet", "", strangers, 404, "member.not_found", ""},
			{"another merchant's member by id", "GET " + s.member0(), "", strangers, 404, "member.not_found", ""},
			{"another merchant's member changed", "PATCH " + s.member0(), `{"note":"x"}`, strangers, 404, "member.not_found", ""},
			{"another merchant's SKU", "GET /api/v1/skus/" + s.tea.String(), "", strangers, 404, "catalog.not_found", ""},
			{"another merchant's shift", "GET /api/v1/shifts/" + done.text("shift_id") + "/x", "", strangers, 404, "till.shift_not_found", ""},
			{"another merchant's shift closed", "POST /api/v1/shifts/" + done.text("shift_id") + "/close", `{"counted_cash":"0"}`, strangers + "\n" + key, 404, "till.shift_not_found", ""},
			{"another merchant's register opened", "POST /api/v1/shifts", `{"register_id":"` + s.register.String() + `"}`, strangers + "\n" + key, 404, "tenant.register_not_found", "register_id"},
			{"another merchant's stock", "GET /api/v1/stock?shop_id=" + s.shop.String(), "", strangers, 404, "tenant.shop_not_found", "shop_id"},
			{"another merchant's SKU received", "POST /api/v1/stock/movements", `{"shop_id":"` + other.shop.String() + `","kind":"goods_receipt","sku_id":"` + s.tea.String() + `","quantity":"1"}`, strangers + "\n" + key, 404, "catalog.not_found", "sku_id"},
			{"another merchant's shop stocked", "POST /api/v1/stock/movements", `{"shop_id":"` + other.shop.String() + `","kind":"goods_receipt","sku_id":"` + s.tea.String() + `","quantity":"1"}`, key, 404, "tenant.shop_not_found", ""},
			{"another merchant's pack", "PUT /api/v1/packs/ten-off", `{"shop_id":"` + s.shop.String() + `","enabled":false}`, strangers, 404, "tenant.shop_not_found", "shop_id"},
			{"another merchant's coupon member", "POST /api/v1/coupons", `{"name":"a","kind":"cash","amount":"1.00","member_id":"` + s.member.String() + `"}`, strangers, 404, "member.not_found", "member_id"},
			{"another merchant's top-up", "POST " + s.member0() + "/top-ups", `{"shop_id":"` + other.shop.String() + `","register_id":"` + other.register.String() + `","amount":"5.00","tender":"cash"}`, strangers + "\n" + key, 404, "checkout.unknown_member", "member_id"},
			{"another merchant's shop for a register", "POST /api/v1/registers", `{"shop_id":"` + s.shop.String() + `","name":"x"}`, strangers, 404, "tenant.shop_not_found", ""},
			{"another merchant's shop for a member", "POST /api/v1/members", `{"name":"x","shop_id":"` + s.shop.String() + `"}`, strangers, 404, "tenant.shop_not_found", ""},

			{"nobody", "GET /api/v1/sales", "", "Authorization: ", 401, "auth.unauthenticated", ""},
			{"a made-up key", "GET /api/v1/sales", "", "Authorization: Bearer swk_nothing", 401, "auth.unauthenticated", ""},
			{"another scheme", "GET /api/v1/sales", "", "Authorization: Basic YTpi", 401, "auth.unauthenticated", ""},
			{"an expired key", "GET /api/v1/sales", "", "Authorization: Bearer " + s.oldKey(), 401, "auth.key_expired", ""},
			{"a cashier's key on prices", "POST /api/v1/skus", `{"code":"a","name":"a","unit_price":"1.00"}`, "Authorization: Bearer " + s.keyOf(auth.Cashier), 403, "auth.denied", ""},
			{"a cashier's key on a refund", "POST " + saleID + "/refunds", `{"reason":"x"}`, "Authorization: Bearer " + s.keyOf(auth.Cashier) + "\n" + key, 403, "auth.denied", ""},

			{"a member without a name", "POST /api/v1/members", `{"phone":"13900000000"}`, "", 400, "request.validation", "name"},
			{"a member with 1 MB of name", "POST /api/v1/members", `{"name":"` + strings.Repeat("a", 1<<20) + `"}`, "", 413, "request.too_large", ""},
			{"1 MB of name under a key", "POST /api/v1/members", `{"name":"` + strings.Repeat("a", 1<<20) + `"}`, key, 413, "request.too_large", ""},
			{"a member with a long name", "POST /api/v1/members", `{"name":"` + strings.Repeat("a", 100_000) + `"}`, "", 400, "member.name_too_long", "name"},
			{"a phone that is taken", "POST /api/v1/members", `{"name":"x","phone":"13800000001"}`, "", 409, "member.phone_taken", ""},
			{"a tier that is not there", "POST /api/v1/members", `{"name":"x","tier":"diamond"}`, "", 404, "member.tier_not_found", "tier"},
			{"a coupon of 200 per cent", "POST /api/v1/coupons", `{"name":"a","kind":"percent","rate":"2"}`, "", 400, "coupon.bad_definition", "rate"},
			{"a coupon code with a space", "POST /api/v1/coupons", `{"name":"a","kind":"cash","amount":"1.00","code":"a b"}`, "", 400, "coupon.code_malformed", "code"},
			{"a barcode with a wrong digit", "POST /api/v1/skus", `{"code":"a","name":"a","unit_price":"1.00","barcodes":["6901234567891"]}`, "", 400, "catalog.barcode_check_digit", "barcodes"},
			{"a negative price", "POST /api/v1/skus", `{"code":"a","name":"a","unit_price":"-1.00"}`, "", 400, "catalog.price_invalid", "unit_price"},
			{"stock of a service", "POST /api/v1/stock/movements", `{"shop_id":"` + s.shop.String() + `","kind":"goods_receipt","sku_id":"` + s.haircut.String() + `","quantity":"1"}`, key, 409, "stock.sku_not_stocked", "sku_id"},
			{"a movement of nothing", "POST /api/v1/stock/movements", `{"shop_id":"` + s.shop.String() + `","kind":"waste","sku_id":"` + s.tea.String() + `","quantity":"0"}`, key, 400, "stock.bad_quantity", "quantity"},
			{"a kind that is not there", "POST /api/v1/stock/movements", `{"shop_id":"` + s.shop.String() + `","kind":"sale","sku_id":"` + s.tea.String() + `","quantity":"1"}`, key, 400, "request.validation", "kind"},
			{"a refund without a reason", "POST " + saleID + "/refunds", `{"reason":" "}`, key, 400, "checkout.reason_required", "reason"},
			{"a refund of too much", "POST " + saleID + "/refunds", `{"reason":"x","lines":[{"line_id":"` + done.text("lines.0.id") + `","quantity":"3"}]}`, key, 409, "sale.refund_exceeds_rest", "lines[0].quantity"},
			{"a refund of a strange line", "POST " + saleID + "/refunds", `{"reason":"x","lines":[{"line_id":"` + unknown + `","quantity":"1"}]}`, key, 404, "sale.line_not_found", "lines[0].line_id"},
			{"a top-up of less than nothing", "POST " + s.member0() + "/top-ups", `{` + s.here() + `,"amount":"-5.00","tender":"cash"}`, key, 400, "checkout.bad_line", "lines[0].amount"},
			{"a top-up by a strange tender", "POST " + s.member0() + "/top-ups", `{` + s.here() + `,"amount":"5.00","tender":"gold"}`, key, 400, "request.validation", "tender"},
			{"a float of less than nothing", "POST /api/v1/shifts", `{"register_id":"` + s.register.String() + `","float":"-1.00"}`, key, 400, "till.bad_amount", "float"},
			{"an id that is none in the path", "GET /api/v1/sales/1", "", "", 400, "id.malformed", "id"},
			{"a cursor of somebody else's making", "GET /api/v1/sales?cursor=abc", "", "", 400, "page.bad_cursor", "cursor"},
			{"a page without end", "GET /api/v1/sales?limit=1000000", "", "", 400, "request.validation", "limit"},
			{"a filter with a typing error", "GET /api/v1/sales?membr_id=" + s.member.String(), "", "", 400, "request.unknown_field", "membr_id"},
			{"a date that is none", "GET /api/v1/sales?from=2026-13-01", "", "", 400, "request.validation", "from"},
			{"a NUL in the address", "GET /api/v1/members?q=%00", "", "", 400, "request.malformed", ""},
			{"bytes that are no text", "GET /api/v1/members?q=%ff", "", "", 400, "request.malformed", ""},
			{"no such path", "GET /api/v1/nothing", "", "", 404, "request.no_such_route", ""},
			{"no such method", "DELETE /api/v1/members", "", "", 405, "request.method_not_allowed", ""},
		}
		before := s.books()
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				s := &shop{t: t, d: s.d, server: s.server, key: s.key}
				method, path, _ := strings.Cut(c.route, " ")
				var headers []string
				if c.header != "" {
					headers = strings.Split(c.header, "\n")
				}
				a := s.call(method, path, c.body, headers...)
				if a.status != c.status || a.text("code") != c.code || a.text("param") != c.param {
					t.Errorf("%d %q %q, want %d %q %q: %.400s", a.status, a.text("code"), a.text("param"), c.status, c.code, c.param, a.raw)
				}
				if a.header.Get("Content-Type") != "application/problem+json" || a.text("request_id") != a.header.Get("X-Request-Id") || a.text("detail") == "" || a.text("type") != "/docs#error-"+c.code {
					t.Errorf("not a whole problem document: %v %.400s", a.header, a.raw)
				}
				if after := s.books(); after != before {
					t.Errorf("left a trace: %s\nbefore: %s", after, before)
				}
			})
		}
		s.want(201, s.call("POST", "/api/v1/sales", good, key)) // what was refused may be sent again with its key
	})
}

// stranger is another merchant on the same server.
func (s *shop) stranger() *shop {
	o := &shop{t: s.t, d: s.d, server: s.server}
	o.merchant, o.shop, o.register, o.key = s.newMerchant("two")
	return o
}

func (s *shop) keyOf(r auth.Role) string { return s.newKey(r, 0) }

// oldKey is a key that was good until a while ago.
func (s *shop) oldKey() string {
	key := s.newKey(auth.Owner, s.clock.Now().Add(time.Hour))
	s.clock.Advance(2 * time.Hour)
	return key
}

func (s *shop) newKey(r auth.Role, until clock.Instant) (secret string) {
	s.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		_, secret, err = auth.CreateKey(ctx, tx, s.merchant, auth.NewKey{Name: string(r), Role: r, Expires: until})
		return err
	})
	return secret
}
