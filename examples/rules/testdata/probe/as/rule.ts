// Says as notes what the library's helpers answer; probe_test.go compares.
import { FactKind, Input, Json, Output, ReturnKind, Rule, Str, TenderKind, fact, factHere, majorUnit, merchandise, mulDiv, rank, rule, times, weekday } from "../../../../../sdk/rule/bindings/as/sw1";
export { sw_abi_1, sw_alloc, sw_configure, sw_error, sw_evaluate } from "../../../../../sdk/rule/bindings/as/sw1";

function say(out: Output, code: Str, arg: i64, money: i64, line: u32): void {
  const n = out.addNote();
  n.code = code;
  n.arg = arg;
  n.money = money;
  n.lineNo = line;
}

class Probe extends Rule {
  configure(config: Json): bool { return true; }

  price(input: Input, output: Output): bool {
    const lines = input.lines;
    for (let i: u32 = 0; i < lines.length; i++) {
      const l = lines[i];
      say(output, Str.of("line"), mulDiv(l.gross, l.net, l.cost, input.rounding), times(l.gross, l.unit, input.rounding), l.id);
      if (merchandise(l)) say(output, Str.of("goods"), 0, 0, l.id);
    }
    for (let days: u32 = 0; days < 3; days++) {
      const all = fact(input, FactKind.Visits, days), here = factHere(input, FactKind.Visits, days);
      say(output, Str.of("fact"), all.known ? all.value : -9, here.known ? here.value : -9, (all.known ? 2 : 0) + (here.known ? 1 : 0));
    }
    say(output, Str.of("tier"), rank(input, input.member.tier, -7), rank(input, Str.of("none"), -7), 0);
    say(output, Str.of("date"), majorUnit(input), weekday(input.date), 0);
    say(output, Str.of("asked"), input.event.value, input.event.amount, input.event.kind);
    say(output, Str.of("refund"), input.refund.points, input.refund.amount, input.refund.full ? 1 : 0);
    for (let i: u32 = 0; i < input.prizes.length; i++) say(output, input.prizes[i].code, input.prizes[i].left, 0, 0);
    output.tier.tier = input.member.tier;
    output.tier.arg = 3;
    const r = output.addReturnTerm();
    r.kind = ReturnKind.Fee;
    r.amount = 5;
    r.code = Str.of("fee");
    const d = output.addTenderLimit();
    d.tender = TenderKind.Points;
    d.most = 7;
    return true;
  }
}

rule(new Probe());
