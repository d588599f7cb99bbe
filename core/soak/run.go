package soak

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/wallet"
)

// Config is one life of a run: from a start to its end, or to the kill.
type Config struct {
	World      *World
	Seed       uint64
	Life       int   // from 1; each draws anew
	First      int64 // operations of earlier lives
	Operations int64 // in all lives
	ProveEvery int64 // operations between two proofs
	Clock      clock.Instant
	Retries    *atomic.Int64 `json:"-"` // counted by db.Options.Retried, where somebody does
	Unanswered []*Call       // that the last life began and did not answer: sent again
	Answered   []Answered    // some that it answered: they must be answered alike
}

// Answered is a call with its answer.
type Answered struct {
	Call   *Call
	Answer string
}

// Event is what a run tells as it goes. One of its parts is set.
type Event struct {
	Begin *Call  `json:",omitempty"` // told before it is sent
	End   *End   `json:",omitempty"`
	Check *Check `json:",omitempty"`
}

// End is an operation that has ended.
type End struct {
	Kind    string
	Key     string        `json:",omitempty"`
	Refused string        `json:",omitempty"` // the fault's reason
	Answer  Answer        `json:",omitzero"`
	Pending id.ID         `json:",omitzero"` // the sale that waits for its acquirer
	Took    time.Duration `json:",omitempty"`
	Clock   clock.Instant
	Aside   bool `json:",omitempty"` // a part of an operation: not counted as one
}

// run is a life at work.
type run struct {
	*shop
	around members
	errors *heard
	cfg    Config
	tell   func(Event)
	stop   context.CancelFunc

	sales    *pool[id.ID]
	cards    *pool[string]
	codes    *pool[string]
	requests *pool[id.ID]
	recent   *pool[*Answered]

	next  atomic.Int64 // operations begun
	until int64        // in this round
	fail  struct {
		sync.Once
		err error
	}
	since checkpoint
}

// worker is a register at work.
type worker struct {
	*run
	no   int
	rng  *rand.Rand
	keys int
	kind string // of the operation at hand
	call *Call  // likewise, where it has one
}

// operations with their weights.
var operations = []struct {
	kind   string
	weight int
	do     func(*worker, context.Context) error
}{
	{"sale", 300, (*worker).sell}, {"top_up", 80, (*worker).topUp}, {"punch_card_sold", 40, (*worker).sellPunches}, {"gift_card_sold", 40, (*worker).sellGiftCard},
	{"visit", 50, (*worker).useService}, {kindRefund, 130, (*worker).refund}, {kindVoid, 30, (*worker).void}, {kindRequest, 35, (*worker).requestRefund},
	{kindDecide, 35, (*worker).decideRefund}, {kindCashOut, 30, (*worker).cashOut}, {"wallet_by_hand", 70, (*worker).byHandOp}, {"freeze", 5, (*worker).freeze},
	{"restore", 12, (*worker).restore}, {"expiry", 6, (*worker).expire}, {"tier_review", 4, (*worker).reviewTiers}, {"recovery", 8, (*worker).recoverOpen},
	{"shift_closed", 10, (*worker).closeShift}, {"shift_opened", 14, (*worker).openShift}, {"cash_moved", 10, (*worker).payIn}, {"setting", 8, (*worker).changeSetting},
	{"coupon_issued", 30, (*worker).issueCoupon}, {"stock_received", 15, (*worker).receiveStock}, {"asked_again", 15, (*worker).askAgain},
	{"proof_beside", 2, (*worker).proveBeside}, {"seal_beside", 6, (*worker).sealBeside}, {"next_day", 2, (*worker).nextDay},
	{"enrolled", 2, (*worker).enrol},
}

var allWeights = func() (n int) {
	for _, o := range operations {
		n += o.weight
	}
	return n
}()

// Run plays one life, as many registers at once as the world has. It tells what it
// does and answers nil where everything proved, also where ctx ended it early. Its
// first error names the seed, the life and the operation.
func Run(ctx context.Context, desk *checkout.Desk, c *Clock, cfg Config, tell func(Event)) error {
	r := &run{cfg: cfg, tell: tell, sales: newPool[id.ID](300), cards: newPool[string](60), codes: newPool[string](60), requests: newPool[id.ID](20), recent: newPool[*Answered](200)}
	c.Set(cfg.Clock)
	r.errors = &heard{}
	desk.Log = slog.New(alarm{desk.Log.Handler(), r.errors})
	var err error
	if r.shop, err = openShop(ctx, desk, c, cfg.World); err != nil {
		return err
	}
	r.next.Store(cfg.First)
	r.until = cfg.First
	if err := r.resume(ctx); err != nil {
		return fmt.Errorf("seed %d, life %d, at the start: %w", cfg.Seed, cfg.Life, err)
	}
	for done := cfg.First; done < cfg.Operations && ctx.Err() == nil; done = r.until {
		r.until = min(done+cfg.ProveEvery, cfg.Operations)
		r.next.Store(done)
		if err := r.round(ctx); err != nil {
			return err
		}
		if err := r.check(context.WithoutCancel(ctx), false); err != nil {
			return fmt.Errorf("seed %d, life %d, after operation %d: %w", cfg.Seed, cfg.Life, r.until, err)
		}
	}
	if err := r.check(context.WithoutCancel(ctx), true); err != nil {
		return fmt.Errorf("seed %d, life %d, at the end: %w", cfg.Seed, cfg.Life, err)
	}
	return nil
}

func openShop(ctx context.Context, desk *checkout.Desk, c *Clock, w *World) (*shop, error) {
	m, err := tenant.GetMerchant(ctx, desk.DB, w.Merchant)
	if err != nil {
		return nil, err
	}
	shops, err := tenant.ListShops(ctx, desk.DB, w.Merchant)
	if err != nil {
		return nil, err
	}
	return &shop{desk: desk, w: w, clock: c, currency: m.Currency, zone: shops[0].Zone}, nil
}

// resume begins where the last life ended: open sales are recovered, what was not
// answered is sent again, some of what was answered must be answered alike, and
// everything is proved.
func (r *run) resume(ctx context.Context) error {
	if _, err := r.desk.Recover(ctx, r.w.Merchant); err != nil {
		return err
	}
	w := r.worker(0)
	for _, c := range r.cfg.Unanswered {
		w.kind = c.Kind
		if _, err := w.finish(ctx, c); err != nil && refused(err) == "" {
			return w.explain(err)
		}
	}
	for i := range r.cfg.Answered {
		if err := w.same(ctx, &r.cfg.Answered[i]); err != nil {
			return w.explain(err)
		}
	}
	if err := r.fill(ctx); err != nil {
		return err
	}
	return r.check(ctx, false)
}

// fill finds what there is to refund and to spend.
func (r *run) fill(ctx context.Context) error {
	if err := r.around.fill(ctx, r.desk.DB, r.w.Merchant); err != nil {
		return err
	}
	made, err := sale.List(ctx, r.desk.DB, r.w.Merchant, sale.Filter{Kind: sale.KindSale}, db.Page{Limit: 200})
	if err != nil {
		return err
	}
	for i := len(made) - 1; i >= 0; i-- {
		r.sales.add(made[i].ID)
	}
	cards, _, err := wallet.ListGiftCards(ctx, r.desk.DB, r.w.Merchant, wallet.GiftCardFilter{}, db.Page{Limit: 50})
	if err != nil {
		return err
	}
	for i := range cards {
		r.cards.add(cards[i].Number)
	}
	waiting, err := sale.ListRequests(ctx, r.desk.DB, r.w.Merchant, sale.RequestPending, db.Page{Limit: 20})
	if err != nil {
		return err
	}
	for i := range waiting {
		r.requests.add(waiting[i].ID)
	}
	coupons, err := coupon.List(ctx, r.desk.DB, r.w.Merchant, id.None, "", db.Page{Limit: 50})
	for i := range coupons {
		r.codes.add(coupons[i].Code)
	}
	return err
}

// worker is a register whose draws follow from the seed, the life and the round.
func (r *run) worker(no int) *worker {
	return &worker{run: r, no: no, rng: rand.New(rand.NewPCG(r.cfg.Seed, uint64(r.cfg.Life)<<48|uint64(no)<<40|uint64(r.next.Load())))}
}

// round lets all registers work until so many operations are done.
func (r *run) round(ctx context.Context) error {
	ctx, r.stop = context.WithCancel(ctx)
	defer r.stop()
	var wg sync.WaitGroup
	for no := range r.w.Registers {
		w := r.worker(no)
		wg.Go(func() { w.work(ctx) })
	}
	wg.Wait()
	return r.fail.err
}

// work does one operation after another. What was begun is ended, also where the
// run is told to stop.
func (w *worker) work(ctx context.Context) {
	for ctx.Err() == nil {
		step := w.next.Add(1)
		if step > w.until {
			return
		}
		w.clock.Advance(time.Duration(w.n(20_000)) * time.Millisecond)
		draw := w.n(allWeights)
		for _, o := range operations {
			if draw -= o.weight; draw < 0 {
				if err := w.operate(context.WithoutCancel(ctx), o.kind, o.do); err != nil {
					w.fail.Do(func() {
						w.fail.err = fmt.Errorf("seed %d, life %d, operation %d, register %d: %w", w.cfg.Seed, w.cfg.Life, step, w.no, w.explain(err))
						w.stop()
					})
					return
				}
				break
			}
		}
	}
}

func (w *worker) operate(ctx context.Context, kind string, do func(*worker, context.Context) error) error {
	w.kind, w.call = kind, nil
	began := time.Now()
	err := do(w, ctx)
	reason := ""
	if err != nil {
		if reason = refused(err); reason == "" {
			return err
		}
	}
	w.tell(Event{End: &End{Kind: kind, Refused: reason, Took: time.Since(began), Clock: w.clock.Now()}})
	return nil
}

// timed tells how long a part of an operation took.
func (w *worker) timed(kind string, f func() error) error {
	began := time.Now()
	err := f()
	if err == nil {
		w.tell(Event{End: &End{Kind: kind, Took: time.Since(began), Clock: w.clock.Now(), Aside: true}})
	}
	return err
}

// send gives a call a key and does it.
func (w *worker) send(ctx context.Context, c *Call) (Answer, error) {
	w.keys++
	c.Key = fmt.Sprintf("soak-%d-%d-%d-%d", w.cfg.Life, w.until, w.no, w.keys)
	w.call = c
	w.tell(Event{Begin: c})
	a, err := w.finish(ctx, c)
	if err == nil && w.one(40) { // at once again, as a till does that heard nothing
		return a, w.same(ctx, &Answered{c, a.Text})
	}
	return a, err
}

// finish does a call and tells what came of it.
func (w *worker) finish(ctx context.Context, c *Call) (Answer, error) {
	w.call = c
	began := time.Now()
	a, err := w.do(ctx, c)
	if errors.Is(err, sale.ErrIDTaken) && c.Sale != nil && !c.Sale.ID.IsNone() {
		// Sent again after a kill: its card was refused, which nobody heard, and the key was forgotten with it.
		if was, e := sale.Get(ctx, w.desk.DB, w.w.Merchant, c.Sale.ID); e == nil && was.State == sale.StateAbandoned {
			err = checkout.ErrPaymentRefused.Wrap(err)
		}
	}
	e := &End{Kind: "call:" + c.Kind, Key: c.Key, Answer: a, Took: time.Since(began), Clock: w.clock.Now(), Aside: true}
	if err != nil {
		if e.Refused = refused(err); e.Refused == "" {
			return a, err
		}
		if c.Kind == kindSale {
			if e.Pending, err = w.waiting(ctx, c, err); err != nil && refused(err) == "" {
				return a, err
			}
		}
		e.Answer = Answer{}
	}
	w.tell(Event{End: e})
	if err == nil {
		w.note(c, a)
	}
	return a, err
}

// waiting answers the sale that a refused call has left open: its payment is not
// known, or was taken and the rest could not be booked yet. Another register's
// recovery may have ended it since; the next check looks at what it came to.
func (w *worker) waiting(ctx context.Context, c *Call, was error) (id.ID, error) {
	claim, err := db.FindKey(ctx, w.desk.DB, w.w.Merchant, c.idem())
	if err != nil {
		return id.None, err
	}
	open, ended, found, err := claim.Prior()
	if err != nil || !found {
		return id.None, errors.Join(was, err)
	}
	if !ended && !errors.Is(was, checkout.ErrPaymentPending) {
		w.tell(Event{End: &End{Kind: "left_open:" + fault.Of(was).Reason, Clock: w.clock.Now(), Aside: true}})
	}
	return open, was
}

// note remembers what can be taken back or spent.
func (w *worker) note(c *Call, a Answer) {
	w.recent.add(&Answered{c, a.Text})
	switch {
	case c.Kind == kindRequest:
		var req struct {
			ID id.ID `json:"id"`
		}
		if unmarshal(a.Text, &req) == nil {
			w.requests.add(req.ID)
		}
	case c.Kind == kindSale:
		w.sales.add(a.Document)
		if l := &c.Sale.Basket.Lines[0]; l.Kind == sale.LineGiftCard {
			var made sale.Sale
			if unmarshal(a.Text, &made) == nil && made.Lines[0].CardNumber != "" {
				w.cards.add(made.Lines[0].CardNumber)
			}
		}
	}
}

// same sends a call again and compares the answers.
func (w *worker) same(ctx context.Context, was *Answered) error {
	w.call = was.Call
	a, err := w.do(ctx, was.Call)
	if err != nil {
		return fault.ErrInternal.Wrap(fmt.Errorf("answered before, and now: %w", err))
	}
	if a.Text != was.Answer {
		return fault.ErrInternal.Wrap(errors.New(apart(was.Answer, a.Text)))
	}
	return nil
}

// explain says which operation failed, with the call that it was.
func (w *worker) explain(err error) error {
	if w.call == nil {
		return fmt.Errorf("%s: %w", w.kind, err)
	}
	return fmt.Errorf("%s: %w\n%s", w.kind, err, text(w.call))
}
