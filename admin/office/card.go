package office

import (
	"context"
	"encoding/csv"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

func (f *office) mountCards() {
	f.on("POST /office/members/{id}/cards", auth.PermMembers, f.memberCard)
	f.on("POST /office/members/{id}/cards/switch", auth.PermAdjust, f.memberCardSwitch)
	f.on("GET /office/cards", auth.PermCatalog, f.cardsPage)
	f.on("GET /office/cards/new", auth.PermCatalog, f.designNew)
	f.on("POST /office/cards/new", auth.PermCatalog, f.designSave)
	f.on("GET /office/cards/{id}", auth.PermCatalog, f.designEdit)
	f.on("POST /office/cards/{id}", auth.PermCatalog, f.designSave)
	f.on("POST /office/cards/batches", auth.PermCatalog, f.batchMake)
	f.on("GET /office/cards/batches/{id}", auth.PermCatalog, f.batchPage)
	f.on("GET /office/cards/batches/{id}/numbers", auth.PermCatalog, f.batchNumbers)
}

// cardActions are what the buttons of a member's cards do, with the words of the
// audit log.
var cardActions = map[string]string{"": "issued", "issue": "issued", "block": "blocked", "unblock": "unblocked", "replace": "replaced"}

// memberCard hands out a card, reports one lost, takes it back into use or
// replaces it.
func (f *office) memberCard(w http.ResponseWriter, r *http.Request, p *page) error {
	m, err := f.memberOf(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	do := in.get("do")
	design, err := in.id("design_id")
	var card id.ID
	if err == nil {
		card, err = in.id("of")
	}
	var made member.Card
	if err == nil {
		err = f.audited(r.Context(), "member.card_"+cardActions[do], "member", nil, func(ctx context.Context, tx *db.Tx) (_ string, err error) {
			subject := m.ID.String()
			if cardActions[do] == "issued" {
				made, err = member.HandOut(ctx, tx, f.o.Vault, p.Merchant.ID, m.ID, member.Issue{Number: in.get("card"), Kind: in.get("kind"), Design: design})
				return subject, err
			}
			old, err := cardOfMember(ctx, tx, m, card, in)
			if err != nil {
				return subject, err
			}
			switch do {
			case "block":
				return subject, member.BlockCard(ctx, tx, p.Merchant.ID, old.Number)
			case "unblock":
				return subject, member.UnblockCard(ctx, tx, p.Merchant.ID, old.Number)
			case "replace":
				made, err = member.ReplaceCard(ctx, tx, f.o.Vault, p.Merchant.ID, old.Number, in.get("card"))
				return subject, err
			}
			return subject, member.ErrCardNotFound
		})
	}
	if err != nil {
		in.err = err
		return f.showMember(w, r, p, m, func(d *profile) error { d.card = in; return err })
	}
	to := "/office/members/" + m.ID.String()
	if made.Number != "" && made.Kind != member.KindDocument {
		return done(w, r, p, to, "office.cards.handed_out", "number", made.Number)
	}
	return done(w, r, p, to, "office.saved")
}

// cardOfMember is the card that a button is for, by its id or as its number was typed.
func cardOfMember(ctx context.Context, r db.Reader, m member.Member, card id.ID, in form) (member.Card, error) {
	if !card.IsNone() {
		return member.CardOf(ctx, r, m.Merchant, m.ID, card)
	}
	c, err := member.GetCard(ctx, r, m.Merchant, in.get("card"))
	if err == nil && c.Member != m.ID {
		err = member.ErrCardNotFound
	}
	return c, err
}

// memberCardSwitch sets a single card's points switch and its end.
func (f *office) memberCardSwitch(w http.ResponseWriter, r *http.Request, p *page) error {
	m, err := f.memberOf(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	points := member.Switch(in.get("points"))
	card, err := in.id("of")
	var end clock.Instant
	if err == nil {
		end, err = dayEnd(p, in.get("expires"), "expires")
	}
	if err == nil {
		err = f.audited(r.Context(), "member.card_changed", "member", map[string]string{"points": string(points)}, func(ctx context.Context, tx *db.Tx) (string, error) {
			c, err := member.CardOf(ctx, tx, p.Merchant.ID, m.ID, card)
			if err != nil {
				return "", err
			}
			_, err = member.UpdateCard(ctx, tx, p.Merchant.ID, c.Number, member.CardPatch{Points: &points, ExpiresAt: &end})
			return m.ID.String(), err
		})
	}
	if err != nil {
		in.err = err
		return f.showMember(w, r, p, m, func(d *profile) error { d.card = in; return err })
	}
	return done(w, r, p, "/office/members/"+m.ID.String(), "office.saved")
}

// dayEnd is the end of a day that was typed, in the shop's zone; "" is none.
func dayEnd(p *page, typed, field string) (clock.Instant, error) {
	if typed == "" {
		return 0, nil
	}
	loc := p.Zone
	if loc == nil {
		loc = time.UTC
	}
	t, err := time.ParseInLocation(time.DateOnly, typed, loc)
	if err != nil {
		return 0, member.ErrCardExpiry.On(field)
	}
	return clock.Of(t.AddDate(0, 0, 1)), nil
}

// dayOf is the last day before an instant, as it is typed.
func dayOf(p *page, end clock.Instant) string {
	if end == 0 {
		return ""
	}
	return stampText(p, end-1)[:10]
}

type cardPage struct {
	designs     []member.Design
	batches     []member.Batch
	in          form
	first, next string
}

func (f *office) readCards(r *http.Request, p *page) (*cardPage, error) {
	at, err := pageOf(r, 20)
	if err != nil {
		return nil, err
	}
	l := &cardPage{in: values("count", "100")}
	if l.designs, err = member.ListDesigns(r.Context(), f.db, p.Merchant.ID); err != nil {
		return nil, err
	}
	var next string
	l.batches, next, err = member.ListBatches(r.Context(), f.db, p.Merchant.ID, at)
	l.first, l.next = pager(r, next)
	return l, err
}

func (f *office) cardsPage(w http.ResponseWriter, r *http.Request, p *page) error {
	l, err := f.readCards(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, cardsView(p, l))
}

func (l *cardPage) designTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.cards.designs"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.col.name")}, {Title: p.T("office.col.kind")}, {Title: p.T("office.cards.next")}, {Title: p.T("office.cards.switches")}, {Title: p.T("office.col.state"), Key: true}},
		Empty:   ui.EmptyState{Icon: "member", Title: p.T("office.cards.no_designs"), Text: p.T("office.cards.no_designs_text"), Action: linkButton(p.T("office.cards.new"), "/office/cards/new", "plus", ui.Plainly)}}
	for _, d := range l.designs {
		state := ui.Badge(ui.Ok, p.T("office.cards.in_use"))
		if d.Archived {
			state = ui.Badge(ui.Neutral, p.T("office.cards.archived"))
		}
		t.Rows = append(t.Rows, ui.Row(two(rowOf(cardColour(d.Colour), ui.Link(d.Name, "/office/cards/"+d.ID.String())), d.Class), p.T("office.card_kind."+d.Kind), code(nextNumber(d)), switches(p, d.Points, d.PINRequired, d.ValidDays), state))
	}
	return t
}

// nextNumber is the number of the next card as it would be printed.
func nextNumber(d member.Design) string {
	n := itoa(d.Next)
	for len(n) < d.Digits {
		n = "0" + n
	}
	return d.Prefix + n
}

// switches says what cards of a design do.
func switches(p *page, points, pin bool, days int) templ.Component {
	items := []templ.Component{ui.Badge(ui.Neutral, p.T("office.cards.no_points"))}
	if points {
		items[0] = ui.Badge(ui.Ok, p.T("office.cards.points"))
	}
	if pin {
		items = append(items, ui.Badge(ui.Info, p.T("office.cards.pin")))
	}
	if days > 0 {
		items = append(items, ui.Badge(ui.Neutral, p.T("office.cards.days", "n", days)))
	}
	return rowOf(items...)
}

func (l *cardPage) batchTable(p *page) ui.TableProps {
	names := map[id.ID]string{}
	for _, d := range l.designs {
		names[d.ID] = d.Name
	}
	t := ui.TableProps{Caption: p.T("office.cards.batches"), HideCaption: true, Dense: true, First: l.first, Next: l.next,
		Columns: []ui.Column{{Title: p.T("office.cards.numbers")}, {Title: p.T("office.cards.design")}, {Title: p.T("office.col.date")}, {Title: p.T("office.col.count"), Numeric: true}, {Title: p.T("office.cards.left"), Numeric: true, Key: true}},
		Empty:   ui.EmptyState{Icon: "member", Title: p.T("office.cards.no_batches"), Text: p.T("office.cards.no_batches_text")}}
	for _, b := range l.batches {
		t.Rows = append(t.Rows, ui.Row(numberLink(b.First+" – "+b.Last, "/office/cards/batches/"+b.ID.String()), names[b.Design], stamp(p, b.MadeAt), count(p, b.Count), count(p, b.Left)))
	}
	return t
}

// designOptions lists the designs of which cards are still handed out.
func designOptions(p *page, designs []member.Design, none bool) []ui.Option {
	var out []ui.Option
	if none {
		out = append(out, ui.Option{Value: "", Text: p.T("office.cards.no_design")})
	}
	for _, d := range designs {
		if !d.Archived {
			out = append(out, ui.Option{Value: d.ID.String(), Text: d.Name})
		}
	}
	return out
}

func (f *office) batchMake(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	design, err := in.id("design_id")
	var b member.Batch
	if err == nil {
		err = f.audited(r.Context(), "card.batch_made", "card_design", map[string]int64{"count": atoi(in.get("count"))}, func(ctx context.Context, tx *db.Tx) (string, error) {
			var err error
			b, err = member.MakeBlanks(ctx, tx, p.Merchant.ID, design, int(min(atoi(in.get("count")), member.MaxBatch+1)))
			return design.String(), err
		})
	}
	if err != nil {
		l, readErr := f.readCards(r, p)
		if readErr != nil {
			return readErr
		}
		in.err, l.in = err, in
		l.in.err = err
		return f.again(w, r, err, cardsView(p, l))
	}
	return done(w, r, p, "/office/cards/batches/"+b.ID.String(), "office.cards.made", "n", b.Count)
}

func (f *office) batchPage(w http.ResponseWriter, r *http.Request, p *page) error {
	b, cards, err := f.batch(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, batchView(p, b, cards))
}

func (f *office) batch(r *http.Request, p *page) (member.Batch, []member.Card, error) {
	u, err := pathID(r, "id")
	if err != nil {
		return member.Batch{}, nil, err
	}
	return member.GetBatch(r.Context(), f.db, p.Merchant.ID, u)
}

// batchNumbers is the list for whoever prints the cards.
func (f *office) batchNumbers(w http.ResponseWriter, r *http.Request, p *page) error {
	b, cards, err := f.batch(r, p)
	if err != nil {
		return err
	}
	asFile(w, "text/csv; charset=utf-8", "cards-"+b.ID.String()+".csv")
	out := csv.NewWriter(w)
	_ = out.Write([]string{"number", "status"}) // a reader that has gone is nobody's fault
	for _, c := range cards {
		_ = out.Write([]string{c.Number, c.Status})
	}
	out.Flush()
	return nil
}

// asFile sets the head of a file to be saved.
func asFile(w http.ResponseWriter, kind, name string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
	w.Header().Set("Cache-Control", "no-store")
}

func batchTable(p *page, cards []member.Card) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.cards.numbers"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.members.card")}, {Title: p.T("office.col.state"), Key: true}},
		Empty:   ui.EmptyState{Icon: "member", Title: p.T("office.cards.no_batches")}}
	for _, c := range cards {
		number := templ.Component(code(c.Number))
		if !c.Member.IsNone() {
			number = ui.Link(c.Number, "/office/members/"+c.Member.String())
		}
		t.Rows = append(t.Rows, ui.Row(number, cardBadge(p, c)))
	}
	return t
}

func cardBadge(p *page, c member.Card) templ.Component {
	tone := ui.Warn
	switch c.Status {
	case member.CardActive:
		tone = ui.Ok
	case member.CardBlank, member.CardErased:
		tone = ui.Neutral
	}
	return ui.Badge(tone, p.T("office.card_status."+c.Status))
}

func (f *office) designNew(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.show(w, r, designView(p, values("kind", member.DesignGeneral, "digits", "6", "next_number", "1", "points", "true"), member.Design{}))
}

func (f *office) designEdit(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.design(r, p)
	if err != nil {
		return err
	}
	in := values("name", d.Name, "kind", d.Kind, "class", d.Class, "prefix", d.Prefix, "digits", itoa(int64(d.Digits)), "next_number", itoa(d.Next), "valid_days", itoa(int64(d.ValidDays)), "colour", d.Colour, "picture", d.Picture)
	for name, on := range map[string]bool{"points": d.Points, "pin": d.PINRequired, "archived": d.Archived} {
		if on {
			in.v.Set(name, "true")
		}
	}
	return f.show(w, r, designView(p, in, d))
}

func (f *office) design(r *http.Request, p *page) (member.Design, error) {
	u, err := pathID(r, "id")
	if err != nil {
		return member.Design{}, err
	}
	return member.GetDesign(r.Context(), f.db, p.Merchant.ID, u)
}

// designSave adds a design or changes the one in the address.
func (f *office) designSave(w http.ResponseWriter, r *http.Request, p *page) error {
	var d member.Design
	var err error
	if r.PathValue("id") != "" {
		if d, err = f.design(r, p); err != nil {
			return err
		}
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	had := d
	d.Name, d.Kind, d.Class, d.Prefix, d.Colour, d.Picture = in.get("name"), in.get("kind"), in.get("class"), in.get("prefix"), in.get("colour"), in.get("picture")
	d.Digits, d.Next, d.ValidDays = int(atoi(in.get("digits"))), atoi(in.get("next_number")), int(atoi(in.get("valid_days")))
	d.Points, d.PINRequired, d.Archived = in.on("points"), in.on("pin"), in.on("archived")
	action := "card.designed"
	if !d.ID.IsNone() {
		action = "card.design_changed"
	}
	err = f.audited(r.Context(), action, "card_design", map[string]bool{"archived": d.Archived, "points": d.Points, "pin": d.PINRequired}, func(ctx context.Context, tx *db.Tx) (string, error) {
		var err error
		if d.ID.IsNone() {
			err = member.CreateDesign(ctx, tx, p.Merchant.ID, &d)
		} else {
			_, err = member.UpdateDesign(ctx, tx, p.Merchant.ID, d)
		}
		return d.ID.String(), err
	})
	if err != nil {
		if fault.Of(err).Reason == member.ErrDesignTaken.Reason {
			err = fault.Of(err).On("name")
		}
		in.err = err
		return f.again(w, r, err, designView(p, in, had))
	}
	return done(w, r, p, "/office/cards", "office.saved")
}

func designKinds(p *page) []ui.Option {
	var out []ui.Option
	for _, k := range member.DesignKinds() {
		out = append(out, ui.Option{Value: k, Text: p.T("office.card_kind." + k)})
	}
	return out
}

func cardKinds(p *page) []ui.Option {
	var out []ui.Option
	for _, k := range []string{member.KindCard, member.KindVirtual, member.KindDocument} {
		out = append(out, ui.Option{Value: k, Text: p.T("office.card_medium." + k)})
	}
	return out
}

func pointsOptions(p *page) []ui.Option {
	return []ui.Option{{Value: "", Text: p.T("office.cards.points_design")}, {Value: string(member.On), Text: p.T("office.cards.points_on")}, {Value: string(member.Off), Text: p.T("office.cards.points_off")}}
}

// cardNumber is what may be seen of a card's number.
func cardNumber(p *page, c member.Card) string {
	switch {
	case c.Kind == member.KindDocument:
		return p.T("office.member.document")
	case c.Status == member.CardErased:
		return "–"
	}
	return c.Number
}

// cardNote is a card's design, end and successor in one line.
func cardNote(p *page, c member.Card) string {
	out := c.DesignName
	add := func(s string) {
		if out != "" {
			out += " · "
		}
		out += s
	}
	if c.ExpiresAt != 0 {
		add(p.T("office.cards.until", "date", dayOf(p, c.ExpiresAt)))
	}
	if !c.Earns() {
		add(p.T("office.cards.no_points"))
	}
	if c.ReplacedBy != "" && c.Kind != member.KindDocument {
		add(p.T("office.cards.replaced_by", "number", c.ReplacedBy))
	}
	return out
}
