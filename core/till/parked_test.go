package till_test

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/till"
)

func TestParkedBaskets(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		ctx := context.Background()
		park := func(title string) error {
			return s.try(func(ctx context.Context, tx *db.Tx) error {
				return till.Park(ctx, tx, s.m.ID, s.shop.ID, s.registers[0].ID, till.Parked{By: s.actor, Title: title, Place: "T1", Lines: 2, Basket: json.RawMessage(`{"l":[{"q":1000}]}`)})
			})
		}
		take := func(m, shop, which id.ID) (p till.Parked, err error) {
			err = s.try(func(ctx context.Context, tx *db.Tx) error {
				p, err = till.TakeParked(ctx, tx, m, shop, which)
				return err
			})
			return p, err
		}
		list := func(shop id.ID) []till.Parked {
			t.Helper()
			out, err := till.ListParked(ctx, s.db, s.m.ID, shop, s.db.Now())
			n, err2 := till.CountParked(ctx, s.db, s.m.ID, shop, s.db.Now())
			if err != nil || err2 != nil || n != len(out) {
				t.Fatal(len(out), n, err, err2)
			}
			return out
		}
		for _, title := range []string{"tea", "soap"} {
			if err := park(title); err != nil {
				t.Fatal(err)
			}
			s.clock.Advance(time.Second)
		}
		all := list(s.shop.ID)
		if len(all) != 2 || all[0].Title != "soap" || all[1].Title != "tea" || all[1].By != s.actor || all[1].Place != "T1" || all[1].Lines != 2 || !all[1].Member.IsNone() || string(all[1].Basket) != `{"l":[{"q":1000}]}` {
			t.Fatalf("%+v", all)
		}
		elsewhere := id.New(7)
		if len(list(elsewhere)) != 0 {
			t.Error("another shop sees them")
		}
		for _, c := range [][2]id.ID{{s.m.ID, elsewhere}, {elsewhere, s.shop.ID}} {
			if _, err := take(c[0], c[1], all[0].ID); !errors.Is(err, till.ErrParkedGone) {
				t.Errorf("taken by somebody else: %v", err)
			}
		}
		// Two registers reach for the same one: one of them gets it.
		var wg sync.WaitGroup
		got := make([]error, 4)
		for i := range got {
			wg.Go(func() { _, got[i] = take(s.m.ID, s.shop.ID, all[0].ID) })
		}
		wg.Wait()
		won := 0
		for _, err := range got {
			if err == nil {
				won++
			} else if !errors.Is(err, till.ErrParkedGone) {
				t.Error(err)
			}
		}
		if won != 1 || len(list(s.shop.ID)) != 1 {
			t.Errorf("%d took it up", won)
		}
		s.clock.Advance(till.ParkedFor)
		if _, err := take(s.m.ID, s.shop.ID, all[1].ID); !errors.Is(err, till.ErrParkedGone) || len(list(s.shop.ID)) != 0 {
			t.Errorf("it never ends: %v", err)
		}
		for i := range 101 {
			err := park(strconv.Itoa(i))
			if full := errors.Is(err, till.ErrParkFull); full != (i == 100) || err != nil && !full {
				t.Fatalf("%d: %v", i, err)
			}
		}
		left, err := db.Value[int64](ctx, s.db, `select count(*) from parked_baskets where merchant_id = $1`, s.m.ID)
		if err != nil || left != 100 {
			t.Errorf("%d rows are kept, %v", left, err)
		}
	})
}
