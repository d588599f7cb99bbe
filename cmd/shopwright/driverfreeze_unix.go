//go:build !windows

package main

import "syscall"

const canFreeze = true

// freeze stops a process as a hang would.
func freeze(pid int) error { return syscall.Kill(pid, syscall.SIGSTOP) }
