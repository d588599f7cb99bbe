package remote

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

// writeLimit is how long a stream may stand still before it is given up.
const writeLimit = 10 * time.Second

// feed is the stream of a host.
func (h *Hosts) feed(w http.ResponseWriter, r *http.Request) {
	token := r.Header.Get(TokenHeader)
	host, err := h.o.Store.Host(r.Context(), token)
	if err != nil {
		h.refuse(w, r, err)
		return
	}
	l := h.attach(host)
	defer h.detach(host.ID, l)
	h.o.Log.Info("a device host is connected", "host", host.ID)
	defer h.o.Log.Info("a device host has gone", "host", host.ID)
	rc := http.NewResponseController(w)
	head := w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("X-Accel-Buffering", "no")
	h.stamp(w)
	w.WriteHeader(http.StatusOK)
	send := func(event string, v any) error {
		_ = rc.SetWriteDeadline(clock.System{}.Now().Add(writeLimit).Time()) // where it cannot be set, the beats find out
		if event == "" {
			_, err = fmt.Fprint(w, ":\n\n")
		} else {
			data, _ := json.Marshal(v) // the protocol's own types
			_, err = fmt.Fprintf(w, "event: %s\ndata: %s\n\n", event, data)
		}
		if err != nil {
			return err
		}
		return rc.Flush()
	}
	if send("", nil) != nil {
		return
	}
	beat := time.NewTicker(h.o.Beat)
	defer beat.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-h.o.Closing:
			return
		case <-l.gone:
			if l.why != "" {
				_ = send(EventEnd, End{l.why}) // it asks again and hears the same
			}
			return
		case c := <-l.calls:
			if h.o.Clock.Now() < c.Until { // else nobody waits for it any more
				err = send(EventCall, c)
			}
		case <-l.ring:
			config, work, list := h.due(host.ID, l)
			if config {
				err = send(EventConfig, Config{list})
			}
			if work && err == nil {
				err = send(EventWork, struct{}{})
			}
		case <-beat.C:
			if _, bad := h.o.Store.Host(r.Context(), token); bad != nil && fault.KindOf(bad) == fault.Unauthenticated {
				l.end(fault.Of(bad).Reason)
				continue
			}
			err = send("", nil)
		}
		if err != nil {
			return
		}
	}
}

// due takes what is to be sent.
func (h *Hosts) due(host id.ID, l *line) (config, work bool, list []Instance) {
	h.mu.Lock()
	defer h.mu.Unlock()
	config, work = l.config, l.work
	l.config, l.work = false, false
	if v := h.hosts[host]; v != nil {
		list = v.config
	}
	return config, work, list
}
