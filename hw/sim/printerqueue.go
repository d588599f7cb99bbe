package sim

import (
	"errors"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
)

// PrintQueue is a print queue of CUPS: a folder with the commands lp, lpstat
// and cancel (for sh), to stand first in a PATH.
type PrintQueue struct {
	Name   string
	Folder string // of the commands
}

// What becomes of a job that the queue takes.
const (
	QueuePrints  = "completed"
	QueueHolds   = "pending"  // until it is cancelled
	QueueAborts  = "aborted"  // the device broke off
	QueueForgets = "gone"     // completed jobs are not kept
	QueueRefuses = "refuses"  // lp ends with an error, and nothing was taken
	QueueTears   = "tears"    // lp ends with an error, and the job is there
	QueueStopped = "disabled" // the queue prints nothing now
	QueueHangs   = "hangs"    // lp does not end
)

const lpScript = `#!/bin/sh
cd "$(dirname "$0")" || exit 9
how=$(cat how)
case $how in refuses) echo "lp: The printer or class does not exist." >&2; exit 1;; hangs) sleep 60;; esac
n=$(cat next); echo $((n+1)) > next
cat > job.$n
echo "$@" > args.$n
echo "$how" > state.$n
case $how in tears) echo pending > state.$n; echo "lp: Broken pipe" >&2; exit 1;; esac
echo "request id is $(cat name)-$n (1 file(s))"
`

const lpstatScript = `#!/bin/sh
cd "$(dirname "$0")" || exit 9
name=$(cat name)
which=not-completed long= last=
for a; do
  case $last in
  -W) which=$a;;
  -o|-p|-a) if [ "$a" != "$name" ]; then echo "lpstat: Invalid destination name in list \"$a\"." >&2; exit 1; fi;;
  esac
  [ "$a" = -l ] && long=1
  last=$a
done
case "$*" in
*-p*)
  echo "$name accepting requests since Thu Jan  1 00:00:00 1970"
  if [ "$(cat how)" = disabled ]; then
    printf 'printer %s disabled since Thu Jan  1 00:00:00 1970 -\n\tPaused by the shop\n' "$name"
  else
    echo "printer $name is idle.  enabled since Thu Jan  1 00:00:00 1970"
  fi
  exit 0;;
esac
for f in state.*; do
  [ -f "$f" ] || continue
  n=${f#state.}
  s=$(cat "$f")
  case $s in
  gone) continue;;
  pending) kind=not-completed alert=job-printing;;
  completed) kind=completed alert=job-completed-successfully;;
  aborted) kind=completed alert="aborted-by-system job-completed-with-errors";;
  *) kind=completed alert=job-canceled-by-user;;
  esac
  if [ "$which" != all ] && [ "$which" != $kind ]; then continue; fi
  printf '%-23s %-13s %8d   Thu Jan  1 00:00:00 1970\n' "$name-$n" shop 1024
  [ -n "$long" ] && printf '\tStatus: \n\tAlerts: %s\n\tqueued for %s\n' "$alert" "$name"
done
exit 0
`

const cancelScript = `#!/bin/sh
cd "$(dirname "$0")" || exit 9
n=${1#"$(cat name)-"}
if [ "$(cat state.$n)" = pending ]; then echo canceled > state.$n; fi
`

// NewPrintQueue makes a queue in a folder that is empty.
func NewPrintQueue(folder, name, how string) (*PrintQueue, error) {
	q := &PrintQueue{Name: name, Folder: folder}
	var errs []error
	for file, text := range map[string]string{"lp": lpScript, "lpstat": lpstatScript, "cancel": cancelScript, "name": name, "next": "1"} {
		errs = append(errs, os.WriteFile(filepath.Join(folder, file), []byte(text), 0o755))
	}
	return q, errors.Join(append(errs, q.Behave(how))...)
}

// Behave says what becomes of later jobs.
func (q *PrintQueue) Behave(how string) error {
	return os.WriteFile(filepath.Join(q.Folder, "how"), []byte(how), 0o644)
}

// Path is a PATH with the commands first.
func (q *PrintQueue) Path() string { return q.Folder + string(os.PathListSeparator) + "/usr/bin:/bin" }

// QueueJob is one job of the queue.
type QueueJob struct {
	Data  string
	Args  string // those of lp
	State string
}

// Jobs answers the jobs that the queue took, in their order.
func (q *PrintQueue) Jobs() []QueueJob {
	files, _ := filepath.Glob(filepath.Join(q.Folder, "state.*")) // the pattern is well formed
	var ns []int
	for _, f := range files {
		if n, err := strconv.Atoi(filepath.Ext(f)[1:]); err == nil {
			ns = append(ns, n)
		}
	}
	sort.Ints(ns)
	read := func(name string, n int) string {
		b, _ := os.ReadFile(filepath.Join(q.Folder, name+"."+strconv.Itoa(n))) // one that is missing is empty
		return string(b)
	}
	var out []QueueJob
	for _, n := range ns {
		out = append(out, QueueJob{read("job", n), strings.TrimSpace(read("args", n)), strings.TrimSpace(read("state", n))})
	}
	return out
}
