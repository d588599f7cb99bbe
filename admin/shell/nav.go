package shell

import (
	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
)

type entry struct {
	key, href, icon string
	permission      auth.Permission
	phone           bool
}

// groups is the navigation; ui.Page leaves out what the actor may not see.
var groups = []struct {
	key   string
	items []entry
}{
	{"", []entry{
		{"today", "/office", "home", auth.PermReports, true},
		{"register", "/pos", "till", auth.PermSell, true},
	}},
	{"shell.nav.business", []entry{
		{"sales", "/office/sales", "sale", auth.PermReports, true},
		{"members", "/office/members", "member", auth.PermMembers, true},
		{"coupons", "/office/coupons", "coupon", auth.PermCatalog, false},
		{"catalog", "/office/catalog", "catalog", auth.PermCatalog, false},
		{"stock", "/office/stock", "stock", auth.PermStock, false},
		{"packs", "/office/packs", "rules", auth.PermPacks, false},
	}},
	{"shell.nav.shop", []entry{
		{"shifts", "/office/shifts", "cash", auth.PermShift, false},
		{"devices", "/office/devices", "device", auth.PermDevices, false},
		{"staff", "/office/staff", "staff", auth.PermStaff, false},
	}},
	{"shell.nav.books", []entry{
		{"proof", "/office/proof", "ok", auth.PermProve, false},
		{"audit", "/office/audit", "audit", auth.PermAudit, false},
	}},
	{"shell.nav.setup", []entry{
		{"settings", "/office/settings", "settings", auth.PermSettings, false},
		{"edition", "/office/edition", "edition", auth.PermSettings, false},
		{"keys", "/office/keys", "scan", auth.PermStaff, false},
	}},
}

func nav(p *Page) []ui.NavGroup {
	out := make([]ui.NavGroup, 0, len(groups))
	for _, g := range groups {
		group := ui.NavGroup{}
		if g.key != "" {
			group.Title = p.T(g.key)
		}
		for _, e := range g.items {
			group.Items = append(group.Items, ui.NavItem{
				Title: p.T("shell.nav." + e.key), Href: e.href, Icon: e.icon, Permission: string(e.permission), Phone: e.phone,
			})
		}
		out = append(out, group)
	}
	return out
}
