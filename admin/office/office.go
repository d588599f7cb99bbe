package office

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"

	"github.com/a-h/templ"

	"github.com/shopwright/shopwright/admin/shell"
	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/backtest"
	"github.com/shopwright/shopwright/core/checkout"
	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/member"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/core/web"
)

// Options is what the pages need beside the shell.
type Options struct {
	Desk     *checkout.Desk
	Vault    *member.Vault
	Receipts *report.Receipts
	// Backtests tries packs on past sales; nil: its pages are not served.
	Backtests *backtest.Service
	Devices   Devices    // nil: no device host runs in this process
	Papers    Papers     // nil: no virtual printer
	Cards     CardWriter // nil: no card station runs in this process
	// Simulators makes devices that are not there; nil: outside development.
	Simulators Simulators
	Hosts      Hosts  // nil: device hosts are not looked after in this process
	Online     Online // nil: no connector to an online shop runs in this process
	// Installer installs rule packs; nil: they come with the program alone.
	Installer *pack.Installer
	// Meetings looks at how rule packs meet; nil: that page is not there.
	Meetings *report.PackMeetings
	// Costs is what rules have cost since the program began; nil: not shown.
	Costs func() []pack.Cost
	Log   *slog.Logger
}

// Devices is what the pages ask of the device host.
type Devices interface {
	// Status is the live state of a merchant's devices; a device that is missing
	// has no driver running.
	Status(merchant id.ID) []DeviceStatus
	// Kill ends the device's driver process, as a crash would.
	Kill(merchant, device id.ID) error
	// Test prints a test page.
	Test(ctx context.Context, merchant, device id.ID) error
	// Restart starts the driver anew where it was given up.
	Restart(merchant, device id.ID) error
	// Drivers lists the drivers that there are: those that the program brings along, and
	// the installed ones, judged by whom the merchant trusts.
	Drivers(ctx context.Context, merchant id.ID) []DriverInfo
	// Schema is the JSON Schema of a driver's settings; version is that of an installed
	// one, "" for one that the program brings along. Fault: any of a driver that is not
	// there, must not run or does not start.
	Schema(ctx context.Context, merchant id.ID, driver, version string) (json.RawMessage, error)
	// Record writes down what the driver and the program told each other last, a JSON
	// object a line, without anybody's data. Fault: any of a device that does not run.
	Record(w io.Writer, merchant, device id.ID) error
	// Seal encrypts a secret setting of a merchant's device; what is sealed stays.
	Seal(merchant id.ID, secret string) string
	// Heard lists what a device told last, the newest first.
	Heard(merchant, device id.ID) []device.Input
}

// DriverInfo is a driver that a device may have.
type DriverInfo struct {
	Name    string // "escpos-net"
	Class   string // of the device: device.ClassPrinter, "display", "scale", "scanner", …
	Version string // of an installed one; "" came with the program

	// Of an installed one:
	Title     string // what its publisher calls it; "" = the name
	Publisher string // who says that it is theirs
	Signer    string // whose key signed it; "" nobody's who is trusted
	Trust     string // "first_party", "reseller", "merchant", "development"; "" none
	SHA256    string // of its program, in hex; of one that came along, the program's own
	Needs     []DriverNeed
	Refused   error // why it must not run; nil: it may
}

// DriverNeed is something that a driver asks for.
type DriverNeed struct {
	Kind string // "serial", "usb", "network", "network_any", "listen", "folder", "folder_setting", "program", "confined"
	What string // the host, folder, setting or program
}

// DeviceStatus is the live state of one device.
type DeviceStatus struct {
	Device   id.ID
	State    string // "running", "starting", "restarting", "stopped", "failed"
	Reason   string // key of what is wrong; "" where nothing is
	Detail   string // the driver's own words; shown as they are
	Version  string
	PID      int
	Restarts int
	Since    clock.Instant
	Host     string        // the device host that runs it; "" = the server
	HostSeen clock.Instant // when that was heard of last; 0: never
	Checksum string        // of the driver's program
	Log      []string
}

// Papers is the virtual printers' output.
type Papers interface {
	// Papers lists the newest receipts of a device, newest first.
	Papers(ctx context.Context, merchant, device id.ID, limit int) ([]Paper, error)
	// Picture is one receipt as a PNG. Fault: any of kind not_found.
	Picture(ctx context.Context, merchant, device id.ID, name string) ([]byte, error)
}

// Paper is one printed receipt.
type Paper struct {
	Name string // a file's plain name
	At   clock.Instant
	Text string // for those who cannot see the picture
}

type office struct {
	*shell.Shell
	o        Options
	db       *db.DB
	mux      *http.ServeMux
	installs installs
}

// Mount puts the pages under /office onto mux. The mux is to be wrapped by
// web.Wrap, which identifies the caller and refuses cross-site requests.
func Mount(mux *http.ServeMux, s *shell.Shell, o Options) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	f := &office{Shell: s, o: o, db: s.DB(), mux: mux}
	f.mountToday()
	f.mountMembers()
	f.mountCatalog()
	f.mountPlans()
	f.mountTax()
	f.mountStock()
	f.mountSales()
	f.mountPayments()
	f.mountOnline()
	f.mountPacks()
	f.mountBacktests()
	f.mountDevices()
	f.mountSimulators()
	f.mountDeviceHosts()
	f.mountStaff()
	f.mountCommission()
	f.mountShifts()
	f.mountProof()
	f.mountCoupons()
	f.mountMessages()
	f.mountMessageCampaign()
	f.mountGifts()
	f.mountCampaigns()
	f.mountTiers()
	f.mountWallet()
	f.mountSettings()
	f.mountReceipts()
	f.mountStations()
	f.mountLabels()
	f.mountCardWriting()
	f.mountEdition()
	f.mountAudit()
	f.mountKeys()
	f.mux.Handle("/office/", f.Handle("", func(http.ResponseWriter, *http.Request, *page) error { return web.ErrNoRoute }))
}

type page = shell.Page

// on registers a handler under "METHOD /office/…" for a permission.
func (f *office) on(pattern string, p auth.Permission, h shell.Handler) {
	f.mux.Handle(pattern, f.Handle(p, h))
}

// show answers with a page.
func (f *office) show(w http.ResponseWriter, r *http.Request, c templ.Component) error {
	return f.Render(w, r, c)
}

// again shows a form once more, under the status of what was wrong with it.
func (f *office) again(w http.ResponseWriter, r *http.Request, err error, c templ.Component) error {
	return f.RenderStatus(w, r, web.ProblemOf(r.Context(), err).Status, c)
}

// done goes on to the next page with a message.
func done(w http.ResponseWriter, r *http.Request, p *page, to, key string, args ...any) error {
	return shell.Redirect(w, r, to, ui.Ok, p.T(key, args...))
}

// audited is a write of a feature that does not audit by itself: one transaction
// with the record of who did what. do answers the subject's id.
func (f *office) audited(ctx context.Context, action, kind string, detail any, do func(ctx context.Context, tx *db.Tx) (subject string, err error)) error {
	return f.db.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
		subject, err := do(ctx, tx)
		if err != nil {
			return err
		}
		return auth.Audit(ctx, tx, auth.Record{Action: action, SubjectKind: kind, SubjectID: subject, Detail: detail})
	})
}

// pathID reads an id of the address; a malformed one is a page that is not there.
func pathID(r *http.Request, name string) (id.ID, error) {
	u, err := id.Parse(r.PathValue(name))
	if err != nil {
		return id.None, web.ErrNoRoute
	}
	return u, nil
}

// pageOf reads the cursor of a list. Fault: page.bad_cursor.
func pageOf(r *http.Request, size int) (db.Page, error) {
	after, err := db.ParseCursor(r.URL.Query().Get("after"))
	return db.Page{After: after, Limit: size}, err
}
