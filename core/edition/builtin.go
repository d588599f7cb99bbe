package edition

import (
	"embed"
	"io/fs"
	"slices"
	"sync"
)

//go:embed editions
var files embed.FS

// Default is the id of the neutral edition.
const Default = "shopwright"

var builtins = []string{Default, "salon", "retail", "catering"}

// Builtins lists the ids of the editions that come with the program.
func Builtins() []string { return slices.Clone(builtins) }

var builtin = sync.OnceValue(func() map[string]*Edition {
	all := map[string]*Edition{}
	for _, id := range builtins {
		dir, err := fs.Sub(files, "editions/"+id)
		if err != nil {
			panic(err)
		}
		if all[id], err = Load(dir); err != nil {
			panic(err) // they are part of the program
		}
	}
	return all
})

// Builtin is an edition that comes with the program; it is shared and must not
// be changed. Fault: edition.unknown.
func Builtin(id string) (*Edition, error) {
	if e, ok := builtin()[id]; ok {
		return e, nil
	}
	return nil, ErrUnknown.With("id", id)
}
