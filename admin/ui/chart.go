package ui

import (
	"math"
	"strconv"
	"strings"
)

// ChartProps describes a chart. Values are integers (minor units, points,
// counts); Format writes them.
type ChartProps struct {
	ID     string // unique on the page
	Title  string
	Desc   string // what it shows, in a sentence; for those who cannot see it
	Kind   string // "line" (default), "bar"
	Labels []string
	Series []Series // up to four
	Format func(int64) string
	Wide   bool
}

// Series is one line or one set of bars; as long as the chart's labels.
type Series struct {
	Name   string
	Values []int64
}

type chartTick struct {
	at   float64
	text string
}

// chart is the geometry of a chart: everything that the template writes.
type chart struct {
	p                        ChartProps
	w, h                     float64
	left, right, top, bottom float64
	y, x                     []chartTick
	zero                     float64
	lo, hi                   int64
}

func (p ChartProps) format(v int64) string {
	if p.Format == nil {
		return strconv.FormatInt(v, 10)
	}
	return p.Format(v)
}

func layout(p ChartProps) chart {
	g := chart{p: p, w: 480, h: 220, right: 12, top: 10, bottom: 28}
	if p.Wide {
		g.w, g.h = 960, 260
	}
	for _, s := range p.Series {
		for _, v := range s.Values {
			g.lo, g.hi = min(g.lo, v), max(g.hi, v)
		}
	}
	step := niceStep(float64(g.hi)-float64(g.lo), 4)
	first := int64(math.Floor(float64(g.lo) / float64(step)))
	last := int64(math.Ceil(float64(g.hi) / float64(step)))
	if first == last {
		last++
	}
	g.lo, g.hi = first*step, last*step
	widest := 0
	for i := first; i <= last; i++ {
		t := p.format(i * step)
		widest = max(widest, len([]rune(t)))
		g.y = append(g.y, chartTick{text: t})
	}
	g.left = 14 + 7.6*float64(widest) // room for the larger type of a phone
	for i := range g.y {
		g.y[i].at = g.py((first + int64(i)) * step)
	}
	g.zero = g.py(0)
	n := len(p.Labels)
	room := 6
	if p.Wide {
		room = 14
	}
	every := max(1, (n+room-1)/room)
	for i := 0; i < n; i += every {
		g.x = append(g.x, chartTick{g.px(i), p.Labels[i]})
	}
	return g
}

// niceStep is the least of 1, 2, 2.5 and 5 times a power of ten that divides the
// span into at most n steps.
func niceStep(span float64, n int) int64 {
	if span < float64(n) {
		return 1
	}
	raw := span / float64(n)
	pow := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 2.5, 5, 10} {
		if s := int64(m * pow); float64(s) >= raw && m*pow == math.Trunc(m*pow) {
			return s
		}
	}
	return int64(10 * pow)
}

func (g chart) py(v int64) float64 {
	return g.top + (g.h-g.top-g.bottom)*(float64(g.hi)-float64(v))/(float64(g.hi)-float64(g.lo))
}

// px is the middle of the i-th label's slot.
func (g chart) px(i int) float64 {
	n := len(g.p.Labels)
	if g.p.Kind != "bar" && n > 1 {
		return g.left + 8 + (g.w-g.left-g.right-16)*float64(i)/float64(n-1)
	}
	return g.left + (g.w-g.left-g.right)*(float64(i)+0.5)/float64(max(n, 1))
}

func (g chart) linePath(s Series, closed bool) string {
	var b strings.Builder
	for i, v := range s.Values {
		if i == 0 {
			b.WriteByte('M')
		} else {
			b.WriteByte('L')
		}
		b.WriteString(f1(g.px(i)) + " " + f1(g.py(v)))
	}
	if closed && len(s.Values) > 0 {
		b.WriteString("L" + f1(g.px(len(s.Values)-1)) + " " + f1(g.zero) + "L" + f1(g.px(0)) + " " + f1(g.zero) + "Z")
	}
	return b.String()
}

type bar struct{ x, y, w, h, text string }

func (g chart) bars(k int) []bar {
	var out []bar
	slot := (g.w - g.left - g.right) / float64(max(len(g.p.Labels), 1))
	w := math.Min(slot*0.72/float64(len(g.p.Series)), 36)
	for i, v := range g.p.Series[k].Values {
		x := g.px(i) + (float64(k)-float64(len(g.p.Series))/2)*w
		top, bottom := g.py(max(v, 0)), g.py(min(v, 0))
		text := g.p.format(v)
		if i < len(g.p.Labels) {
			text = g.p.Labels[i] + ": " + text
		}
		if g.p.Series[k].Name != "" {
			text = g.p.Series[k].Name + ", " + text
		}
		out = append(out, bar{f1(x + 0.5), f1(top), f1(w - 1), f1(bottom - top), text})
	}
	return out
}

func (g chart) box() string { return "0 0 " + f1(g.w) + " " + f1(g.h) }

func f1(v float64) string { return strconv.FormatFloat(round1(v), 'f', -1, 64) }

// spark is the path of a sparkline in a box of 100 by 28.
func spark(values []int64) string {
	lo, hi := values[0], values[0]
	for _, v := range values {
		lo, hi = min(lo, v), max(hi, v)
	}
	span := math.Max(float64(hi)-float64(lo), 1)
	var b strings.Builder
	for i, v := range values {
		if i == 0 {
			b.WriteByte('M')
		} else {
			b.WriteByte('L')
		}
		b.WriteString(f1(100*float64(i)/float64(max(len(values)-1, 1))) + " " + f1(26-24*(float64(v)-float64(lo))/span))
	}
	return b.String()
}

func round1(v float64) float64 { return math.Round(v*10) / 10 }

func seriesClass(i int) string { return "s" + strconv.Itoa(i%4+1) }

func (s Series) at(i int) (int64, bool) {
	if i < len(s.Values) {
		return s.Values[i], true
	}
	return 0, false
}
