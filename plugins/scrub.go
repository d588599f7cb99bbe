package plugins

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// scrubber turns messages into JSON that may be sent to a stranger. Its key makes
// hashes of short texts (a telephone number) useless to whoever has no access to
// this host's memory.
type scrubber struct{ key []byte }

// plainText are the texts and bytes that are kept as they are, by message and field.
// What is not listed here is a length and a hash, fields of later versions included.
// Numbers, flags and enumerations are always kept.
var plainText = set(
	"InfoReply.id", "InfoReply.version", "InfoReply.vendor", "InfoReply.classes", "InfoReply.capabilities",
	"Device.id", "Device.class", "Device.capabilities",
	"Event.device", "Scan.symbology", "Scan.purpose", "Card.technology",
	"SubmitRequest.job_id", "SubmitRequest.device", "JobRequest.job_id", "Document.lang", "Barcode.symbology",
	"OpenRequest.id", "OpenRequest.device",
	"ShowRequest.device", "ShowRequest.amount", "ClearRequest.device", "ReadRequest.device", "ZeroRequest.device",
	"ArmRequest.id", "ArmRequest.device", "ArmRequest.amount", "DisarmRequest.id", "DisarmRequest.device",
	"ReadCardRequest.device", "WriteCardRequest.id", "WriteCardRequest.device",
	"LabelRequest.job_id", "LabelRequest.device", "LabelCode.symbology",
	"PaymentRequest.reference", "PaymentRequest.currency", "PaymentRequest.method", "PaymentQuery.reference", "PaymentNotice.reference",
	"RefundRequest.reference", "RefundRequest.refund", "RefundRequest.currency",
	"MessageRequest.key", "MessageRequest.channel", "MessageRequest.template", "MessageQuery.key", "MessageNotice.key", "MessageReply.currency", "CardUpdate.key",
)

// ownWords are the driver's words for people: kept, without long numbers.
var ownWords = set("JobReply.reason", "HealthReply.reason", "Device.reason", "PaymentReply.reason", "RefundReply.reason", "MessageReply.reason", "PublishReply.reason", "UpdateReply.reason")

func set(names ...string) map[string]bool {
	out := map[string]bool{}
	for _, n := range names {
		out[n] = true
	}
	return out
}

// longNumber is what may be a card's, a telephone's or a payment's.
var longNumber = regexp.MustCompile(`\d(?:[ -]?\d){5,}`)

func withoutNumbers(s string) string { return longNumber.ReplaceAllString(s, "#") }

func (s scrubber) message(m protoreflect.Message) json.RawMessage {
	var b bytes.Buffer
	s.write(&b, m)
	return b.Bytes()
}

func (s scrubber) write(b *bytes.Buffer, m protoreflect.Message) {
	b.WriteByte('{')
	fields := m.Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		if !m.Has(f) {
			continue
		}
		if b.Bytes()[b.Len()-1] != '{' {
			b.WriteByte(',')
		}
		fmt.Fprintf(b, "%q:", f.Name())
		name := string(m.Descriptor().Name()) + "." + string(f.Name())
		if f.IsList() {
			b.WriteByte('[')
			for j, l := 0, m.Get(f).List(); j < l.Len(); j++ {
				if j > 0 {
					b.WriteByte(',')
				}
				s.value(b, name, f, l.Get(j))
			}
			b.WriteByte(']')
			continue
		}
		s.value(b, name, f, m.Get(f))
	}
	b.WriteByte('}')
}

func (s scrubber) value(b *bytes.Buffer, name string, f protoreflect.FieldDescriptor, v protoreflect.Value) {
	switch f.Kind() {
	case protoreflect.MessageKind:
		s.write(b, v.Message())
	case protoreflect.StringKind:
		switch {
		case plainText[name]:
			put(b, v.String())
		case ownWords[name]:
			put(b, withoutNumbers(v.String()))
		default:
			put(b, s.hidden([]byte(v.String())))
		}
	case protoreflect.BytesKind:
		put(b, s.hidden(v.Bytes()))
	case protoreflect.BoolKind:
		b.WriteString(strconv.FormatBool(v.Bool()))
	case protoreflect.EnumKind:
		b.WriteString(strconv.Itoa(int(v.Enum())))
	default:
		b.WriteString(v.String()) // a number
	}
}

func put(b *bytes.Buffer, v any) {
	raw, _ := json.Marshal(v) // a string or a hidden: both can be
	b.Write(raw)
}

// hidden stands for a text that is not told.
type hidden struct {
	Len    int    `json:"len"`
	Hash   string `json:"hash"`
	Digits bool   `json:"digits,omitempty"` // nothing but digits: a code of goods, perhaps
}

func (s scrubber) hidden(text []byte) hidden {
	h := hmac.New(sha256.New, s.key)
	h.Write(text)
	return hidden{len(text), hex.EncodeToString(h.Sum(nil)[:6]), len(text) > 0 && len(bytes.Trim(text, "0123456789")) == 0}
}

// filler is a text of the same length, the same for the same hash.
func (h hidden) filler() string {
	letters := h.Hash
	if h.Digits {
		letters = strings.Map(func(r rune) rune { return '0' + r%10 }, h.Hash)
	}
	if letters == "" {
		letters = "x"
	}
	n := min(max(h.Len, 0), recordMessage)
	return strings.Repeat(letters, n/len(letters)+1)[:n]
}
