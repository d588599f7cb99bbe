package report_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/tenant"
)

func write(t *testing.T, d *db.DB, f func(context.Context, *db.Tx) error) {
	t.Helper()
	if err := d.InTx(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func newMerchant(t *testing.T, d *db.DB) (m tenant.Merchant) {
	t.Helper()
	write(t, d, func(ctx context.Context, tx *db.Tx) (err error) {
		m, err = tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "lily", Name: "Lily", Currency: "CNY"})
		return err
	})
	write(t, d, func(ctx context.Context, tx *db.Tx) error {
		p := &ledger.Purse{Merchant: m.ID, OwnerKind: ledger.OwnerMember, Owner: people[0]}
		a, h := p.Open(tx, "CNY", ledger.ClassPrincipal, 0), ledger.House(m.ID, shops[0], "CNY", "tender:cash")
		e := ledger.Entry{Shop: shops[0], BusinessDate: "2026-05-01", Kind: "sale"}
		e.Add(a, 500, p.AddLot(tx, a, ledger.Lot{Amount: 500, Remaining: 500, Group: tx.NewID(), Policy: "fifo", OriginShop: shops[0]}))
		e.Add(&h, -500, nil)
		if err := new(ledger.Book).Post(tx, m.ID, &e); err != nil {
			return err
		}
		p.Queue(tx)
		return auth.Audit(ctx, tx, auth.Record{Merchant: m.ID, Action: "member.created", SubjectKind: "member", SubjectID: people[0].String()})
	})
	return m
}

func events(t *testing.T, d *db.DB, m id.ID) []string {
	t.Helper()
	out, err := db.All(context.Background(), d, func(r db.Row, s *string) error { return r.Scan(s) }, `select data from events where merchant_id = $1 and type = $2 order by id`, m, report.EventDifference)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestADifferenceIsRecordedAndTold(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		m := newMerchant(t, d)
		full, err := report.ProveAndRecord(ctx, d, m, ledger.ProofFull)
		if err != nil || !full.Clean() || full.Kind != ledger.ProofFull || len(full.Parts) != 7 || full.ID.IsNone() {
			t.Fatalf("%+v %v", full, err)
		}
		if clean, err := report.ProveAll(ctx, d, ledger.ProofIncremental, func(p report.Proof) {
			if p.Kind != ledger.ProofIncremental || p.Checked() != 1+2+1 {
				t.Errorf("%+v", p)
			}
		}); err != nil || !clean || len(events(t, d, m.ID)) != 0 {
			t.Fatal(clean, err)
		}
		write(t, d, func(_ context.Context, tx *db.Tx) error {
			tx.Queue(`update lots set remaining = remaining - 1`)
			return nil
		})
		p, err := report.ProveAndRecord(ctx, d, m, ledger.ProofIncremental)
		if err != nil || len(p.Differences) != 2 {
			t.Fatalf("%+v %v", p, err)
		}
		told := events(t, d, m.ID)
		var data struct {
			Proof       id.ID `json:"proof_id"`
			Differences int   `json:"differences"`
			First       []report.Difference
		}
		if len(told) != 1 || json.Unmarshal([]byte(told[0]), &data) != nil || data.Proof != p.ID || data.Differences != 2 || data.First[1].Check != "ledger.lot" {
			t.Fatal(told)
		}
		if kept, err := ledger.GetProof(ctx, d, m.ID, p.ID); err != nil || kept.Differences != 2 || kept.Found[0] != p.Differences[0] {
			t.Fatalf("%+v %v", kept, err)
		}
	})
}

func TestABrokenAuditLogIsADifference(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := newMerchant(t, d)
		write(t, d, func(_ context.Context, tx *db.Tx) error {
			tx.Queue(`update audit_log set action = 'member.erased' where merchant_id = $1`, m.ID)
			return nil
		})
		p, err := report.Prove(context.Background(), d, m)
		if err != nil || len(p.Differences) != 1 || p.Differences[0].Check != "audit.chain" || p.Differences[0].Subject == "" {
			t.Fatalf("%+v %v", p.Differences, err)
		}
	})
}

func TestWhichProofIsDue(t *testing.T) {
	zone, err := clock.LoadZone("Asia/Shanghai", 0)
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewManual(time.Date(2026, 5, 1, 4, 0, 0, 0, time.UTC)) // noon
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		m := newMerchant(t, d)
		made := func(kind string, at time.Time) {
			c.Set(at)
			if _, err := report.ProveAndRecord(context.Background(), d, m, kind); err != nil {
				t.Fatal(err)
			}
		}
		due := func(at time.Time, want string) {
			t.Helper()
			if got, err := report.KindDue(context.Background(), d, m.ID, clock.Of(at), zone); err != nil || got != want {
				t.Errorf("at %s: %s, not %s (%v)", at.In(zone.Loc), got, want, err)
			}
		}
		day := func(n, hour int) time.Time { return time.Date(2026, 5, n, hour, 0, 0, 0, zone.Loc) }
		due(day(1, 3), ledger.ProofIncremental) // nothing yet: that covers all
		made(ledger.ProofIncremental, day(1, 5))
		due(day(1, 12), ledger.ProofIncremental)
		due(day(2, 3), ledger.ProofFull)
		made(ledger.ProofFull, day(2, 3))
		due(day(2, 4), ledger.ProofIncremental) // one a night
		due(day(3, 12), ledger.ProofIncremental)
		due(day(3, 2), ledger.ProofFull)
		due(day(4, 12), ledger.ProofFull) // the machine slept two nights
		made(ledger.ProofIncremental, day(4, 13))
		due(day(4, 14), ledger.ProofFull) // an incremental one does not stand for it
	}, dbtest.WithClock(c))
}
