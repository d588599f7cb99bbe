package member_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

func (h *house) try(f func(context.Context, *db.Tx) error) error { return h.d.InTx(ctx, f) }

func (h *house) design(d member.Design) member.Design {
	h.t.Helper()
	h.must(func(ctx context.Context, tx *db.Tx) error { return member.CreateDesign(ctx, tx, h.m, &d) })
	return d
}

func (h *house) handOut(to id.ID, in member.Issue) (c member.Card, err error) {
	err = h.try(func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = member.HandOut(ctx, tx, h.v, h.m, to, in)
		return err
	})
	return c, err
}

func (h *house) mustHandOut(to id.ID, in member.Issue) member.Card {
	h.t.Helper()
	c, err := h.handOut(to, in)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (h *house) replace(old, number string) (c member.Card, err error) {
	err = h.try(func(ctx context.Context, tx *db.Tx) (err error) {
		c, err = member.ReplaceCard(ctx, tx, h.v, h.m, old, number)
		return err
	})
	return c, err
}

// shown is the card as checkout reads it.
func (h *house) shown(number string) member.Card {
	h.t.Helper()
	var c member.Card
	if err := h.d.Batch(ctx, member.AskCard(h.v, h.m, number, &c)); err != nil {
		h.t.Fatal(err)
	}
	return c
}

func TestDesignsAreCheckedAndChanged(t *testing.T) {
	each(t, func(h *house) {
		for _, c := range []struct {
			d     member.Design
			param string
		}{
			{member.Design{}, "name"}, {member.Design{Name: "x", Kind: "stone"}, "kind"}, {member.Design{Name: "x", Prefix: "a b"}, "prefix"}, {member.Design{Name: "x", Prefix: "doc:"}, "prefix"},
			{member.Design{Name: "x", Digits: 16}, "digits"}, {member.Design{Name: "x", Digits: 2, Next: 101}, "next_number"}, {member.Design{Name: "x", ValidDays: -1}, "valid_days"},
			{member.Design{Name: "x", Colour: "red"}, "colour"}, {member.Design{Name: "x", Picture: "javascript:alert(1)"}, "picture"},
		} {
			err := h.try(func(ctx context.Context, tx *db.Tx) error { return member.CreateDesign(ctx, tx, h.m, &c.d) })
			h.wantErr(err, member.ErrDesign)
			if got := paramOf(err); got != c.param {
				t.Errorf("%+v: %q", c.d, got)
			}
		}
		gold := h.design(member.Design{Name: "Gold", Kind: member.DesignStoredValue, Class: "VIP", Prefix: "G", Digits: 4, Points: true, PINRequired: true, Colour: "#C0A020", ValidDays: 30})
		h.wantErr(h.try(func(ctx context.Context, tx *db.Tx) error {
			return member.CreateDesign(ctx, tx, h.m, &member.Design{Name: "Gold"})
		}), member.ErrDesignTaken)
		gold.Name, gold.Next, gold.Archived = "Gold 2026", 1, true
		h.must(func(ctx context.Context, tx *db.Tx) error {
			_, err := member.UpdateDesign(ctx, tx, h.m, gold)
			return err
		})
		list, err := member.ListDesigns(ctx, h.d, h.m)
		if err != nil || len(list) != 1 || list[0] != (member.Design{ID: gold.ID, Name: "Gold 2026", Kind: "stored_value", Class: "VIP", Prefix: "G", Digits: 4, Next: 1, Points: true, PINRequired: true, ValidDays: 30,
			Colour: "#c0a020", Archived: true, UpdatedAt: clock.Of(start)}) {
			t.Fatalf("%+v %v", list, err)
		}
		mb := h.mustCreate(member.In{Name: "Ann"})
		_, err = h.handOut(mb.ID, member.Issue{Design: gold.ID})
		h.wantErr(err, member.ErrDesignArchived)
		_, err = h.handOut(mb.ID, member.Issue{Design: fake(9)})
		h.wantErr(err, member.ErrDesignNotFound)
		_, err = h.handOut(mb.ID, member.Issue{})
		h.wantErr(err, member.ErrCardNumber)
	})
}

func TestNumbersAreGeneratedOnceAndPassOverTakenOnes(t *testing.T) {
	each(t, func(h *house) {
		d := h.design(member.Design{Name: "Plain", Prefix: "P", Digits: 2, Next: 8, Points: true})
		mb := h.mustCreate(member.In{Name: "Ann", Card: "P09"})
		if c := h.mustHandOut(mb.ID, member.Issue{Design: d.ID}); c.Number != "P08" || c.DesignName != "Plain" || !c.Earns() || c.AsksPIN || c.ExpiresAt != 0 {
			t.Fatalf("%+v", c)
		}
		if c := h.mustHandOut(mb.ID, member.Issue{Design: d.ID}); c.Number != "P10" {
			t.Fatalf("%+v: P09 was handed out by hand", c)
		}
		// A number of one's choice is of the design too.
		if c := h.mustHandOut(mb.ID, member.Issue{Design: d.ID, Number: "8888", Kind: member.KindVirtual}); c.Design != d.ID || c.Kind != member.KindVirtual {
			t.Fatalf("%+v", c)
		}
		_, err := h.handOut(mb.ID, member.Issue{Design: d.ID, Number: "8888"})
		h.wantErr(err, member.ErrCardTaken)
		// Tills at once.
		var wg sync.WaitGroup
		var mu sync.Mutex
		seen := map[string]int{}
		for range 8 {
			wg.Go(func() {
				c, err := h.handOut(mb.ID, member.Issue{Design: d.ID})
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				seen[c.Number]++
			})
		}
		wg.Wait()
		if len(seen) != 8 || seen["P11"] != 1 || seen["P18"] != 1 {
			t.Fatal(seen)
		}
		_, err = h.tryBlanks(d.ID, 82)
		h.wantErr(err, member.ErrNumbersUsedUp)
		if b, err := h.tryBlanks(d.ID, 81); err != nil || b.First != "P19" || b.Last != "P99" {
			t.Fatalf("%+v %v", b, err)
		}
		_, err = h.handOut(mb.ID, member.Issue{Design: d.ID})
		h.wantErr(err, member.ErrNumbersUsedUp)
	})
}

func (h *house) tryBlanks(design id.ID, n int) (b member.Batch, err error) {
	err = h.try(func(ctx context.Context, tx *db.Tx) (err error) {
		b, err = member.MakeBlanks(ctx, tx, h.m, design, n)
		return err
	})
	return b, err
}

func TestBlankCardsAreHandedOutLater(t *testing.T) {
	each(t, func(h *house) {
		d := h.design(member.Design{Name: "Gold", Prefix: "G", Digits: 3, ValidDays: 10, PINRequired: true})
		for _, n := range []int{0, member.MaxBatch + 1} {
			_, err := h.tryBlanks(d.ID, n)
			h.wantErr(err, member.ErrBatchSize)
		}
		b, err := h.tryBlanks(d.ID, 5)
		if err != nil || b.First != "G001" || b.Last != "G005" {
			t.Fatalf("%+v %v", b, err)
		}
		_, err = member.FindByCard(ctx, h.d, h.v, h.m, "G002")
		h.wantErr(err, member.ErrCardBlank)
		if found, _, err := member.Find(ctx, h.d, h.v, h.m, "G002", db.Page{}); err != nil || len(found) != 0 {
			t.Fatal(found, err)
		}
		// By enrolling, by handing out, by replacing: the blank's own design holds.
		ann := h.mustCreate(member.In{Name: "Ann", Card: "G001"})
		if c := h.mustHandOut(ann.ID, member.Issue{Number: "G002"}); c.Design != d.ID || !c.AsksPIN || c.Earns() || c.ExpiresAt != clock.Of(start.AddDate(0, 0, 10)) || c.Status != member.CardActive {
			t.Fatalf("%+v", c)
		}
		if c, err := h.replace("G001", "G003"); err != nil || c.Number != "G003" || c.Member != ann.ID {
			t.Fatalf("%+v %v", c, err)
		}
		if c := h.shown("G001"); c.ReplacedBy != "G003" || c.ExpiresAt != clock.Of(start.AddDate(0, 0, 10)) {
			t.Fatalf("%+v", c)
		}
		_, err = h.create(member.In{Name: "Ben", Card: "G002"})
		h.wantErr(err, member.ErrCardTaken)
		got, cards, err := member.GetBatch(ctx, h.d, h.m, b.ID)
		if err != nil || got.Left != 2 || got.Count != 5 || len(cards) != 5 || cards[3].Status != member.CardBlank || !cards[3].Member.IsNone() {
			t.Fatalf("%+v %+v %v", got, cards, err)
		}
		list, next, err := member.ListBatches(ctx, h.d, h.m, db.Page{})
		if err != nil || len(list) != 1 || list[0] != got || next != "" {
			t.Fatalf("%+v %v", list, err)
		}
		_, _, err = member.GetBatch(ctx, h.d, fake(2), b.ID)
		h.wantErr(err, member.ErrBatchNotFound)
	})
}

func TestReplacementKeepsEverythingAndTheOldOnePointsAtIt(t *testing.T) {
	each(t, func(h *house) {
		d := h.design(member.Design{Name: "Gold", Prefix: "G", Digits: 3, ValidDays: 10, Points: true})
		mb := h.mustCreate(member.In{Name: "Ann"})
		old := h.mustHandOut(mb.ID, member.Issue{Design: d.ID, Points: member.Off})
		h.must(func(ctx context.Context, tx *db.Tx) error { return member.BlockCard(ctx, tx, h.m, old.Number) })
		h.wantErr(use(h.shown(old.Number), h), member.ErrCardBlocked)
		fresh, err := h.replace(old.Number, "")
		if err != nil || fresh.Number != "G002" || fresh.Points != member.Off || fresh.Earns() || fresh.ExpiresAt != old.ExpiresAt || fresh.Member != mb.ID {
			t.Fatalf("%+v %v", fresh, err)
		}
		was := h.shown(old.Number)
		if was.Status != member.CardReplaced || was.ReplacedBy != fresh.Number {
			t.Fatalf("%+v", was)
		}
		h.wantErr(use(was, h), member.ErrCardBlocked)
		_, err = h.replace(old.Number, "G9")
		h.wantErr(err, member.ErrCardNotFound)
		_, err = h.replace(fresh.Number, old.Number)
		h.wantErr(err, member.ErrCardTaken)
		// At its end a card finds nobody; its replacement lives on.
		h.c.Advance(10 * 24 * time.Hour)
		_, err = member.FindByCard(ctx, h.d, h.v, h.m, fresh.Number)
		h.wantErr(err, member.ErrCardExpired)
		third, err := h.replace(fresh.Number, "")
		if err != nil || third.ExpiresAt != clock.Of(start.AddDate(0, 0, 20)) {
			t.Fatalf("%+v %v", third, err)
		}
		c, found, err := member.FindCard(ctx, h.d, h.v, h.m, third.Number)
		if err != nil || found.ID != mb.ID || c != third {
			t.Fatalf("%+v %+v %v", c, found, err)
		}
		// Cards without a design are replaced by what is typed.
		h.mustHandOut(mb.ID, member.Issue{Number: "LOOSE"})
		_, err = h.replace("LOOSE", "")
		h.wantErr(err, member.ErrCardNumber)
		h.c.Set(start)
	})
}

func use(c member.Card, h *house) error { return c.Usable(h.c.Now()) }

func TestThePointsSwitchOfACardGoesBeforeItsDesigns(t *testing.T) {
	each(t, func(h *house) {
		no := h.design(member.Design{Name: "No points", Prefix: "N"})
		mb := h.mustCreate(member.In{Name: "Ann", Phone: "13800138000", DocumentKind: member.DocumentPassport, Document: "e 7654321"})
		c := h.mustHandOut(mb.ID, member.Issue{Design: no.ID})
		set := func(p member.CardPatch) error {
			return h.try(func(ctx context.Context, tx *db.Tx) error {
				_, err := member.UpdateCard(ctx, tx, h.m, c.Number, p)
				return err
			})
		}
		for _, x := range []struct {
			to    member.Switch
			earns bool
		}{{member.AsDesigned, false}, {member.On, true}, {member.Off, false}} {
			if err := set(member.CardPatch{Points: ptr(x.to)}); err != nil {
				t.Fatal(err)
			}
			if got := h.shown(c.Number); got.Earns() != x.earns || got.Points != x.to {
				t.Errorf("%q: %+v", x.to, got)
			}
		}
		h.wantErr(set(member.CardPatch{Points: ptr(member.Switch("maybe"))}), member.ErrCardSwitch)
		if err := set(member.CardPatch{ExpiresAt: ptr(clock.Of(start.Add(-time.Hour)))}); err != nil {
			t.Fatal(err)
		}
		h.wantErr(use(h.shown(c.Number), h), member.ErrCardExpired)
		if err := set(member.CardPatch{ExpiresAt: ptr(clock.Instant(0))}); err != nil || use(h.shown(c.Number), h) != nil {
			t.Fatal(err)
		}
		// A phone number and the profile's document show no card, and earn.
		for _, n := range []string{"138 0013 8000", "E7654321", "e7654321"} {
			none, found, err := member.FindCard(ctx, h.d, h.v, h.m, n)
			if err != nil || found.ID != mb.ID || none != (member.Card{}) || !none.Earns() {
				t.Fatalf("%s: %+v %v", n, none, err)
			}
			if items, _, err := member.Find(ctx, h.d, h.v, h.m, n, db.Page{}); err != nil || len(items) != 1 {
				t.Fatal(n, items, err)
			}
		}
		h.wantErr(use(h.shown("13800138000"), h), member.ErrCardNotFound)
		_, err := h.create(member.In{Name: "Twin", DocumentKind: member.DocumentPassport, Document: "E7654321"})
		h.wantErr(err, member.ErrDocumentTaken)
		_, err = h.create(member.In{Name: "Twin", Document: "E7654322"})
		h.wantErr(err, member.ErrDocumentKind)
		_, err = h.create(member.In{Name: "Twin", DocumentKind: member.DocumentIDCard, Document: "E?"})
		h.wantErr(err, member.ErrDocument)
		if p := mb.Private.MaskedDocument(); p != "E*****21" {
			t.Fatal(p)
		}
	})
}

func TestCardsOfManyMembersInOneGo(t *testing.T) {
	each(t, func(h *house) {
		d := h.design(member.Design{Name: "Plain", Prefix: "B", Digits: 4, Points: true})
		if _, err := h.tryBlanks(d.ID, 200); err != nil {
			t.Fatal(err)
		}
		h.must(func(_ context.Context, tx *db.Tx) error { // an import hands out printed cards without a read
			for i := 1; i <= 200; i++ {
				if _, err := member.QueueCreate(tx, h.v, member.In{Merchant: h.m, Name: fmt.Sprint("M", i), Card: fmt.Sprintf("B%04d", i)}); err != nil {
					return err
				}
			}
			return nil
		})
		if c := h.shown("B0200"); c.Status != member.CardActive || c.Design != d.ID {
			t.Fatalf("%+v", c)
		}
	})
}
