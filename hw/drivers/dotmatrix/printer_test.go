package dotmatrix

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/hw/drivers/streamprinter"
	"github.com/shopwright/shopwright/hw/escpos"
	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/hw/wire"
	"github.com/shopwright/shopwright/sdk/driver"
)

var quick = streamprinter.Limits{Ask: 50 * time.Millisecond, Write: 300 * time.Millisecond, Finish: 500 * time.Millisecond, Probe: time.Hour}

func sample() receipt.Document {
	return receipt.Document{Blocks: []receipt.Block{
		receipt.Text{Text: "莲花美容", Style: receipt.Style{Bold: true, Align: receipt.Center}},
		receipt.Columns{Cols: []receipt.Column{{Flex: true}, {Align: receipt.Right}}, Rows: [][]string{
			{"精剪造型（资深）", "¥128.00"}, {"喆䶮㙍草本", "$12.50"}, {"Tea a b", "9.00"},
		}},
		receipt.Text{Text: "合计 ¥149.50", Style: receipt.Style{Align: receipt.Right}},
		receipt.QR{Content: "https://lotus.example/r/1?k=7f"},
		receipt.Cut{},
	}}
}

func setup(t *testing.T, more string) (*Printer, *sim.DotPrinter) {
	t.Helper()
	s, err := sim.NewDotPrinter()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	p := newPrinter(quick)
	if err := p.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"address":"tcp:%s"%s}`, s.Addr(), more))); err != nil {
		t.Fatal(err)
	}
	return p, s
}

func submit(t *testing.T, p *Printer, id string, d receipt.Document) driver.JobStatus {
	t.Helper()
	st, err := p.Submit(t.Context(), driver.Job{JobKey: driver.JobKey{ID: id, Attempt: 1}, Document: wire.To(d)})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// printed waits until all bytes of the encodings have come.
func printed(t *testing.T, s *sim.DotPrinter, want ...[]byte) []sim.DotPage {
	t.Helper()
	all := bytes.Join(want, nil)
	for range 400 {
		if bytes.Equal(s.Raw(), all) {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if !bytes.Equal(s.Raw(), all) {
		t.Fatalf("%d bytes came, not the %d of the encoding", len(s.Raw()), len(all))
	}
	if u := s.Unknown(); len(u) > 0 {
		t.Errorf("the printer does not know %v", u)
	}
	return s.Pages()
}

// Two jobs on forms of 33 lines: each begins on a form of its own, the columns
// stand where the layout puts them, the rare characters and the code are
// pictures.
func TestForms(t *testing.T) {
	p, s := setup(t, `,"form_lines":33,"one_way":true,"carbon":true`)
	for _, id := range []string{"a", "b", "a"} {
		if st := submit(t, p, id, sample()); st.State != driver.JobSent {
			t.Fatalf("%+v", st)
		}
	}
	one := Encode(sample(), Profile{Columns: 80, Form: 33, OneWay: true, Carbon: true})
	pages := printed(t, s, one, one)
	if len(pages) != 2 || pages[0].Text() != pages[1].Text() {
		t.Fatalf("%d pages", len(pages))
	}
	got := pages[0].Lines
	if !strings.HasPrefix(got[0], strings.Repeat(" ", 36)+"莲花美容") {
		t.Errorf("not in the middle: %q", got[0])
	}
	// 8 Chinese characters and the yen of two cells.
	if w := len(got[1]); !strings.HasPrefix(got[1], "精剪造型（资深）") || !strings.HasSuffix(got[1], "￥128.00") || w != 80-8-1+2*8+2 {
		t.Errorf("%d: %q", w, got[1])
	}
	if got[3] != "Tea a b"+strings.Repeat(" ", 69)+"9.00" || strings.TrimSpace(got[2]) != "" {
		t.Errorf("%q %q", got[2], got[3])
	}
	if !strings.HasSuffix(got[4], "合计 ￥149.50") {
		t.Errorf("%q", got[4])
	}
	if pages[0].Picture == nil {
		t.Fatal("no dots")
	}
	reader, err := exec.LookPath("zbarimg")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("zbarimg is not installed")
		}
		t.Skip("zbarimg is not installed: the code was not read")
	}
	path := filepath.Join(t.TempDir(), "form.png")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(f, pages[0].Picture.Image()); err != nil {
		t.Fatal(err)
	}
	f.Close()
	out, err := exec.Command(reader, "-q", "--raw", path).Output()
	if err != nil || strings.TrimSpace(string(out)) != "https://lotus.example/r/1?k=7f" {
		t.Errorf("%q %v", out, err)
	}
}

// Paper without forms moves on to where it is torn off.
func TestPaperWithoutForms(t *testing.T) {
	p, s := setup(t, `,"tear_lines":9,"columns":136`)
	d := receipt.Document{Blocks: []receipt.Block{receipt.Text{Text: "right", Style: receipt.Style{Align: receipt.Right}}, receipt.Cut{}}}
	if st := submit(t, p, "a", d); st.State != driver.JobSent {
		t.Fatalf("%+v", st)
	}
	pages := printed(t, s, Encode(d, Profile{Columns: 136, Tear: 9}))
	if len(pages) != 1 || len(pages[0].Lines) != 11 || pages[0].Lines[0] != strings.Repeat(" ", 131)+"right" {
		t.Errorf("%+v", pages)
	}
}

// A receipt longer than its form runs on to the next, and ends there.
func TestALongReceiptTakesTwoForms(t *testing.T) {
	p, s := setup(t, `,"form_lines":22`)
	var d receipt.Document
	for i := range 30 {
		d.Blocks = append(d.Blocks, receipt.Text{Text: fmt.Sprintf("line %d", i)})
	}
	if st := submit(t, p, "a", d); st.State != driver.JobSent {
		t.Fatalf("%+v", st)
	}
	pages := printed(t, s, Encode(d, Profile{Columns: 80, Form: 22}))
	if len(pages) != 2 || pages[0].Lines[21] != "line 21" || pages[1].Lines[0] != "line 22" {
		t.Fatalf("%+v", pages)
	}
	// One that ends by a cut ends its form once.
	d.Blocks = append(d.Blocks[:3:3], receipt.Cut{})
	if n := bytes.Count(Encode(d, Profile{Form: 22}), []byte{'\f'}); n != 1 {
		t.Errorf("%d ends of the form", n)
	}
}

// A printer without a Chinese font gets no byte beyond ASCII as text.
func TestWithoutAChineseFont(t *testing.T) {
	p, s := setup(t, `,"text":"ascii"`)
	if st := submit(t, p, "a", sample()); st.State != driver.JobSent {
		t.Fatalf("%+v", st)
	}
	pages := printed(t, s, Encode(sample(), Profile{Columns: 80, NoHan: true, Tear: tearUsual}))
	if text := pages[0].Text(); strings.TrimSpace(text) != "Tea a b"+strings.Repeat(" ", 69)+"9.00" {
		t.Errorf("%q", text)
	}
}

// Whatever the texts are, the printer knows every command, nothing leaves the
// paper's width, and what the Chinese font has is read back unchanged.
func TestAnyTextIsSafe(t *testing.T) {
	pool := []rune("aZ09 $¥￥中文发髮龍㐀𠮷éжΩあ한\x1b\x1c@\x00\x10\x7f|~（）")
	s, err := sim.NewDotPrinter()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p := newPrinter(quick)
	if err := p.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"address":"tcp:%s","form_lines":100}`, s.Addr()))); err != nil {
		t.Fatal(err)
	}
	var sent []byte
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		if n++; n > 25 {
			return // each is a connection
		}
		text := rapid.StringOfN(rapid.RuneFrom(pool), 0, 120, -1).Draw(rt, "text")
		d := receipt.Document{Blocks: []receipt.Block{receipt.Text{Text: text, Style: receipt.Style{Align: receipt.Right}}}}
		data := Encode(d, Profile{Columns: 80, Form: 100, Tear: tearUsual})
		sent = append(sent, data...)
		if st := submit(t, p, fmt.Sprint(n), d); st.State != driver.JobSent {
			rt.Fatalf("%+v", st)
		}
		pages := printed(t, s, sent)
		if len(pages) != n {
			rt.Fatalf("%d forms of %d", len(pages), n)
		}
		page := pages[n-1]
		if page.Picture != nil && page.Picture.Width > 80*fineDots+2*40 {
			rt.Fatalf("dots beyond the paper: %d", page.Picture.Width)
		}
		var want []string
		for _, l := range receipt.Layout(d, receipt.Metrics{Columns: 80, Cells: escpos.Cells}) {
			if _, ok := escpos.EncodeText(l.Text); ok {
				want = append(want, strings.ReplaceAll(strings.TrimSpace(l.Text), "¥", "￥"))
			}
		}
		var got []string
		for _, l := range page.Lines {
			if l = strings.TrimSpace(l); l != "" {
				got = append(got, l)
			}
		}
		if strings.Join(got, "\n") != strings.TrimSpace(strings.Join(nonEmpty(want), "\n")) {
			rt.Fatalf("%q became %q", want, got)
		}
	})
}

func nonEmpty(in []string) (out []string) {
	for _, s := range in {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

func TestConfigure(t *testing.T) {
	for bad, want := range map[string]string{
		`{}`: "address", `{"address":"p"}`: "no address", `{"address":"/dev/usb/lp0","columns":42}`: "42", `{"address":"/dev/usb/lp0","text":"x"}`: "known",
		`{"address":"/dev/usb/lp0","form_lines":200}`: "127", `{"address":"/dev/usb/lp0","tear_lines":-1}`: "tear", `{"adress":"p"}`: "unknown field", `[]`: "cannot",
	} {
		if err := newPrinter(quick).Configure(t.Context(), json.RawMessage(bad)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if p := newPrinter(quick); !json.Valid(p.ConfigSchema()) {
		t.Error("the schema is no JSON")
	}
	zero := 0
	if p, err := (Settings{Tear: &zero}).Profile(); err != nil || p != (Profile{Columns: 80}) {
		t.Errorf("%+v %v", p, err)
	}
}
