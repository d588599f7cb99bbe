package coupon

import (
	"context"
	"encoding/csv"
	"io"
	"regexp"
	"strconv"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/job"
)

var (
	ErrBatchNotFound = fault.New(fault.NotFound, "coupon.batch_not_found")
	ErrBatchCount    = fault.New(fault.Invalid, "coupon.batch_count") // not within 1..MaxBatch, or of members 1..MaxRecipients
	ErrPrefix        = fault.New(fault.Invalid, "coupon.bad_prefix")  // not [A-Z0-9-]{0,12}
)

const (
	// MaxBatch is how many bearer coupons a batch may have.
	MaxBatch = 100_000
	// MaxRecipients is how many members a batch may give a coupon to.
	MaxRecipients = 5_000
	// JobBatch is the kind of the job that goes on with a batch; its data is BatchJob.
	JobBatch = "coupon.batch"

	stepSize = 200 // coupons of one transaction
)

// Kinds and states of a batch.
const (
	BatchBearer  = "bearer"
	BatchMembers = "members"

	BatchRunning = "running"
	BatchDone    = "done"
	BatchStopped = "stopped" // its rest was made void
)

// Batch is a number of coupons of one design that are issued together.
type Batch struct {
	ID           id.ID
	Definition   id.ID
	Version      int // of the terms
	Kind         string
	Prefix       string // of the codes
	Note         string
	Count        int64
	Issued       int64
	State        string
	Until        clock.Instant // overrides the design's validity; 0: does not
	CreatedAt    clock.Instant
	ActorKind    string
	ActorID      id.ID
	EndedAt      clock.Instant
	EndReason    string
	Name         string // of the definition
	Used, Voided int64  // of its coupons: with a use, made void; filled by GetBatch
}

// NewBatch is a batch to be made: of Count bearer coupons, or of one coupon for
// each of Members.
type NewBatch struct {
	Definition id.ID
	Count      int64
	Members    []id.ID
	Prefix     string
	Note       string
	Until      clock.Instant
}

// BatchJob is the data of JobBatch.
type BatchJob struct {
	Batch id.ID `json:"batch_id"`
}

var prefixForm = regexp.MustCompile(`^[A-Z0-9-]{0,12}$`)

// CreateBatch notes a batch and the job that issues its coupons (RunBatch); a
// small one is issued at once. The whole count is taken from the definition's limit at once. Faults:
// coupon.batch_count, coupon.bad_prefix, coupon.note_too_long,
// coupon.definition_not_found, coupon.definition_archived; at the COMMIT
// coupon.issue_limit.
func CreateBatch(ctx context.Context, tx *db.Tx, m id.ID, in NewBatch) (Batch, error) {
	b := Batch{Definition: in.Definition, Kind: BatchBearer, Prefix: foldCode(in.Prefix), Note: in.Note, Count: in.Count, State: BatchRunning, Until: in.Until, CreatedAt: tx.Now}
	if len(in.Members) > 0 {
		b.Kind, b.Count = BatchMembers, int64(len(in.Members))
	}
	switch {
	case b.Kind == BatchBearer && (b.Count < 1 || b.Count > MaxBatch):
		return b, ErrBatchCount.On("count").With("max", MaxBatch)
	case b.Kind == BatchMembers && b.Count > MaxRecipients:
		return b, ErrBatchCount.On("member_ids").With("max", MaxRecipients)
	case !prefixForm.MatchString(b.Prefix):
		return b, ErrPrefix.On("prefix")
	case !noteOK(b.Note):
		return b, ErrNote.On("note")
	}
	d, err := lockDefinition(ctx, tx, m, in.Definition)
	if err == nil {
		err = d.MayIssue()
	}
	if err != nil {
		return b, err
	}
	a := auth.ActorOf(ctx)
	b.ID, b.Version, b.Name, b.ActorKind, b.ActorID = tx.NewID(), d.Version, d.Name, string(a.Kind), a.ID
	tx.Queue(`insert into coupon_batches (merchant_id, id, definition_id, version, kind, prefix, note, count, state, until, created_at, actor_kind, actor_id)
		values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13)`, m, b.ID, b.Definition, b.Version, b.Kind, b.Prefix, b.Note, b.Count, b.State, instantOrNull(b.Until), b.CreatedAt, b.ActorKind, b.ActorID)
	tx.Queue(`update coupon_definitions set issued = issued + $3 where merchant_id = $1 and id = $2 and issue_limit > 0`, m, b.Definition, b.Count)
	if b.Count <= stepSize {
		to := in.Members
		if b.Kind == BatchBearer {
			to = make([]id.ID, b.Count)
		}
		b.issue(tx, m, &d, to)
		return b, nil
	}
	for i, to := range in.Members {
		tx.Queue(`insert into coupon_batch_members (merchant_id, batch_id, no, member_id) values ($1,$2,$3,$4)`, m, b.ID, i+1, to)
	}
	job.Insert(tx, job.Args{Merchant: m, Kind: JobBatch, Data: BatchJob{b.ID}})
	return b, nil
}

// issue queues the batch's next coupons, one for each of to.
func (b *Batch) issue(tx *db.Tx, m id.ID, d *Definition, to []id.ID) {
	for _, who := range to {
		c := draw(tx, d, who, "", b.Until)
		c.Code, c.Batch = b.Prefix+c.Code, b.ID
		queueInsert(tx, m, &c)
	}
	if b.Issued += int64(len(to)); b.Issued == b.Count {
		b.State, b.EndedAt = BatchDone, tx.Now
	}
	tx.Queue(`update coupon_batches set issued = $3, state = $4, ended_at = $5 where merchant_id = $1 and id = $2`, m, b.ID, b.Issued, b.State, instantOrNull(b.EndedAt))
}

// RunBatch issues what is left of a batch, in short transactions. It may be cut
// off and started again at any time, twice at once too: every transaction goes
// on where the one before it ended. Fault: coupon.batch_not_found.
func RunBatch(ctx context.Context, d *db.DB, m, batch id.ID) error {
	for left := true; left; {
		if err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			left, err = StepBatch(ctx, tx, m, batch)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// StepBatch issues the next coupons of a batch and tells whether any are left.
// Fault: coupon.batch_not_found.
func StepBatch(ctx context.Context, tx *db.Tx, m, batch id.ID) (left bool, err error) {
	b, err := lockBatch(ctx, tx, m, batch)
	if err != nil || b.State != BatchRunning {
		return false, err
	}
	d, err := db.One(ctx, tx, scanDefinition, `select `+headColumns+`, `+termColumns+` from coupon_definitions d
		join coupon_terms t on t.merchant_id = d.merchant_id and t.definition_id = d.id where d.merchant_id = $1 and d.id = $2 and t.version = $3`, m, b.Definition, b.Version)
	if err != nil {
		return false, err
	}
	n := min(b.Count-b.Issued, stepSize)
	to := make([]id.ID, n)
	if b.Kind == BatchMembers {
		if to, err = db.All(ctx, tx, func(r db.Row, v *id.ID) error { return r.Scan(v) },
			`select member_id from coupon_batch_members where merchant_id = $1 and batch_id = $2 and no > $3 order by no limit $4`, m, batch, b.Issued, n); err != nil {
			return false, err
		}
	}
	b.issue(tx, m, &d, to)
	return b.State == BatchRunning, nil
}

// VoidBatch makes void what of a batch is not used up, in short transactions, and
// stops it where it is still being issued; it answers how many coupons became
// void. Coupons that an open sale holds are left out, so that a second call finds
// them. Faults: coupon.batch_not_found, coupon.reason_needed.
func VoidBatch(ctx context.Context, d *db.DB, m, batch id.ID, reason string) (voided int64, err error) {
	if reason == "" || !noteOK(reason) {
		return 0, ErrReason.On("reason")
	}
	if err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return stopBatch(ctx, tx, m, batch, reason) }); err != nil {
		return 0, err
	}
	for n := int64(1); n > 0; voided += n {
		if err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			// Locked first, and in the order of ids: what is chosen is what is changed.
			ids, err := db.All(ctx, tx, func(r db.Row, v *id.ID) error { return r.Scan(v) }, `select c.id from coupons c
				where c.merchant_id = $1 and c.batch_id = $2 and c.state = 'active' and c.used < c.uses and c.locked_by is null order by c.id limit $3 for no key update of c`, m, batch, stepSize)
			if err != nil {
				return err
			}
			n, err = tx.Exec(ctx, `update coupons set state = 'void', void_at = $3, void_reason = $4 where merchant_id = $1 and id in_ids($2)`, m, ids, tx.Now, reason)
			return err
		}); err != nil {
			return voided, err
		}
	}
	return voided, nil
}

func stopBatch(ctx context.Context, tx *db.Tx, m, batch id.ID, reason string) error {
	b, err := lockBatch(ctx, tx, m, batch)
	if err != nil {
		return err
	}
	if b.State == BatchRunning {
		tx.Queue(`update coupon_definitions set issued = issued - $3 where merchant_id = $1 and id = $2 and issue_limit > 0`, m, b.Definition, b.Count-b.Issued)
	}
	tx.Queue(`update coupon_batches set state = 'stopped', ended_at = $3, end_reason = $4 where merchant_id = $1 and id = $2`, m, batch, tx.Now, reason)
	return nil
}

const (
	batchColumns = `b.id, b.definition_id, b.version, b.kind, b.prefix, b.note, b.count, b.issued, b.state, coalesce(b.until, 0), b.created_at, b.actor_kind, b.actor_id, coalesce(b.ended_at, 0), b.end_reason, d.name`
	batchFrom    = ` from coupon_batches b join coupon_definitions d on d.merchant_id = b.merchant_id and d.id = b.definition_id `
)

func (b *Batch) dest() []any {
	return []any{&b.ID, &b.Definition, &b.Version, &b.Kind, &b.Prefix, &b.Note, &b.Count, &b.Issued, &b.State, &b.Until, &b.CreatedAt, &b.ActorKind, &b.ActorID, &b.EndedAt, &b.EndReason, &b.Name}
}

func scanBatch(r db.Row, b *Batch) error { return r.Scan(b.dest()...) }

func lockBatch(ctx context.Context, tx *db.Tx, m, batch id.ID) (Batch, error) {
	b, err := db.One(ctx, tx, scanBatch, `select `+batchColumns+batchFrom+`where b.merchant_id = $1 and b.id = $2 for no key update of b`, m, batch)
	return b, orNotFound(err, ErrBatchNotFound)
}

// GetBatch reads a batch with its figures. Fault: coupon.batch_not_found.
func GetBatch(ctx context.Context, r db.Reader, m, batch id.ID) (Batch, error) {
	b, err := db.One(ctx, r, func(row db.Row, b *Batch) error { return row.Scan(append(b.dest(), &b.Used, &b.Voided)...) }, `select `+batchColumns+`,
		(select count(*) from coupons c where c.merchant_id = $1 and c.batch_id = $2 and c.used > 0), (select count(*) from coupons c where c.merchant_id = $1 and c.batch_id = $2 and c.state = 'void')`+
		batchFrom+`where b.merchant_id = $1 and b.id = $2`, m, batch)
	return b, orNotFound(err, ErrBatchNotFound)
}

// ListBatches lists batches, the newest first; definition none: of all.
func ListBatches(ctx context.Context, r db.Reader, m, definition id.ID, p db.Page) ([]Batch, error) {
	return db.All(ctx, r, scanBatch, `select `+batchColumns+batchFrom+`where b.merchant_id = $1 and (b.definition_id = $2 or cast($2 as text) is null)
		and (b.id < $3 or cast($3 as text) is null) order by b.id desc limit $4`, m, definition, p.After, p.Size()+1)
}

// ExportBatch writes a batch as CSV: a header, then code, state, uses, used and
// the end of validity of each coupon issued so far.
func ExportBatch(ctx context.Context, r db.Reader, m, batch id.ID, to io.Writer) error {
	w := csv.NewWriter(to)
	if err := w.Write([]string{"code", "state", "uses", "used", "valid_until"}); err != nil {
		return err
	}
	for after, more := id.None, true; more; {
		rows, err := ListBy(ctx, r, m, Filter{Batch: batch}, db.Page{After: after, Limit: 200})
		if err != nil {
			return err
		}
		rows, next := db.Cut(db.Page{Limit: 200}, rows, func(c Coupon) id.ID { return c.ID })
		for i := range rows {
			c := &rows[i]
			until := string(c.UntilDate)
			if c.ValidUntil != 0 {
				until = c.ValidUntil.String()
			}
			if err := w.Write([]string{c.Code, c.State, strconv.FormatInt(c.Uses, 10), strconv.FormatInt(c.Used, 10), until}); err != nil {
				return err
			}
			after = c.ID
		}
		more = next != ""
	}
	w.Flush()
	return w.Error()
}
