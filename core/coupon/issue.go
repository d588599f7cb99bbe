package coupon

import (
	"crypto/rand"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
)

const day = 24 * time.Hour

// Issue gives a coupon of a design to a member (none: to the bearer of its code).
// until overrides the design's validity where not 0. Whether the design is
// archived is the caller's question (MayIssue). At the COMMIT: coupon.code_taken,
// coupon.issue_limit.
func Issue(tx *db.Tx, m id.ID, d *Definition, member id.ID, code string, until clock.Instant) Coupon {
	c := draw(tx, d, member, foldCode(code), until)
	queueInsert(tx, m, &c)
	// After the insert, which holds the design's row against a change of the limit.
	tx.Queue(`update coupon_definitions set issued = issued + 1 where merchant_id = $1 and id = $2 and issue_limit > 0`, m, d.ID)
	return c
}

// draw makes a coupon of the design's present terms.
func draw(tx *db.Tx, d *Definition, member id.ID, code string, until clock.Instant) Coupon {
	c := Coupon{ID: tx.NewID(), Code: code, Member: member, State: StateActive, Uses: d.Uses, ValidFrom: tx.Now, FromDate: d.FromDate, UntilDate: d.UntilDate, IssuedAt: tx.Now, Definition: *d}
	if c.Code == "" {
		c.Code = NewCode()
	}
	if d.ValidAfter > 0 {
		c.ValidFrom = tx.Now.Add(time.Duration(d.ValidAfter) * day)
	}
	switch {
	case until != 0:
		c.ValidUntil, c.UntilDate = until, ""
	case d.ValidDays > 0:
		c.ValidUntil = c.ValidFrom.Add(time.Duration(d.ValidDays) * day)
	}
	return c
}

func queueInsert(tx *db.Tx, m id.ID, c *Coupon) {
	tx.Queue(`insert into coupons (merchant_id, id, definition_id, version, code, member_id, state, uses, valid_from, valid_until, from_date, until_date, batch_id, claimed, issued_at)
		values ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12,$13,$14,$15)`,
		m, c.ID, c.Definition.ID, c.Definition.Version, c.Code, c.Member, c.State, c.Uses, c.ValidFrom, instantOrNull(c.ValidUntil), string(c.FromDate), string(c.UntilDate), c.Batch, c.Claimed, tx.Now)
}

// codeAlphabet leaves out what is misread: 0 O, 1 I L, U.
const codeAlphabet = "23456789ABCDEFGHJKMNPQRSTVWXYZ"

// NewCode makes a code of 12 characters, 58 bits of randomness.
func NewCode() string {
	code := make([]byte, 0, 12)
	// Bytes from the last, incomplete round of the alphabet are thrown away, so that
	// every character is equally likely.
	const fair = 256 - 256%len(codeAlphabet)
	for b := make([]byte, 16); ; {
		if _, err := rand.Read(b); err != nil {
			panic(err)
		}
		for _, x := range b {
			if int(x) >= fair {
				continue
			}
			if code = append(code, codeAlphabet[int(x)%len(codeAlphabet)]); len(code) == cap(code) {
				return string(code)
			}
		}
	}
}
