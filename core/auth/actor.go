package auth

import (
	"context"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
)

var (
	ErrUnauthenticated = fault.New(fault.Unauthenticated, "auth.unauthenticated")
	ErrDenied          = fault.New(fault.Denied, "auth.denied")
)

// The kinds of actors.
const (
	KindStaff  = "staff"
	KindAPIKey = "api_key"
	KindJob    = "job"
)

// Actor is whoever does the current request.
type Actor struct {
	Kind     string
	ID       id.ID // of the staff row or API key; none for a job
	Merchant id.ID
	Name     string
	Role     Role
	Staff    id.ID // the staff row; none for keys and jobs
	Locale   string
}

// JobActor is the program itself, at work for a merchant.
func JobActor(merchant id.ID, name string) Actor {
	return Actor{Kind: KindJob, Merchant: merchant, Name: name}
}

// May reports whether the actor has the permission. The program itself may do
// everything.
func (a Actor) May(p Permission) bool { return a.Kind == KindJob || a.Role.May(p) }

type actorKey struct{}

// WithActor puts the actor into the context.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf is the context's actor; its Kind is "" where there is none.
func ActorOf(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}

// Require tells whether the context's actor may. Faults: auth.unauthenticated,
// auth.denied.
func Require(ctx context.Context, p Permission) error {
	a := ActorOf(ctx)
	if a.Kind == "" {
		return ErrUnauthenticated
	}
	if !a.May(p) {
		return ErrDenied.With("permission", string(p))
	}
	return nil
}
