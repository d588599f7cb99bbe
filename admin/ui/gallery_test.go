package ui

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"golang.org/x/net/html"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/money"

	"github.com/shopwright/shopwright/admin/static"
)

func join(list ...templ.Component) templ.Component { return templ.Join(list...) }

// within renders a component that has children.
func within(outer templ.Component, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return outer.Render(templ.WithChildren(ctx, join(children...)), w)
	})
}

func div(class string, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		if _, err := io.WriteString(w, `<div class="`+class+`">`); err != nil {
			return err
		}
		if err := join(children...).Render(ctx, w); err != nil {
			return err
		}
		_, err := io.WriteString(w, `</div>`)
		return err
	})
}

func nav() []NavGroup {
	return []NavGroup{
		{Items: []NavItem{{Title: "Today", Href: "/office", Icon: "home", Phone: true}, {Title: "Register", Href: "/pos", Icon: "till", Phone: true}}},
		{Title: "Shop", Items: []NavItem{
			{Title: "Members", Href: "/office/members", Icon: "member", Phone: true}, {Title: "Sales", Href: "/office/sales", Icon: "sale"},
			{Title: "Catalogue", Href: "/office/catalog", Icon: "catalog"}, {Title: "Stock", Href: "/office/stock", Icon: "stock", Badge: "3"},
			{Title: "Campaigns", Href: "/office/campaigns", Icon: "campaign"}, {Title: "Reports", Href: "/office/reports", Icon: "report", Phone: true}}},
		{Title: "Set up", Items: []NavItem{
			{Title: "Rule packs", Href: "/office/packs", Icon: "rules"}, {Title: "Devices", Href: "/office/devices", Icon: "device"}, {Title: "Staff", Href: "/office/staff", Icon: "staff"},
			{Title: "Edition", Href: "/office/edition", Icon: "edition"}, {Title: "Audit log", Href: "/office/audit", Icon: "audit"}, {Title: "Backup", Href: "/office/backup", Icon: "backup"}}},
	}
}

func galleryPages(c Ctx) map[string]templ.Component {
	at := clock.Of(time.Date(2026, 3, 14, 9, 26, 0, 0, time.UTC))
	yuan := func(v int64) string { return c.Money(money.Amount(v)) }
	days := []string{"1 Mar", "2 Mar", "3 Mar", "4 Mar", "5 Mar", "6 Mar", "7 Mar", "8 Mar", "9 Mar", "10 Mar", "11 Mar", "12 Mar", "13 Mar", "14 Mar"}
	sales := []int64{412000, 386000, 455000, 501000, 618000, 892000, 840000, 433000, 410000, 478000, 520000, 655000, 931000, 702000}
	before := []int64{380000, 391000, 402000, 466000, 590000, 801000, 790000, 400000, 395000, 421000, 498000, 610000, 850000, 760000}

	home := within(Page(c, Frame{Title: "Today", Lead: "Friday, 14 March. The register has been open since 09:02.", Nav: nav(), Shop: "Lotus Salon, Xujiahui", Register: "Register 1", Staff: "Chen Yu", SignOut: "/signout",
		Flash: []Flash{{Ok, "Member price saved. It holds from the next quote."}}}),
		Stats(c,
			StatProps{Label: "Sales today", Value: yuan(702000), Change: "+12 %", Up: true, Note: "on last Friday", Trend: sales, Href: "/x"},
			StatProps{Label: "Receipts", Value: "86", Change: minus + "3 %", Down: true, Note: "on last Friday", Trend: before},
			StatProps{Label: "Stored value topped up", Value: yuan(1250000), Note: "5 top-ups"},
			StatProps{Label: "New members", Value: "7", Note: "213 active this month", Trend: []int64{2, 3, 3, 5, 4, 7}}),
		div("grid-2",
			within(CardWith("Sales", Badge(Neutral, "14 days")), Chart(c, ChartProps{ID: "c1", Title: "Sales of the last 14 days", Desc: "Sales rise to the weekend.", Labels: days, Format: func(v int64) string { return c.Int(v / 100) },
				Series: []Series{{"This fortnight", sales}, {"The one before", before}}})),
			within(Card("Tenders"), Chart(c, ChartProps{ID: "c2", Kind: "bar", Title: "Tenders today", Desc: "Most is paid by QR code.", Labels: []string{"QR", "Stored value", "Cash", "Card", "Points"}, Format: func(v int64) string { return c.Int(v / 100) },
				Series: []Series{{"", []int64{310000, 205000, 98000, 72000, 17000}}}}))),
		within(Alert(Warn, "Rule failed, list price used"), Text("“Member day” stopped at 3 receipts since 14:02. It is switched off for this shop until you look at it.")),
		div("grid-2",
			within(Card("Latest"), Timeline([]Step{
				{Ok, "Sale 1-000487", "Cut and colour · Wang Li", When(c, at), yuan(38800)},
				{Branded, "Top-up", "¥1,000 and ¥200 bonus", At(c, at), yuan(100000)},
				{Bad, "Refund of 1-000479", "Colour reaction", At(c, at), yuan(-28800)},
			})),
			within(Card("Working on it"), Progress(c, "Backtest of “Gold week” over 1,240 receipts", 812, 1240), Progress(c, "Backup", 0, 0), Loading(c))),
	)

	rows := []TableRow{}
	for i, n := range []string{"Wang Li", "Zhang Xiaomei", "欧阳娜娜", "Anna <b>Kowalska</b>", "陈建国", "Liu Yang"} {
		tier := []templ.Component{Badge(Branded, "Gold"), Badge(Neutral, "Silver")}[i%2]
		rows = append(rows, Row(Link(n, "/office/members/1"), tier, "138****"+"2468", Amount(c, money.Amount(48800*(i+1)-120000)), c.Int(int64(1200*i)), At(c, at), Button(ButtonProps{Text: "Open", Size: "small", Kind: Quiet, Href: "#"})))
	}
	members := within(Page(c, Frame{Title: "Members", Nav: nav(), Shop: "Lotus Salon, Xujiahui", Staff: "Chen Yu", Wide: true}),
		within(PageHead(c, "Members", "", []Crumb{{"Shop", "/office"}, {"Members", ""}}), Button(ButtonProps{Text: "Export", Icon: "download"}), Button(ButtonProps{Text: "New member", Icon: "plus", Kind: Primary})),
		div("filters", SearchInput(c, FieldProps{Name: "q", Label: "Search", Placeholder: "Name, phone or card"}), Select(c, FieldProps{Name: "tier", Label: "Tier", Options: []Option{{"", "All", false}, {"g", "Gold", false}}})),
		within(Sheet(), Table(c, TableProps{Caption: "All members", Columns: []Column{{Title: "Name"}, {Title: "Tier"}, {Title: "Phone"}, {Title: "Stored value", Numeric: true, Key: true}, {Title: "Points", Numeric: true}, {Title: "Last visit"}, {Title: "Action", End: true}}, Rows: rows, Next: "?cursor=x", Note: "213 members"})),
		within(Sheet(), Table(c, TableProps{Caption: "None", Empty: EmptyState{Icon: "coupon", Title: "No coupons yet", Text: "Coupons that are given to this member appear here.", Action: Button(ButtonProps{Text: "Give a coupon", Icon: "plus"})}})))

	schema, err := ParseSchema([]byte(sampleSchema), c.Currency)
	if err != nil {
		panic(err)
	}
	value := []byte(`{"enabled":true,"label":"Member day","rate":850000,"cap":5000,"days":[2,4],"skus":["CUT-01"],"window":{"from":600,"to":1260},"tiers":[{"code":"gold","spend":500000,"vip":true},{"code":"silver","spend":100000}]}`)
	pack := within(Page(c, Frame{Title: "Member prices", Lead: "What members pay, by tier, day and hour.", Crumbs: []Crumb{{"Rule packs", "/office/packs"}, {"Member prices", ""}}, Nav: nav(), Shop: "Lotus Salon, Xujiahui", Staff: "Chen Yu"}),
		Tabs(c, "Pack", []Tab{{Title: "Configuration", Href: "#", Current: true}, {Title: "Preview", Href: "#"}, {Title: "Backtest", Href: "#"}, {Title: "Versions", Href: "#", Count: "4"}}),
		div("split",
			within(Card("Configuration"), SchemaForm(c, Form{ID: "cfg", Schema: schema, Value: value, Errors: FieldErrors{"/cap": ErrTooSmall.With("min", "0.00")}}),
				div("form-actions", Button(ButtonProps{Text: "Save", Kind: Primary}), DialogTrigger("roll", ButtonProps{Text: "Roll back", Kind: Quiet}))),
			div("stack", within(Card("Why this price?"), Explanation(c, galleryWhy(yuan))),
				within(Card("Pack"), KeyValue(Pair{"Version", Text("1.4.0")}, Pair{"Fuel", Text("17,623")}, Pair{"Signed by", Status(Ok, "Shopwright")})))),
		within(Dialog(c, "roll", "Roll back to 1.3.2?"), within(DialogBody(), Text("It takes effect at the next quote, without a restart.")), within(DialogFoot(c), Button(ButtonProps{Text: "Roll back", Kind: Danger}))))

	controls := within(Page(c, Frame{Title: "Controls", Nav: nav(), Staff: "Chen Yu"}),
		within(Card("Buttons"), div("row", Button(ButtonProps{Text: "Save", Kind: Primary}), Button(ButtonProps{Text: "Plain"}), Button(ButtonProps{Text: "Delete", Kind: Danger, Icon: "trash"}), Button(ButtonProps{Text: "Quiet", Kind: Quiet}), Button(ButtonProps{Text: "Off", Disabled: true}), Button(ButtonProps{Text: "Print", Icon: "print", IconOnly: true}), Button(ButtonProps{Text: "Large", Size: "large"}), CopyButton(c, "sk_live"))),
		within(Card("Fields"), div("form-grid", Input(c, FieldProps{Name: "n", Label: "Name", Required: true, Value: "Wang"}), Input(c, MoneyField(c, FieldProps{Name: "m", Label: "Top-up"}, 10000)), Input(c, FieldProps{Name: "e", Label: "Phone", Err: ErrPattern, Hint: "With the country"}), Select(c, FieldProps{Name: "s", Label: "Shop", Options: []Option{{"1", "Xujiahui", false}}}), Textarea(c, FieldProps{Name: "t", Label: "Note"})), Checkbox(c, FieldProps{Name: "c", Label: "May be sent messages", Hint: "Consent is kept with its date."}, true), Switch(c, FieldProps{Name: "w", Label: "On in this shop"}, true)),
		div("stack", within(Alert(Info, "Note"), Text("Prices include tax.")), within(Alert(Ok, ""), Text("The drawer ties out.")), FaultMessage(c, ErrColor.With("colour", "red")), FaultMessage(c, errors.New("secret detail"))),
		div("row", Badge(Neutral, "draft"), Status(Ok, "online"), Status(Warn, "paper low"), Status(Bad, "offline"), Badge(Info, "new"), Badge(Branded, "Gold")),
		div("grid-2", Receipt(c, Paper{Title: "Lotus Salon", Head: []string{"Xujiahui, Shanghai", "14 Mar 2026, 17:26 · 1-000487"}, Lines: []PaperLine{{Rule: true}, {Left: "Cut and colour", Right: "388.00"}, {Left: "Member price, Gold", Right: minus + "58.20", Small: true}, {Left: "护发素 250ml × 2", Right: "176.00"}, {Rule: true}, {Left: "Total", Right: "¥505.80", Strong: true}, {Left: "Stored value", Right: "505.80"}, {Left: "Points earned", Right: "505"}}, Foot: []string{"谢谢惠顾 · Thank you"}, Barcode: "690123456789"}),
			within(Card("Scan these"), div("row", BarcodeSVG(c, "6901234567892"), BarcodeSVG(c, "M-000213")))))

	return map[string]templ.Component{"home": home, "members": members, "pack": pack, "controls": controls, "register": galleryRegister(c, yuan, false), "register-empty": galleryRegister(c, yuan, true),
		"signin": within(Plain(c, "Sign in", nil), within(Card("Sign in"), Input(c, FieldProps{Name: "login", Label: "Phone or e-mail"}), Input(c, FieldProps{Name: "pin", Label: "PIN", Type: "password"}), Button(ButtonProps{Text: "Sign in", Kind: Primary, Block: true, Size: "large"})))}
}

func galleryWhy(yuan func(int64) string) Why {
	return Why{ListLabel: "List price", List: yuan(38800), PayLabel: "To pay", Pay: yuan(32980), Reasons: []Reason{
		{Text: "Gold members pay 85 %", Pack: "Member prices", Version: "1.4.0", Amount: yuan(-5820)},
		{Text: "10 % off on Tuesdays", Pack: "Weekday offers", Version: "2.0.1", Amount: yuan(-3880), State: Lost, Beaten: "Gold members pay 85 %"},
		{Text: "Birthday gift", Pack: "Birthday", Version: "1.0.0", Amount: yuan(0), State: Failed}}}
}

func galleryRegister(c Ctx, yuan func(int64) string, empty bool) templ.Component {
	lines := []BasketLineProps{
		{ID: "1", Name: "Cut and colour", Sub: "CUT-02 · ¥388.00 · Chen Yu", Quantity: "1", Amount: yuan(32980), Before: yuan(38800), Adjust: "Gold 85 %", ActionURL: "/pos/line"},
		{ID: "2", Name: "护发素 250ml", Sub: "6901234567892 · ¥88.00", Quantity: "2", Amount: yuan(17600), ActionURL: "/pos/line"},
		{ID: "3", Name: "Scalp treatment", Sub: "1 of 10 visits", Quantity: "1", Amount: yuan(0), Before: yuan(16800), Adjust: "Punch card", ActionURL: "/pos/line", Current: true},
		{ID: "4", Name: "Hair oil", Sub: "6907777000012 · ¥129.00", Quantity: "1", Amount: yuan(12900), Failed: "Rule failed, list price used", ActionURL: "/pos/line"},
	}
	side := join(MemberChip(c, MemberChipProps{Initial: "王", Name: "Wang Li", Tier: "Gold", Holds: []Pair{{"Stored value", Text(yuan(128000))}, {"Points", Text("3,420")}, {"Coupons", Text("2")}}, Action: Button(ButtonProps{Text: "Remove", Icon: "close", IconOnly: true, Kind: Quiet})}),
		within(Alert(Info, ""), Text("¥80.00 more until Diamond.")), Explanation(c, galleryWhy(yuan)))
	due := DueProps{Label: "To pay", Amount: yuan(63480), Rows: []DueRow{{"4 lines", yuan(86100), false}, {"Benefits", yuan(-22620), true}}}
	if empty {
		lines, side, due = nil, Text(""), DueProps{Label: "To pay", Amount: yuan(0)}
	}
	return Register(c, RegisterProps{Title: "Register 1", ScanURL: "/pos/scan", Basket: Basket(c, lines), Focus: true,
		Badges: join(Status(Ok, "Printer"), Status(Bad, "Scale"), Badge(Neutral, "Chen Yu")),
		Keys:   []KeyProps{{Text: "Member", Icon: "member", Hotkey: "F3", Dialog: "m"}, {Text: "Hold", Icon: "pause", Hotkey: "F4", Name: "do", Value: "hold"}, {Text: "Recall", Icon: "recall", Hotkey: "F5", Href: "/pos/recall"}, {Text: "Discount", Icon: "percent", Hotkey: "F8", Disabled: true}, {Text: "Drawer", Icon: "cash"}},
		Side:   side, Foot: join(Due(due), PayKey(KeyProps{Text: "Pay", Hotkey: "F9", Href: "/pos/pay", Disabled: empty}, ""))})
}

func render(t *testing.T, c templ.Component) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Every component, as a page: parses, keeps to the policy, has no id twice, and
// each label and description leads to something. With SHOPWRIGHT_GALLERY set the
// pages are written there, to be looked at.
func TestGallery(t *testing.T) {
	dir := os.Getenv("SHOPWRIGHT_GALLERY")
	if dir == "" {
		dir = t.TempDir()
	}
	for _, locale := range []string{"en", "zh-Hans", "zh-Hant"} {
		for name, page := range galleryPages(testCtx(locale)) {
			text := render(t, page)
			checkPage(t, locale+"/"+name, text)
			if err := os.WriteFile(filepath.Join(dir, name+"."+locale+".html"), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, n := range static.Names() {
		to := filepath.Join(dir, filepath.FromSlash(static.URL(n)))
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, static.Bytes(n), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func checkPage(t *testing.T, name, text string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	ids, refs := map[string]int{}, map[string]string{}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.ElementNode && (n.Data == "style" || n.Data == "script" && n.FirstChild != nil) {
			t.Errorf("%s: inline %s", name, n.Data)
		}
		for _, a := range n.Attr {
			switch {
			case a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				t.Errorf("%s: attribute %s=%q", name, a.Key, a.Val)
			case a.Key == "id":
				ids[a.Val]++
			case a.Key == "for" || a.Key == "aria-describedby" || a.Key == "aria-labelledby" || a.Key == "data-add-row":
				for _, r := range strings.Fields(a.Val) {
					refs[r] = n.Data + " " + a.Key
				}
			case (a.Key == "src" || a.Key == "href") && strings.Contains(a.Val, "//"):
				t.Errorf("%s: another host: %s", name, a.Val)
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	walk(doc)
	for id, n := range ids {
		if n > 1 {
			t.Errorf("%s: id %q %d times", name, id, n)
		}
	}
	for r, what := range refs {
		if ids[r] == 0 {
			t.Errorf("%s: %s names %q, which is nowhere", name, what, r)
		}
	}
	if strings.Contains(text, "ui.field_pattern<") == false && strings.Contains(name, "controls") {
		t.Errorf("%s: the reason's code is not shown", name)
	}
	if strings.Contains(text, "secret detail") {
		t.Errorf("%s: the cause of an error reached the page", name)
	}
	if strings.Contains(text, "<b>Kowalska") {
		t.Errorf("%s: a member's name was not escaped", name)
	}
}

func TestEditionHandlerServesNothingBroken(t *testing.T) {
	h := EditionHandler(func(*http.Request) Brand { return Brand{Light: Palette{Brand: "red;}body{display:none"}} })
	w := httptest.NewRecorder()
	h.ServeHTTP(w, nil)
	if w.Body.Len() != 0 {
		t.Errorf("served %q", w.Body)
	}
}
