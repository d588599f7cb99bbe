package office

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/setting"
)

func (f *office) mountSettings() {
	f.on("GET /office/settings", auth.PermSettings, f.settingsPage)
	f.on("POST /office/settings", auth.PermSettings, f.settingsSave)
	f.on("POST /office/settings/clear", auth.PermSettings, f.settingClear)
}

// settings of one place: the merchant, or the shop that is looked at.
type settings struct {
	entries []setting.Entry
	shop    bool // the shop's, not the merchant's
	in      form
}

func (s *settings) place(p *page) setting.Place {
	at := setting.Place{Merchant: p.Merchant.ID}
	if s.shop {
		at.Shop = p.Shop.ID
	}
	return at
}

func (f *office) readSettings(r *http.Request, p *page) (*settings, error) {
	s := &settings{shop: r.FormValue("of") == "shop" && !p.Shop.ID.IsNone()}
	var err error
	s.entries, err = setting.List(r.Context(), f.db, s.place(p))
	return s, err
}

func (f *office) settingsPage(w http.ResponseWriter, r *http.Request, p *page) error {
	s, err := f.readSettings(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, settingsView(p, s))
}

// Amounts and rates are stored as integers; people type them as usual.
const (
	asMoney = "money"
	asRate  = "rate"
)

var units = map[string]string{"cash.rounding_step": asMoney, "tax.rate": asRate}

// shown is a stored value as a person types it.
func shown(p *page, e setting.Entry) string {
	n, err := strconv.ParseInt(e.Value, 10, 64)
	if err != nil {
		return e.Value
	}
	switch units[e.Key] {
	case asMoney:
		return p.Currency.Format(money.Amount(n))
	case asRate:
		return money.Rate(n * 100).String()
	}
	return e.Value
}

// stored is what a person typed as it is stored.
func stored(p *page, e setting.Entry, text string) (string, error) {
	switch units[e.Key] {
	case asMoney:
		a, err := amountIn(p, text, e.Key)
		return itoa(int64(a)), err
	case asRate:
		v, err := percent(plainNumber(text))
		if err != nil {
			return "", fault.Of(err).On(e.Key)
		}
		return itoa(int64(v)), nil
	}
	if e.Kind == setting.KindInt {
		return plainNumber(text), nil
	}
	return text, nil
}

// settingsSave stores the values that differ from what is in force, all or none.
func (f *office) settingsSave(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	s, err := f.readSettings(r, p)
	if err != nil {
		return err
	}
	err = f.saveSettings(r.Context(), p, s, in)
	if err != nil {
		in.err, s.in = err, in
		s.in.err = err
		return f.again(w, r, err, settingsView(p, s))
	}
	return done(w, r, p, s.url(), "office.saved")
}

func (s *settings) url() string {
	if s.shop {
		return "/office/settings?of=shop"
	}
	return "/office/settings"
}

func (f *office) saveSettings(ctx context.Context, p *page, s *settings, in form) error {
	changes := map[string]string{}
	for _, e := range s.entries {
		if !in.v.Has("is:" + e.Key) { // not on the form
			continue
		}
		text := strings.ReplaceAll(in.v.Get(e.Key), "\r\n", "\n")
		if e.Kind == setting.KindBool {
			text = strconv.FormatBool(in.on(e.Key))
		}
		v, err := stored(p, e, text)
		if err != nil {
			return err
		}
		if v != e.Value {
			changes[e.Key] = v
		}
	}
	if len(changes) == 0 {
		return nil
	}
	return f.audited(ctx, "settings.changed", scopeName(s), map[string]any{"keys": sortedKeys(changes)}, func(_ context.Context, tx *db.Tx) (string, error) {
		at := s.place(p)
		for _, key := range sortedKeys(changes) {
			if err := setting.Set(tx, at, key, changes[key]); err != nil {
				return "", err
			}
		}
		if s.shop {
			return at.Shop.String(), nil
		}
		return at.Merchant.String(), nil
	})
}

func scopeName(s *settings) string {
	if s.shop {
		return "shop"
	}
	return "merchant"
}

func (f *office) settingClear(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	s, err := f.readSettings(r, p)
	if err != nil {
		return err
	}
	err = f.audited(r.Context(), "settings.cleared", scopeName(s), map[string]string{"key": in.get("key")}, func(_ context.Context, tx *db.Tx) (string, error) {
		return in.get("key"), setting.Clear(tx, s.place(p), in.get("key"))
	})
	if err != nil {
		return err
	}
	return done(w, r, p, s.url(), "office.saved")
}

func (s *settings) field(p *page, e setting.Entry) ui.FieldProps {
	props := ui.FieldProps{ID: strings.ReplaceAll(e.Key, ".", "-"), Name: e.Key, Label: p.T("setting." + e.Key), Hint: p.T("setting." + e.Key + ".hint"), Value: shown(p, e), Err: s.in.wrong(e.Key)}
	if s.in.v.Has("is:" + e.Key) {
		props.Value = s.in.v.Get(e.Key)
	}
	return props
}

// control is the input that fits the setting's kind.
func (s *settings) control(p *page, e setting.Entry) templ.Component {
	props := s.field(p, e)
	switch e.Kind {
	case setting.KindBool:
		return ui.Switch(p.Ctx, props, props.Value == "true")
	case setting.KindInt:
		switch units[e.Key] {
		case asMoney:
			return ui.Input(p.Ctx, digits(props, ui.Symbol(p.Currency), ""))
		case asRate:
			return ui.Input(p.Ctx, digits(props, "", "%"))
		}
		return ui.Input(p.Ctx, digits(props, "", ""))
	case setting.KindChoice:
		for _, c := range e.Choices {
			props.Options = append(props.Options, ui.Option{Value: c, Text: p.T("setting." + e.Key + "." + c)})
		}
		return ui.Select(p.Ctx, props)
	}
	if e.Key == setting.ReceiptLocale.Key() {
		props.Options = localeOptions(p)
		return ui.Select(p.Ctx, props)
	}
	if e.Max > 100 {
		return ui.Textarea(p.Ctx, props)
	}
	return ui.Input(p.Ctx, props)
}
