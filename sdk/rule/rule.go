package rule

// Rule is a pack's logic. Configure takes the merchant's configuration, JSON
// that is valid by the pack's schema, before the first call; an error refuses it.
//
// A Rule also has one method for each hook that it serves: see Pricer,
// Benefiter and the others.
type Rule interface {
	Configure(config []byte) error
}

// The hooks. Each method reads in and appends to the tables of out that its
// hook has power over; Notes may be appended by any. in and its strings are
// valid during the call only.
type (
	// Pricer proposes unit prices: candidates of ClassLine, Percent or FixedPrice.
	Pricer interface {
		Price(in *Input, out *Output) error
	}
	// Benefiter proposes benefits: candidates of ClassLine and ClassOrder.
	Benefiter interface {
		Benefit(in *Input, out *Output) error
	}
	// Tenderer limits what own-wallet tenders may pay: Tenders.
	Tenderer interface {
		Tender(in *Input, out *Output) error
	}
	// Earner proposes points, rebates (Bonuses) and Grants.
	Earner interface {
		Earn(in *Input, out *Output) error
	}
	// TopUpper proposes bonuses for top-up lines, and Grants.
	TopUpper interface {
		TopUp(in *Input, out *Output) error
	}
	// Tierer proposes the member's tier after the sale. An input without lines is a
	// review: there the answer is the tier that the figures deserve, the member's own
	// too, and a note without a tier says that they deserve none.
	Tierer interface {
		Tier(in *Input, out *Output) error
	}
	// Commissioner proposes commission for the staff of lines.
	Commissioner interface {
		Commission(in *Input, out *Output) error
	}
	// Triggerer answers an event (Input.Event) with Grants.
	Triggerer interface {
		Trigger(in *Input, out *Output) error
	}
	// Drawer draws prizes from Input.Prizes by Input.Seed: one Grant each.
	Drawer interface {
		Draw(in *Input, out *Output) error
	}
	// Returner says what a refund does beyond the stored allocation: Returns.
	Returner interface {
		Return(in *Input, out *Output) error
	}
)

// ErrHook answers where a rule is asked for a hook that it does not serve.
var ErrHook error = failure("hook not served")

// Serves lists the hooks for which r has a method, in their order.
func Serves(r Rule) []Hook {
	var hs []Hook
	for h := HookPrice; h <= HookReturn; h++ {
		if method(r, h) != nil {
			hs = append(hs, h)
		}
	}
	return hs
}

// Evaluate runs the method of in.Hook. out is emptied first.
func Evaluate(r Rule, in *Input, out *Output) error {
	out.Reset()
	f := method(r, in.Hook)
	if f == nil {
		return ErrHook
	}
	return f(in, out)
}

func method(r Rule, h Hook) func(*Input, *Output) error {
	switch h {
	case HookPrice:
		if x, ok := r.(Pricer); ok {
			return x.Price
		}
	case HookBenefit:
		if x, ok := r.(Benefiter); ok {
			return x.Benefit
		}
	case HookTender:
		if x, ok := r.(Tenderer); ok {
			return x.Tender
		}
	case HookEarn:
		if x, ok := r.(Earner); ok {
			return x.Earn
		}
	case HookTopUp:
		if x, ok := r.(TopUpper); ok {
			return x.TopUp
		}
	case HookTier:
		if x, ok := r.(Tierer); ok {
			return x.Tier
		}
	case HookCommission:
		if x, ok := r.(Commissioner); ok {
			return x.Commission
		}
	case HookTrigger:
		if x, ok := r.(Triggerer); ok {
			return x.Trigger
		}
	case HookDraw:
		if x, ok := r.(Drawer); ok {
			return x.Draw
		}
	case HookReturn:
		if x, ok := r.(Returner); ok {
			return x.Return
		}
	}
	return nil
}

// Reset empties the tables and keeps their memory.
func (o *Output) Reset() {
	o.Candidates = o.Candidates[:0]
	o.Earns = o.Earns[:0]
	o.Tier = TierProposal{}
	o.Commissions = o.Commissions[:0]
	o.Bonuses = o.Bonuses[:0]
	o.Notes = o.Notes[:0]
	o.Tenders = o.Tenders[:0]
	o.Grants = o.Grants[:0]
	o.Returns = o.Returns[:0]
}

// Propose appends a candidate.
func (o *Output) Propose(c Candidate) { o.Candidates = append(o.Candidates, c) }

// Give appends a grant.
func (o *Output) Give(g Grant) { o.Grants = append(o.Grants, g) }

// Limit appends a limit of a tender.
func (o *Output) Limit(t TenderLimit) { o.Tenders = append(o.Tenders, t) }

// Keep appends a term of a refund.
func (o *Output) Keep(t ReturnTerm) { o.Returns = append(o.Returns, t) }

// Say appends a note.
func (o *Output) Say(n Note) { o.Notes = append(o.Notes, n) }

// Fact answers a fact and whether the host gave it: only those that the
// manifest declares are given. It is the figure of all shops; FactHere that of the
// basket's.
func (in *Input) Fact(kind FactKind, windowDays uint32) (int64, bool) {
	return in.fact(kind, windowDays, ScopeMerchant)
}

// FactHere is Fact for the basket's shop alone.
func (in *Input) FactHere(kind FactKind, windowDays uint32) (int64, bool) {
	return in.fact(kind, windowDays, ScopeShop)
}

func (in *Input) fact(kind FactKind, windowDays uint32, scope FactScope) (int64, bool) {
	for i := range in.Facts {
		if f := &in.Facts[i]; f.Kind == kind && f.WindowDays == windowDays && f.Scope == scope {
			return f.Value, true
		}
	}
	return 0, false
}

// Rank is the rank of a tier, and whether the merchant has it.
func (in *Input) Rank(tier string) (int32, bool) {
	for i := range in.Tiers {
		if in.Tiers[i].Code == tier {
			return in.Tiers[i].Rank, true
		}
	}
	return 0, false
}

// Merchandise reports whether the line sells goods or a service, the kinds that
// benefits and points look at by default.
func (l *Line) Merchandise() bool { return l.Kind == KindGoods || l.Kind == KindService }

// Year of the date.
func (d Date) Year() int { return int(d / 10000) }

// Month of the date, 1..12.
func (d Date) Month() int { return int(d / 100 % 100) }

// Day of the month, 1..31.
func (d Date) Day() int { return int(d % 100) }

// Weekday of the date, 0 = Sunday. It is the business date's: after midnight
// and before the shop's cut-off Input.Weekday is already the next day.
func (d Date) Weekday() int {
	y, m := d.Year(), d.Month()
	if m < 1 || m > 12 {
		return 0
	}
	if m < 3 {
		y--
	}
	return (y + y/4 - y/100 + y/400 + int("-bed=pen+mad."[m]) + d.Day()) % 7
}
