package backtest

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"slices"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/tenant"
)

// MaxExport is how many sales a file has at most.
const MaxExport = 50_000

// ExportQuery says which sales are wanted: of shops (none: all) on business
// dates, both included, that a pack was asked for ("": any pack).
type ExportQuery struct {
	Shops []id.ID
	From  clock.Date
	To    clock.Date
	Pack  string
	Limit int // 1..MaxExport; 0: MaxExport
}

// Check validates it. Fault: backtest.bad_period.
func (q *ExportQuery) Check() error { return checkPeriod(q.From, q.To) }

// Export writes the recorded calls of past sales, the oldest first, and answers
// how many sales there are in the file. Sales without a recorded call are left
// out. Faults: backtest.bad_period; the writer's errors.
func (s *Service) Export(ctx context.Context, w io.Writer, m tenant.Merchant, q ExportQuery) (int, error) {
	if err := q.Check(); err != nil {
		return 0, err
	}
	if q.Limit <= 0 || q.Limit > MaxExport {
		q.Limit = MaxExport
	}
	p, err := s.plan(ctx, m.ID, "", Variant{Mode: AsWas}, Variant{Mode: AsWas})
	if err != nil {
		return 0, err
	}
	x := &export{p: p, w: NewExportWriter(w), pack: q.Pack, left: q.Limit, written: map[[2]string]bool{}}
	if _, err := rand.Read(x.key[:]); err != nil {
		return 0, err
	}
	x.w.Header(ExportHeader{Currency: m.Currency.Code, Digits: m.Currency.Digits, From: q.From, To: q.To})
	shops := (&Spec{Shops: q.Shops}).shopList()
	var ids []id.ID
	for day := q.From; day <= q.To && x.left > 0 && x.w.err == nil; day = day.AddDays(1) {
		if err := s.DB.Batch(ctx, sale.AskPastIDs(m.ID, day, shops, &ids)); err != nil {
			return 0, err
		}
		for page := range slices.Chunk(ids, pageSize) {
			var sales []sale.Past
			if err := s.DB.Batch(ctx, sale.AskPast(m.ID, page, &sales)...); err != nil {
				return 0, err
			}
			for i := range sales {
				x.sale(ctx, &sales[i])
			}
			if x.w.err != nil || x.left == 0 {
				break
			}
		}
	}
	return x.w.sales, x.w.End()
}

// export is a file in the making.
type export struct {
	p       *plan
	w       *ExportWriter
	pack    string
	left    int
	key     [32]byte // of the pseudonyms; it is thrown away with the export
	written map[[2]string]bool
}

// name makes the pseudonym of an id.
func (x *export) name(kind string, v id.ID) string {
	if v.IsNone() {
		return ""
	}
	h := hmac.New(sha256.New, x.key[:])
	h.Write([]byte(kind))
	h.Write([]byte{'|'})
	h.Write(v[:])
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func (x *export) sale(ctx context.Context, past *sale.Past) {
	if x.left == 0 || past.Unpack() != nil {
		return
	}
	out := ExportSale{Sale: x.name("sale", past.ID), Member: x.name("member", past.Member), Shop: x.name("shop", past.Shop), Date: past.BusinessDate, Points: past.Points, Commission: past.Commission}
	for i := range past.Lines {
		out.Total += past.Lines[i].Net
	}
	named := x.pack == ""
	for i := range past.Rules {
		r := &past.Rules[i]
		named = named || r.PackID == x.pack
		if len(r.Input) == 0 {
			continue
		}
		c := ExportCall{Hook: r.Hook, Pack: r.PackID, Version: r.PackVersion, Module: r.ModuleHash, Config: r.ConfigHash, Outcome: r.Outcome, Fuel: r.Fuel, Input: r.Input, Output: r.Output}
		x.p.mu.Lock()
		ref, gone := x.p.packOn(ctx, r, past.Shop, past.RecordedAt)
		x.p.mu.Unlock()
		if gone.Code == "" {
			c.Priority = ref.Ref.Priority
			if key := [2]string{r.PackID, r.ConfigHash}; !x.written[key] {
				x.written[key] = true
				x.w.Config(ExportConfig{Pack: r.PackID, Hash: r.ConfigHash, Config: ref.Ref.Config})
			}
		}
		out.Calls = append(out.Calls, c)
	}
	if named && len(out.Calls) > 0 {
		x.w.Sale(out)
		x.left--
	}
}
