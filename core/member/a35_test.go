package member_test

import (
	"context"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/member"
)

// traces finds what is left of a person in a dump of all tables: each secret as it
// is, without its spaces, and as the bytes of a blob. A dump is lower case.
func traces(dump string, secrets []string) (left []string) {
	for _, s := range secrets {
		s = strings.ToLower(s)
		for _, form := range []string{s, strings.ReplaceAll(s, " ", ""), hex.EncodeToString([]byte(s))} {
			if strings.Contains(dump, form) {
				left = append(left, form)
			}
		}
	}
	return left
}

// booked are the sums of everything that was booked, by table and column.
func booked(h *house) map[string]int64 {
	h.t.Helper()
	out := map[string]int64{}
	for table, columns := range map[string][]string{
		"accounts": {"balance", "held"}, "lots": {"amount", "remaining", "paid"}, "entries": {}, "postings": {"amount"}, "sales": {"subtotal", "total", "paid", "points_earned", "number"},
		"sale_lines": {"gross", "net", "tax"}, "sale_tenders": {"amount"}, "member_day": {"spend", "visits", "points"}, "coupons": {"used"}, "members": {}, "member_consents": {}, "tier_history": {}, "member_cards": {},
	} {
		for _, c := range append([]string{"1"}, columns...) {
			n, err := db.Value[int64](ctx, h.d, `select cast(coalesce(sum(`+c+`), 0) as bigint) from `+table)
			if err != nil {
				h.t.Fatal(table, c, err)
			}
			out[table+"."+c] = n
		}
	}
	return out
}

// book gives the member an account with a lot, a sale and a coupon.
func (h *house) book(mb member.Member) {
	h.must(func(_ context.Context, tx *db.Tx) error {
		account, lot, entry, sold, register, def := tx.NewID(), tx.NewID(), tx.NewID(), tx.NewID(), tx.NewID(), tx.NewID()
		tx.Queue(`insert into shops (merchant_id, id, name, time_zone, cut_off) values ($1, $2, 's', 'UTC', 0)`, h.m, fake(4))
		tx.Queue(`insert into registers (merchant_id, id, shop_id, name, series) values ($1, $2, $3, 'r', 'A1')`, h.m, register, fake(4))
		tx.Queue(`insert into accounts (merchant_id, id, owner_kind, owner_id, unit, class, balance, created_at) values ($1, $2, 'member', $3, 'CNY', 'principal', 50000, 1)`, h.m, account, mb.ID)
		tx.Queue(`insert into lots (merchant_id, id, account_id, seq, amount, remaining, group_id, paid, policy, origin_shop_id, origin_sale_id, created_at, available_at) values ($1, $2, $3, 1, 50000, 50000, $2, 50000, '', $4, $5, 1, 1)`,
			h.m, lot, account, fake(4), sold)
		tx.Queue(`insert into entries (merchant_id, id, at, business_date, shop_id, kind, sale_id, hash) values ($1, $2, 1, '2026-05-10', $3, 'sale', $4, $5)`, h.m, entry, fake(4), sold, []byte("hash"))
		tx.Queue(`insert into postings (merchant_id, entry_id, no, account_id, unit, amount, lot_id) values ($1, $2, 1, $3, 'CNY', 50000, $4)`, h.m, entry, account, lot)
		tx.Queue(`insert into sales (merchant_id, id, kind, state, shop_id, register_id, series, number, member_id, currency, subtotal, discount, tax, total, paid, change_given, points_earned, commission, business_date, occurred_at, recorded_at, origin)
			values ($1, $2, 'sale', 'completed', $3, $4, 'A1', 1, $5, 'CNY', 50000, 0, 0, 50000, 50000, 0, 500, 0, '2026-05-10', 1, 1, 'till')`, h.m, sold, fake(4), register, mb.ID)
		tx.Queue(`insert into sale_lines (merchant_id, sale_id, id, no, kind, name, quantity, unit_price, gross, net) values ($1, $2, $2, 1, 'top_up', '', 1000, 50000, 50000, 50000)`, h.m, sold)
		tx.Queue(`insert into sale_tenders (merchant_id, sale_id, no, type, amount, tendered, state) values ($1, $2, 1, 'cash', 50000, 50000, 'done')`, h.m, sold)
		tx.Queue(`insert into coupon_definitions (merchant_id, id, name, kind, created_at) values ($1, $2, 'ten', 'percent', 1)`, h.m, def)
		tx.Queue(`insert into coupons (merchant_id, id, definition_id, code, member_id, state, uses, used, valid_from, issued_at) values ($1, $2, $3, 'AB12', $4, 'active', 2, 1, 1, 1)`, h.m, tx.NewID(), def, mb.ID)
		member.QueueDay(tx, h.m, mb.ID, "2026-05-10", fake(4), 50000, 1, 500)
		return nil
	})
}

func TestA35_EraseLeavesNoPersonalFieldInAnyTableAndEverySum(t *testing.T) {
	each(t, func(h *house) {
		h.c.Set(start)
		defer h.c.Set(start)
		in := member.In{Name: "歐陽娜娜 Zoë Quirk", Phone: "137 1234 5678", Birthday: "1991-11-23", Sex: member.Female, Address: "Beishan Road 7, 杭州", Note: "allergic to nuts", Email: "Zoe@example.org",
			DocumentKind: member.DocumentIDCard, Document: "33010619911123002x", Occupation: "glassblower", Tier: "gold"}
		mb := h.mustCreate(in)
		friend := h.mustCreate(member.In{Name: "Kept Person", Phone: "13600000001"})
		h.book(mb)
		gold := h.design(member.Design{Name: "Gold", Prefix: "VIP", Digits: 5, Next: 88771, Points: true})
		if _, err := h.tryBlanks(gold.ID, 2); err != nil {
			t.Fatal(err)
		}
		h.mustHandOut(mb.ID, member.Issue{Number: "VIP88771"}) // of a batch
		if _, err := h.replace("VIP88771", "VIP88772"); err != nil {
			t.Fatal(err)
		}
		h.mustHandOut(mb.ID, member.Issue{Number: "e55667788", Kind: member.KindDocument})
		if err := h.setPIN(mb.ID, "25803691"); err != nil {
			t.Fatal(err)
		}
		if err := h.join(mb.ID, friend.ID); err != nil {
			t.Fatal(err)
		}
		h.must(func(ctx context.Context, tx *db.Tx) error {
			if _, err := member.RecordConsent(ctx, tx, h.m, mb.ID, member.PurposeMarketing, true, member.SourcePaper); err != nil {
				return err
			}
			member.QueueTier(tx, h.m, mb.ID, "gold", "silver", fake(0), "", "Zoë Quirk asked for it")
			member.QueueRetain(tx, h.m, mb.ID, member.RetainUntil(tx.Now))
			member.QueueRetain(tx, h.m, mb.ID, tx.Now) // an earlier one changes nothing
			return nil
		})
		kept, err := db.All(ctx, h.d, func(r db.Row, s *[5]string) error { return r.Scan(&s[0], &s[1], &s[2], &s[3], &s[4]) }, `select p.phone_index, p.phone_tail, p.document_index, c.number, n.hash
			from member_private p join member_cards c on c.member_id = p.member_id and c.kind = 'document' join member_pins n on n.member_id = p.member_id where p.member_id = $1`, mb.ID)
		if err != nil || len(kept) != 1 {
			t.Fatal(kept, err)
		}
		sealed := []string{in.Phone, "13712345678", "1991-11-23", "Beishan", "杭州", "allergic", in.Email, in.Document, "glassblower", "e55667788", "25803691"}
		plain := append([]string{"歐陽娜娜", "Zoë", "quirk", "oynn", "VIP88771", "VIP88772"}, kept[0][:]...)
		before, _ := dump(h)
		if left := traces(before, sealed); len(left) > 0 {
			t.Errorf("stored in plain while the member is enrolled: %q", left)
		}
		for _, s := range plain { // the search would find them
			if len(traces(before, []string{s})) == 0 {
				t.Errorf("%q is not in the dump: the test looks for the wrong thing", s)
			}
		}
		sums := booked(h)
		erase := func() error {
			return h.try(func(ctx context.Context, tx *db.Tx) error { return member.Erase(ctx, tx, h.m, mb.ID) })
		}
		err = erase()
		h.wantErr(err, member.ErrRetained)
		if got := fault.Of(err).Args["date"]; got != "2031-05-10" {
			t.Fatal(got)
		}
		if got, err := member.Get(ctx, h.d, h.v, h.m, mb.ID); err != nil || got.Private.Document != "33010619911123002X" || got.RetainUntil != member.RetainUntil(clock.Of(start)) {
			t.Fatalf("%+v %v", got, err)
		}
		h.c.Set(start.AddDate(5, 0, 0).Add(-time.Second))
		h.wantErr(erase(), member.ErrRetained)
		h.c.Set(start.AddDate(5, 0, 0))
		if err := erase(); err != nil {
			t.Fatal(err)
		}
		after, tables := dump(h)
		if left := traces(after, slices.Concat(sealed, plain)); len(left) > 0 {
			t.Errorf("left after the erasure: %q", left)
		}
		if tables < 40 || !strings.Contains(after, "kept person") || !strings.Contains(after, mb.ID.String()) {
			t.Errorf("the dump of %d tables is none, or another member is gone", tables)
		}
		if now := booked(h); !maps.Equal(now, sums) {
			t.Errorf("sums moved:\n%v\n%v", sums, now)
		}
		if got := h.family(friend.ID); got != "[]" {
			t.Error("the family goes on without its head: ", got)
		}
		if all, err := member.ListConsents(ctx, h.d, h.m, mb.ID); err != nil || len(all) != 1 {
			t.Error(all, err)
		}
		if again, err := h.create(member.In{Name: "Another", Phone: in.Phone, DocumentKind: in.DocumentKind, Document: in.Document}); err != nil || again.ID == mb.ID {
			t.Error("the number and the document are not free: ", err)
		}
		for _, err := range []error{h.setPIN(mb.ID, "2580"), h.join(friend.ID, mb.ID)} {
			h.wantErr(err, member.ErrErased)
		}
		_, err = h.handOut(mb.ID, member.Issue{Number: "X1"})
		h.wantErr(err, member.ErrErased)
	})
}

// Who never bought anything prepaid may go at once.
func TestEraseWithoutAPrepaidPurchaseIsFree(t *testing.T) {
	each(t, func(h *house) {
		mb := h.mustCreate(member.In{Name: "Ann"})
		h.must(func(ctx context.Context, tx *db.Tx) error { return member.Erase(ctx, tx, h.m, mb.ID) })
		if d, _ := dump(h); strings.Contains(d, "=ann") {
			t.Fatalf("%.200s", d)
		}
	})
}
