package sim

import (
	"bytes"
	"log/slog"
	"sync"
)

// Log keeps what a driver logs, to see what is not in it.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// NewLog makes a logger and what keeps its records.
func NewLog() (*slog.Logger, *Log) {
	l := &Log{}
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug})), l
}

// Write implements io.Writer.
func (l *Log) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

// String is everything that was logged.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
