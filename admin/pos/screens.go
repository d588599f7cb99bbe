package pos

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/till"
)

// saleScreen shows a document, after payment or later.
func saleScreen(v *saleView) templ.Component {
	p := v.props(&v.frame, v.saleTitle(v.Sale))
	p.Basket, p.Side, p.Foot, p.Keys = saleMain(v), saleSide(v), saleFoot(v), awayKeys(v.desk)
	return ui.Register(v.Ctx, p)
}

func salesScreen(d *desk, f *frame, list []sale.Sale, waiting int) templ.Component {
	p := d.props(f, d.T("pos.sales"))
	p.Focus = true
	p.Basket, p.Keys, p.Foot = salesMain(d, list, waiting), awayKeys(d), onwards(d, nil)
	return ui.Register(d.Ctx, p)
}

func shiftScreen(v *shiftView) templ.Component {
	p := v.props(&v.frame, v.T("pos.shift"))
	p.Basket, p.Keys, p.Foot = shiftMain(v), awayKeys(v.desk), onwards(v.desk, v.Report)
	return ui.Register(v.Ctx, p)
}

func (v *shiftView) hasClosed() bool {
	return slices.ContainsFunc(v.Closed, func(s till.Shift) bool { return s.State == "closed" })
}

func (v *shiftView) reportTitle(rep *till.Report) string {
	if rep.Final {
		return v.T("pos.z_report", "no", rep.No)
	}
	return v.T("pos.x_report", "no", rep.No)
}

func kindIcon(kind string) string {
	if kind == sale.KindSale {
		return "sale"
	}
	return "recall"
}

// signed is what a document brought: refunds take away.
func signed(s *sale.Sale) money.Amount {
	if s.Kind == sale.KindSale {
		return s.Total
	}
	return -s.Total
}

func hashOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// refundDue is the most that may be given back, with what was computed for what
// was prepaid.
func (v *saleView) refundDue() ui.DueProps {
	if v.Refund.Terms != nil {
		return ui.DueProps{Label: v.Refund.Terms.PayLabel, Amount: v.Refund.Terms.Pay}
	}
	var left money.Amount
	for _, l := range v.Refund.Lines {
		left += l.Most
	}
	return ui.DueProps{Label: v.T("pos.refund_at_most"), Amount: v.Money(left)}
}

func requestsScreen(v *requestsView) templ.Component {
	p := v.props(&v.frame, v.T("pos.requests_title"))
	p.Basket, p.Keys, p.Foot = requestsMain(v), awayKeys(v.desk), onwards(v.desk, nil)
	return ui.Register(v.Ctx, p)
}
