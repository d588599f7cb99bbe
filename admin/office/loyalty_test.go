package office_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/member"
)

var giftLink = regexp.MustCompile(`/office/gifts/[0-9a-f]{8}-[0-9a-f-]{27}`)

func TestGiftsInTheOffice(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		b.get("/office/gifts").want(t, http.StatusOK, "No gifts")
		b.post("/office/gifts/new", "name", "Mug", "points", "0").want(t, http.StatusBadRequest, "loyalty.bad_gift")
		b.post("/office/gifts/new", "name", "Mug", "points", "5", "sku_id", "none").want(t, http.StatusNotFound, "catalog.not_found")
		b.post("/office/gifts/new", "name", "Mug", "points", "5", "on_hand", "many").want(t, http.StatusBadRequest, "loyalty.bad_gift")
		b.post("/office/gifts/new", "name", "Mug", "points", "500", "money", "9.90", "on_hand", "3", "per_member", "1", "valid_from", "2026-01-01", "valid_until", "2026-12-31").
			want(t, http.StatusOK, "Mug", "500 points", "9.90")
		b.post("/office/gifts/new", "name", "Oil", "points", "100", "sku_id", "oil").want(t, http.StatusOK, "stock of oil")
		gs, err := loyalty.ListGifts(context.Background(), s.db, s.m.ID, false)
		if err != nil || len(gs) != 2 || !gs[1].Counted || gs[1].OnHand != 3 || gs[1].PerMember != 1 || gs[1].Money != 990 || gs[0].SKU != s.skus["oil"].ID {
			t.Fatalf("%+v %v", gs, err)
		}
		if from, until := gs[1].ValidFrom.String(), gs[1].ValidUntil.String(); from >= until || !strings.HasPrefix(until, "2026-12-31T") && !strings.HasPrefix(until, "2027-01-01T") {
			t.Error(from, until)
		}
		s.tx(func(_ context.Context, tx *db.Tx) error {
			loyalty.QueueGiftTaken(tx, s.m.ID, loyalty.Taking{Gift: &gs[1], Member: s.members[1], Sale: s.sales[0].ID, Line: id.New(1), Quantity: 1})
			return nil
		})
		mug := "/office/gifts/" + gs[1].ID.String()
		b.get(mug).want(t, http.StatusOK, `value="2026-12-31"`, `value="9.90"`, "/office/members/"+s.members[1].String())
		b.post(mug, "name", "Mug", "points", "600", "version", "1").want(t, http.StatusConflict, "loyalty.gift_changed")
		v := fieldsOf(t, b.get(mug).body, mug)
		v.Set("name", "Big mug")
		b.postForm(mug, v).want(t, http.StatusOK, "Big mug")
		b.post(mug+"/archive").want(t, http.StatusOK, "Withdrawn")
		b.post(mug+"/archive").want(t, http.StatusOK, "Offered")
		b.get("/office/gifts/"+id.New(1).String()).want(t, http.StatusNotFound)
		if n := s.audited("gift.created") + s.audited("gift.updated"); n != 5 {
			t.Errorf("%d records of five changes", n)
		}
		for _, lang := range i18n.Tags() {
			b.lang = lang
			for _, path := range []string{"/office/gifts", "/office/gifts/new", mug} {
				checkPage(t, lang+" "+path, b.get(path).want(t, http.StatusOK).body, lang)
			}
		}
		b.lang = i18n.English
		if giftLink.FindString(b.get("/office/gifts").body) == "" {
			t.Error("no way to a gift")
		}
	})
}

func TestTiersInTheOffice(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		b.post("/office/tiers", "code", "vip", "name", "Guests of honour", "rank", "90").want(t, http.StatusOK, "Guests of honour")
		b.post("/office/tiers", "code", "vip", "name", "Again", "rank", "90").want(t, http.StatusConflict, "member.tier_taken")
		b.post("/office/tiers/vip", "name", " ", "rank", "90").want(t, http.StatusBadRequest, "member.tier_invalid")
		b.post("/office/tiers/vip", "name", "Honoured", "rank", "91").want(t, http.StatusOK, "Honoured")

		who := s.members[1]
		page := "/office/members/" + who.String() + "/tier"
		b.get(page).want(t, http.StatusOK, "Change by hand")
		b.post(page+"/set", "tier", "vip", "hold", "date", "until", "2020-01-01", "reason", "x").want(t, http.StatusBadRequest, "loyalty.bad_until")
		b.post(page+"/set", "tier", "vip", "hold", "date", "until", "", "reason", "x").want(t, http.StatusBadRequest, "loyalty.bad_until")
		b.post(page+"/set", "tier", "vip", "hold", "forever", "reason", " ").want(t, http.StatusBadRequest, "checkout.reason_required")
		b.post(page+"/set", "tier", "vip", "hold", "forever", "reason", "first in the queue").want(t, http.StatusOK, "Honoured", "first in the queue", "kept until For ever")
		hist, _, err := member.ListTierHistory(context.Background(), s.db, s.m.ID, who, db.Page{})
		if err != nil || len(hist) == 0 || hist[0].Actor.IsNone() || hist[0].To != "vip" || hist[0].HeldUntil != loyalty.Forever {
			t.Fatalf("%+v %v", hist, err)
		}
		b.post(page+"/set", "tier", "", "hold", "none", "reason", "enough of it").want(t, http.StatusOK, "enough of it")
		if n := s.audited("member.tier_set"); n != 2 {
			t.Errorf("%d records of two changes", n)
		}
		for _, lang := range i18n.Tags() {
			b.lang = lang
			for _, path := range []string{"/office/tiers", page, "/office/members/" + s.members[0].String() + "/tier"} {
				checkPage(t, lang+" "+path, b.get(path).want(t, http.StatusOK).body, lang)
			}
		}
		b.lang = i18n.English
		if got := b.get(page).want(t, http.StatusOK).body; !regexp.MustCompile(`\d+ visits to `).MatchString(got) {
			t.Error("the pack does not say what is missing: " + textOf(t, got))
		}
	})
}
