package office_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/admin/office"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
)

// A device is added by choosing what it is and filling in what its driver asks for. A
// secret is stored sealed, never shown, and stays where its field is left empty.
func TestADeviceIsAddedThroughTheFormOfItsDriver(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		for _, lang := range i18n.Tags() {
			b.lang = lang
			shown(t, "choice of drivers", b.get("/office/devices/new"), lang, http.StatusOK)
			shown(t, "a new device", b.get("/office/devices/new?driver=stripe"), lang, http.StatusOK)
		}
		b.lang = "en"
		b.get("/office/devices/new").want(t, http.StatusOK, "Payment providers", "Stripe", "Receipt printers", "vendors-own", "2.0.0")
		page := "/office/devices/new?driver=stripe"
		form := fieldsOf(t, b.get(page).want(t, http.StatusOK, `type="password"`).body, "/office/devices/new")
		form.Set("name", "Cards")
		form.Set("place", s.shop.ID.String()+"/")
		form.Set("/secret_key", "sk_live_secret")
		b.postForm("/office/devices/new", form).want(t, http.StatusBadRequest, "Address") // it is missing
		form.Set("/address", "api")
		b.postForm("/office/devices/new", form)
		find := func() device.Device {
			t.Helper()
			list, err := device.List(context.Background(), s.db, s.m.ID, id.None)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range list {
				if d.Name == "Cards" || d.Name == "Cards 2" {
					return d
				}
			}
			t.Fatal("it was not added")
			return device.Device{}
		}
		d := find()
		if d.Class != "acquirer" || d.Driver != "stripe" || !d.Enabled || string(d.Config) != `{"address":"api","secret_key":"sealed:14"}` {
			t.Fatalf("%+v %s", d, d.Config)
		}
		at := "/office/devices/" + d.ID.String()
		got := b.get(at).want(t, http.StatusOK, "Stripe")
		if strings.Contains(got.body, "sealed:") || strings.Contains(got.body, "sk_live") {
			t.Error("the secret is shown")
		}
		form = fieldsOf(t, got.body, at)
		form.Set("name", "Cards 2")
		b.postForm(at, form)
		if d = find(); d.Name != "Cards 2" || !strings.Contains(string(d.Config), `"sealed:14"`) {
			t.Errorf("%+v %s", d, d.Config)
		}
		form.Set("/secret_key", "another_one")
		b.postForm(at, form)
		if d = find(); !strings.Contains(string(d.Config), `"sealed:11"`) {
			t.Errorf("%s", d.Config)
		}
		b.post("/office/devices/new", "driver", "none", "name", "x").want(t, http.StatusBadRequest)

		scale := b.post("/office/devices/new", "driver", "vendors-own", "version", "2.0.0", "name", "Scale", "place", s.shop.ID.String()+"/", "enabled", "true") // it cannot be asked for its settings
		if scale.status != http.StatusOK {
			t.Fatal(scale.status, textOf(t, scale.body))
		}
		b.get("/office/devices/new?driver=vendors-own&version=2.0.0").want(t, http.StatusOK, "settings cannot be shown")
	})
}

// What a device tells is seen at once; of a payment code no more than its end.
func TestTryingAScanner(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		form := fieldsOf(t, b.get("/office/devices/new?driver=scanner-serial").body, "/office/devices/new")
		form.Set("/address", "tcp:127.0.0.1:1")
		form.Set("/secret_key", "anything_long")
		form.Set("place", s.shop.ID.String()+"/")
		got := b.postForm("/office/devices/new", form).want(t, http.StatusOK, "What it tells", "6901", "1.25 kg", "…4394", "empty")
		list, err := device.List(context.Background(), s.db, s.m.ID, id.None)
		if err != nil {
			t.Fatal(err)
		}
		b.get("/office/devices/"+list[len(list)-1].ID.String()+"/recording").want(t, http.StatusOK, `"method":"Health"`)
		if strings.Contains(got.body, "28763443825664394") || strings.Contains(got.body, "<script>alert") {
			t.Error("more is shown than should be")
		}
	})
}

// A device that is not well says what to do, as loudly as it is ill; one that is
// switched off says nothing.
func TestARedDeviceSaysWhatToDo(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		at := "/office/devices/" + s.printer.String()
		for _, path := range []string{"/office/devices", at} {
			b.get(path).want(t, http.StatusOK, "Driver not running", "No driver runs for this device")
		}
		s.devices.status = []office.DeviceStatus{{Device: s.printer, State: "failed", Reason: "plugins.crashed_too_often", Detail: "no paper " + hostile, Log: []string{"line one", "line two"}}}
		for _, path := range []string{"/office/devices", at} {
			b.get(path).want(t, http.StatusOK, "The driver ended five times", "no paper")
		}
		b.get(at).want(t, http.StatusOK, "line one\nline two", "alert-bad")
		s.devices.status[0].State = "restarting"
		b.get(at).want(t, http.StatusOK, "alert-warn")
		s.tx(func(_ context.Context, tx *db.Tx) error {
			tx.Queue(`update devices set enabled = false where merchant_id = $1 and id = $2`, s.m.ID, s.printer)
			return nil
		})
		s.devices.status = nil
		for _, path := range []string{"/office/devices", at} {
			if got := b.get(path).want(t, http.StatusOK, "Switched off"); strings.Contains(got.body, "Driver not running") || strings.Contains(got.body, "No driver runs") {
				t.Errorf("%s: what is switched off is called broken", path)
			}
		}
	})
}
