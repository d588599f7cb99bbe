package office

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/web"
)

func (f *office) mountPacks() {
	f.on("GET /office/packs", auth.PermPacks, f.packsPage)
	f.on("GET /office/packs/{pack}", auth.PermPacks, f.packPage)
	f.on("POST /office/packs/{pack}", auth.PermPacks, f.packSave)
	f.on("POST /office/packs/{pack}/toggle", auth.PermPacks, f.packToggle)
	f.on("POST /office/packs/{pack}/back", auth.PermPacks, f.packBack)
}

// packRow is a pack as a shop has it; without an activation it never was on.
type packRow struct {
	bundle *pack.Bundle // the version that is active, else the newest
	act    pack.Activation
	known  bool
}

func (f *office) packsPage(w http.ResponseWriter, r *http.Request, p *page) error {
	acts, err := pack.ListFor(r.Context(), f.db, p.Merchant.ID, p.Shop.ID)
	if err != nil {
		return err
	}
	by := map[string]pack.Activation{}
	for _, a := range acts {
		by[a.PackID] = a
	}
	var rows []packRow
	seen := map[string]bool{}
	for _, b := range f.pack.List() {
		if seen[b.ID] {
			continue
		}
		seen[b.ID] = true
		a, known := by[b.ID]
		if known {
			if active, err := f.pack.Get(b.ID, a.Version); err == nil {
				b = active
			}
		}
		rows = append(rows, packRow{b, a, known})
	}
	return f.show(w, r, packsView(p, rows))
}

func (r packRow) description(p *page) string {
	text, _ := r.bundle.Text(p.Words, "pack.description")
	return text
}

// packDetail is one pack in the shop that is looked at.
type packDetail struct {
	packRow
	versions []*pack.Bundle
	form     ui.Form
	priority string
	history  []pack.Record
	staff    map[id.ID]string
	err      error
	next     string
	first    string
}

func (f *office) readPack(r *http.Request, p *page) (*packDetail, error) {
	name := r.PathValue("pack")
	d := &packDetail{}
	for _, b := range f.pack.List() {
		if b.ID == name {
			d.versions = append(d.versions, b)
		}
	}
	if len(d.versions) == 0 {
		return nil, pack.ErrNotInstalled.With("id", name).With("version", "")
	}
	var err error
	if d.bundle, err = f.pack.Latest(name); err != nil {
		return nil, err
	}
	a, err := pack.GetActivation(r.Context(), f.db, p.Merchant.ID, p.Shop.ID, name)
	switch {
	case fault.ReasonIs(err, pack.ErrNotActivated.Reason):
	case err != nil:
		return nil, err
	default:
		d.act, d.known = a, true
		if b, err := f.pack.Get(name, a.Version); err == nil {
			d.bundle = b
		}
	}
	if err := d.fillForm(p); err != nil {
		return nil, err
	}
	at, err := pageOf(r, 10)
	if err != nil {
		return nil, err
	}
	var next string
	if d.history, next, err = pack.History(r.Context(), f.db, p.Merchant.ID, p.Shop.ID, name, at); err != nil {
		return nil, err
	}
	d.first, d.next = pager(r, next)
	d.staff, err = f.staffNames(r.Context(), p.Merchant.ID)
	return d, err
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
	d, err := f.readPack(r, p)
	if err != nil {
		return err
	}
	on := r.PostFormValue("enabled") == "true"
	config, err := d.bundle.CheckConfig(orEmpty(d.act.Config))
	if err != nil {
		return err
	}
	err = f.set(r.Context(), p, false, pack.Change{PackID: d.bundle.ID, Enabled: on, Version: d.bundle.Version, Config: config, Priority: d.act.Priority, Reason: r.PostFormValue("reason")})
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
	return done(w, r, p, back, key, "name", d.bundle.Name(p.Words))
}

func orEmpty(config []byte) []byte {
	if len(config) == 0 {
		return []byte("{}")
	}
	return config
}

// packSave stores the typed configuration, version and priority.
func (f *office) packSave(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readPack(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	if v := in.get("pack.version"); v != "" && v != d.bundle.Version {
		if d.bundle, err = f.pack.Get(d.bundle.ID, v); err != nil {
			return err
		}
		if err := d.fillForm(p); err != nil {
			return err
		}
	}
	d.form.Raw, d.priority = r.PostForm, in.get("pack.priority")
	if ui.WantsRow(r.PostForm) {
		return f.show(w, r, packView(p, d))
	}
	change, err := d.change(r.PostForm, in)
	if err == nil {
		err = f.set(r.Context(), p, in.on("pack.all_shops"), change)
	}
	if err != nil {
		d.refuse(err)
		return f.again(w, r, err, packView(p, d))
	}
	return done(w, r, p, "/office/packs/"+d.bundle.ID, "office.packs.saved", "name", d.bundle.Name(p.Words))
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
	if e, ok := err.(ui.FieldErrors); ok { //nolint:errorlint // FormValues answers it as it is
		d.form.Errors = e
		return
	}
	if x := fault.Of(err); strings.HasPrefix(x.Param, "/") {
		d.form.Errors = ui.FieldErrors{x.Param: x}
	}
	d.err = err
}

// packBack takes up an earlier configuration again.
func (f *office) packBack(w http.ResponseWriter, r *http.Request, p *page) error {
	d, err := f.readPack(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	want, err := in.id("record")
	if err != nil {
		return err
	}
	// The record itself is asked for, wherever in the history it stands: After is
	// exclusive and newest first, so one page from just above it begins with it.
	rows, _, err := pack.History(r.Context(), f.db, p.Merchant.ID, p.Shop.ID, d.bundle.ID, db.Page{After: above(want), Limit: 1})
	if err != nil {
		return err
	}
	if len(rows) == 0 || rows[0].ID != want {
		return pack.ErrNotActivated
	}
	h := rows[0]
	b, err := f.pack.Get(h.PackID, h.Version)
	if err != nil {
		return err
	}
	config, err := b.CheckConfig(h.Config)
	if err != nil {
		return err
	}
	err = f.set(r.Context(), p, false, pack.Change{PackID: h.PackID, Enabled: h.Enabled, Version: h.Version, Config: config, Priority: h.Priority, Reason: p.T("office.packs.back_reason", "at", p.DateTime(h.At))})
	if err != nil {
		return err
	}
	return done(w, r, p, "/office/packs/"+h.PackID, "office.packs.went_back", "at", p.DateTime(h.At))
}

// above is the next id in byte order.
func above(u id.ID) id.ID {
	for i := len(u) - 1; i >= 0; i-- {
		if u[i]++; u[i] != 0 {
			break
		}
	}
	return u
}

func (d *packDetail) versionOptions() []ui.Option {
	out := make([]ui.Option, len(d.versions))
	for i, b := range d.versions {
		out[i] = ui.Option{Value: b.Version, Text: b.Version}
	}
	return out
}

func (d *packDetail) manifest(p *page) []ui.Pair {
	hooks := make([]string, len(d.bundle.Hooks))
	for i, h := range d.bundle.Hooks {
		hooks[i] = p.T("office.hook." + h)
	}
	out := []ui.Pair{
		{Key: p.T("office.packs.version"), Value: ui.Text(d.bundle.Version)},
		{Key: p.T("office.packs.decides"), Value: ui.Text(strings.Join(hooks, ", "))},
		{Key: p.T("office.why.module"), Value: code(d.bundle.ModuleHash())},
	}
	if d.known {
		out = append(out, ui.Pair{Key: p.T("office.why.config"), Value: code(d.act.ConfigHash)},
			ui.Pair{Key: p.T("office.packs.since"), Value: ui.At(p.Ctx, d.act.UpdatedAt)})
	}
	return out
}

// who is the person behind a record of the history.
func (d *packDetail) who(p *page, h pack.Record) string {
	if h.Actor.IsNone() {
		return p.T("office.packs.program")
	}
	return dash(d.staff[h.Actor])
}

// changed lists the settings that differ from the state before; older is nil for
// the first.
func changed(newer pack.Record, older *pack.Record) string {
	if older == nil {
		return ""
	}
	var a, b map[string]json.RawMessage
	if json.Unmarshal(newer.Config, &a) != nil || json.Unmarshal(older.Config, &b) != nil {
		return ""
	}
	var out []string
	for _, k := range sortedKeys(a) {
		if string(a[k]) != string(b[k]) {
			out = append(out, k)
		}
	}
	return strings.Join(out, ", ")
}

// olderOf is the state before the i-th of a history that is newest first.
func olderOf(list []pack.Record, i int) *pack.Record {
	if i+1 < len(list) {
		return &list[i+1]
	}
	return nil
}

func onOff(on bool) string {
	if on {
		return "office.packs.on"
	}
	return "office.packs.off"
}

func historyTone(on bool) string {
	if on {
		return "ok"
	}
	return ""
}

// enabledIn is what the switch of the form shows: what was typed, else what is.
func enabledIn(d *packDetail) bool {
	if d.form.Raw != nil {
		return d.form.Raw.Get("pack.enabled") == "true"
	}
	return d.act.Enabled
}
