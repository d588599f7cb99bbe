package escposnet

import (
	"errors"
	"io"
	"time"

	"github.com/shopwright/shopwright/core/clock"
)

// past is a deadline that is over.
var past = time.Unix(1, 0)

// deadline is now plus d, for the connection's own limits alone.
func deadline(d time.Duration) time.Time { return clock.System{}.Now().Add(d).Time() }

func isEOF(err error) bool { return errors.Is(err, io.EOF) }
