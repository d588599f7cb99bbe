package receipt

import (
	"fmt"
	"html"
	"strings"
)

// CSS is a style sheet for HTML's classes, on screen and on paper.
const CSS = `.receipt{max-width:80mm;margin:0 auto;padding:4mm;background:#fff;color:#000;font:14px/1.45 ui-monospace,"Noto Sans Mono CJK SC","Microsoft YaHei",monospace}
.receipt p{margin:0;white-space:pre-line;overflow-wrap:anywhere}
.receipt .r-bold{font-weight:700}
.receipt .r-tall,.receipt .r-large{font-size:1.6em;line-height:1.3}
.receipt .r-wide{letter-spacing:.3em}
.receipt .r-center{text-align:center}
.receipt .r-right{text-align:right}
.receipt table{width:100%;border-collapse:collapse}
.receipt th,.receipt td{padding:0 .4em 0 0;vertical-align:top;text-align:left;font-weight:inherit;overflow-wrap:anywhere}
.receipt th:last-child,.receipt td:last-child{padding-right:0}
.receipt .r-num{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
.receipt hr{border:0;border-top:1px dashed #000;margin:.4em 0}
.receipt hr.r-double{border-top:3px double #000}
.receipt figure{margin:.6em 0;text-align:center}
.receipt figure svg{max-width:60%;height:auto}
.receipt .r-copy{font-weight:700;text-align:center}
@media print{@page{margin:0}.receipt{max-width:none;padding:2mm}.receipt .r-cut{break-after:page}}
`

// HTML renders a document as one <article class="receipt">, escaped, with
// codes and pictures as inline SVG, so that it needs no other file. Styles are
// classes alone; CSS has a sheet for them.
func HTML(d Document) string {
	var b strings.Builder
	b.WriteString(`<article class="receipt"`)
	if d.Lang != "" {
		fmt.Fprintf(&b, ` lang="%s"`, html.EscapeString(d.Lang))
	}
	if d.Title != "" {
		fmt.Fprintf(&b, ` aria-label="%s"`, html.EscapeString(clean(d.Title)))
	}
	b.WriteString(">\n")
	mark := d.Mark()
	for _, blk := range d.Body() {
		switch v := blk.(type) {
		case Text:
			class := classes(v.Style)
			if mark != "" && v.Text == mark {
				class = "r-copy"
			}
			element(&b, "p", class, clean(v.Text))
		case Columns:
			htmlTable(&b, v)
		case Rule:
			if v.Double {
				b.WriteString("<hr class=\"r-double\">\n")
			} else {
				b.WriteString("<hr>\n")
			}
		case Feed:
			b.WriteString(strings.Repeat("<p class=\"r-feed\">&nbsp;</p>\n", min(max(v.Lines, 0), 50)))
		case QR:
			content := clean(v.Content)
			if m, err := qrModules(content); err == nil {
				figure(&b, svg(drawModules(m, 1), 4, content), clean(v.Caption))
			} else {
				element(&b, "p", "r-center", content)
				element(&b, "p", "r-center", clean(v.Caption))
			}
		case Barcode:
			content := clean(v.Content)
			if m, err := bars(Barcode{v.Symbology, content}); err == nil {
				p := NewBitmap(len(m)+20, 40)
				for x, on := range m {
					if on {
						p.fill(10+x, 0, 1, 40)
					}
				}
				figure(&b, svg(p, 2, content), content)
			} else {
				element(&b, "p", "r-center", content)
			}
		case Image:
			if v.Bitmap.Valid() {
				figure(&b, svg(v.Bitmap, 1, clean(v.Alt)), "")
			} else {
				element(&b, "p", "r-center", clean(v.Alt))
			}
		case Cut:
			b.WriteString("<div class=\"r-cut\"></div>\n")
		}
	}
	b.WriteString("</article>\n")
	return b.String()
}

func classes(s Style) string {
	var c []string
	if s.Bold {
		c = append(c, "r-bold")
	}
	if s.Size != Normal {
		c = append(c, [...]string{"", "r-tall", "r-wide", "r-large"}[s.Size&3])
	}
	if s.Align != Left {
		c = append(c, [...]string{"", "r-center", "r-right"}[min(s.Align, Right)])
	}
	return strings.Join(c, " ")
}

func element(b *strings.Builder, tag, class, text string) {
	if text == "" && tag == "p" {
		return
	}
	b.WriteString("<" + tag)
	if class != "" {
		b.WriteString(` class="` + class + `"`)
	}
	b.WriteString(">" + html.EscapeString(text) + "</" + tag + ">\n")
}

func htmlTable(b *strings.Builder, t Columns) {
	if t.Bold {
		b.WriteString("<table class=\"r-bold\">\n")
	} else {
		b.WriteString("<table>\n")
	}
	for i, r := range t.Rows {
		tag := "td"
		if t.Header && i == 0 {
			tag = "th"
		}
		b.WriteString("<tr>")
		for j, c := range t.Cols {
			text, class := "", ""
			if j < len(r) {
				text = clean(r[j])
			}
			switch c.Align {
			case Right:
				class = ` class="r-num"`
			case Center:
				class = ` class="r-center"`
			}
			if tag == "th" {
				class += ` scope="col"`
			}
			b.WriteString("<" + tag + class + ">" + html.EscapeString(text) + "</" + tag + ">")
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</table>\n")
}

func figure(b *strings.Builder, picture, caption string) {
	b.WriteString("<figure>" + picture)
	if caption != "" {
		b.WriteString("<figcaption>" + html.EscapeString(caption) + "</figcaption>")
	}
	b.WriteString("</figure>\n")
}

// svg draws a bitmap as one path of horizontal runs, each dot that many pixels.
func svg(p *Bitmap, dot int, label string) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg role="img" aria-label="%s" width="%d" height="%d" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path d="`,
		html.EscapeString(label), p.Width*dot, p.Height*dot, p.Width, p.Height)
	for y := range p.Height {
		for x := 0; x < p.Width; x++ {
			if !p.Black(x, y) {
				continue
			}
			n := 1
			for p.Black(x+n, y) {
				n++
			}
			fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x, y, n, n)
			x += n
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String()
}
