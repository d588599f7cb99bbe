package displayvfd

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/shopwright/shopwright/hw/drivers/link"
	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver"
)

func until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for n := 0; !ok(); n++ {
		if n > 2000 {
			t.Fatalf("not within ten seconds: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func setup(t *testing.T, chars encoding.Encoding, more string) (*Display, *sim.Display) {
	t.Helper()
	dev, err := sim.NewDisplay(20, 2, chars)
	if err != nil {
		t.Fatal(err)
	}
	d := New().(*Display)
	t.Cleanup(func() { d.line.Close(); dev.Close() })
	if err := d.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"address":%q%s}`, dev.Address(), more))); err != nil {
		t.Fatal(err)
	}
	until(t, "set up", func() bool { return dev.Resets() == 1 && d.Health(t.Context()).OK })
	return d, dev
}

func shows(t *testing.T, dev *sim.Display, want ...string) {
	t.Helper()
	for n := 0; ; n++ {
		got := dev.Screen()
		if strings.Join(got, "|") == strings.Join(want, "|") {
			return
		}
		if n > 1000 {
			t.Fatalf("it shows %q, want %q", got, want)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func TestLetters(t *testing.T) {
	d, dev := setup(t, charmap.CodePage437, "")
	for _, c := range []struct {
		lines []string
		want  [2]string
	}{
		{[]string{"Café au lait", "¥12.50"}, [2]string{"Café au lait", "¥12.50"}},
		{[]string{"short"}, [2]string{"short", ""}},
		{[]string{strings.Repeat("0123456789", 3), "x"}, [2]string{"01234567890123456789", "x"}},
		{[]string{"茶 ＡＢ", "a\x1b@b\x0c\tc\u202ed"}, [2]string{"? AB", "a@b cd"}},
		{[]string{"one", "two", "three"}, [2]string{"one", "two"}},
	} {
		if err := d.Show(t.Context(), driver.Shown{Kind: driver.ShowPrice, Lines: c.lines, Amount: "1.00"}); err != nil {
			t.Fatal(err)
		}
		shows(t, dev, c.want[:]...)
	}
	if err := d.Show(t.Context(), driver.Shown{Kind: driver.ShowTotal, Amount: "12.50"}); err != nil {
		t.Fatal(err)
	}
	shows(t, dev, "", "               12.50")
	if err := d.Clear(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	shows(t, dev, "", "")
}

func TestChinese(t *testing.T) {
	d, dev := setup(t, simplifiedchinese.GB18030, `,"encoding":"gb18030"`)
	if err := d.Show(t.Context(), driver.Shown{Lines: []string{"茉莉花茶大杯少糖去冰热", "合计 ¥12.50 €"}}); err != nil {
		t.Fatal(err)
	}
	shows(t, dev, "茉莉花茶大杯少糖去冰", "合计 ￥12.50 ?") // ten of two cells; no euro in old fonts
	if err := d.Show(t.Context(), driver.Shown{Lines: []string{"a茉莉花茶大杯少糖去冰"}}); err != nil {
		t.Fatal(err)
	}
	shows(t, dev, "a茉莉花茶大杯少糖去", "") // half a character is none
}

func TestEveryLineHasExactlyTheDisplaysWidth(t *testing.T) {
	for _, enc := range []string{cp437, gb18030} {
		s := settings{Kind: letters, Encoding: enc, Columns: 20, Lines: 2}
		for _, text := range []string{"", "a", strings.Repeat("茶", 30), strings.Repeat("a茶", 30), "e\u0301\u200b", "\xff\xfe", strings.Repeat("😀", 30)} {
			got := s.fit(text)
			if len(got) != 20 || bytes.ContainsFunc(got, func(r rune) bool { return r < 0x20 }) {
				t.Errorf("%s %q: %q", enc, text, got)
			}
		}
	}
}

func TestDigits(t *testing.T) {
	d, dev := setup(t, charmap.CodePage437, `,"kind":"digits"`)
	for _, c := range []struct {
		kind   driver.ShowKind
		amount string
		want   string
		lamp   int
	}{
		{driver.ShowPrice, "12.50", "12.50", 1}, {driver.ShowTotal, "123456.78", "123456.78", 2}, {driver.ShowPaid, "1,000", "1000", 3}, {driver.ShowChange, "-0.50", "-0.50", 4}, {driver.ShowText, "", "", 0},
	} {
		if err := d.Show(t.Context(), driver.Shown{Kind: c.kind, Amount: c.amount, Lines: []string{"left out"}}); err != nil {
			t.Fatal(err)
		}
		until(t, c.want, func() bool { a, l := dev.Digits(); return a == c.want && l == c.lamp })
	}
	if err := d.Show(t.Context(), driver.Shown{Kind: driver.ShowTotal, Amount: "5.00"}); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"1234567.89", "1.2.3", "12\rx", "abc"} {
		if b, fits := d.set.show(driver.Shown{Amount: bad}); fits || !bytes.Equal(b, d.set.dark()) {
			t.Errorf("%q is shown as %q", bad, b)
		}
		if err := d.Show(t.Context(), driver.Shown{Kind: driver.ShowTotal, Amount: bad}); err != nil {
			t.Errorf("%q: %v", bad, err)
		}
	}
	until(t, "an amount that does not fit leaves none", func() bool { a, l := dev.Digits(); return a == "" && l == 0 })
}

// What stands on the display is there again after it was away.
func TestShownAgainAfterAReconnection(t *testing.T) {
	d, dev := setup(t, charmap.CodePage437, "")
	if err := d.Show(t.Context(), driver.Shown{Lines: []string{"before"}}); err != nil {
		t.Fatal(err)
	}
	shows(t, dev, "before", "")
	dev.HangUp()
	until(t, "set up again", func() bool { return dev.Resets() == 2 })
	shows(t, dev, "before", "")
	until(t, "well", func() bool { return d.Health(t.Context()).OK })
}

func TestShowingToADisplayThatIsAwayIsAnError(t *testing.T) {
	d := New().(*Display)
	if err := d.Show(t.Context(), driver.Shown{}); !errors.Is(err, link.ErrNotConfigured) {
		t.Error(err)
	}
	if err := d.Clear(t.Context(), ""); !errors.Is(err, link.ErrNotConfigured) {
		t.Error(err)
	}
	dev, err := sim.NewDevice(func([]byte) {})
	if err != nil {
		t.Fatal(err)
	}
	dev.Close()
	defer d.line.Close()
	if err := d.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"address":%q}`, dev.Address()))); err != nil {
		t.Fatal(err)
	}
	if err := d.Show(t.Context(), driver.Shown{Lines: []string{"x"}}); err == nil {
		t.Error("nobody saw it")
	}
	until(t, "not well", func() bool { return strings.Contains(d.Health(t.Context()).Reason, "no connection") })
}

func TestWrongSettings(t *testing.T) {
	for _, bad := range []string{`{}`, `{"address":"tcp:h:1","kind":"q"}`, `{"address":"tcp:h:1","encoding":"q"}`, `{"address":"tcp:h:1","columns":2}`, `{"address":"tcp:h:1","lines":9}`, `{"address":"tcp:h:1","colour":1}`} {
		if err := New().(*Display).Configure(t.Context(), json.RawMessage(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
