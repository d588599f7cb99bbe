package main

import (
	"fmt"
	"io"
	"os"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress shows long work: a bar on a terminal, a line for each tenth elsewhere.
type progress struct {
	out  io.Writer
	all  *mpb.Progress // nil: no terminal
	bar  *mpb.Bar
	last int // tenths that were told
}

func newProgress(out io.Writer) *progress {
	p := &progress{out: out, last: -1}
	if f, ok := out.(*os.File); ok {
		if st, err := f.Stat(); err == nil && st.Mode()&os.ModeCharDevice != 0 {
			p.all = mpb.New(mpb.WithOutput(f), mpb.WithWidth(48))
		}
	}
	return p
}

// show notes how far it is; the total may still move.
func (p *progress) show(done, total int) {
	if p.all == nil {
		if tenth := done * 10 / max(total, 1); tenth > p.last {
			p.last = tenth
			fmt.Fprintf(p.out, "making the demo: %d of about %d sales\n", done, total)
		}
		return
	}
	if p.bar == nil {
		p.bar = p.all.AddBar(int64(total), mpb.PrependDecorators(decor.Name("making the demo ")), mpb.AppendDecorators(decor.CountersNoUnit("%d / %d sales")))
	}
	p.bar.SetTotal(int64(total), false)
	p.bar.SetCurrent(int64(done))
}

// end finishes the bar, also where the work stopped half way.
func (p *progress) end() {
	if p.bar != nil {
		p.bar.Abort(false)
		p.all.Wait()
	}
}
