package host

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/shopwright/shopwright/hw/remote"
)

const (
	silence  = 25 * time.Second // of a stream that beats every ten: it is dead
	lineMost = 16 << 20
)

// feed reads the server's stream until it ends, and answers why. It calls happened for
// every event, and opened when the server has begun to speak.
func (l *link) feed(ctx context.Context, opened func(), happened func(event string, data []byte)) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watchdog := time.AfterFunc(silence, cancel)
	defer watchdog.Stop()
	res, err := l.do(ctx, http.MethodGet, remote.PathFeed, nil)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	opened()
	r := bufio.NewScanner(alive{res.Body, watchdog})
	r.Buffer(make([]byte, 0, 64<<10), lineMost)
	event := ""
	for r.Scan() {
		line := r.Text()
		switch {
		case line == "":
			event = ""
		case strings.HasPrefix(line, "event: "):
			event = line[len("event: "):]
		case strings.HasPrefix(line, "data: ") && event != "":
			happened(event, []byte(line[len("data: "):]))
		}
	}
	if err := r.Err(); err != nil {
		return ErrUnreached.With("server", l.base).Wrap(err)
	}
	return ErrUnreached.With("server", l.base).Wrap(io.EOF)
}

// alive notes that something was heard.
type alive struct {
	io.Reader
	watchdog *time.Timer
}

func (a alive) Read(b []byte) (int, error) {
	n, err := a.Reader.Read(b)
	if n > 0 {
		a.watchdog.Reset(silence)
	}
	return n, err
}
