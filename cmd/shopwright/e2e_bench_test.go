package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/shopwright/shopwright/core/db/dbtest"
)

// BenchmarkCheckoutHTTP sells three lines to a member under two packs, over HTTP,
// to the program in a process of its own: one register after the other, and many
// at once. With E2E_PROFILES=FOLDER in the environment the program writes its CPU
// profile there.
func BenchmarkCheckoutHTTP(b *testing.B) {
	for _, on := range []string{"sqlite", "postgres"} {
		b.Run(on, func(b *testing.B) {
			dsn := ""
			if on == "postgres" {
				dsn = dbtest.PostgresURL(b)
			}
			var env []string
			if folder := os.Getenv("E2E_PROFILES"); folder != "" {
				env = append(env, profileTo+"="+filepath.Join(folder, on+".pprof"))
			}
			s := newServer(b, dsn, "retail", env...)
			s.want(http.StatusOK, s.call("PUT", "/packs/catering", body{"enabled": true}))
			var lines []body
			for i, price := range []string{"8.50", "25.00", "3.33"} {
				lines = append(lines, line(s.sku(fmt.Sprintf("sku%d", i), "goods", price, "100000000"), "1"))
			}
			registers := s.registers()
			sell := func(register, member string) error {
				a, err := s.try("POST", "/api/v1/sales", body{"shop_id": s.Shop, "register_id": register, "member_id": member, "lines": lines, "tenders": []body{tender("cash", "50.00")}}, "Idempotency-Key: "+newKey())
				if err == nil && (a.status != http.StatusCreated || a.text("fallbacks.0") != "") {
					err = fmt.Errorf("%d %s", a.status, a.raw)
				}
				return err
			}
			members := make(chan string, 16)
			for i := range cap(members) {
				members <- s.member("Member", fmt.Sprintf("138000%05d", i))
			}
			first := <-members
			for range 20 { // the packs are compiled, the statements prepared
				if err := sell(registers[0], first); err != nil {
					b.Fatal(err)
				}
			}
			members <- first
			b.Run("one", func(b *testing.B) {
				m := <-members
				for b.Loop() {
					if err := sell(registers[0], m); err != nil {
						b.Fatal(err)
					}
				}
				members <- m
			})
			b.Run("many", func(b *testing.B) {
				free := make(chan string, len(registers))
				for _, r := range registers {
					free <- r
				}
				b.SetParallelism(4)
				b.RunParallel(func(pb *testing.PB) {
					register, member := <-free, <-members
					for pb.Next() {
						if err := sell(register, member); err != nil {
							b.Error(err)
							return
						}
					}
					members <- member
				})
			})
		})
	}
}
