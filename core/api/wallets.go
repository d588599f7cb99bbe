package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// Wallet is what a member holds.
type Wallet struct {
	ID        id.ID  `json:"id" format:"uuid" doc:"The member's."`
	MemberID  id.ID  `json:"member_id" format:"uuid"`
	Currency  string `json:"currency"`
	Balance   Money  `json:"balance" doc:"Principal and bonus."`
	Available Money  `json:"available" doc:"Balance less what open sales hold, what is pending and what is past its end."`
	Principal Money  `json:"principal"`
	Bonus     Money  `json:"bonus"`
	Held      Money  `json:"held"`
	Pending   Money  `json:"pending" doc:"Of the balance: not yet active."`
	Expired   Money  `json:"expired" doc:"Of the balance: past its end, to be booked as expired with the next run."`
	Frozen    bool   `json:"frozen" doc:"Nothing may be taken from it."`
	Points    int64  `json:"points" doc:"Spendable now; negative is a debt from a refund."`

	PointsPending int64 `json:"points_pending" doc:"Earned, not yet active."`
	PointsExpired int64 `json:"points_expired" doc:"Past their end, to be booked as expired with the next run."`

	Expiring   []Expiring  `json:"expiring" doc:"What ends within 30 days."`
	PunchCards []PunchCard `json:"punch_cards"`
	Lots       []Lot       `json:"lots" doc:"What still holds something, the oldest first."`
	Movements  []Movement  `json:"movements" doc:"The newest 100."`
}

// Lot is a part of a wallet with its own origin and end.
type Lot struct {
	ID           id.ID   `json:"id" format:"uuid"`
	Class        string  `json:"class" doc:"principal, bonus, points or punch."`
	ServiceSKUID id.ID   `json:"service_sku_id,omitzero" format:"uuid" doc:"Punches: the service."`
	Amount       string  `json:"amount" doc:"As it came in: money, points or visits, by the class."`
	Remaining    string  `json:"remaining"`
	OriginSaleID id.ID   `json:"origin_sale_id,omitzero" format:"uuid"`
	OriginShopID id.ID   `json:"origin_shop_id,omitzero" format:"uuid"`
	GroupID      id.ID   `json:"group_id,omitzero" format:"uuid" doc:"The principal and the bonus of one top-up share it: the line that sold them."`
	Paid         Money   `json:"paid,omitempty" doc:"Principal and punches: what was paid for the amount."`
	Policy       string  `json:"policy,omitempty" enum:"proportional,principal_first,bonus_first" doc:"Principal and bonus: in which order a spend takes them; as it was when they were bought."`
	State        string  `json:"state" enum:"active,pending,expired"`
	AvailableAt  Instant `json:"available_at"`
	ExpiresAt    Instant `json:"expires_at,omitzero"`
	CreatedAt    Instant `json:"created_at"`
}

// PunchCard is what is left of the visits of a service.
type PunchCard struct {
	ServiceSKUID id.ID `json:"service_sku_id" format:"uuid"`
	Remaining    int64 `json:"remaining"`
}

// Expiring is what a member is about to lose.
type Expiring struct {
	Class        string  `json:"class" doc:"principal, bonus, points or punch."`
	ServiceSKUID id.ID   `json:"service_sku_id,omitzero" format:"uuid"`
	Amount       string  `json:"amount" doc:"Money, points or visits, by the class."`
	FirstAt      Instant `json:"first_at" doc:"When the first of it ends."`
}

// Movement is one posting on one of a member's accounts.
type Movement struct {
	ID           id.ID   `json:"id" format:"uuid" doc:"The entry; its postings share it."`
	At           Instant `json:"at"`
	Kind         string  `json:"kind"`
	Class        string  `json:"class"`
	ServiceSKUID id.ID   `json:"service_sku_id,omitzero" format:"uuid"`
	Amount       string  `json:"amount" doc:"Money, points or visits, by the class."`
	SaleID       id.ID   `json:"sale_id,omitzero" format:"uuid"`
	LotID        id.ID   `json:"lot_id,omitzero" format:"uuid"`
}

const movementsShown = 100

func (a *api) wallets() {
	add(a, route{id: "get-wallet", method: http.MethodGet, path: "/members/{id}/wallet", tag: "members", summary: "Get a member's wallet", any: []auth.Permission{auth.PermMembers, auth.PermSell}}, a.wallet)
	sells := []auth.Permission{auth.PermTopUp}
	add(a, route{id: "top-up", method: http.MethodPost, path: "/members/{id}/top-ups", tag: "members", summary: "Sell stored value", any: sells, key: mustKey, pays: true, status: http.StatusCreated}, a.topUp)
	a.walletOperations()
	a.giftCards()
	add(a, route{id: "sell-punch-card", method: http.MethodPost, path: "/members/{id}/punch-cards", tag: "members", summary: "Sell visits of a service", any: sells, key: mustKey, pays: true, status: http.StatusCreated}, a.sellPunchCard)
}

func (a *api) wallet(ctx context.Context, c caller, in *IDIn) (*read[Wallet], error) {
	if _, err := member.Get(ctx, a.DB, nil, c.Merchant, in.ID); err != nil {
		return nil, err
	}
	w, err := wallet.Get(ctx, a.DB, c.Merchant, in.ID)
	if err != nil {
		return nil, err
	}
	lots, err := wallet.Lots(ctx, a.DB, c.Merchant, in.ID)
	if err != nil {
		return nil, err
	}
	moves, err := wallet.Movements(ctx, a.DB, c.Merchant, in.ID, movementsShown)
	if err != nil {
		return nil, err
	}
	out := Wallet{
		ID: in.ID, MemberID: in.ID, Currency: c.currency.Code, Balance: c.money(w.Principal + w.Bonus), Available: c.money(w.StoredValue()), Principal: c.money(w.Principal),
		Bonus: c.money(w.Bonus), Held: c.money(w.Held), Pending: c.money(w.Pending), Expired: c.money(w.Lapsed), Frozen: w.Frozen, Points: w.Points, PointsPending: w.PointsPending, PointsExpired: w.PointsLapsed,
		PunchCards: []PunchCard{}, Expiring: c.expiring(lots, a.DB.Now()), Lots: []Lot{}, Movements: []Movement{},
	}
	for _, p := range w.Punches {
		out.PunchCards = append(out.PunchCards, PunchCard{p.SKU, p.Remaining})
	}
	for i := range lots {
		if lots[i].Remaining != 0 {
			out.Lots = append(out.Lots, c.lot(&lots[i], a.DB.Now()))
		}
	}
	for _, m := range moves {
		out.Movements = append(out.Movements, Movement{ID: m.Entry, At: instant(m.At), Kind: m.Kind, Class: m.Class, ServiceSKUID: serviceOf(m.Unit), Amount: c.figure(m.Unit, m.Amount), SaleID: m.Sale, LotID: m.Lot})
	}
	return reads(out), nil
}

func (c caller) lot(l *wallet.LotView, now clock.Instant) Lot {
	out := Lot{ID: l.ID, Class: l.Class, ServiceSKUID: serviceOf(l.Unit), Amount: c.figure(l.Unit, l.Amount), Remaining: c.figure(l.Unit, l.Remaining), GroupID: l.Group, State: l.State(now),
		OriginSaleID: l.OriginSale, OriginShopID: l.OriginShop, AvailableAt: instant(l.AvailableAt), ExpiresAt: instant(l.ExpiresAt), CreatedAt: instant(l.CreatedAt)}
	switch l.Class {
	case ledger.ClassPrincipal, ledger.ClassBonus:
		out.Policy = l.Policy
	}
	if l.Class == ledger.ClassPrincipal || l.Class == ledger.ClassPunch {
		out.Paid = c.money(l.Paid)
	}
	return out
}

// expiringWithin is how far the wallet looks ahead.
const expiringWithin = 30 * 24 * time.Hour

func (c caller) expiring(lots []wallet.LotView, now clock.Instant) []Expiring {
	out := []Expiring{}
	for _, x := range wallet.Ending(lots, now, now.Add(expiringWithin)) {
		out = append(out, Expiring{Class: x.Class, ServiceSKUID: serviceOf(x.Unit), Amount: c.figure(x.Unit, x.Amount), FirstAt: instant(x.First)})
	}
	return out
}

// serviceOf is the service that a punch unit counts, none for other units.
func serviceOf(unit string) id.ID {
	rest, ok := strings.CutPrefix(unit, ledger.PunchUnit(id.None))
	if !ok {
		return id.None
	}
	sku, err := id.Parse(rest)
	if err != nil {
		return id.None
	}
	return sku
}

// figure writes an amount of a unit: money with its digits, points and visits whole.
func (c caller) figure(unit string, n money.Amount) string {
	if unit == c.currency.Code {
		return c.currency.Format(n)
	}
	return strconv.FormatInt(int64(n), 10)
}

// TopUpIn buys stored value. The bonus is what the rule packs say.
type TopUpIn struct {
	ShopID     id.ID        `json:"shop_id" format:"uuid"`
	RegisterID id.ID        `json:"register_id" format:"uuid"`
	Amount     Money        `json:"amount"`
	Tender     TenderChoice `json:"tender"`
	StaffID    id.ID        `json:"staff_id,omitzero" format:"uuid"`
}

// PunchCardIn buys visits of a service.
type PunchCardIn struct {
	ShopID       id.ID        `json:"shop_id" format:"uuid"`
	RegisterID   id.ID        `json:"register_id" format:"uuid"`
	ServiceSKUID id.ID        `json:"service_sku_id" format:"uuid"`
	Visits       int64        `json:"visits" minimum:"1" maximum:"100000"`
	FreeVisits   int64        `json:"free_visits,omitempty" minimum:"0" maximum:"100000"`
	Amount       Money        `json:"amount"`
	Tender       TenderChoice `json:"tender"`
	StaffID      id.ID        `json:"staff_id,omitzero" format:"uuid"`
}

// Prepaid is a sale of stored value or visits.
type Prepaid struct {
	ID           id.ID    `json:"id" format:"uuid" doc:"The sale's."`
	SaleID       id.ID    `json:"sale_id" format:"uuid"`
	Number       string   `json:"number"`
	MemberID     id.ID    `json:"member_id" format:"uuid"`
	ServiceSKUID id.ID    `json:"service_sku_id,omitzero" format:"uuid"`
	Visits       int64    `json:"visits,omitempty" doc:"Paid and free ones."`
	Currency     string   `json:"currency"`
	Amount       Money    `json:"amount" doc:"What was bought: the principal, or the price of the visits."`
	Bonus        Money    `json:"bonus"`
	Total        Money    `json:"total"`
	Tenders      []Tender `json:"tenders"`
	Change       Money    `json:"change"`
	BusinessDate string   `json:"business_date" format:"date"`
}

func (a *api) topUp(ctx context.Context, c caller, in *struct {
	IDIn
	Body TopUpIn
}) (*made[Prepaid], error) {
	b := in.Body
	amount, err := c.amount(b.Amount, "amount")
	if err != nil {
		return nil, err
	}
	line := checkout.LineIn{Kind: sale.LineTopUp, Amount: amount, Staff: b.StaffID}
	return a.prepay(ctx, c, checkout.Basket{Merchant: c.Merchant, Shop: b.ShopID, Register: b.RegisterID, Member: in.ID, Lines: []checkout.LineIn{line}}, b.Tender)
}

func (a *api) sellPunchCard(ctx context.Context, c caller, in *struct {
	IDIn
	Body PunchCardIn
}) (*made[Prepaid], error) {
	b := in.Body
	amount, err := c.amount(b.Amount, "amount")
	if err != nil {
		return nil, err
	}
	line := checkout.LineIn{Kind: sale.LinePunchCard, SKU: b.ServiceSKUID, Amount: amount, Visits: b.Visits, FreeVisits: b.FreeVisits, Staff: b.StaffID}
	return a.prepay(ctx, c, checkout.Basket{Merchant: c.Merchant, Shop: b.ShopID, Register: b.RegisterID, Member: in.ID, Lines: []checkout.LineIn{line}}, b.Tender)
}

// prepay sells one prepaid line. A tender without an amount pays it all.
func (a *api) prepay(ctx context.Context, c caller, b checkout.Basket, t TenderChoice) (*made[Prepaid], error) {
	tender := checkout.TenderIn{Type: t.Type, Amount: b.Lines[0].Amount, Reference: t.Reference}
	if t.Amount != "" {
		var err error
		if tender.Amount, err = c.amount(t.Amount, "tender.amount"); err != nil {
			return nil, err
		}
	}
	s, err := a.Desk.Complete(ctx, checkout.SaleIn{Basket: b, Tenders: tendersOf(tender), Idem: c.idem, Actor: c.ID, Origin: sale.OriginAPI})
	if err != nil {
		return nil, err
	}
	m := moneyIn(s.Currency)
	out := Prepaid{ID: s.ID, SaleID: s.ID, Number: s.ReceiptNumber(), MemberID: s.Member, Currency: s.Currency.Code, Total: m(s.Total), Change: m(s.Change), Tenders: tendersOut(s.Currency, s.Tenders), BusinessDate: string(s.BusinessDate)}
	for i := range s.Lines {
		l := &s.Lines[i]
		out.ServiceSKUID, out.Visits, out.Amount, out.Bonus = l.SKU, l.Visits, m(l.Net), m(l.Bonus)
	}
	return madeAt("/sales/"+s.ID.String(), out, s.Replayed), nil
}

// tendersOf leaves out a tender of nothing: a punch card may be free.
func tendersOf(t checkout.TenderIn) []checkout.TenderIn {
	if t.Amount == 0 {
		return nil
	}
	return []checkout.TenderIn{t}
}
