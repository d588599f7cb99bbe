package membership

import (
	"github.com/shopwright/shopwright/sdk/rule"
	"github.com/shopwright/shopwright/sdk/rule/parts"
)

// Rule is the pack's logic.
type Rule struct {
	parts.Ladder
	parts.Events
	parts.Wheel
	points parts.Points
	spend  parts.SpendGifts
}

// Configure reads the merchant's settings.
func (r *Rule) Configure(config []byte) error {
	v, err := rule.ParseConfig(config)
	if err != nil {
		return err
	}
	r.points.Configure(v)
	r.spend.Configure(v)
	r.Ladder.Configure(v, rule.FactSpend)
	r.Events.Configure(v)
	r.Wheel.Configure(v)
	return nil
}

// Earn proposes points, rebates and the gifts of the sum.
func (r *Rule) Earn(in *rule.Input, out *rule.Output) error {
	return parts.All(in, out, r.points.Earn, r.spend.Earn)
}
