package cardserial

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopwright/shopwright/hw/drivers/cards"
	"github.com/shopwright/shopwright/hw/drivers/link"
	"github.com/shopwright/shopwright/sdk/driver"
)

var (
	errCompare = errors.New("the card does not hold what was written to it")
	errSwapped = errors.New("another card was put on the station while it was written")
	errNumber  = errors.New("that is no number that a card can hold")
)

// counter counts calls under way.
type counter struct{ n atomic.Int32 }

func (c *counter) begin() func() { c.n.Add(1); return func() { c.n.Add(-1) } }
func (c *counter) any() bool     { return c.n.Load() > 0 }

// ReadCard implements driver.CardStation: the card that lies on the station, or the
// next one. What it answers is not told as an event as well.
func (s *Station) ReadCard(ctx context.Context, _ string) (driver.Card, error) {
	if err := s.line.Ready(ctx); err != nil {
		return driver.Card{}, err
	}
	if s.set.Protocol != "frames" {
		return s.desk.Wait(ctx)
	}
	defer s.asked.begin()()
	for {
		c, err := s.read(ctx, s.set.Technology)
		if err == nil && c.Number == "" {
			return driver.Card{}, errors.New("the card has no number")
		}
		if !errors.Is(err, errNoCard) {
			return c, err
		}
		if err := rest(ctx, s.lim.look); err != nil {
			return driver.Card{}, err
		}
	}
}

func (s *Station) read(ctx context.Context, technology string) (driver.Card, error) {
	a, err := s.ask(ctx, frame{'R', []byte{letters[technology]}}, s.lim.answer)
	if err != nil {
		return driver.Card{}, err
	}
	return card(a.data)
}

func rest(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var (
	writable = regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z-]{0,63}$`)
	onTrack2 = regexp.MustCompile(`^[0-9]{1,37}$`)
)

// WriteCard implements driver.CardStation: it waits for a card, writes the number,
// reads it back from the same card and compares. The same id is written at most
// once: a second call answers what became of the first, unless nothing was sent then.
func (s *Station) WriteCard(ctx context.Context, id, _ string, c driver.Card) (string, error) {
	if err := s.line.Ready(ctx); err != nil {
		return "", err
	}
	if s.set.Protocol != "frames" {
		return "", fmt.Errorf("%w: the reader cannot write", driver.ErrUnsupported)
	}
	if c.Technology == "" {
		c.Technology = s.set.Technology
	}
	if !writable.MatchString(c.Number) || !cards.Known(c.Technology) || c.Technology == cards.Magnetic && !onTrack2.MatchString(c.Number) {
		return "", errNumber
	}
	w, first := s.writes.begin(id)
	if !first {
		select {
		case <-w.done:
			return w.uid, w.err
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	defer s.asked.begin()()
	uid, sent, err := s.write(ctx, c)
	s.writes.end(id, w, uid, sent, err)
	return uid, err
}

// write answers whether the write was sent.
func (s *Station) write(ctx context.Context, c driver.Card) (uid string, sent bool, err error) {
	// It begins a little before the end of the caller's time at the latest.
	waiting, cancel := link.Before(ctx, time.Hour)
	defer cancel()
	for {
		a, err := s.ask(waiting, frame{'S', nil}, s.lim.answer)
		if err != nil {
			return "", false, err
		}
		if len(a.data) == 1 && a.data[0] == 1 {
			break
		}
		if err := rest(waiting, s.lim.look); err != nil {
			return "", false, err
		}
	}
	// From here on it is done to the end: half a write is worse than a late one.
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), s.lim.write+3*s.lim.answer)
	defer cancel()
	a, err := s.ask(ctx, frame{'W', append([]byte{letters[c.Technology]}, c.Number...)}, s.lim.write)
	if err != nil && !errors.Is(err, errSilent) {
		return "", !errors.Is(err, errNoCard), err
	}
	written, cut := driver.Card{}, err != nil // its answer was lost: the card tells
	if !cut {
		if written, err = card(a.data); err != nil {
			return "", true, err
		}
	}
	back, err := s.read(ctx, c.Technology)
	switch {
	case err != nil:
		return "", true, fmt.Errorf("reading back: %w", err)
	case !cut && !bytes.Equal(back.Data, written.Data):
		return "", true, errSwapped
	case back.Number != c.Number:
		return "", true, errCompare
	}
	return hex.EncodeToString(back.Data), true, nil
}

// writes remembers what became of each id.
type writes struct {
	mu    sync.Mutex
	byID  map[string]*writing
	order []string
}

type writing struct {
	done chan struct{}
	uid  string
	err  error
}

const writesKept = 1000

func (w *writes) begin(id string) (*writing, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if old := w.byID[id]; old != nil {
		return old, false
	}
	if w.byID == nil {
		w.byID = map[string]*writing{}
	}
	if len(w.order) >= writesKept {
		delete(w.byID, w.order[0])
		w.order = w.order[1:]
	}
	n := &writing{done: make(chan struct{})}
	w.byID[id] = n
	w.order = append(w.order, id)
	return n, true
}

// end notes the outcome; an id of which nothing was sent may come again.
func (w *writes) end(id string, n *writing, uid string, sent bool, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n.uid, n.err = uid, err
	close(n.done)
	if sent {
		return
	}
	delete(w.byID, id)
	for i, o := range w.order {
		if o == id {
			w.order = append(w.order[:i:i], w.order[i+1:]...)
			return
		}
	}
}
