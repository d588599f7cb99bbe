package plugins

import (
	"net"
	"os"
	"os/exec"
	"strings"
	"time"
)

// reach is something that a driver tries.
type reach struct {
	How string `json:"how"` // read, write, connect, listen, run
	At  string `json:"at"`
}

func tryAll(all []reach) string {
	var worked []string
	for _, r := range all {
		var err error
		switch r.How {
		case "read":
			_, err = os.ReadFile(r.At)
		case "write":
			err = os.WriteFile(r.At, []byte("x"), 0o600)
		case "connect":
			var c net.Conn
			if c, err = net.DialTimeout("tcp", r.At, time.Second); err == nil {
				c.Close()
			}
		case "listen":
			var l net.Listener
			if l, err = net.Listen("tcp", r.At); err == nil {
				l.Close()
			}
		case "run":
			err = exec.Command(r.At).Run()
		}
		if err == nil {
			worked = append(worked, r.How+" "+r.At)
		}
	}
	return "worked: " + strings.Join(worked, ", ")
}
