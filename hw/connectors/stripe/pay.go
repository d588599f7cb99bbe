package stripe

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/sdk/driver"
)

// intent is a PaymentIntent as far as it is read.
type intent struct {
	ID       string            `json:"id"`
	Status   string            `json:"status"`
	Received int64             `json:"amount_received"`
	Metadata map[string]string `json:"metadata"`
	Last     *failure          `json:"last_payment_error"`
}

// The key under which a PaymentIntent and a refund carry our reference.
const metaReference = "shopwright_reference"

// Authorise implements driver.Acquirer: at a reader it answers that the customer has
// to do something, and QueryPayment tells what came of it.
func (a *Acquirer) Authorise(ctx context.Context, p driver.Payment) (driver.PaymentStatus, error) {
	a.mu.Lock()
	reader := a.set.Reader
	a.mu.Unlock()
	form := url.Values{"amount": {strconv.FormatInt(p.Amount, 10)}, "currency": {strings.ToLower(p.Currency)}, "metadata[" + metaReference + "]": {p.Reference}, "description": {p.Subject}}
	made := strings.HasPrefix(p.Code, "pm_")
	switch {
	case made:
		form.Set("payment_method_types[]", "card")
		form.Set("payment_method", p.Code)
		form.Set("confirm", "true")
	case reader != "":
		form.Set("payment_method_types[]", "card_present")
		form.Set("capture_method", "automatic")
	default:
		return driver.PaymentStatus{State: driver.PaymentRefused, Reason: "this register has no card reader"}, nil
	}
	var i intent
	err := a.call(ctx, http.MethodPost, "/v1/payment_intents", p.Reference, form, &i)
	var f *failure
	switch {
	case errors.As(err, &f) && f.Intent != nil: // declined
		f.Intent.Last = f
		return a.status(ctx, f.Intent)
	case errors.As(err, &f) && (f.sure() || f.Status == http.StatusUnauthorized || f.Status == http.StatusForbidden):
		return driver.PaymentStatus{State: driver.PaymentRefused, Reason: f.Error()}, nil
	case err != nil:
		return driver.PaymentStatus{}, err
	}
	a.remember(p.Reference, i.ID)
	if made {
		return a.status(ctx, &i)
	}
	var r struct{ ID string }
	err = a.call(ctx, http.MethodPost, "/v1/terminal/readers/"+reader+"/process_payment_intent", p.Reference+"-reader", url.Values{"payment_intent": {i.ID}}, &r)
	if errors.As(err, &f) { // the reader is busy, or off
		return a.refuse(ctx, &i, f.Error())
	}
	return driver.PaymentStatus{State: driver.PaymentPending, ProviderID: i.ID, Reason: "the card is asked for at the reader"}, err
}

// refuse ends a PaymentIntent that came to nothing, so that nothing comes of it.
func (a *Acquirer) refuse(ctx context.Context, i *intent, why string) (driver.PaymentStatus, error) {
	var now intent
	if err := a.call(ctx, http.MethodPost, "/v1/payment_intents/"+i.ID+"/cancel", "", nil, &now); err != nil {
		return driver.PaymentStatus{State: driver.PaymentUnknown, ProviderID: i.ID, Reason: why}, nil
	}
	return driver.PaymentStatus{State: driver.PaymentRefused, ProviderID: i.ID, Reason: why}, nil
}

// status says how a PaymentIntent stands, and ends one that was declined.
func (a *Acquirer) status(ctx context.Context, i *intent) (driver.PaymentStatus, error) {
	st := driver.PaymentStatus{State: driver.PaymentPending, ProviderID: i.ID, Reason: i.Status}
	switch i.Status {
	case "succeeded":
		return driver.PaymentStatus{State: driver.PaymentPaid, ProviderID: i.ID, Paid: i.Received}, nil
	case "canceled":
		st.State = driver.PaymentCancelled
	case "requires_payment_method":
		if i.Last != nil {
			return a.refuse(ctx, i, i.Last.Error())
		}
		if why := a.readerFailed(ctx, i.ID); why != "" {
			return a.refuse(ctx, i, why)
		}
	case "requires_confirmation", "requires_action", "processing", "requires_capture":
	default:
		st.State = driver.PaymentUnknown
	}
	return st, nil
}

// readerFailed asks why the reader gave up a payment; "" while it has not.
func (a *Acquirer) readerFailed(ctx context.Context, id string) string {
	a.mu.Lock()
	reader := a.set.Reader
	a.mu.Unlock()
	if reader == "" {
		return ""
	}
	var r struct {
		Action *struct {
			Status  string `json:"status"`
			Message string `json:"failure_message"`
			Process struct {
				Intent string `json:"payment_intent"`
			} `json:"process_payment_intent"`
		} `json:"action"`
	}
	if a.call(ctx, http.MethodGet, "/v1/terminal/readers/"+reader, "", nil, &r) != nil || r.Action == nil || r.Action.Status != "failed" || r.Action.Process.Intent != id {
		return ""
	}
	return "the reader gave up: " + r.Action.Message
}

func (a *Acquirer) remember(reference, id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.known) > 2000 {
		clear(a.known)
	}
	a.known[reference] = id
}

const (
	pages  = 10
	recent = 48 * time.Hour
)

var errNone = errors.New("never heard of it")

// find reads the PaymentIntent of a reference: the one that is remembered, or among
// the recent ones, which are listed as soon as they are made, or by a search, which
// knows the older ones. errNone: there is certainly none.
func (a *Acquirer) find(ctx context.Context, reference string) (*intent, error) {
	a.mu.Lock()
	id := a.known[reference]
	a.mu.Unlock()
	var i intent
	if id != "" {
		err := a.call(ctx, http.MethodGet, "/v1/payment_intents/"+id, "", nil, &i)
		return &i, err
	}
	var list struct {
		Data []intent `json:"data"`
		More bool     `json:"has_more"`
	}
	since := clock.System{}.Now().Add(-recent).Time().Unix()
	q := url.Values{"limit": {"100"}, "created[gte]": {strconv.FormatInt(since, 10)}}
	for range pages {
		list.Data, list.More = nil, false
		if err := a.call(ctx, http.MethodGet, "/v1/payment_intents", "", q, &list); err != nil {
			return nil, err
		}
		for k := range list.Data {
			if list.Data[k].Metadata[metaReference] == reference {
				a.remember(reference, list.Data[k].ID)
				return &list.Data[k], nil
			}
		}
		if !list.More || len(list.Data) == 0 {
			break
		}
		q.Set("starting_after", list.Data[len(list.Data)-1].ID)
	}
	complete := !list.More
	list.Data = nil
	err := a.call(ctx, http.MethodGet, "/v1/payment_intents/search", "", url.Values{"query": {"metadata['" + metaReference + "']:'" + strings.ReplaceAll(reference, "'", "") + "'"}}, &list)
	switch {
	case err != nil:
		return nil, err
	case len(list.Data) > 0 && list.Data[0].Metadata[metaReference] == reference:
		a.remember(reference, list.Data[0].ID)
		return &list.Data[0], nil
	case !complete:
		return nil, errors.New("too many payments to find this one among")
	}
	return nil, errNone
}

// QueryPayment implements driver.Acquirer.
func (a *Acquirer) QueryPayment(ctx context.Context, reference string) (driver.PaymentStatus, error) {
	i, err := a.find(ctx, reference)
	if errors.Is(err, errNone) {
		return driver.PaymentStatus{State: driver.PaymentNone}, nil
	}
	if err != nil {
		return driver.PaymentStatus{}, err
	}
	return a.status(ctx, i)
}

// CancelPayment implements driver.Acquirer.
func (a *Acquirer) CancelPayment(ctx context.Context, reference string) (driver.PaymentStatus, error) {
	i, err := a.find(ctx, reference)
	if errors.Is(err, errNone) {
		return driver.PaymentStatus{State: driver.PaymentNone}, nil
	}
	if err != nil {
		return driver.PaymentStatus{}, err
	}
	st := driver.PaymentStatus{State: driver.PaymentCancelled, ProviderID: i.ID}
	if i.Status == "canceled" {
		return st, nil
	}
	var now intent
	if i.Status != "succeeded" {
		a.mu.Lock()
		reader := a.set.Reader
		a.mu.Unlock()
		if reader != "" { // the card is not asked for any more; where it is too late, cancelling says so
			var r struct{ ID string }
			_ = a.call(ctx, http.MethodPost, "/v1/terminal/readers/"+reader+"/cancel_action", "", nil, &r)
		}
		err := a.call(ctx, http.MethodPost, "/v1/payment_intents/"+i.ID+"/cancel", "", nil, &now)
		var f *failure
		if err == nil && now.Status == "canceled" {
			return st, nil
		}
		if err != nil && !errors.As(err, &f) {
			return driver.PaymentStatus{}, err
		}
		if err := a.call(ctx, http.MethodGet, "/v1/payment_intents/"+i.ID, "", nil, &now); err != nil {
			return driver.PaymentStatus{}, err
		}
		if now.Status != "succeeded" {
			return driver.PaymentStatus{State: driver.PaymentUnknown, ProviderID: i.ID, Reason: now.Status}, nil
		}
	}
	r, err := a.giveBack(ctx, i.ID, reference+"-cancel", 0)
	if err != nil {
		return driver.PaymentStatus{}, err
	}
	if r.State != driver.RefundDone && r.State != driver.RefundPending {
		return driver.PaymentStatus{State: driver.PaymentUnknown, ProviderID: i.ID, Reason: r.Reason}, nil
	}
	return st, nil
}
