/* Spend steps: a sale that reaches a step gives coupons for the next visit. */
#include "sw1.h"

struct step {
	int64_t spend, count;
	uint32_t valid_days;
	sw_str coupon;
};

static struct step *steps;
static uint32_t step_count;
static sw_str category;
static int all_steps;

static int configure(sw_json config) {
	sw_json rest = sw_list(config, "steps"), e;
	while (sw_next(&rest, &e)) step_count++;
	steps = sw_new(step_count * sizeof *steps);
	rest = sw_list(config, "steps");
	for (struct step *s = steps; sw_next(&rest, &e); s++) {
		s->spend = sw_int(e, "spend", 0);
		s->count = sw_int(e, "count", 1);
		s->valid_days = (uint32_t)sw_int(e, "valid_days", 0);
		s->coupon = sw_text(e, "coupon", SW_STR(""));
		if (s->spend <= 0 || s->coupon.len == 0) return sw_fail("a step needs a spend and a coupon");
	}
	category = sw_text(config, "category", SW_STR(""));
	all_steps = sw_bool(config, "all_steps", 0);
	return 1;
}

static void give(sw_output *out, const struct step *s) {
	sw_grant *g = sw_output_add_grant(out);
	g->kind = SW_GRANT_COUPON;
	g->count = s->count;
	g->code = s->coupon;
	g->valid_days = s->valid_days;
	g->note = (sw_note){.code = SW_STR("step_coupon"), .label = s->coupon, .arg = s->count, .money = s->spend};
}

static int earn(const sw_input *in, sw_output *out) {
	if (!in->member->present) return 1;
	int64_t paid = 0;
	for (uint32_t i = 0; i < in->lines.n; i++) {
		const sw_line *l = sw_line_at(&in->lines, i);
		if (sw_merchandise(l) && (!category.len || sw_eq(l->category, category))) paid += l->net;
	}
	const struct step *best = 0, *next = 0;
	for (const struct step *s = steps; s < steps + step_count; s++) {
		if (paid < s->spend) {
			if (!next || s->spend < next->spend) next = s;
		} else if (all_steps) {
			give(out, s);
		} else if (!best || s->spend > best->spend) {
			best = s;
		}
	}
	if (best) give(out, best);
	if (next && paid > 0) *sw_output_add_note(out) = (sw_note){.code = SW_STR("step_next"), .label = next->coupon, .money = next->spend - paid};
	return 1;
}

static int evaluate(const sw_input *in, sw_output *out) {
	return in->hook == SW_HOOK_EARN ? earn(in, out) : sw_fail("hook not served");
}

SW_RULE(configure, evaluate)
