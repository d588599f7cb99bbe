package rules

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"strings"
	"sync/atomic"
	"time"
)

// Child compiles untrusted modules in a process of its own: the program starts
// itself again (see ChildMain) with an empty environment and bounded time and
// memory. It reads the module from its standard input and writes code into a
// directory made for it. Zero fields take their defaults.
type Child struct {
	CPU    time.Duration // of the processor; 30 s
	Wall   time.Duration // 60 s
	Memory int64         // bytes; 512 MiB
}

func (c Child) withDefaults() Child {
	def(&c.CPU, 30*time.Second)
	def(&c.Wall, time.Minute)
	def(&c.Memory, 512<<20)
	return c
}

// childVar carries the order to the child. It holds nothing that is secret.
const childVar = "SHOPWRIGHT_COMPILE_RULE"

// Exit codes of the child.
const (
	exitInvalid = 10 // the module does not compile; its standard output says why
	exitMemory  = 11
	exitTime    = 12
)

const maxSaid = 4 << 10 // of what a child may print

// order is what the child is told.
type order struct {
	Child
	Pages uint32
}

// childReady is set once ChildMain has returned: this program can start itself
// as a child.
var childReady atomic.Bool

// ChildMain must be the first thing that a program does which compiles modules
// in a child. In the child it compiles what it is given and ends the process;
// otherwise it returns at once.
func ChildMain() {
	raw, ok := os.LookupEnv(childVar)
	if !ok {
		childReady.Store(true)
		return
	}
	os.Exit(childRun(raw, os.Stdout))
}

func childRun(raw string, out io.Writer) int {
	var o order
	if err := json.Unmarshal([]byte(raw), &o); err != nil {
		fmt.Fprintln(out, err)
		return 1
	}
	runtime.GOMAXPROCS(min(2, runtime.GOMAXPROCS(0)))
	debug.SetMemoryLimit(o.Memory * 3 / 4)
	if err := confine(o.Child); err != nil {
		fmt.Fprintln(out, err)
		return 1
	}
	time.AfterFunc(o.Wall, func() { os.Exit(exitTime) }) // also where the parent is gone
	go watchMemory(o.Memory)
	module, err := io.ReadAll(io.LimitReader(os.Stdin, 64<<20))
	if err != nil {
		fmt.Fprintln(out, err)
		return 1
	}
	if err := compileInto(context.Background(), ".", o.Pages, module); err != nil {
		fmt.Fprintln(out, errors.Unwrap(err))
		if errors.Is(err, ErrNoCompiler) {
			return 1
		}
		return exitInvalid
	}
	return 0
}

// watchMemory ends the process where it takes more than it may; it also holds
// where the system has no such limit, and gives the reason where it has.
func watchMemory(limit int64) {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	for range time.Tick(5 * time.Millisecond) {
		metrics.Read(s)
		if int64(s[0].Value.Uint64()-s[1].Value.Uint64()) > limit {
			os.Exit(exitMemory)
		}
	}
}

// self is the file of the running program, also after an update has replaced it.
func self() (string, error) {
	const running = "/proc/self/exe"
	if _, err := os.Stat(running); err == nil && runtime.GOOS == "linux" {
		return running, nil
	}
	return os.Executable()
}

// compile runs a child. Faults: rules.compile_failed, rules.compile_limit,
// rules.compiler_unavailable; the cause of a canceled context.
func (c *Child) compile(ctx context.Context, dir string, pages uint32, module []byte) error {
	path, err := self()
	if err != nil {
		return ErrNoCompiler.Wrap(err)
	}
	raw, err := json.Marshal(order{*c, pages})
	if err != nil {
		return ErrNoCompiler.Wrap(err)
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return ErrNoCompiler.Wrap(err)
	}
	wall, cancel := context.WithTimeout(ctx, c.Wall)
	defer cancel()
	said := &capped{}
	cmd := exec.CommandContext(wall, path)
	cmd.Args = []string{"compile-rule"}
	cmd.Dir = dir
	cmd.Env = []string{childVar + "=" + string(raw)}
	if runtime.GOOS == "windows" { // its runtime needs this one
		cmd.Env = append(cmd.Env, "SystemRoot="+os.Getenv("SystemRoot"))
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(module), said, said
	cmd.WaitDelay = time.Second
	err = cmd.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case wall.Err() != nil:
		return ErrCompileLimit.With("what", "time")
	case cmd.ProcessState == nil:
		return ErrNoCompiler.Wrap(err)
	}
	return c.verdict(cmd.ProcessState, said.String(), err)
}

// verdict says what the end of a child means.
func (c *Child) verdict(s *os.ProcessState, said string, err error) error {
	code := s.ExitCode()
	switch {
	case code == exitInvalid:
		return ErrCompile.Wrap(errors.New(said))
	case code == exitTime:
		return ErrCompileLimit.With("what", "time")
	case s.UserTime()+s.SystemTime() >= c.CPU*9/10:
		return ErrCompileLimit.With("what", "cpu").Wrap(err)
	case code == exitMemory, code == -1, // ended by the system
		strings.Contains(said, "out of memory"), strings.Contains(said, "cannot allocate memory"):
		return ErrCompileLimit.With("what", "memory").Wrap(err)
	case code == 1:
		return ErrNoCompiler.Wrap(errors.New(said))
	}
	return ErrCompile.Wrap(fmt.Errorf("%w: %s", err, said)) // the compiler itself fell over
}

// capped keeps the beginning of what is written to it.
type capped struct{ b []byte }

func (c *capped) Write(p []byte) (int, error) {
	c.b = append(c.b, p[:min(len(p), maxSaid-len(c.b))]...)
	return len(p), nil
}

func (c *capped) String() string { return printable(strings.TrimSpace(string(c.b)), 300) }
