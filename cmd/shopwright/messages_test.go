package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/message"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/core/setting"
	"github.com/shopwright/shopwright/core/stock"
	"github.com/shopwright/shopwright/core/tenant"
)

// smsGateway is a gateway for text messages: it keeps what it was sent, each key once.
type smsGateway struct {
	mu   sync.Mutex
	sent map[string]string // by the message's key
	deaf bool              // it takes the message on, and its answer is lost
}

func (g *smsGateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	g.mu.Lock()
	defer g.mu.Unlock()
	if key, ok := strings.CutPrefix(r.URL.Path, "/status/"); ok {
		if _, known := g.sent[key]; known {
			_, _ = io.WriteString(w, `{"ok":"yes","state":"arrived"}`)
			return
		}
		http.NotFound(w, r)
		return
	}
	var m struct{ Key, To, Text string }
	if json.Unmarshal(raw, &m) != nil || m.Key == "" {
		http.Error(w, "?", http.StatusBadRequest)
		return
	}
	g.sent[m.Key] += m.To + " " + m.Text + "\n"
	if g.deaf {
		panic(http.ErrAbortHandler)
	}
	_, _ = io.WriteString(w, `{"ok":"yes","id":"`+m.Key+`"}`)
}

// texts is what the telephone got.
func (g *smsGateway) texts() (out []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, v := range g.sent {
		out = append(out, strings.Split(strings.TrimSpace(v), "\n")...)
	}
	return out
}

// A top-up at the till becomes one text message on the member's telephone: from the
// sale's event through the connector's process to the gateway. One whose answer is
// lost is asked for and not sent again.
func TestASaleBecomesAMessage(t *testing.T) {
	dir, ctx := t.TempDir(), context.Background()
	gateway := &smsGateway{sent: map[string]string{}}
	srv := httptest.NewServer(gateway)
	defer srv.Close()
	a, err := open(ctx, config{Data: dir, DB: "sqlite:" + filepath.Join(dir, "shop.db")}, slog.New(slog.DiscardHandler), openOptions{cheap: true})
	if err != nil {
		t.Fatal(err)
	}
	stop := a.work(ctx)
	t.Cleanup(func() {
		grace, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		stop(grace)
		a.Close()
	})
	tx := func(f func(context.Context, *db.Tx) error) {
		t.Helper()
		if err := a.db.InTx(ctx, f); err != nil {
			t.Fatal(err)
		}
	}
	var m tenant.Merchant
	var shop, register, connector id.ID
	tx(func(ctx context.Context, tx *db.Tx) (err error) {
		m, err = tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "msg", Name: "Lily", Currency: "CNY"})
		if err != nil {
			return err
		}
		sh, err := tenant.CreateShop(ctx, tx, m.ID, tenant.NewShop{Name: "West", TimeZone: "Asia/Shanghai"})
		shop = sh.ID
		return err
	})
	var who member.Member
	tx(func(ctx context.Context, tx *db.Tx) error {
		stock.CreateFloor(tx, m.ID, shop, "floor")
		r, err := tenant.CreateRegister(ctx, tx, m.ID, shop, tenant.NewRegister{Name: "till"})
		if err != nil {
			return err
		}
		register = r.ID
		if _, err = catalog.Create(ctx, tx, catalog.In{Merchant: m.ID, Code: "cut", Name: "Cut", Kind: catalog.Service, UnitPrice: 100}); err != nil {
			return err
		}
		if who, err = member.Create(ctx, tx, a.vault, member.In{Merchant: m.ID, Name: "Ann", Phone: "13800000001"}); err != nil {
			return err
		}
		if _, err = member.RecordConsent(ctx, tx, m.ID, who.ID, member.PurposeMessages, true, member.ConsentSources()[0]); err != nil {
			return err
		}
		config, err := json.Marshal(map[string]any{"gateway": "custom", "base_url": srv.URL, "body": `{"key":"{key}","to":"{recipient}","text":"{text}"}`, "ok_path": "ok", "ok_value": "yes", "id_path": "id",
			"ask_url": srv.URL + "/status/{key}", "state_path": "state", "delivered": "arrived"})
		if err != nil {
			return err
		}
		dev, err := device.Create(ctx, tx, device.Device{Merchant: m.ID, Shop: shop, Name: "SMS", Class: classMessage, Driver: "messenger-http", Config: config, Enabled: true})
		connector = dev.ID
		return err
	})
	for key, value := range map[string]string{"message.kinds": message.KindMoney, "message.channels": "sms", "message.quiet_hours": ""} {
		tx(func(_ context.Context, tx *db.Tx) error {
			return setting.Set(tx, setting.Place{Merchant: m.ID}, key, value)
		})
	}
	until := func(what string, ok func() bool) {
		t.Helper()
		for began := time.Now(); !ok(); time.Sleep(20 * time.Millisecond) {
			if time.Since(began) > 40*time.Second {
				list, _, err := message.List(ctx, a.db, m.ID, message.Filter{}, db.Page{})
				t.Fatalf("not in time: %s; messages %+v %v; texts %q", what, list, err, gateway.texts())
			}
		}
	}
	until("the connector runs", func() bool { _, ok := a.plugins.Messenger(connector.String()); return ok })
	if err := a.messages.read(ctx, m.ID); err != nil { // from here on
		t.Fatal(err)
	}
	topUp := func() {
		t.Helper()
		in := checkout.SaleIn{Basket: checkout.Basket{Merchant: m.ID, Shop: shop, Register: register, Member: who.ID, Lines: []checkout.LineIn{{Kind: sale.LineTopUp, Quantity: money.One, Amount: 100_00}}},
			Tenders: []checkout.TenderIn{{Type: sale.TenderCash, Amount: 100_00}}, ID: id.New(int64(a.db.Now()))}
		if _, err := a.desk.Complete(ctx, in); err != nil {
			t.Fatal(err)
		}
	}
	stands := func() string {
		list, _, err := message.List(ctx, a.db, m.ID, message.Filter{}, db.Page{})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for i := len(list) - 1; i >= 0; i-- {
			out = append(out, string(list[i].State))
		}
		return strings.Join(out, " ")
	}
	topUp()
	until("the telephone got it", func() bool { return len(gateway.texts()) == 1 })
	if got := gateway.texts()[0]; !strings.HasPrefix(got, "13800000001 ") && !strings.HasPrefix(got, "+8613800000001 ") || !strings.Contains(got, "100.00") || !strings.Contains(got, "Lily") {
		t.Error(got)
	}
	until("it is taken on", func() bool { s := stands(); return s == "accepted" || s == "delivered" })
	gateway.mu.Lock()
	gateway.deaf = true
	gateway.mu.Unlock()
	topUp()
	until("it is uncertain", func() bool {
		return strings.HasSuffix(stands(), " uncertain") || strings.HasSuffix(stands(), " delivered")
	})
	until("the gateway says that it has arrived", func() bool { return strings.HasSuffix(stands(), " delivered") })
	if got := gateway.texts(); len(got) != 2 {
		t.Errorf("%q", got)
	}
}
