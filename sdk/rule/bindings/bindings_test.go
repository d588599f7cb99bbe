package bindings_test

import (
	"strings"
	"testing"

	"github.com/shopwright/shopwright/sdk/rule/bindings"
)

// TestWhole: what an author is given holds the exports of the ABI and needs nothing
// beside it.
func TestWhole(t *testing.T) {
	c, as := string(bindings.C()), string(bindings.AssemblyScript())
	for _, name := range []string{"sw_abi_1", "sw_alloc", "sw_configure", "sw_evaluate", "sw_error"} {
		if !strings.Contains(c, `SW__EXPORT("`+name+`")`) || !strings.Contains(as, "export function "+name+"(") {
			t.Errorf("%s is missing", name)
		}
	}
	if n := strings.Count(c, "#include "); n != 2 || !strings.Contains(c, "#include <stddef.h>\n#include <stdint.h>") {
		t.Errorf("sw1.h includes %d files", n)
	}
	if strings.Contains(as, "import ") {
		t.Error("sw1.ts imports something")
	}
	bindings.C()[0] = 'x'
	if bindings.C()[0] == 'x' {
		t.Error("the caller can change the library")
	}
}
