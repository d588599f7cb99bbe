package message

import "unicode/utf16"

// The characters of GSM 03.38's default alphabet, and those that take two of its
// places.
var gsmBasic, gsmExtended = runes("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"), runes("^{}\\[~]|€\f")

func runes(s string) map[rune]bool {
	out := map[rune]bool{}
	for _, r := range s {
		out[r] = true
	}
	return out
}

// Segments counts the parts that a text message is billed as: 160 places of seven bits
// in one, 153 in each of several; 70 and 67 of sixteen bits where a character is not
// in the alphabet. unicode says which of both. A character is never cut in two.
func Segments(text string) (parts int, unicode bool) {
	var sizes []int
	for _, r := range text {
		switch {
		case gsmBasic[r]:
			sizes = append(sizes, 1)
		case gsmExtended[r]:
			sizes = append(sizes, 2)
		default:
			unicode = true
		}
	}
	one, many := 160, 153
	if unicode {
		one, many, sizes = 70, 67, sizes[:0]
		for _, r := range text {
			sizes = append(sizes, len(utf16.AppendRune(nil, r)))
		}
	}
	total := 0
	for _, n := range sizes {
		total += n
	}
	if total == 0 {
		return 0, unicode
	}
	if total <= one {
		return 1, unicode
	}
	parts, left := 1, many
	for _, n := range sizes {
		if n > left {
			parts, left = parts+1, many
		}
		left -= n
	}
	return parts, unicode
}
