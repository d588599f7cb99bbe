package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// goal is a line of the table.
type goal struct {
	what, wanted, is string
	missed           bool
}

// under makes a line of a duration that has an upper bound.
func under(what string, is, wanted time.Duration) goal {
	return goal{what, "< " + wanted.String(), roundish(is), is >= wanted}
}

func roundish(d time.Duration) string {
	if d < 10*time.Millisecond {
		return d.Round(time.Microsecond).String()
	}
	return d.Round(100 * time.Microsecond).String()
}

const unmeasured = "not measured: "

func notMeasured(what, wanted, why string) goal {
	return goal{what: what, wanted: wanted, is: unmeasured + why}
}

func writeGoals(out io.Writer, rows []goal) (missed int) {
	width := 0
	for _, r := range rows {
		width = max(width, len(r.what))
	}
	fmt.Fprintf(out, "%-*s %-10s %s\n", width, "", "goal", "here")
	for _, r := range rows {
		mark := "  met"
		switch {
		case r.missed:
			mark, missed = "  MISSED", missed+1
		case r.wanted == "-" || strings.HasPrefix(r.is, unmeasured):
			mark = ""
		}
		fmt.Fprintf(out, "%-*s %-10s %s%s\n", width, r.what, r.wanted, r.is, mark)
	}
	return missed
}

// at is a percentile.
func at(all []time.Duration, percent int) time.Duration {
	s := slices.Sorted(slices.Values(all))
	return s[min(len(s)*percent/100, len(s)-1)]
}
