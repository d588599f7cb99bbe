package report

import (
	"context"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
)

// couponsFor is how long after its sale a receipt lists the coupons that the
// member has: they are today's, and would be wrong on a copy of an old receipt.
const couponsFor = 24 * time.Hour

// Print is Document as it goes to paper: in the shop's languages, as often as its
// template says. Fault: sale.not_found.
func (r *Receipts) Print(ctx context.Context, m, saleID id.ID, copyNo int) (receipt.Document, error) {
	doc, err := r.Document(ctx, m, saleID, "", copyNo)
	if err != nil {
		return doc, err
	}
	s, err := sale.Get(ctx, r.DB, m, saleID)
	if err != nil {
		return doc, err
	}
	tpl, err := receipt.GetTemplate(ctx, r.DB, m, s.Shop)
	if err != nil {
		return doc, err
	}
	return doc.Times(tpl.Copies, copyMark(doc.Lang)), nil
}

func copyMark(lang string) func(no, of int) string {
	l := i18n.Match(lang)
	return func(no, of int) string { return l.T("receipt.copy_of", "no", no, "of", of) }
}

// Preview is what a template that is not stored yet makes of a sale that was never
// made. logo is the picture that would be stored with it; nil: the one that the
// template names. Fault: receipt.logo_not_found.
func (r *Receipts) Preview(ctx context.Context, m id.ID, c i18n.Locale, v receipt.SaleView, tpl receipt.Template, logo *receipt.Logo) (receipt.Document, error) {
	langs := tpl.Langs(c.Tag())
	if logo != nil {
		b, err := logo.Bitmap(tpl.LogoDots())
		if err != nil {
			return receipt.Document{}, err
		}
		v.Logo = b
	} else if tpl.Logo != "" {
		b, err := r.logos.get(ctx, r.DB, m, tpl)
		if err != nil {
			return receipt.Document{}, err
		}
		v.Logo = b
	}
	t := receipt.Texts(langs, " ")
	return receipt.Build(tpl.Apply(v, langs), t).Times(tpl.Copies, copyMark(langs[0])), nil
}

// languages are those of a receipt: the one asked for alone, else the template's,
// of which the first may be the shop's or the merchant's.
func languages(tpl receipt.Template, asked string, defaults ...string) []string {
	if asked != "" {
		return []string{asked}
	}
	first := tpl.Lang
	for _, d := range defaults {
		if first == "" {
			first = d
		}
	}
	return tpl.Langs(i18n.Match(first).Tag())
}

// fill reads what only some templates show.
func (r *Receipts) fill(ctx context.Context, w *receiptWriter, tpl receipt.Template, v *receipt.SaleView) error {
	m, s := w.s.Merchant, w.s
	if tpl.Logo != "" {
		b, err := r.logos.get(ctx, r.DB, m, tpl)
		if err != nil && fault.KindOf(err) != fault.NotFound { // a receipt does not fail for its picture
			return err
		}
		v.Logo = b
	}
	if s.Member.IsNone() {
		return nil
	}
	if tpl.Shows(receipt.FieldCard) {
		cards, err := member.ListCards(ctx, r.DB, m, s.Member)
		if err != nil {
			return err
		}
		for i := range cards {
			if cards[i].Usable(s.CompletedAt) == nil {
				v.Member.Card = lastDigits(cards[i].Number)
				break
			}
		}
	}
	if tpl.Shows(receipt.FieldPointsBefore) && v.Points != nil {
		if err := r.before(ctx, w, v.Points); err != nil {
			return err
		}
	}
	if tpl.Shows(receipt.FieldCoupons) && r.DB.Now() < s.CompletedAt.Add(couponsFor) {
		return r.coupons(ctx, w, v)
	}
	return nil
}

// before is the points that the member had when the sale began.
func (r *Receipts) before(ctx context.Context, w *receiptWriter, p *receipt.PointsView) error {
	var had []ledger.BalanceAt
	if err := r.DB.Batch(ctx, ledger.AskBalancesAt(w.s.Merchant, ledger.OwnerMember, w.s.Member, w.s.CompletedAt-1, &had)); err != nil {
		return err
	}
	var sum int64
	for _, b := range had {
		if b.Class == ledger.ClassPoints {
			sum = int64(b.Balance)
		}
	}
	p.Before = &sum
	return nil
}

func (r *Receipts) coupons(ctx context.Context, w *receiptWriter, v *receipt.SaleView) error {
	var list []coupon.Coupon
	now := r.DB.Now()
	if err := r.DB.Batch(ctx, coupon.AskOfMember(w.s.Merchant, w.s.Member, now, &list)); err != nil {
		return err
	}
	for i := range list {
		c := &list[i]
		x := receipt.CouponView{Name: c.Definition.Name, Code: c.Code}
		switch {
		case c.UntilDate != "":
			x.Day = w.l.Date(c.UntilDate)
		case c.ValidUntil != 0:
			x.Day = w.l.Date(w.zone.BusinessDate(c.ValidUntil - 1))
		}
		v.Coupons = append(v.Coupons, x)
	}
	return nil
}

// adjustment is an adjustment in all languages of the receipt.
func (w *receiptWriter) adjustment(a sale.Adjustment) string {
	text := AdjustmentText(w.packs, w.l, w.s.Currency, a)
	if len(w.langs) > 1 {
		if second := AdjustmentText(w.packs, i18n.Match(w.langs[1]), w.s.Currency, a); second != text {
			text += " " + second
		}
	}
	return text
}

// logoCache keeps the black and white form of logos: to make one takes longer than
// the rest of a receipt. What it keeps never changes, because it is found by its
// content.
type logoCache struct {
	mu   sync.Mutex
	made map[logoKey]*receipt.Bitmap
}

type logoKey struct {
	merchant id.ID
	hash     string
	dots     int
}

const logosKept = 64

func (c *logoCache) get(ctx context.Context, d *db.DB, m id.ID, tpl receipt.Template) (*receipt.Bitmap, error) {
	k := logoKey{m, tpl.Logo, tpl.LogoDots()}
	c.mu.Lock()
	b := c.made[k]
	c.mu.Unlock()
	if b != nil {
		return b, nil
	}
	l, err := receipt.GetLogo(ctx, d, m, tpl.Logo)
	if err != nil {
		return nil, err
	}
	if b, err = l.Bitmap(k.dots); err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made == nil || len(c.made) >= logosKept {
		c.made = map[logoKey]*receipt.Bitmap{}
	}
	c.made[k] = b
	return b, nil
}

// SampleShop is where the sale of a preview happens.
type SampleShop struct {
	Desk     tenant.Desk
	Settings setting.Values
	Now      clock.Instant
}

// SampleSale is the sale that Preview shows: what was sold is invented, where it
// was sold is the shop.
func SampleSale(l i18n.Locale, tpl receipt.Template, at SampleShop) receipt.SaleView {
	v := receipt.Sample(l, at.Desk.Merchant.Currency, at.Desk.Shop.Zone, at.Now, receipt.Texts(tpl.Langs(l.Tag()), " "))
	v.Merchant, v.Shop, v.Address = at.Desk.Merchant.Name, at.Desk.Shop.Name, at.Desk.Shop.Address
	v.Header, v.Footer = textLines(setting.ReceiptHeader.In(at.Settings)), textLines(setting.ReceiptFooter.In(at.Settings))
	return v
}
