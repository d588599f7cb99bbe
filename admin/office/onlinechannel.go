package office

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/storefront"
	"github.com/shopwright/shopwright/core/tenant"
)

// ErrItemLine: a line of a list of articles that is none. Args: line.
var ErrItemLine = fault.New(fault.Invalid, "storefront.item_line_invalid")

// onlineItemsShown is how many articles a page shows.
const onlineItemsShown = 100

func (f *office) mountOnlineChannels() {
	f.on("GET /office/online-channels/{id}", auth.PermDevices, f.channelPage)
	f.on("POST /office/online-channels/{id}", auth.PermDevices, f.channelSave)
	f.on("POST /office/online-channels/{id}/offer", auth.PermDevices, f.channelOffer)
	f.on("POST /office/online-channels/{id}/resync", auth.PermDevices, f.channelResync)
	f.on("POST /office/online-channels/{id}/items", auth.PermDevices, f.channelItems)
	f.on("GET /office/online-channels/{id}/items.csv", auth.PermDevices, f.channelExport)
}

// channelOne is a channel's settings and what it sells.
type channelOne struct {
	d         device.Device
	c         storefront.Channel // no ID: nobody has set it up yet
	items     []storefront.Item
	unmapped  bool
	registers []tenant.Register
	in        form
	list      form
	first     string
	next      string
}

func (f *office) readChannel(r *http.Request, p *page) (*channelOne, error) {
	u, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	ctx, m, q := r.Context(), p.Merchant.ID, r.URL.Query()
	v := &channelOne{unmapped: q.Get("unmapped") == "true"}
	if v.d, err = device.Get(ctx, f.db, m, u); err != nil {
		return nil, err
	}
	if v.d.Class != storefront.Class {
		return nil, storefront.ErrChannel
	}
	if v.c, err = storefront.GetChannel(ctx, f.db, m, u); err != nil && !errors.Is(err, storefront.ErrChannel) {
		return nil, err
	}
	all, err := tenant.ListRegisters(ctx, f.db, m)
	if err != nil {
		return nil, err
	}
	for _, reg := range all {
		if reg.Shop == v.d.Shop && !reg.Archived {
			v.registers = append(v.registers, reg)
		}
	}
	code, register := v.c.Code, v.c.Register.String()
	if v.c.ID.IsNone() {
		code, register = "mall", v.d.Register.String()
	}
	v.in = values("code", code, "register", register, "buffer", v.c.Buffer.String(), "catalogue", strconv.FormatBool(v.c.Catalogue))
	v.list = values("items", "")
	if v.items, err = storefront.Items(ctx, f.db, m, u, v.unmapped, q.Get("after"), onlineItemsShown+1); err != nil {
		return nil, err
	}
	if len(v.items) > onlineItemsShown {
		v.items = v.items[:onlineItemsShown]
		v.next = with(r, "after", v.items[onlineItemsShown-1].Code)
	}
	if q.Get("after") != "" {
		v.first = with(r, "after", "")
	}
	return v, nil
}

func (v *channelOne) path() string { return "/office/online-channels/" + v.d.ID.String() }

func (v *channelOne) registerOptions() (out []ui.Option) {
	for _, r := range v.registers {
		out = append(out, ui.Option{Value: r.ID.String(), Text: r.Name})
	}
	return out
}

func (v *channelOne) table(p *page) ui.TableProps {
	t := ui.TableProps{Caption: p.T("office.online.items"), HideCaption: true, First: v.first, Next: v.next,
		Columns: []ui.Column{{Title: p.T("office.online.article")}, {Title: p.T("office.online.sku")}, {Title: p.T("office.online.offered"), Numeric: true, Key: true}, {Title: p.T("office.online.offered_at")}},
		Empty:   ui.EmptyState{Icon: "catalog", Title: p.T("office.online.no_items"), Text: p.T("office.online.no_items_text")}}
	for i := range v.items {
		x := &v.items[i]
		sku := two(word(x.SKUCode), x.SKUName)
		if x.SKU.IsNone() {
			sku = ui.Badge(ui.Bad, p.T("office.online.attend.unmapped"))
		}
		t.Rows = append(t.Rows, ui.Row(two(word(x.Code), x.Name), sku, dash(some(x.Pushed.String(), x.Pushed >= 0)), stamp(p, x.PushedAt)))
	}
	return t
}

func (f *office) channelPage(w http.ResponseWriter, r *http.Request, p *page) error {
	v, err := f.readChannel(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, channelView(p, v))
}

func (f *office) channelSave(w http.ResponseWriter, r *http.Request, p *page) error {
	v, err := f.readChannel(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	c := storefront.Channel{Merchant: p.Merchant.ID, ID: v.d.ID, Code: in.get("code"), Shop: v.d.Shop, Catalogue: in.on("catalogue")}
	if c.Buffer, err = money.ParseQuantity(plainNumber(in.get("buffer"))); err != nil {
		err = storefront.ErrBuffer.On("buffer")
	}
	known := false
	for _, reg := range v.registers {
		if reg.ID.String() == in.get("register") {
			c.Register, known = reg.ID, true
		}
	}
	if err == nil && !known {
		err = tenant.ErrRegisterNotFound.On("register")
	}
	if err == nil {
		err = f.audited(r.Context(), "online_channel.saved", "online_channel", map[string]string{"code": c.Code, "register_id": c.Register.String(), "buffer": c.Buffer.String(), "catalogue": strconv.FormatBool(c.Catalogue)}, func(ctx context.Context, tx *db.Tx) (string, error) {
			return c.ID.String(), storefront.Save(ctx, tx, c)
		})
	}
	if err != nil {
		v.in = in
		v.in.err = err
		return f.again(w, r, err, channelView(p, v))
	}
	return f.channelDone(w, r, p, v, "office.saved")
}

func (f *office) channelDone(w http.ResponseWriter, r *http.Request, p *page, v *channelOne, key string, args ...any) error {
	if f.o.Online != nil {
		f.o.Online.Wake()
	}
	return done(w, r, p, v.path(), key, args...)
}

// channelOffer has the channel sell the whole catalogue, under the SKUs' own codes.
func (f *office) channelOffer(w http.ResponseWriter, r *http.Request, p *page) error {
	v, err := f.readChannel(r, p)
	if err != nil {
		return err
	}
	var n int64
	err = f.audited(r.Context(), "online_channel.offered", "online_channel", nil, func(ctx context.Context, tx *db.Tx) (_ string, err error) {
		if v.c.ID.IsNone() {
			return "", storefront.ErrChannel
		}
		n, err = storefront.Offer(ctx, tx, p.Merchant.ID, v.d.ID)
		return v.d.ID.String(), err
	})
	if err != nil {
		return err
	}
	return f.channelDone(w, r, p, v, "office.online.done.offered", "n", n)
}

func (f *office) channelResync(w http.ResponseWriter, r *http.Request, p *page) error {
	v, err := f.readChannel(r, p)
	if err != nil {
		return err
	}
	err = f.audited(r.Context(), "online_channel.resync", "online_channel", nil, func(_ context.Context, tx *db.Tx) (string, error) {
		storefront.QueueResync(tx, p.Merchant.ID, v.d.ID)
		return v.d.ID.String(), nil
	})
	if err != nil {
		return err
	}
	return f.channelDone(w, r, p, v, "office.online.done.resync")
}

// readItems reads lines of "the channel's code, our SKU's code". Fault:
// storefront.item_line_invalid.
func readItems(text string) (out [][2]string, err error) {
	in := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
	in.FieldsPerRecord, in.TrimLeadingSpace = -1, true
	for {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		line := 0
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			line = bad.Line
		} else if err == nil {
			line, _ = in.FieldPos(0)
		}
		if err != nil || len(rec) < 2 || strings.TrimSpace(rec[0]) == "" {
			return nil, ErrItemLine.On("items").With("line", line)
		}
		if len(out) == 0 && strings.EqualFold(strings.TrimSpace(rec[0]), "code") {
			continue // the head of a list that was saved here
		}
		out = append(out, [2]string{rec[0], rec[1]})
	}
}

// channelItems says which SKUs articles are, a line each; all or none of them.
func (f *office) channelItems(w http.ResponseWriter, r *http.Request, p *page) error {
	v, err := f.readChannel(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	list, err := readItems(in.get("items"))
	if err == nil && v.c.ID.IsNone() {
		err = storefront.ErrChannel
	}
	if err == nil {
		err = f.audited(r.Context(), "online_channel.items", "online_channel", map[string]int{"articles": len(list)}, func(ctx context.Context, tx *db.Tx) (string, error) {
			for _, x := range list {
				if err := storefront.Map(ctx, tx, p.Merchant.ID, v.d.ID, x[0], x[1]); err != nil {
					return "", fault.Of(err).On("items")
				}
			}
			return v.d.ID.String(), nil
		})
	}
	if err != nil {
		v.list = in
		v.list.err = err
		return f.again(w, r, err, channelView(p, v))
	}
	return f.channelDone(w, r, p, v, "office.online.done.items", "n", len(list))
}

// channelExport is the list of articles as a file.
func (f *office) channelExport(w http.ResponseWriter, r *http.Request, p *page) error {
	v, err := f.readChannel(r, p)
	if err != nil {
		return err
	}
	asFile(w, "text/csv; charset=utf-8", "online-"+v.c.Code+".csv")
	out := csv.NewWriter(w)
	_ = out.Write([]string{"code", "sku", "name", "offered"}) // a reader that has gone is nobody's fault
	after := ""
	for {
		items, err := storefront.Items(r.Context(), f.db, p.Merchant.ID, v.d.ID, false, after, 500)
		if err != nil {
			f.o.Log.ErrorContext(r.Context(), "a list of articles broke off", "error", err)
			break
		}
		for _, x := range items {
			_ = out.Write([]string{x.Code, x.SKUCode, x.Name, some(x.Pushed.String(), x.Pushed >= 0)})
		}
		if len(items) < 500 {
			break
		}
		after = items[len(items)-1].Code
	}
	out.Flush()
	return nil
}
