package main

import "errors"

// freeze stops a process as a hang would; Windows has no signal for it.
func freeze(int) error { return errors.ErrUnsupported }
