package checkout

import (
	"fmt"

	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/payment"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/staff"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/wallet"
)

// returning is one transaction's work on a refund.
type returning struct {
	*booking
	of       *sale.Sale
	in       *RefundIn
	settings setting.Values

	states      []sale.LineState
	refunded    []sale.Tender
	roundedBack money.Amount // by earlier refunds
	taken       map[id.ID]*[]wallet.Taken
	takenCards  []wallet.Taken
	sold        []wallet.GiftCard           // by this sale
	groups      map[id.ID]*[]wallet.Prepaid // per prepaid line: what is left of it
	expired     int64                       // points of this sale that expired meanwhile
	draws       map[id.ID][]sale.Draw       // of the sale's lines, less what went back
	entries     []staff.CommissionEntry
	work        []staff.LineStaff
	request     sale.RefundRequest // that waits for this sale; no ID where there is none
	holds       []ledger.Hold      // of the request
	online      onlineBack         // the order that the sale was made of
	payments    []payment.Intent   // of the sale, that went through a connector

	withheld    bool // terms keep a part of what the stored allocation gives
	keptCoupons map[id.ID]bool
	before      []money.Amount  // what each line would give without the packs' terms
	known       given           // besides money, by the sale: which grants there are
	given       given           // and what became of them
	trace       promotion.Trace // what the refund says of itself

	slip   *wallet.GiftCard // a new one that a part of the refund goes on
	back   []sale.LineState // per line of the refund: what it gives back
	upTo   []money.Quantity // per line of the refund: refunded after it
	clawed []staff.CommissionEntry
	payout map[id.ID]wallet.Settlement // of prepaid lines that were partly used
	last   bool                        // nothing is left after it
}

func (r *returning) ask() {
	m, of := r.of.Merchant, r.of.ID
	r.tx.AskAll(sale.AskStates(m, of, true, &r.states), sale.AskDraws(m, of, &r.draws))
	r.tx.AskAll(sale.AskRefundedTenders(m, of, &r.refunded, &r.roundedBack)...)
	r.tx.AskAll(staff.AskCommissionOfSale(m, of, &r.entries), staff.AskLineStaffOfSale(m, of, &r.work))
	r.tx.AskAll(sale.AskPendingRequest(m, of, &r.request))
	r.purses.ask(r.tx, of)
	r.askKitchen()
	if !r.in.request.IsNone() {
		r.tx.AskAll(ledger.AskHolds(m, r.in.request, &r.holds))
	}
	r.taken = map[id.ID]*[]wallet.Taken{}
	for _, p := range r.purses.all {
		if p.OwnerKind == ledger.OwnerMember {
			r.taken[p.Owner] = new([]wallet.Taken)
			r.tx.AskAll(wallet.AskTaken(m, of, p.Owner, r.taken[p.Owner]))
		}
	}
	r.payout, r.groups = map[id.ID]wallet.Settlement{}, map[id.ID]*[]wallet.Prepaid{}
	for i := range r.of.Lines {
		if l := &r.of.Lines[i]; l.Kind == sale.LineTopUp || l.Kind == sale.LinePunchCard {
			r.groups[l.ID] = new([]wallet.Prepaid)
			r.tx.AskAll(wallet.AskPrepaid(m, r.of.Member, l.ID, r.groups[l.ID]))
		}
	}
	if r.of.Points > 0 {
		r.tx.AskAll(wallet.AskExpiredOf(m, of, r.of.Member, &r.expired))
	}
	if r.touchesCards() {
		r.tx.AskAll(wallet.AskTakenOfCards(m, of, &r.takenCards), wallet.AskGiftCardsOf(m, of, true, &r.sold), wallet.AskGiftCardsPaying(m, of, true, &r.cards))
	}
	r.tx.AskAll(coupon.AskUsedBy(m, of, &r.coupons.rows))
	r.askGrants(r.known)
	r.counter.Ask(r.tx, m, r.s.Register)
	r.tx.AskAll(payment.AskOfSale(m, of, true, &r.payments))
	r.askOnline()
}

func (r *returning) takenOf(p *ledger.Purse) []wallet.Taken {
	if p.OwnerKind != ledger.OwnerMember {
		return r.takenCards
	}
	return *r.taken[p.Owner]
}

// touchesCards reports whether gift cards were sold by the sale, or paid it.
func (r *returning) touchesCards() bool {
	for i := range r.of.Lines {
		if r.of.Lines[i].Kind == sale.LineGiftCard {
			return true
		}
	}
	return len(giftCardsOf(r.of)) > 0
}

// choose computes what comes back of each line.
func (r *returning) choose(want []RefundLine) error {
	quantity := map[id.ID]money.Quantity{}
	for i, w := range want {
		at := fmt.Sprintf("lines[%d]", i)
		st := r.state(w.Line)
		if st == nil {
			return sale.ErrLineNotFound.On(at + ".line_id")
		}
		quantity[w.Line] += w.Quantity
		if w.Quantity <= 0 {
			return ErrQuantity.On(at + ".quantity")
		}
		if quantity[w.Line] > st.Rest() {
			return sale.ErrOverRefund.On(at+".quantity").With("rest", st.Rest().String())
		}
	}
	r.last = true
	for i := range r.of.Lines {
		l := &r.of.Lines[i]
		st := r.state(l.ID)
		q := st.Rest()
		if len(want) > 0 {
			q = quantity[l.ID]
		}
		if q < st.Rest() {
			r.last = false
		}
		if q > 0 {
			if err := r.add(l, st, q); err != nil {
				return err
			}
		}
	}
	if len(r.s.Lines) == 0 {
		return ErrNothingLeft
	}
	return nil
}

func (r *returning) state(line id.ID) *sale.LineState {
	for i := range r.states {
		if r.states[i].Line == line {
			return &r.states[i]
		}
	}
	return nil
}

// part is what belongs to the units from refunded to refunded+q of a figure of
// the whole line: computed from the start each time, so that any sequence of
// refunds adds up to the whole.
func part(whole money.Amount, st *sale.LineState, q money.Quantity) money.Amount {
	return money.Portion(whole, int64(st.Quantity), int64(st.Refunded), int64(q))
}

func (r *returning) add(l *sale.Line, st *sale.LineState, q money.Quantity) error {
	b := sale.LineState{Line: l.ID, Refunded: q, NetBack: part(st.Net, st, q), PointsBack: int64(part(money.Amount(st.Points), st, q)),
		PunchesBack: int64(part(money.Amount(st.Punches), st, q)), CommissionBack: part(st.Commission, st, q), TaxBack: part(st.Tax, st, q)}
	s := r.s
	line := sale.Line{ID: r.tx.NewID(), No: len(s.Lines) + 1, Kind: l.Kind, SKU: l.SKU, SKUCode: l.SKUCode, Name: l.Name, Category: l.Category, Quantity: q, UnitPrice: l.UnitPrice,
		Gross: part(l.Gross, st, q), Net: b.NetBack, TaxRate: l.TaxRate, TaxName: l.TaxName, TaxCategory: l.TaxCategory, Tax: b.TaxBack, Cost: part(l.Cost, st, q), Staff: l.Staff, Of: l.ID, Stocked: l.Stocked,
		Points: b.PointsBack, Commission: b.CommissionBack, Punches: b.PunchesBack, Visits: l.Visits, Bonus: l.Bonus,
		Face: l.Face, GiftCard: l.GiftCard, CardNumber: l.CardNumber, Plan: l.Plan, PointsCost: int64(part(money.Amount(l.PointsCost), st, q))}
	if l.Kind != sale.LineTopUp {
		line.Bonus = part(l.Bonus, st, q)
	}
	if err := r.prepaid(l, &line, &b); err != nil {
		return err
	}
	line.Draws = r.undraw(l.ID, line.Punches)
	s.Lines = append(s.Lines, line)
	r.back = append(r.back, b)
	r.upTo = append(r.upTo, st.Refunded+q)
	s.Subtotal += line.Gross
	s.Total += line.Net
	s.Tax += line.Tax
	s.Points += line.Points
	s.Commission += line.Commission
	s.Discount = s.Subtotal - s.Total
	return nil
}

// undraw says to which punch cards n visits of a line go back: to the last that
// paid first.
func (r *returning) undraw(line id.ID, n int64) (out []sale.Draw) {
	set := r.draws[line]
	for k := len(set) - 1; k >= 0 && n > 0; k-- {
		d := set[k]
		if d.Visits = min(d.Visits, n); d.Visits > 0 {
			n -= d.Visits
			out = append(out, d)
		}
	}
	return out
}

func (r *returning) mayVoid() error {
	if r.counter.Shift.ID.IsNone() || r.counter.Shift.ID != r.of.Shift {
		return ErrVoidLate
	}
	for i := range r.states {
		if r.states[i].Refunded > 0 {
			return ErrVoidPartial
		}
	}
	return nil
}

func (r *returning) write() error {
	s, tx, m := r.s, r.tx, r.s.Merchant
	if !r.q.Inclusive {
		s.Total += s.Tax
	}
	if err := r.planTenders(r.in.Plan, r.settings); err != nil {
		return err
	}
	if err := r.number(); err != nil {
		return err
	}
	r.clawBack()
	r.planGrants()
	sale.QueueInsert(tx, s)
	for _, b := range r.back {
		sale.QueueRefunded(tx, m, r.of.ID, b)
	}
	e := ledger.Entry{Shop: s.Shop, BusinessDate: s.BusinessDate, Kind: s.Kind, Sale: s.ID, Actor: s.Actor}
	if err := r.post(&e); err != nil {
		return err
	}
	if err := r.d.book.Post(tx, m, &e); err != nil {
		return err
	}
	r.purses.queue(tx)
	for _, p := range r.issued {
		p.Queue(tx)
	}
	if r.last {
		for i := range r.coupons.rows {
			if r.keptCoupons[r.coupons.rows[i].ID] {
				continue
			}
			coupon.QueueRestore(tx, m, &r.coupons.rows[i], r.of.ID)
		}
	}
	stock.Queue(tx, stock.Document{Merchant: m, Location: stock.Floor(m, r.of.Shop), Kind: stock.KindReturn, Sale: s.ID, Actor: s.Actor, Reason: s.Reason, AllowNegative: r.q.AllowNegative}, stockMoves(s, 1))
	r.writeOnline()
	r.uncredit()
	r.repay()
	r.print()
	emitSale(r.booking, "sale.refunded.v1")
	return nil
}

// post makes the refund's entry, the mirror of the sale's.
func (r *returning) post(e *ledger.Entry) error {
	s, ccy := r.s, r.s.Currency.Code
	r.undoGrants(e)
	for _, t := range s.Tenders {
		switch t.Type {
		case sale.TenderStoredValue:
			wallet.GiveBack(r.purse, e, r.takenOf(r.purse), ccy, []string{ledger.ClassPrincipal, ledger.ClassBonus}, t.Amount)
		case sale.TenderGiftCard:
			if r.slip != nil && t.GiftCard == r.slip.ID {
				r.slip.Sale = s.ID
				p, err := wallet.QueueIssueGiftCard(r.tx, e, r.slip)
				if err != nil {
					return err
				}
				r.issued = append(r.issued, p)
				continue
			}
			c, err := r.cardOf(t.GiftCard)
			if err != nil {
				return err
			}
			wallet.GiveBackGiftCard(r.tx, r.purses.find(t.GiftCard), e, c, r.takenCards, t.Amount)
		case sale.TenderPoints:
			r.givePoints(e, t.Points)
			e.Add(house(s, ledger.UnitPoints, "points_redeemed"), -money.Amount(t.Points), nil)
			e.Add(house(s, ccy, "tender:points"), t.Amount, nil)
		default:
			e.Add(house(s, ccy, "tender:"+t.Type), t.Amount, nil)
		}
	}
	e.Add(house(s, ccy, "cash_rounding"), -s.CashRounding, nil)
	var revenue, tax money.Amount
	for i := range s.Lines {
		l := &s.Lines[i]
		switch l.Kind {
		case sale.LineTopUp, sale.LinePunchCard, sale.LineGiftCard:
			if err := r.takeBackPrepaid(e, l); err != nil {
				return err
			}
		default:
			revenue += l.Net
			tax += l.Tax
			if r.q.Inclusive {
				revenue -= l.Tax
			}
			for _, d := range l.Draws {
				p, unit := r.purses.find(d.Owner), ledger.PunchUnit(d.Unit)
				worth := wallet.WorthBack(p, e, r.takenOf(p), unit, money.Amount(d.Visits))
				wallet.GiveBack(p, e, r.takenOf(p), unit, []string{ledger.ClassPunch}, money.Amount(d.Visits))
				e.Add(house(s, unit, "punches_redeemed"), -money.Amount(d.Visits), nil)
				e.Add(house(s, ccy, "deferred:punches"), worth, nil)
				revenue += worth
			}
			if l.Bonus > 0 {
				wallet.UndoRebate(r.tx, r.purse, e, ccy, l.Bonus, l.Of)
			}
			if l.PointsCost > 0 {
				r.givePoints(e, l.PointsCost)
				e.Add(house(s, ledger.UnitPoints, "gifts_redeemed"), -money.Amount(l.PointsCost), nil)
			}
		}
	}
	e.Add(house(s, ccy, "sales"), -revenue, nil)
	e.Add(house(s, ccy, "tax"), -tax, nil)
	return r.takePoints(e)
}

// givePoints returns points to the lots that they came from; those of a lot that
// has expired meanwhile come back as the merchant has it: anew, for a time of
// grace, or not at all.
func (r *returning) givePoints(e *ledger.Entry, points int64) {
	wallet.GiveBack(r.purse, e, r.takenOf(r.purse), ledger.UnitPoints, []string{ledger.ClassPoints}, money.Amount(points))
	if until, lost := loyalty.GivenBack(r.settings, r.tx.Now, r.q.Desk.Shop.Zone); !lost {
		wallet.Revive(r.tx, r.purse, e, until, wallet.Origin{Shop: r.s.Shop, Sale: r.of.ID, Line: r.s.ID})
	}
}

// takePoints takes the earned points of what is refunded. Those that were spent
// meanwhile become a debt, or stop the refund, as somebody decided.
func (r *returning) takePoints(e *ledger.Entry) error {
	if r.purse == nil || r.s.Points <= 0 {
		return nil
	}
	before := len(e.Postings)
	var earlier int64
	for i := range r.states {
		earlier += r.states[i].PointsBack
	}
	// What expired of the sale's points counts once, for the first that go back.
	gone := min(r.expired, earlier+r.s.Points) - min(r.expired, earlier)
	wallet.UndoEarn(r.tx, r.purse, e, r.of.ID, r.s.Points, gone)
	e.Add(house(r.s, ledger.UnitPoints, "points_issued"), money.Amount(r.s.Points), nil)
	var debt money.Amount
	for _, p := range e.Postings[before:] {
		if p.Account.Class == ledger.ClassPoints && p.Account.OwnerKind == ledger.OwnerMember && p.Lot == nil {
			debt -= p.Amount
		}
	}
	if debt > 0 && (r.in.OnShort == ShortRefuse || r.in.OnShort == "" && !loyalty.MayOwe(r.settings)) {
		return ErrPointsSpent.With("missing", int64(debt))
	}
	return nil
}

// workOf is what a line of the refund was, for the figures of its staff.
func (r *returning) workOf(i int) staff.Returned {
	l := &r.s.Lines[i]
	return staff.Returned{Work: workOf(r.s, l, r.q.Inclusive), OfSale: r.of.ID, OfLine: l.Of, To: r.upTo[i], Of: r.state(l.Of).Quantity}
}

// clawBack computes what the staff give back: the original entries, staff by
// staff, at their own rates and shares.
func (r *returning) clawBack() {
	r.s.Commission = 0
	for i := range r.s.Lines {
		es := staff.ClawBack(r.entries, r.workOf(i))
		r.s.Lines[i].Commission = -staff.TotalOf(es)
		r.back[i].CommissionBack = r.s.Lines[i].Commission
		r.s.Commission += r.s.Lines[i].Commission
		r.clawed = append(r.clawed, es...)
	}
}

// uncredit lowers the sale's own day and takes commission back as lines of its own.
func (r *returning) uncredit() {
	s, tx, m := r.s, r.tx, r.s.Merchant
	if _, visit := spendOf(r.of); visit && !s.Member.IsNone() {
		visits := int64(0)
		if r.last {
			visits = -1
		}
		spend, _ := spendOf(s)
		member.QueueDay(tx, m, s.Member, r.of.BusinessDate, r.of.Shop, -spend, visits, -s.Points)
	}
	if sum := toppedUp(s); sum != 0 && !s.Member.IsNone() {
		member.QueueTopUps(tx, m, s.Member, r.of.BusinessDate, r.of.Shop, -sum)
	}
	for i := range s.Lines {
		w := r.workOf(i)
		w.BusinessDate = s.BusinessDate
		staff.QueueLineStaff(tx, m, staff.WorkBack(r.work, w)...)
		if g := r.s.Lines[i]; g.Kind == sale.LineGift {
			loyalty.QueueGiftBack(tx, m, r.of.ID, g.Of, int64(g.Quantity/money.One))
		}
	}
	for _, e := range r.clawed {
		e.BusinessDate = s.BusinessDate
		staff.QueueCommission(tx, m, e)
	}
}
