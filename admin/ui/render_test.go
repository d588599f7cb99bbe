package ui

import (
	"image"
	"strings"
	"testing"

	"github.com/a-h/templ"
	"github.com/boombuler/barcode/ean"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
)

const nasty = `"><script>alert(1)</script>&'`

// Whatever a component is given comes out as text, in every place.
func TestEscaping(t *testing.T) {
	c := testCtx("en")
	c.Brand.Name, c.Path = nasty, nasty
	f := FieldProps{Name: "n", Label: nasty, Hint: nasty, Value: nasty, Placeholder: nasty, Prefix: nasty, Suffix: nasty, Err: ErrColor.With("colour", nasty), Options: []Option{{nasty, nasty, false}}}
	props := map[string]templ.Component{
		"page":     Page(c, Frame{Title: nasty, Lead: nasty, Shop: nasty, Staff: nasty, Crumbs: []Crumb{{nasty, nasty}}, Nav: []NavGroup{{nasty, []NavItem{{Title: nasty, Href: nasty, Icon: nasty, Badge: nasty, Phone: true}}}}, Flash: []Flash{{Bad, nasty}}}),
		"button":   Button(ButtonProps{Text: nasty, Name: nasty, Value: nasty, IconOnly: true, Attrs: templ.Attributes{"data-x": nasty}}),
		"link":     Button(ButtonProps{Text: nasty, Href: nasty}),
		"input":    Input(c, f),
		"area":     Textarea(c, f),
		"select":   Select(c, f),
		"check":    Checkbox(c, f, true),
		"table":    Table(c, TableProps{Caption: nasty, Columns: []Column{{Title: nasty}, {Title: nasty}}, Rows: []TableRow{Row(nasty, nasty)}, Note: nasty, Next: nasty}),
		"kv":       KeyValue(Pair{nasty, Text(nasty)}),
		"timeline": Timeline([]Step{{Tone: nasty, Title: nasty, Text: nasty, Amount: nasty}}),
		"chart":    Chart(c, ChartProps{ID: nasty, Title: nasty, Desc: nasty, Kind: "bar", Labels: []string{nasty}, Series: []Series{{nasty, []int64{1}}, {nasty, []int64{1}}}, Format: func(int64) string { return nasty }}),
		"receipt":  Receipt(c, Paper{Title: nasty, Head: []string{nasty}, Lines: []PaperLine{{Left: nasty, Right: nasty}}, Foot: []string{nasty}, Barcode: nasty}),
		"why":      Explanation(c, Why{nasty, nasty, []Reason{{nasty, nasty, nasty, nasty, Lost, nasty}}, nasty, nasty}),
		"dialog":   Dialog(c, "d", nasty),
		"alert":    Alert(Bad, nasty),
		"fault":    FaultMessage(c, ErrColor.With("colour", nasty)),
		"register": Register(c, RegisterProps{Title: nasty, ScanURL: nasty, Query: nasty, Target: nasty, Basket: Basket(c, []BasketLineProps{{ID: nasty, Name: nasty, Sub: nasty, Quantity: nasty, Amount: nasty, ActionURL: nasty}}), Keys: []KeyProps{{Text: nasty, Icon: nasty, Hotkey: nasty, Href: nasty}}}),
		"schema": SchemaForm(c, Form{ID: "f", Schema: mustSchema(t, `{"type":"object","properties":{"\"><script>":{"type":"string","title":"<script>","description":"<script>"}}}`),
			Value: []byte(`{"\"><script>":"<script>"}`)}),
	}
	for name, p := range props {
		text := render(t, p)
		scripts := strings.Count(text, "<script")
		if name == "page" || name == "register" {
			scripts -= strings.Count(text, `<script src="/static/`)
		}
		if scripts != 0 {
			t.Errorf("%s: a script got through:\n%s", name, text)
		}
	}
}

func TestLinksAreSafe(t *testing.T) {
	for _, p := range []templ.Component{Link("x", "javascript:alert(1)"), Button(ButtonProps{Text: "x", Href: "JavaScript:alert(1)"}), Key(KeyProps{Text: "x", Href: "javascript:alert(1)"})} {
		if text := render(t, p); strings.Contains(strings.ToLower(text), "javascript:") {
			t.Errorf("leads to a script: %s", text)
		}
	}
}

func TestNavigation(t *testing.T) {
	c := testCtx("en")
	c.Path = "/office/members/7"
	c.Can = func(p string) bool { return p != "secret" }
	groups := []NavGroup{{Items: []NavItem{{Title: "Home", Href: "/office"}, {Title: "Members", Href: "/office/members"}, {Title: "Memb", Href: "/office/memb"}, {Title: "Secret", Href: "/office/secret", Permission: "secret"}}}}
	text := render(t, Page(c, Frame{Title: "x", Nav: groups}))
	if strings.Count(text, `aria-current="page"`) != 1 || !strings.Contains(text, `href="/office/members" aria-current="page"`) {
		t.Error("the current entry is not /office/members alone")
	}
	if strings.Contains(text, "Secret") {
		t.Error("an entry without permission shows")
	}
	// A page that lies elsewhere belongs to the entry that its crumbs lead back to.
	c.Path = "/office/member-cards"
	for way, want := range map[string]string{"/office/members": "/office/members", "/elsewhere": "/office", "": "/office"} {
		text = render(t, Page(c, Frame{Title: "x", Nav: groups, Wide: true, Crumbs: []Crumb{{"Members", way}, {"Cards", ""}}}))
		if !strings.Contains(text, `href="`+want+`" aria-current="page"`) {
			t.Errorf("the way from %q does not mark %s", way, want)
		}
	}
}

func TestFormats(t *testing.T) {
	c := testCtx("en")
	for got, want := range map[string]string{
		c.Money(123456789): "¥1,234,567.89", c.Money(-5): "−¥0.05", c.MoneySigned(100): "+¥1.00", c.MoneySigned(0): "¥0.00",
		c.Int(-1234): "−1,234", c.Percent(850000): "85\u00a0%", c.Percent(125000): "12.5\u00a0%", c.Percent(-1): "−0.0001\u00a0%", c.Percent(0): "0\u00a0%",
		c.DateTime(0): "–", c.DateTime(clock.Instant(1_700_000_000_000_000)): "14 Nov 2023, 22:13", c.Date("2026-03-14"): "14 Mar 2026",
		testCtx("zh-Hant").Date("2026-03-14"): "2026年3月14日",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	yen := Ctx{Currency: money.MustCurrency("JPY")}
	if got := yen.Money(1234); got != "¥1,234" {
		t.Error(got)
	}
	if a, err := ParseMoney(c.Currency, " 1,234.50"); a != 123450 || err != nil {
		t.Error(a, err)
	}
	if _, err := ParseMoney(c.Currency, "1.234"); !fault.ReasonIs(err, "money.malformed") {
		t.Error(err)
	}
}

// The drawn bars are the ones of the code: the path is read back, module by module.
func TestBarcode(t *testing.T) {
	for _, code := range []string{"6901234567892", "690123456789", "96385074"} {
		b, err := NewBarcode(code)
		if err != nil {
			t.Fatal(err)
		}
		img, err := ean.Encode(b.Code)
		if err != nil {
			t.Fatal(err)
		}
		if b.Width != img.Bounds().Dx()+2*quiet {
			t.Errorf("%s: width %d", code, b.Width)
		}
		if got, want := modules(b), pixels(img); got != want {
			t.Errorf("%s:\n got %s\nwant %s", code, got, want)
		}
	}
	if b, err := NewBarcode("690123456789"); err != nil || b.Code != "6901234567892" {
		t.Errorf("check digit: %q, %v", b.Code, err)
	}
	for _, bad := range []string{"6901234567893", "会员", ""} {
		if _, err := NewBarcode(bad); !fault.ReasonIs(err, "ui.bad_barcode") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func modules(b Barcode) string {
	bits := []byte(strings.Repeat("0", b.Width))
	for _, run := range strings.Split(strings.Trim(b.path, "M"), "M") {
		x, w := 0, 0
		head, rest, _ := strings.Cut(run, " 0h")
		tail, _, _ := strings.Cut(rest, "v")
		for _, d := range head {
			x = x*10 + int(d-'0')
		}
		for _, d := range tail {
			w = w*10 + int(d-'0')
		}
		for i := range w {
			bits[x+i] = '1'
		}
	}
	return string(bits)
}

func pixels(img image.Image) string {
	bits := strings.Repeat("0", quiet)
	for x := range img.Bounds().Dx() {
		if r, _, _, _ := img.At(x, 0).RGBA(); r == 0 {
			bits += "1"
		} else {
			bits += "0"
		}
	}
	return bits + strings.Repeat("0", quiet)
}

func TestChartGeometry(t *testing.T) {
	for _, c := range []struct {
		values []int64
		lo, hi int64
	}{
		{[]int64{0, 100}, 0, 100}, {[]int64{-30, 70}, -50, 75}, {[]int64{0, 0}, 0, 1}, {nil, 0, 1}, {[]int64{3}, 0, 3}, {[]int64{931000}, 0, 1000000},
	} {
		g := layout(ChartProps{Labels: make([]string, len(c.values)), Series: []Series{{"", c.values}}})
		if g.lo != c.lo || g.hi != c.hi {
			t.Errorf("%v: axis %d to %d, want %d to %d", c.values, g.lo, g.hi, c.lo, c.hi)
		}
		if g.zero < g.top-0.01 || g.zero > g.h-g.bottom+0.01 {
			t.Errorf("%v: zero at %f", c.values, g.zero)
		}
		for _, v := range c.values {
			if y := g.py(v); y < g.top-0.01 || y > g.h-g.bottom+0.01 {
				t.Errorf("%v: %d at %f", c.values, v, y)
			}
		}
	}
	text := render(t, Chart(testCtx("en"), ChartProps{ID: "c", Title: "T", Labels: []string{"a", "b"}, Series: []Series{{"s", []int64{1}}}}))
	if !strings.Contains(text, "<table") || strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
		t.Error("no figures beside the chart, or broken numbers")
	}
}
