package rule

import (
	"bytes"
	"reflect"
	"testing"
)

func sampleInput() Input {
	return Input{
		Hook: HookBenefit, Date: 20260131, Now: 1, Seed: 2, Weekday: 6, MinuteOfDay: 1439, Currency: "CNY", CurrencyDigits: 2, Rounding: Down, Shop: "s",
		Member: Member{Present: true, Tier: "gold", JoinedDays: -1, Points: 1 << 40},
		Lines: []Line{
			{ID: 1, Kind: KindGoods, SKU: "A", Category: "x", Quantity: One, Unit: 10_000, Gross: 100, Net: -1, HasStaff: true, StaffLevel: "gold"},
			{ID: 2, Kind: KindTopUp, SKU: "A", Category: "x", Bonus: 7},
		},
		Coupons: []Coupon{{Ref: 1, Kind: CouponCash, Amount: 5}}, Punches: []PunchBalance{{"A", 3}},
		Facts: []Fact{{Kind: FactLastVisit, Value: -1}, {FactVisits, 30, 2, ScopeShop}}, Tiers: []Tier{{"gold", 2}},
		Event: Event{Kind: EventReferral, Level: 2, Value: -3, Amount: 4, At: 5, Label: "gold"}, Prizes: []Prize{{"p", -1}, {"q", 9}},
		Refund: Refund{Days: 3, Full: true, Amount: 8, Points: 9},
	}
}

func sampleOutput() Output {
	n := Note{Code: "c", Label: "l", Arg: -5, Money: 6, LineNo: 1}
	return Output{
		Candidates: []Candidate{
			{Kind: AmountOff, Class: ClassOrder, Basis: Initial, Exclusive: true, Targets: []Target{{1, 0}, {2, 500}}, Priority: -3, Category: "k", Rate: 1,
				Amount: 2, Price: 3, Units: 4, Threshold: 5, Cap: 6, Repeat: true, Coupon: 1, Note: n},
			{Kind: Percent, Class: ClassLine, Basis: Remaining, Note: n},
		},
		Earns: []Earn{{1, 2, n}}, Tier: TierProposal{"gold", n}, Commissions: []Commission{{1, 2, 3, 4, n}},
		Bonuses: []Bonus{{1, 2, n}}, Notes: []Note{n},
	}
}

func TestRoundTrip(t *testing.T) {
	in, out := sampleInput(), sampleOutput()
	var gotIn Input
	var gotOut Output
	prefix := []byte("odd")
	for range 2 { // the second time into used memory
		b := AppendInput(prefix, &in)[len(prefix):]
		if err := DecodeInput(b, string(b), &gotIn); err != nil || !reflect.DeepEqual(in, gotIn) {
			t.Fatalf("%v\n%+v\n%+v", err, in, gotIn)
		}
		b = AppendOutput(nil, &out)
		if err := DecodeOutput(b, string(b), &gotOut); err != nil || len(gotOut.Candidates) != 2 || !reflect.DeepEqual(out.Candidates[0], gotOut.Candidates[0]) ||
			!reflect.DeepEqual(out.Earns, gotOut.Earns) || out.Tier != gotOut.Tier || !reflect.DeepEqual(out.Commissions, gotOut.Commissions) || !reflect.DeepEqual(out.Notes, gotOut.Notes) {
			t.Fatalf("%v\n%+v\n%+v", err, out, gotOut)
		}
	}
	var empty Input
	b := AppendInput(nil, &empty)
	if err := DecodeInput(b, string(b), &gotIn); err != nil || len(gotIn.Lines) != 0 || gotIn.Member.Present {
		t.Fatalf("what the last message held is still there: %+v", gotIn)
	}
}

// widen rewrites a message as a later version would write it: more fields at the
// end of the header and of each record of the table whose reference lies at ref.
func widen(b []byte, ref, stride, header int) []byte {
	at, n, old := int(le.Uint32(b[ref:])), int(le.Uint32(b[ref+4:])), int(le.Uint32(b[ref+8:]))
	out := bytes.Clone(b)
	for len(out)%8 != 0 {
		out = append(out, 0)
	}
	table := len(out)
	for i := range n {
		out = append(out, b[at+i*old:at+(i+1)*old]...)
		out = append(out, bytes.Repeat([]byte{0xee}, stride-old)...)
	}
	le.PutUint32(out[ref:], uint32(table))
	le.PutUint32(out[ref+8:], uint32(stride))
	if header > 0 { // what follows the header is then a part of it, and nothing else changes
		le.PutUint32(out[4:], le.Uint32(out[4:])+uint32(header))
	}
	return out
}

// narrowed rewrites the table with shorter records, as an older version wrote it.
func narrowed(b []byte, ref, stride int) []byte {
	at, n, old := int(le.Uint32(b[ref:])), int(le.Uint32(b[ref+4:])), int(le.Uint32(b[ref+8:]))
	out := bytes.Clone(b)
	for i := range n {
		copy(out[at+i*stride:], b[at+i*old:at+i*old+stride])
	}
	le.PutUint32(out[ref+8:], uint32(stride))
	return out
}

const refLines, refCandidates = 76, 8 // where the tables' references lie in the headers

func TestNewHostOldGuest(t *testing.T) {
	in := sampleInput()
	b := widen(AppendInput(nil, &in), refLines, sizeLine+16, 8)
	var got Input
	if err := DecodeInput(b, string(b), &got); err != nil || !reflect.DeepEqual(in, got) {
		t.Fatalf("an old guest does not read a newer host: %v\n%+v", err, got)
	}
	// The old guest's answer lacks the fields that came later.
	out := sampleOutput()
	msg := narrowed(AppendOutput(nil, &out), refCandidates, 8)
	var back Output
	if err := DecodeOutput(msg, string(msg), &back); err != nil {
		t.Fatal(err)
	}
	c := back.Candidates[1]
	if c.Kind != Percent || c.Class != ClassLine || c.Basis != Remaining || len(c.Targets) > 0 || c.Code != "" || back.Candidates[0].Basis != Remaining {
		t.Fatalf("defaults: %+v", back.Candidates)
	}
}

func TestOldHostNewGuest(t *testing.T) {
	out := sampleOutput()
	msg := widen(AppendOutput(nil, &out), refCandidates, sizeCandidate+24, 0)
	var back Output
	if err := DecodeOutput(msg, string(msg), &back); err != nil || !reflect.DeepEqual(back.Candidates[0], out.Candidates[0]) {
		t.Fatalf("%v %+v", err, back.Candidates)
	}
	// The new guest reads an old host's shorter lines and header.
	in := sampleInput()
	b := narrowed(AppendInput(nil, &in), refLines, 24)
	var got Input
	if err := DecodeInput(b, string(b), &got); err != nil || got.Lines[1].Category != "x" || got.Lines[1].Net != 0 || got.Lines[1].ID != 2 {
		t.Fatalf("%v %+v", err, got.Lines)
	}
	short := bytes.Clone(AppendInput(nil, &Input{Hook: HookEarn, Date: 20260131, CurrencyDigits: 3}))
	le.PutUint32(short[4:], 48) // up to and with Currency
	if err := DecodeInput(short, string(short), &got); err != nil || got.Hook != HookEarn || got.CurrencyDigits != 2 || len(got.Lines) != 0 {
		t.Fatalf("%v %+v", err, got)
	}
}

func TestMalformed(t *testing.T) {
	in := sampleInput()
	good := AppendInput(nil, &in)
	set := func(at int, v uint32) []byte {
		b := bytes.Clone(good)
		le.PutUint32(b[at:], v)
		return b
	}
	for name, b := range map[string][]byte{
		"empty": nil, "short": good[:7], "magic": set(0, magicOutput), "header beyond": set(4, 1<<31), "header tiny": set(4, 4), "header in a field": set(4, 28),
		"table beyond": set(refLines, 1<<30), "count beyond": set(refLines+4, 1<<31), "stride huge": set(refLines+8, 1<<31), "stride 0": set(refLines+8, 0),
		"stride odd": set(refLines+8, 97), "stride in a field": set(refLines+8, 12), "string beyond": set(40, uint32(len(good))), "string huge": set(44, 1<<31), "cut": good[:len(good)-1],
	} {
		var got Input
		if err := DecodeInput(b, string(b), &got); err == nil && name != "cut" {
			t.Errorf("%s was accepted", name)
		}
	}
	var got Input
	if DecodeInput(good, "other", &got) == nil {
		t.Error("text of other bytes was accepted")
	}
	// Overlapping tables cannot make a small message large.
	out := Output{Candidates: make([]Candidate, 400)}
	for i := range out.Candidates {
		out.Candidates[i].Targets = make([]Target, 1)
	}
	b := AppendOutput(nil, &out)
	at := int(le.Uint32(b[refCandidates:]))
	for i := range 400 {
		le.PutUint32(b[at+i*sizeCandidate+16:], uint32(at))
		le.PutUint32(b[at+i*sizeCandidate+20:], 3000)
	}
	if DecodeOutput(b, string(b), &Output{}) == nil {
		t.Error("more records than allowed")
	}
}

func FuzzDecode(f *testing.F) {
	in, out := sampleInput(), sampleOutput()
	f.Add(AppendInput(nil, &in))
	f.Add(AppendOutput(nil, &out))
	f.Add(narrowed(AppendOutput(nil, &out), refCandidates, 8))
	f.Fuzz(func(t *testing.T, b []byte) {
		var i, i2 Input
		if DecodeInput(b, string(b), &i) == nil {
			m := AppendInput(nil, &i)
			if err := DecodeInput(m, string(m), &i2); err != nil || !bytes.Equal(m, AppendInput(nil, &i2)) {
				t.Fatalf("what was read cannot be written and read again: %v", err)
			}
		}
		var o, o2 Output
		if DecodeOutput(b, string(b), &o) == nil {
			m := AppendOutput(nil, &o)
			if err := DecodeOutput(m, string(m), &o2); err != nil || !bytes.Equal(m, AppendOutput(nil, &o2)) {
				t.Fatalf("what was read cannot be written and read again: %v", err)
			}
		}
	})
}
