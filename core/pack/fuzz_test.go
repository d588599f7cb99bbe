package pack

import (
	"encoding/json"
	"testing"

	"github.com/shopwright/shopwright/core/fault"
)

// FuzzManifest: whatever pack.json holds, it is refused with a reason of its own,
// or stays what it is when it is written and read again.
func FuzzManifest(f *testing.F) {
	raw, err := json.Marshal(testManifest())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte(`{"id":"x","version":"1.0.0","abi":{"min":1,"max":1},"hooks":["price"],"powers":["price"],"files":{}}`))
	f.Add([]byte(`{"id":"x\u202e","version":"1.0.0-\u200b","hooks":["price","price"],"facts":[{"kind":"spend","window_days":-1}],"limits":{"fuel":-1}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := parseManifest(raw)
		if err != nil {
			if fault.Of(err).Kind == fault.Internal {
				t.Fatal(err)
			}
			return
		}
		again, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseManifest(again); err != nil {
			t.Fatalf("read, and not read again: %v\n%s", err, again)
		}
	})
}
