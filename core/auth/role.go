package auth

import (
	"context"
	"slices"

	"github.com/shopwright/shopwright/core/fault"
)

var (
	ErrRole        = fault.New(fault.Invalid, "auth.unknown_role")
	ErrRoleTooHigh = fault.New(fault.Denied, "auth.role_too_high") // it may more than who gives it
)

// Permission is one thing that not everybody may do.
type Permission string

const (
	PermSell     Permission = "sell"     // quote, complete, park, recall
	PermRefund   Permission = "refund"   // give back value of a completed sale
	PermVoid     Permission = "void"     // reverse a sale of the running shift
	PermMembers  Permission = "members"  // enrol, find and change members
	PermTopUp    Permission = "top_up"   // sell stored value, punch and gift cards
	PermAdjust   Permission = "adjust"   // change a member's points or value by hand
	PermCatalog  Permission = "catalog"  // products, prices, coupons, campaigns
	PermStock    Permission = "stock"    // receive, move, count
	PermPacks    Permission = "packs"    // install, configure, switch rule packs
	PermStaff    Permission = "staff"    // staff, roles, API keys
	PermReports  Permission = "reports"  // figures across shops and staff
	PermSettings Permission = "settings" // settings, shops, registers
	PermDevices  Permission = "devices"  // devices and print jobs
	PermProve    Permission = "prove"    // verify the books and their seals
	PermShift    Permission = "shift"    // open, count and close a shift
	PermAudit    Permission = "audit"    // read the audit log
)

var allPermissions = []Permission{PermSell, PermRefund, PermVoid, PermMembers, PermTopUp, PermAdjust, PermCatalog, PermStock,
	PermPacks, PermStaff, PermReports, PermSettings, PermDevices, PermProve, PermShift, PermAudit}

// Permissions lists all of them.
func Permissions() []Permission { return slices.Clone(allPermissions) }

// Role is a named set of permissions.
type Role string

const (
	Owner   Role = "owner"
	Manager Role = "manager"
	Cashier Role = "cashier"
	Finance Role = "finance"
)

var roles = map[Role][]Permission{
	Owner: allPermissions,
	Manager: {PermSell, PermRefund, PermVoid, PermMembers, PermTopUp, PermAdjust, PermCatalog, PermStock,
		PermPacks, PermStaff, PermReports, PermDevices, PermShift, PermAudit},
	Cashier: {PermSell, PermMembers, PermTopUp, PermShift},
	Finance: {PermReports, PermProve, PermAudit},
}

// Roles lists the roles, the mightiest first.
func Roles() []Role { return []Role{Owner, Manager, Cashier, Finance} }

// Permissions lists what the role may.
func (r Role) Permissions() []Permission { return slices.Clone(roles[r]) }

// May reports whether the role has the permission; an unknown role has none.
func (r Role) May(p Permission) bool { return slices.Contains(roles[r], p) }

// mayGrant tells whether the context's actor may give that role, or touch who
// has it. A context without an actor is the program's own set-up.
// Faults: auth.unknown_role, auth.role_too_high.
func mayGrant(ctx context.Context, r Role) error {
	if _, ok := roles[r]; !ok {
		return ErrRole.On("role").With("role", string(r))
	}
	a := ActorOf(ctx)
	if a.Kind == "" || a.Kind == KindJob {
		return nil
	}
	for _, p := range roles[r] {
		if !a.May(p) {
			return ErrRoleTooHigh.On("role").With("role", string(r))
		}
	}
	return nil
}
