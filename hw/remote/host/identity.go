package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/hw/remote"
)

// Faults of setting a host up.
var (
	ErrAddress   = fault.New(fault.Invalid, "hw.host_server_invalid")  // no address of a server
	ErrPlain     = fault.New(fault.Invalid, "hw.host_server_insecure") // not HTTPS, and not on this machine
	ErrNotPaired = fault.New(fault.Conflict, "hw.host_not_paired")
	ErrBusy      = fault.New(fault.Conflict, "hw.host_already_running") // another process works in the folder
	ErrFolder    = fault.New(fault.Invalid, "hw.host_folder_unusable")
	ErrUnreached = fault.New(fault.Unavailable, "hw.host_server_unreachable")
)

// Identity is who a host is; its token is a secret.
type Identity struct {
	Server string `json:"server"`
	ID     id.ID  `json:"id"`
	Name   string `json:"name"`
	Token  string `json:"token"`
}

const identityName = "host.json"

// Load reads the identity of a folder. Fault: hw.host_not_paired.
func Load(dir string) (Identity, error) {
	var i Identity
	b, err := os.ReadFile(filepath.Join(dir, identityName))
	if errors.Is(err, fs.ErrNotExist) {
		return i, ErrNotPaired
	}
	if err == nil {
		err = json.Unmarshal(b, &i)
	}
	if err != nil {
		return i, ErrFolder.Wrap(err)
	}
	return i, nil
}

// Pair gets an identity with a code and keeps it in the folder, for this system's user
// alone. Print jobs of an earlier identity are not printed any more. Faults:
// hw.host_server_unreachable, and what the server says (device.host_code_wrong,
// hw.too_many_pairing_tries).
func Pair(ctx context.Context, dir, server, code, version, platform string) (Identity, error) {
	l, err := newLink(server, "")
	if err != nil {
		return Identity{}, err
	}
	var p remote.Paired
	if err := l.post(ctx, remote.PathPair, remote.PairRequest{Code: code, Version: version, Platform: platform}, &p); err != nil {
		return Identity{}, err
	}
	i := Identity{Server: server, ID: p.ID, Name: p.Name, Token: p.Token}
	b, err := json.MarshalIndent(i, "", "  ")
	if err == nil {
		err = errors.Join(remove(dir, spoolName), forget(dir))
	}
	if err == nil {
		err = replace(filepath.Join(dir, identityName), append(b, '\n'))
	}
	if err != nil {
		return Identity{}, ErrFolder.Wrap(err)
	}
	return i, nil
}

const devicesName = "devices.json"

// remember keeps what the server last wanted to be run here, for this system's user
// alone: settings may hold secrets, as the identity beside them does.
func remember(dir string, devices []remote.Instance) error {
	b, err := json.Marshal(remote.Config{Devices: devices})
	if err != nil {
		return err
	}
	file := filepath.Join(dir, devicesName)
	if was, err := os.ReadFile(file); err == nil && bytes.Equal(was, b) {
		return nil
	}
	return replace(file, b)
}

// recall answers what remember kept; nil where there is nothing to be read.
func recall(dir string) []remote.Instance {
	var c remote.Config
	b, err := os.ReadFile(filepath.Join(dir, devicesName))
	if err != nil || json.Unmarshal(b, &c) != nil {
		return nil
	}
	return c.Devices
}

func forget(dir string) error { return remove(dir, devicesName) }

// remove removes a file that may be there.
func remove(dir, name string) error {
	err := os.Remove(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// CheckServer refuses what is no server's address, and one to which settings and
// receipts would go in the open. Faults: hw.host_server_invalid,
// hw.host_server_insecure.
func CheckServer(server string, allowPlain bool) error {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return ErrAddress.With("server", server)
	}
	if u.Scheme == "https" || allowPlain || u.Hostname() == "localhost" {
		return nil
	}
	if ip := net.ParseIP(u.Hostname()); ip != nil && ip.IsLoopback() {
		return nil
	}
	return ErrPlain.With("server", server)
}

// Lock keeps a second process out of the folder, which it makes. unlock is for the
// end; a process that dies unlocks by itself. Faults: hw.host_already_running,
// hw.host_folder_unusable.
func Lock(dir string) (unlock func(), err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, ErrFolder.Wrap(err)
	}
	return lockFile(filepath.Join(dir, "host.lock"))
}
