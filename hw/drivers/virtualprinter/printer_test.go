package virtualprinter

import (
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/hw/wire"
	"github.com/shopwright/shopwright/sdk/driver"
)

func setup(t *testing.T, folder, more string) *Printer {
	t.Helper()
	p := New().(*Printer)
	if err := p.Configure(t.Context(), json.RawMessage(fmt.Sprintf(`{"folder":%q%s}`, folder, more))); err != nil {
		t.Fatal(err)
	}
	return p
}

func job(id string, attempt int) driver.Job {
	return driver.Job{JobKey: driver.JobKey{ID: id, Attempt: attempt},
		Document: wire.To(receipt.Document{Copy: attempt, Blocks: []receipt.Block{receipt.Text{Text: "莲花 ¥12.50"}}})}
}

func TestPrintsPictureAndTextOnce(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "paper")
	p := setup(t, folder, `,"dots":384`)
	for range 3 {
		if st, err := p.Submit(t.Context(), job("a", 1)); err != nil || st.State != driver.JobConfirmed {
			t.Fatalf("%+v %v", st, err)
		}
	}
	if st, err := p.Submit(t.Context(), job("a", 2)); err != nil || st.State != driver.JobConfirmed {
		t.Fatalf("%+v %v", st, err)
	}
	got, err := List(folder)
	if err != nil || len(got) != 2 || got[0] != (Printed{"a", 1, "a.1.png", "a.1.txt"}) || got[1].Attempt != 2 {
		t.Fatalf("%+v %v", got, err)
	}
	first, _ := os.ReadFile(filepath.Join(folder, "a.1.txt"))
	second, _ := os.ReadFile(filepath.Join(folder, "a.2.txt"))
	if !strings.Contains(string(first), "莲花 ¥12.50") || strings.Contains(string(first), "DUPLICATE") || !strings.Contains(string(second), "DUPLICATE 补打 #2") {
		t.Errorf("%s%s", first, second)
	}
	f, err := os.Open(filepath.Join(folder, "a.1.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if img, err := png.Decode(f); err != nil || img.Bounds().Dx() != 384 {
		t.Errorf("%v", err)
	}
}

// A new process of the driver finds on paper what the old one printed.
func TestANewProcessKnowsFromTheFolder(t *testing.T) {
	folder := t.TempDir()
	p := setup(t, folder, "")
	if _, err := p.Submit(t.Context(), job("a", 1)); err != nil {
		t.Fatal(err)
	}
	before, _ := os.Stat(filepath.Join(folder, "a.1.png"))
	if err := os.WriteFile(filepath.Join(folder, tempPrefix+"1"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	q := setup(t, folder, "")
	for id, want := range map[string]driver.JobState{"a": driver.JobConfirmed, "b": driver.JobFailed} {
		if st, err := q.JobStatus(t.Context(), driver.JobKey{ID: id, Attempt: 1}); err != nil || st.State != want {
			t.Errorf("%s: %+v %v", id, st, err)
		}
	}
	if st, err := q.Submit(t.Context(), job("a", 1)); err != nil || st.State != driver.JobConfirmed {
		t.Errorf("%+v %v", st, err)
	}
	after, _ := os.Stat(filepath.Join(folder, "a.1.png"))
	if !os.SameFile(before, after) {
		t.Error("it was printed again")
	}
	if left, _ := filepath.Glob(filepath.Join(folder, tempPrefix+"*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestTheSameAttemptAtOncePrintsOnce(t *testing.T) {
	folder := t.TempDir()
	p := setup(t, folder, `,"delay_ms":50`)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if st, err := p.Submit(context.Background(), job("a", 1)); err != nil || st.State != driver.JobConfirmed {
				t.Errorf("%+v %v", st, err)
			}
		})
	}
	wg.Wait()
	if got, _ := List(folder); len(got) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestDeadlineAndCancelLeaveNothing(t *testing.T) {
	folder := t.TempDir()
	p := setup(t, folder, `,"delay_ms":200`)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if st, err := p.Submit(ctx, job("a", 1)); err != nil || st.State != driver.JobFailed {
		t.Errorf("%+v %v", st, err)
	}
	done := make(chan driver.JobStatus)
	go func() { st, _ := p.Submit(context.Background(), job("b", 1)); done <- st }()
	for {
		if st, _ := p.Cancel(t.Context(), driver.JobKey{ID: "b", Attempt: 1}); st.State == driver.JobCancelled {
			break
		}
	}
	if st := <-done; st.State != driver.JobCancelled {
		t.Errorf("%+v", st)
	}
	if got, _ := List(folder); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

func TestNoPathLeavesTheFolder(t *testing.T) {
	p := setup(t, t.TempDir(), "")
	for _, id := range []string{"../x", "a/b", "", "a.b", strings.Repeat("x", 65)} {
		if st, err := p.Submit(t.Context(), driver.Job{JobKey: driver.JobKey{ID: id, Attempt: 1}}); err != nil || st.State != driver.JobFailed {
			t.Errorf("%q: %+v %v", id, st, err)
		}
		if p.Open(t.Context(), id, "", 0) == nil {
			t.Errorf("%q opened a drawer", id)
		}
	}
}

func TestDrawerAndHealth(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "paper")
	p := setup(t, folder, "")
	for range 2 {
		if err := p.Open(t.Context(), "k1", "", 0); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := filepath.Glob(filepath.Join(folder, "*.drawer")); len(got) != 1 {
		t.Errorf("%v", got)
	}
	if h := p.Health(t.Context()); !h.OK {
		t.Errorf("%+v", h)
	}
	os.RemoveAll(folder)
	if h := p.Health(t.Context()); h.OK || h.Reason == "" {
		t.Errorf("%+v", h)
	}
	if st, _ := p.Submit(t.Context(), job("a", 1)); st.State != driver.JobFailed || st.Reason == "" {
		t.Errorf("%+v", st)
	}
	for _, bad := range []string{`{}`, `{"folder":"x","dots":1}`, `{"folder":"x","delay_ms":-1}`, `{"x":1}`} {
		if New().(*Printer).Configure(t.Context(), json.RawMessage(bad)) == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}
