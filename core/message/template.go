package message

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrKind     = fault.New(fault.Invalid, "message.kind_unknown")
	ErrChannel  = fault.New(fault.Invalid, "message.channel_unknown")
	ErrLanguage = fault.New(fault.Invalid, "message.language_unknown")
	ErrBody     = fault.New(fault.Invalid, "message.body_invalid")      // empty, over 500 characters, or a brace that closes nothing
	ErrVariable = fault.New(fault.Invalid, "message.variable_unknown")  // {variable} is none of the kind's
	ErrProvider = fault.New(fault.Invalid, "message.provider_template") // not "theirs=ours, …", or too long
)

// Channels.
const (
	ChannelSMS    = "sms"
	ChannelWeChat = "wechat"
)

const maxBody = 500

// Template is the words of a kind of message.
type Template struct {
	Kind     string
	Code     string // KindRule: the pack's name for the message; "" all of them
	Channel  string
	Language string // a tag of the catalogues; "" where there is none of the reader's own
	Body     string // with {variables}

	ProviderTemplate string // what the provider registered it as; "" = the text is sent as it is
	ProviderParams   string // "their name=our variable", separated by commas
	Link             string
	UpdatedAt        clock.Instant
	Own              bool // the merchant's; otherwise the program's
}

// Param is a value of a provider's template.
type Param struct{ Name, Value string }

var paramForm = regexp.MustCompile(`^[\pL\pN_.-]{1,40}=[a-z_]{1,40}$`)

func (t *Template) normalise() error {
	k, ok := KindOf(t.Kind)
	switch {
	case !ok:
		return ErrKind.On("kind")
	case t.Channel != ChannelSMS && t.Channel != ChannelWeChat:
		return ErrChannel.On("channel")
	case t.Language != "" && !i18n.Known(t.Language):
		return ErrLanguage.On("language")
	case t.Kind != KindRule && t.Code != "" || len(t.Code) > 100:
		return ErrKind.On("code")
	}
	t.Body = strings.TrimSpace(t.Body)
	text, err := i18n.Parse(t.Body)
	if n := utf8.RuneCountInString(t.Body); err != nil || n == 0 || n > maxBody || !utf8.ValidString(t.Body) {
		return ErrBody.On("body").With("max", maxBody)
	}
	use := text.Args()
	var params []string
	for _, p := range strings.Split(t.ProviderParams, ",") {
		if p = strings.Join(strings.Fields(p), ""); p == "" {
			continue
		}
		if !paramForm.MatchString(p) {
			return ErrProvider.On("provider_params")
		}
		params = append(params, p)
		_, ours, _ := strings.Cut(p, "=")
		use = append(use, ours)
	}
	t.ProviderParams = strings.Join(params, ",")
	for _, v := range use {
		if !slices.Contains(k.All(), v) {
			return ErrVariable.On("body").With("variable", v)
		}
	}
	t.ProviderTemplate, t.Link = strings.TrimSpace(t.ProviderTemplate), strings.TrimSpace(t.Link)
	if len(t.ProviderTemplate) > 100 || len(t.ProviderParams) > 500 || len(t.Link) > 500 {
		return ErrProvider.On("provider_template")
	}
	return nil
}

// Check says whether a template could be kept, without keeping it. Faults: those of
// SetTemplate.
func Check(t Template) error { return t.normalise() }

// SetTemplate keeps a template in place of the one that there is. Faults:
// message.kind_unknown, message.channel_unknown, message.language_unknown,
// message.body_invalid, message.variable_unknown, message.provider_template.
func SetTemplate(tx *db.Tx, m id.ID, t Template) error {
	if err := t.normalise(); err != nil {
		return err
	}
	tx.Queue(`insert into message_templates (merchant_id, kind, code, channel, language, body, provider_template, provider_params, link, updated_at)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		on conflict (merchant_id, kind, code, channel, language) do update set body = excluded.body, provider_template = excluded.provider_template,
			provider_params = excluded.provider_params, link = excluded.link, updated_at = excluded.updated_at`,
		m, t.Kind, t.Code, t.Channel, t.Language, t.Body, t.ProviderTemplate, t.ProviderParams, t.Link, tx.Now)
	return nil
}

// DropTemplate goes back to the program's words.
func DropTemplate(tx *db.Tx, m id.ID, t Template) {
	tx.Queue(`delete from message_templates where merchant_id = $1 and kind = $2 and code = $3 and channel = $4 and language = $5`, m, t.Kind, t.Code, t.Channel, t.Language)
}

// ListTemplates lists the merchant's own templates.
func ListTemplates(ctx context.Context, r db.Reader, m id.ID) ([]Template, error) {
	return db.All(ctx, r, func(row db.Row, t *Template) error {
		t.Own = true
		return row.Scan(&t.Kind, &t.Code, &t.Channel, &t.Language, &t.Body, &t.ProviderTemplate, &t.ProviderParams, &t.Link, &t.UpdatedAt)
	}, `select kind, code, channel, language, body, provider_template, provider_params, link, updated_at from message_templates where merchant_id = $1 order by kind, code, channel, language`, m)
}

// Find chooses among a merchant's templates: the message's own code before all codes,
// the reader's language before any. Without one it is the program's words, which
// WeChat has no use for: it takes registered templates alone.
func Find(own []Template, kind, code, channel, language string) (Template, bool) {
	best, found := Template{}, 0
	for _, t := range own {
		if t.Kind != kind || t.Channel != channel || t.Code != "" && t.Code != code || t.Language != "" && t.Language != language {
			continue
		}
		score := 1
		if t.Code == code {
			score += 2
		}
		if t.Language == language {
			score++
		}
		if score > found {
			best, found = t, score
		}
	}
	if found > 0 {
		return best, true
	}
	if channel != ChannelSMS {
		return Template{}, false
	}
	body := DefaultBody(kind, language)
	return Template{Kind: kind, Channel: channel, Language: language, Body: body}, body != ""
}

// DefaultBody is the program's words of a kind in a language; "" where it has none.
func DefaultBody(kind, language string) string {
	l, ok := i18n.Get(cmp.Or(language, i18n.English))
	key := "message.words." + kind
	if !ok || !l.Has(key) {
		return ""
	}
	args := map[string]any{}
	for _, name := range l.Placeholders(key) {
		args[name] = "{" + name + "}"
	}
	return l.T(key, args)
}

// Render writes the text, and the provider's parameters in their order.
func (t Template) Render(values map[string]string) (text string, params []Param, err error) {
	parsed, err := i18n.Parse(t.Body)
	if err != nil {
		return "", nil, ErrBody.Wrap(err)
	}
	args := make(map[string]any, len(values))
	for k, v := range values {
		args[k] = v
	}
	for _, p := range strings.Split(t.ProviderParams, ",") {
		if theirs, ours, ok := strings.Cut(p, "="); ok {
			params = append(params, Param{theirs, values[ours]})
		}
	}
	l, _ := i18n.Get(cmp.Or(t.Language, i18n.English))
	return parsed.Format(l, args), params, nil
}

// Examples are values to show a template with.
func Examples(kind string) map[string]string {
	out := map[string]string{"name": "Ann", "merchant": "Lily", "shop": "Lily West", "amount": "88.00", "balance": "512.50", "points": "88", "points_balance": "1200", "count": "1", "rest": "9",
		"coupon": "-10", "until": "2026-12-31", "what": "points", "tier": "Gold", "code": "123456", "minutes": "5", "arg": "7", "money": "10.00", "label": "A", "text": "…"}
	if kind == KindPoints {
		out["balance"] = "1200"
	}
	return out
}
