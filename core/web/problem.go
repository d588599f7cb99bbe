package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
)

// ProblemType is the content type of a Problem.
const ProblemType = "application/problem+json"

// Problem is an error as a client gets it (RFC 9457). Code is stable; Detail is
// for people, in their language.
type Problem struct {
	Type      string `json:"type" doc:"A reference to the documentation of this code." example:"/docs#error-request.validation"`
	Title     string `json:"title" doc:"The HTTP status in words." example:"Bad Request"`
	Status    int    `json:"status" doc:"The HTTP status." example:"400"`
	Detail    string `json:"detail" doc:"What is wrong, in the language of the request."`
	Code      string `json:"code" doc:"The stable code of the error; programs go by it." example:"request.validation"`
	Param     string `json:"param,omitempty" doc:"The input that is wrong." example:"lines[0].quantity"`
	RequestID string `json:"request_id" doc:"Names this request in the log."`
}

// ProblemOf describes an error to the caller of ctx's request and remembers it
// for the access log. An error that is no fault shows nothing of itself.
func ProblemOf(ctx context.Context, err error) Problem {
	f := fault.Of(err)
	c := callOf(ctx)
	c.fault = err
	status := StatusOf(f)
	return Problem{
		Type: "/docs#error-" + f.Reason, Title: http.StatusText(status), Status: status,
		Detail: i18n.Fault(Locale(ctx), f), Code: f.Reason, Param: f.Param, RequestID: c.id,
	}
}

// WriteProblem answers a request with an error.
func WriteProblem(w http.ResponseWriter, r *http.Request, err error) {
	ctx := r.Context()
	if _, chosen := ctx.Value(localeKey{}).(i18n.Locale); !chosen { // refused by an outer layer
		ctx = WithLocale(ctx, choose(r))
	}
	p := ProblemOf(ctx, err)
	h := w.Header()
	h.Set("Content-Type", ProblemType)
	h.Set("Content-Language", Locale(ctx).Tag())
	if wait, ok := fault.Of(err).Args["retry_after_seconds"].(int64); ok {
		h.Set("Retry-After", strconv.FormatInt(wait, 10))
	}
	h.Set("Cache-Control", "no-store")
	if p.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", `Bearer realm="shopwright"`)
	}
	w.WriteHeader(p.Status)
	b, _ := json.Marshal(p) // strings and a number
	_, _ = w.Write(append(b, '\n'))
}
