// Command fontgen packs the hexadecimal source of GNU Unifont into the file
// that core/receipt embeds.
//
//	go run ./core/receipt/fontgen /usr/share/unifont/unifont.hex core/receipt/font/unifont.bin
//
// The packed form, deflated: the number of ranges; for each range its first
// code point, its length and the glyph's width in dots (8 or 16), as unsigned
// varints; then the bitmaps of all glyphs in that order, 16 or 32 bytes each.
// Private use code points are left out: their glyphs are placeholders.
package main

import (
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
)

type span struct{ first, count, width uint64 }

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: fontgen unifont.hex unifont.bin")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "fontgen:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	var spans []span
	var bits []byte
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		code, glyph, ok := strings.Cut(strings.TrimSpace(lines.Text()), ":")
		if !ok {
			return fmt.Errorf("not a glyph: %q", lines.Text())
		}
		c, err := strconv.ParseUint(code, 16, 32)
		if err != nil {
			return err
		}
		b, err := hex.DecodeString(glyph)
		if err != nil {
			return err
		}
		if len(b) != 16 && len(b) != 32 {
			return fmt.Errorf("U+%04X has %d bytes", c, len(b))
		}
		if c >= 0xE000 && c <= 0xF8FF {
			continue
		}
		w := uint64(len(b) / 2)
		if n := len(spans); n > 0 && spans[n-1].first+spans[n-1].count == c && spans[n-1].width == w {
			spans[n-1].count++
		} else {
			spans = append(spans, span{c, 1, w})
		}
		bits = append(bits, b...)
	}
	if err := lines.Err(); err != nil {
		return err
	}
	head := binary.AppendUvarint(nil, uint64(len(spans)))
	for _, s := range spans {
		head = binary.AppendUvarint(head, s.first)
		head = binary.AppendUvarint(head, s.count)
		head = binary.AppendUvarint(head, s.width)
	}
	var out bytes.Buffer
	z, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(append(head, bits...)); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return os.WriteFile(to, out.Bytes(), 0o644)
}
