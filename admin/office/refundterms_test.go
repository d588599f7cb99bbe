package office_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/sale"
)

// setPack gives a pack a configuration.
func (s *shop) setPack(name, config string) {
	s.t.Helper()
	b, err := s.desk.Packs.Latest(name)
	if err != nil {
		s.t.Fatal(err)
	}
	checked, err := b.CheckConfig([]byte(config))
	if err != nil {
		s.t.Fatal(err)
	}
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		return pack.Set(ctx, tx, pack.Change{Merchant: s.m.ID, Shops: []id.ID{s.shop.ID}, PackID: name, Enabled: true, Version: b.Version, Config: checked, Reason: "terms of refunds"})
	})
}

// yuan is an amount as an English page shows it.
func yuan(a money.Amount) string { return "¥" + money.MustCurrency("CNY").Format(a) }

// A refund of which the packs keep something says each thing that they keep, with
// their own explanation, and its figures add up to its total: on the form, and on
// the request of who may only ask.
func TestARefundSaysWhatThePacksKeep(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		s.setPack("salon", `{"return_on":true,"return_fees":[{"kind":"any","days":0,"percent":10}],"return_points":"kept","punches_on":false,"points_on":true,"points_per_unit":1}`)
		// The gift card stands first: the packs are not asked about it.
		of := s.sell(s.members[2], []checkout.LineIn{{Kind: sale.LineGiftCard, Amount: 50_00}, {SKU: s.skus["oil"].ID, Quantity: 2 * money.One}, {SKU: s.skus["cut"].ID, Quantity: money.One}}, nil)
		oil, cut := &of.Lines[1], &of.Lines[2]
		b := s.signIn("owner")
		page := "/office/sales/" + of.ID.String()
		form := fieldsOf(t, b.get(page+"/refund").body, page+"/refund")
		form.Set("reason", "broken")
		form.Set("line:"+of.Lines[0].ID.String(), "1")
		form.Set("line:"+oil.ID.String(), "1")
		form.Set("line:"+cut.ID.String(), "1")
		form.Set("do", "check")

		half := oil.Net / 2
		fees := []money.Amount{half / 10, cut.Net / 10}
		total := of.Lines[0].Net + half + cut.Net - fees[0] - fees[1]
		got := b.postForm(page+"/refund", form).want(t, http.StatusOK, "What it comes to")
		text := strings.Join(strings.Fields(textOf(t, got.body)), " ")
		for _, want := range []string{
			"× 1" + yuan(half), "× 1" + yuan(cut.Net),
			"Kept: Fee of " + yuan(fees[0]) + " (" + oil.Name + ")−" + yuan(fees[0]) + " · Salon",
			"Kept: Fee of " + yuan(fees[1]) + " (" + cut.Name + ")−" + yuan(fees[1]) + " · Salon",
			"points stay (" + oil.Name + ")" + strconv.FormatInt(oil.Points/2, 10) + " · Salon", "Refund " + yuan(total),
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not on the page: %s", want, text)
			}
		}
		for _, lang := range i18n.Tags() {
			b.lang = lang
			shown(t, "terms of a refund", b.postForm(page+"/refund", form), lang, http.StatusOK)
		}
		b.lang = "en"

		request := s.ask(of, "broken")
		whole := oil.Net / 10
		b.get("/office/refund-requests/"+request).want(t, http.StatusOK, "Kept: Fee of "+yuan(whole), "−"+yuan(whole)+" · Salon", yuan(oil.Net))
		b.post("/office/refund-requests/"+request, "do", "approve", "on_short", "negative").want(t, http.StatusOK)

		// The document's explanation names the lines that the terms are about.
		asked, err := id.Parse(request)
		if err != nil {
			t.Fatal(err)
		}
		done, err := sale.GetRequest(context.Background(), s.db, s.m.ID, asked)
		if err != nil || done.Refund.IsNone() {
			t.Fatal(done, err)
		}
		why := strings.Join(strings.Fields(textOf(t, b.get("/office/sales/"+done.Refund.String()+"/why").want(t, http.StatusOK, "Kept from the refund").body)), " ")
		if n := strings.Index(why, "Kept from the refundFee of "+yuan(whole)); n < 0 || !strings.Contains(why[n:n+120], oil.Name) {
			t.Errorf("the fee of %s does not name its line: %s", oil.Name, why)
		}
		s.proven()
	})
}
