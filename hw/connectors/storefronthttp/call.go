package storefronthttp

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// The headers of a signed message.
const (
	headerKey       = "X-Storefront-Key"
	headerTime      = "X-Storefront-Time"
	headerNonce     = "X-Storefront-Nonce"
	headerSignature = "X-Storefront-Signature"
)

var errSignature = errors.New("the answer is not signed with our secret")

// Sign is the signature of a message: of its parts, one a line, the last of them the
// SHA-256 of its body.
func Sign(secret string, body []byte, parts ...string) string {
	sum := sha256.Sum256(body)
	h := hmac.New(sha256.New, []byte(secret))
	h.Write([]byte(strings.Join(append(parts, hex.EncodeToString(sum[:])), "\n")))
	return hex.EncodeToString(h.Sum(nil))
}

// call asks the shop; the answer is read into out where there is one.
func (s *Storefront) call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	set, g, err := s.now()
	if err != nil {
		return err
	}
	var body []byte
	if in != nil {
		if body, err = json.Marshal(in); err != nil {
			return err
		}
	}
	address, err := url.Parse(set.Base + path)
	if err != nil {
		return g.Scrub(err)
	}
	address.RawQuery = query.Encode()
	nonce := rand.Text()
	at := strconv.FormatInt(s.clock.Now().Time().Unix(), 10)
	header := http.Header{headerKey: {set.Key}, headerTime: {at}, headerNonce: {nonce}, "Accept": {"application/json"},
		headerSignature: {Sign(set.Secret, body, method, address.RequestURI(), at, nonce)}}
	if in != nil {
		header.Set("Content-Type", "application/json")
	}
	sent, theirs, err := g.Exchange(ctx, method, address.String(), header, string(body))
	if err != nil {
		return err
	}
	if want := Sign(set.Secret, theirs, strconv.Itoa(sent.Status), nonce); !hmac.Equal([]byte(want), []byte(strings.ToLower(sent.Header.Get(headerSignature)))) {
		if sent.Status == http.StatusUnauthorized || sent.Status == http.StatusForbidden {
			g.Trouble("the online shop does not take our key")
			return errors.New("the online shop does not take our key")
		}
		if sent.Status >= 500 { // a gateway in between signs nothing
			return fmt.Errorf("the online shop answers %d", sent.Status)
		}
		g.Trouble(errSignature.Error())
		return errSignature
	}
	if sent.Status/100 != 2 {
		return g.Scrub(refused(sent.Status, theirs))
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(theirs, out); err != nil {
		return fmt.Errorf("the answer of the online shop is not readable: %w", err)
	}
	return nil
}

// refused is what the shop says against a request.
func refused(status int, body []byte) error {
	var why struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &why) != nil || why.Error == "" {
		return fmt.Errorf("the online shop answers %d", status)
	}
	if len(why.Error) > 200 {
		why.Error = why.Error[:200]
	}
	return fmt.Errorf("the online shop answers %d: %s", status, strings.ToValidUTF8(why.Error, ""))
}
