package edition

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"strings"
)

// Logo is an image. In the manifest it is {"data": "data:image/svg+xml;base64,…"}
// or {"file": "logo.svg"}, a file beside the manifest.
type Logo struct {
	Type  string // "image/svg+xml", "image/png", "image/jpeg", "image/webp"; "" where there is none
	Bytes []byte

	data, file string
}

const maxLogo = 256 << 10

type logoJSON struct {
	Data string `json:"data,omitempty"`
	File string `json:"file,omitempty"`
}

// UnmarshalJSON reads where the logo is; read then gets it.
func (l *Logo) UnmarshalJSON(b []byte) error {
	var j logoJSON
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&j); err != nil {
		return err
	}
	*l = Logo{data: j.Data, file: j.File}
	return nil
}

// MarshalJSON writes the logo as data.
func (l Logo) MarshalJSON() ([]byte, error) { return json.Marshal(logoJSON{Data: l.URL()}) }

// IsZero reports whether there is no logo.
func (l Logo) IsZero() bool { return len(l.Bytes) == 0 }

// URL is the logo as a data: URL, "" where there is none.
func (l Logo) URL() string {
	if l.IsZero() {
		return ""
	}
	return "data:" + l.Type + ";base64," + base64.StdEncoding.EncodeToString(l.Bytes)
}

func badLogo(detail string) error { return ErrBadLogo.On("brand.logo").With("detail", detail) }

func (l *Logo) read(dir fs.FS) error {
	switch {
	case l.data == "" && l.file == "":
		return nil
	case l.data != "" && l.file != "":
		return badLogo("data, file")
	case l.data != "":
		b, ok := decodeDataURL(l.data)
		if !ok {
			return badLogo("data")
		}
		l.Bytes = b
	default:
		if dir == nil || !plainFile(l.file) {
			return badLogo(l.file)
		}
		b, err := readUpTo(dir, l.file, maxLogo+1)
		if err != nil {
			return ErrBadLogo.On("brand.logo").With("detail", l.file).Wrap(err)
		}
		l.Bytes = b
	}
	if len(l.Bytes) > maxLogo {
		return ErrLogoTooLarge.On("brand.logo").With("limit", maxLogo)
	}
	if l.Type = imageType(l.Bytes); l.Type == "" {
		return badLogo("PNG, JPEG, WebP, SVG")
	}
	if l.Type == "image/svg+xml" {
		if err := harmless(l.Bytes); err != nil {
			return ErrBadLogo.On("brand.logo").With("detail", err.Error()).Wrap(err)
		}
	}
	l.data, l.file = "", ""
	return nil
}

func readUpTo(dir fs.FS, name string, n int64) ([]byte, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, n))
}

// decodeDataURL reads "data:image/…;base64,…" and the percent form. The type is
// found in the bytes, not believed.
func decodeDataURL(s string) ([]byte, bool) {
	head, body, ok := strings.Cut(s, ",")
	if !ok || !strings.HasPrefix(head, "data:image/") {
		return nil, false
	}
	if strings.HasSuffix(head, ";base64") {
		b, err := base64.StdEncoding.DecodeString(body)
		return b, err == nil
	}
	b, err := url.PathUnescape(body)
	return []byte(b), err == nil
}

func imageType(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(b, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	case len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP":
		return "image/webp"
	case bytes.Contains(b[:min(len(b), 1024)], []byte("<svg")):
		return "image/svg+xml"
	}
	return ""
}

// drawing is what an SVG logo may consist of.
var drawing = map[string]bool{}

func init() {
	for _, name := range strings.Fields("svg g defs title desc path rect circle ellipse line polyline polygon text tspan linearGradient radialGradient stop clipPath mask use symbol") {
		drawing[name] = true
	}
}

// harmless accepts an SVG of plain drawing: no script, no style, no handler and
// nothing fetched from elsewhere, since the file is also served by itself.
func harmless(svg []byte) error {
	d := xml.NewDecoder(bytes.NewReader(svg))
	for depth := 0; ; {
		t, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch x := t.(type) {
		case xml.Directive:
			return errors.New("a directive")
		case xml.ProcInst:
			if x.Target != "xml" {
				return errors.New(x.Target)
			}
		case xml.EndElement:
			depth--
		case xml.StartElement:
			if depth++; depth > 64 || !drawing[x.Name.Local] {
				return errors.New("<" + x.Name.Local + ">")
			}
			for _, a := range x.Attr {
				if !harmlessAttr(a) {
					return errors.New(a.Name.Local)
				}
			}
		}
	}
}

func harmlessAttr(a xml.Attr) bool {
	name, v := strings.ToLower(a.Name.Local), strings.ToLower(a.Value)
	switch {
	case strings.HasPrefix(name, "on"), name == "style":
		return false
	case name == "href":
		return strings.HasPrefix(v, "#")
	case strings.Contains(v, "url("):
		return strings.HasPrefix(strings.TrimSpace(v), "url(#") && strings.Count(v, "url(") == 1
	}
	return true
}
