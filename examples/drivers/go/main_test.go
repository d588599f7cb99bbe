package main

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/shopwright/shopwright/sdk/driver/drivertest"
)

// The test's program is the driver as well.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "serve" {
		main()
	}
	os.Exit(m.Run())
}

func TestConformance(t *testing.T) {
	paper, err := drivertest.NewPaper()
	if err != nil {
		t.Fatal(err)
	}
	defer paper.Close()
	drivertest.Run(t, drivertest.Target{
		Command: []string{os.Args[0], "serve"},
		Config:  json.RawMessage(fmt.Sprintf(`{"address": %q}`, paper.Addr())),
		Wrong:   json.RawMessage(`{"address": "nowhere"}`),
		Paper:   paper,
	})
}
