package api_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/api"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/edition"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
)

var errEvil = fault.New(fault.Invalid, "api_test.evil_module")

// newInstaller takes packs that are vouched for; its rule host is a few lines of Go.
func newInstaller(d *db.DB, reg *pack.Registry) *pack.Installer {
	return &pack.Installer{DB: d, Packs: reg,
		Ring: func(ctx context.Context, m id.ID) (pack.KeyRing, error) {
			return pack.RingOf(ctx, d, m, &edition.Edition{})
		},
		Verify: func(module []byte, _ bool) error {
			if strings.Contains(string(module), "evil") {
				return errEvil
			}
			return nil
		},
		Compile: func(context.Context, *pack.Bundle, func(float64)) error { return nil },
	}
}

func packOf(t *testing.T, name, version, wasm string, key ed25519.PrivateKey) string {
	t.Helper()
	data, err := pack.Build(pack.Manifest{ID: name, Version: version, ABI: pack.ABIRange{Min: 1, Max: 1}, Hooks: []string{"benefit", "earn"}, Powers: []string{"discount", "points"}}, map[string][]byte{
		"rule.wasm": []byte(wasm), "config.schema.json": []byte(`{"type":"object","additionalProperties":false,"properties":{"rate":{"type":"number","default":0.1}}}`),
		"locales/en.json": []byte(`{"pack.name":"Mine ` + version + `","ten":"ten","big":"big","coupon":"coupon"}`),
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestPacksAreInstalledThroughTheAPI(t *testing.T) {
	each(t, func(s *shop) {
		pub, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		data := packOf(t, "mine", "1.0.0", "one", key)
		install := func(key, body string) *answer {
			return s.call("POST", "/api/v1/packs", body, "Idempotency-Key: "+key, "Content-Type: application/zip")
		}
		before := s.books()
		s.is(s.want(403, install("a", data)), "code", "pack.signer_unknown")
		s.is(s.want(403, install("a", packOf(t, "mine", "1.0.0", "one", nil))), "code", "pack.unsigned")
		s.is(s.want(400, install("a", "no zip")), "code", "pack.malformed")
		s.is(s.want(400, s.call("POST", "/api/v1/packs", data, "Content-Type: application/zip")), "code", "idempotency.key_required")
		if got := s.books(); got != before {
			t.Error("a refusal left something:", before, got)
		}
		trusted := s.post("/api/v1/pack-keys", `{"name":"Workshop","public_key":"`+pack.FormatPublicKey(pub)+`"}`)
		s.is(trusted, "fingerprint", pack.Fingerprint(pub))
		s.is(s.want(409, s.call("POST", "/api/v1/pack-keys", `{"name":"Twice","public_key":"`+pack.FormatPublicKey(pub)+`"}`)), "code", "pack.key_trusted_already")
		s.is(s.want(400, s.call("POST", "/api/v1/pack-keys", `{"name":"Odd","public_key":"rsa"}`)), "code", "pack.bad_key")
		s.is(s.get("/api/v1/pack-keys"), "items.0.name", "Workshop")

		in := s.want(201, install("b", data))
		for path, want := range map[string]string{"pack_id": "mine", "version": "1.0.0", "trust": "merchant", "signer": "Workshop", "removed": "false", "platform": "false"} {
			s.is(in, path, want)
		}
		again := s.want(201, install("b", data))
		if again.header.Get("Idempotency-Replayed") != "true" || again.text("hash") != in.text("hash") {
			t.Error(again.raw, again.header)
		}
		s.is(s.want(409, install("b", packOf(t, "mine", "1.0.1", "one", key))), "code", "idempotency.key_reused")
		s.is(s.want(409, install("c", packOf(t, "mine", "1.0.0", "two", key))), "code", "pack.version_taken")
		s.is(s.want(400, install("d", packOf(t, "mine", "2.0.0", "evil", key))), "code", "api_test.evil_module")
		s.want(201, install("e", packOf(t, "mine", "1.1.0", "1.1", key)))
		if a := s.want(413, install("f", strings.Repeat("x", pack.MaxBundle+1))); a.text("code") != "request.too_large" {
			t.Error(a.raw)
		}
		p := s.get("/api/v1/packs/mine")
		s.is(p, "versions", `["1.1.0","1.0.0"]`)
		s.is(p, "name", "Mine 1.1.0")
		s.is(p, "installed.1.signer", "Workshop")
		s.is(s.want(404, s.call("GET", "/api/v1/packs/nothing", "")), "code", "pack.not_installed")

		// Another merchant sees nothing of it.
		_, _, _, theirs := s.newMerchant("two")
		other := "Authorization: Bearer " + theirs
		s.is(s.want(404, s.call("GET", "/api/v1/packs/mine", "", other)), "code", "pack.not_installed")
		s.is(s.want(404, s.call("PUT", "/api/v1/packs/mine", `{"enabled":true}`, other)), "code", "pack.not_installed")
		s.is(s.want(404, s.call("DELETE", "/api/v1/packs/mine/versions/1.0.0", "", other)), "code", "pack.not_installed")
		s.is(s.get("/api/v1/pack-keys", other), "items", "[]")
		if list := s.get("/api/v1/packs", other); strings.Contains(list.raw, `"mine"`) {
			t.Error(list.raw)
		}

		// On, changed, back, off and away.
		s.want(200, s.call("PUT", "/api/v1/packs/mine", `{"enabled":true,"version":"1.0.0","priority":4,"reason":"first"}`))
		s.is(s.want(409, s.call("DELETE", "/api/v1/packs/mine/versions/1.0.0", "")), "code", "pack.in_use")
		s.want(200, s.call("PUT", "/api/v1/packs/mine", `{"version":"1.1.0","config":{"rate":0.3},"reason":"second"}`))
		hist := s.get("/api/v1/packs/mine/history?shop_id=" + s.shop.String())
		for path, want := range map[string]string{"items.0.reason": "second", "items.0.changes": `[{"after":0.3,"before":0.1,"pointer":"/rate"}]`, "items.1.changes": "[]", "items.1.priority": "4", "items.1.version": "1.0.0"} {
			s.is(hist, path, want)
		}
		first := hist.text("items.1.id")
		s.is(s.want(404, s.call("POST", "/api/v1/packs/ten-off/rollback", `{"record_id":"`+first+`"}`)), "code", "pack.record_not_found")
		back := s.want(200, s.call("POST", "/api/v1/packs/mine/rollback", `{"record_id":"`+first+`","reason":"better before"}`, "Idempotency-Key: back"))
		for path, want := range map[string]string{"shops.0.version": "1.0.0", "shops.0.config": `{"rate":0.1}`, "shops.0.priority": "4", "shops.0.enabled": "true"} {
			s.is(back, path, want)
		}
		s.want(200, s.call("POST", "/api/v1/packs/mine/rollback", `{"record_id":"`+first+`","reason":"better before"}`, "Idempotency-Key: back"))
		s.is(s.get("/api/v1/packs/mine/history"), "items.0.reason", "better before")
		if n := len(s.get("/api/v1/packs/mine/history").at("items").([]any)); n != 3 {
			t.Error("a repeated request wrote again:", n)
		}
		s.want(200, s.call("PUT", "/api/v1/packs/mine", `{"enabled":false}`))
		s.is(s.want(200, s.call("DELETE", "/api/v1/packs/mine/versions/1.0.0", "")), "removed", "true")
		s.is(s.want(409, s.call("PUT", "/api/v1/packs/mine", `{"enabled":true}`)), "code", "pack.removed")
		s.is(s.want(409, s.call("POST", "/api/v1/packs/mine/rollback", `{"record_id":"`+first+`"}`)), "code", "pack.removed")
		s.is(s.want(409, s.call("DELETE", "/api/v1/packs/ten-off/versions/1.0.0", "")), "code", "pack.shipped")
		s.is(s.get("/api/v1/packs/mine"), "versions", `["1.1.0"]`)
		s.want(204, s.call("DELETE", "/api/v1/pack-keys/"+trusted.text("id"), ""))
		s.is(s.want(404, s.call("DELETE", "/api/v1/pack-keys/"+trusted.text("id"), "")), "code", "pack.key_not_found")

		actions := map[string]int{}
		rows, err := db.All(context.Background(), s.d, func(r db.Row, v *string) error { return r.Scan(v) }, `select action from audit_log where merchant_id = $1`, s.merchant)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range rows {
			actions[a]++
		}
		for _, want := range []string{"pack_key.added 1", "pack.installed 2", "pack.set 3", "pack.rolled_back 1", "pack.removed 1", "pack_key.removed 1"} {
			name, n, _ := strings.Cut(want, " ")
			if fmt.Sprint(actions[name]) != n {
				t.Errorf("%s: %d records, want %s", name, actions[name], n)
			}
		}
	})
}

func TestAPackIsLookedAtBeforeItIsSwitchedOn(t *testing.T) {
	each(t, func(s *shop) {
		s.want(201, s.call("POST", "/api/v1/sales", s.sale("2", "20.00"), "Idempotency-Key: s"))
		pub, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		s.post("/api/v1/pack-keys", `{"name":"Workshop","public_key":"`+pack.FormatPublicKey(pub)+`"}`)
		s.want(201, s.call("POST", "/api/v1/packs", packOf(t, "mine", "1.0.0", "one", key), "Idempotency-Key: i", "Content-Type: application/zip"))
		before := s.books()
		a := s.get("/api/v1/packs/mine/lint?" + url.Values{"shop_id": {s.shop.String()}, "lang": {"zh-Hans"}}.Encode())
		for path, want := range map[string]string{"version": "1.0.0", "trust": "merchant", "receipts": "2", "complete": "true", "priority": "0", "hooks.0": `{"hook":"earn","other":"ten-off","rule":"whole"}`,
			"meetings.0.other": "ten-off", "meetings.0.phase": "line", "meetings.0.relation": "stacks", "meetings.0.first": "mine", "meetings.0.why": "id", "meetings.0.baskets": "1", "meetings.0.both": "1"} {
			s.is(a, path, want)
		}
		codes := map[string]string{}
		for _, f := range a.at("findings").([]any) {
			f := f.(map[string]any)
			codes[f["code"].(string)] = f["severity"].(string)
			if text, _ := f["text"].(string); text == "" || strings.HasPrefix(text, "pack.lint.") {
				t.Errorf("%v has no text", f)
			}
		}
		if codes["earn_whole"] != "warn" || codes["priority_tie"] != "warn" || codes["language_missing"] != "info" {
			t.Error(codes)
		}
		higher := s.get("/api/v1/packs/mine/lint?priority=9")
		s.is(higher, "meetings.0.why", "priority")
		s.is(higher, "meetings.0.first", "mine")
		if got := s.books(); got != before {
			t.Error("looking wrote something:", before, got)
		}
		s.is(s.want(404, s.call("GET", "/api/v1/packs/mine/lint?version=3.0.0", "")), "code", "pack.not_installed")
		s.is(s.want(404, s.call("GET", "/api/v1/packs/mine/lint?shop_id="+s.member.String(), "")), "code", "tenant.shop_not_found")
	})
}

func TestOnlyAnInstallationIsLong(t *testing.T) {
	s := newShop(t, dbtest.SQLite(t), nil)
	for _, x := range []struct {
		method, path string
		want         bool
	}{{"POST", "/api/v1/packs", true}, {"GET", "/api/v1/packs", false}, {"POST", "/api/v1/packs/x/rollback", false}} {
		if got := api.IsInstallation(httptest.NewRequest(x.method, x.path, nil)); got != x.want {
			t.Errorf("%s %s: %v", x.method, x.path, got)
		}
	}
	s.is(s.want(413, s.call("POST", "/api/v1/pack-keys", `{"name":"`+strings.Repeat("x", 1<<20)+`"}`)), "code", "request.too_large")
}
