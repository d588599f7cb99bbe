package plugins

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"sync"

	"github.com/shopwright/shopwright/sdk/driver"
)

// Manifest is driver.json: what an installed driver is and asks for. Beside it
// lies driver.json.sig, the base64 of the ed25519 signature of its bytes.
type Manifest struct {
	ID           string              `json:"id"`
	Version      string              `json:"version"`
	Protocols    []int               `json:"protocols"`
	Classes      []string            `json:"classes"`
	Files        map[string]FileHash `json:"files"` // by "os/arch"
	USB          []string            `json:"usb,omitempty"`
	Permissions  Permissions         `json:"permissions"`
	ConfigSchema json.RawMessage     `json:"config_schema,omitempty"`
}

// FileHash names a file of the driver's folder and its SHA-256 in hex.
type FileHash struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

// Permissions is what a driver says it needs; the devices page shows it.
type Permissions struct {
	Serial  bool     `json:"serial,omitempty"`
	USB     bool     `json:"usb,omitempty"`
	Network []string `json:"network,omitempty"`
}

// store finds the commands of drivers and keeps the private copies.
type store struct {
	o  Options
	mu sync.Mutex
	// copies are the verified private copies of this host, by hash.
	copies  map[string]string
	private string
}

type command struct {
	path   string
	args   []string
	schema json.RawMessage
	may    string // driver.ConfineEnv's value; "" = the driver is the program's own and not confined
}

func newStore(o Options) *store { return &store{o: o, copies: map[string]string{}} }

func (s *store) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.private != "" {
		_ = os.RemoveAll(s.private)
		s.private, s.copies = "", map[string]string{}
	}
}

// command answers how to run a driver. Faults: plugins.unknown_driver,
// plugins.manifest_invalid, plugins.unsigned, plugins.altered,
// plugins.no_file_for_platform.
func (s *store) command(name, version string) (command, error) {
	if version == "" {
		path, args, err := s.o.Exec(name)
		return command{path: path, args: args}, err
	}
	m, dir, err := s.manifest(name, version)
	if err != nil {
		return command{}, err
	}
	f, ok := m.Files[runtime.GOOS+"/"+runtime.GOARCH]
	if !ok {
		return command{}, ErrPlatform.With("platform", runtime.GOOS+"/"+runtime.GOARCH)
	}
	path, err := s.copyOf(dir, f)
	return command{path: path, schema: m.ConfigSchema, may: m.Permissions.confinement()}, err
}

var plainName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$`)

// manifest reads and verifies the manifest of an installed driver.
func (s *store) manifest(name, version string) (Manifest, string, error) {
	var m Manifest
	if s.o.Dir == "" || !plainName.MatchString(name) || !plainName.MatchString(version) {
		return m, "", ErrNoDriver.With("driver", name)
	}
	for _, part := range []string{name, filepath.Join(name, version)} {
		if st, err := os.Lstat(filepath.Join(s.o.Dir, part)); err != nil || !st.IsDir() { // a link is no folder
			return m, "", ErrNoDriver.With("driver", name)
		}
	}
	dir := filepath.Join(s.o.Dir, name, version)
	raw, err := readRegular(filepath.Join(dir, "driver.json"), 1<<20)
	if err != nil {
		return m, "", ErrNoDriver.With("driver", name).Wrap(err)
	}
	if !s.o.Development && !s.signed(raw, filepath.Join(dir, "driver.json.sig")) {
		return m, "", ErrUnsigned.With("driver", name)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return m, "", ErrManifest.With("driver", name).Wrap(err)
	}
	if m.ID != name || m.Version != version || !slices.Contains(m.Protocols, driver.ProtocolVersion) {
		return m, "", ErrManifest.With("driver", name)
	}
	return m, dir, nil
}

func (s *store) signed(raw []byte, path string) bool {
	text, err := readRegular(path, 1<<12)
	if err != nil {
		return false
	}
	sig, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil {
		return false
	}
	for _, k := range s.o.Keys {
		if len(k) == ed25519.PublicKeySize && ed25519.Verify(k, raw, sig) {
			return true
		}
	}
	return false
}

// copyOf copies a driver's file into the private folder, taking its hash from
// the very bytes that are written, and answers the copy. A hash that was
// verified before is not read again.
func (s *store) copyOf(dir string, f FileHash) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if path, ok := s.copies[f.SHA256]; ok {
		return path, nil
	}
	if !plainName.MatchString(f.File) {
		return "", ErrManifest.With("driver", f.File)
	}
	from, err := openRegular(filepath.Join(dir, f.File))
	if err != nil {
		return "", ErrAltered.With("file", f.File).Wrap(err)
	}
	defer from.Close()
	if s.private == "" {
		if s.private, err = os.MkdirTemp(s.o.TempDir, "shopwright-drivers-"); err != nil { // 0700
			return "", ErrAltered.With("file", f.File).Wrap(err)
		}
	}
	path := filepath.Join(s.private, f.SHA256+filepath.Ext(f.File))
	if !plainName.MatchString(f.SHA256) {
		return "", ErrManifest.With("driver", f.File)
	}
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o500)
	if err != nil {
		return "", ErrAltered.With("file", f.File).Wrap(err)
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(to, sum), from)
	err = errors.Join(err, to.Close())
	if err != nil || hex.EncodeToString(sum.Sum(nil)) != f.SHA256 {
		_ = os.Remove(path)
		return "", ErrAltered.With("file", f.File).Wrap(err)
	}
	s.copies[f.SHA256] = path
	return path, nil
}

// openRegular opens a file that is no link and no device.
func openRegular(path string) (*os.File, error) {
	st, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	return os.Open(path)
}

func readRegular(path string, most int64) ([]byte, error) {
	f, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}
