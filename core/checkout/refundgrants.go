package checkout

import (
	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// given is what a sale gave besides money, as its refund finds it. Which grants
// and coupons there are never changes after the sale; what became of them is read
// under their locks.
type given struct {
	grants  []campaign.Grant
	of      map[id.ID]id.ID // coupon -> grant
	coupons []coupon.Coupon
	undone  []undone
}

// undone is what a refund does about one grant.
type undone struct {
	grant       *campaign.Grant
	taken, kept int64
	void        []*coupon.Coupon
}

func (g *given) asks(m, of id.ID) []db.Ask {
	return []db.Ask{campaign.AskGrantsOf(m, of, &g.grants), campaign.AskCouponsOf(m, of, &g.of)}
}

// askGrants notes the locks of what the sale gave: coupons, then the grants.
func (r *returning) askGrants(known given) {
	if len(known.grants) == 0 {
		return
	}
	m := r.of.Merchant
	var ids []id.ID
	for c := range known.of {
		ids = append(ids, c)
	}
	r.given.of = known.of
	if len(ids) > 0 {
		r.tx.AskAll(coupon.AskLockedFor(m, ids, id.None, &r.given.coupons))
	}
	r.tx.AskAll(campaign.AskGrantsOf(m, r.of.ID, &r.given.grants))
}

// planGrants decides what is taken back of what the sale gave: of a grant that
// belongs to a line when the line has gone back whole, of one that belongs to the
// sale when nothing is left of it. What was used meanwhile stays, and the refund
// says so.
func (r *returning) planGrants() {
	var t promotion.Trace
	r.given.undone = nil
	for i := range r.given.grants {
		g := &r.given.grants[i]
		if g.Kind == campaign.Message || g.TakenBack+g.Kept >= g.Count || !r.dueBack(g) {
			continue
		}
		u := undone{grant: g}
		switch g.Kind {
		case campaign.CouponOf:
			for k := range r.given.coupons {
				if c := &r.given.coupons[k]; r.given.of[c.ID] == g.ID && c.State == coupon.StateActive && c.Used == 0 && c.LockedBy.IsNone() {
					u.void = append(u.void, c)
				}
			}
			u.taken = int64(len(u.void))
		case campaign.Visits:
			u.taken = wallet.VisitsLeft(r.purse, g.ID)
		default:
			u.taken = g.Left()
		}
		u.kept = g.Count - u.taken
		r.given.undone = append(r.given.undone, u)
		say := func(what string, n int64) {
			if n > 0 {
				note := promotion.MakeNote(promotion.HookReturn.String(), &promotion.PackRef{ID: g.PackID, Version: g.Version}, g.Note)
				t.Grants = append(t.Grants, TraceGrant{TraceNote: note, Kind: what + "_" + g.Kind, Amount: n, Ref: g.Ref})
			}
		}
		say("taken_back", u.taken)
		say("kept", u.kept)
	}
	r.explain(t)
}

// explain adds to what the refund says of itself.
func (r *returning) explain(t promotion.Trace) {
	r.trace.Grants, r.trace.Notes = append(r.trace.Grants, t.Grants...), append(r.trace.Notes, t.Notes...)
	if len(r.trace.Grants)+len(r.trace.Notes) > 0 {
		r.s.Trace = r.trace.Text()
	}
}

func (r *returning) dueBack(g *campaign.Grant) bool {
	if g.Line.IsNone() {
		return r.last
	}
	for i := range r.s.Lines {
		if r.s.Lines[i].Of == g.Line {
			return r.upTo[i] == r.state(g.Line).Quantity
		}
	}
	return false
}

// undoGrants writes what planGrants decided, and gives back what lines fetched.
func (r *returning) undoGrants(e *ledger.Entry) {
	m := r.s.Merchant
	for i := range r.s.Lines {
		if l := &r.s.Lines[i]; l.Kind == sale.LineGift {
			campaign.QueueFetchBack(r.tx, m, l.Of, int64(l.Quantity/money.One))
		}
	}
	for _, u := range r.given.undone {
		for _, c := range u.void {
			coupon.QueueVoid(r.tx, m, c, "refund")
		}
		if u.grant.Kind == campaign.Visits {
			wallet.TakeBackVisits(r.purse, e, wallet.Origin{Shop: r.s.Shop, Sale: r.of.ID, Line: u.grant.ID})
		}
		campaign.QueueTakeBack(r.tx, m, u.grant.ID, u.taken, u.kept)
	}
}
