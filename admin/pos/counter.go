package pos

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
)

// Counter is what stands on the counter beside the printer. Nothing of it is needed to
// sell, and nobody waits for it.
type Counter interface {
	// Listen answers what the devices of a register tell from now on, and what they
	// told after the input of that number while it is still good. The channel is closed
	// by stop, or where it is not read.
	Listen(register id.ID, after uint64) (inputs <-chan device.Input, stop func())
	// Closing is closed when the program ends: streams let go.
	Closing() <-chan struct{}
	// Show shows something on the displays before the customer, as soon as they can.
	Show(merchant, register id.ID, s device.Shown)
	// Arm announces on the register's pay boxes what is to be paid for a sale, in place of
	// what they announced before; amount is as "12.50".
	Arm(merchant, register, sale id.ID, amount string)
	// Disarm takes back what they announce.
	Disarm(merchant, register id.ID)
	// OpenDrawer opens the register's drawers once for a document, now or not at all.
	OpenDrawer(merchant, register, document id.ID)
	// Weigh answers what lies on the register's scale, in milligrams, when it is
	// stable. Faults: pos.no_scale, pos.not_weighed.
	Weigh(ctx context.Context, merchant, register id.ID) (int64, error)
}

// Faults of weighing.
var (
	ErrNoScale   = fault.New(fault.Conflict, "pos.no_scale")    // none at this register, or it does not run
	ErrNotStable = fault.New(fault.Conflict, "pos.not_weighed") // it says nothing, or does not come to rest
)

// heartbeat keeps a stream open through whatever lies between.
const heartbeat = 15 * time.Second

// stream answers with server-sent events until the reader is gone or f ends. tell
// sends one; it is not safe for concurrent use.
func stream(w http.ResponseWriter, f func(tell func(no uint64, event string, data []byte) error) error) error {
	rc := http.NewResponseController(w)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	if _, err := fmt.Fprint(w, "retry: 500\n\n"); err != nil {
		return nil // the reader has gone away: nobody is left to tell
	}
	if err := rc.Flush(); err != nil {
		return nil
	}
	_ = f(func(no uint64, event string, data []byte) error {
		var err error
		if event == "" {
			_, err = fmt.Fprint(w, ":\n\n")
		} else {
			if no > 0 {
				_, _ = fmt.Fprintf(w, "id: %d\n", no)
			}
			_, err = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, data)
		}
		if err != nil {
			return err
		}
		return rc.Flush()
	})
	return nil
}

// told is an input as the page's script takes it.
type told struct {
	Kind device.InputKind `json:"kind"`
	Code string           `json:"code,omitempty"` // to be entered, at once or when the notice is pressed
	Text string           `json:"text,omitempty"` // a notice
	Do   string           `json:"do,omitempty"`   // the notice's button
}

// feed streams what the register's devices tell. A page that connects again says what
// it had last.
func (h *screens) feed(w http.ResponseWriter, r *http.Request, d *desk) error {
	after, _ := strconv.ParseUint(r.Header.Get("Last-Event-ID"), 10, 64)
	inputs, stop := h.o.Counter.Listen(d.Register.ID, after)
	defer stop()
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	return stream(w, func(tell func(uint64, string, []byte) error) error {
		for {
			var err error
			select {
			case <-r.Context().Done():
				return nil
			case <-h.o.Counter.Closing():
				return nil
			case <-beat.C:
				err = tell(0, "", nil)
			case in, ok := <-inputs:
				if !ok {
					return nil
				}
				x, say := h.tell(r.Context(), d, &in)
				if !say {
					continue
				}
				var data []byte
				if data, err = json.Marshal(x); err == nil {
					err = tell(in.Seq, "input", data)
				}
			}
			if err != nil {
				return err
			}
		}
	})
}

// tell says an input in the reader's language.
func (h *screens) tell(ctx context.Context, d *desk, in *device.Input) (told, bool) {
	switch in.Kind {
	case device.InputScan, device.InputCard:
		return told{Kind: in.Kind, Code: in.Text}, true
	case device.InputPay:
		return told{Kind: in.Kind, Code: in.Text, Text: d.T("pos.pay_code_read")}, true // the text is for where no payment waits for it
	case device.InputCall:
		x := told{Kind: in.Kind, Code: in.Text, Text: d.T("pos.call", "who", in.Text), Do: d.T("pos.call_open")}
		f, err := h.resolve(ctx, d.Desk.Merchant.ID, in.Text)
		if err != nil || f.Member.IsNone() { // nobody to open
			x.Code, x.Do = "", ""
		} else if m, err := member.Get(ctx, h.db, nil, d.Desk.Merchant.ID, f.Member); err == nil && m.DisplayName != "" {
			x.Text = d.T("pos.call", "who", m.DisplayName+" · "+in.Text)
		}
		return x, true
	case device.InputPaper:
		return told{Kind: in.Kind, Text: d.T("pos.paper_out")}, in.On
	}
	return told{}, false
}

// tellCustomer shows on the customer's screens what the register shows.
func (h *screens) tellCustomer(v *view) {
	st := screenState{Kind: device.ShownNothing}
	shown := device.Shown{}
	if q := v.Quote; q != nil && len(q.Lines) > 0 {
		st.Kind, st.Total = device.ShownItem, q.Total
		for i := range q.Lines {
			l := &q.Lines[i]
			name := l.Name
			if i < len(v.Lines) && name == "" {
				name = v.Lines[i].Name
			}
			st.Lines = append(st.Lines, screenLine{Name: name, Quantity: l.Quantity.String(), Net: l.Net, Gross: l.Gross})
		}
		if v.Member != nil {
			st.Member = v.Member.DisplayName
		}
		k := min(max(v.Basket.Current-1, 0), len(st.Lines)-1)
		shown = device.Shown{Kind: device.ShownItem, Amount: v.Currency.Format(st.Lines[k].Net), Lines: []string{st.Lines[k].Name, st.Lines[k].Quantity + " × " + v.Currency.Format(st.Lines[k].Net)}}
		if v.Sheet == sheetPay {
			st.Kind = device.ShownTotal
			shown = device.Shown{Kind: device.ShownTotal, Amount: v.Currency.Format(q.Total), Lines: []string{v.T("pos.total"), v.Currency.Format(q.Total)}}
		}
	}
	h.publish(v.desk, st, shown)
}

// cashed shows what a document came to, and opens the drawer where cash moved.
func (h *screens) cashed(d *desk, s *sale.Sale) {
	cash := s.Change > 0
	st := screenState{Kind: device.ShownChange, Total: s.Total, Paid: s.Paid, Change: s.Change}
	for _, t := range s.Tenders {
		cash = cash || t.Type == sale.TenderCash
	}
	h.disarm(d)
	if cash && h.o.Counter != nil {
		h.o.Counter.OpenDrawer(s.Merchant, d.Register.ID, s.ID)
	}
	if s.Kind != sale.KindSale {
		return
	}
	shown := device.Shown{Kind: device.ShownChange, Amount: d.Currency.Format(s.Change), Lines: []string{d.T("pos.total") + " " + d.Currency.Format(s.Total), d.T("pos.change") + " " + d.Currency.Format(s.Change)}}
	h.publish(d, st, shown)
}

func (h *screens) publish(d *desk, st screenState, shown device.Shown) {
	h.second.show(d.Register.ID, st)
	if h.o.Counter != nil {
		h.o.Counter.Show(d.Desk.Merchant.ID, d.Register.ID, shown)
	}
}

// weigh puts what lies on the scale into the current line, in its unit of a kilogram.
func (a *action) weigh(ctx context.Context, _ string) error {
	if a.h.o.Counter == nil {
		return ErrNoScale
	}
	mg, err := a.h.o.Counter.Weigh(ctx, a.merchant(), a.v.Register.ID)
	if err != nil {
		return err
	}
	if mg < 500 {
		return ErrNotStable
	}
	return a.b.set(a.b.Current-1, money.Quantity((mg+500)/1000))
}

// hasScale reports whether something can be weighed here.
func (f *frame) hasScale() bool {
	for _, s := range f.Devices {
		if s.Kind == "scale" {
			return true
		}
	}
	return false
}
