/* Says as notes what the library's helpers answer; probe_test.go compares. */
#include "sw1.h"

static int configure(sw_json config) {
	(void)config;
	return 1;
}

static void say(sw_output *out, sw_str code, int64_t arg, int64_t money, uint32_t line) {
	*sw_output_add_note(out) = (sw_note){.code = code, .arg = arg, .money = money, .line_no = line};
}

static int evaluate(const sw_input *in, sw_output *out) {
	for (uint32_t i = 0; i < in->lines.n; i++) {
		const sw_line *l = sw_line_at(&in->lines, i);
		say(out, SW_STR("line"), sw_mul_div(l->gross, l->net, l->cost, in->rounding), sw_times(l->gross, l->unit, in->rounding), l->id);
		if (sw_merchandise(l)) say(out, SW_STR("goods"), 0, 0, l->id);
	}
	for (uint32_t days = 0; days < 3; days++) {
		int64_t all = -9, here = -9;
		int a = sw_known(in, SW_FACT_VISITS, days, &all), b = sw_known_here(in, SW_FACT_VISITS, days, &here);
		say(out, SW_STR("fact"), all, here, (uint32_t)(a * 2 + b));
	}
	say(out, SW_STR("tier"), sw_rank(in, in->member->tier, -7), sw_rank(in, SW_STR("none"), -7), 0);
	say(out, SW_STR("date"), sw_major_unit(in), sw_weekday(in->date), 0);
	say(out, SW_STR("asked"), in->event->value, in->event->amount, in->event->kind);
	say(out, SW_STR("refund"), in->refund->points, in->refund->amount, in->refund->full);
	for (uint32_t i = 0; i < in->prizes.n; i++) {
		const sw_prize *p = sw_prize_at(&in->prizes, i);
		say(out, p->code, p->left, 0, 0);
	}
	sw_tier_proposal *t = sw_output_set_tier(out);
	t->tier = in->member->tier;
	sw_output_set_tier(out)->note.arg = 3;
	sw_return_term *r = sw_output_add_return_term(out);
	r->kind = SW_RETURN_FEE;
	r->amount = 5;
	r->note.code = SW_STR("fee");
	sw_tender_limit *d = sw_output_add_tender_limit(out);
	d->tender = SW_TENDER_POINTS;
	d->most = 7;
	return 1;
}

SW_RULE(configure, evaluate)
