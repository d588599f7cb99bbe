package pos

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/admin/shell"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/till"
	"github.com/shopwright/shopwright/core/web"
)

// show draws the register with the basket of the address.
func (h *screens) show(w http.ResponseWriter, r *http.Request, d *desk) error {
	v := &view{desk: d}
	var err error
	if v.Basket, err = decode(r.URL.Query().Get("b")); err != nil {
		v.Err = err
	}
	return h.draw(w, r, v)
}

// act does one thing with the basket that came along and draws the register
// anew. What cannot be done changes nothing and is said.
func (h *screens) act(w http.ResponseWriter, r *http.Request, d *desk) error {
	if err := r.ParseForm(); err != nil {
		return web.ErrMalformed.Wrap(err)
	}
	b, err := decode(r.PostForm.Get("b"))
	if err != nil {
		return err
	}
	v := &view{desk: d, Basket: b}
	v.takeStaff(r)
	next := v.Basket.clone()
	do, arg, _ := strings.Cut(r.PostForm.Get("do"), ":")
	ctx := r.Context()
	a := &action{h: h, v: v, b: &next, r: r}
	if f, ok := actions[do]; ok {
		err = f(a, ctx, arg)
	} else {
		err = errLineGone
	}
	if err == nil && do != "sign" && do != "recall" && next.unround(&b) { // those bring a basket of their own
		v.warn(v.T("pos.unrounded"))
	}
	if a.show.IsNone() && err == nil && len(next.Lines) > 0 {
		// Its quote decides whether the change can be; the drawing shows the same one.
		v.Quote, err = h.quote(ctx, &d.Desk, &next)
		gives := do == "discount" || do == "round-by"
		if errors.Is(err, checkout.ErrDiscount) && gives {
			v.Sheet, v.Off.Err = sheetOff, err
		} else if errors.Is(err, checkout.ErrDiscount) && next.mend(err) { // more than what is left to lower
			v.warn(v.T("pos.discount_dropped"))
			if v.Quote, err = nil, nil; len(next.Lines) > 0 {
				v.Quote, err = h.quote(ctx, &d.Desk, &next)
			}
		}
	}
	switch {
	case errors.Is(err, checkout.ErrNeedsManager) && len(next.Lines) > 0:
		v.Quote = nil
		v.ask(&next, err)
	case err != nil && (fault.KindOf(err) == fault.Internal || fault.KindOf(err) == fault.Unavailable):
		return err
	case err != nil && v.Off.Err != nil:
		v.Quote = nil
	case err != nil:
		v.Err, v.Quote = err, nil
		if (do == "" || do == "code") && !a.hush {
			v.Query = r.PostForm.Get("code")
		}
	default:
		v.Basket = next
	}
	if !a.show.IsNone() {
		return h.goTo(w, r, d.path("sales", a.show.String()))
	}
	return h.draw(w, r, v)
}

// goTo leads to another screen, with a script or without.
func (h *screens) goTo(w http.ResponseWriter, r *http.Request, to string) error {
	if isScripted(r) {
		w.Header().Set("HX-Location", `{"path":"`+to+`","target":"#register","select":"#register","swap":"outerHTML"}`)
		return nil
	}
	return shell.Redirect(w, r, to, "", "")
}

// takeStaff takes over who serves each line, from the page's selections.
func (v *view) takeStaff(r *http.Request) {
	for i := range v.Basket.Lines {
		name := "staff." + strconv.Itoa(i)
		if !r.PostForm.Has(name) {
			continue
		}
		if s, err := id.Parse(r.PostForm.Get(name)); err == nil {
			v.Basket.Lines[i].Staff = s
		} else {
			v.Basket.Lines[i].Staff = id.None
		}
		v.Basket.Lines[i].Shares = nil
	}
}

// action is one step at the register; b is a copy that counts where it succeeds.
type action struct {
	h    *screens
	v    *view
	b    *basket
	r    *http.Request
	show id.ID // a document to go to
	hush bool  // what was typed is not shown again
}

var actions map[string]func(a *action, ctx context.Context, arg string) error

func init() { // the steps speak of each other through the sheets
	actions = map[string]func(a *action, ctx context.Context, arg string) error{
		"":     (*action).code,
		"code": (*action).code,
		"staff": func(*action, context.Context, string) error {
			return nil // taken over already
		},
		"close":      func(*action, context.Context, string) error { return nil },
		"plus":       func(a *action, _ context.Context, arg string) error { return a.b.change(number(arg), money.One) },
		"minus":      func(a *action, _ context.Context, arg string) error { return a.b.change(number(arg), -money.One) },
		"drop":       func(a *action, _ context.Context, arg string) error { return a.b.remove(number(arg)) },
		"add":        (*action).add,
		"member":     (*action).attach,
		"off":        (*action).openOff,
		"discount":   (*action).discount,
		"give-up":    (*action).discountOff,
		"round":      (*action).round,
		"round-by":   (*action).roundBy,
		"sign":       (*action).sign,
		"shares":     (*action).openShares,
		"share":      (*action).share,
		"giftcard":   (*action).giftCard,
		"plan":       (*action).plan,
		"gift":       (*action).gift,
		"fetch":      (*action).fetch,
		"check-in":   (*action).checkIn,
		"weigh":      (*action).weigh,
		"draw":       (*action).play,
		"sum-topup":  (*action).sumTopUp,
		"cashout":    (*action).openCashOut,
		"member-off": func(a *action, _ context.Context, _ string) error { a.b.dropMember(); a.b.mendCoupons(a.v); return nil },
		"coupon":     func(a *action, _ context.Context, arg string) error { return a.b.useCoupon(arg) },
		"coupon-off": func(a *action, _ context.Context, arg string) error { a.b.dropCoupon(arg); return nil },
		"clear":      (*action).clear,
		"why":        sheet(sheetWhy, ""),
		"members":    sheet(sheetMember, auth.PermMembers),
		"sell":       sheet(sheetSell, auth.PermTopUp),
		"recall":     (*action).recall,
		"pay":        (*action).openPay,
		"find":       (*action).find,
		"enrol":      (*action).enrol,
		"topup":      (*action).topUp,
		"punch":      (*action).punchCard,
		"park":       (*action).park,
		"order":      (*action).order,
	}
}

// sheet opens one for who may.
func sheet(name string, p auth.Permission) func(*action, context.Context, string) error {
	return func(a *action, ctx context.Context, _ string) error {
		if p != "" {
			if err := auth.Require(ctx, p); err != nil {
				return err
			}
		}
		a.v.Sheet = name
		return nil
	}
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

func (a *action) merchant() id.ID { return a.v.Desk.Merchant.ID }

func (a *action) code(ctx context.Context, _ string) error {
	typed := parseCode(a.r.PostForm.Get("code"))
	f, err := a.h.take(ctx, a.merchant(), a.b, typed)
	if errors.Is(err, errUnknownCode) && a.numberForSale(typed) {
		return nil
	}
	if errors.Is(err, errUnknownCode) && isPayCode(typed.Text) { // it is not said back: it is as good as money
		a.hush = true
		return errPayMoment
	}
	if err != nil {
		return err
	}
	a.show = f.Receipt
	if f.Gift != "" {
		return a.giftShown(ctx, f.Gift)
	}
	if len(f.SKUs)+len(f.Members) > 0 {
		a.v.Found, a.v.Sheet, a.v.Query = f, sheetChoice, a.r.PostForm.Get("code")
	}
	return nil
}

// add takes a hit that was picked, as often as was typed before it.
func (a *action) add(_ context.Context, arg string) error {
	sku, err := id.Parse(arg)
	if err != nil {
		return checkout.ErrUnknownSKU
	}
	return a.b.add(sku, parseCode(a.r.PostForm.Get("code")).units())
}

func (a *action) attach(ctx context.Context, arg string) error {
	m, err := id.Parse(arg)
	if err != nil {
		return checkout.ErrUnknownMember
	}
	mem, err := member.Get(ctx, a.h.db, nil, a.merchant(), m)
	if err != nil {
		return err
	}
	if mem.Status != member.Active {
		return checkout.ErrMemberBlocked
	}
	a.b.Member, a.b.Card = m, ""
	return nil
}

// mendCoupons drops the coupons of the member who left.
func (b *basket) mendCoupons(v *view) {
	b.Coupons = nil // without the member the quote cannot say which may stay
	if len(v.Basket.Coupons) > 0 {
		v.warn(v.T("pos.coupons_dropped"))
	}
}

func (a *action) clear(ctx context.Context, _ string) error {
	if err := a.takeBack(ctx); err != nil {
		return err
	}
	if a.v.Basket.speaks() { // the way back is an address
		a.v.Undo = a.v.Basket.encode()
	}
	*a.b = basket{}
	return nil
}

func (a *action) find(ctx context.Context, _ string) error {
	if err := auth.Require(ctx, auth.PermMembers); err != nil {
		return err
	}
	q := strings.TrimSpace(a.r.PostForm.Get("q"))
	a.v.Sheet, a.v.Query = sheetMember, ""
	if _, err := member.NormalisePhone(q); err == nil {
		a.v.Enrol.Phone = q
	} else {
		a.v.Enrol.Name = q
	}
	if q == "" {
		return nil
	}
	list, _, err := member.Find(ctx, a.h.db, a.h.o.Vault, a.merchant(), q, db.Page{Limit: maxChoice})
	if err != nil {
		return err
	}
	a.v.Found.Members = list
	if len(list) == 0 {
		return errNoMember.With("code", q)
	}
	return nil
}

// enrol makes a member, so that the benefits hold on this very receipt.
func (a *action) enrol(ctx context.Context, _ string) error {
	if err := auth.Require(ctx, auth.PermMembers); err != nil {
		return err
	}
	f := enrolForm{Name: a.r.PostForm.Get("name"), Phone: a.r.PostForm.Get("phone")}
	var made member.Member
	err := a.h.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
		made, err = member.Create(ctx, tx, a.h.o.Vault, member.In{Merchant: a.merchant(), Name: f.Name, Phone: f.Phone, Shop: a.v.Desk.Shop.ID})
		return err
	})
	if err == nil {
		a.b.Member, a.b.Card = made.ID, ""
		a.v.Notes = append(a.v.Notes, a.v.T("pos.enrolled", "name", made.DisplayName))
		return nil
	}
	if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
		return err
	}
	f.Err = err
	a.v.Sheet, a.v.Enrol = sheetMember, f
	if errors.Is(err, member.ErrPhoneTaken) { // there already: offer them
		if a.v.Found.Members, _, err = member.Find(ctx, a.h.db, a.h.o.Vault, a.merchant(), f.Phone, db.Page{Limit: maxChoice}); err != nil {
			return err
		}
	}
	return nil
}

// park sets the basket aside and begins a new one.
func (a *action) park(ctx context.Context, _ string) error {
	if len(a.b.Lines) == 0 {
		return errNothingToPark
	}
	q, err := a.h.quote(ctx, &a.v.Desk, a.b)
	if err != nil {
		return err
	}
	text, err := json.Marshal(a.b)
	if err != nil {
		return fault.ErrInternal.Wrap(err)
	}
	p := till.Parked{By: a.v.Actor.ID, Member: a.b.Member, Title: a.v.lineName(&q.Lines[0]), Place: a.b.Place, Lines: len(q.Lines), Basket: text}
	err = a.h.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		return till.Park(ctx, tx, a.merchant(), a.v.Desk.Shop.ID, a.v.Register.ID, p)
	})
	if err != nil {
		return err
	}
	*a.b = basket{}
	a.v.Notes = append(a.v.Notes, a.v.T("pos.parked"))
	return nil
}

// recall lists what is parked, or takes one up; what is in the basket meanwhile
// is parked in its place.
func (a *action) recall(ctx context.Context, no string) error {
	if no == "" {
		list, err := till.ListParked(ctx, a.h.db, a.merchant(), a.v.Desk.Shop.ID, a.h.db.Now())
		if err != nil {
			return err
		}
		if len(list) != 1 || len(a.b.Lines) > 0 {
			a.v.Sheet = sheetRecall
			return nil
		}
		no = list[0].ID.String()
	}
	which, err := id.Parse(no)
	if err != nil {
		return till.ErrParkedGone
	}
	if len(a.b.Lines) > 0 {
		if err := a.park(ctx, ""); err != nil {
			return err
		}
	} else if err := a.takeBack(ctx); err != nil { // what was taken out down to the last line
		return err
	}
	var b basket
	err = a.h.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		p, err := till.TakeParked(ctx, tx, a.merchant(), a.v.Desk.Shop.ID, which)
		if err != nil {
			return err
		}
		if b = (basket{}); json.Unmarshal(p.Basket, &b) != nil {
			return fault.ErrInternal
		}
		return nil
	})
	if err != nil {
		return err
	}
	*a.b = b
	return nil
}

func (a *action) openOff(context.Context, string) error {
	if len(a.b.Lines) == 0 {
		return checkout.ErrEmpty
	}
	a.v.Sheet = sheetOff
	return nil
}

func (a *action) openPay(context.Context, string) error {
	if len(a.b.Lines) == 0 {
		return checkout.ErrEmpty
	}
	a.v.Sheet = sheetPay
	a.v.Pay = newPay(a.h.db.Now())
	return nil
}

// sells reports whether something in the basket is of one of these kinds.
func (b *basket) sells(kinds ...string) bool {
	return slices.ContainsFunc(b.Lines, func(l line) bool { return slices.Contains(kinds, l.Kind) })
}
