package pos

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/till"
)

func (s *shop) setting(key, value string) {
	s.t.Helper()
	s.tx(func(_ context.Context, tx *db.Tx) error {
		return setting.Set(tx, setting.Place{Merchant: s.m.ID, Shop: s.shop.ID}, key, value)
	})
}

// TestTheDrawerIsCountedByPieces: Enter adds up and closes nothing; the button
// closes, and what was typed stands where it is refused.
func TestTheDrawerIsCountedByPieces(t *testing.T) {
	s := newShop(t)
	s.setting("till.over_short_tolerance", "0")
	p := s.person(auth.Cashier)
	path := "/pos/" + s.register.ID.String() + "/shift"
	p.get(path)
	p.enter("float", "100")
	p.press("out", "amount", "20", "reason", "flowers", "category", till.OutSupplies)
	p.want("kv", "Supplies")
	p.enter("n5000", "1", "n2000", "1", "n10", "4")
	p.want("count-sum", "¥70.40")
	if p.see("pos-place") == "" || strings.Contains(p.see("pos-place"), "no open shift") {
		t.Fatal("Enter closed the shift")
	}
	p.press("close", "n5000", "1", "n2000", "1", "n10", "4")
	p.want("field-error", "till.over_short_reason_required")
	p.want("count-sum", "¥70.40")
	p.press("sum", "n5000", "1.5")
	p.want("field-error", "till.bad_pieces")
	p.get(path)
	p.press("close", "n5000", "1", "n2000", "1", "n10", "4", "why", "a note is missing")
	p.want("kv", "−¥9.60")
	p.want("kv", "a note is missing")
	p.want("kv", "¥0.10 × 4")
	log, _, err := auth.ListAudit(s.ctx, s.db, s.m.ID, auth.AuditFilter{Action: "shift."}, db.Page{})
	if err != nil || len(log) != 3 || log[0].Action != "shift.closed" || log[0].ActorID != s.staff[auth.Cashier] {
		t.Errorf("%+v %v", log, err)
	}
}

// TestAnEmptyDrawerIsCountedToo: no piece at all is a count of nothing.
func TestAnEmptyDrawerIsCountedToo(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Cashier)
	p.get("/pos/" + s.register.ID.String() + "/shift")
	p.enter("float", "0")
	p.press("close")
	p.want("kv", "¥0.00")
	p.want("pos-place", "no open shift")
}

func TestTheCountIsBlindWhereItShouldBe(t *testing.T) {
	s := newShop(t)
	s.setting("till.blind_count", "true")
	p := s.person(auth.Manager)
	path := "/pos/" + s.register.ID.String()
	p.get(path + "/shift")
	p.enter("float", "200")
	p.get(path)
	p.scan("SOAP")
	p.press("pay")
	p.hotkey("F9")
	p.get(path + "/shift")
	for _, secret := range []string{"225.00", "¥25.00", "Expected"} {
		if strings.Contains(text(p.page), secret) {
			t.Errorf("the page says %q before the count", secret)
		}
	}
	p.enter("counted", "225")
	p.want("kv", "¥225.00")
	p.want("kv", "Over or short ¥0.00")
}

func TestA30_AnOverdueShiftIsShown(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Cashier)
	path := "/pos/" + s.register.ID.String() + "/shift"
	p.get(path)
	p.enter("float", "0")
	if strings.Contains(text(p.page), "overdue") {
		t.Error("overdue at once")
	}
	s.clock.Advance(24 * time.Hour)
	p = s.person(auth.Manager) // the session of yesterday is over
	p.get(path)
	p.want("alert", "overdue")
	p.press("close")
	p.want("pos-place", "no open shift")
}

func TestTheShiftInEveryLanguage(t *testing.T) {
	s := newShop(t)
	p := s.person(auth.Manager)
	path := "/pos/" + s.register.ID.String() + "/shift"
	p.get(path)
	p.enter("float", "0")
	p.press("out", "amount", "1", "reason", "x", "category", till.OutWages)
	for _, lang := range []string{"en", "zh-Hans", "zh-Hant"} {
		p.get(path + "?lang=" + lang)
		if k := untranslated.FindString(text(p.page)); k != "" {
			t.Errorf("%s: %s has no text", lang, k)
		}
	}
}
