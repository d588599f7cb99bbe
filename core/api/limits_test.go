package api_test

import (
	"net/http"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/shopwright/shopwright/core/api"
	"github.com/shopwright/shopwright/core/web"
)

// A read deadline that is shorter than a request may take would cancel the
// request: the server reads ahead while a handler works.
func TestNoReadDeadlineCutsARequestShort(t *testing.T) {
	n := 0
	for path, item := range api.New(http.NewServeMux(), api.Options{}).OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			n++
			if op.BodyReadTimeout <= web.MaxWork {
				t.Errorf("%s %s: %s", op.Method, path, op.BodyReadTimeout)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d operations", n)
	}
}
