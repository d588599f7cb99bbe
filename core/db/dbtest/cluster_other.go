//go:build !unix

package dbtest

import (
	"errors"
	"os/exec"
)

func asOther(*exec.Cmd, string) error {
	return errors.New("throw-away clusters are started on unix only")
}

func watch(int, string) error { return nil }
