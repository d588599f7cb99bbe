package rules

import (
	"context"
	"errors"

	"github.com/shopwright/shopwright/core/promotion"
)

// slot is the right to run a call, with what the call needs on the way. There are
// a few, so that what they hold is bounded and a call allocates nothing.
type slot struct {
	scratch
	dog *watchdog
}

func newSlot() *slot { return &slot{dog: newWatchdog()} }

// enter waits for a slot.
func (h *Host) enter(ctx context.Context) (*slot, error) {
	select {
	case s := <-h.slots:
		return s, nil
	default:
	}
	select {
	case s := <-h.slots:
		return s, nil
	case <-h.stop:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (h *Host) leave(s *slot) {
	s.trim()
	h.slots <- s
}

// Evaluate runs one hook of one pack. The answer is the caller's to keep. It is
// checked against the hook's power; it is never partial: with an error only
// InputBytes, Fuel and Nanos are set. Faults: see fault.go; the sale goes on with
// the hook's fallback. The context's error where it has ended.
//
// A call is not interrupted when ctx is canceled, only when its deadline comes:
// fuel ends it within milliseconds.
func (h *Host) Evaluate(ctx context.Context, ref promotion.PackRef, in *promotion.Input) (promotion.Answer, error) {
	var a promotion.Answer
	err := h.EvaluateInto(ctx, ref, in, &a)
	if err != nil {
		a.Output, a.OutputBytes = promotion.Output{}, nil
	}
	return a, err
}

// EvaluateInto is Evaluate into an answer that the caller owns: its slices are
// used again, so that nothing is allocated once they are large enough. What is to
// outlive the next call with the same answer must be copied, but for strings,
// which are safe to keep. One goroutine at a time may use an answer.
func (h *Host) EvaluateInto(ctx context.Context, ref promotion.PackRef, in *promotion.Input, a *promotion.Answer) error {
	r, m, err := h.evaluate(ctx, &ref, in, a)
	a.Fuel, a.Nanos = r.fuel, r.nanos
	if m == nil {
		m = h.meters.of(ref.ID, ref.Version)
	}
	m.note(in.Hook, &r, err)
	if err != nil {
		clearOutput(&a.Output)
		a.OutputBytes = a.OutputBytes[:0]
		if !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
			h.log.WarnContext(ctx, "rule failed", "pack", ref.ID, "version", ref.Version, "hook", in.Hook.String(), "err", err)
		}
	}
	return err
}

func (h *Host) evaluate(ctx context.Context, ref *promotion.PackRef, in *promotion.Input, a *promotion.Answer) (r result, m *meter, err error) {
	a.InputBytes = a.InputBytes[:0]
	s, err := h.enter(ctx)
	if err != nil {
		return r, nil, err
	}
	a.InputBytes = append(a.InputBytes, s.encode(in)...)
	s, r, m = h.call(ctx, s, ref, a.InputBytes, a.OutputBytes[:0])
	if s == nil {
		return r, m, r.err
	}
	defer h.leave(s)
	if r.err != nil {
		return r, m, r.err
	}
	a.OutputBytes = r.output
	if err = s.decode(r.output, &a.Output); err == nil {
		err = checkOutput(in, &a.Output, &h.lim)
	}
	return r, m, err
}

// Replay runs a stored input again and answers the bytes and the fuel, which are
// those of the first time. Faults: as Evaluate, but for the check of the answer.
func (h *Host) Replay(ctx context.Context, ref promotion.PackRef, input []byte) (output []byte, fuel int64, err error) {
	return h.ReplayInto(ctx, ref, input, nil)
}

// ReplayInto is Replay that appends the output to dst.
func (h *Host) ReplayInto(ctx context.Context, ref promotion.PackRef, input, dst []byte) (output []byte, fuel int64, err error) {
	s, err := h.enter(ctx)
	if err != nil {
		return dst, 0, err
	}
	s, r, _ := h.call(ctx, s, &ref, input, dst)
	if s != nil {
		h.leave(s)
	}
	if r.err != nil {
		return dst, r.fuel, r.err
	}
	return r.output, r.fuel, nil
}

// call runs a message on an instance of its own. While the image is being built
// the slot is given up; the one that is answered is the caller's to leave, nil
// where there was none to be had again.
func (h *Host) call(ctx context.Context, s *slot, ref *promotion.PackRef, msg, dst []byte) (*slot, result, *meter) {
	if len(msg) > h.lim.InputBytes {
		return s, result{err: ErrInput.With("bytes", len(msg)).With("limit", h.lim.InputBytes)}, nil
	}
	img, in, err := h.acquire(ctx, ref)
	if err != nil {
		return s, result{err: err}, nil
	}
	if !img.done() {
		h.leave(s)
		err = h.await(ctx, img)
		var e error
		if s, e = h.enter(ctx); err == nil {
			err = e
		}
	} else {
		err = img.err
	}
	if err == nil && in == nil {
		in, err = h.taken(img)
	}
	if err != nil {
		h.release(img, in)
		return s, result{err: err}, nil
	}
	m := img.meter.Load()
	if m == nil || m.id != ref.ID || m.version != ref.Version {
		m = h.meters.of(ref.ID, ref.Version)
		img.meter.Store(m)
	}
	b := h.bounds(&ref.Limits)
	r := in.run(ctx, s.dog, &b, msg, dst)
	if !r.reuse {
		_ = s.dog.rest() // a call that panicked has not
		h.closeInstance(in)
		in = nil
	}
	h.release(img, in)
	return s, r, m
}

// bounds are the host's limits, lowered by the pack's.
func (h *Host) bounds(p *promotion.Limits) bounds {
	return bounds{
		fuel: lower(h.lim.Fuel, p.Fuel), depth: lower(h.lim.Depth, p.Depth),
		output: int(lower(int64(h.lim.OutputBytes), p.OutputBytes)), wall: h.lim.Wall,
	}
}

func lower(host, pack int64) int64 {
	if pack > 0 {
		return min(host, pack)
	}
	return host
}

// Decode reads stored output bytes.
func Decode(output []byte) (promotion.Output, error) {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	var out promotion.Output
	err := s.decode(output, &out)
	return out, err
}

// Encode answers the message of an input, as a module would see it.
func Encode(in *promotion.Input) []byte {
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	b := s.encode(in)
	return append(make([]byte, 0, len(b)), b...)
}
