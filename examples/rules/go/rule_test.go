package secondhalf_test

import (
	"testing"

	secondhalf "github.com/shopwright/shopwright/examples/rules/go"
	"github.com/shopwright/shopwright/sdk/rule"
	"github.com/shopwright/shopwright/sdk/rule/ruletest"
)

func TestCases(t *testing.T) {
	ruletest.Run(t, func() rule.Rule { return &secondhalf.Rule{} }, "cases")
}
