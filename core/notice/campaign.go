package notice

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/job"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/message"
	"github.com/shopwright/shopwright/core/setting"
)

var (
	ErrCampaignText = fault.New(fault.Invalid, "message.campaign_text_invalid") // not 1 to {max} characters
	ErrCampaignOff  = fault.New(fault.Conflict, "message.campaign_off")         // messages of this kind are switched off
)

// JobCampaign is the kind of job that writes a campaign's messages; its data is the
// Campaign.
const JobCampaign = "message.campaign"

const (
	// MaxCampaign is the most characters of a campaign's text.
	MaxCampaign = 300

	campaignPiece = 200 // members of one transaction
)

// Campaign is a text of the staff's to a group of members. Its ID names it: the same
// one writes nobody a second message.
type Campaign struct {
	ID       id.ID           `json:"id"`
	Shop     id.ID           `json:"shop_id,omitzero"` // in whose name, and whose clock the quiet hours go by
	Text     string          `json:"text"`
	Audience member.Audience `json:"audience"`
	At       clock.Instant   `json:"at"` // what the audience is as of; QueueCampaign sets it
}

// Check brings a campaign into its stored form. Faults: message.campaign_text_invalid,
// member.audience_invalid.
func (c *Campaign) Check() error {
	c.Text = strings.Join(strings.Fields(c.Text), " ")
	if n := utf8.RuneCountInString(c.Text); n == 0 || n > MaxCampaign || !utf8.ValidString(c.Text) || strings.ContainsFunc(c.Text, unicode.IsControl) {
		return ErrCampaignText.On("text").With("max", MaxCampaign)
	}
	return c.Audience.Check()
}

// QueueCampaign has a campaign's messages written after the commit. Faults: those of
// Check, message.campaign_off.
func QueueCampaign(ctx context.Context, tx *db.Tx, m id.ID, c Campaign) error {
	if err := c.Check(); err != nil {
		return err
	}
	if err := tx.Flush(ctx); err != nil {
		return err
	}
	v, err := setting.All(ctx, tx, m, id.None, id.None)
	if err != nil {
		return err
	}
	if !message.PolicyOf(v).Sends(message.KindCampaign) {
		return ErrCampaignOff
	}
	c.At = tx.Now
	job.Insert(tx, job.Args{Merchant: m, Kind: JobCampaign, Data: c, Dedup: c.ID.String()})
	return nil
}

// Broadcast writes a campaign's messages. Whoever does not want it, or has not
// consented, is told nothing: that is looked at when a message is sent. Begun again
// after it broke off, it writes what is missing.
func (r *Reader) Broadcast(ctx context.Context, m id.ID, c Campaign) (n int, err error) {
	for after := id.None; ; {
		who, err := member.ListAudience(ctx, r.DB, m, c.Audience, c.At, after, campaignPiece)
		if err != nil || len(who) == 0 {
			return n, err
		}
		err = r.DB.InTx(ctx, func(_ context.Context, tx *db.Tx) error {
			for _, mb := range who {
				message.Queue(tx, message.New{Merchant: m, Member: mb, Shop: c.Shop, Kind: message.KindCampaign, Origin: "campaign:" + c.ID.String() + ":" + mb.String(), Params: map[string]string{"text": c.Text}})
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		n += len(who)
		after = who[len(who)-1]
	}
}
