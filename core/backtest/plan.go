package backtest

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
)

// plan is what a run knows beside the sales themselves. It reads packs of
// receipts as it meets them and is safe for concurrent use.
type plan struct {
	s        *Service
	merchant id.ID
	pack     string
	shops    map[id.ID]*shopTerms
	levels   map[id.ID]string // of staff
	tiers    []promotion.TierView
	a, b     side
	bundles  Bundles

	mu      sync.Mutex
	found   map[[2]string]*pack.Bundle // id, version; nil: not installed
	history map[string][]pack.Record   // by pack, the newest first
	refs    map[refKey]promotion.Pack  // receipts name few
	broken  map[refKey]Reason          // those that are gone
}

type refKey struct {
	shop                  id.ID
	pack, version, config string
	record                int // of the history: which priority
}

// side is a side's pack.
type side struct {
	Variant
	bundle *pack.Bundle    // Set
	pack   *promotion.Pack // Set
}

// shopTerms is what pricing goes by in a shop today.
type shopTerms struct {
	zone     clock.Zone
	settings setting.Values
	rounding money.Rounding
}

func (t *shopTerms) policy(tiers []promotion.TierView) loyalty.Policy {
	ladder := make([]string, len(tiers))
	for i := range tiers {
		ladder[i] = tiers[i].Code
	}
	return loyalty.PolicyOf(t.settings, ladder)
}

// plan reads what a run needs. The spec is checked.
func (s *Service) plan(ctx context.Context, m id.ID, packID string, a, b Variant) (*plan, error) {
	p := &plan{s: s, merchant: m, pack: packID, shops: map[id.ID]*shopTerms{}, levels: map[id.ID]string{}, bundles: s.Packs(ctx, m),
		found: map[[2]string]*pack.Bundle{}, history: map[string][]pack.Record{}, refs: map[refKey]promotion.Pack{}, broken: map[refKey]Reason{}}
	shops, err := tenant.ListShops(ctx, s.DB, m)
	if err != nil {
		return nil, err
	}
	for _, shop := range shops {
		v, err := setting.All(ctx, s.DB, m, shop.ID, id.None)
		if err != nil {
			return nil, err
		}
		p.shops[shop.ID] = &shopTerms{zone: shop.Zone, settings: v, rounding: setting.Rounding(v)}
	}
	staff, err := auth.ListStaff(ctx, s.DB, m)
	if err != nil {
		return nil, err
	}
	for _, v := range staff {
		p.levels[v.ID] = v.Level
	}
	tiers, err := member.ListTiers(ctx, s.DB, m)
	if err != nil {
		return nil, err
	}
	for _, t := range tiers {
		p.tiers = append(p.tiers, promotion.TierView{Code: t.Code, Rank: t.Rank})
	}
	for _, v := range []struct {
		to   *side
		from Variant
	}{{&p.a, a}, {&p.b, b}} {
		v.to.Variant = v.from
		if v.from.Mode != Set {
			continue
		}
		bundle, err := p.bundles.Get(packID, v.from.Version)
		if err != nil {
			return nil, err
		}
		x := packOf(bundle, v.from.Config, v.from.Priority)
		v.to.bundle, v.to.pack = bundle, &x
	}
	return p, nil
}

// packOf is a bundle as the pipeline takes it.
func packOf(b *pack.Bundle, config json.RawMessage, priority int32) promotion.Pack {
	p := promotion.Pack{Ref: b.Ref(config, priority)}
	for _, name := range b.Hooks {
		p.Hooks = append(p.Hooks, promotion.HookOf(name))
	}
	return p
}

// readPacks finds the packs that a receipt names, each as it was.
func (p *plan) readPacks(ctx context.Context, past *sale.Past, b *basket) Reason {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range past.Rules {
		r := &past.Rules[i]
		if slices.ContainsFunc(past.Rules[:i], func(o sale.RuleRun) bool { return o.PackID == r.PackID }) {
			continue // a quote asks a pack in one version
		}
		if r.PackID == p.pack && p.a.Mode != AsWas && p.b.Mode != AsWas {
			continue
		}
		x, reason := p.packOn(ctx, r, past.Shop, past.RecordedAt)
		if reason.Code != "" {
			return reason
		}
		if r.PackID == p.pack {
			b.asWas = &x
		} else {
			b.others = append(b.others, x)
		}
	}
	return Reason{}
}

// packOn finds a pack of a receipt with the configuration and the priority that
// the shop had at that time.
func (p *plan) packOn(ctx context.Context, r *sale.RuleRun, shop id.ID, at clock.Instant) (promotion.Pack, Reason) {
	records, err := p.historyOf(ctx, r.PackID)
	if err != nil {
		return promotion.Pack{}, Reason{ReasonConfig, r.PackID}
	}
	n := slices.IndexFunc(records, func(h pack.Record) bool {
		return h.Shop == shop && h.At <= at && h.Version == r.PackVersion && h.ConfigHash == r.ConfigHash && h.Enabled
	})
	key := refKey{shop, r.PackID, r.PackVersion, r.ConfigHash, n}
	if x, ok := p.refs[key]; ok {
		return x, Reason{}
	}
	if reason, ok := p.broken[key]; ok {
		return promotion.Pack{}, reason
	}
	bundle := p.bundleOf(r.PackID, r.PackVersion)
	var reason Reason
	switch {
	case bundle == nil || bundle.ModuleHash() != r.ModuleHash:
		reason = Reason{ReasonPack, r.PackID + " " + r.PackVersion}
	case n < 0:
		reason = Reason{ReasonConfig, r.PackID + " " + r.PackVersion}
	default:
		x := packOf(bundle, records[n].Config, records[n].Priority)
		p.refs[key] = x
		return x, Reason{}
	}
	p.broken[key] = reason
	return promotion.Pack{}, reason
}

func (p *plan) bundleOf(packID, version string) *pack.Bundle {
	key := [2]string{packID, version}
	b, known := p.found[key]
	if !known {
		b, _ = p.bundles.Get(packID, version)
		p.found[key] = b
	}
	return b
}

// historyOf is all that was ever set for a pack, the newest first.
func (p *plan) historyOf(ctx context.Context, packID string) ([]pack.Record, error) {
	if all, known := p.history[packID]; known {
		return all, nil
	}
	var all []pack.Record
	for page := (db.Page{Limit: 200}); ; {
		items, next, err := pack.History(ctx, p.s.DB, p.merchant, id.None, packID, page)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		if next == "" {
			break
		}
		if page.After, err = db.ParseCursor(next); err != nil {
			return nil, err
		}
	}
	p.history[packID] = all
	return all, nil
}

// background is what a page of sales needs beside them: the members of those that
// recorded no input, as they were.
type background struct {
	members map[id.ID]promotion.MemberView
} // by sale

// background reads it.
func (p *plan) background(ctx context.Context, page []sale.Past) (*background, error) {
	out := &background{members: map[id.ID]promotion.MemberView{}}
	var asks []db.Ask
	var sales []*sale.Past
	for i := range page {
		if !page[i].Member.IsNone() && len(page[i].Rules) == 0 {
			sales = append(sales, &page[i])
		}
	}
	profiles, held := make([]member.Profile, len(sales)), make([][]ledger.BalanceAt, len(sales))
	for i, v := range sales {
		asks = append(asks, member.AskProfile(p.merchant, v.Member, &profiles[i]), ledger.AskBalancesAt(p.merchant, ledger.OwnerMember, v.Member, v.OccurredAt-1, &held[i]))
	}
	if len(asks) == 0 {
		return out, nil
	}
	if err := p.s.DB.Batch(ctx, asks...); err != nil {
		return nil, err
	}
	for i, v := range sales {
		terms := p.shops[v.Shop]
		if profiles[i].ID.IsNone() || profiles[i].Status == member.Erased || terms == nil || p.s.Vault == nil {
			continue
		}
		month, day, err := profiles[i].Birthday(p.s.Vault)
		if err != nil {
			continue
		}
		var points int64
		for _, h := range held[i] {
			if h.Unit == ledger.UnitPoints && h.Class == ledger.ClassPoints {
				points = max(int64(h.Balance), 0)
			}
		}
		date := terms.zone.BusinessDate(v.OccurredAt)
		out.members[v.ID] = promotion.MemberView{Present: true, BirthdayMonth: month == int(date.Time().Month()), BirthdayToday: member.BirthdayWithin(month, day, date, 0),
			JoinedDays: int(v.OccurredAt.Sub(profiles[i].JoinedAt).Hours() / 24), Points: points}
	}
	return out, nil
}
