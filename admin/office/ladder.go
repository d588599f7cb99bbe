package office

import (
	"context"
	"encoding/json"

	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
)

// step is one tier of a ladder and how far the member is.
type step struct {
	tier     string
	have     int64
	need     int64
	money    bool
	days     int
	achieved bool
}

// ladder reads the steps of the tiers from the packs that are on in the shop: the
// settings that every first-party pack with the tier hook shares. A pack that
// decides otherwise has no ladder to show.
func (f *office) ladder(ctx context.Context, p *page, m member.Member) ([]step, error) {
	var active []pack.Activation
	if err := f.db.Batch(ctx, pack.AskActive(p.Merchant.ID, p.Shop.ID, &active)); err != nil {
		return nil, err
	}
	for _, a := range active {
		var c struct {
			On     *bool `json:"tier_on"`
			Window *int  `json:"tier_window_days"`
			Steps  []struct {
				Tier   string `json:"tier"`
				Visits *int64 `json:"visits"`
				Spend  *int64 `json:"spend"`
			} `json:"tier_steps"`
		}
		if json.Unmarshal([]byte(a.Config), &c) != nil || c.On != nil && !*c.On || len(c.Steps) == 0 {
			continue
		}
		window := 365
		if c.Window != nil {
			window = *c.Window
		}
		var facts []promotion.FactValue
		refs := []promotion.FactRef{{Kind: promotion.FactVisits, WindowDays: window}, {Kind: promotion.FactSpend, WindowDays: window}}
		if err := f.db.Batch(ctx, member.AskFacts(p.Merchant.ID, m.ID, f.today(p), refs, &facts)...); err != nil {
			return nil, err
		}
		var out []step
		for _, s := range c.Steps {
			v := step{tier: s.Tier, have: facts[0].Value, days: window}
			switch {
			case s.Visits != nil:
				v.need = *s.Visits
			case s.Spend != nil:
				v.have, v.need, v.money = facts[1].Value, *s.Spend, true
			}
			v.achieved = v.have >= v.need
			out = append(out, v)
		}
		return out, nil
	}
	return nil, nil
}

func (s step) text(p *page) string {
	have, need := p.Int(s.have), p.Int(s.need)
	key := "office.member.visits_of"
	if s.money {
		have, need, key = p.Money(money.Amount(s.have)), p.Money(money.Amount(s.need)), "office.member.spend_of"
	}
	return p.T(key, "have", have, "need", need)
}

// percentDone is the progress bar's value.
func (s step) percentDone() int {
	if s.need <= 0 || s.have >= s.need {
		return 100
	}
	return int(max(s.have, 0) * 100 / s.need)
}
