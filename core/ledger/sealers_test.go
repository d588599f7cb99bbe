package ledger_test

import (
	"context"
	"sync"
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/ledger"
)

// Sealers that run at once cover each entry in one seal: none takes what another has
// just covered.
func TestSealersAtOnceCoverEachEntryOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var b ledger.Book
		for range 60 {
			mustBook(t, d, &b, 100, 200, 300)
			var g sync.WaitGroup
			for range 8 {
				g.Go(func() {
					if err := d.InTx(context.Background(), func(ctx context.Context, tx *db.Tx) error {
						_, err := ledger.Seal(ctx, tx, merchant)
						return err
					}); err != nil {
						t.Error(err)
					}
				})
			}
			g.Wait()
		}
		if found := verify(t, d); len(found) > 0 {
			t.Errorf("%d differences, the first: %s", len(found), found[0])
		}
	})
}
