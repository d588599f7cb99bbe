package office_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/i18n"
)

var hostCode = regexp.MustCompile(`id="code" class="pairing">([2-9A-HJ-NP-Z]{4}-[2-9A-HJ-NP-Z]{4})<`)

// A host is made with a code that is shown once, runs a device, gets a new code and is
// shut out.
func TestADeviceHostIsMadeAndShutOut(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		ctx := context.Background()
		b := s.signIn("owner")
		for _, lang := range i18n.Tags() {
			b.lang = lang
			shown(t, "device hosts", b.get("/office/device-hosts"), lang, http.StatusOK)
		}
		b.lang = "en"
		printer := "/office/devices/" + s.printer.String()
		if strings.Contains(b.get(printer).body, "Driver runs at") {
			t.Error("a choice of one")
		}
		b.post("/office/device-hosts", "name", "", "shop", s.shop.ID.String()).want(t, http.StatusBadRequest)
		b.post("/office/device-hosts", "name", "x", "shop", s.printer.String()).want(t, http.StatusBadRequest)
		got := b.post("/office/device-hosts", "name", "Counter 1", "shop", s.shop.ID.String()).want(t, http.StatusOK, "Counter 1", "shopwright devicehost --server")
		m := hostCode.FindStringSubmatch(got.body)
		if m == nil {
			t.Fatal("there is no code")
		}
		if again := b.get("/office/device-hosts").want(t, http.StatusOK, "Waits for its code"); strings.Contains(again.body, m[1]) {
			t.Error("the code is shown again")
		}
		var h device.Host
		pair := func(code string) error {
			return s.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
				h, _, err = device.PairHost(ctx, tx, code, "9.9", "plan9/amd64")
				return err
			})
		}
		if err := pair(m[1]); err != nil || h.Merchant != s.m.ID {
			t.Fatal(h, err)
		}
		b.get("/office/device-hosts").want(t, http.StatusOK, "Away", "plan9/amd64")

		form := fieldsOf(t, b.get(printer).want(t, http.StatusOK, "Driver runs at", "Counter 1").body, printer)
		form.Set("/address", "here") // the driver wants both
		form.Set("/secret_key", "sk_live_secret")
		form.Set("host", h.ID.String())
		b.postForm(printer, form).want(t, http.StatusOK)
		if d, err := device.Get(ctx, s.db, s.m.ID, s.printer); err != nil || d.Host != h.ID {
			t.Fatalf("%+v %v", d, err)
		}
		form.Set("host", "")
		b.postForm(printer, form)
		if d, err := device.Get(ctx, s.db, s.m.ID, s.printer); err != nil || !d.Host.IsNone() {
			t.Fatalf("%+v %v", d, err)
		}

		at := "/office/device-hosts/" + h.ID.String()
		next := hostCode.FindStringSubmatch(b.post(at+"/code").want(t, http.StatusOK).body)
		if next == nil || next[1] == m[1] {
			t.Fatal("there is no new code")
		}
		b.post(at+"/revoke").want(t, http.StatusOK, "Shut out")
		if err := pair(next[1]); err == nil {
			t.Error("a host that was shut out is paired")
		}
		b.post(at+"/revoke").want(t, http.StatusConflict)
		s.signIn("cashier").post(at+"/code").want(t, http.StatusForbidden)
	})
}
