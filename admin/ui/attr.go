package ui

import "strconv"

func boolText(b bool) string { return strconv.FormatBool(b) }

func intText(n int) string { return strconv.Itoa(n) }

func alertRole(t Tone) string {
	if t == Bad || t == Warn {
		return "alert"
	}
	return "status"
}
