package sale

import (
	"bytes"
	"compress/flate"
	"io"
	"sync"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// Past is a completed sale as it is read by the thousand: its lines,
// adjustments, tenders and rule runs, whose messages stay packed until Unpack.
type Past struct {
	Sale
	packedIn, packedOut []byte
}

// AskPastIDs reads the ids of the completed sales of a business date in the
// order of their ids; shops nil is every shop.
func AskPastIDs(m id.ID, date clock.Date, shops []id.ID, out *[]id.ID) db.Ask {
	*out = (*out)[:0]
	a := db.Ask{
		SQL:  `select id from sales where merchant_id = $1 and business_date = $2 and state = 'completed' and kind = 'sale'`,
		Args: []any{m, date},
		Scan: func(r db.Row) error {
			var v id.ID
			err := r.Scan(&v)
			*out = append(*out, v)
			return err
		},
	}
	if shops != nil {
		a.SQL += ` and shop_id in_ids($3)`
		a.Args = append(a.Args, shops)
	}
	a.SQL += ` order by id`
	return a
}

// AskPastCount counts the completed sales of business dates, both included;
// shops nil is every shop.
func AskPastCount(m id.ID, from, to clock.Date, shops []id.ID, out *int64) db.Ask {
	a := db.Ask{
		SQL:  `select count(*) from sales where merchant_id = $1 and business_date >= $2 and business_date <= $3 and state = 'completed' and kind = 'sale'`,
		Args: []any{m, from, to},
		Scan: func(r db.Row) error { return r.Scan(out) },
	}
	if shops != nil {
		a.SQL += ` and shop_id in_ids($4)`
		a.Args = append(a.Args, shops)
	}
	return a
}

// AskPast reads those of the ids that are completed sales, in the order of their
// ids.
func AskPast(m id.ID, ids []id.ID, out *[]Past) []db.Ask {
	*out = make([]Past, 0, len(ids))
	at := make(map[id.ID]int, len(ids))
	args := func() []any { return []any{m, ids} } // each ask converts its own
	of := func(sale id.ID) *Past {
		if i, ok := at[sale]; ok {
			return &(*out)[i]
		}
		return &Past{} // a document of another kind
	}
	return []db.Ask{
		{SQL: `select ` + headColumns + ` from sales where merchant_id = $1 and id in_ids($2) and state = 'completed' and kind = 'sale' order by id`, Args: args(), Scan: func(r db.Row) error {
			var p Past
			err := scanHead(r, &p.Sale)
			at[p.ID] = len(*out)
			*out = append(*out, p)
			return err
		}},
		{SQL: `select sale_id, id, no, kind, sku_id, sku_code, name, category, quantity, unit_price, gross, net, cost, staff_id, points, commission, visits, bonus, plan_id
			from sale_lines where merchant_id = $1 and sale_id in_ids($2) order by sale_id, no`, Args: args(), Scan: func(r db.Row) error {
			var sale id.ID
			var l Line
			err := r.Scan(&sale, &l.ID, &l.No, &l.Kind, &l.SKU, &l.SKUCode, &l.Name, &l.Category, &l.Quantity, &l.UnitPrice, &l.Gross, &l.Net, &l.Cost, &l.Staff, &l.Points, &l.Commission, &l.Visits, &l.Bonus, &l.Plan)
			p := of(sale)
			p.Lines = append(p.Lines, l)
			return err
		}},
		{SQL: `select sale_id, line_id, amount, group_no, kind, pack_id, code, arg, label from sale_adjustments where merchant_id = $1 and sale_id in_ids($2) order by sale_id, no`, Args: args(), Scan: func(r db.Row) error {
			var sale id.ID
			var a Adjustment
			err := r.Scan(&sale, &a.Line, &a.Amount, &a.Group, &a.Kind, &a.PackID, &a.Code, &a.Arg, &a.Label)
			p := of(sale)
			p.Adjustments = append(p.Adjustments, a)
			return err
		}},
		{SQL: `select sale_id, type, amount from sale_tenders where merchant_id = $1 and sale_id in_ids($2) order by sale_id, no`, Args: args(), Scan: func(r db.Row) error {
			var sale id.ID
			var t Tender
			err := r.Scan(&sale, &t.Type, &t.Amount)
			p := of(sale)
			p.Tenders = append(p.Tenders, t)
			return err
		}},
		{SQL: `select sale_id, hook, pack_id, pack_version, module_hash, config_hash, outcome, fuel from sale_rules where merchant_id = $1 and sale_id in_ids($2) order by sale_id, no`, Args: args(), Scan: func(r db.Row) error {
			var sale id.ID
			var v RuleRun
			err := r.Scan(&sale, &v.Hook, &v.PackID, &v.PackVersion, &v.ModuleHash, &v.ConfigHash, &v.Outcome, &v.Fuel)
			p := of(sale)
			p.Rules = append(p.Rules, v)
			return err
		}},
		{SQL: `select sale_id, input, output from sale_rule_inputs where merchant_id = $1 and sale_id in_ids($2) and no = 0`, Args: args(), Scan: func(r db.Row) error {
			var sale id.ID
			var in, out []byte
			err := r.Scan(&sale, &in, &out)
			p := of(sale)
			p.packedIn, p.packedOut = in, out
			return err
		}},
	}
}

// Unpack fills in the messages of the rule runs, or the Input of a sale that has
// none. Safe for concurrent use on
// different sales.
func (p *Past) Unpack() error {
	for k, blob := range [][]byte{p.packedIn, p.packedOut} {
		if blob == nil {
			continue
		}
		raw, err := reinflate(blob)
		if err != nil {
			return err
		}
		msgs := unframe(raw)
		if k == 0 && len(p.Rules) == 0 && len(msgs) > 0 {
			p.Input = msgs[0]
		}
		for i, msg := range msgs {
			if i >= len(p.Rules) {
				break
			}
			if k == 0 {
				p.Rules[i].Input = msg
			} else {
				p.Rules[i].Output = msg
			}
		}
	}
	p.packedIn, p.packedOut = nil, nil
	return nil
}

// inflaters are kept: a fresh one allocates tens of kilobytes.
var inflaters = sync.Pool{New: func() any { return flate.NewReader(bytes.NewReader(nil)) }}

func reinflate(blob []byte) ([]byte, error) {
	z := inflaters.Get().(io.ReadCloser)
	defer inflaters.Put(z)
	if err := z.(flate.Resetter).Reset(bytes.NewReader(blob), nil); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	out.Grow(4 * len(blob))
	_, err := out.ReadFrom(io.LimitReader(z, maxInflated))
	return out.Bytes(), err
}
