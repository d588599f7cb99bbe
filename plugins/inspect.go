package plugins

import (
	"context"
	"encoding/json"

	"github.com/shopwright/shopwright/sdk/driver"
)

// Ask starts a driver without settings, asks it who it is and for the JSON Schema of
// its settings, and ends it. Faults: plugins.start_failed, and those of a manifest.
func (h *Host) Ask(ctx context.Context, name, version string) (driver.Info, json.RawMessage, error) {
	cmd, err := h.store.command(name, version, Trust{})
	if err != nil {
		return driver.Info{}, nil, err
	}
	r, err := h.launch(ctx, cmd, nil, false, h.o.Log.With("driver", name), nil)
	if err != nil {
		return driver.Info{}, nil, err
	}
	defer r.end()
	ctx, cancel := context.WithTimeout(ctx, h.o.StartDeadline)
	defer cancel()
	schema, err := r.drv.ConfigSchema(ctx)
	if err != nil {
		return driver.Info{}, nil, errStart.Wrap(err)
	}
	return r.info, schema, nil
}
