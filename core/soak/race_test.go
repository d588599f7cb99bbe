//go:build race

package soak_test

const race = true
