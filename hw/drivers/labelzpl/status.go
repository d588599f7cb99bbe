package labelzpl

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/shopwright/shopwright/hw/drivers/streamprinter"
	"github.com/shopwright/shopwright/hw/port"
)

// tongue is ZPL as far as it asks and answers.
type tongue struct{ noStatus bool }

var _ streamprinter.Tongue = tongue{}

var askStatus = []byte("~HS\n")

// again is the rest between two questions how far a job is.
const again = 150 * time.Millisecond

// errSilent: such printers say nothing while they cannot print.
var errSilent = errors.New("the label printer does not answer: no labels, no ribbon, or its head is open")

// status is a printer's answer to ~HS.
type status struct {
	paperOut, paused, headOpen, ribbonOut bool
	left                                  int // labels and formats that it still has to print
}

// trouble is why the printer cannot print, nil where it can.
func (s status) trouble() error {
	switch {
	case s.headOpen:
		return errors.New("the head of the label printer is open")
	case s.paperOut:
		return errors.New("the label printer has no labels")
	case s.ribbonOut:
		return errors.New("the label printer has no ribbon")
	case s.paused:
		return errors.New("the label printer is paused")
	}
	return nil
}

// read asks for the printer's status.
func read(ctx context.Context, c *port.Conn, limit time.Duration) (s status, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var ok bool
	err = streamprinter.Ask(ctx, c, askStatus, func(came []byte) bool {
		s, ok = parse(came)
		return ok
	})
	return s, err
}

// parse reads the three lines of an answer, each between STX and ETX; false
// where they are not there yet.
func parse(came []byte) (status, bool) {
	var lines []string
	for len(lines) < 3 {
		_, rest, begun := bytes.Cut(came, []byte{2})
		line, after, whole := bytes.Cut(rest, []byte{3})
		if !begun || !whole {
			return status{}, false
		}
		lines, came = append(lines, string(line)), after
	}
	one, two := strings.Split(lines[0], ","), strings.Split(lines[1], ",")
	if len(one) < 12 || len(two) < 11 {
		return status{}, false
	}
	formats, err1 := strconv.Atoi(one[4])
	labels, err2 := strconv.Atoi(two[8])
	if err1 != nil || err2 != nil {
		return status{}, false
	}
	s := status{paperOut: one[1] == "1", paused: one[2] == "1", headOpen: two[2] == "1", ribbonOut: two[3] == "1", left: formats + labels}
	if one[7] == "1" { // a format that has begun
		s.left++
	}
	return s, true
}

// Ready implements streamprinter.Tongue.
func (t tongue) Ready(ctx context.Context, c *port.Conn, ask time.Duration) (streamprinter.Answers, error) {
	if t.noStatus {
		return streamprinter.Nothing, nil
	}
	s, err := read(ctx, c, ask)
	if err != nil {
		if err = streamprinter.Unheard(err); err == nil {
			err = errSilent
		}
		return streamprinter.Nothing, err
	}
	return streamprinter.ItsJobs, s.trouble()
}

// Done implements streamprinter.Tongue: the printer has no label left to
// print. As long as labels come out it may take its time.
func (tongue) Done(ctx context.Context, c *port.Conn, limit time.Duration) error {
	moved, left := time.Now(), -1
	for {
		s, err := read(ctx, c, limit)
		if err != nil {
			return err
		}
		if err := s.trouble(); err != nil {
			return errors.New("not all labels came out: " + err.Error())
		}
		if s.left == 0 {
			return nil
		}
		if s.left != left {
			moved, left = time.Now(), s.left
		}
		if time.Since(moved) > limit {
			return errors.New("not all labels came out: " + strconv.Itoa(s.left) + " are left")
		}
		t := time.NewTimer(again)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return port.ErrSilent
		}
	}
}

// Settle implements streamprinter.Tongue.
func (tongue) Settle(ctx context.Context, c *port.Conn, quiet time.Duration) bool {
	if _, err := read(ctx, c, time.Minute); err != nil {
		return false
	}
	streamprinter.Quiet(ctx, c, quiet)
	return true
}
