package main

import (
	"os"
	"path/filepath"
)

// dropped is what the schema looks like without its last fields: an earlier
// version of the ABI, as a guest that nobody builds again was made with.
var dropped = map[string][]string{
	"Line":   {"HasStaff", "_", "Visits", "Bonus", "Points"},
	"Member": {"Points"},
	"Input":  {"Event", "Prizes", "Refund", "_"},
	"Output": {"Tenders", "Grants", "Returns", "_"},
}

// past is the schema of an earlier version.
func (s *schema) past() error {
	for name, last := range dropped {
		r := s.byName[name]
		r.Fields = r.Fields[:len(r.Fields)-len(last)]
		err := s.lay(r)
		if err != nil { // not a multiple of eight
			r.Fields = append(r.Fields, field{Name: "_", Type: "u32"})
			err = s.lay(r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// future is the schema of a later version: every record that may grow has grown.
func (s *schema) future() error {
	for _, list := range [][]record{s.Records, s.Messages} {
		for i := range list {
			r := &list[i]
			r.Fields = append(r.Fields,
				field{Name: "LaterCode", Type: "str", Doc: "a text of a later version"},
				field{Name: "LaterNumber", Type: "i64", Doc: "a number of a later version"})
			if err := s.lay(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeBindings writes the guest libraries of another version to a folder: tests
// build guests with them that are older or newer than the host.
func writeBindings(root, dir string, age func(*schema) error) error {
	b, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(schemaPath)))
	if err != nil {
		return err
	}
	s, err := parse(b)
	if err != nil {
		return err
	}
	if err := age(s); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "sw1.h"), s.cHeader(), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "sw1.ts"), s.assemblyScript(), 0o644)
}
