package plugins

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/fault"
)

// healthBuckets are the upper bounds of the histogram of health calls.
var healthBuckets = [...]time.Duration{
	250 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 2500 * time.Microsecond, 5 * time.Millisecond, 10 * time.Millisecond,
	25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond,
}

// meter counts what happens to one instance. Safe for concurrent use. The zero
// value is ready.
type meter struct {
	mu     sync.Mutex
	deaths map[string]int // by the fault's reason
	missed int            // health calls without an answer in time
	health [len(healthBuckets) + 1]int
	asked  int
	took   time.Duration
}

func (m *meter) died(why error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.deaths == nil {
		m.deaths = map[string]int{}
	}
	m.deaths[fault.Of(why).Reason]++
}

func (m *meter) asks(took time.Duration, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err != nil {
		m.missed++
		return
	}
	at := 0
	for at < len(healthBuckets) && took > healthBuckets[at] {
		at++
	}
	m.health[at]++
	m.asked++
	m.took += took
}

// WriteMetrics writes what the host counts in Prometheus' text format: the state of
// each instance, its restarts, its deaths by reason, and how fast it answers health
// calls.
func (h *Host) WriteMetrics(w io.Writer) error {
	var states, restarts, deaths, missed, health bytes.Buffer
	for _, st := range h.Status() {
		s, err := h.find(st.ID)
		if err != nil {
			continue // stopped meanwhile
		}
		who := fmt.Sprintf("instance=%s,driver=%s", label(st.ID), label(st.Driver))
		fmt.Fprintf(&states, "shopwright_driver_state{%s,state=%s} 1\n", who, label(string(st.State)))
		fmt.Fprintf(&restarts, "shopwright_driver_restarts_total{%s} %d\n", who, st.Restarts)
		s.meter.write(&deaths, &missed, &health, who)
	}
	var out bytes.Buffer
	for _, f := range []struct {
		name, kind, help string
		lines            *bytes.Buffer
	}{
		{"state", "gauge", "The state that the supervisor sees the driver in.", &states},
		{"restarts_total", "counter", "Times the driver was started anew.", &restarts},
		{"deaths_total", "counter", "Ends of the driver's process that nobody asked for, and failed starts, by reason.", &deaths},
		{"health_missed_total", "counter", "Health calls that were not answered in time.", &missed},
		{"health_seconds", "histogram", "How long answered health calls took.", &health},
	} {
		fmt.Fprintf(&out, "# HELP shopwright_driver_%s %s\n# TYPE shopwright_driver_%s %s\n", f.name, f.help, f.name, f.kind)
		out.Write(f.lines.Bytes())
	}
	_, err := w.Write(out.Bytes())
	return err
}

func (m *meter) write(deaths, missed, health *bytes.Buffer, who string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, reason := range slices.Sorted(maps.Keys(m.deaths)) {
		fmt.Fprintf(deaths, "shopwright_driver_deaths_total{%s,reason=%s} %d\n", who, label(reason), m.deaths[reason])
	}
	fmt.Fprintf(missed, "shopwright_driver_health_missed_total{%s} %d\n", who, m.missed)
	sum := 0
	for i, n := range m.health {
		sum += n
		le := "+Inf"
		if i < len(healthBuckets) {
			le = strconv.FormatFloat(healthBuckets[i].Seconds(), 'g', -1, 64)
		}
		fmt.Fprintf(health, "shopwright_driver_health_seconds_bucket{%s,le=\"%s\"} %d\n", who, le, sum)
	}
	fmt.Fprintf(health, "shopwright_driver_health_seconds_sum{%s} %s\n", who, strconv.FormatFloat(m.took.Seconds(), 'g', -1, 64))
	fmt.Fprintf(health, "shopwright_driver_health_seconds_count{%s} %d\n", who, m.asked)
}

var labelText = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

func label(s string) string { return `"` + labelText.Replace(s) + `"` }
