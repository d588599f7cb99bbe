package pack

import (
	"cmp"
	"strconv"
	"strings"
)

// version is a semantic version: 1.2.3 or 1.2.3-rc.1.
type version struct {
	core [3]int
	pre  []string
}

func parseVersion(s string) (version, bool) {
	var v version
	if len(s) > 64 {
		return v, false
	}
	main, pre, has := strings.Cut(s, "-")
	parts := strings.Split(main, ".")
	if len(parts) != 3 {
		return v, false
	}
	for i, p := range parts {
		n, ok := plainNumber(p)
		if !ok {
			return v, false
		}
		v.core[i] = n
	}
	if !has {
		return v, true
	}
	v.pre = strings.Split(pre, ".")
	for _, p := range v.pre {
		if p == "" || strings.Trim(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") != "" {
			return v, false
		}
	}
	return v, true
}

// plainNumber reads digits without leading zeros.
func plainNumber(s string) (int, bool) {
	if s == "" || len(s) > 9 || s[0] == '0' && len(s) > 1 || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	return n, err == nil
}

// compare orders versions; a release comes after its release candidates.
func (v version) compare(o version) int {
	for i := range v.core {
		if c := cmp.Compare(v.core[i], o.core[i]); c != 0 {
			return c
		}
	}
	if len(v.pre) == 0 || len(o.pre) == 0 {
		return cmp.Compare(len(o.pre), len(v.pre))
	}
	for i := range min(len(v.pre), len(o.pre)) {
		if c := comparePre(v.pre[i], o.pre[i]); c != 0 {
			return c
		}
	}
	return cmp.Compare(len(v.pre), len(o.pre))
}

// comparePre puts numbers before words and numbers in their own order.
func comparePre(a, b string) int {
	x, aNum := plainNumber(a)
	y, bNum := plainNumber(b)
	switch {
	case aNum && bNum:
		return cmp.Compare(x, y)
	case aNum:
		return -1
	case bNum:
		return 1
	}
	return cmp.Compare(a, b)
}

// CompareVersions orders two version strings: negative where a is the older.
// A string that is no version comes first.
func CompareVersions(a, b string) int {
	x, okA := parseVersion(a)
	y, okB := parseVersion(b)
	switch {
	case okA && okB:
		return cmp.Or(x.compare(y), cmp.Compare(a, b))
	case okA:
		return 1
	case okB:
		return -1
	}
	return cmp.Compare(a, b)
}

// Prerelease reports whether a version is a release candidate, or no version.
func Prerelease(s string) bool {
	v, ok := parseVersion(s)
	return !ok || len(v.pre) > 0
}
