package rules

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// confine puts this process into a job of its own before it reads a module:
// bounded processor time and memory, no further process.
func confine(c Child) error {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return fmt.Errorf("job: %w", err)
	}
	var l windows.JOBOBJECT_EXTENDED_LIMIT_INFORMATION
	l.BasicLimitInformation.LimitFlags = windows.JOB_OBJECT_LIMIT_PROCESS_MEMORY | windows.JOB_OBJECT_LIMIT_PROCESS_TIME |
		windows.JOB_OBJECT_LIMIT_ACTIVE_PROCESS | windows.JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE |
		windows.JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION
	l.BasicLimitInformation.PerProcessUserTimeLimit = c.CPU.Nanoseconds() / 100
	l.BasicLimitInformation.ActiveProcessLimit = 1
	l.ProcessMemoryLimit = uintptr(c.Memory) * 3 / 2
	if _, err := windows.SetInformationJobObject(job, windows.JobObjectExtendedLimitInformation,
		uintptr(unsafe.Pointer(&l)), uint32(unsafe.Sizeof(l))); err != nil {
		return fmt.Errorf("limits of the job: %w", err)
	}
	// The handle stays open as long as the process: the job ends with it.
	if err := windows.AssignProcessToJobObject(job, windows.CurrentProcess()); err != nil {
		return fmt.Errorf("job: %w", err)
	}
	return nil
}
