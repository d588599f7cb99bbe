//go:build unix

package dbtest

import (
	"io"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// asOther makes cmd run as the user postgres where we are root, which the
// server's binaries refuse.
func asOther(cmd *exec.Cmd, dir string) error {
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return err
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return err
	}
	if err := os.Chown(dir, uid, gid); err != nil {
		return err
	}
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return nil
}

// watch ends the server and removes its folder when this process is gone: the
// shell's read returns at the end of the pipe, however we died.
func watch(pid int, dir string) error {
	w := exec.Command("sh", "-c", "read _; kill -QUIT $0; sleep 0.3; rm -rf \"$1\"", strconv.Itoa(pid), dir)
	w.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	end, err := w.StdinPipe()
	if err != nil {
		return err
	}
	held = append(held, end)
	return w.Start()
}

// held keeps our ends of the pipes reachable: a collected one would be closed.
var held []io.Closer
