package office

import (
	"strconv"

	"github.com/shopwright/shopwright/core/money"
)

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// atoi reads a count; what is no number is 0, which every caller refuses or
// takes for "not given".
func atoi(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// percent reads "15" or "12.5" as a rate, exactly. Faults: money.malformed,
// money.overflow.
func percent(s string) (money.Rate, error) {
	r, err := money.ParseRate(s)
	if err == nil && r%100 != 0 {
		err = money.ErrMalformed
	}
	return r / 100, err
}
