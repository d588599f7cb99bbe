package backtest

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/sale"
)

// JobShadow is the kind of the periodic job that takes a merchant's shadows
// through the sales made since (ShadowRound).
const JobShadow = "backtest.shadow"

// MaxShadowDifferences is how many differences are kept of a shadow: the newest.
const MaxShadowDifferences = 1_000

// maxShadowDays is how many business days a shadow's figures have by themselves.
const maxShadowDays = 92

var _ = db.Guard("ux_shadows_shop_id_pack_id", ErrShadowOn)

// Shadow is a pack that runs beside the live ones in a shop: on every sale, after
// it was made, and without effect. Side A of its figures is what the receipts
// have, side B what the shadow's version and configuration would have come to.
type Shadow struct {
	ID        id.ID
	Shop      id.ID
	Pack      string
	Version   string
	Config    json.RawMessage
	Priority  int32
	On        bool
	Figures   Figures
	Reason    string // why the program stopped it; "": a person did, or it runs
	CreatedAt clock.Instant
	By        id.ID
	EndedAt   clock.Instant // 0: it runs
	LookedAt  clock.Instant // 0: not yet
	seq       int64
}

const shadowColumns = `id, shop_id, pack_id, version, config, priority, state, seq, figures, reason, created_at, created_by, ended_at, looked_at`

func scanShadow(r db.Row, v *Shadow) error {
	var config, state, figures string
	if err := r.Scan(&v.ID, &v.Shop, &v.Pack, &v.Version, &config, &v.Priority, &state, &v.seq, &figures, &v.Reason, &v.CreatedAt, &v.By, &v.EndedAt, &v.LookedAt); err != nil {
		return err
	}
	v.Config, v.On = json.RawMessage(config), state == "on"
	if figures == "" {
		return nil
	}
	return json.Unmarshal([]byte(figures), &v.Figures)
}

// CheckShadow validates what a shadow is to run and fills in its configuration.
// Faults: pack.not_installed, pack.config_invalid.
func (s *Service) CheckShadow(ctx context.Context, m id.ID, v *Shadow) error {
	set := Variant{Mode: Set, Version: v.Version, Config: v.Config, Priority: v.Priority}
	err := s.checkVariant(ctx, m, v.Pack, &set)
	v.Config = set.Config
	return err
}

// StartShadow switches a shadow on for the sales from now on; it is checked, and
// the shop is the merchant's. Fault, at the COMMIT: backtest.shadow_on.
func StartShadow(ctx context.Context, tx *db.Tx, m id.ID, v Shadow) (Shadow, error) {
	seq, err := event.LastSeq(ctx, tx, m)
	if err != nil {
		return v, err
	}
	v.ID, v.On, v.CreatedAt, v.seq = tx.NewID(), true, tx.Now, seq
	tx.Queue(`insert into shadows (merchant_id, id, shop_id, pack_id, version, config, priority, state, seq, created_at, created_by) values ($1,$2,$3,$4,$5,$6,$7,'on',$8,$9,$10)`,
		m, v.ID, v.Shop, v.Pack, v.Version, string(v.Config), v.Priority, v.seq, v.CreatedAt, v.By)
	return v, nil
}

// StopShadow switches a shadow off; what it has found stays. Faults:
// backtest.no_shadow, backtest.shadow_ended.
func StopShadow(ctx context.Context, tx *db.Tx, m, shadow id.ID, reason string) error {
	state, err := db.Value[string](ctx, tx, `select state from shadows where merchant_id = $1 and id = $2 for no key update`, m, shadow)
	switch {
	case errors.Is(err, db.ErrNoRow):
		return ErrNoShadow
	case err != nil:
		return err
	case state != "on":
		return ErrShadowOff
	}
	tx.Queue(`update shadows set state = 'off', reason = $3, ended_at = $4 where merchant_id = $1 and id = $2`, m, shadow, reason, tx.Now)
	return nil
}

// GetShadow reads a shadow. Fault: backtest.no_shadow.
func GetShadow(ctx context.Context, r db.Reader, m, shadow id.ID) (Shadow, error) {
	v, err := db.One(ctx, r, scanShadow, `select `+shadowColumns+` from shadows where merchant_id = $1 and id = $2`, m, shadow)
	if errors.Is(err, db.ErrNoRow) {
		return v, ErrNoShadow
	}
	return v, err
}

// ListShadows reads shadows, the newest first; pack "" is every pack's, no shop
// every shop's.
func ListShadows(ctx context.Context, r db.Reader, m, shop id.ID, pack string, p db.Page) (items []Shadow, next string, err error) {
	rows, err := db.All(ctx, r, scanShadow, `select `+shadowColumns+` from shadows where merchant_id = $1 and (shop_id = $2 or cast($2 as text) is null) and (pack_id = $3 or $3 = '')
		and (id < $4 or cast($4 as text) is null) order by id desc limit $5`, m, shop, pack, p.After, p.Size()+1)
	if err != nil {
		return nil, "", err
	}
	items, next = db.Cut(p, rows, func(v Shadow) id.ID { return v.ID })
	return items, next, nil
}

// ShadowDifference is a sale that a shadow would have priced otherwise.
type ShadowDifference struct {
	ID id.ID
	At clock.Instant // when it was looked at
	Difference
}

// ListShadowDifferences reads a shadow's differences, the newest first.
func ListShadowDifferences(ctx context.Context, r db.Reader, m, shadow id.ID, p db.Page) (items []ShadowDifference, next string, err error) {
	rows, err := db.All(ctx, r, func(r db.Row, v *ShadowDifference) error {
		var text string
		if err := r.Scan(&v.ID, &v.At, &text); err != nil {
			return err
		}
		return json.Unmarshal([]byte(text), &v.Difference)
	}, `select id, at, difference from shadow_differences where merchant_id = $1 and shadow_id = $2 and (id < $3 or cast($3 as text) is null) order by id desc limit $4`, m, shadow, p.After, p.Size()+1)
	if err != nil {
		return nil, "", err
	}
	items, next = db.Cut(p, rows, func(v ShadowDifference) id.ID { return v.ID })
	return items, next, nil
}

// ShadowRound takes a merchant's shadows through the sales that were completed
// since the last round. It may be cut off and run twice at once: a sale counts
// once.
func (s *Service) ShadowRound(ctx context.Context, m id.ID) error {
	on, err := db.All(ctx, s.DB, scanShadow, `select `+shadowColumns+` from shadows where merchant_id = $1 and state = 'on' order by id`, m)
	if err != nil {
		return err
	}
	var errs []error
	for i := range on {
		if err := s.follow(ctx, m, &on[i]); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// follow takes one shadow to the newest event.
func (s *Service) follow(ctx context.Context, m id.ID, v *Shadow) error {
	p, err := s.plan(ctx, m, v.Pack, Variant{Mode: AsWas}, Variant{Mode: Set, Version: v.Version, Config: v.Config, Priority: v.Priority})
	if err != nil && fault.Of(err).Kind == fault.NotFound { // its version is gone
		return s.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return StopShadow(ctx, tx, m, v.ID, reasonOf(err)) })
	}
	if err != nil {
		return err
	}
	for {
		es, err := event.After(ctx, s.DB, m, v.seq, pageSize)
		if err != nil || len(es) == 0 {
			return err
		}
		var ids []id.ID
		for _, e := range es {
			var data struct {
				Sale id.ID `json:"sale_id"`
			}
			if e.Type == "sale.completed.v1" && e.Shop == v.Shop && e.Decode(&data) == nil {
				ids = append(ids, data.Sale)
			}
		}
		err = s.shadowPage(ctx, p, v, ids, es[len(es)-1].Seq)
		if errors.Is(err, errLost) { // it was stopped, or another process follows it
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// shadowPage prices some sales and notes what was found, with how far it came.
func (s *Service) shadowPage(ctx context.Context, p *plan, v *Shadow, ids []id.ID, seq int64) error {
	found := v.Figures.clone()
	var diffs []*Difference
	if len(ids) > 0 {
		pg, err := p.readPage(ctx, ids)
		if err != nil {
			return err
		}
		// An event may be published after the shadow began though its sale was made before.
		pg.sales = slices.DeleteFunc(pg.sales, func(x sale.Past) bool { return x.CompletedAt < v.CreatedAt })
		pricers := make([]*pricer, s.workers())
		for i := range pricers {
			pricers[i] = p.pricer()
		}
		verdicts, err := priceAll(ctx, pricers, *pg)
		if err != nil {
			return err
		}
		for i := range verdicts {
			if d := found.add(&verdicts[i], v.Pack); d != nil {
				diffs = append(diffs, d)
			}
		}
	}
	found.Members, found.Products, found.Categories, found.Staff, found.Largest = nil, nil, nil, nil, nil
	for len(found.Days) > maxShadowDays {
		delete(found.Days, slices.Min(slices.Collect(maps.Keys(found.Days))))
	}
	figures, err := json.Marshal(found)
	if err != nil {
		return fault.ErrInternal.Wrap(err)
	}
	err = s.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		n, err := tx.Exec(ctx, `update shadows set seq = $4, figures = $5, looked_at = $6 where merchant_id = $1 and id = $2 and seq = $3 and state = 'on'`, p.merchant, v.ID, v.seq, seq, string(figures), tx.Now)
		if err != nil {
			return err
		}
		if n == 0 {
			return errLost
		}
		for _, d := range diffs {
			text, err := json.Marshal(d)
			if err != nil {
				return fault.ErrInternal.Wrap(err)
			}
			tx.Queue(`insert into shadow_differences (merchant_id, id, shadow_id, sale_id, at, difference) values ($1,$2,$3,$4,$5,$6) on conflict (merchant_id, shadow_id, sale_id) do nothing`,
				p.merchant, tx.NewID(), v.ID, d.Sale, tx.Now, string(text))
		}
		if len(diffs) > 0 {
			tx.Queue(`delete from shadow_differences where merchant_id = $1 and shadow_id = $2 and id <= (
				select id from shadow_differences where merchant_id = $1 and shadow_id = $2 order by id desc limit 1 offset $3)`, p.merchant, v.ID, maxShadowKept)
		}
		return nil
	})
	if err != nil {
		return err
	}
	v.seq, v.Figures = seq, found
	return nil
}

// maxShadowKept is MaxShadowDifferences, lower in tests.
var maxShadowKept = MaxShadowDifferences
