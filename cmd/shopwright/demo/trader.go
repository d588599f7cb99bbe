package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tenant"
)

// about is what distinguishes one business from the next.
type about struct {
	edition, name, handle string
	shop, address         string
	footer                string
	taxRate               money.Rate
	registers             []string
	perDay                float64 // sales of an average day
	week                  [7]float64
	hours                 []float64 // weight of each hour from open on
	open                  int       // the hour of opening
	members               int
	evens, apologies      float64 // how often a bill is made round, and something taken off by hand
	people                []hire
	settings              map[string]string // of the shop, beyond what all have
}

// hire is somebody on the staff. Without a password they cannot sign in.
type hire struct {
	login, name, level string
	role               auth.Role
	signsIn            bool
}

// business is what a trade does differently.
type business interface {
	about() about
	found(t *trader) error                              // goods, packs, coupons: once
	morning(t *trader, day int) error                   // before the doors open
	visit(t *trader, v *visit)                          // what a chance visitor buys
	stories(t *trader, day int, open time.Time) []visit // those who come on purpose
}

// trader is one merchant while its past is made. All of it but the lanes runs on
// one goroutine and at its own clock's time.
type trader struct {
	Deps
	about about
	biz   business
	ctx   context.Context
	tick  func()
	soon  func() error // called when there are a few days of business
	rng   *rand.Rand
	opts  Options
	zone  clock.Zone
	today clock.Date
	count []int // chance visits of each day
	clock *clock.Manual
	db    *db.DB

	m       tenant.Merchant
	shop    tenant.Shop
	lanes   []*lane
	members []*person
	heroes  map[string]*person // by story
	staff   map[string]id.ID   // by login
	goods   []*item
	byCode  map[string]*item
	byID    map[id.ID]*item
	stories map[string]Story
	result  Merchant
}

// item is a SKU with what the planning knows of it.
type item struct {
	catalog.SKU
	barcode string
	onHand  money.Quantity
	target  money.Quantity // what a delivery fills up to; 0: not stocked
	loose   bool           // sold by weight
}

const zoneName, cutOff = "Asia/Shanghai", 240

func newTrader(d Deps, o Options, b business) *trader {
	a := b.about()
	zone, err := clock.LoadZone(zoneName, cutOff)
	if err != nil {
		panic(err) // the zones are part of the program
	}
	h := fnv.New64a()
	h.Write([]byte(a.edition))
	t := &trader{Deps: d, about: a, biz: b, opts: o, zone: zone, rng: rand.New(rand.NewPCG(o.Seed, h.Sum64())), clock: clock.NewManual(o.End),
		staff: map[string]id.ID{}, byCode: map[string]*item{}, byID: map[id.ID]*item{}, heroes: map[string]*person{}, stories: map[string]Story{}}
	t.today = zone.BusinessDate(clock.Of(o.End))
	for day := range o.Days {
		weekday := t.date(day).Time().Weekday()
		t.count = append(t.count, int(a.perDay*o.Scale*a.week[weekday]*(0.85+0.3*t.rng.Float64())+t.rng.Float64()))
	}
	return t
}

func (t *trader) expected() (n int) {
	for _, c := range t.count {
		n += c
	}
	return n
}

// date is the business date of a day; the last one is today.
func (t *trader) date(day int) clock.Date { return t.today.AddDays(day - t.opts.Days + 1) }

// ago is the day that lies so many days before today.
func (t *trader) ago(days int) int { return t.opts.Days - 1 - days }

// at is a wall time of a business day; hours of 24 and more are after midnight.
func (t *trader) at(day, hour, minute int) time.Time {
	d := t.date(day).Time()
	return time.Date(d.Year(), d.Month(), d.Day(), hour, minute, 0, 0, t.zone.Loc)
}

// doors is when the shop opens and closes on a day. Who starts the demo early in
// the morning finds that it opened early today: an empty shop shows nothing.
func (t *trader) doors(day int) (open, shut time.Time) {
	open, shut = t.at(day, t.about.open, 0), t.at(day, t.about.open+len(t.about.hours), 0)
	if day == t.opts.Days-1 {
		if early := t.opts.End.Add(-3 * time.Hour); early.Before(open) {
			open = early
			if first := t.at(day, 0, cutOff); open.Before(first) {
				open = first
			}
		}
		if t.opts.End.Before(shut) {
			shut = t.opts.End
		}
	}
	return open, shut
}

func (t *trader) run(ctx context.Context) error {
	t.ctx, t.db = ctx, t.DB.WithClock(t.clock)
	t.clock.Set(t.at(0, 6, 0))
	if err := t.found(); err != nil {
		return err
	}
	for day := range t.opts.Days {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.work(day); err != nil {
			return fmt.Errorf("day %d: %w", day, err)
		}
		if day == 2 {
			if err := t.soon(); err != nil {
				return err
			}
		}
	}
	return nil
}

// work is one business day: what the office does in the morning, then all
// registers at once, then the deliveries are ordered and the books sealed.
func (t *trader) work(day int) error {
	open, shut := t.doors(day)
	t.clock.Set(open.Add(-20 * time.Minute))
	if err := t.enrol(day); err != nil {
		return err
	}
	if err := t.deliver(day); err != nil {
		return err
	}
	if err := t.biz.morning(t, day); err != nil {
		return err
	}
	visits := t.plan(day, open, shut)
	last := day == t.opts.Days-1 && !t.opts.End.After(t.at(day, t.about.open+len(t.about.hours), 0))
	errs := make([]error, len(t.lanes))
	var wg sync.WaitGroup
	for i, l := range t.lanes {
		var mine []visit
		for _, v := range visits {
			if v.lane == i {
				mine = append(mine, v)
			}
		}
		wg.Go(func() { errs[i] = l.work(t.ctx, open, shut, mine, !last) })
	}
	wg.Wait()
	if err := first(errs); err != nil {
		return err
	}
	t.clock.Set(shut.Add(20 * time.Minute))
	if last {
		t.clock.Set(t.opts.End)
	}
	return t.seal()
}

// plan is who comes on a day, in the order of their coming.
func (t *trader) plan(day int, open, shut time.Time) []visit {
	var out []visit
	if shut.After(open) {
		whole := t.at(day, t.about.open+len(t.about.hours), 0).Sub(t.at(day, t.about.open, 0))
		n := t.count[day]
		if part := shut.Sub(open); part < whole {
			n = int(float64(n)*float64(part)/float64(whole) + 0.5)
		}
		for range n {
			v := visit{at: t.someTime(day, open, shut), lane: t.rng.IntN(len(t.lanes)), seed: t.rng.Uint64()}
			t.biz.visit(t, &v)
			if v.who != nil {
				v.lane = v.who.lane // at one register, so that the day's outcome does not hang on a race
			}
			if len(v.lines) > 0 {
				if v.even = t.chance(t.about.evens); !v.even && t.chance(t.about.apologies) {
					v.by = "cashier"
					v.discounts = []checkout.Discount{{Line: 1, Rate: cashierLimit, Reason: apologies[t.rng.IntN(len(apologies))]}}
				}
				out = append(out, v)
			}
		}
	}
	for _, v := range t.biz.stories(t, day, open) {
		if v.at.Before(t.opts.End) {
			v.lane, v.seed = v.who.lane, t.rng.Uint64()
			out = append(out, v)
		}
	}
	slices.SortStableFunc(out, func(a, b visit) int { return a.at.Compare(b.at) })
	return out
}

func (t *trader) someTime(day int, open, shut time.Time) time.Time {
	for range 50 {
		h := pick(t.rng, t.about.hours)
		at := t.at(day, t.about.open+h, t.rng.IntN(60)).Add(time.Duration(t.rng.IntN(60)) * time.Second)
		if at.After(open) && at.Before(shut) {
			return at
		}
	}
	return open.Add(time.Duration(t.rng.Int64N(int64(shut.Sub(open)))))
}

// pick draws an index by weight.
func pick(r *rand.Rand, weights []float64) int {
	var sum float64
	for _, w := range weights {
		sum += w
	}
	x := r.Float64() * sum
	for i, w := range weights {
		if x -= w; x < 0 {
			return i
		}
	}
	return len(weights) - 1
}

func (t *trader) chance(p float64) bool { return t.rng.Float64() < p }

// as makes somebody of the staff the actor.
func (t *trader) as(ctx context.Context, login string) context.Context {
	who, ok := t.staff[login]
	if !ok {
		return ctx // the merchant is just being made
	}
	a := auth.Actor{Kind: auth.KindStaff, ID: who, Staff: who, Merchant: t.m.ID}
	for _, h := range t.about.people {
		if h.login == login {
			a.Role = h.role
		}
	}
	return auth.WithActor(ctx, a)
}

// tx runs a transaction of the office at its clock's time, as the owner.
func (t *trader) tx(f func(context.Context, *db.Tx) error) error {
	return t.db.InTx(t.as(t.ctx, "owner"), f)
}

// each runs a transaction of the office for each of several things to do.
func (t *trader) each(all ...func(context.Context, *db.Tx) error) error {
	for _, f := range all {
		if err := t.tx(f); err != nil {
			return err
		}
	}
	return nil
}

// office is the flow at the office's time.
func (t *trader) office() *checkout.Desk {
	return &checkout.Desk{DB: t.db, Rules: t.Rules, Packs: t.Packs, Vault: t.Vault, Log: t.Log}
}

// configure turns a rule pack on with a configuration, or changes it.
func (t *trader) configure(packID string, config map[string]any, reason string) error {
	b, err := t.Packs.Latest(packID)
	if err != nil {
		return err
	}
	raw, err := json.Marshal(config)
	if err != nil {
		return err
	}
	canonical, err := b.CheckConfig(raw)
	if err != nil {
		return err
	}
	return t.tx(func(ctx context.Context, tx *db.Tx) error {
		if err := pack.Set(ctx, tx, pack.Change{Merchant: t.m.ID, Shops: []id.ID{t.shop.ID}, PackID: packID, Enabled: true, Version: b.Version, Config: canonical, Actor: t.staff["owner"], Reason: reason}); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.Record{Merchant: t.m.ID, Action: "pack.set", SubjectKind: "pack", SubjectID: packID,
			Detail: map[string]any{"shop": t.shop.ID, "on": true, "version": b.Version, "reason": reason}})
	})
}

// deliver fills up what has run low: goods come in before the doors open.
func (t *trader) deliver(day int) error {
	weekday := t.date(day).Time().Weekday()
	if day > 0 && weekday != time.Monday && weekday != time.Thursday {
		return nil
	}
	var moves []stock.Move
	for _, it := range t.goods {
		if it.target == 0 || it.onHand > it.target/2 && day > 0 {
			continue
		}
		n := it.target - it.onHand
		it.onHand += n
		moves = append(moves, stock.Move{SKU: it.ID, Quantity: n, UnitCost: money.Amount(it.Cost / 100)})
	}
	for batch := range slices.Chunk(moves, 250) {
		err := t.tx(func(_ context.Context, tx *db.Tx) error {
			return stock.Adjust(tx, stock.Adjustment{Merchant: t.m.ID, Shop: t.shop.ID, Kind: stock.KindReceipt, Actor: t.staff["manager"], Reason: "delivery", Moves: batch})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// seal closes the day's entries into the merchant's chain.
func (t *trader) seal() error {
	for n := 1; n > 0; {
		err := t.tx(func(ctx context.Context, tx *db.Tx) (err error) {
			n, err = ledger.Seal(ctx, tx, t.m.ID)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// line takes a quantity of an item into a basket, and out of the planned stock.
// It answers false where the planned stock does not hold it.
func (t *trader) line(v *visit, it *item, q money.Quantity) bool {
	if it.target > 0 {
		if it.onHand < q {
			return false
		}
		it.onHand -= q
	}
	v.lines = append(v.lines, checkout.LineIn{SKU: it.ID, Quantity: q})
	v.worth += money.Amount(it.UnitPrice).MulDiv(int64(q), 100*int64(money.One), money.HalfUp) // a price has four decimals, an amount two
	return true
}
