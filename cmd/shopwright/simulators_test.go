package main

import (
	"bytes"
	"context"
	"encoding/json"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopwright/shopwright/admin/office"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/hw/drivers"
	"github.com/shopwright/shopwright/hw/wire"
	"github.com/shopwright/shopwright/plugins"
	"github.com/shopwright/shopwright/sdk/driver"
	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// Every class that the page offers has a device that its own driver works with, and
// what is done to the device is what the driver tells.
func TestSimulatedDevicesWorkWithTheirDrivers(t *testing.T) {
	desk := &simDesk{}
	if len(desk.Classes()) != len(simDrivers) {
		t.Error("a class has no driver")
	}
	events := make(chan *driver.Event, 1000)
	h := plugins.NewHost(plugins.Options{Events: func(_ string, e *driver.Event) {
		select {
		case events <- e:
		default:
		}
	}})
	defer h.Close()
	for _, class := range desk.Classes() {
		t.Run(class, func(t *testing.T) {
			dev, err := newSimulated(class)
			if err != nil {
				t.Fatal(err)
			}
			defer dev.Close()
			kind := simDrivers[class]
			if classOf(drivers.Classes(kind.driver)) != class {
				t.Errorf("%s is no driver of a %s", kind.driver, class)
			}
			config, err := withAddress(json.RawMessage(kind.config), dev.address())
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
			defer cancel()
			if err := h.Start(ctx, plugins.Instance{ID: class, Driver: kind.driver, Config: config}); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = h.Stop(context.Background(), class) }()
			if err := h.WaitReady(ctx, class); err != nil {
				t.Fatal(err)
			}
			if err := dev.do("explode", ""); !fault.ReasonIs(err, "office.not_simulated") {
				t.Error(err)
			}
			switch class {
			case "printer":
				simulatedPaper(ctx, t, h, dev)
			case "label":
				simulatedLabel(ctx, t, h, dev)
			case "display":
				simulatedDisplay(ctx, t, h, dev)
			default:
				simulatedInput(ctx, t, h, class, dev, events)
			}
			if err := dev.do("unplug", ""); err != nil {
				t.Error(err)
			}
			if got := dev.look(); !slices.Contains(got.Acts, "plug") || slices.Contains(got.Acts, "unplug") {
				t.Error(got.Acts)
			}
			if err := dev.do("plug", ""); err != nil {
				t.Error(err)
			}
		})
	}
	if _, err := newSimulated("spaceship"); err == nil {
		t.Error("there is no such device")
	}
}

func until(ctx context.Context, t *testing.T, what string, ok func() bool) {
	t.Helper()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatal("in vain: " + what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// simulatedInput makes the device tell something until its driver says so.
func simulatedInput(ctx context.Context, t *testing.T, h *plugins.Host, class string, dev simulated, events chan *driver.Event) {
	t.Helper()
	until(ctx, t, "it is connected", func() bool { return dev.look().Connected })
	s := dev.look()
	got := func(e *driver.Event) string {
		switch {
		case e.GetScan() != nil:
			return string(e.GetScan().GetData())
		case e.GetCard() != nil:
			return e.GetCard().GetNumber()
		case e.GetCall() != nil:
			return e.GetCall().GetNumber()
		case e.GetWeight() != nil && e.GetWeight().GetStable() && e.GetWeight().GetMilligrams() == 1_250_000:
			return "1.250"
		}
		return ""
	}
	if err := dev.do(s.Takes, ""); err == nil {
		t.Error("nothing is no value")
	}
	if class == "paybox" { // a code counts only while an amount is announced
		box, ok := h.PayBox(class)
		if !ok {
			t.Fatal("it serves no pay box")
		}
		if err := box.Arm(ctx, "x", "", "12.50"); err != nil {
			t.Fatal(err)
		}
		until(ctx, t, "it shows the amount", func() bool { return slices.Equal(dev.look().Shows, []string{"12.50"}) })
	}
	until(ctx, t, "the driver tells "+s.Sample, func() bool {
		if err := dev.do(s.Takes, s.Sample); err != nil {
			t.Fatal(err)
		}
		for wait := time.After(500 * time.Millisecond); ; {
			select {
			case e := <-events:
				if got(e) == s.Sample {
					return true
				}
			case <-wait:
				return false
			}
		}
	})
	if class == "scale" {
		if got := dev.look().Shows; len(got) != 1 || got[0] != "1.25 kg" {
			t.Error(got)
		}
	}
}

func simulatedPaper(ctx context.Context, t *testing.T, h *plugins.Host, dev simulated) {
	t.Helper()
	p, ok := h.Printer("printer")
	if !ok {
		t.Fatal("it prints nothing")
	}
	submit := func(no string) driver.JobStatus {
		t.Helper()
		doc := receipt.Document{Blocks: []receipt.Block{receipt.Text{Text: "收据 " + no}, receipt.QR{Content: "https://shop.example"}, receipt.Cut{}}}
		st, err := p.Submit(ctx, driver.Job{JobKey: driver.JobKey{ID: "sim-" + no, Attempt: 1}, Document: wire.To(doc)})
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	if st := submit("one"); st.State != driver.JobConfirmed && st.State != driver.JobSent {
		t.Fatalf("%+v", st)
	}
	var s office.Simulated
	until(ctx, t, "the paper is out", func() bool { s = dev.look(); return len(s.Papers) > 0 })
	if !strings.Contains(s.Papers[0].Text, "收据 one") || !s.Drawer {
		t.Errorf("%+v", s)
	}
	raw, err := dev.picture(s.Papers[0].No)
	if err != nil {
		t.Fatal(err)
	}
	if img, err := png.Decode(bytes.NewReader(raw)); err != nil || img.Bounds().Dx() != receipt.Dots80mm {
		t.Error(err)
	}
	if _, err := dev.picture(99); err == nil {
		t.Error("there is no such paper")
	}
	d, ok := h.Drawer("printer")
	if !ok {
		t.Fatal("it opens no drawer")
	}
	if err := d.Open(ctx, "kick", "", 0); err != nil {
		t.Fatal(err)
	}
	until(ctx, t, "the drawer was opened", func() bool { return dev.look().Kicks == 1 })
	if err := dev.do("paper_out", ""); err != nil {
		t.Fatal(err)
	}
	if st := submit("two"); st.State != driver.JobFailed {
		t.Errorf("without paper: %+v", st)
	}
	if got := dev.look(); got.Is != "paper_out" || strings.Contains(got.Papers[0].Text, "two") {
		t.Errorf("%+v", got)
	}
}

func simulatedLabel(ctx context.Context, t *testing.T, h *plugins.Host, dev simulated) {
	t.Helper()
	p, ok := h.Labeler("label")
	if !ok {
		t.Fatal("it prints no labels")
	}
	job := driver.LabelJob{JobKey: driver.JobKey{ID: "l", Attempt: 1}, Copies: 2, Label: &driver.Label{Width: 400, Height: 300, Items: []*hwv1.LabelItem{
		{X: 20, Y: 20, Kind: &hwv1.LabelItem_Text{Text: &hwv1.LabelText{Text: "Tea", Height: 40}}},
		{X: 20, Y: 90, Kind: &hwv1.LabelItem_Code{Code: &hwv1.LabelCode{Symbology: "ean13", Content: "6901234567892", Height: 120}}}}}}
	if st, err := p.PrintLabel(ctx, job); err != nil || failedJob(st) != nil {
		t.Fatal(st, err)
	}
	var s office.Simulated
	until(ctx, t, "the label is out", func() bool { s = dev.look(); return len(s.Papers) > 0 })
	if !strings.Contains(s.Papers[0].Text, "690123456789") || !strings.Contains(s.Papers[0].Text, "× 2") {
		t.Errorf("%q", s.Papers[0].Text)
	}
	raw, err := dev.picture(s.Papers[0].No)
	if err != nil {
		t.Fatal(err)
	}
	if img, err := png.Decode(bytes.NewReader(raw)); err != nil || img.Bounds().Dx() != 320 || img.Bounds().Dy() != 240 { // 40 x 30 mm at 8 dots
		t.Error(err, img.Bounds())
	}
}

func simulatedDisplay(ctx context.Context, t *testing.T, h *plugins.Host, dev simulated) {
	t.Helper()
	d, ok := h.Display("display")
	if !ok {
		t.Fatal("it shows nothing")
	}
	until(ctx, t, "it shows a total", func() bool {
		_ = d.Show(ctx, driver.Shown{Kind: driver.ShowTotal, Amount: "88.00", Lines: []string{"Total", "88.00"}}) // it may still be connecting
		return strings.Contains(strings.Join(dev.look().Shows, "\n"), "88.00")
	})
}

// A file of the simulators names devices and nothing that a row could be made from.
func TestSimulatorsAreKeptByDevice(t *testing.T) {
	s := &simDesk{file: t.TempDir() + "/simulators.json", running: map[id.ID]simRow{}}
	dev, err := newSimulated("scanner")
	if err != nil {
		t.Fatal(err)
	}
	s.running[id.Derived("d")] = simRow{id.Derived("m"), "scanner", dev}
	defer s.close()
	if err := s.save(); err != nil {
		t.Fatal(err)
	}
	if _, ok := s.Look(id.Derived("m"), id.Derived("d")); !ok {
		t.Error("it is there")
	}
	if _, ok := s.Look(id.Derived("another"), id.Derived("d")); ok {
		t.Error("it is another merchant's")
	}
	if err := s.Do(id.Derived("another"), id.Derived("d"), "scan", "1"); !fault.ReasonIs(err, "device.not_found") {
		t.Error(err)
	}
	if _, err := s.Picture(id.Derived("m"), id.Derived("d"), 0); err == nil {
		t.Error("a scanner has no paper")
	}
}

// Each built-in driver is confined, or belongs to those of which it is said why not.
func TestBuiltInDriversAreConfinedWhereItIsSound(t *testing.T) {
	for name := range confinedDrivers {
		if !drivers.Has(name) {
			t.Errorf("there is no driver %s", name)
		}
	}
	for _, name := range drivers.Names() {
		_, confined := builtInPermissions(name)
		reaches := slices.ContainsFunc([]string{"callerid-", "card-", "display-", "dot-matrix", "escpos-serial", "escpos-usb", "label-", "paybox-", "scale-", "scanner-", "spooler"}, func(p string) bool { return strings.HasPrefix(name, p) })
		if confined && reaches {
			t.Errorf("%s is confined and reaches devices by their files", name)
		}
	}
}
