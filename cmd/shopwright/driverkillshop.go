package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/tenant"
	"github.com/shopwright/shopwright/plugins"
	"github.com/shopwright/shopwright/sdk/client"
)

// killShop is the shop of a kill suite; the register of its access has the devices.
type killShop struct {
	access
	quiet string // a register without devices
	skus  []string
}

func (k *killRun) config() config {
	return config{Data: k.data, DB: k.database, Addr: "127.0.0.1:0"}
}

// prepare makes a merchant of its own with two registers, and the devices at one.
func (k *killRun) prepare(ctx context.Context) error {
	a, err := openCore(ctx, k.config(), k.log, openOptions{cheap: true})
	if err != nil {
		return err
	}
	defer a.Close()
	handle := "kill-" + strings.ToLower(rand.Text()[:10])
	k.shop.access, err = a.setup(ctx, newMerchant{Handle: handle, Edition: "retail", Currency: "CNY", Zone: "Asia/Shanghai", CutOff: 4 * 60, Locale: "en"})
	if err != nil {
		return err
	}
	m := k.shop.Merchant
	return a.db.InTx(auth.WithActor(ctx, auth.JobActor(m, "kill")), func(ctx context.Context, tx *db.Tx) error {
		quiet, err := tenant.CreateRegister(ctx, tx, m, k.shop.Shop, tenant.NewRegister{Name: "2"})
		if err != nil {
			return err
		}
		k.shop.quiet = quiet.ID.String()
		for i := range k.counter.devices {
			d := &k.counter.devices[i]
			d.Merchant, d.Shop, d.Register, d.Enabled = m, k.shop.Shop, k.shop.Register, true
			made, err := device.Create(ctx, tx, *d)
			if err != nil {
				return err
			}
			d.ID = made.ID
		}
		return nil
	})
}

// killServer is the program at work: in this process, where a is set, or in another.
type killServer struct {
	a    *app
	url  string
	stop func()
}

// serve runs the program in this process.
func (k *killRun) serve(ctx context.Context, o openOptions) (*killServer, error) {
	a, err := open(ctx, k.config(), k.log, o)
	if err != nil {
		return nil, err
	}
	a.handler = k.trace.mark(a.handler)
	ctx, end := context.WithCancel(ctx)
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- a.run(ctx, func(addr string) { ready <- addr }) }()
	s := &killServer{a: a}
	s.stop = sync.OnceFunc(func() { end(); <-ended; a.Close() })
	select {
	case addr := <-ready:
		s.url = "http://" + addr
		return s, nil
	case err := <-ended:
		ended <- err
		s.stop()
		return nil, fmt.Errorf("the program does not run: %w", err)
	}
}

// allReady waits until every driver works.
func (s *killServer) allReady(ctx context.Context, n int) error {
	for end := time.Now().Add(60 * time.Second); ; {
		usable, last := 0, plugins.Status{}
		for _, st := range s.a.plugins.Status() {
			if st.State == plugins.Ready {
				usable++
			} else {
				last = st
			}
		}
		if usable == n {
			return nil
		}
		if time.Now().After(end) {
			return fmt.Errorf("%d of %d drivers work; %s is %s: %s %s", usable, n, last.Driver, last.State, last.Reason, last.Detail)
		}
		if err := wait(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// stock makes what is sold.
func (k *killRun) stock(ctx context.Context, s *killServer) error {
	c := k.client(s.url)
	for _, v := range []client.NewSKU{
		{Name: "龙井茶 Green tea", Code: "TEA", Kind: "goods", UnitPrice: "8.50", Barcodes: []string{"6901234567892"}},
		{Name: "香皂 Soap", Code: "SOAP", Kind: "goods", UnitPrice: "2.50"},
		{Name: "Gift wrapping", Code: "WRAP", Kind: "service", UnitPrice: "1.00"},
	} {
		sku, err := c.CreateSKU(ctx, v)
		if err != nil {
			return err
		}
		k.shop.skus = append(k.shop.skus, sku.ID)
		if v.Kind != "goods" {
			continue
		}
		if _, err := c.MoveStock(ctx, client.StockMoveIn{ShopID: k.shop.Shop.String(), Kind: "goods_receipt", SKUID: sku.ID, Quantity: "1000000", UnitCost: "1.00"}); err != nil {
			return err
		}
	}
	return nil
}

func (k *killRun) client(url string) *client.Client {
	c := client.New(url, k.shop.APIKey)
	c.Attempts = 1 // what is sent again is counted here
	c.HTTP = &http.Client{Timeout: 40 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	return c
}

// killSale is a sale that a register means to make, and what it was told of it.
type killSale struct {
	key, id  string // id: made by the register; "": by the program
	register string
	told     *client.Sale // nil: no answer came
	refused  error
	tries    int
}

func (k *killRun) intend(register string) *killSale {
	v := &killSale{key: rand.Text(), register: register}
	if len(k.sales)%2 == 0 {
		v.id = id.New(int64(clock.System{}.Now())).String()
	}
	k.sales = append(k.sales, v)
	return v
}

// insist sends a sale until it is answered, as a till does: always with the same key.
func (k *killRun) insist(ctx context.Context, c *client.Client, v *killSale) error {
	in := client.SaleIn{ID: v.id, BasketIn: client.BasketIn{ShopID: k.shop.Shop.String(), RegisterID: v.register, Tenders: []client.TenderIn{{Type: "cash", Amount: "50.00"}}}}
	for i, sku := range k.shop.skus {
		in.Lines = append(in.Lines, client.LineIn{SKUID: sku, Quantity: fmt.Sprint(i + 1)})
	}
	for end := time.Now().Add(90 * time.Second); time.Now().Before(end); {
		v.tries++
		sold, err := c.Sell(ctx, in, client.WithKey(v.key))
		var p *client.Problem
		var later *client.Pending
		switch {
		case err == nil:
			v.told = &sold
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &later), errors.As(err, &p) && p.Status < 500 && p.Code != "idempotency.in_flight":
			v.refused = err
			return nil
		}
		if err := wait(ctx, 20*time.Millisecond); err != nil {
			return err
		}
	}
	return nil
}

// sell makes n checkouts one after another and answers how long each took, with what
// the till does beside it: it shows the total to the customer and opens the drawer.
func (k *killRun) sell(ctx context.Context, s *killServer, register string, n int) ([]time.Duration, error) {
	c := k.client(s.url)
	defer c.HTTP.CloseIdleConnections()
	at, err := id.Parse(register)
	if err != nil {
		return nil, err
	}
	out := make([]time.Duration, 0, n)
	for range n {
		v := k.intend(register)
		began := time.Now()
		if err := k.insist(ctx, c, v); err != nil {
			return nil, err
		}
		if v.told != nil {
			document, err := id.Parse(v.told.ID)
			if err != nil {
				return nil, err
			}
			s.a.counter.Show(k.shop.Merchant, at, device.Shown{Kind: device.ShownTotal, Amount: v.told.Total, Lines: []string{"TOTAL", v.told.Total}})
			s.a.counter.OpenDrawer(k.shop.Merchant, at, document)
		}
		out = append(out, time.Since(began))
		if k.pace > 0 {
			if err := wait(ctx, k.pace/2+time.Duration(k.rnd.Int64N(int64(k.pace)))); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}
