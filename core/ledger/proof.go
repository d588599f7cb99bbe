package ledger

import (
	"context"
	"encoding/json"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

// ErrProofNotFound: no run of that id.
var ErrProofNotFound = fault.New(fault.NotFound, "ledger.proof_not_found")

// Kinds of proof.
const (
	ProofFull        = "full"        // everything from nothing
	ProofIncremental = "incremental" // since the last clean proof
)

// Part is what one room of the books checked.
type Part struct {
	Name    string `json:"name"` // seals, entries, accounts, lots; stock, sale, audit
	Checked int    `json:"checked"`
}

// Difference is a figure that does not follow from the entries.
type Difference struct {
	Check   string `json:"check"`
	Subject string `json:"subject"`
	Want    int64  `json:"want"` // recomputed
	Got     int64  `json:"got"`  // as it stands in the row
}

// Run is what a verification of the ledger covered.
type Run struct {
	Kind     string
	FromSeal int64  // the last seal that an earlier proof covers; 0: none
	ToSeal   int64  // the last seal that this one covers
	Head     []byte // its hash
	Parts    []Part
}

// Checked is the number of things that were looked at.
func (r *Run) Checked() (n int) {
	for _, p := range r.Parts {
		n += p.Checked
	}
	return n
}

func parts(seals, entries, accounts, lots int) []Part {
	return []Part{{"seals", seals}, {"entries", entries}, {"accounts", accounts}, {"lots", lots}}
}

// Proof is a run as it is recorded.
type Proof struct {
	ID          id.ID
	At          clock.Instant
	Kind        string
	FromSeal    int64
	ToSeal      int64
	Head        []byte // hash of the seal ToSeal
	Checked     int
	Differences int
	Millis      int64
	Parts       []Part
	Found       []Difference // the first of them
}

// maxKept bounds the differences that a record keeps: one is enough to know.
const maxKept = 100

// QueueProof records a run, which makes it the start of the next incremental one
// where it is clean. ID and At are the transaction's where they are not given.
func QueueProof(tx *db.Tx, m id.ID, p *Proof) {
	if p.ID.IsNone() {
		p.ID = tx.NewID()
	}
	if p.At == 0 {
		p.At = tx.Now
	}
	if p.Head == nil {
		p.Head = noSeal()
	}
	tx.Queue(`insert into proofs (merchant_id, id, at, kind, from_seal, to_seal, head, checked, differences, millis, parts, found) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)`,
		m, p.ID, p.At, p.Kind, p.FromSeal, p.ToSeal, p.Head, p.Checked, p.Differences, p.Millis, text(p.Parts), text(p.Found[:min(len(p.Found), maxKept)]))
	if p.Differences == 0 {
		queuePrune(tx, m, p.FromSeal, p.ToSeal)
	}
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // names and numbers always marshal
	}
	return string(b)
}

const proofColumns = `id, at, kind, from_seal, to_seal, head, checked, differences, millis, parts, found`

func scanProof(r db.Row, p *Proof) error {
	var parts, found string
	if err := r.Scan(&p.ID, &p.At, &p.Kind, &p.FromSeal, &p.ToSeal, &p.Head, &p.Checked, &p.Differences, &p.Millis, &parts, &found); err != nil {
		return err
	}
	if err := json.Unmarshal([]byte(parts), &p.Parts); err != nil {
		return err
	}
	return json.Unmarshal([]byte(found), &p.Found)
}

// ListProofs reads a merchant's runs, the newest first: Size()+1 of them, for db.Cut.
func ListProofs(ctx context.Context, r db.Reader, m id.ID, p db.Page) ([]Proof, error) {
	if p.After.IsNone() {
		return db.All(ctx, r, scanProof, `select `+proofColumns+` from proofs where merchant_id = $1 order by id desc limit $2`, m, p.Size()+1)
	}
	return db.All(ctx, r, scanProof, `select `+proofColumns+` from proofs where merchant_id = $1 and id < $3 order by id desc limit $2`, m, p.Size()+1, p.After)
}

// GetProof reads one run. Fault: ledger.proof_not_found.
func GetProof(ctx context.Context, r db.Reader, m, proof id.ID) (Proof, error) {
	p, err := db.All(ctx, r, scanProof, `select `+proofColumns+` from proofs where merchant_id = $1 and id = $2`, m, proof)
	if err != nil {
		return Proof{}, err
	}
	if len(p) == 0 {
		return Proof{}, ErrProofNotFound
	}
	return p[0], nil
}
