package driver

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// The channels of messages.
const (
	ChannelSMS    = "sms"
	ChannelWeChat = "wechat"
)

// MessageParameter is one value of a provider's template.
type MessageParameter struct{ Name, Value string }

// Message is what a person is to be told by a provider.
type Message struct {
	Key        string // the shop's own: the provider's request id where it has one
	Attempt    int    // from 1; a later one only after a refusal that said Again
	Channel    string
	Recipient  string // a telephone number with its country, an openid
	Template   string // the provider's name of it; "" = the text is sent as it is
	Parameters []MessageParameter
	Text       string // the whole message, also where a template is named
	Sender     string // signature or number, as registered with the provider
	Link       string // where a touch on it leads
}

// MessageKey names a message that was handed over.
type MessageKey struct {
	Key        string
	ProviderID string // as answered by SendMessage; "" where no answer came
	Recipient  string
	Sent       time.Time
}

// MessageState is how a message stands with its provider.
type MessageState = hwv1.MessageState

// The states of a message.
const (
	MessageUnknown   = hwv1.MessageState_MESSAGE_STATE_UNKNOWN   // ask again
	MessageAccepted  = hwv1.MessageState_MESSAGE_STATE_ACCEPTED  // taken on
	MessageSent      = hwv1.MessageState_MESSAGE_STATE_SENT      // on its way
	MessageDelivered = hwv1.MessageState_MESSAGE_STATE_DELIVERED // arrived
	MessageFailed    = hwv1.MessageState_MESSAGE_STATE_FAILED    // taken on, and will not arrive
	MessageRefused   = hwv1.MessageState_MESSAGE_STATE_REFUSED   // not taken on: nothing was sent and nothing will be
	MessageNone      = hwv1.MessageState_MESSAGE_STATE_NONE      // the provider has never heard of it
)

// MessageStatus is a state with what the provider says.
type MessageStatus struct {
	State      MessageState
	ProviderID string
	Reason     string // for people; never with the recipient in it
	Again      bool   // of MessageRefused: later it may be taken
	Cost       int64  // minor units of Currency
	Currency   string // "" = the provider tells no cost
	Segments   int    // 0 = it does not tell
}

// Messenger is implemented by connectors that carry messages. An error means that the
// call failed and nothing is known: the caller asks MessageStatus, and does not send
// again by itself.
type Messenger interface {
	// SendMessage hands a message over and answers by ctx's end.
	SendMessage(ctx context.Context, m Message) (MessageStatus, error)
	// MessageStatus answers how a message stands; MessageUnknown where the provider
	// cannot be asked.
	MessageStatus(ctx context.Context, k MessageKey) (MessageStatus, error)
}

var _ Messenger = (*Client)(nil)

var errMessage = status.Error(codes.InvalidArgument, "a message needs a key, an attempt from 1 and a recipient")

func registerMessenger(s *grpc.Server, d Driver) []string {
	v, ok := d.(Messenger)
	if !ok {
		return nil
	}
	hwv1.RegisterMessengerServer(s, messengerServer{impl: v})
	return []string{hwv1.Messenger_ServiceDesc.ServiceName}
}

type messengerServer struct {
	hwv1.UnimplementedMessengerServer
	impl Messenger
}

func (s messengerServer) Send(ctx context.Context, in *hwv1.MessageRequest) (*hwv1.MessageReply, error) {
	if in.GetKey() == "" || in.GetAttempt() < 1 || in.GetRecipient() == "" {
		return nil, errMessage
	}
	m := Message{Key: in.GetKey(), Attempt: int(in.GetAttempt()), Channel: in.GetChannel(), Recipient: in.GetRecipient(), Template: in.GetTemplate(), Text: in.GetText(), Sender: in.GetSender(), Link: in.GetLink()}
	for _, p := range in.GetParameters() {
		m.Parameters = append(m.Parameters, MessageParameter{p.GetName(), p.GetValue()})
	}
	st, err := s.impl.SendMessage(ctx, m)
	return answer(MessageMessage(st), err)
}

func (s messengerServer) Status(ctx context.Context, in *hwv1.MessageQuery) (*hwv1.MessageReply, error) {
	st, err := s.impl.MessageStatus(ctx, MessageKey{in.GetKey(), in.GetProviderId(), in.GetRecipient(), time.UnixMicro(in.GetSentUnixMicro()).UTC()})
	return answer(MessageMessage(st), err)
}

// MessageMessage is a status as a MessageNotice event carries it.
func MessageMessage(m MessageStatus) *hwv1.MessageReply {
	return &hwv1.MessageReply{State: m.State, ProviderId: m.ProviderID, Reason: m.Reason, Again: m.Again, Cost: m.Cost, Currency: m.Currency, Segments: int32(m.Segments)}
}

// MessageOf reads what a MessageNotice event carries.
func MessageOf(r *hwv1.MessageReply) MessageStatus {
	return MessageStatus{r.GetState(), r.GetProviderId(), r.GetReason(), r.GetAgain(), r.GetCost(), r.GetCurrency(), int(r.GetSegments())}
}

// SendMessage hands a message over.
func (c *Client) SendMessage(ctx context.Context, m Message) (MessageStatus, error) {
	in := &hwv1.MessageRequest{Key: m.Key, Attempt: int32(m.Attempt), Channel: m.Channel, Recipient: m.Recipient, Template: m.Template, Text: m.Text, Sender: m.Sender, Link: m.Link}
	for _, p := range m.Parameters {
		in.Parameters = append(in.Parameters, &hwv1.MessageParameter{Name: p.Name, Value: p.Value})
	}
	r, err := c.messenger.Send(ctx, in)
	return MessageOf(r), errorIn(err)
}

// MessageStatus asks how a message stands.
func (c *Client) MessageStatus(ctx context.Context, k MessageKey) (MessageStatus, error) {
	r, err := c.messenger.Status(ctx, &hwv1.MessageQuery{Key: k.Key, ProviderId: k.ProviderID, Recipient: k.Recipient, SentUnixMicro: k.Sent.UnixMicro()})
	return MessageOf(r), errorIn(err)
}

// MessageTold tells what a provider told of a message by itself: id is the notice's,
// key the shop's own; the provider's id is in the status.
func (s *Stream) MessageTold(id, key string, m MessageStatus) {
	s.add(&Event{Body: &hwv1.Event_Message{Message: &hwv1.MessageNotice{Id: id, Key: key, Message: MessageMessage(m)}}})
}
