package pos

import (
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
)

// tenth keeps a tenth of each line, and a sum of the whole.
func tenth(whole money.Amount) answer {
	return func(in *promotion.Input) (promotion.Output, error) {
		out := promotion.Output{Returns: []promotion.ReturnTerm{{Kind: promotion.ReturnFee, Amount: whole, Note: promotion.Note{Code: "fee", Money: whole}}}}
		for _, l := range in.Lines {
			out.Returns = append(out.Returns, promotion.ReturnTerm{Kind: promotion.ReturnFee, Line: l.ID, Amount: l.Net / 10, Note: promotion.Note{Code: "fee", Money: l.Net / 10}})
		}
		return out, nil
	}
}

// TestARefundSaysTheTermsOfItsRules before it is made, and gives back what it said.
func TestARefundSaysTheTermsOfItsRules(t *testing.T) {
	s := newShop(t)
	s.fake("fees", []promotion.Hook{promotion.HookReturn}, tenth(100))
	p := s.person(auth.Manager)
	p.scan("2*SOAP")
	p.scan("TEA")
	sold := p.paid(s)
	full, err := sale.Get(s.ctx, s.db, s.m.ID, sold.ID)
	if err != nil {
		t.Fatal(err)
	}
	p.hotkey("F7")
	p.want("why", "Fee of ¥1.00")
	p.want("why", "Kept from the refund: Fee of ¥5.00 (Olive soap)")
	p.want("why", "−¥0.85")
	p.want("why", "Fake fees")
	p.want("till-due", "Comes back")
	p.want("till-due-amount", "¥51.65") // 58.50 less 1.00, 5.00 and 0.85
	tea := "q." + full.Lines[1].ID.String()
	p.enter(tea, "0") // other terms than those that were shown
	p.want("alert", "another than the one")
	p.want("till-due-amount", "¥44.00")
	if len(s.sales()) != 1 {
		t.Fatal("it was refunded before it was shown")
	}
	p.press("sum", tea, "1")
	p.want("till-due-amount", "¥51.65")
	p.press("refund")
	list := s.sales()
	if len(list) != 2 || list[0].Kind != sale.KindRefund || list[0].Total != 5165 {
		t.Fatalf("%+v at %s: %s", list[0], p.at, p.see("alert"))
	}
	p.want("why", "Kept from the refund: Fee of ¥5.00")
	s.proven()
}

// TestAFailingReturnRuleIsSaid and everything comes back; a fee is never more than
// there is, and without rules the sheet has none of it.
func TestAFailingReturnRuleIsSaid(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Manager)
	p.scan("SOAP")
	p.paid(s)
	p.hotkey("F7")
	p.want("till-due", "At most")
	if p.see("why") != "" {
		t.Errorf("terms without rules: %s", p.see("why"))
	}
	p.hotkey("Escape")
	s.fake("fees2", []promotion.Hook{promotion.HookReturn}, tenth(100_000))
	p.get("/pos")
	p.scan("SOAP")
	p.paid(s)
	p.hotkey("F7")
	p.want("why", "−¥25.00") // Fee of 1000.00
	p.want("till-due-amount", "¥0.00")
	s.fake("fees2", nil, failing)
	p.press("sum")
	p.want("why", "A rule of “Fake fees2” failed")
	p.want("till-due-amount", "¥25.00")
	p.press("refund")
	if got := s.sales()[0]; got.Kind != sale.KindRefund || got.Total != 2500 {
		t.Fatalf("%+v at %s: %s", got, p.at, p.see("alert"))
	}
	s.proven()
}

// TestALimitOfTheWholeIsNone: it sets the order in which stored value is spent, and
// the sheet does not speak of "up to".
func TestALimitOfTheWholeIsNone(t *testing.T) {
	s := newShop(t, "salon")
	p := s.person(auth.Manager)
	p.scan("M-000213")
	p.press("sell")
	p.press("topup:500.00")
	p.paid(s)
	limit := func(most, step money.Amount) answer {
		return func(*promotion.Input) (promotion.Output, error) {
			return promotion.Output{Tenders: []promotion.TenderLimit{{Tender: promotion.TenderStoredValue, Most: most, Step: step, Consume: promotion.ConsumeBonus, Note: note(1)},
				{Tender: promotion.TenderGiftCard, Most: most, Step: step, Note: note(1)}}}, nil
		}
	}
	s.fake("order", []promotion.Hook{promotion.HookTender}, limit(1_000_000_000, 0))
	p.get("/pos")
	p.press("sell")
	p.enter("card_price", "50", "card_number", "LIMITED1")
	p.paid(s)
	p.get("/pos")
	p.scan("M-000213")
	p.scan("SOAP")
	p.press("pay")
	p.press("card", "gift_number", "LIMITED1")
	p.want("pos-tender", "available")
	if got := p.see("pos-tenders"); strings.Contains(got, "up to") || strings.Contains(got, "steps") {
		t.Errorf("a limit that limits nothing is shown: %s", got)
	}
	p.press("close")
	p.press("why")
	if got := p.see("why"); strings.Contains(got, "1 given ¥") || !strings.Contains(got, "1 given Fake order") {
		t.Errorf("the explanation says %s", got)
	}
	s.fake("order", nil, limit(1_000_000_000, 1000))
	p.press("close")
	p.press("pay")
	p.want("pos-tender", "in steps of ¥10.00")
	if got := p.see("pos-tenders"); strings.Contains(got, "up to") {
		t.Errorf("a limit that sets steps alone: %s", got)
	}
	s.fake("order", nil, limit(750, 100))
	p.press("close")
	p.press("pay")
	p.want("pos-tender", "up to ¥7.00")
	p.press("card", "gift_number", "LIMITED1")
	p.want("pos-tenders", "gift cards may pay up to ¥7.00")
	p.want("till-due-amount", "¥18.00")
	p.press("fill:stored_value")
	p.want("till-due-amount", "¥11.00")
	p.hotkey("F9")
	if got := s.sales()[0]; got.Total != 2500 || !strings.Contains(p.at.Path, got.ID.String()) {
		t.Fatalf("%+v at %s: %s", got, p.at, p.see("alert"))
	}
	s.proven()
}
