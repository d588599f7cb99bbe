package checkout

import (
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/wallet"
)

// law notes which rules for prepaid value the merchant is held to, and how strictly.
func (q *Quote) law(l *loaded) {
	q.Law, q.LawLevel = setting.PrepaidLawProfile.In(l.settings), wallet.LawLevel(setting.PrepaidLawLevel.In(l.settings))
	q.BuyerKnown = l.profile.Documented
	q.GiftMonths, q.BonusDays = int(setting.GiftCardMonths.In(l.settings)), int(setting.BonusDays.In(l.settings))
}

// lawful looks at what prepaid value the basket sells: findings that are let pass
// become the quote's warnings, others stop it. Faults: wallet.law.*.
func (q *Quote) lawful(cash money.Amount) error {
	b := wallet.Purchase{Currency: q.Currency.Code, BuyerKnown: q.BuyerKnown, Cash: cash, BalanceAfter: q.Wallet.Principal, GiftYears: q.GiftMonths / 12}
	for i := range q.Lines {
		switch l := &q.Lines[i]; l.Kind {
		case sale.LineTopUp:
			b.TopUps += l.Net
			b.Price += l.Net
		case sale.LineGiftCard:
			b.GiftCards = append(b.GiftCards, l.Face)
			b.Price += l.Net
		}
	}
	if b.TopUps == 0 && len(b.GiftCards) == 0 {
		return nil
	}
	b.BalanceAfter += b.TopUps
	found, err := wallet.Enforce(q.LawLevel, wallet.Law(q.Law), b)
	if err != nil {
		return err
	}
	if cash == 0 {
		for _, f := range found {
			q.Warnings = append(q.Warnings, Warning{f.Reason, f.Args})
		}
	}
	return nil
}

// giftCardEnds is until when a gift card that is sold now may be used.
func (q *Quote) giftCardEnds(now clock.Instant) clock.Instant {
	if q.GiftMonths == 0 {
		return 0
	}
	return clock.Of(now.Time().AddDate(0, q.GiftMonths, 0))
}

// bonusEnds is until when the given part of a top-up may be spent.
func (q *Quote) bonusEnds(now clock.Instant) clock.Instant {
	if q.BonusDays == 0 {
		return 0
	}
	return now.Add(time.Duration(q.BonusDays) * 24 * time.Hour)
}
