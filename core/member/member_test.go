package member_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

var (
	ctx   = context.Background()
	start = time.Date(2026, 5, 10, 9, 0, 0, 0, time.UTC)
)

// house is a database with a merchant.
type house struct {
	t *testing.T
	d *db.DB
	v *member.Vault
	m id.ID
	c *clock.Manual
}

func each(t *testing.T, f func(h *house)) {
	c := clock.NewManual(start)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		v, err := member.NewVault([]byte("0123456789abcdef0123456789abcdef"))
		if err != nil {
			t.Fatal(err)
		}
		h := &house{t, d, v, fake(1), c}
		h.merchant(h.m)
		f(h)
	}, dbtest.WithClock(c))
}

func (h *house) merchant(m id.ID) {
	h.t.Helper()
	h.must(func(ctx context.Context, tx *db.Tx) error {
		tx.Queue(`insert into merchants (merchant_id, handle, name, edition, currency, locale, created_at) values ($1, $2, 'x', 'x', 'CNY', 'en', 0)`, m, m.String())
		return nil
	})
}

func (h *house) must(f func(context.Context, *db.Tx) error) {
	h.t.Helper()
	if err := h.d.InTx(ctx, f); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) create(in member.In) (mb member.Member, err error) {
	if in.Merchant.IsNone() {
		in.Merchant = h.m
	}
	err = h.d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		var err error
		mb, err = member.Create(ctx, tx, h.v, in)
		return err
	})
	return mb, err
}

func (h *house) mustCreate(in member.In) member.Member {
	h.t.Helper()
	mb, err := h.create(in)
	if err != nil {
		h.t.Fatal(err)
	}
	return mb
}

func (h *house) wantErr(err error, want error) {
	h.t.Helper()
	if !errors.Is(err, want) {
		h.t.Fatalf("want %v, got %v", want, err)
	}
}

func ptr[T any](v T) *T { return &v }

func TestCreateKeepsAndValidates(t *testing.T) {
	each(t, func(h *house) {
		shop := fake(5)
		mb := h.mustCreate(member.In{Name: "  王 小明 ", Phone: "+86 138-0013-8000", Birthday: "1990-05-17", Sex: member.Male, Address: "西湖区", Note: "n", Email: "a@b.cn", Card: "VIP001", Shop: shop, Tier: "gold"})
		got, err := member.Get(ctx, h.d, h.v, h.m, mb.ID)
		if err != nil {
			h.t.Fatal(err)
		}
		want := member.Private{Name: "王 小明", Phone: "13800138000", Birthday: "1990-05-17", Sex: "male", Address: "西湖区", Note: "n", Email: "a@b.cn"}
		if got.Private != want || got.DisplayName != "王 小明" || got.BirthMonth != 5 || got.Tier != "gold" || got.TierSince != clock.Of(start) || got.HomeShop != shop || got.Status != member.Active || got.Version != 1 {
			h.t.Fatalf("%+v", got)
		}
		if got != mb {
			h.t.Fatalf("what Create answers is not what is stored:\n%+v\n%+v", mb, got)
		}
		if s := got.Private.MaskedPhone(); s != "138****8000" {
			h.t.Fatal(s)
		}
		hist, _, err := member.ListTierHistory(ctx, h.d, h.m, mb.ID, db.Page{})
		if err != nil || len(hist) != 1 || hist[0].To != "gold" || hist[0].Reason != member.ReasonJoined {
			h.t.Fatalf("%+v %v", hist, err)
		}
		for _, c := range []struct {
			in   member.In
			want error
		}{
			{member.In{Name: "  "}, member.ErrNameRequired},
			{member.In{Name: string(make([]byte, 3))}, member.ErrNameRequired},
			{member.In{Name: strings.Repeat("李", 81)}, member.ErrNameTooLong},
			{member.In{Name: "a", Phone: "12a45"}, member.ErrPhone},
			{member.In{Name: "a", Phone: "1234"}, member.ErrPhone},
			{member.In{Name: "a", Phone: "123456789012345678901"}, member.ErrPhone},
			{member.In{Name: "a", Birthday: "1990-02-30"}, member.ErrBirthday},
			{member.In{Name: "a", Birthday: "05-17"}, member.ErrBirthday},
			{member.In{Name: "a", Sex: "m"}, member.ErrSex},
			{member.In{Name: "a", Email: "x"}, member.ErrEmail},
			{member.In{Name: "a", Address: strings.Repeat("x", 301)}, member.ErrTextTooLong},
			{member.In{Name: "a", Card: "has space"}, member.ErrCard},
			{member.In{Name: "a", Card: "erased:1"}, member.ErrCard},
			{member.In{Name: "a", Card: "1", CardKind: "stone"}, member.ErrCardKind},
			{member.In{Name: "a", Phone: "0086 13800138000"}, member.ErrPhoneTaken},
			{member.In{Name: "a", Card: "VIP001"}, member.ErrCardTaken},
		} {
			_, err := h.create(c.in)
			h.wantErr(err, c.want)
		}
		// Another merchant may have the same person.
		other := fake(2)
		h.merchant(other)
		h.mustCreate(member.In{Merchant: other, Name: "王小明", Phone: "13800138000", Card: "VIP001"})
		if _, err := member.Get(ctx, h.d, h.v, other, mb.ID); !errors.Is(err, member.ErrNotFound) {
			h.t.Fatalf("a member shows at another merchant: %v", err)
		}
	})
}

func TestUpdateIsAPatchWithAVersion(t *testing.T) {
	each(t, func(h *house) {
		mb := h.mustCreate(member.In{Name: "Ann", Phone: "13800138000", Birthday: "--02-29"})
		h.mustCreate(member.In{Name: "Ben", Phone: "13900139000"})
		update := func(p member.Patch) (out member.Member, err error) {
			err = h.d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
				var err error
				out, err = member.Update(ctx, tx, h.v, h.m, mb.ID, p)
				return err
			})
			return out, err
		}
		got, err := update(member.Patch{Version: 1, Name: ptr("Anna"), Birthday: ptr("")})
		if err != nil || got.Version != 2 || got.Private.Phone != "13800138000" || got.BirthMonth != 0 {
			h.t.Fatalf("%+v %v", got, err)
		}
		stored, err := member.Get(ctx, h.d, h.v, h.m, mb.ID)
		if err != nil || stored != got {
			h.t.Fatalf("%+v %v", stored, err)
		}
		_, err = update(member.Patch{Version: 1, Name: ptr("Late")})
		h.wantErr(err, member.ErrStale)
		_, err = update(member.Patch{Version: 2, Phone: ptr("13900139000")})
		h.wantErr(err, member.ErrPhoneTaken)
		_, err = update(member.Patch{Version: 2, Name: ptr("")})
		h.wantErr(err, member.ErrNameRequired)
		if _, err = update(member.Patch{Version: 2, Phone: ptr("")}); err != nil {
			h.t.Fatal(err)
		}
		h.mustCreate(member.In{Name: "Cid", Phone: "13800138000"}) // the number is free again
		found, _, err := member.Find(ctx, h.d, h.v, h.m, "anna", db.Page{})
		if err != nil || len(found) != 1 || found[0].ID != mb.ID {
			h.t.Fatalf("%+v %v", found, err)
		}
	})
}

func TestStatusAndProfile(t *testing.T) {
	each(t, func(h *house) {
		mb := h.mustCreate(member.In{Name: "Ann", Birthday: "--02-29"})
		set := func(to member.Status, version int64) error {
			return h.d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
				_, err := member.SetStatus(ctx, tx, h.v, h.m, mb.ID, to, version)
				return err
			})
		}
		if err := set(member.Frozen, 1); err != nil {
			h.t.Fatal(err)
		}
		h.wantErr(set(member.Active, 1), member.ErrStale)
		h.wantErr(set(member.Erased, 2), member.ErrStatus)
		var p, none member.Profile
		err := h.d.Batch(ctx, member.AskProfile(h.m, mb.ID, &p), member.AskProfile(h.m, fake(9), &none))
		if err != nil || p.ID != mb.ID || p.Status != member.Frozen || p.BirthMonth != 2 || p.DisplayName != "Ann" || !none.ID.IsNone() {
			h.t.Fatalf("%+v %+v %v", p, none, err)
		}
		month, day, err := p.Birthday(h.v)
		if err != nil || month != 2 || day != 29 {
			h.t.Fatal(month, day, err)
		}
		if month, day, err = none.Birthday(h.v); err != nil || month != 0 || day != 0 {
			h.t.Fatal(month, day, err)
		}
		other, _ := member.NewVault([]byte("another-master-key-of-32-bytes!!"))
		if _, _, err = p.Birthday(other); !errors.Is(err, member.ErrSealed) {
			h.t.Fatalf("another master key opens it: %v", err)
		}
		if err := set(member.Archived, 2); err != nil {
			h.t.Fatal(err)
		}
		items, _, err := member.List(ctx, h.d, h.v, h.m, member.Filter{}, db.Page{})
		if err != nil || len(items) != 0 {
			h.t.Fatalf("%+v %v", items, err)
		}
	})
}

func TestASealedRowDoesNotOpenForAnotherMember(t *testing.T) {
	each(t, func(h *house) {
		a := h.mustCreate(member.In{Name: "Ann", Phone: "13800138000"})
		b := h.mustCreate(member.In{Name: "Ben"})
		h.must(func(ctx context.Context, tx *db.Tx) error {
			tx.Queue(`update member_private set wrapped_key = (select x.wrapped_key from member_private x where x.member_id = $1), sealed = (select x.sealed from member_private x where x.member_id = $1) where member_id = $2`, a.ID, b.ID)
			return nil
		})
		_, err := member.Get(ctx, h.d, h.v, h.m, b.ID)
		h.wantErr(err, member.ErrSealed)
	})
}

func TestBirthdayWithin(t *testing.T) {
	for _, c := range []struct {
		month, day int
		today      clock.Date
		days       int
		want       bool
	}{
		{5, 17, "2026-05-17", 0, true},
		{5, 17, "2026-05-16", 0, false},
		{5, 17, "2026-05-10", 7, true},
		{5, 17, "2026-05-18", 7, false},
		{1, 3, "2026-12-30", 7, true},
		{2, 29, "2027-02-28", 0, true},
		{2, 29, "2028-02-28", 0, false},
		{2, 29, "2028-02-29", 0, true},
		{0, 0, "2026-05-17", 366, false},
	} {
		if got := member.BirthdayWithin(c.month, c.day, c.today, c.days); got != c.want {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

func TestNormalisePhone(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "138 0013 8000": "13800138000", "＋８６ １３８００１３８０００": "13800138000", "0086-13800138000": "13800138000",
		"+86 571 8888 6666": "+8657188886666", "+886 912 345 678": "+886912345678", "(0571) 8888-6666": "057188886666", "00886912345678": "+886912345678", "10086": "10086",
	} {
		if got, err := member.NormalisePhone(in); err != nil || got != want {
			t.Errorf("%q: %q %v", in, got, err)
		}
	}
	for _, in := range []string{"+", "++8613800138000", "138+00138000", "12345x", "()"} {
		if got, err := member.NormalisePhone(in); err == nil && got != "" {
			t.Errorf("%q is accepted as %q", in, got)
		}
	}
}

// fake is an id in the order of n. The generator's own ids would begin anew at
// its instant and so spoil the order of those that the database's clock gives.
func fake(n int) id.ID { return id.ID{13: 0xfa, 14: byte(n >> 8), 15: byte(n)} }
