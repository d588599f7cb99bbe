package pos

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/sale"
)

// counterTop is what stands beside the register in a test.
type counterTop struct {
	closing chan struct{}
	once    sync.Once

	mu      sync.Mutex
	seq     uint64
	inputs  []chan device.Input
	after   []uint64
	shown   []string
	opened  []id.ID
	armed   []string // what a pay box announced, "" where it was taken back
	weight  int64
	failing error
}

func newCounterTop() *counterTop {
	return &counterTop{closing: make(chan struct{}), failing: ErrNoScale}
}

func (c *counterTop) Listen(_ id.ID, after uint64) (<-chan device.Input, func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	in := make(chan device.Input, 1000)
	c.inputs, c.after = append(c.inputs, in), append(c.after, after)
	return in, func() {}
}

func (c *counterTop) Closing() <-chan struct{} { return c.closing }
func (c *counterTop) close()                   { c.once.Do(func() { close(c.closing) }) }

func (c *counterTop) Show(_, _ id.ID, s device.Shown) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown = append(c.shown, strings.TrimSpace(string(s.Kind)+" "+s.Amount+" "+strings.Join(s.Lines, "|")))
}

func (c *counterTop) Arm(_, _, _ id.ID, amount string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed = append(c.armed, amount)
}

func (c *counterTop) Disarm(_, _ id.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed = append(c.armed, "")
}

// announced is what the pay box announces, "" nothing.
func (c *counterTop) announced() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.armed) == 0 {
		return ""
	}
	return c.armed[len(c.armed)-1]
}

func (c *counterTop) OpenDrawer(_, _, document id.ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.opened = append(c.opened, document)
}

func (c *counterTop) Weigh(context.Context, id.ID, id.ID) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.weight, c.failing
}

// tell is what a device tells to the page that came last.
func (c *counterTop) tell(kind device.InputKind, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seq++
	c.inputs[len(c.inputs)-1] <- device.Input{Seq: c.seq, Kind: kind, Text: text, On: true}
}

func (c *counterTop) listeners() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.inputs)
}

func (c *counterTop) lastShown() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.shown) == 0 {
		return ""
	}
	return c.shown[len(c.shown)-1]
}

// listen reads a stream of the register's, an event a line.
func (p *person) listen(path, last string) <-chan string {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.t.Context())
	p.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.base+path, nil)
	if err != nil {
		p.t.Fatal(err)
	}
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	res, err := p.http.Do(req)
	if err != nil || res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != "text/event-stream" {
		p.t.Fatal(res, err)
	}
	out := make(chan string, 1000)
	go func() {
		defer close(out)
		defer func() { _ = res.Body.Close() }()
		var event []string
		for s := bufio.NewScanner(res.Body); s.Scan(); {
			if line := s.Text(); line != "" {
				event = append(event, line)
				continue
			}
			if len(event) > 0 && !strings.HasPrefix(event[0], "retry:") {
				out <- strings.Join(event, " ")
			}
			event = nil
		}
	}()
	return out
}

func (p *person) hear(c <-chan string) string {
	p.t.Helper()
	select {
	case s := <-c:
		return s
	case <-time.After(10 * time.Second):
		p.t.Fatal("nothing is heard")
		return ""
	}
}

func TestTheTillHearsItsDevices(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Cashier)
	feed := p.listen(p.at.Path+"/feed", "41")
	for s.counter.listeners() == 0 {
		time.Sleep(time.Millisecond)
	}
	if s.counter.after[0] != 41 {
		t.Errorf("what was heard last: %d", s.counter.after[0])
	}
	for _, c := range []struct {
		kind device.InputKind
		text string
		want string
	}{
		{device.InputScan, "6901", `"kind":"scan","code":"6901"}`},
		{device.InputScan, "a\nb\"", `"code":"a\nb\""}`}, // no code ends an event
		{device.InputCard, "M-000213", `"kind":"card","code":"M-000213"}`},
		{device.InputPay, "28763443825664394", `"text":"A payment code was read`},
		{device.InputCall, "13800000001", `"text":"Call: 李娜 · 13800000001","do":"Open the member"`},
		{device.InputCall, "99999", `"kind":"call","text":"Call: 99999"}`},
		{device.InputPaper, "", `"text":"A printer has no paper"}`},
	} {
		s.counter.tell(c.kind, c.text)
		if got := p.hear(feed); !strings.Contains(got, "event: input") || !strings.Contains(got, c.want) {
			t.Errorf("%s %q: %s", c.kind, c.text, got)
		}
	}
	if body := p.one("body", func(n *html.Node) bool { return n.Data == "body" }); attr(body, "data-feed") != p.at.Path+"/feed" {
		t.Errorf("the page listens to %q", attr(body, "data-feed"))
	}
	s.counter.close()
	for range feed {
	}
}

func TestTheCustomerSeesWhatIsSold(t *testing.T) {
	s := newShop(t)
	p, screen := s.person(auth.Cashier), s.person(auth.Cashier)
	path := p.at.Path
	changes := screen.listen(path+"/screen/feed", "")
	sees := func(want ...string) {
		t.Helper()
		screen.hear(changes)
		screen.get(path + "/screen?part=1")
		for _, w := range want {
			if !strings.Contains(screen.raw, w) {
				t.Errorf("%q is not to be seen: %s", w, screen.raw)
			}
		}
	}
	sees("Welcome")
	p.scan("2*SOAP")
	sees("Olive soap", "¥50.00", "Total")
	if got := s.counter.lastShown(); got != "item 50.00 Olive soap|2 × 50.00" {
		t.Errorf("a display shows %q", got)
	}
	p.scan("M-000213")
	sees("Hello, ")
	p.press("pay")
	sees("To pay", "¥50.00")
	if got := s.counter.lastShown(); !strings.HasPrefix(got, "total 50.00") {
		t.Errorf("a display shows %q", got)
	}
	p.press("close")
	sees("Total")
	sold := p.paid(s)
	screen.get(path + "/screen")
	if !strings.Contains(screen.raw, "Thank you") {
		t.Errorf("%s", screen.raw)
	}
	if len(s.counter.opened) != 1 || s.counter.opened[0] != sold.ID {
		t.Errorf("the drawer was opened for %v", s.counter.opened)
	}
	p.get(path)
	screen.get(path + "/screen?part=1")
	if !strings.Contains(screen.raw, "Welcome") || s.counter.lastShown() != "" {
		t.Errorf("%s, a display shows %q", screen.raw, s.counter.lastShown())
	}
}

func TestWeighing(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Cashier)
	if p.offers("weigh") {
		t.Error("nothing can be weighed here")
	}
	s.devices.scale = true
	p.get(p.at.Path)
	p.scan("TEA")
	p.press("weigh")
	p.want("alert", "No scale is ready")
	s.counter.failing, s.counter.weight = nil, 0
	p.press("weigh")
	p.want("alert", "steady weight")
	s.counter.weight = 1_250_400 // milligrams
	p.press("weigh")
	p.want("till-due-amount", "¥10.63") // 1.25 × 8.50
	b := p.one("body", func(n *html.Node) bool { return n.Data == "body" })
	if !strings.Contains(text(b), "1.25") {
		t.Error(fmt.Sprint(text(b)))
	}
	p.paid(s)
	if got := s.sales()[0]; got.Total != 1063 || got.Kind != sale.KindSale {
		t.Errorf("%+v", got)
	}
}
