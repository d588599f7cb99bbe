package setting

import (
	"context"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// Values are the settings in force at one place. The zero value has the defaults.
type Values struct {
	set map[string]value
}

type value struct {
	text  string
	scope Scope // where it was set
}

func (v Values) get(d *Declaration) string {
	if x, ok := v.set[d.Key]; ok {
		return x.text
	}
	return d.Default
}

// take notes a stored row where it is known, valid and the most specific so far.
func (v *Values) take(scope, key, text string) {
	d, known := registry[key]
	s, ok := scopeOf(scope)
	if !known || !ok || s > d.Scope || d.check(text) != nil {
		return
	}
	if x, have := v.set[key]; have && x.scope > s {
		return
	}
	if v.set == nil {
		v.set = map[string]value{}
	}
	v.set[key] = value{text, s}
}

// AskAll reads the settings in force at a register; without one (id.None) those
// of the shop, without a shop those of the merchant.
func AskAll(merchant, shop, register id.ID, out *Values) db.Ask {
	*out = Values{}
	return db.Ask{
		SQL: `select scope_kind, key, value from settings where merchant_id = $1 and (
		   (scope_kind = 'merchant' and scope_id = $1) or (scope_kind = 'shop' and scope_id = $2) or (scope_kind = 'register' and scope_id = $3))`,
		Args: []any{merchant, shop, register},
		Scan: func(r db.Row) error {
			var scope, key, text string
			if err := r.Scan(&scope, &key, &text); err != nil {
				return err
			}
			out.take(scope, key, text)
			return nil
		},
	}
}

// All is AskAll alone.
func All(ctx context.Context, r db.Reader, merchant, shop, register id.ID) (Values, error) {
	var v Values
	err := r.Batch(ctx, AskAll(merchant, shop, register, &v))
	return v, err
}

// Place is where a setting is set: the register where one is named, else the
// shop, else the merchant.
type Place struct {
	Merchant id.ID
	Shop     id.ID
	Register id.ID
}

func (p Place) scope() (Scope, id.ID) {
	switch {
	case !p.Register.IsNone():
		return PerRegister, p.Register
	case !p.Shop.IsNone():
		return PerShop, p.Shop
	}
	return PerMerchant, p.Merchant
}

// Set notes a value. Faults: setting.unknown_key, setting.bad_value, setting.wrong_scope,
// setting.weight_codes_invalid.
func Set(tx *db.Tx, at Place, key, text string) error {
	d, err := Lookup(key)
	if err != nil {
		return err
	}
	scope, where := at.scope()
	if scope > d.Scope {
		return ErrScope.On(key).With("key", key)
	}
	if err := d.check(text); err != nil {
		return err
	}
	tx.Queue(`insert into settings (merchant_id, scope_kind, scope_id, key, value, updated_at) values ($1, $2, $3, $4, $5, $6)
		on conflict (merchant_id, scope_kind, scope_id, key) do update set value = excluded.value, updated_at = excluded.updated_at`,
		at.Merchant, scope.String(), where, key, text, tx.Now)
	return nil
}

// Clear notes that the place goes back to what is set above it. Fault: setting.unknown_key.
func Clear(tx *db.Tx, at Place, key string) error {
	if _, err := Lookup(key); err != nil {
		return err
	}
	scope, where := at.scope()
	tx.Queue(`delete from settings where merchant_id = $1 and scope_kind = $2 and scope_id = $3 and key = $4`, at.Merchant, scope.String(), where, key)
	return nil
}

// Entry is a setting as a screen shows it.
type Entry struct {
	Declaration
	Value string // in force at the place
	IsSet bool   // somewhere; otherwise Value is the default
	From  Scope  // where it is set
	Here  bool   // it is set at this very place
}

// List reads what may be set at the place, by key, with the values in force.
func List(ctx context.Context, r db.Reader, at Place) ([]Entry, error) {
	v, err := All(ctx, r, at.Merchant, at.Shop, at.Register)
	if err != nil {
		return nil, err
	}
	scope, _ := at.scope()
	var out []Entry
	for _, d := range Declarations() {
		if d.Scope < scope {
			continue
		}
		x, set := v.set[d.Key]
		out = append(out, Entry{Declaration: d, Value: v.get(&d), IsSet: set, From: x.scope, Here: set && x.scope == scope})
	}
	return out, nil
}
