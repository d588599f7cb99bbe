package member

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

const (
	columns = `m.merchant_id, m.id, m.status, m.tier, m.tier_since, m.joined_at, m.home_shop_id, m.version, m.updated_at, p.display_name, p.birth_month, coalesce(m.retain_until, 0), p.wrapped_key, p.sealed`
	from    = ` from members m join member_private p on p.merchant_id = m.merchant_id and p.member_id = m.id`
)

// scanWith opens the private data where there is a vault.
func scanWith(v *Vault) func(db.Row, *Member) error {
	return func(r db.Row, mb *Member) error {
		var wrapped, sealed []byte
		err := r.Scan(&mb.Merchant, &mb.ID, &mb.Status, &mb.Tier, &mb.TierSince, &mb.JoinedAt, &mb.HomeShop, &mb.Version, &mb.UpdatedAt,
			&mb.DisplayName, &mb.BirthMonth, &mb.RetainUntil, &wrapped, &sealed)
		if err == nil && v != nil {
			mb.Private, err = v.open(mb.Merchant, mb.ID, wrapped, sealed)
		}
		return err
	}
}

func one(ctx context.Context, r db.Reader, v *Vault, query string, args ...any) (Member, error) {
	mb, err := db.One(ctx, r, scanWith(v), query, args...)
	if errors.Is(err, db.ErrNoRow) {
		return Member{}, ErrNotFound
	}
	return mb, err
}

// Get reads a member; with a vault the private data too. Faults:
// member.not_found, member.sealed_unreadable.
func Get(ctx context.Context, r db.Reader, v *Vault, m, memberID id.ID) (Member, error) {
	return one(ctx, r, v, `select `+columns+from+` where m.merchant_id = $1 and m.id = $2`, m, memberID)
}

// Names reads the display names of members, for screens that show their ids.
func Names(ctx context.Context, r db.Reader, m id.ID, ids []id.ID) (map[id.ID]string, error) {
	type pair struct {
		id   id.ID
		name string
	}
	ps, err := db.All(ctx, r, func(row db.Row, p *pair) error { return row.Scan(&p.id, &p.name) },
		`select member_id, display_name from member_private where merchant_id = $1 and member_id in_ids($2)`, m, ids)
	out := make(map[id.ID]string, len(ps))
	for _, p := range ps {
		out[p.id] = p.name
	}
	return out, err
}

// Filter narrows a list; zero fields do not.
type Filter struct {
	Status     Status // default: Active and Frozen
	Tier       string
	BirthMonth int
	HomeShop   id.ID
}

// latest is above every id: where a list of the newest first begins.
var latest = id.ID{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

func startOf(p db.Page) id.ID {
	if p.After.IsNone() {
		return latest
	}
	return p.After
}

func (f Filter) where(args []any) (string, []any) {
	conds := []string{"m.merchant_id = $1", "m.id < $2"}
	add := func(cond string, arg any) {
		args = append(args, arg)
		conds = append(conds, fmt.Sprintf(cond, len(args)))
	}
	if f.Status == "" {
		conds = append(conds, "m.status in ('active', 'frozen')")
	} else {
		add("m.status = $%d", string(f.Status))
	}
	if f.Tier != "" {
		add("m.tier = $%d", f.Tier)
	}
	if f.BirthMonth != 0 {
		add("p.birth_month = $%d", f.BirthMonth)
	}
	if !f.HomeShop.IsNone() {
		add("m.home_shop_id = $%d", f.HomeShop)
	}
	return " where " + strings.Join(conds, " and "), args
}

// List lists members, the newest first; with a vault their private data too.
func List(ctx context.Context, r db.Reader, v *Vault, m id.ID, f Filter, page db.Page) (items []Member, next string, err error) {
	where, args := f.where([]any{m, startOf(page)})
	args = append(args, page.Size()+1)
	rows, err := db.All(ctx, r, scanWith(v), `select `+columns+from+where+fmt.Sprintf(` order by m.id desc limit $%d`, len(args)), args...)
	if err != nil {
		return nil, "", err
	}
	items, next = db.Cut(page, rows, memberID)
	return items, next, nil
}
