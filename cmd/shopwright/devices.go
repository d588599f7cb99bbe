package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/shopwright/shopwright/admin/office"
	"github.com/shopwright/shopwright/admin/pos"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/sale"
	"github.com/shopwright/shopwright/hw/drivers"
	"github.com/shopwright/shopwright/hw/drivers/virtualprinter"
	"github.com/shopwright/shopwright/hw/remote"
	"github.com/shopwright/shopwright/plugins"
	"github.com/shopwright/shopwright/sdk/driver"
	hwv1 "github.com/shopwright/shopwright/sdk/driver/proto/shopwright/hw/v1"
)

// deviceDesk keeps one driver process running for each enabled device, by the
// device's id.
type deviceDesk struct {
	a       *app
	started map[string]startedDevice // run's own
}

// startedDevice is a device as its driver was started.
type startedDevice struct {
	device.Device
	trust plugins.Trust
}

const lookForDevices = 2 * time.Second

// run starts what was added, restarts what was changed, stops what was taken out
// of use, until ctx ends.
func (d *deviceDesk) run(ctx context.Context) {
	d.started = map[string]startedDevice{}
	for {
		if err := d.follow(ctx); err != nil && ctx.Err() == nil {
			d.a.log.Warn("devices could not be read", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(lookForDevices):
		}
	}
}

func (d *deviceDesk) follow(ctx context.Context) error {
	wanted, err := device.ListEnabled(ctx, d.a.db)
	if err != nil {
		return err
	}
	d.a.counter.stand(wanted)
	if wanted, err = d.followHosts(ctx, wanted); err != nil {
		return err
	}
	keep, trusted := map[string]bool{}, map[id.ID]plugins.Trust{}
	for _, dev := range wanted {
		key := dev.ID.String()
		keep[key] = true
		var trust plugins.Trust
		if dev.Version != "" { // whoever is trusted no more runs no more
			var known bool
			if trust, known = trusted[dev.Merchant]; !known {
				if trust, err = d.trust(ctx, dev.Merchant); err != nil {
					return err
				}
				trusted[dev.Merchant] = trust
			}
		}
		if old, ok := d.started[key]; ok {
			if old.Driver == dev.Driver && old.Version == dev.Version && bytes.Equal(old.Config, dev.Config) && sameTrust(old.trust, trust) {
				continue
			}
			if err := d.a.plugins.Stop(ctx, key); err != nil {
				return err
			}
		}
		config, err := d.a.secrets.openAll(dev.Merchant, dev.Config)
		if err != nil {
			d.a.log.Error("a device has settings that cannot be read", "device", dev.ID, "error", err)
			config = dev.Config // the driver refuses them, and the page says so
		}
		if err := d.a.plugins.Start(ctx, plugins.Instance{ID: key, Driver: dev.Driver, Version: dev.Version, Config: config, Trust: trust}); err != nil {
			return err
		}
		d.started[key] = startedDevice{dev, trust}
	}
	for key := range d.started {
		if !keep[key] {
			if err := d.a.plugins.Stop(ctx, key); err != nil {
				return err
			}
			delete(d.started, key)
		}
	}
	return nil
}

// Status is the live state of a merchant's devices.
func (d *deviceDesk) Status(m id.ID) []office.DeviceStatus {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	devs, err := device.List(ctx, d.a.db, m, id.None)
	if err != nil {
		d.a.log.Warn("devices could not be read", "error", err)
		return nil
	}
	mine := map[string]bool{}
	for _, dev := range devs {
		mine[dev.ID.String()] = true
	}
	var out []office.DeviceStatus
	for _, st := range d.a.plugins.Status() {
		if !mine[st.ID] {
			continue
		}
		dev, err := id.Parse(st.ID)
		if err != nil {
			continue
		}
		out = append(out, office.DeviceStatus{Device: dev, State: stateWords[st.State], Reason: st.Reason, Detail: st.Detail, Version: st.Version, PID: st.PID, Restarts: st.Restarts, Since: st.Since})
	}
	return append(out, d.hostStatus(ctx, m, devs)...)
}

// stateWords are the supervisor's states as the devices page knows them.
var stateWords = map[plugins.State]string{
	plugins.Verified: "starting", plugins.Starting: "starting", plugins.Ready: "running", plugins.Degraded: "running", plugins.Suspect: "running",
	plugins.Killed: "restarting", plugins.Backoff: "restarting", plugins.Quarantined: "failed", plugins.Stopped: "stopped",
}

// mine refuses another merchant's device. Fault: device.not_found.
func (d *deviceDesk) mine(ctx context.Context, m, dev id.ID) (device.Device, error) {
	return device.Get(ctx, d.a.db, m, dev)
}

// Kill ends the device's driver process, as a crash would.
func (d *deviceDesk) Kill(m, dev id.ID) error {
	row, err := d.mine(context.Background(), m, dev)
	if err == nil && !row.Host.IsNone() {
		_, err = d.askHost(dev, remote.AskKill)
		return err
	}
	if err != nil {
		return err
	}
	return d.a.plugins.Kill(dev.String())
}

// Restart starts the driver anew where it was given up.
func (d *deviceDesk) Restart(m, dev id.ID) error {
	row, err := d.mine(context.Background(), m, dev)
	if err == nil && !row.Host.IsNone() {
		_, err = d.askHost(dev, remote.AskRestart)
		return err
	}
	if err != nil {
		return err
	}
	return d.a.plugins.Restart(dev.String())
}

// deviceClassOf says what a device is by the first of its driver's classes.
var deviceClassOf = map[string]string{"POSPrinter": device.ClassPrinter, "CashDrawer": "drawer", "LineDisplay": "display", "Scale": "scale", "Scanner": "scanner", "MSR": "card", "SmartCardRW": "card",
	"RFIDScanner": "card", "CallerID": "callerid", "PayBox": "paybox", "LabelPrinter": "label", "Acquirer": "acquirer", "Storefront": "storefront", "Messenger": "messenger"}

func classOf(classes []string) string {
	if len(classes) == 0 {
		return ""
	}
	return deviceClassOf[classes[0]]
}

// Schema is the JSON Schema of a driver's settings.
func (d *deviceDesk) Schema(ctx context.Context, m id.ID, name, version string) (json.RawMessage, error) {
	if version == "" {
		if s, ok := drivers.Schema(name); ok {
			return s, nil
		}
		return d.a.plugins.Schema(ctx, name, "", plugins.Trust{})
	}
	trust, err := d.trust(ctx, m)
	if err != nil {
		return nil, err
	}
	return d.a.plugins.Schema(ctx, name, version, trust)
}

// Heard lists what a device told last.
func (d *deviceDesk) Heard(m, dev id.ID) []device.Input {
	if _, err := d.mine(context.Background(), m, dev); err != nil {
		return nil
	}
	return d.a.counter.hub.Heard(dev)
}

// Seal encrypts a secret of a merchant's device for its row.
func (d *deviceDesk) Seal(m id.ID, secret string) string { return d.a.secrets.seal(m, secret) }

// Record writes down what the device's driver and the program told each other last.
func (d *deviceDesk) Record(w io.Writer, m, dev id.ID) error {
	row, err := d.mine(context.Background(), m, dev)
	if err != nil {
		return err
	}
	if !row.Host.IsNone() {
		b, err := d.askHost(dev, remote.AskRecord)
		if err == nil {
			_, err = w.Write(b)
		}
		return err
	}
	entries, err := d.a.plugins.Recording(dev.String())
	if err != nil {
		return err
	}
	return plugins.WriteRecording(w, entries)
}

// testLimit is how long whoever tries a device waits for it.
const testLimit = 5 * time.Second

// Test tries a device for the person who stands before it: a page is printed, an
// amount shown, the drawer opened, what lies on the scale told as the device would.
func (d *deviceDesk) Test(ctx context.Context, m, dev id.ID) error {
	row, err := d.mine(ctx, m, dev)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, testLimit)
	defer cancel()
	key, name := dev.String(), row.Name
	switch row.Class {
	case "display":
		if v, ok := d.a.reach.Display(key); ok {
			return tried(v.Show(ctx, driver.Shown{Kind: driver.ShowTotal, Amount: "88.00", Lines: []string{name, "88.00"}}))
		}
	case "drawer":
		if v, ok := d.a.reach.Drawer(key); ok {
			return tried(v.Open(ctx, "test-"+id.New(int64(d.a.db.Now())).String(), "", 0))
		}
	case "scale":
		if v, ok := d.a.reach.Scale(key); ok {
			w, err := v.Weigh(ctx, "")
			if err == nil {
				d.a.happened(key, &driver.Event{AtUnixMicro: int64(d.a.db.Clock().Now()), Body: &hwv1.Event_Weight{Weight: &hwv1.Weight{Milligrams: w.Milligrams, Stable: w.Stable, Overload: w.Overload}}})
			}
			return tried(err)
		}
	case "paybox":
		if v, ok := d.a.reach.PayBox(key); ok {
			return tried(v.Arm(ctx, "test-"+id.New(int64(d.a.db.Now())).String(), "", "0.01"))
		}
	case "label":
		if v, ok := d.a.reach.Labeler(key); ok {
			st, err := v.PrintLabel(ctx, driver.LabelJob{JobKey: driver.JobKey{ID: "test-" + id.New(int64(d.a.db.Now())).String(), Attempt: 1}, Copies: 1, Label: &driver.Label{Width: 400, Height: 300, Items: []*hwv1.LabelItem{
				{X: 20, Y: 20, Kind: &hwv1.LabelItem_Text{Text: &hwv1.LabelText{Text: name + " 测试", Height: 40, Bold: true}}},
				{X: 20, Y: 90, Kind: &hwv1.LabelItem_Code{Code: &hwv1.LabelCode{Symbology: "ean13", Content: "6901234567892", Height: 120}}},
			}}})
			return tried(errors.Join(err, failedJob(st)))
		}
	default:
		return d.testPage(ctx, row)
	}
	return plugins.ErrNotReady
}

func tried(err error) error {
	if err != nil {
		return plugins.ErrNotReady.With("reason", err.Error()).Wrap(err)
	}
	return nil
}

func failedJob(st driver.JobStatus) error {
	if st.State == driver.JobFailed || st.State == driver.JobUncertain {
		return errors.New(st.Reason)
	}
	return nil
}

// folder is where a virtual printer puts its receipts.
func folder(dev device.Device) string {
	var c struct {
		Folder string `json:"folder"`
	}
	if dev.Driver != virtualprinter.Name || !dev.Host.IsNone() || json.Unmarshal(dev.Config, &c) != nil {
		return ""
	}
	return c.Folder
}

// Papers lists the newest receipts of a virtual printer, newest first.
func (d *deviceDesk) Papers(ctx context.Context, m, dev id.ID, limit int) ([]office.Paper, error) {
	row, err := d.mine(ctx, m, dev)
	if err != nil || folder(row) == "" {
		return nil, err
	}
	printed, err := virtualprinter.List(folder(row))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []office.Paper
	for i := len(printed) - 1; i >= 0 && len(out) < limit; i-- {
		p := printed[i]
		text, err := os.ReadFile(filepath.Join(folder(row), p.Text))
		if err != nil {
			continue
		}
		paper := office.Paper{Name: p.Picture, Text: string(text)}
		if info, err := os.Stat(filepath.Join(folder(row), p.Picture)); err == nil {
			paper.At = clock.Of(info.ModTime())
		}
		out = append(out, paper)
	}
	return out, nil
}

// Picture is one receipt as a PNG. Faults: device.not_found.
func (d *deviceDesk) Picture(ctx context.Context, m, dev id.ID, name string) ([]byte, error) {
	row, err := d.mine(ctx, m, dev)
	if err != nil {
		return nil, err
	}
	if folder(row) == "" || name != filepath.Base(name) || !strings.HasSuffix(name, ".png") {
		return nil, device.ErrNotFound
	}
	png, err := os.ReadFile(filepath.Join(folder(row), name))
	if err != nil {
		return nil, device.ErrNotFound
	}
	return png, nil
}

// AtRegister lists the register's devices, as they are now.
func (d *deviceDesk) AtRegister(ctx context.Context, m, register id.ID) ([]pos.DeviceState, error) {
	devs, err := device.List(ctx, d.a.db, m, id.None)
	if err != nil {
		return nil, err
	}
	live := map[string]plugins.Status{}
	for _, st := range d.a.plugins.Status() {
		live[st.ID] = st
	}
	var out []pos.DeviceState
	for _, dev := range devs {
		if dev.Register != register || !dev.Enabled {
			continue
		}
		st, ok := live[dev.ID.String()]
		if !dev.Host.IsNone() {
			st, ok = d.hostLive(dev.ID)
		}
		out = append(out, pos.DeviceState{Name: dev.Name, Kind: dev.Class, Online: ok && st.State == plugins.Ready, Reason: st.Reason})
	}
	return out, nil
}

// PrintOf tells where the receipt of a sale stands.
func (d *deviceDesk) PrintOf(ctx context.Context, m, sale id.ID) (pos.PrintState, error) {
	jobs, _, err := device.ListJobs(ctx, d.a.db, m, device.JobFilter{Sale: sale}, db.Page{Limit: 1})
	if err != nil || len(jobs) == 0 {
		return pos.PrintState{}, err
	}
	key, _ := device.SplitReason(jobs[0].Reason)
	return pos.PrintState{ID: jobs[0].ID, State: jobs[0].State, Reason: key}, nil
}

// Reprint prints a sale's receipt once more, marked as a duplicate.
func (d *deviceDesk) Reprint(ctx context.Context, m, saleID id.ID) error {
	s, err := sale.Get(ctx, d.a.db, m, saleID)
	if err != nil {
		return err
	}
	return d.a.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		if _, err := device.ReprintSale(ctx, tx, m, s.Register, s.ID, device.KindReceipt); err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.Record{Action: "receipt.reprinted", SubjectKind: "sale", SubjectID: s.ID.String()})
	})
}

// saleReceipts is the same for screens and the API: the original, in the reader's
// language.
type saleReceipts struct{ receipts *report.Receipts }

func (s saleReceipts) Document(ctx context.Context, m, sale id.ID, locale string) (receipt.Document, error) {
	return s.receipts.Document(ctx, m, sale, locale, 1)
}
