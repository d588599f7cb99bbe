package member_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

func names(items []member.Member) (out []string) {
	for _, m := range items {
		out = append(out, m.DisplayName)
	}
	return
}

func TestOneSearchBox(t *testing.T) {
	each(t, func(h *house) {
		h.mustCreate(member.In{Name: "王小明", Phone: "13800138000", Card: "0000123"})
		h.mustCreate(member.In{Name: "張婷", Phone: "13911118000", Card: "33010619900517001x", CardKind: member.KindDocument})
		h.mustCreate(member.In{Name: "单小波", Phone: "+886912345678"})
		h.mustCreate(member.In{Name: "Anna 100% O'Neil_"})
		frozen := h.mustCreate(member.In{Name: "王五 8000"})
		h.must(func(ctx context.Context, tx *db.Tx) error {
			_, err := member.SetStatus(ctx, tx, h.v, h.m, frozen.ID, member.Frozen, 0)
			return err
		})
		for q, want := range map[string]string{
			"138 0013 8000":      "[王小明]",
			"+8613800138000":     "[王小明]",
			"8000":               "[張婷 王小明]", // tails go before names
			"5678":               "[单小波]",
			"0000123":            "[王小明]",
			"33010619900517001X": "[張婷]",
			"王":                  "[王五 8000 王小明]",
			"小":                  "[单小波 王小明]",
			"WXM":                "[王小明]",
			"zt":                 "[張婷]",
			"sxb":                "[单小波]",
			"anna  100%":         "[Anna 100% O'Neil_]",
			"neil_":              "[Anna 100% O'Neil_]",
			"a_n":                "[]",
			`\`:                  "[]",
			"nobody":             "[]",
			"  ":                 "[王五 8000 Anna 100% O'Neil_ 单小波 張婷 王小明]",
		} {
			got, _, err := member.Find(ctx, h.d, h.v, h.m, q, db.Page{})
			if err != nil || fmt.Sprint(names(got)) != want {
				h.t.Errorf("%q: %v, want %s (%v)", q, names(got), want, err)
			}
		}
		other := fake(2)
		h.merchant(other)
		got, _, err := member.Find(ctx, h.d, h.v, other, "8000", db.Page{})
		if err != nil || len(got) != 0 {
			h.t.Fatalf("another merchant's members: %v %v", names(got), err)
		}
	})
}

func TestListsArePagedWithoutGapsOrRepeats(t *testing.T) {
	each(t, func(h *house) {
		h.must(func(ctx context.Context, tx *db.Tx) error {
			for i := range 125 {
				in := member.In{Merchant: h.m, Name: fmt.Sprintf("Member %03d", i), Phone: fmt.Sprintf("139%04d%04d", i, i)}
				if i >= 5 {
					in.Phone = fmt.Sprintf("139%04d0007", i)
				}
				if i%5 == 0 {
					in.Birthday = "--03-01"
				}
				if _, err := member.QueueCreate(tx, h.v, in); err != nil {
					return err
				}
			}
			return nil
		})
		walk := func(read func(p db.Page) ([]member.Member, string, error)) []string {
			seen, out, p := map[id.ID]bool{}, []string(nil), db.Page{Limit: 50}
			for {
				items, next, err := read(p)
				if err != nil {
					h.t.Fatal(err)
				}
				for _, m := range items {
					if seen[m.ID] {
						h.t.Fatalf("%s twice", m.DisplayName)
					}
					seen[m.ID] = true
				}
				out = append(out, names(items)...)
				if next == "" {
					return out
				}
				if p.After, err = db.ParseCursor(next); err != nil {
					h.t.Fatal(err)
				}
			}
		}
		all := walk(func(p db.Page) ([]member.Member, string, error) {
			return member.List(ctx, h.d, h.v, h.m, member.Filter{}, p)
		})
		if len(all) != 125 || all[0] != "Member 124" || all[124] != "Member 000" {
			h.t.Fatal(len(all), all)
		}
		if n := len(walk(func(p db.Page) ([]member.Member, string, error) {
			return member.List(ctx, h.d, nil, h.m, member.Filter{BirthMonth: 3}, p)
		})); n != 25 {
			h.t.Fatal(n)
		}
		if n := len(walk(func(p db.Page) ([]member.Member, string, error) {
			return member.Find(ctx, h.d, h.v, h.m, "0007", p)
		})); n != 120 {
			h.t.Fatal("tails:", n)
		}
		// Past the last exact hit there are no names to follow.
		items, _, err := member.Find(ctx, h.d, h.v, h.m, "0007", db.Page{After: firstOf(h, "Member 005")})
		if err != nil || len(items) != 0 {
			h.t.Fatal(names(items), err)
		}
		if n := len(walk(func(p db.Page) ([]member.Member, string, error) {
			return member.Find(ctx, h.d, h.v, h.m, "member 1", p)
		})); n != 25 {
			h.t.Fatal("names:", n)
		}
	})
}

func firstOf(h *house, name string) id.ID {
	h.t.Helper()
	items, _, err := member.Find(ctx, h.d, h.v, h.m, name, db.Page{})
	if err != nil || len(items) != 1 {
		h.t.Fatal(names(items), err)
	}
	return items[0].ID
}

func TestCardsLiveAndDie(t *testing.T) {
	each(t, func(h *house) {
		mb := h.mustCreate(member.In{Name: "Ann", Phone: "13800138000", Card: "C1"})
		do := func(f func(ctx context.Context, tx *db.Tx) error) error { return h.d.InTx(ctx, f) }
		byCard := func(n string) error {
			got, err := member.FindByCard(ctx, h.d, h.v, h.m, n)
			if err == nil && got.ID != mb.ID {
				return errors.New("another member")
			}
			return err
		}
		if err := errors.Join(byCard(" C1 "), byCard("138-0013-8000")); err != nil {
			h.t.Fatal(err)
		}
		h.wantErr(byCard("C2"), member.ErrCardNotFound)
		h.wantErr(do(func(ctx context.Context, tx *db.Tx) error { return member.BlockCard(ctx, tx, h.m, "C2") }), member.ErrCardNotFound)
		h.must(func(ctx context.Context, tx *db.Tx) error { return member.BlockCard(ctx, tx, h.m, "C1") })
		h.wantErr(byCard("C1"), member.ErrCardBlocked)
		h.must(func(ctx context.Context, tx *db.Tx) error { return member.UnblockCard(ctx, tx, h.m, "C1") })
		if err := byCard("C1"); err != nil {
			h.t.Fatal(err)
		}
		h.must(func(ctx context.Context, tx *db.Tx) error {
			_, err := member.ReplaceCard(ctx, tx, h.v, h.m, "C1", "C2")
			return err
		})
		h.wantErr(byCard("C1"), member.ErrCardBlocked)
		if err := byCard("C2"); err != nil {
			h.t.Fatal(err)
		}
		h.wantErr(do(func(ctx context.Context, tx *db.Tx) error { return member.UnblockCard(ctx, tx, h.m, "C1") }), member.ErrCardNotFound)
		h.wantErr(do(func(ctx context.Context, tx *db.Tx) error {
			return member.IssueCard(ctx, tx, h.v, h.m, mb.ID, "C1", member.KindVirtual)
		}), member.ErrCardTaken)
		h.wantErr(do(func(ctx context.Context, tx *db.Tx) error {
			return member.IssueCard(ctx, tx, h.v, h.m, fake(7), "C9", "")
		}), member.ErrNotFound)
		h.must(func(ctx context.Context, tx *db.Tx) error {
			return member.IssueCard(ctx, tx, h.v, h.m, mb.ID, "E1234567", member.KindDocument)
		})
		if err := byCard("e1234567"); err != nil {
			h.t.Fatal(err)
		}
		cards, err := member.ListCards(ctx, h.d, h.m, mb.ID)
		if err != nil || len(cards) != 3 {
			h.t.Fatalf("%+v %v", cards, err)
		}
	})
}

// A name that thousands bear is walked from the newest, one that few bear is
// looked up; both give the same pages.
func TestAFrequentNameIsPagedLikeARareOne(t *testing.T) {
	each(t, func(h *house) {
		const n = 2100
		h.must(func(ctx context.Context, tx *db.Tx) error {
			for i := range n {
				in := member.In{Merchant: h.m, Name: fmt.Sprintf("王 %d", i)}
				if i%700 == 0 {
					in.Name = fmt.Sprintf("李 %d", i)
				}
				if _, err := member.QueueCreate(tx, h.v, in); err != nil {
					return err
				}
			}
			return nil
		})
		count, p, last := 0, db.Page{Limit: 200}, ""
		for {
			items, next, err := member.Find(ctx, h.d, h.v, h.m, "王", p)
			if err != nil {
				h.t.Fatal(err)
			}
			count, last = count+len(items), items[len(items)-1].DisplayName
			if next == "" {
				break
			}
			if p.After, err = db.ParseCursor(next); err != nil {
				h.t.Fatal(err)
			}
		}
		if count != n-3 || last != "王 1" {
			h.t.Fatal(count, last)
		}
		rare, next, err := member.Find(ctx, h.d, h.v, h.m, "李", db.Page{Limit: 2})
		if err != nil || fmt.Sprint(names(rare)) != "[李 1400 李 700]" || next == "" {
			h.t.Fatal(names(rare), next, err)
		}
	})
}
