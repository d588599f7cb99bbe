package demo

import (
	"context"
	"fmt"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

// look is a card design of a merchant; every so many-th member holds one.
type look struct {
	design member.Design
	every  int
}

// cards makes the designs and hands cards of them out, on the first morning.
func (t *trader) cards(looks ...look) error {
	for _, l := range looks {
		d := l.design
		var to []*person
		for i, p := range t.members {
			if p.joins == 0 && i%l.every == 0 && p.in.Card == "" && len(to) < 15 {
				to = append(to, p)
			}
		}
		err := t.tx(func(ctx context.Context, tx *db.Tx) error { return member.CreateDesign(ctx, tx, t.m.ID, &d) })
		if err != nil {
			return err
		}
		err = t.tx(func(ctx context.Context, tx *db.Tx) error {
			for _, p := range to {
				if _, err := member.HandOut(ctx, tx, t.Vault, t.m.ID, p.id, member.Issue{Design: d.ID}); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// designs are the three kinds of card that a trade sells, with a prefix of its own.
func designs(prefix int, stored, discount, count string) []look {
	number := func(kind int) string { return fmt.Sprintf("%d%d", prefix, kind) }
	return []look{
		{member.Design{Name: stored, Kind: member.DesignStoredValue, Class: "VIP", Prefix: number(1), Digits: 6, Points: true, Colour: "#7a1f3d"}, 5},
		{member.Design{Name: discount, Kind: member.DesignDiscount, Class: "gold", Prefix: number(2), Digits: 6, Points: true, Colour: "#b8860b"}, 7},
		{member.Design{Name: count, Kind: member.DesignCount, Prefix: number(3), Digits: 6, ValidDays: 730, Colour: "#1f5f7a"}, 6},
	}
}

// consents are said by some of those who are there from the first day; later two
// of them change their mind.
func (t *trader) consents(day int) error {
	say := func(who id.ID, purpose string, granted bool, source string) func(context.Context, *db.Tx) error {
		return func(ctx context.Context, tx *db.Tx) error {
			_, err := member.RecordConsent(ctx, tx, t.m.ID, who, purpose, granted, source)
			return err
		}
	}
	var todo []func(context.Context, *db.Tx) error
	for i, p := range t.members {
		if i%4 != 0 || i >= 48 || p.joins != 0 {
			continue
		}
		switch {
		case day == 0:
			todo = append(todo, say(p.id, member.PurposeMessages, true, member.SourceRegister), say(p.id, member.PurposeMarketing, i%3 != 0, member.SourcePaper))
		case day == t.ago(19) && i%24 == 4:
			todo = append(todo, say(p.id, member.PurposeMarketing, false, member.SourcePortal))
		}
	}
	return t.each(todo...)
}
