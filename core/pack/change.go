package pack

// Asked is what somebody wants of a pack in a shop; what is not said stays as it
// is, or is the pack's own default where the shop has never had it.
type Asked struct {
	Version  string // "": the one that the shop has, else the newest
	Enabled  *bool
	Config   []byte // JSON; nil: as it is
	Priority *int32
	Reason   string
}

// Lay lays what is asked for over what a shop has; had is nil where it has never
// had the pack. The configuration is checked against the version that will run.
// The caller names merchant, shops and actor. Faults: pack.not_installed,
// pack.removed where a removed version would be on, pack.config_invalid.
func (v *View) Lay(packID string, had *Activation, a Asked) (Change, *Bundle, error) {
	out := Change{Merchant: v.merchant, PackID: packID, Version: a.Version, Reason: a.Reason}
	if had != nil {
		out.Enabled, out.Priority, out.Config = had.Enabled, had.Priority, had.Config
		if out.Version == "" {
			out.Version = had.Version
		}
	}
	if a.Enabled != nil {
		out.Enabled = *a.Enabled
	}
	if a.Priority != nil {
		out.Priority = *a.Priority
	}
	if a.Config != nil {
		out.Config = a.Config
	}
	b, err := v.choose(packID, out.Version, out.Enabled)
	if err != nil {
		return out, nil, err
	}
	out.Version = b.Version
	out.Config, err = b.CheckConfig(out.Config)
	return out, b, err
}

// choose finds the bundle of a change: what is off may stay at a removed version.
func (v *View) choose(packID, version string, on bool) (*Bundle, error) {
	switch {
	case version == "":
		return v.Latest(packID)
	case on:
		return v.Usable(packID, version)
	}
	return v.Get(packID, version)
}
