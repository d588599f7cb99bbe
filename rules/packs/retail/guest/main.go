//go:build wasip1

// Command guest is the retail pack as a WASM module.
package main

import (
	"github.com/shopwright/shopwright/rules/packs/retail"
	"github.com/shopwright/shopwright/sdk/rule"
)

func init() { rule.Main(&retail.Rule{}) }

func main() {}
