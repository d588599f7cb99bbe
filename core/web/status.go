package web

import (
	"net/http"

	"github.com/shopwright/shopwright/core/fault"
)

// Faults of the request itself, before any feature has seen it.
var (
	ErrMalformed   = fault.New(fault.Invalid, "request.malformed")     // not JSON, cut off, or nothing where a body must be
	ErrValidation  = fault.New(fault.Invalid, "request.validation")    // {param} {problem}
	ErrUnknown     = fault.New(fault.Invalid, "request.unknown_field") // {param}
	ErrTooLarge    = fault.New(fault.Exceeded, "request.too_large")    // {limit} bytes
	ErrMediaType   = fault.New(fault.Invalid, "request.unsupported_media_type")
	ErrSlow        = fault.New(fault.Invalid, "request.timeout") // the body did not come in time
	ErrCrossOrigin = fault.New(fault.Denied, "request.cross_origin")
	ErrNoRoute     = fault.New(fault.NotFound, "request.no_such_route")
	ErrMethod      = fault.New(fault.Invalid, "request.method_not_allowed") // {allow}
)

// statuses is the one table from kinds of fault to HTTP statuses.
var statuses = map[fault.Kind]int{
	fault.Internal:        http.StatusInternalServerError,
	fault.Invalid:         http.StatusBadRequest,
	fault.Unauthenticated: http.StatusUnauthorized,
	fault.Denied:          http.StatusForbidden,
	fault.NotFound:        http.StatusNotFound,
	fault.Conflict:        http.StatusConflict,
	fault.Exceeded:        http.StatusRequestEntityTooLarge,
	fault.Unavailable:     http.StatusServiceUnavailable,
}

// special are the reasons for which HTTP has a better word than their kind's.
var special = map[string]int{
	"checkout.payment_pending":       http.StatusAccepted, // nothing is wrong: ask again
	"auth.too_many_attempts":         http.StatusTooManyRequests,
	"message.code_too_soon":          http.StatusTooManyRequests,
	"message.code_too_many":          http.StatusTooManyRequests,
	"sign_in.too_often":              http.StatusTooManyRequests,
	"hw.too_many_pairing_tries":      http.StatusTooManyRequests,
	"request.unsupported_media_type": http.StatusUnsupportedMediaType,
	"request.timeout":                http.StatusRequestTimeout,
	"request.method_not_allowed":     http.StatusMethodNotAllowed,
}

// Status is the HTTP status of a kind of fault.
func Status(k fault.Kind) int {
	if s, ok := statuses[k]; ok {
		return s
	}
	return http.StatusInternalServerError
}

// StatusOf is the HTTP status of a fault.
func StatusOf(f *fault.Fault) int {
	if s, ok := special[f.Reason]; ok {
		return s
	}
	return Status(f.Kind)
}
