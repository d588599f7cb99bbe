package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/event"
	"github.com/shopwright/shopwright/core/id"
)

// Event is something that happened; webhooks send the same bytes.
type Event struct {
	ID         id.ID           `json:"id" format:"uuid"`
	Seq        int64           `json:"seq" doc:"Rises by one; go on from the last you have seen."`
	Type       string          `json:"type" example:"sale.completed.v1"`
	OccurredAt Instant         `json:"occurred_at"`
	ShopID     id.ID           `json:"shop_id,omitzero" format:"uuid"`
	Data       json.RawMessage `json:"data" doc:"By the type; fields are only ever added. The page /docs#event-types lists them."`
}

type eventsIn struct {
	After  int64  `query:"after" minimum:"0" doc:"The seq of the last event you have seen; 0: from the start."`
	Cursor string `query:"cursor" pattern:"^[0-9]{1,18}$" doc:"next_cursor of the page before; the same as after."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

func (a *api) events() {
	add(a, route{id: "list-events", method: http.MethodGet, path: "/events", tag: "events", summary: "Read what happened, in order", doc: "next_cursor is the seq of the last event, also at the end: ask again from there later.",
		any: []auth.Permission{auth.PermSettings, auth.PermReports}},
		func(ctx context.Context, c caller, in *eventsIn) (*read[List[Event]], error) {
			after := in.After
			if in.Cursor != "" {
				after, _ = strconv.ParseInt(in.Cursor, 10, 64) // 18 digits
			}
			found, err := event.After(ctx, a.DB, c.Merchant, after, in.Limit)
			if n := len(found); n > 0 {
				after = found[n-1].Seq
			}
			return listOf(found, strconv.FormatInt(after, 10), func(e event.Event) Event {
				return Event{ID: e.ID, Seq: e.Seq, Type: e.Type, OccurredAt: instant(e.OccurredAt), ShopID: e.Shop, Data: e.Data}
			}), err
		})
}
