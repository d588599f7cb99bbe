package loyalty_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/loyalty"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/setting"
)

// set makes settings in force, by way of the database as they are in a shop.
func set(t *testing.T, d *db.DB, pairs ...string) setting.Values {
	t.Helper()
	m := id.New(1)
	err := d.InTx(context.Background(), func(_ context.Context, tx *db.Tx) error {
		for i := 0; i < len(pairs); i += 2 {
			if err := setting.Set(tx, setting.Place{Merchant: m}, pairs[i], pairs[i+1]); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	v, err := setting.All(context.Background(), d, m, id.None, id.None)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func zone(t *testing.T) clock.Zone {
	t.Helper()
	z, err := clock.LoadZone("Asia/Shanghai", 240)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// at is a wall time in Shanghai.
func at(z clock.Zone, text string) clock.Instant {
	v, err := time.ParseInLocation("2006-01-02 15:04", text, z.Loc)
	if err != nil {
		panic(err)
	}
	return clock.Of(v)
}

func TestValidity(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		z := zone(t)
		now := at(z, "2026-05-20 11:00")
		for _, c := range []struct {
			name             string
			settings         []string
			now              clock.Instant
			available, until string
		}{
			{"as it comes", nil, now, "2026-05-20 11:00", ""},
			{"pending", []string{"points.pending_days", "7"}, now, "2026-05-27 04:00", ""},
			{"pending, before the cut-off it is still the day before", []string{"points.pending_days", "7"}, at(z, "2026-05-20 03:59"), "2026-05-26 04:00", ""},
			{"one day", []string{"points.validity", "days", "points.validity_count", "1"}, now, "2026-05-20 11:00", "2026-05-22 04:00"},
			{"a day of validity counts from availability", []string{"points.validity", "days", "points.validity_count", "1", "points.pending_days", "2"}, now, "2026-05-22 04:00", "2026-05-24 04:00"},
			{"today only", []string{"points.validity", "days"}, now, "2026-05-20 11:00", "2026-05-21 04:00"},
			{"months to a shorter one", []string{"points.validity", "months", "points.validity_count", "1"}, at(z, "2026-01-31 11:00"), "2026-01-31 11:00", "2026-03-01 04:00"},
			{"the year's end", []string{"points.validity", "year_end"}, now, "2026-05-20 11:00", "2027-01-01 04:00"},
			{"the next year's end", []string{"points.validity", "year_end", "points.validity_count", "1"}, now, "2026-05-20 11:00", "2028-01-01 04:00"},
			{"the last business day of the year", []string{"points.validity", "year_end"}, at(z, "2027-01-01 03:59"), "2027-01-01 03:59", "2027-01-01 04:00"},
			{"the first of the next", []string{"points.validity", "year_end"}, at(z, "2027-01-01 04:00"), "2027-01-01 04:00", "2028-01-01 04:00"},
			{"pending into the next year", []string{"points.validity", "year_end", "points.pending_days", "1"}, at(z, "2026-12-31 12:00"), "2027-01-01 04:00", "2028-01-01 04:00"},
		} {
			available, expires := loyalty.Validity(set(t, d, c.settings...), c.now, z)
			want := clock.Instant(0)
			if c.until != "" {
				want = at(z, c.until)
			}
			if available != at(z, c.available) || expires != want {
				t.Errorf("%s: %s to %s", c.name, z.Local(available), z.Local(expires))
			}
		}
	})
}

func TestA06_PointsGivenBackAfterTheyExpired(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		z := zone(t)
		now := at(z, "2026-05-20 11:00")
		for _, c := range []struct {
			settings []string
			expires  clock.Instant
			lost     bool
		}{
			{nil, 0, false},
			{[]string{"points.validity", "days", "points.validity_count", "10"}, at(z, "2026-05-31 04:00"), false},
			{[]string{"points.refund_expired", "grace"}, at(z, "2026-06-20 04:00"), false},
			{[]string{"points.refund_expired", "grace", "points.refund_grace_days", "1"}, at(z, "2026-05-22 04:00"), false},
			{[]string{"points.refund_expired", "lost"}, 0, true},
		} {
			if expires, lost := loyalty.GivenBack(set(t, d, c.settings...), now, z); expires != c.expires || lost != c.lost {
				t.Errorf("%v: %s %v", c.settings, z.Local(expires), lost)
			}
		}
		if !loyalty.MayOwe(set(t, d)) || loyalty.MayOwe(set(t, d, "points.refund_negative", "refuse")) {
			t.Error("the setting changes nothing")
		}
	})
}

func TestA22_WhatEarns(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v := set(t, d)
		on := set(t, d, "points.on_stored_value", "true", "points.on_points", "true", "points.earn_base", "before_discount")
		for _, tender := range []string{"cash", "card", "qr"} {
			if !loyalty.Earns(v, tender) {
				t.Error(tender)
			}
		}
		for _, tender := range []string{"stored_value", "points"} {
			if loyalty.Earns(v, tender) || !loyalty.Earns(on, tender) {
				t.Error(tender)
			}
		}
		if loyalty.EarnBase(v, 100, 80) != 80 || loyalty.EarnBase(on, 100, 80) != 100 {
			t.Error("the base is not what is declared")
		}
	})
}

func TestA22_EarnOnRoundsDownAndIsExactAtTheEnds(t *testing.T) {
	for _, c := range []struct {
		name     string
		points   []int64
		total    money.Amount
		excluded []money.Amount
		want     string
	}{
		{"nothing excluded", []int64{10, 0, 7}, 1700, nil, "[10 0 7]"},
		{"nothing of it", []int64{10, 7}, 1700, []money.Amount{0, 0}, "[10 7]"},
		{"all of it", []int64{10, 7}, 1700, []money.Amount{1700}, "[0 0]"},
		{"by two tenders", []int64{10, 7}, 1700, []money.Amount{1000, 700}, "[0 0]"},
		{"more than all", []int64{10, 7}, 1700, []money.Amount{1701}, "[0 0]"},
		{"all but a cent", []int64{1700}, 1700, []money.Amount{1699}, "[1]"},
		{"a cent", []int64{17}, 1700, []money.Amount{1}, "[16]"},
		{"half, and the fraction goes on to the next line", []int64{1, 1, 1}, 300, []money.Amount{150}, "[0 1 0]"},
		{"a free sale", []int64{5}, 0, []money.Amount{0}, "[5]"},
		{"no lines", nil, 100, []money.Amount{50}, "[]"},
	} {
		if got := fmt.Sprint(loyalty.EarnOn(c.points, c.total, c.excluded...)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		points := rapid.SliceOfN(rapid.Int64Range(0, 1_000_000), 0, 12).Draw(t, "points")
		total := rapid.Int64Range(1, 1_000_000_000).Draw(t, "total")
		out := rapid.Int64Range(0, total).Draw(t, "excluded")
		got := loyalty.EarnOn(points, money.Amount(total), money.Amount(out))
		var sum, whole int64
		for i := range got {
			if got[i] < 0 || got[i] > points[i] {
				t.Fatalf("line %d: %d of %d", i, got[i], points[i])
			}
			sum += got[i]
			whole += points[i]
		}
		if want := whole * (total - out) / total; sum != want {
			t.Fatalf("%d, want %d", sum, want)
		}
	})
}
