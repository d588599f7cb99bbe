package demo

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
)

// person is a member with their habits.
type person struct {
	in       member.In
	id       id.ID
	joins    int     // the day on which they enrol
	lane     int     // their register
	weight   float64 // how often they come
	hero     bool    // comes on purpose only
	vouchers []*voucher
	card     bool // has bought a punch card
	gifts    int  // were to be taken
}

// voucher is a coupon that somebody holds.
type voucher struct {
	coupon.Coupon
	code  string
	min   money.Amount
	until time.Time
	used  bool
}

var (
	surnames = []string{"王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "徐", "孙", "马", "朱", "胡", "郭", "何", "林", "高", "罗", "郑", "梁", "谢", "宋", "唐", "许", "韩", "冯", "邓", "曹", "彭", "曾", "肖", "田", "董", "潘", "袁", "蔡", "蒋", "余", "于", "杜", "叶", "程", "魏", "苏", "吕", "丁", "沈", "任"}
	givenOne = []string{"芳", "敏", "静", "丽", "强", "磊", "洋", "艳", "勇", "军", "杰", "娟", "涛", "超", "明", "霞", "平", "刚", "玲", "辉", "鹏", "婷", "宇", "倩", "雪"}
	givenTwo = []string{"子涵", "欣怡", "浩然", "梓萱", "宇轩", "诗涵", "一诺", "嘉怡", "思远", "雨桐", "俊杰", "晓琳", "建国", "秀英", "志强", "美玲", "佳慧", "文博", "海燕", "国华", "雅婷", "子墨", "若曦", "天宇", "梦洁", "家豪", "慧敏", "立新", "春梅", "永康"}
	nicks    = []string{"Amy", "Kevin", "Grace", "Leo", "Iris", "Jason", "Coco", "Eric", "Lucy", "Daniel", "Mia", "Alan", "Sophie", "Ryan", "Cindy", "Peter", "Helen", "Oscar", "Wendy", "Felix"}
	sexes    = []string{member.Female, member.Female, member.Male, ""}
)

func (t *trader) someName() string {
	name := surnames[t.rng.IntN(len(surnames))]
	if t.chance(0.35) {
		name += givenOne[t.rng.IntN(len(givenOne))]
	} else {
		name += givenTwo[t.rng.IntN(len(givenTwo))]
	}
	if t.chance(0.2) {
		name += " " + nicks[t.rng.IntN(len(nicks))]
	}
	return name
}

// phone is a number of a form that looks right and is the n-th of this merchant's.
func (t *trader) phone(n int) string {
	return fmt.Sprintf("138%d%07d", len(t.about.edition)%10, (n*7919+1046527)%10_000_000)
}

// people plans the members: most are there from the first day, the rest join later.
// A few come often, most now and then.
func (t *trader) people() {
	n := max(int(float64(t.about.members)*t.opts.Scale), 12)
	for i := range n {
		p := &person{weight: 1 / math.Pow(float64(1+i%97), 0.55)}
		p.in = member.In{Name: t.someName(), Phone: t.phone(i), Sex: sexes[t.rng.IntN(len(sexes))]}
		if t.chance(0.8) {
			p.in.Birthday = fmt.Sprintf("%d-%02d-%02d", 1958+t.rng.IntN(48), 1+t.rng.IntN(12), 1+t.rng.IntN(28))
		}
		if t.chance(0.25) {
			p.in.Card = fmt.Sprintf("8%d%06d", len(t.about.edition)%10, 100000+i*37)
		}
		if i > n*6/10 {
			p.joins = 1 + t.rng.IntN(t.opts.Days-3)
		}
		t.members = append(t.members, p)
	}
}

// hero is a member with a story, there from the first day.
func (t *trader) hero(story, name, birthday, note string) *person {
	p := &person{hero: true, in: member.In{Name: name, Phone: t.phone(9000 + len(t.heroes)), Birthday: birthday, Note: note}}
	t.members = append(t.members, p)
	t.heroes[story] = p
	return p
}

// enrol makes members of those who join on a day.
func (t *trader) enrol(day int) error {
	var in []*person
	for i, p := range t.members {
		if p.joins == day {
			p.lane = i % len(t.lanes)
			in = append(in, p)
		}
	}
	for batch := range slices.Chunk(in, 100) {
		err := t.tx(func(_ context.Context, tx *db.Tx) error {
			for _, p := range batch {
				p.in.Merchant, p.in.Shop = t.m.ID, t.shop.ID
				mb, err := member.QueueCreate(tx, t.Vault, p.in)
				if err != nil {
					return err
				}
				p.id = mb.ID
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for story, p := range t.heroes {
		if p.joins == day && story != daughter { // who belongs to her mother's story
			t.stories[story] = Story{MemberID: p.id.String(), Name: p.in.Name, Phone: p.in.Phone}
		}
	}
	return nil
}

// regular is one of the members of a day, those who come often more likely.
func (t *trader) regular(day int) *person {
	weights := make([]float64, len(t.members))
	for i, p := range t.members {
		if !p.hero && p.joins <= day {
			weights[i] = p.weight
		}
	}
	return t.members[pick(t.rng, weights)]
}

// dayOf is the day that a visit falls on.
func (t *trader) dayOf(v *visit) int {
	d := t.zone.BusinessDate(clock.Of(v.at))
	return t.opts.Days - 1 - int(t.today.Time().Sub(d.Time()).Hours()/24)
}

// issue gives a coupon of a design to each of these members.
func (t *trader) issue(d *coupon.Definition, to []*person, until time.Time) error {
	issued := make([]*voucher, len(to))
	err := t.tx(func(_ context.Context, tx *db.Tx) error {
		for i, p := range to {
			end := clock.Instant(0)
			if !until.IsZero() {
				end = clock.Of(until)
			}
			c := coupon.Issue(tx, t.m.ID, d, p.id, "", end)
			issued[i] = &voucher{Coupon: c, code: c.Code, min: d.MinSpend}
			if c.ValidUntil != 0 {
				issued[i].until = c.ValidUntil.Time()
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for i, p := range to {
		p.vouchers = append(p.vouchers, issued[i])
	}
	return nil
}

// define adds a coupon design.
func (t *trader) define(d coupon.Definition) (*coupon.Definition, error) {
	err := t.tx(func(_ context.Context, tx *db.Tx) error { return coupon.Define(tx, t.m.ID, &d) })
	return &d, err
}

// mayUse reports whether somebody has not used as many of a design as one may.
func (p *person) mayUse(c *voucher) bool {
	n := int64(0)
	for _, o := range p.vouchers {
		if o.used && o.Definition.ID == c.Definition.ID {
			n++
		}
	}
	return c.Definition.PerMember == 0 || n < c.Definition.PerMember
}

// spendVoucher has a visitor use a coupon, where one fits.
func (t *trader) spendVoucher(v *visit, p float64) {
	if v.who == nil || !t.chance(p) {
		return
	}
	here := coupon.UseAt(t.zone, v.who.id, t.shop.ID, id.None, clock.Of(v.at))
	for _, c := range v.who.vouchers {
		if !c.used && (c.until.IsZero() || v.at.Add(time.Hour).Before(c.until)) && v.worth >= c.min && c.UsableIn(here) == nil && v.who.mayUse(c) {
			c.used = true
			v.coupons = append(v.coupons, c)
			return
		}
	}
}
