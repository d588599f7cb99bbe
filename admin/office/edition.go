package office

import (
	"context"
	"net/http"
	"strconv"

	"github.com/shopwright/shopwright/admin/shell"
	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/edition"
	"github.com/shopwright/shopwright/core/tenant"
)

func (f *office) mountEdition() {
	f.on("GET /office/edition", auth.PermSettings, f.editionPage)
	f.on("POST /office/edition", auth.PermSettings, f.editionSet)
}

type editionList struct {
	all     []*edition.Edition
	preview *edition.Edition // the one that is looked at
}

func (f *office) editionPage(w http.ResponseWriter, r *http.Request, p *page) error {
	l := editionList{preview: p.Edition}
	for _, name := range edition.Builtins() {
		e, err := f.Edition(name)
		if err != nil {
			return err
		}
		l.all = append(l.all, e)
		if name == r.URL.Query().Get("look") {
			l.preview = e
		}
	}
	return f.show(w, r, editionView(p, &l))
}

// editionSet moves the merchant to another edition; name, colours and words are
// those of the next page.
func (f *office) editionSet(w http.ResponseWriter, r *http.Request, p *page) error {
	e, err := f.Edition(r.PostFormValue("edition"))
	if err != nil {
		return err
	}
	err = f.audited(r.Context(), "edition.set", "merchant", map[string]string{"before": p.Merchant.Edition, "edition": e.ID}, func(ctx context.Context, tx *db.Tx) (string, error) {
		return p.Merchant.ID.String(), tenant.SetEdition(ctx, tx, p.Merchant.ID, e.ID)
	})
	if err != nil {
		return err
	}
	f.Forget(p.Merchant.ID)
	return shell.Redirect(w, r, "/office/edition", ui.Ok, p.T("office.edition.done", "name", e.Brand.Name))
}

// swatch is one colour of an edition.
type swatch struct{ name, color string }

func swatches(e *edition.Edition, dark bool) []swatch {
	var out []swatch
	for _, t := range []string{"brand", "brand-ink", "accent", "surface", "ink"} {
		out = append(out, swatch{t, e.Color(dark, t)})
	}
	return out
}

// measured is the contrast of the pairs that a person must be able to read.
func (l *editionList) measured(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.edition.contrast"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.edition.pair")}, {Title: p.T("office.edition.theme")}, {Title: p.T("office.edition.ratio"), Numeric: true, Key: true}, {Title: p.T("office.edition.needed"), Numeric: true}},
		Empty:   ui.EmptyState{Icon: "edition", Title: p.T("office.edition.defaults")}}
	brand := ui.Brand{Light: paletteOf(l.preview, false), Dark: paletteOf(l.preview, true)}
	found, err := ui.CheckBrand(brand)
	if err != nil {
		return t // an edition's colours were parsed when it was read
	}
	for _, x := range found {
		tone := ui.Ok
		if !x.OK() {
			tone = ui.Bad
		}
		t.Rows = append(t.Rows, ui.Row(p.T(x.Pair), p.T("ui.theme_"+x.Theme), ui.Badge(tone, ratio(x.Ratio)), ratio(x.Needed)))
	}
	return t
}

func paletteOf(e *edition.Edition, dark bool) ui.Palette {
	return ui.Palette{Brand: e.Color(dark, "brand"), BrandInk: e.Color(dark, "brand-ink"), Accent: e.Color(dark, "accent")}
}

// ratio rounds down, so that 4.49 does not read as 4.5.
func ratio(r float64) string {
	return strconv.FormatFloat(float64(int(r*10))/10, 'f', 1, 64) + " : 1"
}

// words are the edition's own terms beside the usual ones.
func (l *editionList) words(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.edition.words"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.edition.usual")}, {Title: p.T("office.edition.own"), Key: true}},
		Empty:   ui.EmptyState{Icon: "language", Title: p.T("office.edition.no_words")}}
	usual, own := usualWords(p, edition.Default), l.preview.Locale(p.Ctx.Locale)
	for _, key := range sortedKeys(l.preview.Terms[own.Tag()]) {
		if usual(key) != own.T(key) {
			t.Rows = append(t.Rows, ui.Row(usual(key), own.T(key)))
		}
	}
	return t
}

// usualWords is the text of a key without any edition's words.
func usualWords(p *page, name string) func(string) string {
	e, err := edition.Builtin(name)
	if err != nil {
		return func(key string) string { return key }
	}
	l := e.Locale(p.Ctx.Locale)
	return func(key string) string { return l.T(key) }
}

func (l *editionList) particulars(p *page) []ui.Pair {
	e := l.preview
	packs := ""
	for i, x := range e.Packs {
		if i > 0 {
			packs += ", "
		}
		packs += x.ID
	}
	return []ui.Pair{
		{Key: p.T("office.edition.id"), Value: code(e.ID)}, {Key: p.T("office.edition.name"), Value: ui.Text(e.Name)},
		{Key: p.T("office.edition.brand"), Value: ui.Text(e.Brand.Name)}, {Key: p.T("shell.nav.packs"), Value: ui.Text(dash(packs))},
		{Key: p.T("office.edition.languages"), Value: ui.Text(languageNames(p, e))},
	}
}

func languageNames(p *page, e *edition.Edition) string {
	text := ""
	for i, tag := range e.Offered() {
		if i > 0 {
			text += ", "
		}
		name := tag
		for _, l := range p.Ctx.Locales {
			if l.Code == tag {
				name = l.Name
			}
		}
		text += name
	}
	return text
}
