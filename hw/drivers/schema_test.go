package drivers_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/hw/connectors/acquirersim"
	"github.com/shopwright/shopwright/hw/connectors/alipay"
	"github.com/shopwright/shopwright/hw/connectors/messengerhttp"
	"github.com/shopwright/shopwright/hw/connectors/storefronthttp"
	"github.com/shopwright/shopwright/hw/connectors/storefrontsim"
	"github.com/shopwright/shopwright/hw/connectors/stripe"
	"github.com/shopwright/shopwright/hw/connectors/wechatofficial"
	"github.com/shopwright/shopwright/hw/connectors/wechatpay"
	"github.com/shopwright/shopwright/hw/drivers/calleridserial"
	"github.com/shopwright/shopwright/hw/drivers/cardhid"
	"github.com/shopwright/shopwright/hw/drivers/cardserial"
	"github.com/shopwright/shopwright/hw/drivers/displayvfd"
	"github.com/shopwright/shopwright/hw/drivers/keys"
	"github.com/shopwright/shopwright/hw/drivers/payboxserial"
	"github.com/shopwright/shopwright/hw/drivers/scaleserial"
	"github.com/shopwright/shopwright/hw/drivers/scannerevdev"
	"github.com/shopwright/shopwright/hw/drivers/scannerserial"
	"github.com/shopwright/shopwright/sdk/driver"
)

// The settings of the counter's devices make a form in three languages, and what the
// form begins with is what the driver takes.
func TestSettingsMakeForms(t *testing.T) {
	for _, build := range []func() driver.Driver{calleridserial.New, cardhid.New, cardserial.New, displayvfd.New, payboxserial.New, scaleserial.New, scannerevdev.New, scannerserial.New} {
		d := build().(driver.Configurable)
		t.Run(build().Info().ID, func(t *testing.T) {
			raw := d.ConfigSchema()
			form, err := ui.ParseSchema(raw, money.MustCurrency("CNY"))
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
			if err != nil {
				t.Fatal(err)
			}
			c := jsonschema.NewCompiler()
			if err := c.AddResource("settings", parsed); err != nil {
				t.Fatal(err)
			}
			schema, err := c.Compile("settings")
			if err != nil {
				t.Fatal(err)
			}
			settings := map[string]any{}
			for _, p := range form.Properties {
				titles := map[string]bool{}
				for _, locale := range []string{"en", "zh-Hans", "zh-Hant"} {
					titles[p.Title(locale)] = true
					if (p.Schema.Description(locale) == "") != (p.Schema.Description("en") == "") {
						t.Errorf("%s has no description in %s", p.Name, locale)
					}
					for _, v := range p.Schema.Enum {
						if string(v.Value) == `"`+v.Label(locale)+`"` || v.Label(locale) == "" {
							t.Errorf("%s: %s has no label in %s", p.Name, v.Value, locale)
						}
					}
				}
				if len(titles) < 2 || titles[""] {
					t.Errorf("%s has no titles: %v", p.Name, titles)
				}
				switch {
				case p.Required && p.Schema.Default == nil:
					settings[p.Name] = "tcp:127.0.0.1:1"
				case p.Schema.Default == nil:
					t.Errorf("%s has no default", p.Name)
				default:
					var v any
					if err := json.Unmarshal(p.Schema.Default, &v); err != nil {
						t.Errorf("%s: %v", p.Name, err)
					}
					settings[p.Name] = v
				}
			}
			if err := schema.Validate(settings); err != nil {
				t.Error(err)
			}
			b, err := json.Marshal(settings)
			if err != nil {
				t.Fatal(err)
			}
			if err := d.Configure(t.Context(), b); err != nil && !errors.Is(err, keys.ErrLinux) {
				t.Errorf("%s: %v", b, err)
			}
		})
	}
}

// The settings of connectors make a form in three languages too. What has no default
// there only the merchant knows.
func TestSettingsOfConnectorsSpeakThreeLanguages(t *testing.T) {
	for _, build := range []func() driver.Driver{acquirersim.New, alipay.New, messengerhttp.New, storefronthttp.New, storefrontsim.New, stripe.New, wechatofficial.New, wechatpay.New} {
		d := build().(driver.Configurable)
		t.Run(build().Info().ID, func(t *testing.T) {
			form, err := ui.ParseSchema(d.ConfigSchema(), money.MustCurrency("CNY"))
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range form.Properties {
				if p.Required == (p.Schema.Default != nil) && !p.Required {
					t.Errorf("%s has no default", p.Name)
				}
				for _, locale := range []string{"zh-Hans", "zh-Hant"} {
					if p.Title(locale) == p.Title("en") {
						t.Errorf("%s has no title in %s", p.Name, locale)
					}
					if (p.Schema.Description(locale) == "") != (p.Schema.Description("en") == "") {
						t.Errorf("%s has no description in %s", p.Name, locale)
					}
					for _, v := range p.Schema.Enum {
						if v.Label(locale) == "" {
							t.Errorf("%s: %s has no label in %s", p.Name, v.Value, locale)
						}
					}
				}
			}
		})
	}
}
