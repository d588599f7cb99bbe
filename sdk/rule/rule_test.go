package rule

import (
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

func TestParseConfig(t *testing.T) {
	v, err := ParseConfig([]byte(` {"a":true,"b":"x\u4f60\ud83d\ude00\n\"","n":-12.345,"big":10000000000000000,"list":[{"k":1},{"k":2.5}],"o":null,"f":false} `))
	if err != nil {
		t.Fatal(err)
	}
	if !v.Bool("a", false) || v.Bool("f", true) || !v.Bool("none", true) || !v.Bool("b", true) {
		t.Error("flags")
	}
	if got := v.Text("b", ""); got != "x你😀\n\"" {
		t.Errorf("text %q", got)
	}
	if v.Int("n", 0) != -12 || v.Scaled("n", 2, 0) != -1234 || v.Scaled("n", 4, 0) != -123450 || v.Int("big", 7) != 7 || v.Int("o", 3) != 3 {
		t.Error("numbers")
	}
	if l := v.List("list"); len(l) != 2 || l[1].Percent("k", 0) != 25_000 || l[0].Amount("k", 0) != 1 || v.List("a") != nil || v.Get("b").Str() == "" {
		t.Error("lists")
	}
	if e, err := ParseConfig(nil); err != nil || e.Bool("x", true) != true {
		t.Error("an empty configuration")
	}
	for _, bad := range []string{"{", "[1,]", `{"a"}`, `{"a":1,}`, "1e5", "01x", "-", "1.", "tru", `"\x"`, "\"a\nb\"", `{"a":1} x`, "[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]", `"\u12"`, "+1", ".5"} {
		if _, err := ParseConfig([]byte(bad)); err == nil {
			t.Errorf("%s was accepted", bad)
		}
	}
}

// FuzzParseConfig: what is read as JSON is JSON, and gives the same texts.
func FuzzParseConfig(f *testing.F) {
	f.Add([]byte(`{"a":[1,2.5,"x"],"b":{"c":null}}`))
	f.Add([]byte(`"\ud800\u0041"`))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := ParseConfig(b)
		if err != nil || len(b) == 0 {
			return
		}
		var s string
		if v.kind == 's' && json.Unmarshal(b, &s) == nil && s != v.text && json.Valid([]byte(s)) {
			t.Fatalf("%q is read as %q", s, v.text)
		}
	})
}

func TestMulDiv(t *testing.T) {
	if MulDiv(7, 1, 0, HalfUp) != 0 || MulDiv(Max, Max, 1, HalfUp) != Max || MulDiv(-Max, Max, 3, HalfUp) != -Max {
		t.Error("bounds")
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 20000 {
		a, b, c := r.Int64N(Max)>>r.IntN(40), r.Int64N(1_000_001), 1+r.Int64N(1_000_000)>>r.IntN(20)
		if r.IntN(2) == 0 {
			a = -a
		}
		n := new(big.Int).Mul(big.NewInt(a), big.NewInt(b))
		q, rem := new(big.Int).QuoRem(n, big.NewInt(c), new(big.Int))
		want := map[Rounding]*big.Int{}
		twice := new(big.Int).Abs(rem)
		half := twice.Lsh(twice, 1).Cmp(big.NewInt(c))
		for m := HalfUp; m <= Up; m++ {
			w := new(big.Int).Set(q)
			if m == HalfUp && half >= 0 || m == HalfEven && (half > 0 || half == 0 && q.Bit(0) == 1) || m == Up && rem.Sign() != 0 {
				w.Add(w, big.NewInt(int64(n.Sign())))
			}
			want[m] = w
		}
		for m, w := range want {
			if w.CmpAbs(big.NewInt(Max)) > 0 {
				continue
			}
			if got := MulDiv(a, b, c, m); got != w.Int64() {
				t.Fatalf("%d x %d / %d rounding %d: %d, want %s", a, b, c, m, got, w)
			}
		}
	}
}

func TestDate(t *testing.T) {
	for d := time.Date(1999, 12, 30, 0, 0, 0, 0, time.UTC); d.Year() < 2045; d = d.AddDate(0, 0, 5) {
		n := Date(d.Year()*10000 + int(d.Month())*100 + d.Day())
		if n.Weekday() != int(d.Weekday()) || n.Year() != d.Year() || n.Month() != int(d.Month()) || n.Day() != d.Day() {
			t.Fatalf("%v: %d", d, n.Weekday())
		}
	}
	if Date(0).Weekday() != 0 {
		t.Error("no date")
	}
}

func TestPercentText(t *testing.T) {
	for r, want := range map[Rate]string{0: "0", 125_000: "12.5", 1_000_000: "100", 333_333: "33.3333", 1: "0.0001", -5_000: "-0.5", -125_000: "-12.5", 50_500: "5.05"} {
		if got := r.PercentText(); got != want {
			t.Errorf("%d: %s, want %s", int64(r), got, want)
		}
	}
}

type nothing struct{}

func (nothing) Configure([]byte) error { return nil }

type pricer struct{ nothing }

func (pricer) Price(_ *Input, out *Output) error {
	out.Say(Note{Code: "x"})
	return nil
}

func TestHooksAreFound(t *testing.T) {
	if got := Serves(pricer{}); !reflect.DeepEqual(got, []Hook{HookPrice}) {
		t.Errorf("%v", got)
	}
	out := Output{Notes: []Note{{Code: "old"}}}
	if err := Evaluate(pricer{}, &Input{Hook: HookPrice}, &out); err != nil || len(out.Notes) != 1 || out.Notes[0].Code != "x" {
		t.Errorf("%v %+v", err, out)
	}
	for _, h := range []Hook{0, HookEarn, HookReturn, 99} {
		if err := Evaluate(pricer{}, &Input{Hook: h}, &out); err != ErrHook {
			t.Errorf("hook %d: %v", h, err)
		}
	}
}
