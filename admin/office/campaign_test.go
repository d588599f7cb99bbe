package office_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
)

func TestCampaignsInTheOffice(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		who := "/office/members/" + s.members[1].String()
		b.get("/office/campaigns").want(t, http.StatusOK, "Nothing was set off yet")
		b.get("/office/campaigns/draws").want(t, http.StatusOK, "No prizes yet")
		b.post("/office/campaigns/prizes", "pack_id", "wheel", "code", "a b", "stock", "3").want(t, http.StatusBadRequest, "campaign.bad_prize")
		b.post("/office/campaigns/prizes", "pack_id", "wheel", "code", "cup", "stock", "many").want(t, http.StatusBadRequest, "campaign.bad_prize")
		b.post("/office/campaigns/prizes", "pack_id", "wheel", "code", "cup", "stock", "3").want(t, http.StatusOK, "cup")
		b.post("/office/campaigns/prizes", "pack_id", "wheel", "code", "pen", "stock", "").want(t, http.StatusOK, "pen", "No limit")
		b.get(who+"/campaign").want(t, http.StatusOK, "No check-in yet")
		b.post(who+"/check-in").want(t, http.StatusOK, "Checked in: 1 in a row")
		b.post(who+"/check-in").want(t, http.StatusConflict, "campaign.checked_in_today")
		b.post(who+"/referrer", "referrer", "nobody has this").want(t, http.StatusNotFound, "member.not_found")
		b.post(who+"/chances", "pack_id", "wheel", "count", "1", "reason", "opening").want(t, http.StatusNotFound, "campaign.no_draw")
		b.post(who+"/draw", "chance", "x").want(t, http.StatusNotFound, "campaign.grant_not_found")
		s.tx(func(_ context.Context, tx *db.Tx) error {
			campaign.QueueGrant(tx, s.m.ID, &campaign.Grant{Member: s.members[1], Shop: s.shop.ID, Source: campaign.FromStaff, SourceID: s.members[1], Kind: campaign.Chances, Ref: "wheel", Count: 2, PackID: "wheel", Version: "1.0.0", Date: "2026-05-01"})
			campaign.QueueRun(tx, s.m.ID, &campaign.Run{PackID: "wheel", EventKey: "sale:x", Event: "sale", Member: s.members[1], Shop: s.shop.ID, Date: "2026-05-01", Outcome: campaign.OutcomeLimited, Version: "1.0.0"})
			return nil
		})
		b.get("/office/campaigns").want(t, http.StatusOK, "Over the day", "Sale")
		if n := s.audited("campaign.prize_set") + s.audited("member.checked_in"); n != 3 {
			t.Errorf("%d records of three changes", n)
		}
		for _, lang := range i18n.Tags() {
			b.lang = lang
			for _, path := range []string{"/office/campaigns", "/office/campaigns/draws", who + "/campaign"} {
				checkPage(t, lang+" "+path, b.get(path).want(t, http.StatusOK).body, lang)
			}
		}
	})
}
