package pos

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/tenant"
)

// fakes answers for packs that a test writes down as functions; all others go to
// the real host.
type fakes struct {
	checkout.Rules
	mu sync.Mutex
	by map[string]answer
}

type answer func(in *promotion.Input) (promotion.Output, error)

func (f *fakes) Evaluate(ctx context.Context, p promotion.PackRef, in *promotion.Input) (promotion.Answer, error) {
	f.mu.Lock()
	say := f.by[p.ID]
	f.mu.Unlock()
	if say == nil {
		return f.Rules.Evaluate(ctx, p, in)
	}
	out, err := say(in)
	return promotion.Answer{Output: out, InputBytes: []byte("in"), OutputBytes: []byte("out"), Fuel: 1}, err
}

func failing(*promotion.Input) (promotion.Output, error) {
	return promotion.Output{}, errors.New("the rule has failed")
}

// fake switches a pack on that is a function; said again, it is another one.
func (s *shop) fake(packID string, hooks []promotion.Hook, say answer) {
	s.t.Helper()
	f, had := s.desk.Rules.(*fakes)
	if !had {
		f = &fakes{Rules: s.desk.Rules, by: map[string]answer{}}
		s.desk.Rules = f
	}
	f.mu.Lock()
	f.by[packID] = say
	f.mu.Unlock()
	if hooks == nil {
		return
	}
	powers := map[promotion.Hook]string{promotion.HookTender: "tender", promotion.HookTrigger: "trigger", promotion.HookDraw: "draw", promotion.HookReturn: "return"}
	m := pack.Manifest{ID: packID, Version: "1.0.0", ABI: pack.ABIRange{Min: 1, Max: 1}}
	for _, h := range hooks {
		m.Hooks, m.Powers = append(m.Hooks, h.String()), append(m.Powers, powers[h])
	}
	data, err := pack.Build(m, map[string][]byte{
		"rule.wasm":          []byte("\x00asm\x01\x00\x00\x00"),
		"config.schema.json": []byte(`{"type":"object","additionalProperties":false}`),
		"locales/en.json":    []byte(`{"pack.name":"Fake ` + packID + `","given":"{arg} given","fee":"Fee of {money}"}`),
	}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := pack.Open(data)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.desk.Packs.Get(packID, "1.0.0"); err != nil { // the registry is the package's
		if err := s.desk.Packs.Add(b); err != nil {
			s.t.Fatal(err)
		}
	}
	s.activate(packID)
}

// publishes numbers events, as the program does, and lets the triggers begin.
func (s *shop) publishes() {
	s.t.Helper()
	d := event.New(s.db, event.Options{Poll: 5 * time.Millisecond})
	d.Start()
	s.t.Cleanup(func() { _ = d.Stop(s.ctx) })
	for range 1000 {
		n, err := db.Value[int](s.ctx, s.db, `select count(*) from events where seq is null`)
		if err != nil {
			s.t.Fatal(err)
		}
		if n == 0 {
			break
		}
		time.Sleep(2 * time.Millisecond)
	}
	if _, err := s.desk.RunTriggers(s.ctx, s.m.ID, 10); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shop) open(kind string) campaign.Grant {
	s.t.Helper()
	list, _, err := campaign.ListGrants(s.ctx, s.db, s.m.ID, s.member, false, db.Page{Limit: 20})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, g := range list {
		if g.Kind == kind {
			return g
		}
	}
	s.t.Fatalf("nothing of kind %q was given: %+v", kind, list)
	return campaign.Grant{}
}

func note(n int64) promotion.Note { return promotion.Note{Code: "given", Arg: n} }

// club gives for a check-in and draws ten points.
func club(in *promotion.Input) (promotion.Output, error) {
	if in.Hook == promotion.HookDraw {
		return promotion.Output{Grants: []promotion.Grant{{Kind: promotion.GrantPoints, Count: 10, Prize: in.Prizes[0].Code, Note: note(10)}}}, nil
	}
	if in.Event.Kind != promotion.EventCheckIn {
		return promotion.Output{}, nil
	}
	return promotion.Output{Grants: []promotion.Grant{{Kind: promotion.GrantPoints, Count: 5, Note: note(5)}, {Kind: promotion.GrantGift, Ref: "cup", Count: 2, Note: note(2)},
		{Kind: promotion.GrantChances, Count: 3, Note: note(3)}}}, nil
}

func clubShop(t *testing.T) *shop {
	s := newShop(t)
	s.fake("club", []promotion.Hook{promotion.HookTrigger, promotion.HookDraw}, club)
	s.tx(func(_ context.Context, tx *db.Tx) error {
		return loyalty.CreateGift(tx, s.m.ID, &loyalty.Gift{Name: "Tea cup", Code: "cup", Points: 1000, Counted: true, OnHand: 9})
	})
	s.tx(func(_ context.Context, tx *db.Tx) error {
		return campaign.SetPrize(tx, s.m.ID, &campaign.Prize{Shop: s.shop.ID, PackID: "club", Code: "ten", Stock: -1})
	})
	s.publishes()
	return s
}

// TestACheckInAndWhatItGives: the button says the streak and what was given, and a
// gift that was given goes into the basket without points.
func TestACheckInAndWhatItGives(t *testing.T) {
	s := clubShop(t)
	p := s.person(auth.Cashier)
	p.scan("SOAP")
	if p.offers("check-in") || p.see("pos-given") != "" || p.see("pos-chances") != "" {
		t.Fatal("nobody is offered something")
	}
	p.scan("M-000213")
	p.press("check-in")
	p.want("alert", "1 day in a row")
	p.want("alert", "5 given")
	p.want("pos-tier", "Checked in today")
	p.want("till-due-amount", "¥25.00")
	if p.offers("check-in") {
		t.Error("a second check-in of the day is offered")
	}
	p.want("pos-given", "Tea cup × 2")
	p.want("pos-chances", "3 draws to play Fake club")
	grant := s.open(campaign.GiftOf)
	fetch := "fetch:" + grant.ID.String()
	p.press(fetch)
	p.want("pos-given", "Tea cup × 1")
	p.want("pos-line", "given by a rule")
	once := p.address()
	p.press(fetch)
	if p.offers(fetch) || !strings.Contains(p.see("pos-line"), "Tea cup × 2") {
		t.Fatalf("more is offered than was given: %s", p.see("pos-line"))
	}
	p.want("till-due-amount", "¥25.00")
	p.paid(s)
	if g := s.open(campaign.GiftOf); g.Used != 2 || s.wallet().Points != 5 {
		t.Fatalf("%+v, %d points", g, s.wallet().Points)
	}
	// A basket that was kept loses what was fetched meanwhile, and says so.
	p.get(once)
	p.want("alert", "as was given")
	p.want("till-due-amount", "¥25.00")
	if strings.Contains(p.see("pos-line"), "Tea cup") {
		t.Error("a gift that was fetched is still there")
	}
	p.press("clear")
	p.scan("M-000213")
	p.want("pos-tier", "5 given") // until the first scan
	s.proven()
}

// TestAGiftOfSomebodyElse, of nobody and of points beside a given one.
func TestAGiftOfSomebodyElse(t *testing.T) {
	s := clubShop(t)
	p := s.person(auth.Cashier)
	p.scan("M-000213")
	p.press("check-in")
	grant := s.open(campaign.GiftOf)
	b := basket{Lines: []line{{Kind: sale.LineGift, Quantity: 1000, Gift: grant.Target, Grant: grant.ID}}}
	p.get("/pos/" + s.register.ID.String() + "?b=" + b.encode())
	if p.see("pos-line") != "" {
		t.Fatal("a gift without its member")
	}
	b.Member = s.member
	d := tenant.Desk{Merchant: s.m, Shop: s.shop, Register: s.register}
	if got := b.checkout(&d); got.Lines[0].Grant != grant.ID || got.Lines[0].Gift != grant.Target {
		t.Fatalf("%+v", got.Lines[0])
	}
	if b.gifts(grant.Target) != 0 || b.fetched(grant.ID) != 1 || b.taken(grant.Target) != 1 {
		t.Fatal("a given gift counts as one for points")
	}
	s.tx(func(_ context.Context, tx *db.Tx) error {
		tx.Queue(`update gifts set on_hand = 0 where merchant_id = $1 and id = $2`, s.m.ID, grant.Target)
		return nil
	})
	p.get("/pos")
	p.scan("M-000213")
	p.want("pos-given", "Tea cup")
	if p.offers("fetch:") {
		t.Error("a gift that is gone is offered")
	}
	s.clock.Advance(24 * time.Hour)
	p = s.person(auth.Cashier)
	p.scan("M-000213")
	p.scan("SOAP")
	p.press("check-in")
	p.want("alert", "2 days in a row")
	p.want("till-due-amount", "¥25.00")
}

// TestADrawAtTheTill plays once however often it is sent, and where it fails the
// sale goes on.
func TestADrawAtTheTill(t *testing.T) {
	s := clubShop(t)
	p := s.person(auth.Cashier)
	p.scan("M-000213")
	p.press("check-in")
	p.scan("SOAP")
	chance := s.open(campaign.Chances)
	first := "draw:" + chance.ID.String() + ":0"
	form := p.formOf(p.one("draw", func(n *html.Node) bool { return attr(n, "value") == first }))
	sent := p.fields(form)
	p.press(first)
	p.want("alert", "Drawn: 10 given")
	p.want("pos-chances", "2 draws to play")
	p.want("till-due-amount", "¥25.00")
	sent.Set("do", first)
	p.send(form, sent)
	p.want("alert", "played already: 10 given")
	if g := s.open(campaign.Chances); g.Used != 1 || s.wallet().Points != 15 {
		t.Fatalf("%+v, %d points", g, s.wallet().Points)
	}
	for _, bad := range []string{"draw:" + chance.ID.String(), "draw:x:1", "draw:" + id.New(1).String() + ":0", "draw:" + s.open(campaign.GiftOf).ID.String() + ":0"} {
		v := url.Values{"b": sent["b"], "do": {bad}}
		p.send(form, v)
		p.want("alert", "No such grant")
	}
	s.fake("club", nil, failing)
	p.press("draw:" + chance.ID.String() + ":1")
	p.want("alert", "the chance stays")
	p.want("till-due-amount", "¥25.00")
	s.fake("club", nil, club)
	p.press("draw:" + chance.ID.String() + ":1")
	p.want("alert", "Drawn: 10 given")
	p.press("member-off")
	v := url.Values{"b": {p.address()[strings.Index(p.address(), "?b=")+3:]}, "do": {"draw:" + chance.ID.String() + ":2"}}
	p.send(form, v)
	p.want("alert", "another member")
	p.paid(s)
	s.proven()
}

// TestACheckInWithARuleThatFails is noted, and a second one of the day is refused.
func TestACheckInWithARuleThatFails(t *testing.T) {
	s := clubShop(t)
	s.fake("club", nil, failing)
	p := s.person(auth.Cashier)
	p.scan("SOAP")
	p.scan("M-000213")
	form := p.formOf(p.one("check-in", func(n *html.Node) bool { return attr(n, "value") == "check-in" }))
	v := p.fields(form)
	p.press("check-in")
	p.want("alert", "1 day in a row")
	if strings.Contains(p.see("alert"), "given") {
		t.Errorf("something was given: %s", p.see("alert"))
	}
	v.Set("do", "check-in")
	p.send(form, v)
	p.want("alert", "already")
	p.want("till-due-amount", "¥25.00")
	p.paid(s)
}
