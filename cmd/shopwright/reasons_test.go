package main

import (
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
)

// TestEveryReasonHasAText: no fault of the whole program reaches a person as a code.
func TestEveryReasonHasAText(t *testing.T) {
	n := 0
	for _, r := range fault.Reasons() {
		if strings.Contains(strings.Split(r, ".")[0], "test") {
			continue // declared by a test
		}
		n++
		for _, tag := range i18n.Tags() {
			if !i18n.Must(tag).Has(r) {
				t.Errorf("%s has no text in %s", r, tag)
			}
		}
	}
	if n < 200 {
		t.Fatalf("only %d reasons were looked at", n)
	}
}
