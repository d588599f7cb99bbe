package receipt

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// AskTemplate reads a shop's template, the default where it has none.
func AskTemplate(m, shop id.ID, out *Template) db.Ask {
	*out = DefaultTemplate()
	return db.Ask{SQL: `select body, logo_hash from receipt_templates where merchant_id = $1 and shop_id = $2`, Args: []any{m, shop},
		Scan: func(r db.Row) error {
			var body, logo string
			if err := r.Scan(&body, &logo); err != nil {
				return err
			}
			t := Template{}
			if err := json.Unmarshal([]byte(body), &t); err != nil {
				return err
			}
			t.Logo = logo
			*out = t
			return nil
		}}
}

// GetTemplate reads a shop's template, the default where it has none.
func GetTemplate(ctx context.Context, r db.Reader, m, shop id.ID) (t Template, err error) {
	ask := AskTemplate(m, shop, &t)
	_, err = db.All(ctx, r, func(row db.Row, _ *struct{}) error { return ask.Scan(row) }, ask.SQL, ask.Args...)
	return t, err
}

// QueueTemplate stores a shop's template; its logo is stored before (QueueLogo),
// or was. Faults: those of Template.Check.
func QueueTemplate(tx *db.Tx, m, shop id.ID, t Template) error {
	if err := t.Check(); err != nil {
		return err
	}
	logo := t.Logo
	t.Logo = ""
	body, err := json.Marshal(t)
	if err != nil {
		return err
	}
	tx.Queue(`insert into receipt_templates (merchant_id, shop_id, body, logo_hash, updated_at) values ($1, $2, $3, $4, $5)
		on conflict (merchant_id, shop_id) do update set body = excluded.body, logo_hash = excluded.logo_hash, updated_at = excluded.updated_at`, m, shop, string(body), logo, tx.Now)
	return nil
}

// QueueLogo stores a picture that was read by ReadLogo; the same content once.
func QueueLogo(tx *db.Tx, m id.ID, l Logo) {
	tx.Queue(`insert into receipt_logos (merchant_id, hash, type, width, height, data, created_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict (merchant_id, hash) do nothing`,
		m, l.Hash, l.Type, l.Width, l.Height, l.Data, tx.Now)
}

// GetLogo reads a picture. Fault: receipt.logo_not_found.
func GetLogo(ctx context.Context, r db.Reader, m id.ID, hash string) (Logo, error) {
	l, err := db.One(ctx, r, func(row db.Row, l *Logo) error { return row.Scan(&l.Hash, &l.Type, &l.Width, &l.Height, &l.Data) },
		`select hash, type, width, height, data from receipt_logos where merchant_id = $1 and hash = $2`, m, hash)
	if errors.Is(err, db.ErrNoRow) {
		return Logo{}, ErrLogoMissing
	}
	return l, err
}
