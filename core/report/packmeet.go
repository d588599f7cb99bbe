package report

import (
	"context"
	"slices"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
)

// Bounds of one look: it answers a page while somebody waits.
const (
	meetReceipts = 40 // of the shop's newest
	meetDays     = 30 // so far back at most
	meetOwn      = 40 // golden cases of the pack
	meetOthers   = 15 // of each other pack
	meetTime     = 8 * time.Second
)

// PackMeetings looks at how a pack meets the others of a shop, on golden cases and
// on the shop's newest receipts.
type PackMeetings struct {
	DB    *db.DB
	Packs *pack.Registry
	Rules pack.Evaluator
	// Decode reads a stored rule input; nil: receipts are taken from their lines
	// alone, without member and history.
	Decode func(message []byte) (promotion.Input, error)
}

// PackMeeting is what was found.
type PackMeeting struct {
	Subject  pack.Placed
	Enabled  bool // it would be on
	Before   *pack.Activation
	Trust    pack.Trust
	Others   []pack.Placed
	Matrix   pack.Matrix
	Findings []pack.Finding
	Seen     *pack.Observation
	Cut      bool // time ran out: not every basket was looked at
}

// Look lays what is asked over what the shop has and compares it with what is on
// there. Nothing is written. Faults: pack.not_installed; those of Open.
func (x *PackMeetings) Look(ctx context.Context, merchant, shop id.ID, packID string, a pack.Asked) (*PackMeeting, error) {
	v := x.Packs.For(ctx, merchant)
	acts, err := pack.ListFor(ctx, x.DB, merchant, shop)
	if err != nil {
		return nil, err
	}
	m := &PackMeeting{}
	for i := range acts {
		if acts[i].PackID == packID {
			m.Before = &acts[i]
			continue
		}
		if !acts[i].Enabled {
			continue
		}
		if b, err := v.Get(acts[i].PackID, acts[i].Version); err == nil { // one that is not there any more proposes nothing
			m.Others = append(m.Others, pack.Placed{Bundle: b, Config: acts[i].Config, Priority: acts[i].Priority})
		}
	}
	in := pack.LintIn{Others: m.Others}
	if err := m.place(v, packID, a, &in); err != nil {
		return nil, err
	}
	days, err := x.history(ctx, merchant)
	if err != nil {
		return nil, err
	}
	samples, err := x.samples(ctx, merchant, shop, m)
	if err != nil {
		return nil, err
	}
	in.History = days
	m.observe(ctx, x.Rules, samples)
	in.Subject, in.Trust, in.Seen = m.Subject, m.Trust, m.Seen
	m.Matrix, m.Findings = pack.MatrixOf(m.Subject, m.Others, m.Seen), pack.Lint(in)
	return m, nil
}

// Say is a finding in the reader's language, with the other pack's name, and hooks
// and powers in words.
func (m *PackMeeting) Say(l i18n.Locale, f pack.Finding) string {
	args := []any{}
	for k, v := range f.Args {
		text, isText := v.(string)
		switch {
		case k == "other" || k == "first":
			v = m.nameOf(l, text)
		case isText && wordsFor[k] != "":
			if key := wordsFor[k] + text; l.Has(key) {
				v = l.T(key)
			}
		case k == "language":
			v = l.T("language." + text)
		}
		args = append(args, k, v)
	}
	return l.T(f.Key(), args...)
}

// wordsFor are the prefixes of the catalogue's words for what manifests name.
var wordsFor = map[string]string{"hook": "office.hook.", "power": "office.power.", "fact": "office.fact."}

func (m *PackMeeting) nameOf(l i18n.Locale, packID string) string {
	if packID == m.Subject.Bundle.ID {
		return m.Subject.Bundle.Name(l)
	}
	for _, o := range m.Others {
		if o.Bundle.ID == packID {
			return o.Bundle.Name(l)
		}
	}
	return packID
}

// place finds the version that is meant. A configuration that does not fit it is a
// finding, not a fault: the rest can still be said.
func (m *PackMeeting) place(v *pack.View, packID string, a pack.Asked, in *pack.LintIn) error {
	on := a
	on.Enabled = nil
	c, b, err := v.Lay(packID, m.Before, on)
	if fault.ReasonIs(err, pack.ErrRemoved.Reason) {
		in.Removed = true
		if b, err = v.Get(packID, c.Version); err != nil {
			return err
		}
		if whole, e := b.CheckConfig(c.Config); e == nil {
			c.Config = whole
		}
	}
	if err != nil && !fault.ReasonIs(err, pack.ErrConfigInvalid.Reason) {
		return err
	}
	if m.Before != nil {
		in.Before, _ = v.Get(packID, m.Before.Version)
	}
	m.Subject, m.Enabled, m.Trust = pack.Placed{Bundle: b, Config: c.Config, Priority: c.Priority}, c.Enabled, pack.TrustEmbedded
	row, own, err := v.Installed(packID, b.Version)
	if own {
		m.Trust, in.Removed = row.Trust, row.Removed
	}
	return err
}

// observe runs the packs within the time that a page may take.
func (m *PackMeeting) observe(ctx context.Context, rules pack.Evaluator, samples []pack.Sample) {
	ctx, cancel := context.WithTimeout(ctx, meetTime)
	defer cancel()
	all := append([]pack.Placed{m.Subject}, m.Others...)
	if _, err := m.Subject.Bundle.CheckConfig(m.Subject.Config); err != nil {
		all = all[1:]
	}
	var err error
	m.Seen, err = pack.Observe(ctx, rules, all, samples)
	m.Cut = err != nil
}

// samples are golden cases, the pack's own first, and receipts.
func (x *PackMeetings) samples(ctx context.Context, merchant, shop id.ID, m *PackMeeting) ([]pack.Sample, error) {
	own := m.Subject.Bundle.Samples()
	out := slices.Clone(own[:min(len(own), meetOwn)])
	for _, o := range m.Others {
		theirs := o.Bundle.Samples()
		out = append(out, theirs[:min(len(theirs), meetOthers)]...)
	}
	past, err := x.receipts(ctx, merchant, shop)
	return append(out, past...), err
}

// receipts makes samples of the shop's newest receipts: what the rules saw then,
// or the lines where no pack was on.
func (x *PackMeetings) receipts(ctx context.Context, merchant, shop id.ID) ([]pack.Sample, error) {
	if shop.IsNone() {
		return nil, nil
	}
	s, err := tenant.GetShop(ctx, x.DB, merchant, shop)
	if err != nil {
		return nil, err
	}
	v, err := setting.All(ctx, x.DB, merchant, shop, id.None)
	if err != nil {
		return nil, err
	}
	var ids []id.ID
	day := s.Zone.BusinessDate(x.DB.Now())
	for range meetDays {
		var of []id.ID
		if err := x.DB.Batch(ctx, sale.AskPastIDs(merchant, day, []id.ID{shop}, &of)); err != nil {
			return nil, err
		}
		if more := meetReceipts - len(ids); len(of) > more {
			of = of[len(of)-more:]
		}
		if ids = append(ids, of...); len(ids) >= meetReceipts {
			break
		}
		day = day.AddDays(-1)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	var past []sale.Past
	if err := x.DB.Batch(ctx, sale.AskPast(merchant, ids, &past)...); err != nil {
		return nil, err
	}
	var out []pack.Sample
	for i := range past {
		if err := past[i].Unpack(); err != nil {
			return nil, err
		}
		out = append(out, x.receipt(&past[i], setting.Rounding(v), s.Zone)...)
	}
	return out, nil
}

var meetHooks = []promotion.Hook{promotion.HookPrice, promotion.HookBenefit}

func (x *PackMeetings) receipt(p *sale.Past, rounding money.Rounding, zone clock.Zone) []pack.Sample {
	var out []pack.Sample
	for _, h := range meetHooks {
		in, ok := x.recorded(p, h)
		if !ok {
			in, ok = rebuilt(&p.Sale, h, rounding, zone)
		}
		if ok {
			out = append(out, pack.Sample{Name: p.ReceiptNumber(), Past: true, Input: in})
		}
	}
	return out
}

func (x *PackMeetings) recorded(p *sale.Past, h promotion.Hook) (promotion.Input, bool) {
	if x.Decode == nil {
		return promotion.Input{}, false
	}
	for i := range p.Rules {
		if p.Rules[i].Hook == h.String() && len(p.Rules[i].Input) > 0 {
			in, err := x.Decode(p.Rules[i].Input)
			return in, err == nil
		}
	}
	return promotion.Input{}, false
}

// rebuilt is a basket of what was sold, at list price, for nobody.
func rebuilt(s *sale.Sale, h promotion.Hook, rounding money.Rounding, zone clock.Zone) (promotion.Input, bool) {
	local := zone.Local(s.OccurredAt)
	in := promotion.Input{Hook: h, Now: s.OccurredAt, Date: s.BusinessDate, Weekday: int(local.Weekday()), MinuteOfDay: local.Hour()*60 + local.Minute(), Currency: s.Currency, Rounding: rounding, Shop: s.Shop.String()}
	for i := range s.Lines {
		l := &s.Lines[i]
		kind := promotion.KindGoods
		switch l.Kind {
		case sale.LineService:
			kind = promotion.KindService
		case sale.LineGoods:
		default:
			continue
		}
		in.Lines = append(in.Lines, promotion.LineView{ID: uint32(len(in.Lines) + 1), Kind: kind, SKU: l.SKUCode, Category: l.Category, Quantity: l.Quantity, Unit: l.UnitPrice, Gross: l.Gross, Net: l.Gross, Cost: l.Cost, HasStaff: !l.Staff.IsNone()})
	}
	return in, len(in.Lines) > 0
}

// history says since how many days there have been sales, check-ins and referrals.
func (x *PackMeetings) history(ctx context.Context, merchant id.ID) (pack.Days, error) {
	var first, checked *string
	var brought *int64
	err := x.DB.Batch(ctx,
		db.Ask{SQL: `select min(business_date) from sales where merchant_id = $1`, Args: []any{merchant}, Scan: func(r db.Row) error { return r.Scan(&first) }},
		db.Ask{SQL: `select min(date) from check_ins where merchant_id = $1`, Args: []any{merchant}, Scan: func(r db.Row) error { return r.Scan(&checked) }},
		db.Ask{SQL: `select min(at) from member_referrals where merchant_id = $1`, Args: []any{merchant}, Scan: func(r db.Row) error { return r.Scan(&brought) }})
	if err != nil {
		return nil, err
	}
	now := x.DB.Now()
	today := clock.Zone{Loc: time.UTC}.BusinessDate(now)
	days := pack.Days{}
	if first != nil && *first != "" {
		n := daysBetween(clock.Date(*first), today)
		for _, k := range []promotion.FactKind{promotion.FactSpend, promotion.FactVisits, promotion.FactPoints, promotion.FactLastVisit, promotion.FactTopUps} {
			days[k] = n
		}
	}
	if checked != nil && *checked != "" {
		n := daysBetween(clock.Date(*checked), today)
		days[promotion.FactCheckIns], days[promotion.FactStreak] = n, n
	}
	if brought != nil {
		days[promotion.FactReferrals] = int(now.Sub(clock.Instant(*brought))/(24*time.Hour)) + 1
	}
	return days, nil
}

// daysBetween counts both days.
func daysBetween(from, to clock.Date) int {
	return int(to.Time().Sub(from.Time())/(24*time.Hour)) + 1
}
