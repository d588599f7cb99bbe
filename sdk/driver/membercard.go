package driver

import (
	"context"

	"google.golang.org/grpc"

	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// CardDesign is what a member's card on the telephone looks like.
type CardDesign struct {
	ID          string // the shop's own
	ProviderID  string // as answered before; "" = it is new
	Title       string
	Merchant    string
	Color       string // "#1a7f37"
	Notice      string // one line below the code
	Description string // the terms
	LogoURL     string
}

// CardUpdate is what a member's card shows from now on.
type CardUpdate struct {
	Key      string
	Sequence int64  // rises with every update of a card; a lower one changes nothing
	Design   string // the provider's name of the design
	Code     string // the card's number
	Subject  string // the member's name with the provider (openid)
	Points   int64
	Balance  string // as it is shown
	Tier     string
	Reason   string // what the member is told; "" = nothing
}

// CardState says whether what was told of a card was taken.
type CardState = hwv1.CardState

// The states.
const (
	CardUnknown  = hwv1.CardState_CARD_STATE_UNKNOWN // it may be told again
	CardAccepted = hwv1.CardState_CARD_STATE_ACCEPTED
	CardRefused  = hwv1.CardState_CARD_STATE_REFUSED
)

// CardStatus is a state with what the provider says.
type CardStatus struct {
	State      CardState
	ProviderID string // of a design
	Reason     string
	Again      bool // of CardRefused: later it may be taken
}

// MemberCard is implemented by connectors that keep members' cards on telephones up
// to date. What is told twice does no harm: the newest counts.
type MemberCard interface {
	PublishCard(ctx context.Context, d CardDesign) (CardStatus, error)
	UpdateCard(ctx context.Context, u CardUpdate) (CardStatus, error)
}

var _ MemberCard = (*Client)(nil)

func registerMemberCard(s *grpc.Server, d Driver) []string {
	v, ok := d.(MemberCard)
	if !ok {
		return nil
	}
	hwv1.RegisterMemberCardServer(s, memberCardServer{impl: v})
	return []string{hwv1.MemberCard_ServiceDesc.ServiceName}
}

type memberCardServer struct {
	hwv1.UnimplementedMemberCardServer
	impl MemberCard
}

func (s memberCardServer) Publish(ctx context.Context, in *hwv1.CardDesign) (*hwv1.PublishReply, error) {
	st, err := s.impl.PublishCard(ctx, CardDesign{in.GetId(), in.GetProviderId(), in.GetTitle(), in.GetMerchant(), in.GetColor(), in.GetNotice(), in.GetDescription(), in.GetLogoUrl()})
	return answer(&hwv1.PublishReply{State: st.State, ProviderId: st.ProviderID, Reason: st.Reason}, err)
}

func (s memberCardServer) Update(ctx context.Context, in *hwv1.CardUpdate) (*hwv1.UpdateReply, error) {
	st, err := s.impl.UpdateCard(ctx, CardUpdate{in.GetKey(), in.GetSequence(), in.GetDesign(), in.GetCode(), in.GetSubject(), in.GetPoints(), in.GetBalance(), in.GetTier(), in.GetReason()})
	return answer(&hwv1.UpdateReply{State: st.State, Reason: st.Reason, Again: st.Again}, err)
}

// PublishCard makes a design known.
func (c *Client) PublishCard(ctx context.Context, d CardDesign) (CardStatus, error) {
	r, err := c.memberCards.Publish(ctx, &hwv1.CardDesign{Id: d.ID, ProviderId: d.ProviderID, Title: d.Title, Merchant: d.Merchant, Color: d.Color, Notice: d.Notice, Description: d.Description, LogoUrl: d.LogoURL})
	return CardStatus{State: r.GetState(), ProviderID: r.GetProviderId(), Reason: r.GetReason()}, errorIn(err)
}

// UpdateCard tells what a card shows.
func (c *Client) UpdateCard(ctx context.Context, u CardUpdate) (CardStatus, error) {
	r, err := c.memberCards.Update(ctx, &hwv1.CardUpdate{Key: u.Key, Sequence: u.Sequence, Design: u.Design, Code: u.Code, Subject: u.Subject, Points: u.Points, Balance: u.Balance, Tier: u.Tier, Reason: u.Reason})
	return CardStatus{State: r.GetState(), Reason: r.GetReason(), Again: r.GetAgain()}, errorIn(err)
}
