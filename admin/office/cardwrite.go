package office

import (
	"context"
	"net/http"
	"time"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
)

var (
	// ErrNoStation: no card station runs at this device.
	ErrNoStation = fault.New(fault.Conflict, "office.no_card_station")
	// ErrNotWritten: the station says that the card was not written; {reason}.
	ErrNotWritten = fault.New(fault.Unavailable, "office.card_not_written")
	errNotWritten = fault.New(fault.Invalid, "office.card_not_writable") // a card on a phone, a document, one that is lost
)

// CardWriter writes cards at card stations.
type CardWriter interface {
	// WriteCard waits for a card, writes the number, reads it back, and answers the
	// card's own number where it has one. Faults: office.no_card_station,
	// office.card_not_written.
	WriteCard(ctx context.Context, merchant, device id.ID, number, technology string) (uid string, err error)
}

// cardPatience is how long somebody may take to put a card on the station.
const cardPatience = 20 * time.Second

// technologies are the ways a card can be written; "" leaves it to the station.
var technologies = []string{"", "magnetic", "ic", "rfid"}

func (f *office) mountCardWriting() {
	f.on("GET /office/members/{id}/cards/{card}/write", auth.PermMembers, f.cardWritePage)
	f.on("POST /office/members/{id}/cards/{card}/write", auth.PermMembers, f.cardWrite)
}

type cardWriting struct {
	m        member.Member
	c        member.Card
	stations []device.Device
	live     map[id.ID]DeviceStatus
	in       form
}

func (x *cardWriting) url() string {
	return "/office/members/" + x.m.ID.String() + "/cards/" + x.c.ID.String() + "/write"
}

func (f *office) readCardWriting(r *http.Request, p *page) (*cardWriting, error) {
	ctx, m := r.Context(), p.Merchant.ID
	who, err := pathID(r, "id")
	if err != nil {
		return nil, err
	}
	card, err := pathID(r, "card")
	if err != nil {
		return nil, err
	}
	x := &cardWriting{live: f.live(m), in: values()}
	if x.m, err = member.Get(ctx, f.db, nil, m, who); err != nil {
		return nil, err
	}
	if x.c, err = member.CardOf(ctx, f.db, m, who, card); err != nil {
		return nil, err
	}
	x.stations, err = f.inUse(ctx, m, id.None, device.ClassCard)
	return x, err
}

func (f *office) cardWritePage(w http.ResponseWriter, r *http.Request, p *page) error {
	x, err := f.readCardWriting(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, cardWriteView(p, x))
}

// writable reports whether a card can be written: plastic that is in use.
func writable(c member.Card) bool {
	return c.Kind == member.KindCard && c.Status == member.CardActive
}

func (f *office) cardWrite(w http.ResponseWriter, r *http.Request, p *page) error {
	x, err := f.readCardWriting(r, p)
	if err != nil {
		return err
	}
	if x.in, err = formOf(r); err != nil {
		return err
	}
	if err := f.writeCard(r.Context(), p, x); err != nil {
		x.in.err = err
		return f.again(w, r, err, cardWriteView(p, x))
	}
	return done(w, r, p, "/office/members/"+x.m.ID.String(), "office.cards.written", "number", x.c.Number)
}

func (f *office) writeCard(ctx context.Context, p *page, x *cardWriting) error {
	dev, err := x.in.id("device")
	if err != nil {
		return err
	}
	if !writable(x.c) {
		return errNotWritten
	}
	if f.o.Cards == nil || dev.IsNone() {
		return ErrNoStation.On("device")
	}
	limit, cancel := context.WithTimeout(ctx, cardPatience)
	defer cancel()
	technology := x.in.get("technology")
	if _, err := f.o.Cards.WriteCard(limit, p.Merchant.ID, dev, x.c.Number, technology); err != nil {
		return err
	}
	// The card is written whether or not somebody still waits for the answer.
	return f.audited(context.WithoutCancel(ctx), "member.card_written", "member", map[string]string{"card": x.c.ID.String(), "device": dev.String(), "technology": technology}, func(context.Context, *db.Tx) (string, error) {
		return x.m.ID.String(), nil
	})
}

// stationOptions names the stations, and which of them do not run.
func (x *cardWriting) stationOptions(p *page) (out []ui.Option) {
	for _, d := range x.stations {
		name := d.Name
		if x.live[d.ID].State != "running" {
			name += " · " + p.T("office.devices.not_running")
		}
		out = append(out, ui.Option{Value: d.ID.String(), Text: name})
	}
	return out
}

func (x *cardWriting) technologyOptions(p *page) (out []ui.Option) {
	for _, t := range technologies {
		key := t
		if key == "" {
			key = "any"
		}
		out = append(out, ui.Option{Value: t, Text: p.T("office.cards.technology." + key)})
	}
	return out
}
