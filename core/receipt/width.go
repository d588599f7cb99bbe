package receipt

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Cells is how many cells a character takes on a terminal and in plain text:
// 2 for the wide and full-width ones of Unicode's table, 0 for combining
// marks, else 1.
func Cells(r rune) int {
	if zeroWidth(r) {
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// TextCells is the width of a text in plain text.
func TextCells(s string) int { return measure(s, Cells) }

func measure(s string, cells func(rune) int) int {
	n := 0
	for _, r := range s {
		n += cells(r)
	}
	return n
}

// clean removes what must not reach a printer: control characters (they are
// its commands), direction marks (they make a printed amount read otherwise
// than it is stored), and bytes that are no text. Tabs become spaces; line
// breaks stay.
func clean(s string) string {
	s = strings.ReplaceAll(s, "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t' || r == '\u2028' || r == '\u2029' || r == '\u00a0':
			return ' '
		case r == '\u200d':
			return -1
		case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// noStart are characters that must not begin a line, noEnd those that must not
// end one.
const (
	noStart = "!),.:;?]}、。，．：；？！）」』】〉》〕％%…々ー~"
	noEnd   = "([{（「『【〈《〔￥¥$"
)

// wrap breaks one paragraph into lines of at most that many cells: at spaces,
// between East-Asian characters, and inside a word only where it alone is too
// long. It answers at least one line.
func wrap(s string, columns int, cells func(rune) int) []string {
	var lines []string
	for _, para := range strings.Split(s, "\n") {
		lines = append(lines, wrapParagraph([]rune(para), max(columns, 2), cells)...)
	}
	return lines
}

func wrapParagraph(rs []rune, columns int, cells func(rune) int) []string {
	var lines []string
	for {
		n, used := 0, 0
		for n < len(rs) && used+cells(rs[n]) <= columns {
			used += cells(rs[n])
			n++
		}
		if n == len(rs) {
			return append(lines, strings.TrimRight(string(rs), " "))
		}
		cut := n
		for cut > 0 && !mayBreak(rs, cut, cells) {
			cut--
		}
		if cut == 0 {
			cut = max(n, 1) // a word longer than the line
		}
		lines = append(lines, strings.TrimRight(string(rs[:cut]), " "))
		rs = rs[cut:]
		for len(rs) > 0 && rs[0] == ' ' {
			rs = rs[1:]
		}
		if len(rs) == 0 {
			return lines
		}
	}
}

// mayBreak reports whether a line may end before rs[i].
func mayBreak(rs []rune, i int, cells func(rune) int) bool {
	before, after := rs[i-1], rs[i]
	switch {
	case after == ' ':
		return true
	case zeroWidth(after), strings.ContainsRune(noStart, after), strings.ContainsRune(noEnd, before):
		return false
	case before == ' ' || before == '-':
		return true
	}
	return cells(before) == 2 || cells(after) == 2
}
