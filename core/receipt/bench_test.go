package receipt

import "testing"

func BenchmarkPicture(b *testing.B) {
	doc := Build(sampleSale("zh-Hans"), speak("zh-Hans"))
	b.ReportAllocs()
	for b.Loop() {
		Picture(doc, Dots80mm)
	}
}

func BenchmarkText(b *testing.B) {
	doc := Build(sampleSale("zh-Hans"), speak("zh-Hans"))
	for b.Loop() {
		PlainText(doc, 48)
	}
}
