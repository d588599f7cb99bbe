package main

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/sdk/client"
)

// TestTheGoClientFitsTheAPI compares every document of sdk/client with the OpenAPI
// document that the program serves, field by field, and makes the main calls.
func TestTheGoClientFitsTheAPI(t *testing.T) {
	s := newServer(t, "", "salon")
	doc, err := s.try("GET", "/openapi.json", nil)
	if err != nil || doc.status != 200 {
		t.Fatal(doc, err)
	}
	schemas, _ := doc.at("components.schemas").(map[string]any)
	for _, v := range []any{
		client.AccountBalance{}, client.AccountBalances{}, client.AccountStatement{}, client.Adjustment{}, client.BasketIn{}, client.BonusAdjustmentIn{}, client.BooksDifference{},
		client.BooksProof{}, client.CardBatch{}, client.CardDesign{}, client.CardDesignPatch{}, client.CardFound{}, client.CardPatch{}, client.CardReplacement{}, client.CashCount{},
		client.CashMove{}, client.CashMoveIn{}, client.CashOutIn{}, client.CashOutPart{}, client.CashOutQuote{}, client.CloseShiftIn{}, client.CommissionBand{}, client.CommissionEntry{},
		client.CommissionOut{}, client.CommissionPlan{}, client.CommissionPlanIn{}, client.CommissionRecomputing{}, client.CommissionResult{}, client.CommissionSettlement{},
		client.CommissionStaffTotal{}, client.CommissionStatement{}, client.CommissionStep{}, client.CommissionSum{}, client.Coupon{}, client.CouponBatch{}, client.CouponClaim{},
		client.CouponClaimIn{}, client.CouponDefinition{}, client.CouponDefinitionIn{}, client.CouponDesign{}, client.CouponFigures{}, client.CouponHistory{}, client.CouponMove{},
		client.CouponReason{}, client.CouponTransfer{}, client.CouponUse{}, client.Day{}, client.DayDetail{}, client.DayDocuments{}, client.DayList{}, client.DayPrepaid{}, client.DayTax{},
		client.DayTender{}, client.DecisionIn{}, client.Denomination{}, client.DiscountIn{}, client.Event{}, client.Exchange{}, client.ExchangeIn{}, client.Expiring{}, client.Explanation{}, client.Fallback{}, client.FieldError{},
		client.Gift{}, client.GiftCard{}, client.GiftCardEnd{}, client.GiftIn{}, client.GiftRedemption{}, client.Grant{}, client.LiabilityChange{}, client.LiabilityReport{},
		client.LiabilityRow{}, client.Line{}, client.LineIn{}, client.LostBenefit{}, client.Lot{}, client.Member{}, client.MemberCard{}, client.MemberConsent{}, client.MemberPatch{},
		client.MemberTier{}, client.Movement{}, client.NewBatch{}, client.NewCard{}, client.NewCommission{}, client.NewCommissionSettlement{}, client.NewConsent{}, client.NewCoupon{},
		client.NewCouponBatch{}, client.NewGift{}, client.NewMember{}, client.NewPIN{}, client.NewPunchPlan{}, client.NewRegister{}, client.NewRelative{}, client.NewSKU{}, client.NewTier{},
		client.OpenShiftIn{}, client.Outlay{}, client.PINEntry{}, client.PINState{}, client.Pack{}, client.PackChange{}, client.PackHookMeeting{}, client.PackInShop{}, client.PackKey{}, client.PackLint{}, client.PackMeeting{}, client.PackRecord{}, client.PackRollback{},
		client.InstalledPack{}, client.LintFinding{}, client.NewPackKey{}, client.SettingChange{}, client.Part{}, client.PaymentRow{}, client.Pending{},
		client.PointAdjustmentIn{}, client.Prepaid{}, client.PrepaidIn{}, client.Problem{}, client.PunchCard{}, client.PunchCardIn{}, client.PunchPlan{}, client.PunchPlanPatch{}, client.Quote{},
		client.QuoteMember{}, client.ReceiptBlock{}, client.ReceiptColumn{}, client.ReceiptDocument{}, client.RefundIn{}, client.RefundLineIn{}, client.RefundRequest{}, client.Register{},
		client.Relative{}, client.RuleNote{}, client.RuleRun{}, client.SKU{}, client.SKUPatch{}, client.Sale{}, client.SaleIn{}, client.Shift{}, client.ShiftReport{}, client.ShiftTotal{},
		client.Shop{}, client.SplitIn{}, client.StaffMember{}, client.StatementAccount{}, client.StatementMovement{}, client.StockDocument{}, client.StockLevel{}, client.StockMove{},
		client.StockMoveIn{}, client.StockMovement{}, client.TaxCategory{}, client.TaxCategoryIn{}, client.TaxRate{}, client.TaxRateIn{}, client.Tender{}, client.TenderIn{}, client.TenderTotal{},
		client.Tie{}, client.Tier{}, client.TierByHand{}, client.TierChange{}, client.TierIn{}, client.TierNext{}, client.TopUpIn{}, client.VoidIn{}, client.Wallet{}, client.WalletAdjustment{},
		client.WalletReason{}, client.WalletStop{}, client.WalletTransfer{}, client.WalletTransferIn{}, client.Warning{},
		client.ChancesIn{}, client.CheckIn{}, client.CheckInIn{}, client.Draw{}, client.DrawIn{}, client.MemberGrant{}, client.Prize{}, client.PrizeIn{}, client.QuoteGrant{}, client.Referral{}, client.ReferrerIn{},
		client.TenderLimit{}, client.TriggerRun{},
		client.Backtest{}, client.BacktestDay{}, client.BacktestDifference{}, client.BacktestDirection{}, client.BacktestFailure{}, client.BacktestGrant{}, client.BacktestMissing{},
		client.BacktestReport{}, client.BacktestRow{}, client.BacktestSide{}, client.BacktestSums{}, client.BacktestTier{}, client.NewBacktest{}, client.NewShadow{},
		client.RuleReplay{}, client.RuleReplayDifference{}, client.Shadow{},
		client.ProviderPayment{}, client.ProviderRefund{},
		client.MemberMessage{}, client.MessageTemplate{}, client.MessageOptOut{}, client.NewCode{}, client.SentCode{}, client.CodeEntry{}, client.SignInStart{}, client.SignInReturn{}, client.SignedIn{}, client.NewSubject{},
		client.OnlineOrder{}, client.OnlineOrderLine{}, client.OnlineShipment{},
		client.Station{}, client.StationIn{}, client.StationRoute{}, client.Ticket{}, client.TicketOp{}, client.OrderIn{}, client.OrderOf{},
		client.LabelDesign{}, client.NewLabelDesign{}, client.NewLabels{}, client.LabelLine{}, client.LabelBatch{},
		client.ReceiptTemplate{}, client.ReceiptLogo{}, client.NewReceiptLogo{},
	} {
		sameFields(t, doc, reflect.TypeOf(v))
		delete(schemas, reflect.TypeOf(v).Name())
	}
	for name := range schemas {
		if !strings.HasPrefix(name, "List") { // client.List
			t.Errorf("the client has no %s", name)
		}
	}
	theClientCallsEveryOperation(t, doc)
	aDayWithTheClient(t, s)
}

func sameFields(t *testing.T, doc *answer, typ reflect.Type) {
	t.Helper()
	schema, _ := doc.at("components.schemas." + typ.Name() + ".properties").(map[string]any)
	if schema == nil {
		t.Errorf("the API has no %s", typ.Name())
		return
	}
	has := map[string]string{}
	for _, f := range reflect.VisibleFields(typ) {
		if name, _, _ := strings.Cut(f.Tag.Get("json"), ","); name != "" {
			has[name] = kindOf(f.Type)
		}
	}
	want := map[string]string{}
	for name, p := range schema {
		kind, _ := p.(map[string]any)["type"].(string)
		if kind == "" { // a reference, a choice, anything
			kind = "object"
		}
		want[name] = kind
	}
	delete(want, "$schema")
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if has[name] != want[name] {
			t.Errorf("%s.%s is %q in the client, %q in the API", typ.Name(), name, has[name], want[name])
		}
		delete(has, name)
	}
	for name := range has {
		t.Errorf("%s.%s is not in the API", typ.Name(), name)
	}
}

func kindOf(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return kindOf(t.Elem())
	case reflect.String:
		return "string"
	case reflect.Int, reflect.Int64:
		return "integer"
	case reflect.Bool:
		return "boolean"
	case reflect.Slice:
		switch {
		case t == reflect.TypeFor[json.RawMessage]():
			return "object"
		case t.Elem().Kind() == reflect.Uint8: // base64
			return "string"
		}
		return "array"
	}
	if t.PkgPath() == "time" {
		return "string"
	}
	return "object"
}

func aDayWithTheClient(t *testing.T, s *server) {
	ctx, c := context.Background(), client.New(s.url, s.APIKey)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	here := client.BasketIn{ShopID: s.Shop.String(), RegisterID: s.Register.String()}
	soap, err := c.CreateSKU(ctx, client.NewSKU{Code: "soap", Name: "Soap", UnitPrice: "25.00", Barcodes: []string{"6901234567892"}})
	must(err)
	cut, err := c.CreateSKU(ctx, client.NewSKU{Code: "cut", Name: "Cut", Kind: "service", UnitPrice: "120.00"})
	must(err)
	_, err = c.MoveStock(ctx, client.StockMoveIn{ShopID: here.ShopID, Kind: "goods_receipt", SKUID: soap.ID, Quantity: "10"})
	must(err)
	mei, err := c.CreateMember(ctx, client.NewMember{Name: "Lin Mei", Phone: "13800001234"})
	must(err)
	note := "likes tea"
	mei, err = c.UpdateMember(ctx, mei.ID, client.MemberPatch{Note: &note})
	must(err)
	shift, err := c.OpenShift(ctx, client.OpenShiftIn{RegisterID: here.RegisterID, Float: "100.00"})
	must(err)
	top, err := c.TopUp(ctx, mei.ID, client.TopUpIn{ShopID: here.ShopID, RegisterID: here.RegisterID, Amount: "500.00", Tender: client.TenderIn{Type: "cash", Amount: "500.00"}})
	must(err)
	_, err = c.SellPunchCard(ctx, mei.ID, client.PunchCardIn{ShopID: here.ShopID, RegisterID: here.RegisterID, ServiceSKUID: cut.ID, Visits: 5, Amount: "400.00", Tender: client.TenderIn{Type: "card", Amount: "400.00"}})
	must(err)
	ticket, err := c.IssueCoupon(ctx, client.NewCoupon{Name: "5 off", Kind: "cash", Amount: "5.00", MemberID: mei.ID})
	must(err)
	here.MemberID, here.Coupons = mei.ID, []string{ticket.Code}
	here.Lines = []client.LineIn{{Barcode: "6901234567892", Quantity: "2"}, {SKUID: cut.ID, Quantity: "1"}}
	q, err := c.Quote(ctx, here)
	must(err)
	here.Tenders = []client.TenderIn{{Type: "stored_value", Amount: "45.00"}}
	if _, err := c.Sell(ctx, client.SaleIn{BasketIn: here, ExpectedTotal: "44.00"}); !client.IsCode(err, "checkout.total_changed") {
		t.Error(err)
	}
	sold, err := c.Sell(ctx, client.SaleIn{BasketIn: here, QuoteRef: q.QuoteRef, ExpectedTotal: q.Total}, client.WithKey("mine"))
	must(err)
	again, err := c.Sell(ctx, client.SaleIn{BasketIn: here, QuoteRef: q.QuoteRef, ExpectedTotal: q.Total}, client.WithKey("mine"))
	must(err)
	if top.Bonus != "100.00" || q.Total != "45.00" || q.Member == nil || q.Member.StoredValue != "600.00" || again.ID != sold.ID || sold.OccurredAt.IsZero() {
		t.Errorf("%+v\n%+v\n%+v\n%+v", top, q, sold, again)
	}
	paper, err := c.Receipt(ctx, sold.ID, "text/plain")
	must(err)
	back, err := c.Refund(ctx, sold.ID, client.RefundIn{Reason: "broken", Lines: []client.RefundLineIn{{LineID: sold.Lines[0].ID, Quantity: "1"}}})
	must(err)
	_, err = c.Refund(ctx, sold.ID, client.RefundIn{Reason: "the rest"})
	must(err)
	wallet, err := c.Wallet(ctx, mei.ID)
	must(err)
	if !strings.Contains(string(paper), sold.Number) || back.OfSaleID != sold.ID || wallet.Available != "600.00" || len(wallet.PunchCards) != 1 || wallet.PunchCards[0].Remaining != 5 {
		t.Errorf("%s\n%+v\n%+v", paper, back, wallet)
	}
	list, err := c.Sales(ctx, client.SaleFilter{Kind: "sale", MemberID: mei.ID}, client.Page{Limit: 2})
	must(err)
	rest, err := c.Sales(ctx, client.SaleFilter{Kind: "sale", MemberID: mei.ID}, client.Page{Limit: 2, Cursor: list.NextCursor})
	must(err)
	z, err := c.CloseShift(ctx, shift.ID, client.CloseShiftIn{CountedCash: "600.00"})
	must(err)
	if len(list.Items) != 2 || len(rest.Items) != 1 || list.Items[0].ID != sold.ID || !z.Final || z.OverShort != "0.00" {
		t.Errorf("%d and %d sales, %+v", len(list.Items), len(rest.Items), z)
	}
	s.mustVerify()
}
