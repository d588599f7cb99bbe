package rules

import (
	"context"

	"github.com/tetratelabs/wazero/api"
)

// snapshot is a memory as it was after sw_configure. It is shared by all
// instances of one module and configuration, and never changes.
type snapshot interface {
	pages() uint32 // of 64 KiB
	bytes() int64  // what it costs the process
	close()
}

// keeper brings one instance's memory back to a snapshot.
type keeper interface {
	// context is what the module must be instantiated with.
	context(ctx context.Context) context.Context
	// seal takes the snapshot of the instance's memory and attaches to it.
	seal(mem api.Memory) (snapshot, error)
	// attach makes a new instance's memory that of the snapshot.
	attach(mem api.Memory, s snapshot) error
	// restore undoes what a call wrote. The memory must not have grown.
	restore(mem api.Memory) error
}

const wasmPage = 65536

// copyKeeper works everywhere: it copies the whole memory.
type copyKeeper struct{ snap copySnapshot }

type copySnapshot []byte

func (s copySnapshot) pages() uint32 { return uint32(len(s) / wasmPage) }
func (s copySnapshot) bytes() int64  { return int64(len(s)) }
func (s copySnapshot) close()        {}

func (k *copyKeeper) context(ctx context.Context) context.Context { return ctx }

func (k *copyKeeper) seal(mem api.Memory) (snapshot, error) {
	b, _ := mem.Read(0, mem.Size())
	k.snap = append(copySnapshot(nil), b...)
	return k.snap, nil
}

func (k *copyKeeper) attach(mem api.Memory, s snapshot) error {
	k.snap = s.(copySnapshot)
	if have := mem.Size() / wasmPage; have < k.snap.pages() {
		if _, ok := mem.Grow(k.snap.pages() - have); !ok {
			return ErrOutOfMemory
		}
	}
	return k.restore(mem)
}

func (k *copyKeeper) restore(mem api.Memory) error {
	mem.Write(0, k.snap)
	return nil
}
