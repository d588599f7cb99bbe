package office

import (
	"context"
	"net/http"
	"slices"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

// couponDetail is one coupon with what became of it.
type couponDetail struct {
	c       coupon.Coupon
	moves   []coupon.Move
	uses    []coupon.UseRow
	members map[id.ID]string
	now     clock.Instant
	assign  form
	void    form
}

func couponURL(c id.ID) string { return "/office/coupons/one/" + c.String() }

func (f *office) readCoupon(r *http.Request, p *page) (*couponDetail, error) {
	of, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	ctx, m := r.Context(), p.Merchant.ID
	v := &couponDetail{now: f.db.Now()}
	if v.c, err = coupon.Get(ctx, f.db, m, of); err != nil {
		return nil, err
	}
	if v.moves, err = coupon.Moves(ctx, f.db, m, of); err != nil {
		return nil, err
	}
	if v.uses, err = coupon.UsesOf(ctx, f.db, m, of); err != nil {
		return nil, err
	}
	ids := []id.ID{v.c.Member}
	for _, x := range v.moves {
		ids = append(ids, x.From, x.To)
	}
	for _, x := range v.uses {
		ids = append(ids, x.Member)
	}
	ids = slices.DeleteFunc(ids, id.ID.IsNone)
	v.members, err = member.Names(ctx, f.db, m, ids)
	return v, err
}

func (f *office) couponPage(w http.ResponseWriter, r *http.Request, p *page) error {
	v, err := f.readCoupon(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, couponView(p, v))
}

// open tells whether something can still be done with the coupon.
func (v *couponDetail) open(p *page) bool {
	at := v.c.StandsAt(v.now, dateOf(p, v.now))
	return at == coupon.Ready || at == coupon.NotYet
}

func (v *couponDetail) facts(p *page) []ui.Pair {
	c := &v.c
	out := []ui.Pair{{Key: p.T("office.col.state"), Value: couponState(p, *c, v.now)}, {Key: p.T("office.coupons.design"), Value: ui.Link(c.Definition.Name, couponDesignURL(c.Definition.ID))},
		{Key: p.T("office.coupons.grants"), Value: ui.Text(grants(p, c.Definition))}, {Key: p.T("office.col.member"), Value: couponOwner(p, c.Member, v.members)},
		{Key: p.T("office.coupons.used"), Value: ui.Text(p.Int(c.Used) + " / " + p.Int(c.Uses))}, {Key: p.T("office.coupons.valid_from"), Value: stamp(p, c.ValidFrom)}, {Key: p.T("office.coupons.until"), Value: couponEnd(p, *c)}}
	if c.FromDate != "" {
		out = append(out, ui.Pair{Key: p.T("office.coupons.from_date"), Value: ui.Text(p.Date(c.FromDate))})
	}
	if !c.Batch.IsNone() {
		out = append(out, ui.Pair{Key: p.T("office.coupons.batch"), Value: ui.Link(p.T("office.show"), couponBatchURL(c.Batch))})
	}
	if c.VoidReason != "" {
		out = append(out, ui.Pair{Key: p.T("office.col.reason"), Value: ui.Text(c.VoidReason)})
	}
	return out
}

// story is what happened to the coupon, the newest first.
func (v *couponDetail) story(p *page) []ui.Step {
	name := func(who id.ID) string {
		if who.IsNone() {
			return p.T("office.coupons.bearer")
		}
		return memberName(p, v.members[who])
	}
	type step struct {
		at clock.Instant
		s  ui.Step
	}
	list := []step{{v.c.IssuedAt, ui.Step{Tone: ui.Ok, Title: p.T("office.coupons.step_issued"), Time: stamp(p, v.c.IssuedAt)}}}
	for _, m := range v.moves {
		list = append(list, step{m.At, ui.Step{Tone: ui.Info, Title: p.T("office.coupons.move." + m.Kind), Text: name(m.From) + " → " + name(m.To) + couponNote(m.Note), Time: stamp(p, m.At)}})
	}
	for _, u := range v.uses {
		list = append(list, step{u.At, ui.Step{Tone: ui.Neutral, Title: p.T("office.coupons.step_used"), Text: name(u.Member), Time: rowOf(stamp(p, u.At), saleLink("", u.Sale))}})
		if u.ReversedAt != 0 {
			list = append(list, step{u.ReversedAt, ui.Step{Tone: ui.Warn, Title: p.T("office.coupons.step_back"), Time: stamp(p, u.ReversedAt)}})
		}
	}
	slices.SortStableFunc(list, func(a, b step) int { return int(min(max(b.at-a.at, -1), 1)) })
	out := make([]ui.Step, len(list))
	for i := range list {
		out[i] = list[i].s
	}
	return out
}

func couponNote(s string) string {
	if s == "" {
		return ""
	}
	return " · " + s
}

func (f *office) couponVoid(w http.ResponseWriter, r *http.Request, p *page) error {
	v, err := f.readCoupon(r, p)
	if err != nil {
		return err
	}
	if v.void, err = formOf(r); err != nil {
		return err
	}
	err = f.audited(r.Context(), "coupon.voided", "coupon", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
		_, err := coupon.Void(ctx, tx, p.Merchant.ID, v.c.ID, v.void.get("reason"))
		return v.c.ID.String(), err
	})
	if err != nil {
		v.void.err = err
		return f.again(w, r, err, couponView(p, v))
	}
	return done(w, r, p, couponURL(v.c.ID), "office.coupons.voided", "code", v.c.Code)
}

func (f *office) couponAssign(w http.ResponseWriter, r *http.Request, p *page) error {
	v, err := f.readCoupon(r, p)
	if err != nil {
		return err
	}
	if v.assign, err = formOf(r); err != nil {
		return err
	}
	who, err := f.oneMember(r.Context(), p, v.assign.get("member"), "member")
	if err == nil {
		err = f.audited(r.Context(), "coupon.moved", "coupon", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
			_, err := coupon.Assign(ctx, tx, p.Merchant.ID, v.c.ID, who, v.assign.get("note"))
			return v.c.ID.String(), err
		})
	}
	if err != nil {
		v.assign.err = err
		return f.again(w, r, err, couponView(p, v))
	}
	return done(w, r, p, couponURL(v.c.ID), "office.coupons.assigned", "code", v.c.Code)
}
