package arch

import (
	"bytes"
	"encoding/json"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/shopwright/shopwright/"

// kernel packages, each of which may import only those of the groups before it.
var kernel = [][]string{{"clock", "i18n"}, {"db"}, {"tenant", "setting"}, {"event", "job"}, {"auth", "edition"}}

var (
	base     = []string{"core/fault", "core/money", "core/id"}
	features = []string{"member", "catalog", "stock", "ledger", "wallet", "coupon", "loyalty", "campaign", "staff", "tax", "till", "sale", "receipt", "device", "pack", "promotion", "payment", "storefront", "message", "kitchen", "label"}
	flows    = []string{"notice", "checkout", "backtest", "report"}
	// down are the only edges between features, each with its reason.
	down = map[string]string{
		"wallet->ledger":      "a wallet is a reading of the ledger's accounts",
		"loyalty->wallet":     "points are written through the wallet",
		"campaign->coupon":    "a campaign issues coupons",
		"campaign->loyalty":   "a campaign grants points",
		"campaign->member":    "a campaign has an audience",
		"campaign->promotion": "a grant is a value of the hook vocabulary",
		"till->sale":          "a Z report sums the shift's sales",
		"receipt->sale":       "a receipt is made from a sale",
		"kitchen->device":     "a ticket is a print job of the station's printers",
		"label->device":       "labels are print jobs",
		"label->receipt":      "a label is drawn with the receipt's font and codes",
		"message->member":     "a message is sent to the number that a member has at that moment",
		"member->promotion":   "history facts are values of the hook vocabulary",
		"coupon->promotion":   "the view that a rule pack gets of a coupon",
		"pack->promotion":     "a manifest names hooks and facts",
	}
)

type pkg struct {
	ImportPath string
	Imports    []string
}

func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var ps []pkg
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := d.Decode(&p); err == io.EOF {
			return ps
		} else if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, p)
	}
}

func under(p string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(r string) bool { return p == r || strings.HasPrefix(p, r+"/") })
}

func rank(p string) int {
	name := strings.TrimPrefix(p, "core/")
	for i, g := range kernel {
		if slices.ContainsFunc(g, func(k string) bool { return under(name, k) }) {
			return i
		}
	}
	return -1
}

func inCore(p string, names []string) string {
	for _, n := range names {
		if under(p, "core/"+n) {
			return n
		}
	}
	return ""
}

// why answers the rule that an import breaks, "" where it is allowed.
func why(from, to string, external bool) string {
	if external {
		switch {
		case under(from, "sdk/rule", "sdk/client") && strings.Contains(strings.SplitN(to, "/", 2)[0], "."):
			return "sdk/rule and sdk/client are the standard library only: third parties build on them"
		case under(from, base...) && strings.Contains(strings.SplitN(to, "/", 2)[0], ".") && !strings.HasPrefix(to, "github.com/shopspring/decimal"):
			return "base is the standard library and decimal"
		case (inCore(from, features) != "" || inCore(from, flows) != "") && (to == "net/http" || strings.Contains(to, "huma") || strings.Contains(to, "templ") || strings.Contains(to, "wazero") || strings.Contains(to, "go-plugin")):
			return "features and flows know no HTTP, no WASM, no device process"
		}
		return ""
	}
	f, g := inCore(from, features), inCore(to, features)
	switch {
	case under(from, "cmd", "examples", "tools"), from == to, strings.HasPrefix(to, from+"/internal"):
		return ""
	case under(from, "sdk"):
		if !under(to, "sdk") {
			return "the sdk is the bottom: it imports nothing of ours"
		}
	case under(to, "core/db/dbtest", "sdk/rule/ruletest", "sdk/driver/drivertest", "hw/sim"):
		if !under(from, "core/db/dbtest", "sdk", "hw/sim") {
			return "test helpers are for tests"
		}
	case under(from, "core") && under(to, "rules", "plugins", "hw", "admin", "cmd"):
		return "core imports no edge"
	case under(from, base...):
		if !under(to, base...) {
			return "base imports base only"
		}
	case rank(from) >= 0:
		if !under(to, base...) && (rank(to) < 0 || rank(to) > rank(from)) {
			return "kernel packages import only those before them"
		}
	case f != "":
		if f == g || under(to, base...) || rank(to) >= 0 || down[f+"->"+g] != "" {
			return ""
		}
		return "a feature imports the kernel and its listed downward edges: lift the meeting into a flow"
	case inCore(from, flows) != "":
		if inCore(to, flows) != "" || under(to, "core/web", "core/api") {
			return "a flow imports features and the kernel"
		}
	case under(from, "core/web"):
		if rank(to) < 0 && !under(to, base...) {
			return "core/web imports the kernel only"
		}
	case under(from, "rules"):
		if under(to, "core/db") || under(to, "admin", "plugins", "hw") {
			return "a pack cannot reach SQL, a screen or a device"
		}
	case under(from, "plugins") && !under(to, "sdk/driver", "core/fault", "core/clock", "plugins"):
		return "the plugin host knows drivers and faults"
	case under(from, "hw") && under(to, "plugins", "admin", "rules", "core/db"):
		return "hw declares what it needs; plugins and hw/sim satisfy it"
	case under(from, "admin") && under(to, "core/api", "rules", "plugins", "hw"):
		return "screens call flows and features, not other edges"
	}
	return ""
}

func TestImportsPointInward(t *testing.T) {
	edges := 0
	for _, p := range list(t) {
		from := strings.TrimPrefix(p.ImportPath, module)
		for _, i := range p.Imports {
			to, ours := strings.CutPrefix(i, module)
			if r := why(from, to, !ours); r != "" {
				t.Errorf("%s imports %s: %s", from, to, r)
			}
			edges++
		}
	}
	if edges < 100 {
		t.Fatalf("only %d imports were looked at: the list is broken", edges)
	}
}

// TestTheRulesCatchWhatTheyShould keeps the test above from passing by itself.
func TestTheRulesCatchWhatTheyShould(t *testing.T) {
	for _, c := range []struct {
		from, to string
		external bool
	}{
		{"core/checkout", "rules", false}, {"core/wallet", "core/stock", false}, {"core/money", "core/db", false}, {"core/db", "core/tenant", false},
		{"core/sale", "net/http", true}, {"core/checkout", "github.com/tetratelabs/wazero", true}, {"rules", "core/db", false}, {"hw", "plugins", false},
		{"admin/pos", "core/api", false}, {"sdk/rule", "core/money", false}, {"sdk/rule", "github.com/shopspring/decimal", true}, {"hw", "hw/sim", false},
	} {
		if why(c.from, c.to, c.external) == "" {
			t.Errorf("%s -> %s should be refused", c.from, c.to)
		}
	}
}
