package plugins

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
)

// ErrRecording: a file is no recording.
var ErrRecording = fault.New(fault.Invalid, "plugins.recording_invalid") // {line}

// The kinds of an Entry.
const (
	EntryCall    = "call"    // the host called the driver
	EntryMessage = "message" // the driver sent one on a stream: an event, a list of devices
	EntryState   = "state"   // the supervisor entered a state
)

// Entry is a line of a driver's recording. Of texts that may be a person's, a
// card's, a payment's or a secret it holds the length and a hash alone; hashes of
// one host can be compared with each other, and with nothing else.
type Entry struct {
	At       clock.Instant   `json:"at"`
	Kind     string          `json:"kind"`
	Method   string          `json:"method,omitempty"` // "Printer/Submit"; of a state its name
	Micros   int64           `json:"us,omitempty"`     // how long the call took; the longest of several
	Times    int             `json:"times,omitempty"`  // like calls in a row that were put together; 0 = 1
	Outcome  string          `json:"outcome"`          // "OK", gRPC's name of an error; of a state its reason
	Error    string          `json:"error,omitempty"`  // the words to it
	Sent     int             `json:"sent,omitempty"`   // bytes, without gRPC's own
	Received int             `json:"received,omitempty"`
	Request  json.RawMessage `json:"request,omitempty"` // absent where it was too long to keep
	Reply    json.RawMessage `json:"reply,omitempty"`
}

// A recording is bounded twice: by entries, minutes of a busy till, and by what
// they hold.
const (
	recordEntries = 2000
	recordBytes   = 4 << 20
	recordMessage = 16 << 10 // a longer message is noted without its content
)

// recorder keeps the newest entries of an instance. Safe for concurrent use; nil
// keeps nothing.
type recorder struct {
	clock  clock.Clock
	scrub  scrubber
	called func(ctx context.Context, method string) // nil: nobody looks on

	mu      sync.Mutex
	entries []Entry
	size    int
}

func (r *recorder) add(e Entry) {
	e.At = r.clock.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.entries); n > 0 && e.Method == "Driver/Health" && r.entries[n-1].like(e) {
		last := &r.entries[n-1]
		last.Times = max(last.Times, 1) + 1
		last.Micros = max(last.Micros, e.Micros)
		return
	}
	r.entries, r.size = append(r.entries, e), r.size+e.cost()
	for len(r.entries) > recordEntries || r.size > recordBytes {
		r.size -= r.entries[0].cost()
		r.entries[0] = Entry{}
		r.entries = r.entries[1:]
	}
}

func (e Entry) cost() int {
	return 200 + len(e.Request) + len(e.Reply) + len(e.Error)
}

// like: the same call with the same outcome; health is asked too often for an
// entry each.
func (e Entry) like(o Entry) bool {
	return e.Kind == o.Kind && e.Method == o.Method && e.Outcome == o.Outcome && e.Error == o.Error && bytes.Equal(e.Reply, o.Reply)
}

// state notes what the supervisor decided.
func (r *recorder) state(s State, reason, detail string) {
	if r != nil {
		r.add(Entry{Kind: EntryState, Method: string(s), Outcome: reason, Error: withoutNumbers(detail)})
	}
}

// list copies what is kept.
func (r *recorder) list() []Entry {
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Entry(nil), r.entries...)
}

// options are what the connection must be dialled with.
func (r *recorder) options() []grpc.DialOption {
	if r == nil {
		return nil
	}
	return []grpc.DialOption{grpc.WithChainUnaryInterceptor(r.unary), grpc.WithChainStreamInterceptor(r.stream)}
}

// methodPrefix: go-plugin's own services share the connection and are left out.
const methodPrefix = "/shopwright.hw.v1."

func (r *recorder) unary(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, call grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	name, ours := strings.CutPrefix(method, methodPrefix)
	if !ours {
		return call(ctx, method, req, reply, cc, opts...)
	}
	if r.called != nil {
		r.called(ctx, name)
	}
	began := time.Now()
	err := call(ctx, method, req, reply, cc, opts...)
	e := r.entry(EntryCall, name, err)
	e.Micros = time.Since(began).Microseconds()
	e.Sent, e.Request = r.message(req)
	if err == nil {
		e.Received, e.Reply = r.message(reply)
	}
	r.add(e)
	return err
}

func (r *recorder) stream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	name, ours := strings.CutPrefix(method, methodPrefix)
	if ours && r.called != nil {
		r.called(ctx, name)
	}
	s, err := open(ctx, desc, cc, method, opts...)
	if !ours {
		return s, err
	}
	if err != nil {
		r.add(r.entry(EntryCall, name, err))
		return s, err
	}
	return &recordedStream{s, r, name}, nil
}

type recordedStream struct {
	grpc.ClientStream
	r    *recorder
	name string
}

func (s *recordedStream) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	if err != nil && !errors.Is(err, io.EOF) {
		s.r.add(s.r.entry(EntryCall, s.name, err)) // the stream broke
	}
	if err == nil {
		e := s.r.entry(EntryMessage, s.name, nil)
		e.Received, e.Reply = s.r.message(m)
		s.r.add(e)
	}
	return err
}

func (r *recorder) entry(kind, name string, err error) Entry {
	e := Entry{Kind: kind, Method: name, Outcome: grpcstatus.Code(err).String()}
	if err != nil {
		e.Error = withoutNumbers(grpcstatus.Convert(err).Message())
	}
	return e
}

func (r *recorder) message(m any) (size int, content json.RawMessage) {
	p, ok := m.(proto.Message)
	if !ok {
		return 0, nil
	}
	size = proto.Size(p)
	if size > recordMessage {
		return size, nil
	}
	return size, r.scrub.message(p.ProtoReflect())
}

// Recording answers what was said between the host and a driver of late, oldest
// first. Fault: plugins.unknown_instance.
func (h *Host) Recording(id string) ([]Entry, error) {
	s, err := h.find(id)
	if err != nil {
		return nil, err
	}
	return s.rec.list(), nil
}

// WriteRecording writes entries as JSON, one a line.
func WriteRecording(w io.Writer, entries []Entry) error {
	enc := json.NewEncoder(w)
	for _, e := range entries {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	return nil
}

// ReadRecording reads what WriteRecording wrote. Fault: plugins.recording_invalid.
func ReadRecording(from io.Reader) ([]Entry, error) {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	var out []Entry
	n := 0
	for lines.Scan() {
		n++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var e Entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, ErrRecording.With("line", n).Wrap(err)
		}
		if e.Kind != EntryCall && e.Kind != EntryMessage && e.Kind != EntryState {
			return nil, ErrRecording.With("line", n).Wrap(fmt.Errorf("an entry of kind %q is not known", e.Kind))
		}
		out = append(out, e)
	}
	if err := lines.Err(); err != nil {
		return nil, ErrRecording.With("line", n+1).Wrap(err)
	}
	return out, nil
}
