package drivertest

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/shopwright/shopwright/sdk/driver"
	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

func identity(t *T) {
	p := t.start(false)
	i, err := p.Info(t.timeout(5 * time.Second))
	if err != nil || i.ID == "" || i.Version == "" || len(i.Classes) == 0 || len(i.Capabilities) == 0 {
		t.errorf("Info: %+v %v", i, err)
	}
	if t.printer && !i.Prints() && !i.Serves("Labeler") {
		t.errorf("a printer that serves neither Printer nor Labeler")
	}
	schema, err := p.ConfigSchema(t.timeout(5 * time.Second))
	var s struct{ Type string }
	if err != nil || json.Unmarshal(schema, &s) != nil || s.Type != "object" {
		t.errorf("ConfigSchema: %s %v", schema, err)
	}
}

// probes are calls that do nothing, one of each capability: they are refused for
// their content, or name what is not.
var probes = map[string]struct {
	method string
	in     any
	out    any
}{
	"Printer":     {"JobStatus", &hwv1.JobRequest{JobId: "conformance-none", Attempt: 1}, &hwv1.JobReply{}},
	"Display":     {"Clear", &hwv1.ClearRequest{}, &hwv1.ClearReply{}},
	"PayBox":      {"Disarm", &hwv1.DisarmRequest{Id: "conformance-none"}, &hwv1.DisarmReply{}},
	"Labeler":     {"LabelStatus", &hwv1.JobRequest{JobId: "conformance-none", Attempt: 1}, &hwv1.JobReply{}},
	"Storefront":  {"PushRefund", &hwv1.OrderRefundRequest{}, &hwv1.OrderRefundReply{}},
	"Acquirer":    {"Query", &hwv1.PaymentQuery{Reference: "conformance-none"}, &hwv1.PaymentReply{}},
	"Scale":       {"Read", &hwv1.ReadRequest{}, &hwv1.Weight{}},
	"CardStation": {"ReadCard", &hwv1.ReadCardRequest{}, &hwv1.Card{}},
	"Drawer":      {"Open", nil, nil}, // it would open: looked for only where it should not be
}

func serves(t *T) {
	p := t.start(true)
	conn := t.dial(p)
	if !t.info.Serves("Driver") {
		t.errorf("Driver is not among its capabilities: %v", t.info.Capabilities)
	}
	for _, c := range t.info.Capabilities {
		name, ours := strings.CutPrefix(c, "shopwright.hw.v1.")
		if _, known := probes[name]; ours && !known && name != "Driver" {
			t.errorf("it says that it serves %s, which the protocol does not have", c)
		}
	}
	for name, probe := range probes {
		says := t.info.Serves(name)
		in, out := probe.in, probe.out
		if in == nil {
			if says {
				continue
			}
			in, out = &hwv1.OpenRequest{Id: "conformance-none"}, &hwv1.OpenReply{}
		}
		ctx, cancel := context.WithTimeout(t.ctx, time.Second)
		err := conn.Invoke(ctx, "/shopwright.hw.v1."+name+"/"+probe.method, in, out)
		cancel()
		if lacks := status.Code(err) == codes.Unimplemented; lacks == says {
			t.errorf("%s: Info says served = %v, a call answers %v", name, says, err)
		}
	}
}

func wrong(t *T) {
	p := t.start(false)
	err := p.Configure(t.timeout(10*time.Second), t.Wrong)
	if !errors.Is(err, driver.ErrConfig) || strings.TrimSpace(err.Error()) == driver.ErrConfig.Error() {
		t.errorf("wrong settings answer %v; wanted INVALID_ARGUMENT with a reason for people", err)
	}
}

func healthy(t *T) {
	p := t.start(true)
	for n := range 50 {
		ctx, cancel := context.WithTimeout(t.ctx, healthDeadline)
		_, err := p.Health(ctx)
		cancel()
		if err != nil {
			t.fatalf("call %d of Health: %v", n+1, err)
		}
	}
}

func lists(t *T) {
	p := t.start(true)
	ctx := t.timeout(3 * time.Second)
	first := false
	err := p.Devices(ctx, func(ds []driver.Device) error {
		first = true
		var ids []string
		for _, d := range ds {
			if d.ID == "" || d.Class == "" || slices.Contains(ids, d.ID) {
				t.errorf("a device without an id of its own, or without a class: %+v", d)
			}
			if !d.Health.OK && d.Health.Reason == "" {
				t.errorf("device %s is not well and does not say why", d.ID)
			}
			ids = append(ids, d.ID)
		}
		return errStopped
	})
	if !first {
		t.errorf("no list within three seconds, not even an empty one: %v", err)
	}
}

func ends(t *T) {
	p := t.start(true)
	_ = t.dial(p).Invoke(t.timeout(3*time.Second), "/plugin.GRPCController/Shutdown", &emptypb.Empty{}, &emptypb.Empty{})
	t.wait(3*time.Second, "it ends after plugin.GRPCController/Shutdown", p.client.Exited)
}

// orphan tells the driver that its parent is a process that is not.
func orphan(t *T) {
	cmd := t.command()
	cmd.Env = []string{driver.Handshake.MagicCookieKey + "=" + driver.Handshake.MagicCookieValue, "PLUGIN_PROTOCOL_VERSIONS=1",
		"PLUGIN_MIN_PORT=10000", "PLUGIN_MAX_PORT=25000", driver.ParentEnv + "=999999999"}
	t.ended(cmd, "it outlives its parent")
}

// byHand: without the greeting it is not a driver's process.
func byHand(t *T) {
	cmd := t.command()
	cmd.Env = []string{"PLUGIN_PROTOCOL_VERSIONS=1"}
	t.ended(cmd, "started by hand it does not end")
	if cmd.ProcessState != nil && cmd.ProcessState.Success() {
		t.errorf("started by hand it ends with status 0; wanted 1")
	}
}

func (t *T) ended(cmd *exec.Cmd, otherwise string) {
	dir, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		t.fatalf("%v", err)
	}
	t.cleanup(func() { os.RemoveAll(dir) })
	cmd.Env = append(cmd.Env, "PLUGIN_UNIX_SOCKET_DIR="+dir)
	if err := cmd.Start(); err != nil {
		t.fatalf("%v", err)
	}
	gone := make(chan struct{})
	go func() { _ = cmd.Wait(); close(gone) }()
	select {
	case <-gone:
	case <-time.After(5 * time.Second):
		_ = cmd.Process.Kill()
		<-gone
		t.errorf("%s", otherwise)
	}
}

// unplugged: where the device is away, Health says so and why, and well again when
// it is back.
func unplugged(t *T) {
	p := t.start(true)
	state := func() (driver.Health, error) {
		ctx, cancel := context.WithTimeout(t.ctx, 500*time.Millisecond)
		defer cancel()
		return p.Health(ctx)
	}
	is := func(ok bool) func() bool {
		return func() bool {
			h, err := state()
			if err != nil {
				t.fatalf("Health does not answer in time: %v", err)
			}
			if !h.OK && h.Reason == "" {
				t.fatalf("Health is not OK and does not say why")
			}
			return h.OK == ok
		}
	}
	t.wait(15*time.Second, "Health is OK with the device there", is(true))
	t.Unplug()
	t.cleanup(t.Plug)
	t.wait(15*time.Second, "Health says that the device is away", is(false))
	t.Plug()
	t.wait(15*time.Second, "Health is OK with the device back", is(true))
}
