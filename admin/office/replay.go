package office

import (
	"context"
	"io"
	"net/http"
	"time"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

func (f *office) mountReplays() {
	f.on("GET /office/replays", auth.PermReports, f.replaysPage)
	f.on("GET /office/replays/{id}", auth.PermReports, f.replayPage)
	f.on("POST /office/replays/export", auth.PermPacks, f.ruleExport)
}

type replayList struct {
	items       []backtest.Replay
	in          form
	first, next string
}

func (f *office) replaysPage(w http.ResponseWriter, r *http.Request, p *page) error {
	at, err := pageOf(r, 30)
	if err != nil {
		return err
	}
	v := &replayList{}
	today := f.today(p)
	v.in = values("from", string(today.AddDays(1-backtest.QuickDays)), "to", string(today))
	items, next, err := backtest.ListReplays(r.Context(), f.db, p.Merchant.ID, at)
	if err != nil {
		return err
	}
	v.items = items
	v.first, v.next = pager(r, next)
	return f.show(w, r, replaysView(p, v))
}

type replayDetail struct {
	replay backtest.Replay
	list   []backtest.ReplayDifference
}

func (f *office) replayPage(w http.ResponseWriter, r *http.Request, p *page) error {
	replay, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return backtest.ErrNoReplay
	}
	v := &replayDetail{}
	if v.replay, v.list, err = backtest.GetReplay(r.Context(), f.db, p.Merchant.ID, replay); err != nil {
		return err
	}
	return f.show(w, r, replayView(p, v))
}

// ruleExport sends the recorded calls of a period, without personal data.
func (f *office) ruleExport(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	q := backtest.ExportQuery{From: dateIn(in.get("from")), To: dateIn(in.get("to")), Limit: 5_000}
	if !p.Shop.ID.IsNone() {
		q.Shops = []id.ID{p.Shop.ID}
	}
	if err := q.Check(); err != nil {
		items, next, lerr := backtest.ListReplays(r.Context(), f.db, p.Merchant.ID, db.Page{Limit: 30})
		if lerr != nil {
			return lerr
		}
		in.err = err
		v := &replayList{items: items, in: in}
		v.first, v.next = pager(r, next)
		return f.again(w, r, err, replaysView(p, v))
	}
	err = f.audited(r.Context(), "rules.exported", "merchant", map[string]any{"from": q.From, "to": q.To}, func(context.Context, *db.Tx) (string, error) { return p.Merchant.ID.String(), nil })
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Content-Disposition", `attachment; filename="rules-`+string(q.From)+`-`+string(q.To)+`.ndjson"`)
	if _, err := f.o.Backtests.Export(r.Context(), io.Writer(w), p.Merchant, q); err != nil {
		panic(http.ErrAbortHandler) // the file must not look whole
	}
	return nil
}

// replayNotices are the nights of the last week whose replay differs.
func (f *office) replayNotices(ctx context.Context, p *page) ([]packNotice, error) {
	if f.o.Backtests == nil || !p.Actor.May(auth.PermReports) {
		return nil, nil
	}
	items, _, err := backtest.ListReplays(ctx, f.db, p.Merchant.ID, db.Page{Limit: 7})
	var out []packNotice
	for i := range items {
		if r := &items[i]; r.Differing > 0 && r.At > f.db.Now().Add(-7*24*time.Hour) {
			out = append(out, packNotice{p.T("office.replay.title"), p.T("office.replay.notice", "day", p.Date(r.Day)), "/office/replays/" + r.ID.String()})
		}
	}
	return out, err
}

func replayTone(r *backtest.Replay) ui.Tone {
	if r.Differing > 0 {
		return ui.Bad
	}
	return ui.Ok
}

func replayResult(p *page, r *backtest.Replay) string {
	if r.Differing > 0 {
		return p.T("office.replay.differs", "n", p.Int(r.Differing))
	}
	return p.T("office.replay.same")
}

func (v *replayList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.replay.title"), HideCaption: true, First: v.first, Next: v.next,
		Columns: []ui.Column{{Title: p.T("office.replay.day")}, {Title: p.T("office.backtest.sales"), Numeric: true}, {Title: p.T("office.backtest.calls"), Numeric: true}, {Title: p.T("office.backtest.unavailable"), Numeric: true}, {Title: p.T("office.col.state"), Key: true}},
		Empty:   ui.EmptyState{Icon: "audit", Title: p.T("office.replay.none"), Text: p.T("office.replay.none_text")}}
	for i := range v.items {
		r := &v.items[i]
		t.Rows = append(t.Rows, ui.Row(ui.Link(p.Date(r.Day), "/office/replays/"+r.ID.String()), p.Int(r.Sales), p.Int(r.Calls), p.Int(r.Unavailable), ui.Status(replayTone(r), replayResult(p, r))))
	}
	return t
}

func (v *replayDetail) stats(p *page) []ui.StatProps {
	r := &v.replay
	return []ui.StatProps{
		{Label: p.T("office.backtest.sales"), Value: p.Int(r.Sales), Note: p.T("office.replay.of_day", "n", p.Int(r.Figures.DaySales))},
		{Label: p.T("office.backtest.calls"), Value: p.Int(r.Calls)}, {Label: p.T("office.replay.same_calls"), Value: p.Int(r.Same)},
		{Label: p.T("office.replay.differing"), Value: p.Int(r.Differing)}, {Label: p.T("office.backtest.unavailable"), Value: p.Int(r.Unavailable)},
	}
}

func (v *replayDetail) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.replay.differences"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.receipt")}, {Title: p.T("office.replay.call")}, {Title: p.T("office.replay.what")}, {Title: p.T("office.replay.then")}, {Title: p.T("office.replay.now"), Key: true}}}
	for i := range v.list {
		d := &v.list[i]
		t.Rows = append(t.Rows, ui.Row(ui.Link(p.T("office.replay.receipt"), "/office/sales/"+d.Sale.String()+"/why"), two(ui.Text(d.Pack+" "+d.Version), p.T("office.hook."+d.Hook)), p.T("office.replay.why_"+d.Why), code(short(d.HashThen)), code(short(d.HashNow))))
	}
	return t
}

// short is the beginning of a hash; a fault's code is shown whole.
func short(s string) string {
	if len(s) == 64 {
		return s[:12]
	}
	return s
}
