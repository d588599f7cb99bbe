package office

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/web"
)

const receiptsURL = "/office/settings/receipts"

func (f *office) mountReceipts() {
	f.on("GET "+receiptsURL, auth.PermSettings, f.receiptPage)
	f.on("POST "+receiptsURL, auth.PermSettings, f.receiptSave)
	f.on("POST "+receiptsURL+"/preview", auth.PermSettings, f.receiptPreview)
}

// printSettings say what is printed by itself; they are settings of the shop.
var printSettings = []setting.BoolSetting{setting.ReceiptPrintSales, setting.ReceiptPrintRefunds, setting.ReceiptPrintTopUps, setting.ReceiptPrintShifts}

// receiptForm is a shop's template as a form, and how it would look.
type receiptForm struct {
	in       form
	picture  string // of the sample sale, as a data address
	text     string // the same for those who cannot see it
	lookErr  error
	settings setting.Values
	hash     string // of the logo that is stored
}

func (f *office) receiptPage(w http.ResponseWriter, r *http.Request, p *page) error {
	x, err := f.readReceipt(r.Context(), p)
	if err != nil {
		return err
	}
	x.look(f, r.Context(), p, nil)
	return f.show(w, r, receiptView(p, x))
}

func (f *office) readReceipt(ctx context.Context, p *page) (*receiptForm, error) {
	if p.Shop.ID.IsNone() {
		return nil, web.ErrNoRoute
	}
	x := &receiptForm{}
	var tpl receipt.Template
	if err := f.db.Batch(ctx, receipt.AskTemplate(p.Merchant.ID, p.Shop.ID, &tpl), setting.AskAll(p.Merchant.ID, p.Shop.ID, [16]byte{}, &x.settings)); err != nil {
		return nil, err
	}
	x.fill(p, tpl)
	return x, nil
}

// fill makes the form of a template.
func (x *receiptForm) fill(p *page, t receipt.Template) {
	x.hash = t.Logo
	x.in = values("paper", strconv.Itoa(t.Paper), "lang", t.Lang, "second", t.Second, "business_no", t.BusinessNo, "member_name", t.MemberName, "code", t.Code, "code_text", t.CodeText,
		"copies", strconv.Itoa(t.Copies), "logo_width", strconv.Itoa(t.LogoWidth), "look_lang", p.Words.Tag(), "look_paper", strconv.Itoa(t.Paper))
	for _, l := range i18n.Tags() {
		x.in.v.Set("head_"+l, t.Head[l])
		x.in.v.Set("foot_"+l, t.Foot[l])
	}
	for _, fl := range t.Fields {
		x.in.v.Set("field_"+string(fl), "true")
	}
	for _, s := range printSettings {
		x.in.v.Set(s.Key(), strconv.FormatBool(s.In(x.settings)))
	}
}

// template is what the form says.
func (x *receiptForm) template() (receipt.Template, error) {
	in := x.in
	t := receipt.Template{Lang: in.get("lang"), Second: in.get("second"), Head: map[string]string{}, Foot: map[string]string{}, BusinessNo: in.get("business_no"),
		MemberName: in.get("member_name"), Code: in.get("code"), CodeText: in.get("code_text"), Logo: x.hash}
	t.Paper, _ = strconv.Atoi(in.get("paper")) // what is no number is none of the choices
	t.Copies, _ = strconv.Atoi(in.get("copies"))
	t.LogoWidth, _ = strconv.Atoi(in.get("logo_width"))
	for _, l := range i18n.Tags() {
		t.Head[l], t.Foot[l] = in.v.Get("head_"+l), in.v.Get("foot_"+l)
	}
	for _, fl := range receipt.Fields() {
		if in.on("field_" + string(fl)) {
			t.Fields = append(t.Fields, fl)
		}
	}
	if in.on("logo_gone") {
		t.Logo = ""
	}
	return t, t.Check()
}

// look draws the sample sale with the form as it stands; logo is a picture that was
// sent with it.
func (x *receiptForm) look(f *office, ctx context.Context, p *page, logo *receipt.Logo) {
	t, err := x.template()
	if err != nil {
		x.lookErr = err
		return
	}
	if n, err := strconv.Atoi(x.in.get("look_paper")); err == nil && slices.Contains(receipt.Papers, n) {
		t.Paper = n
	}
	lang := x.in.get("look_lang")
	if !i18n.Known(lang) {
		lang = p.Words.Tag()
	}
	l := i18n.Match(lang)
	at := report.SampleShop{Desk: tenant.Desk{Merchant: p.Merchant, Shop: p.Shop}, Settings: x.settings, Now: f.db.Now()}
	doc, err := f.o.Receipts.Preview(ctx, p.Merchant.ID, l, report.SampleSale(l, t, at), t, logo)
	var b bytes.Buffer
	if err == nil {
		err = receipt.PNG(&b, doc, t.Dots())
	}
	if err != nil {
		x.lookErr = err
		return
	}
	x.picture, x.text = dataURL("png", b.Bytes()), receipt.PlainText(doc, t.Paper)
}

func dataURL(kind string, data []byte) string {
	return "data:image/" + kind + ";base64," + base64.StdEncoding.EncodeToString(data)
}

// uploaded reads a form with one picture. Faults: request.malformed,
// request.too_large, receipt.logo_too_large, receipt.logo_unreadable,
// receipt.logo_dimensions.
func uploaded(w http.ResponseWriter, r *http.Request) (in form, logo *receipt.Logo, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, receipt.MaxLogo+256<<10)
	if err := r.ParseMultipartForm(receipt.MaxLogo + 256<<10); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return form{}, nil, receipt.ErrLogoTooLarge.On("logo").With("max", receipt.MaxLogo>>10)
		}
		return form{}, nil, web.ErrMalformed.Wrap(err)
	}
	in = form{v: r.PostForm}
	in.v.Set("logo", "") // so that what is wrong with it stands at its field
	file, _, err := r.FormFile("logo")
	if errors.Is(err, http.ErrMissingFile) || errors.Is(err, http.ErrNotMultipart) {
		return in, nil, nil
	}
	if err != nil {
		return in, nil, web.ErrMalformed.Wrap(err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, receipt.MaxLogo+1))
	if err != nil {
		return in, nil, web.ErrMalformed.Wrap(err)
	}
	if len(data) == 0 {
		return in, nil, nil
	}
	l, err := receipt.ReadLogo(data)
	if err != nil {
		return in, nil, err
	}
	return in, &l, nil
}

func (f *office) receiptSave(w http.ResponseWriter, r *http.Request, p *page) error {
	x, err := f.readReceipt(r.Context(), p)
	if err != nil {
		return err
	}
	in, logo, err := uploaded(w, r)
	if in.v == nil {
		in = x.in
	}
	x.in = in
	if err == nil && in.get("do") == "look" { // without a script
		x.look(f, r.Context(), p, logo)
		return f.show(w, r, receiptView(p, x))
	}
	if err == nil {
		err = f.saveReceipt(r.Context(), p, x, logo)
	}
	if err != nil {
		x.in.err = err
		x.look(f, r.Context(), p, nil)
		return f.again(w, r, err, receiptView(p, x))
	}
	return done(w, r, p, receiptsURL, "office.saved")
}

func (f *office) saveReceipt(ctx context.Context, p *page, x *receiptForm, logo *receipt.Logo) error {
	t, err := x.template()
	if err != nil {
		return err
	}
	if logo != nil {
		t.Logo = logo.Hash
	}
	detail := map[string]any{"paper": t.Paper, "lang": t.Lang, "second": t.Second, "copies": t.Copies, "code": t.Code, "fields": len(t.Fields), "logo": t.Logo}
	return f.audited(ctx, "receipt.template_changed", "shop", detail, func(ctx context.Context, tx *db.Tx) (string, error) {
		if logo != nil {
			receipt.QueueLogo(tx, p.Merchant.ID, *logo)
		}
		for _, s := range printSettings {
			if want := strconv.FormatBool(x.in.on(s.Key())); want != strconv.FormatBool(s.In(x.settings)) {
				if err := setting.Set(tx, setting.Place{Merchant: p.Merchant.ID, Shop: p.Shop.ID}, s.Key(), want); err != nil {
					return "", err
				}
			}
		}
		return p.Shop.ID.String(), receipt.QueueTemplate(tx, p.Merchant.ID, p.Shop.ID, t)
	})
}

// receiptPreview answers the picture alone, as the form stands.
func (f *office) receiptPreview(w http.ResponseWriter, r *http.Request, p *page) error {
	x, err := f.readReceipt(r.Context(), p)
	if err != nil {
		return err
	}
	in, logo, err := uploaded(w, r)
	if err != nil {
		x.lookErr = err
	} else {
		x.in = in
		x.look(f, r.Context(), p, logo)
	}
	return f.show(w, r, receiptLook(p, x))
}

func langOptions(p *page, none string) []ui.Option {
	out := []ui.Option{{Value: "", Text: none}}
	for _, l := range p.Ctx.Locales {
		if i18n.Known(l.Code) {
			out = append(out, ui.Option{Value: l.Code, Text: l.Name})
		}
	}
	return out
}

// langName is what a language calls itself.
func langName(p *page, code string) string {
	for _, l := range p.Ctx.Locales {
		if l.Code == code {
			return l.Name
		}
	}
	return code
}

func wordOptions(p *page, prefix string, list ...string) (out []ui.Option) {
	for _, v := range list {
		out = append(out, ui.Option{Value: v, Text: p.T(prefix + v)})
	}
	return out
}

func numberOptions(p *page, key string, list []int) (out []ui.Option) {
	for _, n := range list {
		out = append(out, ui.Option{Value: strconv.Itoa(n), Text: p.T(key, "n", n)})
	}
	return out
}

// box is a yes or no of this form.
func (x *receiptForm) box(p *page, name, label string) (ui.FieldProps, bool) {
	props := x.in.field(name, label)
	props.ID, props.Value = strings.NewReplacer(".", "-", "_", "-").Replace(name), "true"
	return props, x.in.on(name)
}
