package storefront

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
)

var (
	ErrChannel    = fault.New(fault.NotFound, "storefront.channel_not_found")
	ErrCode       = fault.New(fault.Invalid, "storefront.code_invalid") // not 1 to 20 lower-case letters, digits, hyphens
	ErrCodeTaken  = fault.New(fault.Conflict, "storefront.code_taken")
	ErrBuffer     = fault.New(fault.Invalid, "storefront.buffer_invalid") // not 0 to 1,000,000 pieces
	ErrMoved      = fault.New(fault.Conflict, "storefront.cursor_moved")  // somebody else has kept these orders
	ErrNotFound   = fault.New(fault.NotFound, "storefront.order_not_found")
	ErrNotBooked  = fault.New(fault.Conflict, "storefront.not_booked") // it is no sale, or not any more
	ErrTracking   = fault.New(fault.Invalid, "storefront.tracking_invalid")
	ErrNoRequest  = fault.New(fault.Conflict, "storefront.no_refund_request")
	ErrItem       = fault.New(fault.Invalid, "storefront.item_invalid")
	ErrUnknownSKU = fault.New(fault.NotFound, "storefront.sku_not_found") // Args: code
)

var _ = db.Guard("ux_online_channels_code", ErrCodeTaken)

// Class is the class of a device that is a connector to an online shop.
const Class = "storefront"

// Channel is an online shop as a way to sell: which shop's stock it sells and on
// which register its sales are booked. Its ID is the connector's device.
type Channel struct {
	Merchant  id.ID
	ID        id.ID
	Code      string // names its tender: "online:<code>"
	Shop      id.ID
	Register  id.ID
	Buffer    money.Quantity // so much of each SKU is not offered
	Catalogue bool           // it is told what its articles are called and cost
	Cursor    string
	PolledAt  clock.Instant // when it last answered
	Failure   string        // what it answered last, "" where that was no failure
	Resync    bool          // all figures are to be told anew
	CreatedAt clock.Instant
}

// Tender is the type of the tender that a channel's sales are paid with.
func (c *Channel) Tender() string { return "online:" + c.Code }

// IsTender reports whether a tender is a channel's.
func IsTender(tender string) bool { return strings.HasPrefix(tender, "online:") }

func (c *Channel) check() error {
	c.Code = strings.ToLower(strings.TrimSpace(c.Code))
	if c.Code == "" || len(c.Code) > 20 || strings.Trim(c.Code, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return ErrCode.On("code")
	}
	if c.Buffer < 0 || c.Buffer > 1_000_000*money.One {
		return ErrBuffer.On("buffer")
	}
	return nil
}

// Save makes a channel of a connector's device, or changes its register, its buffer
// and whether it is told the catalogue.
// Its code and shop stay as they are once it has sold something: its books are kept
// under them. Faults: storefront.code_invalid, storefront.buffer_invalid; at the
// COMMIT storefront.code_taken.
func Save(ctx context.Context, tx *db.Tx, c Channel) error {
	if err := c.check(); err != nil {
		return err
	}
	tx.Queue(`update online_channels set buffer = $3, catalogue = $6, register_id = case when shop_id = $4 then $5 else register_id end, resync = true where merchant_id = $1 and id = $2`, c.Merchant, c.ID, c.Buffer, c.Shop, c.Register, c.Catalogue)
	tx.Queue(`update online_channels set code = $3, shop_id = $4, register_id = $5 where merchant_id = $1 and id = $2
		and not exists (select 1 from online_orders o where o.merchant_id = $1 and o.channel_id = $2 and o.sale_id is not null)`, c.Merchant, c.ID, c.Code, c.Shop, c.Register)
	tx.Queue(`insert into online_channels (merchant_id, id, code, shop_id, register_id, buffer, catalogue, created_at) select $1, $2, $3, $4, $5, $6, $8, $7
		where not exists (select 1 from online_channels where merchant_id = $1 and id = $2)`, c.Merchant, c.ID, c.Code, c.Shop, c.Register, c.Buffer, tx.Now, c.Catalogue)
	return tx.Flush(ctx)
}

const channelColumns = `merchant_id, id, code, shop_id, register_id, buffer, catalogue, cursor, polled_at, failure, resync, created_at`

func scanChannel(r db.Row, c *Channel) error {
	return r.Scan(&c.Merchant, &c.ID, &c.Code, &c.Shop, &c.Register, &c.Buffer, &c.Catalogue, &c.Cursor, &c.PolledAt, &c.Failure, &c.Resync, &c.CreatedAt)
}

func orMissing[T any](v T, err error, missing error) (T, error) {
	if errors.Is(err, db.ErrNoRow) {
		return v, missing
	}
	return v, err
}

// GetChannel reads a channel. Fault: storefront.channel_not_found.
func GetChannel(ctx context.Context, r db.Reader, m, channel id.ID) (Channel, error) {
	c, err := db.One(ctx, r, scanChannel, `select `+channelColumns+` from online_channels where merchant_id = $1 and id = $2`, m, channel)
	return orMissing(c, err, ErrChannel)
}

// Channels lists a merchant's channels.
func Channels(ctx context.Context, r db.Reader, m id.ID) ([]Channel, error) {
	return db.All(ctx, r, scanChannel, `select `+channelColumns+` from online_channels where merchant_id = $1 order by id`, m)
}

// Lease has one program look after a channel for a while, and reports whether it is
// this one.
func Lease(ctx context.Context, tx *db.Tx, m, channel id.ID, by string, hold time.Duration) (bool, error) {
	n, err := tx.Exec(ctx, `update online_channels set lease_by = $3, lease_until = $4 where merchant_id = $1 and id = $2 and (lease_by = $3 or lease_until < $5)`,
		m, channel, by, tx.Now.Add(hold), tx.Now)
	return n == 1, err
}

// QueuePolled notes how asking a channel went; "" is well.
func QueuePolled(tx *db.Tx, m, channel id.ID, failure string) {
	if failure == "" {
		tx.Queue(`update online_channels set polled_at = $3, failure = '' where merchant_id = $1 and id = $2`, m, channel, tx.Now)
		return
	}
	tx.Queue(`update online_channels set failure = $3 where merchant_id = $1 and id = $2`, m, channel, short(failure, 200))
}

// QueueResync has all of a channel's figures told anew.
func QueueResync(tx *db.Tx, m, channel id.ID) {
	tx.Queue(`update online_channels set resync = true where merchant_id = $1 and id = $2`, m, channel)
}

// QueueResyncAll does so for all channels of a merchant.
func QueueResyncAll(tx *db.Tx, m id.ID) {
	tx.Queue(`update online_channels set resync = true where merchant_id = $1`, m)
}

// short cuts a text to so many runes, without control characters.
func short(s string, most int) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0xfffd {
			return ' '
		}
		return r
	}, s)
	clean = strings.Join(strings.Fields(clean), " ")
	if rs := []rune(clean); len(rs) > most {
		return string(rs[:most])
	}
	return clean
}
