package pack

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/promotion"
)

var (
	ErrVersionTaken  = fault.New(fault.Conflict, "pack.version_taken")  // {id} {version}
	ErrNotInstalled  = fault.New(fault.NotFound, "pack.not_installed")  // {id} {version}
	ErrRemoved       = fault.New(fault.Conflict, "pack.removed")        // {id} {version}
	ErrUnknownModule = fault.New(fault.NotFound, "pack.unknown_module") // {hash}
)

// Registry holds the opened bundles of the program: those that come with it, which
// are everybody's, and those that merchants have installed, each its owner's. What
// one merchant has is asked through For. It is safe for concurrent use.
type Registry struct {
	db *db.DB // nil: nothing but what comes with the program

	mu      sync.RWMutex
	bundles map[string][]*Bundle // what comes with the program: id -> newest first
	modules map[string][]byte    // hash -> rule.wasm of those
	pending map[string]*pending  // the same of what is being installed
	opened  map[string]*Bundle   // installed ones by bundle hash, shared by all who have them
	shelves map[id.ID]shelf      // whose table has been read
	facts   map[id.ID][]promotion.FactRef
	changes uint64 // of what the registry knows
}

// pending is a module that is being installed, so many times at once.
type pending struct {
	module []byte
	times  int
}

// shelf is what a merchant, or the platform, has installed.
type shelf map[versionKey]Installed

type versionKey struct{ id, version string }

// NewRegistry is an empty registry.
func NewRegistry() *Registry {
	return &Registry{bundles: map[string][]*Bundle{}, modules: map[string][]byte{}, pending: map[string]*pending{}, opened: map[string]*Bundle{}, shelves: map[id.ID]shelf{}, facts: map[id.ID][]promotion.FactRef{}}
}

// Use lets the registry find what is installed in a database. It is called once,
// before anything is asked for.
func (r *Registry) Use(d *db.DB) { r.db = d }

// Add puts a bundle in for everybody. The same content again changes nothing.
// Fault: pack.version_taken where that id and version has other content: a sale
// that names it must always find the rule that ran.
func (r *Registry) Add(b *Bundle) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	have := r.bundles[b.ID]
	at, found := slices.BinarySearchFunc(have, b.Version, newestFirst)
	if found {
		if string(have[at].ManifestBytes) == string(b.ManifestBytes) {
			return nil
		}
		return ErrVersionTaken.With("id", b.ID).With("version", b.Version)
	}
	r.bundles[b.ID] = slices.Insert(slices.Clone(have), at, b)
	r.modules[b.ModuleHash()] = b.Module()
	r.changed()
	return nil
}

// changed forgets what was made of what the registry knew. The caller holds mu.
func (r *Registry) changed() {
	r.changes++
	clear(r.facts)
}

// Generation changes whenever the registry comes to know something new.
func (r *Registry) Generation() uint64 {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.changes
}

func newestFirst(b *Bundle, v string) int { return CompareVersions(v, b.Version) }

// Get finds one version of what comes with the program; what a merchant has is
// asked through For. Fault: pack.not_installed.
func (r *Registry) Get(id, version string) (*Bundle, error) {
	if b := r.shipped(id, version); b != nil {
		return b, nil
	}
	return nil, ErrNotInstalled.With("id", id).With("version", version)
}

func (r *Registry) shipped(id, version string) *Bundle {
	r.mu.RLock()
	defer r.mu.RUnlock()
	have := r.bundles[id]
	if at, ok := slices.BinarySearchFunc(have, version, newestFirst); ok {
		return have[at]
	}
	return nil
}

// Latest finds the newest release of a pack that comes with the program, or its
// newest release candidate where there is no release. Fault: pack.not_installed.
func (r *Registry) Latest(id string) (*Bundle, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return latest(id, r.bundles[id])
}

// latest of bundles that are in order, the newest first.
func latest(id string, have []*Bundle) (*Bundle, error) {
	for _, b := range have {
		if v, ok := parseVersion(b.Version); ok && len(v.pre) == 0 {
			return b, nil
		}
	}
	if len(have) > 0 {
		return have[0], nil
	}
	return nil, ErrNotInstalled.With("id", id).With("version", "")
}

// List is what comes with the program by id, each id's newest version first.
func (r *Registry) List() []*Bundle {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var all []*Bundle
	for _, bs := range r.bundles {
		all = append(all, bs...)
	}
	return sorted(all)
}

func sorted(bs []*Bundle) []*Bundle {
	slices.SortFunc(bs, func(a, b *Bundle) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), CompareVersions(b.Version, a.Version))
	})
	return bs
}

// moduleWait is how long the rule host waits for a module from the database.
const moduleWait = 20 * time.Second

// Module is the rule.wasm of that hex SHA-256, for the rule host; it is shared
// and must not be changed. One that was installed is read from the database: the
// host asks once and keeps what it compiles. Fault: pack.unknown_module.
func (r *Registry) Module(hash string) ([]byte, error) {
	r.mu.RLock()
	m, ok := r.modules[hash]
	if p := r.pending[hash]; !ok && p != nil {
		m, ok = p.module, true
	}
	r.mu.RUnlock()
	if ok {
		return m, nil
	}
	if r.db != nil {
		ctx, cancel := context.WithTimeout(context.Background(), moduleWait)
		defer cancel()
		data, err := db.Value[[]byte](ctx, r.db, `select bundle from pack_bundles where module_hash = $1 and bundle is not null limit 1`, hash)
		if err == nil {
			b, err := Open(data)
			if err != nil {
				return nil, err
			}
			return b.Module(), nil
		}
		if !fault.ReasonIs(err, db.ErrNoRow.Reason) {
			return nil, err
		}
	}
	return nil, ErrUnknownModule.With("hash", hash)
}

// hold keeps a module for the rule host until it is installed, or not.
func (r *Registry) hold(b *Bundle) (release func()) {
	hash := b.ModuleHash()
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.pending[hash]
	if p == nil {
		p = &pending{module: b.Module()}
		r.pending[hash] = p
	}
	p.times++
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if p.times--; p.times == 0 {
			delete(r.pending, hash)
		}
	}
}

// Install opens a bundle and adds it for everybody. Faults: those of Open and Add.
func (r *Registry) Install(data []byte) (*Bundle, error) {
	b, err := Open(data)
	if err != nil {
		return nil, err
	}
	if err := r.Add(b); err != nil {
		return nil, err
	}
	return b, nil
}
