package api

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/web"
)

// Prefix is where every operation's path begins.
const Prefix = "/api/v1"

// Receipts makes the receipt of a sale. Fault: sale.not_found.
type Receipts interface {
	Document(ctx context.Context, merchant, sale id.ID, locale string) (receipt.Document, error)
}

// Options is what the API needs.
type Options struct {
	DB       *db.DB
	Desk     *checkout.Desk
	Packs    *pack.Registry
	Vault    *member.Vault
	Receipts Receipts
	// Installer installs rule packs; nil: nothing is installed through the API.
	Installer *pack.Installer
	// Meetings looks at how packs meet; nil: GET /packs/{id}/lint is not served.
	Meetings *report.PackMeetings
	// Backtests tries packs on past sales; nil: none of its operations is served.
	Backtests *backtest.Service
	// SignIns are accounts elsewhere that members sign in with; nil: none.
	SignIns SignIns
	Log     *slog.Logger // default: slog.Default()
	Version string       // of the program, for the document
}

type api struct {
	Options
	huma       huma.API
	signIns    signInLimit
	currencies sync.Map // merchant -> money.Currency; it never changes
}

// New registers every operation, the OpenAPI document (/openapi.json,
// /openapi.yaml) and its page (/docs) on a mux, which the caller puts behind
// web.Wrap. It answers huma's API for its document.
func New(mux *http.ServeMux, o Options) huma.API {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Version == "" {
		o.Version = "0.0.0"
	}
	a := &api{Options: o}
	a.huma = humago.New(mux, config(o.Version))
	a.members()
	a.skus()
	a.punchPlans()
	a.taxes()
	a.stock()
	a.onlineOrders()
	a.kitchens()
	a.labels()
	a.receiptTemplates()
	a.quotes()
	a.sales()
	a.providerPayments()
	a.packs()
	if a.Backtests != nil {
		a.backtests()
	}
	a.coupons()
	a.gifts()
	a.campaigns()
	a.tiers()
	a.registers()
	a.shifts()
	a.days()
	a.commissions()
	a.events()
	a.messages()
	a.ledger()
	mux.HandleFunc("/api/", noRoute(mux))
	a.docs(mux)
	a.openAPI(mux)
	return a.huma
}

func config(version string) huma.Config {
	format := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Shopwright API", Version: version, License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}, Description: intro},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"key":     {Type: "http", Scheme: "bearer", Description: "An API key: Authorization: Bearer swk_…"},
					"session": {Type: "apiKey", In: "cookie", Name: web.SessionCookie, Description: "A session of the screens."},
				},
			},
			Servers: []*huma.Server{{URL: "/"}},
		},
		Formats: map[string]huma.Format{"application/json": format, "json": format}, DefaultFormat: "application/json",
	}
}

const intro = `Money is a string such as "12.50" in the one currency of its document; a quantity is a string with up to three decimals; points are integers; instants are RFC 3339. ` +
	`A list answers {"items": […], "next_cursor": "…"}; ask again with ?cursor= until it is "". Every error is a problem document (RFC 9457) with a stable code. ` +
	`A request that books needs the header Idempotency-Key: sent again with the same body it answers the first result.`

// unmarshal reads JSON that has no NUL in its texts: no database takes one.
func unmarshal(data []byte, v any) error {
	if err := json.Unmarshal(data, v); err != nil {
		return err
	}
	if tree, ok := v.(*any); ok && hasNUL(*tree) {
		return web.ErrMalformed
	}
	return nil
}

func hasNUL(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.IndexByte(v, 0) >= 0
	case []any:
		for _, e := range v {
			if hasNUL(e) {
				return true
			}
		}
	case map[string]any:
		for k, e := range v {
			if hasNUL(k) || hasNUL(e) {
				return true
			}
		}
	}
	return false
}

// key is whether an operation takes an Idempotency-Key.
type key uint8

const (
	noKey key = iota
	mayKey
	mustKey
)

// route is an operation: who may, where, and what it is for.
type route struct {
	id, method, path string
	tag, summary     string
	doc              string
	any              []auth.Permission // the caller needs one of them; none: whoever is known
	key              key
	status           int   // of success; default 200
	maxBody          int64 // bytes of the body; default web.MaxBody
	pays             bool  // an acquirer may be asked: 202 while its answer is not known
	often            bool  // there is a limit to how often it may be asked for: 429
}

// add registers an operation. f gets the caller and answers a document or a fault.
func add[I, O any](a *api, r route, f func(context.Context, caller, *I) (*O, error)) {
	op := huma.Operation{
		OperationID: r.id, Method: r.method, Path: Prefix + r.path, Tags: []string{r.tag}, Summary: r.summary, Description: r.description(), DefaultStatus: r.status,
		// huma leaves this deadline on the connection after the body, and the server
		// cancels a request that meets it: it must lie beyond the request's own.
		BodyReadTimeout: 2 * web.MaxWork,
		MaxBodyBytes:    cmp.Or(r.maxBody, web.MaxBody), Security: []map[string][]string{{"key": {}}, {"session": {}}},
		Middlewares: huma.Middlewares{a.admit(r)}, Responses: a.failures(r),
	}
	if r.key != noKey {
		op.Parameters = append(op.Parameters, &huma.Param{Name: "Idempotency-Key", In: "header", Required: r.key == mustKey,
			Description: "1 to 255 printable characters, new for each request that is meant anew.", Schema: &huma.Schema{Type: huma.TypeString, MinLength: new(1), MaxLength: new(255)}})
	}
	op.Parameters = append(op.Parameters, &huma.Param{Name: "lang", In: "query", Description: "The language of texts for people: en, zh-Hans, zh-Hant.", Schema: &huma.Schema{Type: huma.TypeString}})
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := f(ctx, ctx.Value(callerKey{}).(caller), in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

func (r *route) description() string {
	var who []string
	for _, p := range r.any {
		who = append(who, string(p))
	}
	s := r.doc
	if len(who) > 0 {
		s = strings.TrimSpace(s + " Permission: " + strings.Join(who, " or ") + ".")
	}
	return s
}

// failures are the error answers that an operation can give.
func (a *api) failures(r route) map[string]*huma.Response {
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	out := map[string]*huma.Response{}
	codes := []int{400, 401, 403, 404, 500, 503}
	if r.method != http.MethodGet {
		codes = append(codes, 409, 413, 415)
	}
	if r.often {
		codes = append(codes, 429)
	}
	for _, code := range codes {
		out[strconv.Itoa(code)] = &huma.Response{Description: http.StatusText(code), Content: map[string]*huma.MediaType{web.ProblemType: {Schema: schema}}}
	}
	if r.pays {
		pending := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Pending](), true, "Pending")
		out["202"] = &huma.Response{Description: "A payment is still being asked for.", Content: map[string]*huma.MediaType{"application/json": {Schema: pending}}}
	}
	return out
}

// caller is who asks, for which merchant, in which currency.
type caller struct {
	auth.Actor
	currency money.Currency
	idem     db.Idem
}

type callerKey struct{}

// admit is the middleware of one operation: who, may they, and the key.
func (a *api) admit(r route) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		req, w := humago.Unwrap(hc)
		if r.maxBody > 0 { // nobody has bounded it before
			req.Body = http.MaxBytesReader(w, req.Body, r.maxBody)
		}
		c, err := a.callerOf(req, r)
		if err == nil {
			err = knownQuery(req, hc.Operation())
		}
		if err != nil {
			web.WriteProblem(w, req, err)
			return
		}
		next(huma.WithValue(hc, callerKey{}, c))
	}
}

// knownQuery refuses a parameter that the operation does not have: a filter with
// a typing error must not answer everything. Fault: request.unknown_field.
func knownQuery(req *http.Request, op *huma.Operation) error {
	for name := range req.URL.Query() {
		if !slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name }) {
			return web.ErrUnknown.On(name)
		}
	}
	return nil
}

func (a *api) callerOf(req *http.Request, r route) (caller, error) {
	ctx := req.Context()
	c := caller{Actor: auth.ActorOf(ctx)}
	if c.Kind == "" {
		return c, auth.ErrUnauthenticated
	}
	if err := allowed(c.Actor, r.any); err != nil {
		return c, err
	}
	var err error
	if c.currency, err = a.currencyOf(ctx, c.Merchant); err != nil {
		return c, err
	}
	if r.key != noKey {
		c.idem, err = idemOf(req, r)
	}
	return c, err
}

func allowed(who auth.Actor, any []auth.Permission) error {
	for _, p := range any {
		if who.May(p) {
			return nil
		}
	}
	if len(any) == 0 {
		return nil
	}
	return auth.ErrDenied.With("permission", string(any[0]))
}

func (a *api) currencyOf(ctx context.Context, m id.ID) (money.Currency, error) {
	if c, ok := a.currencies.Load(m); ok {
		return c.(money.Currency), nil
	}
	got, err := tenant.GetMerchant(ctx, a.DB, m)
	if err != nil {
		return money.Currency{}, err
	}
	a.currencies.Store(m, got.Currency)
	return got.Currency, nil
}

// openAPI serves the document in both forms.
func (a *api) openAPI(mux *http.ServeMux) {
	serve := func(path, kind string, make func() ([]byte, error)) {
		doc := sync.OnceValues(make)
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
			b, err := doc()
			if err != nil {
				web.WriteProblem(w, r, err)
				return
			}
			w.Header().Set("Content-Type", kind)
			_, _ = w.Write(b)
		})
	}
	serve("/openapi.json", "application/openapi+json", func() ([]byte, error) { return json.Marshal(a.huma.OpenAPI()) })
	serve("/openapi.yaml", "application/openapi+yaml", a.huma.OpenAPI().YAML)
}

// noRoute answers what no operation serves: another method, or no such path.
func noRoute(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var allow []string
		for _, m := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			other := r.Clone(r.Context())
			other.Method = m
			if _, pattern := mux.Handler(other); strings.HasPrefix(pattern, m+" ") {
				allow = append(allow, m)
			}
		}
		if len(allow) == 0 {
			web.WriteProblem(w, r, web.ErrNoRoute)
			return
		}
		w.Header().Set("Allow", strings.Join(allow, ", "))
		web.WriteProblem(w, r, web.ErrMethod.With("allow", strings.Join(allow, ", ")))
	}
}

func localeOf(ctx context.Context) i18n.Locale { return web.Locale(ctx) }
