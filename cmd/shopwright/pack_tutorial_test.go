package main

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// step is a block of the tutorial: what it is, and its lines.
type step struct {
	mark string // of the comment before it: "edit: FILE", "fails", "server"
	lang string
	text string
	line int
}

// tutorialSteps are the blocks of docs/FOLDER/tutorial.md in their order.
func tutorialSteps(t *testing.T, folder string) []step {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", folder, "tutorial.md"))
	if err != nil {
		t.Fatal(err)
	}
	var all []step
	var in *step
	mark := ""
	for n, line := range strings.Split(string(raw), "\n") {
		lang, fence := strings.CutPrefix(line, "```")
		switch {
		case fence && in == nil:
			in = &step{mark: mark, lang: lang, line: n + 1}
			mark = ""
		case fence:
			all = append(all, *in)
			in = nil
		case in != nil:
			in.text += line + "\n"
		case strings.HasPrefix(line, "<!-- "):
			mark = strings.TrimSuffix(strings.TrimPrefix(line, "<!-- "), " -->")
		}
	}
	if len(all) < 15 || in != nil {
		t.Fatalf("only %d blocks were found", len(all))
	}
	return all
}

// tutor follows the tutorial in a folder of its own.
type tutor struct {
	t    *testing.T
	dir  string // where the reader stands
	env  []string
	said string // by the last sh block
}

// TestTutorial does what docs/rules/tutorial.md says, word for word: each sh block is
// run, each diff applied, each text block compared with what was said.
func TestTutorial(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles Go modules")
	}
	need(t, "go")
	home := t.TempDir()
	p := &tutor{t: t, dir: home, env: append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_CACHE_HOME="+home,
		"GOPROXY=off", "GOFLAGS=", "GOCACHE="+goEnv(t, "GOCACHE"), "GOPATH="+goEnv(t, "GOPATH"))}
	begin, tested := time.Now(), time.Duration(0)
	var key string
	for _, s := range tutorialSteps(t, "rules") {
		switch {
		case s.lang == "sh" && s.mark == "server":
			p.atAServer(s, key)
		case s.lang == "sh":
			p.run(s)
			if k := regexp.MustCompile(`"api_key": "([^"]+)"`).FindStringSubmatch(p.said); k != nil {
				key = k[1]
			}
		case s.lang == "diff":
			p.edit(s)
		case s.lang == "text":
			p.compare(s)
		default:
			t.Fatalf("line %d: a block of %q, which nothing checks", s.line, s.lang)
		}
		if tested == 0 && strings.Contains(p.said, "natively: ok") {
			tested = time.Since(begin)
		}
	}
	t.Logf("from new to a passing test: %s; the whole tutorial: %s", tested.Round(time.Millisecond), time.Since(begin).Round(time.Millisecond))
	if tested == 0 || tested > 2*time.Minute {
		t.Errorf("from new to a passing test it took %s", tested)
	}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.Command("go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// run runs the commands of a block one by one.
func (p *tutor) run(s step) {
	p.t.Helper()
	p.said = ""
	for command := range strings.Lines(s.text) {
		args := strings.Fields(command)
		if args[0] == "cd" {
			p.dir = filepath.Join(p.dir, args[1])
			continue
		}
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir, cmd.Env = p.dir, p.env
		out, err := cmd.CombinedOutput()
		p.said += string(out)
		if fails := s.mark == "fails"; (err != nil) != fails {
			p.t.Fatalf("line %d: %s: %v\n%s", s.line, strings.TrimSpace(command), err, out)
		}
	}
}

// edit applies a diff of one hunk without line numbers: what it takes away and keeps
// must stand in the file once.
func (p *tutor) edit(s step) {
	p.t.Helper()
	name, ok := strings.CutPrefix(s.mark, "edit: ")
	if !ok {
		p.t.Fatalf("line %d: a diff of no file", s.line)
	}
	var old, now string
	for line := range strings.Lines(s.text) {
		if line[0] != '+' {
			old += line[1:]
		}
		if line[0] != '-' {
			now += line[1:]
		}
	}
	file := filepath.Join(p.dir, filepath.FromSlash(name))
	text, err := os.ReadFile(file)
	if err != nil || strings.Count(string(text), old) != 1 {
		p.t.Fatalf("line %d: %v: %s has this %d times:\n%s", s.line, err, name, strings.Count(string(text), old), old)
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), old, now, 1)), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

var spaces = regexp.MustCompile(`\s+`)

// compare looks for each line of a text block in what was said; … stands for
// anything, and runs of spaces for one.
func (p *tutor) compare(s step) {
	p.t.Helper()
	var said []string
	for line := range strings.Lines(p.said) {
		said = append(said, strings.TrimSpace(spaces.ReplaceAllString(line, " ")))
	}
	all := strings.Join(said, "\n")
	for line := range strings.Lines(s.text) {
		var parts []string
		for part := range strings.SplitSeq(strings.TrimSpace(spaces.ReplaceAllString(line, " ")), "…") {
			parts = append(parts, regexp.QuoteMeta(part))
		}
		if !regexp.MustCompile(strings.Join(parts, ".*")).MatchString(all) {
			p.t.Errorf("line %d: the tutorial shows %q, which was not said:\n%s", s.line, strings.TrimSpace(line), p.said)
		}
	}
}

// atAServer runs a block against a server of the shop that was set up, at a port that
// is free.
func (p *tutor) atAServer(s step, key string) {
	p.t.Helper()
	if key == "" {
		p.t.Fatalf("line %d: setup has printed no API key", s.line)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	cmd := exec.CommandContext(ctx, "shopwright", "serve", "--data", "shop", "--addr", "127.0.0.1:0")
	cmd.Dir, cmd.Env = p.dir, p.env
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	defer func() { stop(); _ = cmd.Wait() }()
	addr := serverAddress(p.t, pipe)
	env := p.env
	p.env = append(p.env, "SHOPWRIGHT_TOKEN="+key)
	s.text = strings.ReplaceAll(s.text, "http://127.0.0.1:8080", "http://"+addr)
	p.run(s)
	p.env = env
	if !strings.Contains(p.said, "is trusted already") || !strings.Contains(p.said, "tea-club 0.1.0 is installed") {
		p.t.Errorf("line %d: %s", s.line, p.said)
	}
}

// serverAddress waits for the line in which a server names its address.
func serverAddress(t *testing.T, r io.Reader) string {
	t.Helper()
	found := make(chan string, 1)
	go func() {
		defer close(found)
		for lines := bufio.NewScanner(r); lines.Scan(); {
			if addr, ok := strings.CutPrefix(lines.Text(), "ready http://"); ok {
				found <- addr
			}
		}
	}()
	select {
	case addr := <-found:
		if addr == "" {
			t.Fatal("the server ended before it was ready")
		}
		return addr
	case <-time.After(time.Minute):
		t.Fatal("the server did not start")
	}
	return ""
}

// need says whether a tool is there. A developer may be without; CI may not.
func need(t *testing.T, tool string) {
	t.Helper()
	if _, err := exec.LookPath(tool); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("CI has no %s", tool)
		}
		t.Skipf("%s is not installed", tool)
	}
}
