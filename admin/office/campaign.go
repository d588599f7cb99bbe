package office

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
)

func (f *office) mountCampaigns() {
	f.on("GET /office/campaigns", auth.PermCatalog, f.campaignsPage)
	f.on("GET /office/campaigns/draws", auth.PermCatalog, f.drawsPage)
	f.on("POST /office/campaigns/prizes", auth.PermCatalog, f.prizeSet)
	f.on("GET /office/members/{id}/campaign", auth.PermMembers, f.memberCampaignPage)
	f.on("POST /office/members/{id}/check-in", auth.PermMembers, f.memberCheckIn)
	f.on("POST /office/members/{id}/referrer", auth.PermMembers, f.memberReferrer)
	f.on("POST /office/members/{id}/chances", auth.PermAdjust, f.memberChances)
	f.on("POST /office/members/{id}/draw", auth.PermMembers, f.memberDraw)
}

const drawsURL = "/office/campaigns/draws"

func memberCampaignURL(m id.ID) string { return "/office/members/" + m.String() + "/campaign" }

// campaignDesk is what the pages of campaigns show.
type campaignDesk struct {
	runs        []campaign.Run
	draws       []campaign.Draw
	prizes      []campaign.Prize
	packs       []ui.Option // that draw in the shop that is looked at
	members     map[id.ID]string
	packName    func(id, version string) string
	in          form
	first, next string
}

func (f *office) campaignDesk(p *page) *campaignDesk {
	return &campaignDesk{packName: func(pid, v string) string { return f.packName(p, pid, v) }}
}

// drawing lists the packs that draw in the shop that is looked at.
func (f *office) drawing(ctx context.Context, p *page) (out []ui.Option, err error) {
	on, err := pack.ListFor(ctx, f.db, p.Merchant.ID, p.Shop.ID)
	for i := range on {
		b, e := p.Packs.Get(on[i].PackID, on[i].Version)
		if e == nil && on[i].Enabled && b.Serves(promotion.HookDraw) {
			out = append(out, ui.Option{Value: b.ID, Text: b.Name(p.Words)})
		}
	}
	return out, err
}

func (f *office) campaignsPage(w http.ResponseWriter, r *http.Request, p *page) error {
	at, err := pageOf(r, 50)
	if err != nil {
		return err
	}
	d := f.campaignDesk(p)
	var next string
	if d.runs, next, err = campaign.ListRuns(r.Context(), f.db, p.Merchant.ID, id.None, at); err != nil {
		return err
	}
	d.first, d.next = pager(r, next)
	var who []id.ID
	for i := range d.runs {
		who = append(who, d.runs[i].Member)
	}
	if d.members, err = member.Names(r.Context(), f.db, p.Merchant.ID, who); err != nil {
		return err
	}
	return f.show(w, r, campaignsView(p, d))
}

func (d *campaignDesk) runTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.campaign.runs"), HideCaption: true, Dense: true, First: d.first, Next: d.next,
		Columns: []ui.Column{{Title: p.T("office.campaign.event")}, {Title: p.T("office.col.member")}, {Title: p.T("office.campaign.pack")}, {Title: p.T("office.campaign.given"), Numeric: true, Key: true}, {Title: p.T("office.col.state")}, {Title: p.T("office.col.date")}},
		Empty:   ui.EmptyState{Icon: "campaign", Title: p.T("office.campaign.no_runs"), Text: p.T("office.campaign.no_runs_text")}}
	for i := range d.runs {
		v := &d.runs[i]
		t.Rows = append(t.Rows, ui.Row(p.T("office.campaign.event."+v.Event), memberLink(p, v.Member, d.members), d.packName(v.PackID, v.Version)+" "+v.Version, p.Int(int64(v.Grants)), outcomeBadge(p, v.Outcome), stamp(p, v.At)))
	}
	return t
}

func memberLink(p *page, m id.ID, names map[id.ID]string) templ.Component {
	return ui.Link(memberName(p, names[m]), "/office/members/"+m.String())
}

func outcomeBadge(p *page, outcome string) templ.Component {
	switch outcome {
	case campaign.OutcomeOK:
		return ui.Badge(ui.Ok, p.T("office.campaign.outcome.ok"))
	case campaign.OutcomeLimited:
		return ui.Badge(ui.Info, p.T("office.campaign.outcome.limited"))
	}
	return ui.Badge(ui.Warn, p.T(outcome))
}

func (f *office) readDraws(r *http.Request, p *page) (*campaignDesk, error) {
	at, err := pageOf(r, 50)
	if err != nil {
		return nil, err
	}
	ctx, m, d := r.Context(), p.Merchant.ID, f.campaignDesk(p)
	var next string
	if d.draws, next, err = campaign.ListDraws(ctx, f.db, m, id.None, at); err != nil {
		return nil, err
	}
	d.first, d.next = pager(r, next)
	if d.prizes, err = campaign.ListPrizes(ctx, f.db, m, p.Shop.ID, ""); err != nil {
		return nil, err
	}
	if d.packs, err = f.drawing(ctx, p); err != nil {
		return nil, err
	}
	var who []id.ID
	for i := range d.draws {
		who = append(who, d.draws[i].Member)
	}
	d.members, err = member.Names(ctx, f.db, m, who)
	return d, err
}

func (f *office) drawsPage(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readDraws(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, drawsView(p, d))
}

func (d *campaignDesk) prizeTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.campaign.prizes"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.campaign.prize")}, {Title: p.T("office.campaign.pack")}, {Title: p.T("office.campaign.stock"), Numeric: true}, {Title: p.T("office.campaign.drawn"), Numeric: true}, {Title: p.T("office.campaign.left"), Numeric: true, Key: true}},
		Empty:   ui.EmptyState{Icon: "campaign", Title: p.T("office.campaign.no_prizes"), Text: p.T("office.campaign.no_prizes_text")}}
	for i := range d.prizes {
		v := &d.prizes[i]
		stock, left := p.T("office.campaign.no_limit"), p.T("office.campaign.no_limit")
		if v.Stock >= 0 {
			stock, left = p.Int(v.Stock), p.Int(v.Left())
		}
		t.Rows = append(t.Rows, ui.Row(v.Code, d.packName(v.PackID, ""), stock, p.Int(v.Drawn), left))
	}
	return t
}

func (d *campaignDesk) drawTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.campaign.draws"), HideCaption: true, Dense: true, First: d.first, Next: d.next,
		Columns: []ui.Column{{Title: p.T("office.col.member")}, {Title: p.T("office.campaign.prize"), Key: true}, {Title: p.T("office.campaign.pack")}, {Title: p.T("office.campaign.seed"), Numeric: true}, {Title: p.T("office.campaign.module")}, {Title: p.T("office.col.date")}},
		Empty:   ui.EmptyState{Icon: "campaign", Title: p.T("office.campaign.no_draws")}}
	for i := range d.draws {
		v := &d.draws[i]
		prize := v.Prize
		if prize == "" {
			prize = p.T("office.campaign.nothing_won")
		}
		t.Rows = append(t.Rows, ui.Row(memberLink(p, v.Member, d.members), prize, d.packName(v.PackID, v.Version)+" "+v.Version, strconv.FormatUint(v.Seed, 10), v.Module[:min(12, len(v.Module))], stamp(p, v.At)))
	}
	return t
}

// prizeSet puts a prize into a draw, or changes its stock; an empty stock is none.
func (f *office) prizeSet(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	v := campaign.Prize{Shop: p.Shop.ID, PackID: in.get("pack_id"), Code: in.get("code"), Stock: -1}
	if s := in.get("stock"); s != "" {
		if v.Stock = atoi(s); v.Stock == 0 && s != "0" {
			err = campaign.ErrPrize.On("stock")
		}
	}
	if err == nil {
		err = f.audited(r.Context(), "campaign.prize_set", "prize", map[string]any{"shop": v.Shop.String(), "stock": v.Stock}, func(_ context.Context, tx *db.Tx) (string, error) {
			return v.PackID + "/" + v.Code, campaign.SetPrize(tx, p.Merchant.ID, &v)
		})
	}
	if err != nil {
		d, readErr := f.readDraws(r, p)
		if readErr != nil {
			return readErr
		}
		in.err = err
		d.in = in
		return f.again(w, r, err, drawsView(p, d))
	}
	return done(w, r, p, drawsURL, "office.saved")
}

// memberCampaign is what campaigns have to do with one member.
type memberCampaign struct {
	*campaignDesk
	m        member.Member
	checkIns []campaign.CheckIn
	brought  []campaign.Referral
	by       campaign.Referral
	found    bool
	grants   []campaign.Grant
	in       form
	at       string // the form that is at fault
}

func (f *office) readMemberCampaign(r *http.Request, p *page) (*memberCampaign, error) {
	u, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	ctx, m := r.Context(), p.Merchant.ID
	d := &memberCampaign{campaignDesk: f.campaignDesk(p)}
	if d.m, err = member.Get(ctx, f.db, f.o.Vault, m, u); err != nil {
		return nil, err
	}
	if d.checkIns, err = campaign.ListCheckIns(ctx, f.db, m, u, 14); err != nil {
		return nil, err
	}
	if d.by, d.found, err = campaign.FindReferral(ctx, f.db, m, u); err != nil {
		return nil, err
	}
	if d.brought, err = campaign.ListReferrals(ctx, f.db, m, u, 50); err != nil {
		return nil, err
	}
	if d.grants, _, err = campaign.ListGrants(ctx, f.db, m, u, false, db.Page{Limit: 50}); err != nil {
		return nil, err
	}
	if d.packs, err = f.drawing(ctx, p); err != nil {
		return nil, err
	}
	var who []id.ID
	if d.found {
		who = append(who, d.by.Referrer)
	}
	for _, v := range d.brought {
		who = append(who, v.Member)
	}
	d.members, err = member.Names(ctx, f.db, m, who)
	return d, err
}

func (f *office) memberCampaignPage(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readMemberCampaign(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, memberCampaignView(p, d))
}

func (d *memberCampaign) form(name string) form {
	if d.at == name {
		return d.in
	}
	return form{}
}

func (d *memberCampaign) checkInTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.campaign.check_ins"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.date")}, {Title: p.T("office.campaign.streak"), Numeric: true, Key: true}, {Title: p.T("office.campaign.shop")}}, Empty: ui.EmptyState{Icon: "check", Title: p.T("office.campaign.no_check_ins")}}
	for _, v := range d.checkIns {
		shop := ""
		for _, s := range p.Shops {
			if s.ID == v.Shop {
				shop = s.Name
			}
		}
		t.Rows = append(t.Rows, ui.Row(p.Date(v.Date), p.Int(v.Streak), shop))
	}
	return t
}

func (d *memberCampaign) broughtTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.campaign.brought"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.member"), Key: true}, {Title: p.T("office.col.date")}, {Title: p.T("office.campaign.first_sale")}}, Empty: ui.EmptyState{Icon: "member", Title: p.T("office.campaign.none_brought")}}
	for _, v := range d.brought {
		var first any = "–"
		if !v.Sale.IsNone() {
			first = saleLink("", v.Sale)
		}
		t.Rows = append(t.Rows, ui.Row(memberLink(p, v.Member, d.members), stamp(p, v.At), first))
	}
	return t
}

func (d *memberCampaign) grantTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.campaign.grants"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.campaign.what")}, {Title: p.T("office.campaign.given"), Numeric: true, Key: true}, {Title: p.T("office.campaign.left"), Numeric: true}, {Title: p.T("office.campaign.source")}, {Title: p.T("office.campaign.pack")}, {Title: p.T("office.col.date")}},
		Empty:   ui.EmptyState{Icon: "campaign", Title: p.T("office.campaign.no_grants")}}
	for i := range d.grants {
		g := &d.grants[i]
		what, n, left := p.T("office.grant.grant_"+g.Kind), p.Int(g.Count), "–"
		if g.Ref != "" && g.Kind != campaign.Chances {
			what += " · " + g.Ref
		}
		switch g.Kind {
		case campaign.Money:
			n = p.Money(g.Amount)
		case campaign.GiftOf, campaign.Chances:
			left = p.Int(g.Left())
		}
		t.Rows = append(t.Rows, ui.Row(what, n, left, p.T("office.campaign.source."+g.Source), d.packName(g.PackID, g.Version), stamp(p, g.At)))
	}
	return t
}

// chance is the oldest chance that can be played; none where there is none.
func (d *memberCampaign) chance() id.ID {
	for _, g := range slices.Backward(d.grants) {
		if g.Kind == campaign.Chances && g.Left() > 0 {
			return g.ID
		}
	}
	return id.None
}

// refused shows the member's page once more with what is wrong with one form.
func (f *office) refused(w http.ResponseWriter, r *http.Request, p *page, at string, in form, err error) error {
	d, readErr := f.readMemberCampaign(r, p)
	if readErr != nil {
		return readErr
	}
	in.err = err
	d.in, d.at = in, at
	return f.again(w, r, err, memberCampaignView(p, d))
}

func (f *office) memberCheckIn(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	c, err := f.o.Desk.CheckIn(r.Context(), checkout.CheckInIn{Merchant: p.Merchant.ID, Member: u, Shop: p.Shop.ID})
	if err != nil {
		return f.refused(w, r, p, "check_in", form{}, err)
	}
	return done(w, r, p, memberCampaignURL(u), "office.campaign.checked_in", "days", c.Streak)
}

// memberReferrer notes who brought the member: named by a card or phone number.
func (f *office) memberReferrer(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	var found []member.Member
	if q := in.get("referrer"); q != "" {
		if found, _, err = member.Find(r.Context(), f.db, f.o.Vault, p.Merchant.ID, q, db.Page{Limit: 2}); err != nil {
			return err
		}
	}
	if len(found) != 1 {
		return f.refused(w, r, p, "referrer", in, member.ErrNotFound.On("referrer"))
	}
	err = f.audited(r.Context(), "member.referred", "member", map[string]string{"referrer": found[0].ID.String()}, func(ctx context.Context, tx *db.Tx) (string, error) {
		return u.String(), campaign.Refer(ctx, tx, p.Merchant.ID, u, found[0].ID)
	})
	if err != nil {
		return f.refused(w, r, p, "referrer", in, err)
	}
	return done(w, r, p, memberCampaignURL(u), "office.saved")
}

func (f *office) memberChances(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	_, err = f.o.Desk.GiveChances(r.Context(), checkout.ChancesIn{Merchant: p.Merchant.ID, Member: u, Shop: p.Shop.ID, PackID: in.get("pack_id"), Count: atoi(in.get("count")), Reason: in.get("reason")})
	if err != nil {
		return f.refused(w, r, p, "chances", in, err)
	}
	return done(w, r, p, memberCampaignURL(u), "office.saved")
}

func (f *office) memberDraw(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	chance, err := id.Parse(in.get("chance"))
	if err != nil {
		return f.refused(w, r, p, "draw", in, campaign.ErrGrantNotFound)
	}
	v, err := f.o.Desk.Draw(r.Context(), checkout.DrawIn{Merchant: p.Merchant.ID, Chance: chance, Shop: p.Shop.ID})
	if err != nil {
		return f.refused(w, r, p, "draw", in, err)
	}
	if v.Prize == "" {
		return done(w, r, p, memberCampaignURL(u), "office.campaign.nothing_won")
	}
	return done(w, r, p, memberCampaignURL(u), "office.campaign.won", "prize", v.Prize)
}
