package pos

import (
	"context"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/till"
)

var errNothingToPark = fault.New(fault.Invalid, "pos.nothing_to_park")

// parkedView is a basket that was set aside, as the list shows it.
type parkedView struct {
	ID, Title, When string
	Lines           int
}

// fillRecall lists what is parked. A name that cannot be read is left out: the basket
// can be taken up without it.
func (h *screens) fillRecall(ctx context.Context, v *view) error {
	list, err := till.ListParked(ctx, h.db, v.Desk.Merchant.ID, v.Desk.Shop.ID, h.db.Now())
	if err != nil || len(list) == 0 {
		return err
	}
	if v.Staff == nil {
		if err := h.fillStaff(ctx, v); err != nil {
			return err
		}
	}
	who := map[id.ID]string{}
	for _, s := range v.Staff {
		who[s.ID] = s.Name
	}
	names := map[id.ID]string{}
	today := v.Desk.Shop.Zone.BusinessDate(h.db.Now())
	for _, p := range list {
		x := parkedView{ID: p.ID.String(), Title: p.Title, Lines: p.Lines}
		if !p.Member.IsNone() {
			if _, ok := names[p.Member]; !ok {
				if m, err := member.Get(ctx, h.db, h.o.Vault, v.Desk.Merchant.ID, p.Member); err == nil {
					names[p.Member] = m.DisplayName
				}
			}
			if n := names[p.Member]; n != "" {
				x.Title = n
			}
		}
		if p.Place != "" {
			x.Title = p.Place + " · " + x.Title
		}
		when := v.Time(p.At)
		if v.Desk.Shop.Zone.BusinessDate(p.At) != today {
			when = v.DateTime(p.At)
		}
		x.When = v.T("pos.parked_by", "name", who[p.By], "time", when)
		v.Parked = append(v.Parked, x)
	}
	return nil
}
