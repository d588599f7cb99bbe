package virtualprinter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/hw/wire"
	"github.com/shopwright/shopwright/sdk/driver"
)

// Name is the driver's name.
const Name = "virtual-printer"

// Printer is the driver.
type Printer struct {
	journal driver.Journal

	mu  sync.Mutex
	set settings
}

type settings struct {
	Folder  string `json:"folder"`
	Dots    int    `json:"dots"`
	DelayMS int    `json:"delay_ms"`
}

var (
	_ driver.Driver       = (*Printer)(nil)
	_ driver.Printer      = (*Printer)(nil)
	_ driver.Drawer       = (*Printer)(nil)
	_ driver.Configurable = (*Printer)(nil)
	_ driver.Checker      = (*Printer)(nil)
)

// New makes the driver.
func New() driver.Driver { return &Printer{} }

// Info implements driver.Driver.
func (p *Printer) Info() driver.Info {
	return driver.Info{ID: Name, Version: "1.0.0", Vendor: "Shopwright", Classes: []string{"POSPrinter", "CashDrawer"}}
}

// ConfigSchema implements driver.Configurable.
func (p *Printer) ConfigSchema() json.RawMessage {
	return json.RawMessage(`{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "type": "object",
  "additionalProperties": false,
  "required": ["folder"],
  "properties": {
    "folder": {"type": "string", "minLength": 1, "title": "Folder", "description": "Where the receipts appear",
      "x-title": {"en": "Folder", "zh-Hans": "文件夹", "zh-Hant": "資料夾"},
      "x-description": {"en": "Where the receipts appear", "zh-Hans": "小票存放的位置", "zh-Hant": "收據存放的位置"}},
    "dots": {"type": "integer", "enum": [384, 576], "default": 576, "title": "Paper width in dots", "description": "384 = 58 mm, 576 = 80 mm",
      "x-title": {"en": "Paper width in dots", "zh-Hans": "纸宽（点）", "zh-Hant": "紙寬（點）"},
      "x-description": {"en": "384 = 58 mm, 576 = 80 mm", "zh-Hans": "384 为 58 毫米，576 为 80 毫米", "zh-Hant": "384 為 58 公釐，576 為 80 公釐"}},
    "delay_ms": {"type": "integer", "minimum": 0, "maximum": 10000, "default": 0, "title": "Printing time in milliseconds",
      "x-title": {"en": "Printing time in milliseconds", "zh-Hans": "打印耗时（毫秒）", "zh-Hant": "列印耗時（毫秒）"}}
  }
}`)
}

// Configure implements driver.Configurable.
func (p *Printer) Configure(_ context.Context, raw json.RawMessage) error {
	s := settings{Dots: receipt.Dots80mm}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		return err
	}
	if s.Folder == "" {
		return errors.New("the folder is missing")
	}
	if s.Dots != receipt.Dots58mm && s.Dots != receipt.Dots80mm {
		return fmt.Errorf("a paper of %d dots is not known", s.Dots)
	}
	if s.DelayMS < 0 || s.DelayMS > 10_000 {
		return errors.New("the printing time must be between 0 and 10000 ms")
	}
	if err := os.MkdirAll(s.Folder, 0o755); err != nil {
		return err
	}
	// What an earlier process left half done was not printed.
	left, _ := filepath.Glob(filepath.Join(s.Folder, tempPrefix+"*"))
	for _, f := range left {
		_ = os.Remove(f)
	}
	p.mu.Lock()
	p.set = s
	p.mu.Unlock()
	return nil
}

// Health implements driver.Checker.
func (p *Printer) Health(context.Context) driver.Health {
	if st, err := os.Stat(p.settings().Folder); err != nil || !st.IsDir() {
		return driver.Health{Reason: "the folder " + p.settings().Folder + " is gone"}
	}
	return driver.Health{OK: true}
}

func (p *Printer) settings() settings {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.set
}

var plainID = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// Submit implements driver.Printer.
func (p *Printer) Submit(ctx context.Context, j driver.Job) (driver.JobStatus, error) {
	if !plainID.MatchString(j.ID) {
		return driver.JobStatus{State: driver.JobFailed, Reason: "the job's id is no file name"}, nil
	}
	st, started := p.journal.Begin(j.JobKey)
	if !started {
		return st, nil
	}
	st = driver.JobStatus{State: driver.JobFailed, Reason: "interrupted"}
	defer func() { st = p.journal.Finish(j.JobKey, st) }()
	st = p.print(ctx, j)
	return st, nil
}

// print writes the text, then the picture. The picture is the paper: until it
// is there nothing was printed.
func (p *Printer) print(ctx context.Context, j driver.Job) driver.JobStatus {
	s := p.settings()
	if p.onPaper(j.JobKey) {
		return driver.JobStatus{State: driver.JobConfirmed}
	}
	failed := func(err error) driver.JobStatus {
		return driver.JobStatus{State: driver.JobFailed, Reason: err.Error()}
	}
	if s.DelayMS > 0 {
		t := time.NewTimer(time.Duration(s.DelayMS) * time.Millisecond)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
			return failed(ctx.Err())
		}
	}
	var text, picture bytes.Buffer
	doc := wire.From(j.Document)
	if j.Document == nil { // bytes in a printer's own language: kept as they are
		doc = receipt.Document{Blocks: []receipt.Block{receipt.Text{Text: fmt.Sprintf("[%d bytes]", len(j.Raw))}}}
		if err := put(s.Folder, base(j.JobKey)+".raw", j.Raw); err != nil {
			return failed(err)
		}
	}
	text.WriteString(receipt.PlainText(doc, s.Dots/receipt.CellWidth))
	if err := receipt.PNG(&picture, doc, s.Dots); err != nil {
		return failed(err)
	}
	if err := put(s.Folder, base(j.JobKey)+".txt", text.Bytes()); err != nil {
		return failed(err)
	}
	if !p.journal.Sending(j.JobKey) {
		return p.journal.Status(j.JobKey) // cancelled meanwhile
	}
	if err := put(s.Folder, base(j.JobKey)+".png", picture.Bytes()); err != nil {
		return failed(err)
	}
	return driver.JobStatus{State: driver.JobConfirmed}
}

// JobStatus implements driver.Printer: what this process does not remember the
// folder tells.
func (p *Printer) JobStatus(_ context.Context, key driver.JobKey) (driver.JobStatus, error) {
	if !plainID.MatchString(key.ID) {
		return driver.JobStatus{}, nil
	}
	if st := p.journal.Status(key); st.State != driver.JobUnknown {
		return st, nil
	}
	if p.onPaper(key) {
		return driver.JobStatus{State: driver.JobConfirmed}, nil
	}
	return driver.JobStatus{State: driver.JobFailed, Reason: "not in the folder"}, nil
}

// Cancel implements driver.Printer.
func (p *Printer) Cancel(ctx context.Context, key driver.JobKey) (driver.JobStatus, error) {
	if st := p.journal.Cancel(key); st.State != driver.JobUnknown {
		return st, nil
	}
	return p.JobStatus(ctx, key)
}

// Open implements driver.Drawer: a file says that the drawer was opened. The
// same id opens once, also over restarts.
func (p *Printer) Open(ctx context.Context, id, _ string, pin int) error {
	if !plainID.MatchString(id) {
		return errors.New("the id is no file name")
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(p.settings().Folder, id+".drawer"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(strconv.Itoa(pin) + "\n")
	return errors.Join(err, f.Close())
}

func (p *Printer) onPaper(key driver.JobKey) bool {
	_, err := os.Stat(filepath.Join(p.settings().Folder, base(key)+".png"))
	return err == nil
}

func base(key driver.JobKey) string { return key.ID + "." + strconv.Itoa(key.Attempt) }

const tempPrefix = ".printing-"

// put makes a file appear whole: written beside, flushed, then renamed.
func put(folder, name string, b []byte) error {
	f, err := os.CreateTemp(folder, tempPrefix+"*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), filepath.Join(folder, name))
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}

// Printed is one receipt in the folder.
type Printed struct {
	JobID   string
	Attempt int
	Picture string // file names within the folder
	Text    string
}

// List answers the receipts in a folder, by job id (which is by time for ids
// of this program) and attempt.
func List(folder string) ([]Printed, error) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	var out []Printed
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), ".png")
		id, attempt, ok2 := strings.Cut(name, ".")
		n, err := strconv.Atoi(attempt)
		if !ok || !ok2 || err != nil || !plainID.MatchString(id) {
			continue
		}
		out = append(out, Printed{JobID: id, Attempt: n, Picture: name + ".png", Text: name + ".txt"})
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].JobID != out[j].JobID {
			return out[i].JobID < out[j].JobID
		}
		return out[i].Attempt < out[j].Attempt
	})
	return out, nil
}
