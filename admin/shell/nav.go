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
	{"shell.nav.selling", []entry{
		{"sales", "/office/sales", "sale", auth.PermReports, true},
		{"online", "/office/online", "catalog", auth.PermReports, false},
		{"refund_requests", "/office/refund-requests", "recall", auth.PermRefund, false},
		{"shifts", "/office/shifts", "cash", auth.PermShift, false},
	}},
	{"shell.nav.members", []entry{
		{"members", "/office/members", "member", auth.PermMembers, true},
		{"tiers", "/office/tiers", "member", auth.PermCatalog, false},
		{"cards", "/office/cards", "card", auth.PermCatalog, false},
		{"coupons", "/office/coupons", "coupon", auth.PermCatalog, false},
		{"messages", "/office/messages", "info", auth.PermMembers, false},
		{"gift_cards", "/office/gift-cards", "wallet", auth.PermMembers, false},
		{"gifts", "/office/gifts", "campaign", auth.PermCatalog, false},
		{"campaigns", "/office/campaigns", "campaign", auth.PermCatalog, false},
	}},
	{"shell.nav.catalog", []entry{
		{"catalog", "/office/catalog", "catalog", auth.PermCatalog, false},
		{"labels", "/office/catalog/labels", "print", auth.PermCatalog, false},
		{"plans", "/office/plans", "check", auth.PermCatalog, false},
		{"stock", "/office/stock", "stock", auth.PermStock, false},
		{"packs", "/office/packs", "rules", auth.PermPacks, false},
	}},
	{"shell.nav.money", []entry{
		{"days", "/office/days", "report", auth.PermReports, false},
		{"payments", "/office/payments", "card", auth.PermReports, false},
		{"liabilities", "/office/liabilities", "wallet", auth.PermReports, false},
		{"tax", "/office/tax", "percent", auth.PermCatalog, false},
		{"proof", "/office/proof", "ok", auth.PermProve, false},
		{"audit", "/office/audit", "audit", auth.PermAudit, false},
	}},
	{"shell.nav.staff", []entry{
		{"staff", "/office/staff", "staff", auth.PermStaff, false},
		{"commission", "/office/commission", "percent", auth.PermReports, false},
	}},
	{"shell.nav.settings", []entry{
		{"settings", "/office/settings", "settings", auth.PermSettings, false},
		{"receipts", "/office/settings/receipts", "sale", auth.PermSettings, false},
		{"stations", "/office/stations", "print", auth.PermDevices, false},
		{"devices", "/office/devices", "device", auth.PermDevices, false},
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
