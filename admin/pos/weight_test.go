package pos

import (
	"context"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/sale"
)

// Labels of goods that were weighed elsewhere: each is a line of its own that costs
// what it says; what cannot be read says why and sells nothing.
func TestWeighedLabelsAreScanned(t *testing.T) {
	s := newShop(t)
	ean := func(twelve string) string {
		t.Helper()
		code, err := catalog.EAN13(twelve)
		if err != nil {
			t.Fatal(err)
		}
		return code
	}
	s.sku("123", "Jinhua ham", catalog.Goods, "food", 128*perYuan, "")
	byWeight, byPrice := ean("210012300352"), ean("220012303213")
	p := s.person("cashier")
	p.scan(byWeight)
	p.want("pos-said", "Nothing")
	if p.see("pos-line") != "" {
		t.Fatal("sold without the setting")
	}
	s.set("catalog.weight_codes", "21:weight,22:price")
	p.scan(byWeight)
	p.want("pos-line", "Jinhua ham")
	p.want("pos-line", "0.352")
	p.want("till-due-amount", "¥45.06")
	p.scan(byWeight) // another of the same weight
	p.want("till-due-amount", "¥90.12")
	p.scan(byPrice)
	p.want("till-due-amount", "¥122.25")
	p.scan("123") // a whole kilogram of it, not added to a label's line
	p.want("till-due-amount", "¥250.25")

	wrong := byWeight[:12] + string('0'+(byWeight[12]-'0'+1)%10)
	for code, said := range map[string]string{
		wrong:               "The last digit of bar code " + wrong,
		ean("210012300000"): "no weight and no price",
		ean("210077700352"): "00777",
		ean("220012304512"): "The label says 45.12",
		"2*" + byWeight:     "counts once",
	} {
		p.scan(code)
		p.want("pos-said", said)
		p.want("till-due-amount", "¥250.25")
	}
	p.press("pay")
	p.enter("cash", "250.25")
	list := s.sales()
	if len(list) != 1 || list[0].Total != 25025 {
		t.Fatalf("%+v %s", list, p.see("pos-said"))
	}
	sold, err := sale.Get(s.ctx, s.db, s.m.ID, list[0].ID)
	if err != nil || len(sold.Lines) != 4 || sold.Lines[0].Net != 4506 || sold.Lines[0].Quantity != 352 || sold.Lines[2].Net != 3213 || sold.Lines[2].Quantity != 251 || sold.Lines[3].Quantity != 1000 {
		t.Fatalf("%+v %v", sold, err)
	}
	s.proven()

	// What bears the code itself goes first.
	s.sku("GIFT", "Gift box", catalog.Goods, "food", 99*perYuan, byWeight)
	p = s.person("cashier")
	p.scan(byWeight)
	p.want("pos-line", "Gift box")
	p.want("till-due-amount", "¥99.00")
	s.tx(func(ctx context.Context, tx *db.Tx) error { return catalog.Archive(ctx, tx, s.m.ID, s.skus["GIFT"].ID) })
	p = s.person("cashier")
	p.scan(byWeight)
	if got := p.see("pos-line"); !strings.Contains(got, "Jinhua ham") {
		t.Errorf("%q where the box is sold no more", got)
	}
}
