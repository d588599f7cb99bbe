package soak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// Call is a request under an idempotency key, whole, so that it can be sent again
// as it was. One of its parts is set.
type Call struct {
	Kind    string
	Key     string
	Sale    *checkout.SaleIn    `json:",omitempty"`
	Refund  *checkout.RefundIn  `json:",omitempty"` // Kind says whether refund, void or request
	Decide  *checkout.Decide    `json:",omitempty"`
	CashOut *checkout.CashOutIn `json:",omitempty"`
	Wallet  *WalletOp           `json:",omitempty"`
}

// WalletOp is what a person does to a wallet outside a sale.
type WalletOp struct {
	Member, To id.ID         `json:",omitzero"` // To: of a transfer
	Shop       id.ID         `json:",omitzero"`
	Date       clock.Date    `json:",omitempty"`
	Amount     money.Amount  `json:",omitempty"`
	Points     int64         `json:",omitempty"`
	Until      clock.Instant `json:",omitempty"`
}

// Answer is what a call came to.
type Answer struct {
	Document id.ID `json:",omitzero"` // in sales
	Entry    id.ID `json:",omitzero"` // in wallet_operations
	Text     string
}

// Kinds of operation that have a key.
const (
	kindSale     = "sale"
	kindRefund   = "refund"
	kindVoid     = "void"
	kindRequest  = "refund_request"
	kindDecide   = "refund_decision"
	kindCashOut  = "cash_out"
	kindTransfer = "transfer"
	kindPoints   = "points_by_hand"
	kindBonus    = "bonus_by_hand"
)

func (c *Call) idem() db.Idem { return db.Idem{Key: c.Key, Route: c.Kind, BodyHash: "soak"} }

// do sends a call; the same call again has the same answer.
func (s *shop) do(ctx context.Context, c *Call) (Answer, error) {
	ctx = s.asManager(ctx)
	switch c.Kind {
	case kindRefund, kindVoid, kindRequest:
		in := *c.Refund
		in.Idem = c.idem()
		switch c.Kind {
		case kindVoid:
			return document(s.desk.Void(ctx, in))
		case kindRequest:
			req, err := s.desk.RequestRefund(ctx, in)
			return Answer{Text: text(map[string]any{"id": req.ID, "sale": req.Sale, "total": req.Total, "short": req.ShortPoints})}, err
		}
		return document(s.desk.Refund(ctx, in))
	case kindDecide:
		in := *c.Decide
		in.Idem = c.idem()
		return document(s.desk.DecideRefund(ctx, in))
	case kindCashOut:
		in := *c.CashOut
		in.Idem = c.idem()
		return document(s.desk.CashOut(ctx, in))
	case kindTransfer, kindPoints, kindBonus:
		return s.byHand(ctx, c)
	}
	in := *c.Sale
	in.Idem = c.idem()
	// The flow writes codes and numbers in their own form into what it is given.
	in.Basket.Lines = append([]checkout.LineIn(nil), in.Basket.Lines...)
	in.Basket.Coupons = append([]string(nil), in.Basket.Coupons...)
	in.Tenders = append([]checkout.TenderIn(nil), in.Tenders...)
	return document(s.desk.Complete(ctx, in))
}

// asManager is somebody who may adjust.
func (s *shop) asManager(ctx context.Context) context.Context {
	return auth.WithActor(ctx, auth.Actor{Kind: auth.KindStaff, ID: s.w.Staff[0], Merchant: s.w.Merchant, Role: auth.Manager})
}

// again says that a key was used before.
type again struct{ resource id.ID }

func (again) Error() string { return "soak: this request was answered before" }

// byHand is a change of a wallet under a key, as the API makes it.
func (s *shop) byHand(ctx context.Context, c *Call) (Answer, error) {
	o := wallet.Operation{Merchant: s.w.Merchant, Shop: c.Wallet.Shop, BusinessDate: c.Wallet.Date, Actor: s.w.Staff[0], Reason: "soak"}
	var entry id.ID
	err := s.desk.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		claim := tx.ClaimKey(s.w.Merchant, c.idem())
		if err := tx.Flush(ctx); err != nil {
			return err
		}
		resource, _, found, err := claim.Prior()
		if err != nil {
			return err
		}
		if found {
			return again{resource}
		}
		switch c.Kind {
		case kindTransfer:
			var moved wallet.Transferred
			moved, err = wallet.Move(ctx, tx, &s.book, wallet.Transfer{Operation: o, From: c.Wallet.Member, To: c.Wallet.To, Currency: s.currency.Code, Amount: c.Wallet.Amount, Points: c.Wallet.Points})
			entry = moved.Entry
		case kindPoints:
			entry, err = wallet.AdjustPoints(ctx, tx, &s.book, wallet.PointsChange{Operation: o, Member: c.Wallet.Member, Points: c.Wallet.Points, Until: c.Wallet.Until})
		default:
			entry, err = wallet.AdjustBonus(ctx, tx, &s.book, wallet.BonusChange{Operation: o, Member: c.Wallet.Member, Currency: s.currency.Code, Amount: c.Wallet.Amount, Until: c.Wallet.Until})
		}
		if err != nil {
			return err
		}
		tx.SettleKey(s.w.Merchant, c.idem(), entry)
		return nil
	})
	var prior again
	if errors.As(err, &prior) {
		entry, err = prior.resource, nil
	}
	return Answer{Entry: entry, Text: entry.String()}, err
}

// document is the answer that is a sale, a refund or a cash-out.
func document(d *sale.Sale, err error) (Answer, error) {
	if err != nil || d == nil { // nil: a refund that was refused
		return Answer{}, err
	}
	v := *d
	v.Rules, v.Trace, v.Replayed = nil, "", false // of the call, not of the document
	v.Lines = append([]sale.Line(nil), v.Lines...)
	for i := range v.Lines {
		v.Lines[i].Draws = nil // read by themselves, by whoever gives visits back
	}
	return Answer{Document: d.ID, Text: text(v)}, nil
}

// apart shows where two answers begin to differ.
func apart(was, is string) string {
	at := 0
	for at < len(was) && at < len(is) && was[at] == is[at] {
		at++
	}
	cut := func(s string) string { return s[max(min(at, len(s))-80, 0):min(at+120, len(s))] }
	return fmt.Sprintf("was answered with …%s… and now with …%s…", cut(was), cut(is))
}

func text(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain values
	}
	return string(raw)
}

// shop is the merchant of a run with what works on it.
type shop struct {
	desk     *checkout.Desk
	w        *World
	clock    *Clock
	currency money.Currency
	zone     clock.Zone
	book     ledger.Book
}
