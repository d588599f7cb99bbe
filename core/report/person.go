package report

import (
	"context"
	"encoding/json"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/wallet"
)

// PersonFormat is the version of a Person's JSON: fields are only ever added.
const PersonFormat = "shopwright.person.v1"

// Person is all that a merchant holds about one member, for that member: to see,
// to take along, to hand to another. Amounts of money are decimal strings of
// Currency. Other people are not in it: of a family there is the count alone.
type Person struct {
	Format   string        `json:"format"`
	At       clock.Instant `json:"at"`
	Merchant string        `json:"merchant"`
	Currency string        `json:"currency"`

	Profile   PersonProfile    `json:"profile"`
	Cards     []PersonCard     `json:"cards"`
	Consents  []PersonConsent  `json:"consents"`
	Tiers     []PersonTier     `json:"tiers"`
	Wallet    PersonWallet     `json:"wallet"`
	Lots      []PersonLot      `json:"lots"`
	Movements []PersonMovement `json:"movements"`
	Coupons   []PersonCoupon   `json:"coupons"`
	Sales     []PersonSale     `json:"sales"`
	Audit     []PersonAudit    `json:"audit"`

	Money func(money.Amount) string `json:"-"` // writes amounts of Currency
}

// PersonProfile is who the member is.
type PersonProfile struct {
	ID           id.ID         `json:"id"`
	Name         string        `json:"name"`
	Phone        string        `json:"phone"`
	Birthday     string        `json:"birthday"`
	Sex          string        `json:"sex"`
	Address      string        `json:"address"`
	Email        string        `json:"email"`
	DocumentKind string        `json:"document_kind"`
	Document     string        `json:"document"`
	Occupation   string        `json:"occupation"`
	Note         string        `json:"note"`
	Status       string        `json:"status"`
	Tier         string        `json:"tier"`
	TierSince    clock.Instant `json:"tier_since"`
	JoinedAt     clock.Instant `json:"joined_at"`
	HomeShop     string        `json:"home_shop"`
	RetainUntil  clock.Instant `json:"retain_until"`
	PINSetAt     clock.Instant `json:"pin_set_at"` // the PIN itself is known to nobody
	Family       int           `json:"family"`     // of how many, oneself counted; 0 none
	FamilyHead   bool          `json:"family_head"`
}

// PersonCard is a card that the member has or had. A document's number is not
// stored, so it has none here; the profile has it where it was written down.
type PersonCard struct {
	Number     string        `json:"number"`
	Kind       string        `json:"kind"`
	Design     string        `json:"design"`
	Class      string        `json:"class"`
	Status     string        `json:"status"`
	IssuedAt   clock.Instant `json:"issued_at"`
	ExpiresAt  clock.Instant `json:"expires_at"`
	ReplacedBy string        `json:"replaced_by"`
	Earns      bool          `json:"earns_points"`
}

// PersonConsent is something that the member said, the newest first.
type PersonConsent struct {
	Purpose string        `json:"purpose"`
	Granted bool          `json:"granted"`
	At      clock.Instant `json:"at"`
	Source  string        `json:"source"`
}

// PersonTier is a change of tier.
type PersonTier struct {
	From   string        `json:"from"`
	To     string        `json:"to"`
	At     clock.Instant `json:"at"`
	Reason string        `json:"reason"`
}

// PersonWallet is what the member holds now.
type PersonWallet struct {
	Principal string `json:"principal"`
	Bonus     string `json:"bonus"`
	Points    int64  `json:"points"`
	Visits    int64  `json:"visits"`
}

// PersonLot is a part of the wallet. Amounts are money, points or visits,
// according to the class.
type PersonLot struct {
	Class     string        `json:"class"`
	Amount    string        `json:"amount"`
	Remaining string        `json:"remaining"`
	From      clock.Instant `json:"from"`
	Until     clock.Instant `json:"until"`
}

// PersonMovement is a movement of the wallet, the newest first.
type PersonMovement struct {
	At     clock.Instant `json:"at"`
	Kind   string        `json:"kind"`
	Class  string        `json:"class"`
	Amount string        `json:"amount"`
}

// PersonCoupon is a coupon of the member's.
type PersonCoupon struct {
	Code       string        `json:"code"`
	Name       string        `json:"name"`
	State      string        `json:"state"`
	Uses       int64         `json:"uses"`
	Used       int64         `json:"used"`
	IssuedAt   clock.Instant `json:"issued_at"`
	ValidUntil clock.Instant `json:"valid_until"`
}

// PersonSale is a document, the newest first.
type PersonSale struct {
	ID      id.ID          `json:"id"`
	Kind    string         `json:"kind"`
	State   string         `json:"state"`
	Number  string         `json:"number"`
	Shop    string         `json:"shop"`
	At      clock.Instant  `json:"at"`
	Total   string         `json:"total"`
	Points  int64          `json:"points"`
	Reason  string         `json:"reason"`
	Lines   []PersonLine   `json:"lines"`
	Tenders []PersonTender `json:"tenders"`
}

// PersonLine is a line of a sale.
type PersonLine struct {
	Kind     string `json:"kind"`
	Name     string `json:"name"`
	Quantity string `json:"quantity"`
	Net      string `json:"net"`
}

// PersonTender is how it was paid.
type PersonTender struct {
	Type   string `json:"type"`
	Amount string `json:"amount"`
}

// PersonAudit is what staff and programs did with the member's data.
type PersonAudit struct {
	At     clock.Instant   `json:"at"`
	Action string          `json:"action"`
	Actor  string          `json:"actor"` // staff, api_key, job, program
	Detail json.RawMessage `json:"detail"`
}

// movementsMost bounds what is read of a wallet at once; nobody has so many.
const movementsMost = 1_000_000

// ReadPerson gathers a member's data. That it was asked for is to be audited
// before, with auth.Audit and the action "member.exported". Faults:
// member.not_found, member.sealed_unreadable.
func ReadPerson(ctx context.Context, d *db.DB, v *member.Vault, m tenant.Merchant, memberID id.ID) (*Person, error) {
	mb, err := member.Get(ctx, d, v, m.ID, memberID)
	if err != nil {
		return nil, err
	}
	p := &Person{Format: PersonFormat, At: d.Now(), Merchant: m.Name, Currency: m.Currency.Code, Money: m.Currency.Format}
	shops, err := tenant.ListShops(ctx, d, m.ID)
	if err != nil {
		return nil, err
	}
	names := map[id.ID]string{}
	for _, s := range shops {
		names[s.ID] = s.Name
	}
	g := gatherer{ctx: ctx, d: d, m: m.ID, who: memberID, p: p, shops: names}
	g.profile(mb)
	for _, read := range []func() error{g.cards, g.family, g.consents, g.tiers, g.wallet, g.coupons, g.sales, g.audit} {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// Document is the JSON of a person as a tree.
func (p *Person) Document() (map[string]any, error) {
	raw, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	return out, json.Unmarshal(raw, &out)
}

type gatherer struct {
	ctx    context.Context
	d      *db.DB
	m, who id.ID
	p      *Person
	shops  map[id.ID]string
}

func (g *gatherer) profile(mb member.Member) {
	x := mb.Private
	g.p.Profile = PersonProfile{ID: mb.ID, Name: x.Name, Phone: x.Phone, Birthday: x.Birthday, Sex: x.Sex, Address: x.Address, Email: x.Email,
		DocumentKind: x.DocumentKind, Document: x.Document, Occupation: x.Occupation, Note: x.Note, Status: string(mb.Status), Tier: mb.Tier, TierSince: mb.TierSince,
		JoinedAt: mb.JoinedAt, HomeShop: g.shops[mb.HomeShop], RetainUntil: mb.RetainUntil}
}

func (g *gatherer) cards() error {
	cards, err := member.ListCards(g.ctx, g.d, g.m, g.who)
	g.p.Cards = []PersonCard{}
	for i := range cards {
		c := &cards[i]
		out := PersonCard{Number: c.Number, Kind: c.Kind, Design: c.DesignName, Class: c.Class, Status: c.Status, IssuedAt: c.IssuedAt, ExpiresAt: c.ExpiresAt, ReplacedBy: c.ReplacedBy, Earns: c.Earns()}
		if c.Kind == member.KindDocument || c.Status == member.CardErased {
			out.Number, out.ReplacedBy = "", ""
		}
		g.p.Cards = append(g.p.Cards, out)
	}
	return err
}

func (g *gatherer) family() error {
	var pin member.PIN
	if err := g.d.Batch(g.ctx, member.AskPIN(g.m, g.who, &pin)); err != nil {
		return err
	}
	g.p.Profile.PINSetAt = pin.SetAt
	all, err := member.ListFamily(g.ctx, g.d, g.m, g.who)
	g.p.Profile.Family = len(all)
	for _, r := range all {
		g.p.Profile.FamilyHead = g.p.Profile.FamilyHead || r.Head && r.Member == g.who
	}
	return err
}

func (g *gatherer) consents() error {
	all, err := member.ListConsents(g.ctx, g.d, g.m, g.who)
	g.p.Consents = []PersonConsent{}
	for _, c := range all {
		g.p.Consents = append(g.p.Consents, PersonConsent{c.Purpose, c.Granted, c.At, c.Source})
	}
	return err
}

func (g *gatherer) tiers() error {
	g.p.Tiers = []PersonTier{}
	for page := (db.Page{Limit: 200}); ; {
		items, next, err := member.ListTierHistory(g.ctx, g.d, g.m, g.who, page)
		if err != nil {
			return err
		}
		for _, c := range items {
			g.p.Tiers = append(g.p.Tiers, PersonTier{c.From, c.To, c.At, c.Reason})
		}
		if next == "" {
			return nil
		}
		if page.After, err = db.ParseCursor(next); err != nil {
			return err
		}
	}
}

// amount is money, points or visits as the class counts.
func (g *gatherer) amount(class string, a money.Amount) string {
	if class == ledger.ClassPoints || class == ledger.ClassPunch {
		return (money.Quantity(a) * money.One).String()
	}
	return g.p.Money(a)
}

func (g *gatherer) wallet() error {
	w, err := wallet.Get(g.ctx, g.d, g.m, g.who)
	if err != nil {
		return err
	}
	g.p.Wallet = PersonWallet{Principal: g.p.Money(w.Principal), Bonus: g.p.Money(w.Bonus), Points: w.Points}
	for _, x := range w.Punches {
		g.p.Wallet.Visits += x.Remaining
	}
	lots, err := wallet.Lots(g.ctx, g.d, g.m, g.who)
	if err != nil {
		return err
	}
	g.p.Lots, g.p.Movements = []PersonLot{}, []PersonMovement{}
	for _, l := range lots {
		g.p.Lots = append(g.p.Lots, PersonLot{l.Class, g.amount(l.Class, l.Amount), g.amount(l.Class, l.Remaining), l.CreatedAt, l.ExpiresAt})
	}
	moves, err := wallet.Movements(g.ctx, g.d, g.m, g.who, movementsMost)
	for _, m := range moves {
		g.p.Movements = append(g.p.Movements, PersonMovement{m.At, m.Kind, m.Class, g.amount(m.Class, m.Amount)})
	}
	return err
}

func (g *gatherer) coupons() (err error) {
	g.p.Coupons, err = db.All(g.ctx, g.d, func(r db.Row, c *PersonCoupon) error {
		return r.Scan(&c.Code, &c.Name, &c.State, &c.Uses, &c.Used, &c.IssuedAt, &c.ValidUntil)
	}, `select c.code, d.name, c.state, c.uses, c.used, c.issued_at, coalesce(c.valid_until, 0)
		from coupons c join coupon_definitions d on d.merchant_id = c.merchant_id and d.id = c.definition_id where c.merchant_id = $1 and c.member_id = $2 order by c.id desc`, g.m, g.who)
	if g.p.Coupons == nil {
		g.p.Coupons = []PersonCoupon{}
	}
	return err
}

func (g *gatherer) sales() error {
	type line struct {
		sale id.ID
		PersonLine
		quantity money.Quantity
		net      money.Amount
	}
	type tender struct {
		sale   id.ID
		kind   string
		amount money.Amount
	}
	type head struct {
		PersonSale
		shop   id.ID
		series string
		number *int64
		total  money.Amount
	}
	heads, err := db.All(g.ctx, g.d, func(r db.Row, h *head) error {
		return r.Scan(&h.ID, &h.Kind, &h.State, &h.series, &h.number, &h.shop, &h.At, &h.total, &h.Points, &h.Reason)
	}, `select id, kind, state, series, number, shop_id, occurred_at, total, points_earned, reason from sales where merchant_id = $1 and member_id = $2 order by id desc`, g.m, g.who)
	if err != nil {
		return err
	}
	lines, err := db.All(g.ctx, g.d, func(r db.Row, l *line) error { return r.Scan(&l.sale, &l.Kind, &l.Name, &l.quantity, &l.net) },
		`select l.sale_id, l.kind, l.name, l.quantity, l.net from sale_lines l join sales s on s.merchant_id = l.merchant_id and s.id = l.sale_id
			where s.merchant_id = $1 and s.member_id = $2 order by l.sale_id, l.no`, g.m, g.who)
	if err != nil {
		return err
	}
	tenders, err := db.All(g.ctx, g.d, func(r db.Row, t *tender) error { return r.Scan(&t.sale, &t.kind, &t.amount) },
		`select t.sale_id, t.type, t.amount from sale_tenders t join sales s on s.merchant_id = t.merchant_id and s.id = t.sale_id
			where s.merchant_id = $1 and s.member_id = $2 order by t.sale_id, t.no`, g.m, g.who)
	g.p.Sales = make([]PersonSale, len(heads))
	at := map[id.ID]*PersonSale{}
	for i, h := range heads {
		h.Shop, h.Total, h.Lines, h.Tenders = g.shops[h.shop], g.p.Money(h.total), []PersonLine{}, []PersonTender{}
		if h.number != nil {
			h.PersonSale.Number = (&sale.Sale{Series: h.series, Number: *h.number}).ReceiptNumber()
		}
		g.p.Sales[i] = h.PersonSale
		at[h.ID] = &g.p.Sales[i]
	}
	for _, l := range lines {
		l.Quantity, l.Net = l.quantity.String(), g.p.Money(l.net)
		at[l.sale].Lines = append(at[l.sale].Lines, l.PersonLine)
	}
	for _, t := range tenders {
		at[t.sale].Tenders = append(at[t.sale].Tenders, PersonTender{t.kind, g.p.Money(t.amount)})
	}
	return err
}

func (g *gatherer) audit() error {
	g.p.Audit = []PersonAudit{}
	for page := (db.Page{Limit: 200}); ; {
		items, next, err := auth.ListAudit(g.ctx, g.d, g.m, auth.AuditFilter{SubjectKind: "member", SubjectID: g.who.String()}, page)
		if err != nil {
			return err
		}
		for _, e := range items {
			g.p.Audit = append(g.p.Audit, PersonAudit{e.At, e.Action, e.ActorKind, e.Detail})
		}
		if next == "" {
			return nil
		}
		if page.After, err = db.ParseCursor(next); err != nil {
			return err
		}
	}
}
