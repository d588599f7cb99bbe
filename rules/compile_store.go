package rules

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// store keeps compiled code between runs of the program, in the form of the
// runtime's own cache. That cache checks only part of what it reads, and an
// entry is machine code: so each entry has a seal that says which bytes it must
// have, for which machine and version, and what does not agree is compiled again.
//
//	wazero-…/<entry>          the runtime's
//	seals/<machine>/<key>     the seal; key is the SHA-256 of the instrumented module
//	compile-…/                where something is being compiled
type store struct {
	dir     string
	machine string // names version and processor: the runtime's entry of a module that never changes
}

// seal is what a seal file holds.
type seal struct {
	Entry  string `json:"entry"` // path below dir
	SHA256 string `json:"sha256"`
}

const (
	sealsDir   = "seals"
	workPrefix = "compile-"
	staleWork  = time.Hour // leftovers of a process that was killed
)

var errEntry = errors.New("the compiler did not leave one entry")

// openStore makes the directory fit for use.
func openStore(ctx context.Context, dir string) (*store, error) {
	s := &store{dir: dir}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	work, err := s.workplace()
	if err != nil {
		return nil, err
	}
	defer s.clear(work)
	if err := compileInto(ctx, work, 1, []byte(magicWasm)); err != nil {
		return nil, err
	}
	rel, err := entryIn(work)
	if err != nil {
		return nil, err
	}
	s.machine = strings.ReplaceAll(filepath.ToSlash(rel), "/", "-")
	s.sweep(work)
	return s, os.MkdirAll(filepath.Join(dir, sealsDir, s.machine), 0o700)
}

// sweep removes work that nobody does any more.
func (s *store) sweep(now string) {
	present, err := os.Stat(now)
	if err != nil {
		return
	}
	old, _ := filepath.Glob(filepath.Join(s.dir, workPrefix+"*"))
	for _, dir := range old {
		if st, err := os.Stat(dir); err == nil && present.ModTime().Sub(st.ModTime()) > staleWork {
			s.clear(dir)
		}
	}
}

// workplace makes a directory to compile into.
func (s *store) workplace() (string, error) { return os.MkdirTemp(s.dir, workPrefix) }

func (s *store) clear(dir string) { _ = os.RemoveAll(dir) }

func (s *store) sealPath(key string) string { return filepath.Join(s.dir, sealsDir, s.machine, key) }

// has reports whether the code of a module is there and whole. What is there and
// not whole is removed.
func (s *store) has(key string) bool {
	raw, err := os.ReadFile(s.sealPath(key))
	if err != nil {
		return false
	}
	var want seal
	if json.Unmarshal(raw, &want) == nil && filepath.IsLocal(filepath.FromSlash(want.Entry)) {
		entry := filepath.Join(s.dir, filepath.FromSlash(want.Entry))
		if sum, err := hashFile(entry); err == nil && sum == want.SHA256 {
			return true
		}
		_ = os.Remove(entry)
	}
	_ = os.Remove(s.sealPath(key))
	return false
}

// adopt takes the one entry that the compiler left in dir and seals it.
func (s *store) adopt(key, dir string) error {
	rel, err := entryIn(dir)
	if err != nil {
		return err
	}
	from, to := filepath.Join(dir, rel), filepath.Join(s.dir, rel)
	sum, err := hashFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	if err := os.Rename(from, to); err != nil {
		// Where another process holds the same entry open it cannot be replaced, and
		// need not be.
		if have, e := hashFile(to); e != nil || have != sum {
			return err
		}
	}
	raw, err := json.Marshal(seal{filepath.ToSlash(rel), sum})
	if err != nil {
		return err
	}
	tmp := filepath.Join(dir, "seal")
	if err := os.WriteFile(tmp, raw, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, s.sealPath(key))
}

// entryIn answers the path of the one file that a compilation leaves: it lies in
// one directory, named by the runtime's version.
func entryIn(dir string) (string, error) {
	found := ""
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		base := filepath.Base(rel)
		if _, err := hex.DecodeString(base); err != nil || len(base) != 2*sha256.Size || !d.Type().IsRegular() ||
			found != "" || strings.Count(filepath.ToSlash(rel), "/") != 1 {
			return errEntry
		}
		found = rel
		return nil
	})
	if err == nil && found == "" {
		err = errEntry
	}
	return found, err
}

func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
