package office

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	msg "github.com/shopwright/shopwright/core/message"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/setting"
)

func (f *office) mountMessages() {
	f.on("GET /office/messages", auth.PermMembers, f.messagesPage)
	f.on("POST /office/messages/{id}/resend", auth.PermMembers, f.messageResend)
	f.on("GET /office/messages/settings", auth.PermSettings, f.messageSettings)
	f.on("POST /office/messages/settings", auth.PermSettings, f.messageSettingsSave)
	f.on("GET /office/messages/templates", auth.PermSettings, f.messageTemplates)
	f.on("GET /office/messages/template", auth.PermSettings, f.messageTemplate)
	f.on("POST /office/messages/template", auth.PermSettings, f.messageTemplateSave)
	f.on("POST /office/messages/template/drop", auth.PermSettings, f.messageTemplateDrop)
	f.on("GET /office/members/{id}/messages", auth.PermMembers, f.memberMessages)
	f.on("POST /office/members/{id}/messages/opt-out", auth.PermMembers, f.memberOptOut)
}

// messageTabList are the pages of messages that somebody may see.
func messageTabList(p *page, at string) (out []ui.Tab) {
	for _, t := range []struct {
		key, href string
		needs     auth.Permission
	}{{"list", "/office/messages", auth.PermMembers}, {"campaign", messageCampaignURL, auth.PermCatalog}, {"templates", "/office/messages/templates", auth.PermSettings}, {"settings", "/office/messages/settings", auth.PermSettings}} {
		if p.Actor.May(t.needs) {
			out = append(out, ui.Tab{Title: p.T("office.messages." + t.key), Href: t.href, Current: at == t.key})
		}
	}
	return out
}

// messageList is a page of messages, of all members or of one.
type messageList struct {
	items []msg.Message
	names map[id.ID]string
	state string
	kind  string
	month []msg.MonthRow
	of    *member.Member // of whom they are
	out   []string       // what the member wants no more of
	first string
	next  string
	anyOn bool
}

func (f *office) readMessages(r *http.Request, p *page, of *member.Member) (*messageList, error) {
	at, err := pageOf(r, 50)
	if err != nil {
		return nil, err
	}
	ctx, m := r.Context(), p.Merchant.ID
	l := &messageList{state: r.URL.Query().Get("state"), kind: r.URL.Query().Get("kind"), of: of}
	filter := msg.Filter{State: msg.State(l.state), Kind: l.kind}
	if of != nil {
		filter.Member = of.ID
		if l.out, err = msg.ListOptOuts(ctx, f.db, m, of.ID); err != nil {
			return nil, err
		}
	}
	var next string
	if l.items, next, err = msg.List(ctx, f.db, m, filter, at); err != nil {
		return nil, err
	}
	l.first, l.next = pager(r, next)
	var ids []id.ID
	for _, v := range l.items {
		ids = append(ids, v.Member)
	}
	if l.names, err = member.Names(ctx, f.db, m, ids); err != nil {
		return nil, err
	}
	values, err := setting.All(ctx, f.db, m, id.None, id.None)
	if err != nil {
		return nil, err
	}
	l.anyOn = msg.PolicyOf(values).Any()
	from, to := msg.MonthOf(f.db.Now(), p.Shop.Zone)
	l.month, err = msg.Month(ctx, f.db, m, from, to)
	return l, err
}

func (f *office) messagesPage(w http.ResponseWriter, r *http.Request, p *page) error {
	l, err := f.readMessages(r, p, nil)
	if err != nil {
		return err
	}
	return f.show(w, r, messagesView(p, l))
}

func (f *office) memberMessages(w http.ResponseWriter, r *http.Request, p *page) error {
	m, err := f.memberOf(r, p)
	if err != nil {
		return err
	}
	l, err := f.readMessages(r, p, &m)
	if err != nil {
		return err
	}
	return f.show(w, r, memberMessagesView(p, l))
}

var messageTones = map[msg.State]ui.Tone{msg.Delivered: ui.Ok, msg.Accepted: ui.Ok, msg.Failed: ui.Bad, msg.Uncertain: ui.Warn, msg.Skipped: ui.Neutral, msg.Held: ui.Info, msg.Queued: ui.Info, msg.Claimed: ui.Info, msg.Sending: ui.Info}

// why is a reason in the reader's language, with the provider's own words behind.
func why(p *page, reason string) string {
	key, detail, _ := strings.Cut(reason, ": ")
	if key == "" {
		return ""
	}
	text := p.T(key)
	if detail != "" {
		text += ": " + detail
	}
	return text
}

func (l *messageList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.messages.title"), HideCaption: true, Dense: true, Empty: ui.EmptyState{Icon: "empty", Title: p.T("office.messages.none"), Text: p.T("office.messages.none_text")}}
	t.Columns = []ui.Column{{Title: p.T("office.messages.when")}, {Title: p.T("office.messages.kind")}}
	if l.of == nil {
		t.Columns = append(t.Columns, ui.Column{Title: p.T("office.col.member")})
	}
	t.Columns = append(t.Columns, ui.Column{Title: p.T("office.col.state"), Key: true}, ui.Column{Title: p.T("office.messages.cost"), Numeric: true}, ui.Column{Title: ""})
	t.First, t.Next = l.first, l.next
	for _, v := range l.items {
		cells := []any{stamp2(p, v.CreatedAt), p.T("message.kind." + v.Kind)}
		if l.of == nil {
			cells = append(cells, ui.Link(memberName(p, l.names[v.Member]), "/office/members/"+v.Member.String()))
		}
		cost := ""
		if v.Cost > 0 {
			cost = p.Money(v.Cost)
		}
		var again templ.Component = ui.Text("")
		if slices.Contains([]msg.State{msg.Failed, msg.Uncertain, msg.Skipped}, v.State) && v.Kind != msg.KindVerification {
			again = act("/office/messages/"+v.ID.String()+"/resend", ui.ButtonProps{Text: p.T("office.messages.resend"), Size: "small", Kind: ui.Quiet})
		}
		t.Rows = append(t.Rows, ui.Row(append(cells, two(ui.Badge(messageTones[v.State], p.T("message.state."+string(v.State))), why(p, v.Reason)), cost, again)...))
	}
	return t
}

func (l *messageList) monthTable(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.messages.month"), HideCaption: true, Dense: true, Empty: ui.EmptyState{Title: p.T("office.messages.none")},
		Columns: []ui.Column{{Title: p.T("office.messages.kind")}, {Title: p.T("office.messages.channel")}, {Title: p.T("office.messages.sent"), Numeric: true}, {Title: p.T("office.messages.cost"), Numeric: true}}}
	var sum money.Amount
	var n int64
	for _, v := range l.month {
		t.Rows = append(t.Rows, ui.Row(p.T("message.kind."+v.Kind), p.T("office.messages.channel_"+v.Channel), p.Int(v.Messages), p.Money(v.Cost)))
		sum, n = sum+v.Cost, n+v.Messages
	}
	if len(l.month) > 1 {
		t.Rows = append(t.Rows, ui.Row(p.T("office.messages.all"), "", p.Int(n), p.Money(sum)))
	}
	return t
}

func stateOptions(p *page) []ui.Option {
	out := []ui.Option{{Value: "", Text: p.T("office.messages.any_state")}}
	for _, s := range msg.States() {
		out = append(out, ui.Option{Value: string(s), Text: p.T("message.state." + string(s))})
	}
	return out
}

func kindOptions(p *page) []ui.Option {
	out := []ui.Option{{Value: "", Text: p.T("office.messages.any_kind")}}
	for _, k := range msg.Kinds() {
		out = append(out, ui.Option{Value: k.Name, Text: p.T("message.kind." + k.Name)})
	}
	return out
}

func (f *office) messageResend(w http.ResponseWriter, r *http.Request, p *page) error {
	u, err := pathID(r, "id")
	if err != nil {
		return err
	}
	err = f.audited(r.Context(), "message.resent", "message", nil, func(ctx context.Context, tx *db.Tx) (string, error) {
		_, err := msg.Resend(ctx, tx, p.Merchant.ID, u)
		return u.String(), err
	})
	if err != nil {
		return err
	}
	return done(w, r, p, "/office/messages", "office.messages.resent")
}

func (f *office) memberOptOut(w http.ResponseWriter, r *http.Request, p *page) error {
	m, err := f.memberOf(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	subject, out := in.get("subject"), in.on("out")
	if !slices.Contains(msg.Subjects(), subject) { // it goes into the audit log
		return msg.ErrSubject.On("subject")
	}
	err = f.audited(r.Context(), "member.message_opt_out", "member", map[string]any{"subject": subject, "out": out}, func(_ context.Context, tx *db.Tx) (string, error) {
		return m.ID.String(), msg.OptOut(tx, p.Merchant.ID, m.ID, subject, out)
	})
	if err != nil {
		return err
	}
	return done(w, r, p, "/office/members/"+m.ID.String()+"/messages", "office.saved")
}

// messageForm is the page of what is sent, and how much.
type messageForm struct {
	in form
	on []string
}

// messageKeys are the settings of the page by their fields.
var messageKeys = []struct{ field, key string }{{"channels", "message.channels"}, {"quiet", "message.quiet_hours"}, {"cap", "message.marketing_cap"}, {"limit", "message.month_limit"}, {"price", "message.sms_price"}, {"signature", "message.signature"}}

func (f *office) messageSettings(w http.ResponseWriter, r *http.Request, p *page) error {
	v, err := setting.All(r.Context(), f.db, p.Merchant.ID, id.None, id.None)
	if err != nil {
		return err
	}
	in := values("channels", setting.MessageChannels.In(v), "quiet", setting.MessageQuietHours.In(v), "cap", p.Int(setting.MessageMarketingCap.In(v)),
		"limit", p.Currency.Format(money.Amount(setting.MessageMonthLimit.In(v))), "price", p.Currency.Format(money.Amount(setting.MessageSMSPrice.In(v))), "signature", setting.MessageSignature.In(v))
	return f.show(w, r, messageSettingsView(p, &messageForm{in, msg.PolicyOf(v).Kinds}))
}

func (f *office) messageSettingsSave(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	x := &messageForm{in: in}
	for _, k := range msg.Kinds() {
		if in.on("kind_" + k.Name) {
			x.on = append(x.on, k.Name)
		}
	}
	err = f.audited(r.Context(), "message.settings_changed", "merchant", map[string]string{"kinds": strings.Join(x.on, ",")}, func(_ context.Context, tx *db.Tx) (string, error) {
		if _, err := msg.ParseQuiet(in.get("quiet")); err != nil {
			return "", msg.ErrQuiet.On("quiet")
		}
		at := setting.Place{Merchant: p.Merchant.ID}
		if err := setting.Set(tx, at, "message.kinds", strings.Join(x.on, ",")); err != nil {
			return "", err
		}
		for _, k := range messageKeys {
			text := in.get(k.field)
			if k.field == "limit" || k.field == "price" {
				a, err := ui.ParseMoney(p.Currency, text)
				if err != nil {
					return "", setting.ErrValue.On(k.field).With("key", k.key)
				}
				text = strconv.FormatInt(int64(a), 10)
			}
			if err := setting.Set(tx, at, k.key, text); err != nil {
				return "", setting.ErrValue.On(k.field).With("key", k.key)
			}
		}
		return p.Merchant.ID.String(), nil
	})
	if err != nil {
		x.in.err = err
		return f.again(w, r, err, messageSettingsView(p, x))
	}
	return done(w, r, p, "/office/messages/settings", "office.saved")
}

func channelOptions(p *page) []ui.Option {
	var out []ui.Option
	for _, c := range []string{"wechat_then_sms", "sms_then_wechat", "sms", "wechat"} {
		out = append(out, ui.Option{Value: c, Text: p.T("setting.message.channels." + c)})
	}
	return out
}

// templateList shows what is said of every kind.
type templateList struct {
	own []msg.Template
}

func (f *office) messageTemplates(w http.ResponseWriter, r *http.Request, p *page) error {
	own, err := msg.ListTemplates(r.Context(), f.db, p.Merchant.ID)
	if err != nil {
		return err
	}
	return f.show(w, r, messageTemplatesView(p, &templateList{own}))
}

func templateURL(t msg.Template) string {
	return "/office/messages/template?kind=" + t.Kind + "&channel=" + t.Channel + "&language=" + t.Language + "&code=" + url.QueryEscape(t.Code)
}

func languageName(p *page, tag string) string {
	if tag == "" {
		return p.T("office.messages.any_language")
	}
	return p.T("office.messages.language_" + strings.ReplaceAll(strings.ToLower(tag), "-", "_"))
}

func (l *templateList) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.messages.templates"), HideCaption: true, Dense: true,
		Columns: []ui.Column{{Title: p.T("office.messages.kind")}, {Title: p.T("office.messages.channel")}, {Title: p.T("office.messages.language")}, {Title: p.T("office.messages.text")}, {Title: p.T("office.messages.provider_template")}}}
	add := func(v msg.Template) {
		name := p.T("message.kind." + v.Kind)
		if v.Code != "" {
			name += " · " + v.Code
		}
		t.Rows = append(t.Rows, ui.Row(ui.Link(name, templateURL(v)), p.T("office.messages.channel_"+v.Channel), languageName(p, v.Language), v.Body, dash(v.ProviderTemplate)))
	}
	for _, k := range msg.Kinds() {
		found := false
		for _, v := range l.own {
			if v.Kind == k.Name {
				add(v)
				found = found || v.Channel == msg.ChannelSMS
			}
		}
		if !found {
			v, _ := msg.Find(nil, k.Name, "", msg.ChannelSMS, p.Words.Tag())
			add(v)
		}
	}
	return t
}

// templateForm is one template with how it reads.
type templateForm struct {
	t       msg.Template
	in      form
	own     bool
	preview []preview
}

// preview is a template as it reads in one language.
type preview struct {
	language, text string
	parts          int
}

func (f *office) readTemplate(ctx context.Context, p *page, in form) (*templateForm, error) {
	x := &templateForm{in: in, t: msg.Template{Kind: in.get("kind"), Code: in.get("code"), Channel: in.get("channel"), Language: in.get("language"), Body: in.get("body"),
		ProviderTemplate: in.get("provider_template"), ProviderParams: in.get("provider_params"), Link: in.get("link")}}
	if _, ok := msg.KindOf(x.t.Kind); !ok {
		return nil, msg.ErrKind
	}
	own, err := msg.ListTemplates(ctx, f.db, p.Merchant.ID)
	if err != nil {
		return nil, err
	}
	for _, v := range own {
		if v.Kind == x.t.Kind && v.Code == x.t.Code && v.Channel == x.t.Channel && v.Language == x.t.Language {
			x.own = true
			if !in.v.Has("body") {
				x.t = v
			}
		}
	}
	if !x.own && !in.v.Has("body") {
		x.t.Body = msg.DefaultBody(x.t.Kind, x.t.Language)
	}
	return x, nil
}

// show writes the previews: the text itself, and where it is the program's own, in
// each language.
func (x *templateForm) show() {
	tags := []string{x.t.Language}
	if x.t.Language == "" {
		tags = i18n.Tags()
	}
	for _, tag := range tags {
		v := x.t
		v.Language = tag
		if !x.own && !x.in.v.Has("body") {
			v.Body = msg.DefaultBody(v.Kind, tag)
		}
		if text, _, err := v.Render(msg.Examples(v.Kind)); err == nil {
			parts, _ := msg.Segments(text)
			x.preview = append(x.preview, preview{tag, text, parts})
		}
	}
}

func (f *office) messageTemplate(w http.ResponseWriter, r *http.Request, p *page) error {
	q := r.URL.Query()
	channel := q.Get("channel")
	if channel == "" {
		channel = msg.ChannelSMS
	}
	x, err := f.readTemplate(r.Context(), p, values("kind", q.Get("kind"), "code", q.Get("code"), "channel", channel, "language", q.Get("language")))
	if err != nil {
		return err
	}
	x.in = values("kind", x.t.Kind, "code", x.t.Code, "channel", x.t.Channel, "language", x.t.Language, "provider_template", x.t.ProviderTemplate, "provider_params", x.t.ProviderParams, "link", x.t.Link)
	x.show()
	x.in.v.Set("body", x.t.Body)
	return f.show(w, r, messageTemplateView(p, x))
}

func (f *office) messageTemplateSave(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	x, err := f.readTemplate(r.Context(), p, in)
	if err != nil {
		return err
	}
	err = f.audited(r.Context(), "message.template_set", "message_template", map[string]string{"channel": x.t.Channel, "language": x.t.Language}, func(_ context.Context, tx *db.Tx) (string, error) {
		return x.t.Kind, msg.SetTemplate(tx, p.Merchant.ID, x.t)
	})
	if err != nil {
		x.in.err = err
		x.show()
		return f.again(w, r, err, messageTemplateView(p, x))
	}
	return done(w, r, p, "/office/messages/templates", "office.saved")
}

func (f *office) messageTemplateDrop(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	x, err := f.readTemplate(r.Context(), p, in)
	if err != nil {
		return err
	}
	err = f.audited(r.Context(), "message.template_dropped", "message_template", map[string]string{"channel": x.t.Channel, "language": x.t.Language}, func(_ context.Context, tx *db.Tx) (string, error) {
		msg.DropTemplate(tx, p.Merchant.ID, x.t)
		return x.t.Kind, nil
	})
	if err != nil {
		return err
	}
	return done(w, r, p, "/office/messages/templates", "office.saved")
}

// variablesOf lists what a kind's template may name, as it is typed.
func variablesOf(kind string) string {
	k, _ := msg.KindOf(kind)
	var out []string
	for _, v := range k.All() {
		out = append(out, "{"+v+"}")
	}
	return strings.Join(out, " ")
}

func languageOptions(p *page) []ui.Option {
	out := []ui.Option{{Value: "", Text: languageName(p, "")}}
	for _, tag := range i18n.Tags() {
		out = append(out, ui.Option{Value: tag, Text: languageName(p, tag)})
	}
	return out
}

func wayOptions(p *page) []ui.Option {
	return []ui.Option{{Value: msg.ChannelSMS, Text: p.T("office.messages.channel_sms")}, {Value: msg.ChannelWeChat, Text: p.T("office.messages.channel_wechat")}}
}
