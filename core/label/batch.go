package label

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
)

var _ = db.Guard("ux_label_designs_name", ErrNameTaken)

const (
	// MaxCopies is the most labels of one line.
	MaxCopies = 500

	maxLines  = 200
	maxLabels = 5000
)

// Create stores a design of the merchant's own; its ID is given here. Faults: those of
// Design.Check, label.name_taken.
func Create(ctx context.Context, tx *db.Tx, m id.ID, d Design) (Design, error) {
	if err := d.Check(); err != nil {
		return Design{}, err
	}
	body, err := json.Marshal(d)
	if err != nil {
		return Design{}, err
	}
	d.ID = tx.NewID()
	tx.Queue(`insert into label_designs (merchant_id, id, name, body, created_at) values ($1, $2, $3, $4, $5)`, m, d.ID, d.Name, string(body), tx.Now)
	return d, tx.Flush(ctx)
}

// Archive takes a design of the merchant's own out of use. Fault:
// label.design_not_found.
func Archive(ctx context.Context, tx *db.Tx, m, design id.ID) error {
	n, err := tx.Exec(ctx, `update label_designs set archived = true where merchant_id = $1 and id = $2 and not archived`, m, design)
	if err == nil && n == 0 {
		return ErrNotFound
	}
	return err
}

// Designs lists those that came along, then the merchant's own by name.
func Designs(ctx context.Context, r db.Reader, m id.ID) ([]Design, error) {
	own, err := db.All(ctx, r, func(row db.Row, d *Design) error {
		var body string
		if err := row.Scan(&d.ID, &d.Name, &body); err != nil {
			return err
		}
		return json.Unmarshal([]byte(body), d)
	}, `select id, name, body from label_designs where merchant_id = $1 and not archived order by name`, m)
	return append(append([]Design(nil), BuiltIn...), own...), err
}

// Key names a design in a form: the word of one that came along, the id of another.
func (d Design) Key() string {
	if d.ID.IsNone() {
		return d.Name
	}
	return d.ID.String()
}

// Find answers a design by its key. Fault: label.design_not_found.
func Find(list []Design, key string) (Design, error) {
	for _, d := range list {
		if d.Key() == key {
			return d, nil
		}
	}
	return Design{}, ErrNotFound.On("design")
}

// Line is so many labels of one SKU.
type Line struct {
	ID     id.ID
	SKU    id.ID
	Copies int
	Label  Label
}

// Batch is labels that were asked for together.
type Batch struct {
	Merchant  id.ID
	ID        id.ID
	Shop      id.ID
	Device    id.ID
	Design    string // its name, as it was
	Labels    int    // all copies
	Lines     []Line
	Actor     id.ID
	CreatedAt clock.Instant
}

// Queue writes a batch and a print job for each of its lines; its ids and CreatedAt
// are given here. Faults: label.batch_empty, label.too_many, label.copies_invalid,
// label.device_invalid.
func Queue(ctx context.Context, tx *db.Tx, b Batch) (Batch, error) {
	if len(b.Lines) == 0 {
		return Batch{}, ErrEmpty.On("lines")
	}
	b.Labels = 0
	for _, l := range b.Lines {
		if l.Copies < 1 || l.Copies > MaxCopies {
			return Batch{}, ErrCopies.On("copies").With("max", MaxCopies)
		}
		b.Labels += l.Copies
	}
	if len(b.Lines) > maxLines || b.Labels > maxLabels {
		return Batch{}, ErrTooMany.On("lines").With("max", maxLabels)
	}
	if err := tx.Flush(ctx); err != nil {
		return Batch{}, err
	}
	d, err := device.Get(ctx, tx, b.Merchant, b.Device)
	if err != nil && !errors.Is(err, device.ErrNotFound) {
		return Batch{}, err
	}
	if err != nil || d.Class != device.ClassLabel || !d.Enabled || d.Shop != b.Shop {
		return Batch{}, ErrDevice.On("device")
	}
	b.ID, b.CreatedAt = tx.NewID(), tx.Now
	tx.Queue(`insert into label_batches (merchant_id, id, shop_id, device_id, design, labels, created_at, actor_id) values ($1, $2, $3, $4, $5, $6, $7, $8)`,
		b.Merchant, b.ID, b.Shop, b.Device, b.Design, b.Labels, b.CreatedAt, b.Actor)
	for i := range b.Lines {
		l := &b.Lines[i]
		body, err := json.Marshal(l.Label)
		if err != nil {
			return Batch{}, err
		}
		l.ID = tx.NewID()
		tx.Queue(`insert into label_lines (merchant_id, id, batch_id, no, sku_id, copies, body) values ($1, $2, $3, $4, $5, $6, $7)`, b.Merchant, l.ID, b.ID, i+1, l.SKU, l.Copies, string(body))
		device.QueueFor(tx, b.Device, device.Job{Merchant: b.Merchant, Register: d.Register, Ref: l.ID, Kind: device.KindLabel})
	}
	return b, tx.Flush(ctx)
}

// GetLine reads what a print job of labels prints. Fault: label.line_not_found.
func GetLine(ctx context.Context, r db.Reader, m, line id.ID) (Line, error) {
	l, err := db.One(ctx, r, func(row db.Row, l *Line) error {
		var body string
		if err := row.Scan(&l.ID, &l.SKU, &l.Copies, &body); err != nil {
			return err
		}
		return json.Unmarshal([]byte(body), &l.Label)
	}, `select id, sku_id, copies, body from label_lines where merchant_id = $1 and id = $2`, m, line)
	if errors.Is(err, db.ErrNoRow) {
		return Line{}, ErrLine
	}
	return l, err
}

// AskLines reads lines without their labels.
func AskLines(m id.ID, lines []id.ID, out *[]Line) db.Ask {
	*out = nil
	return db.Ask{SQL: `select id, sku_id, copies from label_lines where merchant_id = $1 and id in_ids($2)`, Args: []any{m, lines}, Scan: func(r db.Row) error {
		var l Line
		err := r.Scan(&l.ID, &l.SKU, &l.Copies)
		*out = append(*out, l)
		return err
	}}
}

// Get reads a batch without its lines. Fault: label.batch_not_found.
func Get(ctx context.Context, r db.Reader, m, batch id.ID) (Batch, error) {
	b, err := db.One(ctx, r, scanBatch, `select `+batchColumns+` from label_batches where merchant_id = $1 and id = $2`, m, batch)
	if errors.Is(err, db.ErrNoRow) {
		return b, ErrBatch
	}
	return b, err
}

const batchColumns = `merchant_id, id, shop_id, device_id, design, labels, created_at, actor_id`

func scanBatch(r db.Row, b *Batch) error {
	return r.Scan(&b.Merchant, &b.ID, &b.Shop, &b.Device, &b.Design, &b.Labels, &b.CreatedAt, &b.Actor)
}

// ListBatches lists a shop's last batches without their lines, the newest first.
func ListBatches(ctx context.Context, r db.Reader, m, shop id.ID, n int) ([]Batch, error) {
	return db.All(ctx, r, scanBatch, `select `+batchColumns+` from label_batches where merchant_id = $1 and shop_id = $2 order by id desc limit $3`, m, shop, n)
}
