package scan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"github.com/shopwright/shopwright/hw/port"
)

func usual(t *testing.T, change func(*Settings)) Rules {
	t.Helper()
	s := Usual()
	if change != nil {
		change(&s)
	}
	r, err := s.Rules()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCodes(t *testing.T) {
	chinese, _ := simplifiedchinese.GB18030.NewEncoder().String("会员卡")
	marked := func(s *Settings) { s.Prefix, s.Suffix = `\x02`, "ZZ" }
	for _, c := range []struct {
		line, want, symbology string
		change                func(*Settings)
	}{
		{line: "6901234567892", want: "6901234567892"},
		{line: "]E06901234567892", want: "6901234567892", symbology: "ean13"},
		{line: "]E412345670", want: "12345670", symbology: "ean8"},
		{line: "]C10106901234567892\x1d10A7", want: "0106901234567892\x1d10A7", symbology: "gs1-128"},
		{line: "]C0abc", want: "abc", symbology: "code128"},
		{line: "]Q1https://example.com/?a=1", want: "https://example.com/?a=1", symbology: "qr"},
		{line: "]d2010690\x1d", want: "010690\x1d", symbology: "gs1-datamatrix"},
		{line: "]E0690", want: "]E0690", change: func(s *Settings) { s.KeepAIM = true }},
		{line: "]?0690", want: "]?0690"}, // no identifier
		{line: "]C0", want: "]C0"},       // nothing behind it
		{line: "\x02690ZZ", want: "690", change: marked},
		{line: "\x02]E06901ZZ", want: "6901", symbology: "ean13", change: marked},
		{line: "]E0\x026901ZZ", want: "6901", symbology: "ean13", change: marked},
		{line: "690", want: "690", change: marked}, // a scanner that forgot them
		{line: " 690\t", want: "690"},
		{line: "会员卡", want: "会员卡"},
		{line: chinese, want: chinese},
	} {
		got, err := usual(t, c.change).Clean([]byte(c.line))
		if err != nil || string(got.Data) != c.want || got.Symbology != c.symbology {
			t.Errorf("%q: %q %q %v", c.line, got.Data, got.Symbology, err)
		}
	}
	for line, want := range map[string]error{"": ErrEmpty, " \t": ErrEmpty, "\x02ZZ": ErrEmpty, "69\x0001": ErrJunk, "\xff\xfe\x80": ErrJunk, "\x1b[A": ErrJunk, "69\x7f": ErrJunk} {
		if got, err := usual(t, marked).Clean([]byte(line)); !errors.Is(err, want) {
			t.Errorf("%q: %q %v", line, got.Data, err)
		}
	}
}

func TestSettings(t *testing.T) {
	for _, change := range []func(*Settings){
		func(s *Settings) { s.End = "never" }, func(s *Settings) { s.PauseMS = 5 }, func(s *Settings) { s.Longest = 1 },
		func(s *Settings) { s.Prefix = `\q` }, func(s *Settings) { s.Suffix = `\x0` },
	} {
		s := Usual()
		change(&s)
		if _, err := s.Rules(); err == nil {
			t.Errorf("%+v was taken", s)
		}
	}
}

// heard is what an assembler said, in order.
func heard(r Rules) (*Assembler, *[]string) {
	var out []string
	return &Assembler{Rules: r,
		Got:     func(c Code) { out = append(out, string(c.Data)) },
		Dropped: func(why error, n int) { out = append(out, fmt.Sprintf("%v/%d", why, n)) },
	}, &out
}

func TestAssembling(t *testing.T) {
	a, out := heard(usual(t, func(s *Settings) { s.Longest = 10 }))
	for _, s := range []string{"1", "23\r", "\n", "45", "6\n78\t9", "0\r\n", strings.Repeat("x", 25), "y\r", "after\r", "bad\x00\r", "ok\r"} {
		a.Feed([]byte(s))
	}
	a.Feed([]byte("half"))
	a.Spoil()
	a.Feed([]byte("more\rwhole\r"))
	a.Feed([]byte("paused"))
	if !a.Open() {
		t.Error("nothing is under way")
	}
	a.Paused()
	a.Feed([]byte("unplugged"))
	a.Forget()
	if a.Open() {
		t.Error("something is under way")
	}
	want := []string{"123", "456", "78", "90", ErrLong.Error() + "/26", "after", ErrJunk.Error() + "/4", "ok", ErrLost.Error() + "/8", "whole", "paused"}
	if strings.Join(*out, "|") != strings.Join(want, "|") {
		t.Errorf("%q\nwant %q", *out, want)
	}
}

// However the bytes are cut, the same codes come out.
func TestAnyCutGivesTheSameCodes(t *testing.T) {
	all := "]E06901234567892\r\n会员\r\n\r\nA\tB\n" + strings.Repeat("z", 40) + "\r"
	whole, want := heard(usual(t, func(s *Settings) { s.Longest = 30 }))
	whole.Feed([]byte(all))
	for size := 1; size < len(all); size++ {
		a, got := heard(whole.Rules)
		for b := []byte(all); len(b) > 0; {
			n := min(size, len(b))
			a.Feed(b[:n])
			b = b[n:]
		}
		if strings.Join(*got, "|") != strings.Join(*want, "|") {
			t.Fatalf("in pieces of %d: %q", size, *got)
		}
	}
}

func TestDropsDoNotFillTheLog(t *testing.T) {
	var b strings.Builder
	dropped := Drops(slog.New(slog.NewTextHandler(&b, nil)))
	for range 1000 {
		dropped(ErrJunk, 7)
	}
	if n := strings.Count(b.String(), "\n"); n != dropsLogged || !strings.Contains(b.String(), "bytes=7") {
		t.Errorf("%d records\n%s", n, b.String())
	}
}

func TestRunEndsCodesAtPauses(t *testing.T) {
	here, there := net.Pipe()
	c := port.Over(here)
	defer c.Close()
	got := make(chan string, 10)
	a := Assembler{Rules: usual(t, func(s *Settings) { s.End, s.PauseMS = "none", 40 }), Got: func(c Code) { got <- string(c.Data) }, Dropped: func(error, int) { t.Error("dropped") }}
	ended := make(chan error)
	go func() { ended <- a.Run(context.Background(), c, nil) }()
	for _, s := range []string{"first", "second"} {
		if _, err := io.WriteString(there, s); err != nil {
			t.Fatal(err)
		}
		select {
		case code := <-got:
			if code != s {
				t.Errorf("%q", code)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("the pause ended nothing")
		}
	}
	there.Close()
	if err := <-ended; !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}
