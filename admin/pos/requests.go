package pos

import (
	"context"
	"net/http"
	"strings"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/web"
)

const maxRequests = 20 // that are listed, the newest

// requestView is a refund that waits for somebody who may.
type requestView struct {
	sale.RefundRequest
	Title, By string
	Short     bool // deciding failed because earned points are gone
	Login     string
	Err       error
}

type requestsView struct {
	*desk
	frame
	List    []requestView
	Refused bool
}

// requestOf answers the request of a sale that waits, nil where there is none.
func (h *screens) requestOf(ctx context.Context, d *desk, s *sale.Sale) (*requestView, error) {
	for p := (db.Page{Limit: 100}); ; {
		list, err := sale.ListRequests(ctx, h.db, d.Desk.Merchant.ID, sale.RequestPending, p)
		if err != nil {
			return nil, err
		}
		list, next := db.Cut(p, list, func(v sale.RefundRequest) id.ID { return v.ID })
		for i := range list {
			if list[i].Sale == s.ID {
				v := requestView{RefundRequest: list[i], Title: d.saleTitle(s)}
				return &v, h.nameRequests(ctx, d, []*requestView{&v})
			}
		}
		if next == "" {
			return nil, nil
		}
		p.After = list[len(list)-1].ID
	}
}

// nameRequests says who asked.
func (h *screens) nameRequests(ctx context.Context, d *desk, list []*requestView) error {
	var ids []id.ID
	for _, v := range list {
		ids = append(ids, v.RequestedBy)
	}
	var people []auth.Staff
	if err := h.db.Batch(ctx, auth.AskStaff(d.Desk.Merchant.ID, ids, &people)); err != nil {
		return err
	}
	for _, v := range list {
		for _, s := range people {
			if s.ID == v.RequestedBy {
				v.By = s.Name
			}
		}
	}
	return nil
}

func (h *screens) requestsOf(ctx context.Context, d *desk) (*requestsView, error) {
	f, err := h.frameOf(ctx, d)
	if err != nil {
		return nil, err
	}
	v := &requestsView{desk: d, frame: f}
	list, err := sale.ListRequests(ctx, h.db, d.Desk.Merchant.ID, sale.RequestPending, db.Page{Limit: maxRequests})
	if err != nil {
		return nil, err
	}
	var all []*requestView
	for i := range list[:min(len(list), maxRequests)] {
		s, err := sale.Get(ctx, h.db, d.Desk.Merchant.ID, list[i].Sale)
		if err != nil {
			return nil, err
		}
		v.List = append(v.List, requestView{RefundRequest: list[i], Title: d.saleTitle(s)})
	}
	for i := range v.List {
		all = append(all, &v.List[i])
	}
	if len(all) == 0 {
		return v, nil
	}
	return v, h.nameRequests(ctx, d, all)
}

func (h *screens) listRequests(w http.ResponseWriter, r *http.Request, d *desk) error {
	v, err := h.requestsOf(r.Context(), d)
	if err != nil {
		return err
	}
	v.Refused = r.URL.Query().Get("refused") != ""
	return h.sh.Render(w, r, requestsScreen(v))
}

// decide makes the refund of a request or refuses it: whoever has signed in where
// they may, else a manager who signs for this one step.
func (h *screens) decide(w http.ResponseWriter, r *http.Request, d *desk) error {
	if err := r.ParseForm(); err != nil {
		return web.ErrMalformed.Wrap(err)
	}
	do, arg, _ := strings.Cut(r.PostForm.Get("do"), ":")
	request, err := id.Parse(arg)
	if err != nil || do != "approve" && do != "refuse" {
		return sale.ErrRequestNotFound
	}
	ctx, actor := r.Context(), d.Actor
	if !actor.May(auth.PermRefund) {
		ctx, actor, err = h.vouch(ctx, r, d, auth.PermRefund)
	}
	var back *sale.Sale
	if err == nil {
		in := checkout.Decide{Merchant: d.Desk.Merchant.ID, Request: request, Approve: do == "approve", Note: clip(strings.TrimSpace(r.PostForm.Get("note")), 200), Actor: actor.ID,
			Idem: db.Idem{Key: "pos.decide." + request.String() + "." + do, Route: "POST /pos/requests", BodyHash: hashOf(request.String() + do)}}
		if r.PostForm.Get("debt") != "" {
			in.OnShort = checkout.ShortNegative
		}
		back, err = h.o.Desk.DecideRefund(ctx, in)
	}
	switch {
	case err == nil && back != nil:
		h.cashed(d, back)
		return h.goTo(w, r, d.path("sales", back.ID.String()+"?paid=1"))
	case err == nil:
		return h.goTo(w, r, d.path("requests?refused=1"))
	case fault.KindOf(err) == fault.Internal || fault.KindOf(err) == fault.Unavailable:
		return err
	}
	v, e := h.requestsOf(r.Context(), d)
	if e != nil {
		return e
	}
	for i := range v.List {
		if x := &v.List[i]; x.ID == request {
			x.Err, x.Login, x.Short = err, r.PostForm.Get("login"), fault.Of(err).Reason == checkout.ErrPointsSpent.Reason
			return h.sh.Render(w, r, requestsScreen(v))
		}
	}
	return err // it was decided meanwhile
}
