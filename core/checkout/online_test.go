package checkout_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/storefront"
	"github.com/shopwright/shopwright/core/tenant"
)

// mall is an online shop as the flow sees it: somebody tells of orders.
type mall struct {
	*shop
	channel id.ID
	cursor  int
}

func newMall(s *shop, buffer money.Quantity) *mall {
	s.t.Helper()
	m := &mall{shop: s}
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		m.channel = tx.NewID()
		if err := storefront.Save(ctx, tx, storefront.Channel{Merchant: s.m.ID, ID: m.channel, Code: "mall", Shop: s.shop.ID, Register: s.registers[0].ID, Buffer: buffer}); err != nil {
			return err
		}
		_, err := storefront.Offer(ctx, tx, s.m.ID, m.channel)
		return err
	})
	return m
}

func (m *mall) tell(orders ...storefront.Incoming) (k storefront.Kept) {
	m.t.Helper()
	since, next := fmt.Sprint(m.cursor), fmt.Sprint(m.cursor+1)
	if m.cursor == 0 {
		since = ""
	}
	m.cursor++
	m.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		k, err = storefront.Receive(ctx, tx, m.m.ID, m.channel, since, next, slices.Clone(orders))
		return err
	})
	return k
}

func (m *mall) order(no string) storefront.Order {
	m.t.Helper()
	o, err := storefront.FindByNo(m.ctx, m.db, m.m.ID, m.channel, no)
	if err != nil {
		m.t.Fatal(no, err)
	}
	return o
}

func (m *mall) settle(no string) checkout.OnlinePushes {
	m.t.Helper()
	p, err := m.desk.SettleOnline(m.ctx, m.m.ID, m.order(no).ID)
	if err != nil {
		m.t.Fatal(no, err)
	}
	return p
}

func (m *mall) sold(no string) *sale.Sale {
	m.t.Helper()
	s, err := sale.Get(m.ctx, m.db, m.m.ID, m.order(no).Sale)
	if err != nil {
		m.t.Fatal(no, err)
	}
	return s
}

// took is what stands on the house account of the channel's tender, credit-positive.
func (m *mall) took() money.Amount {
	m.t.Helper()
	sum, err := db.Value[int64](m.ctx, m.db, `select coalesce(sum(p.amount), 0) from postings p join accounts a on a.merchant_id = p.merchant_id and a.id = p.account_id
		where p.merchant_id = $1 and a.owner_kind = 'house' and a.class = 'tender:online:mall'`, m.m.ID)
	if err != nil {
		m.t.Fatal(err)
	}
	return money.Amount(-sum)
}

func (m *mall) owed(code string) money.Quantity {
	m.t.Helper()
	var ls []stock.Level
	if err := m.db.Batch(m.ctx, stock.AskLevels(m.m.ID, stock.Owed(m.m.ID, m.shop.shop.ID), []id.ID{m.skus[code].ID}, &ls)); err != nil {
		m.t.Fatal(err)
	}
	if len(ls) == 0 {
		return 0
	}
	return -ls[0].OnHand
}

func ordered(no string, paid money.Amount, lines ...storefront.IncomingLine) storefront.Incoming {
	at := clock.Of(time.Date(2026, 5, 20, 2, 50, 0, 0, time.UTC))
	for i := range lines {
		lines[i].Ref = fmt.Sprint("l", i+1)
	}
	return storefront.Incoming{OrderNo: no, Version: 1, Told: storefront.Paid, Currency: "CNY", Paid: paid, Buyer: "openid-7", PlacedAt: at, PaidAt: at, Lines: lines}
}

func item(code string, n int64, price money.Amount) storefront.IncomingLine {
	return storefront.IncomingLine{Code: code, Name: code, Quantity: money.Quantity(n) * money.One, UnitPrice: price}
}

func next(o storefront.Incoming, told storefront.Told, refunded ...int64) storefront.Incoming {
	o.Version++
	o.Told = told
	o.Lines = slices.Clone(o.Lines)
	for i, n := range refunded {
		o.Lines[i].Refunded = money.Quantity(n) * money.One
	}
	return o
}

func TestAnOrderIsBookedAsItWasPaid(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		m := newMall(newShop(t, d, c, 1, "retail"), 0)
		o := ordered("A1", 7010, item("tea", 3, 700), item("soap", 2, 2600)) // 21.00 + 52.00, not the list prices
		o.Lines[0].Discount, o.Discount, o.Shipping = 100, 500, 800          // 73.00 - 1.00 - 5.00 + 8.00 = 75.00; a coupon of the platform makes it 70.10
		if k := m.tell(o, o); k.New != 1 || k.Known != 1 {
			t.Fatalf("%+v", k)
		}
		m.tx(func(ctx context.Context, tx *db.Tx) error {
			return storefront.Link(ctx, tx, m.m.ID, m.order("A1").ID, m.member)
		})
		if p := m.settle("A1"); p.Any() {
			t.Fatalf("%+v", p)
		}
		s := m.sold("A1")
		if s.Total != 7010 || s.Tax != 0 && s.Total != s.Subtotal-s.Discount || s.Origin != sale.OriginOnline || s.Member != m.member || s.Points == 0 || len(s.Tenders) != 1 || s.Tenders[0].Type != "online:mall" || s.Tenders[0].Reference != "A1" {
			t.Fatalf("%+v", s)
		}
		var net money.Amount
		for _, l := range s.Lines {
			net += l.Net
		}
		if len(s.Lines) != 3 || net != 7010 || s.Lines[2].Net != 800 || s.Lines[0].Gross != 2100 || s.OccurredAt != o.PaidAt {
			t.Fatalf("%+v", s.Lines)
		}
		if got := m.order("A1"); got.Stage != storefront.Booked || got.Attention != storefront.Differs || got.Due {
			t.Fatalf("%+v", got)
		}
		if m.took() != 7010 || m.onHand("tea") != 997*money.One || m.onHand("soap") != 998*money.One {
			t.Error(m.took(), m.onHand("tea"))
		}
		// Told again, settled again, an older version, the same version with other contents.
		other := o
		other.Paid = 1
		m.tell(o, other)
		m.settle("A1")
		m.settle("A1")
		if got := m.order("A1"); got.Sale != s.ID || m.took() != 7010 || got.Attention != storefront.Differs+","+storefront.Conflict {
			t.Errorf("%+v", got)
		}
		m.proven()
	})
}

func TestOrdersOutOfOrder(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		m := newMall(newShop(t, d, c, 1), 0)
		gone := ordered("B1", 850, item("tea", 1, 850))
		m.tell(next(gone, storefront.Cancelled))
		m.settle("B1")
		m.tell(gone) // it was paid before it was cancelled
		m.settle("B1")
		if o := m.order("B1"); o.Stage != storefront.Closed || !o.Sale.IsNone() || o.Version != 2 || m.took() != 0 || m.onHand("tea") != 1000*money.One {
			t.Errorf("%+v", o)
		}
		later := ordered("B2", 850, item("tea", 1, 850))
		placed := later
		placed.Version, placed.Told, placed.PaidAt = 0, storefront.Placed, 0
		m.tell(placed)
		m.settle("B2")
		if o := m.order("B2"); o.Stage != storefront.Received || o.Due {
			t.Errorf("%+v", o)
		}
		m.tell(later)
		m.settle("B2")
		if o := m.order("B2"); o.Stage != storefront.Booked || m.took() != 850 {
			t.Errorf("%+v", o)
		}
		if err := d.InTx(m.ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := storefront.Receive(ctx, tx, m.m.ID, m.channel, "1", "2", nil)
			return err
		}); !errors.Is(err, storefront.ErrMoved) {
			t.Error("an old cursor is taken:", err)
		}
	})
}

func TestAnOversoldOrderIsBookedAndFlagged(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		m := newMall(newShop(t, d, c, 1), 0)
		m.sku("rare", "goods", "x", 10*perYuan, 2)
		m.tell(ordered("C1", 5000, item("rare", 3, 1000), item("rare", 2, 1000)), ordered("C2", 1000, item("rare", 1, 1000)))
		m.settle("C1")
		m.settle("C2")
		o := m.order("C1")
		if o.Stage != storefront.Booked || o.Attention != storefront.Oversold || m.onHand("rare") != 0 || m.owed("rare") != 4*money.One || m.took() != 6000 {
			t.Fatalf("%+v %v %v", o, m.onHand("rare"), m.owed("rare"))
		}
		if _, err := m.desk.Complete(m.ctx, checkout.SaleIn{Basket: m.basket(0, false, m.line("rare", "1")), Tenders: []checkout.TenderIn{cash(1000)}}); !errors.Is(err, stock.ErrInsufficient) {
			t.Error("the till sells what is not there:", err)
		}
		// One of the missing ones is taken back: nothing comes to the shelf, the debt is less.
		m.tell(next(ordered("C1", 5000, item("rare", 3, 1000), item("rare", 2, 1000)), storefront.Refunded, 1))
		m.settle("C1")
		if m.onHand("rare") != 0 || m.owed("rare") != 3*money.One || m.took() != 5000 {
			t.Errorf("%v %v %v", m.onHand("rare"), m.owed("rare"), m.took())
		}
		m.stockUp("rare", 2)
		if n, err := m.desk.CoverOnline(m.ctx, m.m.ID, m.shop.shop.ID); err != nil || n != 1 || m.onHand("rare") != 0 || m.owed("rare") != money.One {
			t.Errorf("%d %v %v %v", n, err, m.onHand("rare"), m.owed("rare"))
		}
		if a, b := m.order("C1"), m.order("C2"); a.Attention != "" || b.Attention != storefront.Oversold {
			t.Errorf("%q %q", a.Attention, b.Attention)
		}
		m.stockUp("rare", 5)
		if n, err := m.desk.CoverOnline(m.ctx, m.m.ID, m.shop.shop.ID); err != nil || n != 1 || m.onHand("rare") != 4*money.One || m.owed("rare") != 0 {
			t.Errorf("%d %v %v", n, err, m.onHand("rare"))
		}
		m.proven()
	})
}

func TestRefundsOfOnlineOrders(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		m := newMall(newShop(t, d, c, 1), 0)
		first := ordered("D1", 4300, item("tea", 4, 850), item("soap", 0+1, 900))
		m.tell(first)
		m.settle("D1")
		of := m.sold("D1")
		// The staff takes a tea back: the channel has to pay it out, once.
		if _, err := m.desk.Refund(m.ctx, checkout.RefundIn{Merchant: m.m.ID, Sale: of.ID, Reason: "broken", Lines: []checkout.RefundLine{{Line: of.Lines[0].ID, Quantity: money.One}}}); err != nil {
			t.Fatal(err)
		}
		p := m.settle("D1")
		if len(p.Refunds) != 1 || p.Refunds[0].Amount != 850 || m.took() != 3450 || !m.order("D1").Due {
			t.Fatalf("%+v", p)
		}
		m.tx(func(_ context.Context, tx *db.Tx) error {
			storefront.QueueRefundState(tx, m.m.ID, p.Order.ID, p.Refunds[0].Document.ID, storefront.RefundDone, "")
			return nil
		})
		// The channel tells of it, and of another one that the buyer asked for.
		told := next(first, storefront.Refunded, 2)
		told.Refunded = 1700
		for range 3 {
			m.tell(told)
			if p := m.settle("D1"); p.Any() {
				t.Fatalf("%+v", p)
			}
		}
		if m.took() != 2600 || m.onHand("tea") != 998*money.One {
			t.Errorf("%d %v", m.took(), m.onHand("tea"))
		}
		if o := m.order("D1"); o.Attention != "" || o.Due || o.Stage != storefront.Booked {
			t.Errorf("%+v", o)
		}
		m.tell(next(told, storefront.Cancelled))
		m.settle("D1")
		m.settle("D1")
		if o := m.order("D1"); m.took() != 0 || o.Stage != storefront.Closed || m.onHand("tea") != 1000*money.One {
			t.Errorf("%d %+v", m.took(), o)
		}
		// A request is refused; shipping goes out.
		asked := ordered("D2", 900, item("soap", 1, 900))
		m.tell(asked, next(asked, storefront.RefundRequested))
		m.settle("D2")
		if o := m.order("D2"); o.Attention != storefront.Asked || o.Stage != storefront.Booked {
			t.Errorf("%+v", o)
		}
		m.tx(func(ctx context.Context, tx *db.Tx) error {
			if err := storefront.Refuse(ctx, tx, m.m.ID, m.order0(ctx, tx, "D2")); err != nil {
				return err
			}
			return storefront.Ship(ctx, tx, m.m.ID, m.order0(ctx, tx, "D2"), "SF", "SF123")
		})
		if p := m.settle("D2"); !p.Ship || !p.Refused || len(p.Refunds) != 0 || p.Order.Stage != storefront.Shipped {
			t.Errorf("%+v", p)
		}
		m.proven()
	})
}

func (m *mall) order0(ctx context.Context, tx *db.Tx, no string) id.ID {
	o, err := storefront.FindByNo(ctx, tx, m.m.ID, m.channel, no)
	if err != nil {
		m.t.Fatal(err)
	}
	return o.ID
}

func TestWhatIsUnknownWaits(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		m := newMall(newShop(t, d, c, 1), 0)
		foreign := ordered("E2", 100, item("tea", 1, 100))
		foreign.Currency = "USD"
		broken := ordered("E3", 100, item("tea", -1, 100))
		m.tell(ordered("E1", 2550, item("tea", 1, 850), item("MALL-77", 2, 850)), foreign, broken)
		for no, word := range map[string]string{"E1": storefront.Unmapped, "E2": storefront.Currency, "E3": storefront.Unreadable} {
			if o := m.order(no); word != storefront.Unreadable {
				m.settle(o.OrderNo)
			}
			if o := m.order(no); o.Stage != storefront.Waiting || o.Attention != word || o.Due || !o.Sale.IsNone() {
				t.Errorf("%s: %+v", no, o)
			}
		}
		list, err := storefront.Items(m.ctx, d, m.m.ID, m.channel, true, "", 10)
		if err != nil || len(list) != 1 || list[0].Code != "MALL-77" {
			t.Fatalf("%+v %v", list, err)
		}
		// Meanwhile its tea is promised.
		f, err := m.desk.OnlineFigures(m.ctx, m.m.ID, m.channel)
		if err != nil || !f.All || figure(f, "tea") != 998*money.One { // E1 and E2
			t.Errorf("%+v %v", f, err)
		}
		m.tx(func(ctx context.Context, tx *db.Tx) error {
			if err := storefront.Map(ctx, tx, m.m.ID, m.channel, "MALL-77", "none"); !errors.Is(err, storefront.ErrUnknownSKU) {
				t.Error(err)
			}
			return storefront.Map(ctx, tx, m.m.ID, m.channel, "MALL-77", "soap")
		})
		m.settle("E1")
		if o := m.order("E1"); o.Stage != storefront.Booked || o.Attention != "" || m.onHand("soap") != 998*money.One || m.took() != 2550 {
			t.Errorf("%+v", o)
		}
	})
}

func figure(f checkout.OnlineFigures, code string) money.Quantity {
	for _, v := range f.Figures {
		if v.Code == code {
			return v.Available
		}
	}
	return -1
}

func TestFiguresOfAChannel(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		m := newMall(newShop(t, d, c, 1), 3*money.One)
		pushed := func() (f checkout.OnlineFigures) {
			t.Helper()
			f, err := m.desk.OnlineFigures(m.ctx, m.m.ID, m.channel)
			if err != nil {
				t.Fatal(err)
			}
			m.tx(func(_ context.Context, tx *db.Tx) error {
				for _, v := range f.Figures {
					storefront.QueuePushed(tx, m.m.ID, m.channel, v.Code, v.Available)
				}
				storefront.QueueResynced(tx, m.m.ID, m.channel)
				return nil
			})
			return f
		}
		if f := pushed(); !f.All || len(f.Figures) != 3 || figure(f, "tea") != 997*money.One {
			t.Fatalf("%+v", f)
		}
		if f := pushed(); f.All || len(f.Figures) != 0 {
			t.Fatalf("%+v", f)
		}
		m.sell(m.basket(0, false, m.line("tea", "10")), cash(8500))
		m.sell(m.basket(0, false, m.line("tea", "5")), cash(4250))
		if f := pushed(); len(f.Figures) != 1 || figure(f, "tea") != 982*money.One {
			t.Fatalf("%+v", f)
		}
		// What waits for another shop's channel is that shop's to deliver.
		m.tx(func(ctx context.Context, tx *db.Tx) error {
			far, err := tenant.CreateShop(ctx, tx, m.m.ID, tenant.NewShop{Name: "far", TimeZone: "Asia/Shanghai"})
			if err != nil {
				return err
			}
			stock.CreateFloor(tx, m.m.ID, far.ID, "floor")
			reg, err := tenant.CreateRegister(ctx, tx, m.m.ID, far.ID, tenant.NewRegister{Name: "far"})
			if err != nil {
				return err
			}
			other := tx.NewID()
			if err := storefront.Save(ctx, tx, storefront.Channel{Merchant: m.m.ID, ID: other, Code: "far", Shop: far.ID, Register: reg.ID}); err != nil {
				return err
			}
			_, err = storefront.Receive(ctx, tx, m.m.ID, other, "", "1", []storefront.Incoming{ordered("F-1", 8500, item("tea", 10, 850))})
			return err
		})
		if f := pushed(); len(f.Figures) != 0 {
			t.Fatalf("%+v", f)
		}
		m.sell(m.basket(0, false, m.line("soap", "999")), cash(999*2500))
		if f := pushed(); figure(f, "soap") != 0 {
			t.Fatalf("%+v", f)
		}
	})
}

// TestOrdersInAnyDisorder tells of many orders and their changes, shuffled, repeated
// and settled at any time, and finds what a single telling would have given.
func TestOrdersInAnyDisorder(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		m := newMall(newShop(t, d, c, 1), 0)
		r := rand.New(rand.NewPCG(3, 9))
		var tellings []storefront.Incoming
		var paid money.Amount
		var teas int64
		for i := range 60 {
			n := 1 + r.Int64N(4)
			o := ordered(fmt.Sprintf("F%02d", i), money.Amount(n)*850+600, item("tea", n, 850))
			o.Shipping = 600
			tellings = append(tellings, o)
			back := int64(0)
			switch r.IntN(4) {
			case 0: // all of it, shipping too
				all := next(o, storefront.Refunded, n)
				all.Refunded = all.Paid
				tellings = append(tellings, all)
				continue
			case 1:
				tellings = append(tellings, next(o, storefront.Cancelled))
				continue
			case 2:
				back = r.Int64N(n)
				if back > 0 {
					part := next(o, storefront.Refunded, back)
					part.Refunded = money.Amount(back) * 850
					tellings = append(tellings, part)
				}
			}
			paid += o.Paid - money.Amount(back)*850
			teas += n - back
		}
		tellings = append(tellings, tellings...)
		r.Shuffle(len(tellings), func(i, j int) { tellings[i], tellings[j] = tellings[j], tellings[i] })
		for len(tellings) > 0 {
			n := min(len(tellings), 1+r.IntN(20))
			m.tell(tellings[:n]...)
			tellings = tellings[n:]
			due, err := storefront.Due(m.ctx, d, m.m.ID, m.channel, d.Now(), 1+r.IntN(20))
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range due {
				if _, err := m.desk.SettleOnline(m.ctx, m.m.ID, o); err != nil {
					t.Fatal(err)
				}
			}
		}
		for {
			due, err := storefront.Due(m.ctx, d, m.m.ID, m.channel, d.Now(), 100)
			if err != nil {
				t.Fatal(err)
			}
			if len(due) == 0 {
				break
			}
			for _, o := range due {
				if _, err := m.desk.SettleOnline(m.ctx, m.m.ID, o); err != nil {
					t.Fatal(err)
				}
			}
		}
		if m.took() != paid || m.onHand("tea") != money.Quantity(1000-teas)*money.One {
			t.Errorf("took %d, want %d; on hand %v, want %d", m.took(), paid, m.onHand("tea"), 1000-teas)
		}
		_, attention, err := storefront.Counts(m.ctx, d, m.m.ID)
		if err != nil || attention != 0 {
			t.Error(attention, err)
		}
		m.proven()
	})
}
