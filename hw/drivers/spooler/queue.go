package spooler

import (
	"context"
	"errors"
)

// queue is one queue of the operating system. Its calls end with their
// context; the texts of its errors are for the shop.
type queue interface {
	// ready answers why the queue would not print now.
	ready(ctx context.Context) error
	// put hands bytes over as a job and answers its name in the queue. An error
	// that wraps errNotTaken says that the queue has nothing of it.
	put(ctx context.Context, title string, data []byte) (job string, err error)
	// look answers how a job stands.
	look(ctx context.Context, job string) (standing, error)
	// remove takes a job out of the queue.
	remove(ctx context.Context, job string) error
}

// standing is how a job stands in its queue.
type standing int

const (
	waiting   standing = iota // it is there, or being printed
	completed                 // the queue says that it was printed
	gone                      // the queue knows it no more, or not what became of it
	dropped                   // cancelled or aborted
)

// errNotTaken: the queue has nothing of the job.
var errNotTaken = errors.New("the queue did not take it")

// notTaken is an error with errNotTaken in it that reads as the error alone.
type notTaken struct{ error }

func (notTaken) Is(target error) bool { return target == errNotTaken }
