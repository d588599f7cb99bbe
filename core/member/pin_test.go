package member_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

func paramOf(err error) string { return fault.Of(err).Param }

func (h *house) pin(m id.ID) member.PIN {
	h.t.Helper()
	var p member.PIN
	if err := h.d.Batch(ctx, member.AskPIN(h.m, m, &p)); err != nil {
		h.t.Fatal(err)
	}
	return p
}

func (h *house) setPIN(m id.ID, pin string) error {
	hash, err := member.HashPIN(ctx, auth.CheapHash, pin)
	if err != nil {
		return err
	}
	return h.try(func(ctx context.Context, tx *db.Tx) error { return member.SetPIN(ctx, tx, h.m, m, hash) })
}

// enter is what a flow does: read, check outside, note.
func (h *house) enter(m id.ID, pin string) error {
	h.t.Helper()
	p := h.pin(m)
	err := p.Check(pin, h.c.Now())
	if noted := h.note(m, err); noted != nil {
		return noted
	}
	return err
}

func (h *house) note(m id.ID, result error) error {
	return h.try(func(_ context.Context, tx *db.Tx) error { member.QueuePINResult(tx, h.m, m, result); return nil })
}

func TestFiveWrongPINsLockForAQuarterOfAnHour(t *testing.T) {
	each(t, func(h *house) {
		h.c.Set(start)
		mb, other := h.mustCreate(member.In{Name: "Ann"}), h.mustCreate(member.In{Name: "Ben"})
		h.wantErr(h.enter(mb.ID, "2580"), member.ErrPINUnset)
		for pin, want := range map[string]error{"": member.ErrPINForm, "123": member.ErrPINForm, "123456789": member.ErrPINForm, "12a4": member.ErrPINForm, "１２３４": member.ErrPINForm,
			"1111": member.ErrPINWeak, "1234": member.ErrPINWeak, "87654321": member.ErrPINWeak} {
			h.wantErr(h.setPIN(mb.ID, pin), want)
		}
		for _, u := range []id.ID{mb.ID, other.ID} {
			if err := h.setPIN(u, "2580"); err != nil {
				t.Fatal(err)
			}
		}
		h.wantErr(h.setPIN(fake(9), "2580"), member.ErrNotFound)
		h.wantErr(h.enter(mb.ID, ""), member.ErrPINRequired)
		// Four wrong and a right one begin anew.
		for range 2 {
			for left := 4; left > 0; left-- {
				err := h.enter(mb.ID, "2581")
				h.wantErr(err, member.ErrPINWrong)
				if got := fault.Of(err).Args["left"]; got != left {
					t.Fatalf("left %v, want %d", got, left)
				}
			}
			if err := h.enter(mb.ID, "2580"); err != nil {
				t.Fatal(err)
			}
		}
		for range 5 {
			h.wantErr(h.enter(mb.ID, "0000"), member.ErrPINWrong)
		}
		err := h.enter(mb.ID, "2580")
		h.wantErr(err, member.ErrPINLocked)
		if got := fault.Of(err).Args["minutes"]; got != int64(15) {
			t.Fatal(got)
		}
		if err := h.enter(other.ID, "2580"); err != nil {
			t.Fatal("another member's PIN is locked too: ", err)
		}
		h.c.Advance(15*time.Minute - time.Microsecond)
		h.wantErr(h.enter(mb.ID, "2580"), member.ErrPINLocked)
		h.c.Advance(time.Microsecond)
		if err := h.enter(mb.ID, "2580"); err != nil {
			t.Fatal(err)
		}
		// A new PIN lifts a lock; the old one is worth nothing.
		for range 5 {
			h.wantErr(h.enter(mb.ID, "0000"), member.ErrPINWrong)
		}
		if err := h.setPIN(mb.ID, "9630"); err != nil {
			t.Fatal(err)
		}
		h.wantErr(h.enter(mb.ID, "2580"), member.ErrPINWrong)
		if err := h.enter(mb.ID, "9630"); err != nil {
			t.Fatal(err)
		}
		h.must(func(ctx context.Context, tx *db.Tx) error { return member.ResetPIN(ctx, tx, h.m, mb.ID) })
		h.wantErr(h.enter(mb.ID, "9630"), member.ErrPINUnset)
		h.wantErr(h.try(func(ctx context.Context, tx *db.Tx) error { return member.ResetPIN(ctx, tx, h.m, mb.ID) }), member.ErrPINUnset)
		h.c.Set(start)
	})
}

// A right guess among many at once does not help: by the time it is booked the
// others have locked the PIN.
func TestGuessingAtOnceIsWorthNoMore(t *testing.T) {
	each(t, func(h *house) {
		mb := h.mustCreate(member.In{Name: "Ann"})
		if err := h.setPIN(mb.ID, "2580"); err != nil {
			t.Fatal(err)
		}
		seen := h.pin(mb.ID) // all of them have read the PIN before anybody noted a result
		right := seen.Check("2580", h.c.Now())
		if right != nil {
			t.Fatal(right)
		}
		for range 5 {
			wrong := seen.Check("0000", h.c.Now())
			h.wantErr(wrong, member.ErrPINWrong)
			if err := h.note(mb.ID, wrong); err != nil {
				t.Fatal(err)
			}
		}
		err := h.try(func(_ context.Context, tx *db.Tx) error {
			tx.Queue(`update members set home_shop_id = $2 where id = $1`, mb.ID, fake(7)) // the sale that would spend
			member.QueuePINResult(tx, h.m, mb.ID, right)
			return nil
		})
		h.wantErr(err, member.ErrPINLocked)
		if got, err := member.Get(ctx, h.d, h.v, h.m, mb.ID); err != nil || !got.HomeShop.IsNone() {
			t.Fatalf("the sale went through: %+v %v", got, err)
		}
		if err := h.note(mb.ID, errors.New("the connection broke")); err != nil { // nothing is noted
			t.Fatal(err)
		}
	})
}

func TestWhenAPINIsNeeded(t *testing.T) {
	each(t, func(h *house) {
		with, without := h.mustCreate(member.In{Name: "Ann"}), h.mustCreate(member.In{Name: "Ben"})
		if err := h.setPIN(with.ID, "2580"); err != nil {
			t.Fatal(err)
		}
		asks := member.Card{AsksPIN: true}
		for _, c := range []struct {
			who    id.ID
			policy string
			card   *member.Card
			want   bool
		}{
			{with.ID, member.PINIfSet, nil, true}, {without.ID, member.PINIfSet, nil, false}, {with.ID, member.PINNever, &member.Card{}, false}, {without.ID, member.PINAlways, nil, true},
			{without.ID, member.PINNever, &asks, true}, {with.ID, member.PINNever, &asks, true},
		} {
			p := h.pin(c.who)
			if got := p.Needed(c.policy, c.card); got != c.want {
				t.Errorf("%+v: %v", c, got)
			}
		}
	})
}
