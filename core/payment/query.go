package payment

import (
	"context"
	"errors"
	"strconv"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

const columns = `merchant_id, id, sale_id, shop_id, register_id, tender_no, reference, connector_id, method, amount, currency, state, outcome, provider_id, reason, refunded, created_at, updated_at, paid_at`

func scan(r db.Row, i *Intent) error {
	return r.Scan(&i.Merchant, &i.ID, &i.Sale, &i.Shop, &i.Register, &i.Tender, &i.Reference, &i.Connector, &i.Method, &i.Amount, &i.Currency, &i.State, &i.Outcome, &i.Provider, &i.Reason,
		&i.Refunded, &i.CreatedAt, &i.UpdatedAt, &i.PaidAt)
}

const refundColumns = `merchant_id, id, intent_id, sale_id, reference, amount, state, provider_id, reason, tries, created_at, updated_at`

func scanRefund(r db.Row, v *Refund) error {
	return r.Scan(&v.Merchant, &v.ID, &v.Intent, &v.Sale, &v.Reference, &v.Amount, &v.State, &v.Provider, &v.Reason, &v.Tries, &v.CreatedAt, &v.UpdatedAt)
}

func found[T any](v T, err error) (T, error) {
	if errors.Is(err, db.ErrNoRow) {
		return v, ErrNotFound
	}
	return v, err
}

// Get reads a payment by its reference. Fault: payment.not_found.
func Get(ctx context.Context, r db.Reader, m id.ID, reference string) (Intent, error) {
	return found(db.One(ctx, r, scan, `select `+columns+` from payment_intents where merchant_id = $1 and reference = $2`, m, reference))
}

// Lock reads a payment with its row locked. Fault: payment.not_found.
func Lock(ctx context.Context, tx *db.Tx, m id.ID, reference string) (Intent, error) {
	return found(db.One(ctx, tx, scan, `select `+columns+` from payment_intents where merchant_id = $1 and reference = $2 for update`, m, reference))
}

// GetID reads a payment. Fault: payment.not_found.
func GetID(ctx context.Context, r db.Reader, m, intent id.ID) (Intent, error) {
	return found(db.One(ctx, r, scan, `select `+columns+` from payment_intents where merchant_id = $1 and id = $2`, m, intent))
}

// GetRefund reads a refund by its reference. Fault: payment.not_found.
func GetRefund(ctx context.Context, r db.Reader, m id.ID, reference string) (Refund, error) {
	return found(db.One(ctx, r, scanRefund, `select `+refundColumns+` from payment_refunds where merchant_id = $1 and reference = $2`, m, reference))
}

// AskOfSale reads a sale's payments in the order of its tenders, locked where asked.
func AskOfSale(m, sale id.ID, locked bool, out *[]Intent) db.Ask {
	*out = nil
	q := `select ` + columns + ` from payment_intents where merchant_id = $1 and sale_id = $2 order by reference`
	if locked {
		q += ` for update`
	}
	return db.Ask{SQL: q, Args: []any{m, sale}, Scan: func(r db.Row) error {
		var i Intent
		if err := scan(r, &i); err != nil {
			return err
		}
		*out = append(*out, i)
		return nil
	}}
}

// Filter narrows a list of payments.
type Filter struct {
	Sale  id.ID
	Shop  id.ID
	State State // "" = any
	// Attention: only those that a person has to know of: without an answer, or of
	// an abandoned sale, or with a refund that is not done.
	Attention bool
}

// List lists payments, newest first, and the cursor of the next page. Fault:
// payment.unknown_state.
func List(ctx context.Context, r db.Reader, m id.ID, f Filter, p db.Page) ([]Intent, string, error) {
	if _, ok := rank[f.State]; f.State != "" && !ok {
		return nil, "", ErrState.On("state")
	}
	q := `select ` + columns + ` from payment_intents i where i.merchant_id = $1`
	args := []any{m}
	add := func(cond string, v any) {
		args = append(args, v)
		q += ` and ` + cond + `$` + strconv.Itoa(len(args))
	}
	if !p.After.IsNone() {
		add(`i.id < `, p.After)
	}
	if !f.Sale.IsNone() {
		add(`i.sale_id = `, f.Sale)
	}
	if !f.Shop.IsNone() {
		add(`i.shop_id = `, f.Shop)
	}
	if f.State != "" {
		add(`i.state = `, string(f.State))
	}
	if f.Attention {
		q += ` and (i.state in ('created', 'pending', 'unknown') or i.reason = '` + ErrAmount.Reason + `' or (i.outcome = 'abandoned' and i.state = 'paid')
			or exists (select 1 from payment_refunds b where b.merchant_id = i.merchant_id and b.intent_id = i.id and b.state <> 'done'))`
	}
	args = append(args, p.Size()+1)
	q += ` order by i.id desc limit ` + `$` + strconv.Itoa(len(args))
	rows, err := db.All(ctx, r, scan, q, args...)
	if err != nil {
		return nil, "", err
	}
	items, next := db.Cut(p, rows, func(i Intent) id.ID { return i.ID })
	return items, next, nil
}

// RefundsOf lists the refunds of payments, oldest first.
func RefundsOf(ctx context.Context, r db.Reader, m id.ID, intents []id.ID) ([]Refund, error) {
	if len(intents) == 0 {
		return nil, nil
	}
	return db.All(ctx, r, scanRefund, `select `+refundColumns+` from payment_refunds where merchant_id = $1 and intent_id in_ids($2) order by id`, m, intents)
}
