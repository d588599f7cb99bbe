/* ---- Questions that rules ask. */

/** Found is a fact and whether the host gave it: it gives those that pack.json asks for. */
export class Found {
  constructor(public known: bool, public value: i64) {}
}

/** fact of all shops; factHere of the basket's shop alone. */
export function fact(input: Input, kind: FactKind, days: u32): Found { return findFact(input, kind, days, FactScope.Merchant); }
export function factHere(input: Input, kind: FactKind, days: u32): Found { return findFact(input, kind, days, FactScope.Shop); }

function findFact(input: Input, kind: FactKind, days: u32, scope: FactScope): Found {
  const fs = input.facts;
  for (let i: u32 = 0; i < fs.length; i++) {
    const f = fs[i];
    if (f.kind == kind && f.windowDays == days && f.scope == scope) return new Found(true, f.value);
  }
  return new Found(false, 0);
}

/** rank of a tier, absent where the merchant does not have it. */
export function rank(input: Input, tier: Str, absent: i32): i32 {
  const ts = input.tiers;
  for (let i: u32 = 0; i < ts.length; i++) if (ts[i].code.equals(tier)) return ts[i].rank;
  return absent;
}

/** merchandise: the line sells goods or a service, what benefits and points look at. */
export function merchandise(l: Line): bool { return l.kind == LineKind.Goods || l.kind == LineKind.Service; }

/** majorUnit is one whole unit of the basket's currency in minor units. */
export function majorUnit(input: Input): i64 {
  let u: i64 = 1;
  for (let i: u32 = 0; i < input.currencyDigits && i < 6; i++) u *= 10;
  return u;
}

/* ---- The exports. */

let why = "";

/** fail notes why a rule refuses or gives no answer; return fail("why"). */
export function fail(text: string): bool {
  why = text;
  return false;
}

let current: Rule | null = null;

/** rule registers the module's one rule; call it once, at the end of the entry file. */
export function rule(r: Rule): void { current = r; }

let inbox: usize = 0, inboxLen: u32 = 0;

export function sw_abi_1(): void {}

export function sw_alloc(n: u32): usize {
  if (n > inboxLen || inbox == 0) {
    inboxLen = n < 4096 ? 4096 : n;
    inbox = heap.alloc(inboxLen);
  }
  return inbox;
}

export function sw_configure(at: usize, n: u32): i32 {
  const r = current;
  if (r == null) return fail("no rule") ? 0 : 1;
  const accepted = r.configure(new Json(at, at + n));
  inboxLen = INBOX; // the configuration stays where it is
  inbox = heap.alloc(INBOX);
  roomAt = heap.alloc(ROOM);
  roomEnd = roomAt + ROOM;
  boxCap = OUTBOX;
  box = heap.alloc(OUTBOX);
  return accepted ? 0 : 1;
}

export function sw_evaluate(at: usize, n: u32): u64 {
  const r = current, header: u32 = n < 8 ? 0 : load<u32>(at, 4);
  if (r == null) return fail("no rule") ? 1 : 0;
  if (n < 8 || load<u32>(at) != MAGIC_INPUT || header < 8 || header > n) return fail("malformed message") ? 1 : 0;
  base = at;
  size = n;
  left = 16384;
  bad = false;
  turn = 0;
  let input = at;
  if (header < INPUT_SIZE) {
    input = take(INPUT_SIZE);
    whole(input, at, header, INPUT_CUTS, INPUT_FILL_AT, INPUT_FILL);
  }
  readInput(input);
  if (bad) return fail("malformed message") ? 1 : 0;
  const output = changetype<Output>(take(OUTPUT_SIZE));
  if (!serve(r, changetype<Input>(input), output)) return 0;
  boxLen = 0;
  extend(OUTPUT_SIZE);
  store<u32>(changetype<usize>(output), MAGIC_OUTPUT);
  store<u32>(changetype<usize>(output), OUTPUT_SIZE, 4);
  for (let i: u32 = 0; i < OUTPUT_SIZE; i += 8) store<u64>(box + i, load<u64>(changetype<usize>(output) + i));
  writeOutput(0, changetype<usize>(output));
  return (<u64>box << 32) | boxLen;
}

export function sw_error(): u64 {
  if (why.length == 0) return 0;
  const s = Str.of(why);
  return (<u64>s.at << 32) | s.length;
}
