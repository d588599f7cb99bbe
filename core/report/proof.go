package report

import (
	"context"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tenant"
)

// Difference is a figure that does not follow from the entries.
type Difference struct {
	Check   string `json:"check"`
	Subject string `json:"subject"`
	Want    int64  `json:"want"` // recomputed
	Got     int64  `json:"got"`  // as it stands in the row
}

// Part is what one room of the books checked.
type Part struct {
	Name    string `json:"name"` // ledger, stock, sale, audit
	Checked int    `json:"checked"`
}

// Proof is the result of recomputing a merchant's books.
type Proof struct {
	Merchant    id.ID         `json:"merchant_id"`
	Name        string        `json:"name"`
	At          clock.Instant `json:"at"`
	Parts       []Part        `json:"parts"`
	Differences []Difference  `json:"differences"`
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

// Prove recomputes every balance, lot, seal, stock level, sale total and receipt
// number of a merchant, and the chain of the audit log.
func Prove(ctx context.Context, d *db.DB, m tenant.Merchant) (Proof, error) {
	p := Proof{Merchant: m.ID, Name: m.Name, At: d.Now()}
	found := func(check, subject string, want, got int64) {
		if len(p.Differences) < maxDifferences {
			p.Differences = append(p.Differences, Difference{check, subject, want, got})
		}
	}
	rooms := []struct {
		name  string
		check func() (int, error)
	}{
		{"ledger", func() (int, error) { return ledger.Verify(ctx, d, m.ID, found) }},
		{"stock", func() (int, error) { return stock.Verify(ctx, d, m.ID, found) }},
		{"sale", func() (int, error) { return sale.Verify(ctx, d, m.ID, found) }},
		{"audit", func() (int, error) { n, err := auth.VerifyAudit(ctx, d, m.ID); return int(n), err }},
	}
	for _, room := range rooms {
		n, err := room.check()
		if err != nil {
			return p, err
		}
		p.Parts = append(p.Parts, Part{room.name, n})
	}
	return p, nil
}

// ProveAll proves the books of every merchant of the installation.
func ProveAll(ctx context.Context, d *db.DB, each func(Proof)) (clean bool, err error) {
	ms, err := tenant.ListMerchants(ctx, d)
	if err != nil {
		return false, err
	}
	clean = true
	for _, m := range ms {
		p, err := Prove(ctx, d, m)
		if err != nil {
			return false, err
		}
		clean = clean && p.Clean()
		each(p)
	}
	return clean, nil
}
