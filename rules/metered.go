package rules

// Metered answers a module as the host compiles it, and the same module with the
// host's globals and exports but its code as it came, for tools that measure what
// metering costs. Faults: those of installation.
func Metered(module []byte) (metered, plain []byte, err error) {
	defer guard(&err)
	lim := Limits{}.withDefaults()
	if metered, _, err = instrument(module, lim); err != nil {
		return nil, nil, err
	}
	m, err := parseModule(module, lim)
	if err != nil {
		return nil, nil, err
	}
	m.rewriteCode() // it finds the mutable globals
	return metered, m.assemble(m.sections[secCode]), nil
}
