package gate

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/shopwright/shopwright/sdk/driver"
)

const (
	callLimit = 15 * time.Second // of one request, connection and all
	dialLimit = 4 * time.Second
	bodyLimit = 1 << 20
)

// Decode reads settings strictly: a misspelt one is an error, not a default.
func Decode(raw json.RawMessage, into any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("the settings are not readable: %w", err)
	}
	return nil
}

// Address checks the address of a provider's interface. Only this machine may be
// spoken to without encryption: that is where simulators are.
func Address(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" {
		return "", errors.New("the address of the provider is none")
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && !(u.Scheme == "http" && local) {
		return "", errors.New("the address of the provider must begin with https://")
	}
	return strings.TrimRight(s, "/"), nil
}

// Gate is the way to one provider. Safe for concurrent use.
type Gate struct {
	http    *http.Client
	secrets []string

	mu     sync.Mutex
	health driver.Health
}

// New makes a way. Secrets are what must never be seen in an error; cert, where
// there is one, is shown to the provider.
func New(cert *tls.Certificate, secrets ...string) *Gate {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if cert != nil {
		conf.Certificates = []tls.Certificate{*cert}
	}
	g := &Gate{health: driver.Health{OK: true}, http: &http.Client{
		Timeout:       callLimit,
		Transport:     &http.Transport{TLSClientConfig: conf, DialContext: (&net.Dialer{Timeout: dialLimit}).DialContext, TLSHandshakeTimeout: dialLimit, MaxIdleConnsPerHost: 4, IdleConnTimeout: 90 * time.Second, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	for _, s := range secrets {
		if s != "" {
			g.secrets = append(g.secrets, s)
		}
	}
	return g
}

// Send sends a request and reads the answer. Errors have no secrets in them.
func (g *Gate) Send(ctx context.Context, method, address string, header http.Header, body string) (status int, answer []byte, err error) {
	h, answer, err := g.Exchange(ctx, method, address, header, body)
	return h.Status, answer, err
}

// Head is an answer without its body.
type Head struct {
	Status int
	Header http.Header
}

// Exchange is Send for those who look at the answer's header.
func (g *Gate) Exchange(ctx context.Context, method, address string, header http.Header, body string) (head Head, answer []byte, err error) {
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, reader)
	if err != nil {
		return Head{}, nil, g.Scrub(err)
	}
	if header != nil {
		req.Header = header
	}
	resp, err := g.http.Do(req)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) { // the address may carry what was signed
			err = u.Err
		}
		return Head{}, nil, g.failed(ctx, err)
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, bodyLimit))
	if err != nil {
		return Head{}, nil, g.failed(ctx, err)
	}
	g.set(driver.Health{OK: true})
	return Head{resp.StatusCode, resp.Header}, answer, nil
}

func (g *Gate) failed(ctx context.Context, err error) error {
	err = g.Scrub(err)
	if ctx.Err() == nil { // it was not the caller who went away
		g.set(driver.Health{Reason: "the provider cannot be reached: " + err.Error()})
	}
	return err
}

func (g *Gate) set(h driver.Health) {
	g.mu.Lock()
	g.health = h
	g.mu.Unlock()
}

// Trouble notes something that the shop has to mend: a wrong key, a certificate.
func (g *Gate) Trouble(reason string) { g.set(driver.Health{Reason: g.Clean(reason)}) }

// Health is how the last call went.
func (g *Gate) Health() driver.Health {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.health
}

// Clean takes secrets out of a text.
func (g *Gate) Clean(s string) string {
	for _, secret := range g.secrets {
		s = strings.ReplaceAll(s, secret, "***")
		s = strings.ReplaceAll(s, url.QueryEscape(secret), "***")
	}
	return s
}

// Scrub takes secrets out of an error's text; a context's error stays one.
func (g *Gate) Scrub(err error) error {
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return errors.New(g.Clean(err.Error()))
}

// Listen serves a provider's notices until ctx ends; "" serves none.
func Listen(ctx context.Context, address string, h http.Handler) (net.Addr, error) {
	if address == "" {
		return nil, nil
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("notices cannot be listened for: %w", err)
	}
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 1 << 14}
	go func() { _ = srv.Serve(l) }()
	go func() { <-ctx.Done(); _ = srv.Close() }()
	return l.Addr(), nil
}

// Body reads a notice, bounded.
func Body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
}
