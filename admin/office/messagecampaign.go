package office

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	msg "github.com/shopwright/shopwright/core/message"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/notice"
	"github.com/shopwright/shopwright/core/setting"
)

const messageCampaignURL = "/office/messages/campaign"

func (f *office) mountMessageCampaign() {
	f.on("GET "+messageCampaignURL, auth.PermCatalog, f.messageCampaign)
	f.on("POST "+messageCampaignURL, auth.PermCatalog, f.messageCampaignSend)
}

// messageCampaign is a text to a group of members, before it is sent.
type messageCampaign struct {
	in     form
	tiers  []member.Tier
	on     bool   // messages of this kind are sent at all
	looked bool   // the figures below are of the form as it stands
	all    int64  // members of the audience
	yes    int64  // of them, who consent
	text   string // as a text message says it
	parts  int
	cost   money.Amount // where the provider does not tell another
}

func (f *office) readMessageCampaign(ctx context.Context, p *page) (*messageCampaign, setting.Values, error) {
	x := &messageCampaign{in: values("id", id.New(int64(f.db.Now())).String())}
	v, err := setting.All(ctx, f.db, p.Merchant.ID, id.None, id.None)
	if err != nil {
		return nil, v, err
	}
	x.on = msg.PolicyOf(v).Sends(msg.KindCampaign)
	x.tiers, err = member.ListTiers(ctx, f.db, p.Merchant.ID)
	return x, v, err
}

func (f *office) messageCampaign(w http.ResponseWriter, r *http.Request, p *page) error {
	x, _, err := f.readMessageCampaign(r.Context(), p)
	if err != nil {
		return err
	}
	return f.show(w, r, messageCampaignView(p, x))
}

// campaign is what the form says.
func (x *messageCampaign) campaign() (c notice.Campaign, err error) {
	if c.ID, err = x.in.id("id"); err != nil {
		return c, err
	}
	if c.Shop, err = x.in.id("shop"); err != nil {
		return c, err
	}
	c.Text = x.in.get("text")
	c.Audience = member.Audience{Tier: x.in.get("tier"), Shop: c.Shop}
	for field, to := range map[string]*int{"month": &c.Audience.Month, "away_days": &c.Audience.Away} {
		if text := plainNumber(x.in.get(field)); text != "" {
			if *to, err = strconv.Atoi(text); err != nil {
				return c, member.ErrAudience.On(field)
			}
		}
	}
	return c, c.Check()
}

// look works out whom the text would reach, how it reads and what it costs.
func (f *office) lookAtCampaign(ctx context.Context, p *page, x *messageCampaign, c notice.Campaign, v setting.Values) error {
	var err error
	if x.all, x.yes, err = member.CountAudience(ctx, f.db, p.Merchant.ID, c.Audience, f.db.Now(), member.PurposeMarketing); err != nil {
		return err
	}
	own, err := msg.ListTemplates(ctx, f.db, p.Merchant.ID)
	if err != nil {
		return err
	}
	t, _ := msg.Find(own, msg.KindCampaign, "", msg.ChannelSMS, p.Words.Tag())
	values := msg.Examples(msg.KindCampaign)
	values["text"], values["merchant"], values["shop"] = c.Text, p.Merchant.Name, p.Shop.Name
	if x.text, _, err = t.Render(values); err != nil {
		return err
	}
	x.parts, _ = msg.Segments(x.text)
	x.cost = msg.PolicyOf(v).Price * money.Amount(int64(x.parts)*x.yes)
	x.looked = true
	return nil
}

// messageCampaignSend looks first, and sends what was looked at.
func (f *office) messageCampaignSend(w http.ResponseWriter, r *http.Request, p *page) error {
	ctx := r.Context()
	x, v, err := f.readMessageCampaign(ctx, p)
	if err != nil {
		return err
	}
	if x.in, err = formOf(r); err != nil {
		return err
	}
	c, err := x.campaign()
	if err == nil && x.in.get("do") != "send" {
		if err = f.lookAtCampaign(ctx, p, x, c, v); err == nil {
			return f.show(w, r, messageCampaignView(p, x))
		}
	}
	if err == nil {
		err = f.audited(ctx, "message.campaign_sent", "message_campaign", map[string]any{"tier": c.Audience.Tier, "month": c.Audience.Month, "away_days": c.Audience.Away, "text": c.Text}, func(ctx context.Context, tx *db.Tx) (string, error) {
			return c.ID.String(), notice.QueueCampaign(ctx, tx, p.Merchant.ID, c)
		})
	}
	if err != nil {
		if errors.Is(err, notice.ErrCampaignOff) {
			err = fault.Of(err).On("text")
		}
		x.in.err = err
		return f.again(w, r, err, messageCampaignView(p, x))
	}
	return done(w, r, p, "/office/messages?kind="+msg.KindCampaign, "office.messages.campaign_sent")
}

func (x *messageCampaign) tierOptions(p *page) []ui.Option {
	out := []ui.Option{{Value: "", Text: p.T("office.messages.everybody")}}
	for _, t := range x.tiers {
		out = append(out, ui.Option{Value: t.Code, Text: t.Name})
	}
	return out
}

func monthOptions(p *page) []ui.Option {
	out := []ui.Option{{Value: "", Text: p.T("office.messages.any_month")}}
	for n := range 12 {
		out = append(out, ui.Option{Value: strconv.Itoa(n + 1), Text: strconv.Itoa(n + 1)})
	}
	return out
}

func homeOptions(p *page) []ui.Option {
	out := shopOptions(p, false)
	return append([]ui.Option{{Value: "", Text: p.T("office.messages.any_shop")}}, out...)
}
