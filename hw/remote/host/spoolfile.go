package host

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
)

// record is a line of the spool: one of the three.
type record struct {
	Put  *entry           `json:"put,omitempty"`
	At   *device.Standing `json:"at,omitempty"`
	Drop []id.ID          `json:"drop,omitempty"`
}

const (
	spoolName = "spool.jsonl"
	spoolMost = 8 << 20 // it is written anew when it is longer
)

// OpenSpool reads what a process before left.
func OpenSpool(dir string) (*Spool, error) {
	s := &Spool{file: filepath.Join(dir, spoolName), jobs: map[id.ID]*entry{}, rings: make(chan struct{}, 1), news: make(chan struct{}, 1)}
	f, err := os.OpenFile(s.file, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, ErrSpool.Wrap(err)
	}
	s.f = f
	if err := s.read(); err != nil {
		_ = f.Close()
		return nil, ErrSpool.Wrap(err)
	}
	return s, nil
}

// read takes every whole line; what follows the last one was being written when the
// process died, and nobody was told of it.
func (s *Spool) read() error {
	r := bufio.NewReaderSize(s.f, 64<<10)
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		var rec record
		if json.Unmarshal(line, &rec) != nil {
			break
		}
		s.size += int64(len(line))
		switch {
		case rec.Put != nil:
			s.add(rec.Put)
		case rec.At != nil:
			if e := s.jobs[rec.At.Job]; e != nil && e.At.Attempt == rec.At.Attempt {
				e.At = *rec.At
			}
		}
		s.remove(rec.Drop)
	}
	if err := s.f.Truncate(s.size); err != nil {
		return err
	}
	_, err := s.f.Seek(s.size, io.SeekStart)
	return err
}

func (s *Spool) add(e *entry) {
	if s.jobs[e.At.Job] == nil {
		s.order = append(s.order, e.At.Job)
	}
	s.jobs[e.At.Job] = e
}

func (s *Spool) remove(ids []id.ID) {
	for _, k := range ids {
		delete(s.jobs, k)
	}
	if len(ids) > 0 {
		s.order = slices.DeleteFunc(s.order, func(k id.ID) bool { return s.jobs[k] == nil })
	}
}

// write puts lines on the disk, whole and for good, before it answers.
func (s *Spool) write(recs ...record) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, rec := range recs {
		if err := enc.Encode(rec); err != nil {
			return ErrSpool.Wrap(err)
		}
	}
	_, err := s.f.Write(b.Bytes())
	if err == nil {
		err = s.f.Sync()
	}
	if err != nil { // half a line must not spoil what follows
		_ = s.f.Truncate(s.size)
		_, _ = s.f.Seek(s.size, io.SeekStart)
		return ErrSpool.Wrap(err)
	}
	s.size += int64(b.Len())
	return nil
}

// tidy keeps the file short: what is settled is personal data that nobody needs.
func (s *Spool) tidy() error {
	if len(s.jobs) > 0 && s.size < spoolMost {
		return nil
	}
	if len(s.jobs) == 0 {
		if err := s.f.Truncate(0); err != nil {
			return err
		}
		s.size = 0
		_, err := s.f.Seek(0, io.SeekStart)
		return errors.Join(err, s.f.Sync())
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, k := range s.order {
		if err := enc.Encode(record{Put: s.jobs[k]}); err != nil {
			return err
		}
	}
	if b.Len() > spoolMost/2 { // it is all needed
		return nil
	}
	_ = s.f.Close() // some systems replace no open file
	err := replace(s.file, b.Bytes())
	f, err2 := os.OpenFile(s.file, os.O_RDWR, 0o600)
	if err2 != nil {
		return errors.Join(err, err2)
	}
	s.f = f
	s.size, err2 = f.Seek(0, io.SeekEnd)
	return errors.Join(err, err2)
}

// replace makes a file appear whole, for nobody else to read.
func replace(file string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(0o600), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), file)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return err
	}
	// Where a folder can be flushed it is: what is appended next must not be lost with
	// the name.
	if d, err := os.Open(filepath.Dir(file)); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
	return nil
}
