package auth

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

// ErrAuditBroken: an entry was changed, removed or put in; Args name it.
var ErrAuditBroken = fault.New(fault.Conflict, "auth.audit_broken")

// Two entries after the same one: the loser runs again after the winner's.
var _ = db.GuardRetry("ux_audit_log_prev_hash")

// kindProgram is the actor of what happens without one: setting up.
const kindProgram = "program"

// Record is something to be remembered about who did what. Never put personal
// data or secrets in it: it cannot be erased.
type Record struct {
	Merchant    id.ID  // default: the actor's
	Action      string // "staff.created"
	SubjectKind string // "staff"
	SubjectID   string
	Detail      any // marshalled; nil: {}
}

// AuditEntry is a record in the chain.
type AuditEntry struct {
	ID          id.ID
	At          clock.Instant
	ActorKind   string
	ActorID     id.ID
	Action      string
	SubjectKind string
	SubjectID   string
	Detail      json.RawMessage
	Prev        string // the hash of the entry before, "" for the first
	Hash        string
}

// Audit appends to the merchant's audit log, with the context's actor. It sends
// what is queued and makes the merchant's audited transactions wait for one
// another until they commit, so it is called last. It panics on an empty action
// and on a detail that is not JSON: mistakes in the program. Fault: auth.denied
// where the actor is another merchant's.
func Audit(ctx context.Context, tx *db.Tx, rec Record) error {
	a := ActorOf(ctx)
	if a.Kind == "" {
		a.Kind = kindProgram
	}
	if rec.Merchant.IsNone() {
		rec.Merchant = a.Merchant
	} else if !a.Merchant.IsNone() && a.Merchant != rec.Merchant {
		return ErrDenied.With("permission", "merchant")
	}
	detail := []byte("{}")
	if rec.Detail != nil {
		var err error
		if detail, err = json.Marshal(rec.Detail); err != nil {
			panic("auth: an audit detail that is not JSON: " + err.Error())
		}
	}
	if rec.Action == "" || rec.Merchant.IsNone() {
		panic("auth: an audit record without an action or a merchant")
	}
	e := AuditEntry{ID: tx.NewID(), At: tx.Now, ActorKind: a.Kind, ActorID: a.ID, Action: rec.Action,
		SubjectKind: rec.SubjectKind, SubjectID: rec.SubjectID, Detail: detail}
	var last id.ID
	// The lock comes before the read of the chain's end, as a statement of its own,
	// so that the read sees what the one before us committed.
	tx.Ask(func(r db.Row) error { var m id.ID; return r.Scan(&m) },
		`select merchant_id from merchants where merchant_id = $1 for no key update`, rec.Merchant)
	tx.Ask(func(r db.Row) error { return r.Scan(&last, &e.Prev) },
		`select id, hash from audit_log where merchant_id = $1 order by id desc limit 1`, rec.Merchant)
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	if !last.Less(e.ID) { // the chain's order is that of the ids, whatever the clocks say
		e.ID = following(last)
	}
	e.Hash = e.sum(rec.Merchant)
	tx.Queue(`insert into audit_log (merchant_id, id, at, actor_kind, actor_id, action, subject_kind, subject_id, detail, prev_hash, hash)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		rec.Merchant, e.ID, e.At, e.ActorKind, e.ActorID, e.Action, e.SubjectKind, e.SubjectID, string(e.Detail), e.Prev, e.Hash)
	return nil
}

// following is the next id after u in byte order.
func following(u id.ID) id.ID {
	for i := len(u) - 1; i >= 0; i-- {
		if u[i]++; u[i] != 0 {
			break
		}
	}
	return u
}

// sum is the entry's hash: over every field with its length, so that nothing
// can be moved from one field into the next.
func (e *AuditEntry) sum(merchant id.ID) string {
	h := sha256.New()
	field := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	for _, s := range []string{"audit 1", merchant.String(), e.Prev, e.ID.String(), fmt.Sprint(int64(e.At)), e.ActorKind, e.ActorID.String(),
		e.Action, e.SubjectKind, e.SubjectID, string(e.Detail)} {
		field(s)
	}
	return hex.EncodeToString(h.Sum(nil))
}

const auditCols = `id, at, actor_kind, actor_id, action, subject_kind, subject_id, detail, prev_hash, hash`

func scanAudit(r db.Row, e *AuditEntry) error {
	var detail string
	err := r.Scan(&e.ID, &e.At, &e.ActorKind, &e.ActorID, &e.Action, &e.SubjectKind, &e.SubjectID, &detail, &e.Prev, &e.Hash)
	e.Detail = json.RawMessage(detail)
	return err
}

const verifyPage = 1000

// VerifyAudit checks a merchant's whole chain and answers how many entries are
// right. What it cannot see is the removal of the newest entries.
// Fault: auth.audit_broken, with the first wrong entry.
func VerifyAudit(ctx context.Context, r db.Reader, merchant id.ID) (count int64, err error) {
	var last AuditEntry
	for {
		query, args := `select `+auditCols+` from audit_log where merchant_id = $1`, []any{merchant}
		if !last.ID.IsNone() {
			query += ` and id > $2`
			args = append(args, last.ID)
		}
		page, err := db.All(ctx, r, scanAudit, query+fmt.Sprintf(` order by id limit %d`, verifyPage), args...)
		if err != nil {
			return count, err
		}
		for _, e := range page {
			if e.Prev != last.Hash || e.Hash != e.sum(merchant) {
				return count, ErrAuditBroken.With("entry", e.ID.String())
			}
			last = e
			count++
		}
		if len(page) < verifyPage {
			return count, nil
		}
	}
}

// AuditFilter narrows ListAudit; zero fields do not.
type AuditFilter struct {
	Action      string // "staff.created", or a prefix that ends with a dot: "staff."
	SubjectKind string
	SubjectID   string
	Actor       id.ID
	From        clock.Instant // inclusive
	Until       clock.Instant // exclusive
}

// ListAudit reads a page of a merchant's audit log, newest first.
func ListAudit(ctx context.Context, r db.Reader, merchant id.ID, f AuditFilter, p db.Page) (items []AuditEntry, next string, err error) {
	query, args := `select `+auditCols+` from audit_log where merchant_id = $1`, []any{merchant}
	and := func(use bool, condition string, arg any) {
		if use {
			args = append(args, arg)
			query += fmt.Sprintf(" and "+condition, len(args))
		}
	}
	if strings.HasSuffix(f.Action, ".") { // substr instead of like: no wildcards to escape
		and(true, fmt.Sprintf("substr(action, 1, %d) = ", utf8.RuneCountInString(f.Action))+"$%d", f.Action)
	} else {
		and(f.Action != "", "action = $%d", f.Action)
	}
	and(f.SubjectKind != "", "subject_kind = $%d", f.SubjectKind)
	and(f.SubjectID != "", "subject_id = $%d", f.SubjectID)
	and(!f.Actor.IsNone(), "actor_id = $%d", f.Actor)
	and(f.From != 0, "at >= $%d", f.From)
	and(f.Until != 0, "at < $%d", f.Until)
	and(!p.After.IsNone(), "id < $%d", p.After)
	and(true, "true order by id desc limit $%d", p.Size()+1)
	rows, err := db.All(ctx, r, scanAudit, query, args...)
	if err != nil {
		return nil, "", err
	}
	items, next = db.Cut(p, rows, func(e AuditEntry) id.ID { return e.ID })
	return items, next, nil
}
