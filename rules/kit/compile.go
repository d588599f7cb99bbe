package kit

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/sdk/rule/bindings"
)

// Compile makes rule.wasm of a pack's folder, or reads the one that lies there
// without a source. The bytes depend on the sources and the tool alone. Faults: kit.not_a_pack, kit.tool_missing, kit.build_failed, the
// latter with the tool's own words as its cause.
func Compile(ctx context.Context, dir string) ([]byte, error) {
	lang, err := LangOf(dir)
	if err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp("", "shopwright-pack")
	if err != nil {
		return nil, fault.ErrInternal.Wrap(err)
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	out := filepath.Join(tmp, "rule.wasm")
	switch lang {
	case Go:
		err = compileGo(ctx, dir, out)
	case C:
		err = compileC(ctx, dir, tmp, out)
	case AssemblyScript:
		err = compileAS(ctx, dir, out)
	case WAT:
		err = compileWAT(ctx, dir, out)
	case Module:
		out = filepath.Join(dir, "rule.wasm")
	}
	if err != nil {
		return nil, err
	}
	b, err := os.ReadFile(out)
	if err != nil {
		return nil, ErrBuild.With("tool", string(lang)).Wrap(err)
	}
	return b, nil
}

// compileGo builds guest/ with nothing in it that depends on where it is built.
func compileGo(ctx context.Context, dir, out string) error {
	var env []string
	for _, kv := range os.Environ() {
		switch name, _, _ := strings.Cut(kv, "="); name {
		case "GOOS", "GOARCH", "GOWASM", "GOFLAGS", "GOEXPERIMENT", "CGO_ENABLED":
		default:
			env = append(env, kv)
		}
	}
	env = append(env, "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	return runTool(ctx, dir, "go", "SHOPWRIGHT_GO", "install Go: https://go.dev/dl/", env,
		"build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false", "-pgo=off", "-ldflags=-s -w -buildid=", "-o", out, "./guest")
}

// compileC builds rule.c with the sw1.h beside it, or with this program's own where
// there is none.
func compileC(ctx context.Context, dir, tmp, out string) error {
	args := []string{"--target=wasm32-unknown-unknown", "-std=c11", "-O2", "-Wall", "-Wextra", "-ffreestanding", "-nostdlib", "-msign-ext", "-I", "."}
	if !isFile(filepath.Join(dir, "sw1.h")) {
		if err := os.WriteFile(filepath.Join(tmp, "sw1.h"), bindings.C(), 0o600); err != nil {
			return fault.ErrInternal.Wrap(err)
		}
		args = append(args, "-I", tmp)
	}
	args = append(args, "-Wl,--no-entry", "-Wl,--stack-first", "-Wl,-z,stack-size=16384", "-Wl,--strip-all", "-o", out, "rule.c")
	if _, err := exec.LookPath(cmp.Or(os.Getenv("SHOPWRIGHT_WASM_LD"), "wasm-ld")); err != nil {
		return ErrTool.With("tool", "wasm-ld").With("hint", clangHint).Wrap(err)
	}
	return runTool(ctx, dir, "clang", "SHOPWRIGHT_CLANG", clangHint, nil, args...)
}

const clangHint = "install clang and lld (Debian: apt install clang lld)"

func compileAS(ctx context.Context, dir, out string) error {
	asc, local := "asc", filepath.Join(dir, "node_modules", ".bin", "asc") // what npm install has put beside the source goes first
	if runtime.GOOS == "windows" {
		local += ".cmd"
	}
	if abs, err := filepath.Abs(local); err == nil && isFile(abs) {
		asc = abs
	}
	return runTool(ctx, dir, asc, "SHOPWRIGHT_ASC", "install Node.js and run npm install in the pack's folder", nil,
		"rule.ts", "--outFile", out, "--runtime", "stub", "--use", "abort=", "--exportStart", "_initialize", "--noAssert", "-O3", "--converge")
}

// watFeatures are what the rule host lets a module contain beyond WebAssembly 1.0.
var watFeatures = []string{"--enable-mutable-globals", "--enable-sign-ext", "--enable-nontrapping-float-to-int", "--enable-multivalue",
	"--enable-reference-types", "--enable-bulk-memory"}

// watCopies is memory.copy and memory.fill by themselves: later releases of wasm-as
// ask for it, earlier ones do not know it.
const watCopies = "--enable-bulk-memory-opt"

func compileWAT(ctx context.Context, dir, out string) error {
	assemble := func(features ...string) error {
		return runTool(ctx, dir, "wasm-as", "SHOPWRIGHT_WASM_AS", "install binaryen (Debian: apt install binaryen)", nil, append(features, "rule.wat", "-o", out)...)
	}
	err := assemble(append(slices.Clone(watFeatures), watCopies)...)
	if cause := errors.Unwrap(err); fault.ReasonIs(err, ErrBuild.Reason) && cause != nil && strings.Contains(cause.Error(), "nknown option '"+watCopies) {
		err = assemble(slices.Clone(watFeatures)...)
	}
	return err
}

func isFile(p string) bool {
	st, err := os.Stat(p)
	return err == nil && st.Mode().IsRegular()
}

// runTool runs a compiler in the pack's folder; an environment variable may name
// another program in its place.
func runTool(ctx context.Context, dir, tool, variable, hint string, env []string, args ...string) error {
	program := cmp.Or(os.Getenv(variable), tool)
	name := strings.TrimSuffix(filepath.Base(tool), ".cmd")
	path, err := exec.LookPath(program)
	if err != nil {
		return ErrTool.With("tool", name).With("hint", hint).Wrap(err)
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir, cmd.Env = dir, env
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return ErrBuild.With("tool", name).Wrap(errors.New(cmp.Or(strings.TrimSpace(said.String()), err.Error())))
	}
	return nil
}
