package demo

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
)

// Result is what somebody needs to use the demo: demo.json.
type Result struct {
	URL       string           `json:"url"`
	Merchants []Merchant       `json:"merchants"`
	Stories   map[string]Story `json:"stories"`
}

// Merchant is one business of the demo.
type Merchant struct {
	Edition  string  `json:"edition"`
	Name     string  `json:"name"`
	Merchant string  `json:"merchant_id"`
	Shop     string  `json:"shop_id"`
	Register string  `json:"register_id"`
	APIKey   string  `json:"api_key"` // with the owner's rights
	Logins   []Login `json:"logins"`
}

// Login is somebody who can sign in.
type Login struct {
	Role     string `json:"role"`
	Login    string `json:"login"`
	Password string `json:"password"`
}

// Story is somebody or something worth looking at; the fields that fit are set.
type Story struct {
	Edition  string `json:"edition"`
	MemberID string `json:"member_id,omitempty"`
	StaffID  string `json:"staff_id,omitempty"`
	SKUID    string `json:"sku_id,omitempty"`
	Name     string `json:"name"`
	Phone    string `json:"phone,omitempty"`
	Barcode  string `json:"barcode,omitempty"`
	Coupon   string `json:"coupon,omitempty"`
	GiftCard string `json:"gift_card,omitempty"`
	Level    string `json:"level,omitempty"`
	Until    string `json:"until,omitempty"`
}

// The stories, by their names in demo.json.
const (
	StoryAlmostGold  = "one_visit_short_of_gold"
	StoryBirthday    = "birthday_today"
	StoryLastPunch   = "last_punch_on_the_card"
	StoryAway        = "away_for_35_days"
	StoryTwoLots     = "two_top_up_lots"
	StoryCoupon      = "coupon_expires_tomorrow"
	StoryNearlyOut   = "sku_nearly_out"
	StorySenior      = "stylist_senior"
	StoryJunior      = "stylist_junior"
	StoryPriceMember = "member_day_guest"
	StoryFamily      = "family_shares_a_card"
	StoryHeld        = "tier_held_by_hand"
	StoryCashOut     = "paid_out"
	StoryGiftCard    = "gift_card_partly_used"
	StoryRefunds     = "refund_waits"
	StoryFrozen      = "wallet_frozen"
)

// Of finds a merchant by its edition, nil where there is none.
func (r *Result) Of(edition string) *Merchant {
	for i := range r.Merchants {
		if r.Merchants[i].Edition == edition {
			return &r.Merchants[i]
		}
	}
	return nil
}

// Write puts the result into a file that its owner alone can read, whole or not at all.
func (r *Result) Write(file string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(file), ".demo-*.json") // made with 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // it is gone where all went well
	if _, err := f.Write(append(b, '\n')); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), file)
}

// Read reads what Write wrote.
func Read(file string) (Result, error) {
	var r Result
	b, err := os.ReadFile(file)
	if err != nil {
		return r, err
	}
	return r, json.Unmarshal(b, &r)
}

const secretAlphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

// newPassword is 16 characters that nobody confuses: over 90 bits.
func newPassword() string {
	out := make([]byte, 0, 16)
	var b [1]byte
	for len(out) < cap(out) {
		if _, err := rand.Read(b[:]); err != nil {
			panic(err) // the operating system has no randomness: nothing can go on
		}
		if int(b[0]) < 256/len(secretAlphabet)*len(secretAlphabet) { // no character is more likely
			out = append(out, secretAlphabet[int(b[0])%len(secretAlphabet)])
		}
	}
	return string(out)
}
