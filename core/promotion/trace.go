package promotion

import (
	"encoding/json"

	"github.com/shopwright/shopwright/core/money"
)

// Trace is the part of an explanation that is not an adjustment: what lost and
// why, what was granted, what a pack had to say. It is stored as data; texts come
// from the pack's catalogue when it is read.
type Trace struct {
	Lost   []TraceLost  `json:"lost,omitempty"`
	Grants []TraceGrant `json:"grants,omitempty"`
	Notes  []TraceNote  `json:"notes,omitempty"`
}

// TraceNote is a pack's note.
type TraceNote struct {
	Hook    string       `json:"hook"`
	Pack    string       `json:"pack"`
	Version string       `json:"version"`
	Code    string       `json:"code"`
	Arg     int64        `json:"arg,omitempty"`
	Money   money.Amount `json:"money,omitempty"`
	Label   string       `json:"label,omitempty"`
	Line    uint32       `json:"line,omitempty"`
}

// TraceLost is a candidate that was not applied.
type TraceLost struct {
	TraceNote
	Why    string   `json:"why"`
	ByPack string   `json:"by_pack,omitempty"`
	ByCode string   `json:"by_code,omitempty"`
	Lines  []uint32 `json:"lines,omitempty"`
}

// TraceGrant is what a pack gave apart from a lower price: points, a bonus, a
// tier, commission, a coupon. Ref names what a grant of GrantKind gave.
type TraceGrant struct {
	TraceNote
	Kind   string `json:"kind"`
	Amount int64  `json:"amount"`
	Ref    string `json:"ref,omitempty"`
}

// Kinds of the grants that are terms of a refund. Their Amount is what was kept in
// fact: minor units, points.
const (
	TraceReturnFee  = "return_fee"
	TraceKeepPoints = "return_keep_points"
	TraceKeepCoupon = "return_keep_coupon"
)

// OfReturn reports whether a grant is a term of a refund.
func (g *TraceGrant) OfReturn() bool {
	return g.Kind == TraceReturnFee || g.Kind == TraceKeepPoints || g.Kind == TraceKeepCoupon
}

// MakeNote is a note of a pack on its way into a trace.
func MakeNote(hook string, p *PackRef, n Note) TraceNote {
	return TraceNote{Hook: hook, Pack: p.ID, Version: p.Version, Code: n.Code, Arg: n.Arg, Money: n.Money, Label: n.Label, Line: n.LineNo}
}

// Note adds what a pack had to say.
func (t *Trace) Note(h Hook, p *PackRef, n Note) {
	t.Notes = append(t.Notes, MakeNote(h.String(), p, n))
}

// Grant adds what a pack gave; line 0 is the whole sale.
func (t *Trace) Grant(kind string, p *PackRef, n Note, line uint32, amount int64) {
	g := TraceGrant{TraceNote: MakeNote(kind, p, n), Kind: kind, Amount: amount}
	g.Line = line
	t.Grants = append(t.Grants, g)
}

func (t *Trace) lost(h Hook, l *Lost) {
	n := MakeNote(h.String(), &PackRef{ID: l.PackID, Version: l.PackVersion}, l.Candidate.Note)
	t.Lost = append(t.Lost, TraceLost{TraceNote: n, Why: string(l.Why), ByPack: l.ByPack, ByCode: l.ByCode, Lines: l.Lines})
}

// Text is the form in which a trace is stored.
func (t *Trace) Text() string {
	b, err := json.Marshal(t)
	if err != nil {
		panic(err) // plain values
	}
	return string(b)
}

// ParseTrace reads a stored trace; "" is empty.
func ParseTrace(s string) (t Trace, err error) {
	if s != "" {
		err = json.Unmarshal([]byte(s), &t)
	}
	return t, err
}
