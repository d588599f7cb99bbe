package rules

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/promotion"
)

// TestAStoredInputIsReadAsItWas: a field that the input gains must be read back,
// or a past sale would be priced without it.
func TestAStoredInputIsReadAsItWas(t *testing.T) {
	var in promotion.Input
	var n int64
	fill(reflect.ValueOf(&in).Elem(), &n)
	in.Date = "2026-01-31"
	msg := Encode(&in)
	got, err := DecodeInput(msg)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, in) {
		t.Errorf("read back:\n%+v\nwas:\n%+v", got, in)
	}
	if again := Encode(&got); !bytes.Equal(again, msg) {
		t.Error("the same input gives other bytes")
	}
	none := promotion.Input{Hook: promotion.HookPrice, Date: "2026-01-31"}
	if got, err := DecodeInput(Encode(&none)); err != nil || !reflect.DeepEqual(got, none) {
		t.Errorf("an input without tables: %+v %v", got, err)
	}
}

func TestStoredBytesThatAreNoInput(t *testing.T) {
	for _, b := range [][]byte{nil, {1, 2, 3}, make([]byte, 64)} {
		if _, err := DecodeInput(b); !fault.ReasonIs(err, ErrStored.Reason) {
			t.Errorf("%v: %v", b, err)
		}
	}
}
