package remote

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/web"
)

// Mount puts the addresses that hosts call onto mux, which web.Wrap is around.
func (h *Hosts) Mount(mux *http.ServeMux) {
	mux.HandleFunc("POST "+PathPair, h.pair)
	mux.HandleFunc("GET "+PathFeed, h.feed)
	handle(mux, h, PathHello, false, func(ctx context.Context, host device.Host, in Hello) (any, error) {
		if in.Started {
			if err := h.o.Store.Started(ctx, host, in.Have); err != nil {
				return nil, err
			}
		}
		h.hello(host, in)
		h.saw(ctx, host)
		return Welcome{host.Name}, nil
	})
	handle(mux, h, PathReport, false, func(ctx context.Context, host device.Host, in Report) (any, error) {
		h.reported(host.ID, in)
		h.saw(ctx, host)
		return struct{}{}, nil
	})
	handle(mux, h, PathClaim, false, func(ctx context.Context, host device.Host, in Claim) (any, error) {
		jobs, err := h.o.Store.Claim(ctx, host, min(max(in.N, 1), maxClaim), in.Have)
		return Claimed{jobs}, err
	})
	// A host that was shut out may still say how its last jobs ended.
	handle(mux, h, PathTell, true, func(ctx context.Context, host device.Host, in Tell) (any, error) {
		return struct{}{}, h.o.Store.Tell(ctx, host, in.Told)
	})
}

// maxClaim keeps an answer with its documents small.
const maxClaim = 32

// IsFeed tells the hosts' streams from plain requests (web.Options.LongLived).
func IsFeed(r *http.Request) bool { return r.Method == http.MethodGet && r.URL.Path == PathFeed }

// handle serves an address to hosts; revoked ones are served where parting is set.
func handle[T any](mux *http.ServeMux, h *Hosts, path string, parting bool, f func(context.Context, device.Host, T) (any, error)) {
	mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		host, err := h.o.Store.Host(r.Context(), r.Header.Get(TokenHeader))
		if err != nil && (!parting || !errors.Is(err, device.ErrHostRevoked)) {
			h.refuse(w, r, err)
			return
		}
		var in T
		if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
			h.refuse(w, r, errRequest.Wrap(err))
			return
		}
		out, err := f(r.Context(), host, in)
		if err != nil {
			h.refuse(w, r, err)
			return
		}
		h.answer(w, out)
	})
}

func (h *Hosts) stamp(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set(NowHeader, strconv.FormatInt(int64(h.o.Clock.Now()), 10))
}

func (h *Hosts) refuse(w http.ResponseWriter, r *http.Request, err error) {
	h.stamp(w)
	web.WriteProblem(w, r, err)
}

func (h *Hosts) answer(w http.ResponseWriter, v any) {
	b, _ := json.Marshal(v) // the protocol's own types
	w.Header().Set("Content-Type", "application/json")
	h.stamp(w)
	_, _ = w.Write(b) // a host that has gone away asks again
}

// pair takes a code. Whoever guesses is stopped long before there is a chance: by
// address, and all together.
func (h *Hosts) pair(w http.ResponseWriter, r *http.Request) {
	remote, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		remote = r.RemoteAddr
	}
	var in PairRequest
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		h.refuse(w, r, errRequest.Wrap(err))
		return
	}
	now := h.o.Clock.Now()
	for _, l := range []struct {
		key  string
		most int
	}{{remote, pairTries}, {"", pairTriesAll}} {
		if wait, ok := h.limiter.take(l.key, l.most, now); !ok {
			h.refuse(w, r, ErrPairingLimit.With("retry_after_seconds", int64((wait+time.Second-1)/time.Second)))
			return
		}
	}
	host, token, err := h.o.Store.Pair(r.Context(), in.Code, in.Version, in.Platform)
	if err != nil {
		if !errors.Is(err, device.ErrHostCode) {
			h.limiter.give(remote)
			h.limiter.give("")
		}
		h.refuse(w, r, err)
		return
	}
	h.limiter.give(remote)
	h.limiter.give("")
	h.Drop(host.ID, device.ErrHostUnknown.Reason) // a machine that it was paired with before
	h.o.Log.Info("a device host was paired", "host", host.ID, "merchant", host.Merchant)
	h.answer(w, Paired{host.ID, host.Name, token})
}

const (
	pairWindow   = 15 * time.Minute
	pairTries    = 10  // wrong codes from one address in the window
	pairTriesAll = 200 // and from everywhere: of 2^40 codes a few are good
	limiterKeys  = 10_000
)

// limiter counts pairing attempts that failed. It lives in memory: a restart forgets,
// which helps nobody who needs millions.
type limiter struct {
	mu    sync.Mutex
	count map[string]*tries
}

type tries struct {
	n     int
	until clock.Instant
}

// take counts an attempt in advance, so that parallel ones cannot all pass.
func (l *limiter) take(key string, most int, now clock.Instant) (time.Duration, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f := l.count[key]
	if f == nil || f.until <= now {
		if len(l.count) >= limiterKeys {
			all := l.count[""]
			clear(l.count)
			if all != nil {
				l.count[""] = all
			}
		}
		f = &tries{until: now.Add(pairWindow)}
		l.count[key] = f
	}
	if f.n >= most {
		return f.until.Sub(now), false
	}
	f.n++
	return 0, true
}

// give takes an attempt back that was no guess.
func (l *limiter) give(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.count[key]; f != nil && f.n > 0 {
		f.n--
	}
}
