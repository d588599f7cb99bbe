package office_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/i18n"
)

// An installed driver is offered with who vouches for it; a device is pinned to a
// version of it, and goes to another and back with one press.
func TestADeviceRunsAnInstalledDriver(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		choice := b.get("/office/devices/new").want(t, http.StatusOK, "Signed by Acme&#39;s key, whom you trust", "by Acme Ltd", "connect to *:9100", "write the folder of its setting “folder”", "start the program lp",
			"is not the one that was signed", "Signed by nobody you trust", "cannot be used")
		if strings.Contains(choice.body, "version=2.0.0\"") && strings.Contains(choice.body, "driver=acme-printer&amp;version=2.0.0") {
			t.Error("a driver is offered that must not run")
		}
		refused := b.get("/office/devices/new?driver=acme-printer&version=2.0.0")
		if refused.status != http.StatusForbidden {
			t.Error(refused.status)
		}
		page := "/office/devices/new?driver=acme-printer&version=1.9.0"
		form := fieldsOf(t, b.get(page).want(t, http.StatusOK, "Signed by the reseller (Acme&#39;s key)").body, "/office/devices/new")
		form.Set("name", "Counter Acme")
		form.Set("place", s.shop.ID.String()+"/")
		form.Set("/address", "here")
		form.Set("/secret_key", "sk_live_secret")
		b.postForm("/office/devices/new", form)
		find := func() (d device.Device) {
			t.Helper()
			list, err := device.List(context.Background(), s.db, s.m.ID, s.shop.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range list {
				if x.Name == "Counter Acme" {
					d = x
				}
			}
			return d
		}
		d := find()
		if d.Driver != "acme-printer" || d.Version != "1.9.0" || d.Class != device.ClassPrinter {
			t.Fatalf("%+v", d)
		}
		at := "/office/devices/" + d.ID.String()
		for _, lang := range i18n.Tags() {
			b.lang = lang
			shown(t, "its page", b.get(at), lang, http.StatusOK)
		}
		b.lang = "en"
		got := b.get(at).want(t, http.StatusOK, "1.9.0", "Use 1.10.0", "was changed and is not run")
		if strings.Contains(got.body, "Use 2.0.0") {
			t.Error("a version is offered that must not run")
		}
		b.post(at+"/version", "version", "1.10.0").want(t, http.StatusOK, "0123456789ab…", strings.Repeat("0123456789abcdef", 4), "Acme Ltd")
		if d = find(); d.Version != "1.10.0" || !strings.Contains(string(d.Config), "sealed:") {
			t.Errorf("%+v %s", d, d.Config)
		}
		b.post(at+"/version", "version", "1.9.0")
		if d = find(); d.Version != "1.9.0" {
			t.Errorf("%+v", d)
		}
		for _, no := range []string{"2.0.0", "", "9.9.9", "../1.9.0"} {
			if got := b.post(at+"/version", "version", no); got.status < 400 {
				t.Errorf("%q: %d", no, got.status)
			}
		}
		if d = find(); d.Version != "1.9.0" {
			t.Errorf("%+v", d)
		}
		log, _, err := auth.ListAudit(context.Background(), s.db, s.m.ID, auth.AuditFilter{Action: "device.version_changed"}, db.Page{})
		if err != nil || len(log) != 2 {
			t.Errorf("%+v %v", log, err)
		}
	})
}
