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
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/sdk/driver"
)

// ErrInstalled: that version of the driver is there already, and is another.
var ErrInstalled = fault.New(fault.Conflict, "plugins.version_installed") // {driver} {version}

// The names of a driver's description and of its signature.
const (
	ManifestFile  = "driver.json"
	SignatureFile = "driver.json.sig"
)

// ReadManifest reads the driver.json of a folder, whoever signed it, and answers its
// bytes as well. Faults: plugins.unknown_driver, plugins.manifest_invalid.
func ReadManifest(dir string) (Manifest, []byte, error) {
	var m Manifest
	raw, err := readRegular(filepath.Join(dir, ManifestFile), 1<<20)
	if err != nil {
		return m, nil, ErrNoDriver.With("driver", dir).Wrap(err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return m, nil, ErrManifest.With("driver", dir).Wrap(err)
	}
	return m, raw, m.check(dir)
}

// check finds what a host would refuse later.
func (m Manifest) check(dir string) error {
	bad := func(what string) error { return ErrManifest.With("driver", dir).Wrap(errors.New(what)) }
	switch {
	case !plainName.MatchString(m.ID):
		return bad("its id is no plain name")
	case !plainName.MatchString(m.Version):
		return bad("its version is no plain name")
	case !slices.Contains(m.Protocols, driver.ProtocolVersion):
		return bad("it does not speak version 1 of the protocol")
	case len(m.Classes) == 0:
		return bad("it names no class of devices")
	case len(m.Files) == 0:
		return bad("it names no file")
	}
	if problem := m.Permissions.check(); problem != "" {
		return bad(problem)
	}
	for platform, f := range m.Files {
		if !plainName.MatchString(f.File) {
			return bad("the file for " + platform + " is no plain name")
		}
	}
	return nil
}

// SignDir takes the hashes of a driver's files, writes them into its driver.json and
// signs that. Faults: those of ReadManifest, plugins.altered for a file that is not
// there.
func SignDir(dir string, key ed25519.PrivateKey) (Manifest, error) {
	m, _, err := ReadManifest(dir)
	if err != nil {
		return m, err
	}
	for platform, f := range m.Files {
		if f.SHA256, err = hashOf(filepath.Join(dir, f.File)); err != nil {
			return m, ErrAltered.With("file", f.File).Wrap(err)
		}
		m.Files[platform] = f
	}
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return m, ErrManifest.With("driver", dir).Wrap(err)
	}
	raw = append(raw, '\n')
	sig := base64.StdEncoding.EncodeToString(ed25519.Sign(key, raw)) + "\n"
	if err := os.WriteFile(filepath.Join(dir, ManifestFile), raw, 0o644); err != nil {
		return m, fault.ErrInternal.Wrap(err)
	}
	if err := os.WriteFile(filepath.Join(dir, SignatureFile), []byte(sig), 0o644); err != nil {
		return m, fault.ErrInternal.Wrap(err)
	}
	return m, nil
}

// VerifyDir judges a driver's folder as a host would: the signature by the keys (nil
// without development: nobody is trusted), every file by its hash. It answers the
// key that signed, nil where development let an unsigned one pass. Faults: those of
// ReadManifest, plugins.unsigned, plugins.altered.
func VerifyDir(dir string, keys []ed25519.PublicKey, development bool) (Manifest, ed25519.PublicKey, error) {
	m, raw, err := ReadManifest(dir)
	if err != nil {
		return m, nil, err
	}
	signer := signerOf(raw, filepath.Join(dir, SignatureFile), keys)
	if signer == nil && !development {
		return m, nil, ErrUnsigned.With("driver", m.ID)
	}
	for _, f := range m.Files {
		if sum, err := hashOf(filepath.Join(dir, f.File)); err != nil || sum != f.SHA256 {
			return m, signer, ErrAltered.With("file", f.File).Wrap(err)
		}
	}
	return m, signer, nil
}

// Install verifies a driver's folder and copies it to <to>/<id>/<version>, whole or
// not at all. The same driver again changes nothing. Faults: those of VerifyDir,
// plugins.version_installed.
func Install(dir, to string, keys []ed25519.PublicKey, development bool) (at string, m Manifest, err error) {
	if m, _, err = VerifyDir(dir, keys, development); err != nil {
		return "", m, err
	}
	at = filepath.Join(to, m.ID, m.Version)
	if _, err := os.Lstat(at); err == nil {
		if same(dir, at) {
			_, _, err = VerifyDir(at, keys, development)
			return at, m, err
		}
		return "", m, ErrInstalled.With("driver", m.ID).With("version", m.Version)
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return "", m, fault.ErrInternal.Wrap(err)
	}
	temp, err := os.MkdirTemp(filepath.Dir(at), ".installing-")
	if err != nil {
		return "", m, fault.ErrInternal.Wrap(err)
	}
	defer os.RemoveAll(temp)
	names := []string{ManifestFile}
	if _, err := os.Lstat(filepath.Join(dir, SignatureFile)); !errors.Is(err, fs.ErrNotExist) {
		names = append(names, SignatureFile)
	}
	for _, f := range m.Files {
		if !slices.Contains(names, f.File) {
			names = append(names, f.File)
		}
	}
	for _, name := range names {
		if err := copyFile(filepath.Join(dir, name), filepath.Join(temp, name)); err != nil {
			return "", m, ErrAltered.With("file", name).Wrap(err)
		}
	}
	// What was copied is what was verified.
	if _, _, err := VerifyDir(temp, keys, development); err != nil {
		return "", m, err
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return "", m, fault.ErrInternal.Wrap(err)
	}
	if err := os.Rename(temp, at); err != nil {
		return "", m, fault.ErrInternal.Wrap(err)
	}
	return at, m, nil
}

func same(a, b string) bool {
	x, err1 := readRegular(filepath.Join(a, ManifestFile), 1<<20)
	y, err2 := readRegular(filepath.Join(b, ManifestFile), 1<<20)
	return err1 == nil && err2 == nil && bytes.Equal(x, y)
}

func hashOf(path string) (string, error) {
	f, err := openRegular(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

func copyFile(from, to string) error {
	in, err := openRegular(from)
	if err != nil {
		return err
	}
	defer in.Close()
	st, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, st.Mode().Perm()|0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
