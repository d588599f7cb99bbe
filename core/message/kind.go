package message

import "slices"

// Kinds of message.
const (
	KindPoints         = "points"          // points earned, spent, taken back
	KindMoney          = "money"           // stored value topped up, spent, given back
	KindPunch          = "punch"           // visits bought or used
	KindCoupon         = "coupon"          // coupons received
	KindCouponExpiring = "coupon_expiring" // a coupon ends soon
	KindExpiring       = "expiring"        // points, money or visits end soon
	KindTier           = "tier"            // another tier
	KindBirthday       = "birthday"
	KindVerification   = "verification" // a code to be typed in
	KindRule           = "rule"         // what a rule pack wants to be told
	KindCampaign       = "campaign"     // written by staff
)

// Subjects of an opt-out beside the kinds.
const (
	SubjectAll           = "all"
	SubjectTransactional = "transactional"
	SubjectMarketing     = "marketing"
)

// Kind is what is known of a kind of message.
type Kind struct {
	Name      string
	Marketing bool     // an offer: needs that consent, waits for the day, is capped
	Variables []string // beside {name}, {merchant} and {shop}
}

var kinds = []Kind{
	{KindMoney, false, []string{"amount", "balance", "points", "points_balance"}},
	{KindPoints, false, []string{"points", "balance"}},
	{KindPunch, false, []string{"count", "rest"}},
	{KindCoupon, false, []string{"coupon", "count", "until"}},
	{KindCouponExpiring, false, []string{"coupon", "until"}},
	{KindExpiring, false, []string{"what", "amount", "until"}},
	{KindTier, false, []string{"tier"}},
	{KindVerification, false, []string{"code", "minutes"}},
	{KindBirthday, true, nil},
	{KindRule, true, []string{"arg", "money", "label"}},
	{KindCampaign, true, []string{"text"}},
}

// always are the variables of every kind.
var always = []string{"name", "merchant", "shop"}

// Kinds lists the kinds, what staff looks at first before the rest.
func Kinds() []Kind { return slices.Clone(kinds) }

// KindOf finds a kind.
func KindOf(name string) (Kind, bool) {
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return kinds[i], true
}

// All lists the variables that a template of the kind may use.
func (k Kind) All() []string { return append(slices.Clone(k.Variables), always...) }

// Class is the kind's side of an opt-out.
func (k Kind) Class() string {
	if k.Marketing {
		return SubjectMarketing
	}
	return SubjectTransactional
}

func marketing() (names []string) {
	for _, k := range kinds {
		if k.Marketing {
			names = append(names, k.Name)
		}
	}
	return names
}

// Subjects lists what a member may opt out of.
func Subjects() []string {
	out := []string{SubjectAll, SubjectTransactional, SubjectMarketing}
	for _, k := range kinds {
		if k.Name != KindVerification { // asked for by the member, each time
			out = append(out, k.Name)
		}
	}
	return out
}
