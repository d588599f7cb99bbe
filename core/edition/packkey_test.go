package edition

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/fault"
)

func TestPackKeys(t *testing.T) {
	key := "ed25519:" + base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	e, err := Parse(manifest(`,"pack_keys":[{"name":"Acme packs","key":"` + key + `"}]`))
	if err != nil || len(e.PackKeys) != 1 || e.PackKeys[0].Key != key {
		t.Fatal(e, err)
	}
	for name, keys := range map[string]string{
		"no name":   `{"name":" ","key":"` + key + `"}`,
		"twice":     `{"name":"a","key":"` + key + `"},{"name":"a","key":"` + key + `"}`,
		"no prefix": `{"name":"a","key":"` + key[8:] + `"}`,
		"too short": `{"name":"a","key":"` + key[:20] + `"}`,
		"no base64": `{"name":"a","key":"ed25519:!!!"}`,
	} {
		if _, err := Parse(manifest(`,"pack_keys":[` + keys + `]`)); !fault.ReasonIs(err, "edition.bad_pack_key") {
			t.Error(name, err)
		}
	}
}
