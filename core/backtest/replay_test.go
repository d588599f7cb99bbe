package backtest_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
)

// nothing has no pack at all.
type nothing struct{}

func (nothing) Get(id, version string) (*pack.Bundle, error) {
	return nil, pack.ErrNotInstalled.With("id", id).With("version", version)
}

// twisted answers replays of one hook otherwise.
type twisted struct {
	backtest.Rules
	twist func(out []byte, fuel int64) ([]byte, int64, error)
}

func (w twisted) Replay(ctx context.Context, p promotion.PackRef, input []byte) ([]byte, int64, error) {
	out, fuel, err := w.Rules.Replay(ctx, p, input)
	if err != nil {
		return out, fuel, err
	}
	return w.twist(out, fuel)
}

func (s *shop) night() backtest.Replay {
	s.t.Helper()
	if err := s.service.ReplayNight(s.ctx, s.m.ID); err != nil {
		s.t.Fatal(err)
	}
	items, _, err := backtest.ListReplays(s.ctx, s.db, s.m.ID, db.Page{})
	if err != nil || len(items) == 0 {
		s.t.Fatal(err, items)
	}
	return items[0]
}

func TestTheNightlyReplayComesToTheSameBytes(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, "retail", "salon")
		s.sold(12, 100)
		s.days(1)
		r := s.night()
		if r.Day != "2026-05-20" || r.Sales != 12 || r.Calls == 0 || r.Same != r.Calls || r.Figures.OtherFuel != 0 || r.Figures.Fuel == 0 {
			t.Errorf("%+v", r)
		}
		if again := s.night(); again.ID != r.ID {
			t.Error("the same day twice")
		}
	})
}

func TestAReplayThatDiffersIsRecordedAndTold(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, "retail")
		s.sold(5, 100)
		s.days(1)
		good := s.service.Rules
		s.service.Rules = twisted{good, func(out []byte, fuel int64) ([]byte, int64, error) {
			out = bytes.Clone(out)
			out[len(out)-1] ^= 1
			return out, fuel + 1, nil
		}}
		r := s.night()
		if r.Differing != r.Calls || r.Same != 0 || r.Differing == 0 {
			t.Fatalf("%+v", r)
		}
		_, diffs, err := backtest.GetReplay(s.ctx, d, s.m.ID, r.ID)
		if err != nil || int64(len(diffs)) != r.Differing {
			t.Fatal(len(diffs), err)
		}
		for _, v := range diffs {
			if v.Why != backtest.DiffersOutput || v.HashThen == v.HashNow || v.FuelNow != v.FuelThen+1 || v.Pack != "retail" || v.Sale.IsNone() {
				t.Errorf("%+v", v)
			}
		}
		data, err := db.One(s.ctx, d, func(row db.Row, e *event.Event) error {
			var text string
			err := row.Scan(&text)
			e.Data = []byte(text)
			return err
		}, `select data from events where merchant_id = $1 and type = $2`, s.m.ID, backtest.EventReplayDiffers)
		var told backtest.ReplayDiffers
		if err != nil || data.Decode(&told) != nil || told.Replay != r.ID || told.Differing != r.Differing || len(told.Packs) != 1 {
			t.Errorf("%+v %v", told, err)
		}
	})
}

func TestReplayKinds(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, "retail")
		s.sold(3, 100)
		good := s.service.Rules
		night := func(r backtest.Rules) backtest.Replay {
			s.days(1)
			s.service.Rules = r
			v, err := s.service.ReplayDay(s.ctx, s.m.ID, "2026-05-20")
			if err != nil {
				t.Fatal(err)
			}
			s.tx(func(_ context.Context, tx *db.Tx) error { // so that the day may be done once more
				tx.Queue(`delete from rule_replay_differences where merchant_id = $1`, s.m.ID)
				tx.Queue(`delete from rule_replays where merchant_id = $1`, s.m.ID)
				return nil
			})
			s.service.Rules = good
			return v
		}
		fails := func(kind fault.Kind, name string) backtest.Rules {
			return twisted{good, func([]byte, int64) ([]byte, int64, error) { return nil, 0, &fault.Fault{Kind: kind, Reason: name} }}
		}
		if r := night(fails(fault.Exceeded, "rules.out_of_fuel")); r.Differing != r.Calls || r.Calls == 0 {
			t.Errorf("a call that fails now: %+v", r)
		}
		if r := night(fails(fault.Unavailable, "rules.too_slow")); r.Unavailable != r.Calls || r.Differing != 0 {
			t.Errorf("a busy machine: %+v", r)
		}
		other := night(twisted{good, func(out []byte, fuel int64) ([]byte, int64, error) { return out, fuel + 5, nil }})
		if other.Same != other.Calls || other.Figures.OtherFuel != other.Calls {
			t.Errorf("the same bytes at another cost: %+v", other)
		}
		gone := *s.service
		gone.Packs = func(context.Context, id.ID) backtest.Bundles { return nothing{} }
		r, err := gone.ReplayDay(s.ctx, s.m.ID, "2026-05-20")
		if err != nil || r.Unavailable != r.Calls || r.Figures.Reasons[backtest.ReasonPack] != r.Calls {
			t.Errorf("%+v %v", r, err)
		}
		s.service.Rules = fails(fault.Unavailable, "rules.closed")
		if _, err := s.service.ReplayDay(s.ctx, s.m.ID, "2026-05-20"); err != nil {
			t.Errorf("the day was done: %v", err)
		}
		if _, err := s.service.ReplayDay(s.ctx, s.m.ID, "2026-05-19"); err != nil {
			t.Errorf("a day without sales: %v", err)
		}
		if _, _, err := backtest.GetReplay(s.ctx, d, s.m.ID, s.m.ID); reason(err) != "backtest.no_replay" {
			t.Error(err)
		}
	})
}

func TestTheExportIsReadBackAndSaysNobodysName(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		s := newShop(t, d, c, "retail", "salon")
		s.sold(9, 3)
		var file bytes.Buffer
		q := backtest.ExportQuery{From: "2026-05-01", To: "2026-06-30"}
		n, err := s.service.Export(s.ctx, &file, s.m, q)
		if err != nil || n != 9 {
			t.Fatal(n, err)
		}
		text := file.String()
		for _, v := range append(s.members, s.staff) {
			if strings.Contains(text, v.String()) {
				t.Error("a member's or a person's id is in the file")
			}
		}
		r := backtest.NewExportReader(&file)
		sales, calls := 0, 0
		members := map[string]int{}
		for {
			v, err := r.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			sales++
			members[v.Member]++
			for _, x := range v.Calls {
				calls++
				b, err := hostReg.Get(x.Pack, x.Version)
				if err != nil {
					t.Fatal(err)
				}
				out, fuel, err := host.Replay(s.ctx, b.Ref(r.Config(x.Pack, x.Config), x.Priority), x.Input)
				if err != nil || !bytes.Equal(out, x.Output) || fuel != x.Fuel || x.Outcome != "ok" {
					t.Fatalf("%s %s: %v", x.Pack, x.Hook, err)
				}
			}
		}
		if sales != 9 || calls == 0 || r.Header().Currency != "CNY" || r.Header().Digits != 2 {
			t.Errorf("%d sales, %d calls, %+v", sales, calls, r.Header())
		}
		if len(members) < 3 {
			t.Errorf("members cannot be told apart: %v", members)
		}
		var other bytes.Buffer
		if _, err := s.service.Export(s.ctx, &other, s.m, q); err != nil || other.String() == text {
			t.Error("two exports share their pseudonyms", err)
		}
		other.Reset()
		q.Limit, q.Pack = 2, "salon"
		if n, err := s.service.Export(s.ctx, &other, s.m, q); err != nil || n != 2 {
			t.Error(n, err)
		}
		if q.Pack = "catering"; true {
			if n, err := s.service.Export(s.ctx, io.Discard, s.m, q); err != nil || n != 0 {
				t.Error(n, err)
			}
		}
		if q.From = "2026-08-01"; true {
			if _, err := s.service.Export(s.ctx, io.Discard, s.m, q); reason(err) != "backtest.bad_period" {
				t.Error(err)
			}
		}
	})
}

func TestAFileThatIsNoExport(t *testing.T) {
	const header = `{"type":"header","format":"shopwright.replay.v1","currency":"CNY","digits":2,"from":"2026-05-01","to":"2026-05-02"}` + "\n"
	for name, c := range map[string]struct{ text, want string }{
		"empty":             {"", "backtest.export_cut"},
		"cut":               {header, "backtest.export_cut"},
		"cut in a line":     {header + `{"type":"sale","sa`, "backtest.export_malformed"},
		"no header":         {`{"type":"end","sales":0}` + "\n", "backtest.export_malformed"},
		"two headers":       {header + header, "backtest.export_malformed"},
		"another format":    {strings.Replace(header, "v1", "v9", 1), "backtest.export_malformed"},
		"a sale is missing": {header + `{"type":"end","sales":1}` + "\n", "backtest.export_malformed"},
		"not its hash":      {header + `{"type":"config","pack":"p","hash":"00","config":{}}` + "\n", "backtest.export_malformed"},
		"of a later one":    {header + `{"type":"news"}` + "\n" + `{"type":"end","sales":0}` + "\n", ""},
	} {
		_, err := backtest.NewExportReader(strings.NewReader(c.text)).Next()
		if errors.Is(err, io.EOF) {
			err = nil
		}
		if reason(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
