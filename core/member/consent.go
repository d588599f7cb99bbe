package member

import (
	"context"
	"slices"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrPurpose = fault.New(fault.Invalid, "member.consent_purpose")
	ErrSource  = fault.New(fault.Invalid, "member.consent_source")
)

// What a member may consent to.
const (
	PurposeMarketing = "marketing" // coupons and offers of our own accord
	PurposeMessages  = "messages"  // notices by SMS, WeChat or e-mail
	PurposeProfiling = "profiling" // segments and advice computed from what was bought
	PurposeSharing   = "sharing"   // data handed to another merchant
)

// Where a consent was said. Closed lists, so that no text about a person comes
// into a table that is kept.
const (
	SourceRegister = "register" // at the till or in the back office, by word
	SourcePaper    = "paper"    // a signed form
	SourcePortal   = "portal"   // the member's own page
	SourceAPI      = "api"
	SourceImport   = "import"
)

// Purposes lists what can be consented to.
func Purposes() []string {
	return []string{PurposeMarketing, PurposeMessages, PurposeProfiling, PurposeSharing}
}

// ConsentSources lists where it can be said.
func ConsentSources() []string {
	return []string{SourceRegister, SourcePaper, SourcePortal, SourceAPI, SourceImport}
}

// Consent is one thing that a member said. Records are only ever added: the
// newest of a purpose counts, and without any there is no consent.
type Consent struct {
	ID        id.ID
	Member    id.ID
	Purpose   string
	Granted   bool
	At        clock.Instant
	Source    string
	ActorKind string // of auth; "" for the program itself
	Actor     id.ID
}

// RecordConsent notes that a member gave or withdrew a consent, with the
// context's actor. Faults: member.consent_purpose, member.consent_source,
// member.not_found, member.erased.
func RecordConsent(ctx context.Context, tx *db.Tx, m, memberID id.ID, purpose string, granted bool, source string) (Consent, error) {
	if !slices.Contains(Purposes(), purpose) {
		return Consent{}, ErrPurpose.On("purpose")
	}
	if !slices.Contains(ConsentSources(), source) {
		return Consent{}, ErrSource.On("source")
	}
	if _, err := lockForChange(ctx, tx, nil, m, memberID, 0); err != nil {
		return Consent{}, err
	}
	a := auth.ActorOf(ctx)
	c := Consent{ID: tx.NewID(), Member: memberID, Purpose: purpose, Granted: granted, At: tx.Now, Source: source, ActorKind: a.Kind, Actor: a.ID}
	tx.Queue(`insert into member_consents (merchant_id, id, member_id, purpose, granted, at, source, actor_kind, actor_id) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		m, c.ID, memberID, purpose, granted, tx.Now, source, a.Kind, a.ID)
	return c, tx.Flush(ctx)
}

// ListConsents lists all that a member ever said, the newest first.
func ListConsents(ctx context.Context, r db.Reader, m, memberID id.ID) ([]Consent, error) {
	return db.All(ctx, r, func(row db.Row, c *Consent) error {
		return row.Scan(&c.ID, &c.Member, &c.Purpose, &c.Granted, &c.At, &c.Source, &c.ActorKind, &c.Actor)
	}, `select id, member_id, purpose, granted, at, source, actor_kind, actor_id from member_consents where merchant_id = $1 and member_id = $2 order by at desc, id desc`, m, memberID)
}

// InForce is what of a member's records counts: the newest of each purpose.
// records are in the order of ListConsents.
func InForce(records []Consent) map[string]Consent {
	out := map[string]Consent{}
	for _, c := range records {
		if _, newer := out[c.Purpose]; !newer {
			out[c.Purpose] = c
		}
	}
	return out
}

// Consented tells who of these members consents to a purpose; those who do not
// are not in it.
func Consented(ctx context.Context, r db.Reader, m id.ID, purpose string, members []id.ID) (map[id.ID]bool, error) {
	out := map[id.ID]bool{}
	_, err := db.All(ctx, r, func(row db.Row, u *id.ID) error {
		err := row.Scan(u)
		out[*u] = true
		return err
	}, `select c.member_id from member_consents c where c.merchant_id = $1 and c.purpose = $2 and c.member_id in_ids($3) and c.granted
		and not exists (select 1 from member_consents n where n.merchant_id = c.merchant_id and n.member_id = c.member_id and n.purpose = c.purpose
			and (n.at > c.at or n.at = c.at and n.id > c.id))`, m, purpose, members)
	return out, err
}
