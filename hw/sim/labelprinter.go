package sim

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/receipt"
)

// LabelState is how a simulated label printer is.
type LabelState struct {
	PaperOut, HeadOpen, RibbonOut, Paused bool          // as it says
	Mute                                  bool          // it answers nothing
	Each                                  time.Duration // to print a label
}

// LabelField is one field of a label.
type LabelField struct {
	X, Y   int    // dots
	Kind   string // "text", "ean13", "code128", "qr", "picture"
	Data   string // what it says
	Height int    // of letters and bars in dots; of a QR the dots of a module
	Bitmap *receipt.Bitmap
}

// PrintedLabel is one label that came out, Copies times.
type PrintedLabel struct {
	Width, Height int // dots
	Copies        int
	Fields        []LabelField
}

// LabelPrinter is a ZPL printer on a TCP port. It reads the stream by the
// language's manual and notes what it does not know.
type LabelPrinter struct {
	*printerPort

	mu      sync.Mutex
	state   LabelState
	labels  []PrintedLabel
	unknown []string
	busy    clock.Instant // until then it prints

	// the label that is being read
	open  bool
	label PrintedLabel
	field LabelField
	hexed byte
}

// NewLabelPrinter listens on a free port.
func NewLabelPrinter(s LabelState) (*LabelPrinter, error) {
	p := &LabelPrinter{state: s}
	port, err := listen(p.serve)
	p.printerPort = port
	return p, err
}

// Be changes its state.
func (p *LabelPrinter) Be(s LabelState) { p.mu.Lock(); p.state = s; p.mu.Unlock() }

// Labels answers what came out.
func (p *LabelPrinter) Labels() []PrintedLabel {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]PrintedLabel(nil), p.labels...)
}

// Unknown answers the commands that the printer did not know.
func (p *LabelPrinter) Unknown() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.unknown...)
}

func (p *LabelPrinter) serve(c net.Conn) {
	buf := make([]byte, 4096)
	var rest []byte
	for {
		n, err := c.Read(buf)
		rest = append(rest, buf[:n]...)
		for {
			cmd, params, after, whole := nextZPL(rest)
			if !whole {
				break
			}
			rest = after
			p.mu.Lock()
			answer := p.do(cmd, params)
			p.mu.Unlock()
			if answer != "" {
				_, _ = c.Write([]byte(answer))
			}
		}
		if err != nil {
			p.mu.Lock()
			p.open = false // a label without an end is none
			p.mu.Unlock()
			return
		}
	}
}

// nextZPL parts a command, which ends where the next begins. Two are known to
// be whole by themselves.
func nextZPL(b []byte) (cmd, params string, rest []byte, whole bool) {
	at := bytes.IndexAny(b, "^~")
	if at < 0 || len(b) < at+3 {
		return "", "", b, false
	}
	cmd = string(b[at : at+3])
	b = b[at+3:]
	if cmd == "^XZ" || cmd == "~HS" || cmd == "^XA" || cmd == "^FS" {
		return cmd, "", b, true
	}
	end := bytes.IndexAny(b, "^~")
	if end < 0 {
		return "", "", append([]byte(cmd), b...), false
	}
	return cmd, strings.TrimRight(string(b[:end]), "\r\n"), b[end:], true
}

func (p *LabelPrinter) do(cmd, params string) (answer string) {
	v := strings.Split(params, ",")
	num := func(i int) int {
		if i >= len(v) {
			return 0
		}
		n, _ := strconv.Atoi(v[i])
		return n
	}
	switch cmd {
	case "^XA":
		p.open, p.label, p.field = true, PrintedLabel{Copies: 1}, LabelField{}
	case "^XZ":
		if p.open {
			p.print()
		}
		p.open = false
	case "^PW":
		p.label.Width = num(0)
	case "^LL":
		p.label.Height = num(0)
	case "^PQ":
		p.label.Copies = num(0)
	case "^FO":
		p.field = LabelField{X: num(0), Y: num(1), Kind: "text"}
		p.hexed = 0
	case "^FH":
		p.hexed = (params + "_")[0]
	case "^A0":
		p.field.Kind, p.field.Height = "text", num(1)
	case "^BE":
		p.field.Kind, p.field.Height = "ean13", num(1)
	case "^BC":
		p.field.Kind, p.field.Height = "code128", num(1)
	case "^BQ":
		p.field.Kind, p.field.Height = "qr", num(2)
	case "^FD":
		p.field.Data = p.data(params)
	case "^GF":
		p.graphic(params)
	case "^FS":
		if p.field.Kind != "" {
			p.label.Fields = append(p.label.Fields, p.field)
		}
		p.field = LabelField{}
	case "^CI", "^LH", "^BY":
	case "~HS":
		return p.status()
	default:
		p.unknown = append(p.unknown, cmd+params)
	}
	return ""
}

// data reads a field's data as its kind writes it.
func (p *LabelPrinter) data(s string) string {
	if p.hexed != 0 {
		var b strings.Builder
		for i := 0; i < len(s); i++ {
			if s[i] == p.hexed && i+2 < len(s) {
				if c, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
					b.Write(c)
					i += 2
					continue
				}
			}
			b.WriteByte(s[i])
		}
		s = b.String()
	}
	switch p.field.Kind {
	case "code128":
		s = strings.ReplaceAll(strings.TrimPrefix(s, ">:"), ">0", ">")
	case "qr":
		_, s, _ = strings.Cut(s, ",")
	}
	return s
}

func (p *LabelPrinter) graphic(params string) {
	v := strings.SplitN(params, ",", 5)
	if len(v) < 5 || v[0] != "A" {
		p.unknown = append(p.unknown, "^GF"+params[:min(len(params), 20)])
		return
	}
	bits, err := hex.DecodeString(v[4])
	stride, err2 := strconv.Atoi(v[3])
	if err != nil || err2 != nil || stride < 1 || len(bits)%stride != 0 || v[1] != strconv.Itoa(len(bits)) {
		p.unknown = append(p.unknown, "^GF"+params[:min(len(params), 20)])
		return
	}
	p.field.Kind = "picture"
	p.field.Bitmap = &receipt.Bitmap{Width: stride * 8, Height: len(bits) / stride, Bits: bits}
}

func (p *LabelPrinter) print() {
	p.labels = append(p.labels, p.label)
	p.busy = max(p.busy, clock.System{}.Now())
	p.busy = p.busy.Add(time.Duration(p.label.Copies) * p.state.Each)
}

func (p *LabelPrinter) status() string {
	if p.state.Mute {
		return ""
	}
	flag := map[bool]string{true: "1", false: "0"}
	left := 0
	if d := p.busy.Sub(clock.System{}.Now()); d > 0 && p.state.Each > 0 {
		left = int((d + p.state.Each - 1) / p.state.Each)
	}
	return fmt.Sprintf("\x02030,%s,%s,1245,000,0,0,0,000,0,0,0\x03\r\n\x02000,0,%s,%s,0,2,4,0,%08d,1,000\x03\r\n\x021234,0\x03\r\n",
		flag[p.state.PaperOut], flag[p.state.Paused], flag[p.state.HeadOpen], flag[p.state.RibbonOut], left)
}
