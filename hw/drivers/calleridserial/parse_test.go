package calleridserial

import (
	"math/rand/v2"
	"testing"
)

func TestModemLines(t *testing.T) {
	for line, want := range map[string]sign{
		"RING": {ring: true}, "+CRING: VOICE": {ring: true}, "NMBR=13800138000": {number: "13800138000"}, "NMBR = 010-8888 6666": {number: "01088886666"},
		"nmbr=+8613800138000": {number: "+8613800138000"}, "NMBR=P": {hidden: true}, "NMBR=O": {hidden: true}, "NMBR=": {hidden: true}, "NMBR=PRIVATE": {hidden: true}, "DATE=0901 TIME=0900 NMBR=13800138000 NAME=LI 4": {number: "13800138000"}, "NMBR=P NAME=O": {hidden: true},
		`+CLIP: "13800138000",129,"",,"",0`: {number: "13800138000"}, `+CLIP: "",128`: {hidden: true},
	} {
		if got, ok := modem(line); !ok || got != want {
			t.Errorf("%q: %+v %v", line, got, ok)
		}
	}
	for _, none := range []string{"", "OK", "ERROR", "DATE=0901", "TIME=0900", "NAME=13800138000", "MESG=0401", "NMBR=12"} {
		if got, ok := modem(none); ok {
			t.Errorf("%q: %+v", none, got)
		}
	}
}

func TestBoxLines(t *testing.T) {
	for line, want := range map[string]sign{
		"13800138000": {number: "13800138000"}, "D13800138000": {number: "13800138000"}, "FSK: 0901 0900 13800138000": {number: "13800138000"}, "RING": {ring: true},
		"+8613800138000": {number: "+8613800138000"}, "P": {hidden: true},
	} {
		if got, ok := box(line); !ok || got != want {
			t.Errorf("%q: %+v %v", line, got, ok)
		}
	}
	for _, none := range []string{"", "hello", "12", "123456789012345678901"} {
		if got, ok := box(none); ok {
			t.Errorf("%q: %+v", none, got)
		}
	}
}

// sealed is a frame with its check sum.
func sealed(kind byte, body string) []byte {
	b := append([]byte{kind, byte(len(body))}, body...)
	sum := byte(0)
	for _, c := range b {
		sum += c
	}
	return append(b, -sum)
}

func TestFrames(t *testing.T) {
	noise := []byte{0x55, 0x55, 0xff, 0x80, 1, 0, 0} // marks, and a frame that is none
	both := string([]byte{1, 8}) + "09010900" + string([]byte{2, 11}) + "13800138000" + string([]byte{7, 4}) + "LING"
	var all []byte
	all = append(all, noise...)
	all = append(all, sealed(multiple, both)...)
	all = append(all, 0x55)
	all = append(all, sealed(single, "0901090001088886666")...)
	all = append(all, sealed(multiple, string([]byte{4, 1})+"P")...)
	all = append(all, sealed(single, "09010900O")...)
	all = append(all, sealed(multiple, string([]byte{2, 30})+"cut")...)
	want := []sign{{number: "13800138000"}, {number: "01088886666"}, {hidden: true}, {hidden: true}}
	for size := 1; size <= len(all); size++ {
		var f network
		var got []sign
		for b := all; len(b) > 0; {
			n := min(size, len(b))
			got = append(got, f.feed(b[:n])...)
			b = b[n:]
		}
		if len(got) != len(want) {
			t.Fatalf("in pieces of %d: %+v", size, got)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("in pieces of %d: %+v", size, got[i])
			}
		}
	}
}

func TestNoBytesBreakTheReader(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	var f network
	for range 5000 {
		b := make([]byte, rng.IntN(30))
		for i := range b {
			b[i] = []byte{0, 1, 2, 4, 0x80, 0xff, '1', 'P'}[rng.IntN(8)]
		}
		f.feed(b)
		_, _ = message(multiple, b)
		_, _ = message(single, b)
		_, _ = modem(string(b))
		_, _ = box(string(b))
		if len(f.rest) > 258 {
			t.Fatalf("%d bytes are kept", len(f.rest))
		}
	}
}

func TestScrubbed(t *testing.T) {
	for n, want := range map[string]string{"13800138000": "…8000", "110": "…", "10086": "…0086"} {
		if got := scrubbed(n); got != want {
			t.Errorf("%s: %s", n, got)
		}
	}
}
