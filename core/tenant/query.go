package tenant

import (
	"context"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

const (
	merchantCols = `m.merchant_id, m.handle, m.name, m.edition, m.currency, m.locale`
	shopCols     = `s.merchant_id, s.id, s.name, s.address, s.time_zone, s.cut_off`
	registerCols = `r.id, r.shop_id, r.name, r.series, r.archived`
)

// fields collects the destinations of the three column lists; done converts
// what has no scanner of its own.
type fields struct {
	dest []any
	done []func() error
}

func (f *fields) merchant(m *Merchant) *fields {
	var code string
	f.dest = append(f.dest, &m.ID, &m.Handle, &m.Name, &m.Edition, &code, &m.Locale)
	f.done = append(f.done, func() (err error) { m.Currency, err = money.CurrencyOf(code); return })
	return f
}

func (f *fields) shop(s *Shop) *fields {
	var zone string
	var cutOff int
	f.dest = append(f.dest, &s.Merchant, &s.ID, &s.Name, &s.Address, &zone, &cutOff)
	f.done = append(f.done, func() (err error) { s.Zone, err = zoneOf(zone, cutOff); return })
	return f
}

func (f *fields) register(r *Register) *fields {
	f.dest = append(f.dest, &r.ID, &r.Shop, &r.Name, &r.Series, &r.Archived)
	return f
}

func (f *fields) scan(row db.Row) error {
	if err := row.Scan(f.dest...); err != nil {
		return err
	}
	for _, d := range f.done {
		if err := d(); err != nil {
			return err
		}
	}
	return nil
}

func scanMerchant(row db.Row, m *Merchant) error { return new(fields).merchant(m).scan(row) }
func scanShop(row db.Row, s *Shop) error         { return new(fields).shop(s).scan(row) }
func scanRegister(row db.Row, r *Register) error { return new(fields).register(r).scan(row) }

// AskDesk reads a register in use with its shop and merchant, one row. Where
// there is none, out stays empty: out.Check() after the trip.
func AskDesk(merchant, register id.ID, out *Desk) db.Ask {
	*out = Desk{}
	return db.Ask{
		SQL: `select ` + merchantCols + `, ` + shopCols + `, ` + registerCols + `
		 from registers r
		 join shops s on s.merchant_id = r.merchant_id and s.id = r.shop_id
		 join merchants m on m.merchant_id = r.merchant_id
		 where r.merchant_id = $1 and r.id = $2 and not r.archived`,
		Args: []any{merchant, register},
		Scan: func(row db.Row) error {
			return new(fields).merchant(&out.Merchant).shop(&out.Shop).register(&out.Register).scan(row)
		},
	}
}

// GetMerchant reads a merchant. Fault: tenant.merchant_not_found.
func GetMerchant(ctx context.Context, r db.Reader, merchant id.ID) (Merchant, error) {
	m, err := db.One(ctx, r, scanMerchant, `select `+merchantCols+` from merchants m where m.merchant_id = $1`, merchant)
	return m, orNotFound(err, ErrMerchantNotFound)
}

// FindMerchantByHandle looks a merchant up by its handle. Fault: tenant.merchant_not_found.
func FindMerchantByHandle(ctx context.Context, r db.Reader, handle string) (Merchant, error) {
	m, err := db.One(ctx, r, scanMerchant, `select `+merchantCols+` from merchants m where m.handle = $1`, handle)
	return m, orNotFound(err, ErrMerchantNotFound)
}

// ListMerchants lists every merchant of the installation, oldest first: for the
// program's own background work, never for a request.
func ListMerchants(ctx context.Context, r db.Reader) ([]Merchant, error) {
	return db.All(ctx, r, scanMerchant, `select `+merchantCols+` from merchants m order by m.merchant_id`)
}

// GetShop reads a shop. Fault: tenant.shop_not_found.
func GetShop(ctx context.Context, r db.Reader, merchant, shop id.ID) (Shop, error) {
	s, err := db.One(ctx, r, scanShop, `select `+shopCols+` from shops s where s.merchant_id = $1 and s.id = $2`, merchant, shop)
	return s, orNotFound(err, ErrShopNotFound)
}

// ListShops lists a merchant's shops, oldest first.
func ListShops(ctx context.Context, r db.Reader, merchant id.ID) ([]Shop, error) {
	return db.All(ctx, r, scanShop, `select `+shopCols+` from shops s where s.merchant_id = $1 order by s.id`, merchant)
}

// GetRegister reads a register, archived or not. Fault: tenant.register_not_found.
func GetRegister(ctx context.Context, r db.Reader, merchant, register id.ID) (Register, error) {
	g, err := db.One(ctx, r, scanRegister, `select `+registerCols+` from registers r where r.merchant_id = $1 and r.id = $2`, merchant, register)
	return g, orNotFound(err, ErrRegisterNotFound)
}

// ListRegisters lists a merchant's registers, archived ones too, by series.
func ListRegisters(ctx context.Context, r db.Reader, merchant id.ID) ([]Register, error) {
	return db.All(ctx, r, scanRegister, `select `+registerCols+` from registers r where r.merchant_id = $1 order by r.series`, merchant)
}
