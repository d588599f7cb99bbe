package scan

import (
	"log/slog"
	"time"
)

// What is logged of a line full of noise.
const (
	dropsLogged = 10          // records
	dropsWindow = time.Minute // in each
)

// Drops is what Assembler.Dropped can be set to: it logs why and how much was dropped,
// never what, and no more than ten records a minute.
func Drops(log *slog.Logger) func(why error, length int) {
	var began time.Time
	logged, silent := 0, 0
	return func(why error, length int) {
		if logged == 0 || time.Since(began) > dropsWindow {
			began, logged = time.Now(), 0
		}
		if logged++; logged > dropsLogged {
			silent++
			return
		}
		log.Warn("something that came from the device was dropped", "why", why, "bytes", length, "unlogged_before", silent)
		silent = 0
	}
}
