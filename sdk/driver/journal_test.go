package driver

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

func TestJournalReplaysTheFirstOutcome(t *testing.T) {
	var j Journal
	k := JobKey{"a", 1}
	if st := j.Status(k); st.State != JobUnknown {
		t.Errorf("%+v", st)
	}
	if _, started := j.Begin(k); !started {
		t.Fatal("a new job did not start")
	}
	if !j.Sending(k) || j.Sending(k) {
		t.Error("a job begins to send once")
	}
	if st := j.Cancel(k); st.State != JobSending {
		t.Errorf("a job that sends was cancelled: %+v", st)
	}
	j.Finish(k, JobStatus{JobUncertain, "half"})
	if st, started := j.Begin(k); started || st != (JobStatus{JobUncertain, "half"}) {
		t.Errorf("%+v %v", st, started)
	}
	if _, started := j.Begin(JobKey{"a", 2}); !started {
		t.Error("the next attempt did not start")
	}
}

func TestJournalStartsAgainWhatNeverLeft(t *testing.T) {
	var j Journal
	for _, k := range []JobKey{{"failed", 1}, {"cancelled", 1}} {
		for range 3 {
			if _, started := j.Begin(k); !started {
				t.Fatalf("%v did not start", k)
			}
			if k.ID == "failed" {
				j.Finish(k, JobStatus{State: JobFailed})
				continue
			}
			j.Cancel(k)
			if j.Sending(k) {
				t.Error("a cancelled job sends")
			}
			if st := j.Finish(k, JobStatus{State: JobSent}); st.State != JobCancelled {
				t.Errorf("%+v", st)
			}
		}
	}
}

func TestJournalWaitsForTheOneThatPrints(t *testing.T) {
	var j Journal
	var printed atomic.Int32
	var wg sync.WaitGroup
	for range 32 {
		wg.Go(func() {
			k := JobKey{"a", 1}
			st, started := j.Begin(k)
			if started {
				j.Sending(k)
				printed.Add(1)
				st = j.Finish(k, JobStatus{State: JobConfirmed})
			}
			if st.State != JobConfirmed {
				t.Errorf("%+v", st)
			}
		})
	}
	wg.Wait()
	if printed.Load() != 1 {
		t.Errorf("printed %d times", printed.Load())
	}
}

func TestJournalForgetsTheOldestFinishedJobs(t *testing.T) {
	var j Journal
	j.Begin(JobKey{"still printing", 1})
	for i := range journalSize + 50 {
		k := JobKey{fmt.Sprint(i), 1}
		j.Begin(k)
		j.Finish(k, JobStatus{State: JobSent})
	}
	if len(j.jobs) > journalSize+1 || len(j.order) != len(j.jobs) {
		t.Errorf("%d jobs, %d in order", len(j.jobs), len(j.order))
	}
	if j.Status(JobKey{"still printing", 1}).State != JobPending {
		t.Error("a job that is not over was forgotten")
	}
	if j.Status(JobKey{fmt.Sprint(journalSize + 49), 1}).State != JobSent || j.Status(JobKey{"0", 1}).State != JobUnknown {
		t.Error("not the oldest were forgotten")
	}
}
