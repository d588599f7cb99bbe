//go:build !unix

package backtest_test

import "time"

func cpuTime() time.Duration { return 0 }
