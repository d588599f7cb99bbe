package member_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/member"
)

// dump writes every row of every table as text, and the count of tables.
func dump(h *house) (string, int) {
	h.t.Helper()
	query := `select table_name from information_schema.tables where table_schema = 'public'`
	if h.d.Dialect() == db.SQLite {
		query = `select name from sqlite_master where type = 'table'`
	}
	tables, err := db.All(ctx, h.d, func(r db.Row, s *string) error { return r.Scan(s) }, query)
	if err != nil {
		h.t.Fatal(err)
	}
	var b bytes.Buffer
	for _, table := range tables {
		rows, err := h.d.Rows(ctx, `select * from "`+table+`"`)
		if err != nil {
			h.t.Fatal(err)
		}
		cols, _ := rows.Columns()
		for rows.Next() {
			vals := make([]any, len(cols))
			for i := range vals {
				vals[i] = new(any)
			}
			if err := rows.Scan(vals...); err != nil {
				h.t.Fatal(err)
			}
			for i := range vals {
				switch v := (*vals[i].(*any)).(type) {
				case []byte:
					fmt.Fprintf(&b, "%s.%s=%s|%x\n", table, cols[i], v, v)
				default:
					fmt.Fprintf(&b, "%s.%s=%v\n", table, cols[i], v)
				}
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			h.t.Fatal(err)
		}
	}
	return strings.ToLower(b.String()), len(tables)
}

func TestPersonalDataIsSealedAndEraseLeavesNone(t *testing.T) {
	each(t, func(h *house) {
		in := member.In{Name: "欧阳娜娜 Zoë", Phone: "13712345678", Birthday: "1991-11-23", Sex: member.Female, Address: "Beishan Road 7", Note: "allergic to nuts",
			Email: "zoe@example.org", Card: "VIP-7788", Shop: fake(4), Tier: "gold"}
		mb := h.mustCreate(in)
		kept := h.mustCreate(member.In{Name: "Kept Person", Phone: "13600000001"})
		h.must(func(ctx context.Context, tx *db.Tx) error {
			member.QueueDay(tx, h.m, mb.ID, "2026-05-10", in.Shop, 1000, 1, 10)
			if err := member.IssueCard(ctx, tx, h.v, h.m, mb.ID, "330106199111230021", member.KindDocument); err != nil {
				return err
			}
			_, err := member.Update(ctx, tx, h.v, h.m, mb.ID, member.Patch{Note: ptr("allergic to nuts"), Version: 1})
			return err
		})
		// In use: only the display name, its search form and the card are in plain.
		before, n := dump(h)
		if n < 40 || !strings.Contains(before, "欧阳娜娜 zoë oynn") || !strings.Contains(before, "vip-7788") {
			h.t.Fatalf("the dump is not one: %d tables", n)
		}
		for _, secret := range []string{in.Phone, "=5678\n", "1991-11-23", "female", "beishan", "allergic", "example.org", "330106199111230021"} {
			if strings.Contains(before, secret) || strings.Contains(before, hex.EncodeToString([]byte(secret))) {
				h.t.Errorf("%q is stored in plain", secret)
			}
		}
		indexes, err := db.All(ctx, h.d, func(r db.Row, v *[4]string) error { return r.Scan(&v[0], &v[1], &v[2], &v[3]) },
			`select phone_index, phone_tail, (select number from member_cards where member_id = $1 and kind = 'document'), 'x' from member_private where member_id = $1`, mb.ID)
		if err != nil || len(indexes) != 1 || len(indexes[0][0]) != 32 || len(indexes[0][1]) != 32 {
			h.t.Fatalf("%v %v", indexes, err)
		}

		h.must(func(ctx context.Context, tx *db.Tx) error { return member.Erase(ctx, tx, h.m, mb.ID) })
		h.must(func(ctx context.Context, tx *db.Tx) error { return member.Erase(ctx, tx, h.m, mb.ID) })
		after, _ := dump(h)
		for _, gone := range []string{"欧阳", "zoë", "oynn", "vip-7788", indexes[0][0], indexes[0][1], indexes[0][2]} {
			if strings.Contains(after, gone) || strings.Contains(after, hex.EncodeToString([]byte(gone))) {
				h.t.Errorf("%q is left after the erasure", gone)
			}
		}
		if !strings.Contains(after, mb.ID.String()) || !strings.Contains(after, "kept person") {
			h.t.Error("the member's row, or another member, is gone")
		}
		got, err := member.Get(ctx, h.d, h.v, h.m, mb.ID)
		if err != nil || got.Status != member.Erased || got.DisplayName != "" || got.Private != (member.Private{}) || got.BirthMonth != 0 || got.Tier != "gold" {
			h.t.Fatalf("%+v %v", got, err)
		}
		for _, q := range []string{in.Phone, "5678", "VIP-7788", "欧阳"} {
			if found, _, err := member.Find(ctx, h.d, h.v, h.m, q, db.Page{}); err != nil || len(found) != 0 {
				h.t.Errorf("%q finds %v (%v)", q, names(found), err)
			}
		}
		err = h.d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := member.Update(ctx, tx, h.v, h.m, mb.ID, member.Patch{Name: ptr("Back")})
			return err
		})
		h.wantErr(err, member.ErrErased)
		h.wantErr(h.d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return member.Erase(ctx, tx, h.m, fake(9)) }), member.ErrNotFound)
		// The number may enrol anew, as somebody of whom nothing is known.
		h.mustCreate(member.In{Name: "New", Phone: in.Phone, Card: in.Card})
		if k, err := member.Get(ctx, h.d, h.v, h.m, kept.ID); err != nil || k.Private.Phone != "13600000001" {
			h.t.Fatalf("%+v %v", k, err)
		}
	})
}
