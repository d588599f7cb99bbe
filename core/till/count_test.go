package till_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/till"
)

func TestTheCountByDenomination(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		sh := s.open(0, 153_40)
		other := money.Amount(1)
		for name, c := range map[string]struct {
			in    till.Closing
			want  error
			param string
		}{
			"nothing":     {till.Closing{}, till.ErrBadAmount, "counted_cash"},
			"no such":     {till.Closing{Counts: []till.Count{{Value: 300, Pieces: 1}}}, till.ErrDenomination, "counts"},
			"below":       {till.Closing{Counts: []till.Count{{Value: 100, Pieces: -1}}}, till.ErrPieces, "counts"},
			"too many":    {till.Closing{Counts: []till.Count{{Value: 100, Pieces: till.MaxPieces + 1}}}, till.ErrPieces, "counts"},
			"twice":       {till.Closing{Counts: []till.Count{{Value: 100, Pieces: 1}, {Value: 100, Pieces: 1}}}, till.ErrPieces, "counts"},
			"another sum": {till.Closing{Counts: []till.Count{{Value: 100, Pieces: 1}}, Counted: &other}, till.ErrCountMismatch, "counted_cash"},
		} {
			c.in.Shift = sh.ID
			if _, err := s.close(c.in); err == nil {
				t.Errorf("%s was taken", name)
			} else {
				wants(t, err, c.want, c.param)
			}
		}
		same := money.Amount(153_40)
		z, err := s.close(till.Closing{Shift: sh.ID, Counted: &same, Counts: []till.Count{{Value: 10, Pieces: 4}, {Value: 5000, Pieces: 3}, {Value: 2000, Pieces: 0}, {Value: 100, Pieces: 3}}})
		if err != nil {
			t.Fatal(err)
		}
		want := []till.Count{{Value: 5000, Pieces: 3}, {Value: 100, Pieces: 3}, {Value: 10, Pieces: 4}}
		if z.Counted != 153_40 || z.OverShort != 0 || !slices.Equal(z.Counts, want) || !slices.Equal(s.x(sh.ID).Counts, want) {
			t.Fatalf("%+v", z)
		}
		next := s.open(0, 0)
		if _, err := s.close(till.Closing{Shift: next.ID, Counts: []till.Count{{Value: 100, Pieces: 2}}}); err != nil {
			t.Fatal(err)
		}
		day := s.shop.Zone.BusinessDate(s.db.Now())
		sum, err := till.Counts(context.Background(), s.db, s.m.ID, s.shop.ID, day, day)
		if err != nil || !slices.Equal(sum, []till.Count{{Value: 5000, Pieces: 3}, {Value: 100, Pieces: 5}, {Value: 10, Pieces: 4}}) {
			t.Fatalf("%+v %v", sum, err)
		}
	})
}

func TestNotesAndCoinsOfEachCurrency(t *testing.T) {
	for _, code := range []string{"CNY", "TWD", "HKD", "MOP", "USD", "EUR", "GBP", "SGD", "MYR", "THB", "AUD", "CAD", "CHF", "NZD", "PHP", "IDR", "INR", "JPY", "KRW", "VND", "KWD", "BHD", "OMR", "JOD", "TND"} {
		c := money.MustCurrency(code)
		list := till.Denominations(c)
		if len(list) < 5 {
			t.Errorf("%s has %d notes and coins", code, len(list))
		}
		seen := map[money.Amount]bool{}
		for i, d := range list {
			if d.Value <= 0 || seen[d.Value] || i > 0 && list[i-1].Coin == d.Coin && list[i-1].Value <= d.Value {
				t.Errorf("%s: %+v", code, d)
			}
			seen[d.Value] = true
		}
	}
	for code, want := range map[string]string{"CNY": "100.00", "JPY": "10000", "EUR": "500.00", "USD": "100.00", "KWD": "20.000"} {
		c := money.MustCurrency(code)
		if got := c.Format(till.Denominations(c)[0].Value); got != want {
			t.Errorf("%s: the largest note is %s, want %s", code, got, want)
		}
	}
	if sum, _, err := till.Total(money.MustCurrency("KWD"), []till.Count{{Value: 250, Pieces: 3}, {Value: 5, Pieces: 1}}); err != nil || money.MustCurrency("KWD").Format(sum) != "0.755" {
		t.Error(sum, err)
	}
}

func TestWhatIsOffNeedsAReasonAboveTheTolerance(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		s.set("till.over_short_tolerance", "500")
		for _, c := range []struct {
			off    money.Amount
			reason string
			ok     bool
		}{{5_00, "", true}, {-5_00, "", true}, {5_01, "", false}, {-5_01, "  ", false}, {-5_01, "a note was torn", true}, {0, "all well", true}} {
			sh := s.open(0, 100_00)
			counted := 100_00 + c.off
			z, err := s.close(till.Closing{Shift: sh.ID, Counted: &counted, Reason: c.reason})
			if !c.ok {
				wants(t, err, till.ErrOffReason, "reason")
				s.closedFor(sh.ID, counted)
				continue
			}
			if err != nil || z.OverShort != c.off || c.off != 0 && z.OffReason != c.reason || c.off == 0 && z.OffReason != "" {
				t.Errorf("%+v: %+v %v", c, z, err)
			}
		}
		s.set("till.over_short_tolerance", "0")
		sh := s.open(0, 0)
		cent := money.Amount(1)
		_, err := s.close(till.Closing{Shift: sh.ID, Counted: &cent})
		wants(t, err, till.ErrOffReason, "reason")
		list, err := till.List(context.Background(), s.db, s.m.ID, s.registers[0].ID, db.Page{})
		if err != nil || list[2].OffReason != "a note was torn" {
			t.Fatalf("%+v %v", list, err)
		}
	})
}

func TestABlindCountShowsNothingThatGivesItAway(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		sh := s.open(0, 100_00)
		s.document(0, sale.KindSale, map[string]money.Amount{sale.TenderCash: 30_00, sale.TenderCard: 12_00}, 0)
		b := s.x(sh.ID).Blind()
		if !b.Hidden || b.Expected != 0 || len(b.Tenders) != 1 || b.Tenders[0].Tender != sale.TenderCard || len(b.Summaries) != 1 || b.Summaries[0].Count != 1 || b.Summaries[0].Total != 0 || b.Summaries[0].Subtotal != 0 {
			t.Fatalf("%+v", b)
		}
		s.closed(sh.ID, 130_00)
		if z := s.x(sh.ID).Blind(); z.Hidden || z.Expected != 130_00 || len(z.Tenders) != 2 {
			t.Fatalf("%+v", z)
		}
	})
}

// TestA30_AShiftKeepsItsBusinessDate: at 23:59, 00:01, 03:59 and 04:00 of the
// shop's zone, for each register by itself, and across a change of the clock.
func TestA30_AShiftKeepsItsBusinessDate(t *testing.T) {
	c := clock.NewManual(noon)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for zone, day := range map[string]string{"Asia/Shanghai": "2026-05-20", "Europe/Berlin": "2026-03-28", "America/New_York": "2026-10-31"} {
			c.Set(noon)
			s := newShop(t, d, c, zone)
			first := clock.Date(day)
			at := func(days int, clockTime string) {
				t.Helper()
				v, err := time.ParseInLocation("2006-01-02 15:04:05", string(first.AddDays(days))+" "+clockTime, s.shop.Zone.Loc)
				if err != nil {
					t.Fatal(err)
				}
				c.Set(v)
			}
			at(0, "23:59:00")
			sh := s.open(0, 0)
			for _, step := range []struct {
				days    int
				time    string
				overdue bool
				next    clock.Date // of a shift that opens now
			}{{0, "23:59:30", false, first}, {1, "00:01:00", false, first}, {1, "03:59:59", false, first}, {1, "04:00:00", true, first.AddDays(1)}, {1, "23:59:00", true, first.AddDays(1)}} {
				at(step.days, step.time)
				doc := s.document(0, sale.KindSale, map[string]money.Amount{sale.TenderCash: 1_00}, 0)
				if doc.BusinessDate != first || doc.Shift != sh.ID {
					t.Errorf("%s %s: booked on %s, want the shift's %s", zone, step.time, doc.BusinessDate, first)
				}
				got, err := till.OpenShift(context.Background(), d, s.m.ID, s.registers[0].ID)
				if err != nil || got.Overdue(s.shop.Zone, d.Now()) != step.overdue {
					t.Errorf("%s %s: overdue %v, want %v (%v)", zone, step.time, !step.overdue, step.overdue, err)
				}
				other := s.open(1, 0) // the other register begins anew
				if other.BusinessDate != step.next {
					t.Errorf("%s %s: a new shift is of %s, want %s", zone, step.time, other.BusinessDate, step.next)
				}
				s.closed(other.ID, 0)
			}
			z := s.closed(sh.ID, 5_00)
			if z.Date != first || z.OverShort != 0 || s.x(sh.ID).Date != first {
				t.Errorf("%s: %+v", zone, z)
			}
			at(1, "23:59:30")
			if next := s.open(0, 0); next.BusinessDate != first.AddDays(1) || next.No != 2 {
				t.Errorf("%+v", next)
			}
			list, err := till.Find(context.Background(), d, s.m.ID, till.Filter{Shop: s.shop.ID, From: first, To: first, State: till.StateClosed}, db.Page{})
			if err != nil || len(list) != 4 { // the long one, and three of the other register
				t.Errorf("%s: %d shifts, %v", zone, len(list), err)
			}
		}
	}, dbtest.WithClock(c))
}
