package message_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/message"
)

func TestSegmentsAreCountedAsTheyAreBilled(t *testing.T) {
	for _, c := range []struct {
		what, text string
		parts      int
		unicode    bool
	}{
		{"nothing", "", 0, false},
		{"one of seven bits", strings.Repeat("a", 160), 1, false},
		{"over it", strings.Repeat("a", 161), 2, false},
		{"two full ones", strings.Repeat("a", 306), 2, false},
		{"three", strings.Repeat("a", 307), 3, false},
		{"the euro takes two places", strings.Repeat("a", 159) + "€", 2, false},
		{"and is not cut", strings.Repeat("a", 152) + "€" + strings.Repeat("a", 151), 2, false},
		{"where a part has one place left for it", strings.Repeat("a", 152) + "€" + strings.Repeat("a", 152), 3, false},
		{"all of the alphabet", "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉÄÖÑÜ§¿äöñüà", 1, false},
		{"one of sixteen", strings.Repeat("茶", 70), 1, true},
		{"over it", strings.Repeat("茶", 71), 2, true},
		{"two full ones", strings.Repeat("茶", 134), 2, true},
		{"a picture takes two", strings.Repeat("😀", 35), 1, true},
		{"one more", strings.Repeat("😀", 36), 2, true},
		{"a picture is not cut: 33 in a part", strings.Repeat("😀", 67), 3, true},
		{"one Chinese character makes all of it wide", strings.Repeat("a", 70) + "茶", 2, true},
	} {
		if parts, unicode := message.Segments(c.text); parts != c.parts || unicode != c.unicode {
			t.Errorf("%s: %d %v, want %d %v", c.what, parts, unicode, c.parts, c.unicode)
		}
	}
}

func TestQuietHours(t *testing.T) {
	shanghai, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(zone *time.Location, s string) clock.Instant {
		x, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return clock.Of(x)
	}
	for _, c := range []struct {
		quiet, now, end string
		zone            *time.Location
	}{
		{"21:00-09:00", "2026-05-10 20:59", "", shanghai},
		{"21:00-09:00", "2026-05-10 21:00", "2026-05-11 09:00", shanghai},
		{"21:00-09:00", "2026-05-11 00:30", "2026-05-11 09:00", shanghai},
		{"21:00-09:00", "2026-05-11 09:00", "", shanghai},
		{"12:00-14:00", "2026-05-11 13:59", "2026-05-11 14:00", shanghai},
		{"12:00-14:00", "2026-05-11 11:59", "", shanghai},
		{"", "2026-05-11 03:00", "", shanghai},
		{"08:00-08:00", "2026-05-11 08:00", "", shanghai},
		{"21:00-09:00", "2026-03-28 23:00", "2026-03-29 09:00", berlin}, // the night is an hour shorter
	} {
		q, err := message.ParseQuiet(c.quiet)
		if err != nil {
			t.Fatal(err)
		}
		want := clock.Instant(0)
		if c.end != "" {
			want = at(c.zone, c.end)
		}
		if got := q.End(at(c.zone, c.now), c.zone); got != want {
			t.Errorf("%s at %s: until %v, want %v", c.quiet, c.now, got, want)
		}
	}
	for _, bad := range []string{"21:00", "25:00-09:00", "21-9", "a-b", "21:00-"} {
		if _, err := message.ParseQuiet(bad); !errors.Is(err, message.ErrQuiet) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestTemplatesNameOnlyWhatTheyKnow(t *testing.T) {
	good := message.Template{Kind: message.KindMoney, Channel: message.ChannelSMS, Body: "{name}: {amount}, {balance}", ProviderParams: " a = amount , b=balance,"}
	if err := message.Check(good); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		change func(*message.Template)
		want   error
	}{
		{func(v *message.Template) { v.Kind = "greeting" }, message.ErrKind},
		{func(v *message.Template) { v.Code = "x" }, message.ErrKind},
		{func(v *message.Template) { v.Channel = "pigeon" }, message.ErrChannel},
		{func(v *message.Template) { v.Language = "tlh" }, message.ErrLanguage},
		{func(v *message.Template) { v.Body = "  " }, message.ErrBody},
		{func(v *message.Template) { v.Body = "{amount" }, message.ErrBody},
		{func(v *message.Template) { v.Body = strings.Repeat("x", 501) }, message.ErrBody},
		{func(v *message.Template) { v.Body = "{coupon}" }, message.ErrVariable},
		{func(v *message.Template) { v.ProviderParams = "a=coupon" }, message.ErrVariable},
		{func(v *message.Template) { v.ProviderParams = "amount" }, message.ErrProvider},
	} {
		v := good
		c.change(&v)
		if err := message.Check(v); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v, want %v", v, err, c.want)
		}
	}
}

func TestTheProgramHasWordsForEveryKindInEveryLanguage(t *testing.T) {
	for _, k := range message.Kinds() {
		for _, tag := range i18n.Tags() {
			found, ok := message.Find(nil, k.Name, "", message.ChannelSMS, tag)
			if !ok {
				t.Fatalf("%s has no words in %s", k.Name, tag)
			}
			if err := message.Check(found); err != nil {
				t.Errorf("%s in %s: %q: %v", k.Name, tag, found.Body, err)
			}
			text, _, err := found.Render(message.Examples(k.Name))
			if err != nil || strings.ContainsAny(text, "{}") || k.Name != message.KindCampaign && strings.Contains(text, "…") {
				t.Errorf("%s in %s: %q %v", k.Name, tag, text, err)
			}
		}
		if _, ok := message.Find(nil, k.Name, "", message.ChannelWeChat, "en"); ok {
			t.Errorf("%s goes by WeChat without a registered template", k.Name)
		}
	}
}

func TestTheNearestTemplateIsTaken(t *testing.T) {
	tpl := func(code, language, body string) message.Template {
		return message.Template{Kind: message.KindRule, Code: code, Channel: message.ChannelSMS, Language: language, Body: body}
	}
	own := []message.Template{tpl("", "", "any"), tpl("", "en", "en"), tpl("thanks", "", "thanks"), tpl("thanks", "zh-Hans", "谢谢")}
	for _, c := range []struct{ code, language, want string }{
		{"thanks", "zh-Hans", "谢谢"}, {"thanks", "en", "thanks"}, {"other", "en", "en"}, {"other", "zh-Hant", "any"},
	} {
		if got, ok := message.Find(own, message.KindRule, c.code, message.ChannelSMS, c.language); !ok || got.Body != c.want {
			t.Errorf("%s in %s: %q", c.code, c.language, got.Body)
		}
	}
	text, params, err := message.Template{Body: "{label}!", ProviderParams: "what=label,who=name"}.Render(map[string]string{"label": "{name}", "name": "Ann"})
	if err != nil || text != "{name}!" || !slices.Equal(params, []message.Param{{Name: "what", Value: "{name}"}, {Name: "who", Value: "Ann"}}) {
		t.Errorf("%q %v %v", text, params, err)
	}
}
