package driver

import (
	"context"

	"google.golang.org/grpc"

	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// Subject is who signed in, by a provider's word.
type Subject struct {
	ID    string // with this account of the merchant's (openid)
	Union string // with all accounts of the same owner (unionid); "" where there is none
	Name  string // "" where it was not asked for
}

// IdentityState says what became of a code.
type IdentityState = hwv1.IdentityState

// The states.
const (
	IdentityUnknown = hwv1.IdentityState_IDENTITY_STATE_UNKNOWN // no answer that can be read: the code may be used up
	IdentityKnown   = hwv1.IdentityState_IDENTITY_STATE_KNOWN
	IdentityRefused = hwv1.IdentityState_IDENTITY_STATE_REFUSED // the code is none, was used, or is too old
)

// IdentityStatus is a state with the person, or with the reason.
type IdentityStatus struct {
	State   IdentityState
	Subject Subject
	Reason  string
}

// Identity is implemented by connectors to accounts that people sign in with.
type Identity interface {
	// AuthorizeURL is where the person's browser has to go; it asks nobody.
	AuthorizeURL(ctx context.Context, state, redirect string, profile bool) (string, error)
	// Exchange turns the code that came back into who the person is.
	Exchange(ctx context.Context, code string) (IdentityStatus, error)
}

var _ Identity = (*Client)(nil)

func registerIdentity(s *grpc.Server, d Driver) []string {
	v, ok := d.(Identity)
	if !ok {
		return nil
	}
	hwv1.RegisterIdentityServer(s, identityServer{impl: v})
	return []string{hwv1.Identity_ServiceDesc.ServiceName}
}

type identityServer struct {
	hwv1.UnimplementedIdentityServer
	impl Identity
}

func (s identityServer) AuthorizeURL(ctx context.Context, in *hwv1.AuthorizeRequest) (*hwv1.AuthorizeReply, error) {
	u, err := s.impl.AuthorizeURL(ctx, in.GetState(), in.GetRedirect(), in.GetProfile())
	return answer(&hwv1.AuthorizeReply{Url: u}, err)
}

func (s identityServer) Exchange(ctx context.Context, in *hwv1.ExchangeRequest) (*hwv1.ExchangeReply, error) {
	st, err := s.impl.Exchange(ctx, in.GetCode())
	return answer(&hwv1.ExchangeReply{State: st.State, Subject: st.Subject.ID, Union: st.Subject.Union, Name: st.Subject.Name, Reason: st.Reason}, err)
}

// AuthorizeURL asks where the person's browser has to go.
func (c *Client) AuthorizeURL(ctx context.Context, state, redirect string, profile bool) (string, error) {
	r, err := c.identity.AuthorizeURL(ctx, &hwv1.AuthorizeRequest{State: state, Redirect: redirect, Profile: profile})
	return r.GetUrl(), errorIn(err)
}

// Exchange asks who the person is.
func (c *Client) Exchange(ctx context.Context, code string) (IdentityStatus, error) {
	r, err := c.identity.Exchange(ctx, &hwv1.ExchangeRequest{Code: code})
	return IdentityStatus{r.GetState(), Subject{r.GetSubject(), r.GetUnion(), r.GetName()}, r.GetReason()}, errorIn(err)
}
