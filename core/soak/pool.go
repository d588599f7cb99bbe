package soak

import "sync"

// pool keeps the newest of what was made, for all registers to take from.
type pool[T any] struct {
	mu   sync.Mutex
	ring []T
	next int
	most int
}

func newPool[T any](most int) *pool[T] { return &pool[T]{most: most} }

func (p *pool[T]) add(v T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ring) < p.most {
		p.ring = append(p.ring, v)
		return
	}
	p.ring[p.next] = v
	p.next = (p.next + 1) % p.most
}

// pick draws one; the zero value where there is none.
func (p *pool[T]) pick(w *worker) (v T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.ring) > 0 {
		v = p.ring[w.rng.IntN(len(p.ring))]
	}
	return v
}

// last draws one of the newest few.
func (p *pool[T]) last(w *worker) (v T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.ring); n > 0 {
		newest := (p.next + n - 1) % n
		v = p.ring[(newest-w.rng.IntN(min(n, 8))+n)%n]
	}
	return v
}
