/* ---- Questions that rules ask. */

static inline int sw__find_fact(const sw_input *in, uint32_t kind, uint32_t days, uint32_t scope, int64_t *value) {
	for (uint32_t i = 0; i < in->facts.n; i++) {
		const sw_fact *f = sw_fact_at(&in->facts, i);
		if (f->kind == kind && f->window_days == days && f->scope == scope) {
			*value = f->value;
			return 1;
		}
	}
	return 0;
}

/* sw_known answers a fact of all shops into *value, and whether the host gave it: it
 * gives those that pack.json asks for. sw_known_here: of the basket's shop alone. */
static inline int sw_known(const sw_input *in, uint32_t kind, uint32_t days, int64_t *value) { return sw__find_fact(in, kind, days, SW_SCOPE_MERCHANT, value); }
static inline int sw_known_here(const sw_input *in, uint32_t kind, uint32_t days, int64_t *value) { return sw__find_fact(in, kind, days, SW_SCOPE_SHOP, value); }

/* sw_rank is the rank of a tier, `absent` where the merchant does not have it. */
static inline int32_t sw_rank(const sw_input *in, sw_str tier, int32_t absent) {
	for (uint32_t i = 0; i < in->tiers.n; i++)
		if (sw_eq(sw_tier_at(&in->tiers, i)->code, tier)) return sw_tier_at(&in->tiers, i)->rank;
	return absent;
}

/* sw_merchandise: the line sells goods or a service, what benefits and points look at. */
static inline int sw_merchandise(const sw_line *l) { return l->kind == SW_KIND_GOODS || l->kind == SW_KIND_SERVICE; }

/* sw_major_unit is one whole unit of the basket's currency in minor units. */
static inline int64_t sw_major_unit(const sw_input *in) {
	int64_t u = 1;
	for (uint32_t i = 0; i < in->currency_digits && i < 6; i++) u *= 10;
	return u;
}

/* ---- The exports. SW_RULE(configure, evaluate) makes a module of two functions:
 *   static int configure(sw_json config);                      1 = accepted, else return sw_fail("why")
 *   static int evaluate(const sw_input *in, sw_output *out);   1 = answered; in->hook says what is asked */

static struct {
	uint32_t at, len;
} sw__inbox;

static sw_input sw__short; /* where an older host's header is completed */

static inline uint32_t sw__alloc(uint32_t len) {
	if (len > sw__inbox.len || !sw__inbox.at) {
		sw__inbox.len = len < 4096 ? 4096 : len;
		sw__inbox.at = (uint32_t)sw_new(sw__inbox.len);
	}
	return sw__inbox.at;
}

static inline sw_input *sw__open(uint32_t at, uint32_t len) {
	sw_input *in = (sw_input *)at;
	if (len < 8 || in->magic != SW_INPUT_MAGIC || in->header_size < 8 || in->header_size > len) return 0;
	sw__in.base = at;
	sw__in.len = len;
	sw__in.left = 16384;
	sw__in.bad = 0;
	if (in->header_size < sizeof *in) {
		const sw__shape sh = SW__INPUT_SHAPE;
		in = sw__whole((uint8_t *)&sw__short, (const uint8_t *)at, in->header_size, &sh);
	}
	sw__read_input(in);
	return sw__in.bad ? 0 : in;
}

static inline uint64_t sw__close(sw_output *out) {
	out->magic = SW_OUTPUT_MAGIC;
	out->header_size = sizeof *out;
	sw__out.base = (uint32_t)sw_new(sizeof *out);
	sw__copy(sw__word(0), out, sizeof *out);
	sw__write_output(0, out);
	return (uint64_t)sw__out.base << 32 | (sw__top - sw__out.base);
}

static inline int sw__start(int accepted) {
	sw__inbox.at = (uint32_t)sw_new(SW_INBOX); /* the configuration stays where it is */
	sw__inbox.len = SW_INBOX;
	sw__room(SW_ROOM);
	return !accepted;
}

static inline uint64_t sw__view(sw_str s) { return s.len ? (uint64_t)(uint32_t)s.at << 32 | s.len : 0; }

#define SW__EXPORT(name) __attribute__((export_name(name)))

#define SW_RULE(configure, evaluate) \
	SW__EXPORT("sw_abi_1") void sw_abi_1(void) {} \
	SW__EXPORT("sw_alloc") uint32_t sw_alloc(uint32_t len) { return sw__alloc(len); } \
	SW__EXPORT("sw_configure") int32_t sw_configure(uint32_t at, uint32_t len) { \
		return sw__start(configure((sw_json){(const char *)at, (const char *)at + len})); \
	} \
	SW__EXPORT("sw_evaluate") uint64_t sw_evaluate(uint32_t at, uint32_t len) { \
		static sw_output out; \
		const sw_input *in = sw__open(at, len); \
		if (!in) return (uint64_t)sw_fail("malformed message"); \
		return evaluate(in, &out) ? sw__close(&out) : 0; \
	} \
	SW__EXPORT("sw_error") uint64_t sw_error(void) { return sw__view(sw__why); }

#endif
