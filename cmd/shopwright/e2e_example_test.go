package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTheExampleClientSells builds examples/client and lets it sell.
func TestTheExampleClientSells(t *testing.T) {
	s := newServer(t, "", "retail")
	tea := s.sku("tea", "goods", "8.50", "10", "6901234567892")
	s.sku("soap", "goods", "25.00", "10", "4006381333931")
	s.sku("loose", "goods", "1.00", "10") // no bar code
	client := filepath.Join(t.TempDir(), "client.exe")
	if out, err := exec.Command("go", "build", "-o", client, "../../examples/client").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	sell := func(args ...string) (string, error) {
		cmd := exec.Command(client, args...)
		cmd.Env = append(os.Environ(), "SHOPWRIGHT_URL="+s.url, "SHOPWRIGHT_API_KEY="+s.APIKey)
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := sell("-cash", "50.00", "6901234567892", "4006381333931", "6901234567892")
	for _, want := range []string{"to pay: CNY 42.00", "sold: receipt A1-000001, change 8.00", "Soap", "A1-000001"} {
		if err != nil || !strings.Contains(out, want) {
			t.Fatalf("%q is missing, %v:\n%s", want, err, out)
		}
	}
	if out, err := sell(); err != nil || !strings.Contains(out, "to pay: CNY 33.50") {
		t.Errorf("without bar codes, %v:\n%s", err, out)
	}
	s.is(s.get("/stock?sku_id="+tea), map[string]string{"items.0.on_hand": "7"})
	for gift, want := range map[string][]string{
		"100.00": {"100.00 on it", "paid 33.50 by gift_card\n", "refund of 33.50: pending", "refund of 33.50: approved", "100.00 on the card"},
		"20.00":  {"20.00 on it", "paid 20.00 by gift_card\npaid 13.50 by cash\n", "refund of 33.50: approved", "20.00 on the card"},
	} {
		out, err := sell("-gift", gift, "6901234567892", "4006381333931")
		for _, w := range want {
			if err != nil || !strings.Contains(out, w) {
				t.Errorf("a gift card of %s: %q is missing, %v:\n%s", gift, w, err, out)
			}
		}
	}
	s.is(s.get("/stock?sku_id="+tea), map[string]string{"items.0.on_hand": "7"})
	if out, err := sell("1111"); err == nil || !strings.Contains(out, "checkout.unknown_sku: lines[0].barcode") {
		t.Errorf("an unknown bar code, %v:\n%s", err, out)
	}
	s.mustVerify()
}
