package checkout

import (
	"encoding/json"

	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/promotion"
)

// Trace is the part of the explanation that is not an adjustment: what lost and
// why, what was granted, what a pack had to say. It is stored with the sale as
// data; texts come from the pack's catalogue when it is read.
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
// tier, commission.
type TraceGrant struct {
	TraceNote
	Kind   string `json:"kind"`
	Amount int64  `json:"amount"`
}

func makeNote(hook, packID, version string, n promotion.Note) TraceNote {
	return TraceNote{Hook: hook, Pack: packID, Version: version, Code: n.Code, Arg: n.Arg, Money: n.Money, Label: n.Label, Line: n.LineNo}
}

func (t *Trace) note(h promotion.Hook, p *activePack, n promotion.Note) {
	t.Notes = append(t.Notes, makeNote(h.String(), p.ref.ID, p.ref.Version, n))
}

func (t *Trace) grant(kind string, p *activePack, n promotion.Note, line uint32, amount int64) {
	g := TraceGrant{TraceNote: makeNote(kind, p.ref.ID, p.ref.Version, n), Kind: kind, Amount: amount}
	g.Line = line
	t.Grants = append(t.Grants, g)
}

func (t *Trace) lost(h promotion.Hook, l *promotion.Lost) {
	t.Lost = append(t.Lost, TraceLost{TraceNote: makeNote(h.String(), l.PackID, l.PackVersion, l.Candidate.Note), Why: string(l.Why), ByPack: l.ByPack, ByCode: l.ByCode, Lines: l.Lines})
}

func (t *Trace) text() string {
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
