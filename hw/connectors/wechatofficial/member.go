package wechatofficial

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/shopwright/shopwright/sdk/driver"
)

// AuthorizeURL implements driver.Identity.
func (a *Account) AuthorizeURL(_ context.Context, state, redirect string, profile bool) (string, error) {
	s, _, err := a.now()
	if err != nil {
		return "", err
	}
	scope := "snsapi_base"
	if profile {
		scope = "snsapi_userinfo"
	}
	// The provider wants them in this order, and the fragment behind.
	return s.Open + "/connect/oauth2/authorize?appid=" + url.QueryEscape(s.App) + "&redirect_uri=" + url.QueryEscape(redirect) + "&response_type=code&scope=" + scope +
		"&state=" + url.QueryEscape(state) + "#wechat_redirect", nil
}

// badCode are the codes that say that nobody signed in: none, used, too old.
var badCode = map[int]bool{40029: true, 40163: true, 41008: true, 42003: true, 40030: true}

// Exchange implements driver.Identity.
func (a *Account) Exchange(ctx context.Context, code string) (driver.IdentityStatus, error) {
	s, g, err := a.now()
	if err != nil {
		return driver.IdentityStatus{}, err
	}
	if code == "" {
		return driver.IdentityStatus{State: driver.IdentityRefused, Reason: "there is no code"}, nil
	}
	q := url.Values{"appid": {s.App}, "secret": {s.Secret}, "code": {code}, "grant_type": {"authorization_code"}}
	status, body, err := g.Send(ctx, http.MethodGet, s.Base+"/sns/oauth2/access_token?"+q.Encode(), nil, "")
	if err != nil {
		return driver.IdentityStatus{}, err
	}
	var v struct {
		reply
		Token  string `json:"access_token"`
		OpenID string `json:"openid"`
		Union  string `json:"unionid"`
		Scope  string `json:"scope"`
	}
	switch {
	case status != http.StatusOK || json.Unmarshal(body, &v) != nil:
		return driver.IdentityStatus{}, errors.New("the provider answers " + strconv.Itoa(status))
	case badCode[v.Code]:
		return driver.IdentityStatus{State: driver.IdentityRefused, Reason: g.Clean(fmt.Sprintf("%d: %s", v.Code, v.Message))}, nil
	case v.Code != 0 || v.OpenID == "":
		why := g.Clean(fmt.Sprintf("%d: %s", v.Code, v.Message))
		g.Trouble("sign-in: " + why)
		return driver.IdentityStatus{Reason: why}, nil
	}
	who := driver.Subject{ID: v.OpenID, Union: v.Union}
	if v.Scope == "snsapi_userinfo" {
		who.Name = a.name(ctx, s.Base, v.Token, v.OpenID)
	}
	return driver.IdentityStatus{State: driver.IdentityKnown, Subject: who}, nil
}

// name is what the person is called; who signed in is known without it.
func (a *Account) name(ctx context.Context, base, token, openid string) string {
	_, g, err := a.now()
	if err != nil {
		return ""
	}
	q := url.Values{"access_token": {token}, "openid": {openid}, "lang": {"zh_CN"}}
	_, body, err := g.Send(ctx, http.MethodGet, base+"/sns/userinfo?"+q.Encode(), nil, "")
	var v struct {
		Name string `json:"nickname"`
	}
	if err != nil || json.Unmarshal(body, &v) != nil {
		return ""
	}
	return v.Name
}

// PublishCard implements driver.MemberCard.
func (a *Account) PublishCard(ctx context.Context, d driver.CardDesign) (driver.CardStatus, error) {
	_, g, err := a.now()
	if err != nil {
		return driver.CardStatus{}, err
	}
	base := map[string]any{"brand_name": d.Merchant, "title": d.Title, "color": d.Color, "notice": d.Notice, "description": d.Description, "logo_url": d.LogoURL, "code_type": "CODE_TYPE_BARCODE"}
	path, in := "/card/update", map[string]any{"card_id": d.ProviderID, "member_card": map[string]any{"base_info": base}}
	if d.ProviderID == "" {
		base["date_info"] = map[string]any{"type": "DATE_TYPE_PERMANENT"}
		base["sku"] = map[string]any{"quantity": 100_000_000}
		base["use_custom_code"] = true
		path, in = "/card/create", map[string]any{"card": map[string]any{"card_type": "MEMBER_CARD", "member_card": map[string]any{"base_info": base, "prerogative": d.Description, "supply_bonus": true, "supply_balance": false,
			"custom_field1": map[string]string{"name": "余额"}, "custom_field2": map[string]string{"name": "等级"}}}}
	}
	var out struct {
		reply
		ID string `json:"card_id"`
	}
	if err := a.call(ctx, path, in, &out); err != nil {
		return cardFailed(g.Clean, err)
	}
	if out.Code != 0 {
		return driver.CardStatus{State: cardState(out.Code), Reason: g.Clean(fmt.Sprintf("%d: %s", out.Code, out.Message)), Again: later[out.Code]}, nil
	}
	if out.ID == "" {
		out.ID = d.ProviderID
	}
	return driver.CardStatus{State: driver.CardAccepted, ProviderID: out.ID}, nil
}

func cardState(code int) driver.CardState {
	if code < 0 {
		return driver.CardUnknown
	}
	return driver.CardRefused
}

func cardFailed(clean func(string) string, err error) (driver.CardStatus, error) {
	if r, ok := errors.AsType[refusal](err); ok {
		return driver.CardStatus{State: driver.CardRefused, Reason: clean(r.text), Again: true}, nil
	}
	return driver.CardStatus{}, err
}

// UpdateCard implements driver.MemberCard.
func (a *Account) UpdateCard(ctx context.Context, u driver.CardUpdate) (driver.CardStatus, error) {
	s, g, err := a.now()
	if err != nil {
		return driver.CardStatus{}, err
	}
	card := u.Design
	if card == "" {
		card = s.Card
	}
	if card == "" || u.Code == "" {
		return driver.CardStatus{State: driver.CardRefused, Reason: "the card or its number is missing"}, nil
	}
	a.mu.Lock()
	last := a.told[card+"\x00"+u.Code]
	a.mu.Unlock()
	if u.Sequence > 0 && u.Sequence <= last { // the newest counts
		return driver.CardStatus{State: driver.CardAccepted}, nil
	}
	var out reply
	err = a.call(ctx, "/card/membercard/updateuser", map[string]any{"code": u.Code, "card_id": card, "bonus": u.Points, "record_bonus": u.Reason, "custom_field_value1": u.Balance, "custom_field_value2": u.Tier,
		"notify_optional": map[string]bool{"is_notify_bonus": u.Reason != "", "is_notify_custom_field1": u.Reason != ""}}, &out)
	if err != nil {
		return cardFailed(g.Clean, err)
	}
	if out.Code != 0 {
		return driver.CardStatus{State: cardState(out.Code), Reason: clean(g, fmt.Sprintf("%d: %s", out.Code, out.Message), u.Subject), Again: later[out.Code]}, nil
	}
	a.mu.Lock()
	if len(a.told) > remembered {
		clear(a.told) // the host tells rising numbers; a repetition does no harm
	}
	a.told[card+"\x00"+u.Code] = max(a.told[card+"\x00"+u.Code], u.Sequence)
	a.mu.Unlock()
	return driver.CardStatus{State: driver.CardAccepted}, nil
}
