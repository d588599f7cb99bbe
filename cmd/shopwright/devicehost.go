package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/spf13/cobra"
	"google.golang.org/grpc"

	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/hw/remote"
	"github.com/shopwright/shopwright/hw/remote/host"
	"github.com/shopwright/shopwright/plugins"
	"github.com/shopwright/shopwright/sdk/driver"
)

func deviceHostCommand() *cobra.Command {
	var c deviceHost
	cmd := &cobra.Command{
		Use:   "devicehost",
		Short: "Run the devices beside a till for a server that is elsewhere",
		Long: "devicehost runs the drivers of printers, scanners, scales and drawers on this machine\n" +
			"for a Shopwright server elsewhere. Only this machine calls the server, so it works\n" +
			"behind any router.\n\n" +
			"At the first start it asks for a code: in the back office, Devices, Device hosts, New.\n" +
			"What it prints it keeps on this machine's disk until it is printed, so that receipts\n" +
			"come out while the line is cut.",
		Example: "  shopwright devicehost --server https://shop.example.com\n" +
			"  shopwright devicehost --server https://shop.example.com --code ABCD-2345 --data /var/lib/shopwright-host",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var level slog.Level
			if err := level.UnmarshalText([]byte(c.level)); err != nil {
				return fmt.Errorf("--log: %w", err)
			}
			c.log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: level}))
			c.in, c.out = cmd.InOrStdin(), cmd.OutOrStdout()
			return c.run(cmd.Context())
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.server, "server", "", "address of the server; the one of the pairing where it is left out")
	f.StringVar(&c.dir, "data", defaultHostData(), "folder of the host: who it is, print jobs, installed drivers")
	f.StringVar(&c.code, "code", "", "pair with this code, also where the host is paired already")
	f.BoolVar(&c.plain, "allow-http", false, "speak to a server without TLS; receipts and settings can be read on the way")
	f.StringVar(&c.level, "log", "info", "debug, info, warn or error")
	return cmd
}

func defaultHostData() string {
	if dir, err := os.UserConfigDir(); err == nil {
		return filepath.Join(dir, "shopwright-devicehost")
	}
	return "shopwright-devicehost"
}

// deviceHost is the command.
type deviceHost struct {
	server, dir, code, level string
	plain                    bool
	log                      *slog.Logger
	in                       io.Reader
	out                      io.Writer
}

// run works until ctx ends or the server shuts the host out.
func (c *deviceHost) run(ctx context.Context) error {
	dir, err := filepath.Abs(c.dir)
	if err != nil {
		return err
	}
	c.dir = dir
	unlock, err := host.Lock(c.dir)
	if err != nil {
		return err
	}
	defer unlock()
	who, err := c.identity(ctx)
	if err != nil {
		return err
	}
	h, err := host.New(host.Options{Identity: who, Dir: c.dir, Version: version, Platform: platform(), Log: c.log})
	if err != nil {
		return err
	}
	p := plugins.NewHost(plugins.Options{Log: c.log, Dir: filepath.Join(c.dir, "drivers"), Permissions: builtInPermissions, Events: h.Happened})
	defer p.Close()
	fmt.Fprintf(c.out, "device host %q for %s\n", who.Name, who.Server)
	err = h.Run(ctx, hostDrivers{p})
	if errors.Is(err, device.ErrHostRevoked) || errors.Is(err, device.ErrHostUnknown) {
		fmt.Fprintln(c.out, "The server does not take this device host any more; its drivers were stopped.\nTo use it again, make a new code in the back office and start it with --code.")
	}
	return err
}

func platform() string { return runtime.GOOS + "/" + runtime.GOARCH }

// identity is who the host is; it is paired where it is nobody yet.
func (c *deviceHost) identity(ctx context.Context) (host.Identity, error) {
	who, err := host.Load(c.dir)
	if err != nil && !errors.Is(err, host.ErrNotPaired) {
		return who, err
	}
	paired := err == nil
	if c.server == "" {
		if !paired {
			return who, host.ErrAddress.With("server", "")
		}
		c.server = who.Server
	}
	if err := host.CheckServer(c.server, c.plain); err != nil {
		return who, err
	}
	if paired && c.code == "" {
		who.Server = c.server
		return who, nil
	}
	if c.code == "" {
		fmt.Fprint(c.out, "Code (back office, Devices, Device hosts): ")
		line, err := bufio.NewReader(c.in).ReadString('\n')
		if c.code = strings.TrimSpace(line); c.code == "" {
			return who, errors.Join(host.ErrNotPaired, err)
		}
	}
	return host.Pair(ctx, c.dir, c.server, c.code, version, platform())
}

// hostDrivers is the plugin host as a device host uses it.
type hostDrivers struct{ p *plugins.Host }

var _ host.Drivers = hostDrivers{}

func (d hostDrivers) Printer(dev string) (driver.Printer, bool) { return d.p.Printer(dev) }

func (d hostDrivers) Labeler(dev string) (driver.Labeler, bool) { return d.p.Labeler(dev) }

func (d hostDrivers) Start(ctx context.Context, in remote.Instance) error {
	var trust plugins.Trust
	if len(in.Trust) > 0 {
		if err := json.Unmarshal(in.Trust, &trust); err != nil {
			return plugins.ErrManifest.With("driver", in.Driver).Wrap(err)
		}
		trust.Development = false // a server says who may sign, not that nobody need
	}
	return d.p.Start(ctx, plugins.Instance{ID: in.ID.String(), Driver: in.Driver, Version: in.Version, Config: in.Config, Trust: trust})
}

func (d hostDrivers) Stop(ctx context.Context, dev id.ID) error { return d.p.Stop(ctx, dev.String()) }
func (d hostDrivers) Kill(dev id.ID) error                      { return d.p.Kill(dev.String()) }
func (d hostDrivers) Restart(dev id.ID) error                   { return d.p.Restart(dev.String()) }

func (d hostDrivers) Conn(dev id.ID) (grpc.ClientConnInterface, bool) { return d.p.Conn(dev.String()) }

func (d hostDrivers) Record(w io.Writer, dev id.ID) error {
	entries, err := d.p.Recording(dev.String())
	if err != nil {
		return err
	}
	return plugins.WriteRecording(w, entries)
}

func (d hostDrivers) Status() (out []remote.Status) {
	for _, st := range d.p.Status() {
		dev, err := id.Parse(st.ID)
		if err != nil {
			continue
		}
		out = append(out, remote.Status{Device: dev, State: string(st.State), Usable: st.Usable(), Reason: st.Reason, Detail: st.Detail, Version: st.Version,
			PID: st.PID, Restarts: st.Restarts, SinceMicros: int64(st.Since), Capabilities: d.p.Capabilities(st.ID)})
	}
	return out
}
