package api

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/tenant"
)

// Shop is one outlet of the merchant.
type Shop struct {
	ID       id.ID  `json:"id" format:"uuid"`
	Name     string `json:"name"`
	Address  string `json:"address"`
	TimeZone string `json:"time_zone" example:"Asia/Shanghai"`
	CutOff   int    `json:"cut_off" doc:"The minute after midnight at which the business day begins."`
	Currency string `json:"currency"`
}

// Register is one point of sale.
type Register struct {
	ID       id.ID  `json:"id" format:"uuid"`
	ShopID   id.ID  `json:"shop_id" format:"uuid"`
	Name     string `json:"name"`
	Series   string `json:"series" doc:"What its receipt numbers begin with."`
	Archived bool   `json:"archived"`
}

// NewRegister is a register to be added.
type NewRegister struct {
	ShopID id.ID  `json:"shop_id" format:"uuid"`
	Name   string `json:"name"`
	Series string `json:"series,omitempty" doc:"Default: made from the shop."`
}

// StaffMember is a person who works for the merchant.
type StaffMember struct {
	ID     id.ID  `json:"id" format:"uuid"`
	Name   string `json:"name"`
	Login  string `json:"login"`
	Role   string `json:"role" enum:"owner,manager,cashier,finance"`
	Level  string `json:"level" doc:"What commission goes by."`
	Active bool   `json:"active"`
}

func registerOut(r tenant.Register) Register {
	return Register{ID: r.ID, ShopID: r.Shop, Name: r.Name, Series: r.Series, Archived: r.Archived}
}

func (a *api) registers() {
	add(a, route{id: "list-shops", method: http.MethodGet, path: "/shops", tag: "shops", summary: "List the shops"},
		func(ctx context.Context, c caller, _ *struct{}) (*read[List[Shop]], error) {
			shops, err := tenant.ListShops(ctx, a.DB, c.Merchant)
			return listOf(shops, "", func(s tenant.Shop) Shop {
				return Shop{ID: s.ID, Name: s.Name, Address: s.Address, TimeZone: s.TimeZone(), CutOff: s.CutOff(), Currency: c.currency.Code}
			}), err
		})
	add(a, route{id: "list-registers", method: http.MethodGet, path: "/registers", tag: "shops", summary: "List the registers"},
		func(ctx context.Context, c caller, in *struct {
			ShopID id.ID `query:"shop_id" format:"uuid"`
		}) (*read[List[Register]], error) {
			all, err := tenant.ListRegisters(ctx, a.DB, c.Merchant)
			if !in.ShopID.IsNone() {
				var here []tenant.Register
				for _, r := range all {
					if r.Shop == in.ShopID {
						here = append(here, r)
					}
				}
				all = here
			}
			return listOf(all, "", registerOut), err
		})
	add(a, route{id: "create-register", method: http.MethodPost, path: "/registers", tag: "shops", summary: "Add a register", any: []auth.Permission{auth.PermSettings}, key: mayKey, status: http.StatusCreated},
		func(ctx context.Context, c caller, in *struct{ Body NewRegister }) (*made[Register], error) {
			r, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, tenant.Register, error) {
				r, err := tenant.CreateRegister(ctx, tx, c.Merchant, in.Body.ShopID, tenant.NewRegister{Name: in.Body.Name, Series: in.Body.Series})
				return r.ID, r, err
			}, func(ctx context.Context, made id.ID) (tenant.Register, error) {
				return tenant.GetRegister(ctx, a.DB, c.Merchant, made)
			})
			if err != nil {
				return nil, err
			}
			return madeAt("/registers", registerOut(r), again), nil
		})
	add(a, route{id: "list-staff", method: http.MethodGet, path: "/staff", tag: "shops", summary: "List the staff", any: []auth.Permission{auth.PermSell, auth.PermStaff, auth.PermReports}},
		func(ctx context.Context, c caller, _ *struct{}) (*read[List[StaffMember]], error) {
			all, err := auth.ListStaff(ctx, a.DB, c.Merchant)
			return listOf(all, "", func(s auth.Staff) StaffMember {
				return StaffMember{ID: s.ID, Name: s.Name, Login: s.Login, Role: string(s.Role), Level: s.Level, Active: s.Active}
			}), err
		})
}
