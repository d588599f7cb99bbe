package pack

import (
	"cmp"
	"slices"
	"sync"

	"github.com/shopwright/shopwright/core/fault"
)

var (
	ErrVersionTaken  = fault.New(fault.Conflict, "pack.version_taken")  // {id} {version}
	ErrNotInstalled  = fault.New(fault.NotFound, "pack.not_installed")  // {id} {version}
	ErrUnknownModule = fault.New(fault.NotFound, "pack.unknown_module") // {hash}
)

// Registry holds the opened bundles of the program: those that come with it and
// those that were installed. It is safe for concurrent use.
type Registry struct {
	mu      sync.RWMutex
	bundles map[string][]*Bundle // id -> newest first
	modules map[string][]byte    // hash -> rule.wasm
}

// NewRegistry is an empty registry.
func NewRegistry() *Registry {
	return &Registry{bundles: map[string][]*Bundle{}, modules: map[string][]byte{}}
}

// Add puts a bundle in. The same content again changes nothing. Fault:
// pack.version_taken where that id and version has other content: a sale that
// names it must always find the rule that ran.
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
	r.bundles[b.ID] = slices.Insert(have, at, b)
	r.modules[b.ModuleHash()] = b.Module()
	return nil
}

func newestFirst(b *Bundle, v string) int { return CompareVersions(v, b.Version) }

// Get finds one version. Fault: pack.not_installed.
func (r *Registry) Get(id, version string) (*Bundle, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	have := r.bundles[id]
	if at, ok := slices.BinarySearchFunc(have, version, newestFirst); ok {
		return have[at], nil
	}
	return nil, ErrNotInstalled.With("id", id).With("version", version)
}

// Latest finds the newest release of a pack, or its newest release candidate
// where there is no release. Fault: pack.not_installed.
func (r *Registry) Latest(id string) (*Bundle, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	have := r.bundles[id]
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

// List is all bundles by id, each id's newest version first.
func (r *Registry) List() []*Bundle {
	r.mu.RLock()
	defer r.mu.RUnlock()
	var all []*Bundle
	for _, bs := range r.bundles {
		all = append(all, bs...)
	}
	slices.SortFunc(all, func(a, b *Bundle) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), CompareVersions(b.Version, a.Version))
	})
	return all
}

// Module is the rule.wasm of that hex SHA-256, for the rule host; it is shared
// and must not be changed. Fault: pack.unknown_module.
func (r *Registry) Module(hash string) ([]byte, error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	m, ok := r.modules[hash]
	if !ok {
		return nil, ErrUnknownModule.With("hash", hash)
	}
	return m, nil
}

// Install opens a bundle and adds it. Faults: those of Open and Add.
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
