package main

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// serveMetrics serves the figures on an address of their own, which is not the one that
// browsers and the API use: whoever reaches it reads them.
func (a *app) serveMetrics() (end func(), err error) {
	if a.cfg.Metrics == "" {
		return func() {}, nil
	}
	ln, err := net.Listen("tcp", a.cfg.Metrics)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", a.metrics)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn)}
	go func() { _ = srv.Serve(ln) }()
	a.log.Info("figures are served", "at", ln.Addr().String())
	return func() { _ = srv.Close() }, nil
}

// metrics writes the figures of the drivers in Prometheus' text format.
func (a *app) metrics(w http.ResponseWriter, _ *http.Request) {
	var b bytes.Buffer
	if err := a.plugins.WriteMetrics(&b); err != nil {
		http.Error(w, "the figures cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, _ = w.Write(b.Bytes()) // the reader has gone away: nobody is left to tell
}
