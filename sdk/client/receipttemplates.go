package client

import "context"

// ReceiptTemplate reads how a shop's receipts look. Fault: tenant.shop_not_found.
func (c *Client) ReceiptTemplate(ctx context.Context, shop string) (ReceiptTemplate, error) {
	return get[ReceiptTemplate](ctx, c, at("shops", shop, "receipt-template"), nil)
}

// SetReceiptTemplate sets how a shop's receipts look. Faults: tenant.shop_not_found,
// receipt.logo_not_found, and those that name a field: receipt.text_too_long,
// receipt.language_unknown, receipt.language_twice, receipt.field_unknown,
// receipt.code_content_invalid, receipt.business_invalid.
func (c *Client) SetReceiptTemplate(ctx context.Context, shop string, t ReceiptTemplate) (ReceiptTemplate, error) {
	return put[ReceiptTemplate](ctx, c, at("shops", shop, "receipt-template"), t)
}

// StoreReceiptLogo stores a PNG or JPEG for receipts; a template names it by its hash.
// Faults: receipt.logo_too_large, receipt.logo_unreadable, receipt.logo_dimensions.
func (c *Client) StoreReceiptLogo(ctx context.Context, n NewReceiptLogo) (ReceiptLogo, error) {
	return put[ReceiptLogo](ctx, c, "/receipt-logos", n)
}

// ReceiptTemplate is how a shop's receipts look.
type ReceiptTemplate struct {
	BusinessNo string            `json:"business_no,omitempty"`
	Code       string            `json:"code"`                // What the code at the foot holds. One of sale, number, text, url, none
	CodeText   string            `json:"code_text,omitempty"` // The text, or a web address with {number} and {sale} in it
	Copies     int               `json:"copies"`
	Fields     []string          `json:"fields"`           // What is shown of merchant, shop, address, register, cashier, card, tier, codes, discounts, saved, taxes, staff, points_before, points, wallet, punches, coupons. Number, lines, totals and tenders always are
	Foot       map[string]string `json:"foot,omitempty"`   // Lines below it, by language
	Head       map[string]string `json:"head,omitempty"`   // Lines above the sale, by language
	Lang       string            `json:"lang,omitempty"`   // None: the shop's receipt language
	Logo       string            `json:"logo,omitempty"`   // The hash of a picture that was stored
	LogoWidth  int               `json:"logo_width"`       // Percent of the paper. One of 40, 60, 80, 100
	MemberName string            `json:"member_name"`      // One of full, masked, none
	Paper      int               `json:"paper"`            // Columns: paper of 58, 76 or 80 mm. One of 32, 42, 48
	Second     string            `json:"second,omitempty"` // A second language beside it
}

// ReceiptLogo is a picture for receipts.
type ReceiptLogo struct {
	Hash   string `json:"hash"`
	Height int    `json:"height"`
	Type   string `json:"type"`
	Width  int    `json:"width"` // Dots
}

// NewReceiptLogo is a picture to be stored.
type NewReceiptLogo struct {
	Data []byte `json:"data"` // PNG or JPEG
}
