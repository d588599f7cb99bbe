//go:build wasip1

// Command guest is the catering pack as a WASM module.
package main

import (
	"github.com/shopwright/shopwright/rules/packs/catering"
	"github.com/shopwright/shopwright/sdk/rule"
)

func init() { rule.Main(&catering.Rule{}) }

func main() {}
