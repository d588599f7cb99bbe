package gate

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestAddress(t *testing.T) {
	for s, want := range map[string]string{
		"https://api.example.com/": "https://api.example.com", "http://127.0.0.1:80/x": "http://127.0.0.1:80/x", "http://localhost:1": "http://localhost:1", "http://[::1]:1": "http://[::1]:1",
		"http://api.example.com": "", "https://user:word@example.com": "", "ftp://127.0.0.1": "", "example.com": "", "": "", "https://a.b?c=d": "", "http://127.0.0.1.example.com": "",
	} {
		got, err := Address(s)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q %v", s, got, err)
		}
	}
}

func TestDecode(t *testing.T) {
	var v struct {
		A string `json:"a"`
	}
	if err := Decode(json.RawMessage(`{"a":"x"}`), &v); err != nil || v.A != "x" {
		t.Error(err)
	}
	if Decode(json.RawMessage(`{"b":"x"}`), &v) == nil || Decode(json.RawMessage(`{"a":`), &v) == nil {
		t.Error("what is misspelt is taken")
	}
}

func TestSend(t *testing.T) {
	release := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/slow":
			<-release
		case "/long":
			_, _ = io.Copy(w, io.LimitReader(endless{}, bodyLimit+5000))
		case "/away":
			http.Redirect(w, r, "/elsewhere", http.StatusFound)
		default:
			body, _ := io.ReadAll(r.Body)
			_, _ = w.Write(append([]byte(r.Method+" "), body...))
		}
	}))
	defer s.Close()
	defer close(release)
	g := New(nil, "s3cr&t", "")
	status, got, err := g.Send(t.Context(), http.MethodPost, s.URL+"/", nil, "hello")
	if err != nil || status != http.StatusOK || string(got) != "POST hello" || !g.Health().OK {
		t.Error(status, string(got), err)
	}
	if _, got, err = g.Send(t.Context(), http.MethodGet, s.URL+"/long", nil, ""); err != nil || len(got) != bodyLimit {
		t.Error(len(got), err)
	}
	if status, _, err = g.Send(t.Context(), http.MethodPost, s.URL+"/away", nil, "x"); err != nil || status != http.StatusFound {
		t.Error("it follows to elsewhere", status, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	if _, _, err = g.Send(ctx, http.MethodGet, s.URL+"/slow", nil, ""); !errors.Is(err, context.DeadlineExceeded) || !g.Health().OK {
		t.Error("the caller's haste is no trouble of the provider's", err, g.Health())
	}
	gone := httptest.NewServer(nil)
	gone.Close()
	if _, _, err = g.Send(t.Context(), http.MethodGet, gone.URL+"/?key=s3cr%26t", nil, ""); err == nil || strings.Contains(err.Error(), "s3cr") || g.Health().OK || strings.Contains(g.Health().Reason, "s3cr") {
		t.Error(err, g.Health())
	}
	if got := g.Clean("a s3cr&t b s3cr%26t c"); got != "a *** b *** c" {
		t.Error(got)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestListen(t *testing.T) {
	if addr, err := Listen(t.Context(), "", nil); addr != nil || err != nil {
		t.Error(addr, err)
	}
	if _, err := Listen(t.Context(), "nowhere", nil); err == nil {
		t.Error("it listens nowhere")
	}
	ctx, cancel := context.WithCancel(t.Context())
	addr, err := Listen(ctx, "127.0.0.1:0", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := Body(w, r); err != nil {
			http.Error(w, "too long", http.StatusRequestEntityTooLarge)
		}
	}))
	if err != nil {
		t.Fatal(err)
	}
	post := func(n int) int {
		r, err := http.Post("http://"+addr.String(), "text/plain", strings.NewReader(strings.Repeat("x", n)))
		if err != nil {
			return 0
		}
		defer r.Body.Close()
		return r.StatusCode
	}
	if post(10) != http.StatusOK || post(bodyLimit+1) == http.StatusOK {
		t.Error("the body is not bounded")
	}
	cancel()
	for n := 0; post(1) != 0; n++ {
		if n > 200 {
			t.Fatal("it listens for ever")
		}
		time.Sleep(5 * time.Millisecond)
	}
}
