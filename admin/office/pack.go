package office

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/web"
)

func (f *office) mountPacks() {
	f.on("GET /office/packs", auth.PermPacks, f.packsPage)
	f.on("GET /office/packs/{pack}", auth.PermPacks, f.packPage)
	f.on("POST /office/packs/{pack}", auth.PermPacks, f.packSave)
	f.on("POST /office/packs/{pack}/toggle", auth.PermPacks, f.packToggle)
	f.on("POST /office/packs/{pack}/back", auth.PermPacks, f.packBack)
	f.on("GET /office/packs/{pack}/versions", auth.PermPacks, f.packVersionsPage)
	f.on("GET /office/packs/{pack}/preview", auth.PermPacks, f.packPreviewPage)
	f.on("GET "+packKeysURL, auth.PermPacks, f.packKeysPage)
	f.on("POST "+packKeysURL, auth.PermPacks, f.packKeyAdd)
	f.on("POST "+packKeysURL+"/{id}/remove", auth.PermPacks, f.packKeyRemove)
	if f.o.Meetings != nil {
		f.on("GET /office/packs/{pack}/meet", auth.PermPacks, f.packMeetPage)
		f.on("POST /office/packs/{pack}/check", auth.PermPacks, f.packCheck)
	}
	if f.o.Installer != nil {
		f.on("POST /office/packs/{pack}/remove", auth.PermPacks, f.packRemove)
		f.on("GET "+installURL, auth.PermPacks, f.packInstallPage)
		f.on("POST "+installURL, auth.PermPacks, f.packUpload)
		f.on("GET "+installURL+"/{ticket}", auth.PermPacks, f.packInstalling)
	}
}

// packRow is a pack as a shop has it; without an activation it never was on.
type packRow struct {
	bundle *pack.Bundle // the version that is active, else the newest
	act    pack.Activation
	known  bool
	check  bool              // how it meets the others is shown before it is switched on
	shops  []pack.Activation // all shops', where there are several
}

func (f *office) packsPage(w http.ResponseWriter, r *http.Request, p *page) error {
	acts, err := pack.ListFor(r.Context(), f.db, p.Merchant.ID, id.None)
	if err != nil {
		return err
	}
	bundles, err := p.Packs.List()
	if err != nil {
		return err
	}
	var rows []packRow
	for _, b := range bundles {
		if len(rows) > 0 && rows[len(rows)-1].bundle.ID == b.ID {
			continue
		}
		if newest, err := p.Packs.Latest(b.ID); err == nil {
			b = newest
		}
		rows = append(rows, f.packRow(p, b, acts))
	}
	return f.show(w, r, packsView(p, rows, f.o.Installer != nil))
}

// packRow puts the activations beside the pack.
func (f *office) packRow(p *page, b *pack.Bundle, acts []pack.Activation) packRow {
	row := packRow{bundle: b, check: f.o.Meetings != nil && !p.Shop.ID.IsNone()}
	for _, a := range acts {
		if a.PackID != b.ID {
			continue
		}
		row.shops = append(row.shops, a)
		if a.Shop != p.Shop.ID {
			continue
		}
		row.act, row.known = a, true
		if active, err := p.Packs.Get(b.ID, a.Version); err == nil {
			row.bundle = active
		}
	}
	return row
}

func (r packRow) description(p *page) string {
	text, _ := r.bundle.Text(p.Words, "pack.description")
	return text
}

// shopTable is how each shop has the pack.
func (r packRow) shopTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: r.bundle.Name(p.Words), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.packs.shops")}, {Title: p.T("office.packs.state"), Key: true}, {Title: p.T("office.packs.version")}, {Title: p.T("office.packs.priority"), Numeric: true}}}
	for _, s := range p.Shops {
		t.Rows = append(t.Rows, r.shopRow(p, s))
	}
	return t
}

func (r packRow) shopRow(p *page, s tenant.Shop) ui.TableRow {
	for _, a := range r.shops {
		if a.Shop != s.ID {
			continue
		}
		return ui.Row(s.Name, shopState(p, a), a.Version, p.Int(int64(a.Priority)))
	}
	return ui.Row(s.Name, ui.Status(ui.Neutral, p.T("office.packs.never")), "–", "–")
}

// shopState is on or off, and whether something is wrong there.
func shopState(p *page, a pack.Activation) templ.Component {
	switch {
	case a.Notice != "":
		return ui.Status(ui.Bad, noticeText(p, a.Notice, a.Failures))
	case a.Failures > 0:
		return ui.Status(ui.Warn, noticeText(p, "", a.Failures))
	case a.Enabled:
		return ui.Status(ui.Ok, p.T("office.packs.on"))
	}
	return ui.Status(ui.Neutral, p.T("office.packs.off"))
}

// packDetail is one pack in the shop that is looked at.
type packDetail struct {
	packRow
	versions []*pack.Bundle
	form     ui.Form
	priority string
	history  []pack.Record
	before   map[id.ID]pack.Record
	staff    map[id.ID]string
	costs    []pack.Cost
	err      error
	next     string
	first    string
	tabs     []ui.Tab
}

// findPack reads the pack of the address and how the shop has it. Fault:
// pack.not_installed.
func (f *office) findPack(r *http.Request, p *page) (*packDetail, error) {
	name := r.PathValue("pack")
	d := &packDetail{}
	var err error
	if d.versions, err = p.Packs.Versions(name); err != nil {
		return nil, err
	}
	acts, err := pack.ListFor(r.Context(), f.db, p.Merchant.ID, id.None)
	if err != nil {
		return nil, err
	}
	b, err := p.Packs.Latest(name)
	for _, a := range acts { // all its versions may have been removed since
		if err != nil && a.PackID == name && a.Shop == p.Shop.ID {
			b, err = p.Packs.Get(name, a.Version)
		}
	}
	if err != nil {
		return nil, err
	}
	d.packRow = f.packRow(p, b, acts)
	d.tabs = f.packTabs(p, name, r.URL.Path)
	return d, nil
}

func (f *office) readPack(r *http.Request, p *page) (*packDetail, error) {
	d, err := f.findPack(r, p)
	if err != nil {
		return nil, err
	}
	if err := d.fillForm(p); err != nil {
		return nil, err
	}
	if f.o.Costs != nil {
		for _, c := range f.o.Costs() {
			if c.Pack == d.bundle.ID && c.Version == d.bundle.Version {
				d.costs = append(d.costs, c)
			}
		}
	}
	at, err := pageOf(r, 10)
	if err != nil {
		return nil, err
	}
	var next string
	if d.history, next, err = pack.History(r.Context(), f.db, p.Merchant.ID, p.Shop.ID, d.bundle.ID, at); err != nil {
		return nil, err
	}
	if d.before, err = pack.Befores(r.Context(), f.db, p.Merchant.ID, d.history); err != nil {
		return nil, err
	}
	d.first, d.next = pager(r, next)
	d.staff, err = f.staffNames(r.Context(), p.Merchant.ID)
	return d, err
}

// packTabs are the pages about one pack.
func (f *office) packTabs(p *page, name, path string) []ui.Tab {
	base := "/office/packs/" + name
	tabs := []ui.Tab{{Title: p.T("office.packs.tab_settings"), Href: base}}
	if f.o.Meetings != nil {
		tabs = append(tabs, ui.Tab{Title: p.T("office.packs.tab_meet"), Href: base + "/meet"})
	}
	tabs = append(tabs, ui.Tab{Title: p.T("office.packs.tab_preview"), Href: base + "/preview"}, ui.Tab{Title: p.T("office.packs.tab_versions"), Href: base + "/versions"})
	tabs = append(tabs, f.trialTabs(p, base)...)
	for i := range tabs {
		tabs[i].Current = path == tabs[i].Href || path == base+"/check" && tabs[i].Href == base+"/meet"
	}
	return tabs
}

// fillForm makes the form of the pack's schema, filled with the configuration in
// force: the stored one over the pack's own defaults.
func (d *packDetail) fillForm(p *page) error {
	s, err := ui.ParseSchema(d.bundle.Schema(), p.Currency)
	if err != nil {
		return err
	}
	config := d.act.Config
	if len(config) == 0 {
		config = []byte("{}")
	}
	if whole, err := d.bundle.CheckConfig(config); err == nil {
		config = whole
	}
	d.form = ui.Form{ID: "cfg", Schema: s, Value: json.RawMessage(config)}
	d.priority = strconv.Itoa(int(d.act.Priority))
	return nil
}

func (f *office) packPage(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readPack(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, packView(p, d))
}

// set writes one state of a pack, for the shop that is looked at or for all, with
// its audit record. The next quote is priced by it.
func (f *office) set(ctx context.Context, p *page, all bool, c pack.Change) error {
	c.Merchant, c.Actor = p.Merchant.ID, p.Actor.ID
	c.Shops = []id.ID{p.Shop.ID}
	if all {
		c.Shops = c.Shops[:0]
		for _, s := range p.Shops {
			c.Shops = append(c.Shops, s.ID)
		}
	}
	detail := map[string]any{"shops": c.Shops, "enabled": c.Enabled, "version": c.Version, "priority": c.Priority, "reason": c.Reason}
	return f.audited(ctx, "pack.set", "pack", detail, func(ctx context.Context, tx *db.Tx) (string, error) {
		return c.PackID, pack.Set(ctx, tx, c)
	})
}

// packToggle switches the pack with the configuration that it has, or with its
// defaults the first time.
func (f *office) packToggle(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.findPack(r, p)
	if err != nil {
		return err
	}
	on := r.PostFormValue("enabled") == "true"
	asked := pack.Asked{Enabled: &on, Version: r.PostFormValue("version"), Reason: r.PostFormValue("reason")}
	if n, err := strconv.ParseInt(r.PostFormValue("priority"), 10, 32); err == nil {
		asked.Priority = new(int32(n))
	}
	var had *pack.Activation
	if d.known {
		had = &d.act
	}
	change, b, err := p.Packs.Lay(d.bundle.ID, had, asked)
	if err == nil {
		err = f.set(r.Context(), p, false, change)
	}
	if err != nil {
		return err
	}
	key := "office.packs.switched_off"
	if on {
		key = "office.packs.switched_on"
	}
	back := "/office/packs"
	if r.PostFormValue("from") == "pack" {
		back += "/" + d.bundle.ID
	}
	return done(w, r, p, back, key, "name", b.Name(p.Words))
}

// typedPack reads the form of a pack: what is typed and the change that it means.
// shown says that the form wants to be shown again as it is.
func (f *office) typedPack(r *http.Request, p *page) (d *packDetail, in form, change pack.Change, shown bool, err error) {
	if d, err = f.readPack(r, p); err != nil {
		return d, in, change, false, err
	}
	if in, err = formOf(r); err != nil {
		return d, in, change, false, err
	}
	if v := in.get("pack.version"); v != "" && v != d.bundle.Version {
		if d.bundle, err = p.Packs.Usable(d.bundle.ID, v); err != nil {
			return d, in, change, false, err
		}
		if err = d.fillForm(p); err != nil {
			return d, in, change, false, err
		}
	}
	d.form.Raw, d.priority = r.PostForm, in.get("pack.priority")
	if ui.WantsRow(r.PostForm) {
		return d, in, change, true, nil
	}
	change, wrong := d.change(r.PostForm, in)
	if wrong != nil {
		d.refuse(wrong)
	}
	return d, in, change, wrong != nil, nil
}

// packSave stores the typed configuration, version and priority.
func (f *office) packSave(w http.ResponseWriter, r *http.Request, p *page) error {
	d, in, change, shown, err := f.typedPack(r, p)
	if err != nil {
		return err
	}
	if !shown {
		if err := f.set(r.Context(), p, in.on("pack.all_shops"), change); err != nil {
			d.refuse(err)
		} else {
			return done(w, r, p, "/office/packs/"+d.bundle.ID, "office.packs.saved", "name", d.bundle.Name(p.Words))
		}
	}
	if d.err == nil {
		return f.show(w, r, packView(p, d))
	}
	return f.again(w, r, d.err, packView(p, d))
}

// change reads the form. Its own fields begin with "pack.", those of the schema
// are JSON pointers.
func (d *packDetail) change(v url.Values, in form) (pack.Change, error) {
	priority, err := strconv.ParseInt(in.get("pack.priority"), 10, 32)
	if err != nil {
		return pack.Change{}, web.ErrValidation.On("pack.priority").With("param", "pack.priority").With("problem", in.get("pack.priority"))
	}
	raw, err := ui.FormValues(d.form.Schema, v)
	if err != nil {
		return pack.Change{}, err
	}
	config, err := d.bundle.CheckConfig(raw)
	if err != nil {
		return pack.Change{}, err
	}
	return pack.Change{PackID: d.bundle.ID, Enabled: in.on("pack.enabled"), Version: d.bundle.Version, Config: config, Priority: int32(priority), Reason: in.get("pack.reason")}, nil
}

// refuse puts what is wrong beside its field, where it has one.
func (d *packDetail) refuse(err error) {
	d.err = err
	if e, ok := err.(ui.FieldErrors); ok { //nolint:errorlint // FormValues answers it as it is
		d.form.Errors = e
		return
	}
	if x := fault.Of(err); strings.HasPrefix(x.Param, "/") {
		d.form.Errors = ui.FieldErrors{x.Param: x}
	}
}

func (d *packDetail) versionOptions() []ui.Option {
	var out []ui.Option
	listed := false
	for _, b := range d.versions {
		out = append(out, ui.Option{Value: b.Version, Text: b.Version})
		listed = listed || b.Version == d.bundle.Version
	}
	if !listed { // removed since
		out = append(out, ui.Option{Value: d.bundle.Version, Text: d.bundle.Version})
	}
	return out
}

func (d *packDetail) manifest(p *page) []ui.Pair {
	out := []ui.Pair{
		{Key: p.T("office.packs.version"), Value: ui.Text(d.bundle.Version)},
		{Key: p.T("office.packs.decides"), Value: ui.Text(wordsOf(p, "office.hook.", d.bundle.Hooks))},
		{Key: p.T("office.packs.powers"), Value: ui.Text(wordsOf(p, "office.power.", d.bundle.Powers))},
		{Key: p.T("office.packs.trust"), Value: ui.Text(trustText(p, d.bundle))},
		{Key: p.T("office.why.module"), Value: code(d.bundle.ModuleHash())},
	}
	if d.known {
		out = append(out, ui.Pair{Key: p.T("office.why.config"), Value: code(d.act.ConfigHash)},
			ui.Pair{Key: p.T("office.packs.since"), Value: ui.At(p.Ctx, d.act.UpdatedAt)})
	}
	return out
}

// wordsOf says names of a manifest in the reader's language.
func wordsOf(p *page, prefix string, names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = n
		if p.Words.Has(prefix + n) {
			out[i] = p.T(prefix + n)
		}
	}
	return strings.Join(out, ", ")
}

func onOff(on bool) string {
	if on {
		return "office.packs.on"
	}
	return "office.packs.off"
}

// enabledIn is what the switch of the form shows: what was typed, else what is.
func enabledIn(d *packDetail) bool {
	if d.form.Raw != nil {
		return d.form.Raw.Get("pack.enabled") == "true"
	}
	return d.act.Enabled
}
