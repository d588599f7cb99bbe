// Package static serves the look of every screen: style sheets, scripts, icons.
//
// Owns: tokens.css (the one place with colours, spaces and type), the parts that
// make up app.css, our two scripts, the vendored htmx with its licence, and the
// addresses that change with the content.
// Does not own: the edition's style sheet (/edition.css, made per merchant from
// a ui.Brand), uploaded logos, any markup.
// Invariants: an address holds the hash of its bytes, so it may be cached for
// ever; nothing is fetched from another host; all styles and scripts together
// stay within 100 kB compressed; vendored files are the bytes of the npm package
// named in vendor.json.
package static
