package driver

import (
	"context"

	"google.golang.org/grpc"

	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// ShowKind says what a display shows.
type ShowKind = hwv1.ShowKind

// The kinds.
const (
	ShowText   = hwv1.ShowKind_SHOW_KIND_TEXT
	ShowPrice  = hwv1.ShowKind_SHOW_KIND_PRICE
	ShowTotal  = hwv1.ShowKind_SHOW_KIND_TOTAL
	ShowPaid   = hwv1.ShowKind_SHOW_KIND_PAID
	ShowChange = hwv1.ShowKind_SHOW_KIND_CHANGE
)

// Shown is what the customer is to see. A display of digits shows Amount, one of
// letters the Lines.
type Shown struct {
	Device string // "" = the driver's only one
	Kind   ShowKind
	Amount string // "12.50"
	Lines  []string
}

// Display is implemented by drivers of customer displays.
type Display interface {
	Show(ctx context.Context, s Shown) error
	Clear(ctx context.Context, device string) error
}

// Weight is what a scale says.
type Weight struct {
	Milligrams int64
	Stable     bool
	Overload   bool
}

// Scale is implemented by drivers of scales.
type Scale interface {
	// Weigh answers as soon as the weight is stable; at ctx's end what the scale
	// shows by then, not stable, or an error where it says nothing.
	Weigh(ctx context.Context, device string) (Weight, error)
	// Zero sets what lies on it as nothing.
	Zero(ctx context.Context, device string) error
}

// PayBox is implemented by drivers of the box before the customer that announces
// an amount and reads a payment code, which is a Scan event of purpose ScanToPay.
type PayBox interface {
	// Arm announces an amount ("12.50"), once for an id; a later one takes the
	// place of an earlier.
	Arm(ctx context.Context, id, device, amount string) error
	// Disarm takes back what was announced under an id; another one's stays.
	Disarm(ctx context.Context, id, device string) error
}

// ScanToPay is the purpose of a scan that is a customer's payment code.
const ScanToPay = "pay"

// Card is a member card as a station reads or writes it.
type Card struct {
	Number     string
	Technology string // "magnetic", "ic", "rfid"; "" where there is only one
	Data       []byte // beyond the number
}

// CardStation is implemented by drivers that read and write cards. What is
// presented by itself is a Card event.
type CardStation interface {
	// ReadCard waits for a card until ctx ends.
	ReadCard(ctx context.Context, device string) (Card, error)
	// WriteCard waits for a card until ctx ends, writes it, reads it back, and
	// answers the card's own number where it has one. At most once for an id.
	WriteCard(ctx context.Context, id, device string, c Card) (uid string, err error)
}

// Label is what stands where on a label; the message is the protocol's.
type Label = hwv1.Label

// LabelJob is a label to be printed a number of times.
type LabelJob struct {
	JobKey
	Device string
	Label  *Label
	Copies int // from 1
}

// Labeler is implemented by drivers of label printers; jobs are as a Printer's.
type Labeler interface {
	PrintLabel(ctx context.Context, j LabelJob) (JobStatus, error)
	LabelStatus(ctx context.Context, key JobKey) (JobStatus, error)
}

var (
	_ Display     = (*Client)(nil)
	_ Scale       = (*Client)(nil)
	_ PayBox      = (*Client)(nil)
	_ CardStation = (*Client)(nil)
	_ Labeler     = (*Client)(nil)
)

// registerCounter serves those of them that the driver implements.
func registerCounter(s *grpc.Server, d Driver) (capabilities []string) {
	if v, ok := d.(Display); ok {
		hwv1.RegisterDisplayServer(s, displayServer{impl: v})
		capabilities = append(capabilities, hwv1.Display_ServiceDesc.ServiceName)
	}
	if v, ok := d.(Scale); ok {
		hwv1.RegisterScaleServer(s, scaleServer{impl: v})
		capabilities = append(capabilities, hwv1.Scale_ServiceDesc.ServiceName)
	}
	if v, ok := d.(PayBox); ok {
		hwv1.RegisterPayBoxServer(s, payBoxServer{impl: v})
		capabilities = append(capabilities, hwv1.PayBox_ServiceDesc.ServiceName)
	}
	if v, ok := d.(CardStation); ok {
		hwv1.RegisterCardStationServer(s, cardServer{impl: v})
		capabilities = append(capabilities, hwv1.CardStation_ServiceDesc.ServiceName)
	}
	if v, ok := d.(Labeler); ok {
		hwv1.RegisterLabelerServer(s, labelServer{impl: v})
		capabilities = append(capabilities, hwv1.Labeler_ServiceDesc.ServiceName)
	}
	return capabilities
}

type displayServer struct {
	hwv1.UnimplementedDisplayServer
	impl Display
}

func (s displayServer) Show(ctx context.Context, in *hwv1.ShowRequest) (*hwv1.ShowReply, error) {
	return answer(&hwv1.ShowReply{}, s.impl.Show(ctx, Shown{in.GetDevice(), in.GetKind(), in.GetAmount(), in.GetLines()}))
}

func (s displayServer) Clear(ctx context.Context, in *hwv1.ClearRequest) (*hwv1.ClearReply, error) {
	return answer(&hwv1.ClearReply{}, s.impl.Clear(ctx, in.GetDevice()))
}

type scaleServer struct {
	hwv1.UnimplementedScaleServer
	impl Scale
}

func (s scaleServer) Read(ctx context.Context, in *hwv1.ReadRequest) (*hwv1.Weight, error) {
	w, err := s.impl.Weigh(ctx, in.GetDevice())
	return answer(&hwv1.Weight{Milligrams: w.Milligrams, Stable: w.Stable, Overload: w.Overload}, err)
}

func (s scaleServer) Zero(ctx context.Context, in *hwv1.ZeroRequest) (*hwv1.ZeroReply, error) {
	return answer(&hwv1.ZeroReply{}, s.impl.Zero(ctx, in.GetDevice()))
}

type payBoxServer struct {
	hwv1.UnimplementedPayBoxServer
	impl PayBox
}

func (s payBoxServer) Arm(ctx context.Context, in *hwv1.ArmRequest) (*hwv1.ArmReply, error) {
	return answer(&hwv1.ArmReply{}, s.impl.Arm(ctx, in.GetId(), in.GetDevice(), in.GetAmount()))
}

func (s payBoxServer) Disarm(ctx context.Context, in *hwv1.DisarmRequest) (*hwv1.DisarmReply, error) {
	return answer(&hwv1.DisarmReply{}, s.impl.Disarm(ctx, in.GetId(), in.GetDevice()))
}

type cardServer struct {
	hwv1.UnimplementedCardStationServer
	impl CardStation
}

func (s cardServer) ReadCard(ctx context.Context, in *hwv1.ReadCardRequest) (*hwv1.Card, error) {
	c, err := s.impl.ReadCard(ctx, in.GetDevice())
	return answer(cardOut(c), err)
}

func (s cardServer) WriteCard(ctx context.Context, in *hwv1.WriteCardRequest) (*hwv1.WriteCardReply, error) {
	uid, err := s.impl.WriteCard(ctx, in.GetId(), in.GetDevice(), cardIn(in.GetCard()))
	return answer(&hwv1.WriteCardReply{Uid: uid}, err)
}

func cardOut(c Card) *hwv1.Card {
	return &hwv1.Card{Number: c.Number, Technology: c.Technology, Data: c.Data}
}

func cardIn(c *hwv1.Card) Card { return Card{c.GetNumber(), c.GetTechnology(), c.GetData()} }

type labelServer struct {
	hwv1.UnimplementedLabelerServer
	impl Labeler
}

func (s labelServer) PrintLabel(ctx context.Context, in *hwv1.LabelRequest) (*hwv1.JobReply, error) {
	if in.GetJobId() == "" || in.GetAttempt() < 1 || in.GetCopies() < 1 || in.GetLabel() == nil {
		return nil, errJob
	}
	return jobOut(s.impl.PrintLabel(ctx, LabelJob{JobKey{in.GetJobId(), int(in.GetAttempt())}, in.GetDevice(), in.GetLabel(), int(in.GetCopies())}))
}

func (s labelServer) LabelStatus(ctx context.Context, in *hwv1.JobRequest) (*hwv1.JobReply, error) {
	return jobOut(s.impl.LabelStatus(ctx, JobKey{in.GetJobId(), int(in.GetAttempt())}))
}

// Show shows something to the customer.
func (c *Client) Show(ctx context.Context, v Shown) error {
	_, err := c.display.Show(ctx, &hwv1.ShowRequest{Device: v.Device, Kind: v.Kind, Amount: v.Amount, Lines: v.Lines})
	return errorIn(err)
}

// Clear makes a display dark.
func (c *Client) Clear(ctx context.Context, device string) error {
	_, err := c.display.Clear(ctx, &hwv1.ClearRequest{Device: device})
	return errorIn(err)
}

// Weigh asks a scale.
func (c *Client) Weigh(ctx context.Context, device string) (Weight, error) {
	r, err := c.scale.Read(ctx, &hwv1.ReadRequest{Device: device})
	if err != nil {
		return Weight{}, errorIn(err)
	}
	return Weight{r.GetMilligrams(), r.GetStable(), r.GetOverload()}, nil
}

// Zero sets a scale to nothing.
func (c *Client) Zero(ctx context.Context, device string) error {
	_, err := c.scale.Zero(ctx, &hwv1.ZeroRequest{Device: device})
	return errorIn(err)
}

// Arm announces an amount on a pay box.
func (c *Client) Arm(ctx context.Context, id, device, amount string) error {
	_, err := c.paybox.Arm(ctx, &hwv1.ArmRequest{Id: id, Device: device, Amount: amount})
	return errorIn(err)
}

// Disarm takes it back.
func (c *Client) Disarm(ctx context.Context, id, device string) error {
	_, err := c.paybox.Disarm(ctx, &hwv1.DisarmRequest{Id: id, Device: device})
	return errorIn(err)
}

// ReadCard waits for a card.
func (c *Client) ReadCard(ctx context.Context, device string) (Card, error) {
	r, err := c.cards.ReadCard(ctx, &hwv1.ReadCardRequest{Device: device})
	return cardIn(r), errorIn(err)
}

// WriteCard waits for a card and writes it.
func (c *Client) WriteCard(ctx context.Context, id, device string, card Card) (string, error) {
	r, err := c.cards.WriteCard(ctx, &hwv1.WriteCardRequest{Id: id, Device: device, Card: cardOut(card)})
	return r.GetUid(), errorIn(err)
}

// PrintLabel prints labels.
func (c *Client) PrintLabel(ctx context.Context, j LabelJob) (JobStatus, error) {
	return jobIn(c.labels.PrintLabel(ctx, &hwv1.LabelRequest{JobId: j.ID, Attempt: int32(j.Attempt), Device: j.Device, Label: j.Label, Copies: int32(j.Copies)}))
}

// LabelStatus asks for a job of labels.
func (c *Client) LabelStatus(ctx context.Context, key JobKey) (JobStatus, error) {
	return jobIn(c.labels.LabelStatus(ctx, &hwv1.JobRequest{JobId: key.ID, Attempt: int32(key.Attempt)}))
}
