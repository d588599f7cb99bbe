package labelzpl

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/hw/drivers/streamprinter"
	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/driver"
	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

var quick = streamprinter.Limits{Ask: time.Second, Write: 300 * time.Millisecond, Finish: 600 * time.Millisecond, Probe: time.Hour}

func text(x, y int32, s string, height int32, bold bool) *hwv1.LabelItem {
	return &hwv1.LabelItem{X: x, Y: y, Kind: &hwv1.LabelItem_Text{Text: &hwv1.LabelText{Text: s, Height: height, Bold: bold}}}
}

func code(x, y int32, kind, s string, height int32) *hwv1.LabelItem {
	return &hwv1.LabelItem{X: x, Y: y, Kind: &hwv1.LabelItem_Code{Code: &hwv1.LabelCode{Symbology: kind, Content: s, Height: height}}}
}

func sample() *driver.Label {
	return &driver.Label{Width: 600, Height: 400, Items: []*hwv1.LabelItem{
		text(20, 20, "Tea ^XZ ~JR _5E 50% > 20", 30, false),
		text(20, 60, "人参洗发水 ¥45.00", 40, true),
		code(20, 120, "ean13", "690123456789", 80),
		code(20, 240, "code128", "A>B_1^~", 80),
		code(450, 120, "qr", "https://lotus.example/p/1?n=茶", 120),
	}}
}

func setup(t *testing.T, s sim.LabelState, more string) (*Labeler, *sim.LabelPrinter) {
	t.Helper()
	n, err := sim.NewLabelPrinter(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	p := newLabeler(quick)
	if err := p.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"address":"tcp:%s"%s}`, n.Addr(), more))); err != nil {
		t.Fatal(err)
	}
	return p, n
}

func submit(t *testing.T, p *Labeler, id string, l *driver.Label, copies int) driver.JobStatus {
	t.Helper()
	st, err := p.PrintLabel(t.Context(), driver.LabelJob{JobKey: driver.JobKey{ID: id, Attempt: 1}, Label: l, Copies: copies})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func TestWhatIsOnTheLabel(t *testing.T) {
	p, n := setup(t, sim.LabelState{}, "")
	for range 2 { // the same attempt twice
		if st := submit(t, p, "a", sample(), 3); st.State != driver.JobConfirmed {
			t.Fatalf("%+v", st)
		}
	}
	if st, err := p.LabelStatus(t.Context(), driver.JobKey{ID: "a", Attempt: 1}); err != nil || st.State != driver.JobConfirmed {
		t.Errorf("%+v %v", st, err)
	}
	labels := n.Labels()
	if len(labels) != 1 || len(n.Unknown()) > 0 {
		t.Fatalf("%d labels, unknown %q", len(labels), n.Unknown())
	}
	l := labels[0]
	if l.Width != 480 || l.Height != 320 || l.Copies != 3 || len(l.Fields) != 5 {
		t.Fatalf("%+v", l)
	}
	for i, want := range []sim.LabelField{
		{X: 16, Y: 16, Kind: "text", Data: "Tea ^XZ ~JR _5E 50% > 20", Height: 24},
		{X: 16, Y: 48, Kind: "picture"},
		{X: 16, Y: 96, Kind: "ean13", Data: "690123456789", Height: 64},
		{X: 16, Y: 192, Kind: "code128", Data: "A>B_1^~", Height: 64},
		{X: 360, Y: 96, Kind: "qr", Data: "https://lotus.example/p/1?n=茶", Height: 3},
	} {
		got := l.Fields[i]
		got.Bitmap = nil
		if got != want {
			t.Errorf("field %d: %+v", i, got)
		}
	}
	b := l.Fields[1].Bitmap
	if b == nil || b.Height != 32 || !b.Valid() {
		t.Fatalf("%+v", b)
	}
	ink := 0
	for y := range b.Height {
		for x := range b.Width {
			if b.Black(x, y) {
				ink++
			}
		}
	}
	if ink < 300 {
		t.Errorf("%d dots of ink", ink)
	}
}

// The picture of a text is as large as asked for, and scaling leaves no gap in
// what is black and no dot in what is white.
func TestLettersKeepTheirShape(t *testing.T) {
	for _, high := range []int{20, 24, 36, 37, 60, 100} {
		p := letters("中文 A", false, high)
		cells := 6
		if p.Height != high || p.Width < cells*high/2-2 || p.Width > cells*high/2+cells {
			t.Errorf("%d high: %d by %d", high, p.Width, p.Height)
		}
		p = letters("█ █", false, high)
		for x := range p.Width {
			third := 3 * x / p.Width
			if near := 3*x%p.Width < p.Width/8 || 3*x%p.Width > p.Width*7/8; near {
				continue // the edge of a block
			}
			for y := high / 8; y < high*7/8; y++ {
				if p.Black(x, y) != (third != 1) {
					t.Fatalf("%d high: dot %d,%d", high, x, y)
				}
			}
		}
	}
}

func TestTroubleBeforeTheFirstByte(t *testing.T) {
	for want, s := range map[string]sim.LabelState{
		"no labels": {PaperOut: true}, "open": {HeadOpen: true}, "no ribbon": {RibbonOut: true}, "paused": {Paused: true}, "does not answer": {Mute: true},
	} {
		p, n := setup(t, s, "")
		if st := submit(t, p, "a", sample(), 1); st.State != driver.JobFailed || !strings.Contains(st.Reason, want) || len(n.Labels()) != 0 {
			t.Errorf("%s: %+v, %d labels", want, st, len(n.Labels()))
		}
		n.Be(sim.LabelState{})
		if st := submit(t, p, "a", sample(), 1); st.State != driver.JobConfirmed || len(n.Labels()) != 1 {
			t.Errorf("%s, over: %+v", want, st)
		}
	}
}

// A job is confirmed when its last label is out, however long that takes, as
// long as they come.
func TestConfirmedWhenTheLastLabelIsOut(t *testing.T) {
	p, _ := setup(t, sim.LabelState{Each: 200 * time.Millisecond}, "")
	began := time.Now()
	if st := submit(t, p, "a", sample(), 6); st.State != driver.JobConfirmed || time.Since(began) < time.Second {
		t.Errorf("%+v after %v", st, time.Since(began))
	}
	p, n := setup(t, sim.LabelState{Each: 5 * time.Second}, "")
	if st := submit(t, p, "a", sample(), 2); st.State != driver.JobUncertain || !strings.Contains(st.Reason, "2 are left") {
		t.Errorf("%+v", st)
	}
	if submit(t, p, "a", sample(), 2); len(n.Labels()) != 1 {
		t.Error("it was sent again")
	}
}

func TestTroubleInTheMiddle(t *testing.T) {
	p, n := setup(t, sim.LabelState{Each: 100 * time.Millisecond}, "")
	go func() {
		for len(n.Labels()) == 0 {
			time.Sleep(time.Millisecond)
		}
		n.Be(sim.LabelState{PaperOut: true, Each: 100 * time.Millisecond})
	}()
	if st := submit(t, p, "a", sample(), 5); st.State != driver.JobUncertain || !strings.Contains(st.Reason, "no labels") {
		t.Errorf("%+v", st)
	}
}

func TestWithoutStatusItIsSent(t *testing.T) {
	p, n := setup(t, sim.LabelState{Mute: true}, `,"no_status":true,"dpi":300`)
	if st := submit(t, p, "a", sample(), 1); st.State != driver.JobSent {
		t.Fatalf("%+v", st)
	}
	for range 200 {
		if len(n.Labels()) > 0 {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if l := n.Labels(); len(l) != 1 || l[0].Width != 720 {
		t.Errorf("%+v", l)
	}
}

func TestWhatCannotBePrinted(t *testing.T) {
	p, n := setup(t, sim.LabelState{}, "")
	for want, l := range map[string]*driver.Label{
		"wide":      {Width: 0, Height: 10},
		"outside":   {Width: 100, Height: 100, Items: []*hwv1.LabelItem{text(200, 0, "x", 0, false)}},
		"EAN-13":    {Width: 500, Height: 100, Items: []*hwv1.LabelItem{code(0, 0, "ean13", "6901234567890", 0)}},
		"Code 128":  {Width: 500, Height: 100, Items: []*hwv1.LabelItem{code(0, 0, "code128", "中", 0)}},
		"QR":        {Width: 100, Height: 100, Items: []*hwv1.LabelItem{code(90, 0, "qr", "x", 50)}},
		"narrow":    {Width: 100, Height: 100, Items: []*hwv1.LabelItem{code(0, 0, "code128", "a long number 12345", 0)}},
		"not known": {Width: 100, Height: 100, Items: []*hwv1.LabelItem{code(0, 0, "upc", "1", 0)}},
	} {
		if st := submit(t, p, want, l, 1); st.State != driver.JobFailed || !strings.Contains(st.Reason, want) {
			t.Errorf("%s: %+v", want, st)
		}
	}
	if st := submit(t, p, "many", sample(), 10_000); st.State != driver.JobFailed {
		t.Errorf("%+v", st)
	}
	if len(n.Labels()) > 0 {
		t.Error("something was printed")
	}
}

// Whatever a text says, the label has that one field and no other command.
func TestAnyTextIsSafe(t *testing.T) {
	n, err := sim.NewLabelPrinter(sim.LabelState{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	p := newLabeler(quick)
	if err := p.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"address":"tcp:%s"}`, n.Addr()))); err != nil {
		t.Fatal(err)
	}
	k := 0
	rapid.Check(t, func(rt *rapid.T) {
		if k++; k > 40 {
			return // each is a connection
		}
		s := rapid.StringOfN(rapid.RuneFrom([]rune("aZ09 ^~_\\>,:¥中\x1b\x02\x03|")), 1, 40, -1).Draw(rt, "text")
		st := submit(t, p, fmt.Sprint(k), &driver.Label{Width: 1000, Height: 100, Items: []*hwv1.LabelItem{text(0, 0, s, 30, false)}}, 1)
		labels := n.Labels()
		if st.State != driver.JobConfirmed || len(labels) != k || len(n.Unknown()) > 0 || len(labels[k-1].Fields) > 1 {
			rt.Fatalf("%q: %+v, %d labels, unknown %q", s, st, len(labels), n.Unknown())
		}
		want := clean(s)
		for _, f := range labels[k-1].Fields {
			if f.Kind == "text" && f.Data != want || f.Kind == "picture" && isASCII(want) {
				rt.Fatalf("%q became %+v", want, f)
			}
		}
		if len(labels[k-1].Fields) == 0 && want != "" {
			rt.Fatalf("%q is not on the label", want)
		}
	})
}

func TestParse(t *testing.T) {
	const good = "\x02030,1,0,1245,002,0,0,1,000,0,0,0\x03\r\n\x02000,0,1,0,0,2,4,0,00000003,1,000\x03\r\n\x021234,0\x03\r\n"
	s, ok := parse([]byte(good))
	if !ok || s != (status{paperOut: true, headOpen: true, left: 6}) {
		t.Errorf("%+v %v", s, ok)
	}
	for i := range len(good) - 4 {
		if _, ok := parse([]byte(good[:i])); ok {
			t.Fatalf("%q is an answer", good[:i])
		}
	}
	for _, bad := range []string{"\x02\x03\x02\x03\x02\x03", strings.Replace(good, "002", "xx", 1), strings.Repeat("\x03\x02", 9)} {
		if _, ok := parse([]byte(bad)); ok {
			t.Errorf("%q is an answer", bad)
		}
	}
}

func TestConfigure(t *testing.T) {
	for bad, want := range map[string]string{
		`{}`: "address", `{"address":"p"}`: "no address", `{"address":"tcp:h:1","dpi":72}`: "72", `{"adress":"p"}`: "unknown field", `[]`: "cannot",
	} {
		if err := newLabeler(quick).Configure(t.Context(), json.RawMessage(bad)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if !json.Valid(New().(driver.Configurable).ConfigSchema()) {
		t.Error("the schema is no JSON")
	}
}
