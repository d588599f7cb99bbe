package api

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/negotiation"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/tenant"
)

// AccountStatement is what happened on an owner's accounts over a period.
type AccountStatement struct {
	OwnerKind  string              `json:"owner_kind"`
	OwnerID    id.ID               `json:"owner_id" format:"uuid"`
	From       Instant             `json:"from,omitzero"`
	To         Instant             `json:"to,omitzero"`
	Accounts   []StatementAccount  `json:"accounts"`
	Items      []StatementMovement `json:"items" doc:"The movements in the order in which they were booked; those of one entry stay on one page."`
	NextCursor string              `json:"next_cursor" doc:"The cursor of the next page, \"\" at the end."`
}

// StatementAccount is one account of a statement.
type StatementAccount struct {
	Unit      string `json:"unit" doc:"A currency, points, or punch: and the service's SKU."`
	Class     string `json:"class"`
	Opening   string `json:"opening" doc:"Money, points or visits, by the unit."`
	Closing   string `json:"closing"`
	Movements int64  `json:"movements" doc:"Of the whole period."`
}

// StatementMovement is one posting with the balance of its account after it.
type StatementMovement struct {
	EntryID      id.ID   `json:"entry_id" format:"uuid"`
	Posting      int64   `json:"posting" doc:"Its number in the entry, from 0."`
	At           Instant `json:"at"`
	BusinessDate string  `json:"business_date" format:"date"`
	Kind         string  `json:"kind"`
	ShopID       id.ID   `json:"shop_id" format:"uuid"`
	SaleID       id.ID   `json:"sale_id,omitzero" format:"uuid"`
	Receipt      string  `json:"receipt,omitempty"`
	Unit         string  `json:"unit"`
	Class        string  `json:"class"`
	Amount       string  `json:"amount"`
	Balance      string  `json:"balance"`
	LotID        id.ID   `json:"lot_id,omitzero" format:"uuid"`
}

// AccountBalances is what an owner's accounts stood at.
type AccountBalances struct {
	OwnerKind string           `json:"owner_kind"`
	OwnerID   id.ID            `json:"owner_id" format:"uuid"`
	At        Instant          `json:"at"`
	Items     []AccountBalance `json:"items"`
}

// AccountBalance is one account's balance.
type AccountBalance struct {
	Unit    string `json:"unit"`
	Class   string `json:"class"`
	Balance string `json:"balance" doc:"Money, points or visits, by the unit."`
}

// BooksProof is one run over the books.
type BooksProof struct {
	ID          id.ID             `json:"id" format:"uuid"`
	At          Instant           `json:"at"`
	Kind        string            `json:"kind" enum:"full,incremental"`
	FromSeal    int64             `json:"from_seal" doc:"The last seal that an earlier proof covers."`
	ToSeal      int64             `json:"to_seal"`
	Checked     int               `json:"checked"`
	Differences int               `json:"differences"`
	Millis      int64             `json:"millis"`
	Parts       []ledger.Part     `json:"parts"`
	Found       []BooksDifference `json:"found" doc:"The first hundred differences."`
}

// BooksDifference is a figure that does not follow from the entries.
type BooksDifference ledger.Difference

// OwnerIn names the owner of accounts.
type OwnerIn struct {
	OwnerKind string `query:"owner_kind" enum:"member,house,gift_card" default:"member" doc:"house: a shop's own accounts."`
	OwnerID   id.ID  `query:"owner_id" format:"uuid" required:"true" doc:"The member, the shop or the gift card."`
}

type statementIn struct {
	OwnerIn
	PageIn
	From   time.Time `query:"from" doc:"Default: from the beginning."`
	To     time.Time `query:"to" doc:"Not included; default: to the newest."`
	Unit   string    `query:"unit" maxLength:"64"`
	Class  string    `query:"class" maxLength:"64"`
	Format string    `query:"format" enum:"json,csv" doc:"csv: the whole period as a file, whatever the Accept header says."`
	Accept string    `header:"Accept" hidden:"true"`
}

// momentOf reads an optional moment; none is 0.
func momentOf(t time.Time) clock.Instant {
	if t.IsZero() {
		return 0
	}
	return clock.Of(t)
}

// fileOut is a document or a file, written while it is read.
type fileOut struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition" hidden:"true"`
	Vary        string `header:"Vary" hidden:"true"`
	Body        func(huma.Context)
}

const (
	typeJSON = "application/json"
	typeCSV  = "text/csv"
)

// wantsCSV reports whether a request asks for a file.
func wantsCSV(format, accept string) bool {
	if format != "" {
		return format == "csv"
	}
	return negotiation.SelectQValueFast(accept, []string{typeJSON, typeCSV}) == typeCSV
}

func jsonFile(doc any) *fileOut {
	return &fileOut{ContentType: typeJSON, Vary: "Accept", Body: func(hc huma.Context) { _ = huma.DefaultJSONFormat.Marshal(hc.BodyWriter(), doc) }}
}

func csvFile(name string, write func(huma.Context) error, failed func(error)) *fileOut {
	return &fileOut{ContentType: typeCSV + "; charset=utf-8", Vary: "Accept", Disposition: `attachment; filename="` + name + `.csv"`, Body: func(hc huma.Context) {
		if err := write(hc); err != nil {
			failed(err)
			panic(http.ErrAbortHandler) // the file must not look whole
		}
	}}
}

func (a *api) ledger() {
	reading := []auth.Permission{auth.PermReports, auth.PermProve}
	r := route{id: "get-statement", method: http.MethodGet, path: "/ledger/statement", tag: "ledger", summary: "Get the statement of a member's, a shop's or a gift card's accounts", any: reading,
		doc: "The accounts with their openings and closings, and a page of the movements with the balance after each. As text/csv (by the Accept header or format=csv) all movements of the period, streamed."}
	add(a, r, a.statement)
	a.twoTypes(r, reflect.TypeFor[AccountStatement](), "AccountStatement")
	add(a, route{id: "get-balances", method: http.MethodGet, path: "/ledger/balances", tag: "ledger", summary: "Get what accounts stood at, at any past instant", any: reading}, a.balancesAt)
	add(a, route{id: "list-proofs", method: http.MethodGet, path: "/ledger/proofs", tag: "ledger", summary: "List the runs over the books, the newest first", any: []auth.Permission{auth.PermProve}}, a.proofs)
	r = route{id: "get-liabilities", method: http.MethodGet, path: "/liabilities", tag: "ledger", summary: "Get what is owed to members over a period", any: reading,
		doc: "For each class and unit: opening, what each kind of business did, closing; opening and movements are the closing exactly. As application/json or text/csv, by the Accept header or format."}
	add(a, r, a.liabilities)
	a.twoTypes(r, reflect.TypeFor[LiabilityReport](), "LiabilityReport")
}

// twoTypes documents an answer that is a document or a file.
func (a *api) twoTypes(r route, doc reflect.Type, name string) {
	op := a.huma.OpenAPI().Paths[Prefix+r.path].Get
	op.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{
		typeJSON: {Schema: a.huma.OpenAPI().Components.Schemas.Schema(doc, true, name)},
		typeCSV:  {Schema: &huma.Schema{Type: huma.TypeString}},
	}}
}

// shopName answers the names of the caller's shops.
func (a *api) shopName(ctx context.Context, c caller) (func(id.ID) string, error) {
	shops, err := tenant.ListShops(ctx, a.DB, c.Merchant)
	names := map[id.ID]string{}
	for _, s := range shops {
		names[s.ID] = s.Name
	}
	return func(u id.ID) string { return names[u] }, err
}

func (a *api) statement(ctx context.Context, c caller, in *statementIn) (*fileOut, error) {
	q := ledger.StatementOf{Merchant: c.Merchant, OwnerKind: in.OwnerKind, Owner: in.OwnerID, From: momentOf(in.From), To: momentOf(in.To), Unit: in.Unit, Class: in.Class}
	after, err := in.page()
	if err != nil {
		return nil, err
	}
	s, err := report.OpenStatement(ctx, a.DB, q)
	if err != nil {
		return nil, err
	}
	if wantsCSV(in.Format, in.Accept) {
		name, err := a.shopName(ctx, c)
		if err != nil {
			return nil, err
		}
		return csvFile("statement-"+in.OwnerID.String(), func(hc huma.Context) error { return report.WriteStatement(ctx, hc.BodyWriter(), s, name) }, a.broken(ctx)), nil
	}
	lines, next, err := s.Page(ctx, after.After, after.Size())
	if err != nil {
		return nil, err
	}
	out := AccountStatement{OwnerKind: in.OwnerKind, OwnerID: in.OwnerID, From: instant(q.From), To: instant(q.To), Accounts: []StatementAccount{}, Items: []StatementMovement{}, NextCursor: next.String()}
	for _, v := range s.Sections {
		out.Accounts = append(out.Accounts, StatementAccount{Unit: v.Unit, Class: v.Class, Opening: report.FormatUnit(v.Unit, v.Opening), Closing: report.FormatUnit(v.Unit, v.Closing), Movements: v.Movements})
	}
	for _, l := range lines {
		out.Items = append(out.Items, StatementMovement{EntryID: l.Entry, Posting: l.No, At: instant(l.At), BusinessDate: string(l.BusinessDate), Kind: l.Kind, ShopID: l.Shop, SaleID: l.Sale, Receipt: l.Number,
			Unit: l.Unit, Class: l.Class, Amount: report.FormatUnit(l.Unit, l.Amount), Balance: report.FormatUnit(l.Unit, l.Balance), LotID: l.Lot})
	}
	return jsonFile(out), nil
}

// broken logs a file that broke off while it was written.
func (a *api) broken(ctx context.Context) func(error) {
	return func(err error) {
		if ctx.Err() == nil {
			a.Log.ErrorContext(ctx, "a file broke off", "error", err)
		}
	}
}

func (a *api) balancesAt(ctx context.Context, c caller, in *struct {
	OwnerIn
	At time.Time `query:"at" doc:"Included; default: now."`
}) (*read[AccountBalances], error) {
	at := momentOf(in.At)
	if at == 0 {
		at = a.DB.Now()
	}
	var rows []ledger.BalanceAt
	err := a.DB.Batch(ctx, ledger.AskBalancesAt(c.Merchant, in.OwnerKind, in.OwnerID, at, &rows))
	out := AccountBalances{OwnerKind: in.OwnerKind, OwnerID: in.OwnerID, At: instant(at), Items: []AccountBalance{}}
	for _, b := range rows {
		out.Items = append(out.Items, AccountBalance{Unit: b.Unit, Class: b.Class, Balance: report.FormatUnit(b.Unit, b.Balance)})
	}
	return reads(out), err
}

func (a *api) proofs(ctx context.Context, c caller, in *struct{ PageIn }) (*read[List[BooksProof]], error) {
	p, err := in.page()
	if err != nil {
		return nil, err
	}
	rows, err := ledger.ListProofs(ctx, a.DB, c.Merchant, p)
	rows, next := db.Cut(p, rows, func(v ledger.Proof) id.ID { return v.ID })
	return listOf(rows, next, func(v ledger.Proof) BooksProof {
		out := BooksProof{ID: v.ID, At: instant(v.At), Kind: v.Kind, FromSeal: v.FromSeal, ToSeal: v.ToSeal, Checked: v.Checked, Differences: v.Differences, Millis: v.Millis, Parts: v.Parts, Found: []BooksDifference{}}
		for _, d := range v.Found {
			out.Found = append(out.Found, BooksDifference(d))
		}
		return out
	}), err
}

// LiabilityReport is what is owed to members over business dates.
type LiabilityReport struct {
	From   string            `json:"from" format:"date"`
	To     string            `json:"to" format:"date" doc:"Included."`
	By     string            `json:"by" doc:"\"\": the whole merchant; shop: where it was booked; origin: where the lot comes from."`
	Items  []LiabilityRow    `json:"items"`
	Ties   bool              `json:"ties" doc:"Closing and what was booked after it are what the accounts stand at."`
	Untied []BooksDifference `json:"untied"`
}

// LiabilityRow is what is owed in one class and unit.
type LiabilityRow struct {
	Class     string            `json:"class" doc:"principal, bonus, gift_card, punch, deferred_punches or points."`
	Unit      string            `json:"unit"`
	Service   string            `json:"service,omitempty" doc:"Visits: the service's name."`
	ShopID    id.ID             `json:"shop_id,omitzero" format:"uuid"`
	Opening   string            `json:"opening" doc:"Money, points or visits, by the unit."`
	Movements []LiabilityChange `json:"movements"`
	Closing   string            `json:"closing"`
}

// LiabilityChange is what one kind of business did.
type LiabilityChange struct {
	Kind   string `json:"kind" example:"top_up"`
	Amount string `json:"amount"`
}

func (a *api) liabilities(ctx context.Context, c caller, in *struct {
	From   string `query:"from" format:"date" required:"true"`
	To     string `query:"to" format:"date" required:"true" doc:"Included."`
	By     string `query:"by" enum:"shop,origin" doc:"Default: the whole merchant."`
	Format string `query:"format" enum:"json,csv"`
	Accept string `header:"Accept" hidden:"true"`
}) (*fileOut, error) {
	l, err := report.AskLiabilities(ctx, a.DB, report.LiabilitiesOf{Merchant: c.Merchant, From: clock.Date(in.From), To: clock.Date(in.To), By: in.By})
	if err != nil {
		return nil, err
	}
	if wantsCSV(in.Format, in.Accept) {
		name, err := a.shopName(ctx, c)
		if err != nil {
			return nil, err
		}
		return csvFile("liabilities-"+in.From+"-"+in.To, func(hc huma.Context) error { return report.WriteLiabilities(hc.BodyWriter(), &l, name) }, a.broken(ctx)), nil
	}
	out := LiabilityReport{From: in.From, To: in.To, By: in.By, Items: []LiabilityRow{}, Ties: len(l.Untied) == 0, Untied: []BooksDifference{}}
	for _, d := range l.Untied {
		out.Untied = append(out.Untied, BooksDifference(d))
	}
	for _, r := range l.Rows {
		row := LiabilityRow{Class: r.Class, Unit: r.Unit, Service: r.Service, ShopID: r.Shop, Opening: report.FormatUnit(r.Unit, r.Opening), Movements: []LiabilityChange{}, Closing: report.FormatUnit(r.Unit, r.Closing)}
		for _, m := range r.Movements {
			row.Movements = append(row.Movements, LiabilityChange{m.Kind, report.FormatUnit(r.Unit, m.Amount)})
		}
		out.Items = append(out.Items, row)
	}
	return jsonFile(out), nil
}
