package rules

// The idle instances: each image keeps a few, the host a bounded number of all,
// and beyond it the one idle for longest goes. Instances are made lazily.

// instantiate makes an instance of a module under its memory limit.
func (h *Host) instantiate(r *root) (*instance, error) {
	in, err := instantiate(h.rt, r.from.mod, &h.lim, h.newKeeper(), r.key.pages)
	if err == nil {
		h.instances.Add(1)
	}
	return in, err
}

func (h *Host) closeInstance(in *instance) {
	h.instances.Add(-1)
	in.close()
}

// spawn makes an instance that stands on the image.
func (h *Host) spawn(img *image) (*instance, error) {
	in, err := h.instantiate(img.root)
	if err != nil {
		return nil, err
	}
	if err := in.adopt(img.root.base, img.delta, img.globals); err != nil {
		h.closeInstance(in)
		return nil, startFault(err)
	}
	return in, nil
}

// taken is an idle instance of the image or a new one.
func (h *Host) taken(img *image) (*instance, error) {
	h.mu.Lock()
	in := h.pick(img)
	h.mu.Unlock()
	if in != nil {
		return in, nil
	}
	return h.spawn(img)
}

// pick takes an idle instance of the image, or nil; under h.mu.
func (h *Host) pick(img *image) *instance {
	n := len(img.idle)
	if n == 0 {
		return nil
	}
	in := img.idle[n-1]
	img.idle = img.idle[:n-1]
	h.unlink(in)
	return in
}

// keep puts a restored instance back, under h.mu, and answers the one that is to
// be closed: this one where enough stand on its image, else the one idle for
// longest where there are enough of all.
func (h *Host) keep(img *image, in *instance) *instance {
	if in == nil || img.doomed || len(img.idle) >= h.lim.Instances {
		return in
	}
	in.img = img
	img.idle = append(img.idle, in)
	h.link(in)
	if h.idle <= h.lim.Idle {
		return nil
	}
	old := h.oldest
	h.unlink(old)
	for i, x := range old.img.idle {
		if x == old {
			old.img.idle = append(old.img.idle[:i], old.img.idle[i+1:]...)
			break
		}
	}
	return old
}

// link enters an instance as the newest idle one; under h.mu.
func (h *Host) link(in *instance) {
	in.older, in.newer = h.newest, nil
	if h.newest != nil {
		h.newest.newer = in
	} else {
		h.oldest = in
	}
	h.newest = in
	h.idle++
}

func (h *Host) unlink(in *instance) {
	if in.newer != nil {
		in.newer.older = in.older
	} else {
		h.newest = in.older
	}
	if in.older != nil {
		in.older.newer = in.newer
	} else {
		h.oldest = in.newer
	}
	in.newer, in.older = nil, nil
	h.idle--
}
