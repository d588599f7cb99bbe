package main

import (
	"testing"

	"github.com/shopwright/shopwright/core/i18n"
	"github.com/shopwright/shopwright/hw/drivers"
)

// Every driver that comes along has a class that the devices page knows, and a name in
// every language.
func TestDriversAreCalledByName(t *testing.T) {
	for _, name := range drivers.Names() {
		if classOf(drivers.Classes(name)) == "" {
			t.Errorf("%s: no class", name)
		}
		for _, tag := range i18n.Tags() {
			if words := i18n.Must(tag); !words.Has("office.driver." + name) {
				t.Errorf("%s has no name in %s", name, tag)
			}
		}
	}
}
