/* The basket's rule as an Extism plug-in, for the comparison: the same source, called
 * through Extism's own memory. An Extism instance is used again as it is, so the
 * plug-in itself forgets what a call has made.
 *   clang --target=wasm32-unknown-unknown -std=c11 -O2 -ffreestanding -nostdlib -msign-ext -I ../../../sdk/rule/bindings/c \
 *     -Wl,--no-entry -Wl,--stack-first -Wl,-z,stack-size=16384 -Wl,--strip-all -o extism.wasm extism.c */
#include "../../../examples/rules/basket/c/rule.c"

#define IMPORT(name) __attribute__((import_module("extism:host/env"), import_name(name)))
IMPORT("input_length") uint64_t input_length(void);
IMPORT("input_load_u64") uint64_t input_load_u64(uint64_t at);
IMPORT("input_load_u8") uint8_t input_load_u8(uint64_t at);
IMPORT("alloc") uint64_t extism_alloc(uint64_t len);
IMPORT("store_u64") void store_u64(uint64_t at, uint64_t v);
IMPORT("store_u8") void store_u8(uint64_t at, uint8_t v);
IMPORT("output_set") void output_set(uint64_t at, uint64_t len);

static uint32_t take(uint32_t *len) {
	uint32_t n = *len = (uint32_t)input_length(), at = sw_alloc(n), i = 0;
	for (; i + 8 <= n; i += 8) *(uint64_t *)(at + i) = input_load_u64(i);
	for (; i < n; i++) *(uint8_t *)(at + i) = input_load_u8(i);
	return at;
}

static uint32_t mark; /* what lies above is of one call */

SW__EXPORT("configure") int32_t extism_configure(void) {
	uint32_t len, at = take(&len);
	int32_t refused = sw_configure(at, len);
	mark = sw__top;
	return refused;
}

SW__EXPORT("evaluate") int32_t extism_evaluate(void) {
	uint32_t len, at = take(&len), i = 0;
	static sw_output out;
	for (uint32_t *p = (uint32_t *)&out; p < (uint32_t *)(&out + 1); p++) *p = 0;
	sw__out.turn = 0;
	for (int k = 0; k < 8; k++) sw__out.recent[k].len = 0;
	const sw_input *in = sw__open(at, len);
	if (!in || !evaluate(in, &out)) return 1;
	uint64_t view = sw__close(&out);
	uint32_t from = (uint32_t)(view >> 32), n = (uint32_t)view;
	uint64_t to = extism_alloc(n);
	for (; i + 8 <= n; i += 8) store_u64(to + i, *(uint64_t *)(from + i));
	for (; i < n; i++) store_u8(to + i, *(uint8_t *)(from + i));
	output_set(to, n);
	for (uint64_t *p = (uint64_t *)mark; p < (uint64_t *)sw__top; p++) *p = 0;
	sw__top = mark;
	return 0;
}
