package office

import (
	"context"
	"net/http"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
)

// packKeysURL has a step that is no pack's id, and stands under the packs for the
// navigation.
const packKeysURL = "/office/packs/-/keys"

// packKeys is the page of the keys whose packs the merchant trusts.
type packKeys struct {
	keys  []pack.TrustedKey
	staff map[id.ID]string
	in    form
}

func (f *office) readPackKeys(ctx context.Context, p *page) (*packKeys, error) {
	d := &packKeys{in: values()}
	var err error
	if d.keys, err = pack.TrustedKeys(ctx, f.db, p.Merchant.ID); err != nil {
		return nil, err
	}
	d.staff, err = f.staffNames(ctx, p.Merchant.ID)
	return d, err
}

func (f *office) packKeysPage(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readPackKeys(r.Context(), p)
	if err != nil {
		return err
	}
	return f.show(w, r, packKeysView(p, d))
}

func (f *office) packKeyAdd(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	var k pack.TrustedKey
	in.err = f.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		if k, err = pack.AddKey(ctx, tx, p.Merchant.ID, in.get("name"), in.get("public_key"), p.Actor.ID); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, pack.AuditKey(p.Merchant.ID, "pack_key.added", k))
	})
	if in.err != nil {
		d, err := f.readPackKeys(r.Context(), p)
		if err != nil {
			return err
		}
		d.in = in
		return f.again(w, r, in.err, packKeysView(p, d))
	}
	return done(w, r, p, packKeysURL, "office.pack_keys.added_flash", "name", k.Name)
}

func (f *office) packKeyRemove(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	var k pack.TrustedKey
	err = f.db.InTx(r.Context(), func(ctx context.Context, tx *db.Tx) (err error) {
		if k, err = pack.RemoveKey(ctx, tx, p.Merchant.ID, u, p.Actor.ID); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, pack.AuditKey(p.Merchant.ID, "pack_key.removed", k))
	})
	if err != nil {
		return err
	}
	return done(w, r, p, packKeysURL, "office.pack_keys.removed_flash", "name", k.Name)
}

func (d *packKeys) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.pack_keys.title"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.pack_keys.name")}, {Title: p.T("office.pack_keys.fingerprint"), Key: true}, {Title: p.T("office.pack_keys.added")}, {Title: p.T("office.pack_keys.by")}, {End: true}},
		Empty:   ui.EmptyState{Icon: "key", Title: p.T("office.pack_keys.none"), Text: p.T("office.pack_keys.none_text")}}
	for _, k := range d.keys {
		t.Rows = append(t.Rows, ui.Row(k.Name, code(pack.Fingerprint(k.Public)), ui.At(p.Ctx, k.AddedAt), dash(d.staff[k.AddedBy]),
			asked(p, "remove-"+k.ID.String(), p.T("office.pack_keys.remove_ask", "name", k.Name), p.T("office.pack_keys.remove_text"), packKeysURL+"/"+k.ID.String()+"/remove",
				ui.ButtonProps{Text: p.T("office.pack_keys.remove"), Kind: ui.Quiet, Size: "small"}, ui.ButtonProps{Text: p.T("office.pack_keys.remove"), Kind: ui.Danger})))
	}
	return t
}
