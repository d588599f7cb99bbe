package pack

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

// Sample is a basket on which packs are looked at together.
type Sample struct {
	Name  string // of the golden case, or the receipt's number
	Past  bool   // a receipt's
	Input promotion.Input
}

// goldenInput is the part of a golden case's input that a basket is made of. The
// numbers are those of the rule interface: minor units, thousandths, millionths.
type goldenInput struct {
	Hook     string `json:"hook"`
	Date     int    `json:"date"` // 20260113
	Now      int64  `json:"now"`
	Weekday  int    `json:"weekday"`
	Minute   int    `json:"minute_of_day"`
	Seed     uint64 `json:"seed"`
	Currency string `json:"currency"`
	Digits   int32  `json:"currency_digits"`
	Shop     string `json:"shop"`
	Member   struct {
		Present       bool   `json:"present"`
		Tier          string `json:"tier"`
		BirthdayMonth bool   `json:"birthday_month"`
		BirthdayToday bool   `json:"birthday_today"`
		JoinedDays    int    `json:"joined_days"`
		Points        int64  `json:"points"`
	} `json:"member"`
	Lines []struct {
		ID         uint32 `json:"id"`
		Kind       string `json:"kind"`
		SKU        string `json:"sku"`
		Category   string `json:"category"`
		Quantity   int64  `json:"quantity"`
		Unit       int64  `json:"unit"`
		Gross      int64  `json:"gross"`
		Net        int64  `json:"net"`
		HasStaff   bool   `json:"has_staff"`
		StaffLevel string `json:"staff_level"`
	} `json:"lines"`
	Coupons []struct {
		Ref      uint32 `json:"ref"`
		Kind     string `json:"kind"`
		Rate     int64  `json:"rate"`
		Amount   int64  `json:"amount"`
		SKU      string `json:"sku"`
		Category string `json:"category"`
		MinSpend int64  `json:"min_spend"`
		Stacking string `json:"stacking"`
	} `json:"coupons"`
	Punches []struct {
		SKU       string `json:"sku"`
		Available int64  `json:"available"`
	} `json:"punches"`
	Tiers []struct {
		Code string `json:"code"`
		Rank int    `json:"rank"`
	} `json:"tiers"`
}

var (
	goldenKinds = map[string]promotion.LineKind{"goods": promotion.KindGoods, "service": promotion.KindService, "topup": promotion.KindTopUp,
		"punch_card": promotion.KindPunchCard, "gift_card": promotion.KindGiftCard}
	goldenCoupons = map[string]promotion.CouponKind{"percent": promotion.CouponPercent, "cash": promotion.CouponCash, "product": promotion.CouponProduct}
)

// Samples are the baskets of the bundle's golden cases, those of price and
// benefit. A case that cannot be read as one is left out: the author's tools say
// what is wrong with it.
func (b *Bundle) Samples() []Sample {
	var out []Sample
	for _, file := range slices.Sorted(maps.Keys(b.Cases)) {
		var cases []struct {
			Name  string          `json:"name"`
			Input json.RawMessage `json:"input"`
		}
		if json.Unmarshal(b.Cases[file], &cases) != nil {
			continue
		}
		for i, c := range cases {
			var g goldenInput
			if json.Unmarshal(c.Input, &g) != nil || len(g.Lines) == 0 {
				continue
			}
			if c.Name == "" {
				c.Name = file + " " + strconv.Itoa(i+1)
			}
			if in, ok := g.input(); ok {
				out = append(out, Sample{Name: b.ID + ": " + c.Name, Input: in})
			}
		}
	}
	return out
}

func (g *goldenInput) input() (promotion.Input, bool) {
	hook := promotion.HookOf(g.Hook)
	if hook != promotion.HookPrice && hook != promotion.HookBenefit {
		return promotion.Input{}, false
	}
	if g.Digits < 0 || g.Digits > 4 {
		return promotion.Input{}, false
	}
	day := strconv.Itoa(g.Date)
	if len(day) != 8 {
		return promotion.Input{}, false
	}
	in := promotion.Input{
		Hook: hook, Now: clock.Instant(g.Now), Date: clock.Date(day[:4] + "-" + day[4:6] + "-" + day[6:]), Weekday: g.Weekday, MinuteOfDay: g.Minute, Seed: g.Seed,
		Currency: money.Currency{Code: g.Currency, Digits: g.Digits}, Shop: g.Shop,
		Member: promotion.MemberView{Present: g.Member.Present, Tier: g.Member.Tier, BirthdayMonth: g.Member.BirthdayMonth, BirthdayToday: g.Member.BirthdayToday,
			JoinedDays: g.Member.JoinedDays, Points: g.Member.Points},
	}
	for _, l := range g.Lines {
		in.Lines = append(in.Lines, promotion.LineView{ID: l.ID, Kind: goldenKinds[l.Kind], SKU: l.SKU, Category: l.Category, Quantity: money.Quantity(l.Quantity),
			Unit: money.UnitPrice(l.Unit), Gross: money.Amount(l.Gross), Net: money.Amount(l.Net), HasStaff: l.HasStaff, StaffLevel: l.StaffLevel})
	}
	for _, c := range g.Coupons {
		in.Coupons = append(in.Coupons, promotion.CouponView{Ref: c.Ref, Kind: goldenCoupons[c.Kind], Rate: money.Rate(c.Rate), Amount: money.Amount(c.Amount), SKU: c.SKU,
			Category: c.Category, MinSpend: money.Amount(c.MinSpend), Stacking: c.Stacking})
	}
	for _, p := range g.Punches {
		in.Punches = append(in.Punches, promotion.PunchView{SKU: p.SKU, Available: p.Available})
	}
	for _, t := range g.Tiers {
		in.Tiers = append(in.Tiers, promotion.TierView{Code: t.Code, Rank: t.Rank})
	}
	return in, true
}
