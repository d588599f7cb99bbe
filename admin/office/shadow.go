package office

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/pack"
)

func (f *office) mountShadows() {
	f.on("GET /office/packs/{pack}/shadow/{id}", auth.PermReports, f.shadowPage)
	f.on("POST /office/packs/{pack}/shadow/{id}/stop", auth.PermPacks, f.shadowStop)
}

// shadowStart puts a pack beside the live ones of the shop that is looked at.
func (f *office) shadowStart(ctx context.Context, p *page, b *pack.Bundle, set backtest.Variant) error {
	v := backtest.Shadow{Shop: p.Shop.ID, Pack: b.ID, Version: set.Version, Config: set.Config, Priority: set.Priority, By: p.Actor.ID}
	if err := f.o.Backtests.CheckShadow(ctx, p.Merchant.ID, &v); err != nil {
		return err
	}
	return f.audited(ctx, "shadow.started", "shadow", map[string]any{"pack": v.Pack, "version": v.Version, "shop": v.Shop}, func(ctx context.Context, tx *db.Tx) (string, error) {
		got, err := backtest.StartShadow(ctx, tx, p.Merchant.ID, v)
		return got.ID.String(), err
	})
}

// shadowDetail is one shadow with a page of its differences.
type shadowDetail struct {
	shadow  backtest.Shadow
	name    string // the pack's
	figures *backtestReport
	list    []backtest.Difference
	first   string
	next    string
}

func shadowPath(packID string, shadow id.ID) string {
	return "/office/packs/" + packID + "/shadow/" + shadow.String()
}

func (f *office) shadowPage(w http.ResponseWriter, r *http.Request, p *page) error {
	shadow, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return backtest.ErrNoShadow
	}
	at, err := pageOf(r, 30)
	if err != nil {
		return err
	}
	ctx := r.Context()
	v := &shadowDetail{}
	if v.shadow, err = backtest.GetShadow(ctx, f.db, p.Merchant.ID, shadow); err != nil {
		return err
	}
	if v.shadow.Pack != r.PathValue("pack") {
		return backtest.ErrNoShadow
	}
	v.name = f.packName(p, v.shadow.Pack, v.shadow.Version)
	items, next, err := backtest.ListShadowDifferences(ctx, f.db, p.Merchant.ID, shadow, at)
	if err != nil {
		return err
	}
	v.first, v.next = pager(r, next)
	var ids []id.ID
	for _, d := range items {
		v.list = append(v.list, d.Difference)
		if !d.Member.IsNone() {
			ids = append(ids, d.Member)
		}
	}
	if v.figures, err = f.backtestNames(ctx, p, v.shadow.Figures.Report()); err != nil {
		return err
	}
	if v.figures.members, err = member.Names(ctx, f.db, p.Merchant.ID, ids); err != nil {
		return err
	}
	return f.show(w, r, shadowView(p, v))
}

func (f *office) shadowStop(w http.ResponseWriter, r *http.Request, p *page) error {
	shadow, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return backtest.ErrNoShadow
	}
	err = f.audited(r.Context(), "shadow.stopped", "shadow", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
		return shadow.String(), backtest.StopShadow(ctx, tx, p.Merchant.ID, shadow, "")
	})
	if err != nil && !fault.ReasonIs(err, backtest.ErrShadowOff.Reason) {
		return err
	}
	return done(w, r, p, shadowPath(r.PathValue("pack"), shadow), "office.shadow.stopped")
}

func shadowState(p *page, v *backtest.Shadow) templ.Component {
	switch {
	case v.On:
		return ui.Status(ui.Ok, p.T("office.shadow.on"))
	case v.Reason != "":
		return ui.Status(ui.Bad, trialFault(p, v.Reason, v.Pack, v.Version))
	}
	return ui.Status(ui.Neutral, p.T("office.shadow.off"))
}

// shadowTable lists the shadows of a pack.
func (v *trial) shadowTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.shadow.list"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.shadow.since")}, {Title: p.T("office.shop")}, {Title: p.T("office.packs.version")}, {Title: p.T("office.backtest.sales"), Numeric: true}, {Title: p.T("office.backtest.changed"), Numeric: true},
			{Title: p.T("office.backtest.difference"), Numeric: true}, {Title: p.T("office.col.state"), Key: true}},
		Empty: ui.EmptyState{Icon: "rules", Title: p.T("office.shadow.none")}}
	for i := range v.shadows {
		s := &v.shadows[i]
		t.Rows = append(t.Rows, ui.Row(ui.Link(p.DateTime(s.CreatedAt), shadowPath(s.Pack, s.ID)), dash(p.ShopName(s.Shop)), s.Version, p.Int(s.Figures.Sales), p.Int(s.Figures.Changed), p.MoneySigned(s.Figures.B.Net-s.Figures.A.Net), shadowState(p, s)))
	}
	return t
}

func (v *shadowDetail) facts(p *page) []ui.Pair {
	s := &v.shadow
	out := []ui.Pair{{Key: p.T("office.shop"), Value: ui.Text(dash(p.ShopName(s.Shop)))}, {Key: p.T("office.packs.version"), Value: ui.Text(s.Version)}, {Key: p.T("office.packs.priority"), Value: ui.Text(p.Int(int64(s.Priority)))},
		{Key: p.T("office.col.state"), Value: shadowState(p, s)}, {Key: p.T("office.shadow.since"), Value: ui.At(p.Ctx, s.CreatedAt)}}
	if s.LookedAt != 0 {
		out = append(out, ui.Pair{Key: p.T("office.shadow.looked"), Value: ui.When(p.Ctx, s.LookedAt)})
	}
	if s.EndedAt != 0 {
		out = append(out, ui.Pair{Key: p.T("office.shadow.ended"), Value: ui.At(p.Ctx, s.EndedAt)})
	}
	return out
}

// shadowConfig is a configuration as it can be read.
func shadowConfig(config json.RawMessage) string {
	var out bytes.Buffer
	if json.Indent(&out, config, "", "  ") != nil {
		return string(config)
	}
	return out.String()
}

func (v *shadowDetail) table(p *page) ui.TableProps {
	t := trialDifferences(p, p.T("office.shadow.differences"), v.figures.members, v.figures.tierName, v.list)
	t.First, t.Next = v.first, v.next
	return t
}
