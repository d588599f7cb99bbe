package office_test

import (
	"net/http"
	"strings"
	"testing"
)

// sectionOf is a section of a pack's form, with its beginning.
func sectionOf(t *testing.T, body, first string) string {
	t.Helper()
	_, rest, ok := strings.Cut(body, `<details class="form-section" id="section-cfg/`+first+`"`)
	text, _, closed := strings.Cut(rest, "</details>")
	if !ok || !closed {
		t.Fatalf("no section begins with %s", first)
	}
	return text
}

func isOpen(section string) bool { return strings.HasPrefix(section, " open>") }

// A pack's settings and a trial of it show its sections, closed where they are
// off. What cannot be stored, or a row that was asked for, opens its section; what
// is closed is stored all the same.
func TestAPacksFormHasSections(t *testing.T) {
	eachShop(t, func(t *testing.T, s *shop) {
		b := s.signIn("owner")
		const page = "/office/packs/salon"
		for _, path := range []string{page, page + "/backtest"} {
			body := b.get(path).want(t, http.StatusOK, `href="#section-cfg/full_on"`).body
			if on, off := sectionOf(t, body, "punches_on"), sectionOf(t, body, "full_on"); !isOpen(on) || isOpen(off) {
				t.Errorf("%s: punch cards are on and open: %v; the full reduction is off and open: %v", path, isOpen(on), isOpen(off))
			}
		}
		form := fieldsOf(t, b.get(page).body, page)
		form.Set("/full_cap", "x")
		body := b.postForm(page, form).want(t, http.StatusBadRequest, "ui.field_not_a_number").body
		if part := sectionOf(t, body, "full_on"); !isOpen(part) || !strings.Contains(part, `aria-invalid="true"`) || !strings.Contains(part, "1 error") {
			t.Errorf("the section of the error: %s", part)
		}
		form.Set("/full_cap", "12")
		form.Set("add", "/full_steps")
		if part := sectionOf(t, b.postForm(page, form).body, "full_on"); !isOpen(part) {
			t.Error("the section of the row that was asked for is closed")
		}
		form.Del("add")
		b.postForm(page, form).want(t, http.StatusOK)
		if part := sectionOf(t, b.get(page).body, "full_on"); isOpen(part) || !strings.Contains(part, `value="12.00"`) {
			t.Errorf("a setting of a closed section was not stored: open %v", isOpen(part))
		}
	})
}
