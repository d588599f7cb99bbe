package office

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/setting"
)

func (f *office) mountTiers() {
	f.on("GET /office/tiers", auth.PermCatalog, f.tiersPage)
	f.on("POST /office/tiers", auth.PermCatalog, f.tierCreate)
	f.on("POST /office/tiers/{code}", auth.PermCatalog, f.tierUpdate)
	f.on("GET /office/members/{id}/tier", auth.PermMembers, f.standingPage)
	f.on("POST /office/members/{id}/tier/set", auth.PermAdjust, f.standingSet)
}

func standingURL(m id.ID) string { return "/office/members/" + m.String() + "/tier" }

type tierList struct {
	tiers  []member.Tier
	policy [][2]string // what the settings say, as label and value
	in     form
	edit   string // the code of the row whose form is at fault
}

func (f *office) readTiers(ctx context.Context, p *page) (*tierList, error) {
	l := &tierList{}
	var v setting.Values
	if err := f.db.Batch(ctx, member.AskTiers(p.Merchant.ID, &l.tiers), setting.AskAll(p.Merchant.ID, id.None, id.None, &v)); err != nil {
		return nil, err
	}
	for _, x := range [][2]string{{setting.TierUpgrade.Key(), setting.TierUpgrade.In(v)}, {setting.TierDowngrade.Key(), setting.TierDowngrade.In(v)}, {setting.TierPeriod.Key(), setting.TierPeriod.In(v)}} {
		l.policy = append(l.policy, [2]string{p.T("setting." + x[0]), p.T("setting." + x[0] + "." + x[1])})
	}
	l.policy = append(l.policy, [2]string{p.T("setting." + setting.TierGraceDays.Key()), p.Int(setting.TierGraceDays.In(v))})
	return l, nil
}

func (l *tierList) pairs() []ui.Pair {
	var out []ui.Pair
	for _, x := range l.policy {
		out = append(out, ui.Pair{Key: x[0], Value: ui.Text(x[1])})
	}
	return out
}

// row is the form of one tier: what was typed where it is at fault.
func (l *tierList) row(t member.Tier) form {
	if l.edit == t.Code {
		return l.in
	}
	return values("name", t.Name, "rank", itoa(int64(t.Rank)))
}

func (l *tierList) fresh() form {
	if l.edit == "" {
		return l.in
	}
	return form{}
}

func (f *office) tiersPage(w http.ResponseWriter, r *http.Request, p *page) error {
	l, err := f.readTiers(r.Context(), p)
	if err != nil {
		return err
	}
	return f.show(w, r, tiersView(p, l))
}

func (f *office) tierCreate(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	t := member.Tier{Code: in.get("code"), Name: in.get("name"), Rank: int(atoi(in.get("rank")))}
	return f.saveTier(w, r, p, in, "", "tier.created", t, member.CreateTier)
}

func (f *office) tierUpdate(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	t := member.Tier{Code: r.PathValue("code"), Name: in.get("name"), Rank: int(atoi(in.get("rank")))}
	return f.saveTier(w, r, p, in, t.Code, "tier.updated", t, member.UpdateTier)
}

func (f *office) saveTier(w http.ResponseWriter, r *http.Request, p *page, in form, edit, action string, t member.Tier, save func(context.Context, *db.Tx, id.ID, member.Tier) error) error {
	err := f.audited(r.Context(), action, "tier", map[string]int{"rank": t.Rank}, func(ctx context.Context, tx *db.Tx) (string, error) {
		return t.Code, save(ctx, tx, p.Merchant.ID, t)
	})
	if err != nil {
		l, readErr := f.readTiers(r.Context(), p)
		if readErr != nil {
			return readErr
		}
		in.err = err
		l.in, l.edit = in, edit
		return f.again(w, r, err, tiersView(p, l))
	}
	return done(w, r, p, "/office/tiers", "office.saved")
}

// standing is a member's tier with all that belongs to it.
type standing struct {
	m       member.Member
	s       checkout.TierStanding
	names   map[string]string
	tiers   []member.Tier
	history []member.TierChange
	people  map[id.ID]string
	in      form
	note    func(checkout.TraceNote) string
}

func (f *office) readStanding(ctx context.Context, p *page, m member.Member) (*standing, error) {
	d := &standing{m: m, names: map[string]string{}, people: map[id.ID]string{}, in: values("tier", m.Tier, "hold", "forever")}
	var err error
	if d.s, err = f.o.Desk.TierStanding(ctx, p.Merchant.ID, m.ID); err != nil {
		return nil, err
	}
	if d.tiers, err = member.ListTiers(ctx, f.db, p.Merchant.ID); err != nil {
		return nil, err
	}
	for _, t := range d.tiers {
		d.names[t.Code] = t.Name
	}
	if d.history, _, err = member.ListTierHistory(ctx, f.db, p.Merchant.ID, m.ID, db.Page{}); err != nil {
		return nil, err
	}
	staff, err := auth.ListStaff(ctx, f.db, p.Merchant.ID)
	if err != nil {
		return nil, err
	}
	for _, s := range staff {
		d.people[s.ID] = s.Name
	}
	d.note = func(n checkout.TraceNote) string {
		b, err := p.Packs.Get(n.Pack, n.Version)
		if err != nil {
			return n.Code
		}
		label := n.Label
		if name := d.names[label]; name != "" {
			label = name
		}
		return b.Message(p.Words, n.Code, promotion.Note{Code: n.Code, Arg: n.Arg, Money: n.Money, Label: label}, p.Currency)
	}
	return d, nil
}

func (f *office) standingPage(w http.ResponseWriter, r *http.Request, p *page) error {
	m, err := f.memberOf(r, p)
	if err != nil {
		return err
	}
	d, err := f.readStanding(r.Context(), p, m)
	if err != nil {
		return err
	}
	return f.show(w, r, standingView(p, d))
}

// standingSet gives a member a tier by hand.
func (f *office) standingSet(w http.ResponseWriter, r *http.Request, p *page) error {
	m, err := f.memberOf(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	until := clock.Date("")
	switch in.get("hold") {
	case "forever":
		until = loyalty.Forever
	case "date":
		if until = clock.Date(in.get("until")); until == "" {
			err = loyalty.ErrUntil.On("until")
		}
	}
	if err == nil {
		_, err = f.o.Desk.SetTier(r.Context(), checkout.TierSet{Merchant: p.Merchant.ID, Member: m.ID, Tier: in.get("tier"), Until: until, Reason: in.get("reason"), Actor: p.Actor.ID})
	}
	if err != nil {
		d, readErr := f.readStanding(r.Context(), p, m)
		if readErr != nil {
			return readErr
		}
		in.err = err
		d.in = in
		return f.again(w, r, err, standingView(p, d))
	}
	return done(w, r, p, standingURL(m.ID), "office.saved")
}

func (d *standing) name(p *page, code string) string {
	switch {
	case code == "":
		return p.T("office.tiers.no_tier")
	case d.names[code] != "":
		return d.names[code]
	}
	return code
}

func (d *standing) pairs(p *page) []ui.Pair {
	out := []ui.Pair{{Key: p.T("office.tiers.has"), Value: tierBadge(d.s.Tier, d.names)}}
	if d.s.Since != 0 {
		out = append(out, ui.Pair{Key: p.T("office.tiers.since"), Value: ui.At(p.Ctx, d.s.Since)})
	}
	add := func(key, text string) {
		out = append(out, ui.Pair{Key: p.T(key), Value: ui.Text(text)})
	}
	if d.s.Known {
		add("office.tiers.deserved", d.name(p, d.s.Deserved))
	}
	if h := d.s.State.HeldUntil; h != "" {
		add("office.tiers.held", d.until(p, h))
	}
	if d.s.State.GraceUntil != "" {
		add("office.tiers.grace", p.Date(d.s.State.GraceUntil))
	}
	if d.s.State.ReviewOn != "" {
		add("office.tiers.review", p.Date(d.s.State.ReviewOn))
	}
	return out
}

func (d *standing) until(p *page, h clock.Date) string {
	if h == loyalty.Forever {
		return p.T("office.tiers.forever")
	}
	return p.Date(h)
}

// percentDone is how far the member is to the next tier; -1 where it is not known.
func (d *standing) percentDone() int {
	if d.s.Next == "" || d.s.Need <= 0 {
		return -1
	}
	return int(min(max(d.s.Need-d.s.Missing, 0)*100/d.s.Need, 100))
}

func (d *standing) missing(p *page) string {
	have, need := p.Int(max(d.s.Need-d.s.Missing, 0)), p.Int(d.s.Need)
	if d.s.InMoney {
		have, need = p.Money(money.Amount(max(d.s.Need-d.s.Missing, 0))), p.Money(money.Amount(d.s.Need))
	}
	return p.T("office.tiers.of", "have", have, "need", need)
}

func (d *standing) steps(p *page) []ui.Step {
	var out []ui.Step
	for _, h := range d.history {
		title := d.name(p, h.From) + " → " + d.name(p, h.To)
		if h.From == h.To {
			title = d.name(p, h.To)
		}
		out = append(out, ui.Step{Tone: ui.Branded, Title: title, Text: d.reason(p, h), Time: ui.At(p.Ctx, h.At)})
	}
	return out
}

// reasonKeys are the texts of what a policy decided.
var reasonKeys = map[string]string{
	member.ReasonJoined: "office.tiers.why.joined", "sale": "office.tiers.why.sale", "review_risen": "office.tiers.why.risen",
	"review_fallen": "office.tiers.why.fallen", "review_undone": "office.tiers.why.undone",
}

func (d *standing) reason(p *page, h member.TierChange) string {
	if !h.Actor.IsNone() {
		text := h.Reason
		if who := d.people[h.Actor]; who != "" {
			text = who + ": " + text
		}
		if h.HeldUntil != "" {
			text += " · " + p.T("office.tiers.held_to", "date", d.until(p, h.HeldUntil))
		}
		return text
	}
	if key := reasonKeys[h.Reason]; key != "" {
		return p.T(key)
	}
	return h.Reason
}

func (d *standing) options(p *page) []ui.Option {
	out := []ui.Option{{Value: "", Text: p.T("office.tiers.no_tier")}}
	for _, t := range d.tiers {
		out = append(out, ui.Option{Value: t.Code, Text: t.Name})
	}
	return out
}
