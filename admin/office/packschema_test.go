package office

import (
	"testing"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/rules/packs"
)

// TestEveryPackHasAForm: what a pack's schema says can be set can be set on the page.
func TestEveryPackHasAForm(t *testing.T) {
	n := 0
	for _, data := range packs.Bundles() {
		b, err := pack.Open(data)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ui.ParseSchema(b.Schema(), money.MustCurrency("CNY")); err != nil {
			t.Errorf("%s: %v", b.ID, err)
		}
		n++
	}
	if n < 3 {
		t.Fatalf("%d packs", n)
	}
}
