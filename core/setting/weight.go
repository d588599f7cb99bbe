package setting

import (
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/fault"
)

// ErrWeightCodes is a value of catalog.weight_codes that cannot be read: {part} is
// not "21:weight" or "22:price" with a prefix of 20 to 29, or its prefix stands twice.
var ErrWeightCodes = fault.New(fault.Invalid, "setting.weight_codes_invalid")

// What the five value digits of a weight code say.
const (
	SaysWeight = "weight" // grams
	SaysPrice  = "price"  // minor units of the currency
)

// WeightPrefix is two digits that begin a weight code, and what such a code says.
type WeightPrefix struct {
	Prefix string // "20" to "29"
	Says   string // SaysWeight, SaysPrice
}

// wideMarks are the colon and the commas that a Chinese keyboard types.
var wideMarks = strings.NewReplacer("：", ":", "，", ",", "、", ",")

// ParseWeightCodes reads "21:weight, 22:price", in this order; "" is none. Fault:
// setting.weight_codes_invalid.
func ParseWeightCodes(text string) ([]WeightPrefix, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	var out []WeightPrefix
	for part := range strings.SplitSeq(wideMarks.Replace(text), ",") {
		part = strings.TrimSpace(part)
		prefix, says, _ := strings.Cut(part, ":")
		p := WeightPrefix{strings.TrimSpace(prefix), strings.ToLower(strings.TrimSpace(says))}
		known := len(p.Prefix) == 2 && p.Prefix[0] == '2' && p.Prefix[1] >= '0' && p.Prefix[1] <= '9' && (p.Says == SaysWeight || p.Says == SaysPrice)
		if !known || slices.ContainsFunc(out, func(o WeightPrefix) bool { return o.Prefix == p.Prefix }) {
			return nil, ErrWeightCodes.With("part", part)
		}
		out = append(out, p)
	}
	return out, nil
}

func checkWeightCodes(text string) error {
	_, err := ParseWeightCodes(text)
	return err
}

// WeightPrefixes is WeightCodes as core/catalog reads codes with it.
func WeightPrefixes(v Values) []WeightPrefix {
	list, _ := ParseWeightCodes(WeightCodes.In(v)) // checked when it was taken up
	return list
}
