package ui

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// icons are drawn on a grid of 24 with strokes; the colour is the text's.
var icons = map[string]string{
	"home":     `<path d="M4 11 12 4l8 7v8a1 1 0 0 1-1 1h-4v-6H9v6H5a1 1 0 0 1-1-1z"/>`,
	"till":     `<path d="M4 13h16v6a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1z"/><path d="m6 13 1-6h10l1 6M9 4h6v3H9zM10 16.5h4"/>`,
	"member":   `<circle cx="12" cy="8" r="4"/><path d="M4.5 20c.8-3.7 3.8-5.5 7.5-5.5s6.7 1.8 7.5 5.5"/>`,
	"catalog":  `<path d="M4 5h7v14H4zM13 5h7v6h-7zM13 13h7v6h-7z"/>`,
	"stock":    `<path d="m12 3 8 4.5v9L12 21l-8-4.5v-9z"/><path d="m4 7.5 8 4.5 8-4.5M12 12v9"/>`,
	"rules":    `<path d="M4 7h9M17 7h3M4 17h3M11 17h9"/><circle cx="15" cy="7" r="2"/><circle cx="9" cy="17" r="2"/>`,
	"device":   `<path d="M7 9V4h10v5M7 17H4V9h16v8h-3"/><path d="M7 14h10v6H7z"/>`,
	"staff":    `<circle cx="9" cy="9" r="3.5"/><path d="M3 19c.6-3.2 3-5 6-5s5.4 1.8 6 5M15.5 6a3 3 0 0 1 0 6M17.5 14.5c2 .6 3.2 2.2 3.5 4.5"/>`,
	"campaign": `<path d="M4 10v4h3l9 5V5l-9 5zM19 9.5a3.5 3.5 0 0 1 0 5M8 14v5h2.5v-3.5"/>`,
	"report":   `<path d="M4 20V4M4 20h16M8 16v-4M12.5 16V8M17 16v-6"/>`,
	"edition":  `<path d="M12 3a9 9 0 1 0 0 18c1.5 0 2-1 2-2 0-1.5-1-1.5-1-2.7 0-1 .8-1.8 2-1.8h2.5c2 0 3.5-1.5 3.5-3.5C21 6 17 3 12 3z"/><path d="M7.5 11v.01M11 7.5v.01M15.5 8.5v.01"/>`,
	"audit":    `<path d="M12 3 5 6v5c0 5 3 8 7 10 4-2 7-5 7-10V6z"/><path d="m9 12 2 2 4-4"/>`,
	"backup":   `<ellipse cx="12" cy="6" rx="7" ry="3"/><path d="M5 6v12c0 1.7 3.1 3 7 3s7-1.3 7-3V6M5 12c0 1.7 3.1 3 7 3s7-1.3 7-3"/>`,
	"settings": `<circle cx="12" cy="12" r="3"/><path d="M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 2.1M16.3 16.3l2.1 2.1M5.6 18.4l2.1-2.1M16.3 7.7l2.1-2.1"/>`,
	"sale":     `<path d="M6 3v18l2-1.5 2 1.5 2-1.5 2 1.5 2-1.5 2 1.5V3l-2 1.5L14 3l-2 1.5L10 3 8 4.5z"/><path d="M9 9h6M9 13h6"/>`,
	"coupon":   `<path d="M4 7h16v3a2 2 0 0 0 0 4v3H4v-3a2 2 0 0 0 0-4zM14 7v2M14 11.5v1M14 15v2"/>`,
	"wallet":   `<path d="M4 7a2 2 0 0 1 2-2h11v3M4 7v10a2 2 0 0 0 2 2h14V8H5a1 1 0 0 1-1-1z"/><path d="M16 13.5h.01"/>`,
	"search":   `<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>`,
	"scan":     `<path d="M4 8V5a1 1 0 0 1 1-1h3M16 4h3a1 1 0 0 1 1 1v3M20 16v3a1 1 0 0 1-1 1h-3M8 20H5a1 1 0 0 1-1-1v-3M8 8v8M11 8v8M13.5 8v8M16 8v8"/>`,
	"scale":    `<path d="M4 20h16M6 20l1-9h10l1 9M12 11V7"/><circle cx="12" cy="15.5" r="2"/><path d="M7 7h10"/>`,
	"screen":   `<rect x="3" y="4" width="18" height="12" rx="1.5"/><path d="M9 20h6M12 16v4"/>`,
	"cash":     `<path d="M3 6h18v12H3z"/><circle cx="12" cy="12" r="2.5"/><path d="M6.5 9.5v.01M17.5 14.5v.01"/>`,
	"card":     `<rect x="3" y="5" width="18" height="14" rx="2"/><path d="M3 10h18M7 15h4"/>`,
	"qr":       `<path d="M4 4h6v6H4zM14 4h6v6h-6zM4 14h6v6H4zM14 14h2v2h-2zM18 18h2v2h-2zM18 14h2M14 18v2"/>`,
	"menu":     `<path d="M4 7h16M4 12h16M4 17h16"/>`,
	"close":    `<path d="m6 6 12 12M18 6 6 18"/>`,
	"check":    `<path d="m5 12.5 4.5 4.5L19 7.5"/>`,
	"plus":     `<path d="M12 5v14M5 12h14"/>`,
	"minus":    `<path d="M5 12h14"/>`,
	"trash":    `<path d="M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10.5 11v5M13.5 11v5"/>`,
	"copy":     `<path d="M9 9h11v11H9zM5 15H4V4h11v1"/>`,
	"print":    `<path d="M7 9V4h10v5M7 17H4V9h16v8h-3"/><path d="M7 14h10v6H7z"/>`,
	"download": `<path d="M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14"/>`,
	"next":     `<path d="m9 5 7 7-7 7"/>`,
	"back":     `<path d="m15 5-7 7 7 7"/>`,
	"down":     `<path d="m6 9 6 6 6-6"/>`,
	"sun":      `<circle cx="12" cy="12" r="4"/><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M5.6 18.4 7 17M17 7l1.4-1.4"/>`,
	"moon":     `<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z"/>`,
	"auto":     `<circle cx="12" cy="12" r="8.5"/><path d="M12 3.5v17M12 7h5.5M12 12h8.5M12 17h5.5"/>`,
	"language": `<circle cx="12" cy="12" r="8.5"/><path d="M3.5 12h17M12 3.5c3 3 3.5 6 3.5 8.5s-.5 5.5-3.5 8.5c-3-3-3.5-6-3.5-8.5S9 6.5 12 3.5z"/>`,
	"shop":     `<path d="m4 9 1.5-5h13L20 9M5 12v8h14v-8M4 9a2.7 2.7 0 0 0 5.3 0 2.7 2.7 0 0 0 5.4 0A2.7 2.7 0 0 0 20 9M10 20v-5h4v5"/>`,
	"info":     `<circle cx="12" cy="12" r="8.5"/><path d="M12 11v5M12 8v.01"/>`,
	"warn":     `<path d="M12 4 3 19.5h18zM12 10v4.5M12 17v.01"/>`,
	"bad":      `<circle cx="12" cy="12" r="8.5"/><path d="m9 9 6 6M15 9l-6 6"/>`,
	"ok":       `<circle cx="12" cy="12" r="8.5"/><path d="m8 12.5 2.7 2.7L16 9.5"/>`,
	"clock":    `<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5.5l3.5 2"/>`,
	"offline":  `<path d="M4 4l16 16M5 12.5c1-1 2.2-1.8 3.5-2.3M8.5 16c.9-.9 2.1-1.4 3.5-1.4s2.6.5 3.5 1.4M12 9.5c2.7 0 5.2 1.1 7 3M12 19.5v.01"/>`,
	"empty":    `<path d="M4 13 7 5h10l3 8v6H4z"/><path d="M4 13h5l1 2.5h4l1-2.5h5"/>`,
	"percent":  `<path d="M18 6 6 18"/><circle cx="7.5" cy="7.5" r="2.5"/><circle cx="16.5" cy="16.5" r="2.5"/>`,
	"pause":    `<path d="M8 5v14M16 5v14"/>`,
	"recall":   `<path d="M4 12a8 8 0 1 0 3-6.2M4 4v4.5h4.5"/>`,
	"signout":  `<path d="M14 4H6a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h8M10 12h10M16.5 8.5 20 12l-3.5 3.5"/>`,
}

// Icon is a drawing beside a text that says the same; hidden from screen readers.
// An unknown name draws nothing.
func Icon(name string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		d, ok := icons[name]
		if !ok {
			return nil
		}
		_, err := io.WriteString(w, `<svg class="icon icon-`+name+`" viewBox="0 0 24 24" aria-hidden="true" focusable="false">`+d+`</svg>`)
		return err
	})
}
