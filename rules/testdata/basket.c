// A rule in plain C for the tests of the host: member's percent on a category,
// the cheapest of three free, totals by category. Built with
//   clang --target=wasm32 -O2 -nostdlib -fno-builtin -mbulk-memory -Wl,--no-entry -Wl,--strip-debug \
//     -Wl,-z,stack-size=16384 -o basket.wasm basket.c
typedef unsigned char u8;
typedef unsigned int u32;
typedef long long i64;
typedef unsigned long long u64;

#define EXPORT(name) __attribute__((export_name(#name)))

static u8 heap[1 << 17];
static u32 used;
static i64 percent = 5;

EXPORT(sw_abi_1) void sw_abi_1(void) {}

EXPORT(sw_alloc) u8 *sw_alloc(u32 n) {
	u8 *p = heap + used;
	used = (used + n + 7) & ~7u;
	if (used > sizeof heap) __builtin_trap();
	return p;
}

EXPORT(sw_configure) int sw_configure(const u8 *p, u32 n) {
	for (u32 i = 0; i < n; i++)
		if (p[i] >= '0' && p[i] <= '9') percent = p[i] - '0';
	return 0;
}

static u32 get32(const u8 *p) { return *(const u32 *)p; }
static i64 get64(const u8 *p) { return *(const i64 *)p; }

static int same(const u8 *a, u32 n, const char *b) {
	u32 i = 0;
	for (; i < n && b[i]; i++)
		if (a[i] != (u8)b[i]) return 0;
	return i == n && !b[i];
}

static u32 hash(const u8 *p, u32 n) {
	u32 h = 2166136261u;
	for (u32 i = 0; i < n; i++) h = (h ^ p[i]) * 16777619u;
	return h;
}

static void put(u8 *o, u32 at, const char *s, u32 len, u32 *end, u32 field) {
	(void)at;
	*(u32 *)(o + field) = *end;
	*(u32 *)(o + field + 4) = len;
	for (u32 i = 0; i < len; i++) o[*end + i] = (u8)s[i];
	*end += len;
}

EXPORT(sw_evaluate) u64 sw_evaluate(const u8 *in, u32 len) {
	if (len < 136) return 0;
	u32 lines = get32(in + 76), count = get32(in + 80), stride = get32(in + 84);
	u32 order[256], totals[32];
	i64 gross = 0, off = 0;
	for (u32 i = 0; i < 32; i++) totals[i] = 0;
	if (count > 256) return 0;
	for (u32 i = 0; i < count; i++) {
		const u8 *l = in + lines + i * stride;
		const u8 *cat = in + get32(l + 16);
		u32 n = get32(l + 20);
		totals[hash(cat, n) & 31] += (u32)get64(l + 40);
		gross += get64(l + 40);
		if (same(cat, n, "hair") || same(cat, n, "nails")) off += get64(l + 40) * percent / 100;
		u32 j = i; // sorted by unit price
		for (; j > 0 && get64(in + lines + order[j - 1] * stride + 32) > get64(l + 32); j--) order[j] = order[j - 1];
		order[j] = i;
	}
	u8 *o = sw_alloc(1024);
	for (u32 i = 0; i < 1024; i++) o[i] = 0;
	*(u32 *)o = 0x314f5753; // "SWO1"
	*(u32 *)(o + 4) = 80;
	u32 end = 80;
	u32 best = 0;
	for (u32 i = 0; i < 32; i++)
		if (totals[i] > totals[best]) best = i;
	*(u32 *)(o + 68) = end; // one note
	*(u32 *)(o + 72) = 1;
	*(u32 *)(o + 76) = 40;
	u8 *note = o + end;
	end += 40;
	*(i64 *)(note + 16) = (i64)best + (count ? (i64)order[0] : 0);
	*(i64 *)(note + 24) = off + gross;
	put(o, 0, "summary", 7, &end, 80);
	return (u64)(u32)(unsigned long)o << 32 | end;
}
