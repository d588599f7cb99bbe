// Package plugins is the host of driver processes: it verifies, starts,
// supervises and ends them, and hands out their sdk/driver handles.
//
// A driver goes Verified -> Starting -> Ready <-> Degraded -> Suspect ->
// Killed -> Backoff -> Starting …, and after five deaths within ten minutes
// Quarantined until somebody starts it again; at once where it refuses its settings.
//
// Owns: driver processes, their manifests, signatures and installation, their
// logs, the supervisor, its metrics, and the recording of what was said to each
// driver of late (record.go).
// Does not own: what is printed and when (hw), the protocol (sdk/driver),
// which register uses which device (core/device).
// Invariants: a driver inherits nothing of the environment; it dies with the
// program; nothing in this package waits without limit for a driver (the
// process is killed by its id before go-plugin is asked to clean up); the
// successor of a driver starts only after its predecessor is dead; a file from
// disk is run from a private copy whose hash was taken while it was written, and
// is told to give up what its manifest does not ask for; a recording holds no text
// that is not named as harmless (scrub.go).
package plugins
