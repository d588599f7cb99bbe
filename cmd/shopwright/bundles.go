package main

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/shopwright/shopwright/admin/office"
	"github.com/shopwright/shopwright/core/api"
	"github.com/shopwright/shopwright/core/edition"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/rules"
)

// bundleDesk joins the installation of rule packs with the rule host.
type bundleDesk struct {
	a         *app
	installer *pack.Installer
	meetings  *report.PackMeetings

	mu      sync.Mutex
	watched map[string][]*func(float64) // by module hash
}

func newBundleDesk(a *app) *bundleDesk {
	d := &bundleDesk{a: a, watched: map[string][]*func(float64){}}
	d.installer = &pack.Installer{DB: a.db, Packs: a.packs, Ring: d.ring,
		Verify:  func(module []byte, floats bool) error { return a.rules.VerifyFor(module, floats) },
		Compile: d.compile,
	}
	d.meetings = &report.PackMeetings{DB: a.db, Packs: a.packs, Rules: lateRules{a}, Decode: rules.DecodeInput}
	return d
}

// lateRules is the rule host, which is opened after what asks it.
type lateRules struct{ a *app }

// Evaluate implements pack.Evaluator.
func (l lateRules) Evaluate(ctx context.Context, p promotion.PackRef, in *promotion.Input) (promotion.Answer, error) {
	return l.a.rules.Evaluate(ctx, p, in)
}

// ring is the keys that a merchant trusts; the platform's own are those of the
// edition that a stranger sees.
func (d *bundleDesk) ring(ctx context.Context, merchant id.ID) (pack.KeyRing, error) {
	name := edition.Default
	if merchant != pack.Platform {
		m, err := tenant.GetMerchant(ctx, d.a.db, merchant)
		if err != nil {
			return pack.KeyRing{}, err
		}
		if m.Edition != "" {
			name = m.Edition
		}
	}
	e, err := edition.Builtin(name)
	if err != nil {
		return pack.KeyRing{}, err
	}
	return pack.RingOf(ctx, d.a.db, merchant, e)
}

// compile compiles a module and starts it once with the pack's own settings.
func (d *bundleDesk) compile(ctx context.Context, b *pack.Bundle, progress func(float64)) error {
	defer d.watch(b.ModuleHash(), progress)()
	if _, err := d.a.rules.Install(ctx, b.Module(), b.Floats); err != nil {
		return err
	}
	config, err := b.CheckConfig(nil)
	if err != nil {
		return err
	}
	return d.a.rules.Prepare(ctx, b.Ref(config, 0))
}

func (d *bundleDesk) watch(hash string, progress func(float64)) (stop func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watched[hash] = append(d.watched[hash], &progress)
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.watched[hash] = slices.DeleteFunc(d.watched[hash], func(p *func(float64)) bool { return p == &progress })
		if len(d.watched[hash]) == 0 {
			delete(d.watched, hash)
		}
	}
}

// progress is told by the rule host how far a module is.
func (d *bundleDesk) progress(p rules.Progress) {
	d.mu.Lock()
	watching := slices.Clone(d.watched[p.Module])
	d.mu.Unlock()
	for _, tell := range watching {
		(*tell)(p.Done)
	}
}

// costs is what rules have cost since the program began.
func (d *bundleDesk) costs() []pack.Cost {
	var out []pack.Cost
	for _, c := range d.a.rules.Stats().Calls {
		out = append(out, pack.Cost{Pack: c.PackID, Version: c.Version, Hook: c.Hook.String(), Calls: c.Calls, Failures: c.Failures, Fuel: c.Fuel, FuelMax: c.FuelMax, Nanos: c.Nanos,
			P50: c.P50, P99: c.P99, Most: time.Duration(c.NanosMax)})
	}
	return out
}

// takesBundle reports whether a request carries a rule pack: larger than other
// bodies, and compiling takes its time.
func takesBundle(r *http.Request) bool { return api.IsInstallation(r) || office.IsInstallation(r) }
