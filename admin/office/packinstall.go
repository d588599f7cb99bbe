package office

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/web"
)

const (
	installURL  = "/office/packs/-/install"
	uploadExtra = 64 << 10 // of a form around the file
	installTime = 2 * time.Minute
	installKept = 10 * time.Minute // how long the end of an installation can be looked at
	maxInstalls = 20               // that are remembered
)

var (
	errNoFile   = fault.New(fault.Invalid, "office.packs.file_missing")
	errNoTicket = fault.New(fault.NotFound, "office.packs.ticket_gone")
	errTooMany  = fault.New(fault.Unavailable, "office.packs.too_many_installations")
)

// IsInstallation reports whether a request carries a rule pack, which is larger
// than other bodies: web.Options.LongLived.
func IsInstallation(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Path == installURL
}

// installs are the installations of this process that run or have just ended.
type installs struct {
	mu   sync.Mutex
	byID map[string]*installing
}

// installing is one installation.
type installing struct {
	merchant id.ID
	file     string
	started  time.Duration // since the program began

	mu    sync.Mutex
	stage pack.Stage
	part  float64
	done  *pack.Bundle
	err   error
}

// begun is when the process began, to measure durations by.
var begun = time.Now() //nolint:forbidigo // a duration is measured

func sinceStart() time.Duration { return time.Since(begun) } //nolint:forbidigo // a duration is measured

// add remembers an installation and forgets those that ended long ago. Fault:
// office.packs.too_many_installations.
func (s *installs) add(x *installing) (ticket string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, old := range s.byID {
		if old.ended() && sinceStart()-old.started > installKept {
			delete(s.byID, k)
		}
	}
	if len(s.byID) >= maxInstalls {
		return "", errTooMany
	}
	if s.byID == nil {
		s.byID = map[string]*installing{}
	}
	ticket = rand.Text()
	s.byID[ticket] = x
	return ticket, nil
}

func (s *installs) find(merchant id.ID, ticket string) (*installing, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.byID[ticket]
	return x, x != nil && x.merchant == merchant
}

func (x *installing) tell(s pack.Stage, part float64) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.stage, x.part = s, part
}

func (x *installing) end(b *pack.Bundle, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.done, x.err = b, err
}

func (x *installing) ended() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.done != nil || x.err != nil
}

// progress is how far it is, of 100. Compiling takes the time.
func (x *installing) progress() (stage pack.Stage, done int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	switch x.stage {
	case pack.StageVerify:
		return x.stage, 10
	case pack.StageCompile:
		return x.stage, 15 + int(80*min(max(x.part, 0), 1))
	case pack.StageStore:
		return x.stage, 97
	case pack.StageDone:
		return x.stage, 100
	}
	return pack.StageRead, 3
}

func (f *office) packInstallPage(w http.ResponseWriter, r *http.Request, p *page) error {
	return f.show(w, r, packInstallView(p, nil))
}

// packUpload takes the file and installs it beside the request: a large module
// compiles for seconds, and whoever waits sees how far it is.
func (f *office) packUpload(w http.ResponseWriter, r *http.Request, p *page) error {
	name, data, err := bundleOf(w, r)
	var ticket string
	x := &installing{merchant: p.Merchant.ID, file: name, started: sinceStart()}
	if err == nil {
		ticket, err = f.installs.add(x)
	}
	if err != nil {
		return f.again(w, r, err, packInstallView(p, err))
	}
	in := pack.InstallIn{Merchant: p.Merchant.ID, Data: data, Actor: p.Actor.ID, Progress: x.tell,
		Record: func(ctx context.Context, tx *db.Tx, row pack.Installed, changed bool) error {
			if !changed {
				return nil
			}
			return auth.Audit(ctx, tx, pack.AuditInstalled(p.Merchant.ID, row))
		}}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), installTime)
	go func() {
		defer cancel()
		_, b, err := f.o.Installer.Install(ctx, in)
		if err != nil {
			f.o.Log.WarnContext(ctx, "a rule pack was not installed", "reason", fault.Of(err).Reason, "error", err)
		}
		x.end(b, err)
	}()
	http.Redirect(w, r, installURL+"/"+ticket, http.StatusSeeOther)
	return nil
}

// bundleOf reads the uploaded file. Faults: office.packs.file_missing,
// request.too_large, request.malformed.
func bundleOf(w http.ResponseWriter, r *http.Request) (name string, data []byte, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, pack.MaxBundle+uploadExtra)
	m, err := r.MultipartReader()
	if err != nil {
		return "", nil, web.ErrMalformed.Wrap(err)
	}
	for {
		part, err := m.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return "", nil, errNoFile
		case err != nil:
			return "", nil, uploadFault(err)
		case part.FormName() != "bundle" || part.FileName() == "":
			continue
		}
		data, err := io.ReadAll(io.LimitReader(part, pack.MaxBundle+1))
		if err != nil {
			return "", nil, uploadFault(err)
		}
		if len(data) > pack.MaxBundle {
			return "", nil, web.ErrTooLarge.With("limit", int64(pack.MaxBundle))
		}
		if len(data) == 0 {
			return "", nil, errNoFile
		}
		return part.FileName(), data, nil
	}
}

func uploadFault(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return web.ErrTooLarge.With("limit", int64(pack.MaxBundle))
	}
	return web.ErrMalformed.Wrap(err)
}

// packInstalling shows how far it is, and goes on to the pack once it is there.
func (f *office) packInstalling(w http.ResponseWriter, r *http.Request, p *page) error {
	x, ok := f.installs.find(p.Merchant.ID, r.PathValue("ticket"))
	if !ok {
		return errNoTicket
	}
	x.mu.Lock()
	b, err := x.done, x.err
	x.mu.Unlock()
	switch {
	case err != nil:
		return f.show(w, r, packInstallView(p, err))
	case b != nil:
		if r.Header.Get("HX-Request") != "" {
			w.Header().Set("HX-Redirect", "/office/packs/"+b.ID)
		}
		return done(w, r, p, "/office/packs/"+b.ID, "office.packs.installed", "name", b.Name(p.Words), "version", b.Version)
	}
	return f.show(w, r, packInstallingView(p, x, r.URL.Path))
}
