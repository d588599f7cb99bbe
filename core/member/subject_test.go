package member_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/member"
)

func TestAnAccountElsewhereBelongsToOneMember(t *testing.T) {
	each(t, func(h *house) {
		a, b := h.mustCreate(member.In{Name: "Ann", Phone: "13800000001"}), h.mustCreate(member.In{Name: "Ben"})
		link := func(mb member.Member, app, account string) error {
			return h.d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
				return member.Link(ctx, tx, h.v, h.m, mb.ID, member.Subject{App: app, ID: account})
			})
		}
		for range 2 {
			if err := link(a, "wx1", "o-ann"); err != nil {
				t.Fatal(err)
			}
		}
		h.wantErr(link(b, "wx1", "o-ann"), member.ErrSubjectTaken)
		h.wantErr(link(a, "wx1", "o-other"), member.ErrAppTaken)
		h.wantErr(link(a, "", "o"), member.ErrSubject)
		if err := link(b, "wx2", "o-ann"); err != nil {
			t.Fatal("another app's account of the same name:", err)
		}
		if who, err := member.FindBySubject(ctx, h.d, h.v, h.m, member.Subject{App: "wx1", ID: "o-ann"}); err != nil || who != a.ID {
			t.Fatal(who, err)
		}
		got, err := member.Get(ctx, h.d, h.v, h.m, a.ID)
		if err != nil || got.Private.Subjects.Of("wx1") != "o-ann" || got.Private.Phone != "13800000001" || got.Version != a.Version {
			t.Fatalf("%+v %v", got, err)
		}
		// An edit of the profile keeps it, unlinking and erasing do not.
		name := "Anna"
		h.must(func(ctx context.Context, tx *db.Tx) error {
			_, err := member.Update(ctx, tx, h.v, h.m, a.ID, member.Patch{Version: a.Version, Name: &name})
			return err
		})
		if got, _ = member.Get(ctx, h.d, h.v, h.m, a.ID); got.Private.Subjects.Of("wx1") != "o-ann" {
			t.Fatal("the edit lost the account")
		}
		h.must(func(ctx context.Context, tx *db.Tx) error {
			return member.Unlink(ctx, tx, h.v, h.m, a.ID, "wx1")
		})
		h.must(func(ctx context.Context, tx *db.Tx) error { return member.Erase(ctx, tx, h.m, b.ID) })
		for _, s := range []member.Subject{{App: "wx1", ID: "o-ann"}, {App: "wx2", ID: "o-ann"}} {
			if who, err := member.FindBySubject(ctx, h.d, h.v, h.m, s); err != nil || !who.IsNone() {
				t.Errorf("%v is still %v: %v", s, who, err)
			}
		}
	})
}

func TestTicketsAndStates(t *testing.T) {
	each(t, func(h *house) {
		now := h.d.Now()
		s := member.Subject{App: "wx1", ID: "o-1"}
		ticket := h.v.Ticket(h.m, s, now.Add(time.Minute))
		if got, err := h.v.OpenTicket(h.m, ticket, now); err != nil || got != s {
			t.Fatal(got, err)
		}
		h.wantErr(second(h.v.OpenTicket(h.m, ticket, now.Add(time.Minute))), member.ErrTicketOld)
		h.wantErr(second(h.v.OpenTicket(fake(2), ticket, now)), member.ErrTicket)
		h.wantErr(second(h.v.OpenTicket(h.m, ticket[:len(ticket)-2]+"AA", now)), member.ErrTicket)
		state := h.v.SignInState(h.m, "wx1", "nonce", now.Add(time.Minute))
		h.wantErr(second(h.v.OpenTicket(h.m, state, now)), member.ErrTicket) // one is not the other
		if err := h.v.CheckSignInState(h.m, state, "wx1", "nonce", now); err != nil {
			t.Fatal(err)
		}
		for _, err := range []error{h.v.CheckSignInState(h.m, state, "wx1", "other", now), h.v.CheckSignInState(h.m, state, "wx2", "nonce", now), h.v.CheckSignInState(h.m, ticket, "wx1", "nonce", now)} {
			h.wantErr(err, member.ErrTicket)
		}
		h.wantErr(h.v.CheckSignInState(h.m, state, "wx1", "nonce", now.Add(time.Hour)), member.ErrTicketOld)
		if a, b := h.v.Code(h.m, fake(5)), h.v.Code(h.m, fake(6)); len(a) != 6 || a == b || a != h.v.Code(h.m, fake(5)) || a == h.v.Code(fake(2), fake(5)) {
			t.Error(a, b)
		}
	})
}

func second[T any](_ T, err error) error {
	if err == nil {
		return errors.New("it was taken")
	}
	return err
}
