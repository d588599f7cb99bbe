package plugins

import (
	"errors"
	"os"
)

func signal(pid int, name string) error {
	if name != "KILL" {
		return errors.New("Windows can only kill")
	}
	p, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return p.Kill()
}

func lives(pid int) bool {
	p, err := os.FindProcess(pid)
	if err == nil {
		p.Release()
	}
	return err == nil
}
