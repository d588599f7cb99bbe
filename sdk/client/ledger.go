package client

import (
	"context"
	"time"
)

// Owner names the owner of accounts; the zero kind is a member.
type Owner struct {
	Kind string // member, house (a shop's own accounts), gift_card
	ID   string // the member, the shop or the gift card
}

// Balances gets what an owner's accounts stood at, at any past instant; the zero
// instant is now.
func (c *Client) Balances(ctx context.Context, o Owner, when time.Time) (AccountBalances, error) {
	return get[AccountBalances](ctx, c, "/ledger/balances", Page{}.query("owner_kind", o.Kind, "owner_id", o.ID, "at", instant(when)))
}

// StatementFilter narrows a statement; the zero value is all that ever happened.
type StatementFilter struct {
	From, To    time.Time // To is exclusive
	Unit, Class string
}

func (f StatementFilter) pairs(o Owner, format string) []string {
	return []string{"owner_kind", o.Kind, "owner_id", o.ID, "from", instant(f.From), "to", instant(f.To), "unit", f.Unit, "class", f.Class, "format", format}
}

// Statement gets the statement of an owner's accounts. Fault: report.bad_period.
func (c *Client) Statement(ctx context.Context, o Owner, f StatementFilter, p Page) (AccountStatement, error) {
	return get[AccountStatement](ctx, c, "/ledger/statement", p.query(f.pairs(o, "json")...))
}

// StatementCSV gets a statement's whole period as a file.
func (c *Client) StatementCSV(ctx context.Context, o Owner, f StatementFilter) ([]byte, error) {
	return get[[]byte](ctx, c, "/ledger/statement", Page{}.query(f.pairs(o, "csv")...))
}

// Liabilities gets what is owed to members over the business dates from and to,
// both included: by shop (where it was booked), by origin (where it was bought), or
// "" for the whole merchant. Faults: report.bad_span, report.bad_split_by.
func (c *Client) Liabilities(ctx context.Context, from, to, by string) (LiabilityReport, error) {
	return get[LiabilityReport](ctx, c, "/liabilities", Page{}.query("from", from, "to", to, "by", by, "format", "json"))
}

// LiabilitiesCSV gets the same as a file.
func (c *Client) LiabilitiesCSV(ctx context.Context, from, to, by string) ([]byte, error) {
	return get[[]byte](ctx, c, "/liabilities", Page{}.query("from", from, "to", to, "by", by, "format", "csv"))
}

// Proofs lists the runs over the books, the newest first.
func (c *Client) Proofs(ctx context.Context, p Page) (List[BooksProof], error) {
	return get[List[BooksProof]](ctx, c, "/ledger/proofs", p.query())
}

// AccountBalances is what an owner's accounts stood at.
type AccountBalances struct {
	At        time.Time        `json:"at"`
	Items     []AccountBalance `json:"items"`
	OwnerID   string           `json:"owner_id"`
	OwnerKind string           `json:"owner_kind"`
}

// AccountBalance is one account's balance.
type AccountBalance struct {
	Balance string `json:"balance"` // Money, points or visits, by the unit
	Class   string `json:"class"`
	Unit    string `json:"unit"`
}

// AccountStatement is what happened on an owner's accounts over a period.
type AccountStatement struct {
	Accounts   []StatementAccount  `json:"accounts"`
	From       time.Time           `json:"from"`
	Items      []StatementMovement `json:"items"`       // The movements in the order in which they were booked; those of one entry stay on one page
	NextCursor string              `json:"next_cursor"` // The cursor of the next page, "" at the end
	OwnerID    string              `json:"owner_id"`
	OwnerKind  string              `json:"owner_kind"`
	To         time.Time           `json:"to"`
}

// StatementAccount is one account of a statement.
type StatementAccount struct {
	Class     string `json:"class"`
	Closing   string `json:"closing"`
	Movements int64  `json:"movements"` // Of the whole period
	Opening   string `json:"opening"`   // Money, points or visits, by the unit
	Unit      string `json:"unit"`      // A currency, points, or punch: and the service's SKU
}

// StatementMovement is one posting with the balance of its account after it.
type StatementMovement struct {
	ShopID       string    `json:"shop_id"`
	Kind         string    `json:"kind"`
	Amount       string    `json:"amount"`
	At           time.Time `json:"at"`
	Balance      string    `json:"balance"`
	BusinessDate string    `json:"business_date"`
	Class        string    `json:"class"`
	EntryID      string    `json:"entry_id"`
	LotID        string    `json:"lot_id"`
	Posting      int64     `json:"posting"` // Its number in the entry, from 0
	Receipt      string    `json:"receipt"`
	SaleID       string    `json:"sale_id"`
	Unit         string    `json:"unit"`
}

// LiabilityReport is what is owed to members over business dates.
type LiabilityReport struct {
	By     string            `json:"by"` // "": the whole merchant; shop: where it was booked; origin: where the lot comes from
	From   string            `json:"from"`
	Items  []LiabilityRow    `json:"items"`
	Ties   bool              `json:"ties"` // Closing and what was booked after it are what the accounts stand at
	To     string            `json:"to"`   // Included
	Untied []BooksDifference `json:"untied"`
}

// LiabilityRow is what is owed in one class and unit.
type LiabilityRow struct {
	ShopID    string            `json:"shop_id"`
	Class     string            `json:"class"` // principal, bonus, gift_card, punch, deferred_punches or points
	Closing   string            `json:"closing"`
	Movements []LiabilityChange `json:"movements"`
	Opening   string            `json:"opening"` // Money, points or visits, by the unit
	Service   string            `json:"service"` // Visits: the service's name
	Unit      string            `json:"unit"`
}

// LiabilityChange is what one kind of business did.
type LiabilityChange struct {
	Kind   string `json:"kind"`
	Amount string `json:"amount"`
}

// BooksProof is one run over the books.
type BooksProof struct {
	ID          string            `json:"id"`
	Kind        string            `json:"kind"` // One of full, incremental
	At          time.Time         `json:"at"`
	Checked     int64             `json:"checked"`
	Differences int64             `json:"differences"`
	Found       []BooksDifference `json:"found"`     // The first hundred differences
	FromSeal    int64             `json:"from_seal"` // The last seal that an earlier proof covers
	Millis      int64             `json:"millis"`    // What it took
	Parts       []Part            `json:"parts"`
	ToSeal      int64             `json:"to_seal"`
}

// Part is what one room of the books checked.
type Part struct {
	Name    string `json:"name"` // seals, entries, accounts, lots; in a full proof also stock, sale, audit
	Checked int64  `json:"checked"`
}

// BooksDifference is a figure that does not follow from the entries.
type BooksDifference struct {
	Check   string `json:"check"`
	Got     int64  `json:"got"` // As it stands in the row
	Subject string `json:"subject"`
	Want    int64  `json:"want"` // Recomputed
}
