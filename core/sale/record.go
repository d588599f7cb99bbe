package sale

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"sync"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

func orNull(v int64) any {
	if v == 0 {
		return nil
	}
	return v
}

// QueueOpen writes the head of a sale that waits for an acquirer, with what is
// needed to go on with it.
func QueueOpen(tx *db.Tx, s *Sale, draft string) {
	s.State = StateOpen
	queueHead(tx, s, draft)
}

// QueueInsert writes a completed document.
func QueueInsert(tx *db.Tx, s *Sale) {
	s.State, s.CompletedAt = StateCompleted, tx.Now
	queueHead(tx, s, "")
	queueParts(tx, s)
}

func queueHead(tx *db.Tx, s *Sale, draft string) {
	tx.Queue(`insert into sales (merchant_id, id, kind, state, of_sale_id, reason, shop_id, register_id, shift_id, series, number, member_id, actor_id, currency,
		subtotal, discount, tax, total, cash_rounding, paid, change_given, points_earned, commission, tier_before, tier_after, business_date,
		occurred_at, recorded_at, completed_at, origin, device_seq, fallbacks, draft)
		values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26,$27,$28,$29,$30,$31,$32,$33)`,
		s.Merchant, s.ID, s.Kind, s.State, s.Of, s.Reason, s.Shop, s.Register, s.Shift, s.Series, orNull(s.Number), s.Member, s.Actor, s.Currency.Code,
		s.Subtotal, s.Discount, s.Tax, s.Total, s.CashRounding, s.Paid, s.Change, s.Points, s.Commission, s.TierBefore, s.TierAfter, s.BusinessDate,
		s.OccurredAt, s.RecordedAt, orNull(int64(s.CompletedAt)), s.Origin, orNull(s.DeviceSeq), s.Fallbacks, draft)
}

// QueueComplete turns an open sale into a completed one. The caller has locked
// its row and seen that it is open.
func QueueComplete(tx *db.Tx, s *Sale) {
	s.State, s.CompletedAt = StateCompleted, tx.Now
	tx.Queue(`update sales set state = $3, shift_id = $4, series = $5, number = $6, paid = $7, change_given = $8, business_date = $9, completed_at = $10, tier_after = $11, points_earned = $12, cash_rounding = $13, draft = ''
		where merchant_id = $1 and id = $2 and state = 'open'`,
		s.Merchant, s.ID, s.State, s.Shift, s.Series, orNull(s.Number), s.Paid, s.Change, s.BusinessDate, orNull(int64(s.CompletedAt)), s.TierAfter, s.Points, s.CashRounding)
	queueParts(tx, s)
}

// QueueAbandon ends an open sale that came to nothing.
func QueueAbandon(tx *db.Tx, m, sale id.ID, reason string) {
	tx.Queue(`update sales set state = 'abandoned', reason = $3, draft = '' where merchant_id = $1 and id = $2 and state = 'open'`, m, sale, reason)
}

func queueParts(tx *db.Tx, s *Sale) {
	for i := range s.Lines {
		l := &s.Lines[i]
		tx.Queue(`insert into sale_lines (merchant_id, sale_id, id, no, kind, sku_id, sku_code, name, category, quantity, unit_price, gross, net, tax_rate, tax, cost, staff_id, of_line_id, stocked, points, commission, punches, visits, bonus,
			tax_category, tax_name, face, gift_card_id, gift_card, points_cost, plan_id, withheld)
			values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17,$18,$19,$20,$21,$22,$23,$24,$25,$26,$27,$28,$29,$30,$31,$32)`,
			s.Merchant, s.ID, l.ID, l.No, l.Kind, l.SKU, l.SKUCode, l.Name, l.Category, l.Quantity, l.UnitPrice, l.Gross, l.Net, l.TaxRate, l.Tax, l.Cost, l.Staff, l.Of, l.Stocked, l.Points, l.Commission, l.Punches, l.Visits, l.Bonus,
			l.TaxCategory, l.TaxName, l.Face, l.GiftCard, l.CardNumber, l.PointsCost, l.Plan, l.Withheld)
		for k, d := range l.Draws {
			tx.Queue(`insert into sale_line_punches (merchant_id, sale_id, line_id, no, of_line_id, owner_id, unit_id, visits) values ($1,$2,$3,$4,$5,$6,$7,$8)`,
				s.Merchant, s.ID, l.ID, k, l.Of, d.Owner, d.Unit, d.Visits)
		}
		if s.Kind == KindSale {
			tx.Queue(`insert into sale_line_state (merchant_id, sale_id, line_id, quantity, net, points, punches, commission, tax) values ($1,$2,$3,$4,$5,$6,$7,$8,$9)`,
				s.Merchant, s.ID, l.ID, l.Quantity, l.Net, l.Points, l.Punches, l.Commission, l.Tax)
		}
	}
	for i, a := range s.Adjustments {
		tx.Queue(`insert into sale_adjustments (merchant_id, sale_id, no, line_id, amount, group_no, kind, pack_id, pack_version, code, arg, money, label, coupon_id, units)
			values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15)`,
			s.Merchant, s.ID, i, a.Line, a.Amount, a.Group, a.Kind, a.PackID, a.PackVersion, a.Code, a.Arg, a.Money, a.Label, a.Coupon, a.Units)
	}
	for i, t := range s.Tenders {
		tx.Queue(`insert into sale_tenders (merchant_id, sale_id, no, type, amount, tendered, points, state, reference, gift_card_id) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`,
			s.Merchant, s.ID, i, t.Type, t.Amount, t.Tendered, t.Points, t.State, t.Reference, t.GiftCard)
	}
	queueRules(tx, s)
}

// queueRules writes a row for each call, and all inputs and outputs of the sale
// as one compressed blob: the messages of a sale are alike, so they compress well
// together. A sale without calls has its one input there.
func queueRules(tx *db.Tx, s *Sale) {
	if len(s.Rules) == 0 && len(s.Input) == 0 && (s.Trace == "" || s.Trace == "{}") {
		return
	}
	var in, out bytes.Buffer
	for i := range s.Rules {
		r := &s.Rules[i]
		tx.Queue(`insert into sale_rules (merchant_id, sale_id, no, hook, pack_id, pack_version, module_hash, config_hash, outcome, fuel, nanos) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11)`,
			s.Merchant, s.ID, i, r.Hook, r.PackID, r.PackVersion, r.ModuleHash, r.ConfigHash, r.Outcome, r.Fuel, r.Nanos)
		frame(&in, r.Input)
		frame(&out, r.Output)
	}
	if len(s.Rules) == 0 && len(s.Input) > 0 {
		frame(&in, s.Input)
	}
	tx.Queue(`insert into sale_rule_inputs (merchant_id, sale_id, no, input, output, trace) values ($1,$2,0,$3,$4,$5)`,
		s.Merchant, s.ID, deflate(in.Bytes()), deflate(out.Bytes()), s.Trace)
}

func frame(b *bytes.Buffer, msg []byte) {
	var n [4]byte
	binary.LittleEndian.PutUint32(n[:], uint32(len(msg)))
	b.Write(n[:])
	b.Write(msg)
}

func unframe(b []byte) (out [][]byte) {
	for len(b) >= 4 {
		n := int(binary.LittleEndian.Uint32(b))
		if n > len(b)-4 {
			return out
		}
		out = append(out, b[4:4+n])
		b = b[4+n:]
	}
	return out
}

// deflaters are kept: a fresh one allocates more than a megabyte.
var deflaters = sync.Pool{New: func() any {
	w, err := flate.NewWriter(io.Discard, flate.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}}

func deflate(b []byte) []byte {
	var out bytes.Buffer
	w := deflaters.Get().(*flate.Writer)
	defer deflaters.Put(w)
	w.Reset(&out)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

const maxInflated = 64 << 20

func inflate(b []byte) ([]byte, error) {
	return io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(b)), maxInflated))
}

// QueueRefunded adds what a refund gave back to a line's state. At the COMMIT:
// sale.refund_exceeds_rest.
func QueueRefunded(tx *db.Tx, m, sale id.ID, back LineState) {
	tx.Queue(`update sale_line_state set refunded = refunded + $4, net_back = net_back + $5, points_back = points_back + $6, punches_back = punches_back + $7, commission_back = commission_back + $8, tax_back = tax_back + $9
		where merchant_id = $1 and sale_id = $2 and line_id = $3`,
		m, sale, back.Line, back.Refunded, back.NetBack, back.PointsBack, back.PunchesBack, back.CommissionBack, back.TaxBack)
}
