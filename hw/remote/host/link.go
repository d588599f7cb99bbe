package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/hw/remote"
)

const (
	answerMost  = 64 << 20 // bytes of an answer
	problemMost = 64 << 10
)

// link is the line to the server.
type link struct {
	base  string
	token string
	c     *http.Client
	times serverTime
}

func newLink(server, token string) (*link, error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" {
		return nil, ErrAddress.With("server", server)
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = 4
	return &link{base: strings.TrimSuffix(server, "/"), token: token, c: &http.Client{
		Transport: t,
		// The token goes to the server that it was given by, and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func (l *link) do(ctx context.Context, method, path string, body io.Reader) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, l.base+path, body)
	if err != nil {
		return nil, ErrAddress.With("server", l.base).Wrap(err)
	}
	if l.token != "" {
		r.Header.Set(remote.TokenHeader, l.token)
	}
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	asked := time.Now()
	res, err := l.c.Do(r)
	if err != nil {
		return nil, ErrUnreached.With("server", l.base).Wrap(err)
	}
	if s, err := strconv.ParseInt(res.Header.Get(remote.NowHeader), 10, 64); err == nil {
		l.times.sample(asked, time.Now(), s)
	}
	if res.StatusCode != http.StatusOK {
		defer res.Body.Close()
		return nil, problemOf(res)
	}
	return res, nil
}

// post says something and reads the answer.
func (l *link) post(ctx context.Context, path string, in, out any) error {
	b, err := json.Marshal(in)
	if err != nil {
		return fault.ErrInternal.Wrap(err)
	}
	res, err := l.do(ctx, http.MethodPost, path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if err := json.NewDecoder(io.LimitReader(res.Body, answerMost)).Decode(out); err != nil {
		return ErrUnreached.With("server", l.base).Wrap(err)
	}
	return nil
}

// The faults that a server's answer may be taken for.
var known = []*fault.Fault{device.ErrHostCode, device.ErrHostUnknown, device.ErrHostRevoked}

// problemOf is what a server said that refused. What a proxy says is no fault of ours:
// the server was not reached.
func problemOf(res *http.Response) error {
	var p struct {
		Code   string `json:"code"`
		Detail string `json:"detail"`
	}
	b, _ := io.ReadAll(io.LimitReader(res.Body, problemMost))
	if json.Unmarshal(b, &p) != nil || p.Code == "" {
		return ErrUnreached.Wrap(fmt.Errorf("it answered %s", res.Status))
	}
	for _, f := range known {
		if f.Reason == p.Code {
			return f
		}
	}
	if p.Code == remote.ErrPairingLimit.Reason {
		wait, _ := strconv.ParseInt(res.Header.Get("Retry-After"), 10, 64)
		return remote.ErrPairingLimit.With("retry_after_seconds", wait)
	}
	return ErrUnreached.Wrap(errors.New(p.Detail + " [" + p.Code + "]"))
}

// ended reports whether the server will never take this host again.
func ended(err error) bool {
	return errors.Is(err, device.ErrHostRevoked) || errors.Is(err, device.ErrHostUnknown)
}

// serverTime knows the server's time within a round trip, whatever this machine's
// clock says. Safe for concurrent use.
type serverTime struct {
	mu  sync.Mutex
	ref time.Time     // when it was asked
	at  int64         // what the server said
	rtt time.Duration // within which it said so; ref is its beginning
}

// sampleLife is how long the best sample is kept: machines' clocks drift apart.
const sampleLife = time.Minute

// sample takes what the server said between asked and heard.
func (s *serverTime) sample(asked, heard time.Time, micros int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	rtt := heard.Sub(asked)
	agrees := s.at != 0 && micros <= s.at+heard.Sub(s.ref).Microseconds() && micros >= s.at+asked.Sub(s.ref.Add(s.rtt)).Microseconds()
	if !agrees || rtt <= s.rtt || asked.Sub(s.ref) > sampleLife {
		s.ref, s.at, s.rtt = asked, micros, rtt
	}
}

// latest is the latest that it may be at the server now. The server spoke no earlier
// than it was asked.
func (s *serverTime) latest(now time.Time) clock.Instant {
	s.mu.Lock()
	defer s.mu.Unlock()
	return clock.Instant(s.at + now.Sub(s.ref).Microseconds())
}

// earliest is the earliest that it may be at the server now. The server spoke no later
// than it was heard.
func (s *serverTime) earliest(now time.Time) clock.Instant {
	s.mu.Lock()
	defer s.mu.Unlock()
	return clock.Instant(s.at + now.Sub(s.ref.Add(s.rtt)).Microseconds())
}
