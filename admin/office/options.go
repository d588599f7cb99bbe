package office

import (
	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/member"
)

func sexes(p *page) []ui.Option {
	out := []ui.Option{{Value: "", Text: p.T("office.not_said")}}
	for _, s := range []string{member.Female, member.Male, member.Other} {
		out = append(out, ui.Option{Value: s, Text: p.T("office.sex." + s)})
	}
	return out
}

// shopOptions lists the merchant's shops; none offers "no shop" first.
func shopOptions(p *page, none bool) []ui.Option {
	var out []ui.Option
	if none {
		out = append(out, ui.Option{Value: "", Text: "–"})
	}
	for _, s := range p.Shops {
		out = append(out, ui.Option{Value: s.ID.String(), Text: s.Name})
	}
	return out
}

// roleOptions lists the roles that the actor may give.
func roleOptions(p *page) []ui.Option {
	var out []ui.Option
	for _, r := range auth.Roles() {
		may := true
		for _, perm := range r.Permissions() {
			may = may && p.Actor.May(perm)
		}
		if may {
			out = append(out, ui.Option{Value: string(r), Text: p.T("office.role." + string(r))})
		}
	}
	return out
}

func categoryOptions(all string, list []catalog.Category) []ui.Option {
	out := []ui.Option{{Value: "", Text: all}}
	for _, c := range list {
		out = append(out, ui.Option{Value: c.Code, Text: c.Name})
	}
	return out
}
