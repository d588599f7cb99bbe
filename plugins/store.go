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
	Name         string              `json:"name,omitempty"`      // for people; "" = the id
	Publisher    string              `json:"publisher,omitempty"` // who says that it is theirs; the signature says whose it is
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
	// Listen: it takes connections, as one does that a payment provider notifies.
	Listen bool `json:"listen,omitempty"`
	// Folders are those that it writes: an absolute path, or "setting:NAME", the folder
	// that a setting names.
	Folders []string `json:"folders,omitempty"`
	// Programs are those that it starts, by name ("lp") or by absolute path.
	Programs []string `json:"programs,omitempty"`
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
	may    *Permissions // that it is confined to; nil: it is not
	light  bool         // not at the price of a second start: the program's own
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
func (s *store) command(name, version string, trust Trust) (command, error) {
	if version == "" {
		path, args, err := s.o.Exec(name)
		cmd := command{path: path, args: args, light: true}
		if s.o.Permissions != nil {
			if p, known := s.o.Permissions(name); known {
				cmd.may = &p
			}
		}
		return cmd, err
	}
	m, dir, _, err := s.manifest(name, version, trust)
	if err != nil {
		return command{}, err
	}
	f, ok := m.Files[runtime.GOOS+"/"+runtime.GOARCH]
	if !ok {
		return command{}, ErrPlatform.With("platform", runtime.GOOS+"/"+runtime.GOARCH)
	}
	path, err := s.copyOf(dir, f)
	return command{path: path, schema: m.ConfigSchema, may: &m.Permissions}, err
}

var plainName = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$`)

// manifest reads and verifies the manifest of an installed driver, and answers the key
// that signed it, nil where development let it pass. Of one that nobody vouches for it
// answers what it says of itself, with the fault.
func (s *store) manifest(name, version string, trust Trust) (m Manifest, dir string, signer ed25519.PublicKey, err error) {
	if s.o.Dir == "" || !plainName.MatchString(name) || !plainName.MatchString(version) {
		return m, "", nil, ErrNoDriver.With("driver", name)
	}
	for _, part := range []string{name, filepath.Join(name, version)} {
		if st, err := os.Lstat(filepath.Join(s.o.Dir, part)); err != nil || !st.IsDir() { // a link is no folder
			return m, "", nil, ErrNoDriver.With("driver", name)
		}
	}
	dir = filepath.Join(s.o.Dir, name, version)
	raw, err := readRegular(filepath.Join(dir, ManifestFile), 1<<20)
	if err != nil {
		return m, "", nil, ErrNoDriver.With("driver", name).Wrap(err)
	}
	signer = signerOf(raw, filepath.Join(dir, SignatureFile), append(slices.Clone(s.o.Keys), trust.keys()...))
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	err = dec.Decode(&m)
	if signer == nil && !s.o.Development && !trust.Development {
		return m, "", nil, ErrUnsigned.With("driver", name)
	}
	if err != nil {
		return m, "", signer, ErrManifest.With("driver", name).Wrap(err)
	}
	if m.ID != name || m.Version != version || !slices.Contains(m.Protocols, driver.ProtocolVersion) {
		return m, "", signer, ErrManifest.With("driver", name)
	}
	return m, dir, signer, nil
}

// signerOf answers which of the keys the signature in a file is of; nil: of none.
func signerOf(raw []byte, path string, keys []ed25519.PublicKey) ed25519.PublicKey {
	text, err := readRegular(path, 1<<12)
	if err != nil {
		return nil
	}
	sig, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil {
		return nil
	}
	for _, k := range keys {
		if len(k) == ed25519.PublicKeySize && ed25519.Verify(k, raw, sig) {
			return k
		}
	}
	return nil
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
