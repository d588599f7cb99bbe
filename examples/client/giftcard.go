package main

import (
	"crypto/rand"
	"fmt"
	"math/big"
)

// card is a gift card as far as this program looks at it.
type card struct {
	ID        string `json:"id"`
	Number    string `json:"number"`
	Balance   string `json:"balance"`
	Available string `json:"available"`
}

// request is a refund that waits for a decision.
type request struct {
	ID       string `json:"id"`
	State    string `json:"state"`
	Total    string `json:"total"`
	RefundID string `json:"refund_id"`
}

// giftCard sells a gift card for cash, pays the basket with it, asks for that sale
// to be refunded and approves it, after which the card has its money back.
func (s *shop) giftCard(amount string, b basket) error {
	// A gift card is a line like any other, beside goods if there are some.
	first := basket{ShopID: b.ShopID, RegisterID: b.RegisterID, Lines: []line{{Kind: "gift_card", Amount: amount}}, Tenders: []tender{{Type: "cash", Amount: amount}}, ExpectedTotal: amount}
	var sold sale
	if err := s.call("POST", "/sales", rand.Text(), first, &sold); err != nil {
		return err
	}
	c, err := s.findCard(sold.Lines[0].GiftCard)
	if err != nil {
		return err
	}
	fmt.Printf("gift card %s: receipt %s, %s on it\n", c.Number, sold.Number, c.Balance)

	// It pays what it can. The quote answers what is left to pay in cash.
	var q quote
	if err := s.call("POST", "/quotes", "", b, &q); err != nil {
		return err
	}
	b.Tenders = []tender{{Type: "gift_card", Amount: lesser(c.Available, q.Total), Reference: c.Number}}
	if err := s.call("POST", "/quotes", "", b, &q); err != nil {
		return err
	}
	b.QuoteRef, b.ExpectedTotal, b.Tenders = q.QuoteRef, q.Total, q.Tenders
	if err := s.call("POST", "/sales", rand.Text(), b, &sold); err != nil {
		return err
	}
	for _, t := range b.Tenders {
		fmt.Printf("paid %s by %s\n", t.Amount, t.Type)
	}

	// A cashier's key may ask for a refund, a manager's decides. Both requests book,
	// so both have a key of their own.
	var r request
	if err := s.call("POST", "/sales/"+sold.ID+"/refund-requests", rand.Text(), map[string]string{"reason": "changed their mind"}, &r); err != nil {
		return err
	}
	fmt.Printf("refund of %s: %s\n", r.Total, r.State)
	if err := s.call("POST", "/refund-requests/"+r.ID+"/decision", rand.Text(), map[string]any{"approve": true, "note": "as good as new"}, &r); err != nil {
		return err
	}
	var back sale
	if err := s.call("GET", "/sales/"+r.RefundID, "", nil, &back); err != nil {
		return err
	}
	if c, err = s.findCard(c.Number); err != nil {
		return err
	}
	fmt.Printf("refund of %s: %s, receipt %s, %s on the card\n", back.Total, r.State, back.Number, c.Balance)
	return nil
}

// findCard finds a gift card by its number.
func (s *shop) findCard(number string) (card, error) {
	var found struct {
		Items []card `json:"items"`
	}
	if err := s.call("GET", "/gift-cards?number="+number, "", nil, &found); err != nil {
		return card{}, err
	}
	if len(found.Items) == 0 {
		return card{}, fmt.Errorf("there is no gift card %s", number)
	}
	return found.Items[0], nil
}

// lesser compares amounts without making binary fractions of them.
func lesser(a, b string) string {
	x, _ := new(big.Rat).SetString(a)
	y, _ := new(big.Rat).SetString(b)
	if x.Cmp(y) < 0 {
		return a
	}
	return b
}
