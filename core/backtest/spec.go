package backtest

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/tenant"
)

// MaxDays is how many business days a run may look at.
const MaxDays = 731

// How a side has the pack.
const (
	Off   = "off"    // not at all
	AsWas = "as_was" // as each receipt names it, or without it
	Set   = "set"    // a version with a configuration and a priority
)

// Variant is one side's pack.
type Variant struct {
	Mode     string          `json:"mode"`
	Version  string          `json:"version,omitempty"` // Set
	Config   json.RawMessage `json:"config,omitempty"`  // Set, in the pack's canonical form; none: its defaults
	Priority int32           `json:"priority,omitempty"`
}

func (v *Variant) same(o *Variant) bool {
	return v.Mode == o.Mode && v.Version == o.Version && v.Priority == o.Priority && bytes.Equal(v.Config, o.Config)
}

// Spec is what to try: a pack over the sales of shops on business dates, both
// included.
type Spec struct {
	Pack  string     `json:"pack_id"`
	Shops []id.ID    `json:"shop_ids,omitempty"` // none: all
	From  clock.Date `json:"from"`
	To    clock.Date `json:"to"`
	A     Variant    `json:"a"`
	B     Variant    `json:"b"`
}

// Check validates a spec and fills in its configurations. Faults:
// backtest.bad_period, backtest.bad_variant, backtest.same_sides,
// tenant.shop_not_found, pack.not_installed, pack.config_invalid.
func (s *Service) Check(ctx context.Context, m id.ID, spec *Spec) error {
	if err := checkPeriod(spec.From, spec.To); err != nil {
		return err
	}
	shops, err := tenant.ListShops(ctx, s.DB, m)
	if err != nil {
		return err
	}
	for i, shop := range spec.Shops {
		if !slices.ContainsFunc(shops, func(v tenant.Shop) bool { return v.ID == shop }) || slices.Contains(spec.Shops[:i], shop) {
			return tenant.ErrShopNotFound.On("shop_ids")
		}
	}
	for i, v := range []*Variant{&spec.A, &spec.B} {
		if err := s.checkVariant(ctx, m, spec.Pack, v); err != nil {
			f := fault.Of(err)
			return f.On([]string{"a", "b"}[i] + dotted(f.Param))
		}
	}
	if spec.A.same(&spec.B) {
		return ErrSameSides.On("b")
	}
	return nil
}

func dotted(param string) string {
	if param == "" {
		return ""
	}
	return "." + param
}

func checkPeriod(from, to clock.Date) error {
	for _, d := range []clock.Date{from, to} {
		if t := d.Time(); t.IsZero() || clock.Date(t.Format("2006-01-02")) != d {
			return ErrPeriod.On("from").With("max", MaxDays)
		}
	}
	if from > to || from.AddDays(MaxDays-1) < to {
		return ErrPeriod.On("to").With("max", MaxDays)
	}
	return nil
}

func (s *Service) checkVariant(ctx context.Context, m id.ID, packID string, v *Variant) error {
	switch v.Mode {
	case Off, AsWas:
		*v = Variant{Mode: v.Mode}
		return nil
	case Set:
	default:
		return ErrVariant.On("mode")
	}
	b, err := s.Packs(ctx, m).Get(packID, v.Version)
	if err != nil {
		return fault.Of(err).On("version")
	}
	if len(v.Config) == 0 {
		v.Config = []byte("{}")
	}
	v.Config, err = b.CheckConfig(v.Config)
	return err
}
