package client

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client calls one server with the key of one merchant. It is safe for concurrent
// use; its fields are not to be changed after the first call.
type Client struct {
	URL      string // "https://shop.example"
	Key      string // an API key, "swk_…"
	Language string // of texts for people: "en", "zh-Hans", "zh-Hant"; "": the merchant's
	HTTP     *http.Client
	Attempts int // how often a request is sent where no answer comes; default 4
}

// New makes a client.
func New(url, key string) *Client {
	return &Client{URL: strings.TrimRight(url, "/"), Key: key, HTTP: &http.Client{Timeout: 40 * time.Second}}
}

// Problem is every error that the API answers (RFC 9457). Programs go by Code.
type Problem struct {
	Status    int          `json:"status"` // the HTTP status
	Type      string       `json:"type"`
	Title     string       `json:"title"`
	Detail    string       `json:"detail"` // for people, in their language
	Code      string       `json:"code"`   // stable: "wallet.insufficient_funds"
	Param     string       `json:"param"`  // the input that is wrong
	RequestID string       `json:"request_id"`
	Quote     *Quote       `json:"quote"`  // with checkout.total_changed: what it costs now
	Errors    []FieldError `json:"errors"` // with pack.config_invalid: everything that is wrong
}

// FieldError is one of several things that are wrong with an input.
type FieldError struct {
	Param  string `json:"param"` // JSON pointer into the configuration
	Detail string `json:"detail"`
}

// Error is the text for people, and the code.
func (p *Problem) Error() string {
	if p.Param != "" {
		return fmt.Sprintf("%s [%s: %s]", p.Detail, p.Code, p.Param)
	}
	return fmt.Sprintf("%s [%s]", p.Detail, p.Code)
}

// IsCode reports whether an error is the API's answer with this code.
func IsCode(err error, code string) bool {
	var p *Problem
	return errors.As(err, &p) && p.Code == code
}

// Pending is the answer where a payment is still being asked for. Nothing is wrong:
// ask for the sale again later, or repeat the call with its key.
type Pending struct {
	SaleID string `json:"id"`
	State  string `json:"state"` // open
	Code   string `json:"code"`  // checkout.payment_pending
	Detail string `json:"detail"`
}

// Error is the text for people.
func (p *Pending) Error() string { return p.Detail }

// List is a page of things; the next page begins at NextCursor, "" is the end.
type List[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor"`
}

// Page says which part of a list; the zero value is its beginning.
type Page struct {
	Cursor string
	Limit  int
}

func (p Page) query(pairs ...string) url.Values {
	q := url.Values{}
	if p.Limit > 0 {
		pairs = append(pairs, "limit", strconv.Itoa(p.Limit))
	}
	for pairs = append(pairs, "cursor", p.Cursor); len(pairs) > 1; pairs = pairs[2:] {
		if pairs[1] != "" {
			q.Set(pairs[0], pairs[1])
		}
	}
	return q
}

// Option changes one call that books.
type Option func(*request)

// WithKey names the idempotency key: a program that keeps it beside its own record
// may repeat the call after a crash. Without it each call has a new one.
func WithKey(key string) Option { return func(r *request) { r.key = key } }

type request struct {
	method, path, accept, key string
	contentType               string // of a body that is bytes; "": JSON
	query                     url.Values
	in                        any
	again                     bool // it may be sent again though it has no key
}

// at is a path of these steps, each of them as one.
func at(steps ...string) string {
	var b strings.Builder
	for _, s := range steps {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(s))
	}
	return b.String()
}

// flag is a switch in a query; off is not there.
func flag(on bool) string {
	if on {
		return "true"
	}
	return ""
}

// instant is a moment in a query; the zero one is not there.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func get[T any](ctx context.Context, c *Client, path string, q url.Values) (out T, err error) {
	return out, c.do(ctx, request{method: http.MethodGet, path: path, query: q, again: true}, &out)
}

// ask posts what writes nothing.
func ask[T any](ctx context.Context, c *Client, path string, in any) (out T, err error) {
	return out, c.do(ctx, request{method: http.MethodPost, path: path, in: in, again: true}, &out)
}

func put[T any](ctx context.Context, c *Client, path string, in any) (out T, err error) {
	return out, c.do(ctx, request{method: http.MethodPut, path: path, in: in}, &out)
}

func patch[T any](ctx context.Context, c *Client, path string, in any) (out T, err error) {
	return out, c.do(ctx, request{method: http.MethodPatch, path: path, in: in}, &out)
}

func remove[T any](ctx context.Context, c *Client, path string) (out T, err error) {
	return out, c.do(ctx, request{method: http.MethodDelete, path: path}, &out)
}

func post[T any](ctx context.Context, c *Client, path string, in any, o []Option) (out T, err error) {
	r := request{method: http.MethodPost, path: path, in: in, key: rand.Text()}
	for _, f := range o {
		f(&r)
	}
	return out, c.do(ctx, r, &out)
}

// do sends a request until it is answered. What may be sent again: reads, quotes,
// and everything with a key; a PATCH, PUT or DELETE is sent once, since the
// repetition of one that came through is answered otherwise (a stale version, a
// thing that is not there any more).
func (c *Client) do(ctx context.Context, r request, out any) error {
	body, raw := r.in.([]byte)
	if r.in != nil && (!raw || r.contentType == "") {
		var err error
		if body, err = json.Marshal(r.in); err != nil {
			return err
		}
	}
	attempts := c.Attempts
	if attempts < 1 {
		attempts = 4
	}
	if !r.again && r.key == "" {
		attempts = 1
	}
	for n := 1; ; n++ {
		err := c.once(ctx, r, body, out)
		if err == nil || n == attempts || !mayHelp(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Duration(n*n) * 100 * time.Millisecond):
		}
	}
}

// mayHelp reports whether the same request may have another answer: no answer came,
// or the server could not.
func mayHelp(err error) bool {
	var p *Problem
	if errors.As(err, &p) {
		return p.Status >= 500 || p.Status == http.StatusTooManyRequests || p.Code == "idempotency.in_flight"
	}
	var sent *url.Error
	return errors.As(err, &sent) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, io.ErrUnexpectedEOF)
}

func (c *Client) once(ctx context.Context, r request, body []byte, out any) error {
	u := c.URL + "/api/v1" + r.path
	if len(r.query) > 0 {
		u += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, r.method, u, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for name, value := range map[string]string{"Authorization": "Bearer " + c.Key, "Accept-Language": c.Language, "Accept": r.accept, "Idempotency-Key": r.key} {
		if value != "" {
			req.Header.Set(name, value)
		}
	}
	if r.in != nil {
		req.Header.Set("Content-Type", cmp.Or(r.contentType, "application/json"))
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	switch {
	case resp.StatusCode == http.StatusAccepted:
		p := &Pending{Detail: resp.Status}
		if err := json.Unmarshal(raw, p); err != nil {
			return err
		}
		return p
	case resp.StatusCode >= 300:
		p := &Problem{Detail: resp.Status}
		_ = json.Unmarshal(raw, p) // what a proxy answers is no problem document
		p.Status = resp.StatusCode
		return p
	}
	if b, ok := out.(*[]byte); ok {
		*b = raw
		return nil
	}
	if len(raw) == 0 { // 204
		return nil
	}
	return json.Unmarshal(raw, out)
}
