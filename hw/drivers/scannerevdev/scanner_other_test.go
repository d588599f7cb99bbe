//go:build !linux

package scannerevdev

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestElsewhereItNamesTheWay(t *testing.T) {
	err := New().(*Scanner).Configure(t.Context(), json.RawMessage(`{"device":"x"}`))
	if err == nil || !strings.Contains(err.Error(), "only on Linux") || !strings.Contains(err.Error(), "serial mode") {
		t.Error(err)
	}
}
