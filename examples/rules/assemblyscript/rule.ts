// Happy hour: on some weekdays, between two times, percentages by category and tier.
import { CandidateKind, Class, Input, Json, Output, Rule, Str, fail, merchandise, rule, weekday } from "../../../sdk/rule/bindings/as/sw1";
export { sw_abi_1, sw_alloc, sw_configure, sw_error, sw_evaluate } from "../../../sdk/rule/bindings/as/sw1";

const CODE = Str.of("happy_hour");

class Price {
  constructor(public category: Str, public tier: Str, public rate: i64) {}
}

class HappyHour extends Rule {
  private days: u32 = 0; // a bit for each weekday, Sunday the lowest
  private from: u32 = 0; // minutes of the day
  private to: u32 = 0;
  private prices: Price[] = [];

  configure(config: Json): bool {
    this.days = weekdays(config.text("days", "weekdays"));
    this.from = minutes(config.text("from", "00:00"));
    this.to = minutes(config.text("to", "24:00"));
    if (this.from == this.to) return fail("the hour has no length");
    const list = config.list("prices");
    for (let i = 0; i < list.length; i++) this.prices.push(new Price(list[i].text("category", ""), list[i].text("tier", ""), list[i].percent("percent", 0)));
    return true;
  }

  price(input: Input, output: Output): bool {
    if (!this.now(input)) return true;
    const lines = input.lines, tier = input.member.tier;
    for (let i: u32 = 0; i < lines.length; i++) {
      const l = lines[i];
      if (!merchandise(l)) continue;
      const rate = this.rate(l.category, tier);
      if (rate == 0) continue;
      const c = output.addCandidate();
      c.kind = CandidateKind.Percent;
      c.class_ = Class.Line;
      c.category = CODE;
      c.exclusive = true;
      c.rate = rate;
      c.addTarget().line = l.id;
      c.code = CODE;
      c.arg = rate / 10000;
      c.label = l.category;
      c.lineNo = l.id;
    }
    return true;
  }

  // now: by the business date, so that the hour after midnight still belongs to the
  // evening on which the shop opened.
  private now(input: Input): bool {
    if (((this.days >> weekday(input.date)) & 1) == 0) return false;
    const m = input.minuteOfDay;
    return this.from < this.to ? m >= this.from && m < this.to : m >= this.from || m < this.to;
  }

  // rate is the best of the entries that fit; an empty category or tier fits all.
  private rate(category: Str, tier: Str): i64 {
    let best: i64 = 0;
    for (let i = 0; i < this.prices.length; i++) {
      const p = unchecked(this.prices[i]);
      if ((p.category.length == 0 || p.category.equals(category)) && (p.tier.length == 0 || p.tier.equals(tier)) && p.rate > best) best = p.rate;
    }
    return best;
  }
}

const DAYS: string[] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

// weekdays of "weekend", "tue" and so on, as bits.
function weekdays(name: Str): u32 {
  const text = name.text();
  if (text == "weekdays") return 0b0111110;
  if (text == "weekend") return 0b1000001;
  for (let d = 0; d < 7; d++) if (text == DAYS[d]) return 1 << d;
  return 0b1111111;
}

// minutes of "14:30".
function minutes(s: Str): u32 {
  if (s.length != 5) return 0;
  const d = (i: usize): u32 => load<u8>(i) - 0x30;
  return (d(s.at) * 10 + d(s.at + 1)) * 60 + d(s.at + 3) * 10 + d(s.at + 4);
}

rule(new HappyHour());
