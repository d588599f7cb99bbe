package office_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/wallet"
)

func (s *shop) cardsOf(who id.ID) []member.Card {
	s.t.Helper()
	cards, err := member.ListCards(context.Background(), s.db, s.m.ID, who)
	if err != nil {
		s.t.Fatal(err)
	}
	return cards
}

// inEveryLanguage looks at a page in each language.
func (b *browser) inEveryLanguage(t *testing.T, paths ...string) {
	t.Helper()
	for _, lang := range i18n.Tags() {
		b.lang = lang
		for _, path := range paths {
			checkPage(t, lang+" "+path, b.get(path).want(t, http.StatusOK).body, lang)
		}
	}
	b.lang = "en"
}

func TestCardDesignsAndBlankCards(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		b.get("/office/members").want(t, http.StatusOK, `href="/office/cards"`)
		b.inEveryLanguage(t, "/office/cards", "/office/cards/new")
		b.post("/office/cards/new", "name", "", "kind", "general").want(t, http.StatusBadRequest, "member.card_design_invalid")
		b.post("/office/cards/new", "name", "Gold "+hostile, "kind", "stored_value", "class", "VIP", "prefix", "G", "digits", "4", "next_number", "1", "valid_days", "365", "colour", "#C0A020", "points", "true", "pin", "true").
			want(t, http.StatusOK, "G0001", "VIP", "Asks for the PIN", `fill="#c0a020"`)
		b.post("/office/cards/new", "name", "Gold "+hostile, "kind", "general").want(t, http.StatusConflict, "member.card_design_taken")
		designs, err := member.ListDesigns(context.Background(), s.db, s.m.ID)
		if err != nil || len(designs) != 1 {
			t.Fatal(designs, err)
		}
		gold := designs[0].ID.String()
		form := fieldsOf(t, b.get("/office/cards/"+gold).want(t, http.StatusOK).body, "/office/cards/"+gold)
		form.Set("class", "Diamond")
		b.postForm("/office/cards/"+gold, form).want(t, http.StatusOK, "Diamond", "G0001")
		b.post("/office/cards/batches", "design_id", gold, "count", "5000").want(t, http.StatusBadRequest, "member.card_batch_size")
		made := b.post("/office/cards/batches", "design_id", gold, "count", "3").want(t, http.StatusOK, "G0001 – G0003", "3 of 3", "Blank")
		if csv := b.get(made.path+"/numbers").want(t, http.StatusOK); csv.body != "number,status\nG0001,blank\nG0002,blank\nG0003,blank\n" {
			t.Error(csv.body)
		}
		// Handed out, generated, replaced, switched.
		page := "/office/members/" + s.members[2].String()
		b.post(page+"/cards", "card", "G0002").want(t, http.StatusOK, "Card G0002 is handed out", "Gold")
		b.post(page+"/cards", "design_id", gold, "card", "", "kind", "card").want(t, http.StatusOK, "Card G0004 is handed out")
		b.post(page+"/cards", "card", "").want(t, http.StatusBadRequest, "member.card_required")
		b.post(page+"/cards", "card", "E55667788", "kind", "document").want(t, http.StatusOK, "Identity document")
		of := func(number string) member.Card {
			for _, c := range s.cardsOf(s.members[2]) {
				if c.Number == number {
					return c
				}
			}
			t.Fatalf("no card %s", number)
			return member.Card{}
		}
		old := of("G0002").ID.String()
		b.post(page+"/cards", "do", "block", "of", old).want(t, http.StatusOK, "Lost")
		b.post(page+"/cards", "do", "replace", "of", old, "card", "").want(t, http.StatusOK, "Card G0005 is handed out", "replaced by G0005")
		b.post(page+"/cards/switch", "of", of("G0005").ID.String(), "points", "off", "expires", "2026-12-31").want(t, http.StatusOK, "until 2026-12-31", "No points")
		if c := of("G0005"); c.Earns() || c.ExpiresAt.Time().Format("2006-01-02T15:04") != "2026-12-31T16:00" {
			t.Errorf("%+v", c)
		}
		b.post("/office/members/"+s.members[1].String()+"/cards", "do", "block", "of", of("G0004").ID.String()).want(t, http.StatusNotFound, "member.card_not_found")
		b.inEveryLanguage(t, "/office/cards", "/office/cards/"+gold, made.path, page)
		for action, n := range map[string]int{"card.designed": 1, "card.design_changed": 1, "card.batch_made": 1, "member.card_issued": 3, "member.card_replaced": 1, "member.card_changed": 1} {
			if got := s.audited(action); got != n {
				t.Errorf("%s: %d records, want %d", action, got, n)
			}
		}
		mei := s.signIn("cashier")
		mei.get("/office/cards").want(t, http.StatusForbidden)
		mei.post(page+"/cards/switch", "of", of("G0005").ID.String(), "points", "on").want(t, http.StatusForbidden)
		mei.post(page+"/cards", "design_id", gold).want(t, http.StatusOK, "Card G0006 is handed out")
	})
}

func TestPINFamilyAndConsents(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b, mei := s.signIn("owner"), s.signIn("cashier")
		page := "/office/members/" + s.members[0].String()
		b.post(page+"/pin", "pin", "1234").want(t, http.StatusBadRequest, "member.pin_weak")
		mei.post(page+"/pin", "pin", "2580").want(t, http.StatusOK, "The PIN is set")
		if got := mei.get(page); strings.Contains(got.body, "2580") || !strings.Contains(got.body, `name="current"`) {
			t.Error("a cashier is not asked for the PIN in force, or the PIN is shown")
		}
		for range 5 {
			mei.post(page+"/pin", "pin", "9630", "current", "0000").want(t, http.StatusForbidden, "member.pin_wrong")
		}
		mei.post(page+"/pin", "pin", "9630", "current", "2580").want(t, http.StatusForbidden, "member.pin_locked")
		mei.post(page+"/pin/reset").want(t, http.StatusForbidden)
		b.get(page).want(t, http.StatusOK, "Locked until")
		b.post(page+"/pin", "pin", "9630").want(t, http.StatusOK, "Set on")
		mei.post(page+"/pin", "pin", "2580", "current", "9630").want(t, http.StatusOK, "The PIN is set")
		b.post(page+"/pin/reset").want(t, http.StatusOK, "Not set")

		b.post(page+"/family", "relative", "nobody").want(t, http.StatusNotFound, "member.not_found")
		b.post(page+"/family", "relative", "13800000001").want(t, http.StatusBadRequest, "member.family_self")
		b.post(page+"/family", "relative", "欧阳").want(t, http.StatusOK, "欧阳娜娜", "Head")
		b.post("/office/members/"+s.members[2].String()+"/family", "relative", "13800000002").want(t, http.StatusOK, "Li Na") // under the head
		b.post(page+"/family", "relative", "13800000002").want(t, http.StatusConflict, "member.family_taken")
		b.post(page+"/family/leave", "member", s.members[2].String()).want(t, http.StatusOK)
		b.post(page+"/family/leave", "member", s.members[2].String()).want(t, http.StatusNotFound)

		b.post(page+"/consents", "purpose", "marketing", "granted", "true", "source", "paper").want(t, http.StatusOK, "Granted", "On paper", "Note the withdrawal")
		b.post(page+"/consents", "purpose", "marketing", "granted", "false", "source", "register").want(t, http.StatusOK, "By word", "Everything that was said")
		b.post(page+"/consents", "purpose", "her brother", "granted", "true", "source", "paper").want(t, http.StatusBadRequest, "member.consent_purpose")
		b.inEveryLanguage(t, page)
		all, err := member.ListConsents(context.Background(), s.db, s.m.ID, s.members[0])
		if err != nil || len(all) != 2 || all[0].Actor.IsNone() {
			t.Fatalf("%+v %v", all, err)
		}
	})
}

func TestAMembersDataIsHandedOutAndTheActIsAudited(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		page := "/office/members/" + s.members[0].String()
		for _, lang := range i18n.Tags() {
			b.lang = lang
			checkPage(t, lang+" data", b.post(page+"/data", "as", "page").want(t, http.StatusOK, "likes oolong", "li@example.org", "C-000001", "Cut and wash").body, lang)
		}
		b.lang = "en"
		file := b.post(page+"/data", "as", "html").want(t, http.StatusOK, "<!doctype html>", "13800000001", "likes oolong", "Ten off")
		if strings.Contains(file.body, "<script>alert") || strings.Contains(file.body, "欧阳") {
			t.Error("markup, or another person: " + file.body)
		}
		var doc struct {
			Format  string
			Profile struct{ Name, Phone string }
			Sales   []struct{ Lines []any }
			Lots    []any
		}
		raw := b.post(page+"/data", "as", "json").want(t, http.StatusOK)
		if err := json.Unmarshal([]byte(raw.body), &doc); err != nil || doc.Format == "" || doc.Profile.Phone != "13800000001" || len(doc.Sales) < 5 || len(doc.Sales[0].Lines) == 0 || len(doc.Lots) == 0 {
			t.Fatalf("%v %+v", err, doc)
		}
		if got := s.audited("member.exported"); got != 5 {
			t.Error(got)
		}
		s.signIn("cashier").post(page+"/data", "as", "json").want(t, http.StatusForbidden)
		s.signIn("finance").post(page+"/data", "as", "json").want(t, http.StatusForbidden)
		hostilePage := b.post("/office/members/"+s.members[1].String()+"/data", "as", "page").want(t, http.StatusOK)
		checkPage(t, "hostile", hostilePage.body, "en")
	})
}

// dumped is every row of every table as lower-case text.
func (s *shop) dumped() string {
	s.t.Helper()
	ctx := context.Background()
	query := `select table_name from information_schema.tables where table_schema = 'public'`
	if s.db.Dialect() == db.SQLite {
		query = `select name from sqlite_master where type = 'table'`
	}
	tables, err := db.All(ctx, s.db, func(r db.Row, n *string) error { return r.Scan(n) }, query)
	if err != nil {
		s.t.Fatal(err)
	}
	var b strings.Builder
	for _, table := range tables {
		rows, err := s.db.Rows(ctx, `select * from "`+table+`"`)
		if err != nil {
			s.t.Fatal(err)
		}
		cols, err := rows.Columns()
		if err != nil {
			s.t.Fatal(err)
		}
		for rows.Next() {
			vals := make([]any, len(cols))
			for i := range vals {
				vals[i] = new(any)
			}
			if err := rows.Scan(vals...); err != nil {
				s.t.Fatal(err)
			}
			for i := range vals {
				if v, ok := (*vals[i].(*any)).([]byte); ok {
					fmt.Fprintf(&b, "%s.%s=%s|%x\n", table, cols[i], v, v)
				} else {
					fmt.Fprintf(&b, "%s.%s=%v\n", table, cols[i], *vals[i].(*any))
				}
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			s.t.Fatal(err)
		}
	}
	return strings.ToLower(b.String())
}

// TestA35_NothingOfAPersonIsLeftAfterAWholeLifeInTheShop: enrolled, changed, sold
// to, refunded and erased through the screens; then neither the audit log nor an
// event, a print job, a key of a form or any other table says who it was, and the
// books prove as before.
func TestA35_NothingOfAPersonIsLeftAfterAWholeLifeInTheShop(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		in := url.Values{"name": {"司馬相如 Quentin Zyxw"}, "phone": {"139 8765 4321"}, "card": {"ZQ-99001"}, "birthday": {"1983-10-29"}, "sex": {"male"}, "email": {"Quentin@zyxw.example"}, "address": {"Lantern Lane 5"},
			"note": {"collects stamps"}, "document_kind": {"passport"}, "document": {"E99887766"}, "occupation": {"taxidermist"}, "shop": {""}}
		made := b.postForm("/office/members/new", in).want(t, http.StatusOK, "司馬相如")
		who, err := id.Parse(made.path[strings.LastIndexByte(made.path, '/')+1:])
		if err != nil {
			t.Fatal(err)
		}
		in.Set("note", "collects old stamps")
		b.postForm(made.path+"/edit", in).want(t, http.StatusOK, "old stamps")
		b.post(made.path+"/tier/set", "tier", "gold", "reason", "Quentin is a friend").want(t, http.StatusOK)
		b.post(made.path+"/pin", "pin", memberPIN).want(t, http.StatusOK)
		b.post(made.path+"/cards", "do", "replace", "card", "ZQ-99002", "of", s.cardsOf(who)[0].ID.String()).want(t, http.StatusOK, "ZQ-99002")
		b.post(made.path+"/consents", "purpose", "marketing", "granted", "true", "source", "paper").want(t, http.StatusOK)
		b.post(made.path+"/family", "relative", "13800000001").want(t, http.StatusOK)
		before := len(s.sales)
		s.sell(who, []checkout.LineIn{{Kind: sale.LineTopUp, Amount: 500_00}, {SKU: s.skus["oil"].ID, Quantity: 2 * money.One}}, nil)
		sold := s.sell(who, []checkout.LineIn{{SKU: s.skus["cut"].ID, Quantity: money.One, Staff: s.stylist}, {SKU: s.skus["oil"].ID, Quantity: money.One}}, nil)
		if _, err := s.desk.Refund(context.Background(), checkout.RefundIn{Merchant: s.m.ID, Sale: sold.ID, Reason: "leaks", Lines: []checkout.RefundLine{{Line: sold.Lines[1].ID, Quantity: money.One}}, Origin: sale.OriginTill}); err != nil {
			t.Fatal(err)
		}
		secrets := []string{"司馬相如", "司馬", "smxr", "quentin", "zyxw", "13987654321", "zq-99001", "zq-99002", "1983-10-29", "lantern", "stamps", "e99887766", "taxidermist", memberPIN}
		left := func() (out []string) {
			dump := s.dumped()
			for _, x := range secrets {
				if strings.Contains(dump, x) || strings.Contains(dump, hex.EncodeToString([]byte(x))) {
					at := strings.Index(dump, x)
					out = append(out, fmt.Sprintf("%s in …%.60s", x, dump[max(0, at-40):]))
				}
			}
			return out
		}
		if found := left(); len(found) < 6 { // name, initials, cards, the typed reason
			t.Fatalf("the search finds only %q before the erasure: it is broken", found)
		}
		s.tx(func(_ context.Context, tx *db.Tx) error { // a sale that books may have noted a longer time already
			tx.Queue(`update members set retain_until = $2 where id = $1`, who, member.RetainUntil(tx.Now))
			return nil
		})
		b.get(made.path).want(t, http.StatusOK, "the law wants the buyer to be known until")
		b.post(made.path+"/erase").want(t, http.StatusConflict, "member.retained")
		held, err := wallet.Get(context.Background(), s.db, s.m.ID, who)
		if err != nil || held.Principal == 0 || held.Points == 0 {
			t.Fatalf("%+v %v", held, err)
		}
		s.tx(func(_ context.Context, tx *db.Tx) error { // five years later
			tx.Queue(`update members set retain_until = null where id = $1`, who)
			return nil
		})
		b.post(made.path+"/erase").want(t, http.StatusOK, "The personal data is erased")
		if found := left(); len(found) > 0 {
			t.Errorf("left after the erasure: %q", found)
		}
		after, err := wallet.Get(context.Background(), s.db, s.m.ID, who)
		if err != nil || fmt.Sprint(after) != fmt.Sprint(held) {
			t.Errorf("the wallet moved: %+v, before %+v (%v)", after, held, err)
		}
		s.proven()
		gone := b.get(made.path).want(t, http.StatusOK, "(erased)")
		checkPage(t, "erased", gone.body, "en")
		if regexp.MustCompile(`(?i)quentin|ZQ-9900`).MatchString(gone.body) {
			t.Error(textOf(t, gone.body))
		}
		for _, x := range s.sales[before:] {
			got := b.get("/office/sales/" + x.ID.String())
			if got.status != http.StatusOK || strings.Contains(strings.ToLower(got.body), "quentin") {
				t.Errorf("a receipt shows who it was: %d", got.status)
			}
		}
	})
}
