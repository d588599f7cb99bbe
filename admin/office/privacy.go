package office

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/report"
)

func (f *office) mountPrivacy() {
	f.on("POST /office/members/{id}/pin", auth.PermMembers, f.memberPIN)
	f.on("POST /office/members/{id}/pin/reset", auth.PermAdjust, f.memberPINReset)
	f.on("POST /office/members/{id}/family", auth.PermMembers, f.memberFamily)
	f.on("POST /office/members/{id}/family/leave", auth.PermMembers, f.memberFamilyLeave)
	f.on("POST /office/members/{id}/consents", auth.PermMembers, f.memberConsent)
	f.on("POST /office/members/{id}/data", auth.PermAdjust, f.memberData)
	f.on("POST /office/members/{id}/erase", auth.PermSettings, f.memberErase)
}

func documentKinds(p *page) []ui.Option {
	out := []ui.Option{{Value: "", Text: p.T("office.not_said")}}
	for _, k := range member.DocumentKinds() {
		out = append(out, ui.Option{Value: k, Text: p.T("office.document." + k)})
	}
	return out
}

// documentText shows the kind, and of the number the ends alone: the edit page
// has all of it.
func documentText(p *page, x member.Private) templ.Component {
	if x.Document == "" {
		return ui.Text("–")
	}
	return ui.Text(p.T("office.document."+x.DocumentKind) + " " + x.MaskedDocument())
}

// onMember reads the member and the form, does something that is audited and
// goes back to the page; what is wrong is shown on it.
func (f *office) onMember(w http.ResponseWriter, r *http.Request, p *page, action string, detail any, do func(ctx context.Context, tx *db.Tx, m member.Member, in form) error) error {
	m, err := f.memberOf(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	err = f.audited(r.Context(), action, "member", detail, func(ctx context.Context, tx *db.Tx) (string, error) {
		return m.ID.String(), do(ctx, tx, m, in)
	})
	if err != nil {
		return f.wrongPrivate(w, r, p, m, in, err)
	}
	return done(w, r, p, "/office/members/"+m.ID.String(), "office.saved")
}

func (f *office) wrongPrivate(w http.ResponseWriter, r *http.Request, p *page, m member.Member, in form, err error) error {
	in.err = err
	return f.showMember(w, r, p, m, func(d *profile) error { d.private = in; return err })
}

// memberPIN sets the PIN: whoever may not adjust needs the one in force.
func (f *office) memberPIN(w http.ResponseWriter, r *http.Request, p *page) error {
	m, err := f.memberOf(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	err = f.setPIN(r.Context(), p, m, in)
	if err != nil {
		return f.wrongPrivate(w, r, p, m, in, err)
	}
	return done(w, r, p, "/office/members/"+m.ID.String(), "office.privacy.pin_saved")
}

func (f *office) setPIN(ctx context.Context, p *page, m member.Member, in form) error {
	var had member.PIN
	if err := f.db.Batch(ctx, member.AskPIN(m.Merchant, m.ID, &had)); err != nil {
		return err
	}
	if had.IsSet() && !p.Actor.May(auth.PermAdjust) {
		result := had.Check(in.get("current"), f.db.Now())
		if err := f.db.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
			member.QueuePINResult(tx, m.Merchant, m.ID, result)
			return nil
		}); err != nil {
			return err
		}
		if result != nil {
			return fault.Of(result).On("current")
		}
	}
	hash, err := member.HashPIN(ctx, auth.DefaultHash, in.get("pin"))
	if err != nil {
		return err
	}
	return f.audited(ctx, "member.pin_set", "member", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
		return m.ID.String(), member.SetPIN(ctx, tx, m.Merchant, m.ID, hash)
	})
}

func (f *office) memberPINReset(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.onMember(w, r, p, "member.pin_reset", nil, func(ctx context.Context, tx *db.Tx, m member.Member, _ form) error {
		return member.ResetPIN(ctx, tx, m.Merchant, m.ID)
	})
}

// memberFamily puts the one member that the search finds under this member's
// family: under its head where it belongs to one.
func (f *office) memberFamily(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.onMember(w, r, p, "member.family_joined", nil, func(ctx context.Context, tx *db.Tx, m member.Member, in form) error {
		found, _, err := member.Find(ctx, tx, f.o.Vault, m.Merchant, in.get("relative"), db.Page{Limit: 2})
		if err != nil {
			return err
		}
		if in.get("relative") == "" || len(found) != 1 { // nobody, or not clear who
			return member.ErrNotFound.On("relative")
		}
		head := m.ID
		all, err := member.ListFamily(ctx, tx, m.Merchant, m.ID)
		if err != nil {
			return err
		}
		if len(all) > 0 {
			head = all[0].Member
		}
		if err := member.JoinFamily(ctx, tx, m.Merchant, head, found[0].ID); err != nil {
			return fault.Of(err).On("relative")
		}
		return nil
	})
}

func (f *office) memberFamilyLeave(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.onMember(w, r, p, "member.family_left", nil, func(ctx context.Context, tx *db.Tx, m member.Member, in form) error {
		who, err := in.id("member")
		if err != nil {
			return err
		}
		all, err := member.ListFamily(ctx, tx, m.Merchant, m.ID)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(all, func(x member.Relative) bool { return x.Member == who }) {
			return member.ErrFamilyNotFound
		}
		return member.LeaveFamily(ctx, tx, m.Merchant, who)
	})
}

func (f *office) memberConsent(w http.ResponseWriter, r *http.Request, p *page) error {
	purpose, granted := r.PostFormValue("purpose"), r.PostFormValue("granted") == "true"
	if !slices.Contains(member.Purposes(), purpose) { // it goes into the audit log
		return member.ErrPurpose.On("purpose")
	}
	return f.onMember(w, r, p, "member.consent_recorded", map[string]any{"purpose": purpose, "granted": granted}, func(ctx context.Context, tx *db.Tx, m member.Member, in form) error {
		_, err := member.RecordConsent(ctx, tx, m.Merchant, m.ID, purpose, granted, in.get("source"))
		return err
	})
}

// memberData hands out all that is held about a member: as a page, or as a file
// to take along. It is audited before anything is read.
func (f *office) memberData(w http.ResponseWriter, r *http.Request, p *page) error {
	m, err := f.memberOf(r, p)
	if err != nil {
		return err
	}
	as := r.PostFormValue("as")
	if as != "json" && as != "html" {
		as = "page"
	}
	err = f.audited(r.Context(), "member.exported", "member", map[string]string{"as": as}, func(context.Context, *db.Tx) (string, error) { return m.ID.String(), nil })
	if err != nil {
		return err
	}
	data, err := report.ReadPerson(r.Context(), f.db, f.o.Vault, p.Merchant, m.ID)
	if err != nil {
		return err
	}
	name := "member-" + m.ID.String()
	switch as {
	case "json":
		raw, err := json.MarshalIndent(data, "", "  ")
		if err != nil {
			return err
		}
		asFile(w, "application/json; charset=utf-8", name+".json")
		_, _ = w.Write(raw) // a reader that has gone is nobody's fault
		return nil
	case "html":
		var b bytes.Buffer
		if err := personFile(p, data).Render(r.Context(), &b); err != nil {
			return err
		}
		asFile(w, "text/html; charset=utf-8", name+".html")
		_, _ = w.Write(b.Bytes())
		return nil
	}
	w.Header().Set("Cache-Control", "no-store")
	return f.show(w, r, personView(p, m, data))
}

func (f *office) memberErase(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	err = f.audited(r.Context(), "member.erased", "member", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
		return u.String(), member.Erase(ctx, tx, p.Merchant.ID, u)
	})
	if err != nil {
		return err
	}
	return done(w, r, p, "/office/members/"+u.String(), "office.members.erased")
}

// retained tells whether the law still wants the member to be known.
func (d *profile) retained() bool { return d.now < d.m.RetainUntil }

// pinState says whether there is a PIN and whether it is locked.
func (d *profile) pinState(p *page) templ.Component {
	switch {
	case !d.pin.IsSet():
		return ui.Badge(ui.Neutral, p.T("office.privacy.pin_none"))
	case d.now < d.pin.LockedUntil:
		return ui.Badge(ui.Bad, p.T("office.privacy.pin_locked", "until", stampText(p, d.pin.LockedUntil)))
	}
	return ui.Badge(ui.Ok, p.T("office.privacy.pin_is_set", "date", stampText(p, d.pin.SetAt)[:10]))
}

// consentState is the newest word on a purpose.
func (d *profile) consentState(p *page, purpose string) (templ.Component, string, bool) {
	c, said := member.InForce(d.consents)[purpose]
	switch {
	case !said:
		return ui.Badge(ui.Neutral, p.T("office.privacy.not_asked")), "", false
	case c.Granted:
		return ui.Badge(ui.Ok, p.T("office.privacy.granted")), stampText(p, c.At) + " · " + p.T("office.consent_source."+c.Source), true
	}
	return ui.Badge(ui.Warn, p.T("office.privacy.refused")), stampText(p, c.At) + " · " + p.T("office.consent_source."+c.Source), false
}

func consentSources(p *page) []ui.Option {
	var out []ui.Option
	for _, s := range []string{member.SourceRegister, member.SourcePaper} {
		out = append(out, ui.Option{Value: s, Text: p.T("office.consent_source." + s)})
	}
	return out
}

// consentSteps is all that was said, the newest first.
func (d *profile) consentSteps(p *page) []ui.Step {
	var out []ui.Step
	for _, c := range d.consents {
		tone, text := ui.Warn, p.T("office.privacy.refused")
		if c.Granted {
			tone, text = ui.Ok, p.T("office.privacy.granted")
		}
		out = append(out, ui.Step{Tone: tone, Title: p.T("office.consent." + c.Purpose), Text: text + " · " + p.T("office.consent_source."+c.Source), Time: ui.At(p.Ctx, c.At)})
	}
	return out
}

// dataSheet is a table of the readable export.
type dataSheet struct {
	title   string
	columns []string
	rows    [][]string
	code    int // the column of codes of the program, 0 none: they are not translated
}

// dataSheets lays a person's data out in tables, in the reader's language.
func dataSheets(p *page, d *report.Person) []dataSheet {
	at := func(i clock.Instant) string {
		if i == 0 {
			return "–"
		}
		return stampText(p, i)
	}
	yes := func(b bool) string {
		if b {
			return p.T("office.privacy.yes")
		}
		return p.T("office.privacy.no")
	}
	x := d.Profile
	word := func(prefix, s string) string {
		if s == "" {
			return "–"
		}
		return p.T(prefix + s)
	}
	who := dataSheet{title: p.T("office.member.identity"), columns: []string{p.T("office.privacy.field"), p.T("office.privacy.value")}, rows: [][]string{
		{p.T("office.col.name"), dash(x.Name)}, {p.T("office.col.phone"), dash(x.Phone)}, {p.T("office.members.birthday"), dash(x.Birthday)}, {p.T("office.members.sex"), word("office.sex.", x.Sex)},
		{p.T("office.members.address"), dash(x.Address)}, {p.T("office.members.email"), dash(x.Email)}, {p.T("office.members.document_kind"), word("office.document.", x.DocumentKind)}, {p.T("office.members.document"), dash(x.Document)},
		{p.T("office.members.occupation"), dash(x.Occupation)}, {p.T("office.members.note"), dash(x.Note)}, {p.T("office.col.state"), word("office.member_status.", x.Status)}, {p.T("office.col.tier"), dash(x.Tier)},
		{p.T("office.col.joined"), at(x.JoinedAt)}, {p.T("office.members.home_shop"), dash(x.HomeShop)}, {p.T("office.privacy.retain"), at(x.RetainUntil)}, {p.T("office.privacy.pin"), at(x.PINSetAt)}, {p.T("office.privacy.family"), count(p, x.Family)},
	}}
	cards := dataSheet{title: p.T("office.member.cards"), columns: []string{p.T("office.members.card"), p.T("office.cards.design"), p.T("office.col.state"), p.T("office.col.date"), p.T("office.member.expires"), p.T("office.cards.points")}}
	for _, c := range d.Cards {
		cards.rows = append(cards.rows, []string{dash(c.Number), dash(c.Design), p.T("office.card_status." + c.Status), at(c.IssuedAt), at(c.ExpiresAt), yes(c.Earns)})
	}
	consents := dataSheet{title: p.T("office.privacy.consents"), columns: []string{p.T("office.privacy.purpose"), p.T("office.privacy.granted"), p.T("office.col.date"), p.T("office.privacy.source")}}
	for _, c := range d.Consents {
		consents.rows = append(consents.rows, []string{p.T("office.consent." + c.Purpose), yes(c.Granted), at(c.At), p.T("office.consent_source." + c.Source)})
	}
	tiers := dataSheet{title: p.T("office.col.tier"), columns: []string{p.T("office.privacy.from"), p.T("office.privacy.to"), p.T("office.col.date"), p.T("office.col.reason")}}
	for _, c := range d.Tiers {
		tiers.rows = append(tiers.rows, []string{dash(c.From), dash(c.To), at(c.At), dash(c.Reason)})
	}
	w := d.Wallet
	holds := dataSheet{title: p.T("office.member.lots"), columns: []string{p.T("office.member.account"), p.T("office.member.remaining"), p.T("office.member.of"), p.T("office.col.date"), p.T("office.member.expires")},
		rows: [][]string{{p.T("office.class.principal"), w.Principal, "–", "–", "–"}, {p.T("office.class.bonus"), w.Bonus, "–", "–", "–"}, {p.T("office.col.points"), itoa(w.Points), "–", "–", "–"}, {p.T("office.member.punches"), itoa(w.Visits), "–", "–", "–"}}}
	for _, l := range d.Lots {
		holds.rows = append(holds.rows, []string{className(p, l.Class), l.Remaining, l.Amount, at(l.From), at(l.Until)})
	}
	moves := dataSheet{title: p.T("office.member.movements"), columns: []string{p.T("office.col.date"), p.T("office.col.kind"), p.T("office.member.account"), p.T("office.col.amount")}}
	for _, m := range d.Movements {
		moves.rows = append(moves.rows, []string{at(m.At), m.Kind, className(p, m.Class), m.Amount})
	}
	coupons := dataSheet{title: p.T("office.coupons.title"), columns: []string{p.T("office.col.code"), p.T("office.coupons.design"), p.T("office.coupons.used"), p.T("office.col.date"), p.T("office.coupons.until")}}
	for _, c := range d.Coupons {
		coupons.rows = append(coupons.rows, []string{c.Code, c.Name, p.Int(c.Used) + " / " + p.Int(c.Uses), at(c.IssuedAt), at(c.ValidUntil)})
	}
	sales := dataSheet{title: p.T("office.sales.title"), columns: []string{p.T("office.col.receipt"), p.T("office.col.date"), p.T("office.col.kind"), p.T("office.privacy.what"), p.T("office.col.quantity"), p.T("office.col.amount")}}
	for _, s := range d.Sales {
		sales.rows = append(sales.rows, []string{dash(s.Number), at(s.At), s.Kind, s.Shop, "", s.Total})
		for _, l := range s.Lines {
			sales.rows = append(sales.rows, []string{"", "", l.Kind, dash(l.Name), l.Quantity, l.Net})
		}
	}
	audit := dataSheet{title: p.T("office.privacy.audit"), columns: []string{p.T("office.col.date"), p.T("office.col.action"), p.T("office.privacy.by")}, code: 1}
	for _, e := range d.Audit {
		audit.rows = append(audit.rows, []string{at(e.At), e.Action, e.Actor})
	}
	return []dataSheet{who, cards, consents, tiers, holds, moves, coupons, sales, audit}
}

func className(p *page, class string) string {
	switch class {
	case "points":
		return p.T("office.col.points")
	case "punch":
		return p.T("office.member.punches")
	case "principal", "bonus":
		return p.T("office.class." + class)
	}
	return class
}

func (s dataSheet) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: s.title, HideCaption: true, Dense: true, Empty: ui.EmptyState{Title: p.T("office.privacy.nothing")}}
	for _, c := range s.columns {
		t.Columns = append(t.Columns, ui.Column{Title: c})
	}
	for _, r := range s.rows {
		cells := make([]any, len(r))
		for i, c := range r {
			cells[i] = c
			if s.code > 0 && i == s.code {
				cells[i] = code(c)
			}
		}
		t.Rows = append(t.Rows, ui.Row(cells...))
	}
	return t
}
