package office_test

import (
	"context"
	"net/http"
	"regexp"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/wallet"
)

var walletKey = regexp.MustCompile(`\bwallet\.[a-z_]+`)

// giftCard sells a card of 100 for 90 to a member.
func (s *shop) giftCard(number string) (c wallet.GiftCard) {
	s.t.Helper()
	if err := s.db.InTx(context.Background(), func(_ context.Context, tx *db.Tx) error {
		c = wallet.GiftCard{Merchant: s.m.ID, Number: number, Currency: s.m.Currency.Code, Face: 10000, Price: 9000, Shop: s.shop.ID, Buyer: s.members[0], ExpiresAt: tx.Now + 1}
		e := ledger.Entry{Shop: s.shop.ID, BusinessDate: "2026-05-20", Kind: "sale"}
		p, err := wallet.QueueIssueGiftCard(tx, &e, &c)
		if err != nil {
			return err
		}
		h := ledger.House(s.m.ID, s.shop.ID, c.Currency, "tender:cash")
		e.Add(&h, -c.Price, nil)
		if err := new(ledger.Book).Post(tx, s.m.ID, &e); err != nil {
			return err
		}
		p.Queue(tx)
		return nil
	}); err != nil {
		s.t.Fatal(err)
	}
	return c
}

func TestWalletPagesInEveryLanguage(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		c := s.giftCard("GIFT000001")
		b := s.signIn("owner")
		w := "/office/members/" + s.members[1].String() + "/wallet"
		b.post(w+"/freeze", "reason", "card lost", "key", "k1").want(t, http.StatusOK)
		for _, lang := range i18n.Tags() {
			b.lang = lang
			for _, path := range []string{w, "/office/members/" + s.members[0].String() + "/wallet", "/office/gift-cards", "/office/gift-cards?state=void", "/office/gift-cards?number=gift-000001", "/office/gift-cards?number=x", "/office/gift-cards/" + c.ID.String()} {
				got := b.get(path)
				if got.status != http.StatusOK {
					t.Errorf("%s %s: %d %s", lang, path, got.status, textOf(t, got.body))
					continue
				}
				checkPage(t, lang+" "+path, got.body, lang)
				if k := walletKey.FindString(textOf(t, got.body)); k != "" {
					t.Errorf("%s %s shows the key %s", lang, path, k)
				}
			}
		}
	})
}

func TestAWalletIsChangedByHand(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("manager")
		from, to := s.members[1], s.members[0]
		page := "/office/members/" + from.String() + "/wallet"
		balance := func() wallet.Wallet {
			w, err := wallet.Get(context.Background(), s.db, s.m.ID, from)
			if err != nil {
				t.Fatal(err)
			}
			return w
		}
		before := balance()
		b.get(page).want(t, http.StatusOK, "What is in it")
		b.post(page+"/points", "way", "give", "points", "50", "reason", "").want(t, http.StatusBadRequest, "wallet.reason_required", `id="points-reason-error"`, `value="50"`)
		v := fieldsOf(t, b.get(page).body, page+"/points")
		v.Set("way", "give")
		v.Set("points", "50")
		v.Set("reason", "complaint")
		b.postForm(page+"/points", v).want(t, http.StatusOK, "Adjustment", "complaint")
		b.postForm(page+"/points", v).want(t, http.StatusOK) // sent twice
		if got := balance().Points - before.Points; got != 50 {
			t.Fatalf("%d points", got)
		}
		b.post(page+"/points", "way", "take", "points", "1000000", "reason", "typing error").want(t, http.StatusConflict, "wallet.insufficient_points")
		b.post(page+"/bonus", "way", "give", "amount", "12.50", "reason", "complaint").want(t, http.StatusOK)
		b.post(page+"/bonus", "way", "take", "amount", "2.50", "reason", "typing error").want(t, http.StatusOK)
		if got := balance().Bonus - before.Bonus; got != 1000 {
			t.Fatal(got)
		}
		b.post(page+"/transfer", "to", "nobody at all", "amount", "1.00").want(t, http.StatusNotFound, "member.not_found", `id="transfer-to-error"`)
		b.post(page+"/transfer", "to", "13800000001", "amount", "10.00", "points", "5", "reason", "sister").want(t, http.StatusOK, "Given to")
		if w, err := wallet.Get(context.Background(), s.db, s.m.ID, to); err != nil || w.StoredValue() < 1000 {
			t.Fatal(w, err)
		}
		b.post(page+"/freeze", "reason", "card lost").want(t, http.StatusOK, "This wallet is frozen", "card lost")
		b.post(page+"/transfer", "to", "13800000001", "amount", "1.00").want(t, http.StatusConflict, "wallet.frozen")
		b.post(page+"/restore", "reason", "found").want(t, http.StatusOK)
		for action, n := range map[string]int{"wallet.points_adjusted": 1, "wallet.bonus_adjusted": 2, "wallet.transferred": 1, "wallet.frozen": 1, "wallet.restored": 1} {
			if got := s.audited(action); got != n {
				t.Errorf("%d records of %s", got, action)
			}
		}
		s.proven()
	})
}

func TestAGiftCardIsBlockedAndExtended(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		c := s.giftCard("GIFT000001")
		b := s.signIn("manager")
		page := "/office/gift-cards/" + c.ID.String()
		b.get("/office/gift-cards").want(t, http.StatusOK, "GIFT000001")
		b.post(page+"/block", "reason", "").want(t, http.StatusBadRequest, "wallet.reason_required")
		b.post(page+"/block", "reason", "lost").want(t, http.StatusOK, "Blocked", "lost")
		b.post(page+"/unblock").want(t, http.StatusOK)
		b.post(page+"/extend", "expires_at", "2001-01-01").want(t, http.StatusBadRequest, "wallet.gift_card_end_earlier")
		b.post(page+"/extend", "expires_at", "").want(t, http.StatusOK, "Active")
		for action, n := range map[string]int{"gift_card.blocked": 1, "gift_card.unblocked": 1, "gift_card.extended": 1} {
			if got := s.audited(action); got != n {
				t.Errorf("%d records of %s", got, action)
			}
		}
		s.proven()
	})
}
