package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/ledger"
	"github.com/shopwright/shopwright/core/report"
	"github.com/shopwright/shopwright/hw/drivers/virtualprinter"
	"github.com/shopwright/shopwright/hw/sim"
	"github.com/shopwright/shopwright/sdk/client"
)

// killPaper is a receipt as it came out of a printer.
type killPaper struct {
	device  id.ID
	number  string // of the sale
	attempt int    // by the mark; 1 where it has none
	whole   bool
}

// killEvidence is what is judged: what was answered, what the books say, what the
// queue of print jobs says, and the paper.
type killEvidence struct {
	register string // the one with devices
	printers []id.ID
	sales    []*killSale
	booked   []client.Sale
	jobs     []device.JobRecord
	papers   []killPaper
	proved   int // differences that the proof of the books found

	notes []string // what is wrong, in words; not more than a few of each kind
}

// ahead is a clock of later: by it the leases of a killed program are over.
type ahead struct{ by time.Duration }

// Now implements clock.Clock.
func (c ahead) Now() clock.Instant { return clock.System{}.Now().Add(c.by) }

// count is a line of the table for what must not be.
func count(what string, n int) goal {
	return goal{what, "0", strconv.Itoa(n), n > 0}
}

// judge holds everything against everything.
func (e *killEvidence) judge() []goal {
	kinds := map[string]int{}
	wrong := func(kind, format string, args ...any) {
		if kinds[kind]++; kinds[kind] <= 3 {
			e.notes = append(e.notes, kind+": "+fmt.Sprintf(format, args...))
		}
	}
	const (
		silent  = "sales never answered, or refused"
		lost    = "sales lost"
		doubled = "sales doubled, or made by nobody"
		other   = "sales booked otherwise than answered"
		noJob   = "receipts without a print job, or with two"
		unsaid  = "receipts told as printed, and not on paper"
		waiting = "receipts that still wait after everything was mended"
		twice   = "receipts twice without the mark"
	)
	booked := map[string]client.Sale{}
	for _, s := range e.booked {
		if _, ok := booked[s.ID]; ok {
			wrong(doubled, "%s", s.Number)
		}
		booked[s.ID] = s
	}
	for _, v := range e.sales {
		if v.told == nil {
			wrong(silent, "key %s after %d tries: %v", v.key, v.tries, v.refused)
			continue
		}
		s, ok := booked[v.told.ID]
		delete(booked, v.told.ID)
		switch {
		case !ok:
			wrong(lost, "%s", v.told.Number)
		case s.State != "completed" || s.Number != v.told.Number || s.Total != v.told.Total || s.RegisterID != v.register || v.id != "" && v.id != s.ID:
			wrong(other, "%s %s %s, answered %s %s", s.Number, s.State, s.Total, v.told.Number, v.told.Total)
		}
	}
	for _, s := range booked {
		wrong(doubled, "%s is nobody's", s.Number)
	}
	papers := map[killPaper]int{}
	for _, p := range e.papers {
		p.whole = false
		if papers[p]++; papers[p] == 2 {
			wrong(twice, "%s, copy %d, device %s", p.number, p.attempt, p.device)
		}
	}
	e.receipts(
		func(format string, args ...any) { wrong(noJob, format, args...) },
		func(format string, args ...any) { wrong(unsaid, format, args...) },
		func(format string, args ...any) { wrong(waiting, format, args...) })
	var rows []goal
	for _, kind := range []string{lost, doubled, other, silent, noJob, unsaid, waiting, twice} {
		rows = append(rows, count(kind, kinds[kind]))
	}
	return append(rows, count("differences in the books", e.proved))
}

// receipts judges the print jobs of every sale at the register with devices.
func (e *killEvidence) receipts(noJob, unsaid, waiting func(format string, args ...any)) {
	type slot struct{ sale, printer string }
	jobs := map[slot][]device.JobRecord{}
	for _, j := range e.jobs {
		at := slot{j.Sale.String(), j.Device.String()}
		jobs[at] = append(jobs[at], j)
	}
	whole := map[killPaper]bool{}
	for _, p := range e.papers {
		if p.whole {
			whole[p] = true
		}
	}
	for _, s := range e.booked {
		if s.RegisterID != e.register {
			continue
		}
		for _, printer := range e.printers {
			of := jobs[slot{s.ID, printer.String()}]
			if len(of) != 1 {
				noJob("%s has %d on %s", s.Number, len(of), printer)
				continue
			}
			j := of[0]
			switch j.State {
			case device.Confirmed, device.Sent:
				if !whole[killPaper{printer, s.Number, j.Attempt, true}] {
					unsaid("%s, copy %d, is %s on %s", s.Number, j.Attempt, j.State, printer)
				}
			default:
				waiting("%s, copy %d, is %s on %s: %s", s.Number, j.Attempt, j.State, printer, j.Reason)
			}
		}
	}
}

// gather opens the shop once more, lets everything be printed, and collects the
// evidence.
func (k *killRun) gather(ctx context.Context) (*killEvidence, error) {
	s, err := k.serve(ctx, openOptions{cheap: true, called: k.trace.called, clock: ahead{device.Lease + time.Second}})
	if err != nil {
		return nil, err
	}
	defer s.stop()
	if err := k.calm(ctx, s.a); err != nil {
		return nil, err
	}
	e := &killEvidence{register: k.shop.Register.String(), sales: k.sales}
	for _, d := range k.counter.devices[:printers] {
		e.printers = append(e.printers, d.ID)
	}
	c := k.client(s.url)
	for page := (client.Page{Limit: 200}); ; {
		list, err := c.Sales(ctx, client.SaleFilter{}, page)
		if err != nil {
			return nil, err
		}
		e.booked = append(e.booked, list.Items...)
		if page.Cursor = list.NextCursor; page.Cursor == "" {
			break
		}
	}
	for page := (db.Page{Limit: 200}); ; {
		list, next, err := device.ListJobs(ctx, s.a.db, k.shop.Merchant, device.JobFilter{}, page)
		if err != nil {
			return nil, err
		}
		e.jobs = append(e.jobs, list...)
		if next == "" {
			break
		}
		if page.After, err = id.Parse(next); err != nil {
			return nil, err
		}
	}
	if e.papers, err = k.papers(e.booked); err != nil {
		return nil, err
	}
	_, err = report.ProveAll(ctx, s.a.db, ledger.ProofFull, func(p report.Proof) { e.proved += len(p.Differences) })
	return e, err
}

// papers reads what came out of every printer.
func (k *killRun) papers(booked []client.Sale) ([]killPaper, error) {
	numbers := map[string]bool{}
	for _, s := range booked {
		numbers[s.Number] = true
	}
	files, network, serial := k.counter.devices[0].ID, k.counter.devices[1].ID, k.counter.devices[2].ID
	out := append(readStreams(network, k.counter.network.Jobs(), numbers), readStreams(serial, k.counter.serial.Jobs(), numbers)...)
	printed, err := virtualprinter.List(k.counter.paper)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	for _, p := range printed {
		text, err := os.ReadFile(filepath.Join(k.counter.paper, p.Text))
		if err != nil {
			return nil, err
		}
		out = append(out, readPaper(files, string(text), true, numbers)...)
	}
	return out, nil
}

// readStreams reads the bytes that a printer of ESC/POS got, one connection after
// another. A job begins by setting the printer up: what a killed driver left half
// printed is a piece of its own, although on paper the next one follows it.
func readStreams(dev id.ID, streams [][]byte, numbers map[string]bool) (out []killPaper) {
	for _, stream := range streams {
		for _, job := range strings.Split(string(stream), "\x1b@") {
			for _, p := range sim.ReadPaper([]byte(job)) {
				out = append(out, readPaper(dev, p.Text(), p.Whole, numbers)...)
			}
		}
	}
	return out
}

var copyMark = regexp.MustCompile(`\*\*\* .* #(\d+) \*\*\*`)

// readPaper finds the sale's number on a receipt, and the mark of a copy above it.
func readPaper(dev id.ID, text string, whole bool, numbers map[string]bool) []killPaper {
	attempt := 1
	if m := copyMark.FindStringSubmatchIndex(text); m != nil {
		attempt, _ = strconv.Atoi(text[m[2]:m[3]]) // digits always are a number
	}
	for _, word := range strings.Fields(text) {
		if numbers[word] {
			return []killPaper{{dev, word, attempt, whole}}
		}
	}
	return nil // torn before the number, or the pulse of a drawer
}
