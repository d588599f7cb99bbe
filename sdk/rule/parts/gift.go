package parts

import "github.com/shopwright/shopwright/sdk/rule"

// What one grant may hold at most; the host refuses more.
const (
	maxGrant     = 1_000_000
	maxValidDays = 36_500
)

// gift is something given besides the sale: a row of a list of gifts.
//
// Settings of a row: kind (points, money, coupon, visits, gift, chances,
// message), code (of the coupon template, the service, the gift or the message),
// count, money, valid_days. The note's code is that of where the gift comes from
// and its kind: birthday_coupon.
type gift struct {
	kind  rule.GrantKind // 0: nothing
	name  string
	code  string
	count int64
	money rule.Amount
	valid uint32
}

var giftKinds = [...]struct {
	name string
	kind rule.GrantKind
}{
	{"points", rule.GrantPoints}, {"money", rule.GrantMoney}, {"coupon", rule.GrantCoupon}, {"visits", rule.GrantVisits},
	{"gift", rule.GrantGift}, {"chances", rule.GrantChances}, {"message", rule.GrantMessage},
}

func giftOf(v rule.Value) gift {
	g := gift{
		code: v.Text("code", ""), count: v.Int("count", 1), money: v.Amount("money", 0),
		valid: uint32(min(max(v.Int("valid_days", 0), 0), maxValidDays)),
	}
	name := v.Text("kind", "points")
	for _, k := range giftKinds {
		if k.name == name {
			g.kind, g.name = k.kind, k.name
		}
	}
	return g
}

// give appends the grant, so many times; a row that names nothing gives nothing.
// why is where the gift comes from; of the note, a message keeps the arguments
// that fill it.
func (g *gift) give(out *rule.Output, why string, times int64, n rule.Note) bool {
	r := rule.Grant{Kind: g.kind, Line: n.LineNo, ValidDays: g.valid}
	switch g.kind {
	case rule.GrantMoney:
		r.Amount = rule.Amount(rule.MulDiv(int64(g.money), times, 1, rule.Down))
		if r.Amount <= 0 {
			return false
		}
		n.Money = r.Amount
	case rule.GrantMessage:
		if g.code == "" {
			return false
		}
		r.Code = g.code
	case rule.GrantPoints, rule.GrantChances, rule.GrantCoupon, rule.GrantVisits, rule.GrantGift:
		r.Count = min(rule.MulDiv(g.count, times, 1, rule.Down), maxGrant)
		named := g.kind != rule.GrantPoints && g.kind != rule.GrantChances
		if r.Count <= 0 || named && g.code == "" {
			return false
		}
		if g.kind != rule.GrantPoints {
			r.Code = g.code // of chances: the pack that draws, where it is named
		}
		n.Arg, n.Label = r.Count, r.Code
	default:
		return false
	}
	n.Code = why + "_" + g.name
	r.Note = n
	out.Give(r)
	return true
}
