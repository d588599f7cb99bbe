package office_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/edition"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
)

// packInstaller takes signed packs; their modules are not run.
func packInstaller(s *shop, reg *pack.Registry) *pack.Installer {
	return &pack.Installer{DB: s.db, Packs: reg, Verify: func([]byte, bool) error { return nil },
		Ring: func(ctx context.Context, m id.ID) (pack.KeyRing, error) {
			return pack.RingOf(ctx, s.db, m, &edition.Edition{})
		},
		Compile: func(_ context.Context, b *pack.Bundle, progress func(float64)) error {
			progress(0.5)
			if strings.Contains(string(b.Module()), "slow") {
				time.Sleep(300 * time.Millisecond)
			}
			return nil
		}}
}

func packCosts() []pack.Cost {
	return []pack.Cost{{Pack: "salon", Version: "1.0.0", Hook: "price", Calls: 1234, Failures: map[string]int64{"rules.out_of_fuel": 2}, Fuel: 1234 * 5000, Nanos: 1, P50: 41 * time.Microsecond, P99: 97 * time.Microsecond}}
}

func packFile(t *testing.T, version, wasm string, key ed25519.PrivateKey) []byte {
	t.Helper()
	data, err := pack.Build(pack.Manifest{ID: "mine", Version: version, ABI: pack.ABIRange{Min: 1, Max: 1}, Hooks: []string{"draw"}, Powers: []string{"draw"}, Categories: []string{"own"}}, map[string][]byte{
		"rule.wasm": []byte(wasm), "config.schema.json": []byte(`{"type":"object","additionalProperties":false,"properties":{"rate` + strings.ReplaceAll(version, ".", "_") + `":{"type":"number","default":1}}}`),
		"locales/en.json": []byte(`{"pack.name":"My own ` + "<script>alert(1)</script>" + `"}`)}, key)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// upload sends a file as the page's form does.
func (b *browser) upload(path, field, name string, data []byte) answer {
	b.s.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	if name != "" {
		w, err := m.CreateFormFile(field, name)
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			b.s.t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		b.s.t.Fatal(err)
	}
	r, err := http.NewRequest(http.MethodPost, b.s.srv.URL+path, &body)
	if err != nil {
		b.s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", m.FormDataContentType())
	return b.do(r)
}

// settled waits until an installation's page has gone on.
func (b *browser) settled(a answer) answer {
	b.s.t.Helper()
	for range 200 {
		if !strings.Contains(a.body, `id="installing"`) {
			return a
		}
		time.Sleep(20 * time.Millisecond)
		a = b.get(a.path)
	}
	b.s.t.Fatal("it does not end")
	return a
}

func TestAPackIsInstalledUsedAndRemovedInTheOffice(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		pub, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		other := newShopBeside(t, s).signIn("owner") // which lets time pass
		b := s.signIn("owner")
		const install = "/office/packs/-/install"
		b.upload(install, "bundle", "", nil).want(t, http.StatusBadRequest, "Choose a file")
		b.upload(install, "bundle", "x.swpack", bytes.Repeat([]byte{1}, pack.MaxBundle+1)).want(t, http.StatusRequestEntityTooLarge)
		b.settled(b.upload(install, "bundle", "x.swpack", []byte("no zip"))).want(t, http.StatusOK, "It was not installed", "pack.malformed")
		one := packFile(t, "1.0.0", "slow", key)
		b.settled(b.upload(install, "bundle", "mine.swpack", one)).want(t, http.StatusOK, "pack.signer_unknown", pack.Fingerprint(pub))

		b.get("/office/packs/-/keys").want(t, http.StatusOK, "No key of your own is trusted")
		b.post("/office/packs/-/keys", "name", "Workshop", "public_key", "nonsense").want(t, http.StatusBadRequest, "pack.bad_key", `value="Workshop"`)
		b.post("/office/packs/-/keys", "name", "Workshop", "public_key", pack.FormatPublicKey(pub)).want(t, http.StatusOK, "Workshop is trusted", pack.Fingerprint(pub))

		running := b.upload(install, "bundle", "mine.swpack", one)
		running.want(t, http.StatusOK, "Installing mine.swpack", `hx-get="/office/packs/-/install/`)
		other.get(running.path).want(t, http.StatusNotFound)
		page := b.settled(running).want(t, http.StatusOK, "is installed", "Workshop, a key that you trust")
		checkPage(t, "the installed pack", page.body, "en")
		if page.path != "/office/packs/mine" {
			t.Error(page.path)
		}
		b.settled(b.upload(install, "bundle", "mine.swpack", packFile(t, "1.1.0", "fast", key))).want(t, http.StatusOK, "is installed")
		b.settled(b.upload(install, "bundle", "mine.swpack", packFile(t, "1.0.0", "other", key))).want(t, http.StatusOK, "pack.version_taken")
		other.get("/office/packs/mine").want(t, http.StatusNotFound)
		if list := other.get("/office/packs"); strings.Contains(list.body, "/office/packs/mine") {
			t.Error("another merchant sees it")
		}

		versions := b.get("/office/packs/mine/versions").want(t, http.StatusOK, "1.0.0", "1.1.0", "Setting rate1_0_0", "Setting rate1_1_0")
		checkPage(t, "versions", versions.body, "en")
		meet := b.get("/office/packs/mine/meet").want(t, http.StatusOK, "Switch on now", "language_missing")
		checkPage(t, "meet", meet.body, "en")
		b.post("/office/packs/mine/toggle", "enabled", "true", "version", "1.0.0", "priority", "3", "reason", "a try", "from", "pack").want(t, http.StatusOK, "is on from the next quote", "a try", "priority 3")
		b.post("/office/packs/mine/remove", "version", "1.0.0").want(t, http.StatusConflict, "pack.in_use")
		b.post("/office/packs/mine/toggle", "enabled", "false").want(t, http.StatusOK)
		b.post("/office/packs/mine/remove", "version", "1.0.0").want(t, http.StatusOK, "is removed", "removed")
		b.post("/office/packs/mine/toggle", "enabled", "true", "version", "1.0.0").want(t, http.StatusConflict, "pack.removed")
		b.post("/office/packs/salon/remove", "version", "1.0.0").want(t, http.StatusConflict, "pack.shipped")
		b.get("/office/packs/mine").want(t, http.StatusOK)

		for _, login := range []string{"cashier"} {
			c := s.signIn(login)
			for _, path := range []string{install, "/office/packs/-/keys", "/office/packs/salon/versions", "/office/packs/salon/meet", "/office/packs/salon/preview"} {
				c.get(path).want(t, http.StatusForbidden)
			}
			c.upload(install, "bundle", "mine.swpack", one).want(t, http.StatusForbidden)
		}
		for action, want := range map[string]int{"pack.installed": 2, "pack.removed": 1, "pack_key.added": 1, "pack.set": 2} {
			if n := s.audited(action); n < want {
				t.Errorf("%s: %d records", action, n)
			}
		}
	})
}

func TestSettingsAreLookedAtBeforeTheyAreSaved(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		const page = "/office/packs/retail"
		v := fieldsOf(t, b.get(page).body, page)
		v.Set("pack.enabled", "true")
		v.Set("pack.priority", "5")
		v.Set("pack.reason", "with salon")
		looked := b.postForm(page+"/check", v).want(t, http.StatusOK, "To know before", "earn_whole", "What stacks with what", "Save now", "goes first")
		checkPage(t, "check", looked.body, "en")
		if n := s.audited("pack.set"); n != 0 {
			t.Fatal("looking has saved")
		}
		typed := fieldsOf(t, looked.body, page)
		if typed.Encode() != v.Encode() {
			t.Errorf("what was typed is not what would be saved:\n%s\n%s", typed.Encode(), v.Encode())
		}
		b.postForm(page, typed).want(t, http.StatusOK, "is saved", "with salon", "priority 5")
		v.Set("pack.priority", "high")
		b.postForm(page+"/check", v).want(t, http.StatusBadRequest, `value="high"`)
		for _, lang := range i18n.Tags() {
			b.lang = lang
			checkPage(t, "meet "+lang, b.get("/office/packs/salon/meet?priority=5").want(t, http.StatusOK).body, lang)
		}
	})
}

func TestABasketIsPricedWithAndWithoutAPack(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		ask := func(pairs ...string) answer {
			q := url.Values{}
			for i := 0; i+1 < len(pairs); i += 2 {
				q.Add(pairs[i], pairs[i+1])
			}
			return b.get("/office/packs/salon/preview?" + q.Encode())
		}
		got := ask("sku", "colour", "quantity", "1", "sku", "6901234567892", "quantity", "2", "member", "13800000001").want(t, http.StatusOK, "¥388.00", "¥310.40", "−¥77.60", "Hair oil")
		checkPage(t, "preview", got.body, "en")
		ask("sku", "nothing-like-this").want(t, http.StatusNotFound, "checkout.unknown_sku")
		ask("sku", "").want(t, http.StatusBadRequest, "Name at least one product")
		ask("sku", "colour", "member", "nobody at all").want(t, http.StatusNotFound, "Nobody is found")
		ask("sku", "colour", "quantity", "many").want(t, http.StatusBadRequest)
		b.get("/office/packs/retail/preview?sku=oil").want(t, http.StatusOK, "To pay")
		b.get("/office/packs/salon").want(t, http.StatusOK, "What it costs", "1,234", "41 µs")
		if n := s.audited("pack.set"); n != 0 {
			t.Error("a preview has changed something")
		}
	})
}

func TestTheReasonsOfThePagesHaveTexts(t *testing.T) {
	l := i18n.Match("en")
	for _, r := range fault.Reasons() {
		if strings.HasPrefix(r, "office.packs.") && !l.Has(r) {
			t.Error("no text for", r)
		}
	}
	for _, c := range pack.LintCodes() {
		if !l.Has("pack.lint." + c) {
			t.Error("no text for the finding", c)
		}
	}
}
