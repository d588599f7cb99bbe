package office_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/job"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/message"
	"github.com/shopwright/shopwright/core/notice"
)

func TestMessagesInTheOffice(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		of := "/office/members/" + s.members[0].String() + "/messages"
		for _, lang := range i18n.Tags() {
			b.lang = lang
			for _, path := range []string{"/office/messages", "/office/messages?state=failed&kind=points", "/office/messages/campaign", "/office/messages/templates", "/office/messages/template?kind=points&channel=sms&language=en", "/office/messages/settings", of} {
				checkPage(t, lang+" "+path, b.get(path).want(t, http.StatusOK).body, lang)
			}
		}
		b.lang = "en"
		b.get("/office/messages").want(t, http.StatusOK, "No messages are sent")
		v := fieldsOf(t, b.get("/office/messages/settings").body, "/office/messages/settings")
		v.Set("kind_points", "true")
		v.Set("kind_campaign", "true")
		v.Set("price", "0.05")
		v.Set("quiet", "25:00-9")
		b.postForm("/office/messages/settings", v).want(t, http.StatusBadRequest, "message.quiet_hours_invalid")
		v.Set("quiet", "22:00-08:00")
		b.postForm("/office/messages/settings", v).want(t, http.StatusOK)

		b.post("/office/messages/template", "kind", "points", "channel", "sms", "language", "en", "body", "{code}").want(t, http.StatusBadRequest, "message.variable_unknown")
		b.post("/office/messages/template", "kind", "points", "channel", "sms", "language", "en", "body", "Now {balance}").want(t, http.StatusOK, "Now {balance}")
		b.get("/office/messages/template?kind=points&channel=sms&language=en").want(t, http.StatusOK, "Now 1200")
		b.post("/office/messages/template/drop", "kind", "points", "channel", "sms", "language", "en").want(t, http.StatusOK)
		b.post(of+"/opt-out", "subject", "what", "out", "true").want(t, http.StatusBadRequest, "message.subject_unknown")
		b.post(of+"/opt-out", "subject", "marketing", "out", "true").want(t, http.StatusOK, "Wants none")

		s.tx(func(_ context.Context, tx *db.Tx) error {
			mid := message.Queue(tx, message.New{Merchant: s.m.ID, Member: s.members[0], Kind: message.KindPoints, Origin: "x", Params: map[string]string{"points": "1"}})
			tx.Queue(`update messages set state = 'failed', reason = $3 where merchant_id = $1 and id = $2`, s.m.ID, mid, message.WhyRefused+": "+hostile)
			return nil
		})
		b.get("/office/messages").want(t, http.StatusOK, "The provider has refused it")
		list, _, err := message.List(context.Background(), s.db, s.m.ID, message.Filter{}, db.Page{})
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		again := "/office/messages/" + list[0].ID.String() + "/resend"
		b.post(again).want(t, http.StatusOK)
		b.post(again).want(t, http.StatusOK)
		if list, _, err = message.List(context.Background(), s.db, s.m.ID, message.Filter{}, db.Page{}); err != nil || len(list) != 2 {
			t.Fatal(len(list), err)
		}
		s.signIn("cashier").get("/office/messages/settings").want(t, http.StatusForbidden)
	})
}

// A text to a group is looked at first: whom it reaches, how it reads, what it costs.
// Sent twice it is sent once.
func TestATextToAGroup(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b, at := s.signIn("owner"), "/office/messages/campaign"
		s.tx(func(ctx context.Context, tx *db.Tx) error {
			_, err := member.RecordConsent(ctx, tx, s.m.ID, s.members[0], member.PurposeMarketing, true, member.SourcePaper)
			return err
		})
		v := fieldsOf(t, b.get(at).want(t, http.StatusOK, "switched off").body, at)
		v.Set("text", "New tea "+hostile)
		v.Set("do", "look")
		looked := b.postForm(at, v).want(t, http.StatusOK, "1 of ")
		if strings.Contains(looked.body, hostile) || strings.Contains(looked.body, `value="send"`) {
			t.Error("what is switched off can be sent, or a text is not escaped")
		}
		v.Set("do", "send")
		b.postForm(at, v).want(t, http.StatusConflict, "message.campaign_off")
		b.post("/office/messages/settings", "kind_campaign", "true", "channels", "sms", "cap", "4", "limit", "0", "price", "0.05").want(t, http.StatusOK)
		v.Set("month", "13")
		b.postForm(at, v).want(t, http.StatusBadRequest, "member.audience_invalid")
		v.Set("month", "")
		v.Set("text", " ")
		b.postForm(at, v).want(t, http.StatusBadRequest, "message.campaign_text_invalid")
		v.Set("text", "New tea")
		v.Set("do", "look")
		b.postForm(at, v).want(t, http.StatusOK, "¥0.05", `value="send"`)
		v.Set("do", "send")
		for range 2 {
			b.postForm(at, v).want(t, http.StatusOK, "being written")
		}
		jobs, _, err := job.List(context.Background(), s.db, s.m.ID, "", db.Page{})
		if err != nil || len(jobs) != 1 || jobs[0].Kind != notice.JobCampaign {
			t.Fatalf("%+v %v", jobs, err)
		}
		var c notice.Campaign
		if err := jobs[0].Decode(&c); err != nil || c.Text != "New tea" || c.At == 0 {
			t.Fatalf("%+v %v", c, err)
		}
		b.get("/office/audit?action=message.").want(t, http.StatusOK, "message.campaign_sent")
		s.signIn("cashier").get(at).want(t, http.StatusForbidden)
	})
}
