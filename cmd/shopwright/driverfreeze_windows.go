package main

import "errors"

const canFreeze = false

// freeze stops a process as a hang would; Windows has no signal for it.
func freeze(int) error { return errors.ErrUnsupported }
