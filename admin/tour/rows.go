package tour

import (
	"net/url"

	"github.com/shopwright/shopwright/admin/shell"
	"github.com/shopwright/shopwright/admin/ui"
)

func storyColumns(p *shell.Page) []ui.Column {
	return []ui.Column{{Title: p.T("tour.who")}, {Title: p.T("tour.story")}, {Title: p.T("tour.where")}, {Title: p.T("tour.number"), Key: true}}
}

func storyRows(p *shell.Page, list []Story) []ui.TableRow {
	var out []ui.TableRow
	for _, s := range list {
		out = append(out, ui.Row(s.Name, p.T("tour.story."+s.Key), p.T("tour.trade."+s.Edition), s.Note))
	}
	return out
}

func frameOf(v *view) ui.Frame {
	f := v.Frame(v.T("tour.role." + v.role.key))
	f.Lead = v.T("tour.role." + v.role.key + ".text")
	return f
}

// curl is a call of the API that works as it stands.
func (v *view) curl() string { return v.call("/skus?limit=3") }

// curlRequests lists the refunds that were asked for, one of which waits.
func (v *view) curlRequests() string { return v.call("/refund-requests") }

func (v *view) call(path string) string {
	return `curl -H "Authorization: Bearer ` + v.m.APIKey + `" "http://` + v.host + `/api/v1` + path + `"`
}

// also reports whether there is something for the role beside its steps.
func (v *view) also() bool {
	switch v.role.key {
	case "cashier":
		return v.m.GiftCard.Code != ""
	case "owner", "integrator":
		return true
	}
	return false
}

func (v *price) address() string { return "/tour/price?seen=" + url.QueryEscape(v.seen) }
