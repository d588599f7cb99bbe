package sale

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

const headColumns = `merchant_id, id, kind, state, of_sale_id, reason, shop_id, register_id, shift_id, series, number, member_id, actor_id, currency,
	subtotal, discount, tax, total, cash_rounding, paid, change_given, points_earned, commission, tier_before, tier_after, business_date,
	occurred_at, recorded_at, completed_at, origin, device_seq, fallbacks`

func scanHead(r db.Row, s *Sale) error {
	var number, completed, seq *int64
	var ccy string
	err := r.Scan(&s.Merchant, &s.ID, &s.Kind, &s.State, &s.Of, &s.Reason, &s.Shop, &s.Register, &s.Shift, &s.Series, &number, &s.Member, &s.Actor, &ccy,
		&s.Subtotal, &s.Discount, &s.Tax, &s.Total, &s.CashRounding, &s.Paid, &s.Change, &s.Points, &s.Commission, &s.TierBefore, &s.TierAfter, &s.BusinessDate,
		&s.OccurredAt, &s.RecordedAt, &completed, &s.Origin, &seq, &s.Fallbacks)
	if err != nil {
		return err
	}
	if number != nil {
		s.Number = *number
	}
	if completed != nil {
		s.CompletedAt = clock.Instant(*completed)
	}
	if seq != nil {
		s.DeviceSeq = *seq
	}
	s.Currency, err = money.CurrencyOf(ccy)
	return err
}

// Get reads a document whole, without its rule messages. Fault: sale.not_found.
func Get(ctx context.Context, r db.Reader, m, sale id.ID) (*Sale, error) {
	s := &Sale{}
	if err := r.Batch(ctx, AskWhole(m, sale, s)...); err != nil {
		return nil, err
	}
	if s.ID.IsNone() {
		return nil, ErrNotFound
	}
	return s, nil
}

// AskWhole reads a document with its parts into s, which has no ID where there is none.
func AskWhole(m, sale id.ID, s *Sale) []db.Ask {
	*s = Sale{}
	args := func() []any { return []any{m, sale} } // each ask converts its own
	return []db.Ask{
		{SQL: `select ` + headColumns + ` from sales where merchant_id = $1 and id = $2`, Args: args(), Scan: func(r db.Row) error { return scanHead(r, s) }},
		{SQL: `select id, no, kind, sku_id, sku_code, name, category, quantity, unit_price, gross, net, tax_rate, tax, cost, staff_id, of_line_id, stocked, points, commission, punches, visits, bonus,
			tax_category, tax_name, face, gift_card_id, gift_card, points_cost, plan_id, withheld
			from sale_lines where merchant_id = $1 and sale_id = $2 order by no`, Args: args(), Scan: func(r db.Row) error {
			var l Line
			err := r.Scan(&l.ID, &l.No, &l.Kind, &l.SKU, &l.SKUCode, &l.Name, &l.Category, &l.Quantity, &l.UnitPrice, &l.Gross, &l.Net, &l.TaxRate, &l.Tax, &l.Cost, &l.Staff, &l.Of, &l.Stocked, &l.Points, &l.Commission, &l.Punches, &l.Visits, &l.Bonus,
				&l.TaxCategory, &l.TaxName, &l.Face, &l.GiftCard, &l.CardNumber, &l.PointsCost, &l.Plan, &l.Withheld)
			s.Lines = append(s.Lines, l)
			return err
		}},
		{SQL: `select line_id, amount, group_no, kind, pack_id, pack_version, code, arg, money, label, coupon_id, units from sale_adjustments where merchant_id = $1 and sale_id = $2 order by no`, Args: args(), Scan: func(r db.Row) error {
			var a Adjustment
			err := r.Scan(&a.Line, &a.Amount, &a.Group, &a.Kind, &a.PackID, &a.PackVersion, &a.Code, &a.Arg, &a.Money, &a.Label, &a.Coupon, &a.Units)
			s.Adjustments = append(s.Adjustments, a)
			return err
		}},
		{SQL: `select type, amount, tendered, points, state, reference, gift_card_id from sale_tenders where merchant_id = $1 and sale_id = $2 order by no`, Args: args(), Scan: func(r db.Row) error {
			var t Tender
			err := r.Scan(&t.Type, &t.Amount, &t.Tendered, &t.Points, &t.State, &t.Reference, &t.GiftCard)
			s.Tenders = append(s.Tenders, t)
			return err
		}},
		{SQL: `select hook, pack_id, pack_version, module_hash, config_hash, outcome, fuel, nanos from sale_rules where merchant_id = $1 and sale_id = $2 order by no`, Args: args(), Scan: func(r db.Row) error {
			var v RuleRun
			err := r.Scan(&v.Hook, &v.PackID, &v.PackVersion, &v.ModuleHash, &v.ConfigHash, &v.Outcome, &v.Fuel, &v.Nanos)
			s.Rules = append(s.Rules, v)
			return err
		}},
	}
}

// LoadRules fills in the messages of the rule calls and the trace.
func LoadRules(ctx context.Context, r db.Reader, s *Sale) error {
	var in, out []byte
	err := r.Batch(ctx, db.Ask{SQL: `select input, output, trace from sale_rule_inputs where merchant_id = $1 and sale_id = $2 and no = 0`,
		Args: []any{s.Merchant, s.ID}, Scan: func(row db.Row) error { return row.Scan(&in, &out, &s.Trace) }})
	if err != nil || in == nil {
		return err
	}
	for k, blob := range [][]byte{in, out} {
		raw, err := inflate(blob)
		if err != nil {
			return err
		}
		for i, msg := range unframe(raw) {
			if i >= len(s.Rules) {
				break
			}
			if k == 0 {
				s.Rules[i].Input = msg
			} else {
				s.Rules[i].Output = msg
			}
		}
	}
	return nil
}

// AskStates reads what is left of the lines of a sale, locked.
func AskStates(m, sale id.ID, lock bool, out *[]LineState) db.Ask {
	q := `select line_id, quantity, refunded, net, net_back, points, points_back, punches, punches_back, commission, commission_back, tax, tax_back
		from sale_line_state where merchant_id = $1 and sale_id = $2 order by line_id`
	if lock {
		q += ` for update`
	}
	*out = (*out)[:0]
	return db.Ask{SQL: q, Args: []any{m, sale}, Scan: func(r db.Row) error {
		var v LineState
		err := r.Scan(&v.Line, &v.Quantity, &v.Refunded, &v.Net, &v.NetBack, &v.Points, &v.PointsBack, &v.Punches, &v.PunchesBack, &v.Commission, &v.CommissionBack, &v.Tax, &v.TaxBack)
		*out = append(*out, v)
		return err
	}}
}

// AskRefundedTenders reads what earlier refunds of a sale gave back: by tender
// type and gift card, and how much of it was rounding of the cash part.
func AskRefundedTenders(m, sale id.ID, out *[]Tender, rounding *money.Amount) []db.Ask {
	*out, *rounding = (*out)[:0], 0
	return []db.Ask{
		{SQL: `select t.type, t.gift_card_id, cast(sum(t.amount) as bigint), cast(sum(t.points) as bigint) from sales s join sale_tenders t on t.merchant_id = s.merchant_id and t.sale_id = s.id
			where s.merchant_id = $1 and s.of_sale_id = $2 group by t.type, t.gift_card_id`, Args: []any{m, sale}, Scan: func(r db.Row) error {
			var t Tender
			err := r.Scan(&t.Type, &t.GiftCard, &t.Amount, &t.Points)
			*out = append(*out, t)
			return err
		}},
		{SQL: `select cast(coalesce(sum(cash_rounding), 0) as bigint) from sales where merchant_id = $1 and of_sale_id = $2`, Args: []any{m, sale}, Scan: func(r db.Row) error { return r.Scan(rounding) }},
	}
}

// AskDraws reads which punch cards paid the lines of a sale, by line, less what
// its refunds gave back so far.
func AskDraws(m, sale id.ID, out *map[id.ID][]Draw) db.Ask {
	*out = map[id.ID][]Draw{}
	return db.Ask{SQL: `select p.line_id, p.owner_id, p.unit_id, p.visits - coalesce((select cast(sum(b.visits) as bigint) from sale_line_punches b
			where b.merchant_id = p.merchant_id and b.of_line_id = p.line_id and b.owner_id = p.owner_id and b.unit_id = p.unit_id), 0)
		from sale_line_punches p where p.merchant_id = $1 and p.sale_id = $2 order by p.line_id, p.no`, Args: []any{m, sale}, Scan: func(r db.Row) error {
		var line id.ID
		var d Draw
		err := r.Scan(&line, &d.Owner, &d.Unit, &d.Visits)
		(*out)[line] = append((*out)[line], d)
		return err
	}}
}

// Filter narrows a list of documents; zero fields do not.
type Filter struct {
	Shop, Register, Member, Shift, Of id.ID
	From, To                          clock.Date // inclusive
	Kind                              string
}

// List reads the heads of completed documents, newest first.
func List(ctx context.Context, r db.Reader, m id.ID, f Filter, p db.Page) ([]Sale, error) {
	return db.All(ctx, r, scanHead, `select `+headColumns+` from sales where merchant_id = $1 and state = 'completed'
		and (shop_id = $2 or cast($2 as text) is null) and (register_id = $3 or cast($3 as text) is null) and (member_id = $4 or cast($4 as text) is null)
		and (shift_id = $5 or cast($5 as text) is null) and (of_sale_id = $6 or cast($6 as text) is null)
		and (business_date >= $7 or $7 = '') and (business_date <= $8 or $8 = '') and (kind = $9 or $9 = '') and (id < $10 or cast($10 as text) is null)
		order by id desc limit $11`, m, f.Shop, f.Register, f.Member, f.Shift, f.Of, f.From, f.To, f.Kind, p.After, p.Size()+1)
}

// OpenSale is a sale that waits, with what is needed to go on.
type OpenSale struct {
	Sale  Sale
	Draft string
}

// ListOpen reads open sales that were recorded before an instant, oldest first.
func ListOpen(ctx context.Context, r db.Reader, m id.ID, before clock.Instant, limit int) ([]id.ID, error) {
	return db.All(ctx, r, func(row db.Row, v *id.ID) error { return row.Scan(v) },
		`select id from sales where merchant_id = $1 and state = 'open' and recorded_at < $2 order by recorded_at limit $3`, m, before, limit)
}

// AskOpen reads an open sale's head and draft, locked where asked.
func AskOpen(m, sale id.ID, lock bool, out *OpenSale) db.Ask {
	*out = OpenSale{}
	q := `select ` + headColumns + `, draft from sales where merchant_id = $1 and id = $2`
	if lock {
		q += ` for no key update`
	}
	return db.Ask{SQL: q, Args: []any{m, sale}, Scan: func(r db.Row) error {
		return scanHead(withDraft{r, &out.Draft}, &out.Sale)
	}}
}

// withDraft scans one more column behind the head's.
type withDraft struct {
	row   db.Row
	draft *string
}

func (w withDraft) Scan(dest ...any) error { return w.row.Scan(append(dest, w.draft)...) }
