package ui

import (
	"strings"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/static"
)

// Frame is what a page of the office is set in.
type Frame struct {
	Title    string
	Lead     string  // one sentence below the title
	Crumbs   []Crumb // the way here; also says to which entry of Nav the page belongs
	Nav      []NavGroup
	Shop     string // name of the shop that is looked at
	Register string // register or other context beside it
	Staff    string // name of who is signed in; "" hides the menu
	SignOut  string // takes POST
	Flash    []Flash
	Scripts  []string // further scripts by their plain name: "pos.js"
	Wide     bool     // no frame's title: the page draws its own
}

// Crumb is a step on the way to the page; the last one has no Href.
type Crumb struct{ Title, Href string }

// NavGroup is a titled part of the navigation.
type NavGroup struct {
	Title string
	Items []NavItem
}

// NavItem is one entry. It shows where the actor has its permission. Phone puts
// it into the bottom bar as well (four fit).
type NavItem struct {
	Title, Href, Icon string
	Permission        string
	Badge             string
	Phone             bool
}

// Flash is a message that goes away by itself.
type Flash struct {
	Tone Tone
	Text string
}

// Tone colours a message by what it means. The zero value is neutral.
type Tone string

// The tones.
const (
	Neutral Tone = ""
	Ok      Tone = "ok"
	Warn    Tone = "warn"
	Bad     Tone = "bad"
	Info    Tone = "info"
	Branded Tone = "brand"
)

func (t Tone) icon() string {
	switch t {
	case Ok, Warn, Bad:
		return string(t)
	}
	return "info"
}

// current reports whether the entry is the one of this request: its own page or
// one below it, unless a longer entry fits better. A page that lies elsewhere belongs
// to the entry that its crumbs lead back to.
func (c Ctx) current(f Frame, href string) bool {
	best := entryOf(f.Nav, c.Path)
	if best != c.Path {
		for _, s := range f.Crumbs {
			if e := entryOf(f.Nav, s.Href); s.Href != "" && strings.HasPrefix(e, best+"/") {
				best = e
			}
		}
	}
	return best == href && best != ""
}

// entryOf is the longest entry that a path is, or lies below; "" none.
func entryOf(groups []NavGroup, path string) (best string) {
	for _, g := range groups {
		for _, i := range g.Items {
			if (path == i.Href || strings.HasPrefix(path, strings.TrimSuffix(i.Href, "/")+"/")) && len(i.Href) > len(best) {
				best = i.Href
			}
		}
	}
	return best
}

func (c Ctx) visible(g NavGroup) []NavItem {
	var out []NavItem
	for _, i := range g.Items {
		if c.May(i.Permission) {
			out = append(out, i)
		}
	}
	return out
}

func (c Ctx) phone(groups []NavGroup) []NavItem {
	var out []NavItem
	for _, g := range groups {
		for _, i := range c.visible(g) {
			if i.Phone && len(out) < 4 {
				out = append(out, i)
			}
		}
	}
	return out
}

func (b Brand) logo() string {
	if b.LogoURL != "" {
		return b.LogoURL
	}
	return static.URL("icon.svg")
}

func title(c Ctx, s string) string {
	switch {
	case s == "":
		return c.Brand.Name
	case c.Brand.Name == "":
		return s
	}
	return s + " · " + c.Brand.Name
}

// htmxConfig keeps htmx within the policy: no evaluated strings, no style element.
const htmxConfig = `{"allowEval":false,"includeIndicatorStyles":false,"selfRequestsOnly":true,"allowScriptTags":false,"historyCacheSize":0,"scrollBehavior":"auto"}`

var themes = []struct{ value, icon, key string }{
	{"", "auto", "ui.theme_auto"}, {"light", "sun", "ui.theme_light"}, {"dark", "moon", "ui.theme_dark"},
}

func bodyAttrs(class string) templ.Attributes {
	if class == "" {
		return nil
	}
	return templ.Attributes{"class": class}
}
