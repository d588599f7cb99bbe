//go:build !linux

package rules

func lesserKeepers(map[string]func() keeper) {}
