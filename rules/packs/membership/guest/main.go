//go:build wasip1

// Command guest is the membership pack as a WASM module.
package main

import (
	"github.com/shopwright/shopwright/rules/packs/membership"
	"github.com/shopwright/shopwright/sdk/rule"
)

func init() { rule.Main(&membership.Rule{}) }

func main() {}
