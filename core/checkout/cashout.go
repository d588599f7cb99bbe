package checkout

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/wallet"
)

// CashOutIn asks for the prepaid value of a member to be paid out: all of it, or
// what is left of one top-up or punch card.
type CashOutIn struct {
	Merchant   id.ID
	Member     id.ID
	Register   id.ID
	Group      id.ID // the line that sold it; none: everything
	Claim      wallet.Claim
	UsedAtList money.Amount // as in RefundIn
	Tender     string       // how it is paid: cash, card or qr
	Reason     string
	Expected   *money.Amount // what the screen showed
	Actor      id.ID
	Idem       db.Idem
	Origin     string
}

// QuoteCashOut says what would be paid out, top-up by top-up; nothing is written.
// Faults: checkout.nothing_left_to_refund and those of wallet.Calculate.
func (d *Desk) QuoteCashOut(ctx context.Context, in CashOutIn) (wallet.Settlement, error) {
	if _, err := member.Get(ctx, d.DB, nil, in.Merchant, in.Member); err != nil {
		return wallet.Settlement{}, err
	}
	var groups []wallet.Prepaid
	if err := d.DB.Batch(ctx, wallet.AskPrepaid(in.Merchant, in.Member, in.Group, &groups)); err != nil {
		return wallet.Settlement{}, err
	}
	return in.settle(groups, d.DB)
}

func (in *CashOutIn) settle(groups []wallet.Prepaid, d *db.DB) (wallet.Settlement, error) {
	if len(groups) == 0 {
		return wallet.Settlement{}, ErrNothingLeft
	}
	for i := range groups {
		groups[i].UsedAtList = in.UsedAtList
	}
	claim := in.Claim
	claim.At = d.Now()
	return wallet.Calculate(claim, groups)
}

// CashOut pays prepaid value out over a register. It is a document of its own,
// with a line for each top-up, so that shift, receipt and reports know it. Faults:
// checkout.nothing_left_to_refund, checkout.total_changed, checkout.bad_tender,
// wallet.*, till.no_open_shift.
func (d *Desk) CashOut(ctx context.Context, in CashOutIn) (*sale.Sale, error) {
	in.Reason = strings.TrimSpace(in.Reason)
	switch {
	case in.Reason == "" || utf8.RuneCountInString(in.Reason) > 500:
		return nil, ErrReason.On("reason")
	case in.Tender != sale.TenderCash && in.Tender != sale.TenderCard && in.Tender != sale.TenderQR:
		return nil, ErrTender.On("tender")
	}
	var desk tenant.Desk
	var settings setting.Values
	if err := d.DB.Batch(ctx, tenant.AskDesk(in.Merchant, in.Register, &desk), setting.AskAll(in.Merchant, id.None, in.Register, &settings)); err != nil {
		return nil, err
	}
	if err := desk.Check(); err != nil {
		return nil, err
	}
	if _, err := member.Get(ctx, d.DB, nil, in.Merchant, in.Member); err != nil {
		return nil, err
	}
	var s *sale.Sale
	err := d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		claim := tx.ClaimKey(in.Merchant, in.Idem)
		s = &sale.Sale{Merchant: in.Merchant, Kind: sale.KindCashOut, Reason: in.Reason, Shop: desk.Shop.ID, Register: in.Register, Member: in.Member, Actor: in.Actor, Currency: desk.Merchant.Currency, Origin: in.Origin}
		b := newBooking(d, tx, &Quote{Desk: desk, Currency: s.Currency, Inclusive: true, StrictShift: setting.StrictShift.In(settings), Paper: paperOf(settings)}, s)
		var groups []wallet.Prepaid
		b.purse.Ask(tx, id.None)
		tx.AskAll(wallet.AskPrepaid(in.Merchant, in.Member, in.Group, &groups))
		b.counter.Ask(tx, in.Merchant, in.Register)
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		if err := priorOf(claim); err != nil {
			return err
		}
		st, err := in.settle(groups, d.DB)
		if err != nil {
			return err
		}
		if in.Expected != nil && *in.Expected != st.Refund {
			return ErrTotalChanged.With("shown", s.Currency.Format(*in.Expected)).With("now", s.Currency.Format(st.Refund))
		}
		if err := b.payOut(&in, st, settings); err != nil {
			return err
		}
		tx.SettleKey(in.Merchant, in.Idem, s.ID)
		return nil
	})
	var again replay
	if errors.As(err, &again) {
		return d.replayed(ctx, in.Merchant, again.sale)
	}
	return s, err
}

// payOut writes the document of a settlement and its entry.
func (b *booking) payOut(in *CashOutIn, st wallet.Settlement, settings setting.Values) error {
	s, tx, m, ccy := b.s, b.tx, b.s.Merchant, b.s.Currency.Code
	for _, p := range st.Payments {
		line := sale.Line{ID: tx.NewID(), No: len(s.Lines) + 1, Kind: sale.LineCashOut, Quantity: money.One, UnitPrice: s.Currency.Price(p.Refund),
			Gross: p.Refund, Net: p.Refund, Withheld: p.Withheld}
		if p.Visits() {
			line.Visits = int64(p.PrincipalLeft)
		} else {
			line.Bonus = p.BonusLeft
		}
		s.Lines = append(s.Lines, line)
		s.Total += p.Refund
	}
	s.Subtotal = s.Total
	due := s.Total
	if in.Tender == sale.TenderCash {
		step, mode := setting.CashRounding(settings)
		due = money.RoundCash(s.Total, step, mode)
	}
	s.CashRounding = due - s.Total
	if due > 0 {
		s.Tenders, s.Paid = []sale.Tender{{Type: in.Tender, Amount: due, Tendered: due, State: "paid"}}, due
	}
	if err := b.number(); err != nil {
		return err
	}
	sale.QueueInsert(tx, s)
	e := ledger.Entry{Shop: s.Shop, BusinessDate: s.BusinessDate, Kind: wallet.KindCashOut, Sale: s.ID, Actor: s.Actor}
	if _, err := wallet.PayOut(tx, b.purse, &e, ccy, st); err != nil {
		return err
	}
	e.Add(house(s, ccy, "tender:"+in.Tender), due, nil)
	e.Add(house(s, ccy, "cash_rounding"), -s.CashRounding, nil)
	if err := b.d.book.Post(tx, m, &e); err != nil {
		return err
	}
	b.purses.queue(tx)
	b.print()
	emitSale(b, "sale.cashed_out.v1")
	return nil
}
