// The rule in AssemblyScript; ../rule.go says what it does.
import { CandidateKind, Class, Input, Json, ONE, Output, Rule, Str, merchandise, rule } from "../../../../sdk/rule/bindings/as/sw1";
export { sw_abi_1, sw_alloc, sw_configure, sw_error, sw_evaluate } from "../../../../sdk/rule/bindings/as/sw1";

const PRICE = Str.of("price"), TIER_PRICE = Str.of("tier_price"), THIRD_FREE = Str.of("third_free"), FULL = Str.of("full_reduction");

class Price {
  constructor(public tier: Str, public category: Str, public rate: i64) {}
}

class Basket extends Rule {
  private prices: Price[] = [];
  private category: Str = Str.of("");
  private spend: i64 = 0;
  private off: i64 = 0;
  private cap: i64 = 0;

  configure(config: Json): bool {
    const list = config.list("prices");
    for (let i = 0; i < list.length; i++) this.prices.push(new Price(list[i].text("tier", ""), list[i].text("category", ""), list[i].percent("percent", 0)));
    this.category = config.text("third_free", "");
    this.spend = config.int("spend", 0);
    this.off = config.int("off", 0);
    this.cap = config.int("cap", 0);
    return true;
  }

  private rate(tier: Str, category: Str): i64 {
    for (let i = 0; i < this.prices.length; i++) {
      const p = unchecked(this.prices[i]);
      if (p.tier.equals(tier) && p.category.equals(category)) return p.rate;
    }
    return 0;
  }

  benefit(input: Input, output: Output): bool {
    const lines = input.lines, tier = input.member.tier;
    let total: i64 = 0;
    for (let i: u32 = 0; i < lines.length; i++) {
      const l = lines[i];
      if (!merchandise(l)) continue;
      total += l.gross;
      const rate = this.rate(tier, l.category), free = l.quantity / ONE / 3;
      if (rate > 0) {
        const c = output.addCandidate();
        c.kind = CandidateKind.Percent;
        c.class_ = Class.Line;
        c.category = PRICE;
        c.exclusive = true;
        c.rate = rate;
        c.code = TIER_PRICE;
        c.label = tier;
        c.arg = rate / 10000;
        c.lineNo = l.id;
        c.addTarget().line = l.id;
      }
      if (free > 0 && l.category.equals(this.category)) {
        const c = output.addCandidate();
        c.kind = CandidateKind.FreeUnits;
        c.class_ = Class.Line;
        c.category = THIRD_FREE;
        c.units = free * ONE;
        c.code = THIRD_FREE;
        c.label = l.sku;
        c.arg = free;
        c.lineNo = l.id;
        c.addTarget().line = l.id;
      }
    }
    if (this.spend > 0 && total >= this.spend) {
      const c = output.addCandidate();
      c.kind = CandidateKind.AmountOff;
      c.class_ = Class.Order;
      c.category = FULL;
      c.amount = this.off;
      c.threshold = this.spend;
      c.repeat = true;
      c.cap = this.cap;
      c.code = FULL;
      c.arg = total / this.spend;
      c.money = this.off;
    }
    return true;
  }
}

rule(new Basket());
