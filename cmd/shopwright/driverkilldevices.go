package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/text/encoding/charmap"

	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/hw/drivers/displayvfd"
	"github.com/shopwright/shopwright/hw/drivers/escposnet"
	"github.com/shopwright/shopwright/hw/drivers/escposserial"
	"github.com/shopwright/shopwright/hw/drivers/scaleserial"
	"github.com/shopwright/shopwright/hw/drivers/scannerserial"
	"github.com/shopwright/shopwright/hw/drivers/virtualprinter"
	"github.com/shopwright/shopwright/hw/sim"
)

// killCounter is a counter full of simulated devices, with cables to pull.
type killCounter struct {
	paper   string // folder of the printer whose paper is files
	network *sim.NetPrinter
	serial  *sim.NetPrinter
	cable   *cable // of the network printer
	line    plug   // of the serial one
	scanner *sim.Scanner
	display *sim.Display
	scale   *sim.Scale
	small   []*cable // of these three

	devices []device.Device // the first three are the printers: files, network, serial
}

// plug is what can be pulled and put back.
type plug interface {
	unplug()
	plug() error
	address() string // as a driver is told it
	what() string
	close()
}

func newKillCounter(data string) (*killCounter, error) {
	c := &killCounter{paper: filepath.Join(data, "paper")}
	steps := []func() error{
		func() (err error) { c.network, err = sim.NewNetPrinter(healthy); return err },
		func() (err error) { c.serial, err = sim.NewNetPrinter(healthy); return err },
		func() (err error) { c.cable, err = newCable(c.network.Addr()); return err },
		func() (err error) { c.line, err = newLine(filepath.Join(data, "line"), c.serial.Addr()); return err },
		func() (err error) { c.scanner, err = sim.NewScanner(); return err },
		func() (err error) { c.display, err = sim.NewDisplay(20, 2, charmap.CodePage437); return err },
		func() (err error) { c.scale, err = sim.NewScale(); return err },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			c.close()
			return nil, err
		}
	}
	for _, d := range []*sim.Device{c.scanner.Device, c.display.Device, c.scale.Device} {
		small, err := newCable(d.Address())
		if err != nil {
			c.close()
			return nil, err
		}
		c.small = append(c.small, small)
	}
	c.scale.Put(1250)
	for _, d := range []struct {
		name, class, driver string
		config              map[string]any
	}{
		{"Paper in a folder", device.ClassPrinter, virtualprinter.Name, map[string]any{"folder": c.paper}},
		{"Network printer", device.ClassPrinter, escposnet.Name, map[string]any{"address": c.cable.addr}},
		{"Serial printer", device.ClassPrinter, escposserial.Name, map[string]any{"address": c.line.address(), "baud": 115200}},
		{"Scanner", "scanner", scannerserial.Name, map[string]any{"address": c.small[0].address()}},
		{"Display", "display", displayvfd.Name, map[string]any{"address": c.small[1].address()}},
		{"Scale", "scale", scaleserial.Name, map[string]any{"address": c.small[2].address()}},
	} {
		if _, tcp := c.line.(*cable); tcp && d.driver == escposserial.Name {
			delete(d.config, "baud")
		}
		config, err := json.Marshal(d.config)
		if err != nil {
			c.close()
			return nil, err
		}
		c.devices = append(c.devices, device.Device{Name: d.name, Class: d.class, Driver: d.driver, Config: config})
	}
	return c, nil
}

// printers is how many of the devices print receipts.
const printers = 3

// healthy is a printer that works and says so.
var healthy = sim.Behaviour{Status: true}

// heal plugs everything in and switches the printers off and on.
func (c *killCounter) heal() error {
	c.network.Behave(healthy)
	c.serial.Behave(healthy)
	c.cable.unplug() // what hangs ends
	c.line.unplug()
	errs := []error{c.cable.plug(), c.line.plug()}
	for _, s := range c.small {
		errs = append(errs, s.plug())
	}
	return errors.Join(errs...)
}

func (c *killCounter) close() {
	if c.line != nil {
		c.line.close()
	}
	for _, s := range append(c.small, c.cable) {
		if s != nil {
			s.close()
		}
	}
	for _, p := range []*sim.NetPrinter{c.network, c.serial} {
		if p != nil {
			p.Close()
		}
	}
	if c.scanner != nil {
		c.scanner.Close()
	}
	if c.display != nil {
		c.display.Close()
	}
	if c.scale != nil {
		c.scale.Close()
	}
}

// cable leads from an address that stays to a device.
type cable struct {
	addr, to string

	mu    sync.Mutex
	l     net.Listener // nil: it is pulled
	conns map[net.Conn]bool
	done  bool
	wg    sync.WaitGroup
}

// newCable lays a cable to a device. Its near end is a port that the system gives to
// nobody else while it is pulled: not one that it takes for outgoing connections,
// which would even connect to themselves there.
func newCable(to string) (c *cable, err error) {
	for range 50 {
		c = &cable{addr: fmt.Sprintf("127.0.0.1:%d", 15000+rand.IntN(15000)), to: strings.TrimPrefix(to, "tcp:"), conns: map[net.Conn]bool{}}
		if err = c.plug(); err == nil {
			return c, nil
		}
	}
	return nil, err
}

func (c *cable) address() string { return "tcp:" + c.addr }
func (c *cable) what() string {
	return "the serial printer hangs on tcp:, because there is no socat here"
}

func (c *cable) plug() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.l != nil || c.done {
		return nil
	}
	l, err := net.Listen("tcp", c.addr)
	if err != nil {
		return err
	}
	c.l, c.addr = l, l.Addr().String()
	c.wg.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", c.to)
			if err != nil {
				near.Close()
				continue
			}
			c.join(near, far)
		}
	})
	return nil
}

// join carries bytes both ways until one end is gone. A reset passes through.
func (c *cable) join(near, far net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.l == nil {
		near.Close()
		far.Close()
		return
	}
	c.conns[near], c.conns[far] = true, true
	carry := func(to, from net.Conn) {
		_, err := io.Copy(to, from)
		if t, ok := to.(*net.TCPConn); ok && errors.Is(err, syscall.ECONNRESET) {
			_ = t.SetLinger(0)
		}
		near.Close()
		far.Close()
		c.mu.Lock()
		delete(c.conns, near)
		delete(c.conns, far)
		c.mu.Unlock()
	}
	c.wg.Go(func() { carry(near, far) })
	c.wg.Go(func() { carry(far, near) })
}

func (c *cable) unplug() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.l != nil {
		c.l.Close()
		c.l = nil
	}
	for conn := range c.conns {
		conn.Close()
	}
}

func (c *cable) close() {
	c.mu.Lock()
	c.done = true
	c.mu.Unlock()
	c.unplug()
	c.wg.Wait()
}

// newLine is a serial line to a device where socat can make one, else a cable.
func newLine(path, to string) (plug, error) {
	socat, err := exec.LookPath("socat")
	if err != nil {
		return newCable(to)
	}
	l := &socatLine{socat: socat, path: path, to: to, stop: make(chan struct{}), ended: make(chan struct{})}
	go l.keep()
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(path); err == nil {
			return l, nil
		}
		if time.Now().After(end) {
			l.close()
			return nil, errors.New("socat makes no serial line")
		}
	}
}

// socatLine is a pseudo terminal whose other end is a device. It ends with its last
// user and is made anew at once, as a USB adapter is that the system resets.
type socatLine struct {
	socat, path, to string
	stop, ended     chan struct{}
	once            sync.Once

	mu   sync.Mutex
	cmd  *exec.Cmd
	away bool
}

func (l *socatLine) address() string { return l.path }
func (l *socatLine) what() string    { return "the serial printer hangs on a line of socat" }

func (l *socatLine) keep() {
	defer close(l.ended)
	for {
		select {
		case <-l.stop:
			return
		case <-time.After(2 * time.Millisecond):
		}
		if cmd := l.start(); cmd != nil {
			_ = cmd.Wait() // that it was killed is no news
		}
	}
}

func (l *socatLine) start() *exec.Cmd {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away {
		return nil
	}
	_ = os.Remove(l.path) // a killed one leaves it behind
	cmd := exec.Command(l.socat, "pty,raw,echo=0,link="+l.path, "tcp:"+l.to)
	if cmd.Start() != nil {
		return nil // it is tried again
	}
	l.cmd = cmd
	return cmd
}

func (l *socatLine) unplug() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away = true
	if l.cmd != nil {
		_ = l.cmd.Process.Kill()
	}
	_ = os.Remove(l.path)
}

func (l *socatLine) plug() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away = false
	return nil
}

func (l *socatLine) close() {
	l.once.Do(func() { close(l.stop) })
	l.unplug()
	<-l.ended
}
