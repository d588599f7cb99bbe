package plugins

import (
	"os/exec"
	"syscall"
)

// dieWithParent has the kernel kill the driver when the program dies, however
// it dies. A group of its own keeps the terminal's Ctrl-C from it: the program
// ends its drivers itself, in order.
func dieWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
