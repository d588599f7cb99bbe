package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/setting"
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
	Overdue      bool    `json:"overdue,omitempty" doc:"It is open though its business date is over."`
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
	Reason       string  `json:"over_short_reason,omitempty"`
}

// ShiftReport is an X report, or the Z report once the shift is closed.
type ShiftReport struct {
	ID           id.ID         `json:"id" format:"uuid" doc:"The shift's."`
	ShiftID      id.ID         `json:"shift_id" format:"uuid"`
	RegisterID   id.ID         `json:"register_id" format:"uuid"`
	No           int64         `json:"no" doc:"The shift's number in its register, and so the Z report's."`
	Final        bool          `json:"final" doc:"It is the Z report."`
	Blind        bool          `json:"blind,omitempty" doc:"The drawer is counted blind: what is expected is shown when the count is in."`
	BusinessDate string        `json:"business_date" format:"date"`
	Currency     string        `json:"currency"`
	OpenedAt     Instant       `json:"opened_at"`
	ClosedAt     Instant       `json:"closed_at,omitzero"`
	Float        Money         `json:"float"`
	PaidIn       Money         `json:"paid_in"`
	PaidOut      Money         `json:"paid_out"`
	PaidOutFor   []Outlay      `json:"paid_out_for,omitempty"`
	Tenders      []TenderTotal `json:"tenders"`
	Totals       []ShiftTotal  `json:"totals"`
	OpenSales    int64         `json:"open_sales" doc:"Sales that wait for an acquirer; on a Z report those that the next shift took over."`
	OpenAmount   Money         `json:"open_sales_amount"`
	Expected     Money         `json:"expected_cash,omitempty"`
	Counts       []CashCount   `json:"counts,omitempty"`
	Counted      Money         `json:"counted_cash,omitempty"`
	OverShort    Money         `json:"over_short,omitempty"`
	Reason       string        `json:"over_short_reason,omitempty"`
}

// Outlay is what was paid out of the drawer for one purpose.
type Outlay struct {
	Category string `json:"category" enum:"other,supplies,goods,transport,repairs,wages,bank"`
	Amount   Money  `json:"amount"`
}

// CashCount is how many pieces of a note or coin were counted.
type CashCount struct {
	Value  Money `json:"value" doc:"Of one piece."`
	Pieces int64 `json:"pieces" minimum:"0" maximum:"1000000"`
}

// TenderTotal is what one kind of document took or gave with one type of tender.
type TenderTotal struct {
	Kind   string `json:"kind" enum:"sale,refund,void,cash_out"`
	Type   string `json:"type"`
	Count  int64  `json:"count"`
	Amount Money  `json:"amount"`
}

// ShiftTotal is what the documents of one kind add up to.
type ShiftTotal struct {
	Kind     string `json:"kind" enum:"sale,refund,void,cash_out"`
	Count    int64  `json:"count"`
	Subtotal Money  `json:"subtotal"`
	Discount Money  `json:"discount"`
	Tax      Money  `json:"tax"`
	Total    Money  `json:"total"`
	Rounding Money  `json:"cash_rounding"`
	Points   int64  `json:"points"`
}

// OpenShiftIn opens a shift.
type OpenShiftIn struct {
	RegisterID id.ID `json:"register_id" format:"uuid"`
	Float      Money `json:"float,omitempty" doc:"Cash in the drawer; default 0."`
}

// CloseShiftIn closes it: by a sum, by pieces, or by both where they agree.
type CloseShiftIn struct {
	CountedCash Money       `json:"counted_cash,omitempty"`
	Counts      []CashCount `json:"counts,omitempty" maxItems:"50"`
	Reason      string      `json:"reason,omitempty" maxLength:"200" doc:"Why the drawer is off; needed beyond till.over_short_tolerance."`
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
		out.Reason = s.OffReason
	}
	return out
}

func (c caller) report(r till.Report, s till.Shift) ShiftReport {
	out := ShiftReport{ID: s.ID, ShiftID: s.ID, RegisterID: s.Register, No: r.No, Final: r.Final, BusinessDate: string(r.Date), Currency: c.currency.Code, OpenedAt: instant(r.OpenedAt), ClosedAt: instant(r.ClosedAt),
		Float: c.money(r.Float), PaidIn: c.money(r.PaidIn), PaidOut: c.money(r.PaidOut), Tenders: []TenderTotal{}, Totals: []ShiftTotal{}, OpenSales: r.Open.Count, OpenAmount: c.money(r.Open.Amount), Blind: r.Hidden, Reason: r.OffReason}
	if !r.Hidden {
		out.Expected = c.money(r.Expected)
	}
	for _, v := range r.Outs {
		out.PaidOutFor = append(out.PaidOutFor, Outlay{v.Category, c.money(v.Amount)})
	}
	for _, v := range r.Counts {
		out.Counts = append(out.Counts, CashCount{c.money(v.Value), v.Pieces})
	}
	for _, t := range r.Tenders {
		out.Tenders = append(out.Tenders, TenderTotal{Kind: t.Kind, Type: t.Tender, Count: t.Count, Amount: c.money(t.Amount)})
	}
	for _, t := range r.Summaries {
		out.Totals = append(out.Totals, ShiftTotal{Kind: t.Kind, Count: t.Count, Subtotal: c.money(t.Subtotal), Discount: c.money(t.Discount), Tax: c.money(t.Tax), Total: c.money(t.Total), Rounding: c.money(t.Rounding), Points: t.Points})
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
			ShopID     id.ID  `query:"shop_id" format:"uuid"`
			RegisterID id.ID  `query:"register_id" format:"uuid"`
			State      string `query:"state" enum:"open,closed"`
			From       string `query:"from" format:"date" doc:"The first business date."`
			To         string `query:"to" format:"date" doc:"The last business date."`
		}) (*read[List[Shift]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			f := till.Filter{Shop: in.ShopID, Register: in.RegisterID, State: in.State, From: clock.Date(in.From), To: clock.Date(in.To)}
			rows, err := till.Find(ctx, a.DB, c.Merchant, f, p)
			if err != nil {
				return nil, err
			}
			zones, err := a.zones(ctx, c.Merchant)
			rows, next := db.Cut(p, rows, func(s till.Shift) id.ID { return s.ID })
			return listOf(rows, next, func(s till.Shift) Shift {
				out := c.shift(s)
				out.Overdue = s.Overdue(zones[s.Shop], a.DB.Now())
				return out
			}), err
		})
	add(a, route{id: "open-shift", method: http.MethodPost, path: "/shifts", tag: "shifts", summary: "Open a shift", any: working, key: mustKey, status: http.StatusCreated}, a.openShift)
	add(a, route{id: "x-report", method: http.MethodGet, path: "/shifts/{id}/x", tag: "shifts", summary: "The totals so far, or the Z report of a closed shift",
		doc: "Where the drawer is counted blind, what is expected of an open shift is shown with the permission reports only.", any: seeing},
		func(ctx context.Context, c caller, in *IDIn) (*read[ShiftReport], error) {
			r, s, err := till.X(ctx, a.DB, c.Merchant, in.ID)
			if err == nil && !r.Final && !c.May(auth.PermReports) {
				r, err = a.blinded(ctx, c, r, s)
			}
			return reads(c.report(r, s)), err
		})
	add(a, route{id: "z-report", method: http.MethodGet, path: "/registers/{id}/z/{no}", tag: "shifts", summary: "A Z report by its number", any: seeing},
		func(ctx context.Context, c caller, in *struct {
			IDIn
			No int64 `path:"no" minimum:"1"`
		}) (*read[ShiftReport], error) {
			r, s, err := till.Z(ctx, a.DB, c.Merchant, in.ID, in.No)
			return reads(c.report(r, s)), err
		})
	a.cashMoves(seeing, working)
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
		if err != nil {
			return id.None, s, err
		}
		return s.ID, s, a.auditShift(ctx, tx, c, "shift.opened", s.ID, map[string]int64{"float": int64(float)})
	}, func(ctx context.Context, made id.ID) (till.Shift, error) {
		_, s, err := till.X(ctx, a.DB, c.Merchant, made)
		return s, err
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/shifts/"+s.ID.String()+"/x", c.opened(s), again), nil
}

// zones are the time zones of a merchant's shops.
func (a *api) zones(ctx context.Context, m id.ID) (map[id.ID]clock.Zone, error) {
	shops, err := tenant.ListShops(ctx, a.DB, m)
	out := map[id.ID]clock.Zone{}
	for _, s := range shops {
		out[s.ID] = s.Zone
	}
	return out, err
}

// blinded is a report as it may be seen before the drawer is counted.
func (a *api) blinded(ctx context.Context, c caller, r till.Report, s till.Shift) (till.Report, error) {
	settings, err := setting.All(ctx, a.DB, c.Merchant, s.Shop, s.Register)
	if err == nil && setting.TillBlindCount.In(settings) {
		return r.Blind(), nil
	}
	return r, err
}

func (c caller) closing(shift id.ID, b CloseShiftIn) (till.Closing, error) {
	out := till.Closing{Shift: shift, Actor: c.ID, Currency: c.currency, Reason: b.Reason}
	if b.CountedCash != "" {
		counted, err := c.amount(b.CountedCash, "counted_cash")
		if err != nil {
			return out, err
		}
		out.Counted = &counted
	}
	for i, n := range b.Counts {
		value, err := c.amount(n.Value, fmt.Sprintf("counts[%d].value", i))
		if err != nil {
			return out, err
		}
		out.Counts = append(out.Counts, till.Count{Value: value, Pieces: n.Pieces})
	}
	return out, nil
}

func (a *api) closeShift(ctx context.Context, c caller, in *struct {
	IDIn
	Body CloseShiftIn
}) (*made[ShiftReport], error) {
	closing, err := c.closing(in.ID, in.Body)
	if err != nil {
		return nil, err
	}
	r, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, ShiftReport, error) {
		r, s, err := till.CloseWith(ctx, tx, c.Merchant, closing)
		if err != nil {
			return id.None, ShiftReport{}, err
		}
		if err := checkout.PrintShift(ctx, tx, c.Merchant, s); err != nil {
			return id.None, ShiftReport{}, err
		}
		return s.ID, c.report(r, s), a.auditShift(ctx, tx, c, "shift.closed", s.ID, map[string]int64{"counted": int64(r.Counted), "over_short": int64(r.OverShort)})
	}, func(ctx context.Context, made id.ID) (ShiftReport, error) {
		r, s, err := till.X(ctx, a.DB, c.Merchant, made)
		return c.report(r, s), err
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/shifts/"+in.ID.String()+"/x", r, again), nil
}

func (a *api) auditShift(ctx context.Context, tx *db.Tx, c caller, action string, shift id.ID, detail map[string]int64) error {
	return auth.Audit(ctx, tx, auth.Record{Merchant: c.Merchant, Action: action, SubjectKind: "shift", SubjectID: shift.String(), Detail: detail})
}
