package demo

import (
	"testing"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/wallet"
)

// walletStories: the family's card, the tier by hand, the money paid out, the gift
// card, the refund that waits, the frozen wallet.
func (h *house) walletStories(t *testing.T, salon, retail id.ID) {
	_, head := h.hero(StoryFamily)
	kin, err := member.ListFamily(h.ctx, h.db, salon, head.ID)
	if err != nil || len(kin) != 2 {
		t.Fatalf("family: %+v %v", kin, err)
	}
	used := h.int(`select coalesce(sum(l.punches), 0) from sale_lines l join sales s on s.merchant_id = l.merchant_id and s.id = l.sale_id
		where s.merchant_id = $1 and s.member_id <> $2 and s.member_id in (select member_id from member_families where merchant_id = $1 and head_id = $2)`, salon, head.ID)
	w, err := wallet.Get(h.ctx, h.db, salon, head.ID)
	if err != nil || used != 3 || len(w.Punches) != 1 || w.Punches[0].Remaining != 8 {
		t.Errorf("the daughter used %d visits, her mother holds %+v %v", used, w.Punches, err)
	}

	_, held := h.hero(StoryHeld)
	moves, _, err := member.ListTierHistory(h.ctx, h.db, salon, held.ID, db.Page{})
	if err != nil || held.Tier != "gold" || len(moves) == 0 || moves[0].HeldUntil != "2026-08-18" || moves[0].Actor.IsNone() {
		t.Errorf("held: %s %+v %v", held.Tier, moves, err)
	}

	_, left := h.hero(StoryCashOut)
	if w, err := wallet.Get(h.ctx, h.db, salon, left.ID); err != nil || w.Principal != 0 || w.Bonus != 0 {
		t.Errorf("paid out: %+v %v", w, err)
	}

	s, _ := h.hero(StoryGiftCard)
	if g, err := wallet.FindGiftCard(h.ctx, h.db, retail, s.GiftCard); err != nil || g.Price >= g.Face || g.Balance <= 0 || g.Balance >= g.Face {
		t.Errorf("gift card: %+v %v", g, err)
	}

	_, waits := h.hero(StoryRefunds)
	if n := h.int(`select count(*) from refund_requests where merchant_id = $1 and member_id = $2 and state = 'pending' and total > 0`, retail, waits.ID); n != 1 {
		t.Errorf("%d refunds wait", n)
	}
	if n := h.int(`select count(*) from sales where merchant_id = $1 and member_id = $2 and kind = 'refund'`, retail, waits.ID); n != 3 {
		t.Errorf("%d refunds were made", n)
	}

	_, frozen := h.hero(StoryFrozen)
	if w, err := wallet.Get(h.ctx, h.db, retail, frozen.ID); err != nil || !w.Frozen || w.Principal != 30000 {
		t.Errorf("frozen: %+v %v", w, err)
	}
}
