package checkout

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// Give is a grant of a pack on its way to the member: what it refers to is found.
type Give struct {
	promotion.Grant
	PackID, Version string
	Target          id.ID              // the design, service or gift
	Design          *coupon.Definition `json:",omitempty"`
}

// most of one thing that a single grant gives: the rows of it are written in the
// sale's own transaction.
const mostCoupons = 100

// fold takes over what the packs of top-up and earn give besides their own
// figures: points and money become the line's, so that the stored allocation
// decides about them at a refund as about all others; the rest waits for resolve.
func (s *stage) fold() {
	for _, g := range s.Grants {
		line := s.line(g.Line)
		if line == nil {
			line = s.firstOf(g.Hook)
		}
		switch {
		case line == nil:
		case g.Kind == promotion.GrantPoints:
			line.Points += g.Count
		case g.Kind == promotion.GrantMoney:
			line.Bonus += g.Amount
		default:
			s.q.Gives = append(s.q.Gives, Give{Grant: g.Grant, PackID: g.Pack.ID, Version: g.Pack.Version})
		}
	}
	s.Grants = nil
}

// firstOf is the line that bears what a hook gives for the whole sale.
func (s *stage) firstOf(h promotion.Hook) *sale.Line {
	for i := range s.q.Lines {
		k := s.q.Lines[i].Kind
		if h == promotion.HookTopUp && k == sale.LineTopUp || h == promotion.HookEarn && (k == sale.LineGoods || k == sale.LineService) {
			return &s.q.Lines[i]
		}
	}
	return nil
}

// resolve finds what grants refer to, in one read where there is anything to find.
// draws are the packs that draw in the shop. What does not exist is answered apart
// and not given.
func resolve(ctx context.Context, r *db.DB, m id.ID, gives []Give, draws []string) (found, unknown []Give, err error) {
	var designs []coupon.Definition
	var gifts []loyalty.Gift
	var hits []catalog.Hit
	refs := map[promotion.GrantKind][]string{}
	for i := range gives {
		refs[gives[i].Kind] = append(refs[gives[i].Kind], gives[i].Ref)
	}
	var asks []db.Ask
	if of := refs[promotion.GrantCoupon]; len(of) > 0 {
		asks = append(asks, coupon.AskByRefs(m, of, &designs))
	}
	if of := refs[promotion.GrantGift]; len(of) > 0 {
		asks = append(asks, loyalty.AskGiftsByCode(m, of, &gifts))
	}
	if of := refs[promotion.GrantVisits]; len(of) > 0 {
		asks = append(asks, catalog.AskSKUs(m, nil, of, &hits))
	}
	if len(asks) > 0 {
		if err := r.Batch(ctx, asks...); err != nil {
			return nil, nil, err
		}
	}
	for _, g := range gives {
		ok := true
		switch g.Kind {
		case promotion.GrantCoupon:
			i := slices.IndexFunc(designs, func(d coupon.Definition) bool { return d.Code == g.Ref })
			if ok = i >= 0; ok {
				g.Design, g.Target, g.Count = &designs[i], designs[i].ID, min(g.Count, mostCoupons)
				if d := g.Design; d.IssueLimit > 0 {
					g.Count = min(g.Count, d.IssueLimit-d.Issued)
					ok = g.Count > 0
				}
			}
		case promotion.GrantGift:
			i := slices.IndexFunc(gifts, func(v loyalty.Gift) bool { return v.Code == g.Ref })
			if ok = i >= 0; ok {
				g.Target = gifts[i].ID
			}
		case promotion.GrantVisits:
			i := slices.IndexFunc(hits, func(h catalog.Hit) bool {
				return h.SKU.Code == g.Ref && h.SKU.Kind == catalog.Service && !h.SKU.Archived
			})
			if ok = i >= 0; ok {
				g.Target = hits[i].SKU.ID
			}
		case promotion.GrantChances:
			switch {
			case slices.Contains(draws, g.Ref):
			case g.Ref == "" && slices.Contains(draws, g.PackID):
				g.Ref = g.PackID
			case g.Ref == "" && len(draws) > 0:
				g.Ref = draws[0]
			default:
				ok = false
			}
		}
		if ok {
			found = append(found, g)
		} else {
			unknown = append(unknown, g)
		}
	}
	// One order everywhere, so that two transactions that count against the same
	// limits never wait for each other crosswise.
	slices.SortStableFunc(found, func(a, b Give) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), slices.Compare(a.Target[:], b.Target[:]))
	})
	return found, unknown, nil
}

// grants resolves what the quote gives; what a pack's configuration names and does
// not exist is a warning at the till.
func (s *stage) grants(ctx context.Context) error {
	q := s.q
	if len(q.Gives) == 0 {
		return nil
	}
	found, unknown, err := resolve(ctx, s.d.DB, q.Basket.Merchant, q.Gives, drawing(s.Packs()))
	if err != nil {
		return err
	}
	q.Gives = found
	for i := range unknown {
		q.notGiven(&unknown[i])
	}
	return nil
}

// notGiven says that a grant was not given, and takes it out of the explanation.
func (q *Quote) notGiven(g *Give) {
	q.Warnings = append(q.Warnings, Warning{campaign.ErrUnknownRef.Reason, map[string]any{"kind": campaign.KindOf(g.Kind), "ref": g.Ref, "pack": g.PackID}})
	q.Trace.Grants = slices.DeleteFunc(q.Trace.Grants, func(t TraceGrant) bool {
		return t.Kind == g.Kind.String() && t.Pack == g.PackID && (t.Ref == g.Ref || g.Kind == promotion.GrantChances)
	})
}

// drawing lists the packs that draw.
func drawing(ps []promotion.Pack) (out []string) {
	for i := range ps {
		if ps[i].Serves(promotion.HookDraw) {
			out = append(out, ps[i].Ref.ID)
		}
	}
	return out
}

// withoutLimited is the quote without what its designs' limits no longer let out:
// the last coupons of a design may go between the quote and the sale, and a sale
// does not fail for what comes on top of it. nil where nothing of it is limited.
func (q *Quote) withoutLimited(err error) *Quote {
	limited := func(g Give) bool { return g.Design != nil && g.Design.IssueLimit > 0 }
	if !errors.Is(err, coupon.ErrIssueLimit) || !slices.ContainsFunc(q.Gives, limited) {
		return nil
	}
	c := *q
	c.Gives, c.Warnings = nil, slices.Clone(q.Warnings)
	c.Trace.Grants = slices.Clone(q.Trace.Grants)
	for _, g := range q.Gives {
		if limited(g) {
			c.notGiven(&g)
		} else {
			c.Gives = append(c.Gives, g)
		}
	}
	return &c
}

// giver writes grants: of a sale, of a trigger, of a draw.
type giver struct {
	merchant, member, shop id.ID
	source                 string
	sourceID               id.ID
	sale                   id.ID // whose lots they are; none outside a sale
	date                   clock.Date
	currency               string
	line                   func(no uint32) id.ID
	bonusUntil             clock.Instant
	pointsFrom             clock.Instant
	pointsUntil            clock.Instant
}

// give writes one grant with what it gives into the member's books.
func (g *giver) give(tx *db.Tx, p *ledger.Purse, e *ledger.Entry, v *Give) {
	row := campaign.Grant{ID: tx.NewID(), Member: g.member, Shop: g.shop, Source: g.source, SourceID: g.sourceID, Kind: campaign.KindOf(v.Kind), Ref: v.Ref, Target: v.Target,
		Count: v.Count, Amount: v.Amount, PackID: v.PackID, Version: v.Version, Note: v.Note, Date: g.date}
	if g.line != nil {
		row.Line = g.line(v.Line)
	}
	if v.ValidDays > 0 {
		row.ValidUntil = tx.Now.Add(time.Duration(v.ValidDays) * 24 * time.Hour)
	}
	o := wallet.Origin{Shop: g.shop, Sale: g.sale, Line: row.ID}
	switch v.Kind {
	case promotion.GrantPoints:
		until := row.ValidUntil
		if until == 0 {
			until = g.pointsUntil
		}
		wallet.EarnFrom(tx, p, e, v.Count, g.pointsFrom, until, o)
	case promotion.GrantMoney:
		until := row.ValidUntil
		if until == 0 {
			until = g.bonusUntil
		}
		wallet.Rebate(tx, p, e, g.currency, v.Amount, until, o)
	case promotion.GrantVisits:
		wallet.SellPunchesUntil(tx, p, e, v.Target, v.Count, 0, row.ValidUntil, o)
	}
	campaign.QueueGrant(tx, g.merchant, &row)
	switch v.Kind {
	case promotion.GrantCoupon:
		for range v.Count {
			c := coupon.Issue(tx, g.merchant, v.Design, g.member, "", row.ValidUntil)
			campaign.QueueGrantCoupon(tx, g.merchant, row.ID, c.ID)
		}
	case promotion.GrantMessage:
		event.Emit(tx, event.Event{Merchant: g.merchant, Type: campaign.EventMessageDue, Shop: g.shop, Data: event.JSON(campaign.MessageDue{
			Member: g.member, Template: v.Ref, Pack: v.PackID, Version: v.Version, Code: v.Note.Code, Arg: v.Note.Arg, Money: int64(v.Note.Money), Label: v.Note.Label, Grant: row.ID})})
	}
}

// give writes what the sale gives besides money.
func (b *booking) give(e *ledger.Entry) {
	if b.purse == nil || len(b.q.Gives) == 0 {
		return
	}
	s := b.s
	g := giver{merchant: s.Merchant, member: s.Member, shop: s.Shop, source: campaign.FromSale, sourceID: s.ID, sale: s.ID, date: s.BusinessDate, currency: s.Currency.Code,
		line: func(no uint32) id.ID {
			if i := int(no) - 1; i >= 0 && i < len(s.Lines) {
				return s.Lines[i].ID
			}
			return id.None
		}}
	for i := range b.q.Gives {
		g.give(b.tx, b.purse, e, &b.q.Gives[i])
	}
}
