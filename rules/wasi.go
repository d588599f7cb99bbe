package rules

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

var (
	// errExit is what proc_exit ends a call with; the Go runtime of a guest calls
	// it after a panic.
	errExit = errors.New("the module ended itself")
	// errHostCalls ends a call that asks the host too often: host functions cost
	// time that fuel does not see.
	errHostCalls = errors.New("too many calls of host functions")
)

const (
	wasiOK      = 0
	wasiBadf    = 8  // bad file descriptor
	wasiFault   = 21 // bad address
	wasiNotSup  = 58 // not supported
	maxStderr   = 2 << 10
	maxRandom   = 4 << 10
	initCalls   = 100_000       // host calls before the snapshot
	evalCalls   = 1000          // host calls of one evaluation
	fixedNanos  = 1_000_000_000 // the only time that a module can read
	fixedRandom = 0x5a
)

// guest is what the host keeps for an instance while it runs, found through the
// context that its functions are called with.
type guest struct {
	calls  int    // host calls left
	stderr []byte // what it printed when it panicked: for the author's log, no module can read it
}

type guestKey struct{}

func (g *guest) reset(calls int) { g.calls, g.stderr = calls, g.stderr[:0] }

// counted takes one of the guest's host calls.
func counted(f api.GoModuleFunc) api.GoModuleFunc {
	return func(ctx context.Context, m api.Module, s []uint64) {
		g := ctx.Value(guestKey{}).(*guest)
		if g.calls--; g.calls < 0 {
			panic(errHostCalls)
		}
		f(ctx, m, s)
	}
}

// stubWASI registers the WASI functions that a Go guest needs. Each answers the
// same for ever: no clock, no randomness, no file, no environment.
func stubWASI(ctx context.Context, rt wazero.Runtime) error {
	b := rt.NewHostModuleBuilder(wasi)
	for name, sig := range wasiAllowed {
		b = b.NewFunctionBuilder().
			WithGoModuleFunction(counted(stubs[name]), []api.ValueType(sig.params), []api.ValueType(sig.results)).
			Export(name)
	}
	_, err := b.Instantiate(ctx)
	return err
}

var stubs = map[string]api.GoModuleFunc{
	"args_get":          func(_ context.Context, _ api.Module, s []uint64) { s[0] = wasiOK },
	"environ_get":       func(_ context.Context, _ api.Module, s []uint64) { s[0] = wasiOK },
	"args_sizes_get":    none,
	"environ_sizes_get": none,
	"sched_yield":       func(_ context.Context, _ api.Module, s []uint64) { s[0] = wasiOK },
	"poll_oneoff":       func(_ context.Context, _ api.Module, s []uint64) { s[0] = wasiNotSup },
	"clock_time_get": func(_ context.Context, m api.Module, s []uint64) {
		s[0] = status(m.Memory().WriteUint64Le(uint32(s[2]), fixedNanos))
	},
	"random_get": func(_ context.Context, m api.Module, s []uint64) {
		b, ok := m.Memory().Read(uint32(s[0]), min(uint32(s[1]), maxRandom))
		ok = ok && uint32(s[1]) <= maxRandom
		for i := range b {
			b[i] = fixedRandom
		}
		s[0] = status(ok)
	},
	"proc_exit": func(context.Context, api.Module, []uint64) { panic(errExit) },
	"fd_write":  fdWrite,
}

// none writes two zero counts.
func none(_ context.Context, m api.Module, s []uint64) {
	s[0] = status(m.Memory().WriteUint32Le(uint32(s[0]), 0) && m.Memory().WriteUint32Le(uint32(s[1]), 0))
}

// fdWrite takes what is written to the standard streams and forgets it, but for
// the first part of a panic.
func fdWrite(ctx context.Context, m api.Module, s []uint64) {
	fd, iovs, n, result := uint32(s[0]), uint32(s[1]), uint32(s[2]), uint32(s[3])
	if fd != 1 && fd != 2 || n > 64 {
		s[0] = wasiBadf
		return
	}
	g := ctx.Value(guestKey{}).(*guest)
	total := uint32(0)
	for i := uint32(0); i < n; i++ {
		iov, ok := m.Memory().Read(iovs+8*i, 8)
		if !ok {
			s[0] = wasiFault
			return
		}
		b, ok := m.Memory().Read(binary.LittleEndian.Uint32(iov), binary.LittleEndian.Uint32(iov[4:]))
		if !ok {
			s[0] = wasiFault
			return
		}
		total += uint32(len(b))
		g.stderr = append(g.stderr, b[:min(len(b), maxStderr-len(g.stderr))]...)
	}
	s[0] = status(m.Memory().WriteUint32Le(result, total))
}

func status(ok bool) uint64 {
	if ok {
		return wasiOK
	}
	return wasiFault
}
