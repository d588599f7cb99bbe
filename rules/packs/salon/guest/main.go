//go:build wasip1

// Command guest is the salon pack as a WASM module.
package main

import (
	"github.com/shopwright/shopwright/rules/packs/salon"
	"github.com/shopwright/shopwright/sdk/rule"
)

func init() { rule.Main(&salon.Rule{}) }

func main() {}
