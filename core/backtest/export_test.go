package backtest

import "testing"

// SmallPages makes runs read few sales at once, so that a test with few sales
// has several pages.
func SmallPages(t testing.TB, n int) {
	old := pageSize
	pageSize = n
	t.Cleanup(func() { pageSize = old })
}

// FewShadowDifferences lowers what is kept of a shadow.
func FewShadowDifferences(t testing.TB, n int) {
	old := maxShadowKept
	maxShadowKept = n
	t.Cleanup(func() { maxShadowKept = old })
}
