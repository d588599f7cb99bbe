package pos

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/shopwright/shopwright/core/money"
)

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

// all answers the nodes for which ok holds, in the order of the page.
func (p *person) all(ok func(*html.Node) bool) []*html.Node {
	var out []*html.Node
	for n := range p.page.Descendants() {
		if n.Type == html.ElementNode && ok(n) {
			out = append(out, n)
		}
	}
	return out
}

// text is what is read of a node.
func text(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// see is the text of the elements of a class.
func (p *person) see(class string) string {
	var out []string
	for _, n := range p.all(func(n *html.Node) bool { return slices.Contains(strings.Fields(attr(n, "class")), class) }) {
		out = append(out, text(n))
	}
	return strings.Join(out, " | ")
}

// formOf finds the form that a control belongs to, by its name or around it.
func (p *person) formOf(n *html.Node) *html.Node {
	if want := attr(n, "form"); want != "" {
		for _, f := range p.all(func(n *html.Node) bool { return n.Data == "form" && attr(n, "id") == want }) {
			return f
		}
		p.t.Fatalf("there is no form %q", want)
	}
	for up := n.Parent; up != nil; up = up.Parent {
		if up.Type == html.ElementNode && up.Data == "form" {
			return up
		}
	}
	return nil
}

// fields is what the form would send as it stands.
func (p *person) fields(form *html.Node) url.Values {
	v := url.Values{}
	for _, n := range p.all(func(n *html.Node) bool { return n.Data == "input" || n.Data == "select" || n.Data == "textarea" }) {
		if attr(n, "name") == "" || has(n, "disabled") || p.formOf(n) != form {
			continue
		}
		if n.Data == "select" {
			for o := range n.Descendants() {
				if o.Type == html.ElementNode && o.Data == "option" && (has(o, "selected") || !v.Has(attr(n, "name"))) {
					v.Set(attr(n, "name"), attr(o, "value"))
				}
			}
			continue
		}
		v.Add(attr(n, "name"), attr(n, "value"))
	}
	return v
}

func (p *person) send(form *html.Node, v url.Values) {
	p.t.Helper()
	to, err := p.at.Parse(attr(form, "action"))
	if err != nil {
		p.t.Fatal(err)
	}
	if attr(form, "method") == "get" {
		p.get(to.Path + "?" + v.Encode())
		return
	}
	req, err := http.NewRequest(http.MethodPost, to.String(), strings.NewReader(v.Encode()))
	if req != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", p.base)
	}
	p.do(req, err)
}

// enter types into the field of a name and presses Enter, as a scanner does: the
// form's first button is the one that is pressed.
func (p *person) enter(pairs ...string) {
	p.t.Helper()
	in := p.one("field "+pairs[0], func(n *html.Node) bool {
		return (n.Data == "input" || n.Data == "select") && attr(n, "name") == pairs[0] && attr(n, "type") != "hidden"
	})
	form := p.formOf(in)
	v := p.fields(form)
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	for _, b := range p.all(func(n *html.Node) bool { return n.Data == "button" && attr(n, "type") == "submit" }) {
		if p.formOf(b) == form {
			if attr(b, "name") != "" {
				v.Set(attr(b, "name"), attr(b, "value"))
			}
			break
		}
	}
	p.send(form, v)
}

func (p *person) scan(code string) { p.t.Helper(); p.enter("code", code) }

// press presses the button that does something, after some fields were filled in.
func (p *person) press(do string, pairs ...string) {
	p.t.Helper()
	b := p.one("button "+do, func(n *html.Node) bool {
		return n.Data == "button" && attr(n, "name") == "do" && attr(n, "value") == do && !has(n, "disabled")
	})
	form := p.formOf(b)
	v := p.fields(form)
	v.Set("do", do)
	for i := 0; i+1 < len(pairs); i += 2 {
		v.Set(pairs[i], pairs[i+1])
	}
	p.send(form, v)
}

// offers reports whether a button that does this can be pressed.
func (p *person) offers(do string) bool {
	return len(p.all(func(n *html.Node) bool {
		return n.Data == "button" && attr(n, "name") == "do" && strings.HasPrefix(attr(n, "value"), do) && !has(n, "disabled")
	})) > 0
}

// hotkey follows the link of a key.
func (p *person) hotkey(key string) {
	p.t.Helper()
	n := p.one("key "+key, func(n *html.Node) bool { return attr(n, "data-hotkey") == key })
	if n.Data == "a" {
		p.get(attr(n, "href"))
		return
	}
	if attr(n, "name") == "do" {
		p.press(attr(n, "value"))
		return
	}
	p.send(p.formOf(n), p.fields(p.formOf(n)))
}

func (p *person) one(what string, ok func(*html.Node) bool) *html.Node {
	p.t.Helper()
	list := p.all(ok)
	if len(list) == 0 {
		p.t.Fatalf("%s: there is no %s; the page says: %s", p.at, what, text(p.page))
	}
	return list[0]
}

func (p *person) want(class, what string) {
	p.t.Helper()
	if got := p.see(class); !strings.Contains(got, what) {
		p.t.Errorf("%s says %q, want %q in it", class, got, what)
	}
}

func (p *person) money(a money.Amount) string { return "¥" + money.MustCurrency("CNY").Format(a) }

// address is where the basket of the page can be found again.
func (p *person) address() string {
	p.t.Helper()
	b := p.one("basket", func(n *html.Node) bool { return attr(n, "name") == "b" })
	return p.at.Path + "?b=" + attr(b, "value")
}
