//go:build wasip1

// Command guest is the pack as a WASM module.
package main

import (
	secondhalf "github.com/shopwright/shopwright/examples/rules/go"
	"github.com/shopwright/shopwright/sdk/rule"
)

func init() { rule.Main(&secondhalf.Rule{}) }

func main() {}
