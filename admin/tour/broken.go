package tour

import (
	"github.com/shopwright/shopwright/core/pack"
)

// BrokenPack is the id of the rule pack that never answers.
const BrokenPack = "broken-rule"

// BrokenBundle is a rule pack whose rule loops for ever, so that a visitor can see
// what a shop does with one: it is stopped by its fuel, and the sale goes on.
func BrokenBundle() (*pack.Bundle, error) {
	data, err := pack.Build(pack.Manifest{
		ID: BrokenPack, Version: "1.0.0", ABI: pack.ABIRange{Min: 1, Max: 1}, Hooks: []string{"benefit"}, Powers: []string{pack.PowerDiscount},
		Limits: pack.Limits{Fuel: 2_000_000},
	}, map[string][]byte{
		"rule.wasm":            endlessModule(),
		"config.schema.json":   []byte(`{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","additionalProperties":false,"properties":{}}`),
		"locales/en.json":      []byte(`{"pack.name":"Broken rule","pack.description":"Comes with the demo alone: its rule loops for ever. It is stopped, and the sale goes on."}`),
		"locales/zh-Hans.json": []byte(`{"pack.name":"坏规则","pack.description":"仅供演示：规则死循环。它会被中止，销售照常进行。"}`),
		"locales/zh-Hant.json": []byte(`{"pack.name":"壞規則","pack.description":"僅供示範：規則無窮迴圈。它會被中止，銷售照常進行。"}`),
	}, nil)
	if err != nil {
		return nil, err
	}
	return pack.Open(data)
}

// endlessModule is WebAssembly put together by hand: the exports of the rule
// interface, and a sw_evaluate that branches to its own beginning.
func endlessModule() []byte {
	const i32, i64 = 0x7f, 0x7e
	section := func(id byte, body ...byte) []byte { return append([]byte{id, byte(len(body))}, body...) }
	export := func(name string, kind, index byte) []byte {
		return append(append([]byte{byte(len(name))}, name...), kind, index)
	}
	code := func(body ...byte) []byte { return append([]byte{byte(len(body) + 2), 0}, append(body, 0x0b)...) } // no locals … end
	m := []byte{0, 'a', 's', 'm', 1, 0, 0, 0}
	m = append(m, section(1, 4, // types
		0x60, 0, 0,
		0x60, 1, i32, 1, i32,
		0x60, 2, i32, i32, 1, i32,
		0x60, 2, i32, i32, 1, i64)...)
	m = append(m, section(3, 4, 0, 1, 2, 3)...) // functions
	m = append(m, section(5, 1, 0, 2)...)       // memory: two pages
	exports := []byte{5}
	exports = append(exports, export("memory", 2, 0)...)
	for i, name := range []string{"sw_abi_1", "sw_alloc", "sw_configure", "sw_evaluate"} {
		exports = append(exports, export(name, 0, byte(i))...)
	}
	m = append(m, section(7, exports...)...)
	bodies := []byte{4}
	bodies = append(bodies, code()...)
	bodies = append(bodies, code(0x41, 0x80, 0x80, 0x04)...)             // sw_alloc: i32.const 65536
	bodies = append(bodies, code(0x41, 0x00)...)                         // sw_configure: i32.const 0, all is well
	bodies = append(bodies, code(0x03, 0x40, 0x0c, 0x00, 0x0b, 0x00)...) // sw_evaluate: loop; br 0; end; unreachable
	return append(m, section(10, bodies...)...)
}
