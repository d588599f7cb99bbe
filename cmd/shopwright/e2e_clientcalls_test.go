package main

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/sdk/client"
)

// theClientCallsEveryOperation calls every method of the client with made-up
// arguments and holds what it sends against the operations of the document: the
// path, the parameters, the key and whether there is a body.
func theClientCallsEveryOperation(t *testing.T, doc *answer) {
	t.Helper()
	ops := map[string]map[string]any{} // "GET /api/v1/members/{id}"
	for path, item := range doc.at("paths").(map[string]any) {
		for method, op := range item.(map[string]any) {
			ops[strings.ToUpper(method)+" "+path] = op.(map[string]any)
		}
	}
	called, asked := map[string]bool{}, map[string]map[string]bool{}
	stand := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("{}"))
		name := operationOf(ops, r)
		if name == "" {
			t.Errorf("the API has no %s %s", r.Method, r.URL.Path)
			return
		}
		called[name] = true
		if asked[name] == nil {
			asked[name] = map[string]bool{}
		}
		for q := range r.URL.Query() {
			asked[name][q] = true
		}
		_, key := parameters(ops[name])
		if (r.Header.Get("Idempotency-Key") != "") != key {
			t.Errorf("%s: a key is sent: %v, the API takes one: %v", name, !key, key)
		}
		if (r.ContentLength > 0) != (ops[name]["requestBody"] != nil) {
			t.Errorf("%s: a body of %d bytes", name, r.ContentLength)
		}
	}))
	defer stand.Close()
	c := reflect.ValueOf(client.New(stand.URL, "swk_test"))
	for i := range c.NumMethod() {
		m := c.Method(i)
		args := []reflect.Value{reflect.ValueOf(context.Background())}
		for n := 1; n < m.Type().NumIn() && !(m.Type().IsVariadic() && n == m.Type().NumIn()-1); n++ {
			args = append(args, madeUp(m.Type().In(n)))
		}
		out := m.Call(args)
		if err, _ := out[len(out)-1].Interface().(error); err != nil {
			t.Errorf("%s: %v", c.Type().Method(i).Name, err)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(ops)) {
		if !called[name] {
			t.Errorf("the client has no %s", name)
			continue
		}
		queries, _ := parameters(ops[name])
		if name == "GET /api/v1/events" {
			delete(queries, "cursor") // the same as after
		}
		if !maps.Equal(asked[name], queries) {
			t.Errorf("%s: the client asks with %v, the API knows %v", name, asked[name], queries)
		}
	}
}

// operationOf is the operation that a request is for: that with the most words of
// its path, since {id} takes any.
func operationOf(ops map[string]map[string]any, r *http.Request) (best string) {
	most := -1
	got := strings.Split(r.URL.Path, "/")
	for name := range ops {
		method, path, _ := strings.Cut(name, " ")
		steps := strings.Split(path, "/")
		if method != r.Method || len(steps) != len(got) {
			continue
		}
		words := 0
		for i, s := range steps {
			switch {
			case s == got[i]:
				words++
			case !strings.HasPrefix(s, "{"):
				words = -len(steps)
			}
		}
		if words > most {
			best, most = name, words
		}
	}
	return best
}

// parameters are an operation's query parameters, and whether it takes a key.
func parameters(op map[string]any) (queries map[string]bool, key bool) {
	queries = map[string]bool{}
	list, _ := op["parameters"].([]any)
	for _, v := range list {
		p := v.(map[string]any)
		switch name, _ := p["name"].(string); {
		case name == "Idempotency-Key":
			key = true
		case p["in"] == "query" && name != "lang": // Client.Language
			queries[name] = true
		}
	}
	return queries, key
}

// madeUp is a value with something in every field of a filter; documents stay
// empty, since their fields are compared elsewhere.
func madeUp(typ reflect.Type) reflect.Value {
	v := reflect.New(typ).Elem()
	switch typ.Kind() {
	case reflect.String:
		v.SetString("x")
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		if typ.Elem().Kind() == reflect.Uint8 {
			v.SetBytes([]byte("x"))
		}
	case reflect.Struct:
		if typ == reflect.TypeFor[time.Time]() {
			return reflect.ValueOf(time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC))
		}
		for i := range typ.NumField() {
			if typ.Field(i).Tag == "" {
				v.Field(i).Set(madeUp(typ.Field(i).Type))
			}
		}
	}
	return v
}
