package member

import (
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// Profile is what a flow needs of a member on the hot path. ID is none where
// there is no such member.
type Profile struct {
	ID          id.ID
	Status      Status
	Tier        string
	TierSince   clock.Instant
	JoinedAt    clock.Instant
	BirthMonth  int
	DisplayName string
	Documented  bool // the number of an identity document is kept

	merchant        id.ID
	wrapped, sealed []byte
}

// Birthday opens the sealed data for the day of birth alone; 0, 0 where it is
// not known or the member is erased. Fault: member.sealed_unreadable.
func (p *Profile) Birthday(v *Vault) (month, day int, err error) {
	d, err := v.open(p.merchant, p.ID, p.wrapped, p.sealed)
	if err != nil {
		return 0, 0, err
	}
	return parseBirthday(d.Birthday)
}

// AskProfile reads a member for a flow.
func AskProfile(m, memberID id.ID, out *Profile) db.Ask {
	*out = Profile{}
	return db.Ask{
		SQL: `select m.id, m.status, m.tier, m.tier_since, m.joined_at, p.birth_month, p.display_name, case when p.document_index is null then 0 else 1 end, p.wrapped_key, p.sealed` + from +
			` where m.merchant_id = $1 and m.id = $2`,
		Args: []any{m, memberID},
		Scan: func(r db.Row) error {
			out.merchant = m
			var documented int
			err := r.Scan(&out.ID, &out.Status, &out.Tier, &out.TierSince, &out.JoinedAt, &out.BirthMonth, &out.DisplayName, &documented, &out.wrapped, &out.sealed)
			out.Documented = documented == 1
			return err
		},
	}
}
