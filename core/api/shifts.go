package api

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/till"
)

// Shift is a register's session from its float to its Z report.
type Shift struct {
	ID           id.ID   `json:"id" format:"uuid"`
	ShopID       id.ID   `json:"shop_id" format:"uuid"`
	RegisterID   id.ID   `json:"register_id" format:"uuid"`
	No           int64   `json:"no"`
	State        string  `json:"state" enum:"open,closed"`
	BusinessDate string  `json:"business_date" format:"date"`
	Currency     string  `json:"currency"`
	Float        Money   `json:"float"`
	OpenedAt     Instant `json:"opened_at"`
	OpenedBy     id.ID   `json:"opened_by,omitzero" format:"uuid"`
	ClosedAt     Instant `json:"closed_at,omitzero"`
	ClosedBy     id.ID   `json:"closed_by,omitzero" format:"uuid"`
	Expected     Money   `json:"expected_cash,omitempty"`
	Counted      Money   `json:"counted_cash,omitempty"`
	OverShort    Money   `json:"over_short,omitempty" doc:"Counted less expected."`
}

// ShiftReport is an X report, or the Z report once the shift is closed.
type ShiftReport struct {
	ID           id.ID         `json:"id" format:"uuid" doc:"The shift's."`
	ShiftID      id.ID         `json:"shift_id" format:"uuid"`
	RegisterID   id.ID         `json:"register_id" format:"uuid"`
	No           int64         `json:"no"`
	Final        bool          `json:"final" doc:"It is the Z report."`
	BusinessDate string        `json:"business_date" format:"date"`
	Currency     string        `json:"currency"`
	OpenedAt     Instant       `json:"opened_at"`
	ClosedAt     Instant       `json:"closed_at,omitzero"`
	Float        Money         `json:"float"`
	PaidIn       Money         `json:"paid_in"`
	PaidOut      Money         `json:"paid_out"`
	Tenders      []TenderTotal `json:"tenders"`
	Totals       []ShiftTotal  `json:"totals"`
	Expected     Money         `json:"expected_cash"`
	Counted      Money         `json:"counted_cash,omitempty"`
	OverShort    Money         `json:"over_short,omitempty"`
}

// TenderTotal is what one kind of document took or gave with one type of tender.
type TenderTotal struct {
	Kind   string `json:"kind" enum:"sale,refund,void"`
	Type   string `json:"type"`
	Count  int64  `json:"count"`
	Amount Money  `json:"amount"`
}

// ShiftTotal is what the documents of one kind add up to.
type ShiftTotal struct {
	Kind     string `json:"kind" enum:"sale,refund,void"`
	Count    int64  `json:"count"`
	Subtotal Money  `json:"subtotal"`
	Discount Money  `json:"discount"`
	Tax      Money  `json:"tax"`
	Total    Money  `json:"total"`
	Points   int64  `json:"points"`
}

// OpenShiftIn opens a shift.
type OpenShiftIn struct {
	RegisterID id.ID `json:"register_id" format:"uuid"`
	Float      Money `json:"float,omitempty" doc:"Cash in the drawer; default 0."`
}

// CloseShiftIn closes it.
type CloseShiftIn struct {
	CountedCash Money `json:"counted_cash"`
}

// opened is the shift as it was when it was opened.
func (c caller) opened(s till.Shift) Shift {
	return Shift{ID: s.ID, ShopID: s.Shop, RegisterID: s.Register, No: s.No, State: "open", BusinessDate: string(s.BusinessDate), Currency: c.currency.Code, Float: c.money(s.Float), OpenedAt: instant(s.OpenedAt), OpenedBy: s.OpenedBy}
}

func (c caller) shift(s till.Shift) Shift {
	out := c.opened(s)
	if s.State != "open" {
		out.State, out.ClosedAt, out.ClosedBy = s.State, instant(s.ClosedAt), s.ClosedBy
		out.Expected, out.Counted, out.OverShort = c.money(s.Expected), c.money(s.Counted), c.money(s.OverShort)
	}
	return out
}

func (c caller) report(r till.Report, s till.Shift) ShiftReport {
	out := ShiftReport{ID: s.ID, ShiftID: s.ID, RegisterID: s.Register, No: r.No, Final: r.Final, BusinessDate: string(r.Date), Currency: c.currency.Code, OpenedAt: instant(r.OpenedAt), ClosedAt: instant(r.ClosedAt),
		Float: c.money(r.Float), PaidIn: c.money(r.PaidIn), PaidOut: c.money(r.PaidOut), Tenders: []TenderTotal{}, Totals: []ShiftTotal{}, Expected: c.money(r.Expected)}
	for _, t := range r.Tenders {
		out.Tenders = append(out.Tenders, TenderTotal{Kind: t.Kind, Type: t.Tender, Count: t.Count, Amount: c.money(t.Amount)})
	}
	for _, t := range r.Summaries {
		out.Totals = append(out.Totals, ShiftTotal{Kind: t.Kind, Count: t.Count, Subtotal: c.money(t.Subtotal), Discount: c.money(t.Discount), Tax: c.money(t.Tax), Total: c.money(t.Total), Points: t.Points})
	}
	if r.Final {
		out.Counted, out.OverShort = c.money(r.Counted), c.money(r.OverShort)
	}
	return out
}

func (a *api) shifts() {
	seeing := []auth.Permission{auth.PermShift, auth.PermReports}
	working := []auth.Permission{auth.PermShift}
	add(a, route{id: "list-shifts", method: http.MethodGet, path: "/shifts", tag: "shifts", summary: "List shifts, the newest first", any: seeing},
		func(ctx context.Context, c caller, in *struct {
			PageIn
			RegisterID id.ID `query:"register_id" format:"uuid"`
		}) (*read[List[Shift]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			rows, err := till.List(ctx, a.DB, c.Merchant, in.RegisterID, p)
			rows, next := db.Cut(p, rows, func(s till.Shift) id.ID { return s.ID })
			return listOf(rows, next, c.shift), err
		})
	add(a, route{id: "open-shift", method: http.MethodPost, path: "/shifts", tag: "shifts", summary: "Open a shift", any: working, key: mustKey, status: http.StatusCreated}, a.openShift)
	add(a, route{id: "x-report", method: http.MethodGet, path: "/shifts/{id}/x", tag: "shifts", summary: "The totals so far, or the Z report of a closed shift", any: seeing},
		func(ctx context.Context, c caller, in *IDIn) (*read[ShiftReport], error) {
			r, s, err := till.X(ctx, a.DB, c.Merchant, in.ID)
			return reads(c.report(r, s)), err
		})
	add(a, route{id: "close-shift", method: http.MethodPost, path: "/shifts/{id}/close", tag: "shifts", summary: "Count the drawer and close the shift", doc: "Answers the Z report.", any: working, key: mustKey}, a.closeShift)
}

func (a *api) openShift(ctx context.Context, c caller, in *struct{ Body OpenShiftIn }) (*made[Shift], error) {
	b := in.Body
	if b.Float == "" {
		b.Float = "0"
	}
	float, err := c.amount(b.Float, "float")
	if err != nil {
		return nil, err
	}
	s, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, till.Shift, error) {
		var desk tenant.Desk
		if err := tx.Batch(ctx, tenant.AskDesk(c.Merchant, b.RegisterID, &desk)); err != nil {
			return id.None, till.Shift{}, err
		}
		if err := desk.Check(); err != nil {
			return id.None, till.Shift{}, on(err, "register_id")
		}
		s, err := till.Open(ctx, tx, c.Merchant, b.RegisterID, c.ID, desk.Shop.Zone, float)
		return s.ID, s, err
	}, func(ctx context.Context, made id.ID) (till.Shift, error) {
		_, s, err := till.X(ctx, a.DB, c.Merchant, made)
		return s, err
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/shifts/"+s.ID.String()+"/x", c.opened(s), again), nil
}

func (a *api) closeShift(ctx context.Context, c caller, in *struct {
	IDIn
	Body CloseShiftIn
}) (*made[ShiftReport], error) {
	counted, err := c.amount(in.Body.CountedCash, "counted_cash")
	if err != nil {
		return nil, err
	}
	r, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, ShiftReport, error) {
		r, s, err := till.Close(ctx, tx, c.Merchant, in.ID, c.ID, counted)
		return s.ID, c.report(r, s), err
	}, func(ctx context.Context, made id.ID) (ShiftReport, error) {
		r, s, err := till.X(ctx, a.DB, c.Merchant, made)
		return c.report(r, s), err
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/shifts/"+in.ID.String()+"/x", r, again), nil
}
