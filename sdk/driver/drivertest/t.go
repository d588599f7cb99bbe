package drivertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/shopwright/shopwright/sdk/driver"
)

// T is one check under way.
type T struct {
	*suite
	ctx context.Context

	mu       sync.Mutex
	failures []string
	skipped  string
	cleanups []func()
}

var errStopped = errors.New("the check has ended")

// errorf notes a failure; the check goes on. Safe for concurrent use.
func (t *T) errorf(format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.failures) < 20 {
		t.failures = append(t.failures, fmt.Sprintf(format, args...))
	}
}

// fatalf notes a failure and ends the check.
func (t *T) fatalf(format string, args ...any) {
	t.errorf(format, args...)
	panic(errStopped)
}

// skip ends the check without a verdict.
func (t *T) skip(why string) {
	t.skipped = why
	panic(errStopped)
}

func (t *T) cleanup(f func()) { t.cleanups = append(t.cleanups, f) }

func (t *T) clean() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
}

func (t *T) timeout(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(t.ctx, d)
	t.cleanup(cancel)
	return ctx
}

// wait polls, because the other side is a process.
func (t *T) wait(limit time.Duration, what string, ok func() bool) {
	for began := time.Now(); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Since(began) > limit || t.ctx.Err() != nil {
			t.fatalf("not within %v: %s", limit, what)
		}
	}
}

// proc is a running driver.
type proc struct {
	*driver.Client
	client *plugin.Client
	pid    int
	addr   net.Addr
}

func (s *suite) command() *exec.Cmd {
	cmd := exec.Command(s.Command[0], s.Command[1:]...)
	cmd.Env = []string{driver.ParentEnv + "=" + strconv.Itoa(os.Getpid())}
	return cmd
}

// start starts the driver; the check's end kills it.
func (t *T) start(configure bool) *proc {
	var said lastWords
	c := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  driver.Handshake,
		VersionedPlugins: map[int]plugin.PluginSet{driver.ProtocolVersion: driver.Plugins()},
		Cmd:              t.command(),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		SkipHostEnv:      true,
		StartTimeout:     10 * time.Second,
		Logger:           hclog.NewNullLogger(),
		Stderr:           &said,
		GRPCDialOptions:  driver.CallOptions(),
	})
	t.cleanup(c.Kill)
	rpc, err := c.Client()
	if err != nil {
		t.fatalf("it does not start: %v%s", err, said.String())
	}
	v, err := rpc.Dispense("driver")
	if err != nil {
		t.fatalf("it does not answer: %v%s", err, said.String())
	}
	re := c.ReattachConfig()
	p := &proc{v.(*driver.Client), c, re.Pid, re.Addr}
	if configure {
		if err := p.Configure(t.timeout(10*time.Second), t.Config); err != nil {
			t.fatalf("it refuses the settings that it should work with: %v%s", err, said.String())
		}
	}
	return p
}

// dial makes a connection of its own to a driver.
func (t *T) dial(p *proc) *grpc.ClientConn {
	c, err := grpc.NewClient("passthrough:///driver", append(driver.CallOptions(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, p.addr.Network(), p.addr.String())
		}))...)
	if err != nil {
		t.fatalf("%v", err)
	}
	t.cleanup(func() { c.Close() })
	return c
}

// kill is kill -9.
func (t *T) kill(p *proc) {
	pr, err := os.FindProcess(p.pid)
	if err == nil {
		err = pr.Kill()
	}
	if err != nil {
		t.fatalf("%v", err)
	}
	t.wait(5*time.Second, "the killed process is gone", p.client.Exited)
}

// healthDeadline is the host's; it kills a driver that misses it twice in a row.
const healthDeadline = 500 * time.Millisecond

// alive fails where the host would kill the driver.
func (t *T) alive(p *proc, after string) {
	var err error
	for range 2 {
		ctx, cancel := context.WithTimeout(t.ctx, healthDeadline)
		_, err = p.Health(ctx)
		cancel()
		if err == nil {
			return
		}
	}
	t.fatalf("%s it does not answer Health any more: %v", after, err)
}

// lastWords keeps the end of what a process wrote to standard error.
type lastWords struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lastWords) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.b.Len() > 4096 {
		l.b.Next(l.b.Len() - 2048)
	}
	return l.b.Write(p)
}

// String is what was written, on lines of its own, or nothing.
func (l *lastWords) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.b.Len() == 0 {
		return ""
	}
	return "\n" + strings.TrimSpace(l.b.String())
}

var jobs struct {
	sync.Mutex
	n int
}

// newJob names a job that no other check has.
func newJob() string {
	jobs.Lock()
	defer jobs.Unlock()
	jobs.n++
	return fmt.Sprintf("conformance-%d-%d", os.Getpid(), jobs.n)
}
