package fitness

import (
	"testing"

	"github.com/shopwright/shopwright/sdk/rule"
	"github.com/shopwright/shopwright/sdk/rule/ruletest"
)

func TestCases(t *testing.T) {
	ruletest.Run(t, func() rule.Rule { return &Rule{} }, "cases")
}
