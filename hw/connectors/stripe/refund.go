package stripe

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/hw/connectors/internal/gate"
	"github.com/shopwright/shopwright/sdk/driver"
)

type refund struct {
	ID       string            `json:"id"`
	Status   string            `json:"status"`
	Reason   string            `json:"failure_reason"`
	Metadata map[string]string `json:"metadata"`
}

var refundStates = map[string]driver.RefundState{
	"succeeded": driver.RefundDone, "pending": driver.RefundPending, "requires_action": driver.RefundPending, "failed": driver.RefundRefused, "canceled": driver.RefundRefused,
}

func (r *refund) status() driver.RefundStatus {
	return driver.RefundStatus{State: refundStates[r.Status], ProviderID: r.ID, Reason: r.Reason}
}

// Refund implements driver.Acquirer.
func (a *Acquirer) Refund(ctx context.Context, p driver.Repayment) (driver.RefundStatus, error) {
	i, err := a.find(ctx, p.Reference)
	if errors.Is(err, errNone) {
		return driver.RefundStatus{State: driver.RefundRefused, Reason: "the payment is not known"}, nil
	}
	if err != nil {
		return driver.RefundStatus{}, err
	}
	return a.giveBack(ctx, i.ID, p.Refund, p.Amount)
}

// giveBack refunds an amount, 0 for the whole. One that is there is not made again:
// an idempotency key is forgotten after a day, and keeps a refusal until then, so
// that the list is asked first and the key is the day's.
func (a *Acquirer) giveBack(ctx context.Context, id, reference string, amount int64) (driver.RefundStatus, error) {
	if r, err := a.refundOf(ctx, id, reference); err != nil || r != nil && refundStates[r.Status] != driver.RefundRefused {
		if err != nil {
			return driver.RefundStatus{}, err
		}
		return r.status(), nil
	}
	form := url.Values{"payment_intent": {id}, "metadata[" + metaReference + "]": {reference}}
	if amount > 0 {
		form.Set("amount", strconv.FormatInt(amount, 10))
	}
	day := clock.System{}.Now().Time().UTC().Format("20060102")
	var r refund
	err := a.call(ctx, http.MethodPost, "/v1/refunds", reference+"-"+day, form, &r)
	var f *failure
	switch {
	case errors.As(err, &f) && f.sure():
		return driver.RefundStatus{State: driver.RefundRefused, Reason: f.Error()}, nil
	case err != nil:
		return driver.RefundStatus{}, err
	}
	return r.status(), nil
}

// refundOf finds a refund of a PaymentIntent by our reference; nil: there is none.
func (a *Acquirer) refundOf(ctx context.Context, id, reference string) (*refund, error) {
	q := url.Values{"payment_intent": {id}, "limit": {"100"}}
	for range pages {
		var list struct {
			Data []refund `json:"data"`
			More bool     `json:"has_more"`
		}
		if err := a.call(ctx, http.MethodGet, "/v1/refunds", "", q, &list); err != nil {
			return nil, err
		}
		for k := range list.Data {
			if list.Data[k].Metadata[metaReference] == reference {
				return &list.Data[k], nil
			}
		}
		if !list.More || len(list.Data) == 0 {
			return nil, nil
		}
		q.Set("starting_after", list.Data[len(list.Data)-1].ID)
	}
	return nil, errors.New("too many refunds to find this one among")
}

// QueryRefund implements driver.Acquirer.
func (a *Acquirer) QueryRefund(ctx context.Context, p driver.Repayment) (driver.RefundStatus, error) {
	i, err := a.find(ctx, p.Reference)
	if errors.Is(err, errNone) {
		return driver.RefundStatus{State: driver.RefundUnknown, Reason: "the payment is not known"}, nil
	}
	if err != nil {
		return driver.RefundStatus{}, err
	}
	r, err := a.refundOf(ctx, i.ID, p.Refund)
	if err != nil || r == nil {
		return driver.RefundStatus{State: driver.RefundUnknown}, err
	}
	return r.status(), nil
}

// tolerance is how old a webhook may be.
const tolerance = 5 * time.Minute

// genuine checks a webhook's signature: HMAC-SHA256 over its instant and its bytes.
func genuine(header string, body []byte, secret string, now time.Time) bool {
	var at string
	var sigs []string
	for part := range strings.SplitSeq(header, ",") {
		switch k, v, _ := strings.Cut(strings.TrimSpace(part), "="); k {
		case "t":
			at = v
		case "v1":
			sigs = append(sigs, v)
		}
	}
	t, err := strconv.ParseInt(at, 10, 64)
	if age := now.Sub(time.Unix(t, 0)).Abs(); err != nil || age > tolerance || secret == "" {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	want := mac.Sum(nil)
	for _, s := range sigs {
		if got, err := hex.DecodeString(s); err == nil && hmac.Equal(got, want) {
			return true
		}
	}
	return false
}

// webhook takes what Stripe tells by itself.
func (a *Acquirer) webhook(w http.ResponseWriter, r *http.Request) {
	body, err := gate.Body(w, r)
	a.mu.Lock()
	secret := a.set.Hook
	a.mu.Unlock()
	var e struct {
		ID   string `json:"id"`
		Type string `json:"type"`
		Data struct {
			Object intent `json:"object"`
		} `json:"data"`
	}
	if r.Method != http.MethodPost || err != nil || !genuine(r.Header.Get("Stripe-Signature"), body, secret, clock.System{}.Now().Time()) || json.Unmarshal(body, &e) != nil {
		http.Error(w, "no", http.StatusBadRequest)
		return
	}
	i := &e.Data.Object
	reference := i.Metadata[metaReference]
	if reference == "" || !strings.HasPrefix(e.Type, "payment_intent.") {
		return // not ours: taken, so that it is not sent again
	}
	a.remember(reference, i.ID)
	st := driver.PaymentStatus{State: driver.PaymentPending, ProviderID: i.ID, Reason: i.Status}
	switch e.Type {
	case "payment_intent.succeeded":
		st = driver.PaymentStatus{State: driver.PaymentPaid, ProviderID: i.ID, Paid: i.Received}
	case "payment_intent.canceled":
		st.State = driver.PaymentCancelled
	}
	a.Noticed(e.ID, reference, st)
}
