package driver

import (
	"context"
	"log/slog"
	"os"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"google.golang.org/grpc"
)

// ProtocolVersion is the major version of the protocol.
const ProtocolVersion = 1

// Handshake is what the program and a driver greet each other with. It is no
// secret: it keeps a driver from being run by hand by mistake.
var Handshake = plugin.HandshakeConfig{
	ProtocolVersion:  ProtocolVersion,
	MagicCookieKey:   "SHOPWRIGHT_DRIVER",
	MagicCookieValue: "shopwright.hw.v1",
}

// ParentEnv is the variable in which the program tells a driver its process
// id. A driver ends when that process is gone.
const ParentEnv = "SHOPWRIGHT_DRIVER_PARENT"

const maxMessage = 32 << 20 // a long receipt with pictures, with room

// Serve runs a driver until the program that started it asks it to stop or is
// gone. It does not return. Standard output belongs to the protocol; write to
// Logger.
func Serve(d Driver) {
	watchParent()
	confineFromEnv()
	plugin.Serve(&plugin.ServeConfig{
		HandshakeConfig: Handshake,
		Plugins:         plugin.PluginSet{"driver": grpcPlugin{impl: d}},
		Logger:          hclog.New(&hclog.LoggerOptions{Level: hclog.Info, Output: os.Stderr, JSONFormat: true}),
		GRPCServer: func(opts []grpc.ServerOption) *grpc.Server {
			return grpc.NewServer(append(opts, grpc.MaxRecvMsgSize(maxMessage), grpc.MaxSendMsgSize(maxMessage))...)
		},
	})
	os.Exit(0) // go-plugin returns when the host asks the driver to end
}

// Logger answers a logger whose records the program adds to its own log.
func Logger() *slog.Logger {
	return slog.New(slog.NewJSONHandler(logOutput, &slog.HandlerOptions{
		Level: slog.LevelDebug,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) > 0 {
				return a
			}
			switch a.Key {
			case slog.TimeKey:
				return slog.String("@timestamp", a.Value.Time().Format("2006-01-02T15:04:05.000000Z07:00"))
			case slog.LevelKey:
				return slog.String("@level", levelName(a.Value.Any().(slog.Level)))
			case slog.MessageKey:
				return slog.String("@message", a.Value.String())
			}
			return a
		},
	}))
}

// logOutput is the process's own standard error: Serve replaces os.Stderr.
var logOutput = os.Stderr

func levelName(l slog.Level) string {
	switch {
	case l < slog.LevelInfo:
		return "debug"
	case l < slog.LevelWarn:
		return "info"
	case l < slog.LevelError:
		return "warn"
	}
	return "error"
}

// grpcPlugin joins the protocol's services to go-plugin.
type grpcPlugin struct {
	plugin.NetRPCUnsupportedPlugin
	impl Driver
}

func (p grpcPlugin) GRPCServer(_ *plugin.GRPCBroker, s *grpc.Server) error {
	Register(s, p.impl)
	return nil
}

func (p grpcPlugin) GRPCClient(_ context.Context, _ *plugin.GRPCBroker, c *grpc.ClientConn) (any, error) {
	return Dial(c), nil
}

// Plugins is the set that a host hands to go-plugin; dispensing "driver"
// answers a *Client.
func Plugins() plugin.PluginSet { return plugin.PluginSet{"driver": grpcPlugin{}} }
