package pos

import (
	"context"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/staff"
)

const shareRows = 4 // people who can share a line

// sharesForm is the sheet on which several people share a line.
type sharesForm struct {
	Line int // from 0
	Name string
	Rows []shareRow
	Err  error
}

type shareRow struct{ Staff, Role, Share string }

func (a *action) openShares(_ context.Context, arg string) error {
	i := number(arg)
	if i < 0 || i >= len(a.b.Lines) {
		return errLineGone
	}
	f := sharesForm{Line: i}
	even := slices.Clone(a.b.Lines[i].Shares)
	if len(even) > 0 {
		equal(even)
	}
	for _, s := range a.b.Lines[i].Shares {
		row := shareRow{s.Staff.String(), string(s.Role), percentText(s.Share)}
		if slices.Equal(even, a.b.Lines[i].Shares) { // equal shares need not be said
			row.Share = ""
		}
		f.Rows = append(f.Rows, row)
	}
	if len(f.Rows) == 0 && !a.b.Lines[i].Staff.IsNone() {
		f.Rows = append(f.Rows, shareRow{a.b.Lines[i].Staff.String(), string(staff.RolePerformer), ""})
	}
	a.v.Sheet, a.v.Shares = sheetShares, f
	return nil
}

// share keeps who did a line: one alone, or several with their shares, which are
// equal where none is said.
func (a *action) share(_ context.Context, arg string) error {
	i := number(arg)
	if i < 0 || i >= len(a.b.Lines) {
		return errLineGone
	}
	f := sharesForm{Line: i}
	form := a.r.PostForm
	var got []share
	said, err := 0, error(nil)
	for n := range shareRows {
		row := shareRow{form.Get("who." + itoa(n)), form.Get("role." + itoa(n)), strings.TrimSpace(form.Get("part." + itoa(n)))}
		f.Rows = append(f.Rows, row)
		who, e := id.Parse(row.Staff)
		if e != nil {
			continue
		}
		s := share{Staff: who, Role: staff.Role(row.Role)}
		if row.Share != "" {
			said++
			if s.Share, e = percent(strings.TrimSuffix(row.Share, "%")); e != nil {
				err = staff.ErrShare
			}
		}
		got = append(got, s)
	}
	l := &a.b.Lines[i]
	switch {
	case len(got) == 0:
		l.Staff, l.Shares = id.None, nil
		return nil
	case len(got) == 1 && got[0].Role == staff.RolePerformer:
		l.Staff, l.Shares = got[0].Staff, nil
		return nil
	case said == 0:
		equal(got)
	}
	if err == nil {
		var list []staff.Share
		for _, s := range got {
			list = append(list, staff.Share{Staff: s.Staff, Role: s.Role, Share: s.Share})
		}
		err = staff.CheckShares(list)
	}
	if err != nil {
		f.Err = fault.Of(err)
		a.v.Sheet, a.v.Shares = sheetShares, f
		return nil
	}
	l.Staff, l.Shares = id.None, got
	return nil
}

// equal gives everybody the same; the first takes what does not divide.
func equal(list []share) {
	part := money.Whole / money.Rate(len(list))
	for i := range list {
		list[i].Share = part
	}
	list[0].Share += money.Whole - part*money.Rate(len(list))
}

func percentText(r money.Rate) string {
	return money.Quantity(int64(r) * 100 * int64(money.One) / int64(money.Whole)).String()
}

// fillShares names the line, and whom the merchant has.
func (h *screens) fillShares(ctx context.Context, v *view) error {
	f := &v.Shares
	if v.Quote == nil || f.Line >= len(v.Quote.Lines) {
		v.Sheet, v.Err = sheetNone, checkout.ErrEmpty
		return nil
	}
	f.Name = v.lineName(&v.Quote.Lines[f.Line])
	for len(f.Rows) < shareRows {
		f.Rows = append(f.Rows, shareRow{Role: string(staff.RolePerformer)})
	}
	if v.Staff != nil {
		return nil
	}
	return h.fillStaff(ctx, v)
}

func (h *screens) fillStaff(ctx context.Context, v *view) error {
	all, err := auth.ListStaff(ctx, h.db, v.Desk.Merchant.ID)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Active {
			v.Staff = append(v.Staff, s)
		}
	}
	return nil
}

func (v *view) roleOptions() (out []ui.Option) {
	for _, r := range staff.Roles() {
		out = append(out, ui.Option{Value: string(r), Text: v.T("pos.role." + string(r))})
	}
	return out
}

// sharedBy says who shares a line, for its row in the basket.
func (v *view) sharedBy(list []share) string {
	var out []string
	for _, s := range list {
		for _, x := range v.Staff {
			if x.ID == s.Staff {
				out = append(out, x.Name+" "+percentText(s.Share)+" %")
			}
		}
	}
	return strings.Join(out, " · ")
}
