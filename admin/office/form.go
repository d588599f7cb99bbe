package office

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/web"
)

// form is what was typed, and what was wrong with it.
type form struct {
	v   url.Values
	err error
}

// formOf reads the body. Fault: request.malformed.
func formOf(r *http.Request) (form, error) {
	if err := r.ParseForm(); err != nil {
		return form{}, web.ErrMalformed.Wrap(err)
	}
	return form{v: r.PostForm}, nil
}

// values is a form to start with.
func values(pairs ...string) form {
	v := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	return form{v: v}
}

func (f form) get(name string) string { return strings.TrimSpace(f.v.Get(name)) }

func (f form) on(name string) bool { return f.v.Get(name) == "true" }

func (f form) id(name string) (id.ID, error) {
	s := f.get(name)
	if s == "" {
		return id.None, nil
	}
	u, err := id.Parse(s)
	if err != nil {
		return id.None, fault.Of(err).On(name)
	}
	return u, nil
}

// fields gives the faults of the database's guards the field that they are about:
// a constraint knows no form.
var fields = map[string]string{
	"member.phone_taken": "phone", "member.card_taken": "card", "member.card_invalid": "card", "catalog.code_taken": "code", "catalog.barcode_taken": "barcodes",
	"catalog.barcode_check_digit": "barcodes", "catalog.barcode_invalid": "barcodes", "auth.login_taken": "login", "coupon.code_taken": "code",
	"stock.insufficient": "quantity", "auth.weak_password": "password", "checkout.reason_required": "reason",
}

func fieldOf(f *fault.Fault) string {
	if f == nil {
		return ""
	}
	if f.Param != "" {
		return f.Param
	}
	return fields[f.Reason]
}

// wrong is the fault of a field, nil where it is right.
func (f form) wrong(name string) error {
	if f.err != nil && fieldOf(fault.Of(f.err)) == name {
		return f.err
	}
	return nil
}

// rest is the fault that belongs to none of the fields that the form shows.
func (f form) rest() error {
	if f.err == nil {
		return nil
	}
	if at := fieldOf(fault.Of(f.err)); at != "" && f.v.Has(at) {
		return nil
	}
	return f.err
}

// field is the props of a control of this form.
func (f form) field(name, label string) ui.FieldProps {
	return ui.FieldProps{Name: name, Label: label, Value: f.v.Get(name), Err: f.wrong(name)}
}

// formKey is the idempotency key that a form carries: sent twice, it books once.
func formKey(f form, route string) db.Idem {
	key := f.get("key")
	if key == "" {
		return db.Idem{}
	}
	sum := sha256.Sum256([]byte(f.v.Encode()))
	return db.Idem{Key: "form:" + key, Route: route, BodyHash: hex.EncodeToString(sum[:])}
}

// newKey is a key for a form that is shown.
func newKey() string { return rand.Text() }

// required marks the field.
func required(p ui.FieldProps) ui.FieldProps { p.Required = true; return p }

// hinted explains the field.
func hinted(p ui.FieldProps, hint string) ui.FieldProps { p.Hint = hint; return p }

// choice makes it a choice.
func choice(p ui.FieldProps, options ...ui.Option) ui.FieldProps { p.Options = options; return p }

// typed sets the type of the input.
func typed(p ui.FieldProps, kind string) ui.FieldProps { p.Type = kind; return p }

// digits makes it an input for numbers with a sign before and after.
func digits(p ui.FieldProps, prefix, suffix string) ui.FieldProps {
	p.InputMode, p.Numeric, p.Prefix, p.Suffix = "decimal", true, prefix, suffix
	return p
}

// with adds or replaces parameters of the present address: for the pages of a list.
func with(r *http.Request, pairs ...string) string {
	q := r.URL.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		} else {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return r.URL.Path
	}
	return r.URL.Path + "?" + q.Encode()
}

// pager is the addresses of the first and the next page of a list.
func pager(r *http.Request, next string) (firstURL, nextURL string) {
	if next != "" {
		nextURL = with(r, "after", next)
	}
	if r.URL.Query().Get("after") != "" {
		firstURL = with(r, "after", "")
	}
	return firstURL, nextURL
}

func suffixed(p ui.FieldProps, text string) ui.FieldProps { p.Suffix = text; return p }

// newPassword is an input that never shows what was typed.
func newPassword(p ui.FieldProps) ui.FieldProps {
	p.Type, p.Value = "password", ""
	p.Attrs = map[string]any{"autocomplete": "new-password"}
	return p
}
