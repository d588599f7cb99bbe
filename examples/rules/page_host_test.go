package rules_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/rules"
)

// section is a section of a module with its contents, all below 128 bytes long or
// counted in two bytes.
func section(id byte, items ...string) string {
	body := string(rune(len(items))) + strings.Join(items, "")
	n := len(body)
	return string([]byte{id, byte(n)&0x7f | 0x80, byte(n >> 7)}) + body
}

func name(s string) string { return string(rune(len(s))) + s }

const i32, i64 = "\x7f", "\x7e"

func signature(params, results string) string {
	return "\x60" + string(rune(len(params))) + params + string(rune(len(results))) + results
}

// module is a rule that does nothing, with imports and one more function of that code.
func module(imports map[string][2]string, code string) []byte {
	types := []string{signature("", ""), signature(i32, i32), signature(i32+i32, i32), signature(i32+i32, i64)}
	var from []string
	for n, sig := range imports {
		from = append(from, name("wasi_snapshot_preview1")+name(n)+"\x00"+string(rune(len(types))))
		types = append(types, signature(sig[0], sig[1]))
	}
	at := func(i int) string { return "\x00" + string(rune(len(from)+i)) }
	body := func(code string) string { return string(rune(len(code)+2)) + "\x00" + code + "\x0b" }
	m := "\x00asm\x01\x00\x00\x00" + section(1, types...)
	if len(from) > 0 {
		m += section(2, from...)
	}
	m += section(3, "\x00", "\x01", "\x02", "\x03", "\x00") + section(5, "\x00\x01") +
		section(7, name("memory")+"\x02\x00", name("sw_abi_1")+at(0), name("sw_alloc")+at(1), name("sw_configure")+at(2), name("sw_evaluate")+at(3)) +
		section(10, body(""), body("\x41\x00"), body("\x41\x00"), body("\x42\x00"), body(code))
	return []byte(m)
}

// wasiTypes are those of WASI's own description.
var wasiTypes = map[string][2]string{
	"args_get": {i32 + i32, i32}, "args_sizes_get": {i32 + i32, i32}, "environ_get": {i32 + i32, i32}, "environ_sizes_get": {i32 + i32, i32},
	"clock_time_get": {i32 + i64 + i32, i32}, "fd_write": {i32 + i32 + i32 + i32, i32}, "poll_oneoff": {i32 + i32 + i32 + i32, i32},
	"proc_exit": {i32, ""}, "random_get": {i32 + i32, i32}, "sched_yield": {"", i32}, "fd_read": {i32 + i32 + i32 + i32, i32}, "fd_close": {i32, i32},
}

// TestPageOnImports: the functions that the page names are those that may be
// imported, and no others.
func TestPageOnImports(t *testing.T) {
	page, err := os.ReadFile("../../docs/rules/reference.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "`wasi_snapshot_preview1`:")
	list, _, _ := strings.Cut(rest, "They are answered")
	named := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z_]+)`").FindAllStringSubmatch(list, -1) {
		named[m[1]] = true
	}
	if len(named) < 5 {
		t.Fatalf("the page names %v", named)
	}
	for n, sig := range wasiTypes {
		if _, err := rules.Inspect(module(map[string][2]string{n: sig}, "")); (err == nil) != named[n] {
			t.Errorf("%s: on the page %v, the host says %v", n, named[n], err)
		}
		delete(named, n)
	}
	if len(named) > 0 {
		t.Errorf("on the page alone: %v", named)
	}
}

// TestPageOnInstructions: what the page calls refused is refused, what it allows is
// not.
func TestPageOnInstructions(t *testing.T) {
	three := "\x41\x00\x41\x00\x41\x00"
	for what, c := range map[string]struct {
		code string
		fine bool
	}{
		"nothing": {"", true}, "memory.copy": {three + "\xfc\x0a\x00\x00", true}, "memory.fill": {three + "\xfc\x0b\x00", true}, "sign extension": {"\x41\x00\xc0\x1a", true},
		"data.drop": {"\xfc\x09\x00", false}, "elem.drop": {"\xfc\x0d\x00", false}, "table.init": {three + "\xfc\x0c\x00\x00", false}, "table.copy": {three + "\xfc\x0e\x00\x00", false},
		"table.grow": {three + "\xfc\x0f\x00", false}, "table.fill": {three + "\xfc\x11\x00", false}, "table.set": {"\x26\x00", false}, "tail call": {"\x12\x00", false},
		"vectors": {"\xfd\x0c" + strings.Repeat("\x00", 16) + "\x1a", false}, "threads": {"\xfe\x03\x00", false}, "exceptions": {"\x08\x00", false},
	} {
		if _, err := rules.Inspect(module(nil, c.code)); (err == nil) != c.fine {
			t.Errorf("%s: %v", what, err)
		}
	}
}
