package device

import (
	"testing"
	"time"
)

var states = []State{Queued, Claimed, Sending, Sent, Confirmed, Failed, Uncertain}

func TestNothingReturnsToTheQueueByItselfAfterSending(t *testing.T) {
	// From Sending and beyond only a reprint leads to the queue, and no state
	// but Queued, Claimed and Failed can be claimed.
	for _, s := range states {
		wantClaim := s == Queued || s == Claimed || s == Failed
		if CanMove(s, Claimed) != wantClaim {
			t.Errorf("CanMove(%s, claimed) = %v", s, !wantClaim)
		}
	}
	if CanMove(Sending, Queued) || CanMove(Uncertain, Failed) || CanMove(Sent, Failed) || CanMove(Confirmed, Failed) {
		t.Error("an attempt that may be on paper can be retried")
	}
	for _, s := range []State{Sent, Confirmed, Uncertain} {
		if !CanMove(s, Queued) || !IsReprint(s, Queued) || !s.Settled() {
			t.Errorf("%s cannot be reprinted", s)
		}
	}
	if IsReprint(Failed, Queued) {
		t.Error("a retry of an attempt that never left counts as a reprint")
	}
	if CanMove("", Queued) || CanMove(Queued, "printed") {
		t.Error("unknown states move")
	}
}

func TestRetryAfter(t *testing.T) {
	for n, want := range map[int]time.Duration{0: 250 * time.Millisecond, 1: 250 * time.Millisecond, 2: 500 * time.Millisecond, 4: 2 * time.Second, 8: 30 * time.Second, 1 << 30: 30 * time.Second} {
		if got := RetryAfter(n); got != want {
			t.Errorf("RetryAfter(%d) = %v, want %v", n, got, want)
		}
	}
}
