package member

import (
	"context"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

// Find is the one search box. What is found exactly goes before all else: a
// phone number, the last four digits of one, a card or document number (of a card
// or of the profile). Only
// where nothing is, names are searched for the query as a part of the name or
// of its pinyin initials. The newest come first; an empty query lists all.
func Find(ctx context.Context, r db.Reader, v *Vault, m id.ID, query string, page db.Page) (items []Member, next string, err error) {
	query = strings.Join(strings.Fields(query), " ")
	if query == "" {
		return List(ctx, r, v, m, Filter{}, page)
	}
	ids, err := findExact(ctx, r, m, v.exactKeys(m, query))
	if err != nil {
		return nil, "", err
	}
	if len(ids) > 0 {
		return pageOfIDs(ctx, r, v, m, page, ids, "m.status <> 'erased'")
	}
	return findByName(ctx, r, v, m, query, page)
}

// exact is what a query may be equal to.
type exact struct {
	phone, tail any // blind indexes; nil where the query is no phone number, no four digits
	document    any
	numbers     []string
}

func (v *Vault) exactKeys(m id.ID, query string) exact {
	k := exact{}
	for _, kind := range []string{KindCard, KindDocument} {
		if n, err := storedNumber(v, m, query, kind); err == nil {
			k.numbers = append(k.numbers, n)
			k.document = v.documentIndex(m, query)
		}
	}
	if p, err := NormalisePhone(query); err == nil && p != "" {
		k.phone, _ = v.phoneIndexes(m, p)
	}
	if q := strings.TrimSpace(query); len(q) == 4 && strings.Trim(q, "0123456789") == "" {
		k.tail = blind(v.of(m).tail, q)
	}
	return k
}

func scanID(r db.Row, v *id.ID) error { return r.Scan(v) }

func findExact(ctx context.Context, r db.Reader, m id.ID, k exact) ([]id.ID, error) {
	if k.phone == nil && k.tail == nil && len(k.numbers) == 0 {
		return nil, nil
	}
	// Not "union": to drop what is there twice, SQLite would walk whole tables in order.
	return db.All(ctx, r, scanID, `select member_id from member_private where merchant_id = $1 and phone_index = $2
		union all select member_id from member_private where merchant_id = $1 and phone_tail = $3
		union all select member_id from member_private where merchant_id = $1 and document_index = $5
		union all select member_id from member_cards where merchant_id = $1 and number in_texts($4) and member_id is not null`, m, k.phone, k.tail, k.numbers, k.document)
}

// likeText takes the meaning from the characters that LIKE reads as patterns.
var likeText = strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`)

// rareNames is up to how many hits all are read and put in order here. Beyond
// that, walking the members from the newest meets a page of hits at once.
const rareNames = 2000

// findByName keeps a look-up among 200,000 members well under 100 ms on both
// databases. A rare name is looked for in the index of names alone (hence the
// condition that every name fulfils), whose order is not that of the page.
func findByName(ctx context.Context, r db.Reader, v *Vault, m id.ID, query string, page db.Page) ([]Member, string, error) {
	like := "%" + likeText.Replace(strings.ToLower(query)) + "%"
	ids, err := db.All(ctx, r, scanID, `select member_id from member_private
		where merchant_id = $1 and search_name > '' and search_name like $2 escape '\' limit $3`, m, like, rareNames)
	if err != nil {
		return nil, "", err
	}
	if len(ids) < rareNames {
		return pageOfIDs(ctx, r, v, m, page, ids, "m.status in ('active', 'frozen')")
	}
	rows, err := db.All(ctx, r, scanWith(v), `select `+columns+from+`
		where p.merchant_id = $1 and p.member_id < $2 and p.search_name like $3 escape '\' and m.merchant_id = $1 and m.status in ('active', 'frozen')
		order by p.member_id desc limit $4`, m, startOf(page), like, page.Size()+1)
	if err != nil {
		return nil, "", err
	}
	items, next := db.Cut(page, rows, memberID)
	return items, next, nil
}

func memberID(mb Member) id.ID { return mb.ID }

// pageOfIDs reads the page's part of these members, the newest first.
func pageOfIDs(ctx context.Context, r db.Reader, v *Vault, m id.ID, page db.Page, ids []id.ID, condition string) ([]Member, string, error) {
	newest := func(a, b id.ID) int { return slices.Compare(b[:], a[:]) }
	slices.SortFunc(ids, newest)
	ids = slices.DeleteFunc(slices.Compact(ids), func(u id.ID) bool { return !u.Less(startOf(page)) })
	var found []Member
	for len(ids) > 0 && len(found) <= page.Size() {
		n := min(len(ids), page.Size()+1)
		rows, err := db.All(ctx, r, scanWith(v), `select `+columns+from+` where m.merchant_id = $1 and m.id in_ids($2) and `+condition, m, ids[:n])
		if err != nil {
			return nil, "", err
		}
		slices.SortFunc(rows, func(a, b Member) int { return newest(a.ID, b.ID) })
		found, ids = append(found, rows...), ids[n:]
	}
	items, next := db.Cut(page, found, memberID)
	return items, next, nil
}
