package report

import (
	"context"
	"errors"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tenant"
)

// EventDifference is what a proof that found something emits: ids and figures.
const EventDifference = "books.difference.v1"

// Difference is a figure that does not follow from the entries.
type Difference = ledger.Difference

// Part is what one room of the books checked: seals, entries, accounts, lots; in
// a full proof also stock, sale, audit.
type Part = ledger.Part

// Proof is the result of recomputing a merchant's books.
type Proof struct {
	ID          id.ID         `json:"id,omitzero"` // of its record; none: not recorded
	Merchant    id.ID         `json:"merchant_id"`
	Name        string        `json:"name"`
	Kind        string        `json:"kind"` // ledger.ProofFull, ledger.ProofIncremental
	At          clock.Instant `json:"at"`
	Took        time.Duration `json:"-"`
	FromSeal    int64         `json:"from_seal"` // the last seal that an earlier proof covers
	ToSeal      int64         `json:"to_seal"`
	Parts       []Part        `json:"parts"`
	Differences []Difference  `json:"differences"`

	head []byte
}

// Clean reports whether every figure follows from the entries.
func (p *Proof) Clean() bool { return len(p.Differences) == 0 }

// Checked is the number of figures that were recomputed.
func (p *Proof) Checked() (n int) {
	for _, part := range p.Parts {
		n += part.Checked
	}
	return n
}

// maxDifferences bounds a report; one is enough to know.
const maxDifferences = 1000

// Prove recomputes every balance, lot, checkpoint, seal, stock level, sale total
// and receipt number of a merchant, and the chain of the audit log. It writes
// nothing; see Record.
func Prove(ctx context.Context, d *db.DB, m tenant.Merchant) (Proof, error) {
	return prove(ctx, d, m, ledger.VerifyAll, func(p *Proof, found ledger.Found) error {
		for _, room := range []struct {
			name  string
			check func() (int, error)
		}{
			{"stock", func() (int, error) { return stock.Verify(ctx, d, m.ID, found) }},
			{"sale", func() (int, error) { return sale.Verify(ctx, d, m.ID, found) }},
			{"audit", func() (int, error) { return verifyAudit(ctx, d, m.ID, found) }},
		} {
			n, err := room.check()
			if err != nil {
				return err
			}
			p.Parts = append(p.Parts, Part{Name: room.name, Checked: n})
		}
		return nil
	})
}

// ProveSince proves what the ledger booked since the last clean proof. It writes
// nothing; see Record.
func ProveSince(ctx context.Context, d *db.DB, m tenant.Merchant) (Proof, error) {
	return prove(ctx, d, m, ledger.VerifyIncremental, func(*Proof, ledger.Found) error { return nil })
}

// verifyAudit makes a broken chain a difference like any other.
func verifyAudit(ctx context.Context, d *db.DB, m id.ID, found ledger.Found) (int, error) {
	n, err := auth.VerifyAudit(ctx, d, m)
	if errors.Is(err, auth.ErrAuditBroken) {
		entry, _ := fault.Of(err).Args["entry"].(string)
		found("audit.chain", entry, 1, 0)
		return int(n), nil
	}
	return int(n), err
}

func prove(ctx context.Context, d *db.DB, m tenant.Merchant, verify func(context.Context, db.Reader, id.ID, ledger.Found) (ledger.Run, error), rest func(*Proof, ledger.Found) error) (Proof, error) {
	p := Proof{Merchant: m.ID, Name: m.Name, At: d.Now()}
	began := time.Now()
	found := func(check, subject string, want, got int64) {
		if len(p.Differences) < maxDifferences {
			p.Differences = append(p.Differences, Difference{Check: check, Subject: subject, Want: want, Got: got})
		}
	}
	run, err := verify(ctx, d, m.ID, found)
	if err != nil {
		return p, err
	}
	p.Kind, p.FromSeal, p.ToSeal, p.Parts, p.head = run.Kind, run.FromSeal, run.ToSeal, run.Parts, run.Head
	err = rest(&p, found)
	p.Took = time.Since(began)
	return p, err
}

// differenceEvent is the data of books.difference.v1.
type differenceEvent struct {
	Proof       id.ID        `json:"proof_id"`
	Kind        string       `json:"kind"`
	Checked     int          `json:"checked"`
	Differences int          `json:"differences"`
	FromSeal    int64        `json:"from_seal"`
	ToSeal      int64        `json:"to_seal"`
	First       []Difference `json:"first"` // at most ten
}

// Record notes a run in the merchant's record of proofs, from which the next
// incremental one goes on where it is clean, and emits books.difference.v1 where
// it is not. It sets the proof's id.
func Record(ctx context.Context, d *db.DB, p *Proof) error {
	var noted id.ID
	err := d.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		r := ledger.Proof{At: p.At, Kind: p.Kind, FromSeal: p.FromSeal, ToSeal: p.ToSeal, Head: p.head, Checked: p.Checked(),
			Differences: len(p.Differences), Millis: p.Took.Milliseconds(), Parts: p.Parts, Found: p.Differences}
		ledger.QueueProof(tx, p.Merchant, &r)
		noted = r.ID
		if !p.Clean() {
			event.Emit(tx, event.Event{Merchant: p.Merchant, Type: EventDifference, Data: event.JSON(differenceEvent{Proof: r.ID, Kind: p.Kind, Checked: r.Checked,
				Differences: r.Differences, FromSeal: p.FromSeal, ToSeal: p.ToSeal, First: p.Differences[:min(len(p.Differences), 10)]})})
		}
		return nil
	})
	if err == nil {
		p.ID = noted
	}
	return err
}

// ProveAndRecord makes a proof of that kind and records it.
func ProveAndRecord(ctx context.Context, d *db.DB, m tenant.Merchant, kind string) (Proof, error) {
	f := Prove
	if kind == ledger.ProofIncremental {
		f = ProveSince
	}
	p, err := f(ctx, d, m)
	if err != nil {
		return p, err
	}
	return p, Record(ctx, d, &p)
}

// ProveAll makes and records a proof of that kind for every merchant of the
// installation.
func ProveAll(ctx context.Context, d *db.DB, kind string, each func(Proof)) (clean bool, err error) {
	ms, err := tenant.ListMerchants(ctx, d)
	if err != nil {
		return false, err
	}
	clean = true
	for _, m := range ms {
		p, err := ProveAndRecord(ctx, d, m, kind)
		if err != nil {
			return false, err
		}
		clean = clean && p.Clean()
		each(p)
	}
	return clean, nil
}

// A full proof belongs into the night: between these hours of the shop's day, or
// whenever it is overdue, since a shop's machine may sleep at night.
const (
	nightFrom, nightTo = 2, 6
	fullEvery          = 20 * time.Hour // less than a day: the night's hour may shift
	fullOverdue        = 48 * time.Hour
)

// KindDue is the kind of proof that is due for a merchant at an instant of its
// shops' day, where one is made every hour.
func KindDue(ctx context.Context, r db.Reader, m id.ID, now clock.Instant, zone clock.Zone) (string, error) {
	last, err := db.Value[clock.Instant](ctx, r, `select coalesce(max(case when kind = 'full' then at end), min(at), 0) from proofs where merchant_id = $1`, m)
	if err != nil {
		return "", err
	}
	hour := zone.Local(now).Hour()
	night := hour >= nightFrom && hour < nightTo
	if last != 0 && (night && now.Sub(last) >= fullEvery || now.Sub(last) >= fullOverdue) {
		return ledger.ProofFull, nil
	}
	return ledger.ProofIncremental, nil
}
