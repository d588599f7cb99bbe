package pos

import (
	"context"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
)

var errNothingToDrop = fault.New(fault.Invalid, "pos.nothing_to_drop") // the total is round already

// offForm is the sheet of discounts by hand.
type offForm struct {
	Line, Value, Preset, Reason string
	Lines                       []ui.Option // what can be lowered
	Given                       []givenView
	Drops                       []quickCash
	Err                         error
}

type givenView struct {
	Line         int
	Text, Reason string
}

// reasons are what is usually said; the text is kept with the sale.
var reasons = []string{"regular", "damaged", "price_match", "complaint", "display", "other"}

// rates are the usual ones.
var rates = []money.Rate{50_000, 100_000, 120_000, 150_000, 200_000, 500_000}

// fillOff offers what can be taken off.
func (v *view) fillOff() {
	f := &v.Off
	f.Lines = []ui.Option{{Value: "0", Text: v.T("pos.off_bill")}}
	for i := range v.Quote.Lines {
		if l := &v.Quote.Lines[i]; l.Kind == sale.LineGoods || l.Kind == sale.LineService {
			f.Lines = append(f.Lines, ui.Option{Value: itoa(i + 1), Text: v.lineName(l) + " · " + v.Money(l.Net)})
		}
	}
	for _, g := range v.Basket.given() {
		x := givenView{Line: g.Line, Reason: g.Reason, Text: v.T("pos.off_bill")}
		if g.Line > 0 && g.Line <= len(v.Quote.Lines) {
			x.Text = v.lineName(&v.Quote.Lines[g.Line-1])
		}
		if g.Rate > 0 {
			x.Text += " · −" + v.Percent(g.Rate)
		} else {
			x.Text += " · " + v.MoneySigned(-g.Amount)
		}
		f.Given = append(f.Given, x)
	}
	for _, a := range v.drops() {
		f.Drops = append(f.Drops, quickCash{v.Money(a), v.Currency.Format(a)})
	}
}

// drops are the amounts that make the total round to whole units and to tenths,
// the largest first.
func (v *view) drops() (out []money.Amount) {
	total := v.Quote.Total + v.Basket.Drop
	for step := unitOf(v.Currency); step >= 10; step /= 10 {
		if a := total % step; a > 0 && (len(out) == 0 || out[len(out)-1] != a) {
			out = append(out, a)
		}
		if len(out) == 2 {
			break
		}
	}
	return out
}

func unitOf(c money.Currency) money.Amount {
	unit := money.Amount(1)
	for range c.Digits {
		unit *= 10
	}
	return unit
}

// discount gives one by hand: arg is a rate that was tapped, else it was typed.
func (a *action) discount(_ context.Context, arg string) error {
	form, f := a.r.PostForm, &a.v.Off
	f.Line, f.Value, f.Preset, f.Reason = form.Get("line"), arg, form.Get("preset"), strings.TrimSpace(form.Get("reason"))
	if arg == "" {
		f.Value = strings.TrimSpace(form.Get("value"))
	}
	o, err := a.readOff(f)
	if err == nil {
		err = a.b.give(number(f.Line), o)
	}
	if err != nil {
		a.v.Sheet, f.Err = sheetOff, err
	}
	return nil
}

func (a *action) readOff(f *offForm) (*off, error) {
	o := &off{Reason: f.Reason}
	if o.Reason == "" && f.Preset != "" && f.Preset != "other" {
		for _, r := range reasons {
			if r == f.Preset {
				o.Reason = a.v.T("pos.off_reason_" + r)
			}
		}
	}
	var err error
	if s, ok := strings.CutSuffix(strings.ReplaceAll(f.Value, "％", "%"), "%"); ok {
		o.Rate, err = percent(s)
	} else {
		o.Amount, err = ui.ParseMoney(a.v.Currency, f.Value)
	}
	switch {
	case err != nil:
		return nil, fault.Of(err).On("value")
	case o.Rate < 0 || o.Rate > money.Whole || o.Amount < 0 || o.Rate == 0 && o.Amount == 0:
		return nil, checkout.ErrDiscount.On("value")
	case o.Reason == "":
		return nil, checkout.ErrReason.On("reason")
	}
	o.Reason = clip(o.Reason, 200)
	return o, nil
}

// percent reads "12.5" as a rate.
func percent(s string) (money.Rate, error) {
	q, err := money.ParseQuantity(strings.TrimSpace(s)) // three decimals
	if err != nil {
		return 0, checkout.ErrDiscount
	}
	return money.Rate(q) * (money.Whole / 100) / money.Rate(money.One), nil
}

func (a *action) discountOff(_ context.Context, arg string) error {
	a.v.Sheet = sheetOff
	if err := a.b.give(number(arg), nil); err != nil {
		return err
	}
	if len(a.b.given()) == 0 {
		a.v.Sheet = sheetNone
	}
	return nil
}

// round takes the odd part off the bill, the largest that the shop's limit lets
// this person, or puts it back. arg "pay" stays in the payment sheet.
func (a *action) round(ctx context.Context, arg string) error {
	if len(a.b.Lines) == 0 {
		return checkout.ErrEmpty
	}
	if arg == "pay" {
		if err := a.openPay(ctx, ""); err != nil {
			return err
		}
	}
	if a.b.Drop != 0 {
		a.b.Drop = 0
		return nil
	}
	q, err := a.h.quote(ctx, &a.v.Desk, a.b)
	if err != nil {
		return err
	}
	var settings setting.Values
	if err := a.h.db.Batch(ctx, setting.AskAll(a.merchant(), a.v.Desk.Shop.ID, a.v.Desk.Register.ID, &settings)); err != nil {
		return err
	}
	most := money.Amount(setting.DropLimit.In(settings))
	v := &view{desk: a.v.desk, Basket: *a.b, Quote: q}
	list := v.drops()
	if len(list) == 0 {
		return errNothingToDrop
	}
	for _, d := range list {
		if d <= most || a.v.May(string(auth.PermAdjust)) {
			a.b.Drop = d
			return nil
		}
	}
	a.b.Drop = list[len(list)-1] // above the limit: it is asked for
	return nil
}

// roundBy takes a stated amount off.
func (a *action) roundBy(_ context.Context, arg string) error {
	f := &a.v.Off
	if arg == "" {
		arg = strings.TrimSpace(a.r.PostForm.Get("amount"))
	}
	d, err := ui.ParseMoney(a.v.Currency, arg)
	if err == nil && d <= 0 {
		err = checkout.ErrDiscount
	}
	if err != nil {
		a.v.Sheet, f.Err = sheetOff, fault.Of(err).On("drop")
		return nil
	}
	a.b.Drop = d
	return nil
}

// limitText says why somebody else must agree, in the figures of the screen.
func (v *view) limitText(err error) string {
	f := fault.Of(err)
	limit, _ := f.Args["limit"].(string)
	if strings.HasPrefix(f.Param, "discounts") {
		if r, e := money.ParseRate(limit); e == nil {
			limit = v.Percent(r)
		}
	} else if x, e := v.Currency.Parse(limit); e == nil {
		limit = v.Money(x)
	}
	return v.T(checkout.ErrNeedsManager.Reason, "limit", limit)
}

func rateText(r money.Rate) string {
	return strconv.FormatInt(int64(r)*100/int64(money.Whole), 10) + "%"
}

func (v *view) reasonOptions() (out []ui.Option) {
	for _, r := range reasons {
		out = append(out, ui.Option{Value: r, Text: v.T("pos.off_reason_" + r)})
	}
	return out
}
