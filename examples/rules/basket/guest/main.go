//go:build wasip1

// Command guest is the rule as a WASM module of the Go toolchain.
package main

import (
	"github.com/shopwright/shopwright/examples/rules/basket"
	"github.com/shopwright/shopwright/sdk/rule"
)

func init() { rule.Main(&basket.Rule{}) }

func main() {}
