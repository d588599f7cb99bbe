package drivertest

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/shopwright/shopwright/sdk/driver"
	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

func randomBytes(rng *rand.Rand, most int) []byte {
	b := make([]byte, rng.IntN(most))
	for i := range b {
		b[i] = byte(rng.Uint32())
	}
	return b
}

// send writes bytes on a connection of their own. The driver may hang up on it.
func (t *T) send(p *proc, b []byte) {
	c, err := net.DialTimeout(p.addr.Network(), p.addr.String(), 2*time.Second)
	if err != nil {
		t.fatalf("it takes no connection any more: %v", err)
	}
	_ = c.SetDeadline(time.Now().Add(2 * time.Second))
	_, _ = c.Write(b)
	c.Close()
}

// junk sends what is no gRPC at all.
func junk(t *T) {
	p, rng := t.start(true), rand.New(rand.NewPCG(7, 7))
	for n := range 500 {
		b := randomBytes(rng, 2000)
		if n%2 == 0 {
			b = append([]byte(preface), b...)
		}
		t.send(p, b)
	}
	t.alive(p, "after 500 connections of junk")
}

// frames sends frames of HTTP/2 that are well formed and make no sense.
func frames(t *T) {
	p, rng := t.start(true), rand.New(rand.NewPCG(8, 8))
	for range 200 {
		b := append([]byte(preface), 0, 0, 0, 4, 0, 0, 0, 0, 0) // and settings
		for range 50 {
			payload := randomBytes(rng, 64)
			b = append(b, 0, byte(len(payload)>>8), byte(len(payload)), byte(rng.IntN(11)), byte(rng.Uint32()))
			b = binary.BigEndian.AppendUint32(b, rng.Uint32N(16))
			b = append(b, payload...)
		}
		t.send(p, b)
	}
	t.alive(p, "after 10,000 frames")
}

// rawCodec sends bytes as they are.
type rawCodec struct{}

func (rawCodec) Name() string                       { return "proto" }
func (rawCodec) Marshal(v any) ([]byte, error)      { return *v.(*[]byte), nil }
func (rawCodec) Unmarshal(data []byte, v any) error { *v.(*[]byte) = data; return nil }
func (t *T) rawCall(c *grpc.ClientConn, m string, b []byte) {
	ctx, cancel := context.WithTimeout(t.ctx, 50*time.Millisecond)
	defer cancel()
	var out []byte
	_ = c.Invoke(ctx, m, &b, &out, grpc.ForceCodec(rawCodec{})) // whatever it answers
}

// fuzzedMessages calls every method of what it serves with broken messages: never
// those that print, open or charge with a message that is whole.
func fuzzedMessages(t *T) {
	p, rng := t.start(true), rand.New(rand.NewPCG(9, 9))
	c := t.dial(p)
	for _, file := range []protoreflect.FileDescriptor{hwv1.File_shopwright_hw_v1_driver_proto, hwv1.File_shopwright_hw_v1_printer_proto,
		hwv1.File_shopwright_hw_v1_counter_proto, hwv1.File_shopwright_hw_v1_acquirer_proto} {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			if !t.info.Serves(string(service.Name())) {
				continue
			}
			for j := range service.Methods().Len() {
				m := service.Methods().Get(j)
				if m.IsStreamingServer() {
					continue
				}
				name := fmt.Sprintf("/%s/%s", service.FullName(), m.Name())
				for range 20 {
					// A length that is longer than the message: no parser takes it.
					t.rawCall(c, name, append(randomBytes(rng, 200), 0x0a, 0xff, 0x7f))
				}
			}
		}
	}
	t.alive(p, "after broken messages")
}

func hasProc(*suite) string {
	if runtime.GOOS != "linux" {
		return "handles of a process are counted on Linux alone"
	}
	return ""
}

// handles counts what a process holds open, and its threads.
func handles(pid int) (files, threads int) {
	f, err1 := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/fd")
	th, err2 := os.ReadDir("/proc/" + strconv.Itoa(pid) + "/task")
	if err1 != nil || err2 != nil {
		return -1, -1
	}
	return len(f), len(th)
}

// leaks opens and leaves connections, streams and calls: afterwards the process
// holds what it held before.
func leaks(t *T) {
	p := t.start(true)
	round := func(n int) {
		for range n {
			conn := t.dial(p)
			c := driver.Dial(conn)
			ctx, cancel := context.WithTimeout(t.ctx, 20*time.Millisecond)
			done := make(chan struct{}, 2)
			go func() { _ = c.Events(ctx, 0, func(*driver.Event) error { return nil }); done <- struct{}{} }()
			go func() { _ = c.Devices(ctx, func([]driver.Device) error { return nil }); done <- struct{}{} }()
			_, _ = c.Health(ctx)
			<-done
			<-done
			cancel()
			conn.Close()
		}
	}
	round(10)
	time.Sleep(200 * time.Millisecond)
	files, threads := handles(p.pid)
	if files < 0 {
		t.skip("the process cannot be looked into")
	}
	round(60)
	var nowFiles, nowThreads int
	for range 100 {
		if nowFiles, nowThreads = handles(p.pid); nowFiles <= files+5 && nowThreads <= threads+10 {
			t.alive(p, "after many connections")
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.errorf("after 60 connections it holds %d files (before: %d) and runs %d threads (before: %d)", nowFiles, files, nowThreads, threads)
}
