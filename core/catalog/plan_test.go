package catalog_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

func (h *house) service(code string) id.ID {
	h.t.Helper()
	return h.mustCreate(catalog.In{Code: code, Name: code, Kind: catalog.Service, UnitPrice: 880000}).ID
}

func (h *house) plan(p catalog.PunchPlan) (made catalog.PunchPlan, err error) {
	err = h.tx(func(ctx context.Context, tx *db.Tx) error {
		var err error
		made, err = catalog.CreatePlan(ctx, tx, h.m, p)
		return err
	})
	return made, err
}

func (h *house) change(plan id.ID, c catalog.PlanPatch) (now catalog.PunchPlan, err error) {
	err = h.tx(func(ctx context.Context, tx *db.Tx) error {
		var err error
		now, err = catalog.UpdatePlan(ctx, tx, h.m, plan, c)
		return err
	})
	return now, err
}

func names(ps []catalog.PunchPlan) string {
	var out []string
	for _, p := range ps {
		out = append(out, p.Name)
	}
	return strings.Join(out, " ")
}

func TestPlansAreKeptAndGuarded(t *testing.T) {
	each(t, func(h *house) {
		cut, wash, care := h.service("CUT"), h.service("WASH"), h.service("CARE")
		mug := h.mustCreate(catalog.In{Code: "MUG", Name: "Mug", Stocked: true}).ID
		foreign := h.mustCreate(catalog.In{Merchant: fake(2), Code: "CUT", Name: "Cut", Kind: catalog.Service}).ID
		made, err := h.plan(catalog.PunchPlan{Name: " Cut  x10 ", Price: 100000, Visits: 10, FreeVisits: 2, ValidDays: 365, Shareable: true, Services: []id.ID{wash, cut, wash}})
		if err != nil || made.Name != "Cut x10" || made.Total() != 12 || made.PerVisit() != 8333 || !made.Covers(wash) || made.Covers(care) || len(made.Services) != 2 {
			h.t.Fatalf("%+v %v", made, err)
		}
		got, err := catalog.GetPlan(ctx, h.d, h.m, made.ID)
		if err != nil || !reflect.DeepEqual(got, made) {
			h.t.Fatalf("%+v\n%+v %v", got, made, err)
		}
		_, err = catalog.GetPlan(ctx, h.d, fake(2), made.ID)
		h.want(err, catalog.ErrPlanNotFound)
		ok := catalog.PunchPlan{Name: "x", Visits: 1, Services: []id.ID{cut}}
		for i, c := range []struct {
			bad  func(p *catalog.PunchPlan)
			want error
		}{
			{func(p *catalog.PunchPlan) { p.Name = " " }, catalog.ErrName},
			{func(p *catalog.PunchPlan) { p.Price = -1 }, catalog.ErrPrice},
			{func(p *catalog.PunchPlan) { p.Price = 1 << 60 }, catalog.ErrPrice},
			{func(p *catalog.PunchPlan) { p.Visits = 0 }, catalog.ErrPlan},
			{func(p *catalog.PunchPlan) { p.Visits = 10_001 }, catalog.ErrPlan},
			{func(p *catalog.PunchPlan) { p.FreeVisits = -1 }, catalog.ErrPlan},
			{func(p *catalog.PunchPlan) { p.ValidDays = -1 }, catalog.ErrPlan},
			{func(p *catalog.PunchPlan) { p.ValidDays = 36_501 }, catalog.ErrPlan},
			{func(p *catalog.PunchPlan) { p.Services = nil }, catalog.ErrPlanServices},
			{func(p *catalog.PunchPlan) { p.Services = []id.ID{cut, mug} }, catalog.ErrPlanServices},
			{func(p *catalog.PunchPlan) { p.Services = []id.ID{fake(9)} }, catalog.ErrPlanServices},
			{func(p *catalog.PunchPlan) { p.Services = []id.ID{foreign} }, catalog.ErrPlanServices},
		} {
			p := ok
			c.bad(&p)
			if _, err := h.plan(p); !errors.Is(err, c.want) {
				h.t.Errorf("%d: want %v, got %v", i, c.want, err)
			}
		}
		h.want(h.tx(func(_ context.Context, tx *db.Tx) error { // the database says it, too
			tx.Queue(`update punch_plans set visits = 0 where merchant_id = $1`, h.m)
			return nil
		}), catalog.ErrPlan)
	})
}

func TestAPlanThatWasSoldKeepsItsServices(t *testing.T) {
	each(t, func(h *house) {
		cut, wash, care := h.service("CUT"), h.service("WASH"), h.service("CARE")
		made, err := h.plan(catalog.PunchPlan{Name: "Cut x10", Price: 100000, Visits: 10, Services: []id.ID{cut, wash}})
		if err != nil {
			h.t.Fatal(err)
		}
		_, err = h.change(made.ID, catalog.PlanPatch{Services: ptr([]id.ID{cut, care})})
		h.want(err, catalog.ErrPlanShrinks)
		_, err = h.change(made.ID, catalog.PlanPatch{Services: ptr([]id.ID{cut, wash, fake(9)})})
		h.want(err, catalog.ErrPlanServices)
		now, err := h.change(made.ID, catalog.PlanPatch{Seen: made.UpdatedAt, Name: ptr("Cut or care x12"), Price: ptr(money.Amount(120000)), Visits: ptr(int64(12)), FreeVisits: ptr(int64(1)), ValidDays: ptr(90), Shareable: ptr(true),
			Services: ptr([]id.ID{care, wash, cut})})
		got, err2 := catalog.GetPlan(ctx, h.d, h.m, made.ID)
		if err != nil || err2 != nil || !reflect.DeepEqual(got, now) || now.Total() != 13 || len(now.Services) != 3 || now.Price != 120000 || now.ValidDays != 90 || !now.Shareable {
			h.t.Fatalf("%+v\n%+v %v %v", now, got, err, err2)
		}
		_, err = h.change(made.ID, catalog.PlanPatch{Seen: made.UpdatedAt, Name: ptr("late")})
		h.want(err, catalog.ErrStale)
		_, err = h.change(fake(9), catalog.PlanPatch{})
		h.want(err, catalog.ErrPlanNotFound)
	})
}

func TestPlansThatCoverAService(t *testing.T) {
	each(t, func(h *house) {
		cut, wash, care := h.service("CUT"), h.service("WASH"), h.service("CARE")
		plan := func(name string, of ...id.ID) catalog.PunchPlan {
			p, err := h.plan(catalog.PunchPlan{Name: name, Price: 1000, Visits: 3, Services: of})
			if err != nil {
				h.t.Fatal(err)
			}
			return p
		}
		b, a, old := plan("B", cut, wash), plan("A", care), plan("Old", cut)
		if _, err := h.change(old.ID, catalog.PlanPatch{Archived: ptr(true)}); err != nil {
			h.t.Fatal(err)
		}
		var out []catalog.PunchPlan
		for _, c := range []struct {
			of   []id.ID
			want string
		}{{[]id.ID{cut}, "B Old"}, {[]id.ID{wash}, "B"}, {[]id.ID{cut, wash, care}, "A B Old"}, {[]id.ID{fake(9)}, ""}, {nil, ""}} {
			if err := h.d.Batch(ctx, catalog.AskPlansCovering(h.m, c.of, &out)); err != nil || names(out) != c.want {
				h.t.Errorf("%v: %s %v", c.of, names(out), err)
			}
			for _, p := range out {
				if p.ID == b.ID && len(p.Services) != 2 || p.Archived != (p.ID == old.ID) {
					h.t.Errorf("%+v", p)
				}
			}
		}
		if err := h.d.Batch(ctx, catalog.AskPlans(h.m, []id.ID{old.ID, a.ID, fake(9)}, &out)); err != nil || names(out) != "A Old" {
			h.t.Error(names(out), err)
		}
		for archived, want := range map[bool]string{false: "A B", true: "A B Old"} {
			if list, err := catalog.ListPlans(ctx, h.d, h.m, archived); err != nil || names(list) != want {
				h.t.Error(names(list), err)
			}
		}
	})
}

// TestAVisitIsWorthItsShare: ten paid and two free visits for 1,000 are 83.33
// each; free cards and cards of one visit have no remainder to lose.
func TestAVisitIsWorthItsShare(t *testing.T) {
	for _, c := range []struct {
		price        money.Amount
		visits, free int64
		want         money.Amount
	}{{100000, 10, 2, 8333}, {0, 5, 0, 0}, {990, 1, 0, 990}, {1, 3, 0, 0}, {1, 0, 0, 0}} {
		p := catalog.PunchPlan{Price: c.price, Visits: c.visits, FreeVisits: c.free}
		if p.PerVisit() != c.want {
			t.Errorf("%+v: %d", c, p.PerVisit())
		}
	}
}
