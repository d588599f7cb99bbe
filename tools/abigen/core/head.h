#include <stddef.h>
#include <stdint.h>

_Static_assert(sizeof(void *) == 4, "build for wasm32");

/* SW__FN keeps a function whole, so that modules stay small. */
#define SW__FN static __attribute__((noinline, unused))

/* ---- Strings: UTF-8, not ended by a zero. */

typedef struct {
	const char *at;
	uint32_t len;
} sw_str;

#define SW_STR(literal) ((sw_str){(literal), sizeof(literal) - 1})

SW__FN int sw__same(const char *a, const char *b, uint32_t n) {
	for (; n; a++, b++, n--)
		if (*a != *b) return 0;
	return 1;
}

static inline int sw_eq(sw_str a, sw_str b) { return a.len == b.len && (a.at == b.at || sw__same(a.at, b.at, a.len)); }

/* ---- Memory: taken from the end of the module's own data and never given back;
 * the host restores all of it after each call. A call that must grow the memory
 * works, but costs the host the instance, so sw_configure makes room ahead. */

#ifndef SW_INBOX
#define SW_INBOX 16384u /* bytes kept for inputs; a larger input takes a place of its own */
#endif
#ifndef SW_ROOM
#define SW_ROOM 49152u /* bytes kept free for what a call makes */
#endif

extern uint8_t __heap_base;
static uint32_t sw__top; /* the first free byte; 0 before the first use */

static inline uint32_t sw__free(void) { return sw__top ? sw__top : ((uint32_t)&__heap_base + 15) & ~15u; }

/* sw__room sees to it that the memory reaches n bytes beyond what is taken. */
SW__FN void sw__room(uint32_t n) {
	uint32_t have = (uint32_t)__builtin_wasm_memory_size(0) << 16, end = sw__free() + n;
	if (n > 1u << 30 || end < n) __builtin_trap();
	if (end > have && __builtin_wasm_memory_grow(0, (end - have + 65535) >> 16) == (size_t)-1) __builtin_trap();
}

/* sw_new answers n zero bytes at a multiple of eight. It traps where memory ends. */
SW__FN void *sw_new(uint32_t n) {
	uint32_t at = (sw__free() + 7) & ~7u;
	n = (n + 7) & ~7u;
	sw__room(n + 8);
	sw__top = at + n;
	return (void *)at;
}

/* What a compiler may call for by itself. */
__attribute__((weak)) void *memcpy(void *restrict to, const void *restrict from, size_t n) {
	size_t i = 0;
	for (; i + 8 <= n && !(((uint32_t)to | (uint32_t)from) & 7); i += 8) *(uint64_t *)((uint8_t *)to + i) = *(const uint64_t *)((const uint8_t *)from + i);
	for (; i < n; i++) ((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
	return to;
}
__attribute__((weak)) void *memset(void *to, int c, size_t n) {
	for (size_t i = 0; i < n; i++) ((uint8_t *)to)[i] = (uint8_t)c;
	return to;
}

/* ---- Refusals: return sw_fail("why") from configure or evaluate. */

static sw_str sw__why;

static inline int sw__failed(sw_str why) {
	sw__why = why;
	return 0;
}
#define sw_fail(literal) sw__failed(SW_STR(literal))

/* ---- Numbers. */

#define SW_ONE INT64_C(1000)              /* a quantity of one */
#define SW_WHOLE INT64_C(1000000)         /* a rate of 100 % */
#define SW_MAX INT64_C(1000000000000000)  /* the largest amount, price or count that the host accepts */

/* sw_mul_div is a x b / c, exact and rounded once by a SW_ROUNDING value; c must be
 * positive, else 0. A result beyond SW_MAX is SW_MAX with its sign. */
SW__FN int64_t sw_mul_div(int64_t a, int64_t b, int64_t c, uint32_t rounding) {
	if (c <= 0) return 0;
	int neg = (a < 0) != (b < 0);
	uint64_t x = a < 0 ? -(uint64_t)a : (uint64_t)a, y = b < 0 ? -(uint64_t)b : (uint64_t)b, d = (uint64_t)c;
	uint64_t x0 = (uint32_t)x, x1 = x >> 32, y0 = (uint32_t)y, y1 = y >> 32;
	uint64_t w = x0 * y0, t = x1 * y0 + (w >> 32), u = x0 * y1 + (uint32_t)t;
	uint64_t hi = x1 * y1 + (t >> 32) + (u >> 32), lo = u << 32 | (uint32_t)w, q, rem;
	if (hi >= d) {
		q = (uint64_t)SW_MAX;
		rem = 0;
	} else if (hi == 0) {
		q = lo / d;
		rem = lo % d;
	} else {
		q = 0;
		rem = hi;
		for (int i = 63; i >= 0; i--) { /* rem < d < 2^63 */
			rem = rem << 1 | (lo >> i & 1);
			q <<= 1;
			if (rem >= d) {
				rem -= d;
				q |= 1;
			}
		}
	}
	int up = 0;
	switch (rounding) {
	case 0: up = rem >= d - rem; break;
	case 1: up = rem > d - rem || (rem == d - rem && (q & 1)); break;
	case 3: up = rem > 0; break;
	}
	if (up && rem > 0) q++;
	if (q > (uint64_t)SW_MAX) q = (uint64_t)SW_MAX;
	return neg ? -(int64_t)q : (int64_t)q;
}

/* sw_times is an amount times a rate, rounded once, exactly as the host computes it. */
static inline int64_t sw_times(int64_t amount, int64_t rate, uint32_t rounding) { return sw_mul_div(amount, rate, SW_WHOLE, rounding); }

/* sw_weekday of a date yyyymmdd, 0 = Sunday. */
static inline uint32_t sw_weekday(uint32_t date) {
	uint32_t y = date / 10000, m = date / 100 % 100, d = date % 100;
	if (m < 1 || m > 12) return 0;
	if (m < 3) y--;
	return (y + y / 4 - y / 100 + y / 400 + (uint32_t) "-bed=pen+mad."[m] + d) % 7;
}

/* ---- The configuration: JSON that the host has checked against the pack's schema
 * and completed with its defaults. Every reader answers `absent` for what is not
 * there or of another type. Values stay valid for ever. */

typedef struct {
	const char *at, *end;
} sw_json;

static inline int sw__blank(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == ',' || c == ':'; }

SW__FN const char *sw__string_end(const char *p, const char *end) { /* p behind the first quote */
	while (p < end && *p != '"') p += *p == '\\' ? 2 : 1;
	return p < end ? p + 1 : end;
}

SW__FN const char *sw__value_end(const char *p, const char *end) {
	for (int depth = 0; p < end;) {
		char c = *p++;
		if (c == '"') {
			p = sw__string_end(p, end);
		} else if (c == '{' || c == '[') {
			depth++;
			continue;
		} else if (c == '}' || c == ']') {
			depth--;
		} else if (depth == 0) {
			while (p < end && !sw__blank(*p) && *p != '}' && *p != ']') p++;
		}
		if (depth <= 0) return p;
	}
	return end;
}

/* sw__part takes the next value of an object or array; 0 at its end. */
SW__FN int sw__part(sw_json *rest, sw_json *value) {
	while (rest->at < rest->end && sw__blank(*rest->at)) rest->at++;
	if (rest->at >= rest->end || *rest->at == '}' || *rest->at == ']') return 0;
	value->at = rest->at;
	value->end = rest->at = sw__value_end(rest->at, rest->end);
	return 1;
}

static inline sw_json sw__inside(sw_json v, char open) {
	while (v.at < v.end && sw__blank(*v.at)) v.at++;
	if (v.at < v.end && *v.at == open) return (sw_json){v.at + 1, v.end};
	return (sw_json){0, 0};
}

/* sw_get is the member of an object; absent (at == end) where there is none. */
SW__FN sw_json sw_get(sw_json object, const char *key) {
	sw_json rest = sw__inside(object, '{'), name, value;
	while (sw__part(&rest, &name) && sw__part(&rest, &value)) {
		uint32_t i = 0, n = (uint32_t)(name.end - name.at) - 2;
		while (i < n && key[i] && name.at[i + 1] == key[i]) i++;
		if (i == n && !key[i]) return value;
	}
	return (sw_json){0, 0};
}

/* sw_list is the inside of the array under key:
 *   for (sw_json rest = sw_list(config, "steps"), e; sw_next(&rest, &e);) … */
static inline sw_json sw_list(sw_json object, const char *key) { return sw__inside(sw_get(object, key), '['); }
static inline int sw_next(sw_json *rest, sw_json *value) { return sw__part(rest, value); }

/* sw_scaled is the decimal under key times 10^digits; digits beyond are cut off. */
SW__FN int64_t sw_scaled(sw_json object, const char *key, int digits, int64_t absent) {
	sw_json v = sw_get(object, key);
	const char *p = v.at;
	int neg = p < v.end && *p == '-', seen = 0, after = 0, some = 0;
	int64_t n = 0;
	for (p += neg; p < v.end; p++) {
		if (*p == '.' && !seen) {
			seen = 1;
		} else if (*p < '0' || *p > '9') {
			return absent;
		} else if (!seen || after < digits) {
			n = n * 10 + (*p - '0');
			after += seen;
			some = 1;
			if (n > SW_MAX) return absent;
		}
	}
	for (; after < digits; after++)
		if ((n *= 10) > SW_MAX) return absent;
	return !some ? absent : neg ? -n : n;
}

static inline int64_t sw_int(sw_json object, const char *key, int64_t absent) { return sw_scaled(object, key, 0, absent); }

/* sw_percent is the percentage under key as a rate: 12.5 is 125000. */
static inline int64_t sw_percent(sw_json object, const char *key, int64_t absent) { return sw_scaled(object, key, 4, absent); }

static inline int sw_bool(sw_json object, const char *key, int absent) {
	sw_json v = sw_get(object, key);
	return v.at == v.end ? absent : *v.at == 't' ? 1 : *v.at == 'f' ? 0 : absent;
}

static inline uint32_t sw__hex(const char *p, const char *end) {
	uint32_t r = 0;
	for (int i = 0; i < 4 && p < end; i++, p++)
		r = r << 4 | (uint32_t)(*p <= '9' ? *p - '0' : (*p | 32) - 'a' + 10);
	return r;
}

/* sw_text is the string under key. */
SW__FN sw_str sw_text(sw_json object, const char *key, sw_str absent) {
	sw_json v = sw_get(object, key);
	if (v.at == v.end || *v.at != '"') return absent;
	const char *p = v.at + 1, *end = v.end - 1;
	uint32_t escapes = 0;
	for (const char *q = p; q < end; q++) escapes += *q == '\\';
	if (!escapes) return (sw_str){p, (uint32_t)(end - p)};
	char *to = sw_new((uint32_t)(end - p)), *o = to;
	while (p < end) {
		if (*p != '\\') {
			*o++ = *p++;
			continue;
		}
		char c = p[1];
		p += 2;
		if (c != 'u') {
			*o++ = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'b' ? '\b' : c == 'f' ? '\f' : c;
			continue;
		}
		uint32_t r = sw__hex(p, end);
		p += 4;
		if (r >> 10 == 0x36 && p + 6 <= end && p[0] == '\\' && p[1] == 'u') {
			r = 0x10000 + ((r & 0x3ff) << 10) + (sw__hex(p + 2, end) & 0x3ff);
			p += 6;
		}
		if (r < 0x80) {
			*o++ = (char)r;
			continue;
		}
		if (r < 0x800) {
			*o++ = (char)(0xc0 | r >> 6);
		} else {
			if (r < 0x10000) {
				*o++ = (char)(0xe0 | r >> 12);
			} else {
				*o++ = (char)(0xf0 | r >> 18);
				*o++ = (char)(0x80 | (r >> 12 & 63));
			}
			*o++ = (char)(0x80 | (r >> 6 & 63));
		}
		*o++ = (char)(0x80 | (r & 63));
	}
	return (sw_str){to, (uint32_t)(o - to)};
}

/* ---- Reading: sw_evaluate turns the offsets of the input into pointers where they
 * lie, after a check of each. Records shorter than those below are completed with
 * their defaults, longer ones are walked by their own stride. */

typedef struct {
	uint8_t *at;
	uint32_t n, stride;
} sw__table;

typedef struct {
	uint32_t size;
	uint64_t cuts; /* words at which an older, shorter form may end */
	uint32_t fill_at, fill;
} sw__shape;

static struct {
	uint32_t base, len, left;
	int bad;
} sw__in;

/* sw__copy of a multiple of eight bytes; in large steps, since the host counts loops. */
SW__FN void sw__copy(void *to, const void *from, uint32_t bytes) {
	uint64_t *t = to;
	const uint64_t *f = from;
	for (; bytes >= 64; bytes -= 64, t += 8, f += 8) {
		t[0] = f[0], t[1] = f[1], t[2] = f[2], t[3] = f[3];
		t[4] = f[4], t[5] = f[5], t[6] = f[6], t[7] = f[7];
	}
	for (; bytes; bytes -= 8) *t++ = *f++;
}

/* sw__whole is a record of at least sh->size bytes. */
SW__FN void *sw__whole(uint8_t *to, const uint8_t *from, uint32_t stride, const sw__shape *sh) {
	if (stride % 4 || !(sh->cuts >> (stride / 4) & 1)) sw__in.bad = 1;
	if (sh->fill) *(uint32_t *)(to + sh->fill_at) = sh->fill;
	for (uint32_t i = 0; i < stride / 4; i++) ((uint32_t *)to)[i] = ((const uint32_t *)from)[i];
	return to;
}

/* sw__rows checks a table; what is left behind is safe to walk. */
SW__FN void sw__rows(sw__table *t, const sw__shape *sh) {
	uint32_t off = (uint32_t)t->at;
	if (t->n == 0 || sw__in.bad || t->n > sw__in.left || t->stride < 8 || t->stride % 4 || (uint64_t)off + (uint64_t)t->n * t->stride > sw__in.len) {
		if (t->n) sw__in.bad = 1;
		t->n = 0;
		return;
	}
	sw__in.left -= t->n;
	t->at = (uint8_t *)(sw__in.base + off);
	if (t->stride >= sh->size) return;
	uint8_t *all = sw_new(t->n * sh->size); /* rare: an older host */
	for (uint32_t i = 0; i < t->n; i++) sw__whole(all + i * sh->size, t->at + i * t->stride, t->stride, sh);
	t->at = all;
	t->stride = sh->size;
}

SW__FN void sw__place(sw_str *s) {
	uint32_t off = (uint32_t)s->at;
	if (s->len == 0) {
		s->at = 0;
	} else if (s->len > 1024 || (uint64_t)off + s->len > sw__in.len) {
		sw__in.bad = 1;
		s->len = 0;
	} else {
		s->at = (const char *)(sw__in.base + off);
	}
}

/* ---- Writing: records are collected in tables and laid out at the end, in the
 * order and with the bytes that every other binding writes. */

static struct {
	uint32_t base, turn;
	sw_str recent[8];
	uint32_t off[8];
} sw__out;

/* sw__add appends a zero record to a table. */
SW__FN void *sw__add(sw__table *t, uint32_t size) {
	uint32_t first = size > 16 ? 16 : 4;
	if (t->n == 0 || (t->n >= first && (t->n & (t->n - 1)) == 0)) { /* full: 0, first, and twice as many each time */
		uint32_t cap = t->n ? t->n * 2 : first;
		uint8_t *at;
		if (t->n && (uint32_t)t->at + t->n * size == sw__top) { /* the last thing made: goes on where it is */
			sw_new(t->n * size);
			at = t->at;
		} else {
			at = sw_new(cap * size);
			sw__copy(at, t->at, t->n * size);
		}
		t->at = at;
		t->stride = size;
	}
	return t->at + t->n++ * size;
}

static inline uint32_t sw__grow(uint32_t n) {
	return (uint32_t)sw_new(n) - sw__out.base;
}

static inline uint32_t *sw__word(uint32_t at) { return (uint32_t *)(sw__out.base + at); }

/* sw__lay copies a table of finished records behind what is written. */
SW__FN uint32_t sw__lay(uint32_t ref, const sw__table *t, uint32_t size) {
	if (t->n == 0) {
		sw__word(ref)[0] = sw__word(ref)[1] = sw__word(ref)[2] = 0;
		return 0;
	}
	uint32_t at = sw__grow(t->n * size);
	sw__copy(sw__word(at), t->at, t->n * size);
	sw__word(ref)[0] = at;
	sw__word(ref)[1] = t->n;
	sw__word(ref)[2] = size;
	return at;
}

/* sw__put writes a string once where an equal one lies close by. */
SW__FN void sw__put(uint32_t ref) {
	sw_str s = *(sw_str *)sw__word(ref);
	if (s.len == 0) {
		sw__word(ref)[0] = 0;
		return;
	}
	for (int i = 0; i < 8; i++)
		if (sw_eq(sw__out.recent[i], s)) {
			sw__word(ref)[0] = sw__out.off[i];
			return;
		}
	uint32_t off = sw__top - sw__out.base;
	sw__room(s.len + 8);
	for (uint32_t i = 0; i < s.len; i++) ((char *)sw__top)[i] = s.at[i];
	sw__top += s.len;
	sw__word(ref)[0] = off;
	sw__out.recent[sw__out.turn & 7] = s;
	sw__out.off[sw__out.turn++ & 7] = off;
}
