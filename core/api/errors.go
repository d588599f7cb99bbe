package api

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/validation"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/web"
)

// Problem is every error of the API. Quote is there with checkout.total_changed:
// what the basket costs now.
type Problem struct {
	web.Problem
	Quote  *Quote       `json:"quote,omitempty" doc:"With checkout.total_changed: the new quote."`
	Errors []FieldError `json:"errors,omitempty" doc:"With pack.config_invalid: everything that is wrong."`
}

// FieldError is one of several things that are wrong with an input.
type FieldError struct {
	Param  string `json:"param" doc:"JSON pointer into the configuration."`
	Detail string `json:"detail"`
}

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// Error is the text for people.
func (p *Problem) Error() string { return p.Detail }

// ContentType marks the body as a problem document.
func (p *Problem) ContentType(string) string { return web.ProblemType }

// Pending is the answer where a payment is still being asked for: nothing is
// wrong, ask for the sale again, or send the request again with its key.
type Pending struct {
	ID     id.ID  `json:"id,omitzero" format:"uuid" doc:"The sale."`
	State  string `json:"state" enum:"open"`
	Code   string `json:"code" example:"checkout.payment_pending"`
	Detail string `json:"detail"`
}

// GetStatus is 202.
func (p *Pending) GetStatus() int { return http.StatusAccepted }

// Error is the text for people.
func (p *Pending) Error() string { return p.Detail }

// problem renders an error for the caller of ctx's request.
func (a *api) problem(ctx context.Context, err error) huma.StatusError {
	f := fault.Of(err)
	p := &Problem{Problem: web.ProblemOf(ctx, err)}
	switch {
	case errors.Is(err, checkout.ErrPaymentPending):
		pending := &Pending{State: "open", Code: p.Code, Detail: p.Detail}
		if s, ok := f.Args["sale"].(string); ok {
			pending.ID, _ = id.Parse(s)
		}
		return pending
	case errors.Is(err, checkout.ErrTotalChanged):
		if q, ok := f.Hint.(*checkout.Quote); ok {
			doc := a.quoteOut(web.Locale(ctx), q, nil)
			p.Quote = &doc
		}
	case errors.Is(err, pack.ErrConfigInvalid):
		if found, ok := f.Hint.([]pack.Problem); ok {
			for _, v := range found {
				p.Errors = append(p.Errors, FieldError{v.Pointer, v.Detail})
			}
		}
	}
	return p
}

func init() {
	huma.ValidateStrictCasing = true  // "Name" is not "name"
	huma.DefaultArrayNullable = false // lists are lists
	huma.NewError = func(int, string, ...error) huma.StatusError { return &Problem{} }
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return &Problem{Problem: web.ProblemOf(ctx.Context(), requestFault(ctx.Context(), status, errs))}
	}
}

// requestFault says what huma found wrong with a request in our words.
func requestFault(ctx context.Context, status int, errs []error) error {
	var tooLarge *http.MaxBytesError
	for _, err := range errs {
		if errors.As(err, &tooLarge) {
			status = http.StatusRequestEntityTooLarge
		}
	}
	switch status {
	case http.StatusRequestEntityTooLarge:
		return web.ErrTooLarge.With("limit", int64(web.MaxBody))
	case http.StatusRequestTimeout:
		return web.ErrSlow
	case http.StatusUnsupportedMediaType:
		return web.ErrMediaType
	}
	for _, err := range errs {
		var d *huma.ErrorDetail
		if !errors.As(err, &d) {
			continue
		}
		// Only an unreadable body is reported as a whole with the parser's words.
		if status == http.StatusBadRequest && d.Location == "body" {
			return web.ErrMalformed.Wrap(err)
		}
		return detailFault(ctx, d)
	}
	if status >= http.StatusInternalServerError {
		return fault.ErrInternal.Wrap(errors.Join(errs...))
	}
	return web.ErrMalformed
}

// problems are the words for what the validation finds, by how its message begins.
var problems = []struct{ begins, key string }{
	{validation.MsgExpectedString, "request.problem.string"},
	{validation.MsgExpectedInteger, "request.problem.integer"},
	{validation.MsgExpectedNumber, "request.problem.number"},
	{validation.MsgExpectedBoolean, "request.problem.boolean"},
	{validation.MsgExpectedArray, "request.problem.array"},
	{validation.MsgExpectedObject, "request.problem.object"},
	{"expected required property", "request.problem.required"},
	{"required ", "request.problem.required"},
	{"expected value to be one of", "request.problem.choice"},
	{"expected number", "request.problem.range"},
	{"invalid integer", "request.problem.integer"},
	{"invalid boolean", "request.problem.boolean"},
	{"expected length", "request.problem.length"},
	{"expected array length", "request.problem.count"},
	{"expected string to be RFC 3339", "request.problem.date"},
}

func detailFault(ctx context.Context, d *huma.ErrorDetail) error {
	at := param(d.Location)
	switch {
	case d.Message == validation.MsgUnexpectedProperty, d.Message == "unknown query parameter":
		return web.ErrUnknown.On(at)
	case strings.Contains(d.Message, notDecimal):
		return money.ErrMalformed.On(at)
	case strings.Contains(d.Message, "uuid"), strings.Contains(d.Message, id.ErrMalformed.Reason):
		return id.ErrMalformed.On(at)
	}
	if name, ok := strings.CutPrefix(d.Message, "expected required property "); ok {
		name, _, _ = strings.Cut(name, " ")
		at = strings.TrimPrefix(at+"."+name, ".")
	}
	key := "request.problem.other"
	for _, p := range problems {
		// The longest begin first: "expected number >= 1" is a range.
		if strings.HasPrefix(d.Message, p.begins) && (p.begins != validation.MsgExpectedNumber || d.Message == p.begins) {
			key = p.key
			break
		}
	}
	return web.ErrValidation.On(at).With("problem", web.Locale(ctx).T(key))
}

// param turns huma's "body.lines[0].quantity" into what the caller wrote.
func param(location string) string {
	for _, in := range []string{"body", "query", "path", "header"} {
		if rest, ok := strings.CutPrefix(location, in); ok && (rest == "" || rest[0] == '.') {
			return strings.TrimPrefix(rest, ".")
		}
	}
	return location
}
