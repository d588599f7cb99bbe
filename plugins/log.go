package plugins

import (
	"context"
	"io"
	"log"
	"log/slog"

	"github.com/hashicorp/go-hclog"
)

// slogLogger is hclog over slog. go-plugin's own records become debug records;
// what a driver logs keeps its level.
type slogLogger struct {
	log  *slog.Logger
	name string
	own  bool // records of go-plugin itself
	args []any
}

var _ hclog.Logger = (*slogLogger)(nil)

func newLogger(l *slog.Logger) hclog.Logger { return &slogLogger{log: l, own: true} }

func (l *slogLogger) Log(level hclog.Level, msg string, args ...any) {
	lv := slog.LevelDebug
	if !l.own {
		switch level {
		case hclog.Info:
			lv = slog.LevelInfo
		case hclog.Warn:
			lv = slog.LevelWarn
		case hclog.Error:
			lv = slog.LevelError
		}
	}
	ctx := context.Background()
	if !l.log.Enabled(ctx, lv) {
		return
	}
	if len(args)%2 != 0 {
		args = append(args, "")
	}
	kept := make([]any, 0, len(args))
	for i := 0; i < len(args); i += 2 {
		if args[i] != "timestamp" { // the record has its own
			kept = append(kept, args[i], args[i+1])
		}
	}
	l.log.Log(ctx, lv, msg, kept...)
}

func (l *slogLogger) Trace(msg string, args ...any) { l.Log(hclog.Trace, msg, args...) }
func (l *slogLogger) Debug(msg string, args ...any) { l.Log(hclog.Debug, msg, args...) }
func (l *slogLogger) Info(msg string, args ...any)  { l.Log(hclog.Info, msg, args...) }
func (l *slogLogger) Warn(msg string, args ...any)  { l.Log(hclog.Warn, msg, args...) }
func (l *slogLogger) Error(msg string, args ...any) { l.Log(hclog.Error, msg, args...) }

func (l *slogLogger) IsTrace() bool { return false }
func (l *slogLogger) IsDebug() bool { return l.log.Enabled(context.Background(), slog.LevelDebug) }
func (l *slogLogger) IsInfo() bool  { return l.log.Enabled(context.Background(), slog.LevelInfo) }
func (l *slogLogger) IsWarn() bool  { return l.log.Enabled(context.Background(), slog.LevelWarn) }
func (l *slogLogger) IsError() bool { return l.log.Enabled(context.Background(), slog.LevelError) }

func (l *slogLogger) ImpliedArgs() []any { return l.args }
func (l *slogLogger) Name() string       { return l.name }

func (l *slogLogger) With(args ...any) hclog.Logger {
	return &slogLogger{l.log.With(args...), l.name, l.own, append(append([]any(nil), l.args...), args...)}
}

// Named: go-plugin names its logger after the file for the lines a driver
// writes, and "stdio" for its own stream.
func (l *slogLogger) Named(name string) hclog.Logger {
	return &slogLogger{l.log, name, name == "stdio", l.args}
}

func (l *slogLogger) ResetNamed(name string) hclog.Logger { return l.Named(name) }
func (l *slogLogger) SetLevel(hclog.Level)                {}
func (l *slogLogger) GetLevel() hclog.Level               { return hclog.Debug }

func (l *slogLogger) StandardLogger(o *hclog.StandardLoggerOptions) *log.Logger {
	return log.New(l.StandardWriter(o), "", 0)
}

func (l *slogLogger) StandardWriter(*hclog.StandardLoggerOptions) io.Writer {
	return writerFunc(func(b []byte) (int, error) { l.Debug(string(b)); return len(b), nil })
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }
