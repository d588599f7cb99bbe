package campaign

import (
	"context"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/promotion"
)

var (
	// ErrRanBefore: this pack has seen this event.
	ErrRanBefore = fault.New(fault.Conflict, "campaign.ran_before")
	// ErrDayLimit: triggers have given as often in a day as the merchant lets them.
	ErrDayLimit = fault.New(fault.Exceeded, "campaign.day_limit")
)

var (
	_ = db.Guard("ux_trigger_runs_pack_id_event_key", ErrRanBefore)
	_ = db.Guard("ck_trigger_days_runs", ErrDayLimit)
)

// EventMessageDue asks whoever sends messages for one: member_id, template, pack_id,
// code, and the figures of the pack's note.
const EventMessageDue = "message.due.v1"

// MessageDue is the data of EventMessageDue.
type MessageDue struct {
	Member   id.ID  `json:"member_id"`
	Template string `json:"template"`
	Pack     string `json:"pack_id"`
	Version  string `json:"pack_version"`
	Code     string `json:"code"`
	Arg      int64  `json:"arg,omitempty"`
	Money    int64  `json:"money,omitempty"`
	Label    string `json:"label,omitempty"`
	Grant    id.ID  `json:"grant_id"`
}

// Outcomes of a run beside the reason of a rule that failed.
const (
	OutcomeOK      = "ok"      // with or without grants
	OutcomeLimited = "limited" // over the day's limit: nothing was given
)

// Run is one pack's run over one event.
type Run struct {
	ID       id.ID
	PackID   string
	EventKey string // what happened, once and for all: "sale:…", "birthday:…:2026"
	Event    string // kind of event, as EventNames has it
	Member   id.ID
	Shop     id.ID
	Date     clock.Date
	Outcome  string // OutcomeOK, OutcomeLimited or a fault's reason
	Grants   int
	Version  string
	Module   string
	Config   string
	Fuel     int64
	Input    []byte
	Output   []byte
	At       clock.Instant
}

// EventNames are the kinds of event as they are stored and shown.
var EventNames = map[promotion.EventKind]string{
	promotion.EventJoined: "joined", promotion.EventBirthday: "birthday", promotion.EventSale: "sale", promotion.EventCheckIn: "check_in",
	promotion.EventLapsed: "lapsed", promotion.EventReferral: "referral", promotion.EventTier: "tier", promotion.EventTopUp: "top_up",
}

const runColumns = `id, pack_id, event_key, event_kind, member_id, shop_id, business_date, outcome, grants, pack_version, module_hash, config_hash, fuel, input, output, at`

func scanRun(r db.Row, v *Run) error {
	return r.Scan(&v.ID, &v.PackID, &v.EventKey, &v.Event, &v.Member, &v.Shop, &v.Date, &v.Outcome, &v.Grants, &v.Version, &v.Module, &v.Config, &v.Fuel, &v.Input, &v.Output, &v.At)
}

// QueueRun records a run. A second one of the pack over the event is
// campaign.ran_before as the batch is sent.
func QueueRun(tx *db.Tx, m id.ID, v *Run) {
	if v.ID.IsNone() {
		v.ID = tx.NewID()
	}
	v.At = tx.Now
	tx.Queue(`insert into trigger_runs (merchant_id, `+runColumns+`) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15,$16,$17)`,
		m, v.ID, v.PackID, v.EventKey, v.Event, v.Member, v.Shop, string(v.Date), v.Outcome, v.Grants, v.Version, v.Module, v.Config, v.Fuel, v.Input, v.Output, v.At)
}

// QueueDay counts a run that gives something against the limits of its date: the
// member's, and that of all members together. Over one of them is
// campaign.day_limit as the batch is sent.
func QueueDay(tx *db.Tx, m, member id.ID, date clock.Date, perMember, all int64) {
	for _, v := range []struct {
		subject id.ID
		most    int64
	}{{m, all}, {member, perMember}} { // in this order everywhere: the merchant's row first
		tx.Queue(`insert into trigger_days (merchant_id, date, subject_id, runs, most) values ($1, $2, $3, 1, $4)
			on conflict (merchant_id, date, subject_id) do update set runs = trigger_days.runs + 1, most = excluded.most`, m, string(date), v.subject, v.most)
	}
}

// RanBefore lists which of the packs have seen an event.
func RanBefore(ctx context.Context, r db.Reader, m id.ID, key string) ([]string, error) {
	return db.All(ctx, r, func(row db.Row, v *string) error { return row.Scan(v) }, `select pack_id from trigger_runs where merchant_id = $1 and event_key = $2`, m, key)
}

// ListRuns lists what triggers did, the newest first; member id.None lists all.
func ListRuns(ctx context.Context, r db.Reader, m, member id.ID, p db.Page) ([]Run, string, error) {
	q, args := `select `+runColumns+` from trigger_runs where merchant_id = $1`, []any{m, p.Size() + 1}
	if !member.IsNone() {
		args = append(args, member)
		q += ` and member_id = $3`
	}
	if !p.After.IsNone() {
		args = append(args, p.After)
		q += map[bool]string{true: ` and id < $3`, false: ` and id < $4`}[member.IsNone()]
	}
	rows, err := db.All(ctx, r, scanRun, q+` order by id desc limit $2`, args...)
	if err != nil {
		return nil, "", err
	}
	items, next := db.Cut(p, rows, func(v Run) id.ID { return v.ID })
	return items, next, nil
}

// Cursor is how far the triggers of a merchant have come.
type Cursor struct {
	Seq   int64      // the last event that was looked at
	Date  clock.Date // the last date whose birthdays and lapses were; "": none
	Found bool
}

// GetCursor reads it; Found is false for a merchant whose triggers never ran.
func GetCursor(ctx context.Context, r db.Reader, m id.ID) (c Cursor, err error) {
	cs, err := db.All(ctx, r, func(row db.Row, v *Cursor) error { v.Found = true; return row.Scan(&v.Seq, &v.Date) }, `select seq, date from trigger_cursors where merchant_id = $1`, m)
	if err == nil && len(cs) > 0 {
		c = cs[0]
	}
	return c, err
}

// QueueCursor moves it, never back.
func QueueCursor(tx *db.Tx, m id.ID, c Cursor) {
	tx.Queue(`insert into trigger_cursors (merchant_id, seq, date) values ($1, $2, $3)
		on conflict (merchant_id) do update set seq = case when excluded.seq > trigger_cursors.seq then excluded.seq else trigger_cursors.seq end,
			date = case when excluded.date > trigger_cursors.date then excluded.date else trigger_cursors.date end`, m, c.Seq, string(c.Date))
}

// ListLapsed lists active members whose last visit was on a date.
func ListLapsed(ctx context.Context, r db.Reader, m id.ID, last clock.Date) ([]id.ID, error) {
	return db.All(ctx, r, func(row db.Row, v *id.ID) error { return row.Scan(v) }, `select d.member_id from member_day d
		join members b on b.merchant_id = d.merchant_id and b.id = d.member_id and b.status = 'active'
		where d.merchant_id = $1 and d.visits > 0 group by d.member_id having max(d.date) = $2 order by d.member_id`, m, string(last))
}

// ListBornIn lists active members whose birthday is in a month.
func ListBornIn(ctx context.Context, r db.Reader, m id.ID, month int) ([]id.ID, error) {
	return db.All(ctx, r, func(row db.Row, v *id.ID) error { return row.Scan(v) }, `select p.member_id from member_private p
		join members b on b.merchant_id = p.merchant_id and b.id = p.member_id and b.status = 'active'
		where p.merchant_id = $1 and p.birth_month = $2 order by p.member_id`, m, month)
}
