package office

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

// couponDesign is a design with what became of its coupons.
type couponDesign struct {
	d       coupon.Definition
	f       coupon.Figures
	batches []coupon.Batch
	items   []coupon.Coupon
	members map[id.ID]string
	now     clock.Instant
	in      form
	first   string
	next    string
}

func (f *office) readCouponDesign(r *http.Request, p *page) (*couponDesign, error) {
	at, err := pageOf(r, 30)
	if err != nil {
		return nil, err
	}
	v := &couponDesign{now: f.db.Now()}
	if v.d, err = f.couponDesignOf(r, p); err != nil {
		return nil, err
	}
	ctx, m := r.Context(), p.Merchant.ID
	if v.f, err = coupon.FiguresOf(ctx, f.db, m, v.d.ID, v.now, dateOf(p, v.now)); err != nil {
		return nil, err
	}
	if v.batches, err = coupon.ListBatches(ctx, f.db, m, v.d.ID, db.Page{Limit: 50}); err != nil {
		return nil, err
	}
	rows, err := coupon.ListBy(ctx, f.db, m, coupon.Filter{Definition: v.d.ID}, at)
	if err != nil {
		return nil, err
	}
	var next string
	v.items, next = db.Cut(at, rows, func(c coupon.Coupon) id.ID { return c.ID })
	v.first, v.next = pager(r, next)
	v.members, err = f.ownersOf(ctx, m, v.items)
	return v, err
}

func (f *office) couponDesignPage(w http.ResponseWriter, r *http.Request, p *page) error {
	v, err := f.readCouponDesign(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, couponDesignView(p, v))
}

func (v *couponDesign) stats(p *page) []ui.StatProps {
	stat := func(key string, n int64) ui.StatProps {
		return ui.StatProps{Label: p.T("office.coupons.figure." + key), Value: p.Int(n)}
	}
	return []ui.StatProps{stat("issued", v.f.Issued), stat("open", v.f.Open), stat("used", v.f.UsedUp), stat("expired", v.f.Expired), stat("void", v.f.Void), stat("claimed", v.f.Claimed), stat("uses", v.f.Uses), stat("members", v.f.Members)}
}

// terms says what the design grants and asks for, in words.
func (v *couponDesign) terms(p *page) []ui.Pair {
	d := &v.d
	pair := func(key, text string) ui.Pair { return ui.Pair{Key: p.T(key), Value: ui.Text(text)} }
	limit := func(n int64) string {
		if n == 0 {
			return p.T("office.coupons.no_limit")
		}
		return p.Int(n)
	}
	out := []ui.Pair{pair("office.coupons.grants", grants(p, *d)), pair("office.coupons.validity", couponValidity(p, *d)), pair("office.coupons.shops", couponShops(p, d)),
		pair("office.coupons.weekdays", couponDays(p, d)), pair("office.coupons.slots", couponOr(couponSlots(*d), p.T("office.coupons.all_day"))), pair("office.coupons.uses", p.Int(d.Uses)),
		pair("office.coupons.per_member", limit(d.PerMember)), pair("office.coupons.issue_limit", limit(d.IssueLimit))}
	if d.Category != "" {
		out = append(out, pair("office.col.category", d.Category))
	}
	if d.Stacking != "" {
		out = append(out, pair("office.coupons.stacking", d.Stacking))
	}
	if d.Personal {
		out = append(out, pair("office.coupons.giving_away", p.T("office.coupons.personal")))
	}
	if c := d.Claim; c.Code != "" {
		out = append(out, ui.Pair{Key: p.T("office.coupons.claim_code"), Value: word(c.Code)}, pair("office.coupons.claim_limit", p.Int(c.Claimed)+" / "+limit(c.Limit)))
	}
	if d.RemindDays > 0 {
		out = append(out, pair("office.coupons.remind_days", count(p, d.RemindDays)))
	}
	return append(out, pair("office.coupons.version", count(p, d.Version)))
}

func couponOr(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func couponShops(p *page, d *coupon.Definition) string {
	var names []string
	for _, s := range p.Shops {
		for _, in := range d.Shops {
			if in == s.ID {
				names = append(names, s.Name)
			}
		}
	}
	if hidden := len(d.Shops) - len(names); hidden > 0 { // of shops that the reader does not see
		names = append(names, "+"+strconv.Itoa(hidden))
	}
	return couponOr(strings.Join(names, ", "), p.T("office.coupons.everywhere"))
}

func couponDay(p *page, day int) string { return p.T("office.coupons.day." + strconv.Itoa(day)) }

func couponDays(p *page, d *coupon.Definition) string {
	var names []string
	for day := range 7 {
		if d.Weekdays != 0 && d.Weekdays.Has(day) {
			names = append(names, couponDay(p, day))
		}
	}
	return couponOr(strings.Join(names, ", "), p.T("office.coupons.every_day"))
}

func (v *couponDesign) table(p *page) ui.TableProps {
	t := couponTable(p, v.items, v.members, v.now)
	t.First, t.Next = v.first, v.next
	return t
}

func couponBatchURL(b id.ID) string { return "/office/coupons/batch/" + b.String() }

func (v *couponDesign) batchTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.coupons.batches"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.col.date")}, {Title: p.T("office.col.kind")}, {Title: p.T("office.col.count"), Numeric: true, Key: true}, {Title: p.T("office.coupons.note")}, {Title: p.T("office.col.state")}},
		Empty:   ui.EmptyState{Icon: "coupon", Title: p.T("office.coupons.no_batches")}}
	for _, b := range v.batches {
		t.Rows = append(t.Rows, ui.Row(numberLink(stampText(p, b.CreatedAt), couponBatchURL(b.ID)), p.T("office.coupons.batch_kind."+b.Kind), p.Int(b.Issued)+" / "+p.Int(b.Count), dash(b.Note), p.T("office.coupons.batch_state."+b.State)))
	}
	return t
}

// errCouponRecipient: a line of a list of members that finds nobody, or several.
var errCouponRecipient = fault.New(fault.NotFound, "coupon.unknown_recipient")

// maxCouponNames is how many members a form may name.
const maxCouponNames = 500

// couponBatchCreate issues many coupons: one for each member named, or bearer coupons.
func (f *office) couponBatchCreate(w http.ResponseWriter, r *http.Request, p *page) error {
	v, err := f.readCouponDesign(r, p)
	if err != nil {
		return err
	}
	if v.in, err = formOf(r); err != nil {
		return err
	}
	b, err := f.couponBatchIn(r.Context(), p, v)
	if err == nil {
		var made coupon.Batch
		err = f.audited(r.Context(), "coupon.batch_issued", "coupon_batch", map[string]string{"definition": v.d.ID.String()}, func(ctx context.Context, tx *db.Tx) (string, error) {
			made, err = coupon.CreateBatch(ctx, tx, p.Merchant.ID, b)
			return made.ID.String(), err
		})
		if err == nil {
			return done(w, r, p, couponBatchURL(made.ID), "office.coupons.batch_made", "count", made.Count)
		}
	}
	v.in.err = err
	return f.again(w, r, err, couponDesignView(p, v))
}

func (f *office) couponBatchIn(ctx context.Context, p *page, v *couponDesign) (coupon.NewBatch, error) {
	in := v.in
	b := coupon.NewBatch{Definition: v.d.ID, Prefix: in.get("prefix"), Note: in.get("note")}
	if day := clock.Date(in.get("until")); day != "" {
		t := day.AddDays(1).Time()
		if t.Year() < 2 {
			return b, coupon.ErrDefinition.On("until")
		}
		b.Until = clock.Of(time.Date(t.Year(), t.Month(), t.Day(), 0, p.Shop.CutOff(), 0, 0, pageZone(p)))
	}
	lines := strings.FieldsFunc(in.get("members"), func(r rune) bool { return r == '\n' || r == '\r' })
	if len(lines) > maxCouponNames {
		return b, coupon.ErrBatchCount.On("members").With("max", maxCouponNames)
	}
	seen := map[id.ID]bool{}
	for _, l := range lines {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		who, err := f.oneMember(ctx, p, l, "members")
		if err != nil {
			return b, errCouponRecipient.On("members").With("who", l)
		}
		if !seen[who] {
			seen[who] = true
			b.Members = append(b.Members, who)
		}
	}
	if len(b.Members) == 0 {
		b.Count = atoi(plainNumber(in.get("count")))
	}
	return b, nil
}

func (f *office) couponBatchOf(r *http.Request, p *page) (coupon.Batch, error) {
	of, err := pathID(r, "id")
	if err != nil {
		return coupon.Batch{}, err
	}
	return coupon.GetBatch(r.Context(), f.db, p.Merchant.ID, of)
}

func (f *office) couponBatchPage(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.showCouponBatch(w, r, p, form{})
}

func (f *office) showCouponBatch(w http.ResponseWriter, r *http.Request, p *page, in form) error {
	b, err := f.couponBatchOf(r, p)
	if err != nil {
		return err
	}
	at, err := pageOf(r, 30)
	if err != nil {
		return err
	}
	rows, err := coupon.ListBy(r.Context(), f.db, p.Merchant.ID, coupon.Filter{Batch: b.ID}, at)
	if err != nil {
		return err
	}
	rows, next := db.Cut(at, rows, func(c coupon.Coupon) id.ID { return c.ID })
	names, err := f.ownersOf(r.Context(), p.Merchant.ID, rows)
	if err != nil {
		return err
	}
	t := couponTable(p, rows, names, f.db.Now())
	t.First, t.Next = pager(r, next)
	if in.err != nil {
		return f.again(w, r, in.err, couponBatchView(p, b, t, in))
	}
	return f.show(w, r, couponBatchView(p, b, t, in))
}

func (f *office) couponBatchExport(w http.ResponseWriter, r *http.Request, p *page) error {
	b, err := f.couponBatchOf(r, p)
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := coupon.ExportBatch(r.Context(), f.db, p.Merchant.ID, b.ID, &out); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="coupons-`+b.ID.String()+`.csv"`)
	_, err = w.Write(out.Bytes())
	return err
}

func (f *office) couponBatchVoid(w http.ResponseWriter, r *http.Request, p *page) error {
	b, err := f.couponBatchOf(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	n, err := coupon.VoidBatch(r.Context(), f.db, p.Merchant.ID, b.ID, in.get("reason"))
	if err == nil {
		err = f.audited(r.Context(), "coupon.batch_voided", "coupon_batch", map[string]int64{"voided": n}, func(context.Context, *db.Tx) (string, error) { return b.ID.String(), nil })
	}
	if err != nil {
		in.err = err
		return f.showCouponBatch(w, r, p, in)
	}
	return done(w, r, p, couponBatchURL(b.ID), "office.coupons.batch_voided", "count", n)
}
