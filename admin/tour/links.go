package tour

import (
	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
)

// link leads to where a step happens: a page in another tab, or a button that
// exists for the tour.
type link struct {
	text, href, icon string
	post             bool
}

// links are what a step offers to press.
func (v *view) links(step string) []link {
	open := func(href string) link { return link{text: v.T("tour.open"), href: href, icon: "next"} }
	switch v.role.key + "." + step {
	case "cashier.scan":
		return []link{{text: v.T("tour.open_till"), href: "/pos/" + v.m.Register.String(), icon: "till"}}
	case "owner.watch":
		return []link{open("/tour/price")}
	case "owner.day":
		text := v.T("tour.day_on")
		if v.day {
			text = v.T("tour.day_off")
		}
		return []link{{text: text, href: "/tour/member-day", icon: "rules", post: true}, {text: v.T("tour.pack_page"), href: "/office/packs/catering", icon: "next"}}
	case "owner.prove":
		return []link{open("/office/proof")}
	case "owner.audit":
		return []link{open("/office/audit")}
	case "reseller.look", "reseller.brand":
		return []link{open("/office")}
	case "reseller.switch":
		return []link{open("/office/edition")}
	case "reseller.words":
		return []link{open("/office/members")}
	case "integrator.docs":
		return []link{open("/docs")}
	case "integrator.inside":
		if v.sale.IsNone() {
			return []link{open("/office/sales")}
		}
		return []link{open("/office/sales/" + v.sale.String() + "/why")}
	case "integrator.break":
		text := v.T("tour.break")
		if v.broken {
			text = v.T("tour.mend")
		}
		return []link{{text: text, href: "/tour/break", icon: "rules", post: true}}
	case "integrator.notice":
		return []link{{text: v.T("tour.sell"), href: "/tour/sell", icon: "sale", post: true}}
	case "vendor.devices":
		return []link{open("/office/devices")}
	case "vendor.kill":
		return []link{{text: v.T("tour.kill"), href: "/tour/kill", icon: "bad", post: true}}
	case "vendor.copy":
		if v.killed {
			return []link{open("/office/sales/" + v.sale.String())}
		}
	}
	return nil
}

func newTab() templ.Attributes { return templ.Attributes{"target": "_blank", "rel": "noopener"} }

// tone is the colour of a step's dot.
func (v *view) tone(step string) string {
	if v.done[step] {
		return "tone-ok"
	}
	return "tone-"
}

// next reports whether a step is the first that is not done: its button stands out.
func (v *view) next(step string) bool {
	for _, s := range v.role.steps {
		if !v.done[s] {
			return s == step
		}
	}
	return false
}

func (v *view) kind(step string) ui.ButtonKind {
	if v.next(step) {
		return ui.Primary
	}
	return ui.Plainly
}

func (v *view) driverTone() ui.Tone {
	if v.driver.Usable {
		return ui.Ok
	}
	return ui.Warn
}

// driverState is the state of the printer's driver in words; without a driver it
// is about to be started.
func (v *view) driverState() string {
	if v.driver.State == "" {
		return v.T("tour.driver.starting")
	}
	return v.T("tour.driver." + v.driver.State)
}
