package ui

import (
	"slices"
	"strings"
)

// section is a run of a form's settings under one title.
type section struct {
	id, title string // no title: what stands before the first section
	nodes     []*node
	switched  bool // it has a switch, so that it can be on or off
	on        bool
	open      bool
	wrong     int // how many of its fields have an error
}

// sections cuts the form where a setting says that a section begins. A form
// without sections is one without a title.
func (f Form) sections(c Ctx) []*section {
	v := f.viewer(c)
	var out []*section
	var settings []Property // of the section that is being filled
	for i, n := range v.properties(f.Schema, "", 0) {
		p := f.Schema.Properties[i]
		starts := len(p.Schema.xSection) > 0
		if starts || len(out) == 0 {
			if len(out) > 0 {
				v.judge(out[len(out)-1], settings)
			}
			s := &section{}
			if starts {
				s.title, s.id = p.Section(c.Locale), "section-"+n.id
			}
			out, settings = append(out, s), nil
		}
		last := out[len(out)-1]
		last.nodes, settings = append(last.nodes, n), append(settings, p)
	}
	if len(out) > 0 {
		v.judge(out[len(out)-1], settings)
	}
	return out
}

// Section is the title of the section that begins with the setting, in a
// language; "" where none does.
func (p Property) Section(locale string) string {
	if len(p.Schema.xSection) == 0 {
		return ""
	}
	if t := pick(p.Schema.xSection, locale, ""); t != "" {
		return t
	}
	return p.Title(locale)
}

// judge decides whether a section stands open: where it is on, where nothing
// switches it, and where something in it has to be seen: an error, or the row
// that was just asked for.
func (v viewer) judge(s *section, settings []Property) {
	switches := switchesOf(settings)
	s.switched = len(switches) > 0
	asked := v.values.Get(markAdd)
	busy := false
	for i, n := range s.nodes {
		at := "/" + escape(settings[i].Name)
		if slices.Contains(switches, i) {
			n.master = true
			s.on = s.on || n.checked
		}
		for where := range v.form.Errors {
			if covers(at, where) {
				s.wrong++
			}
		}
		busy = busy || asked != "" && covers(at, asked)
	}
	s.open = s.on || !s.switched || s.wrong > 0 || busy
}

// covers reports whether at is a pointer or one above it.
func covers(at, pointer string) bool {
	rest, ok := strings.CutPrefix(pointer, at)
	return ok && (rest == "" || rest[0] == '/')
}

// switchesOf answers the places of the settings that switch a section: those
// named "…_on" (a section may hold several offers, each with its own), else its
// first boolean.
func switchesOf(settings []Property) []int {
	var named []int
	first := -1
	for i, p := range settings {
		if p.Schema.Type != "boolean" || len(p.Schema.Enum) > 0 {
			continue
		}
		if first < 0 {
			first = i
		}
		if strings.HasSuffix(p.Name, "_on") {
			named = append(named, i)
		}
	}
	if named == nil && first >= 0 {
		return []int{first}
	}
	return named
}

// indexed reports whether the form is long enough for an index of its sections.
func indexed(list []*section) bool {
	n := 0
	for _, s := range list {
		if s.title != "" {
			n++
		}
	}
	return n > 2
}
