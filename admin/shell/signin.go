package shell

import (
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/shopwright/shopwright/core/auth"
	"github.com/shopwright/shopwright/core/web"
)

func (s *Shell) signInPage(w http.ResponseWriter, r *http.Request) {
	if a := auth.ActorOf(r.Context()); a.Kind == auth.KindStaff {
		http.Redirect(w, r, localPath(r.URL.Query().Get("next"), HomeOf(a)), http.StatusSeeOther)
		return
	}
	s.showSignIn(w, r, http.StatusOK, signInForm{Next: r.URL.Query().Get("next"), Notice: s.o.Notice})
}

type signInForm struct {
	Login, Next, Notice string
	Err                 error
}

func (s *Shell) showSignIn(w http.ResponseWriter, r *http.Request, status int, f signInForm) {
	p, err := s.Page(r)
	if err == nil {
		err = s.RenderStatus(w, r, status, signInView(p, f))
	}
	if err != nil {
		s.Fail(w, r, err)
	}
}

func (s *Shell) signIn(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		s.Fail(w, r, web.ErrMalformed.Wrap(err))
		return
	}
	login, next := r.PostForm.Get("login"), r.PostForm.Get("next")
	in, err := s.o.Auth.SignIn(r.Context(), login, r.PostForm.Get("password"), remoteOf(r))
	if err != nil {
		s.showSignIn(w, r, web.ProblemOf(r.Context(), err).Status, signInForm{Login: login, Next: next, Notice: s.o.Notice, Err: err})
		return
	}
	s.SignedIn(w, r, in)
	http.Redirect(w, r, localPath(next, HomeOf(in.Actor)), http.StatusSeeOther)
}

// SignedIn keeps a new session in the browser; the one before it, if any, ends.
func (s *Shell) SignedIn(w http.ResponseWriter, r *http.Request, in auth.SignedIn) {
	if c, err := r.Cookie(web.SessionCookie); err == nil && c.Value != "" {
		if err := s.o.Auth.SignOut(r.Context(), c.Value); err != nil {
			s.o.Log.WarnContext(r.Context(), "an earlier session could not be ended", "error", err)
		}
	}
	web.KeepSession(w, r, in.Token, s.o.DB.Now(), in.Expires)
}

func (s *Shell) signOut(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(web.SessionCookie); err == nil && c.Value != "" {
		if err := s.o.Auth.SignOut(r.Context(), c.Value); err != nil {
			s.Fail(w, r, err) // it is still valid: do not pretend
			return
		}
	}
	web.ForgetSession(w, r)
	http.Redirect(w, r, "/signin", http.StatusSeeOther)
}

// localPath is next where it is an address within this program, else the other one.
func localPath(next, otherwise string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" || !strings.HasPrefix(u.Path, "/") ||
		strings.HasPrefix(next, "//") || strings.Contains(next, `\`) || len(next) > 8000 || strings.HasPrefix(u.Path, "/signin") {
		return otherwise
	}
	return u.RequestURI()
}

// remoteOf is the caller's address without its port.
func remoteOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
