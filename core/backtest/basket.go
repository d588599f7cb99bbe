package backtest

import (
	"context"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
)

// Reason says why a sale is not available: a code and, with some, of what.
type Reason struct {
	Code string `json:"code"`
	Arg  string `json:"arg,omitempty"`
}

// Codes of reasons.
const (
	ReasonFact    = "fact"           // Arg: the fact that the pack declares and the sale did not record, see FactName
	ReasonPunches = "punches"        // the pack pays with visits, and what the member had was not recorded
	ReasonMember  = "member"         // the member's record can no longer be read
	ReasonPack    = "pack"           // Arg: a pack of the receipt that is not installed any more
	ReasonConfig  = "config"         // Arg: a pack of the receipt whose configuration is gone
	ReasonInput   = "input"          // the stored input cannot be read
	ReasonReplay  = "not_reproduced" // the packs of the receipt do not come to its prices today
)

func (r Reason) key() string { return r.Code + ":" + r.Arg }

func parseReason(key string) Reason {
	code, arg, _ := strings.Cut(key, ":")
	return Reason{code, arg}
}

// FactName names a fact as reasons do: its kind, its window where it has one,
// "shop" where it is counted in the shop alone, with slashes between.
func FactName(f pack.Fact) string {
	name := f.Kind
	if f.WindowDays > 0 {
		name += "/" + strconv.Itoa(f.WindowDays)
	}
	if f.Shop {
		name += "/shop"
	}
	return name
}

// basket is a past sale as it was before any rule: the input at list price, with
// what the receipt says about the rest of its pricing.
type basket struct {
	in       promotion.Input
	others   []promotion.Pack // all packs of the receipt but the one that is tried
	asWas    *promotion.Pack  // that one, where the receipt has it
	recorded bool             // the input is the stored one
	hand     []hand
	list     []money.Amount // gross at list price, by line
	goods    bool
	topUps   bool
	member   bool
	earns    bool
	staffed  bool
	held     bool // a tier that a sale did not move although a pack proposed it
	noEarn   money.Amount
	shop     *shopTerms
}

// hand is a discount that staff gave.
type hand struct {
	lines []int
	off   money.Amount
	rate  money.Rate
}

var lineKinds = map[string]promotion.LineKind{
	sale.LineGoods: promotion.KindGoods, sale.LineService: promotion.KindService, sale.LineTopUp: promotion.KindTopUp,
	sale.LinePunchCard: promotion.KindPunchCard, sale.LineGiftCard: promotion.KindGiftCard, sale.LineGift: promotion.KindGiftCard,
}

// makeBasket undoes what the rules did to a sale. The runs are unpacked.
func (p *plan) makeBasket(ctx context.Context, past *sale.Past, more *background) (*basket, Reason) {
	terms := p.shops[past.Shop]
	if terms == nil {
		return nil, Reason{Code: ReasonInput}
	}
	b := &basket{shop: terms, member: !past.Member.IsNone()}
	if reason := p.readPacks(ctx, past, b); reason.Code != "" {
		return nil, reason
	}
	stored := past.Input
	if at := slices.IndexFunc(past.Rules, func(r sale.RuleRun) bool { return len(r.Input) > 0 }); at >= 0 {
		stored = past.Rules[at].Input
	}
	if len(stored) > 0 {
		in, err := p.s.Codec.DecodeInput(stored)
		if err != nil || len(in.Lines) != len(past.Lines) || in.Member.Present != b.member {
			return nil, Reason{Code: ReasonInput}
		}
		b.in, b.recorded = in, true
		b.in.Member.Tier = past.TierBefore
	} else if reason := p.guessInput(past, b, more); reason.Code != "" {
		return nil, reason
	}
	if len(b.in.Tiers) == 0 && b.member {
		b.in.Tiers = p.tiers
	}
	b.list = make([]money.Amount, len(past.Lines))
	for i := range past.Lines {
		l, v := &past.Lines[i], &b.in.Lines[i]
		v.Unit, v.Gross, v.Net, v.Bonus = l.UnitPrice, l.Gross, l.Gross, 0
		b.list[i] = l.Gross
		b.goods = b.goods || v.Kind == promotion.KindGoods || v.Kind == promotion.KindService
		b.topUps = b.topUps || v.Kind == promotion.KindTopUp
		b.staffed = b.staffed || v.HasStaff
	}
	b.readHand(past)
	b.earns = b.goods && b.member && !b.skipped(past, promotion.HookEarn)
	b.held = b.member && p.wasHeld(past, b)
	for _, t := range past.Tenders {
		if !loyalty.Earns(terms.settings, t.Type) {
			b.noEarn += t.Amount
		}
	}
	return b, Reason{}
}

// skipped reports whether a hook was left out although a pack of the receipt
// serves it: a card that earns nothing leaves out earn.
func (b *basket) skipped(past *sale.Past, h promotion.Hook) bool {
	served := b.asWas != nil && b.asWas.Serves(h) || slices.ContainsFunc(b.others, func(p promotion.Pack) bool { return p.Serves(h) })
	return served && !slices.ContainsFunc(past.Rules, func(r sale.RuleRun) bool { return r.Hook == h.String() })
}

// wasHeld reports whether a pack proposed a higher tier that the sale did not
// give, though the merchant's policy would have: the tier was set by hand.
func (p *plan) wasHeld(past *sale.Past, b *basket) bool {
	if past.TierAfter != past.TierBefore || b.shop.policy(b.in.Tiers).Upgrade == "period_end" {
		return false
	}
	for i := range past.Rules {
		r := &past.Rules[i]
		if r.Hook != promotion.HookTier.String() || r.Outcome != "ok" || len(r.Output) == 0 {
			continue
		}
		out, err := p.s.Codec.Decode(r.Output)
		if err == nil && rankOf(b.in.Tiers, out.Tier.Code) > rankOf(b.in.Tiers, past.TierBefore) {
			return true
		}
	}
	return false
}

func rankOf(tiers []promotion.TierView, code string) int {
	return slices.IndexFunc(tiers, func(t promotion.TierView) bool { return t.Code == code })
}

// readHand finds the discounts by hand. One that lies on one line of several that
// cost something was given on that line, any other on the bill.
func (b *basket) readHand(past *sale.Past) {
	at, given := map[int]int{}, map[int]money.Amount{}
	for i := range past.Adjustments {
		a := &past.Adjustments[i]
		if a.PackID != "" || a.Kind != "manual" && a.Kind != "drop" {
			continue
		}
		line := slices.IndexFunc(past.Lines, func(l sale.Line) bool { return l.ID == a.Line })
		if line < 0 {
			continue
		}
		k, seen := at[a.Group]
		if !seen {
			k = len(b.hand)
			at[a.Group] = k
			b.hand = append(b.hand, hand{rate: money.Rate(a.Arg)})
		}
		b.hand[k].lines = append(b.hand[k].lines, line)
		b.hand[k].off -= a.Amount
		given[line] -= a.Amount
	}
	if len(b.hand) == 0 {
		return
	}
	var bill []int
	priced := 0
	for i := range past.Lines {
		if k := past.Lines[i].Kind; k == sale.LineGoods || k == sale.LineService {
			bill = append(bill, i)
			if past.Lines[i].Net+given[i] > 0 {
				priced++
			}
		}
	}
	for k := range b.hand {
		if h := &b.hand[k]; len(h.lines) > 1 || priced <= 1 {
			h.lines = bill
		}
	}
}

// guessInput puts the input of a sale together that recorded none: a sale without
// a member, or one of before such inputs were kept. What is not known makes it unavailable to a pack that needs it.
func (p *plan) guessInput(past *sale.Past, b *basket, more *background) Reason {
	zone := b.shop.zone
	local := zone.Local(past.OccurredAt)
	h := fnv.New64a()
	h.Write(past.Register[:])
	h.Write([]byte(past.OccurredAt.String()))
	b.in = promotion.Input{
		Now: past.OccurredAt, Date: zone.BusinessDate(past.OccurredAt), Weekday: int(local.Weekday()), MinuteOfDay: local.Hour()*60 + local.Minute(),
		Seed: h.Sum64(), Currency: past.Currency, Rounding: b.shop.rounding, Shop: past.Shop.String(),
	}
	for i := range past.Lines {
		l := &past.Lines[i]
		v := promotion.LineView{ID: uint32(i + 1), Kind: lineKinds[l.Kind], SKU: l.SKUCode, Category: l.Category, Quantity: l.Quantity, Cost: l.Cost, Visits: l.Visits}
		if level, known := p.levels[l.Staff]; known && !l.Staff.IsNone() {
			v.HasStaff, v.StaffLevel = true, level
		}
		b.in.Lines = append(b.in.Lines, v)
	}
	if !b.member {
		return Reason{}
	}
	view, ok := more.members[past.ID]
	if !ok {
		return Reason{Code: ReasonMember}
	}
	b.in.Member = view
	b.in.Member.Tier = past.TierBefore
	return Reason{}
}

// lacks says what a pack needs that a basket does not have.
func (b *basket) lacks(bundle *pack.Bundle) Reason {
	if bundle == nil || !b.member {
		return Reason{}
	}
	for i, ref := range bundle.FactRefs() {
		if !slices.ContainsFunc(b.in.Facts, func(v promotion.FactValue) bool { return v.FactRef == ref }) {
			return Reason{ReasonFact, FactName(bundle.Facts[i])}
		}
	}
	if !b.recorded && b.goods && bundle.Has(pack.PowerPunch) {
		return Reason{Code: ReasonPunches}
	}
	return Reason{}
}
