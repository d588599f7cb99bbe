//go:build wasip1

// Command guest is the fitness pack as a WASM module.
package main

import (
	"github.com/shopwright/shopwright/rules/packs/fitness"
	"github.com/shopwright/shopwright/sdk/rule"
)

func init() { rule.Main(&fitness.Rule{}) }

func main() {}
