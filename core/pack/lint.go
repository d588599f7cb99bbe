package pack

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/promotion"
)

// Severity of a finding. An error keeps the pack from working as it is set.
type Severity string

const (
	SeverityError Severity = "error"
	SeverityWarn  Severity = "warn"
	SeverityInfo  Severity = "info"
)

// Codes of findings. They are stable; the text of each is "pack.lint.<code>".
const (
	LintConfig          = "config_invalid"       // {detail}
	LintRemoved         = "version_removed"      // {version}
	LintUnsigned        = "not_vouched_for"      //
	LintFails           = "fails_on_samples"     // {n} {of}
	LintEarn            = "earn_whole"           // {other}
	LintTopUp           = "topup_best"           // {other}
	LintTier            = "tier_highest"         // {other}
	LintCommission      = "commission_best"      // {other}
	LintCoupon          = "coupon_twice"         // {other} {n}
	LintCategory        = "category_shared"      // {other} {category}
	LintCategoryUnknown = "category_undeclared"  // {category}
	LintTie             = "priority_tie"         // {other} {category} {first} {priority}
	LintPower           = "power_new"            // {power} {version}
	LintHook            = "hook_new"             // {hook} {version}
	LintFact            = "fact_without_history" // {fact} {days}
	LintFactNone        = "fact_never_recorded"  // {fact}
	LintText            = "text_missing"         // {language} {n} {codes}
	LintLanguage        = "language_missing"     // {language}
	LintCode            = "code_without_text"    // {codes}
	LintOlder           = "older_version"        // {version}
)

// LintCodes lists every code there is.
func LintCodes() []string {
	return []string{LintConfig, LintRemoved, LintUnsigned, LintFails, LintEarn, LintTopUp, LintTier, LintCommission, LintCoupon, LintCategory, LintCategoryUnknown,
		LintTie, LintPower, LintHook, LintFact, LintFactNone, LintText, LintLanguage, LintCode, LintOlder}
}

// Finding is one thing to know before a pack is switched on or changed.
type Finding struct {
	Code     string
	Severity Severity
	Other    string // the id of the other pack that it is about; "" for none
	Args     map[string]any
}

// Key is the finding's text in the catalogues.
func (f Finding) Key() string { return "pack.lint." + f.Code }

// Days says since when the history facts of a kind have been recorded; a kind that
// is not in it has never been.
type Days map[promotion.FactKind]int

// LintIn is a pack as it is about to be set in a shop, and what it meets there.
type LintIn struct {
	Subject Placed
	Before  *Bundle // the version that is on in the shop; nil: none is
	Others  []Placed
	Trust   Trust
	Removed bool
	History Days // nil: not known, nothing is said of it
	Seen    *Observation
}

// Lint answers the findings, errors first.
func Lint(in LintIn) []Finding {
	l := &linter{in: in}
	l.itself()
	l.versions()
	l.facts()
	l.texts()
	for _, other := range in.Others {
		l.together(other)
	}
	slices.SortStableFunc(l.out, func(a, b Finding) int {
		return cmp.Compare(slices.Index(severities, a.Severity), slices.Index(severities, b.Severity))
	})
	return l.out
}

var severities = []Severity{SeverityError, SeverityWarn, SeverityInfo}

type linter struct {
	in  LintIn
	out []Finding
}

func (l *linter) say(code string, s Severity, other string, args ...any) {
	f := Finding{Code: code, Severity: s, Other: other, Args: map[string]any{}}
	for i := 0; i+1 < len(args); i += 2 {
		f.Args[args[i].(string)] = args[i+1]
	}
	if other != "" {
		f.Args["other"] = other
	}
	l.out = append(l.out, f)
}

func (l *linter) itself() {
	b := l.in.Subject.Bundle
	if _, err := b.CheckConfig(l.in.Subject.Config); err != nil {
		l.say(LintConfig, SeverityError, "", "detail", detailOf(err))
	}
	if l.in.Removed {
		l.say(LintRemoved, SeverityError, "", "version", b.Version)
	}
	if l.in.Trust == TrustDevelopment {
		l.say(LintUnsigned, SeverityWarn, "")
	}
	o := l.in.Seen
	if o == nil {
		return
	}
	if n := o.Failed[b.ID]; n > 0 {
		l.say(LintFails, SeverityError, "", "n", n, "of", o.Baskets)
	}
	if codes := o.NoText[b.ID]; len(codes) > 0 {
		l.say(LintCode, SeverityWarn, "", "codes", listed(codes))
	}
	if unknown := o.Unknown[b.ID]; len(unknown) > 0 {
		l.say(LintCategoryUnknown, SeverityWarn, "", "category", listed(unknown))
	}
}

// versions compares with the version that is on: what it may do that the one
// before could not.
func (l *linter) versions() {
	if l.in.Before == nil {
		return
	}
	b := l.in.Subject.Bundle
	d := DiffVersions(l.in.Before, b)
	for _, p := range d.Powers.Added {
		l.say(LintPower, SeverityWarn, "", "power", p, "version", b.Version)
	}
	for _, h := range d.Hooks.Added {
		l.say(LintHook, SeverityInfo, "", "hook", h, "version", b.Version)
	}
	if CompareVersions(b.Version, l.in.Before.Version) < 0 {
		l.say(LintOlder, SeverityInfo, "", "version", l.in.Before.Version)
	}
}

// facts says which windows reach back further than the history does: there the
// pack sees less than its window promises.
func (l *linter) facts() {
	if l.in.History == nil {
		return
	}
	var short []string
	days := -1
	none := map[promotion.FactKind]bool{}
	for i, ref := range l.in.Subject.Bundle.FactRefs() {
		recorded, has := l.in.History[ref.Kind]
		switch {
		case !has:
			none[ref.Kind] = true
		case spanOf(ref.WindowDays) > recorded:
			short = append(short, l.in.Subject.Bundle.Facts[i].Name())
			if days < 0 || recorded < days {
				days = recorded
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(none)) {
		l.say(LintFactNone, SeverityWarn, "", "fact", factName(k))
	}
	if len(short) > 0 {
		l.say(LintFact, SeverityInfo, "", "fact", listed(short), "days", days)
	}
}

// spanOf is how many days a window reaches back at most; the whole life promises
// no more than there is.
func spanOf(window int) int {
	switch {
	case window == promotion.WindowMonth:
		return 31
	case window == promotion.WindowQuarter:
		return 92
	case window == promotion.WindowYear, window == promotion.WindowMembershipYear:
		return 366
	case window == promotion.WindowLastYear:
		return 731
	case window > promotion.WindowMonths:
		return 31 * (window - promotion.WindowMonths)
	}
	return window
}

// detailOf is what a fault says in its own words.
func detailOf(err error) string {
	x := fault.Of(err)
	if d, ok := x.Args["detail"].(string); ok {
		return strings.TrimSpace(x.Param + " " + d)
	}
	return x.Reason
}

func factName(k promotion.FactKind) string {
	for name, kind := range factKinds {
		if kind == k {
			return name
		}
	}
	return ""
}

// texts compares the languages with English, which every pack has.
func (l *linter) texts() {
	b := l.in.Subject.Bundle
	codes := b.Codes()
	for _, tag := range i18n.Tags() {
		if tag == i18n.English {
			continue
		}
		have := b.texts[tag]
		if have == nil {
			l.say(LintLanguage, SeverityInfo, "", "language", tag)
			continue
		}
		var missing []string
		for _, c := range codes {
			if _, ok := have[c]; !ok {
				missing = append(missing, c)
			}
		}
		if len(missing) > 0 {
			l.say(LintText, SeverityInfo, "", "language", tag, "n", len(missing), "codes", listed(missing))
		}
	}
}

func listed(names []string) string {
	if len(names) > maxNames {
		return strings.Join(names[:maxNames], ", ") + " +" + strconv.Itoa(len(names)-maxNames)
	}
	return strings.Join(names, ", ")
}

// hookCodes are the findings for hooks whose answers do not add up.
var hookCodes = []struct {
	hook     promotion.Hook
	code     string
	severity Severity
}{
	{promotion.HookEarn, LintEarn, SeverityWarn}, {promotion.HookTopUp, LintTopUp, SeverityInfo},
	{promotion.HookTier, LintTier, SeverityWarn}, {promotion.HookCommission, LintCommission, SeverityInfo},
}

func (l *linter) together(other Placed) {
	a, b := l.in.Subject.Bundle, other.Bundle
	for _, h := range hookCodes {
		if a.Serves(h.hook) && b.Serves(h.hook) {
			l.say(h.code, h.severity, b.ID)
		}
	}
	if o := l.in.Seen; o != nil {
		pair := [2]string{min(a.ID, b.ID), max(a.ID, b.ID)}
		if n := o.Coupons[pair]; n > 0 {
			l.say(LintCoupon, SeverityWarn, b.ID, "n", n)
		}
	}
	var shared []string
	for _, c := range a.Categories {
		if slices.Contains(b.Categories, c) && c != CouponCategory && !l.onlyPrices(c, a.ID, b.ID) {
			shared = append(shared, c)
		}
	}
	if len(shared) > 0 {
		l.say(LintCategory, SeverityWarn, b.ID, "category", listed(shared))
	}
	l.ties(other)
}

// onlyPrices reports whether a category is used for prices alone, which compete
// whatever their category.
func (l *linter) onlyPrices(category string, packs ...string) bool {
	if l.in.Seen == nil {
		return false
	}
	seen := false
	for g := range l.in.Seen.Traits {
		if g.Category == category && slices.Contains(packs, g.Pack) {
			if seen = true; g.Phase != PhasePrice {
				return false
			}
		}
	}
	return seen
}

// ties are groups of one phase that meet at equal priority: a name decides who
// goes first.
func (l *linter) ties(other Placed) {
	if l.in.Seen == nil {
		return
	}
	m := MatrixOf(l.in.Subject, []Placed{other}, l.in.Seen)
	for i := range m.Meetings {
		x := &m.Meetings[i]
		if x.Why != WhyID || x.Assumed || x.Seen.Baskets == 0 || x.A.Phase == PhasePrice {
			continue
		}
		t := l.in.Seen.Traits[x.A]
		l.say(LintTie, SeverityWarn, other.Bundle.ID, "category", shownCategories(x.A.Category, x.B.Category), "first", x.First, "priority", t.Highest)
	}
}

func shownCategories(a, b string) string {
	if a == b {
		return cmp.Or(a, "–")
	}
	return cmp.Or(a, "–") + " / " + cmp.Or(b, "–")
}
