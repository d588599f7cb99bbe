package sim

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Stripe is Stripe's interface as far as PaymentIntents, refunds and one Terminal
// reader need it. With a reader a payment waits until Pay, Decline or GiveUp.
type Stripe struct {
	payBooks
	Key, Hook, Reader string

	keys   map[string]stripeAnswer // by idempotency key
	status map[string]string       // by PaymentIntent
	reader struct{ intent, status, why string }
	order  []string // references, the oldest first
}

type stripeAnswer struct {
	body   string // of the request
	status int
	answer []byte
}

// NewStripe listens on a free port.
func NewStripe(key, hook, reader string) (*Stripe, error) {
	s := &Stripe{Key: key, Hook: hook, Reader: reader, keys: map[string]stripeAnswer{}, status: map[string]string{}}
	return s, s.open(s)
}

type obj = map[string]any

func stripeID(reference string) string { return "pi_" + reference }

func (s *Stripe) intent(o *PayOrder) obj {
	id := stripeID(o.Reference)
	out := obj{"id": id, "object": "payment_intent", "status": s.status[id], "amount": o.Amount, "amount_received": 0, "metadata": obj{"shopwright_reference": o.Reference}}
	if o.Paid {
		out["amount_received"] = o.Amount
	}
	if o.Fate == PayRefused && s.status[id] == "requires_payment_method" {
		out["last_payment_error"] = obj{"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds", "message": "Your card has insufficient funds."}
	}
	return out
}

func stripeError(kind, code, message string) obj {
	return obj{"error": obj{"type": kind, "code": code, "message": message}}
}

// Pay is the customer who holds the card to the reader.
func (s *Stripe) Pay(reference string) bool {
	if !s.payBooks.Pay(reference) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status[stripeID(reference)] = "succeeded"
	if s.reader.intent == stripeID(reference) {
		s.reader.status = "succeeded"
	}
	return true
}

// Decline is a card that is declined at the reader.
func (s *Stripe) Decline(reference string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders[reference].Fate = PayRefused
	s.reader.status, s.reader.why = "failed", "declined"
}

// GiveUp is the customer who presses the reader's red key.
func (s *Stripe) GiveUp() {
	s.mu.Lock()
	s.reader.status, s.reader.why = "failed", "cancelled by the customer"
	s.mu.Unlock()
}

// ServeHTTP answers a call.
func (s *Stripe) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	form, err := url.ParseQuery(string(raw))
	if r.Method == http.MethodGet {
		form = r.URL.Query()
	}
	if r.Header.Get("Authorization") != "Bearer "+s.Key || err != nil {
		s.bad("authorization of " + r.URL.Path)
		s.write(w, http.StatusUnauthorized, stripeError("invalid_request_error", "", "Invalid API Key provided"))
		return
	}
	key := r.Header.Get("Idempotency-Key")
	s.mu.Lock()
	s.asked[r.Method+" "+r.URL.Path]++
	if old, ok := s.keys[key]; ok && key != "" {
		s.mu.Unlock()
		if old.body != string(raw) {
			s.write(w, http.StatusBadRequest, stripeError("idempotency_error", "", "Keys for idempotent requests can only be used with the same parameters"))
			return
		}
		w.WriteHeader(old.status)
		_, _ = w.Write(old.answer)
		return
	}
	status, out, fate := s.answer(r.Method, r.URL.Path, form)
	text, err := json.Marshal(out)
	if key != "" {
		s.keys[key] = stripeAnswer{string(raw), status, text}
	}
	s.mu.Unlock()
	switch {
	case err != nil:
		return
	case fate == PayNoAnswer:
		cut(w)
		return
	case fate == PaySlow:
		time.Sleep(2 * time.Second)
	case fate == PaySystemError:
		status, text = http.StatusInternalServerError, []byte(`{"error":{"type":"api_error","message":"Something went wrong"}}`)
	}
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

func (s *Stripe) write(w http.ResponseWriter, status int, out obj) {
	text, err := json.Marshal(out)
	if err == nil {
		w.WriteHeader(status)
		_, _ = w.Write(text)
	}
}

func (s *Stripe) answer(method, path string, form url.Values) (int, obj, PayFate) {
	rest, isIntent := strings.CutPrefix(path, "/v1/payment_intents")
	readerPath := "/v1/terminal/readers/" + s.Reader
	switch {
	case isIntent && rest == "" && method == http.MethodPost:
		return s.create(form)
	case isIntent && rest == "":
		return s.list(form)
	case isIntent && rest == "/search":
		return http.StatusOK, obj{"object": "search_result", "data": []any{}, "has_more": false}, PayPaid // late, as the real one
	case isIntent:
		id, verb, _ := strings.Cut(strings.TrimPrefix(rest, "/"), "/")
		o := s.orders[strings.TrimPrefix(id, "pi_")]
		if o == nil {
			return http.StatusNotFound, stripeError("invalid_request_error", "resource_missing", "No such payment_intent"), PayPaid
		}
		if verb == "cancel" {
			if s.status[id] == "succeeded" {
				return http.StatusBadRequest, stripeError("invalid_request_error", "payment_intent_unexpected_state", "You cannot cancel this PaymentIntent"), PayPaid
			}
			o.end()
			s.status[id] = "canceled"
		}
		return http.StatusOK, s.intent(o), PayPaid
	case s.Reader != "" && strings.HasPrefix(path, readerPath):
		return s.atReader(strings.TrimPrefix(path, readerPath), form)
	case path == "/v1/refunds":
		return s.refunds(method, form)
	}
	return http.StatusNotFound, stripeError("invalid_request_error", "", "Unrecognized request URL"), PayPaid
}

func (s *Stripe) create(form url.Values) (int, obj, PayFate) {
	n, err := strconv.ParseInt(form.Get("amount"), 10, 64)
	reference := form.Get("metadata[shopwright_reference]")
	if err != nil || n <= 0 || len(form.Get("currency")) != 3 || form.Get("currency") != strings.ToLower(form.Get("currency")) || reference == "" {
		return http.StatusBadRequest, stripeError("invalid_request_error", "parameter_missing", "Missing required param"), PayPaid
	}
	confirm := form.Get("confirm") == "true"
	if !confirm {
		s.fates = append([]PayFate{PayWaits}, s.fates...)
	}
	o, _ := s.begin(reference, n, form.Get("payment_method"))
	s.order = append(s.order, reference)
	id := stripeID(reference)
	switch o.Fate {
	case PayRefused:
		s.status[id] = "requires_payment_method"
		e := stripeError("card_error", "card_declined", "Your card has insufficient funds.")
		e["error"].(obj)["decline_code"], e["error"].(obj)["payment_intent"] = "insufficient_funds", s.intent(o)
		return http.StatusPaymentRequired, e, PayPaid
	case PayWaits:
		if s.status[id] = "requires_payment_method"; confirm {
			s.status[id] = "requires_action"
		}
	default:
		s.status[id] = "succeeded"
	}
	return http.StatusOK, s.intent(o), o.Fate
}

func (s *Stripe) list(form url.Values) (int, obj, PayFate) {
	const page = 2 // small, so that pages are turned
	data, from := []any{}, len(s.order)-1
	if after := form.Get("starting_after"); after != "" {
		for from >= 0 && stripeID(s.order[from]) != after {
			from--
		}
		from--
	}
	for ; from >= 0 && len(data) < page; from-- {
		data = append(data, s.intent(s.orders[s.order[from]]))
	}
	return http.StatusOK, obj{"object": "list", "data": data, "has_more": from >= 0}, PayPaid
}

func (s *Stripe) atReader(verb string, form url.Values) (int, obj, PayFate) {
	switch verb {
	case "/process_payment_intent":
		if s.reader.status == "in_progress" {
			return http.StatusConflict, stripeError("invalid_request_error", "terminal_reader_busy", "Reader is currently busy"), PayPaid
		}
		s.reader.intent, s.reader.status, s.reader.why = form.Get("payment_intent"), "in_progress", ""
	case "/cancel_action":
		s.reader.status, s.reader.intent = "", ""
	}
	out := obj{"id": s.Reader, "object": "terminal.reader", "action": nil}
	if s.reader.status != "" {
		out["action"] = obj{"type": "process_payment_intent", "status": s.reader.status, "failure_message": s.reader.why, "process_payment_intent": obj{"payment_intent": s.reader.intent}}
	}
	return http.StatusOK, out, PayPaid
}

func (s *Stripe) refunds(method string, form url.Values) (int, obj, PayFate) {
	o := s.orders[strings.TrimPrefix(form.Get("payment_intent"), "pi_")]
	if o == nil {
		return http.StatusBadRequest, stripeError("invalid_request_error", "resource_missing", "No such payment_intent"), PayPaid
	}
	one := func(reference string, n int64) obj {
		return obj{"id": "re_" + reference, "object": "refund", "status": "succeeded", "amount": n, "metadata": obj{"shopwright_reference": reference}}
	}
	if method == http.MethodGet {
		data := []any{}
		for reference, n := range o.Refunds {
			data = append(data, one(reference, n))
		}
		return http.StatusOK, obj{"object": "list", "data": data, "has_more": false}, PayPaid
	}
	n := o.Amount - o.Back
	if a := form.Get("amount"); a != "" {
		n, _ = strconv.ParseInt(a, 10, 64)
	}
	reference := form.Get("metadata[shopwright_reference]")
	if !s.refund(o, reference, n) {
		return http.StatusBadRequest, stripeError("invalid_request_error", "charge_already_refunded", "Refund amount is greater than unrefunded amount"), PayPaid
	}
	return http.StatusOK, one(reference, n), PayPaid
}

// Hooked sends a webhook about a payment and answers the status of its answer. A
// wrong secret or an old instant makes one that must not be believed.
func (s *Stripe) Hooked(at, eventID, kind, reference, secret string, when time.Time) (int, error) {
	s.mu.Lock()
	o, ok := s.orders[reference]
	if !ok {
		s.mu.Unlock()
		return 0, fmt.Errorf("sim: no payment %s", reference)
	}
	body, err := json.Marshal(obj{"id": eventID, "object": "event", "type": kind, "data": obj{"object": s.intent(o)}})
	s.mu.Unlock()
	if err != nil {
		return 0, err
	}
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", when.Unix(), body)
	req, err := http.NewRequest(http.MethodPost, at, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Stripe-Signature", fmt.Sprintf("t=%d,v1=%s,v1=%x,v0=ab", when.Unix(), strings.Repeat("0", 64), mac.Sum(nil)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}
