package rules

import "time"

// Limits bound what a module may be and what a call may cost. A zero field takes
// its default.
type Limits struct {
	ModuleBytes   int           // size of rule.wasm; 4 MiB
	Types         int           // of functions; 1,000
	Params        int           // of one function type, and results; 200
	Imports       int           // 100
	Exports       int           // 1,000
	Segments      int           // of data and tables; 100,000
	Functions     int           // 20,000
	Locals        int           // of one function; 20,000
	FunctionBytes int           // size of one function body; 128 KiB
	Nesting       int           // of blocks in a function; 2,000: the compiler takes quadratic time
	Work          int64         // sum over the functions of their basic blocks squared; 100 million
	Globals       int           // 1,000
	TableEntries  int           // of all tables together; 10,000
	MemoryPages   uint32        // of 64 KiB; 512
	InitFuel      int64         // for start, _initialize and sw_configure together; 400 million
	Fuel          int64         // for one call; 11 million: a simple instruction costs one, dear ones more
	Depth         int64         // of calls; 1,000
	InputBytes    int           // 1 MiB
	OutputBytes   int           // 64 KiB
	Records       int           // of one output table; 4,096
	Wall          time.Duration // watchdog behind the fuel; 5 s
	ImageBytes    int64         // of all snapshots together; 64 MiB
	Instances     int           // idle ones kept for each module and configuration; 4
	Idle          int           // idle ones kept of all together; 64
}

func (l Limits) withDefaults() Limits {
	def(&l.ModuleBytes, 4<<20)
	def(&l.Types, 1000)
	def(&l.Params, 200)
	def(&l.Imports, 100)
	def(&l.Exports, 1000)
	def(&l.Segments, 100_000)
	def(&l.Functions, 20_000)
	def(&l.Locals, 20_000)
	def(&l.FunctionBytes, 128<<10)
	def(&l.Nesting, 2000)
	def(&l.Work, 100_000_000)
	def(&l.Globals, 1000)
	def(&l.TableEntries, 10_000)
	def(&l.MemoryPages, 512)
	def(&l.InitFuel, 400_000_000)
	def(&l.Fuel, 11_000_000)
	def(&l.Depth, 1000)
	def(&l.InputBytes, 1<<20)
	def(&l.OutputBytes, 64<<10)
	def(&l.Records, 4096)
	def(&l.Wall, 5*time.Second)
	def(&l.ImageBytes, 64<<20)
	def(&l.Instances, 4)
	def(&l.Idle, 64)
	return l
}

func def[T int | int64 | uint32 | time.Duration](p *T, v T) {
	if *p <= 0 {
		*p = v
	}
}
