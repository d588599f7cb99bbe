package plugins

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/sdk/driver"
)

// running is a driver that answered its first calls.
type running struct {
	client *plugin.Client
	proc   *process
	drv    *driver.Client
	conn   grpc.ClientConnInterface
	info   driver.Info
}

// launch starts a driver and, where asked, configures it. It answers within the start
// deadline; where it fails, the process is dead. Faults: plugins.start_failed,
// plugins.wrong_settings.
func (h *Host) launch(ctx context.Context, cmd command, settings json.RawMessage, configure bool, log *slog.Logger, rec *recorder) (*running, error) {
	ctx, cancel := context.WithTimeout(ctx, h.o.StartDeadline)
	defer cancel()

	r := &running{proc: newProcess(h.spawn, cmd.path, cmd.args)}
	r.client = plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  driver.Handshake,
		VersionedPlugins: map[int]plugin.PluginSet{driver.ProtocolVersion: driver.Plugins()},
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		SkipHostEnv:      true,
		StartTimeout:     h.o.StartDeadline,
		Logger:           newLogger(log),
		GRPCDialOptions:  append(driver.CallOptions(), rec.options()...),
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: h.o.TempDir},
		RunnerFunc: func(_ hclog.Logger, c *exec.Cmd, _ string) (runner.Runner, error) {
			// Nothing of the host's environment: only what go-plugin needs.
			r.proc.env = append(c.Env, driver.ParentEnv+"="+strconv.Itoa(os.Getpid()))
			if cmd.may != nil {
				r.proc.env = append(r.proc.env, driver.ConfineEnv+"="+cmd.may.confinement(settings, cmd.light))
			}
			return r.proc, nil
		},
	})

	type result struct {
		drv  *driver.Client
		conn grpc.ClientConnInterface
		err  error
	}
	started := make(chan result, 1)
	go func() { // go-plugin's own calls know no deadline
		protocol, err := r.client.Client()
		if err != nil {
			started <- result{err: err}
			return
		}
		v, err := protocol.Dispense("driver")
		if err != nil {
			started <- result{err: err}
			return
		}
		started <- result{v.(*driver.Client), protocol.(*plugin.GRPCClient).Conn, nil}
	}()
	var err error
	select {
	case got := <-started:
		r.drv, r.conn, err = got.drv, got.conn, got.err
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err == nil {
		r.info, err = r.drv.Info(ctx)
	}
	if err == nil && configure {
		err = r.drv.Configure(ctx, settings)
	}
	if err != nil {
		r.end()
		if errors.Is(err, driver.ErrConfig) {
			return nil, errSettings.Wrap(err)
		}
		return nil, errStart.Wrap(err)
	}
	return r, nil
}

// end kills the process by its id, then lets go-plugin clean up without
// waiting for it.
func (r *running) end() {
	r.proc.kill()
	r.proc.dead(2 * time.Second)
	go r.client.Kill()
}

// stop asks the driver to end and kills it where it does not.
func (r *running) stop() {
	gone := make(chan struct{})
	go func() {
		r.client.Kill()
		close(gone)
	}()
	t := time.NewTimer(stopDeadline)
	defer t.Stop()
	select {
	case <-gone:
	case <-t.C:
	}
	r.proc.kill()
	r.proc.dead(2 * time.Second)
}

// detail is the text under a fault, for the status page.
func detail(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) {
		if cause := f.Unwrap(); cause != nil {
			return cause.Error()
		}
		return ""
	}
	return err.Error()
}
