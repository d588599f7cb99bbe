package checkout_test

import (
	"context"
	"sync"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
)

// fakes answers for packs that a test writes down as functions; all others go to
// the real host.
type fakes struct {
	checkout.Rules
	mu sync.Mutex
	by map[string]answer
}

type answer func(in *promotion.Input) (promotion.Output, error)

func (f *fakes) Evaluate(ctx context.Context, p promotion.PackRef, in *promotion.Input) (promotion.Answer, error) {
	f.mu.Lock()
	say := f.by[p.ID+" "+p.Version]
	f.mu.Unlock()
	if say == nil {
		return f.Rules.Evaluate(ctx, p, in)
	}
	out, err := say(in)
	return promotion.Answer{Output: out, InputBytes: []byte("in"), OutputBytes: []byte("out"), Fuel: 1}, err
}

// fake installs a pack that is a function and switches it on; with version "" it
// is 1.0.0.
func (s *shop) fake(packID, version string, hooks []promotion.Hook, say answer) {
	s.t.Helper()
	if version == "" {
		version = "1.0.0"
	}
	powers := map[promotion.Hook]string{promotion.HookPrice: "price", promotion.HookBenefit: "discount", promotion.HookTender: "tender", promotion.HookEarn: "points",
		promotion.HookTopUp: "topup", promotion.HookTrigger: "trigger", promotion.HookDraw: "draw", promotion.HookReturn: "return"}
	m := pack.Manifest{ID: packID, Version: version, ABI: pack.ABIRange{Min: 1, Max: 1}}
	for _, h := range hooks {
		m.Hooks, m.Powers = append(m.Hooks, h.String()), append(m.Powers, powers[h])
	}
	data, err := pack.Build(m, map[string][]byte{
		"rule.wasm":          []byte("\x00asm\x01\x00\x00\x00"),
		"config.schema.json": []byte(`{"type":"object","additionalProperties":false}`),
		"locales/en.json":    []byte(`{"pack.name":"Fake","cap":"points pay up to {money}","given":"{arg} given"}`),
	}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	b, err := pack.Open(data)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, had := s.desk.Rules.(*fakes); !had {
		s.desk.Rules = &fakes{Rules: s.desk.Rules, by: map[string]answer{}}
		own := pack.NewRegistry() // the host's is shared between tests
		for _, b := range s.desk.Packs.List() {
			if err := own.Add(b); err != nil {
				s.t.Fatal(err)
			}
		}
		s.desk.Packs = own
	}
	f := s.desk.Rules.(*fakes)
	f.mu.Lock()
	f.by[packID+" "+version] = say
	f.mu.Unlock()
	if err := s.desk.Packs.Add(b); err != nil {
		s.t.Fatal(err)
	}
	s.tx(func(ctx context.Context, tx *db.Tx) error {
		return pack.Set(ctx, tx, pack.Change{Merchant: s.m.ID, Shops: []id.ID{s.shop.ID}, PackID: packID, Enabled: true, Version: version, Config: []byte("{}")})
	})
}

// broken is an answer that fails.
func broken(*promotion.Input) (promotion.Output, error) { return promotion.Output{}, errBroken }
