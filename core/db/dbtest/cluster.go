package dbtest

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// startCluster makes a cluster in a temporary folder and starts it on a socket in
// that folder: a port could be another's by the time the server asks for it. It
// ends with this process: a small shell watches our end of a pipe, so that a test
// that is killed leaves nothing behind.
func startCluster() (string, error) {
	bin, err := findBinaries()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "shopwright-pg-")
	if err != nil {
		return "", err
	}
	data := filepath.Join(dir, "data")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
	if err := asOther(initdb, dir); err != nil {
		return "", err
	}
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w: %s", err, out)
	}
	args := []string{"-D", data, "-k", dir, "-h", ""}
	settings := []string{"fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=300", "shared_buffers=64MB", "log_min_messages=panic", "autovacuum=off"}
	for _, s := range append(settings, strings.Fields(os.Getenv("SHOPWRIGHT_POSTGRES"))...) { // what is measured for long needs its autovacuum
		args = append(args, "-c", s)
	}
	server := exec.Command(filepath.Join(bin, "postgres"), args...)
	if err := asOther(server, dir); err != nil {
		return "", err
	}
	if err := server.Start(); err != nil {
		return "", err
	}
	if err := watch(server.Process.Pid, dir); err != nil {
		return "", err
	}
	base := "postgres://postgres@/%s?host=" + strings.ReplaceAll(url.QueryEscape(dir), "%", "%%") + "&port=5432&sslmode=disable&connect_timeout=10"
	return base, waitReady(base)
}

func waitReady(base string) error {
	var err error
	for range 200 {
		if err = admin(base, "select 1"); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("the cluster did not start: %w", err)
}

func findBinaries() (string, error) {
	if p, err := exec.LookPath("initdb"); err == nil {
		if p, err = filepath.EvalSymlinks(p); err == nil {
			return filepath.Dir(p), nil
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) == 0 {
		return "", errors.New("initdb is not installed")
	}
	sort.Strings(found)
	return filepath.Dir(found[len(found)-1]), nil
}
