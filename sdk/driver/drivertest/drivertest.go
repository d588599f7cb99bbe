package drivertest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/shopwright/shopwright/sdk/driver"
	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// Target is the driver to be checked.
type Target struct {
	Command []string        // how to start it
	Config  json.RawMessage // settings it works with
	Wrong   json.RawMessage // settings it must refuse

	// Printed counts how often a job's attempt came out of the device. The
	// suite prints documents with the text "<job> #<attempt>". nil for drivers
	// that are no printers.
	Printed func(job string, attempt int) int
}

// Run runs the suite.
func Run(t *testing.T, target Target) {
	t.Run("says who it is", func(t *testing.T) { info(t, target) })
	t.Run("refuses wrong settings", func(t *testing.T) { wrong(t, target) })
	t.Run("answers health in time", func(t *testing.T) { healthy(t, target) })
	t.Run("ends when asked", func(t *testing.T) { ends(t, target) })
	t.Run("ends with its parent", func(t *testing.T) { orphan(t, target) })
	t.Run("survives junk", func(t *testing.T) { junk(t, target) })
	if target.Printed == nil {
		return
	}
	t.Run("prints an attempt once", func(t *testing.T) { replay(t, target) })
	t.Run("prints an attempt once when asked at once", func(t *testing.T) { concurrent(t, target) })
	t.Run("prints the next attempt", func(t *testing.T) { reprint(t, target) })
	t.Run("never guesses after a kill", func(t *testing.T) { killed(t, target) })
	t.Run("cancels nothing that is printed", func(t *testing.T) { cancelled(t, target) })
}

type proc struct {
	*driver.Client
	client *plugin.Client
	pid    int
	addr   net.Addr
}

func command(target Target) *exec.Cmd {
	cmd := exec.Command(target.Command[0], target.Command[1:]...)
	cmd.Env = []string{driver.ParentEnv + "=" + strconv.Itoa(os.Getpid())}
	return cmd
}

func start(t *testing.T, target Target, configure bool) *proc {
	t.Helper()
	c := plugin.NewClient(&plugin.ClientConfig{
		HandshakeConfig:  driver.Handshake,
		VersionedPlugins: map[int]plugin.PluginSet{driver.ProtocolVersion: driver.Plugins()},
		Cmd:              command(target),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		SkipHostEnv:      true,
		StartTimeout:     10 * time.Second,
		Logger:           hclog.NewNullLogger(),
		GRPCDialOptions:  driver.CallOptions(),
	})
	t.Cleanup(c.Kill)
	rpc, err := c.Client()
	if err != nil {
		t.Fatal(err)
	}
	v, err := rpc.Dispense("driver")
	if err != nil {
		t.Fatal(err)
	}
	re := c.ReattachConfig()
	p := &proc{v.(*driver.Client), c, re.Pid, re.Addr}
	if configure {
		if err := p.Configure(t.Context(), target.Config); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p *proc) kill(t *testing.T) {
	t.Helper()
	pr, err := os.FindProcess(p.pid)
	if err == nil {
		err = pr.Kill()
	}
	if err != nil {
		t.Fatal(err)
	}
	wait(t, "the process is gone", p.client.Exited)
}

func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for n := 0; !ok(); n++ {
		if n > 1000 {
			t.Fatalf("not within five seconds: %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func document(job string, attempt int) *driver.Document {
	return &driver.Document{Blocks: []*hwv1.Block{
		{Kind: &hwv1.Block_Text{Text: &hwv1.Text{Text: fmt.Sprintf("%s #%d", job, attempt)}}},
		{Kind: &hwv1.Block_Cut{Cut: &hwv1.Cut{}}},
	}}
}

func submit(t *testing.T, p *proc, job string, attempt int) driver.JobStatus {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	st, err := p.Submit(ctx, driver.Job{JobKey: driver.JobKey{ID: job, Attempt: attempt}, Document: document(job, attempt)})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func printed(s driver.JobState) bool { return s == driver.JobSent || s == driver.JobConfirmed }

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

func info(t *testing.T, target Target) {
	p := start(t, target, false)
	i, err := p.Info(t.Context())
	if err != nil || i.ID == "" || i.Version == "" || len(i.Classes) == 0 || len(i.Capabilities) == 0 {
		t.Errorf("Info: %+v %v", i, err)
	}
	if target.Printed != nil && !i.Prints() {
		t.Error("a printer that does not serve Printer")
	}
	schema, err := p.ConfigSchema(t.Context())
	var s struct{ Type string }
	if err != nil || json.Unmarshal(schema, &s) != nil || s.Type != "object" {
		t.Errorf("ConfigSchema: %s %v", schema, err)
	}
}

func wrong(t *testing.T, target Target) {
	p := start(t, target, false)
	if err := p.Configure(t.Context(), target.Wrong); !errors.Is(err, driver.ErrConfig) || strings.TrimSpace(err.Error()) == driver.ErrConfig.Error() {
		t.Errorf("wrong settings answer %v", err)
	}
}

func healthy(t *testing.T, target Target) {
	p := start(t, target, true)
	for range 50 {
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		_, err := p.Health(ctx)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func ends(t *testing.T, target Target) {
	p := start(t, target, true)
	p.client.Kill() // asks first
	if !p.client.Exited() {
		t.Error("it still runs")
	}
}

// orphan tells the driver that its parent is a process that is not.
func orphan(t *testing.T, target Target) {
	cmd := command(target)
	cmd.Env = append([]string{driver.Handshake.MagicCookieKey + "=" + driver.Handshake.MagicCookieValue, "PLUGIN_PROTOCOL_VERSIONS=1"}, driver.ParentEnv+"=999999999")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() { _ = cmd.Wait(); close(gone) }()
	select {
	case <-gone:
	case <-time.After(5 * time.Second):
		_ = cmd.Process.Kill()
		t.Error("it outlives its parent")
	}
}

// junk sends what no host would, on connections of its own and as calls.
func junk(t *testing.T, target Target) {
	p := start(t, target, true)
	rng := rand.New(rand.NewPCG(7, 7))
	for range 2000 {
		c, err := net.DialTimeout(p.addr.Network(), p.addr.String(), time.Second)
		if err != nil {
			t.Fatal(err)
		}
		b := make([]byte, rng.IntN(2000))
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		if rng.IntN(2) == 0 {
			b = append([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), b...)
		}
		_, _ = c.Write(b) // the driver may hang up on it
		c.Close()
	}
	raw, err := grpc.NewClient("passthrough:///driver", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return net.Dial(p.addr.Network(), p.addr.String()) }))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	printer := hwv1.NewPrinterClient(raw)
	for _, in := range []*hwv1.SubmitRequest{{}, {JobId: "x"}, {JobId: "x", Attempt: -1}} {
		if r, err := printer.Submit(t.Context(), in); err == nil && r.GetState() != hwv1.JobState_JOB_STATE_FAILED {
			t.Errorf("a job without a name: %v", r)
		}
	}
	if _, err := p.Health(t.Context()); err != nil {
		t.Errorf("it does not answer any more: %v", err)
	}
}

func replay(t *testing.T, target Target) {
	p, job := start(t, target, true), newJob()
	first := submit(t, p, job, 1)
	if !printed(first.State) {
		t.Fatalf("%+v", first)
	}
	for range 5 {
		if again := submit(t, p, job, 1); again.State != first.State {
			t.Errorf("asked again it says %s", again.State)
		}
	}
	st, err := p.JobStatus(t.Context(), driver.JobKey{ID: job, Attempt: 1})
	if err != nil || st.State != first.State {
		t.Errorf("JobStatus: %+v %v", st, err)
	}
	wait(t, "it came out once", func() bool { return target.Printed(job, 1) == 1 })
}

func concurrent(t *testing.T, target Target) {
	p, job := start(t, target, true), newJob()
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			st, err := p.Submit(context.Background(), driver.Job{JobKey: driver.JobKey{ID: job, Attempt: 1}, Document: document(job, 1)})
			if err != nil || !printed(st.State) {
				t.Errorf("%+v %v", st, err)
			}
		})
	}
	wg.Wait()
	wait(t, "it came out", func() bool { return target.Printed(job, 1) > 0 })
	if n := target.Printed(job, 1); n != 1 {
		t.Errorf("it came out %d times", n)
	}
}

func reprint(t *testing.T, target Target) {
	p, job := start(t, target, true), newJob()
	for attempt := 1; attempt <= 3; attempt++ {
		if st := submit(t, p, job, attempt); !printed(st.State) {
			t.Fatalf("attempt %d: %+v", attempt, st)
		}
		wait(t, "it came out", func() bool { return target.Printed(job, attempt) == 1 })
	}
}

// killed: a new process may say of an old job that it is printed, or that it
// cannot tell; it may say that nothing was printed only where that is so.
func killed(t *testing.T, target Target) {
	for round := range 8 {
		p, job := start(t, target, true), newJob()
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, _ = p.Submit(context.Background(), driver.Job{JobKey: driver.JobKey{ID: job, Attempt: 1}, Document: document(job, 1)})
		}()
		time.Sleep(time.Duration(round) * 2 * time.Millisecond)
		p.kill(t)
		<-done
		time.Sleep(20 * time.Millisecond) // what has left arrives
		q := start(t, target, true)
		st, err := q.JobStatus(t.Context(), driver.JobKey{ID: job, Attempt: 1})
		if err != nil {
			t.Fatal(err)
		}
		n := target.Printed(job, 1)
		switch {
		case n > 1:
			t.Errorf("it came out %d times", n)
		case printed(st.State) && n != 1:
			t.Errorf("%s, and nothing came out", st.State)
		case (st.State == driver.JobFailed || st.State == driver.JobCancelled) && n != 0:
			t.Errorf("%s, and it came out", st.State)
		case st.State == driver.JobPending || st.State == driver.JobSending:
			t.Errorf("a dead process's job is %s", st.State)
		}
		q.client.Kill()
	}
}

func cancelled(t *testing.T, target Target) {
	p, job := start(t, target, true), newJob()
	first := submit(t, p, job, 1)
	st, err := p.Cancel(t.Context(), driver.JobKey{ID: job, Attempt: 1})
	if err != nil || st.State != first.State {
		t.Errorf("a printed job becomes %+v %v", st, err)
	}
}
