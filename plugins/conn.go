package plugins

import (
	"slices"

	"google.golang.org/grpc"
)

// Conn answers the connection to a driver that can be asked now: a device host hands
// calls through as they come. Whoever is on this machine takes a capability's handle.
func (h *Host) Conn(id string) (grpc.ClientConnInterface, bool) {
	s, err := h.find(id)
	if err != nil {
		return nil, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil || !s.status.Usable() {
		return nil, false
	}
	return s.current.conn, true
}

// Capabilities lists what a driver that can be asked now serves, by the full names of
// its services.
func (h *Host) Capabilities(id string) []string {
	_, info, ok := h.client(id)
	if !ok {
		return nil
	}
	return slices.Clone(info.Capabilities)
}
