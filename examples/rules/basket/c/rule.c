/* The rule in C; ../rule.go says what it does. */
#include "sw1.h"

struct price {
	sw_str tier, category;
	int64_t rate;
};

static struct price *prices;
static uint32_t price_count;
static sw_str third_free;
static int64_t spend, off, cap;

static int configure(sw_json config) {
	sw_json rest = sw_list(config, "prices"), e;
	while (sw_next(&rest, &e)) price_count++;
	prices = sw_new(price_count * sizeof *prices);
	rest = sw_list(config, "prices");
	for (struct price *p = prices; sw_next(&rest, &e); p++)
		*p = (struct price){sw_text(e, "tier", SW_STR("")), sw_text(e, "category", SW_STR("")), sw_percent(e, "percent", 0)};
	third_free = sw_text(config, "third_free", SW_STR(""));
	spend = sw_int(config, "spend", 0);
	off = sw_int(config, "off", 0);
	cap = sw_int(config, "cap", 0);
	return 1;
}

static int64_t rate_of(sw_str tier, sw_str category) {
	for (uint32_t i = 0; i < price_count; i++)
		if (sw_eq(prices[i].tier, tier) && sw_eq(prices[i].category, category)) return prices[i].rate;
	return 0;
}

static int benefit(const sw_input *in, sw_output *out) {
	int64_t total = 0;
	for (uint32_t i = 0; i < in->lines.n; i++) {
		const sw_line *l = sw_line_at(&in->lines, i);
		if (!sw_merchandise(l)) continue;
		total += l->gross;
		int64_t rate = rate_of(in->member->tier, l->category), free = l->quantity / SW_ONE / 3;
		if (rate > 0) {
			sw_candidate *c = sw_output_add_candidate(out);
			c->kind = SW_PERCENT;
			c->class_ = SW_CLASS_LINE;
			c->category = SW_STR("price");
			c->exclusive = 1;
			c->rate = rate;
			c->note = (sw_note){.code = SW_STR("tier_price"), .label = in->member->tier, .arg = rate / 10000, .line_no = l->id};
			sw_candidate_add_target(c)->line = l->id;
		}
		if (free > 0 && sw_eq(l->category, third_free)) {
			sw_candidate *c = sw_output_add_candidate(out);
			c->kind = SW_FREE_UNITS;
			c->class_ = SW_CLASS_LINE;
			c->category = SW_STR("third_free");
			c->units = free * SW_ONE;
			c->note = (sw_note){.code = SW_STR("third_free"), .label = l->sku, .arg = free, .line_no = l->id};
			sw_candidate_add_target(c)->line = l->id;
		}
	}
	if (spend > 0 && total >= spend) {
		sw_candidate *c = sw_output_add_candidate(out);
		c->kind = SW_AMOUNT_OFF;
		c->class_ = SW_CLASS_ORDER;
		c->category = SW_STR("full_reduction");
		c->amount = off;
		c->threshold = spend;
		c->repeat = 1;
		c->cap = cap;
		c->note = (sw_note){.code = SW_STR("full_reduction"), .arg = total / spend, .money = off};
	}
	return 1;
}

static int evaluate(const sw_input *in, sw_output *out) {
	return in->hook == SW_HOOK_BENEFIT ? benefit(in, out) : sw_fail("hook not served");
}

SW_RULE(configure, evaluate)
