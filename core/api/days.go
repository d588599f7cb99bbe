package api

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/tenant"
)

// Day is what was done on a business date, or on the dates of a span.
type Day struct {
	From            string         `json:"from" format:"date"`
	To              string         `json:"to" format:"date"`
	Currency        string         `json:"currency"`
	Receipts        int64          `json:"receipts" doc:"Sales that stand."`
	AverageReceipt  Money          `json:"average_receipt"`
	Revenue         Money          `json:"revenue" doc:"Goods and services without tax, less what was given back; prepayments are none."`
	Documents       []DayDocuments `json:"documents"`
	Taxes           []DayTax       `json:"taxes"`
	Tenders         []DayTender    `json:"tenders"`
	Prepaid         []DayPrepaid   `json:"prepaid" doc:"Top-ups, punch cards and gift cards sold."`
	StoredPrincipal Money          `json:"stored_value_principal" doc:"Spent, less what was given back."`
	StoredBonus     Money          `json:"stored_value_bonus"`
	GiftCards       Money          `json:"gift_cards" doc:"Spent, less what was given back."`
	PointsEarned    int64          `json:"points_earned"`
	PointsRedeemed  int64          `json:"points_redeemed"`
	Visits          int64          `json:"visits" doc:"Paid from punch cards."`
	Rounding        Money          `json:"cash_rounding"`
	PaidIn          Money          `json:"paid_in"`
	PaidOut         Money          `json:"paid_out"`
	OverShort       Money          `json:"over_short"`
	OpenShifts      int64          `json:"open_shifts"`
	ClosedShifts    int64          `json:"closed_shifts"`
}

// DayDocuments is what the documents of one kind add up to; amounts are positive.
type DayDocuments struct {
	Kind     string `json:"kind" enum:"sale,refund,void,cash_out"`
	Count    int64  `json:"count"`
	Subtotal Money  `json:"subtotal"`
	Discount Money  `json:"discount"`
	Tax      Money  `json:"tax"`
	Total    Money  `json:"total"`
}

// DayTax is what was sold at one rate, less what was given back.
type DayTax struct {
	Rate Rate  `json:"rate"`
	Base Money `json:"base" doc:"Without the tax."`
	Tax  Money `json:"tax"`
}

// DayTender is what one type of tender brought and took.
type DayTender struct {
	Type  string `json:"type"`
	Count int64  `json:"count"`
	In    Money  `json:"in"`
	Out   Money  `json:"out"`
	Net   Money  `json:"net"`
}

// DayPrepaid is what was sold and taken back of one kind of prepayment.
type DayPrepaid struct {
	Kind   string `json:"kind" enum:"top_up,punch_card,gift_card"`
	Count  int64  `json:"count"`
	Sold   Money  `json:"sold"`
	Bonus  Money  `json:"bonus"`
	Visits int64  `json:"visits"`
	Back   Money  `json:"back" doc:"Paid back by refunds and voids."`
}

// DayDetail is a date with its proof and its shifts.
type DayDetail struct {
	Day
	TiesOut bool    `json:"ties_out" doc:"Documents, ledger and shifts agree to the minor unit."`
	Ties    []Tie   `json:"ties"`
	Shifts  []Shift `json:"shifts"`
}

// Tie is a figure that two rooms of the books have to agree on. Most are money;
// names of points and visits say so.
type Tie struct {
	Name      string `json:"name" example:"tender:cash"`
	Documents int64  `json:"documents" doc:"What the documents and shifts say, in minor units."`
	Books     int64  `json:"books" doc:"What the ledger says, in minor units."`
	Holds     bool   `json:"holds"`
}

// DayList is the daily summary of a span.
type DayList struct {
	Items []Day `json:"items" doc:"The dates on which anything happened, the newest first."`
	Total Day   `json:"total"`
}

// PaymentRow is one tender of one document.
type PaymentRow struct {
	SaleID       id.ID   `json:"sale_id" format:"uuid"`
	No           int     `json:"no" doc:"Of the tender within its document."`
	Kind         string  `json:"kind" enum:"sale,refund,void,cash_out"`
	Number       string  `json:"number" doc:"The receipt's."`
	OfSaleID     id.ID   `json:"of_sale_id,omitzero" format:"uuid"`
	BusinessDate string  `json:"business_date" format:"date"`
	OccurredAt   Instant `json:"occurred_at"`
	ShopID       id.ID   `json:"shop_id" format:"uuid"`
	RegisterID   id.ID   `json:"register_id" format:"uuid"`
	ShiftID      id.ID   `json:"shift_id,omitzero" format:"uuid"`
	MemberID     id.ID   `json:"member_id,omitzero" format:"uuid"`
	StaffID      id.ID   `json:"staff_id,omitzero" format:"uuid"`
	Type         string  `json:"type"`
	Currency     string  `json:"currency"`
	Amount       Money   `json:"amount" doc:"Negative where it was given back."`
	Tendered     Money   `json:"tendered" doc:"As handed over."`
	Points       int64   `json:"points,omitempty"`
	Reference    string  `json:"reference,omitempty"`
}

func (c caller) day(d report.DayReport) Day {
	out := Day{From: string(d.From), To: string(d.To), Currency: c.currency.Code, Receipts: d.Receipts, AverageReceipt: c.money(d.Average), Revenue: c.money(d.Revenue),
		Documents: []DayDocuments{}, Taxes: []DayTax{}, Tenders: []DayTender{}, Prepaid: []DayPrepaid{},
		StoredPrincipal: c.money(d.Stored.Principal), StoredBonus: c.money(d.Stored.Bonus), GiftCards: c.money(d.Stored.GiftCards),
		PointsEarned: d.Points.Earned, PointsRedeemed: d.Points.Redeemed, Visits: d.Punches, Rounding: c.money(d.Rounding),
		PaidIn: c.money(d.Shifts.PaidIn), PaidOut: c.money(d.Shifts.PaidOut), OverShort: c.money(d.Shifts.OverShort), OpenShifts: d.Shifts.Open, ClosedShifts: d.Shifts.Closed}
	for _, v := range d.Documents {
		out.Documents = append(out.Documents, DayDocuments{v.Kind, v.Count, c.money(v.Subtotal), c.money(v.Discount), c.money(v.Tax), c.money(v.Total)})
	}
	for _, v := range d.Taxes {
		out.Taxes = append(out.Taxes, DayTax{Rate(v.Rate.String()), c.money(v.Base), c.money(v.Tax)})
	}
	for _, v := range d.Tenders {
		out.Tenders = append(out.Tenders, DayTender{v.Type, v.Count, c.money(v.In), c.money(v.Out), c.money(v.Net())})
	}
	for _, v := range d.Prepaid {
		out.Prepaid = append(out.Prepaid, DayPrepaid{v.Kind, v.Count, c.money(v.Sold), c.money(v.Bonus), v.Visits, c.money(v.Back)})
	}
	return out
}

func (a *api) days() {
	seeing := []auth.Permission{auth.PermReports}
	add(a, route{id: "list-days", method: http.MethodGet, path: "/days", tag: "reports", summary: "The daily summary of a span of business dates", any: seeing},
		func(ctx context.Context, c caller, in *struct {
			ShopID id.ID  `query:"shop_id" format:"uuid" doc:"Default: all shops."`
			From   string `query:"from" format:"date" required:"true"`
			To     string `query:"to" format:"date" required:"true"`
		}) (*read[DayList], error) {
			days, total, err := report.Daily(ctx, a.DB, c.Merchant, report.Span{Shop: in.ShopID, From: clock.Date(in.From), To: clock.Date(in.To)})
			if err != nil {
				return nil, err
			}
			out := DayList{Items: []Day{}, Total: c.day(total)}
			for _, d := range days {
				out.Items = append(out.Items, c.day(d))
			}
			return reads(out), nil
		})
	add(a, route{id: "get-day", method: http.MethodGet, path: "/days/{date}", tag: "reports", summary: "A business date with its shifts, and whether it ties out with the ledger", any: seeing}, a.oneDay)
	add(a, route{id: "list-payments", method: http.MethodGet, path: "/payments", tag: "reports", summary: "List the tenders of all documents, the newest first", any: seeing}, a.payments)
}

func (a *api) oneDay(ctx context.Context, c caller, in *struct {
	Date   string `path:"date" format:"date"`
	ShopID id.ID  `query:"shop_id" format:"uuid" doc:"Default: all shops."`
}) (*read[DayDetail], error) {
	if !in.ShopID.IsNone() {
		if _, err := tenant.GetShop(ctx, a.DB, c.Merchant, in.ShopID); err != nil {
			return nil, on(err, "shop_id")
		}
	}
	span := report.Span{Shop: in.ShopID, From: clock.Date(in.Date), To: clock.Date(in.Date)}
	_, d, err := report.Daily(ctx, a.DB, c.Merchant, span)
	if err != nil {
		return nil, on(err, "date")
	}
	ties, err := report.Ties(ctx, a.DB, c.Merchant, span)
	if err != nil {
		return nil, err
	}
	shifts, err := report.ShiftsOf(ctx, a.DB, c.Merchant, span)
	if err != nil {
		return nil, err
	}
	zones, err := a.zones(ctx, c.Merchant)
	out := DayDetail{Day: c.day(d), TiesOut: true, Ties: []Tie{}, Shifts: []Shift{}}
	for _, t := range ties {
		out.TiesOut = out.TiesOut && t.Holds()
		out.Ties = append(out.Ties, Tie{t.Name, t.Documents, t.Books, t.Holds()})
	}
	for _, s := range shifts {
		v := c.shift(s)
		v.Overdue = s.Overdue(zones[s.Shop], a.DB.Now())
		out.Shifts = append(out.Shifts, v)
	}
	return reads(out), err
}

func (a *api) payments(ctx context.Context, c caller, in *struct {
	PageIn
	ShopID     id.ID  `query:"shop_id" format:"uuid"`
	RegisterID id.ID  `query:"register_id" format:"uuid"`
	ShiftID    id.ID  `query:"shift_id" format:"uuid"`
	StaffID    id.ID  `query:"staff_id" format:"uuid"`
	Type       string `query:"type" maxLength:"40"`
	Kind       string `query:"kind" enum:"sale,refund,void,cash_out"`
	From       string `query:"from" format:"date" doc:"The first business date."`
	To         string `query:"to" format:"date" doc:"The last business date."`
}) (*read[List[PaymentRow]], error) {
	p, err := report.ParsePaymentCursor(in.Cursor, in.Limit)
	if err != nil {
		return nil, on(err, "cursor")
	}
	f := report.PaymentFilter{Shop: in.ShopID, Register: in.RegisterID, Shift: in.ShiftID, Staff: in.StaffID, Type: in.Type, Kind: in.Kind, From: clock.Date(in.From), To: clock.Date(in.To)}
	rows, next, err := report.Payments(ctx, a.DB, c.Merchant, f, p)
	return listOf(rows, next, func(v report.Payment) PaymentRow {
		return PaymentRow{SaleID: v.Sale, No: v.No, Kind: v.Kind, Number: v.Receipt(), OfSaleID: v.Of, BusinessDate: string(v.Date), OccurredAt: instant(v.At), ShopID: v.Shop, RegisterID: v.Register,
			ShiftID: v.Shift, MemberID: v.Member, StaffID: v.Staff, Type: v.Type, Currency: c.currency.Code, Amount: c.money(v.Amount), Tendered: c.money(v.Tendered), Points: v.Points, Reference: v.Reference}
	}), err
}
