package message

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

const columns = `merchant_id, id, member_id, shop_id, kind, code, origin, params, state, reason, channel, connector_id, provider_id, attempt, asked, segments, cost, run_at, lease_until, expires_at, sent_at, created_at, updated_at`

func scan(r db.Row, v *Message) error {
	var params string
	err := r.Scan(&v.Merchant, &v.ID, &v.Member, &v.Shop, &v.Kind, &v.Code, &v.Origin, &params, &v.State, &v.Reason, &v.Channel, &v.Connector, &v.Provider, &v.Attempt, &v.Asked,
		&v.Segments, &v.Cost, &v.RunAt, &v.lease, &v.ExpiresAt, &v.SentAt, &v.CreatedAt, &v.UpdatedAt)
	if err == nil {
		err = json.Unmarshal([]byte(params), &v.Params)
	}
	return err
}

// Get reads a message. Fault: message.not_found.
func Get(ctx context.Context, r db.Reader, m, mid id.ID) (Message, error) {
	v, err := db.One(ctx, r, scan, `select `+columns+` from messages where merchant_id = $1 and id = $2`, m, mid)
	if errors.Is(err, db.ErrNoRow) {
		return Message{}, ErrNotFound
	}
	return v, err
}

// Filter narrows a list; zero fields do not.
type Filter struct {
	Member id.ID
	State  State
	Kind   string
}

// List lists messages, the newest first.
func List(ctx context.Context, r db.Reader, m id.ID, f Filter, p db.Page) (items []Message, next string, err error) {
	args, conds := []any{m}, []string{"merchant_id = $1"}
	add := func(cond string, arg any) {
		args = append(args, arg)
		conds = append(conds, fmt.Sprintf(cond, len(args)))
	}
	if !p.After.IsNone() {
		add("id < $%d", p.After)
	}
	if !f.Member.IsNone() {
		add("member_id = $%d", f.Member)
	}
	if f.State != "" {
		add("state = $%d", string(f.State))
	}
	if f.Kind != "" {
		add("kind = $%d", f.Kind)
	}
	args = append(args, p.Size()+1)
	rows, err := db.All(ctx, r, scan, `select `+columns+` from messages where `+strings.Join(conds, " and ")+fmt.Sprintf(` order by id desc limit $%d`, len(args)), args...)
	if err != nil {
		return nil, "", err
	}
	items, next = db.Cut(p, rows, func(v Message) id.ID { return v.ID })
	return items, next, nil
}

// MonthRow is what one kind cost in a month by one channel.
type MonthRow struct {
	Kind     string
	Channel  string
	Messages int64
	Segments int64
	Cost     money.Amount
}

// Month sums what was sent between two instants.
func Month(ctx context.Context, r db.Reader, m id.ID, from, to clock.Instant) ([]MonthRow, error) {
	return db.All(ctx, r, func(row db.Row, v *MonthRow) error {
		return row.Scan(&v.Kind, &v.Channel, &v.Messages, &v.Segments, &v.Cost)
	},
		`select kind, channel, count(*), cast(sum(segments) as bigint), cast(sum(cost) as bigint) from messages
		where merchant_id = $1 and sent_at >= $2 and sent_at < $3 and sent_at > 0 group by kind, channel order by kind, channel`, m, from, to)
}

// AgainOf is the origin of the message that repeats another.
func AgainOf(mid id.ID) string { return "again:" + mid.String() }

// FindOrigin reads the message that was written for an origin. Fault:
// message.not_found.
func FindOrigin(ctx context.Context, r db.Reader, m id.ID, origin string) (Message, error) {
	v, err := db.One(ctx, r, scan, `select `+columns+` from messages where merchant_id = $1 and origin = $2`, m, origin)
	if errors.Is(err, db.ErrNoRow) {
		return Message{}, ErrNotFound
	}
	return v, err
}

// Resend writes a message anew that has failed, may not have been sent or was
// skipped: a person has decided it. Faults: message.not_found, message.state.
func Resend(ctx context.Context, tx *db.Tx, m, mid id.ID) (id.ID, error) {
	v, err := db.One(ctx, tx, scan, `select `+columns+` from messages where merchant_id = $1 and id = $2 for update`, m, mid)
	switch {
	case errors.Is(err, db.ErrNoRow):
		return id.None, ErrNotFound
	case err != nil:
		return id.None, err
	case v.State != Failed && v.State != Uncertain && v.State != Skipped || v.Kind == KindVerification:
		return id.None, ErrState.With("state", string(v.State))
	}
	// Twice at the same message is one: the origin names the one that it repeats.
	return Queue(tx, New{Merchant: m, Member: v.Member, Shop: v.Shop, Kind: v.Kind, Code: v.Code, Origin: AgainOf(v.ID), Params: v.Params}), nil
}
