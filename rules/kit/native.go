package kit

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Native runs a Go pack's own tests in its folder, where the same source runs
// without a module; the golden cases are among them. It answers what go test said,
// "" where the folder is no Go pack or has no tests. Fault: kit.tool_missing.
func Native(ctx context.Context, dir string) (said string, ok bool, err error) {
	if lang, err := LangOf(dir); err != nil || lang != Go {
		return "", false, err
	}
	tests, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil || len(tests) == 0 {
		return "", false, nil
	}
	program := "go"
	if p := os.Getenv("SHOPWRIGHT_GO"); p != "" {
		program = p
	}
	path, err := exec.LookPath(program)
	if err != nil {
		return "", false, ErrTool.With("tool", "go").With("hint", "install Go: https://go.dev/dl/").Wrap(err)
	}
	cmd := exec.CommandContext(ctx, path, "test", "-count=1", ".")
	cmd.Dir = dir
	for _, kv := range os.Environ() { // a shell that is set up for guests would build the tests as one
		switch name, _, _ := strings.Cut(kv, "="); name {
		case "GOOS", "GOARCH", "GOFLAGS":
		default:
			cmd.Env = append(cmd.Env, kv)
		}
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	if ctx.Err() != nil {
		return "", false, ctx.Err()
	}
	return strings.TrimSpace(out.String()), err == nil, nil
}
