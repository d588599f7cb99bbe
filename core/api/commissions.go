package api

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/staff"
)

// CommissionEntry is an amount in favour of staff.
type CommissionEntry struct {
	ID           id.ID    `json:"id" format:"uuid"`
	Kind         string   `json:"kind" enum:"sale,claw_back,settlement,manual"`
	StaffID      id.ID    `json:"staff_id" format:"uuid"`
	Staff        string   `json:"staff"`
	Role         string   `json:"role" enum:"performer,assistant,seller,receptionist"`
	Share        Rate     `json:"share" doc:"The person's part of the line."`
	ShopID       id.ID    `json:"shop_id,omitzero" format:"uuid"`
	SaleID       id.ID    `json:"sale_id,omitzero" format:"uuid" doc:"The sale, or the refund that took it back."`
	LineID       id.ID    `json:"line_id,omitzero" format:"uuid"`
	Number       string   `json:"number,omitempty" doc:"Of the receipt."`
	Name         string   `json:"name,omitempty" doc:"Of the line."`
	OfSaleID     id.ID    `json:"of_sale_id,omitzero" format:"uuid" doc:"Claw-back: the sale that was refunded."`
	OfEntryID    id.ID    `json:"of_entry_id,omitzero" format:"uuid" doc:"Claw-back: the entry that it reverses."`
	SettlementID id.ID    `json:"settlement_id,omitzero" format:"uuid"`
	PlanID       id.ID    `json:"plan_id,omitzero" format:"uuid"`
	Metric       string   `json:"metric" enum:"amount,count,margin" doc:"What it goes by."`
	LineKind     string   `json:"line_kind,omitempty"`
	SKUCode      string   `json:"sku_code,omitempty"`
	Category     string   `json:"category,omitempty"`
	Currency     string   `json:"currency"`
	Amount       Money    `json:"amount" doc:"Negative where a refund takes it back."`
	Basis        Money    `json:"basis"`
	Rate         Rate     `json:"rate"`
	Quantity     Quantity `json:"quantity" doc:"The person's part of the line's."`
	Margin       Money    `json:"margin"`
	PackID       string   `json:"pack_id,omitempty"`
	PackVersion  string   `json:"pack_version,omitempty"`
	Code         string   `json:"code,omitempty"`
	Reason       string   `json:"reason,omitempty" doc:"Manual: why."`
	BusinessDate string   `json:"business_date" format:"date"`
	At           Instant  `json:"at"`
}

// CommissionSum is what one person has by metric, kind of entry, kind of line and
// category.
type CommissionSum struct {
	StaffID  id.ID    `json:"staff_id" format:"uuid"`
	Metric   string   `json:"metric" enum:"amount,count,margin"`
	Kind     string   `json:"kind" enum:"sale,claw_back,settlement,manual"`
	LineKind string   `json:"line_kind,omitempty"`
	Category string   `json:"category,omitempty"`
	Currency string   `json:"currency"`
	Amount   Money    `json:"amount"`
	Basis    Money    `json:"basis"`
	Quantity Quantity `json:"quantity"`
	Entries  int64    `json:"entries"`
}

// CommissionStatement is what one person has coming for some days, beside what
// they did.
type CommissionStatement struct {
	StaffID    id.ID    `json:"staff_id" format:"uuid"`
	Staff      string   `json:"staff"`
	From       string   `json:"from" format:"date"`
	To         string   `json:"to" format:"date"`
	Currency   string   `json:"currency"`
	Earned     Money    `json:"earned" doc:"By sales."`
	ClawedBack Money    `json:"clawed_back" doc:"By refunds; negative."`
	Settled    Money    `json:"settled" doc:"What plans gave beyond it, or less."`
	Manual     Money    `json:"manual"`
	Total      Money    `json:"total"`
	Documents  int64    `json:"documents" doc:"Different sales and refunds."`
	Turnover   Money    `json:"turnover" doc:"Their parts of the lines, less refunds, with the worth of visits that punch cards paid."`
	Margin     Money    `json:"margin"`
	Quantity   Quantity `json:"quantity"`
	Lines      int64    `json:"lines"`
}

// NewCommission is commission by hand.
type NewCommission struct {
	StaffID id.ID  `json:"staff_id" format:"uuid"`
	ShopID  id.ID  `json:"shop_id,omitzero" format:"uuid"`
	Amount  Money  `json:"amount" doc:"Negative takes it back."`
	Reason  string `json:"reason" maxLength:"200"`
	Date    string `json:"date" format:"date" doc:"The business date; not within what is settled."`
}

// CommissionIn are the filters of commission; without dates it is this month.
type CommissionIn struct {
	From    string `query:"from" format:"date" doc:"The first business date; default: of this month."`
	To      string `query:"to" format:"date" doc:"The last; default: of this month."`
	StaffID id.ID  `query:"staff_id" format:"uuid"`
	ShopID  id.ID  `query:"shop_id" format:"uuid"`
	Kind    string `query:"kind" enum:"sale,claw_back,settlement,manual"`
	Metric  string `query:"metric" enum:"amount,count,margin"`
}

func (a *api) commissionFilter(ctx context.Context, c caller, in CommissionIn) (f staff.Filter, err error) {
	f = staff.Filter{Staff: in.StaffID, Shop: in.ShopID, From: clock.Date(in.From), To: clock.Date(in.To), Kind: in.Kind, Metric: in.Metric}
	if f.From != "" && f.To != "" {
		return f, nil
	}
	today, err := staff.BusinessToday(ctx, a.DB, c.Merchant, a.DB.Now())
	if err != nil {
		return f, err
	}
	first, last, err := staff.Month.Of(today)
	if f.From == "" {
		f.From = first
	}
	if f.To == "" {
		f.To = last
	}
	return f, err
}

func (c caller) commission(l report.CommissionLine) CommissionEntry {
	return CommissionEntry{ID: l.ID, Kind: l.Kind, StaffID: l.Staff, Staff: l.StaffName, Role: string(l.Role), Share: Rate(l.Share.String()), ShopID: l.Shop, SaleID: l.Sale, LineID: l.Line, Number: l.Number, Name: l.Name,
		OfSaleID: l.OfSale, OfEntryID: l.OfEntry, SettlementID: l.Settlement, PlanID: l.Plan, Metric: l.Metric, LineKind: l.LineKind, SKUCode: l.SKUCode, Category: l.Category, Currency: c.currency.Code,
		Amount: c.money(l.Amount), Basis: c.money(l.Basis), Rate: Rate(l.Rate.String()), Quantity: Quantity(l.Quantity.String()), Margin: c.money(l.Margin), PackID: l.PackID, PackVersion: l.PackVersion, Code: l.Code,
		Reason: l.Reason, BusinessDate: string(l.BusinessDate), At: instant(l.At)}
}

func (c caller) commissionSum(g staff.Group) CommissionSum {
	return CommissionSum{StaffID: g.Staff, Metric: g.Metric, Kind: g.Kind, LineKind: g.LineKind, Category: g.Category, Currency: c.currency.Code, Amount: c.money(g.Amount), Basis: c.money(g.Basis),
		Quantity: Quantity(g.Quantity.String()), Entries: g.Entries}
}

// seesCommission is who may read it, runsCommission who may change it.
var (
	seesCommission = []auth.Permission{auth.PermReports, auth.PermStaff}
	runsCommission = []auth.Permission{auth.PermStaff}
)

const commissionTag = "commission"

func (a *api) commissions() {
	add(a, route{id: "list-commissions", method: http.MethodGet, path: "/commissions", tag: commissionTag, summary: "List commission entries, in the order of booking", any: seesCommission},
		func(ctx context.Context, c caller, in *struct {
			PageIn
			CommissionIn
			SaleID id.ID `query:"sale_id" format:"uuid" doc:"With what refunds of it took back; without dates those of all time."`
		}) (*read[List[CommissionEntry]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			f := staff.Filter{Staff: in.StaffID, Shop: in.ShopID, Sale: in.SaleID, From: clock.Date(in.From), To: clock.Date(in.To), Kind: in.Kind, Metric: in.Metric}
			if in.SaleID.IsNone() {
				if f, err = a.commissionFilter(ctx, c, in.CommissionIn); err != nil {
					return nil, err
				}
			}
			rows, next, err := report.CommissionDetail(ctx, a.DB, c.Merchant, f, p)
			return listOf(rows, next, c.commission), err
		})
	add(a, route{id: "summarise-commissions", method: http.MethodGet, path: "/commissions/summary", tag: commissionTag, summary: "Sums by staff, metric, kind of entry, kind of line and category", any: seesCommission},
		func(ctx context.Context, c caller, in *struct{ CommissionIn }) (*read[List[CommissionSum]], error) {
			f, err := a.commissionFilter(ctx, c, in.CommissionIn)
			if err != nil {
				return nil, err
			}
			rows, err := staff.Groups(ctx, a.DB, c.Merchant, f)
			return listOf(rows, "", c.commissionSum), err
		})
	add(a, route{id: "list-commission-statements", method: http.MethodGet, path: "/commissions/statements", tag: commissionTag, summary: "What each person has coming, beside what they did", any: seesCommission},
		func(ctx context.Context, c caller, in *struct{ CommissionIn }) (*read[List[CommissionStatement]], error) {
			f, err := a.commissionFilter(ctx, c, in.CommissionIn)
			if err != nil {
				return nil, err
			}
			rows, err := report.CommissionCompare(ctx, a.DB, c.Merchant, f)
			return listOf(rows, "", func(s report.CommissionStaff) CommissionStatement {
				return CommissionStatement{StaffID: s.Staff, Staff: s.Name, From: string(f.From), To: string(f.To), Currency: c.currency.Code, Earned: c.money(s.Earned), ClawedBack: c.money(s.ClawedBack),
					Settled: c.money(s.Settled), Manual: c.money(s.Manual), Total: c.money(s.Amount), Documents: s.Sales, Turnover: c.money(s.Work.Net), Margin: c.money(s.Work.Margin),
					Quantity: Quantity(s.Work.Quantity.String()), Lines: s.Work.Lines}
			}), err
		})
	add(a, route{id: "add-commission", method: http.MethodPost, path: "/commissions", tag: commissionTag, summary: "Add commission by hand, or take it back", any: runsCommission, key: mustKey, status: http.StatusCreated}, a.addCommission)
	a.commissionPlans()
	a.commissionSettlements()
}

func (a *api) addCommission(ctx context.Context, c caller, in *struct{ Body NewCommission }) (*made[CommissionEntry], error) {
	b := in.Body
	amount, err := c.amount(b.Amount, "amount")
	if err != nil {
		return nil, err
	}
	e, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, staff.CommissionEntry, error) {
		e, err := staff.AddManual(ctx, tx, c.Merchant, staff.Manual{Staff: b.StaffID, Shop: b.ShopID, Amount: amount, Reason: b.Reason, Date: clock.Date(b.Date)})
		return e.ID, e, err
	}, func(ctx context.Context, made id.ID) (staff.CommissionEntry, error) {
		return staff.GetEntry(ctx, a.DB, c.Merchant, made)
	})
	if err != nil {
		return nil, err
	}
	who, err := auth.GetStaff(ctx, a.DB, c.Merchant, e.Staff)
	if err != nil {
		return nil, err
	}
	return madeAt("/commissions?staff_id="+e.Staff.String(), c.commission(report.CommissionLine{CommissionEntry: e, StaffName: who.Name}), again), nil
}
