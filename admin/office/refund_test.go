package office_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

// workedOut sends a refund's form to be worked out and answers the form that
// confirms what is shown.
func (s *shop) workedOut(b *browser, page string, v url.Values) url.Values {
	s.t.Helper()
	v.Del("do")
	got := b.postForm(page+"/refund", v).want(s.t, http.StatusOK, "What it comes to")
	checkPage(s.t, "a refund that is worked out", got.body, b.lang)
	next := fieldsOf(s.t, got.body, page+"/refund")
	for _, name := range []string{"case", "first", "second"} { // fieldsOf takes every choice, and never an empty one
		next.Set(name, v.Get(name))
	}
	next.Set("do", "book")
	if next.Get("seen") == "" || next.Get("total") == "" {
		s.t.Fatal("there is nothing to confirm")
	}
	return next
}

// reasonKey is a reason or a key that is shown instead of its text.
var reasonKey = regexp.MustCompile(`\b(wallet|sale|checkout|loyalty|tender|office)\.[a-z_]+`)

func shown(t *testing.T, name string, got answer, lang string, status int) {
	t.Helper()
	if got.status != status {
		t.Errorf("%s %s: %d %s", lang, name, got.status, textOf(t, got.body))
		return
	}
	checkPage(t, lang+" "+name, got.body, lang)
	if k := reasonKey.FindString(textOf(t, got.body)); k != "" {
		t.Errorf("%s %s shows the key %s", lang, name, k)
	}
}

// byOwner is a context in which the owner acts.
func (s *shop) byOwner() (context.Context, id.ID) {
	s.t.Helper()
	list, err := auth.ListStaff(context.Background(), s.db, s.m.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, x := range list {
		if x.Role == auth.Owner {
			return auth.WithActor(context.Background(), auth.Actor{Kind: auth.KindStaff, ID: x.ID, Merchant: s.m.ID, Role: x.Role, Name: x.Name}), x.ID
		}
	}
	s.t.Fatal("there is no owner")
	return nil, id.None
}

// soldByHand is two sales with what a person decides: a discount and
// a bill made round, and a gift card below its face.
func (s *shop) soldByHand() (by, card *sale.Sale) {
	s.t.Helper()
	ctx, owner := s.byOwner()
	pay := func(b checkout.Basket) *sale.Sale {
		b.Merchant, b.Shop, b.Register, b.Member = s.m.ID, s.shop.ID, s.register.ID, s.members[0]
		q, err := s.desk.Quote(ctx, b)
		if err != nil {
			s.t.Fatal(err)
		}
		in := checkout.SaleIn{Basket: b, Origin: sale.OriginTill, Actor: owner}
		if q.Total > 0 {
			in.Tenders = []checkout.TenderIn{{Type: sale.TenderCash, Amount: q.Total}}
		}
		v, err := s.desk.Complete(ctx, in)
		if err != nil {
			s.t.Fatal(err)
		}
		return v
	}
	by = pay(checkout.Basket{Lines: []checkout.LineIn{{SKU: s.skus["oil"].ID, Quantity: money.One, Staff: s.stylist}, {SKU: s.skus["cut"].ID, Quantity: money.One, Staff: s.stylist}},
		Discounts: []checkout.Discount{{Line: 1, Rate: 100_000, Reason: "scratched " + hostile}}, Drop: 10})
	card = pay(checkout.Basket{Lines: []checkout.LineIn{{Kind: sale.LineGiftCard, Amount: 90_00, Face: 100_00}}})
	return by, card
}

func TestRefundPagesInEveryLanguage(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		by, card := s.soldByHand()
		b := s.signIn("owner")
		topUp := "/office/sales/" + s.sales[3].ID.String()
		asked := s.ask(s.sales[6], "not what was meant")
		out := s.signIn("owner").cashOut(s.members[0].String(), "policy", "moves away")
		for _, lang := range i18n.Tags() {
			b.lang = lang
			for _, path := range []string{topUp + "/refund", "/office/sales/" + by.ID.String() + "/refund", "/office/sales/" + by.ID.String(), "/office/sales/" + by.ID.String() + "/why", "/office/sales/" + card.ID.String(),
				"/office/sales/" + s.sales[6].ID.String() + "/refund", "/office/refund-requests", "/office/refund-requests/" + asked, "/office/sales?kind=cash_out", out, out + "/why",
				"/office/members/" + s.members[0].String() + "/cash-out", "/office/members/" + s.members[1].String() + "/cash-out", "/office"} {
				shown(t, path, b.get(path), lang, http.StatusOK)
			}
		}
		b.lang = "en"
		b.get("/office/sales/"+by.ID.String()).want(t, http.StatusOK, "What was taken off", "scratched &lt;script&gt;", "The owner", "Rounded down", "Who worked on it", "Performer")
		b.get("/office/sales/"+by.ID.String()+"/why").want(t, http.StatusOK, "By hand: The owner", "Discount 10", "scratched &lt;script&gt;", "Rounded down")
		b.get("/office/sales/"+card.ID.String()).want(t, http.StatusOK, "Face ¥100.00, sold for ¥90.00", "Gift card •••• "+card.Lines[0].CardNumber[len(card.Lines[0].CardNumber)-4:])
		b.get("/office").want(t, http.StatusOK, "1 refund request to decide")
		b.get(out).want(t, http.StatusOK, "Cash-out", "Rest of a top-up", "moves away")
		b.get("/office/sales?kind=cash_out").want(t, http.StatusOK, "Cash-out", out)
		s.proven()
	})
}

// cashOut pays a member out over the page and answers the document's address.
func (b *browser) cashOut(member, kind, reason string) string {
	b.s.t.Helper()
	page := "/office/members/" + member + "/cash-out"
	got := b.get(page+"?register="+b.s.register.ID.String()+"&tender=cash&case="+kind).want(b.s.t, http.StatusOK, "Pay it out")
	var form url.Values
	for _, f := range formsOf(b.s.t, got.body, page) {
		if f.Has("expected") {
			form = f
		}
	}
	if form == nil {
		b.s.t.Fatal("no form confirms the cash-out")
	}
	form.Set("reason", reason)
	first := b.postForm(page, form).want(b.s.t, http.StatusOK, "was paid out")
	if again := b.postForm(page, form); again.path != first.path {
		b.s.t.Errorf("the same form paid out twice: %s and %s", first.path, again.path)
	}
	return first.path
}

// formsOf answers every form of an address: fieldsOf knows the last one.
func formsOf(t *testing.T, body, action string) (out []url.Values) {
	t.Helper()
	for _, part := range strings.Split(body, "<form")[1:] {
		part = "<form" + part[:strings.Index(part, "</form>")+len("</form>")]
		if strings.Contains(part, `action="`+action+`"`) {
			out = append(out, fieldsOf(t, part, action))
		}
	}
	return out
}

func TestACashOutShowsEveryCaseAndPaysWhatItShows(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("manager")
		page := "/office/members/" + s.members[0].String() + "/cash-out"
		b.get(page).want(t, http.StatusOK, "Everything that is prepaid", "By the house rule", "By agreement", "Something of it was used already")
		// what was shown is not what it is any more
		got := b.get(page + "?register=" + s.register.ID.String() + "&tender=cash&case=consumer")
		forms := formsOf(t, got.body, page)
		form := forms[len(forms)-1]
		form.Set("reason", "moves away")
		form.Set("expected", "1.00")
		b.postForm(page, form).want(t, http.StatusConflict, "checkout.total_changed", "Pay it out")
		form.Set("reason", "")
		b.postForm(page, form).want(t, http.StatusBadRequest, "checkout.reason_required", `id="reason-error"`)
		b.get(page+"?case=agreement&share=500").want(t, http.StatusOK, "An agreed share lies between")
		b.get(page+"?case=agreement&amount=x").want(t, http.StatusBadRequest, "money.malformed")
		out := b.cashOut(s.members[0].String(), "consumer", "moves away")
		if w, err := wallet.Get(context.Background(), s.db, s.m.ID, s.members[0]); err != nil || w.StoredValue() != 0 {
			t.Fatal(w, err)
		}
		b.get(page).want(t, http.StatusOK, "Nothing prepaid is left")
		b.get(out).want(t, http.StatusOK, "Cash-out", "Rest of a top-up", "withheld")
		if s.audited("wallet.cashed_out") < 1 {
			t.Error("the cash-out is not in the audit log")
		}
		s.signIn("cashier").get(page).want(t, http.StatusForbidden)
		s.signIn("finance").get(page).want(t, http.StatusForbidden)
		s.proven()
	})
}

// TestAPartlyUsedTopUpAsksForItsCase: every case with what it gives, before one is
// chosen; what is confirmed is what was shown.
func TestAPartlyUsedTopUpAsksForItsCase(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("manager")
		of := s.sales[3]
		page := "/office/sales/" + of.ID.String()
		v := fieldsOf(t, b.get(page+"/refund").want(t, http.StatusOK, "Partly used", "By the house rule", "The consumer&#39;s own reason", "Something of it was used already").body, page+"/refund")
		v.Set("line:"+of.Lines[0].ID.String(), "1")
		v.Set("reason", "moves away")
		v.Set("case", "")
		b.postForm(page+"/refund", v).want(t, http.StatusConflict, "checkout.prepaid_used")
		v.Set("case", "consumer")
		v.Set("used_at_list", "120")
		w, err := wallet.Get(context.Background(), s.db, s.m.ID, s.members[0])
		if err != nil {
			t.Fatal(err)
		}
		next := s.workedOut(b, page, v)
		if next.Get("total") != "380.00" {
			t.Fatalf("%s for 500.00 of which 120.00 were used at list prices, of %+v", next.Get("total"), w)
		}
		changed := url.Values{}
		for k, x := range next {
			changed[k] = x
		}
		changed.Set("used_at_list", "150") // changed after it was worked out: shown again, not booked
		b.postForm(page+"/refund", changed).want(t, http.StatusOK, "What it comes to", "¥350.00")
		b.postForm(page+"/refund", next).want(t, http.StatusOK, "Refunded with", "¥380.00", "withheld")
		s.proven()
	})
}

func TestARefundGoesToTheTendersThatAreChosen(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("manager")
		of := s.sales[4] // stored value and cash
		page := "/office/sales/" + of.ID.String()
		form := func() url.Values {
			v := fieldsOf(t, b.get(page+"/refund").body, page+"/refund")
			v.Set("line:"+of.Lines[2].ID.String(), "1")
			v.Set("reason", "leaks")
			return v
		}
		v := form()
		v.Set("plan", "order")
		v.Set("second", "")
		v.Set("first", "points")
		b.postForm(page+"/refund", v).want(t, http.StatusBadRequest, "checkout.bad_refund_plan", `id="plan-error"`)
		v.Set("first", "")
		b.postForm(page+"/refund", v).want(t, http.StatusBadRequest, "checkout.bad_refund_plan", `id="first-error"`)
		v.Set("first", "cash")
		v = s.workedOut(b, page, v)
		got := b.postForm(page+"/refund", v).want(t, http.StatusOK, "Refunded with")
		if body := textOf(t, got.body); !strings.Contains(body, "Cash¥116.10") || strings.Contains(body, "Stored value¥") {
			t.Error("the refund did not go to cash alone", body)
		}
		v = fieldsOf(t, b.get(page+"/refund").body, page+"/refund")
		v.Set("line:"+of.Lines[1].ID.String(), "1")
		v.Set("reason", "colour reaction")
		v.Set("plan", "amounts")
		b.postForm(page+"/refund", v).want(t, http.StatusBadRequest, "checkout.bad_refund_plan", `id="plan-error"`)
		v.Set("tender:cash", "1.00") // does not add up
		b.postForm(page+"/refund", v).want(t, http.StatusBadRequest, "checkout.bad_refund_plan", `id="plan-error"`)
		v.Set("tender:cash", "202.06")
		v.Set("tender:stored_value", "77.30")
		v = s.workedOut(b, page, v)
		got = b.postForm(page+"/refund", v).want(t, http.StatusOK, "Refunded with")
		if body := textOf(t, got.body); !strings.Contains(body, "Cash¥202.06") || !strings.Contains(body, "Stored value¥77.30") {
			t.Error("the refund did not go where it was said", body)
		}
		s.proven()
	})
}

// ask asks for a refund of a whole sale as the cashier, over the pages.
func (s *shop) ask(of *sale.Sale, reason string) (request string) {
	s.t.Helper()
	b := s.signIn("cashier")
	page := "/office/sales/" + of.ID.String()
	b.get(page).want(s.t, http.StatusOK, "Ask for a refund")
	v := fieldsOf(s.t, b.get(page+"/refund").want(s.t, http.StatusOK, "Ask for a refund").body, page+"/refund")
	v.Set("all", "true")
	v.Set("reason", reason)
	v = s.workedOut(b, page, v)
	b.postForm(page+"/refund", v).want(s.t, http.StatusForbidden) // a cashier does not book it
	v.Set("do", "ask")
	got := b.postForm(page+"/refund", v).want(s.t, http.StatusOK, "waits for a decision", reason)
	return got.path[strings.LastIndex(got.path, "/")+1:]
}

func TestWhoMayOnlyAskAsksAndSomebodyElseDecides(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		s.clock.Advance(time.Hour)
		of := s.sell(s.members[2], []checkout.LineIn{{Kind: sale.LineTopUp, Amount: 200_00}}, nil)
		request := "/office/refund-requests/" + s.ask(of, "changed their mind")
		cashier, manager := s.signIn("cashier"), s.signIn("manager")
		cashier.get(request).want(t, http.StatusOK, "Somebody who may refund decides")
		cashier.post(request, "do", "approve").want(t, http.StatusForbidden)
		cashier.get("/office/refund-requests").want(t, http.StatusOK, "changed their mind")
		s.signIn("finance").get("/office/refund-requests").want(t, http.StatusForbidden)
		manager.get("/office").want(t, http.StatusOK, "1 refund request to decide")
		manager.get("/office/refund-requests").want(t, http.StatusOK, "changed their mind", "Waiting")
		manager.get(request).want(t, http.StatusOK, "What is held", "Stored value, paid", "¥200.00")
		manager.get("/office/sales/"+of.ID.String()).want(t, http.StatusOK, "A refund request waits")
		page := "/office/sales/" + of.ID.String()
		v := fieldsOf(t, manager.get(page+"/refund").body, page+"/refund")
		v.Set("all", "true")
		v.Set("reason", "past it")
		manager.postForm(page+"/refund", v).want(t, http.StatusConflict, "sale.refund_request_pending")

		v = fieldsOf(t, manager.get(request).body, request)
		v.Set("do", "refuse")
		v.Set("note", "used it yesterday")
		manager.postForm(request, v).want(t, http.StatusOK, "is refused", "used it yesterday", "Refused")
		manager.post(request, "do", "approve").want(t, http.StatusConflict, "sale.refund_request_decided")
		if w, err := wallet.Get(context.Background(), s.db, s.m.ID, s.members[2]); err != nil || w.Held != 0 {
			t.Fatal(w, err)
		}
		request = "/office/refund-requests/" + s.ask(of, "asks again")
		v = fieldsOf(t, manager.get(request).body, request)
		v.Set("do", "approve")
		v.Set("note", "all right")
		manager.postForm(request, v).want(t, http.StatusOK, "Refunded with", "all right")
		manager.postForm(request, v).want(t, http.StatusOK, "Refunded with") // sent twice
		if w, err := wallet.Get(context.Background(), s.db, s.m.ID, s.members[2]); err != nil || w.Held != 0 || w.StoredValue() != 0 {
			t.Fatal(w, err)
		}
		if s.audited("sale.refund_requested") != 2 || s.audited("sale.refund_refused") != 1 || s.audited("sale.refund_approved") < 1 {
			t.Error("not all of it is in the audit log")
		}
		for _, lang := range i18n.Tags() {
			manager.lang = lang
			shown(t, request, manager.get(request), lang, http.StatusOK)
			shown(t, "the list", manager.get("/office/refund-requests"), lang, http.StatusOK)
		}
		s.proven()
	})
}

// TestPointsThatWereSpentAreDecidedAbout: how many are missing is shown before
// anything is booked, with the choice between a debt and no refund.
func TestPointsThatWereSpentAreDecidedAbout(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("manager")
		page := "/office/sales/" + s.sales[4].ID.String()
		purse := func() wallet.Wallet {
			w, err := wallet.Get(context.Background(), s.db, s.m.ID, s.members[0])
			if err != nil {
				t.Fatal(err)
			}
			return w
		}
		b.post("/office/members/"+s.members[0].String()+"/wallet/points", "way", "take", "points", strconv.FormatInt(purse().Points, 10), "reason", "spent").want(t, http.StatusOK)
		v := fieldsOf(t, b.get(page+"/refund").body, page+"/refund")
		v.Set("line:"+s.sales[4].Lines[1].ID.String(), "1")
		v.Set("reason", "colour reaction")
		got := b.postForm(page+"/refund", v).want(t, http.StatusOK, "224 points are missing", "Become a debt", "No refund")
		if !strings.Contains(got.body, `name="on_short"`) {
			t.Fatal("there is nothing to decide")
		}
		v = s.workedOut(b, page, v)
		v.Set("on_short", "refuse")
		b.postForm(page+"/refund", v).want(t, http.StatusConflict, "checkout.points_spent", "224", "What it comes to")
		v.Set("on_short", "negative")
		b.postForm(page+"/refund", v).want(t, http.StatusOK, "Refunded with")
		if n := purse().Points; n != -224 {
			t.Errorf("%d points", n)
		}
		s.proven()
	})
}
