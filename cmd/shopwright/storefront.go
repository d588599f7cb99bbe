package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/shopwright/shopwright/admin/office"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/job"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/storefront"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/sdk/driver"
)

const (
	onlineEvery  = 3 * time.Second // between looks at a channel with nothing new
	onlineHold   = 2 * time.Minute // for how long a program looks after a channel
	onlineCall   = 20 * time.Second
	onlinePage   = 100
	onlineChunk  = 500 // figures in a message
	onlineRounds = 50  // pages and orders of one look, so that stock is told in between
)

// storefrontDesk joins online orders to the connectors' processes: it fetches what is
// new, has it settled, and tells the channels what they have to know. Whatever it does
// it may do again: it can end at any place.
type storefrontDesk struct {
	a    *app
	by   string
	wake chan struct{}
	wg   sync.WaitGroup

	mu   sync.Mutex
	busy map[id.ID]bool
	rest map[id.ID]pause
}

// pause is when a channel that did not answer is asked again.
type pause struct {
	fails int
	until clock.Instant
}

func newStorefrontDesk(a *app) *storefrontDesk {
	d := &storefrontDesk{a: a, by: workerName(), wake: make(chan struct{}, 1), busy: map[id.ID]bool{}, rest: map[id.ID]pause{}}
	for _, kind := range []string{"sale.completed.v1", "sale.refunded.v1"} {
		a.events.Subscribe(kind, func(context.Context, event.Event) { d.Wake() })
	}
	a.jobs.Register(job.Kind{Name: "storefront.night", Every: 24 * time.Hour, Run: func(ctx context.Context, j job.Job) error {
		return a.db.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
			storefront.QueueResyncAll(tx, j.Merchant)
			storefront.QueueForgetErased(tx, j.Merchant)
			return nil
		})
	}})
	return d
}

// Wake has the channels looked at soon.
func (d *storefrontDesk) Wake() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// run looks after the channels until ctx ends.
func (d *storefrontDesk) run(ctx context.Context) {
	tick := time.NewTicker(onlineEvery)
	defer tick.Stop()
	for {
		devices, _ := d.a.counter.running()
		for _, dev := range devices {
			if dev.Class == storefront.Class && d.begin(dev.ID) {
				d.wg.Go(func() {
					defer d.end(dev.ID)
					d.look(auth.WithActor(ctx, auth.JobActor(dev.Merchant, "storefront")), dev)
				})
			}
		}
		select {
		case <-ctx.Done():
			d.wg.Wait()
			return
		case <-tick.C:
		case <-d.wake:
		}
	}
}

func (d *storefrontDesk) begin(channel id.ID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy[channel] {
		return false
	}
	d.busy[channel] = true
	return true
}

func (d *storefrontDesk) end(channel id.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.busy, channel)
}

// mayAsk reports whether a channel is to be asked by now.
func (d *storefrontDesk) mayAsk(channel id.ID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.rest[channel].until <= d.a.db.Now()
}

// asked notes how asking went: one that does not answer is left alone for longer and
// longer, five minutes at most.
func (d *storefrontDesk) asked(channel id.ID, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil {
		delete(d.rest, channel)
		return
	}
	p := d.rest[channel]
	p.fails = min(p.fails+1, 10)
	p.until = d.a.db.Now().Add(min(5*time.Minute, time.Second<<p.fails))
	d.rest[channel] = p
}

// look is one look at a channel.
func (d *storefrontDesk) look(ctx context.Context, dev device.Device) {
	c, err := storefront.GetChannel(ctx, d.a.db, dev.Merchant, dev.ID)
	if errors.Is(err, storefront.ErrChannel) {
		return // nobody has said yet what it sells and where
	}
	s, ok := d.a.plugins.Storefront(dev.ID.String())
	if err != nil || !ok {
		return
	}
	mine := false
	err = d.a.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		mine, err = storefront.Lease(ctx, tx, c.Merchant, c.ID, d.by, onlineHold)
		return err
	})
	if err != nil || !mine {
		return
	}
	steps := []func(context.Context, *storefront.Channel, driver.Storefront) error{d.settle, d.stock}
	if d.mayAsk(c.ID) {
		steps = []func(context.Context, *storefront.Channel, driver.Storefront) error{d.fetch, d.settle, d.stock, d.catalogue}
	}
	for _, step := range steps {
		if err := step(ctx, &c, s); err != nil && ctx.Err() == nil {
			d.a.log.Warn("an online shop has trouble", "channel", c.Code, "error", err)
		}
	}
}

// fetch keeps what is new.
func (d *storefrontDesk) fetch(ctx context.Context, c *storefront.Channel, s driver.Storefront) (err error) {
	for range onlineRounds {
		more := false
		if more, err = d.page(ctx, c, s); err != nil || !more {
			break
		}
	}
	if errors.Is(err, storefront.ErrMoved) { // another program was quicker
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	d.asked(c.ID, err)
	failure := ""
	if err != nil {
		failure = err.Error()
	}
	if failure != "" || c.Failure != "" || d.a.db.Now().Sub(c.PolledAt) > time.Minute {
		d.note(ctx, func(tx *db.Tx) { storefront.QueuePolled(tx, c.Merchant, c.ID, failure) })
	}
	return err
}

func (d *storefrontDesk) page(ctx context.Context, c *storefront.Channel, s driver.Storefront) (more bool, err error) {
	call, cancel := context.WithTimeout(ctx, onlineCall)
	defer cancel()
	p, err := s.Orders(call, c.Cursor, onlinePage)
	if err != nil {
		return false, err
	}
	if len(p.Orders) == 0 && p.Cursor == c.Cursor {
		return false, nil
	}
	orders := make([]storefront.Incoming, len(p.Orders))
	for i := range p.Orders {
		orders[i] = incoming(&p.Orders[i])
	}
	err = d.a.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := storefront.Receive(ctx, tx, c.Merchant, c.ID, c.Cursor, p.Cursor, orders)
		return err
	})
	if err != nil {
		return false, err
	}
	more = p.More && p.Cursor != c.Cursor
	c.Cursor = p.Cursor
	if err := s.Acknowledge(call, p.Cursor); err != nil { // what comes after it says it too
		d.a.log.Debug("an online shop does not take an acknowledgement", "channel", c.Code, "error", err)
	}
	return more, nil
}

var toldOf = map[driver.OrderState]storefront.Told{
	driver.OrderPlaced: storefront.Placed, driver.OrderPaid: storefront.Paid, driver.OrderCancelled: storefront.Cancelled, driver.OrderRefundRequested: storefront.RefundRequested, driver.OrderRefunded: storefront.Refunded,
}

// incoming is an order as core has it. A state that is none of the known ones is
// taken for one that is not paid: a later version will say.
func incoming(o *driver.Order) storefront.Incoming {
	in := storefront.Incoming{OrderNo: o.ID, Version: o.Version, Told: toldOf[o.State], Currency: o.Currency, Paid: money.Amount(o.Paid), Shipping: money.Amount(o.Shipping), Discount: money.Amount(o.Discount), Refunded: money.Amount(o.Refunded),
		Buyer: o.Buyer, PlacedAt: clock.Instant(o.PlacedAt), PaidAt: clock.Instant(o.PaidAt)}
	if in.Told == "" {
		in.Told = storefront.Placed
	}
	for _, l := range o.Lines {
		in.Lines = append(in.Lines, storefront.IncomingLine{Ref: l.ID, Code: l.SKU, Name: l.Name, Quantity: money.Quantity(l.Quantity), UnitPrice: money.Amount(l.UnitPrice), Discount: money.Amount(l.Discount), Refunded: money.Quantity(l.Refunded)})
	}
	return in
}

// settle does what is next with the orders that are due.
func (d *storefrontDesk) settle(ctx context.Context, c *storefront.Channel, s driver.Storefront) error {
	for range onlineRounds {
		due, err := storefront.Due(ctx, d.a.db, c.Merchant, c.ID, d.a.db.Now(), onlinePage)
		if err != nil || len(due) == 0 {
			return err
		}
		for _, order := range due {
			if err := d.one(ctx, c, s, order); err != nil {
				return err
			}
		}
		if len(due) < onlinePage {
			return nil
		}
	}
	return nil
}

// one settles an order, tells the channel what it has to know of it, and settles it
// again. What fails is tried later; only the program's own end is an error.
func (d *storefrontDesk) one(ctx context.Context, c *storefront.Channel, s driver.Storefront, order id.ID) error {
	p, err := d.a.desk.SettleOnline(ctx, c.Merchant, order)
	if err == nil && p.Any() {
		if err = d.tell(ctx, s, &p); err == nil {
			_, err = d.a.desk.SettleOnline(ctx, c.Merchant, order)
		}
	}
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	d.a.log.Warn("an online order waits", "channel", c.Code, "order", order, "error", err)
	o, rerr := storefront.Get(ctx, d.a.db, c.Merchant, order)
	if rerr != nil {
		return rerr
	}
	d.note(ctx, func(tx *db.Tx) {
		storefront.QueueFailed(tx, &o, err.Error())
		if p.Ship && o.Tries >= 5 && o.Stage == storefront.Shipped && !o.ShipPushed {
			storefront.QueueAttention(tx, &o, storefront.With(o.Attention, storefront.ShipRefused))
		}
	})
	return nil
}

// note writes something down that the next look would find out as well.
func (d *storefrontDesk) note(ctx context.Context, f func(*db.Tx)) {
	if err := d.a.db.InTx(ctx, func(_ context.Context, tx *db.Tx) error { f(tx); return nil }); err != nil && ctx.Err() == nil {
		d.a.log.Warn("an online order's state could not be noted", "error", err)
	}
}

// tell tells the channel what it has to know of an order.
func (d *storefrontDesk) tell(ctx context.Context, s driver.Storefront, p *checkout.OnlinePushes) error {
	ctx, cancel := context.WithTimeout(ctx, onlineCall)
	defer cancel()
	o := &p.Order
	for _, r := range p.Refunds {
		st, err := s.PushRefund(ctx, driver.OrderRefund{Order: o.OrderNo, Reference: r.Document.ID.String(), Amount: int64(r.Amount), Currency: o.Currency, Lines: refundLines(p, &r), Reason: "refund"})
		if err != nil {
			return err
		}
		state, attention := storefront.RefundDone, o.Attention
		switch st.State {
		case driver.RefundDone, driver.RefundPending:
		case driver.RefundRefused:
			state, attention = storefront.RefundNot, storefront.With(attention, storefront.RefundRefused)
		default:
			return fmt.Errorf("the online shop does not say what became of a refund: %s", st.Reason)
		}
		if err := d.a.db.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
			storefront.QueueRefundState(tx, o.Merchant, o.ID, r.Document.ID, state, st.Reason)
			storefront.QueueAttention(tx, o, attention)
			return nil
		}); err != nil {
			return err
		}
		o.Attention = attention
	}
	if p.Ship {
		if err := s.PushFulfilment(ctx, driver.Fulfilment{Order: o.OrderNo, Reference: o.ID.String() + "/" + o.Tracking, Carrier: o.Carrier, Tracking: o.Tracking}); err != nil {
			return err
		}
		if err := d.a.db.InTx(ctx, func(_ context.Context, tx *db.Tx) error { storefront.QueueShipPushed(tx, o); return nil }); err != nil {
			return err
		}
	}
	if p.Refused {
		if err := s.DecideRefund(ctx, driver.RefundDecision{Order: o.OrderNo, Reference: fmt.Sprintf("%s/%d", o.ID, o.Version)}); err != nil {
			return err
		}
		return d.a.db.InTx(ctx, func(_ context.Context, tx *db.Tx) error { storefront.QueueDecisionPushed(tx, o); return nil })
	}
	return nil
}

func refundLines(p *checkout.OnlinePushes, r *checkout.OnlineRefund) (out []driver.FulfilledLine) {
	for _, l := range r.Document.Lines {
		for _, ol := range p.Lines {
			if ol.SaleLine == l.Of && ol.Ref != "" {
				out = append(out, driver.FulfilledLine{ID: ol.Ref, Quantity: int64(l.Quantity)})
			}
		}
	}
	return out
}

// stock delivers what is owed, and tells the channel how much it may sell.
func (d *storefrontDesk) stock(ctx context.Context, c *storefront.Channel, s driver.Storefront) error {
	if _, err := d.a.desk.CoverOnline(ctx, c.Merchant, c.Shop); err != nil {
		return err
	}
	f, err := d.a.desk.OnlineFigures(ctx, c.Merchant, c.ID)
	if err != nil || len(f.Figures) == 0 {
		return err
	}
	size := onlineChunk
	if f.All { // what is not named cannot be sold: it goes in one piece
		size = len(f.Figures)
	}
	for from := 0; from < len(f.Figures); from += size {
		if err := d.figures(ctx, c, s, &f, f.Figures[from:min(from+size, len(f.Figures))]); err != nil {
			return err
		}
	}
	return nil
}

func (d *storefrontDesk) figures(ctx context.Context, c *storefront.Channel, s driver.Storefront, f *checkout.OnlineFigures, part []checkout.OnlineFigure) error {
	call, cancel := context.WithTimeout(ctx, onlineCall)
	defer cancel()
	out := driver.StockFigures{Seen: f.Seen, AsOf: f.AsOf, All: f.All}
	for _, v := range part {
		out.Figures = append(out.Figures, driver.StockFigure{SKU: v.Code, Available: int64(v.Available)})
	}
	unknown, err := s.PushStock(call, out)
	if err != nil {
		return err
	}
	if len(unknown) > 0 {
		d.a.log.Warn("an online shop does not know some articles", "channel", c.Code, "articles", len(unknown), "first", unknown[0])
	}
	return d.a.db.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		for _, v := range part {
			storefront.QueuePushed(tx, c.Merchant, c.ID, v.Code, v.Available)
		}
		if f.All {
			storefront.QueueResynced(tx, c.Merchant, c.ID)
		}
		return nil
	})
}

// catalogue tells a channel what its articles are called and cost, where it is to.
func (d *storefrontDesk) catalogue(ctx context.Context, c *storefront.Channel, s driver.Storefront) error {
	turn := id.Derived("catalogue", c.ID.String()) // a channel that takes none still sells
	if !c.Catalogue || !d.mayAsk(turn) {
		return nil
	}
	m, err := tenant.GetMerchant(ctx, d.a.db, c.Merchant)
	if err != nil {
		return err
	}
	for range onlineRounds {
		list, err := storefront.Untold(ctx, d.a.db, c.Merchant, c.ID, onlineChunk)
		if err != nil || len(list) == 0 {
			return err
		}
		err = d.articles(ctx, c, s, m.Currency, list)
		if d.asked(turn, err); err != nil {
			return err
		}
	}
	return nil
}

func (d *storefrontDesk) articles(ctx context.Context, c *storefront.Channel, s driver.Storefront, cur money.Currency, list []storefront.Text) error {
	out := make([]driver.Article, len(list))
	for i, t := range list {
		price, err := cur.Extend(t.UnitPrice, money.One, money.HalfUp)
		if err != nil {
			return err
		}
		out[i] = driver.Article{SKU: t.Code, Title: t.Name, Price: int64(price), Currency: cur.Code}
	}
	call, cancel := context.WithTimeout(ctx, onlineCall)
	defer cancel()
	taken, err := s.PushCatalogue(call, out)
	if err != nil {
		return err
	}
	if taken < len(out) {
		d.a.log.Warn("an online shop does not take all articles", "channel", c.Code, "told", len(out), "taken", taken)
	}
	return d.a.db.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		for _, t := range list {
			storefront.QueueTold(tx, c.Merchant, c.ID, t)
		}
		return nil
	})
}

// ShipTo implements office.Online.
func (d *storefrontDesk) ShipTo(ctx context.Context, merchant, channel id.ID, orderNo string) (office.OnlineAddress, error) {
	dev, err := device.Get(ctx, d.a.db, merchant, channel)
	if err != nil {
		return office.OnlineAddress{}, err
	}
	s, ok := d.a.plugins.Storefront(dev.ID.String())
	if !ok || !dev.Enabled {
		return office.OnlineAddress{}, office.ErrNoChannel
	}
	ctx, cancel := context.WithTimeout(ctx, onlineCall)
	defer cancel()
	a, err := s.ShipTo(ctx, orderNo)
	if err != nil {
		return office.OnlineAddress{}, errChannelFailed.Wrap(err)
	}
	return office.OnlineAddress(a), nil
}

var errChannelFailed = fault.New(fault.Unavailable, "storefront.channel_failed")
