package drivertest

import (
	"context"
	"net"
	"runtime"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/test/bufconn"

	"github.com/shopwright/shopwright/sdk/driver"
)

// InProcess serves a driver written in Go in the test's own process, for tests that
// look into it, and answers a handle of it. At the test's end every stream is over,
// and goroutines that they leave behind fail it; those of the driver's own devices
// run before InProcess is called, or in Configure.
func InProcess(t *testing.T, d driver.Driver) *driver.Client {
	t.Helper()
	l := bufconn.Listen(1 << 20)
	s := grpc.NewServer()
	driver.Register(s, d)
	go func() { _ = s.Serve(l) }()
	c, err := grpc.NewClient("passthrough:///driver", append(driver.CallOptions(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) { return l.Dial() }))...)
	if err != nil {
		t.Fatal(err)
	}
	client := driver.Dial(c)
	t.Cleanup(func() {
		streams := func(n int) {
			for range n {
				ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
				go func() { _ = client.Devices(ctx, func([]driver.Device) error { return nil }) }()
				_ = client.Events(ctx, 0, func(*driver.Event) error { return nil })
				cancel()
			}
		}
		streams(3)
		time.Sleep(50 * time.Millisecond)
		before := runtime.NumGoroutine()
		streams(20)
		for n := 0; runtime.NumGoroutine() > before+3; n++ {
			if n == 100 {
				t.Errorf("streams that ended leave goroutines behind: %d, before %d", runtime.NumGoroutine(), before)
				break
			}
			time.Sleep(20 * time.Millisecond)
		}
		c.Close()
		s.Stop()
	})
	return client
}
