package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/cmd/shopwright/demo"
)

// visitor is a browser at a running demo.
type visitor struct {
	*testing.T
	base   string
	client *http.Client
	end    context.CancelFunc
	ended  chan error
}

// startDemo runs the demo, small, in a folder until it is ready.
func startDemo(t *testing.T, dir string) *visitor {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	d := &demoServer{cfg: config{Addr: "127.0.0.1:0", Data: dir}, opts: demo.Options{Scale: 0.02}, log: slog.New(slog.DiscardHandler), bar: io.Discard}
	v := &visitor{T: t, end: cancel, ended: make(chan error, 1)}
	go func() {
		err := d.run(ctx, w)
		w.CloseWithError(errors.Join(err, io.EOF))
		v.ended <- err
	}()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		cancel()
		t.Fatal("the demo is not ready: ", err)
	}
	var ok bool
	if v.base, ok = strings.CutPrefix(strings.TrimSpace(line), "ready "); !ok {
		t.Fatalf("the first line is %q", line)
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v.client = &http.Client{Jar: jar, Timeout: 30 * time.Second}
	t.Cleanup(v.stop)
	return v
}

func (v *visitor) stop() {
	v.end()
	select {
	case err, ok := <-v.ended:
		if ok && err != nil {
			v.Error("the demo ended with ", err)
		}
		close(v.ended)
	case <-time.After(30 * time.Second):
		v.Error("the demo does not end")
	}
}

// get and post answer the page that is shown in the end, and fail where it is an error.
func (v *visitor) get(path string) string {
	v.Helper()
	res, err := v.client.Get(v.base + path)
	return v.page(path, res, err)
}

func (v *visitor) post(path string, form url.Values) string {
	v.Helper()
	res, err := v.client.PostForm(v.base+path, form)
	return v.page(path, res, err)
}

func (v *visitor) page(path string, res *http.Response, err error) string {
	v.Helper()
	if err != nil {
		v.Fatal(path, err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		v.Fatalf("%s: %d %v\n%.600s", path, res.StatusCode, err, b)
	}
	return string(b)
}

var doneOf = regexp.MustCompile(`<progress value="(\d+)" max="5"`)

// ticks waits until a role has so many steps behind it.
func (v *visitor) ticks(role, want string) {
	v.Helper()
	got := ""
	for range 150 {
		if m := doneOf.FindStringSubmatch(v.get("/tour/" + role + "/steps")); m != nil {
			if got = m[1]; got == want {
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	v.Errorf("%s: %s of 5 steps are ticked, want %s\n%s", role, got, want, v.get("/tour/"+role+"/steps"))
}

func (v *visitor) result(dir string) demo.Result {
	v.Helper()
	r, err := demo.Read(filepath.Join(dir, "demo.json"))
	if err != nil {
		v.Fatal(err)
	}
	return r
}

// api calls the API with an owner's key.
func (v *visitor) api(key, path string, out any) {
	v.Helper()
	req, err := http.NewRequest(http.MethodGet, v.base+"/api/v1"+path, nil)
	if err != nil {
		v.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	res, err := v.client.Do(req)
	if err := json.Unmarshal([]byte(v.page(path, res, err)), out); err != nil {
		v.Fatal(path, err)
	}
}

type listOfIDs struct {
	Items []struct {
		ID string `json:"id"`
	} `json:"items"`
}

func TestDemo(t *testing.T) {
	dir := t.TempDir()
	v := startDemo(t, dir)
	r := v.result(dir)
	home := v.get("/")
	for _, role := range []string{"cashier", "owner", "reseller", "integrator", "vendor"} {
		if !strings.Contains(home, `action="/tour/as/`+role+`"`) {
			t.Errorf("the first page does not offer %s", role)
		}
	}
	for _, s := range r.Stories {
		if s.Edition != "catering" && !strings.Contains(home, s.Name) {
			t.Errorf("the first page does not know %s", s.Name)
		}
	}
	if r.URL != v.base || len(r.Merchants) != 3 {
		t.Errorf("demo.json speaks of %s with %d merchants", r.URL, len(r.Merchants))
	}
	t.Run("cashier", func(t *testing.T) { v.as(t).cashier() })
	t.Run("owner", func(t *testing.T) { v.as(t).owner() })
	t.Run("reseller", func(t *testing.T) { v.as(t).reseller() })
	t.Run("integrator", func(t *testing.T) { v.as(t).integrator(r.Of("retail").APIKey) })
	t.Run("driver vendor", func(t *testing.T) { v.as(t).vendor() })
	t.Run("nothing ticks by looking at it", func(t *testing.T) {
		v := v.as(t)
		v.post("/tour/as/owner", nil)
		v.get("/tour/owner")
		v.ticks("owner", "0") // although member day is on, from before
	})
	t.Run("a second start is the same demo at once", func(t *testing.T) {
		v.stop()
		begun := time.Now()
		again := startDemo(t, dir)
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("ready after %v", took)
		}
		if got := again.result(dir); got.URL != again.base || got.Merchants[1].APIKey != r.Merchants[1].APIKey {
			t.Error("demo.json is not the one of before with the new address")
		}
		again.reset(dir)
	})
	v.ended = make(chan error, 1) // it ended above
	v.ended <- nil
}

// as is the same visitor in another test.
func (v *visitor) as(t *testing.T) *visitor {
	w := *v
	w.T = t
	return &w
}

var scanCode = regexp.MustCompile(`<span aria-hidden="true">(\d{11,13})</span>`)

func (v *visitor) cashier() {
	page := v.post("/tour/as/cashier", nil)
	till := regexp.MustCompile(`href="(/pos/[0-9a-f-]{36})"`).FindStringSubmatch(page)
	codes := scanCode.FindAllStringSubmatch(page, -1)
	if till == nil || len(codes) != 4 {
		v.Fatalf("register %v, codes %v", till, codes)
	}
	basket := ""
	field := regexp.MustCompile(`name="b" value="([^"]*)"`)
	for i, c := range codes {
		shown := v.post(till[1], url.Values{"b": {basket}, "code": {c[1]}})
		m := field.FindStringSubmatch(shown)
		if m == nil || m[1] == basket {
			v.Fatalf("%s was not taken:\n%.2000s", c[1], shown)
		}
		basket = m[1]
		if i == 1 {
			v.ticks("cashier", "0") // two of three
		}
	}
	v.ticks("cashier", "2")
	v.post(till[1], url.Values{"b": {basket}, "do": {"why"}})
	v.ticks("cashier", "3")
}

func (v *visitor) owner() {
	v.post("/tour/as/owner", nil)
	v.ticks("owner", "0")
	toPay := regexp.MustCompile(`stat-value">([^<]*)<`)
	before := toPay.FindAllStringSubmatch(v.get("/tour/price"), -1)
	if !strings.Contains(v.post("/tour/member-day", nil), "on") {
		v.Error("member day is not on")
	}
	v.ticks("owner", "2")
	after := toPay.FindAllStringSubmatch(v.get("/tour/price"), -1)
	if len(before) != 3 || len(after) != 3 || before[2][1] == after[2][1] {
		v.Errorf("the price stays: %v, %v", before, after)
	}
	v.get("/office/audit")
	v.ticks("owner", "4")
	v.get("/office/proof")
	v.ticks("owner", "4") // opened, not proved
	v.post("/office/proof", nil)
	v.ticks("owner", "5")
}

func (v *visitor) reseller() {
	v.post("/tour/as/reseller", nil)
	v.get("/office")
	v.ticks("reseller", "1")
	v.post("/prefs", url.Values{"locale": {"zh-Hant"}, "back": {"/tour/reseller"}})
	v.ticks("reseller", "2")
	v.post("/prefs", url.Values{"locale": {"en"}, "back": {"/tour/reseller"}})
}

func (v *visitor) integrator(key string) {
	v.post("/tour/as/integrator", nil)
	v.get("/docs")
	var list listOfIDs
	v.api(key, "/sales?limit=1", &list)
	v.ticks("integrator", "2")
	if page := v.post("/tour/break", nil); !strings.Contains(page, "broken rule") {
		v.Error("the page does not say that the rule is broken")
	}
	v.post("/tour/sell", nil)
	v.ticks("integrator", "4")
	v.api(key, "/sales?limit=1", &list)
	if why := v.get("/office/sales/" + list.Items[0].ID + "/why"); !strings.Contains(why, "broken-rule") {
		v.Error("the sale does not tell of the rule that failed")
	}
	v.ticks("integrator", "5")
	v.post("/tour/break", nil)
	var sale struct {
		Total string `json:"total"`
		State string `json:"state"`
	}
	v.api(key, "/sales/"+list.Items[0].ID, &sale)
	if sale.State != "completed" || sale.Total == "0.00" {
		v.Errorf("the sale is %+v", sale)
	}
}

func (v *visitor) vendor() {
	v.post("/tour/as/vendor", nil)
	v.get("/office/devices")
	ready := regexp.MustCompile(`badge-ok`)
	for i := 0; !ready.MatchString(v.get("/tour/vendor/steps")); i++ {
		if i == 100 {
			v.Fatal("the printer is not ready")
		}
		time.Sleep(100 * time.Millisecond)
	}
	v.post("/tour/kill", nil)
	v.ticks("vendor", "4") // found, killed, back, one paper
}

// reset has the demo made anew, and finds other secrets afterwards.
func (v *visitor) reset(dir string) {
	before := v.result(dir)
	if err := os.WriteFile(filepath.Join(dir, "mine.txt"), []byte("mine"), 0o600); err != nil {
		v.Fatal(err)
	}
	res, err := v.client.PostForm(v.base+"/tour/reset", nil)
	if err != nil {
		v.Fatal(err)
	}
	progress := res.StatusCode == http.StatusServiceUnavailable
	res.Body.Close()
	for i := 0; ; i++ {
		res, err := v.client.Get(v.base + "/")
		if err != nil {
			v.Fatal(err)
		}
		b, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode == http.StatusOK && progress {
			break
		}
		progress = progress || res.StatusCode == http.StatusServiceUnavailable
		if res.StatusCode == http.StatusServiceUnavailable && (res.Header.Get("Refresh") == "" || !strings.Contains(string(b), "<progress")) {
			v.Fatalf("no progress is shown: %s", b)
		}
		if i > 600 {
			v.Fatal("the demo does not come back")
		}
		time.Sleep(50 * time.Millisecond)
	}
	if after := v.result(dir); after.Merchants[0].APIKey == before.Merchants[0].APIKey {
		v.Error("the reset demo has the old key")
	}
	if _, err := os.Stat(filepath.Join(dir, "mine.txt")); err != nil {
		v.Error("a file that is not the demo's is gone")
	}
}

func TestAnInterruptedDemoIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{markFile: markBegun, "shop.db": "half a database", resultFile: "{}"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	v := startDemo(t, dir)
	if r := v.result(dir); len(r.Merchants) != 3 {
		t.Errorf("%+v", r)
	}
}

func TestTheDemoLeavesForeignDatabasesAlone(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "shop.db")
	if err := os.WriteFile(file, []byte("somebody's shop"), 0o600); err != nil {
		t.Fatal(err)
	}
	d := &demoServer{cfg: config{Addr: "127.0.0.1:0", Data: dir}, log: slog.New(slog.DiscardHandler), bar: io.Discard}
	if err := d.run(context.Background(), io.Discard); !errors.Is(err, errNotADemo) {
		t.Errorf("%v", err)
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "somebody's shop" {
		t.Error("the database was touched")
	}
}

func TestProgressInLines(t *testing.T) {
	var b strings.Builder
	p := newProgress(&b)
	for i := range 101 {
		p.show(i, 100)
	}
	p.end()
	if n := strings.Count(b.String(), "\n"); n != 11 || !strings.Contains(b.String(), fmt.Sprintf("%d of about %d", 50, 100)) {
		t.Errorf("%d lines:\n%s", n, b.String())
	}
}
