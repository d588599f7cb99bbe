//go:build !wasip1

package rule

// Main registers the module's rule. Outside of a module there is nothing to
// register with: tests call Evaluate themselves.
func Main(Rule) {}
