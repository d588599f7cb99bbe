package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/shopwright/shopwright/hw/drivers"
	"github.com/shopwright/shopwright/plugins"
	"github.com/shopwright/shopwright/sdk/driver/drivertest"
)

// driverTarget is a driver on the desk of its author: how it is started, and what its
// folder says about testing it.
type driverTarget struct {
	path string
	args []string
	dir  string // "" where only the program was named
	conf conformance
	temp string // a folder of what was built, removed by close
}

// conformance is conformance.json.
type conformance struct {
	Command []string        `json:"command,omitempty"` // how to start it, for drivers that are no single program; seen from the folder
	Config  json.RawMessage `json:"config,omitempty"`  // settings that it works with
	Wrong   json.RawMessage `json:"wrong,omitempty"`   // settings that it must refuse
	Event   string          `json:"event,omitempty"`   // what ${SOURCE} sends to make one event
}

const conformanceFile = "conformance.json"

// driverAt finds out how to start a driver: by the name of one that comes with the
// program, by its program, or by its folder (conformance.json's command, the file that
// driver.json names for this platform, or a Go module that is built).
func driverAt(ctx context.Context, arg string) (*driverTarget, error) {
	st, err := os.Stat(arg)
	if err != nil {
		if drivers.Has(arg) {
			path, args, err := plugins.Self(arg)
			return &driverTarget{path: path, args: args}, err
		}
		return nil, fmt.Errorf("%s is no folder, no program, and no driver of this program (%v)", arg, drivers.Names())
	}
	path, err := filepath.Abs(arg)
	if err != nil {
		return nil, err
	}
	if !st.IsDir() {
		return &driverTarget{path: path}, nil
	}
	t := &driverTarget{dir: path}
	if err := t.readConformance(filepath.Join(path, conformanceFile)); err != nil {
		return nil, err
	}
	return t, t.program(ctx)
}

func (t *driverTarget) readConformance(file string) error {
	raw, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&t.conf); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func (t *driverTarget) program(ctx context.Context) error {
	if len(t.conf.Command) > 0 {
		name := t.conf.Command[0]
		if filepath.Base(name) == name { // "node": on the author's PATH, which the driver does not get
			path, err := exec.LookPath(name)
			if err != nil {
				return err
			}
			t.path = path
		} else {
			t.path = filepath.Join(t.dir, name)
		}
		for _, a := range t.conf.Command[1:] {
			if inside := filepath.Join(t.dir, a); fileThere(inside) {
				a = inside
			}
			t.args = append(t.args, a)
		}
		return nil
	}
	if fileThere(filepath.Join(t.dir, "go.mod")) { // what is built is never older than its source
		return t.build(ctx, ".")
	}
	m, _, err := plugins.ReadManifest(t.dir)
	if err != nil {
		return err
	}
	f, ok := m.Files[runtime.GOOS+"/"+runtime.GOARCH]
	if !ok {
		return plugins.ErrPlatform.With("platform", runtime.GOOS+"/"+runtime.GOARCH)
	}
	t.path = filepath.Join(t.dir, f.File)
	return nil
}

// build builds a package, as the driver's folder sees it, into a temporary folder.
func (t *driverTarget) build(ctx context.Context, what string) (err error) {
	if t.temp, err = os.MkdirTemp("", "shopwright-driver-"); err != nil {
		return err
	}
	t.path = filepath.Join(t.temp, "driver")
	if runtime.GOOS == "windows" {
		t.path += ".exe"
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-o", t.path, what)
	cmd.Dir = t.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.close()
		return fmt.Errorf("go build %s in %s: %w\n%s", what, t.dir, err, bytes.TrimSpace(out))
	}
	return nil
}

func (t *driverTarget) close() {
	if t.temp != "" {
		_ = os.RemoveAll(t.temp)
	}
}

func fileThere(name string) bool {
	st, err := os.Stat(name)
	return err == nil && st.Mode().IsRegular()
}

// command answers it to a host of drivers, under whatever name.
func (t *driverTarget) command(string) (string, []string, error) { return t.path, t.args, nil }

// devices are those that stand in for a driver's own: ${PAPER} takes bytes, ${SOURCE}
// sends them.
type devices struct {
	paper  *drivertest.Paper
	source *drivertest.Source
}

// fill puts the devices' addresses into settings, and makes the devices that they name.
func (d *devices) fill(settings json.RawMessage) (json.RawMessage, error) {
	var err error
	if d.paper == nil && bytes.Contains(settings, []byte("${PAPER}")) {
		if d.paper, err = drivertest.NewPaper(); err != nil {
			return nil, err
		}
	}
	if d.source == nil && bytes.Contains(settings, []byte("${SOURCE}")) {
		if d.source, err = drivertest.NewSource(); err != nil {
			return nil, err
		}
	}
	if d.paper != nil {
		settings = bytes.ReplaceAll(settings, []byte("${PAPER}"), []byte(d.paper.Addr()))
	}
	if d.source != nil {
		settings = bytes.ReplaceAll(settings, []byte("${SOURCE}"), []byte(d.source.Addr()))
	}
	return settings, nil
}

func (d *devices) close() {
	if d.paper != nil {
		d.paper.Close()
	}
	if d.source != nil {
		d.source.Close()
	}
}

// settingsOf reads --config, or takes those of conformance.json.
func (t *driverTarget) settingsOf(file string) (json.RawMessage, error) {
	raw, err := readFlagFile(file)
	if err != nil {
		return nil, err
	}
	if raw == nil {
		raw = t.conf.Config
	}
	if raw == nil {
		raw = []byte("{}")
	}
	if !json.Valid(raw) {
		return nil, fmt.Errorf("%s is no JSON", file)
	}
	return raw, nil
}

// configured finds a driver and the settings to run it with; end gives back what both
// needed.
func configured(ctx context.Context, where, configFile string) (t *driverTarget, settings json.RawMessage, end func(), err error) {
	if t, err = driverAt(ctx, where); err != nil {
		return nil, nil, nil, err
	}
	var dev devices
	end = func() { dev.close(); t.close() }
	if settings, err = t.settingsOf(configFile); err == nil {
		settings, err = dev.fill(settings)
	}
	if err != nil {
		end()
		return nil, nil, nil, err
	}
	return t, settings, end, nil
}
