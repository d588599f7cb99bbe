//go:build !linux

package keys

import (
	"context"

	"github.com/shopwright/shopwright/hw/port"
)

// Supported answers nil where devices can be taken from other programs: not here.
func Supported() error { return ErrLinux }

// OpenInput answers ErrLinux.
func OpenInput(context.Context, string) (*port.Conn, error) { return nil, ErrLinux }

// OpenHID answers ErrLinux.
func OpenHID(context.Context, string, string) (*port.Conn, error) { return nil, ErrLinux }
