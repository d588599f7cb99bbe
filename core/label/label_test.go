package label_test

import (
	"context"
	"errors"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/shopwright/shopwright/core/db"
	"github.com/shopwright/shopwright/core/db/dbtest"
	"github.com/shopwright/shopwright/core/device"
	"github.com/shopwright/shopwright/core/id"
	"github.com/shopwright/shopwright/core/label"
	"github.com/shopwright/shopwright/core/receipt"
	"github.com/shopwright/shopwright/core/tenant"
)

var contents = []label.Content{
	{Shop: "West Lake", Name: "Shampoo with ginseng extract for dry and damaged hair, family size", Price: "¥45.00", PerUnit: "¥9.00 / 100 ml", SKU: "SH-500", Barcode: "6901234567892"},
	{Shop: "西湖店", Name: "人参修护洗发水（干枯受损发质适用）500ml家庭装", Price: "¥45.00", PerUnit: "¥9.00 / 100 毫升", SKU: "SH-500", Barcode: "6901234567892"},
	{Shop: "信義店", Name: "高山烏龍茶", Price: "NT$320", SKU: "茶-7"},
	{Name: "x", Price: "¥1234567.00", SKU: strings.Repeat("W", 60)},
	{Name: "金华火腿（切片）", Weight: "0.352 kg", Price: "¥45.06", PerUnit: "¥128.00 / kg", SKU: "123", Barcode: "2100123003525"},
}

// Every design that comes along, with every content: nothing lies outside the label,
// the price is on it, and an independent reader reads its code.
func TestBuiltInDesigns(t *testing.T) {
	zbar, missing := exec.LookPath("zbarimg")
	if missing != nil && os.Getenv("CI") != "" {
		t.Fatal("zbarimg is not installed")
	}
	for _, d := range label.BuiltIn {
		check := d
		if err := check.Check(); err != nil {
			t.Fatalf("%s: %v", d.Name, err)
		}
		for n, c := range contents {
			l := label.Layout(d, c)
			inside(t, d.Name, l)
			pic := label.Picture(l)
			if pic.Width != d.Width*8/10 || pic.Height != d.Height*8/10 {
				t.Fatal(pic.Width, pic.Height)
			}
			var said strings.Builder
			want := ""
			for _, it := range l.Items {
				said.WriteString(it.Text)
				want += it.Content
			}
			if n < 3 && strings.Contains(strings.Join(partsOf(d), " "), "price") && !strings.Contains(said.String(), c.Price) {
				t.Errorf("%s %d lacks its price: %+v", d.Name, n, l.Items)
			}
			if strings.Contains(strings.Join(partsOf(d), " "), "weight") && !strings.Contains(said.String(), c.Weight) {
				t.Errorf("%s %d lacks its weight: %+v", d.Name, n, l.Items)
			}
			if d.Code == label.CodeNone || missing != nil || n == 2 || n == 3 {
				continue
			}
			if want == "" {
				t.Errorf("%s %d has no code: %+v", d.Name, n, l.Items)
				continue
			}
			page := receipt.NewBitmap(pic.Width+80, pic.Height+80)
			page.Draw(40, 40, pic)
			path := filepath.Join(t.TempDir(), "l.png")
			f, err := os.Create(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(png.Encode(f, page.Image()), f.Close()); err != nil {
				t.Fatal(err)
			}
			out, err := exec.Command(zbar, "-q", path).Output()
			if err != nil || !strings.Contains(string(out), want) {
				t.Errorf("%s %d: read %q, want %q (%v)", d.Name, n, out, want, err)
			}
		}
	}
}

func partsOf(d label.Design) (out []string) {
	for _, p := range d.Parts {
		out = append(out, string(p))
	}
	return out
}

func inside(t interface{ Fatalf(string, ...any) }, name string, l label.Label) {
	for _, it := range l.Items {
		right := it.X
		if it.Symbology == "" {
			right += receipt.TextCells(it.Text) * it.Height / 2
		}
		if it.X < 0 || it.Y < 0 || it.Height < 1 || it.Y+it.Height > l.Height || right > l.Width+it.Height {
			t.Fatalf("%s: %+v lies outside %d x %d", name, it, l.Width, l.Height)
		}
	}
}

func TestAnyDesignStaysInside(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := label.Design{Name: "x", Width: rapid.IntRange(100, 2000).Draw(rt, "w"), Height: rapid.IntRange(100, 2000).Draw(rt, "h"), Code: rapid.SampledFrom(label.Codes()).Draw(rt, "code"),
			Parts: rapid.SliceOfDistinct(rapid.SampledFrom(label.Parts()), rapid.ID[label.Part]).Draw(rt, "parts")}
		if d.Check() != nil {
			return
		}
		word := rapid.StringOfN(rapid.RuneFrom([]rune("abW09 价格,.（）￥")), 0, 80, -1)
		l := label.Layout(d, label.Content{Shop: word.Draw(rt, "shop"), Name: word.Draw(rt, "name"), Weight: word.Draw(rt, "weight"), Price: word.Draw(rt, "price"), SKU: word.Draw(rt, "sku"), Barcode: word.Draw(rt, "code")})
		inside(rt, "random", l)
		if p := label.Picture(l); !p.Valid() {
			rt.Fatalf("%d x %d", p.Width, p.Height)
		}
	})
}

func TestBatches(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		try := func(f func(context.Context, *db.Tx) error) error { return d.InTx(ctx, f) }
		var m, shop id.ID
		var zebra, paper device.Device
		if err := try(func(ctx context.Context, tx *db.Tx) error {
			mm, err := tenant.CreateMerchant(tx, tenant.NewMerchant{Handle: "shelf", Name: "Shelf", Currency: "CNY"})
			if err != nil {
				return err
			}
			s, err := tenant.CreateShop(ctx, tx, mm.ID, tenant.NewShop{Name: "West", TimeZone: "Asia/Shanghai"})
			m, shop = mm.ID, s.ID
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := try(func(ctx context.Context, tx *db.Tx) (err error) {
			if zebra, err = device.Create(ctx, tx, device.Device{Merchant: m, Shop: shop, Name: "zebra", Class: device.ClassLabel, Driver: "label-zpl", Enabled: true}); err != nil {
				return err
			}
			paper, err = device.Create(ctx, tx, device.Device{Merchant: m, Shop: shop, Name: "paper", Class: device.ClassPrinter, Driver: "escpos-net", Enabled: true})
			return err
		}); err != nil {
			t.Fatal(err)
		}
		line := func(copies int) label.Line {
			return label.Line{SKU: id.New(1), Copies: copies, Label: label.Layout(label.BuiltIn[0], contents[0])}
		}
		for i, c := range []struct {
			b    label.Batch
			want error
		}{
			{label.Batch{Device: zebra.ID}, label.ErrEmpty}, {label.Batch{Device: zebra.ID, Lines: []label.Line{line(0)}}, label.ErrCopies}, {label.Batch{Device: zebra.ID, Lines: []label.Line{line(501)}}, label.ErrCopies},
			{label.Batch{Device: paper.ID, Lines: []label.Line{line(1)}}, label.ErrDevice}, {label.Batch{Device: id.New(1), Lines: []label.Line{line(1)}}, label.ErrDevice},
			{label.Batch{Device: zebra.ID, Lines: make([]label.Line, 201)}, label.ErrCopies},
		} {
			c.b.Merchant, c.b.Shop = m, shop
			if err := try(func(ctx context.Context, tx *db.Tx) error { _, err := label.Queue(ctx, tx, c.b); return err }); !errors.Is(err, c.want) {
				t.Errorf("%d: %v, want %v", i, err, c.want)
			}
		}
		var made label.Batch
		if err := try(func(ctx context.Context, tx *db.Tx) (err error) {
			made, err = label.Queue(ctx, tx, label.Batch{Merchant: m, Shop: shop, Device: zebra.ID, Design: "shelf", Lines: []label.Line{line(2), line(30)}})
			return err
		}); err != nil || made.Labels != 32 {
			t.Fatalf("%+v %v", made, err)
		}
		jobs, _, err := device.ListJobs(ctx, d, m, device.JobFilter{}, db.Page{})
		if err != nil || len(jobs) != 2 {
			t.Fatalf("%+v %v", jobs, err)
		}
		for _, j := range jobs {
			l, err := label.GetLine(ctx, d, m, j.Ref)
			if err != nil || j.Kind != device.KindLabel || j.Device != zebra.ID || !j.Sale.IsNone() || !j.Register.IsNone() || l.Copies != 2 && l.Copies != 30 || len(l.Label.Items) < 3 {
				t.Errorf("%+v %+v %v", j, l, err)
			}
		}
		if _, err := label.GetLine(ctx, d, m, made.ID); !errors.Is(err, label.ErrLine) {
			t.Error(err)
		}
		if bs, err := label.ListBatches(ctx, d, m, shop, 5); err != nil || len(bs) != 1 || bs[0].Labels != 32 || bs[0].Design != "shelf" {
			t.Errorf("%+v %v", bs, err)
		}
		var own label.Design
		create := func(ctx context.Context, tx *db.Tx) (err error) {
			own, err = label.Create(ctx, tx, m, label.Design{Name: " Fruit ", Width: 500, Height: 250, Parts: []label.Part{label.PartPrice, label.PartName}, Code: label.CodeQR})
			return err
		}
		if err := try(create); err != nil || own.Name != "Fruit" || own.Parts[0] != label.PartName {
			t.Fatalf("%+v %v", own, err)
		}
		if err := try(create); !errors.Is(err, label.ErrNameTaken) {
			t.Error(err)
		}
		list, err := label.Designs(ctx, d, m)
		if err != nil || len(list) != len(label.BuiltIn)+1 {
			t.Fatal(list, err)
		}
		if got, err := label.Find(list, list[len(list)-1].Key()); err != nil || got.Width != 500 || got.Code != label.CodeQR {
			t.Errorf("%+v %v", got, err)
		}
		if _, err := label.Find(list, "no"); !errors.Is(err, label.ErrNotFound) {
			t.Error(err)
		}
		gone := func(ctx context.Context, tx *db.Tx) error { return label.Archive(ctx, tx, m, list[len(list)-1].ID) }
		if err := try(gone); err != nil {
			t.Error(err)
		}
		if err := try(gone); !errors.Is(err, label.ErrNotFound) {
			t.Error(err)
		}
	})
}

func TestDesignsAreChecked(t *testing.T) {
	ok := label.Design{Name: "x", Width: 400, Height: 300, Parts: []label.Part{label.PartName}, Code: label.CodeEAN}
	for _, c := range []struct {
		change func(*label.Design)
		want   error
	}{
		{func(d *label.Design) { d.Name = "" }, label.ErrName}, {func(d *label.Design) { d.Width = 50 }, label.ErrSize}, {func(d *label.Design) { d.Height = 3000 }, label.ErrSize},
		{func(d *label.Design) { d.Code = "pdf417" }, label.ErrCode}, {func(d *label.Design) { d.Parts = []label.Part{"smell"} }, label.ErrParts}, {func(d *label.Design) { d.Parts, d.Code = nil, label.CodeNone }, label.ErrParts},
	} {
		d := ok
		c.change(&d)
		if err := d.Check(); !errors.Is(err, c.want) {
			t.Errorf("%+v: %v", d, err)
		}
	}
}
