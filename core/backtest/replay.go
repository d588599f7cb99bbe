package backtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash/fnv"
	"math/rand/v2"
	"slices"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/tenant"
)

// JobReplay is the kind of the daily job that runs recorded calls once more
// (ReplayNight).
const JobReplay = "rules.replay"

// EventReplayDiffers says that recorded calls gave other bytes; its data is
// ReplayDiffers.
const EventReplayDiffers = "pack.replay_differs.v1"

// ReplayDiffers is the data of EventReplayDiffers.
type ReplayDiffers struct {
	Replay    id.ID      `json:"replay_id"`
	Day       clock.Date `json:"day"`
	Differing int64      `json:"differing"`
	Packs     []string   `json:"packs"`
}

const (
	// ReplaySales is how many sales of a day are run once more.
	ReplaySales = 500
	// maxReplayDifferences is how many differences of a night are kept.
	maxReplayDifferences = 200
)

var _ = db.GuardRetry("ux_rule_replays_day") // another process was faster; the next try sees its row

// Why a replayed call differs.
const (
	DiffersOutput  = "output"  // other bytes
	DiffersFailed  = "failed"  // it succeeded then and fails now
	DiffersWorked  = "worked"  // it failed then and succeeds now
	DiffersFailure = "failure" // it fails for another reason
)

// Replay is one night: a sample of a day's sales, whose recorded calls were run
// once more and compared by byte.
type Replay struct {
	ID          id.ID
	Day         clock.Date // the business date
	Sales       int64      // in the sample
	Calls       int64
	Same        int64
	Differing   int64
	Unavailable int64 // the pack is gone, the input was not kept, or the failure depended on the machine
	Figures     ReplayFigures
	At          clock.Instant
}

// ReplayFigures are what is said beside the counts.
type ReplayFigures struct {
	DaySales  int64            `json:"day_sales"`  // the sample was taken from
	OtherFuel int64            `json:"other_fuel"` // same bytes at another cost: the program counts otherwise since
	Fuel      int64            `json:"fuel"`       // of all calls
	Packs     map[string]int64 `json:"packs"`      // differing, by "pack version"
	Reasons   map[string]int64 `json:"reasons"`    // not available
	Truncated bool             `json:"truncated"`  // more differences than are kept
}

// ReplayDifference is a recorded call that came out otherwise.
type ReplayDifference struct {
	Sale              id.ID
	Call              int // position among the calls of the sale
	Hook              string
	Pack, Version     string
	Module            string // hex SHA-256 of the module
	Why               string
	FuelThen, FuelNow int64
	HashThen, HashNow string // hex SHA-256 of the output, or the fault's reason
}

// ReplayNight replays a sample of the business day that ended last, once a day.
// Called again for the same day it does nothing.
func (s *Service) ReplayNight(ctx context.Context, m id.ID) error {
	shops, err := tenant.ListShops(ctx, s.DB, m)
	if err != nil || len(shops) == 0 {
		return err
	}
	day := shops[0].Zone.BusinessDate(s.DB.Now())
	for _, shop := range shops[1:] { // the day that has ended in every shop
		day = min(day, shop.Zone.BusinessDate(s.DB.Now()))
	}
	_, err = s.ReplayDay(ctx, m, day.AddDays(-1))
	return err
}

// ReplayDay replays a sample of a day's sales, or answers the replay that there is.
func (s *Service) ReplayDay(ctx context.Context, m id.ID, day clock.Date) (Replay, error) {
	had, err := replayOf(ctx, s.DB, m, day)
	if err != nil || had != nil {
		if had == nil {
			had = &Replay{}
		}
		return *had, err
	}
	var ids []id.ID
	if err := s.DB.Batch(ctx, sale.AskPastIDs(m, day, nil, &ids)); err != nil {
		return Replay{}, err
	}
	r := Replay{Day: day, Figures: ReplayFigures{DaySales: int64(len(ids)), Packs: map[string]int64{}, Reasons: map[string]int64{}}}
	p, err := s.plan(ctx, m, "", Variant{Mode: AsWas}, Variant{Mode: AsWas})
	if err != nil {
		return r, err
	}
	var diffs []ReplayDifference
	for page := range slices.Chunk(sample(ids, day, ReplaySales), pageSize) {
		var sales []sale.Past
		if err := s.DB.Batch(ctx, sale.AskPast(m, page, &sales)...); err != nil {
			return r, err
		}
		for i := range sales {
			if err := s.replaySale(ctx, p, &sales[i], &r, &diffs); err != nil {
				return r, err
			}
		}
	}
	err = s.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		had, err := replayOf(ctx, tx, m, day)
		if err != nil {
			return err
		}
		if had != nil {
			r = *had
			return nil
		}
		r.ID, r.At = tx.NewID(), tx.Now
		return queueReplay(tx, m, &r, diffs)
	})
	if err == nil && r.Differing > 0 {
		s.log().ErrorContext(ctx, "recorded rule calls came out otherwise", "merchant", m, "replay", r.ID, "day", day, "differing", r.Differing)
	}
	return r, err
}

// sample takes n of the ids, the same ones for a day whenever it is asked.
func sample(ids []id.ID, day clock.Date, n int) []id.ID {
	if len(ids) <= n {
		return ids
	}
	h := fnv.New64a()
	h.Write([]byte(day))
	r := rand.New(rand.NewPCG(h.Sum64(), uint64(len(ids))))
	out := slices.Clone(ids)
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:n]
}

// replaySale runs the calls of one sale once more.
func (s *Service) replaySale(ctx context.Context, p *plan, past *sale.Past, r *Replay, diffs *[]ReplayDifference) error {
	r.Sales++
	if err := past.Unpack(); err != nil {
		r.Calls += int64(len(past.Rules))
		r.Unavailable += int64(len(past.Rules))
		r.Figures.Reasons[ReasonInput] += int64(len(past.Rules))
		return nil
	}
	for i := range past.Rules {
		run := &past.Rules[i]
		r.Calls++
		d, reason, err := s.replayCall(ctx, p, past, run, r)
		switch {
		case err != nil:
			return err
		case reason != "":
			r.Unavailable++
			r.Figures.Reasons[reason]++
		case d == nil:
			r.Same++
		default:
			r.Differing++
			r.Figures.Packs[run.PackID+" "+run.PackVersion]++
			d.Sale, d.Call = past.ID, i
			if len(*diffs) < maxReplayDifferences {
				*diffs = append(*diffs, *d)
			} else {
				r.Figures.Truncated = true
			}
		}
	}
	return nil
}

// ofTheMachine are failures that the same input need not bring again: they come
// of time, or of a check behind the call.
var ofTheMachine = []string{"rules.too_slow", "rules.bad_output", "rules.power_exceeded", hostClosed}

func (s *Service) replayCall(ctx context.Context, p *plan, past *sale.Past, run *sale.RuleRun, r *Replay) (*ReplayDifference, string, error) {
	if len(run.Input) == 0 {
		return nil, ReasonInput, nil
	}
	if run.Outcome != "ok" && slices.Contains(ofTheMachine, run.Outcome) {
		return nil, "failure", nil
	}
	p.mu.Lock()
	x, gone := p.packOn(ctx, run, past.Shop, past.RecordedAt)
	p.mu.Unlock()
	if gone.Code != "" {
		return nil, gone.Code, ctx.Err()
	}
	out, fuel, err := s.Rules.Replay(ctx, x.Ref, run.Input)
	if ctx.Err() != nil {
		return nil, "", ctx.Err()
	}
	if err != nil && fault.Of(err).Kind == fault.Unavailable {
		if reasonOf(err) == hostClosed {
			return nil, "", err
		}
		return nil, "failure", nil
	}
	r.Figures.Fuel += fuel
	d := &ReplayDifference{Hook: run.Hook, Pack: run.PackID, Version: run.PackVersion, Module: run.ModuleHash, FuelThen: run.Fuel, FuelNow: fuel}
	switch {
	case run.Outcome == "ok" && err != nil:
		d.Why, d.HashThen, d.HashNow = DiffersFailed, hashOf(run.Output), reasonOf(err)
	case run.Outcome != "ok" && err == nil:
		d.Why, d.HashThen, d.HashNow = DiffersWorked, run.Outcome, hashOf(out)
	case run.Outcome != "ok" && reasonOf(err) != run.Outcome:
		d.Why, d.HashThen, d.HashNow = DiffersFailure, run.Outcome, reasonOf(err)
	case run.Outcome == "ok" && !bytes.Equal(out, run.Output):
		d.Why, d.HashThen, d.HashNow = DiffersOutput, hashOf(run.Output), hashOf(out)
	default:
		if fuel != run.Fuel {
			r.Figures.OtherFuel++
		}
		return nil, "", nil
	}
	return d, "", nil
}

func hashOf(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func queueReplay(tx *db.Tx, m id.ID, r *Replay, diffs []ReplayDifference) error {
	figures, err := json.Marshal(r.Figures)
	if err != nil {
		return fault.ErrInternal.Wrap(err)
	}
	tx.Queue(`insert into rule_replays (merchant_id, id, day, sales, calls, same, differing, unavailable, figures, at) values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)`,
		m, r.ID, string(r.Day), r.Sales, r.Calls, r.Same, r.Differing, r.Unavailable, string(figures), r.At)
	for i, d := range diffs {
		tx.Queue(`insert into rule_replay_differences (merchant_id, replay_id, no, sale_id, call_no, hook, pack_id, pack_version, module_hash, why, fuel_then, fuel_now, hash_then, hash_now)
			values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14)`,
			m, r.ID, i, d.Sale, d.Call, d.Hook, d.Pack, d.Version, d.Module, d.Why, d.FuelThen, d.FuelNow, d.HashThen, d.HashNow)
	}
	if r.Differing > 0 {
		data := ReplayDiffers{Replay: r.ID, Day: r.Day, Differing: r.Differing, Packs: []string{}}
		for name := range r.Figures.Packs {
			data.Packs = append(data.Packs, name)
		}
		slices.Sort(data.Packs)
		event.Emit(tx, event.Event{Merchant: m, Type: EventReplayDiffers, OccurredAt: tx.Now, Data: event.JSON(data)})
	}
	return nil
}

const replayColumns = `id, day, sales, calls, same, differing, unavailable, figures, at`

func scanReplay(r db.Row, v *Replay) error {
	var figures string
	if err := r.Scan(&v.ID, &v.Day, &v.Sales, &v.Calls, &v.Same, &v.Differing, &v.Unavailable, &figures, &v.At); err != nil {
		return err
	}
	return json.Unmarshal([]byte(figures), &v.Figures)
}

func replayOf(ctx context.Context, r db.Reader, m id.ID, day clock.Date) (*Replay, error) {
	v, err := db.One(ctx, r, scanReplay, `select `+replayColumns+` from rule_replays where merchant_id = $1 and day = $2`, m, string(day))
	if errors.Is(err, db.ErrNoRow) {
		return nil, nil
	}
	return &v, err
}

// ListReplays reads the nights, the newest first.
func ListReplays(ctx context.Context, r db.Reader, m id.ID, p db.Page) (items []Replay, next string, err error) {
	rows, err := db.All(ctx, r, scanReplay, `select `+replayColumns+` from rule_replays where merchant_id = $1 and (id < $2 or cast($2 as text) is null) order by id desc limit $3`, m, p.After, p.Size()+1)
	if err != nil {
		return nil, "", err
	}
	items, next = db.Cut(p, rows, func(v Replay) id.ID { return v.ID })
	return items, next, nil
}

// GetReplay reads a night with the differences that are kept. Fault:
// backtest.no_replay.
func GetReplay(ctx context.Context, r db.Reader, m, replay id.ID) (Replay, []ReplayDifference, error) {
	v, err := db.One(ctx, r, scanReplay, `select `+replayColumns+` from rule_replays where merchant_id = $1 and id = $2`, m, replay)
	if errors.Is(err, db.ErrNoRow) {
		return v, nil, ErrNoReplay
	}
	if err != nil {
		return v, nil, err
	}
	diffs, err := db.All(ctx, r, func(row db.Row, d *ReplayDifference) error {
		return row.Scan(&d.Sale, &d.Call, &d.Hook, &d.Pack, &d.Version, &d.Module, &d.Why, &d.FuelThen, &d.FuelNow, &d.HashThen, &d.HashNow)
	}, `select sale_id, call_no, hook, pack_id, pack_version, module_hash, why, fuel_then, fuel_now, hash_then, hash_now from rule_replay_differences
		where merchant_id = $1 and replay_id = $2 order by no`, m, replay)
	return v, diffs, err
}
