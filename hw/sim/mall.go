package sim

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/hw/connectors/storefrontsim"
	"github.com/shopwright/shopwright/sdk/driver"
)

// MallFaults are how a mall misbehaves, each so many times out of a hundred.
type MallFaults struct {
	Down     int // answers 503, unsigned
	Cut      int // does what it is asked, and gives no answer
	Slow     int // answers after two seconds
	Twice    int // a page names an order twice
	Shuffled int // a page in another order
	Repeated int // a page begins with orders of before
	Forged   int // the answer's signature is wrong
}

// Mall is an online shop over HTTP, in the language of docs/drivers/storefront.md,
// written from that page and not from the connector.
type Mall struct {
	*storefrontsim.Mall
	Key, Secret string

	addr string
	srv  *http.Server

	mu     sync.Mutex
	faults MallFaults
	rand   *rand.Rand
	nonces map[string]bool
	wrong  []string
	asked  int
}

// NewMall listens on a free port.
func NewMall(seed uint64) (*Mall, error) {
	book, err := storefrontsim.OpenMall("")
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	m := &Mall{Mall: book, Key: "shop-1", Secret: "a secret of the mall", addr: "http://" + l.Addr().String() + "/api", rand: rand.New(rand.NewPCG(seed, 1)), nonces: map[string]bool{}}
	m.srv = &http.Server{Handler: http.HandlerFunc(m.serve), ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = m.srv.Serve(l) }()
	return m, nil
}

// Close ends it.
func (m *Mall) Close() { _ = m.srv.Close() }

// Config are the settings of a connector to it.
func (m *Mall) Config() json.RawMessage {
	raw, err := json.Marshal(map[string]string{"base_url": m.addr, "key_id": m.Key, "secret": m.Secret})
	if err != nil {
		panic(err) // plain texts
	}
	return raw
}

// Misbehave has it do so from now on.
func (m *Mall) Misbehave(f MallFaults) { m.mu.Lock(); m.faults = f; m.mu.Unlock() }

// Wrong lists what was wrong with the requests.
func (m *Mall) Wrong() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.wrong)
}

// Asked is how many requests there were.
func (m *Mall) Asked() int { m.mu.Lock(); defer m.mu.Unlock(); return m.asked }

func (m *Mall) bad(format string, args ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wrong = append(m.wrong, fmt.Sprintf(format, args...))
}

func (m *Mall) chance(percent int) bool { return m.rand.IntN(100) < percent }

func mallSign(secret string, parts ...string) string {
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(strings.Join(parts, "\n")))
	return hex.EncodeToString(h.Sum(nil))
}

func mallHash(b []byte) string { s := sha256.Sum256(b); return hex.EncodeToString(s[:]) }

func (m *Mall) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 8<<20))
	at, nonce := r.Header.Get("X-Storefront-Time"), r.Header.Get("X-Storefront-Nonce")
	sec, err := strconv.ParseInt(at, 10, 64)
	want := mallSign(m.Secret, r.Method, r.URL.RequestURI(), at, nonce, mallHash(body))
	age := clock.System{}.Now().Time().Unix() - sec
	if err != nil || age > 300 || age < -300 || len(nonce) < 16 || r.Header.Get("X-Storefront-Key") != m.Key || !hmac.Equal([]byte(want), []byte(r.Header.Get("X-Storefront-Signature"))) {
		m.bad("signature of %s %s", r.Method, r.URL.RequestURI())
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	m.mu.Lock()
	m.asked++
	again := m.nonces[nonce]
	m.nonces[nonce] = true
	down, drop, slow, forged := m.chance(m.faults.Down), m.chance(m.faults.Cut), m.chance(m.faults.Slow), m.chance(m.faults.Forged)
	m.mu.Unlock()
	if again {
		m.bad("a nonce came twice")
	}
	if down {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	status, out := m.answer(r.Method, strings.TrimPrefix(r.URL.Path, "/api"), r, body)
	raw, err := json.Marshal(out)
	if err != nil {
		m.bad("%v", err)
	}
	if drop {
		panic(http.ErrAbortHandler)
	}
	if slow {
		time.Sleep(2 * time.Second)
	}
	sig := mallSign(m.Secret, strconv.Itoa(status), nonce, mallHash(raw))
	if forged {
		sig = strings.Repeat("0", len(sig))
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Storefront-Signature", sig)
	w.WriteHeader(status)
	_, _ = w.Write(raw)
}

type mallLine struct {
	ID        string `json:"id"`
	SKU       string `json:"sku,omitempty"`
	Name      string `json:"name,omitempty"`
	Quantity  string `json:"quantity"`
	UnitPrice int64  `json:"unit_price,omitempty"`
	Discount  int64  `json:"discount,omitempty"`
	Refunded  string `json:"refunded,omitempty"`
}

type mallOrder struct {
	ID       string     `json:"id"`
	Version  int64      `json:"version"`
	State    string     `json:"state"`
	Currency string     `json:"currency"`
	Paid     int64      `json:"paid"`
	Shipping int64      `json:"shipping"`
	Discount int64      `json:"discount"`
	Refunded int64      `json:"refunded"`
	Buyer    string     `json:"buyer"`
	PlacedAt string     `json:"placed_at"`
	PaidAt   *string    `json:"paid_at"`
	Lines    []mallLine `json:"lines"`
}

func rfc(micros int64) string { return time.UnixMicro(micros).UTC().Format(time.RFC3339Nano) }

func decimal(n int64) string {
	return strings.TrimSuffix(strings.TrimRight(fmt.Sprintf("%d.%03d", n/1000, n%1000), "0"), ".")
}

func undecimal(s string) int64 {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return -1
	}
	return int64(f*1000 + 0.5)
}

func mallOut(o driver.Order) mallOrder {
	v := mallOrder{ID: o.ID, Version: o.Version, State: strings.ToLower(strings.TrimPrefix(o.State.String(), "ORDER_STATE_")), Currency: o.Currency, Paid: o.Paid, Shipping: o.Shipping, Discount: o.Discount, Refunded: o.Refunded, Buyer: o.Buyer, PlacedAt: rfc(o.PlacedAt)}
	if o.PaidAt != 0 {
		at := rfc(o.PaidAt)
		v.PaidAt = &at
	}
	for _, l := range o.Lines {
		v.Lines = append(v.Lines, mallLine{l.ID, l.SKU, l.Name, decimal(l.Quantity), l.UnitPrice, l.Discount, decimal(l.Refunded)})
	}
	return v
}

type mallError struct {
	Error string `json:"error"`
}

func (m *Mall) read(body []byte, into any) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		m.bad("%v: %s", err, body)
	}
}

func (m *Mall) answer(method, path string, r *http.Request, body []byte) (int, any) {
	status := func(err error) (int, any) {
		switch {
		case err == nil:
			return http.StatusOK, struct{}{}
		case errors.Is(err, storefrontsim.ErrNone):
			return http.StatusNotFound, mallError{err.Error()}
		}
		return http.StatusConflict, mallError{err.Error()}
	}
	part := strings.Split(strings.TrimPrefix(path, "/"), "/")
	switch what := method + " " + path; {
	case what == "GET /orders":
		return m.orders(r)
	case what == "POST /acknowledge":
		var in struct {
			Cursor string `json:"cursor"`
		}
		m.read(body, &in)
		return status(m.Acknowledge(in.Cursor))
	case what == "PUT /stock":
		return m.figures(body)
	case what == "PUT /catalogue":
		var in struct {
			Articles []struct {
				SKU, Title, Currency, Image string
				Price                       int64
			} `json:"articles"`
		}
		m.read(body, &in)
		articles := make([]driver.Article, len(in.Articles))
		for i, a := range in.Articles {
			articles[i] = driver.Article{SKU: a.SKU, Title: a.Title, Price: a.Price, Currency: a.Currency, Image: a.Image}
		}
		taken, err := m.PushCatalogue(articles)
		if err != nil {
			return status(err)
		}
		return http.StatusOK, map[string]int{"taken": taken}
	case len(part) == 3 && part[0] == "orders" && method == http.MethodPost && part[2] == "fulfilments":
		var in struct {
			Reference, Carrier, Tracking string
			Lines                        []mallLine
		}
		m.read(body, &in)
		return status(m.PushFulfilment(driver.Fulfilment{Order: part[1], Reference: in.Reference, Carrier: in.Carrier, Tracking: in.Tracking}))
	case len(part) == 3 && part[0] == "orders" && method == http.MethodPost && part[2] == "refunds":
		return m.refund(part[1], body)
	case len(part) == 3 && part[0] == "orders" && method == http.MethodPost && part[2] == "refund-decision":
		var in struct {
			Reference, Reason string
			Granted           bool
		}
		m.read(body, &in)
		return status(m.Decide(driver.RefundDecision{Order: part[1], Reference: in.Reference, Granted: in.Granted}))
	case len(part) == 3 && part[0] == "orders" && method == http.MethodGet && part[2] == "ship-to":
		a, err := m.ShipTo(part[1])
		if err != nil {
			return status(err)
		}
		return http.StatusOK, map[string]string{"name": a.Name, "phone": a.Phone, "region": a.Region, "address": a.Address, "postcode": a.Postcode, "note": a.Note}
	}
	m.bad("%s %s is nothing", method, path)
	return http.StatusNotFound, mallError{"there is nothing here"}
}

func (m *Mall) orders(r *http.Request) (int, any) {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit < 1 || limit > 100 {
		m.bad("limit %q", r.URL.Query().Get("limit"))
		limit = 100
	}
	since := r.URL.Query().Get("since")
	p, err := m.Orders(since, limit)
	if err != nil {
		return http.StatusBadRequest, mallError{err.Error()}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	list := []mallOrder{}
	if m.chance(m.faults.Repeated) {
		if before, err := m.Orders("", 3); err == nil {
			for _, o := range before.Orders {
				list = append(list, mallOut(o))
			}
		}
	}
	for _, o := range p.Orders {
		list = append(list, mallOut(o))
		if m.chance(m.faults.Twice) {
			list = append(list, mallOut(o))
		}
	}
	if m.chance(m.faults.Shuffled) {
		m.rand.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	}
	return http.StatusOK, map[string]any{"orders": list, "cursor": p.Cursor, "more": p.More}
}

func (m *Mall) figures(body []byte) (int, any) {
	var in struct {
		Seen    string `json:"seen"`
		AsOf    int64  `json:"as_of"`
		All     bool   `json:"all"`
		Figures []struct {
			SKU       string `json:"sku"`
			Available string `json:"available"`
		} `json:"figures"`
	}
	m.read(body, &in)
	f := driver.StockFigures{Seen: in.Seen, AsOf: in.AsOf, All: in.All}
	for _, v := range in.Figures {
		n := undecimal(v.Available)
		if n < 0 {
			m.bad("%q can be sold of %s", v.Available, v.SKU)
		}
		f.Figures = append(f.Figures, driver.StockFigure{SKU: v.SKU, Available: n})
	}
	if err := m.PushStock(f); err != nil {
		return http.StatusBadRequest, mallError{err.Error()}
	}
	return http.StatusOK, map[string][]string{"unknown": {}}
}

func (m *Mall) refund(order string, body []byte) (int, any) {
	var in struct {
		Reference string `json:"reference"`
		Amount    int64  `json:"amount"`
		Currency  string `json:"currency"`
		Reason    string `json:"reason"`
		Lines     []mallLine
	}
	m.read(body, &in)
	out := driver.OrderRefund{Order: order, Reference: in.Reference, Amount: in.Amount, Currency: in.Currency}
	for _, l := range in.Lines {
		out.Lines = append(out.Lines, driver.FulfilledLine{ID: l.ID, Quantity: undecimal(l.Quantity)})
	}
	st, err := m.PushRefund(out)
	if err != nil {
		return http.StatusNotFound, mallError{err.Error()}
	}
	return http.StatusOK, map[string]string{"state": strings.ToLower(strings.TrimPrefix(st.State.String(), "REFUND_STATE_")), "reason": st.Reason}
}
