package thermal

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/shopwright/shopwright/hw/drivers/streamprinter"
	"github.com/shopwright/shopwright/hw/escpos"
	"github.com/shopwright/shopwright/hw/port"
)

// tongue is ESC/POS as far as it asks and answers.
type tongue struct {
	status escpos.Status
	strict bool        // silence is no quiet printer: on a serial line it is one that is off
	heard  atomic.Bool // it has answered before
	paper  func(out, low bool)
}

var _ streamprinter.Tongue = (*tongue)(nil)

// errMute: a job that is sent to a printer that is off is lost.
var errMute = errors.New("the printer does not answer: it is off or not connected, or it never answers status questions, which the settings can say")

// Ready implements streamprinter.Tongue.
func (t *tongue) Ready(ctx context.Context, c *port.Conn, ask time.Duration) (streamprinter.Answers, error) {
	if t.status == escpos.StatusNone {
		return streamprinter.Nothing, nil
	}
	online, err := question(ctx, c, escpos.AskOnline, ask)
	if err != nil {
		if err = streamprinter.Unheard(err); err == nil && (t.strict || t.heard.Load()) {
			err = errMute
		}
		return streamprinter.Nothing, err
	}
	t.heard.Store(true)
	answers := streamprinter.ItsState
	if t.status == escpos.StatusFull {
		answers = streamprinter.ItsJobs
	}
	if paper, err := question(ctx, c, escpos.AskPaper, ask); err == nil {
		t.paper(escpos.PaperOut(paper), escpos.PaperLow(paper))
		if escpos.PaperOut(paper) {
			return answers, errors.New("the printer has no paper")
		}
	}
	if escpos.Offline(online) {
		return answers, errors.New("the printer is offline: cover open, or an error")
	}
	return answers, nil
}

// question asks what is answered at once.
func question(ctx context.Context, c *port.Conn, q []byte, limit time.Duration) (byte, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return answer(ctx, c, q, escpos.IsStatus)
}

// answer asks and answers the first byte that can be the answer. The four
// bytes that a printer may send unasked are left out whole: the later ones
// look like answers.
func answer(ctx context.Context, c *port.Conn, q []byte, is func(byte) bool) (found byte, err error) {
	err = streamprinter.Ask(ctx, c, q, func(came []byte) bool {
		for i := 0; i < len(came); i++ {
			switch {
			case escpos.IsAutomatic(came[i]):
				i += 3
			case is(came[i]):
				found = came[i]
				return true
			}
		}
		return false
	})
	return found, err
}

// Done implements streamprinter.Tongue.
func (*tongue) Done(ctx context.Context, c *port.Conn, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	streamprinter.Drop(c)
	b, err := answer(ctx, c, escpos.AskDone, escpos.IsDone)
	if err != nil {
		return err
	}
	if escpos.DoneWithoutPaper(b) {
		return errors.New("the paper ended")
	}
	return nil
}

// Settle implements streamprinter.Tongue: the answer to a question behind all
// earlier ones comes last.
func (*tongue) Settle(ctx context.Context, c *port.Conn, quiet time.Duration) bool {
	if _, err := answer(ctx, c, escpos.AskDone, escpos.IsDone); err != nil {
		return false
	}
	streamprinter.Quiet(ctx, c, quiet)
	return true
}
