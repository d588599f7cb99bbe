package plugins

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// Signer is a key that may vouch for drivers, and whose it is.
type Signer struct {
	Name   string // by which people know its owner
	Level  string // "first_party", "reseller", "merchant"
	Public ed25519.PublicKey
}

// Trust says whose drivers run. The zero Trust trusts nobody.
type Trust struct {
	Signers     []Signer
	Development bool // unsigned drivers run too
}

func (t Trust) keys() []ed25519.PublicKey {
	out := make([]ed25519.PublicKey, len(t.Signers))
	for i, s := range t.Signers {
		out[i] = s.Public
	}
	return out
}

// of answers whose key it is; the first of the ring counts.
func (t Trust) of(key ed25519.PublicKey) Signer {
	for _, s := range t.Signers {
		if s.Public.Equal(key) {
			return s
		}
	}
	return Signer{}
}

// Installed is a version of a driver in the host's folder, as it was judged a moment
// ago.
type Installed struct {
	Manifest
	Signer  Signer // zero: nobody who is trusted
	SHA256  string // of the program for this system, in hex; "" where it has none
	Refused error  // why it must not run: plugins.unsigned, .altered, .manifest_invalid, .no_file_for_platform
}

// Installed lists the versions of drivers in the host's folder, by name, the newest
// first. Each is judged by the trust, and its program for this system by its hash.
func (h *Host) Installed(t Trust) []Installed {
	var out []Installed
	for _, name := range h.folders(".") {
		for _, version := range h.folders(name) {
			out = append(out, h.Judge(name, version, t))
		}
	}
	slices.SortStableFunc(out, func(a, b Installed) int {
		if c := strings.Compare(a.ID, b.ID); c != 0 {
			return c
		}
		return compareVersions(b.Version, a.Version)
	})
	return out
}

// Judge says what a version of a driver in the host's folder is, and whether it may
// run. One that is not there has the fault plugins.unknown_driver.
func (h *Host) Judge(name, version string, t Trust) Installed {
	out := Installed{Manifest: Manifest{ID: name, Version: version}}
	s := &store{o: h.o}
	m, dir, signer, err := s.manifest(name, version, t)
	if m.ID == name && m.Version == version {
		out.Manifest = m
	}
	out.Refused = err
	if signer != nil {
		out.Signer = t.of(signer)
	}
	f, ok := out.Files[runtime.GOOS+"/"+runtime.GOARCH]
	switch {
	case !ok && err == nil:
		out.Refused = ErrPlatform.With("platform", runtime.GOOS+"/"+runtime.GOARCH)
	case ok:
		out.SHA256 = f.SHA256
	}
	if out.Refused != nil {
		return out
	}
	if !plainName.MatchString(f.File) {
		out.Refused = ErrManifest.With("driver", name)
	} else if sum, err := hashOf(filepath.Join(dir, f.File)); err != nil || sum != f.SHA256 {
		out.Refused = ErrAltered.With("file", f.File).Wrap(err)
	}
	return out
}

// folders lists the plainly named folders below one of the host's; a link is none.
func (h *Host) folders(under string) (out []string) {
	if h.o.Dir == "" {
		return nil
	}
	entries, err := os.ReadDir(filepath.Join(h.o.Dir, under))
	if err != nil {
		return nil // nothing is installed
	}
	for _, e := range entries {
		if e.IsDir() && plainName.MatchString(e.Name()) {
			out = append(out, e.Name())
		}
	}
	return out
}

// compareVersions orders versions by their numbers, as people read them: 1.10 is after
// 1.9, and 1.0 after 1.0-rc.
func compareVersions(a, b string) int {
	for a != "" || b != "" {
		var x, y string
		x, a = part(a)
		y, b = part(b)
		switch nx, ny := isNumber(x), isNumber(y); {
		case x == "": // 1.0 against 1.0-rc or 1.0.1
			return endsBefore(y)
		case y == "":
			return -endsBefore(x)
		case nx && !ny:
			return 1
		case ny && !nx:
			return -1
		case nx:
			x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if len(x) != len(y) {
				return len(x) - len(y)
			}
			fallthrough
		default:
			if c := strings.Compare(x, y); c != 0 {
				return c
			}
		}
	}
	return 0
}

// endsBefore says how a version that has ended stands to one that goes on with this.
func endsBefore(rest string) int {
	if rest[0] == '-' {
		return 1
	}
	return -1
}

func isNumber(s string) bool { return s != "" && s[0] >= '0' && s[0] <= '9' }

// part takes the first run of digits, or of anything else.
func part(s string) (first, rest string) {
	i := 0
	for i < len(s) && isNumber(s[i:]) == isNumber(s) {
		i++
	}
	return s[:i], s[i:]
}
