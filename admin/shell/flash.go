package shell

import (
	"encoding/base64"
	"encoding/json"
	"net/http"

	"github.com/shopwright/shopwright/admin/ui"
)

const flashCookie = "sw_flash"

const maxFlash = 2000 // bytes of a cookie's value

// keepFlash leaves a message for the next page.
func keepFlash(w http.ResponseWriter, r *http.Request, f ui.Flash) {
	b, err := json.Marshal(f)
	if err != nil {
		return // a text and a word
	}
	v := base64.RawURLEncoding.EncodeToString(b)
	if len(v) > maxFlash {
		return // it is a kindness, no record
	}
	setCookie(w, r, flashCookie, v, 60)
}

// takeFlash reads the message and takes the cookie away.
func takeFlash(w http.ResponseWriter, r *http.Request) []ui.Flash {
	c, err := r.Cookie(flashCookie)
	if err != nil || r.Method != http.MethodGet {
		return nil
	}
	setCookie(w, r, flashCookie, "", -1)
	b, err := base64.RawURLEncoding.DecodeString(c.Value)
	if err != nil {
		return nil
	}
	var f ui.Flash
	if json.Unmarshal(b, &f) != nil || f.Text == "" {
		return nil
	}
	return []ui.Flash{f}
}

func setCookie(w http.ResponseWriter, r *http.Request, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		Secure: r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https"})
}
