package drivers_test

import (
	"encoding/json"
	"runtime"
	"testing"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/hw/drivers/dotmatrix"
	"github.com/shopwright/shopwright/hw/drivers/escposnet"
	"github.com/shopwright/shopwright/hw/drivers/escposserial"
	"github.com/shopwright/shopwright/hw/drivers/escposusb"
	"github.com/shopwright/shopwright/hw/drivers/labelzpl"
	"github.com/shopwright/shopwright/hw/drivers/spooler"
	"github.com/shopwright/shopwright/sdk/driver"
)

// The settings of every printer make a form in three languages, and what the
// form begins with, with an address, is what the driver takes.
func TestPrinterSettingsMakeForms(t *testing.T) {
	for _, build := range []func() driver.Driver{dotmatrix.New, escposnet.New, escposserial.New, escposusb.New, labelzpl.New, spooler.New} {
		d := build().(driver.Configurable)
		name := build().Info().ID
		t.Run(name, func(t *testing.T) {
			form, err := ui.ParseSchema(d.ConfigSchema(), money.MustCurrency("CNY"))
			if err != nil {
				t.Fatal(err)
			}
			settings := map[string]any{"address": "tcp:127.0.0.1:1"}
			switch name {
			case "escpos-net":
				settings["address"] = "127.0.0.1:1"
			case "spooler":
				settings = map[string]any{"queue": "till"}
			}
			for _, p := range form.Properties {
				en, hans, hant := p.Title("en"), p.Title("zh-Hans"), p.Title("zh-Hant")
				if en == "" || hans == "" || hant == "" || en == hans || en == hant {
					t.Errorf("%s is called %q, %q, %q", p.Name, en, hans, hant)
				}
				for _, locale := range []string{"zh-Hans", "zh-Hant"} {
					if d := p.Schema.Description("en"); d != "" && p.Schema.Description(locale) == d {
						t.Errorf("%s has no description in %s", p.Name, locale)
					}
				}
				for _, v := range p.Schema.Enum {
					if l := v.Label("zh-Hans"); l == "" || string(v.Value) == `"`+l+`"` {
						t.Errorf("%s: %s has no label", p.Name, v.Value)
					}
				}
				if _, given := settings[p.Name]; !given {
					var v any
					if err := json.Unmarshal(p.Schema.Default, &v); err != nil {
						t.Errorf("%s has no default: %v", p.Name, err)
					}
					settings[p.Name] = v
				}
			}
			b, err := json.Marshal(settings)
			if err != nil {
				t.Fatal(err)
			}
			if name == "spooler" && runtime.GOOS != "windows" {
				t.Setenv("PATH", t.TempDir()) // whether there are queues here is another test's matter
			}
			if err := d.Configure(t.Context(), b); err != nil && name != "spooler" {
				t.Errorf("%s: %v", b, err)
			}
		})
	}
}
