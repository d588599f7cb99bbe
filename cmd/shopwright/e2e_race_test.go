package main

import (
	"bytes"
	"net/http"
	"strconv"
	"sync"
	"testing"
)

// tills is how many registers do the same at once.
const tills = 64

// registers adds registers until there are as many as tills.
func (s *server) registers() []string {
	s.t.Helper()
	all := []string{s.Register.String()}
	for len(all) < tills {
		all = append(all, s.post("/registers", body{"shop_id": s.Shop, "name": "Till " + strconv.Itoa(len(all)+1)}).text("id"))
	}
	return all
}

// race lets every register send its sale at the same moment and answers the sales
// that were made; who lost must have lost for this reason.
func (s *server) race(sale func(register string) body, loses string) (won []*answer) {
	s.t.Helper()
	registers := s.registers()
	answers := make([]*answer, len(registers))
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i, r := range registers {
		b, key := sale(r), newKey()
		wg.Go(func() {
			<-start
			a, err := s.try("POST", "/api/v1/sales", b, "Idempotency-Key: "+key)
			if err != nil {
				s.t.Errorf("register %d: %v", i, err)
				return
			}
			answers[i] = a
		})
	}
	close(start)
	wg.Wait()
	for i, a := range answers {
		switch {
		case a == nil:
		case a.status == http.StatusCreated:
			won = append(won, a)
		case a.status != http.StatusConflict || a.text("code") != loses:
			s.t.Errorf("register %d: %d %s", i, a.status, a.raw)
		}
	}
	return won
}

// sales counts the completed sales that a list answers.
func (s *server) sales(query string) (n int) {
	s.t.Helper()
	for cursor := ""; ; {
		page := s.get("/sales?kind=sale&limit=200&cursor=" + cursor + query)
		n += len(page.list("items"))
		if cursor = page.text("next_cursor"); cursor == "" {
			return n
		}
	}
}

func TestA07_SixtyFourRegistersSpendOneBalanceOverHTTP(t *testing.T) {
	each(t, "shopwright", func(s *server) {
		soap := s.sku("soap", "goods", "25.00", "1000")
		mei := s.member("Lin Mei", "13800001234")
		s.post("/members/"+mei+"/top-ups", s.here().with("amount", "110.00").with("tender", "cash"))
		won := s.race(func(register string) body {
			return body{"shop_id": s.Shop, "register_id": register, "member_id": mei, "lines": []body{line(soap, "1")}, "tenders": []body{tender("stored_value", "25.00")}}
		}, "wallet.insufficient_funds")
		if len(won) != 4 || s.sales("&member_id="+mei) != 5 {
			s.t.Errorf("%d registers won, four could", len(won))
		}
		s.is(s.get("/members/"+mei+"/wallet"), map[string]string{"available": "10.00", "held": "0.00"})
		s.is(s.get("/stock?sku_id="+soap), map[string]string{"items.0.on_hand": "996", "items.0.reserved": "0"})
		s.mustVerify()
	})
}

func TestA08_OneCouponHasOneWinnerOverHTTP(t *testing.T) {
	each(t, "retail", func(s *server) {
		soap := s.sku("soap", "goods", "25.00", "1000")
		code := s.post("/coupons", body{"name": "all of it", "kind": "cash", "amount": "99.00"}).text("code")
		won := s.race(func(register string) body {
			return body{"shop_id": s.Shop, "register_id": register, "lines": []body{line(soap, "1")}, "coupons": []string{code}, "tenders": []body{}}
		}, "coupon.already_used")
		if len(won) != 1 {
			s.t.Fatalf("%d registers won, one could", len(won))
		}
		s.is(won[0], map[string]string{"total": "0.00", "discount": "25.00"}) // worth more than the basket, and nothing is paid out
		s.is(s.get("/coupons?code="+code), map[string]string{"items.0.used": "1"})
		s.is(s.get("/stock?sku_id="+soap), map[string]string{"items.0.on_hand": "999"})
		s.mustVerify()
	})
}

func TestA18_TheLastUnitIsSoldOnceOverHTTP(t *testing.T) {
	each(t, "shopwright", func(s *server) {
		last, soap := s.sku("last", "goods", "1.00", "1"), s.sku("soap", "goods", "25.00", "1000")
		won := s.race(func(register string) body {
			return body{"shop_id": s.Shop, "register_id": register, "lines": []body{line(soap, "1"), line(last, "1")}, "tenders": []body{tender("cash", "26.00")}}
		}, "stock.insufficient")
		if len(won) != 1 || s.sales("") != 1 {
			s.t.Errorf("%d registers won, one could", len(won))
		}
		s.is(s.get("/stock?sku_id="+last), map[string]string{"items.0.on_hand": "0"})
		s.is(s.get("/stock?sku_id="+soap), map[string]string{"items.0.on_hand": "999"})
		s.mustVerify()
	})
}

func TestA09_TheSameKeyAHundredTimesIsOneSaleOverHTTP(t *testing.T) {
	each(t, "retail", func(s *server) {
		soap := s.sku("soap", "goods", "25.00", "1000")
		mei := s.member("Lin Mei", "13800001234")
		code := s.post("/coupons", body{"name": "one off", "kind": "cash", "amount": "1.00"}).text("code")
		sale := s.here().with("member_id", mei).with("lines", []body{line(soap, "1")}).with("coupons", []string{code}).with("tenders", []body{tender("cash", "30.00")})
		const n = 100
		answers := make([]*answer, n)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				<-start
				a, err := s.try("POST", "/api/v1/sales", sale, "Idempotency-Key: again")
				if err != nil {
					s.t.Error(err)
					a = &answer{}
				}
				answers[i] = a
			})
		}
		close(start)
		wg.Wait()
		fresh := 0
		for _, a := range answers {
			if a.status != http.StatusCreated || !bytes.Equal(a.raw, answers[0].raw) {
				s.t.Fatalf("%d %s\nanother answer: %s", a.status, a.raw, answers[0].raw)
			}
			if a.header.Get("Idempotency-Replayed") == "" {
				fresh++
			}
		}
		if fresh != 1 || s.sales("") != 1 {
			s.t.Errorf("%d answers say that they are the first; there are %d sales", fresh, s.sales(""))
		}
		s.is(answers[0], map[string]string{"total": "24.00", "change": "6.00"})
		books := s.books()
		other := s.want(http.StatusConflict, s.call("POST", "/sales", sale.with("lines", []body{line(soap, "2")}), "Idempotency-Key: again"))
		s.is(other, map[string]string{"code": "idempotency.key_reused"})
		elsewhere := s.call("POST", "/members/"+mei+"/top-ups", s.here().with("amount", "5.00").with("tender", "cash"), "Idempotency-Key: again")
		s.is(s.want(http.StatusConflict, elsewhere), map[string]string{"code": "idempotency.key_reused"})
		if after := s.books(); after != books {
			s.t.Errorf("a refused request left a trace\n%s\n%s", books, after)
		}
		if late := s.call("POST", "/sales", sale, "Idempotency-Key: again"); !bytes.Equal(late.raw, answers[0].raw) || late.header.Get("Idempotency-Replayed") != "true" {
			s.t.Errorf("a late repetition: %s", late.raw)
		}
		s.mustVerify()
	})
}
