package office

import (
	"context"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
)

// packVersions is the page of a pack's versions and of what differs between two.
type packVersions struct {
	*packDetail
	rows     []pack.Installed // of this pack; what comes with the program has none
	staff    map[id.ID]string
	from, to string
	diff     *pack.VersionDiff
	can      bool // remove
}

func (f *office) packVersionsPage(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.findPack(r, p)
	if err != nil {
		return err
	}
	v := &packVersions{packDetail: d, can: f.o.Installer != nil}
	all, err := p.Packs.All()
	if err != nil {
		return err
	}
	for _, row := range all {
		if row.PackID == d.bundle.ID {
			v.rows = append(v.rows, row)
		}
	}
	if v.staff, err = f.staffNames(r.Context(), p.Merchant.ID); err != nil {
		return err
	}
	v.from, v.to = r.URL.Query().Get("from"), r.URL.Query().Get("to")
	if v.from == "" && v.to == "" && len(d.versions) > 1 {
		v.from, v.to = d.versions[1].Version, d.versions[0].Version
	}
	if v.from != "" && v.to != "" {
		from, err := p.Packs.Get(d.bundle.ID, v.from)
		if err != nil {
			return err
		}
		to, err := p.Packs.Get(d.bundle.ID, v.to)
		if err != nil {
			return err
		}
		diff := pack.DiffVersions(from, to)
		v.diff = &diff
	}
	return f.show(w, r, packVersionsView(p, v))
}

// packRemove takes a version out of what can be switched on.
func (f *office) packRemove(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.findPack(r, p)
	if err != nil {
		return err
	}
	in, err := f.o.Installer.Remove(r.Context(), p.Merchant.ID, d.bundle.ID, r.PostFormValue("version"), p.Actor.ID, func(ctx context.Context, tx *db.Tx, in pack.Installed) error {
		return auth.Audit(ctx, tx, pack.AuditRemoved(p.Merchant.ID, in))
	})
	if err != nil {
		return err
	}
	back := "/office/packs"
	if len(d.versions) > 1 || d.known {
		back += "/" + d.bundle.ID + "/versions"
	}
	return done(w, r, p, back, "office.packs.removed", "name", d.bundle.Name(p.Words), "version", in.Version)
}

// table lists the versions, the newest first, removed ones too.
func (v *packVersions) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.packs.tab_versions"), HideCaption: true,
		Columns: []ui.Column{{Title: p.T("office.packs.version")}, {Title: p.T("office.packs.trust")}, {Title: p.T("office.packs.installed_at")}, {Title: p.T("office.packs.on_in"), Key: true}, {End: true}}}
	for _, b := range v.versions {
		row, own := v.row(b.Version)
		when, by := templ.Component(ui.Text("–")), ""
		if own {
			when, by = ui.At(p.Ctx, row.InstalledAt), v.staff[row.InstalledBy]
		}
		t.Rows = append(t.Rows, ui.Row(b.Version, trustText(p, b), whenBy(when, by), v.onIn(p, b.Version), v.removal(p, b, row, own)))
	}
	for _, row := range v.rows {
		if row.Removed {
			t.Rows = append(t.Rows, ui.Row(row.Version, trustOf(p, row.Trust, row.Signer), whenBy(ui.At(p.Ctx, row.RemovedAt), v.staff[row.RemovedBy]), ui.Status(ui.Neutral, p.T("office.packs.removed_badge")), ui.Text("")))
		}
	}
	return t
}

func (v *packVersions) row(version string) (pack.Installed, bool) {
	for _, r := range v.rows {
		if r.Version == version {
			return r, true
		}
	}
	return pack.Installed{}, false
}

// onIn names the shops where a version is on.
func (v *packVersions) onIn(p *page, version string) string {
	var out []string
	for _, a := range v.shops {
		if a.Enabled && a.Version == version {
			out = append(out, shopName(p, a.Shop))
		}
	}
	return dash(strings.Join(out, ", "))
}

func (v *packVersions) removal(p *page, b *pack.Bundle, row pack.Installed, own bool) templ.Component {
	if !v.can || !own || row.Merchant != p.Merchant.ID {
		return ui.Text("")
	}
	return asked(p, "remove-"+strings.ReplaceAll(b.Version, ".", "-"), p.T("office.packs.remove_ask", "name", b.Name(p.Words), "version", b.Version), p.T("office.packs.remove_text"), "/office/packs/"+b.ID+"/remove",
		ui.ButtonProps{Text: p.T("office.packs.remove"), Kind: ui.Quiet, Size: "small"}, ui.ButtonProps{Text: p.T("office.packs.remove"), Kind: ui.Danger}, "version", b.Version)
}

func shopName(p *page, shop id.ID) string {
	for _, s := range p.Shops {
		if s.ID == shop {
			return s.Name
		}
	}
	return ""
}

// trustText says who vouches for a version.
func trustText(p *page, b *pack.Bundle) string {
	if row, own, err := p.Packs.Installed(b.ID, b.Version); err == nil && own {
		return trustOf(p, row.Trust, row.Signer)
	}
	return trustOf(p, pack.TrustEmbedded, "")
}

func trustOf(p *page, t pack.Trust, signer string) string {
	return p.T("office.packs.trust_"+t.String(), "signer", signer)
}

// versionOptionsAll are all versions that can be compared.
func (v *packVersions) options() []ui.Option {
	var out []ui.Option
	for _, b := range v.versions {
		out = append(out, ui.Option{Value: b.Version, Text: b.Version})
	}
	for _, r := range v.rows {
		if r.Removed {
			out = append(out, ui.Option{Value: r.Version, Text: r.Version})
		}
	}
	return out
}

// diffTable is what differs between the two versions.
func (v *packVersions) diffTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.packs.compare"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.packs.diff_what")}, {Title: p.T("office.packs.diff_before")}, {Title: p.T("office.packs.diff_after"), Key: true}},
		Empty:   ui.EmptyState{Icon: "info", Title: p.T("office.packs.compare_same")}}
	d := v.diff
	for _, x := range []struct {
		title, prefix string
		n             pack.Names
	}{{"office.packs.diff_hooks", "office.hook.", d.Hooks}, {"office.packs.diff_powers", "office.power.", d.Powers}, {"office.packs.diff_facts", "", d.Facts},
		{"office.packs.diff_categories", "", d.Categories}, {"office.packs.diff_messages", "", d.Messages}} {
		if len(x.n.Added)+len(x.n.Removed) > 0 {
			t.Rows = append(t.Rows, ui.Row(p.T(x.title), dash(wordsOf(p, x.prefix, x.n.Removed)), dash(wordsOf(p, x.prefix, x.n.Added))))
		}
	}
	if d.Priority[0] != d.Priority[1] {
		t.Rows = append(t.Rows, ui.Row(p.T("office.packs.diff_priority"), p.Int(int64(d.Priority[0])), p.Int(int64(d.Priority[1]))))
	}
	for _, s := range d.Settings {
		t.Rows = append(t.Rows, ui.Row(p.T("office.packs.diff_setting", "name", strings.TrimPrefix(s.Pointer, "/")), shortJSON(s.Before), shortJSON(s.After)))
	}
	return t
}
