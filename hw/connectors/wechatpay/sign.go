package wechatpay

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
)

// The kinds of signatures.
const (
	signHMAC = "HMAC-SHA256"
	signMD5  = "MD5"
)

// fields are a message: flat, names to texts.
type fields map[string]string

// sign signs a message: the fields that are not empty, in the order of their names,
// and the key behind them.
func sign(f fields, kind, key string) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(f)) {
		if k == "sign" || f[k] == "" {
			continue
		}
		b.WriteString(k + "=" + f[k] + "&")
	}
	b.WriteString("key=" + key)
	if kind == signMD5 {
		sum := md5.Sum([]byte(b.String()))
		return strings.ToUpper(hex.EncodeToString(sum[:]))
	}
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = io.WriteString(mac, b.String())
	return strings.ToUpper(hex.EncodeToString(mac.Sum(nil)))
}

func (f fields) signed(kind, key string) bool {
	return f["sign"] != "" && hmac.Equal([]byte(f["sign"]), []byte(sign(f, kind, key)))
}

func (f fields) encode() string {
	var b bytes.Buffer
	b.WriteString("<xml>")
	for _, k := range slices.Sorted(maps.Keys(f)) {
		if f[k] == "" {
			continue
		}
		b.WriteString("<" + k + ">")
		_ = xml.EscapeText(&b, []byte(f[k])) // into memory: it cannot fail
		b.WriteString("</" + k + ">")
	}
	b.WriteString("</xml>")
	return b.String()
}

var errXML = errors.New("the provider's answer is not readable")

func decode(raw []byte) (fields, error) {
	dec := xml.NewDecoder(bytes.NewReader(raw))
	out, depth, name := fields{}, 0, ""
	var text strings.Builder
	for {
		t, err := dec.Token()
		if errors.Is(err, io.EOF) && depth == 0 && len(out) > 0 {
			return out, nil
		}
		if err != nil {
			return nil, errXML
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth++; depth > 2 {
				return nil, errXML
			}
			name = t.Name.Local
			text.Reset()
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			if depth == 2 {
				if _, twice := out[name]; twice {
					return nil, errXML
				}
				out[name] = text.String()
			}
			depth--
		}
	}
}
