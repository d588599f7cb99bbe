package rules

func (m *module) readStart() {
	if m.present[secStart] {
		r := &scan{m.sections[secStart], 0}
		if f := r.u32(); int64(f) >= int64(len(m.funcs)) || m.typeAt(m.funcs[f]) != (signature{}) {
			malformed("start function")
		}
		r.end()
	}
}

// readElements walks what fills the tables. The decoder of the runtime allocates
// what a length claims before it reads, so that every length is looked at here.
func (m *module) readElements() {
	if !m.present[secElement] {
		return
	}
	r := &scan{m.sections[secElement], 0}
	sum := 0
	for n := m.segments(r); n > 0; n-- {
		flags := r.u32()
		if flags > 7 {
			malformed("element segment")
		}
		if flags&3 == 2 {
			r.u32() // table
		}
		if flags&1 == 0 {
			m.constant(r)
		}
		if flags&3 != 0 {
			if t := r.byte(); flags < 4 && t != 0 || flags >= 4 && t != typeFunc && t != typeExtern {
				refuse(ErrType.With("type", "0x"+hex2(t)))
			}
		}
		entries := r.count()
		if sum += entries; sum > m.lim.TableEntries {
			refuse(ErrTableTooLarge.With("entries", sum).With("limit", m.lim.TableEntries))
		}
		for ; entries > 0; entries-- {
			if flags >= 4 {
				m.constant(r)
			} else {
				r.u32()
			}
		}
	}
	r.end()
}

func (m *module) readData() {
	if m.present[secDataCount] {
		r := &scan{m.sections[secDataCount], 0}
		r.u32()
		r.end()
	}
	if !m.present[secData] {
		return
	}
	r := &scan{m.sections[secData], 0}
	for n := m.segments(r); n > 0; n-- {
		switch flags := r.u32(); flags {
		case 0:
			m.constant(r)
		case 1:
		case 2:
			r.u32()
			m.constant(r)
		default:
			malformed("data segment")
		}
		r.bytes(r.u32())
	}
	r.end()
}

// segments reads how many there are.
func (m *module) segments(r *scan) int {
	n := r.count()
	if m.info.Segments += n; m.info.Segments > m.lim.Segments {
		refuse(ErrTooManySegments.With("segments", m.info.Segments).With("limit", m.lim.Segments))
	}
	return n
}
