package pack_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopwright/shopwright/core/clock"
	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/edition"
	"github.com/shopwright/shopwright/core/fault"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/pack"
)

// bundle builds a small pack; key nil leaves it unsigned.
func bundle(t testing.TB, name, version, wasm string, key ed25519.PrivateKey) []byte {
	t.Helper()
	data, err := pack.Build(pack.Manifest{ID: name, Version: version, ABI: pack.ABIRange{Min: 1, Max: 1}, Hooks: []string{"benefit"}, Powers: []string{"discount"}}, map[string][]byte{
		"rule.wasm": []byte(wasm), "config.schema.json": []byte(`{"type":"object","properties":{"rate":{"type":"number","default":1}}}`), "locales/en.json": []byte(`{"pack.name":"` + name + `"}`),
	}, key)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var errBadModule = errors.New("bad module")

// installer of one process over a database; dev lets unsigned packs in.
func installer(d *db.DB, dev bool) *pack.Installer {
	r := pack.NewRegistry()
	r.Use(d)
	return &pack.Installer{
		DB: d, Packs: r,
		Ring: func(ctx context.Context, m id.ID) (pack.KeyRing, error) {
			return pack.RingOf(ctx, d, m, &edition.Edition{Development: dev})
		},
		Verify: func(module []byte, _ bool) error {
			if strings.Contains(string(module), "evil") {
				return errBadModule
			}
			return nil
		},
		Compile: func(_ context.Context, b *pack.Bundle, progress func(float64)) error {
			progress(0.5)
			m, err := r.Module(b.ModuleHash()) // where the rule host looks
			if err == nil && len(m) == 0 {
				return errBadModule
			}
			return err
		},
	}
}

func TestABundleIsInstalledForItsMerchantAlone(t *testing.T) {
	eachBook(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		ctx := context.Background()
		m, other, boss := fakeID(1), fakeID(2), fakeID(3)
		here, there := installer(d, true), installer(d, true)
		if _, err := there.Packs.For(ctx, m).Get("mine", "1.0.0"); !fault.ReasonIs(err, "pack.not_installed") {
			t.Fatal(err)
		}
		data := bundle(t, "mine", "1.0.0", "one", nil)
		var stages []string
		in, b, err := here.Install(ctx, pack.InstallIn{Merchant: m, Data: data, Actor: boss, Progress: func(s pack.Stage, part float64) { stages = append(stages, fmt.Sprint(s, " ", part)) }})
		if err != nil || in.Trust != pack.TrustDevelopment || in.InstalledBy != boss || in.InstalledAt != c.Now() || b.ID != "mine" || in.Size != int64(len(data)) {
			t.Fatalf("%+v %v", in, err)
		}
		if got := strings.Join(stages, ", "); got != "read 0, verify 0, compile 0, compile 0.5, store 0, done 1" {
			t.Error(got)
		}
		for name, i := range map[string]*pack.Installer{"here": here, "another process": there} {
			got, err := i.Packs.For(ctx, m).Get("mine", "1.0.0")
			if err != nil || got.Hash != b.Hash {
				t.Fatal(name, err)
			}
			if mod, err := i.Packs.Module(b.ModuleHash()); err != nil || string(mod) != "one" {
				t.Error(name, string(mod), err)
			}
			if _, err := i.Packs.For(ctx, other).Get("mine", "1.0.0"); !fault.ReasonIs(err, "pack.not_installed") {
				t.Error(name, "another merchant sees it:", err)
			}
			if list, err := i.Packs.For(ctx, other).List(); err != nil || len(list) != 0 {
				t.Error(name, list, err)
			}
		}
		// The other merchant may have other content under the same name.
		if _, _, err := there.Install(ctx, pack.InstallIn{Merchant: other, Data: bundle(t, "mine", "1.0.0", "two", nil)}); err != nil {
			t.Fatal(err)
		}
		// The same merchant may not, and nobody over what comes with the program.
		if _, _, err := there.Install(ctx, pack.InstallIn{Merchant: m, Data: bundle(t, "mine", "1.0.0", "two", nil)}); !fault.ReasonIs(err, "pack.version_taken") {
			t.Error(err)
		}
		if _, err := there.Packs.Install(bundle(t, "salon", "1.0.0", "shipped", nil)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := there.Install(ctx, pack.InstallIn{Merchant: m, Data: bundle(t, "salon", "1.0.0", "mine", nil)}); !fault.ReasonIs(err, "pack.version_taken") {
			t.Error(err)
		}
		if row, _, err := there.Install(ctx, pack.InstallIn{Merchant: m, Data: bundle(t, "salon", "1.0.0", "shipped", nil)}); err != nil || row.Trust != pack.TrustEmbedded {
			t.Error(row, err)
		}
		// Versions stand side by side, the platform's are everybody's.
		for _, x := range []struct {
			m id.ID
			v string
		}{{m, "1.1.0"}, {m, "2.0.0-rc.1"}, {pack.Platform, "1.2.0"}} {
			if _, _, err := here.Install(ctx, pack.InstallIn{Merchant: x.m, Data: bundle(t, "mine", x.v, x.v, nil)}); err != nil {
				t.Fatal(err)
			}
		}
		for who, want := range map[id.ID]string{m: "2.0.0-rc.1 1.2.0 1.1.0 1.0.0 ", other: "1.2.0 1.0.0 "} {
			vs, err := there.Packs.For(ctx, who).Versions("mine")
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, b := range vs {
				got += b.Version + " "
			}
			if got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
		if b, err := there.Packs.For(ctx, m).Latest("mine"); err != nil || b.Version != "1.2.0" {
			t.Error(b, err)
		}
		if _, _, err := here.Install(ctx, pack.InstallIn{Merchant: m, Data: bundle(t, "bad", "1.0.0", "evil", nil)}); !errors.Is(err, errBadModule) {
			t.Error(err)
		}
	})
}

func TestOnlyWhatIsVouchedForIsInstalled(t *testing.T) {
	eachBook(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		ctx := context.Background()
		m := fakeID(1)
		pub, key, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		i := installer(d, false)
		install := func(k ed25519.PrivateKey) (pack.Installed, error) {
			in, _, err := i.Install(ctx, pack.InstallIn{Merchant: m, Data: bundle(t, "mine", "1.0.0", "one", k)})
			return in, err
		}
		if _, err := install(nil); !fault.ReasonIs(err, "pack.unsigned") {
			t.Error(err)
		}
		if _, err := install(key); !fault.ReasonIs(err, "pack.signer_unknown") {
			t.Error(err)
		}
		var k pack.TrustedKey
		mustTx(t, d, func(ctx context.Context, tx *db.Tx) error {
			k, err = pack.AddKey(ctx, tx, m, " Workshop ", pack.FormatPublicKey(pub), fakeID(9))
			return err
		})
		for _, x := range []struct{ name, key, want string }{{"Again", pack.FormatPublicKey(pub), "pack.key_trusted_already"}, {" ", pack.FormatPublicKey(pub), "pack.key_name_required"}, {"Odd", "ed25519:AAAA", "pack.bad_key"}} {
			err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
				_, err := pack.AddKey(ctx, tx, m, x.name, x.key, id.None)
				return err
			})
			if !fault.ReasonIs(err, x.want) {
				t.Errorf("%s: %v", x.want, err)
			}
		}
		if in, err := install(key); err != nil || in.Trust != pack.TrustMerchant || in.Signer != "Workshop" {
			t.Fatalf("%+v %v", in, err)
		}
		mustTx(t, d, func(ctx context.Context, tx *db.Tx) error {
			_, err := pack.RemoveKey(ctx, tx, m, k.ID, fakeID(9))
			return err
		})
		if err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
			_, err := pack.RemoveKey(ctx, tx, m, k.ID, fakeID(9))
			return err
		}); !fault.ReasonIs(err, "pack.key_not_found") {
			t.Error(err)
		}
		if _, _, err := i.Install(ctx, pack.InstallIn{Merchant: m, Data: bundle(t, "mine", "1.0.1", "one", key)}); !fault.ReasonIs(err, "pack.signer_unknown") {
			t.Error("a key that is trusted no more:", err)
		}
		if b, err := installer(d, false).Packs.For(ctx, m).Usable("mine", "1.0.0"); err != nil || b.ID != "mine" {
			t.Error("what is installed stays", err)
		}
		if keys, err := pack.TrustedKeys(ctx, d, m); err != nil || len(keys) != 0 {
			t.Error(keys, err)
		}
	})
}

func TestARemovedVersionIsHiddenAndStillExplains(t *testing.T) {
	eachBook(t, func(t *testing.T, d *db.DB, c *clock.Manual) {
		ctx := context.Background()
		m, shop, boss := fakeID(1), fakeID(2), fakeID(3)
		i := installer(d, true)
		for _, v := range []string{"1.0.0", "1.1.0"} {
			if _, _, err := i.Install(ctx, pack.InstallIn{Merchant: m, Data: bundle(t, "mine", v, v, nil)}); err != nil {
				t.Fatal(err)
			}
		}
		on := pack.Change{Merchant: m, Shops: []id.ID{shop}, PackID: "mine", Enabled: true, Version: "1.0.0"}
		set(t, d, on)
		if _, err := i.Remove(ctx, m, "mine", "1.0.0", boss, nil); !fault.ReasonIs(err, "pack.in_use") {
			t.Fatal(err)
		}
		hist, _, err := pack.History(ctx, d, m, shop, "mine", db.Page{})
		if err != nil || len(hist) != 1 {
			t.Fatal(hist, err)
		}
		off := on
		off.Enabled = false
		set(t, d, off)
		recorded := 0
		in, err := i.Remove(ctx, m, "mine", "1.0.0", boss, func(_ context.Context, _ *db.Tx, in pack.Installed) error { recorded++; return nil })
		if err != nil || !in.Removed || in.RemovedBy != boss || in.RemovedAt != c.Now() || recorded == 0 {
			t.Fatalf("%+v %v", in, err)
		}
		for name, r := range map[string]*pack.Registry{"here": i.Packs, "another process": installer(d, true).Packs} {
			v := r.For(ctx, m)
			if b, err := v.Get("mine", "1.0.0"); err != nil || b.Version != "1.0.0" {
				t.Error(name, "what was sold by it cannot be explained:", err)
			}
			if _, err := v.Usable("mine", "1.0.0"); !fault.ReasonIs(err, "pack.removed") {
				t.Error(name, err)
			}
			if vs, err := v.Versions("mine"); err != nil || len(vs) != 1 || vs[0].Version != "1.1.0" {
				t.Error(name, vs, err)
			}
			if _, err := v.Back(hist[0]); !fault.ReasonIs(err, "pack.removed") {
				t.Error(name, err)
			}
		}
		if err := d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error { return pack.Set(ctx, tx, on) }); !fault.ReasonIs(err, "pack.removed") {
			t.Error("switched on all the same:", err)
		}
		if _, err := i.Remove(ctx, m, "mine", "1.0.0", boss, nil); !fault.ReasonIs(err, "pack.removed") {
			t.Error(err)
		}
		if _, err := i.Remove(ctx, m, "mine", "9.0.0", boss, nil); !fault.ReasonIs(err, "pack.not_installed") {
			t.Error(err)
		}
		if _, _, err := i.Install(ctx, pack.InstallIn{Merchant: m, Data: bundle(t, "mine", "1.0.0", "other", nil)}); !fault.ReasonIs(err, "pack.version_taken") {
			t.Error("a removed version was given other content:", err)
		}
		// The bytes of what was never on go; the name stays taken. What was on stays.
		if _, err := i.Remove(ctx, m, "mine", "1.1.0", boss, nil); err != nil {
			t.Fatal(err)
		}
		purge := func() {
			mustTx(t, d, func(ctx context.Context, tx *db.Tx) error {
				pack.Purge(tx, m, tx.Now.Add(-24*time.Hour))
				return nil
			})
		}
		purge()
		if _, err := installer(d, true).Packs.For(ctx, m).Get("mine", "1.1.0"); err != nil {
			t.Error("dropped too early:", err)
		}
		c.Advance(48 * time.Hour)
		purge()
		if _, err := installer(d, true).Packs.For(ctx, m).Get("mine", "1.1.0"); !fault.ReasonIs(err, "pack.not_installed") {
			t.Error(err)
		}
		if b, err := installer(d, true).Packs.For(ctx, m).Get("mine", "1.0.0"); err != nil || b.Version != "1.0.0" {
			t.Error("a receipt lost its rule:", err)
		}
		for _, v := range []string{"1.0.0", "1.1.0"} {
			if _, _, err := i.Install(ctx, pack.InstallIn{Merchant: m, Data: bundle(t, "mine", v, "other", nil)}); !fault.ReasonIs(err, "pack.version_taken") {
				t.Error(v, err)
			}
			if in, _, err := i.Install(ctx, pack.InstallIn{Merchant: m, Data: bundle(t, "mine", v, v, nil)}); err != nil || in.Removed {
				t.Fatal("taken up again:", in, err)
			}
		}
		set(t, d, on)
		if change, err := i.Packs.For(ctx, m).Back(hist[0]); err != nil || !change.Enabled || change.Version != "1.0.0" || change.Shops[0] != shop {
			t.Error(change, err)
		}
	})
}

// Eight install one version at once, half of them with other content: one content
// wins and the others hear of it.
func TestTwoContentsNeverShareAName(t *testing.T) {
	eachBook(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		ctx := context.Background()
		m := fakeID(1)
		var wg sync.WaitGroup
		var mu sync.Mutex
		won := map[string]int{}
		taken := 0
		for n := range 8 {
			i := installer(d, true)
			data := bundle(t, "mine", "1.0.0", fmt.Sprint("content ", n%2), nil)
			wg.Go(func() {
				in, _, err := i.Install(ctx, pack.InstallIn{Merchant: m, Data: data})
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won[in.ModuleHash]++
				case fault.ReasonIs(err, "pack.version_taken"):
					taken++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(won) != 1 || taken != 4 {
			t.Error(won, taken)
		}
	})
}

// A removal and a switching on that meet never leave a removed version on.
func TestRemovalAndSwitchingOnDoNotMissEachOther(t *testing.T) {
	eachBook(t, func(t *testing.T, d *db.DB, _ *clock.Manual) {
		ctx := context.Background()
		m, shop := fakeID(1), fakeID(2)
		i := installer(d, true)
		for n := range 12 {
			v := fmt.Sprintf("1.0.%d", n)
			if _, _, err := i.Install(ctx, pack.InstallIn{Merchant: m, Data: bundle(t, "mine", v, v, nil)}); err != nil {
				t.Fatal(err)
			}
			var wg sync.WaitGroup
			var removal, switching error
			wg.Go(func() { _, removal = i.Remove(ctx, m, "mine", v, id.None, nil) })
			wg.Go(func() {
				switching = d.InTx(ctx, func(ctx context.Context, tx *db.Tx) error {
					return pack.Set(ctx, tx, pack.Change{Merchant: m, Shops: []id.ID{shop}, PackID: "mine", Enabled: true, Version: v})
				})
			})
			wg.Wait()
			if (removal == nil) == (switching == nil) {
				t.Fatalf("%s: removal %v, switching on %v", v, removal, switching)
			}
			if removal != nil && !fault.ReasonIs(removal, "pack.in_use") || switching != nil && !fault.ReasonIs(switching, "pack.removed") {
				t.Fatal(removal, switching)
			}
		}
	})
}
