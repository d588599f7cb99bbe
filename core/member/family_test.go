package member_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

func (h *house) join(head, m id.ID) error {
	return h.try(func(ctx context.Context, tx *db.Tx) error { return member.JoinFamily(ctx, tx, h.m, head, m) })
}

func (h *house) leave(m id.ID) error {
	return h.try(func(ctx context.Context, tx *db.Tx) error { return member.LeaveFamily(ctx, tx, h.m, m) })
}

// family answers the display names of those whose punch cards a member may use.
func (h *house) family(m id.ID) string {
	h.t.Helper()
	var ids []id.ID
	if err := h.d.Batch(ctx, member.AskFamily(h.m, m, &ids)); err != nil {
		h.t.Fatal(err)
	}
	names, err := member.Names(ctx, h.d, h.m, ids)
	if err != nil {
		h.t.Fatal(err)
	}
	out := []string{}
	for _, u := range ids {
		out = append(out, names[u])
	}
	return fmt.Sprint(out)
}

func TestFamilies(t *testing.T) {
	each(t, func(h *house) {
		by := map[string]id.ID{}
		for _, n := range []string{"Ann", "Ben", "Cid", "Dot"} {
			by[n] = h.mustCreate(member.In{Name: n}).ID
		}
		h.wantErr(h.join(by["Ann"], by["Ann"]), member.ErrFamilySelf)
		h.wantErr(h.join(by["Ann"], fake(9)), member.ErrNotFound)
		h.wantErr(h.leave(by["Ann"]), member.ErrFamilyNotFound)
		for _, n := range []string{"Ben", "Cid"} {
			if err := h.join(by["Ann"], by[n]); err != nil {
				t.Fatal(err)
			}
		}
		h.wantErr(h.join(by["Dot"], by["Ben"]), member.ErrFamilyTaken)
		h.wantErr(h.join(by["Dot"], by["Ann"]), member.ErrFamilyTaken) // a head does not go under another
		h.wantErr(h.join(by["Ben"], by["Dot"]), member.ErrFamilyHead)
		for who, want := range map[string]string{"Ann": "[Ben Cid]", "Ben": "[Ann Cid]", "Cid": "[Ann Ben]", "Dot": "[]"} {
			if got := h.family(by[who]); got != want {
				t.Errorf("%s: %s, want %s", who, got, want)
			}
		}
		h.must(func(ctx context.Context, tx *db.Tx) error {
			_, err := member.SetStatus(ctx, tx, h.v, h.m, by["Ann"], member.Frozen, 0)
			return err
		})
		if got := h.family(by["Ben"]); got != "[Cid]" {
			t.Error("a frozen member's punch cards are offered: ", got)
		}
		list, err := member.ListFamily(ctx, h.d, h.m, by["Cid"])
		if err != nil || len(list) != 3 || !list[0].Head || list[0].Name != "Ann" || list[0].Status != member.Frozen || list[2].Member != by["Cid"] {
			t.Fatalf("%+v %v", list, err)
		}
		if err := h.leave(by["Ben"]); err != nil {
			t.Fatal(err)
		}
		if err := h.leave(by["Cid"]); err != nil { // the last but the head
			t.Fatal(err)
		}
		if err := h.join(by["Dot"], by["Ann"]); err != nil {
			t.Fatal("the former head is not free: ", err)
		}
		if err := h.leave(by["Dot"]); err != nil { // the head ends it
			t.Fatal(err)
		}
		if n, err := db.Value[int64](ctx, h.d, `select count(*) from member_families`); err != nil || n != 0 {
			t.Fatal(n, err)
		}
	})
}

// Two who make each other their head at once: one of them wins.
func TestFamiliesDoNotCross(t *testing.T) {
	each(t, func(h *house) {
		for range 5 {
			a, b := h.mustCreate(member.In{Name: "A"}).ID, h.mustCreate(member.In{Name: "B"}).ID
			var wg sync.WaitGroup
			errs := make([]error, 2)
			wg.Go(func() { errs[0] = h.join(a, b) })
			wg.Go(func() { errs[1] = h.join(b, a) })
			wg.Wait()
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Fatal(errs)
			}
			heads, err := db.Value[int64](ctx, h.d, `select count(distinct head_id) from member_families where member_id = $1 or member_id = $2`, a, b)
			if err != nil || heads != 1 {
				t.Fatal(heads, err)
			}
		}
	})
}

func TestConsentsAreAddedAndTheNewestCounts(t *testing.T) {
	each(t, func(h *house) {
		h.c.Set(start)
		ann, ben := h.mustCreate(member.In{Name: "Ann"}), h.mustCreate(member.In{Name: "Ben"})
		actor := auth.Actor{Kind: auth.KindStaff, ID: fake(3), Merchant: h.m, Role: auth.Cashier}
		say := func(who id.ID, purpose string, granted bool, source string) error {
			return h.d.InTx(auth.WithActor(ctx, actor), func(ctx context.Context, tx *db.Tx) error {
				_, err := member.RecordConsent(ctx, tx, h.m, who, purpose, granted, source)
				return err
			})
		}
		h.wantErr(say(ann.ID, "anything", true, member.SourcePaper), member.ErrPurpose)
		h.wantErr(say(ann.ID, member.PurposeMarketing, true, "Ann said so"), member.ErrSource)
		h.wantErr(say(fake(9), member.PurposeMarketing, true, member.SourcePaper), member.ErrNotFound)
		for _, granted := range []bool{true, false, true} {
			if err := say(ann.ID, member.PurposeMarketing, granted, member.SourcePaper); err != nil {
				t.Fatal(err)
			}
			h.c.Advance(time.Second)
		}
		if err := say(ben.ID, member.PurposeMarketing, false, member.SourcePortal); err != nil {
			t.Fatal(err)
		}
		all, err := member.ListConsents(ctx, h.d, h.m, ann.ID)
		if err != nil || len(all) != 3 || !all[0].Granted || all[1].Granted || all[0].Actor != fake(3) || all[0].ActorKind != auth.KindStaff || all[0].Source != member.SourcePaper {
			t.Fatalf("%+v %v", all, err)
		}
		if now := member.InForce(all); len(now) != 1 || now[member.PurposeMarketing].ID != all[0].ID {
			t.Fatalf("%+v", now)
		}
		for purpose, want := range map[string]int{member.PurposeMarketing: 1, member.PurposeProfiling: 0} {
			if got, err := member.Consented(ctx, h.d, h.m, purpose, []id.ID{ann.ID, ben.ID}); err != nil || len(got) != want || want == 1 && !got[ann.ID] {
				t.Fatal(purpose, got, err)
			}
		}
		if err := say(ann.ID, member.PurposeMarketing, false, member.SourceRegister); err != nil {
			t.Fatal(err)
		}
		if got, err := member.Consented(ctx, h.d, h.m, member.PurposeMarketing, []id.ID{ann.ID, ben.ID}); err != nil || len(got) != 0 {
			t.Fatal(got, err)
		}
		h.c.Set(start)
	})
}
