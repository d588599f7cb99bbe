package message

import (
	"slices"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/setting"
)

// ErrQuiet: quiet hours are not of the form "21:00-09:00".
var ErrQuiet = fault.New(fault.Invalid, "message.quiet_hours_invalid")

// Policy is what a merchant has settled about messages, in one shop.
type Policy struct {
	Kinds     []string
	Channels  []string // in the order in which they are tried
	Quiet     Quiet
	Cap       int64        // of offers in thirty days; 0: none
	Limit     money.Amount // of a month; 0: none
	Price     money.Amount // of a text message's part
	Signature string
}

// PolicyOf reads the settings.
func PolicyOf(v setting.Values) Policy {
	p := Policy{Cap: setting.MessageMarketingCap.In(v), Limit: money.Amount(setting.MessageMonthLimit.In(v)), Price: money.Amount(setting.MessageSMSPrice.In(v)), Signature: setting.MessageSignature.In(v)}
	for k := range strings.SplitSeq(setting.MessageKinds.In(v), ",") {
		if _, known := KindOf(strings.TrimSpace(k)); known {
			p.Kinds = append(p.Kinds, strings.TrimSpace(k))
		}
	}
	for c := range strings.SplitSeq(setting.MessageChannels.In(v), "_then_") {
		p.Channels = append(p.Channels, c)
	}
	var err error
	if p.Quiet, err = ParseQuiet(setting.MessageQuietHours.In(v)); err != nil { // written elsewhere than on the page
		p.Quiet, _ = ParseQuiet("21:00-09:00")
	}
	return p
}

// Sends reports whether a kind is switched on.
func (p Policy) Sends(kind string) bool { return slices.Contains(p.Kinds, kind) }

// Any reports whether anything is switched on.
func (p Policy) Any() bool { return len(p.Kinds) > 0 }

// Quiet is a part of the day in minutes after midnight; it may go over midnight. From
// and Until alike are none.
type Quiet struct{ From, Until int }

// ParseQuiet reads "21:00-09:00"; "" is none. Fault: message.quiet_hours_invalid.
func ParseQuiet(s string) (Quiet, error) {
	if s = strings.TrimSpace(s); s == "" {
		return Quiet{}, nil
	}
	from, until, ok := strings.Cut(s, "-")
	a, errA := time.Parse("15:04", strings.TrimSpace(from))
	b, errB := time.Parse("15:04", strings.TrimSpace(until))
	if !ok || errA != nil || errB != nil {
		return Quiet{}, ErrQuiet.On("quiet_hours")
	}
	return Quiet{a.Hour()*60 + a.Minute(), b.Hour()*60 + b.Minute()}, nil
}

// End answers until when an instant has to wait, by the clock on a shop's wall; 0
// where it need not.
func (q Quiet) End(now clock.Instant, zone *time.Location) clock.Instant {
	if q.From == q.Until {
		return 0
	}
	if zone == nil {
		zone = time.UTC
	}
	t := now.Time().In(zone)
	minute := t.Hour()*60 + t.Minute()
	within := minute >= q.From && minute < q.Until
	if q.From > q.Until {
		within = minute >= q.From || minute < q.Until
	}
	if !within {
		return 0
	}
	end := time.Date(t.Year(), t.Month(), t.Day(), q.Until/60, q.Until%60, 0, 0, zone)
	if !end.After(t) {
		end = time.Date(t.Year(), t.Month(), t.Day()+1, q.Until/60, q.Until%60, 0, 0, zone)
	}
	return clock.Of(end)
}
