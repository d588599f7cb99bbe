package rules

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"unicode"

	"github.com/shopwright/shopwright/core/promotion"
)

// names is the body of a name section for functions.
func names(m ...string) []byte {
	var items [][]byte
	for i, n := range m {
		if n != "" {
			items = append(items, cat(putU(nil, uint64(i)), str(n)))
		}
	}
	return cat([]byte{1}, sized(vec(items...)))
}

// logged runs a module once and answers what the log has.
func logged(t *testing.T, module []byte) string {
	t.Helper()
	var log bytes.Buffer
	s := shelf{}
	h, err := New(ctx, Options{Log: slog.New(slog.NewTextHandler(&log, nil)), Load: func(h string) ([]byte, error) { return s[h], nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close(context.Background())
	if _, err := h.Evaluate(ctx, s.add(module, "{}"), basket(promotion.HookPrice, 1)); err == nil {
		t.Fatal("no trap")
	}
	return log.String()
}

// TestTrapsAreNamed: the log says in which function of the module a rule fell
// over; the rewriting moves no index, also where functions are imported.
func TestTrapsAreNamed(t *testing.T) {
	a := asm{
		imports:  [][]byte{imported(wasi, "sched_yield", 0, 6), imported(wasi, "proc_exit", 0, 4)},
		evaluate: []byte{opCall, 6, opUnreachable},
		extra:    []byte{opUnreachable},
		names:    names("yield", "exit", "marker", "alloc", "configure", "evaluate_basket", "discount_for_gold"),
	}
	a.sections = map[byte][]byte{secType: typesWith([]byte{0x60, 0, 1, typeI32})}
	got := logged(t, a.bytes())
	inner, outer := strings.Index(got, "discount_for_gold"), strings.Index(got, "evaluate_basket")
	if inner < 0 || outer < inner || strings.Contains(got, "configure") || strings.Contains(got, "marker") {
		t.Errorf("log: %s", got)
	}
	if got := logged(t, asm{evaluate: []byte{opUnreachable}}.bytes()); !strings.Contains(got, "$3") {
		t.Errorf("without names: %s", got)
	}
}

// typesWith are the types of asm and one more.
func typesWith(more []byte) []byte {
	var m module
	r := asm{}.bytes()
	m.split(r)
	b := bytes.Clone(m.sections[secType])
	b[0]++
	return append(b, more...)
}

// TestHostileNames: names of functions go into the log; they must not change how
// it reads, nor may the section cost anything or refuse a module.
func TestHostileNames(t *testing.T) {
	for name, body := range map[string][]byte{
		"claims four thousand million": cat([]byte{1}, sized([]byte{0xff, 0xff, 0xff, 0xff, 0x0f})),
		"long section":                 {1, 0xff, 0xff, 0xff, 0xff, 0x0f},
		"locals":                       cat([]byte{2}, sized([]byte{0xff, 0xff, 0xff, 0xff, 0x0f})),
		"not in order":                 cat([]byte{1}, sized(vec(cat([]byte{3}, str("b")), cat([]byte{1}, str("a"))))),
		"of no function":               cat([]byte{1}, sized(vec(cat([]byte{99}, str("b"))))),
		"cut short":                    {1},
		"no UTF-8":                     names("", "", "", "a\xff\xfeb"),
		"direction":                    names("", "", "", "sw\u202e\u2066\u200bfunction\x1b[31m\nlevel=ERROR"),
		"long":                         names("", "", "", strings.Repeat("x", 100_000)),
	} {
		got := logged(t, asm{evaluate: []byte{opUnreachable}, names: body}.bytes())
		if !strings.Contains(got, "rules.trapped") || len(got) > 2000 || strings.Count(got, "\n") != 1 {
			t.Errorf("%s: %s", name, got)
		}
		for _, r := range got {
			if r != '\n' && !unicode.IsPrint(r) {
				t.Errorf("%s: %q in the log", name, r)
			}
		}
	}
}
