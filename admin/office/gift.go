package office

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/member"
)

func (f *office) mountGifts() {
	f.on("GET /office/gifts", auth.PermCatalog, f.giftsPage)
	f.on("GET /office/gifts/new", auth.PermCatalog, f.giftNew)
	f.on("POST /office/gifts/new", auth.PermCatalog, f.giftCreate)
	f.on("GET /office/gifts/{id}", auth.PermCatalog, f.giftPage)
	f.on("POST /office/gifts/{id}", auth.PermCatalog, f.giftUpdate)
	f.on("POST /office/gifts/{id}/archive", auth.PermCatalog, f.giftArchive)
}

func giftURL(g id.ID) string { return "/office/gifts/" + g.String() }

type giftList struct {
	gifts       []loyalty.Gift
	skus        map[id.ID]catalog.SKU
	names       map[id.ID]string // of gifts
	redemptions []loyalty.Redemption
	members     map[id.ID]string
	now         clock.Instant
	first, next string
}

// readRedemptions reads a page of what was handed out, of one gift or of all.
func (f *office) readRedemptions(r *http.Request, p *page, gift id.ID) (*giftList, error) {
	at, err := pageOf(r, 30)
	if err != nil {
		return nil, err
	}
	ctx, m := r.Context(), p.Merchant.ID
	l := &giftList{now: f.db.Now(), names: map[id.ID]string{}}
	if l.gifts, err = loyalty.ListGifts(ctx, f.db, m, true); err != nil {
		return nil, err
	}
	var skus []id.ID
	for _, g := range l.gifts {
		l.names[g.ID] = g.Name
		if !g.SKU.IsNone() {
			skus = append(skus, g.SKU)
		}
	}
	if l.skus, err = f.skus(ctx, m, skus); err != nil {
		return nil, err
	}
	var next string
	if l.redemptions, next, err = loyalty.ListRedemptions(ctx, f.db, m, gift, at); err != nil {
		return nil, err
	}
	l.first, l.next = pager(r, next)
	var who []id.ID
	for _, v := range l.redemptions {
		who = append(who, v.Member)
	}
	l.members, err = member.Names(ctx, f.db, m, who)
	return l, err
}

func (f *office) giftsPage(w http.ResponseWriter, r *http.Request, p *page) error {
	l, err := f.readRedemptions(r, p, id.None)
	if err != nil {
		return err
	}
	return f.show(w, r, giftsView(p, l))
}

// giftState says whether a gift can be had now.
func giftState(p *page, g *loyalty.Gift, now clock.Instant) templ.Component {
	switch {
	case g.Archived:
		return ui.Badge(ui.Neutral, p.T("office.gifts.archived"))
	case now < g.ValidFrom:
		return ui.Badge(ui.Info, p.T("office.gifts.not_yet"))
	case g.ValidUntil != 0 && now >= g.ValidUntil:
		return ui.Badge(ui.Warn, p.T("office.gifts.over"))
	case g.Counted && g.OnHand == 0:
		return ui.Badge(ui.Warn, p.T("office.gifts.gone"))
	}
	return ui.Badge(ui.Ok, p.T("office.gifts.offered"))
}

// giftPrice says what a gift costs: points, and money where it asks for some.
func giftPrice(p *page, g *loyalty.Gift) string {
	text := p.T("office.gifts.points_price", "points", p.Int(g.Points))
	if g.Money > 0 {
		text += " + " + p.Money(g.Money)
	}
	return text
}

func (l *giftList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.gifts.title"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.name")}, {Title: p.T("office.gifts.price"), Key: true}, {Title: p.T("office.gifts.on_hand"), Numeric: true}, {Title: p.T("office.gifts.taken"), Numeric: true},
			{Title: p.T("office.gifts.per_member"), Numeric: true}, {Title: p.T("office.gifts.until")}, {Title: p.T("office.col.state")}},
		Empty: ui.EmptyState{Icon: "coupon", Title: p.T("office.gifts.none"), Text: p.T("office.gifts.none_text"),
			Action: linkButton(p.T("office.gifts.new"), "/office/gifts/new", "plus", ui.Plainly)}}
	for i := range l.gifts {
		g := &l.gifts[i]
		onHand, limit := "–", "–"
		if g.Counted {
			onHand = p.Int(g.OnHand)
		} else if s, ok := l.skus[g.SKU]; ok && s.Stocked {
			onHand = p.T("office.gifts.of_sku", "code", s.Code)
		}
		if g.PerMember > 0 {
			limit = p.Int(g.PerMember)
		}
		until := "–"
		if g.ValidUntil != 0 {
			until = p.Date(dateOf(p, g.ValidUntil-1))
		}
		t.Rows = append(t.Rows, ui.Row(ui.Link(g.Name, giftURL(g.ID)), giftPrice(p, g), onHand, p.Int(g.Taken), limit, until, giftState(p, g, l.now)))
	}
	return t
}

func (l *giftList) redemptionTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.gifts.redemptions"), HideCaption: true, Dense: true, First: l.first, Next: l.next,
		Columns: []ui.Column{{Title: p.T("office.gifts.gift")}, {Title: p.T("office.col.member")}, {Title: p.T("office.gifts.quantity"), Numeric: true, Key: true}, {Title: p.T("office.gifts.back"), Numeric: true},
			{Title: p.T("office.col.points"), Numeric: true}, {Title: p.T("office.col.receipt")}, {Title: p.T("office.col.date")}},
		Empty: ui.EmptyState{Icon: "coupon", Title: p.T("office.gifts.no_redemptions")}}
	for _, v := range l.redemptions {
		back := "–"
		if v.Back > 0 {
			back = p.Int(v.Back)
		}
		t.Rows = append(t.Rows, ui.Row(l.names[v.Gift], ui.Link(memberName(p, l.members[v.Member]), "/office/members/"+v.Member.String()), p.Int(v.Quantity), back, p.Int(v.Points), saleLink("", v.Sale), stamp(p, v.At)))
	}
	return t
}

func (f *office) giftNew(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.show(w, r, giftNewView(p, form{}))
}

// giftIn reads the form; a SKU is named by its code or bar code. The days are those
// of the shop that is looked at, the last one whole.
func (f *office) giftIn(ctx context.Context, p *page, in form) (g loyalty.Gift, err error) {
	g = loyalty.Gift{Name: in.get("name"), Code: in.get("code"), Points: atoi(plainNumber(in.get("points"))), PerMember: atoi(in.get("per_member"))}
	if s := in.get("on_hand"); s != "" {
		g.Counted, g.OnHand = true, atoi(s)
		if g.OnHand == 0 && s != "0" {
			return g, loyalty.ErrGift.On("on_hand")
		}
	}
	if g.Money, err = amountIn(p, in.get("money"), "money"); err != nil {
		return g, err
	}
	zone := p.Shop.Zone
	for name, to := range map[string]*clock.Instant{"valid_from": &g.ValidFrom, "valid_until": &g.ValidUntil} {
		s := in.get(name)
		d := dateIn(s)
		switch {
		case s == "":
		case d == "" || zone.Loc == nil:
			return g, loyalty.ErrGift.On(name)
		case name == "valid_until":
			*to = zone.Start(d.AddDays(1))
		default:
			*to = zone.Start(d)
		}
	}
	if s := in.get("sku_id"); s != "" {
		var hits []catalog.Hit
		if err := f.db.Batch(ctx, catalog.AskSKUs(p.Merchant.ID, nil, []string{s}, &hits)); err != nil {
			return g, err
		}
		if len(hits) == 0 {
			return g, catalog.ErrNotFound.On("sku_id")
		}
		g.SKU = hits[0].ID
	}
	return g, nil
}

func (f *office) giftCreate(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	g, err := f.giftIn(r.Context(), p, in)
	if err == nil {
		err = f.audited(r.Context(), "gift.created", "gift", map[string]int64{"points": g.Points}, func(_ context.Context, tx *db.Tx) (string, error) {
			err := loyalty.CreateGift(tx, p.Merchant.ID, &g)
			return g.ID.String(), err
		})
	}
	if err != nil {
		in.err = err
		return f.again(w, r, err, giftNewView(p, in))
	}
	return done(w, r, p, "/office/gifts", "office.gifts.created", "name", g.Name)
}

func (f *office) giftOf(r *http.Request, p *page) (loyalty.Gift, error) {
	u, err := pathID(r, "id")
	if err != nil {
		return loyalty.Gift{}, err
	}
	return loyalty.GetGift(r.Context(), f.db, p.Merchant.ID, u)
}

// giftForm is a gift as a form shows it.
func (f *office) giftForm(ctx context.Context, p *page, g *loyalty.Gift) (form, error) {
	in := values("name", g.Name, "code", g.Code, "points", itoa(g.Points), "version", itoa(g.Version))
	if g.Money > 0 {
		in.v.Set("money", p.Currency.Format(g.Money))
	}
	if g.Counted {
		in.v.Set("on_hand", itoa(g.OnHand))
	}
	if g.PerMember > 0 {
		in.v.Set("per_member", itoa(g.PerMember))
	}
	if g.ValidFrom != 0 {
		in.v.Set("valid_from", string(dateOf(p, g.ValidFrom)))
	}
	if g.ValidUntil != 0 {
		in.v.Set("valid_until", string(dateOf(p, g.ValidUntil-1)))
	}
	if !g.SKU.IsNone() {
		s, err := catalog.Get(ctx, f.db, p.Merchant.ID, g.SKU)
		if err != nil {
			return in, err
		}
		in.v.Set("sku_id", s.Code)
	}
	return in, nil
}

func (f *office) giftPage(w http.ResponseWriter, r *http.Request, p *page) error {
	g, err := f.giftOf(r, p)
	if err != nil {
		return err
	}
	in, err := f.giftForm(r.Context(), p, &g)
	if err != nil {
		return err
	}
	l, err := f.readRedemptions(r, p, g.ID)
	if err != nil {
		return err
	}
	return f.show(w, r, giftView(p, &g, in, l))
}

func (f *office) giftUpdate(w http.ResponseWriter, r *http.Request, p *page) error {
	was, err := f.giftOf(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	g, err := f.giftIn(r.Context(), p, in)
	if err == nil {
		g.ID, g.Archived, g.Version = was.ID, was.Archived, atoi(in.get("version"))
		err = f.saveGift(r.Context(), p, &g)
	}
	if err != nil {
		in.err = err
		l, readErr := f.readRedemptions(r, p, was.ID)
		if readErr != nil {
			return readErr
		}
		return f.again(w, r, err, giftView(p, &was, in, l))
	}
	return done(w, r, p, "/office/gifts", "office.saved")
}

func (f *office) saveGift(ctx context.Context, p *page, g *loyalty.Gift) error {
	return f.audited(ctx, "gift.updated", "gift", map[string]any{"points": g.Points, "archived": g.Archived}, func(ctx context.Context, tx *db.Tx) (string, error) {
		return g.ID.String(), loyalty.UpdateGift(ctx, tx, p.Merchant.ID, g)
	})
}

// giftArchive takes a gift off the list, or puts it on again.
func (f *office) giftArchive(w http.ResponseWriter, r *http.Request, p *page) error {
	g, err := f.giftOf(r, p)
	if err != nil {
		return err
	}
	g.Archived = !g.Archived
	if err := f.saveGift(r.Context(), p, &g); err != nil {
		return err
	}
	return done(w, r, p, "/office/gifts", "office.saved")
}
