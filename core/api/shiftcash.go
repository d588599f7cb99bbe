package api

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/till"
)

// CashMove is cash put into the drawer, or taken out, for a reason other than a sale.
type CashMove struct {
	ID       id.ID   `json:"id" format:"uuid"`
	ShiftID  id.ID   `json:"shift_id" format:"uuid"`
	Kind     string  `json:"kind" enum:"in,out"`
	Amount   Money   `json:"amount"`
	Currency string  `json:"currency"`
	Category string  `json:"category,omitempty" enum:"other,supplies,goods,transport,repairs,wages,bank" doc:"What it was paid out for."`
	Reason   string  `json:"reason"`
	At       Instant `json:"at"`
	ActorID  id.ID   `json:"actor_id,omitzero" format:"uuid"`
}

// CashMoveIn books one.
type CashMoveIn struct {
	Kind     string `json:"kind" enum:"in,out"`
	Amount   Money  `json:"amount"`
	Category string `json:"category,omitempty" enum:"other,supplies,goods,transport,repairs,wages,bank" doc:"Of cash paid out; default other."`
	Reason   string `json:"reason" minLength:"1" maxLength:"200"`
}

// Denomination is a note or coin of the merchant's currency.
type Denomination struct {
	Value    Money  `json:"value"`
	Currency string `json:"currency"`
	Coin     bool   `json:"coin"`
}

func (c caller) cashMove(v till.Move) CashMove {
	out := CashMove{ID: v.ID, ShiftID: v.Shift, Kind: "in", Amount: c.money(v.Amount.Abs()), Currency: c.currency.Code, Category: v.Category, Reason: v.Reason, At: instant(v.At), ActorID: v.Actor}
	if v.Amount < 0 {
		out.Kind = "out"
	}
	return out
}

func (a *api) cashMoves(seeing, working []auth.Permission) {
	add(a, route{id: "list-cash-moves", method: http.MethodGet, path: "/shifts/{id}/cash", tag: "shifts", summary: "List the cash put in and taken out, the oldest first", any: seeing},
		func(ctx context.Context, c caller, in *IDIn) (*read[List[CashMove]], error) {
			if _, err := till.Get(ctx, a.DB, c.Merchant, in.ID); err != nil {
				return nil, err
			}
			rows, err := till.Moves(ctx, a.DB, c.Merchant, in.ID)
			return listOf(rows, "", c.cashMove), err
		})
	add(a, route{id: "move-cash", method: http.MethodPost, path: "/shifts/{id}/cash", tag: "shifts", summary: "Put cash into the drawer or take it out", any: working, key: mustKey, status: http.StatusCreated}, a.moveCash)
	add(a, route{id: "list-denominations", method: http.MethodGet, path: "/denominations", tag: "shifts", summary: "The notes and coins of the merchant's currency, for counting"},
		func(_ context.Context, c caller, _ *struct{}) (*read[List[Denomination]], error) {
			return listOf(till.Denominations(c.currency), "", func(d till.Denomination) Denomination {
				return Denomination{Value: c.money(d.Value), Currency: c.currency.Code, Coin: d.Coin}
			}), nil
		})
}

func (a *api) moveCash(ctx context.Context, c caller, in *struct {
	IDIn
	Body CashMoveIn
}) (*made[CashMove], error) {
	amount, err := c.amount(in.Body.Amount, "amount")
	if err != nil {
		return nil, err
	}
	if amount <= 0 {
		return nil, till.ErrBadAmount.On("amount") // the direction is named, not signed
	}
	if in.Body.Kind == "out" {
		amount = -amount
	}
	v, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, till.Move, error) {
		s, err := till.Get(ctx, tx, c.Merchant, in.ID)
		if err != nil {
			return id.None, till.Move{}, err
		}
		v, err := till.Pay(ctx, tx, c.Merchant, s.Register, till.Move{Shift: s.ID, Amount: amount, Category: in.Body.Category, Reason: in.Body.Reason, Actor: c.ID})
		if err != nil {
			return id.None, v, err
		}
		return v.ID, v, a.auditShift(ctx, tx, c, "shift.cash_moved", s.ID, map[string]int64{"amount": int64(amount)})
	}, func(ctx context.Context, made id.ID) (till.Move, error) {
		return till.GetMove(ctx, a.DB, c.Merchant, made)
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/shifts/"+in.ID.String()+"/cash", c.cashMove(v), again), nil
}
