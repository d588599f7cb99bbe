package office

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/shopwright/shopwright/admin/ui"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/web"
)

// ErrSimulated: a simulated device of that kind cannot do this.
var ErrSimulated = fault.New(fault.Invalid, "office.not_simulated")

// Simulators makes devices that are not there, for a demo and for development.
type Simulators interface {
	// Classes lists the classes of devices that there can be.
	Classes() []string
	// Add switches a device on and makes its row; of d its Merchant, Class, Name, Shop
	// and Register are given. Faults: those of device.Create.
	Add(ctx context.Context, d device.Device) (id.ID, error)
	// Look is how a simulated device is; false: it is a real one.
	Look(merchant, device id.ID) (Simulated, bool)
	// Do makes something happen to it. Fault: office.not_simulated.
	Do(merchant, device id.ID, act, value string) error
	// Picture is a paper that came out, as a PNG. Fault: any of kind not_found.
	Picture(merchant, device id.ID, no int) ([]byte, error)
}

// Simulated is how a simulated device is.
type Simulated struct {
	Takes     string   // what happens with a value: "scan", "put", "present", "pay", "ring"; "" nothing
	Sample    string   // such a value
	Acts      []string // what else can happen
	Is        string   // of a printer: the act that holds
	Connected bool     // a driver talks to it
	Shows     []string // what it shows
	Drawer    bool     // it has one,
	Kicks     int      // which was opened so often
	Papers    []SimulatedPaper
}

// SimulatedPaper is a piece of paper that came out.
type SimulatedPaper struct {
	No   int
	Text string
}

func (f *office) mountSimulators() {
	if f.o.Simulators == nil {
		return
	}
	f.on("POST /office/devices/simulated", auth.PermDevices, f.simAdd)
	f.on("GET /office/devices/{id}/simulated", auth.PermDevices, f.simPart)
	f.on("POST /office/devices/{id}/simulated", auth.PermDevices, f.simDo)
	f.on("GET /office/devices/{id}/simulated/{no}", auth.PermDevices, f.simPicture)
}

// simClasses are the classes of which a device can be simulated here.
func (f *office) simClasses() []string {
	if f.o.Simulators == nil {
		return nil
	}
	return f.o.Simulators.Classes()
}

func (f *office) simAdd(w http.ResponseWriter, r *http.Request, p *page) error {
	in, err := formOf(r)
	if err != nil {
		return err
	}
	class := in.get("class")
	if !slices.Contains(f.simClasses(), class) {
		return device.ErrClass.On("class")
	}
	places, err := f.places(r.Context(), p)
	if err != nil {
		return err
	}
	d := device.Device{Merchant: p.Merchant.ID, Class: class, Name: p.T("office.simulated.name." + class)}
	if d.Shop, d.Register, err = place(p, places, in.get("place")); err != nil {
		return err
	}
	made, err := f.o.Simulators.Add(r.Context(), d)
	if err != nil {
		return err
	}
	return done(w, r, p, "/office/devices/"+made.String(), "office.simulated.added")
}

// simulated is how the device of the address is, where it is a simulated one.
func (f *office) simulated(r *http.Request, p *page) (id.ID, Simulated, error) {
	u, err := pathID(r, "id")
	if err != nil {
		return id.None, Simulated{}, err
	}
	s, ok := f.o.Simulators.Look(p.Merchant.ID, u)
	if !ok {
		return u, s, device.ErrNotFound
	}
	return u, s, nil
}

func (f *office) simPart(w http.ResponseWriter, r *http.Request, p *page) error {
	u, s, err := f.simulated(r, p)
	if err != nil {
		return err
	}
	return f.show(w, r, simState(p, u, &s))
}

func (f *office) simDo(w http.ResponseWriter, r *http.Request, p *page) error {
	u, _, err := f.simulated(r, p)
	if err != nil {
		return err
	}
	in, err := formOf(r)
	if err != nil {
		return err
	}
	if err := f.o.Simulators.Do(p.Merchant.ID, u, in.get("act"), in.get("value")); err != nil {
		return err
	}
	return done(w, r, p, "/office/devices/"+u.String(), "office.simulated.done")
}

func (f *office) simPicture(w http.ResponseWriter, r *http.Request, p *page) error {
	u, _, err := f.simulated(r, p)
	if err != nil {
		return err
	}
	no, err := strconv.Atoi(r.PathValue("no"))
	if err != nil {
		return web.ErrNoRoute
	}
	png, err := f.o.Simulators.Picture(p.Merchant.ID, u, no)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Cache-Control", "no-store") // the numbers begin anew with the program
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(png) // the reader has gone away: nobody is left to tell
	return nil
}

// simTone marks the act that holds.
func simTone(s *Simulated, act string) ui.ButtonKind {
	if s.Is == act || s.Is == "" && act == "well" {
		return ui.Primary
	}
	return ""
}
