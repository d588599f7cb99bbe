package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/shopwright/shopwright/admin/tour"
	"github.com/shopwright/shopwright/cmd/shopwright/demo"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/catalog"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/money"
	"github.com/shopwright/shopwright/hw/drivers/virtualprinter"
	"github.com/shopwright/shopwright/plugins"
)

// The folder of the demo holds a mark that says how far its making is. Without
// it a database in the folder is somebody's own, and is not touched.
const (
	markFile   = "demo.state"
	markBegun  = "begun\n"
	markMade   = "made 2\n" // raised where an older demo should be made anew
	resultFile = "demo.json"
)

var errNotADemo = errors.New("this folder holds a database that is not a demo's; choose another one with --data")

func (d *demoServer) path(name string) string { return filepath.Join(d.cfg.Data, name) }

// prepare makes the demo, unless a whole one is there.
func (d *demoServer) prepare(ctx context.Context) (demo.Result, error) {
	if err := os.MkdirAll(d.cfg.Data, 0o700); err != nil {
		return demo.Result{}, err
	}
	mark, err := os.ReadFile(d.path(markFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(d.path("shop.db")); err == nil {
			return demo.Result{}, errNotADemo
		}
	case err != nil:
		return demo.Result{}, err
	case string(mark) == markMade:
		if r, err := demo.Read(d.path(resultFile)); err == nil {
			if r.URL == d.url {
				return r, nil
			}
			r.URL = d.url
			return r, r.Write(d.path(resultFile))
		}
	}
	if err := d.wipe(); err != nil {
		return demo.Result{}, err
	}
	return d.make(ctx)
}

// wipe removes what an earlier demo left, finished or not. What was compiled of
// the rules stays: it is the same again.
func (d *demoServer) wipe() error {
	if err := os.WriteFile(d.path(markFile), []byte(markBegun), 0o600); err != nil {
		return err
	}
	var errs []error
	for _, name := range []string{"shop.db", "shop.db-wal", "shop.db-shm", "master.key", resultFile, "receipts"} {
		errs = append(errs, os.RemoveAll(d.path(name)))
	}
	return errors.Join(errs...)
}

// make seeds the three merchants and notes that it is done.
func (d *demoServer) make(ctx context.Context) (demo.Result, error) {
	a, err := openCore(ctx, d.cfg, d.log, openOptions{cheap: true})
	if err != nil {
		return demo.Result{}, err
	}
	defer a.Close()
	bar := newProgress(d.bar)
	defer bar.end()
	r, err := demo.Seed(ctx, demo.Deps{DB: a.db, Rules: a.rules, Packs: a.packs, Vault: a.vault, Auth: a.auth, Log: d.log}, d.opts, func(done, total int, what string) {
		d.mu.Lock()
		d.done, d.total, d.what = done, total, what
		d.mu.Unlock()
		bar.show(done, total)
	})
	if err != nil {
		return r, err
	}
	for i := range r.Merchants {
		if err := d.printer(ctx, a, &r.Merchants[i]); err != nil {
			return r, err
		}
	}
	r.URL = d.url
	if err := r.Write(d.path(resultFile)); err != nil {
		return r, err
	}
	return r, os.WriteFile(d.path(markFile), []byte(markMade), 0o600)
}

// printer gives a merchant's first register a printer whose paper is a folder. It
// takes its time over a receipt, as printers do.
func (d *demoServer) printer(ctx context.Context, a *app, m *demo.Merchant) error {
	ids, err := parseIDs(m.Merchant, m.Shop, m.Register)
	if err != nil {
		return err
	}
	config, err := json.Marshal(map[string]any{"folder": d.path(filepath.Join("receipts", m.Edition)), "delay_ms": 700})
	if err != nil {
		return err
	}
	return a.db.InTx(auth.WithActor(ctx, auth.JobActor(ids[0], "demo")), func(ctx context.Context, tx *db.Tx) error {
		_, err := device.Create(ctx, tx, device.Device{Merchant: ids[0], Shop: ids[1], Register: ids[2], Name: "小票打印机 Receipt printer", Class: device.ClassPrinter,
			Driver: virtualprinter.Name, Config: config, Enabled: true})
		return err
	})
}

func parseIDs(texts ...string) ([]id.ID, error) {
	out := make([]id.ID, len(texts))
	for i, s := range texts {
		var err error
		if out[i], err = id.Parse(s); err != nil {
			return nil, fmt.Errorf("%s: %w", resultFile, err)
		}
	}
	return out, nil
}

// tour makes the first page from what was seeded.
func (d *demoServer) tour(ctx context.Context, a *app, r demo.Result) (*tour.Tour, error) {
	broken, err := tour.BrokenBundle()
	if err != nil {
		return nil, err
	}
	if err := a.packs.Add(broken); err != nil {
		return nil, err
	}
	o := tour.Options{
		Shell: a.shell, Desk: a.desk, Events: a.events, Merchants: map[string]tour.Merchant{}, File: d.path(resultFile), Log: d.log, Reset: d.reset,
		Kill:   func(dev id.ID) error { return a.plugins.Kill(dev.String()) },
		Driver: func(dev id.ID) (tour.Driver, bool) { return driverState(a.plugins, dev) },
	}
	folders := map[id.ID]string{}
	for i := range r.Merchants {
		m, err := d.tourMerchant(ctx, a, &r.Merchants[i], &r)
		if err != nil {
			return nil, err
		}
		o.Merchants[m.Edition] = m
		folders[m.Printer] = d.path(filepath.Join("receipts", m.Edition))
	}
	o.Papers = func(dev, job id.ID) (n int) {
		printed, err := virtualprinter.List(folders[dev])
		if err != nil {
			return 0 // no paper has come out yet
		}
		for _, p := range printed {
			if p.JobID == job.String() {
				n++
			}
		}
		return n
	}
	for _, key := range []string{demo.StoryAlmostGold, demo.StoryBirthday, demo.StoryLastPunch, demo.StoryTwoLots, demo.StoryAway, demo.StoryCoupon, demo.StoryNearlyOut, demo.StorySenior, demo.StoryJunior,
		demo.StoryFamily, demo.StoryHeld, demo.StoryCashOut, demo.StoryGiftCard, demo.StoryRefunds, demo.StoryFrozen} {
		s := r.Stories[key]
		o.Stories = append(o.Stories, tour.Story{Key: key, Edition: s.Edition, Name: s.Name, Note: strings.TrimSpace(strings.Join([]string{s.Phone, s.Barcode, s.Coupon, s.GiftCard}, " "))})
	}
	return tour.New(o), nil
}

func driverState(h *plugins.Host, dev id.ID) (tour.Driver, bool) {
	for _, s := range h.Status() {
		if s.ID == dev.String() {
			return tour.Driver{Usable: s.Usable(), State: string(s.State), PID: s.PID, Restarts: s.Restarts}, true
		}
	}
	return tour.Driver{}, false
}

// tourMerchant finds in the database what the steps of a merchant work with.
func (d *demoServer) tourMerchant(ctx context.Context, a *app, in *demo.Merchant, r *demo.Result) (tour.Merchant, error) {
	m := tour.Merchant{Edition: in.Edition, Name: in.Name, APIKey: in.APIKey, Staff: map[auth.Role]id.ID{}}
	ids, err := parseIDs(in.Merchant, in.Shop, in.Register)
	if err != nil {
		return m, err
	}
	m.ID, m.Shop, m.Register = ids[0], ids[1], ids[2]
	people, err := auth.ListStaff(ctx, a.db, m.ID)
	if err != nil {
		return m, err
	}
	for _, p := range people {
		if _, ok := m.Staff[p.Role]; !ok && p.HasPassword {
			m.Staff[p.Role] = p.ID
		}
	}
	devices, err := device.List(ctx, a.db, m.ID, m.Shop)
	if err != nil {
		return m, err
	}
	for _, dev := range devices {
		if dev.Driver == virtualprinter.Name {
			m.Printer = dev.ID
		}
	}
	switch in.Edition {
	case "retail":
		for _, category := range []string{"drinks", "snacks", "home"} {
			list, _, err := catalog.List(ctx, a.db, m.ID, catalog.Filter{Category: category}, db.Page{Limit: 1})
			if err != nil {
				return m, err
			}
			for _, s := range list {
				m.Scans = append(m.Scans, tour.Scan{Code: s.Barcodes[0], Name: s.Name})
				m.Sell = append(m.Sell, checkout.LineIn{SKU: s.ID, Quantity: money.One})
			}
		}
		s := r.Stories[demo.StoryCoupon]
		m.Member = tour.Scan{Code: s.Phone, Name: s.Name}
		g := r.Stories[demo.StoryGiftCard]
		m.GiftCard = tour.Scan{Code: g.GiftCard, Name: g.Name}
	case "catering":
		for _, code := range []string{"BEEF-NOODLE", "MILK-TEA"} {
			list, _, err := catalog.List(ctx, a.db, m.ID, catalog.Filter{Barcode: code}, db.Page{Limit: 1})
			if err != nil {
				return m, err
			}
			for _, s := range list {
				m.Price = append(m.Price, checkout.LineIn{SKU: s.ID, Quantity: money.One})
			}
		}
		m.Sell = m.Price
		who, err := parseIDs(r.Stories[demo.StoryPriceMember].MemberID)
		if err != nil {
			return m, err
		}
		m.PriceMember = who[0]
	}
	return m, nil
}
