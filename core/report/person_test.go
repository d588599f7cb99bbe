package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/tenant"
)

func TestAPersonIsExportedWholeAndNobodyElse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		v, err := member.NewVault(bytes.Repeat([]byte{7}, 32))
		if err != nil {
			t.Fatal(err)
		}
		var m tenant.Merchant
		var ann, ben member.Member
		err = d.InTx(ctx, func(ctx context.Context, tx *db.Tx) (err error) {
			if m, err = tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "lily", Name: "Lily", Currency: "CNY"}); err != nil {
				return err
			}
			if ann, err = member.Create(ctx, tx, v, member.In{Merchant: m.ID, Name: "Ann", Phone: "13800000001", Card: "C-1", DocumentKind: member.DocumentPassport, Document: "E123456", Occupation: "baker"}); err != nil {
				return err
			}
			if ben, err = member.Create(ctx, tx, v, member.In{Merchant: m.ID, Name: "Benedict", Phone: "13800000002"}); err != nil {
				return err
			}
			if err := member.IssueCard(ctx, tx, v, m.ID, ann.ID, "P998877", member.KindDocument); err != nil {
				return err
			}
			if err := member.JoinFamily(ctx, tx, m.ID, ann.ID, ben.ID); err != nil {
				return err
			}
			_, err = member.RecordConsent(ctx, tx, m.ID, ann.ID, member.PurposeMessages, true, member.SourcePaper)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		p, err := report.ReadPerson(ctx, d, v, m, ann.ID)
		if err != nil {
			t.Fatal(err)
		}
		x := p.Profile
		if x.Name != "Ann" || x.Document != "E123456" || x.Occupation != "baker" || x.Family != 2 || !x.FamilyHead || len(p.Cards) != 2 || len(p.Consents) != 1 || p.Wallet.Principal != "0.00" {
			t.Fatalf("%+v", p)
		}
		raw, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		if s := string(raw); strings.Contains(s, "Benedict") || strings.Contains(s, "doc:") || strings.Contains(s, ":null") || !strings.Contains(s, `"number":"C-1"`) {
			t.Error(s)
		}
		if _, err := report.ReadPerson(ctx, d, v, m, id.New(1)); !errors.Is(err, member.ErrNotFound) {
			t.Error(err)
		}
	})
}
