package office

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
)

func (f *office) mountKeys() {
	f.on("GET /office/keys", auth.PermStaff, f.keysPage)
	f.on("POST /office/keys", auth.PermStaff, f.keyCreate)
	f.on("POST /office/keys/{id}/revoke", auth.PermStaff, f.keyRevoke)
}

type keyList struct {
	items  []auth.APIKey
	now    clock.Instant
	in     form
	secret string // of the key that was just made; shown once
	name   string
}

func (f *office) readKeys(ctx context.Context, p *page) (*keyList, error) {
	l := &keyList{now: f.db.Now(), in: values("role", string(p.Actor.Role))}
	var err error
	l.items, err = auth.ListKeys(ctx, f.db, p.Merchant.ID)
	return l, err
}

func (f *office) keysPage(w http.ResponseWriter, r *http.Request, p *page) error {
	l, err := f.readKeys(r.Context(), p)
	if err != nil {
		return err
	}
	return f.show(w, r, keysView(p, l))
}

// keyCreate answers the page itself: a secret does not go into a cookie or an
// address. Loading it again asks the browser's user first.
func (f *office) keyCreate(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	k := auth.NewKey{Name: in.get("name"), Role: auth.Role(in.get("role"))}
	if days := atoi(in.get("days")); days > 0 {
		k.Expires = clock.Of(f.db.Now().Time().AddDate(0, 0, int(min(days, 36500))))
	}
	var secret string
	err = f.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) error { // the write audits itself
		var err error
		_, secret, err = auth.CreateKey(ctx, tx, p.Merchant.ID, k)
		return err
	})
	l, readErr := f.readKeys(r.Context(), p)
	if readErr != nil {
		return readErr
	}
	if err != nil {
		in.err, l.in = err, in
		l.in.err = err
		return f.again(w, r, err, keysView(p, l))
	}
	l.secret, l.name = secret, k.Name
	return f.show(w, r, keysView(p, l))
}

func (f *office) keyRevoke(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	if err := f.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) error { return auth.RevokeKey(ctx, tx, p.Merchant.ID, u) }); err != nil {
		return err
	}
	return done(w, r, p, "/office/keys", "office.keys.revoked_done")
}

func (l *keyList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.keys.title"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.col.name")}, {Title: p.T("office.staff.role")}, {Title: p.T("office.keys.created")}, {Title: p.T("office.keys.expires")}, {Title: p.T("office.col.state"), Key: true}, {Title: p.T("office.col.action"), End: true}},
		Empty:   ui.EmptyState{Icon: "scan", Title: p.T("office.keys.none"), Text: p.T("office.keys.none_text")}}
	for _, k := range l.items {
		expires := p.T("office.member.no_end")
		if k.ExpiresAt != 0 {
			expires = p.DateTime(k.ExpiresAt)
		}
		state, live := ui.Status(ui.Ok, p.T("office.keys.in_force")), true
		switch {
		case k.RevokedAt != 0:
			state, live = ui.Badge(ui.Neutral, p.T("office.keys.revoked")), false
		case k.ExpiresAt != 0 && k.ExpiresAt <= l.now:
			state, live = ui.Badge(ui.Warn, p.T("office.keys.expired")), false
		}
		t.Rows = append(t.Rows, ui.Row(k.Name, p.T("office.role."+string(k.Role)), stamp(p, k.CreatedAt), expires, state, keyActions(p, k, live)))
	}
	return t
}
