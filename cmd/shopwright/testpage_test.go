package main

import (
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/receipt"
)

// The test page shows what can be wrong with a printer, on every width of paper.
func TestTheTestPageFitsEveryPaper(t *testing.T) {
	doc := testDocument("Counter 收银台", "2026-05-10 17:04:05")
	for _, columns := range []int{32, 42, 48} {
		text := receipt.PlainText(doc, columns)
		for _, want := range []string{"Counter 收银台", "测试", "¥1,234.50", "6901234567892", "2026-05-10 17:04:05"} {
			if !strings.Contains(text, want) {
				t.Errorf("%d columns lack %s:\n%s", columns, want, text)
			}
		}
	}
	for _, b := range doc.Blocks {
		if q, ok := b.(receipt.QR); ok && q.Content != "" {
			return
		}
	}
	t.Error("there is no QR code to be read")
}
