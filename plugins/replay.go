package plugins

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"
	grpcstatus "google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1" // the messages
)

// ReplayOptions say how a recording is played.
type ReplayOptions struct {
	// Pace: 1 = the rests between calls as they were, 2 = half as long, 0 = none.
	Pace float64
	// Money lets calls through that a payment provider would act upon.
	Money bool
	// Deadline of a call; default 10 s.
	Deadline time.Duration
}

// Difference is a call that went otherwise than in the recording.
type Difference struct {
	Entry  int    // its place in the recording, from 0
	Method string // "Printer/Submit"
	Was    string // outcome then
	Is     string // outcome now
}

// String is the difference in a line.
func (d Difference) String() string {
	return fmt.Sprintf("entry %d, %s: was %s, is %s", d.Entry, d.Method, d.Was, d.Is)
}

// Replayed is what came of a replay.
type Replayed struct {
	Played      int
	Skipped     int // streams, messages too long to be kept, Configure, money
	Differences []Difference
}

// moves are the methods that move money, or tell people something.
var moves = set("Acquirer/Authorise", "Acquirer/CancelPayment", "Acquirer/Refund", "Messenger/Send", "MemberCard/Publish", "MemberCard/Update", "Identity/Exchange",
	"Storefront/PushStock", "Storefront/PushFulfilment", "Storefront/PushRefund", "Storefront/RefundDecision", "Storefront/PushCatalogue")

// Replay makes the calls of a recording again, one after another, to a driver that
// is configured already. Texts that the recording hides are filled with others of
// the same length. A difference is another outcome, or another state of a job. It
// answers an error where a call of the recording is not of the protocol
// (plugins.recording_invalid), or ctx ends.
func Replay(ctx context.Context, to grpc.ClientConnInterface, entries []Entry, o ReplayOptions) (Replayed, error) {
	var done Replayed
	if o.Deadline == 0 {
		o.Deadline = 10 * time.Second
	}
	for i, e := range entries {
		if e.Kind == EntryState {
			continue
		}
		if e.Kind != EntryCall || e.Request == nil || e.Method == "Driver/Configure" || moves[e.Method] && !o.Money {
			done.Skipped++
			continue
		}
		if o.Pace > 0 && i > 0 {
			select {
			case <-time.After(time.Duration(float64(e.At.Sub(entries[i-1].At)) / o.Pace)):
			case <-ctx.Done():
			}
		}
		if err := ctx.Err(); err != nil {
			return done, err
		}
		in, out, err := messages(e)
		if err != nil {
			return done, ErrRecording.With("line", i+1).Wrap(err)
		}
		call, cancel := context.WithTimeout(ctx, o.Deadline)
		err = to.Invoke(call, methodPrefix+e.Method, in.Interface(), out.Interface())
		cancel()
		done.Played++
		was, is := e.Outcome+jobState(e.Reply), grpcstatus.Code(err).String()
		if err == nil {
			is += jobState((scrubber{}).message(out))
		}
		if was != is {
			done.Differences = append(done.Differences, Difference{i, e.Method, was, is})
		}
	}
	return done, nil
}

// jobState is what a reply says of a job or a payment; "" where it is of neither.
func jobState(reply json.RawMessage) string {
	var r struct {
		State int `json:"state"`
	}
	if json.Unmarshal(reply, &r) != nil || r.State == 0 {
		return ""
	}
	return fmt.Sprintf(" state %d", r.State)
}

// messages makes a call's request and an empty reply.
func messages(e Entry) (in, out protoreflect.Message, err error) {
	d, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(strings.TrimPrefix(methodPrefix, "/") + strings.ReplaceAll(e.Method, "/", ".")))
	if err != nil {
		return nil, nil, err
	}
	m, ok := d.(protoreflect.MethodDescriptor)
	if !ok || m.IsStreamingServer() {
		return nil, nil, fmt.Errorf("%s is no call", e.Method)
	}
	inType, err := protoregistry.GlobalTypes.FindMessageByName(m.Input().FullName())
	if err != nil {
		return nil, nil, err
	}
	outType, err := protoregistry.GlobalTypes.FindMessageByName(m.Output().FullName())
	if err != nil {
		return nil, nil, err
	}
	in = inType.New()
	return in, outType.New(), unscrub(in, e.Request)
}

// unscrub fills a message from what scrubber wrote.
func unscrub(m protoreflect.Message, raw json.RawMessage) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return err
	}
	for name, value := range fields {
		f := m.Descriptor().Fields().ByName(protoreflect.Name(name))
		if f == nil {
			continue // of a later version
		}
		if !f.IsList() {
			v, err := unscrubValue(f, value, func() protoreflect.Value { return m.NewField(f) })
			if err != nil {
				return err
			}
			m.Set(f, v)
			continue
		}
		var items []json.RawMessage
		if err := json.Unmarshal(value, &items); err != nil {
			return err
		}
		l := m.Mutable(f).List()
		for _, item := range items {
			v, err := unscrubValue(f, item, l.NewElement)
			if err != nil {
				return err
			}
			l.Append(v)
		}
	}
	return nil
}

func unscrubValue(f protoreflect.FieldDescriptor, raw json.RawMessage, empty func() protoreflect.Value) (protoreflect.Value, error) {
	var err error
	switch f.Kind() {
	case protoreflect.MessageKind:
		v := empty()
		return v, unscrub(v.Message(), raw)
	case protoreflect.StringKind, protoreflect.BytesKind:
		var text string
		if bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{")) {
			var h hidden
			err = json.Unmarshal(raw, &h)
			text = h.filler()
		} else {
			err = json.Unmarshal(raw, &text)
		}
		if f.Kind() == protoreflect.BytesKind {
			return protoreflect.ValueOfBytes([]byte(text)), err
		}
		return protoreflect.ValueOfString(text), err
	case protoreflect.BoolKind:
		var v bool
		err = json.Unmarshal(raw, &v)
		return protoreflect.ValueOfBool(v), err
	case protoreflect.EnumKind:
		var v int32
		err = json.Unmarshal(raw, &v)
		return protoreflect.ValueOfEnum(protoreflect.EnumNumber(v)), err
	case protoreflect.Int32Kind:
		var v int32
		err = json.Unmarshal(raw, &v)
		return protoreflect.ValueOfInt32(v), err
	case protoreflect.Int64Kind:
		var v int64
		err = json.Unmarshal(raw, &v)
		return protoreflect.ValueOfInt64(v), err
	case protoreflect.Uint64Kind:
		var v uint64
		err = json.Unmarshal(raw, &v)
		return protoreflect.ValueOfUint64(v), err
	}
	return protoreflect.Value{}, fmt.Errorf("a field of kind %s", f.Kind())
}

// Replay starts a driver with settings and makes the calls of a recording again. See
// the function Replay. Faults: those of starting a driver, and of Replay.
func (h *Host) Replay(ctx context.Context, name string, settings json.RawMessage, entries []Entry, o ReplayOptions) (Replayed, error) {
	cmd, err := h.store.command(name, "", Trust{})
	if err != nil {
		return Replayed{}, err
	}
	r, err := h.launch(ctx, cmd, settings, true, h.o.Log.With("driver", name), nil)
	if err != nil {
		return Replayed{}, err
	}
	defer r.end()
	return Replay(ctx, r.conn, entries, o)
}
