package api

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/web"
)

// KeyHeader carries the caller's idempotency key.
const KeyHeader = "Idempotency-Key"

// idemOf reads the key and what it stands for: the route, and the hash of the
// body and of what the path names. The body is put back for its decoder. Faults:
// idempotency.key_required, idempotency.key_malformed, request.too_large.
func idemOf(req *http.Request, r route) (db.Idem, error) {
	k := db.Idem{Key: req.Header.Get(KeyHeader), Route: r.method + " " + Prefix + r.path}
	if k.Key == "" && r.key == mayKey {
		return db.Idem{}, nil
	}
	if err := k.Check(); err != nil {
		return db.Idem{}, err
	}
	body, err := io.ReadAll(req.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return db.Idem{}, web.ErrTooLarge.With("limit", cmp.Or(r.maxBody, web.MaxBody))
	case err != nil:
		return db.Idem{}, web.ErrMalformed.Wrap(err)
	}
	req.Body = io.NopCloser(bytes.NewReader(body))
	h := sha256.New()
	for rest := r.path; ; {
		_, after, found := strings.Cut(rest, "{")
		if !found {
			break
		}
		name, tail, _ := strings.Cut(after, "}")
		h.Write([]byte(req.PathValue(name)))
		h.Write([]byte{0})
		rest = tail
	}
	h.Write(body)
	k.BodyHash = hex.EncodeToString(h.Sum(nil))
	return k, nil
}

// again says that the key's request ended before, with this resource.
type again struct{ resource id.ID }

func (again) Error() string { return "api: this request was answered before" }

// once books in one transaction under the caller's key. A repetition answers what
// reread makes of the first request's resource.
func once[T any](ctx context.Context, a *api, c caller, write func(context.Context, *db.Tx) (id.ID, T, error), reread func(context.Context, id.ID) (T, error)) (doc T, replayed bool, err error) {
	err = a.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if c.idem.Key != "" {
			claim := tx.ClaimKey(c.Merchant, c.idem)
			if err := tx.Flush(ctx); err != nil {
				return err
			}
			resource, ended, found, err := claim.Prior()
			switch {
			case err != nil:
				return err
			case found && !ended:
				return db.ErrKeyInFlight
			case found:
				return again{resource}
			}
		}
		resource, made, err := write(ctx, tx)
		if err != nil {
			return err
		}
		doc = made
		tx.SettleKey(c.Merchant, c.idem, resource)
		return nil
	})
	var prior again
	if errors.As(err, &prior) {
		doc, err = reread(ctx, prior.resource)
		return doc, true, err
	}
	return doc, false, err
}

// made is the answer to a request that made something.
type made[T any] struct {
	Location string `header:"Location" doc:"Where the new thing is."`
	Replayed string `header:"Idempotency-Replayed" enum:"true" doc:"The answer to an earlier request with this key."`
	Body     T
}

// read is the answer to a request that reads.
type read[T any] struct{ Body T }

func madeAt[T any](path string, doc T, replayed bool) *made[T] {
	out := &made[T]{Location: Prefix + path, Body: doc}
	if replayed {
		out.Replayed = "true"
	}
	return out
}

func reads[T any](doc T) *read[T] { return &read[T]{doc} }

// List is a page of things.
type List[T any] struct {
	Items      []T    `json:"items"`
	NextCursor string `json:"next_cursor" doc:"The cursor of the next page, \"\" at the end."`
}

func listOf[F, T any](from []F, next string, f func(F) T) *read[List[T]] {
	l := List[T]{Items: make([]T, 0, len(from)), NextCursor: next}
	for _, v := range from {
		l.Items = append(l.Items, f(v))
	}
	return reads(l)
}

// PageIn are the parameters of a list.
type PageIn struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"The most items of a page."`
	Cursor string `query:"cursor" maxLength:"64" doc:"next_cursor of the page before."`
}

// page reads them. Fault: page.bad_cursor.
func (p PageIn) page() (db.Page, error) {
	after, err := db.ParseCursor(p.Cursor)
	return db.Page{After: after, Limit: p.Limit}, on(err, "cursor")
}

// IDIn is the id in a path.
type IDIn struct {
	ID id.ID `path:"id" format:"uuid"`
}
