//go:build unix

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/id"
)

// kill ends the program as a power cut would, and starts it again.
func (s *server) kill() {
	s.t.Helper()
	if err := s.cmd.Process.Kill(); err != nil {
		s.t.Fatal(err)
	}
	_ = s.cmd.Wait()
	_ = s.tie.Close()
	s.start()
}

// intent is a sale that a register means to make.
type intent struct {
	id, key string
	stored  bool // paid with stored value
	once    bool // not sent again where no answer came
	acked   *answer
}

// TestA10_KillInTheMiddleOfSales kills the program again and again while eight
// registers sell: no sale that was answered is lost, none is booked twice.
func TestA10_KillInTheMiddleOfSales(t *testing.T) {
	each(t, "retail", func(s *server) {
		const clients, sales, kills = 8, 500, 6
		s.want(http.StatusOK, s.call("PUT", "/packs/retail", body{"config": body{"tier_on": false}})) // one price for all
		soap := s.sku("soap", "goods", "2.50", "1000")
		mei := s.member("Lin Mei", "13800001234")
		s.post("/members/"+mei+"/top-ups", s.here().with("amount", "4000.00").with("tender", "cash"))
		registers := s.registers()[:clients]

		intents := make([]*intent, sales)
		for i := range intents {
			intents[i] = &intent{id: id.New(time.Now().UnixMicro()).String(), key: newKey(), stored: i%2 == 0, once: i%5 == 0}
		}
		var next, acked, cut atomic.Int64
		var wg sync.WaitGroup
		for c := range clients {
			wg.Go(func() {
				for {
					i := int(next.Add(1)) - 1
					if i >= sales {
						return
					}
					cut.Add(s.insist(intents[i], registers[c], mei, soap))
					acked.Add(1)
				}
			})
		}
		for k := range kills {
			for acked.Load() < int64(sales*(k+1)/(kills+1)) && !s.t.Failed() {
				time.Sleep(time.Millisecond)
			}
			time.Sleep(time.Duration(rand.IntN(8000)) * time.Microsecond)
			s.kill()
		}
		wg.Wait()
		if cut.Load() < kills {
			s.t.Errorf("only %d requests were cut off by %d kills: this proves little", cut.Load(), kills)
		}
		s.settled(intents, mei, soap)
	})
}

// insist sends a sale until it is answered and answers how often it was cut off.
func (s *server) insist(in *intent, register, member, sku string) (cut int64) {
	b := body{"id": in.id, "shop_id": s.Shop, "register_id": register, "member_id": member, "lines": []body{line(sku, "1")}, "tenders": []body{tender("cash", "5.00")}}
	if in.stored {
		b["tenders"] = []body{tender("stored_value", "2.50")}
	}
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		a, err := s.try("POST", "/api/v1/sales", b, "Idempotency-Key: "+in.key)
		switch {
		case errors.Is(err, syscall.ECONNREFUSED): // it is down just now
		case err != nil:
			cut++
			if in.once {
				return cut
			}
		case a.status == http.StatusCreated && a.text("id") == in.id:
			in.acked = a
			return cut
		default:
			s.t.Errorf("%s: %d %s", in.id, a.status, a.raw)
			return cut
		}
	}
	s.t.Errorf("%s was never answered", in.id)
	return cut
}

func asJSON(v any) string { b, _ := json.Marshal(v); return string(b) }

// settled compares every intended sale with the books.
func (s *server) settled(intents []*intent, member, sku string) {
	s.t.Helper()
	booked := map[string]int{}
	for cursor := ""; ; {
		page := s.get("/sales?kind=sale&limit=200&cursor=" + cursor)
		for i := range page.list("items") {
			booked[page.text(fmt.Sprintf("items.%d.id", i))]++
		}
		if cursor = page.text("next_cursor"); cursor == "" {
			break
		}
	}
	var n, stored, unanswered, replayed int
	numbers := map[string]string{}
	for _, in := range intents {
		times := booked[in.id]
		delete(booked, in.id)
		if times > 1 || times == 0 && in.acked != nil {
			s.t.Errorf("sale %s is booked %d times, answered: %t", in.id, times, in.acked != nil)
		}
		switch {
		case in.acked == nil:
			unanswered++
		case in.acked.header.Get("Idempotency-Replayed") != "":
			replayed++
		}
		if times == 0 {
			continue
		}
		n++
		if in.stored {
			stored++
		}
		now := s.get("/sales/" + in.id)
		delete(now.list("lines")[0].(map[string]any), "refunded_quantity") // of later, not of the sale
		if in.acked != nil && asJSON(now.doc) != asJSON(in.acked.doc) {
			s.t.Errorf("sale %s was answered as\n%s and is\n%s", in.id, in.acked.raw, now.raw)
		}
		s.is(now, map[string]string{"state": "completed", "total": "2.50"})
		if other := numbers[now.text("number")]; other != "" {
			s.t.Errorf("%s and %s have the number %s", other, in.id, now.text("number"))
		}
		numbers[now.text("number")] = in.id
	}
	if len(booked) != 1 { // the top-up
		s.t.Errorf("sales that nobody made: %v", booked)
	}
	s.t.Logf("%d sales booked; %d given up without an answer, %d answered only when they were sent again", n, unanswered, replayed)
	left := fmt.Sprintf("%d.%02d", (410000-stored*250)/100, (410000-stored*250)%100)
	s.is(s.get("/members/"+member+"/wallet"), map[string]string{"available": left, "held": "0.00"})
	s.is(s.get("/stock?sku_id="+sku), map[string]string{"items.0.on_hand": fmt.Sprint(1000 - n), "items.0.reserved": "0"})
	told := map[string]int{}
	after := "0"
	eventually(s.t, "every event", func() bool {
		page := s.get("/events?limit=1000&after=" + after)
		for i := range page.list("items") {
			if strings.HasPrefix(page.text(fmt.Sprintf("items.%d.type", i)), "sale.") {
				told[page.text(fmt.Sprintf("items.%d.data.sale_id", i))]++
			}
		}
		after = page.text("next_cursor")
		return len(told) >= n+1
	})
	for sale, times := range told {
		if times != 1 {
			s.t.Errorf("sale %s was told %d times", sale, times)
		}
	}
	s.mustVerify()
}
