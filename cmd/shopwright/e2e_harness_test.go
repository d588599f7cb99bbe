package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"

	"github.com/shopwright/shopwright/rules"
)

// The end-to-end tests start the program as a process, as a shop does: the test
// binary is the program where its first argument is a subcommand.
func TestMain(m *testing.M) {
	rules.ChildMain()
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-test.") {
		asProgram()
	}
	testscript.Main(m, map[string]func(){"shopwright": main})
}

const (
	// tiedToStdin ends a started program with its test, however the test ends.
	tiedToStdin = "E2E_TIED_TO_STDIN"
	// profileTo has a started program write its CPU profile into a file.
	profileTo = "E2E_CPU_PROFILE"
)

func asProgram() {
	if os.Getenv(tiedToStdin) != "" {
		go func() { _, _ = io.Copy(io.Discard, os.Stdin); os.Exit(3) }()
	}
	file := os.Getenv(profileTo)
	if file == "" {
		main()
	}
	f, err := os.Create(file)
	if err != nil || pprof.StartCPUProfile(f) != nil {
		os.Exit(4)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	code := run(ctx, os.Args[1:])
	pprof.StopCPUProfile()
	os.Exit(code)
}

// program runs a subcommand to its end.
func program(t testing.TB, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// server is the program serving one merchant, with everything that is needed to
// end it and to start it again on the same books.
type server struct {
	t    testing.TB
	db   string // connection string
	data string // folder
	addr string // to listen on
	url  string
	env  []string
	access
	cmd  *exec.Cmd
	tie  io.Closer
	logs *tail
	http *http.Client
}

var keys atomic.Int64

func newKey() string { return "key-" + strconv.FormatInt(keys.Add(1), 10) }

// each runs f on the program over SQLite and over PostgreSQL.
func each(t *testing.T, edition string, f func(*server)) {
	t.Run("sqlite", func(t *testing.T) { f(newServer(t, "", edition)) })
	t.Run("postgres", func(t *testing.T) { f(newServer(t, dbtest.PostgresURL(t), edition)) })
}

// newServer sets a merchant up and serves it; an empty connection string is a
// SQLite file.
func newServer(t testing.TB, dsn, edition string, env ...string) *server {
	t.Helper()
	s := &server{t: t, db: dsn, data: t.TempDir(), addr: "127.0.0.1:0", env: env, logs: &tail{}}
	if s.db == "" {
		s.db = "sqlite:" + filepath.Join(s.data, "shop.db")
	}
	if dir, err := os.UserCacheDir(); err == nil { // compiled rules are the same for all: not 2 s of work for each
		dir = filepath.Join(dir, "shopwright-test-rules")
		if os.MkdirAll(dir, 0o755) == nil {
			_ = os.Symlink(dir, filepath.Join(s.data, "rule-cache")) // without it each has its own
		}
	}
	s.http = &http.Client{Timeout: 40 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 128}}
	s.access = s.setup("one", edition)
	s.start()
	t.Cleanup(func() {
		s.http.CloseIdleConnections()
		s.stop()
		if t.Failed() {
			t.Logf("the server's last words:\n%s", s.logs)
		}
	})
	return s
}

// setup adds a merchant.
func (s *server) setup(handle, edition string) (a access) {
	s.t.Helper()
	out, errs, code := program(s.t, "setup", "--db", s.db, "--data", s.data, "--handle", handle, "--edition", edition, "--log", "warn")
	if err := json.Unmarshal([]byte(out), &a); code != 0 || err != nil {
		s.t.Fatalf("setup: exit %d, %v: %s%s", code, err, out, errs)
	}
	return a
}

// start starts the program and waits until it is ready.
func (s *server) start() {
	s.t.Helper()
	cmd := exec.Command(os.Args[0], "serve", "--db", s.db, "--data", s.data, "--addr", s.addr, "--log", "warn")
	cmd.Env = append(append(os.Environ(), tiedToStdin+"=1"), s.env...)
	cmd.Stderr = s.logs
	tie, err := cmd.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.cmd, s.tie = cmd, tie
	line, err := bufio.NewReader(out).ReadString('\n')
	url, ok := strings.CutPrefix(strings.TrimSpace(line), "ready ")
	if err != nil || !ok {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		s.t.Fatalf("the server did not start: %q %v\n%s", line, err, s.logs)
	}
	s.url, s.addr = url, strings.TrimPrefix(url, "http://") // the same address after a restart
}

// stop asks the program to end, and sees that it ends well.
func (s *server) stop() {
	s.t.Helper()
	if s.cmd == nil {
		return
	}
	asked := s.cmd.Process.Signal(os.Interrupt) == nil
	if !asked { // no such signal on this system
		_ = s.cmd.Process.Kill()
	}
	timer := time.AfterFunc(30*time.Second, func() { _ = s.cmd.Process.Kill() })
	err := s.cmd.Wait()
	if !timer.Stop() || asked && err != nil {
		s.t.Errorf("the server did not stop in order: %v\n%s", err, s.logs)
	}
	s.cmd = nil
	_ = s.tie.Close()
}

// tail keeps the last of a log.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (l *tail) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b = append(l.b, b...)
	if n := len(l.b) - 16<<10; n > 0 {
		l.b = l.b[n:]
	}
	return len(b), nil
}

func (l *tail) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.b)
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	raw    []byte
	doc    map[string]any
}

// at walks into the document: "lines.0.id".
func (a *answer) at(path string) any {
	var v any = a.doc
	for step := range strings.SplitSeq(path, ".") {
		switch in := v.(type) {
		case map[string]any:
			v = in[step]
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n >= len(in) {
				return nil
			}
			v = in[n]
		default:
			return nil
		}
	}
	return v
}

func (a *answer) text(path string) string { s, _ := a.at(path).(string); return s }

func (a *answer) list(path string) []any { l, _ := a.at(path).([]any); return l }

// body is a JSON object under construction.
type body map[string]any

// try is one request; headers are "Name: value". b is nil, a body, or text.
func (s *server) try(method, path string, b any, headers ...string) (*answer, error) {
	var content io.Reader
	switch b := b.(type) {
	case nil:
	case string:
		content = strings.NewReader(b)
	default:
		raw, err := json.Marshal(b)
		if err != nil {
			return nil, err
		}
		content = bytes.NewReader(raw)
	}
	req, err := http.NewRequest(method, s.url+path, content)
	if err != nil {
		return nil, err
	}
	req.GetBody = nil // net/http would send a request with a key again by itself
	req.Header.Set("Authorization", "Bearer "+s.APIKey)
	if content != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
		if value == "" {
			req.Header.Del(name)
		}
	}
	resp, err := s.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	a := &answer{status: resp.StatusCode, header: resp.Header}
	if a.raw, err = io.ReadAll(resp.Body); err != nil {
		return nil, err
	}
	if strings.Contains(resp.Header.Get("Content-Type"), "json") {
		if err := json.Unmarshal(a.raw, &a.doc); err != nil {
			return nil, fmt.Errorf("%s %s: %w: %s", method, path, err, a.raw)
		}
	}
	return a, nil
}

// call is one request that must be answered, well or not.
func (s *server) call(method, path string, b any, headers ...string) *answer {
	s.t.Helper()
	a, err := s.try(method, "/api/v1"+path, b, headers...)
	if err != nil {
		s.t.Fatal(err)
	}
	return a
}

func (s *server) get(path string, headers ...string) *answer {
	s.t.Helper()
	return s.want(http.StatusOK, s.call("GET", path, nil, headers...))
}

// post books something new.
func (s *server) post(path string, b any) *answer {
	s.t.Helper()
	return s.want(http.StatusCreated, s.call("POST", path, b, "Idempotency-Key: "+newKey()))
}

func (s *server) want(status int, a *answer) *answer {
	s.t.Helper()
	if a.status != status {
		s.t.Fatalf("status %d, want %d: %s", a.status, status, a.raw)
	}
	return a
}

// is compares values of a document: a text as it is, anything else as JSON.
func (s *server) is(a *answer, wants map[string]string) {
	s.t.Helper()
	for path, want := range wants {
		got, ok := a.at(path).(string)
		if !ok {
			b, _ := json.Marshal(a.at(path))
			got = string(b)
		}
		if got != want {
			s.t.Errorf("%s is %s, want %s in\n%s", path, got, want, a.raw)
		}
	}
}

// open opens the database beside the program.
func (s *server) open() *db.DB {
	s.t.Helper()
	d, err := db.Open(context.Background(), s.db, db.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { d.Close() })
	return d
}

// verify recomputes the books with the program's own command.
func (s *server) verify() (report string, clean bool) {
	s.t.Helper()
	out, errs, code := program(s.t, "verify", "--db", s.db, "--data", s.data)
	if code != 0 && code != 1 || errs != "" {
		s.t.Fatalf("verify: exit %d: %s%s", code, out, errs)
	}
	return out, code == 0
}

func (s *server) mustVerify() {
	s.t.Helper()
	if report, clean := s.verify(); !clean || !strings.Contains(report, "verify: the books prove") {
		s.t.Error(report)
	}
}
