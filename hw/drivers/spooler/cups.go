//go:build !windows

package spooler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
)

// cups is a queue of CUPS, by its commands.
type cups struct {
	name               string
	lp, lpstat, cancel string // the commands' files
}

// folders hold the commands where no PATH names them: a driver's process gets
// none.
var folders = []string{"/usr/bin", "/usr/local/bin", "/bin", "/opt/homebrew/bin"}

var errNoQueues = errors.New("this system keeps no print queues: CUPS is not installed")

func openQueue(name string) (queue, error) {
	if strings.ContainsAny(name, " /#\t\"'") {
		return nil, fmt.Errorf("%q is no queue", name)
	}
	c := &cups{name: name}
	for _, t := range []struct {
		name string
		file *string
	}{{"lp", &c.lp}, {"lpstat", &c.lpstat}, {"cancel", &c.cancel}} {
		if *t.file = command(t.name); *t.file == "" {
			return nil, errNoQueues
		}
	}
	return c, nil
}

func command(name string) string {
	if f, err := exec.LookPath(name); err == nil {
		return f
	}
	for _, dir := range folders {
		f := filepath.Join(dir, name)
		if st, err := os.Stat(f); err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0 {
			return f
		}
	}
	return ""
}

// run runs a command in the language that its answers are read in. An error's
// text is the command's own where it said anything.
func run(ctx context.Context, stdin []byte, file string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, file, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "LANG=C")
	cmd.Stdin = bytes.NewReader(stdin)
	cmd.WaitDelay = time.Second // what it started may hold its output open
	var out, bad strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &bad
	err := cmd.Run()
	if ctx.Err() != nil {
		return out.String(), errors.New("the print queue does not answer")
	}
	if err != nil {
		said, _, _ := strings.Cut(strings.TrimSpace(bad.String()), "\n")
		if _, text, ok := strings.Cut(said, ": "); ok {
			said = text
		}
		if said == "" {
			said = err.Error()
		}
		return out.String(), errors.New(said)
	}
	return out.String(), nil
}

func (c *cups) ready(ctx context.Context) error {
	out, err := run(ctx, nil, c.lpstat, "-a", c.name, "-p", c.name)
	if err != nil {
		return err
	}
	lines := strings.Split(out, "\n")
	for i, l := range lines {
		why := ""
		switch {
		case strings.HasPrefix(l, c.name+" not accepting"):
			why = "takes no jobs"
		case strings.HasPrefix(l, "printer "+c.name+" disabled"):
			why = "is stopped"
		default:
			continue
		}
		if i+1 < len(lines) {
			if more := strings.TrimSpace(lines[i+1]); strings.HasPrefix(lines[i+1], "\t") && more != "" && more != "reason unknown" {
				why += ": " + more
			}
		}
		return fmt.Errorf("the queue %s %s", c.name, why)
	}
	if !strings.Contains(out, c.name) {
		return fmt.Errorf("there is no queue %s", c.name)
	}
	return nil
}

var requestID = regexp.MustCompile(`request id is (\S+-[0-9]+)`)

func (c *cups) put(ctx context.Context, title string, data []byte) (string, error) {
	before, err := c.jobs(ctx)
	if err != nil {
		return "", notTaken{err}
	}
	out, err := run(ctx, data, c.lp, "-d", c.name, "-o", "raw", "-t", title)
	if m := requestID.FindStringSubmatch(out); m != nil {
		if err != nil {
			return "", err // it has a name and did not come whole
		}
		return m[1], nil
	}
	if err == nil {
		err = errors.New("it does not say which job it is")
	}
	// Nothing new in the queue: nothing was taken.
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	after, e := c.jobs(late)
	if e != nil || slices.ContainsFunc(after, func(j string) bool { return !slices.Contains(before, j) }) {
		return "", err
	}
	if ctx.Err() != nil {
		return "", err // the queue may still be at it
	}
	return "", notTaken{err}
}

// jobs lists the names of all jobs that the queue knows.
func (c *cups) jobs(ctx context.Context) ([]string, error) {
	out, err := run(ctx, nil, c.lpstat, "-W", "all", "-o", c.name)
	if err != nil {
		return nil, err
	}
	var names []string
	for l := range strings.SplitSeq(out, "\n") {
		if f := strings.Fields(l); len(f) > 0 && strings.HasPrefix(f[0], c.name+"-") {
			names = append(names, f[0])
		}
	}
	return names, nil
}

func (c *cups) look(ctx context.Context, job string) (standing, error) {
	out, err := run(ctx, nil, c.lpstat, "-W", "not-completed", "-o", c.name)
	if err != nil {
		return waiting, err
	}
	if _, ok := entry(out, job); ok {
		return waiting, nil
	}
	if out, err = run(ctx, nil, c.lpstat, "-l", "-W", "completed", "-o", c.name); err != nil {
		return waiting, err
	}
	about, ok := entry(out, job)
	switch {
	case ok && strings.Contains(about, "job-completed-successfully"):
		return completed, nil
	case ok && (strings.Contains(about, "cancel") || strings.Contains(about, "abort") || strings.Contains(about, "with-errors")):
		return dropped, nil
	}
	return gone, nil
}

// entry answers what a list says of a job: its line and the indented ones
// under it.
func entry(list, job string) (string, bool) {
	var about []string
	for l := range strings.SplitSeq(list, "\n") {
		f := strings.Fields(l)
		switch {
		case len(f) > 0 && f[0] == job && !strings.HasPrefix(l, "\t"):
			about = append(about, l)
		case len(about) > 0 && !strings.HasPrefix(l, "\t"):
			return strings.Join(about, "\n"), true
		case len(about) > 0:
			about = append(about, l)
		}
	}
	return strings.Join(about, "\n"), len(about) > 0
}

func (c *cups) remove(ctx context.Context, job string) error {
	_, err := run(ctx, nil, c.cancel, job)
	return err
}
