package cards

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/sdk/driver"
)

func TestParse(t *testing.T) {
	for line, want := range map[string]driver.Card{
		";0012345678=99?":                              {Number: "0012345678", Technology: Magnetic},
		";0012345678?":                                 {Number: "0012345678", Technology: Magnetic},
		"%M0012345?;0099?+123?":                        {Number: "0099", Technology: Magnetic},
		"%VIP0012345?":                                 {Number: "VIP0012345", Technology: Magnetic},
		"%B700123^LI/MING^9912?":                       {Number: "700123", Technology: Magnetic},
		"  0004512345\r\n":                             {Number: "0004512345", Technology: RFID},
		"04A1B2C3D4E580":                               {Number: "04A1B2C3D4E580", Technology: RFID},
		";4111111111111111?":                           {Number: "4111111111111111", Technology: Magnetic}, // banks write more
		";4111111111111112=30122010000?":               {Number: "4111111111111112", Technology: Magnetic}, // no check digit
		";9111111111111110=30122010000?;":              {Number: "9111111111111110", Technology: Magnetic},
		"%B4111111111111112^A/B^30122010000000000000?": {Number: "4111111111111112", Technology: Magnetic},
	} {
		if got, err := Parse([]byte(line), RFID); err != nil || got.Number != want.Number || got.Technology != want.Technology || got.Data != nil {
			t.Errorf("%q: %+v %v", line, got, err)
		}
	}
	for _, line := range []string{";4111111111111111=30122010000?", "%B4111111111111111^A PERSON^30122010000?", "%B4111111111111111^A^30122010000?;4111111111111111=30122010000?", ";6217001234567890122=30122200000?"} {
		if got, err := Parse([]byte(line), RFID); !errors.Is(err, ErrBank) {
			t.Errorf("%q: %+v %v", line, got, err)
		}
	}
	for _, line := range []string{"", "?", ";12", "=12?", "%E?", "a b", "¥1", strings.Repeat("1", 65), "-1"} {
		if got, err := Parse([]byte(line), RFID); !errors.Is(err, ErrNumber) {
			t.Errorf("%q: %+v %v", line, got, err)
		}
	}
}

func TestDesk(t *testing.T) {
	now := clock.NewManual(time.Date(2026, 9, 1, 9, 0, 0, 0, time.UTC))
	var told []string
	d := Desk{Clock: now, Unasked: func(c driver.Card) { told = append(told, c.Number) }}
	one, two := driver.Card{Number: "1"}, driver.Card{Number: "2"}
	for range 5 { // it lies there, and the reader says so again and again
		d.Present(one)
		now.Advance(time.Second)
	}
	d.Present(two)
	d.Present(one)
	now.Advance(2 * time.Second)
	d.Present(one)
	if got := strings.Join(told, ""); got != "1211" {
		t.Errorf("%q", got)
	}

	told = nil
	got := make(chan driver.Card, 2)
	for range 2 {
		go func() {
			c, err := d.Wait(context.Background())
			if err != nil {
				t.Error(err)
			}
			got <- c
		}()
	}
	for waiting := 0; waiting < 2; time.Sleep(time.Millisecond) {
		d.mu.Lock()
		waiting = len(d.waiting)
		d.mu.Unlock()
	}
	d.Present(one) // who asks gets the card that lies there
	if a, b := <-got, <-got; a.Number != "1" || b.Number != "1" || len(told) != 0 {
		t.Errorf("%v %v %v", a, b, told)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := d.Wait(ctx); !errors.Is(err, context.Canceled) || len(d.waiting) != 0 {
		t.Error(err)
	}
}
