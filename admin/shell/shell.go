package shell

import (
	"context"
	"log/slog"
	"net/http"

	"github.com/shopwright/shopwright/admin/static"
	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/edition"
	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/core/pack"
	"github.com/shopwright/shopwright/core/tenant"
)

// Options is what the screens' frame needs.
type Options struct {
	DB   *db.DB
	Auth *auth.Service
	// Packs gives rule packs their names and messages; nil: their ids show.
	Packs *pack.Registry
	// Editions finds an edition by its id; default edition.Builtin.
	Editions func(id string) (*edition.Edition, error)
	// Edition is the id of the one whose brand strangers see; default
	// edition.Default. A merchant whose own is not known has it, too.
	Edition string
	// Home answers "/" instead of the redirect by role; nil: the redirect.
	Home http.Handler
	// Notice, where set, is shown on the sign-in page: the demo's logins.
	Notice string
	Log    *slog.Logger // default slog.Default()
}

// Shell makes pages. It is safe for concurrent use.
type Shell struct {
	o         Options
	fallback  *edition.Edition
	merchants merchants
}

// New makes the shell. It panics where the default edition is not known: it comes
// with the program.
func New(o Options) *Shell {
	if o.Editions == nil {
		o.Editions = edition.Builtin
	}
	if o.Edition == "" {
		o.Edition = edition.Default
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Packs == nil {
		o.Packs = pack.NewRegistry()
	}
	e, err := o.Editions(o.Edition)
	if err != nil {
		panic("shell: " + err.Error())
	}
	return &Shell{o: o, fallback: e}
}

// DB is the database that the screens read.
func (s *Shell) DB() *db.DB { return s.o.DB }

// Auth is the service behind sign-in.
func (s *Shell) Auth() *auth.Service { return s.o.Auth }

// Packs is the registry of rule packs.
func (s *Shell) Packs() *pack.Registry { return s.o.Packs }

// Mount puts the shell's own addresses onto mux: "/", /signin, /signout, /prefs,
// /edition.css, /edition/logo/ and /static/.
func (s *Shell) Mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /signin", s.signInPage)
	mux.HandleFunc("POST /signin", s.signIn)
	mux.HandleFunc("POST /signout", s.signOut)
	mux.HandleFunc("POST /prefs", s.prefs)
	mux.HandleFunc("GET /edition.css", s.editionCSS)
	mux.HandleFunc("GET /edition/logo/{id}", s.editionLogo)
	mux.Handle(static.Prefix, static.Handler())
	home := s.o.Home
	if home == nil {
		home = http.HandlerFunc(s.home)
	}
	mux.Handle("GET /{$}", home)
}

// EditionOf is a merchant's edition, or the default one where its own is not known.
func (s *Shell) EditionOf(m tenant.Merchant) *edition.Edition {
	if m.Edition != "" {
		if e, err := s.o.Editions(m.Edition); err == nil {
			return e
		}
	}
	return s.fallback
}

// Edition finds an edition by its id. Fault: edition.unknown.
func (s *Shell) Edition(id string) (*edition.Edition, error) { return s.o.Editions(id) }

// Dress lays the words of the actor's edition over a locale, within the languages
// that the edition offers: web.Options.Dress.
func (s *Shell) Dress(ctx context.Context, l i18n.Locale) i18n.Locale {
	e := s.fallback
	if a := auth.ActorOf(ctx); a.Kind != "" {
		m, err := s.merchants.get(ctx, s.o.DB, a.Merchant)
		if err != nil {
			return l
		}
		e = s.EditionOf(m)
	}
	return e.Locale(l.Tag())
}

// HomeOf is where a member of staff begins.
func HomeOf(a auth.Actor) string {
	switch {
	case a.Kind == "":
		return "/signin"
	case a.Role == auth.Cashier:
		return "/pos"
	}
	return "/office"
}

func (s *Shell) home(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, HomeOf(auth.ActorOf(r.Context())), http.StatusSeeOther)
}
