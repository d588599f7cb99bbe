//go:build browser

package office_test

import (
	"context"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/job"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/message"
	"github.com/shopwright/shopwright/core/notice"
)

// Messages in a browser: the kinds are switched on, a template is written, a group is
// chosen and its number and cost are seen before anything is sent, and what failed is
// sent again.
func TestMessagesInABrowser(t *testing.T) {
	d := newDesk(t)
	s := d.s
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := member.RecordConsent(ctx, tx, s.m.ID, s.members[0], member.PurposeMarketing, true, member.SourcePaper)
		return err
	})
	s.tx(func(_ context.Context, tx *db.Tx) error {
		for i, why := range []string{message.WhyRefused + ": " + hostile, message.WhyRefused} {
			mid := message.Queue(tx, message.New{Merchant: s.m.ID, Member: s.members[i], Kind: message.KindPoints, Origin: "x" + why, Params: map[string]string{"points": "1"}})
			tx.Queue(`update messages set state = 'failed', reason = $3 where merchant_id = $1 and id = $2`, s.m.ID, mid, why)
		}
		return nil
	})

	d.goTo("/office/messages/campaign")
	d.want(".alert-warn", "switched off")
	d.goTo("/office/messages/settings")
	d.click(`[name=kind_campaign]`)
	d.click(`[name=kind_points]`)
	d.enter("#price", "0.05")
	d.click("main .form-actions .button-primary")
	d.want(".toast", "")

	d.goTo("/office/messages/templates")
	d.choose("#kind", "Points")
	d.click(`main form[action="/office/messages/template"] button`)
	d.want("h1", "Points")
	d.enter("#body", "Now {nothing}")
	d.click("main .form-actions .button-primary")
	d.want("main", "message.variable_unknown")
	d.seen("template-refused")
	d.enter("#body", "Now {balance}")
	d.click("main .form-actions .button-primary")
	d.want("main", "Now {balance}")
	d.want("table", "Now {balance}")

	d.goTo("/office/messages/campaign")
	d.gone(".alert", "switched off")
	d.gone("main button", "Send to")
	d.enter("#text", "New tea")
	d.choose("#tier", "Silver")
	d.click(`main button[value="look"]`)
	d.want(".split .card .strong", "1 of 1")
	d.want(".split .card", "¥0.05")
	d.seen("campaign-looked")
	d.click(`main button[value="send"]`)
	d.want(".toast", "being written")
	jobs, _, err := job.List(context.Background(), s.db, s.m.ID, "", db.Page{})
	if err != nil || len(jobs) != 1 || jobs[0].Kind != notice.JobCampaign {
		t.Fatalf("%+v %v", jobs, err)
	}
	var c notice.Campaign
	if err := jobs[0].Decode(&c); err != nil || c.Text != "New tea" || c.Audience.Tier != "silver" {
		t.Fatalf("%+v %v", c, err)
	}

	d.goTo("/office/messages")
	d.want(".badge-bad", "")
	d.seen("failed")
	d.click(`main form[action$="/resend"] button`)
	d.want(".toast", "again")
	list, _, err := message.List(context.Background(), s.db, s.m.ID, message.Filter{}, db.Page{})
	if err != nil || len(list) != 3 {
		t.Fatal(len(list), err)
	}
	d.look(map[string]string{"messages": "/office/messages", "templates": "/office/messages/templates", "template": "/office/messages/template?kind=points&channel=sms&language=",
		"campaign": "/office/messages/campaign", "message-settings": "/office/messages/settings", "member-messages": "/office/members/" + s.members[0].String() + "/messages"})
}
