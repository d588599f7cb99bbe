package plugins

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin/runner"
)

// spawner starts processes from one operating system thread that lives as long
// as the host: on Linux the kernel kills a child when the *thread* that
// started it ends.
type spawner struct {
	jobs chan func()
	once sync.Once
}

func newSpawner() *spawner {
	s := &spawner{jobs: make(chan func())}
	go func() {
		runtime.LockOSThread() // never unlocked
		for f := range s.jobs {
			f()
		}
	}()
	return s
}

func (s *spawner) close() { s.once.Do(func() { close(s.jobs) }) }

// start starts a command. A file that was written a moment ago may still be
// held by a fork of another thread; that passes.
func (s *spawner) start(cmd *exec.Cmd) error {
	result := make(chan error, 1)
	s.jobs <- func() {
		err := cmd.Start()
		for i := 0; i < 20 && errors.Is(err, syscall.ETXTBSY); i++ {
			time.Sleep(5 * time.Millisecond)
			again := exec.Command(cmd.Path)
			again.Args, again.Env, again.Stdout, again.Stderr, again.SysProcAttr = cmd.Args, cmd.Env, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr
			*cmd = *again
			err = cmd.Start()
		}
		result <- err
	}
	return <-result
}

// process is a driver's process, in the form that go-plugin takes. Its exit is
// known at once through done, even where a grandchild holds the pipes.
type process struct {
	spawn *spawner
	path  string
	args  []string
	env   []string

	mu       sync.Mutex
	cmd      *exec.Cmd // nil until it runs
	doomed   bool      // killed before it ran
	out, err *os.File
	done     chan struct{} // closed when the process is dead
	exit     error         // valid after done
}

var _ runner.Runner = (*process)(nil)

func newProcess(s *spawner, path string, args []string) *process {
	return &process{spawn: s, path: path, args: args, done: make(chan struct{})}
}

// Start implements runner.Runner.
func (p *process) Start(context.Context) error {
	outR, outW, err := os.Pipe()
	if err != nil {
		return err
	}
	errR, errW, err := os.Pipe()
	if err != nil {
		outR.Close()
		outW.Close()
		return err
	}
	cmd := exec.Command(p.path, p.args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = p.env, outW, errW
	dieWithParent(cmd)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err = context.Canceled; !p.doomed {
		err = p.spawn.start(cmd)
	}
	outW.Close()
	errW.Close()
	if err != nil {
		outR.Close()
		errR.Close()
		return err
	}
	p.cmd, p.out, p.err = cmd, outR, errR
	go func() {
		p.exit = cmd.Wait()
		close(p.done)
		time.Sleep(200 * time.Millisecond) // the last log lines
		outR.Close()
		errR.Close()
	}()
	return nil
}

// kill sends SIGKILL, or forbids the start; it never waits for the end.
func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.doomed = true
	if p.cmd != nil {
		_ = p.cmd.Process.Kill() // an error means that it is dead
	}
}

// dead waits for the end of a process that was killed.
func (p *process) dead(limit time.Duration) bool {
	if p.pid() == 0 {
		return true
	}
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-p.done:
		return true
	case <-t.C:
		return false
	}
}

func (p *process) alive() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

func (p *process) pid() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return 0
	}
	return p.cmd.Process.Pid
}

// The rest of runner.Runner.

func (p *process) Wait(context.Context) error      { <-p.done; return p.exit }
func (p *process) Kill(context.Context) error      { p.kill(); return nil }
func (p *process) Stdout() io.ReadCloser           { return p.out }
func (p *process) Stderr() io.ReadCloser           { return p.err }
func (p *process) Name() string                    { return p.path }
func (p *process) ID() string                      { return strconv.Itoa(p.pid()) }
func (p *process) Diagnose(context.Context) string { return "" }

func (p *process) PluginToHost(network, addr string) (string, string, error) {
	return network, addr, nil
}
func (p *process) HostToPlugin(network, addr string) (string, string, error) {
	return network, addr, nil
}
