package spooler

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"unsafe"

	"golang.org/x/sys/windows"
)

var (
	winspool         = windows.NewLazySystemDLL("winspool.drv")
	openPrinter      = winspool.NewProc("OpenPrinterW")
	closePrinter     = winspool.NewProc("ClosePrinter")
	getPrinter       = winspool.NewProc("GetPrinterW")
	startDocPrinter  = winspool.NewProc("StartDocPrinterW")
	startPagePrinter = winspool.NewProc("StartPagePrinter")
	writePrinter     = winspool.NewProc("WritePrinter")
	endPagePrinter   = winspool.NewProc("EndPagePrinter")
	endDocPrinter    = winspool.NewProc("EndDocPrinter")
	abortPrinter     = winspool.NewProc("AbortPrinter")
	getJob           = winspool.NewProc("GetJobW")
	setJob           = winspool.NewProc("SetJobW")
)

// docInfo is DOC_INFO_1.
type docInfo struct{ name, output, datatype *uint16 }

// printerInfo5 is PRINTER_INFO_5.
type printerInfo5 struct {
	name, port                       *uint16
	attributes, selected, retransmit uint32
}

// jobInfo1 is JOB_INFO_1.
type jobInfo1 struct {
	id                                                uint32
	printer, machine, user, document, datatype, state *uint16
	status, priority, position, pages, printed        uint32
	submitted                                         windows.Systemtime
}

const (
	attributeOffline = 0x400 // PRINTER_ATTRIBUTE_WORK_OFFLINE

	jobDeleting = 0x4
	jobPrinted  = 0x80
	jobDeleted  = 0x100
	jobComplete = 0x1000

	jobControlDelete = 5
)

// troubles are the bits of PRINTER_INFO_6's status that keep a queue from
// printing.
var troubles = []struct {
	bit  uint32
	text string
}{
	{0x1, "is paused"}, {0x4, "is being removed"}, {0x8, "has a paper jam"}, {0x10, "has no paper"}, {0x80, "is offline"},
	{0x1000, "is not available"}, {0x400000, "has its cover open"}, {0x2, "has an error"},
}

// spool is a queue of Windows.
type spool struct{ name string }

var errSlow = errors.New("the print queue does not answer")

func openQueue(name string) (queue, error) {
	if err := winspool.Load(); err != nil {
		return nil, err
	}
	return spool{name}, nil
}

// within runs calls that may hang, and answers errSlow where they do; they go
// on by themselves then.
func within(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	go func() { done <- do() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return errSlow
	}
}

// with calls with the queue's handle.
func (s spool) with(do func(h windows.Handle) error) error {
	name, err := windows.UTF16PtrFromString(s.name)
	if err != nil {
		return err
	}
	var h windows.Handle
	if ok, _, err := openPrinter.Call(uintptr(unsafe.Pointer(name)), uintptr(unsafe.Pointer(&h)), 0); ok == 0 {
		return notTaken{fmt.Errorf("there is no queue %q: %w", s.name, err)}
	}
	defer func() { _, _, _ = closePrinter.Call(uintptr(h)) }()
	return do(h)
}

// fill calls a function that fills a buffer, of which it says the size.
func fill(call func(buf *byte, size uint32, need *uint32) (bool, error)) ([]byte, error) {
	var need uint32
	buf := make([]byte, 1024)
	ok, err := call(&buf[0], uint32(len(buf)), &need)
	if !ok && errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) && need < 1<<20 {
		buf = make([]byte, need)
		ok, err = call(&buf[0], uint32(len(buf)), &need)
	}
	if !ok {
		return nil, err
	}
	return buf, nil
}

func (s spool) printer(h windows.Handle, level uintptr) ([]byte, error) {
	return fill(func(buf *byte, size uint32, need *uint32) (bool, error) {
		ok, _, err := getPrinter.Call(uintptr(h), level, uintptr(unsafe.Pointer(buf)), uintptr(size), uintptr(unsafe.Pointer(need)))
		return ok != 0, err
	})
}

func (s spool) ready(ctx context.Context) error {
	return within(ctx, func() error {
		return s.with(func(h windows.Handle) error {
			buf, err := s.printer(h, 5)
			if err != nil {
				return err
			}
			if (*printerInfo5)(unsafe.Pointer(&buf[0])).attributes&attributeOffline != 0 {
				return fmt.Errorf("the queue %q is offline", s.name)
			}
			if buf, err = s.printer(h, 6); err != nil {
				return err
			}
			status := *(*uint32)(unsafe.Pointer(&buf[0]))
			for _, t := range troubles {
				if status&t.bit != 0 {
					return fmt.Errorf("the queue %q %s", s.name, t.text)
				}
			}
			return nil
		})
	})
}

func (s spool) put(ctx context.Context, title string, data []byte) (job string, err error) {
	type result struct {
		job string
		err error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		r.err = s.with(func(h windows.Handle) error {
			var err error
			r.job, err = s.document(ctx, h, title, data)
			return err
		})
		done <- r
	}()
	select {
	case r := <-done:
		return r.job, r.err
	case <-ctx.Done():
		return "", errSlow
	}
}

// document hands one document over. It stops between its pieces where ctx has
// ended, and takes back what it can.
func (s spool) document(ctx context.Context, h windows.Handle, title string, data []byte) (string, error) {
	name, err := windows.UTF16PtrFromString(title)
	if err != nil {
		return "", notTaken{err}
	}
	raw, err := windows.UTF16PtrFromString("RAW")
	if err != nil {
		return "", notTaken{err}
	}
	if err := ctx.Err(); err != nil {
		return "", notTaken{err}
	}
	info := docInfo{name: name, datatype: raw}
	id, _, err := startDocPrinter.Call(uintptr(h), 1, uintptr(unsafe.Pointer(&info)))
	if id == 0 {
		return "", notTaken{err}
	}
	_, _, _ = startPagePrinter.Call(uintptr(h)) // raw documents need no pages; some drivers do
	for len(data) > 0 {
		var n uint32
		piece := data[:min(len(data), 64<<10)]
		ok, _, err := writePrinter.Call(uintptr(h), uintptr(unsafe.Pointer(&piece[0])), uintptr(len(piece)), uintptr(unsafe.Pointer(&n)))
		if ctx.Err() != nil {
			err, ok = errSlow, 0
		}
		if ok == 0 || n == 0 {
			_, _, _ = abortPrinter.Call(uintptr(h))
			return "", err
		}
		data = data[min(int(n), len(data)):]
	}
	_, _, _ = endPagePrinter.Call(uintptr(h))
	if ok, _, err := endDocPrinter.Call(uintptr(h)); ok == 0 {
		return "", err
	}
	return strconv.FormatUint(uint64(id), 10), nil
}

func (s spool) look(ctx context.Context, job string) (st standing, err error) {
	id, err := strconv.ParseUint(job, 10, 32)
	if err != nil {
		return gone, nil
	}
	found := make(chan standing, 1)
	err = within(ctx, func() error {
		return s.with(func(h windows.Handle) error {
			buf, err := fill(func(buf *byte, size uint32, need *uint32) (bool, error) {
				ok, _, err := getJob.Call(uintptr(h), uintptr(id), 1, uintptr(unsafe.Pointer(buf)), uintptr(size), uintptr(unsafe.Pointer(need)))
				return ok != 0, err
			})
			if errors.Is(err, windows.ERROR_INVALID_PARAMETER) { // the queue forgets what it has passed on
				found <- gone
				return nil
			}
			if err != nil {
				return err
			}
			status := (*jobInfo1)(unsafe.Pointer(&buf[0])).status
			switch {
			case status&(jobPrinted|jobComplete) != 0:
				found <- completed
			case status&(jobDeleting|jobDeleted) != 0:
				found <- dropped
			default:
				found <- waiting
			}
			return nil
		})
	})
	if err != nil {
		return waiting, err
	}
	return <-found, nil
}

func (s spool) remove(ctx context.Context, job string) error {
	id, err := strconv.ParseUint(job, 10, 32)
	if err != nil {
		return err
	}
	return within(ctx, func() error {
		return s.with(func(h windows.Handle) error {
			if ok, _, err := setJob.Call(uintptr(h), uintptr(id), 0, 0, jobControlDelete); ok == 0 {
				return err
			}
			return nil
		})
	})
}
