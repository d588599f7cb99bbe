package demo

import (
	"context"
	"strconv"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tenant"
)

// found sets the merchant up: the business itself, who works there, what it sells.
func (t *trader) found() error {
	if err := t.establish(); err != nil {
		return err
	}
	if err := t.hire(); err != nil {
		return err
	}
	for i, name := range t.about.registers {
		var r tenant.Register
		err := t.tx(func(ctx context.Context, tx *db.Tx) (err error) {
			r, err = tenant.CreateRegister(ctx, tx, t.m.ID, t.shop.ID, tenant.NewRegister{Name: name})
			return err
		})
		if err != nil {
			return err
		}
		t.lanes = append(t.lanes, t.newLane(r, t.staff["cashier"]))
		if i == 0 {
			t.result.Register = t.lanes[0].register.ID.String()
		}
	}
	t.people()
	return t.biz.found(t)
}

func (t *trader) establish() error {
	a := t.about
	err := t.tx(func(_ context.Context, tx *db.Tx) (err error) {
		t.m, err = tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: a.handle, Name: a.name, Edition: a.edition, Currency: "CNY", Locale: "zh-Hans"})
		return err
	})
	if err != nil {
		return err
	}
	err = t.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		t.shop, err = tenant.CreateShop(ctx, tx, t.m.ID, tenant.NewShop{Name: a.shop, Address: a.address, TimeZone: zoneName, CutOff: cutOff})
		return err
	})
	if err != nil {
		return err
	}
	t.result = Merchant{Edition: a.edition, Name: a.name, Merchant: t.m.ID.String(), Shop: t.shop.ID.String()}
	return t.tx(func(ctx context.Context, tx *db.Tx) error {
		stock.CreateFloor(tx, t.m.ID, t.shop.ID, a.shop)
		for key, text := range map[string]string{
			setting.TaxRate.Key(): strconv.FormatInt(int64(a.taxRate), 10), setting.TaxName.Key(): "增值税 VAT",
			setting.ReceiptFooter.Key(): a.footer, setting.DiscountLimit.Key(): "50000",
		} {
			if err := setting.Set(tx, setting.Place{Merchant: t.m.ID, Shop: t.shop.ID}, key, text); err != nil {
				return err
			}
		}
		for key, text := range a.settings {
			place := setting.Place{Merchant: t.m.ID}
			if d, err := setting.Lookup(key); err != nil {
				return err
			} else if d.Scope == setting.PerShop {
				place.Shop = t.shop.ID
			}
			if err := setting.Set(tx, place, key, text); err != nil {
				return err
			}
		}
		for i, tier := range []member.Tier{{Code: "silver", Name: "银卡 Silver"}, {Code: "gold", Name: "金卡 Gold"}} {
			tier.Rank = i + 1
			if err := member.CreateTier(ctx, tx, t.m.ID, tier); err != nil {
				return err
			}
		}
		return nil
	})
}

// hire makes the staff, the owner first, and the owner's API key.
func (t *trader) hire() error {
	for _, h := range t.about.people {
		in := auth.NewStaff{Profile: auth.Profile{Name: h.name, Role: h.role, Level: h.level}, Login: h.login}
		password := ""
		if h.signsIn {
			password = newPassword()
			hash, err := t.Auth.HashPassword(t.ctx, password)
			if err != nil {
				return err
			}
			in.Password = hash
		}
		err := t.tx(func(ctx context.Context, tx *db.Tx) error {
			s, err := auth.CreateStaff(ctx, tx, t.m.ID, in)
			t.staff[h.login] = s.ID
			return err
		})
		if err != nil {
			return err
		}
		if h.signsIn {
			t.result.Logins = append(t.result.Logins, Login{Role: string(h.role), Login: h.login + "@" + t.about.handle, Password: password})
		}
	}
	return t.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		_, t.result.APIKey, err = auth.CreateKey(ctx, tx, t.m.ID, auth.NewKey{Name: "Demo", Role: auth.Owner})
		return err
	})
}

// stocked puts goods into the catalogue, many in one transaction. An item with a
// target gets a level that says when it is low.
func (t *trader) stocked(ins []catalog.In, targets []money.Quantity, loose func(i int) bool) error {
	const batch = 200
	for from := 0; from < len(ins); from += batch {
		part := ins[from:min(from+batch, len(ins))]
		var made []*item
		err := t.tx(func(_ context.Context, tx *db.Tx) error {
			made = made[:0]
			for i, in := range part {
				in.Merchant = t.m.ID
				s, err := catalog.QueueCreate(tx, in)
				if err != nil {
					return err
				}
				it := &item{SKU: s, target: targets[from+i], loose: loose != nil && loose(from+i)}
				if len(in.Barcodes) > 0 {
					it.barcode = in.Barcodes[0]
				}
				if it.target > 0 {
					stock.SetPolicy(tx, t.m.ID, stock.Floor(t.m.ID, t.shop.ID), s.ID, false, it.target/5)
				}
				made = append(made, it)
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, it := range made {
			t.goods = append(t.goods, it)
			t.byCode[it.Code], t.byID[it.ID] = it, it
		}
	}
	return nil
}

func (t *trader) categories(list [][2]string) error {
	return t.tx(func(ctx context.Context, tx *db.Tx) error {
		for _, c := range list {
			if err := catalog.UpsertCategory(ctx, tx, t.m.ID, catalog.Category{Code: c[0], Name: c[1]}); err != nil {
				return err
			}
		}
		return nil
	})
}

// yuan is a price of so many yuan, with up to two decimals.
func yuan(v float64) money.UnitPrice { return money.UnitPrice(v*100+0.5) * money.PerUnit / 100 }
