// Package arch keeps the import directions true; it holds a test and nothing else.
package arch
