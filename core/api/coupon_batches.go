package api

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

// CouponBatch is a number of coupons of one design that are issued together.
type CouponBatch struct {
	ID           id.ID   `json:"id" format:"uuid"`
	DefinitionID id.ID   `json:"definition_id" format:"uuid"`
	Version      int     `json:"version"`
	Kind         string  `json:"kind" enum:"bearer,members"`
	Prefix       string  `json:"prefix,omitempty"`
	Note         string  `json:"note,omitempty"`
	Count        int64   `json:"count"`
	Issued       int64   `json:"issued" doc:"So far: large batches are issued in the background."`
	State        string  `json:"state" enum:"running,done,stopped"`
	ValidUntil   Instant `json:"valid_until,omitzero"`
	CreatedAt    Instant `json:"created_at"`
	EndedAt      Instant `json:"ended_at,omitzero"`
	EndReason    string  `json:"end_reason,omitempty"`
	Used         int64   `json:"used,omitempty" doc:"Coupons with a use, where one batch is asked for."`
	Voided       int64   `json:"voided,omitempty" doc:"Coupons made void, where one batch is asked for."`
}

// NewCouponBatch is a batch to be issued: count bearer coupons, or one for each
// of the members.
type NewCouponBatch struct {
	DefinitionID id.ID   `json:"definition_id" format:"uuid"`
	Count        int64   `json:"count,omitempty" minimum:"0" doc:"Bearer coupons, up to 100000."`
	MemberIDs    []id.ID `json:"member_ids,omitempty" maxItems:"5000"`
	Prefix       string  `json:"prefix,omitempty" maxLength:"12" doc:"Of the codes."`
	Note         string  `json:"note,omitempty"`
	ValidUntil   Instant `json:"valid_until,omitzero"`
}

// CouponReason says why.
type CouponReason struct {
	Reason string `json:"reason"`
}

func couponBatch(b coupon.Batch) CouponBatch {
	return CouponBatch{ID: b.ID, DefinitionID: b.Definition, Version: b.Version, Kind: b.Kind, Prefix: b.Prefix, Note: b.Note, Count: b.Count, Issued: b.Issued, State: b.State,
		ValidUntil: instant(b.Until), CreatedAt: instant(b.CreatedAt), EndedAt: instant(b.EndedAt), EndReason: b.EndReason, Used: b.Used, Voided: b.Voided}
}

type csvOut struct {
	ContentType string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

func (a *api) couponBatches() {
	planning := []auth.Permission{auth.PermCatalog}
	add(a, route{id: "list-coupon-batches", method: http.MethodGet, path: "/coupon-batches", tag: "coupons", summary: "List coupon batches, the newest first", any: planning},
		func(ctx context.Context, c caller, in *struct {
			PageIn
			DefinitionID id.ID `query:"definition_id" format:"uuid"`
		}) (*read[List[CouponBatch]], error) {
			p, err := in.page()
			if err != nil {
				return nil, err
			}
			rows, err := coupon.ListBatches(ctx, a.DB, c.Merchant, in.DefinitionID, p)
			rows, next := db.Cut(p, rows, func(b coupon.Batch) id.ID { return b.ID })
			return listOf(rows, next, couponBatch), err
		})
	add(a, route{id: "get-coupon-batch", method: http.MethodGet, path: "/coupon-batches/{id}", tag: "coupons", summary: "Get a coupon batch", any: planning},
		func(ctx context.Context, c caller, in *IDIn) (*read[CouponBatch], error) {
			b, err := coupon.GetBatch(ctx, a.DB, c.Merchant, in.ID)
			return reads(couponBatch(b)), err
		})
	add(a, route{id: "create-coupon-batch", method: http.MethodPost, path: "/coupon-batches", tag: "coupons", summary: "Issue a batch of coupons", any: planning, key: mayKey, status: http.StatusCreated}, a.createCouponBatch)
	add(a, route{id: "void-coupon-batch", method: http.MethodPost, path: "/coupon-batches/{id}/void", tag: "coupons", summary: "Make void what of a batch is not used up", any: planning, key: mayKey,
		doc: "Coupons that an open sale holds are left out; a second call finds them."}, a.voidCouponBatch)
	export := route{id: "export-coupon-batch", method: http.MethodGet, path: "/coupon-batches/{id}/export", tag: "coupons", summary: "Export the codes of a batch as CSV", any: planning}
	add(a, export, func(ctx context.Context, c caller, in *IDIn) (*csvOut, error) {
		if _, err := coupon.GetBatch(ctx, a.DB, c.Merchant, in.ID); err != nil {
			return nil, err
		}
		var b bytes.Buffer
		err := coupon.ExportBatch(ctx, a.DB, c.Merchant, in.ID, &b)
		return &csvOut{"text/csv; charset=utf-8", `attachment; filename="coupons-` + in.ID.String() + `.csv"`, b.Bytes()}, err
	})
	a.huma.OpenAPI().Paths[Prefix+export.path].Get.Responses["200"].Content = map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}}
}

func (a *api) createCouponBatch(ctx context.Context, c caller, in *struct{ Body NewCouponBatch }) (*made[CouponBatch], error) {
	b := in.Body
	v, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, coupon.Batch, error) {
		known, err := member.Names(ctx, tx, c.Merchant, b.MemberIDs)
		if err != nil {
			return id.None, coupon.Batch{}, err
		}
		for i, who := range b.MemberIDs {
			if _, ok := known[who]; !ok {
				return id.None, coupon.Batch{}, member.ErrNotFound.On(fmt.Sprintf("member_ids[%d]", i))
			}
		}
		v, err := coupon.CreateBatch(ctx, tx, c.Merchant, coupon.NewBatch{Definition: b.DefinitionID, Count: b.Count, Members: b.MemberIDs, Prefix: b.Prefix, Note: b.Note, Until: clock.Instant(b.ValidUntil)})
		if err == nil {
			err = auditCoupon(ctx, tx, c, "coupon.batch_issued", "coupon_batch", v.ID, map[string]any{"definition": v.Definition.String(), "count": v.Count})
		}
		return v.ID, v, err
	}, func(ctx context.Context, made id.ID) (coupon.Batch, error) {
		return coupon.GetBatch(ctx, a.DB, c.Merchant, made)
	})
	if err != nil {
		return nil, err
	}
	return madeAt("/coupon-batches/"+v.ID.String(), couponBatch(v), again), nil
}

func (a *api) voidCouponBatch(ctx context.Context, c caller, in *struct {
	IDIn
	Body CouponReason
}) (*changed[CouponBatch], error) {
	// It comes to the same however often it is done; the key keeps the record single.
	n, err := coupon.VoidBatch(ctx, a.DB, c.Merchant, in.ID, strings.TrimSpace(in.Body.Reason))
	if err != nil {
		return nil, err
	}
	_, again, err := once(ctx, a, c, func(ctx context.Context, tx *db.Tx) (id.ID, int64, error) {
		return in.ID, n, auditCoupon(ctx, tx, c, "coupon.batch_voided", "coupon_batch", in.ID, map[string]int64{"voided": n})
	}, func(context.Context, id.ID) (int64, error) { return 0, nil })
	if err != nil {
		return nil, err
	}
	b, err := coupon.GetBatch(ctx, a.DB, c.Merchant, in.ID)
	return changedTo(couponBatch(b), again), err
}
