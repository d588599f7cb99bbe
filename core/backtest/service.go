package backtest

import (
	"context"
	"log/slog"
	"runtime"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/promotion"
)

var (
	ErrPeriod    = fault.New(fault.Invalid, "backtest.bad_period")    // no dates, the wrong way round, or more than MaxDays {max}
	ErrVariant   = fault.New(fault.Invalid, "backtest.bad_variant")   // a side that is none of off, as_was, set
	ErrSameSides = fault.New(fault.Invalid, "backtest.same_sides")    // both sides are the same
	ErrNotFound  = fault.New(fault.NotFound, "backtest.not_found")    // no run of that id
	ErrEnded     = fault.New(fault.Conflict, "backtest.ended")        // a run that is over cannot be cancelled
	ErrNotReady  = fault.New(fault.Conflict, "backtest.not_ready")    // the report of a run that has none yet
	ErrTooMany   = fault.New(fault.Exceeded, "backtest.too_many")     // {max} runs wait or run already
	ErrNoShadow  = fault.New(fault.NotFound, "backtest.no_shadow")    // no shadow of that id
	ErrShadowOn  = fault.New(fault.Conflict, "backtest.shadow_on")    // the shop has a shadow of that pack
	ErrShadowOff = fault.New(fault.Conflict, "backtest.shadow_ended") // it was stopped already
	ErrNoReplay  = fault.New(fault.NotFound, "backtest.no_replay")    // no replay of that id
)

// Rules calls rule packs; the rule host satisfies it.
type Rules interface {
	// Evaluate runs the hook of in by one pack. Faults: rules.*.
	Evaluate(ctx context.Context, p promotion.PackRef, in *promotion.Input) (promotion.Answer, error)
	// Replay runs stored input bytes again. Faults: rules.*.
	Replay(ctx context.Context, p promotion.PackRef, input []byte) (output []byte, fuel int64, err error)
}

// Codec reads and writes the messages of the rule interface.
type Codec struct {
	Encode      func(*promotion.Input) []byte
	DecodeInput func([]byte) (promotion.Input, error)
	Decode      func(output []byte) (promotion.Output, error)
}

// Bundles finds the versions of packs that a merchant ever had.
type Bundles interface {
	// Get finds one version. Fault: pack.not_installed.
	Get(id, version string) (*pack.Bundle, error)
}

// Service is the flow with what it needs. Its methods are safe for concurrent use.
type Service struct {
	DB      *db.DB
	Rules   Rules
	Codec   Codec
	Packs   func(ctx context.Context, merchant id.ID) Bundles
	Vault   *member.Vault // for the birthdays of sales without a stored input
	Log     *slog.Logger
	Workers int // sales priced at once; 0: as many as there are processors
}

func (s *Service) workers() int {
	if s.Workers > 0 {
		return s.Workers
	}
	return runtime.GOMAXPROCS(0)
}

func (s *Service) log() *slog.Logger {
	if s.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return s.Log
}
