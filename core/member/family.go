package member

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrFamilyTaken    = fault.New(fault.Conflict, "member.family_taken")     // belongs to a family already
	ErrFamilyHead     = fault.New(fault.Conflict, "member.family_head")      // the head belongs to another's family
	ErrFamilySelf     = fault.New(fault.Invalid, "member.family_self")       // nobody joins themselves
	ErrFamilyFull     = fault.New(fault.Conflict, "member.family_full")      // Args: max
	ErrFamilyNotFound = fault.New(fault.NotFound, "member.family_not_found") // belongs to none
)

var _ = db.Guard("member_families_pkey", ErrFamilyTaken)

// MaxFamily is the most members of a family, the head counted.
const MaxFamily = 20

// Relative is one of a family.
type Relative struct {
	Member   id.ID
	Head     bool
	Name     string // display name
	Status   Status
	JoinedAt clock.Instant
}

// JoinFamily puts a member under a head, who thereby becomes one. They may from
// then on use each other's punch cards as far as those may be shared. Faults:
// member.family_self, member.family_taken, member.family_head,
// member.family_full, member.not_found, member.erased.
func JoinFamily(ctx context.Context, tx *db.Tx, m, head, memberID id.ID) error {
	if head == memberID {
		return ErrFamilySelf.On("member_id")
	}
	// Both rows are locked in the order of their ids, so that no two changes of
	// families that touch see half of each other.
	first, second := head, memberID
	if second.Less(first) {
		first, second = second, first
	}
	for _, u := range []id.ID{first, second} {
		if _, err := lockForChange(ctx, tx, nil, m, u, 0); err != nil {
			return err
		}
	}
	rows, err := families(ctx, tx, m, []id.ID{head, memberID})
	if err != nil {
		return err
	}
	if _, there := rows[memberID]; there {
		return ErrFamilyTaken.On("member_id")
	}
	of, there := rows[head]
	if there && of != head {
		return ErrFamilyHead.On("head_id")
	}
	n, err := db.Value[int64](ctx, tx, `select count(*) from member_families where merchant_id = $1 and head_id = $2`, m, head)
	if err != nil {
		return err
	}
	if n >= MaxFamily {
		return ErrFamilyFull.With("max", MaxFamily)
	}
	const insert = `insert into member_families (merchant_id, member_id, head_id, joined_at) values ($1, $2, $3, $4)`
	if !there {
		tx.Queue(insert, m, head, head, tx.Now)
	}
	tx.Queue(insert, m, memberID, head, tx.Now)
	return tx.Flush(ctx)
}

// families answers the heads of those who belong to a family.
func families(ctx context.Context, r db.Reader, m id.ID, members []id.ID) (map[id.ID]id.ID, error) {
	out := map[id.ID]id.ID{}
	_, err := db.All(ctx, r, func(row db.Row, v *[2]id.ID) error {
		err := row.Scan(&v[0], &v[1])
		out[v[0]] = v[1]
		return err
	}, `select member_id, head_id from member_families where merchant_id = $1 and member_id in_ids($2)`, m, members)
	return out, err
}

// LeaveFamily takes a member out of the family; where it is the head, or the last
// but the head, the family ends. Fault: member.family_not_found.
func LeaveFamily(ctx context.Context, tx *db.Tx, m, memberID id.ID) error {
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	rows, err := families(ctx, tx, m, []id.ID{memberID})
	if err != nil {
		return err
	}
	head, there := rows[memberID]
	if !there {
		return ErrFamilyNotFound
	}
	queueLeave(tx, m, memberID, head)
	return tx.Flush(ctx)
}

func queueLeave(tx *db.Tx, m, memberID, head id.ID) {
	if memberID == head {
		tx.Queue(`delete from member_families where merchant_id = $1 and head_id = $2`, m, head)
		return
	}
	tx.Queue(`delete from member_families where merchant_id = $1 and member_id = $2`, m, memberID)
	tx.Queue(`delete from member_families where merchant_id = $1 and member_id = $2 and head_id = $2
		and not exists (select 1 from member_families x where x.merchant_id = $1 and x.head_id = $2 and x.member_id <> $2)`, m, head)
}

// AskFamily reads whose punch cards a member may use beside its own: the head
// first, then the others in the order in which they joined; nobody who is frozen,
// archived or erased. Which punch cards may be shared is said by what was sold.
func AskFamily(m, memberID id.ID, out *[]id.ID) db.Ask {
	*out = nil
	return db.Ask{
		SQL: `select f.member_id from member_families me join member_families f on f.merchant_id = me.merchant_id and f.head_id = me.head_id
			join members x on x.merchant_id = f.merchant_id and x.id = f.member_id
			where me.merchant_id = $1 and me.member_id = $2 and f.member_id <> $2 and x.status = 'active'
			order by case when f.member_id = f.head_id then 0 else 1 end, f.joined_at, f.member_id`,
		Args: []any{m, memberID},
		Scan: func(r db.Row) error {
			var u id.ID
			err := r.Scan(&u)
			*out = append(*out, u)
			return err
		},
	}
}

// ListFamily lists the family that a member belongs to, the head first and the
// member itself too; empty where there is none.
func ListFamily(ctx context.Context, r db.Reader, m, memberID id.ID) ([]Relative, error) {
	return db.All(ctx, r, func(row db.Row, v *Relative) error {
		var head id.ID
		err := row.Scan(&v.Member, &head, &v.Name, &v.Status, &v.JoinedAt)
		v.Head = head == v.Member
		return err
	}, `select f.member_id, f.head_id, p.display_name, x.status, f.joined_at
		from member_families me join member_families f on f.merchant_id = me.merchant_id and f.head_id = me.head_id
		join members x on x.merchant_id = f.merchant_id and x.id = f.member_id
		join member_private p on p.merchant_id = f.merchant_id and p.member_id = f.member_id
		where me.merchant_id = $1 and me.member_id = $2 order by case when f.member_id = f.head_id then 0 else 1 end, f.joined_at, f.member_id`, m, memberID)
}
