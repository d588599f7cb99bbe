package host

import (
	"errors"
	"syscall"
)

const sharingViolation = syscall.Errno(32)

// lockFile opens a file that nobody else may open meanwhile.
func lockFile(name string) (unlock func(), err error) {
	p, err := syscall.UTF16PtrFromString(name)
	if err != nil {
		return nil, ErrFolder.Wrap(err)
	}
	h, err := syscall.CreateFile(p, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		if errors.Is(err, sharingViolation) {
			return nil, ErrBusy
		}
		return nil, ErrFolder.Wrap(err)
	}
	return func() { _ = syscall.CloseHandle(h) }, nil
}
