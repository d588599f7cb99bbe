package messengerhttp

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/clock"
)

func drawn() call { return call{clock.System{}.Now().Time(), rand.Text()} }

// percent encodes as RFC 3986 has it, which Aliyun signs: a space is %20, a tilde stays.
func percent(s string) string {
	return strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(url.QueryEscape(s))
}

// signRPC is Aliyun's signature of version 1.0 over the parameters of a call.
func signRPC(method string, params map[string]string, secret string) string {
	names := make([]string, 0, len(params))
	for n := range params {
		names = append(names, n)
	}
	slices.Sort(names)
	parts := make([]string, len(names))
	for i, n := range names {
		parts[i] = percent(n) + "=" + percent(params[n])
	}
	mac := hmac.New(sha1.New, []byte(secret+"&"))
	fmt.Fprintf(mac, "%s&%%2F&%s", method, percent(strings.Join(parts, "&")))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func hmacSHA256(key []byte, text string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(text))
	return mac.Sum(nil)
}

func hexSHA256(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// signTC3 is Tencent Cloud's Authorization header (TC3-HMAC-SHA256) of a JSON call.
func signTC3(id, secret, service, host, contentType, body string, at time.Time) string {
	date := at.UTC().Format(time.DateOnly)
	canonical := "POST\n/\n\ncontent-type:" + contentType + "\nhost:" + host + "\n\ncontent-type;host\n" + hexSHA256(body)
	scope := date + "/" + service + "/tc3_request"
	text := fmt.Sprintf("TC3-HMAC-SHA256\n%d\n%s\n%s", at.Unix(), scope, hexSHA256(canonical))
	key := hmacSHA256(hmacSHA256(hmacSHA256([]byte("TC3"+secret), date), service), "tc3_request")
	return fmt.Sprintf("TC3-HMAC-SHA256 Credential=%s/%s, SignedHeaders=content-type;host, Signature=%s", id, scope, hex.EncodeToString(hmacSHA256(key, text)))
}

// signTwilio is what Twilio puts in X-Twilio-Signature: the address with the form's
// names and values behind it.
func signTwilio(token, address string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(token))
	mac.Write([]byte(address))
	names := make([]string, 0, len(form))
	for n := range form {
		names = append(names, n)
	}
	slices.Sort(names)
	for _, n := range names {
		mac.Write([]byte(n + form.Get(n)))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
