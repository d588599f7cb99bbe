package backtest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/money"
)

// ExportFormat names the form in which recorded calls leave the house: lines of
// JSON, each an object with its "type" first.
//
//	header  once, first
//	config  a configuration, before the first sale that names it
//	sale    a sale with its calls in the order in which they were made
//	end     once, last, with the number of sales: a file without it is cut off
//
// There is no personal data in it: sales, members and shops are pseudonyms, and
// the inputs are what modules see. The input bytes are those that were recorded,
// so that a replay can be compared by byte; they name the shop by its id.
const ExportFormat = "shopwright.replay.v1"

var (
	ErrExportFormat = fault.New(fault.Invalid, "backtest.export_malformed") // not such a file {line}
	ErrExportCut    = fault.New(fault.Invalid, "backtest.export_cut")       // it ends before its end
)

// ExportHeader is the first line.
type ExportHeader struct {
	Type     string     `json:"type"`
	Format   string     `json:"format"`
	Currency string     `json:"currency"`
	Digits   int32      `json:"digits"`
	From     clock.Date `json:"from"`
	To       clock.Date `json:"to"`
}

// ExportConfig is a configuration, whose bytes hash to Hash.
type ExportConfig struct {
	Type   string          `json:"type"`
	Pack   string          `json:"pack"`
	Hash   string          `json:"hash"` // hex SHA-256
	Config json.RawMessage `json:"config"`
}

// ExportSale is a sale with the calls of its rules.
type ExportSale struct {
	Type       string       `json:"type"`
	Sale       string       `json:"sale"`             // a pseudonym
	Member     string       `json:"member,omitempty"` // a pseudonym
	Shop       string       `json:"shop"`             // a pseudonym
	Date       clock.Date   `json:"date"`
	Total      money.Amount `json:"total"`
	Points     int64        `json:"points"`
	Commission money.Amount `json:"commission"`
	Calls      []ExportCall `json:"calls"`
}

// ExportCall is one call of one pack.
type ExportCall struct {
	Hook     string `json:"hook"`
	Pack     string `json:"pack"`
	Version  string `json:"version"`
	Module   string `json:"module"` // hex SHA-256
	Config   string `json:"config"` // hex SHA-256; the line of type config has it
	Priority int32  `json:"priority"`
	Outcome  string `json:"outcome"` // "ok", or the reason of the fault
	Fuel     int64  `json:"fuel"`
	Input    []byte `json:"input"`
	Output   []byte `json:"output,omitempty"`
}

type exportEnd struct {
	Type  string `json:"type"`
	Sales int    `json:"sales"`
}

// ExportWriter writes such a file. After an error it does nothing more.
type ExportWriter struct {
	w     *bufio.Writer
	sales int
	err   error
}

// NewExportWriter begins a file; Header comes first.
func NewExportWriter(w io.Writer) *ExportWriter { return &ExportWriter{w: bufio.NewWriter(w)} }

func (w *ExportWriter) line(v any) {
	if w.err != nil {
		return
	}
	e := json.NewEncoder(w.w)
	e.SetEscapeHTML(false) // the bytes of a configuration are what its hash is of
	w.err = e.Encode(v)
}

// Header writes the first line.
func (w *ExportWriter) Header(h ExportHeader) {
	h.Type, h.Format = "header", ExportFormat
	w.line(h)
}

// Config writes a configuration.
func (w *ExportWriter) Config(c ExportConfig) {
	c.Type = "config"
	w.line(c)
}

// Sale writes a sale.
func (w *ExportWriter) Sale(s ExportSale) {
	s.Type = "sale"
	if s.Calls == nil {
		s.Calls = []ExportCall{}
	}
	w.line(s)
	w.sales++
}

// End writes the last line and answers the first error of all.
func (w *ExportWriter) End() error {
	w.line(exportEnd{"end", w.sales})
	return errors.Join(w.err, w.w.Flush())
}

const maxExportLine = 16 << 20

// ExportReader reads such a file.
type ExportReader struct {
	in      *bufio.Scanner
	header  ExportHeader
	configs map[[2]string]json.RawMessage
	line    int
	sales   int
	ended   bool
}

// NewExportReader begins to read; the first Next reads the header too.
func NewExportReader(r io.Reader) *ExportReader {
	in := bufio.NewScanner(r)
	in.Buffer(make([]byte, 64<<10), maxExportLine)
	return &ExportReader{in: in, configs: map[[2]string]json.RawMessage{}}
}

// Header is the first line, once Next was called.
func (r *ExportReader) Header() ExportHeader { return r.header }

// Config is a configuration that a line so far gave; nil where none did.
func (r *ExportReader) Config(pack, hash string) json.RawMessage {
	return r.configs[[2]string{pack, hash}]
}

// Next is the next sale, io.EOF after the last. Faults: backtest.export_malformed,
// backtest.export_cut.
func (r *ExportReader) Next() (ExportSale, error) {
	for !r.ended && r.in.Scan() {
		r.line++
		s, got, err := r.take(r.in.Bytes())
		if err != nil {
			return ExportSale{}, ErrExportFormat.With("line", r.line).Wrap(err)
		}
		if got {
			return s, nil
		}
	}
	switch err := r.in.Err(); {
	case r.ended:
		return ExportSale{}, io.EOF
	case err != nil:
		return ExportSale{}, ErrExportFormat.With("line", r.line+1).Wrap(err)
	}
	return ExportSale{}, ErrExportCut
}

var errLine = errors.New("backtest: a line out of place")

// take reads a line; got says that it is a sale.
func (r *ExportReader) take(b []byte) (s ExportSale, got bool, err error) {
	var kind struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(b, &kind); err != nil {
		return s, false, err
	}
	if (kind.Type == "header") != (r.line == 1) {
		return s, false, errLine
	}
	switch kind.Type {
	case "header":
		err = json.Unmarshal(b, &r.header)
		if err == nil && r.header.Format != ExportFormat {
			err = errLine
		}
	case "config":
		var c ExportConfig
		if err = json.Unmarshal(b, &c); err == nil {
			if hashOf(c.Config) != c.Hash {
				return s, false, errLine
			}
			r.configs[[2]string{c.Pack, c.Hash}] = bytes.Clone(c.Config)
		}
	case "sale":
		r.sales++
		err = json.Unmarshal(b, &s)
		return s, err == nil, err
	case "end":
		var e exportEnd
		if err = json.Unmarshal(b, &e); err == nil && e.Sales != r.sales {
			err = errLine
		}
		r.ended = err == nil
	}
	return s, false, err // a line of a later program is passed over
}
