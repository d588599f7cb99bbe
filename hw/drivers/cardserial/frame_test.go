package cardserial

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/shopwright/shopwright/hw/drivers/cards"
)

// The bytes of the documentation's frame.
func TestAFrameIsAsDocumented(t *testing.T) {
	got := frame{'W', []byte("R0012")}.bytes()
	want := []byte{0x02, 6, 'W', 'R', '0', '0', '1', '2', 6 ^ 'W' ^ 'R' ^ '0' ^ '0' ^ '1' ^ '2', 0x03}
	if !bytes.Equal(got, want) {
		t.Errorf("% x, want % x", got, want)
	}
}

func TestFramesAreReadHoweverTheyAreCut(t *testing.T) {
	var all []byte
	var want []frame
	for i, data := range [][]byte{nil, {2}, {2, 3, 2, 3}, bytes.Repeat([]byte{2, 1, 'S'}, 80), []byte("R\x04abcd0012")} {
		f := frame{'a' + byte(i), data}
		want = append(want, f)
		all = append(all, f.bytes()...)
		all = append(all, 0, 3, 0xff) // noise between
	}
	for size := 1; size < len(all); size++ {
		var in frames
		var got []frame
		for b := all; len(b) > 0; {
			n := min(size, len(b))
			got = append(got, in.feed(b[:n])...)
			b = b[n:]
		}
		if len(got) != len(want) || in.junk != 3*len(want) {
			t.Fatalf("in pieces of %d: %d frames, %d bytes of junk", size, len(got), in.junk)
		}
		for i := range want {
			if got[i].command != want[i].command || !bytes.Equal(got[i].data, want[i].data) {
				t.Errorf("%q", got[i])
			}
		}
	}
}

// A frame with one wrong byte is none, and the next one is read.
func TestADamagedFrameIsDropped(t *testing.T) {
	good := frame{'r', []byte("R\x04abcd0012")}.bytes()
	for i := range good {
		var in frames
		bad := bytes.Clone(good)
		bad[i] ^= 0x10
		got := in.feed(bad)
		in.paused()
		if got = append(got, in.feed(good)...); len(got) != 1 || !bytes.Equal(got[0].bytes(), good) {
			t.Errorf("byte %d: %q", i, got)
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	var in frames
	for range 2000 {
		b := make([]byte, rng.IntN(40))
		for i := range b {
			b[i] = byte(rng.IntN(8))
		}
		for _, f := range in.feed(b) {
			_, _ = card(f.data)
		}
	}
}

func TestCardsOfAnswers(t *testing.T) {
	c, err := card([]byte("R\x04\x01\x02\x03\x040012"))
	if err != nil || c.Number != "0012" || c.Technology != cards.RFID || !bytes.Equal(c.Data, []byte{1, 2, 3, 4}) {
		t.Errorf("%+v %v", c, err)
	}
	if c, err := card([]byte("I\x00")); err != nil || c.Number != "" || c.Technology != cards.IC {
		t.Errorf("a new card: %+v %v", c, err)
	}
	for _, bad := range []string{"", "R", "X\x00" + "1", "R\x05abc", "R\x00 \x00"} {
		if c, err := card([]byte(bad)); err == nil {
			t.Errorf("%q: %+v", bad, c)
		}
	}
	if _, err := card([]byte("M\x00;4111111111111111=30122010000?")); !errors.Is(err, cards.ErrBank) {
		t.Error(err)
	}
}
