package checkout

import (
	"context"
	"errors"
	"hash/fnv"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/campaign"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/promotion"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/wallet"
)

// EventGranted tells that a trigger has given something: member_id, event,
// event_key, grants.
const EventGranted = "campaign.granted.v1"

// kindGrant is the entry of what is given outside a sale.
const kindGrant = "grant"

// seedOf is randomness that anybody can compute again.
func seedOf(key string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(key))
	return h.Sum64()
}

// apply gives what the packs answered, in one transaction with the record that
// they were asked. Over the day's limit the record says so and nothing is given;
// what another process has dealt with is left alone.
func (t *triggers) apply(ctx context.Context, h *happening, v *reviewed, p *promotion.Pipeline, gives, unknown []Give) error {
	err := t.record(ctx, h, v, p, gives, unknown, "")
	if errors.Is(err, coupon.ErrIssueLimit) {
		kept, dropped := unlimited(gives)
		gives, unknown = kept, append(unknown, dropped...)
		err = t.record(ctx, h, v, p, gives, unknown, "")
	}
	if errors.Is(err, campaign.ErrDayLimit) {
		err = t.record(ctx, h, v, p, nil, unknown, campaign.OutcomeLimited)
	}
	if errors.Is(err, campaign.ErrRanBefore) {
		return nil
	}
	if err != nil {
		return err
	}
	var failed []Fallback
	for _, f := range p.Failures {
		failed = append(failed, Fallback{f.Pack.ID, f.Pack.Version, f.Hook.String(), f.Reason, f.Costly})
	}
	t.d.recordFailures(ctx, t.m.ID, v.shop.ID, failed, id.None)
	return nil
}

// unlimited parts what cannot run out from the coupons whose number is limited.
func unlimited(gives []Give) (kept, dropped []Give) {
	for _, g := range gives {
		if g.Design != nil && g.Design.IssueLimit > 0 {
			dropped = append(dropped, g)
		} else {
			kept = append(kept, g)
		}
	}
	return kept, dropped
}

func (t *triggers) record(ctx context.Context, h *happening, v *reviewed, p *promotion.Pipeline, gives, unknown []Give, outcome string) error {
	m := t.m.ID
	return t.d.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		purse := wallet.NewPurse(m, h.member)
		if len(gives) > 0 {
			purse.Ask(tx, id.None)
			if err := tx.Flush(ctx); err != nil {
				return err
			}
		}
		runs := map[string]id.ID{}
		for i := range p.Runs {
			r := &p.Runs[i]
			run := campaign.Run{ID: tx.NewID(), PackID: r.Pack.ID, EventKey: h.key, Event: campaign.EventNames[h.view.Kind], Member: h.member, Shop: v.shop.ID, Date: v.today, Outcome: r.Outcome,
				Version: r.Pack.Version, Module: r.Pack.ModuleHash, Config: r.Pack.ConfigHash, Fuel: r.Fuel, Input: r.Input, Output: r.Output}
			for k := range gives {
				if gives[k].PackID == run.PackID {
					run.Grants++
				}
			}
			for k := range unknown {
				if unknown[k].PackID == run.PackID && run.Outcome == campaign.OutcomeOK {
					run.Outcome = campaign.ErrUnknownRef.Reason
				}
			}
			if outcome != "" && run.Outcome == campaign.OutcomeOK {
				run.Outcome = outcome
			}
			runs[run.PackID] = run.ID
			campaign.QueueRun(tx, m, &run)
		}
		if len(gives) == 0 {
			return nil
		}
		campaign.QueueDay(tx, m, h.member, v.today, setting.TriggerMemberLimit.In(t.settings), setting.TriggerDayLimit.In(t.settings))
		g := t.d.giverOf(t.reviewer, v, tx, h.member)
		g.source = campaign.FromTrigger
		if err := t.d.giveAll(ctx, tx, purse, g, gives, func(v *Give) id.ID { return runs[v.PackID] }); err != nil {
			return err
		}
		event.Emit(tx, event.Event{Merchant: m, Type: EventGranted, Shop: v.shop.ID, Data: event.JSON(struct {
			Member id.ID  `json:"member_id"`
			Event  string `json:"event"`
			Key    string `json:"event_key"`
			Grants int    `json:"grants"`
		}{h.member, campaign.EventNames[h.view.Kind], h.key, len(gives)})})
		return auth.Audit(ctx, tx, auth.Record{Merchant: m, Action: "campaign.granted", SubjectKind: "member", SubjectID: h.member.String(),
			Detail: map[string]any{"event": h.key, "grants": len(gives)}})
	})
}

// giverOf gives outside a sale, by the merchant's own terms for points and money.
func (d *Desk) giverOf(r *reviewer, v *reviewed, tx *db.Tx, member id.ID) *giver {
	g := &giver{merchant: r.m.ID, member: member, shop: v.shop.ID, date: v.today, currency: r.m.Currency.Code}
	if g.pointsFrom, g.pointsUntil = loyalty.Validity(r.settings, tx.Now, v.shop.Zone); g.pointsFrom == tx.Now {
		g.pointsFrom = 0
	}
	q := Quote{BonusDays: int(setting.BonusDays.In(r.settings))}
	g.bonusUntil = q.bonusEnds(tx.Now)
	return g
}

// giveAll writes grants outside a sale, with an entry of their own where they
// touch the books. The purse is locked.
func (d *Desk) giveAll(ctx context.Context, tx *db.Tx, p *ledger.Purse, g *giver, gives []Give, source func(*Give) id.ID) error {
	e := ledger.Entry{Shop: g.shop, BusinessDate: g.date, Kind: kindGrant, Actor: auth.ActorOf(ctx).ID}
	for i := range gives {
		g.sourceID = source(&gives[i])
		g.give(tx, p, &e, &gives[i])
	}
	if len(e.Postings) == 0 {
		return nil
	}
	if err := d.book.Post(tx, g.merchant, &e); err != nil {
		return err
	}
	p.Queue(tx)
	return nil
}
