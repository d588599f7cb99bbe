package acquirersim

import (
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/sdk/driver"
)

// entry is one payment in the book.
type entry struct {
	Reference string           `json:"reference"`
	Amount    int64            `json:"amount"`
	Currency  string           `json:"currency"`
	How       string           `json:"how"`
	Since     int64            `json:"since"` // microseconds since 1970
	Ended     string           `json:"ended,omitempty"`
	Back      int64            `json:"back,omitempty"`
	Refunds   map[string]int64 `json:"refunds,omitempty"`
}

func now() int64 { return int64(clock.System{}.Now()) }

// later reports whether what happens later has happened.
func (e *entry) later(s settings) bool {
	return now() >= e.Since+int64(time.Duration(s.Later)*time.Millisecond/time.Microsecond)
}

func (e *entry) status(s settings) driver.PaymentStatus {
	st := driver.PaymentStatus{ProviderID: "sim-" + e.Reference}
	switch {
	case e.Ended != "":
		st.State = driver.PaymentCancelled
	case e.How == Refused, e.How == RefusedThenPaid && !e.later(s):
		st.State, st.Reason = driver.PaymentRefused, "refused by the simulator"
	case (e.How == PaidLater || e.How == Twice) && !e.later(s):
		st.State, st.Reason = driver.PaymentPending, "the customer enters a password"
	default:
		st.State, st.Paid = driver.PaymentPaid, e.Amount
	}
	return st
}

// book keeps the entries: in memory, and in a folder where there is one.
type book struct {
	folder  string
	entries map[string]entry
}

var nameOf = base32.HexEncoding.WithPadding(base32.NoPadding)

func openBook(folder string) (book, error) {
	b := book{folder: folder, entries: map[string]entry{}}
	if folder == "" {
		return b, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return b, fmt.Errorf("the folder cannot be made: %w", err)
	}
	return b, nil
}

func (b *book) file(reference string) string {
	return filepath.Join(b.folder, nameOf.EncodeToString([]byte(reference))+".json")
}

func (b *book) get(reference string) (entry, bool) {
	if e, ok := b.entries[reference]; ok || b.folder == "" {
		return e, ok
	}
	raw, err := os.ReadFile(b.file(reference))
	var e entry
	if err != nil || json.Unmarshal(raw, &e) != nil {
		return entry{}, false
	}
	b.entries[reference] = e
	return e, true
}

// put writes an entry down before anybody hears of it.
func (b *book) put(e entry) error {
	if b.entries == nil {
		return errors.New("the simulator has no settings yet")
	}
	if b.folder != "" {
		raw, err := json.Marshal(e)
		if err != nil {
			return err
		}
		part := b.file(e.Reference) + ".part"
		if err := os.WriteFile(part, raw, 0o600); err != nil {
			var p *fs.PathError
			if errors.As(err, &p) {
				err = p.Err
			}
			return fmt.Errorf("the book cannot be written: %w", err)
		}
		if err := os.Rename(part, b.file(e.Reference)); err != nil {
			return err
		}
	}
	b.entries[e.Reference] = e
	return nil
}
