package driver

import "sync"

// Journal is a driver's memory of its jobs: it makes a repeated Submit answer
// the first outcome instead of printing again. It lives as long as the
// process; a driver whose device can tell more after a restart asks the device
// first. Safe for concurrent use. The zero value is ready.
type Journal struct {
	mu    sync.Mutex
	jobs  map[JobKey]*journalJob
	order []JobKey
}

type journalJob struct {
	status JobStatus
	done   chan struct{} // closed when the submission that runs it is over
}

// journalSize is how many jobs are remembered: days of a busy till.
const journalSize = 10_000

// Begin starts a job, or answers what is known of it. With started the caller
// prints and must call Finish. Otherwise status is the outcome of the first
// submission, for which Begin has waited. A job that failed or was cancelled
// before its first byte starts anew.
func (j *Journal) Begin(key JobKey) (status JobStatus, started bool) {
	for {
		j.mu.Lock()
		if j.jobs == nil {
			j.jobs = map[JobKey]*journalJob{}
		}
		known := j.jobs[key]
		if known == nil || known.status.State == JobFailed || known.status.State == JobCancelled {
			if known == nil {
				j.forgetOldest()
				j.order = append(j.order, key)
			}
			j.jobs[key] = &journalJob{status: JobStatus{State: JobPending}, done: make(chan struct{})}
			j.mu.Unlock()
			return JobStatus{State: JobPending}, true
		}
		if known.status.State.Final() {
			defer j.mu.Unlock()
			return known.status, false
		}
		done := known.done
		j.mu.Unlock()
		<-done
	}
}

// forgetOldest drops the oldest finished job where there are too many.
func (j *Journal) forgetOldest() {
	if len(j.order) < journalSize {
		return
	}
	for i, k := range j.order {
		if j.jobs[k].status.State.Final() {
			delete(j.jobs, k)
			j.order = append(j.order[:i], j.order[i+1:]...)
			return
		}
	}
}

// Sending notes that the first byte is about to leave. It answers false where
// the job was cancelled before; then nothing may be sent.
func (j *Journal) Sending(key JobKey) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	job := j.jobs[key]
	if job == nil || job.status.State != JobPending {
		return false
	}
	job.status.State = JobSending
	return true
}

// Finish notes the outcome, wakes those who wait for it, and answers what
// stands: a cancelled job stays cancelled.
func (j *Journal) Finish(key JobKey, status JobStatus) JobStatus {
	j.mu.Lock()
	defer j.mu.Unlock()
	job := j.jobs[key]
	if job == nil {
		return status
	}
	if !job.status.State.Final() {
		job.status = status
	}
	select {
	case <-job.done:
	default:
		close(job.done)
	}
	return job.status
}

// Status answers what is known of a job, JobUnknown where nothing is.
func (j *Journal) Status(key JobKey) JobStatus {
	j.mu.Lock()
	defer j.mu.Unlock()
	if job := j.jobs[key]; job != nil {
		return job.status
	}
	return JobStatus{}
}

// Cancel cancels a job that is pending and answers its state.
func (j *Journal) Cancel(key JobKey) JobStatus {
	j.mu.Lock()
	defer j.mu.Unlock()
	job := j.jobs[key]
	if job == nil {
		return JobStatus{}
	}
	if job.status.State == JobPending {
		job.status = JobStatus{State: JobCancelled}
	}
	return job.status
}
