package promotion_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

var errPack = fault.New(fault.Internal, "promotiontest.broken")

// table answers for packs by id and hook.
type table map[string]func(*promotion.Input) (promotion.Output, error)

func (t table) Evaluate(_ context.Context, p promotion.PackRef, in *promotion.Input) (promotion.Answer, error) {
	f := t[p.ID+" "+in.Hook.String()]
	if f == nil {
		return promotion.Answer{}, nil
	}
	out, err := f(in)
	return promotion.Answer{Output: out, Fuel: 1}, err
}

func says(out promotion.Output) func(*promotion.Input) (promotion.Output, error) {
	return func(*promotion.Input) (promotion.Output, error) { return out, nil }
}

func every() []promotion.Hook {
	var out []promotion.Hook
	for h := promotion.HookPrice; h <= promotion.HookReturn; h++ {
		out = append(out, h)
	}
	return out
}

func packsOf(ids ...string) (out []promotion.Pack) {
	for _, id := range ids {
		out = append(out, promotion.Pack{Ref: promotion.PackRef{ID: id, Version: "1.0.0"}, Hooks: every()})
	}
	return out
}

func basketIn() promotion.Input {
	cny, _ := money.CurrencyOf("CNY")
	line := func(id uint32, kind promotion.LineKind, net money.Amount) promotion.LineView {
		return promotion.LineView{ID: id, Kind: kind, SKU: "x", Quantity: money.One, Unit: cny.Price(net), Gross: net, Net: net, HasStaff: kind == promotion.KindService}
	}
	return promotion.Input{Currency: cny, Member: promotion.MemberView{Present: true}, Tiers: []promotion.TierView{{Code: "silver", Rank: 1}, {Code: "gold", Rank: 2}},
		Lines: []promotion.LineView{line(1, promotion.KindGoods, 1000), line(2, promotion.KindService, 500), line(3, promotion.KindTopUp, 10_000)}}
}

func n(code string) promotion.Note { return promotion.Note{Code: code} }

var both = table{
	"a benefit":    says(promotion.Output{Candidates: []promotion.Candidate{{Kind: promotion.Percent, Class: promotion.ClassLine, Basis: promotion.Remaining, Rate: 100_000, Note: n("ten")}}, Notes: []promotion.Note{n("hello")}}),
	"a topup":      says(promotion.Output{Bonuses: []promotion.TopUpBonus{{Line: 3, Amount: 100, Note: n("bonus")}}, Grants: []promotion.Grant{{Kind: promotion.GrantCoupon, Ref: "A", Count: 1, Note: n("c")}}}),
	"b topup":      says(promotion.Output{Bonuses: []promotion.TopUpBonus{{Line: 3, Amount: 200, Note: n("more")}, {Line: 1, Amount: 900, Note: n("no")}}, Grants: []promotion.Grant{{Kind: promotion.GrantCoupon, Ref: "A", Count: 1, Note: n("c")}, {Kind: promotion.GrantCoupon, Ref: "A", Count: 1, Note: n("d")}, {Kind: promotion.GrantGift, Ref: "G", Count: 1, Note: n("g")}}}),
	"a earn":       says(promotion.Output{Earns: []promotion.Earn{{Line: 1, Points: 5, Note: n("e")}, {Line: 0, Points: 5, Note: n("whole")}}}),
	"b earn":       says(promotion.Output{Earns: []promotion.Earn{{Line: 1, Points: 9, Note: n("less")}}, Bonuses: []promotion.TopUpBonus{{Line: 2, Amount: 30, Note: n("back")}}}),
	"a tier":       says(promotion.Output{Tier: promotion.TierProposal{Code: "gold", Note: n("t")}}),
	"b tier":       says(promotion.Output{Tier: promotion.TierProposal{Code: "silver", Note: n("t")}}),
	"a commission": says(promotion.Output{Commissions: []promotion.CommissionProposal{{Line: 1, Amount: 50, Note: n("nobody")}, {Line: 2, Amount: 20, Note: n("x")}}}),
	"b commission": says(promotion.Output{Commissions: []promotion.CommissionProposal{{Line: 2, Amount: 30, Note: n("y")}}}),
	"a tender":     says(promotion.Output{Tenders: []promotion.TenderLimit{{Tender: promotion.TenderPoints, Most: 450, Step: 100, Note: n("cap")}, {Tender: promotion.TenderStoredValue, Most: 9999, Consume: promotion.ConsumeBonus, Note: n("cap")}}}),
	"b tender":     says(promotion.Output{Tenders: []promotion.TenderLimit{{Tender: promotion.TenderPoints, Most: 420, Note: n("wider")}, {Tender: promotion.TenderStoredValue, Most: 300, Consume: promotion.ConsumePrincipal, Note: n("low")}}}),
	"a return":     says(promotion.Output{Returns: []promotion.ReturnTerm{{Kind: promotion.ReturnFee, Line: 1, Amount: 10, Note: n("f")}, {Kind: promotion.ReturnFee, Line: 1, Amount: 900, Note: n("again")}}}),
	"b return":     says(promotion.Output{Returns: []promotion.ReturnTerm{{Kind: promotion.ReturnFee, Line: 1, Amount: 20, Note: n("f")}, {Kind: promotion.ReturnKeepPoints, Points: 3, Note: n("p")}}}),
}

// steps is a whole run as comparable text.
type steps struct {
	Net     []money.Amount
	Bonus   []promotion.LineBonus
	Earned  promotion.Earned
	Tier    promotion.TierOutcome
	Paid    []promotion.LineCommission
	Caps    []promotion.TenderCap
	Terms   []promotion.Term
	Grants  []promotion.Given
	Trace   promotion.Trace
	Failed  []promotion.Failure
	NumRuns int
}

func walk(ev promotion.Evaluator, packs []promotion.Pack) steps {
	ctx := context.Background()
	in := basketIn()
	p := promotion.NewPipeline(ev, packs, in)
	var s steps
	p.Price(ctx)
	p.Benefit(ctx)
	p.TakeOff(1, 100)
	s.Bonus, s.Earned, s.Tier, s.Paid = p.TopUp(ctx), p.Earn(ctx, []money.Amount{1, 2, 3}), p.Tier(ctx), p.Commission(ctx)
	s.Caps, s.Terms = p.Tender(ctx, []promotion.TenderLimit{{Tender: promotion.TenderPoints, Most: 1000}}), p.Return(ctx)
	for _, l := range p.In.Lines {
		s.Net = append(s.Net, l.Net)
	}
	s.Grants, s.Trace, s.Failed, s.NumRuns = p.Grants, p.Trace, p.Failures, len(p.Runs)
	if in.Lines[0].Net != 1000 {
		panic("the caller's input was changed")
	}
	return s
}

func TestThePipelineSettlesBetweenPacks(t *testing.T) {
	s := walk(both, packsOf("b", "a"))
	if !reflect.DeepEqual(s.Net, []money.Amount{800, 450, 10_000}) {
		t.Errorf("net %v", s.Net)
	}
	if len(s.Bonus) != 1 || s.Bonus[0].Amount != 200 || s.Bonus[0].Pack.ID != "b" {
		t.Errorf("bonus %+v", s.Bonus)
	}
	if e := s.Earned; len(e.Points) != 2 || e.Points[0].Points != 5 || e.Points[1].Line != 1 || e.Points[1].Pack.ID != "a" || len(e.Rebates) != 1 || e.Rebates[0].Line != 2 {
		t.Errorf("earned %+v", e)
	}
	if s.Tier.Code != "gold" || len(s.Paid) != 1 || s.Paid[0].Amount != 30 || s.Paid[0].Line != 2 {
		t.Errorf("tier %+v, commission %+v", s.Tier, s.Paid)
	}
	if len(s.Caps) != 2 || s.Caps[0].Most != 300 || s.Caps[0].Consume != promotion.ConsumeBonus || s.Caps[1].Effective() != 400 || s.Caps[1].PackID != "a" || !s.Caps[1].Allows(400) || s.Caps[1].Allows(410) || s.Caps[1].Allows(500) {
		t.Errorf("caps %+v", s.Caps)
	}
	if len(s.Grants) != 3 || s.Grants[0].Pack.ID != "b" || s.Grants[1].Code != "d" || s.Grants[2].Ref != "G" {
		t.Errorf("grants %+v", s.Grants)
	}
	if len(s.Terms) != 2 || s.Terms[0].Kind != promotion.ReturnKeepPoints || s.Terms[1].Amount != 20 {
		t.Errorf("terms %+v", s.Terms)
	}
	if len(s.Trace.Notes) != 1 || s.Trace.Notes[0].Code != "hello" || s.NumRuns != 16 || len(s.Failed) != 0 {
		t.Errorf("trace %+v, %d runs", s.Trace, s.NumRuns)
	}
}

func TestTheOrderOfPacksChangesNothing(t *testing.T) {
	if a, b := walk(both, packsOf("a", "b")), walk(both, packsOf("b", "a")); !reflect.DeepEqual(a, b) {
		t.Errorf("%+v\n%+v", a, b)
	}
}

func TestAPackThatFailsIsLeftOutOfItsHook(t *testing.T) {
	broken := table{}
	for k, f := range both {
		broken[k] = f
		if k[0] == 'b' {
			broken[k] = func(*promotion.Input) (promotion.Output, error) { return promotion.Output{}, errPack }
		}
	}
	s, alone := walk(broken, packsOf("a", "b")), walk(both, packsOf("a"))
	costly := map[promotion.Hook]bool{}
	for _, f := range s.Failed {
		if f.Pack.ID != "b" || f.Reason != "promotiontest.broken" {
			t.Errorf("%+v", f)
		}
		costly[f.Hook] = f.Costly
	}
	if want := map[promotion.Hook]bool{promotion.HookTopUp: true, promotion.HookEarn: true, promotion.HookTier: false, promotion.HookCommission: false, promotion.HookTender: false, promotion.HookReturn: false}; !reflect.DeepEqual(costly, want) {
		t.Errorf("costly %v", costly)
	}
	s.Failed, alone.Failed, s.NumRuns, alone.NumRuns = nil, nil, 0, 0
	if !reflect.DeepEqual(s, alone) {
		t.Errorf("%+v\n%+v", s, alone)
	}
}

func TestACallerWhoGoesAwayIsNoFailure(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	p := promotion.NewPipeline(table{"a earn": func(*promotion.Input) (promotion.Output, error) {
		cancel()
		return promotion.Output{}, errors.New("cut off")
	}}, packsOf("a", "b"), basketIn())
	p.Earn(ctx, nil)
	if len(p.Failures) != 0 || len(p.Runs) != 0 {
		t.Errorf("%+v", p.Failures)
	}
}
