package office

import (
	"context"
	"net/http"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/wallet"
)

func (f *office) mountMembers() {
	f.on("GET /office/members", auth.PermMembers, f.membersPage)
	f.on("GET /office/members/new", auth.PermMembers, f.memberNew)
	f.on("POST /office/members/new", auth.PermMembers, f.memberCreate)
	f.on("GET /office/members/{id}", auth.PermMembers, f.memberPage)
	f.on("GET /office/members/{id}/edit", auth.PermMembers, f.memberEdit)
	f.on("POST /office/members/{id}/edit", auth.PermMembers, f.memberUpdate)
	f.on("POST /office/members/{id}/status", auth.PermAdjust, f.memberStatus)
	f.mountPrivacy()
	f.mountCards()
}

const membersAtOnce = 25

type memberList struct {
	query   string
	items   []member.Member
	wallets map[id.ID]wallet.Wallet
	tiers   map[string]string
	first   string
	next    string
}

func (f *office) membersPage(w http.ResponseWriter, r *http.Request, p *page) error {
	at, err := pageOf(r, membersAtOnce)
	if err != nil {
		return err
	}
	l := memberList{query: r.URL.Query().Get("q")}
	var next string
	if l.items, next, err = member.Find(r.Context(), f.db, f.o.Vault, p.Merchant.ID, l.query, at); err != nil {
		return err
	}
	l.first, l.next = pager(r, next)
	if l.wallets, err = f.wallets(r.Context(), p.Merchant.ID, l.items); err != nil {
		return err
	}
	if l.tiers, err = f.tierNames(r.Context(), p.Merchant.ID); err != nil {
		return err
	}
	return f.show(w, r, membersView(p, &l))
}

// wallets reads the wallets of the members of a page in one trip.
func (f *office) wallets(ctx context.Context, m id.ID, items []member.Member) (map[id.ID]wallet.Wallet, error) {
	accounts := make([][]ledger.Account, len(items))
	asks := make([]db.Ask, len(items))
	for i := range items {
		asks[i] = wallet.AskAccounts(m, items[i].ID, &accounts[i])
	}
	if err := f.db.Batch(ctx, asks...); err != nil {
		return nil, err
	}
	out := map[id.ID]wallet.Wallet{}
	for i := range items {
		out[items[i].ID] = wallet.Of(items[i].ID, accounts[i])
	}
	return out, nil
}

func (f *office) tierNames(ctx context.Context, m id.ID) (map[string]string, error) {
	tiers, err := member.ListTiers(ctx, f.db, m)
	out := map[string]string{}
	for _, t := range tiers {
		out[t.Code] = t.Name
	}
	return out, err
}

func (l *memberList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.members.title"), HideCaption: true, First: l.first, Next: l.next,
		Columns: []ui.Column{{Title: p.T("office.col.name")}, {Title: p.T("office.col.tier")}, {Title: p.T("office.col.phone")},
			{Title: p.T("office.col.stored_value"), Numeric: true, Key: true}, {Title: p.T("office.col.points"), Numeric: true}, {Title: p.T("office.col.joined")}},
		Empty: ui.EmptyState{Icon: "member", Title: p.T("office.members.none"), Text: p.T("office.members.none_text"),
			Action: linkButton(p.T("office.members.new"), "/office/members/new", "plus", ui.Plainly)}}
	if l.query != "" {
		t.Empty.Title, t.Empty.Text = p.T("office.members.not_found", "query", l.query), p.T("office.members.not_found_text")
	}
	for _, m := range l.items {
		wal := l.wallets[m.ID]
		t.Rows = append(t.Rows, ui.Row(nameCell(p, m), tierBadge(m.Tier, l.tiers), dash(m.Private.MaskedPhone()),
			ui.Amount(p.Ctx, wal.Principal+wal.Bonus), p.Int(wal.Points), ui.At(p.Ctx, m.JoinedAt)))
	}
	return t
}

func nameCell(p *page, m member.Member) templ.Component {
	name := ui.Link(memberName(p, m.DisplayName), "/office/members/"+m.ID.String())
	if m.Status == member.Active {
		return name
	}
	return rowOf(name, statusBadge(p, m.Status))
}

// memberName is a name for a link; an erased member has none.
func memberName(p *page, name string) string {
	if name == "" {
		return p.T("office.members.erased_name")
	}
	return name
}

func tierBadge(code string, names map[string]string) templ.Component {
	if code == "" {
		return ui.Text("–")
	}
	if n := names[code]; n != "" {
		code = n
	}
	return ui.Badge(ui.Branded, code)
}

func statusBadge(p *page, s member.Status) templ.Component {
	tone := ui.Ok
	switch s {
	case member.Frozen:
		tone = ui.Warn
	case member.Archived, member.Erased:
		tone = ui.Neutral
	}
	return ui.Badge(tone, p.T("office.member_status."+string(s)))
}

func (f *office) memberNew(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.show(w, r, memberFormView(p, values("phone", r.URL.Query().Get("phone"), "shop", p.Shop.ID.String()), nil))
}

func (f *office) memberCreate(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	var created member.Member
	shop, err := in.id("shop")
	if err == nil {
		err = f.audited(r.Context(), "member.created", "member", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
			var err error
			created, err = member.Create(ctx, tx, f.o.Vault, member.In{Merchant: p.Merchant.ID, Name: in.get("name"), Phone: in.get("phone"), Birthday: in.get("birthday"),
				Sex: in.get("sex"), Address: in.get("address"), Email: in.get("email"), Note: in.get("note"), Card: in.get("card"), Shop: shop,
				DocumentKind: in.get("document_kind"), Document: in.get("document"), Occupation: in.get("occupation")})
			return created.ID.String(), err
		})
	}
	if err != nil {
		in.err = err
		return f.again(w, r, err, memberFormView(p, in, nil))
	}
	return done(w, r, p, "/office/members/"+created.ID.String(), "office.members.created", "name", created.DisplayName)
}

func (f *office) memberOf(r *http.Request, p *page) (member.Member, error) {
	u, err := pathID(r, "id")
	if err != nil {
		return member.Member{}, err
	}
	return member.Get(r.Context(), f.db, f.o.Vault, p.Merchant.ID, u)
}

func (f *office) memberEdit(w http.ResponseWriter, r *http.Request, p *page) error {
	m, err := f.memberOf(r, p)
	if err != nil {
		return err
	}
	d := m.Private
	return f.show(w, r, memberFormView(p, values("name", d.Name, "phone", d.Phone, "birthday", d.Birthday, "sex", d.Sex, "address", d.Address,
		"email", d.Email, "note", d.Note, "document_kind", d.DocumentKind, "document", d.Document, "occupation", d.Occupation, "shop", m.HomeShop.String(), "version", itoa(m.Version)), &m))
}

func (f *office) memberUpdate(w http.ResponseWriter, r *http.Request, p *page) error {
	m, err := f.memberOf(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	str := func(name string) *string { s := in.get(name); return &s }
	shop, err := in.id("shop")
	if err == nil {
		err = f.audited(r.Context(), "member.updated", "member", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
			_, err := member.Update(ctx, tx, f.o.Vault, p.Merchant.ID, m.ID, member.Patch{Version: atoi(in.get("version")), Name: str("name"), Phone: str("phone"),
				Birthday: str("birthday"), Sex: str("sex"), Address: str("address"), Note: str("note"), Email: str("email"), HomeShop: &shop,
				DocumentKind: str("document_kind"), Document: str("document"), Occupation: str("occupation")})
			return m.ID.String(), err
		})
	}
	if err != nil {
		in.err = err
		return f.again(w, r, err, memberFormView(p, in, &m))
	}
	return done(w, r, p, "/office/members/"+m.ID.String(), "office.saved")
}

func (f *office) memberStatus(w http.ResponseWriter, r *http.Request, p *page) error {
	m, err := f.memberOf(r, p)
	if err != nil {
		return err
	}
	to := member.Status(r.PostFormValue("status"))
	err = f.audited(r.Context(), "member.status_set", "member", map[string]string{"status": string(to)}, func(ctx context.Context, tx *db.Tx) (string, error) {
		_, err := member.SetStatus(ctx, tx, f.o.Vault, p.Merchant.ID, m.ID, to, 0)
		return m.ID.String(), err
	})
	if err != nil {
		return err
	}
	return done(w, r, p, "/office/members/"+m.ID.String(), "office.saved")
}
