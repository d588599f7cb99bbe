package scaleserial

import "testing"

func TestMilligrams(t *testing.T) {
	for _, c := range []struct {
		digits, unit string
		want         int64
	}{
		{"1.250", "kg", 1_250_000}, {"0", "kg", 0}, {"000.005", "KG", 5_000}, {"12", "g", 12_000}, {"0.5", "g", 500}, {"2", "jin", 1_000_000},
		{"1", "lb", 453_592}, {"2.5", "lb", 1_133_981}, {"1", "oz", 28_350}, {"0.0001", "g", 0}, {"0.0005", "g", 1}, {"999999", "kg", 999_999_000_000},
	} {
		if got, ok := milligrams(c.digits, c.unit); !ok || got != c.want {
			t.Errorf("%s %s: %d %v", c.digits, c.unit, got, ok)
		}
	}
	for _, bad := range [][2]string{{"", "kg"}, {"1", "stone"}, {"1e3", "kg"}, {"1/2", "kg"}, {"0x1", "kg"}, {"1_0", "kg"}, {"1234567890123", "kg"}, {"1.2.3", "kg"}} {
		if got, ok := milligrams(bad[0], bad[1]); ok {
			t.Errorf("%v: %d", bad, got)
		}
	}
}

func weighs(mg int64, stable bool) reading {
	return reading{milligrams: mg, known: true, stable: stable}
}

func TestToledo(t *testing.T) {
	for line, want := range map[string]reading{
		"\x0201.250":  weighs(1_250_000, true),
		"\x0201250":   weighs(1_250_000, true),
		"\x02005":     weighs(5_000, true),
		"\x021.5":     weighs(1_500_000, true),
		"x\x0200.000": weighs(0, true),
		"\x02?A":      {},
		"\x02?B":      {overload: true},
		"\x02?D":      {below: true},
	} {
		if got, ok := toledo(line, "kg", 3); !ok || got != want {
			t.Errorf("%q: %+v %v", line, got, ok)
		}
	}
	if got, ok := toledo("\x02125", "lb", 0); !ok || got.milligrams != 56_699_046 {
		t.Errorf("%+v", got)
	}
	for _, bad := range []string{"", "\x02", "\x02abc", "\x02?", "\x02?AB", "\x021234567", "\x021.25.0", "ST,GS,+1.0kg"} {
		if got, ok := toledo(bad, "kg", 3); ok {
			t.Errorf("%q: %+v", bad, got)
		}
	}
}

func TestContinuous(t *testing.T) {
	for line, want := range map[string]reading{
		"ST,GS,+  1.250kg":          weighs(1_250_000, true),
		"ST,+00001.25  g":           weighs(1_250, true),
		"US,NT,-  0.015kg":          weighs(-15_000, false),
		"ST,GS,\x81\xc0,  1.250 kg": weighs(1_250_000, true), // the scale's number and its lamps
		"ST,GS,   2.5lb ":           weighs(1_133_981, true),
		"OL,GS,       kg":           {overload: true},
		"OL":                        {overload: true},
		"ST,GS,+     250":           weighs(250_000_000, true), // the unit of the settings
		"QT,+0000012 g":             weighs(12_000, false),
	} {
		if got, ok := continuous(line, "kg"); !ok || got != want {
			t.Errorf("%q: %+v %v", line, got, ok)
		}
	}
	for _, bad := range []string{"", "ST", "ST,GS,+ kg", "XX,GS,+1.0kg", "ST,GS,+1.0kg!", "1.250kg", "ST,GS,+1.0 stone"} {
		if got, ok := continuous(bad, "kg"); ok {
			t.Errorf("%q: %+v", bad, got)
		}
	}
}

func TestGeneric(t *testing.T) {
	s := settings{Profile: "generic", Unit: "g", Pattern: `^(?P<stable>S)?(?P<moving>D)?(?P<overload>\+\+)? *(?P<sign>-)?(?P<weight>[0-9.]+)? *(?P<unit>kg|g)?$`, Ask: `\x05`, Zero: `Z\r`}
	p, err := s.profile()
	if err != nil || p.ask != "\x05" || p.zero != "Z\r" {
		t.Fatalf("%+v %v", p, err)
	}
	for line, want := range map[string]reading{
		"S 1.5 kg": weighs(1_500_000, true), "D -20": weighs(-20_000, false), "++": {overload: true}, " 7g": weighs(7_000, false),
	} {
		if got, ok := p.read(line); !ok || got != want {
			t.Errorf("%q: %+v %v", line, got, ok)
		}
	}
	if got, ok := p.read("hello"); ok {
		t.Errorf("%+v", got)
	}
	s.Pattern = `(?P<weight>[0-9.]+)`
	if p, err = s.profile(); err != nil {
		t.Fatal(err)
	}
	if got, ok := p.read("W: 12.5"); !ok || !got.judge || got.stable || got.milligrams != 12_500 {
		t.Errorf("%+v %v", got, ok)
	}
	for _, bad := range []settings{{Pattern: "("}, {Pattern: "[0-9]+"}, {Pattern: "(?P<weight>.)(?P<colour>.)"}, {Pattern: "(?P<weight>.)", Ask: `\q`}, {Pattern: "(?P<weight>.)", Zero: `\q`}} {
		bad.Profile, bad.Unit = "generic", "kg"
		if _, err := bad.profile(); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}
