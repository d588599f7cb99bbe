package client

import (
	"context"
	"time"
)

// CheckIns lists a member's check-ins, the newest first.
func (c *Client) CheckIns(ctx context.Context, member string, limit int) (List[CheckIn], error) {
	return get[List[CheckIn]](ctx, c, at("members", member, "check-ins"), Page{Limit: limit}.query())
}

// CheckIn checks a member in at a shop. Fault: campaign.checked_in_today.
func (c *Client) CheckIn(ctx context.Context, member string, in CheckInIn, o ...Option) (CheckIn, error) {
	return post[CheckIn](ctx, c, at("members", member, "check-ins"), in, o)
}

// Referrals lists whom a member brought, the newest first.
func (c *Client) Referrals(ctx context.Context, member string, limit int) (List[Referral], error) {
	return get[List[Referral]](ctx, c, at("members", member, "referrals"), Page{Limit: limit}.query())
}

// SetReferrer notes who brought a member. Faults: campaign.bad_referrer,
// campaign.referred_before, campaign.referral_after_purchase.
func (c *Client) SetReferrer(ctx context.Context, member string, in ReferrerIn) (Referral, error) {
	return put[Referral](ctx, c, at("members", member, "referrer"), in)
}

// MemberGrants lists what rules gave a member, the newest first; open keeps gifts
// and chances of which something is left.
func (c *Client) MemberGrants(ctx context.Context, member string, open bool, p Page) (List[MemberGrant], error) {
	return get[List[MemberGrant]](ctx, c, at("members", member, "grants"), p.query("open", flag(open)))
}

// GiveChances gives a member chances of a draw. Fault: campaign.no_draw.
func (c *Client) GiveChances(ctx context.Context, member string, in ChancesIn, o ...Option) (MemberGrant, error) {
	return post[MemberGrant](ctx, c, at("members", member, "chances"), in, o)
}

// TriggerRuns lists what events have set off, the newest first; of one member
// where it is named.
func (c *Client) TriggerRuns(ctx context.Context, member string, p Page) (List[TriggerRun], error) {
	return get[List[TriggerRun]](ctx, c, "/trigger-runs", p.query("member_id", member))
}

// Prizes lists the prizes of a shop's draws; of one pack where it is named.
func (c *Client) Prizes(ctx context.Context, shop, pack string) (List[Prize], error) {
	return get[List[Prize]](ctx, c, "/prizes", Page{}.query("shop_id", shop, "pack_id", pack))
}

// SetPrize puts a prize into a draw, or changes its stock. Faults:
// campaign.bad_prize, campaign.prize_gone.
func (c *Client) SetPrize(ctx context.Context, in PrizeIn) (Prize, error) {
	return put[Prize](ctx, c, "/prizes", in)
}

// Draws lists draws, the newest first; of one member where it is named.
func (c *Client) Draws(ctx context.Context, member string, p Page) (List[Draw], error) {
	return get[List[Draw]](ctx, c, "/draws", p.query("member_id", member))
}

// GetDraw gets a draw with what it gave. Fault: campaign.draw_not_found.
func (c *Client) GetDraw(ctx context.Context, id string) (Draw, error) {
	return get[Draw](ctx, c, at("draws", id), nil)
}

// Draw plays a member's chance. Faults: campaign.grant_used, campaign.no_prizes,
// campaign.no_draw, checkout.draw_failed.
func (c *Client) Draw(ctx context.Context, in DrawIn, o ...Option) (Draw, error) {
	return post[Draw](ctx, c, "/draws", in, o)
}

// CheckIn is a member's presence on a business date.
type CheckIn struct {
	ID       string    `json:"id"` // The date: one a day
	MemberID string    `json:"member_id"`
	ShopID   string    `json:"shop_id"`
	Date     string    `json:"date"`
	Streak   int64     `json:"streak"` // Days in a row, this one included
	At       time.Time `json:"at"`
}

// CheckInIn says where a member is.
type CheckInIn struct {
	ShopID string `json:"shop_id"`
}

// Referral is who brought a member.
type Referral struct {
	ID          string    `json:"id"` // The member's: nobody is brought twice
	MemberID    string    `json:"member_id"`
	ReferrerID  string    `json:"referrer_id"`
	At          time.Time `json:"at"`
	FirstSaleID string    `json:"first_sale_id"` // Without: the member has not bought yet, or nobody has looked since
	FirstSaleAt time.Time `json:"first_sale_at"`
}

// ReferrerIn names who brought a member.
type ReferrerIn struct {
	ReferrerID string `json:"referrer_id"`
}

// MemberGrant is something that rules gave a member besides money.
type MemberGrant struct {
	ID          string    `json:"id"`
	MemberID    string    `json:"member_id"`
	ShopID      string    `json:"shop_id"`
	Source      string    `json:"source"`    // One of sale, trigger, draw, manual
	SourceID    string    `json:"source_id"` // The sale, the run of the trigger, the draw; by hand: who gave it
	LineID      string    `json:"line_id"`   // Of the sale; without, it belongs to the whole
	Kind        string    `json:"kind"`      // One of points, money, coupon, visits, gift, message, chances
	Ref         string    `json:"ref"`       // What: the code of a coupon definition, service or gift, a message template; chances: the pack that draws
	TargetID    string    `json:"target_id"`
	Count       int64     `json:"count"`
	Amount      string    `json:"amount"`     // Money
	Used        int64     `json:"used"`       // Gifts fetched, chances played
	TakenBack   int64     `json:"taken_back"` // By a refund
	Kept        int64     `json:"kept"`       // A refund would have taken it back, but it was used
	ValidUntil  time.Time `json:"valid_until"`
	PackID      string    `json:"pack_id"`
	PackVersion string    `json:"pack_version"`
	Code        string    `json:"code"`
	At          time.Time `json:"at"`
}

// ChancesIn gives chances of a draw.
type ChancesIn struct {
	ShopID string `json:"shop_id"`
	PackID string `json:"pack_id"` // A pack that draws and is on in the shop
	Count  int64  `json:"count"`
	Reason string `json:"reason"`
}

// TriggerRun is one pack's run over one event.
type TriggerRun struct {
	ID           string    `json:"id"`
	PackID       string    `json:"pack_id"`
	PackVersion  string    `json:"pack_version"`
	ModuleHash   string    `json:"module_hash"`
	ConfigHash   string    `json:"config_hash"`
	Event        string    `json:"event"`     // One of joined, birthday, sale, check_in, lapsed, referral, tier, top_up
	EventKey     string    `json:"event_key"` // What happened, once and for all: a pack sees it once
	MemberID     string    `json:"member_id"`
	ShopID       string    `json:"shop_id"`
	BusinessDate string    `json:"business_date"`
	Outcome      string    `json:"outcome"` // ok; limited: over the day's limit, nothing was given; or the code of a fault
	OutcomeText  string    `json:"outcome_text"`
	Grants       int64     `json:"grants"`
	Fuel         int64     `json:"fuel"`
	Input        []byte    `json:"input"`
	Output       []byte    `json:"output"`
	At           time.Time `json:"at"`
}

// Prize is what a shop has put into a pack's draw.
type Prize struct {
	ID        string    `json:"id"` // pack_id/code
	ShopID    string    `json:"shop_id"`
	PackID    string    `json:"pack_id"`
	Code      string    `json:"code"`
	Stock     int64     `json:"stock"` // -1: no limit
	Drawn     int64     `json:"drawn"`
	UpdatedAt time.Time `json:"updated_at"`
}

// PrizeIn sets a prize's stock.
type PrizeIn struct {
	ShopID string `json:"shop_id"`
	PackID string `json:"pack_id"`
	Code   string `json:"code"`
	Stock  int64  `json:"stock"` // In all, what was drawn included; -1: no limit
}

// Draw is one chance played, with all that it takes to play it again.
type Draw struct {
	ID           string        `json:"id"`
	ShopID       string        `json:"shop_id"`
	MemberID     string        `json:"member_id"`
	ChanceID     string        `json:"chance_id"`
	PackID       string        `json:"pack_id"`
	PackVersion  string        `json:"pack_version"`
	ModuleHash   string        `json:"module_hash"`
	ConfigHash   string        `json:"config_hash"`
	Seed         string        `json:"seed"`  // An unsigned 64-bit number, supplied by the host
	Prize        string        `json:"prize"` // "": none
	Fuel         int64         `json:"fuel"`
	Input        []byte        `json:"input"`
	Output       []byte        `json:"output"`
	BusinessDate string        `json:"business_date"`
	At           time.Time     `json:"at"`
	Grants       []MemberGrant `json:"grants,omitempty"` // What the prize gave; not in lists
}

// DrawIn plays a chance.
type DrawIn struct {
	ChanceID string `json:"chance_id"`         // A grant of kind chances
	ShopID   string `json:"shop_id,omitempty"` // Where it is played; without, where the chance was given
}

// TenderLimit is what one of the member's own tenders may pay.
type TenderLimit struct {
	Type        string `json:"type"`        // One of stored_value, points, gift_card
	Most        string `json:"most"`        // In whole steps
	Step        string `json:"step"`        // It pays whole multiples of this
	Consumption string `json:"consumption"` // Stored value: which part goes first, where a pack has an opinion. One of proportional, principal_first, bonus_first
	PackID      string `json:"pack_id"`     // Without: the merchant's setting
	PackVersion string `json:"pack_version"`
	Code        string `json:"code"`
	Text        string `json:"text"` // For people, in the language of the request
}

// QuoteGrant is something that the sale would give besides money.
type QuoteGrant struct {
	Kind        string `json:"kind"` // One of coupon, visits, gift, message, chances
	Ref         string `json:"ref"`
	Count       int64  `json:"count"`
	LineID      string `json:"line_id"`
	PackID      string `json:"pack_id"`
	PackVersion string `json:"pack_version"`
	Code        string `json:"code"`
	Text        string `json:"text"` // Why, in the language of the request
}
