package driver

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	readAccess = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	// fileAccess is what is taken away where nothing gives it back: everything that the
	// first version of landlock knows.
	fileAccess = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | readAccess |
		unix.LANDLOCK_ACCESS_FS_REMOVE_DIR | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE | unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_DIR |
		unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_MAKE_FIFO | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK | unix.LANDLOCK_ACCESS_FS_MAKE_SYM
	deviceAccess = unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE
	// folderAccess is everything but starting programs and making devices.
	folderAccess = fileAccess &^ (unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_MAKE_CHAR | unix.LANDLOCK_ACCESS_FS_MAKE_BLOCK)
	startAccess  = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE
	socketAccess = readAccess | unix.LANDLOCK_ACCESS_FS_WRITE_FILE | unix.LANDLOCK_ACCESS_FS_MAKE_REG | unix.LANDLOCK_ACCESS_FS_MAKE_SOCK | unix.LANDLOCK_ACCESS_FS_REMOVE_FILE
)

// What golang.org/x/sys/unix does not name.
const ruleNetPort = 2

type netPortRule struct{ access, port uint64 }

// readable are the system's own files: libraries, names, zones, certificates, what the
// kernel says of devices. Not the homes, not the shop's data.
var readable = []string{"/usr", "/lib", "/lib64", "/etc", "/sys", "/proc", "/run/udev", "/run/systemd/resolve", "/dev/urandom", "/dev/random"}

// confine restricts every thread of this process for good (landlock), where the kernel
// has it. In a program with C in it threads are not Go's to list: there one thread is
// restricted, and the program started again from it.
func confine(c Confinement) error {
	version, _, errno := syscall.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return fmt.Errorf("the kernel has no landlock: %w", errno)
	}
	attr := unix.LandlockRulesetAttr{Handled_access_fs: fileAccess}
	size := unsafe.Sizeof(attr.Handled_access_fs)
	if version >= 4 { // since then it knows TCP
		attr.Handled_access_net = unix.LANDLOCK_ACCESS_NET_BIND_TCP | unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
		size += unsafe.Sizeof(attr.Handled_access_net)
		for _, p := range c.Ports {
			if p == 0 {
				attr.Handled_access_net &^= unix.LANDLOCK_ACCESS_NET_CONNECT_TCP
			}
		}
		if c.Listen {
			attr.Handled_access_net &^= unix.LANDLOCK_ACCESS_NET_BIND_TCP
		}
	}
	fd, _, errno := syscall.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), size, 0)
	if errno != 0 {
		return fmt.Errorf("landlock: %w", errno)
	}
	rules := int(fd)
	defer unix.Close(rules)
	_, _, errno = syscall.AllThreadsSyscall(unix.SYS_GETPID, 0, 0, 0)
	withC := errno == syscall.ENOTSUP
	if withC && c.Light {
		return errHeavy
	}
	if withC {
		if err := allowProgram(rules); err != nil {
			return err
		}
	}
	if err := c.allow(rules, attr.Handled_access_net&unix.LANDLOCK_ACCESS_NET_CONNECT_TCP != 0); err != nil {
		return err
	}
	runtime.KeepAlive(&attr)
	if withC {
		return c.startAgain(rules)
	}
	if _, _, errno := syscall.AllThreadsSyscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0); errno != 0 {
		return fmt.Errorf("no_new_privs: %w", errno)
	}
	if _, _, errno := syscall.AllThreadsSyscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(rules), 0, 0); errno != 0 {
		return fmt.Errorf("landlock: %w", errno)
	}
	return nil
}

// allowProgram lets this program, and what its loader needs, be started.
func allowProgram(rules int) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	if err := allowPath(rules, exe, startAccess); err != nil {
		return err
	}
	return allowLoader(rules)
}

// allowLoader lets what starts a program that is linked with libraries be started.
func allowLoader(rules int) error {
	for _, lib := range []string{"/lib", "/lib64", "/usr/lib", "/usr/lib64"} {
		if err := allowPath(rules, lib, unix.LANDLOCK_ACCESS_FS_EXECUTE|readAccess); err != nil {
			return err
		}
	}
	return nil
}

// startAgain does not return where it succeeds. The process stays the same to its
// parent.
func (c Confinement) startAgain(rules int) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	runtime.LockOSThread() // for good: this thread is another one afterwards
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	if _, _, errno := syscall.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, uintptr(rules), 0, 0); errno != 0 {
		return fmt.Errorf("landlock: %w", errno)
	}
	told, _ := json.Marshal(c) // booleans, numbers, texts
	err = syscall.Exec(exe, os.Args, append(os.Environ(), confinedEnv+"="+string(told)))
	Logger().Error("the confined driver cannot be started", "err", err)
	os.Exit(4) // half confined it must not run
	return nil
}

// devices are the files, and the folders of files, of the devices that it may use.
func (c Confinement) devices() (patterns []string) {
	if c.Serial {
		patterns = append(patterns, "/dev/tty[A-Z]*", "/dev/serial", "/dev/rfcomm*", "/dev/pts")
	}
	if c.USB {
		patterns = append(patterns, "/dev/usb", "/dev/bus/usb", "/dev/hidraw*", "/dev/input")
	}
	return patterns
}

// fileNumber tells a device file from another that comes to have its name; 0: none is
// there. A folder's does not change with what is in it.
func fileNumber(name string) uint64 {
	st, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return st.Sys().(*syscall.Stat_t).Ino
}

func (c Confinement) allow(rules int, ports bool) error {
	for _, p := range readable {
		access := uint64(readAccess)
		if st, err := os.Stat(p); err == nil && !st.IsDir() {
			access = unix.LANDLOCK_ACCESS_FS_READ_FILE
		}
		if err := allowPath(rules, p, access); err != nil {
			return err
		}
	}
	for _, d := range append(glob(c.devices()...), os.DevNull) {
		access := uint64(deviceAccess)
		if st, err := os.Stat(d); err == nil && st.IsDir() {
			access |= unix.LANDLOCK_ACCESS_FS_READ_DIR
		}
		if err := allowPath(rules, d, access); err != nil {
			return err
		}
	}
	for _, f := range c.Folders {
		if err := allowPath(rules, f, folderAccess); err != nil {
			return err
		}
	}
	for _, p := range c.Programs {
		if err := allowPath(rules, p, startAccess); err != nil {
			return err
		}
	}
	if len(c.Programs) > 0 {
		if err := allowLoader(rules); err != nil {
			return err
		}
	}
	if c.Socket != "" {
		if err := allowPath(rules, c.Socket, socketAccess); err != nil {
			return err
		}
	}
	if !ports {
		return nil
	}
	for _, p := range c.Ports {
		rule := netPortRule{unix.LANDLOCK_ACCESS_NET_CONNECT_TCP, uint64(p)}
		if _, _, errno := syscall.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(rules), ruleNetPort, uintptr(unsafe.Pointer(&rule)), 0, 0, 0); errno != 0 {
			return fmt.Errorf("landlock: port %d: %w", p, errno)
		}
	}
	return nil
}

// allowPath lets a file, or what is under a folder, be used; what is not there needs
// no rule.
func allowPath(rules int, path string, access uint64) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EACCES) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("landlock: %s: %w", path, err)
	}
	defer unix.Close(fd)
	rule := unix.LandlockPathBeneathAttr{Allowed_access: access, Parent_fd: int32(fd)}
	if _, _, errno := syscall.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(rules), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&rule)), 0, 0, 0); errno != 0 {
		return fmt.Errorf("landlock: %s: %w", path, errno)
	}
	return nil
}
