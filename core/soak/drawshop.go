package soak

import (
	"context"
	"fmt"
	"time"

	"github.com/shopwright/shopwright/core/coupon"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/core/till"
	"github.com/shopwright/shopwright/core/wallet"
)

const day = 24 * time.Hour

func (w *worker) freeze(ctx context.Context) error {
	return w.desk.DB.InTx(w.asManager(ctx), func(ctx context.Context, tx *db.Tx) error {
		return wallet.Freeze(ctx, tx, w.w.Merchant, w.around.eldest(), w.w.Staff[0], "soak")
	})
}

func (w *worker) restore(ctx context.Context) error {
	return w.desk.DB.InTx(w.asManager(ctx), func(ctx context.Context, tx *db.Tx) error {
		return wallet.Restore(ctx, tx, w.w.Merchant, w.around.eldest(), w.w.Staff[0], "soak")
	})
}

func (w *worker) expire(ctx context.Context) error {
	return w.desk.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := wallet.ExpireDue(ctx, tx, &w.book, w.w.Merchant, 500) // more than come to their end meanwhile
		return err
	})
}

func (w *worker) reviewTiers(ctx context.Context) error {
	_, err := w.desk.ReviewTiers(ctx, w.w.Merchant, 50)
	return err
}

func (w *worker) recoverOpen(ctx context.Context) error {
	_, err := w.desk.Recover(ctx, w.w.Merchant)
	return err
}

// nextDay lets a night go by.
func (w *worker) nextDay(context.Context) error {
	w.clock.Advance(time.Duration(1+w.n(29)) * time.Hour)
	return nil
}

func (w *worker) closeShift(ctx context.Context) error {
	register := pick(w, w.w.Registers)
	sh, err := till.OpenShift(ctx, w.desk.DB, w.w.Merchant, register)
	if err != nil {
		return err
	}
	rep, _, err := till.X(ctx, w.desk.DB, w.w.Merchant, sh.ID)
	if err != nil {
		return err
	}
	in := till.Closing{Shift: sh.ID, Actor: w.w.Staff[0], Currency: w.currency, Reason: "soak"}
	counted := max(rep.Expected+money.Amount(w.n(3)-1), 0)
	if w.one(2) {
		in.Counts = []till.Count{{Value: 100, Pieces: int64(counted) / 100}}
	} else {
		in.Counted = &counted
	}
	return w.desk.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, _, err := till.CloseWith(ctx, tx, w.w.Merchant, in)
		return err
	})
}

func (w *worker) openShift(ctx context.Context) error {
	register, float := pick(w, w.w.Registers), money.Amount(w.n(3)*10_000)
	return w.desk.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := till.Open(ctx, tx, w.w.Merchant, register, w.w.Staff[0], w.zone, float)
		return err
	})
}

func (w *worker) payIn(ctx context.Context) error {
	amount := money.Amount(w.n(2001) - 1000)
	if amount == 0 {
		amount = 1
	}
	return w.desk.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := till.PayIn(ctx, tx, w.w.Merchant, w.w.Registers[w.no], w.w.Staff[0], amount, "soak")
		return err
	})
}

// choices are settings that a merchant changes in business, with values for each.
var choices = []struct {
	key    string
	values []string
}{
	{"cash.rounding_step", []string{"0", "0", "5", "10"}}, {"cash.rounding_mode", []string{"nearest", "down", "up"}},
	{"tax.rate", []string{"0", "60000", "130000"}}, {"tax.inclusive", []string{"true", "true", "false"}}, {"tax.rounding", []string{"line", "total"}},
	{"price.rounding", []string{"half_up", "half_even", "down"}}, {"price.rounding_at", []string{"line", "total"}},
	{"points.per_unit", []string{"100", "100", "70"}}, {"points.pending_days", []string{"0", "0", "1"}}, {"points.validity_count", []string{"4", "9"}},
	{"points.earn_base", []string{"after_discount", "before_discount"}}, {"points.on_stored_value", []string{"true", "false"}}, {"points.on_points", []string{"true", "false"}},
	{"points.refund_expired", []string{"revive", "grace", "lost"}}, {"points.refund_negative", []string{"allow", "allow", "refuse"}},
	{"tier.upgrade", []string{"next_receipt", "at_once", "period_end"}}, {"tier.downgrade", []string{"never", "one_step", "by_balance"}}, {"tier.period", []string{"day", "month"}},
	{"stored_value.consumption", []string{"proportional", "principal_first", "bonus_first"}}, {"till.open_sales", []string{"refuse", "carry"}},
	{"stock.allow_negative", []string{"false"}}, {"till.strict_shift", []string{"false", "false", "false", "true"}},
}

func (w *worker) changeSetting(ctx context.Context) error {
	c := pick(w, choices)
	value := pick(w, c.values)
	return w.desk.DB.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		return setting.Set(tx, setting.Place{Merchant: w.w.Merchant}, c.key, value)
	})
}

func (w *worker) issueCoupon(ctx context.Context) error {
	d, err := coupon.GetDefinition(ctx, w.desk.DB, w.w.Merchant, pick(w, w.w.Coupons))
	if err != nil {
		return err
	}
	var c coupon.Coupon
	err = w.desk.DB.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
		c = coupon.Issue(tx, w.w.Merchant, &d, noID, "", 0)
		return nil
	})
	if err == nil {
		w.codes.add(c.Code)
	}
	return err
}

func (w *worker) receiveStock(ctx context.Context) error {
	units := 1 + w.rng.Int64N(10)
	return w.desk.DB.InTx(ctx, func(_ context.Context, tx *db.Tx) error { return receive(tx, w.w, w.w.Scarce, units) })
}

// proveBeside makes a proof while the others go on, as the program does.
func (w *worker) proveBeside(ctx context.Context) error {
	m, err := tenant.GetMerchant(ctx, w.desk.DB, w.w.Merchant)
	if err != nil {
		return err
	}
	p, err := report.ProveSince(ctx, w.desk.DB, m)
	if err == nil && !p.Clean() {
		return fault.ErrInternal.Wrap(fmt.Errorf("a proof beside the registers found %d differences, the first: %+v", len(p.Differences), p.Differences[0]))
	}
	return err
}

func (w *worker) sealBeside(ctx context.Context) error {
	return w.desk.DB.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		_, err := ledger.Seal(ctx, tx, w.w.Merchant)
		return err
	})
}
