package report

import (
	"context"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/till"
)

// Shift makes the document of a shift's report: X while it is open, Z once it is
// closed. copyNo above 1 marks a duplicate. Fault: till.shift_not_found.
func (r *Receipts) Shift(ctx context.Context, m, shift id.ID, copyNo int) (receipt.Document, error) {
	rep, s, err := till.X(ctx, r.DB, m, shift)
	if err != nil {
		return receipt.Document{}, err
	}
	var desk tenant.Desk
	var settings setting.Values
	var tpl receipt.Template
	if err := r.DB.Batch(ctx, []db.Ask{tenant.AskDesk(m, s.Register, &desk), setting.AskAll(m, s.Shop, s.Register, &settings), receipt.AskTemplate(m, s.Shop, &tpl)}...); err != nil {
		return receipt.Document{}, err
	}
	if err := desk.Check(); err != nil {
		return receipt.Document{}, err
	}
	langs := languages(tpl, "", setting.ReceiptLocale.In(settings), desk.Merchant.Locale)
	return shiftDocument(rep, desk, i18n.Match(langs[0]), receipt.Texts(langs, " "), copyNo), nil
}

func shiftDocument(rep till.Report, desk tenant.Desk, l i18n.Locale, t func(string, ...any) string, copyNo int) receipt.Document {
	c := desk.Merchant.Currency
	cols := []receipt.Column{{Flex: true}, {Align: receipt.Right}}
	title := t("office.shifts.x")
	if rep.Final {
		title = t("pos.z_report", "no", rep.No)
	}
	facts := [][]string{{t("receipt.register"), desk.Register.Name}, {t("office.shifts.opened"), l.DateTime(rep.OpenedAt, desk.Shop.Zone)}}
	if rep.ClosedAt != 0 {
		facts = append(facts, []string{t("office.shifts.closed_at"), l.DateTime(rep.ClosedAt, desk.Shop.Zone)})
	}
	out := []receipt.Block{
		receipt.Text{Text: desk.Shop.Name, Style: receipt.Style{Align: receipt.Center, Bold: true, Size: receipt.Tall}},
		receipt.Text{Text: title, Style: receipt.Style{Align: receipt.Center, Bold: true}},
		receipt.Text{Text: l.Date(rep.Date), Style: receipt.Style{Align: receipt.Center}},
		receipt.Rule{}, receipt.Columns{Cols: cols, Rows: facts},
	}
	table := func(rows [][]string, bold bool) {
		if len(rows) > 0 {
			out = append(out, receipt.Rule{}, receipt.Columns{Cols: cols, Rows: rows, Bold: bold})
		}
	}
	var sums, tenders [][]string
	for _, x := range rep.Summaries {
		sums = append(sums, []string{t("office.kind."+x.Kind) + " × " + l.Number(x.Count), c.Format(x.Total)})
	}
	table(sums, false)
	for _, x := range rep.Tenders {
		tenders = append(tenders, []string{t("tender."+x.Tender) + " × " + l.Number(x.Count), c.Format(x.Signed())})
	}
	table(tenders, false)
	table([][]string{{t("office.shifts.float"), c.Format(rep.Float)}, {t("office.shifts.paid_in"), c.Format(rep.PaidIn)}, {t("office.shifts.paid_out"), c.Format(-rep.PaidOut)}}, false)
	if !rep.Hidden {
		table([][]string{{t("office.shifts.expected"), c.Format(rep.Expected)}}, true)
	}
	if rep.Final {
		table([][]string{{t("office.shifts.counted"), c.Format(rep.Counted)}, {t("office.shifts.over_short"), c.Format(rep.OverShort)}}, true)
		if rep.OffReason != "" {
			out = append(out, receipt.Text{Text: t("office.shifts.off_reason") + " " + rep.OffReason})
		}
	}
	out = append(out, receipt.Feed{Lines: 1}, receipt.Cut{})
	return receipt.Document{Title: title, Lang: l.Tag(), Copy: copyNo, Blocks: out}
}
