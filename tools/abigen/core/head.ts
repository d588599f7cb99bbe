/* ---- Strings: UTF-8, anywhere in memory. A Str is a view of eight bytes that hold
 * the place and the length; it allocates nothing but by Str.of. */

@unmanaged
export class Str {
  at: usize;
  length: u32;

  /** of makes one of a literal: do it once, in a constructor or a global. */
  static of(s: string): Str {
    const b = String.UTF8.encode(s);
    const r = changetype<Str>(heap.alloc(8));
    r.at = changetype<usize>(b);
    r.length = <u32>b.byteLength;
    return r;
  }

  /** equals compares the texts. */
  equals(o: Str): bool {
    if (this.length != o.length) return false;
    const a = this.at, b = o.at;
    if (a == b) return true;
    for (let i: u32 = 0; i < this.length; i++) if (load<u8>(a + i) != load<u8>(b + i)) return false;
    return true;
  }

  /** text is a copy as a string of the language. */
  text(): string { return String.UTF8.decodeUnsafe(this.at, this.length); }
}

/** Table is a list of records as a message holds it. */
@unmanaged
export class Table<T> {
  at: usize;
  length: u32;
  stride: u32;

  @operator("[]") get(i: u32): T { return changetype<T>(this.at + i * this.stride); }
}

/* ---- Memory: the host restores all of it after each call. A call that must grow
 * the memory works, but costs the host the instance, so sw_configure makes room. */

const INBOX: u32 = 16384, ROOM: usize = 16384, OUTBOX: u32 = 16384;
let roomAt: usize = 0, roomEnd: usize = 0;

/** take answers n zero bytes at a multiple of eight. */
function take(n: usize): usize {
  n = (n + 7) & ~7;
  if (roomAt + n > roomEnd) return heap.alloc(n);
  const at = roomAt;
  roomAt += n;
  return at;
}

/* ---- Numbers. */

/** ONE is a quantity of one. */
export const ONE: i64 = 1000;
/** WHOLE is a rate of 100 %. */
export const WHOLE: i64 = 1000000;
/** MAX is the largest amount, price or count that the host accepts. */
export const MAX: i64 = 1000000000000000;

/** mulDiv is a x b / c, exact and rounded once; c must be positive, else 0. A
 * result beyond MAX is MAX with its sign. */
export function mulDiv(a: i64, b: i64, c: i64, rounding: Rounding): i64 {
  if (c <= 0) return 0;
  const neg = (a < 0) != (b < 0);
  const x: u64 = a < 0 ? <u64>(0 - a) : <u64>a, y: u64 = b < 0 ? <u64>(0 - b) : <u64>b, d = <u64>c;
  const x0 = x & 0xffffffff, x1 = x >> 32, y0 = y & 0xffffffff, y1 = y >> 32;
  const w = x0 * y0, t = x1 * y0 + (w >> 32), u = x0 * y1 + (t & 0xffffffff);
  const hi = x1 * y1 + (t >> 32) + (u >> 32), lo = (u << 32) | (w & 0xffffffff);
  let q: u64 = 0, rem: u64 = 0;
  if (hi >= d) {
    q = <u64>MAX;
  } else if (hi == 0) {
    q = lo / d;
    rem = lo % d;
  } else {
    rem = hi;
    for (let i = 63; i >= 0; i--) { // rem < d < 2^63
      rem = (rem << 1) | ((lo >> i) & 1);
      q <<= 1;
      if (rem >= d) {
        rem -= d;
        q |= 1;
      }
    }
  }
  let up = false;
  if (rounding == Rounding.HalfUp) up = rem >= d - rem;
  else if (rounding == Rounding.HalfEven) up = rem > d - rem || (rem == d - rem && (q & 1) == 1);
  else if (rounding == Rounding.Up) up = true;
  if (up && rem > 0) q++;
  if (q > <u64>MAX) q = <u64>MAX;
  return neg ? 0 - <i64>q : <i64>q;
}

/** times is an amount times a rate, rounded once, exactly as the host computes it. */
export function times(amount: i64, rate: i64, rounding: Rounding): i64 { return mulDiv(amount, rate, WHOLE, rounding); }

/** weekday of a date yyyymmdd, 0 = Sunday. */
export function weekday(date: u32): u32 {
  let y = date / 10000;
  const m = (date / 100) % 100;
  if (m < 1 || m > 12) return 0;
  if (m < 3) y--;
  const shift = m == 1 ? 0 : m == 2 ? 3 : m == 3 ? 2 : m == 4 ? 5 : m == 5 ? 0 : m == 6 ? 3 : m == 7 ? 5 : m == 8 ? 1 : m == 9 ? 4 : m == 10 ? 6 : m == 11 ? 2 : 4;
  return (y + y / 4 - y / 100 + y / 400 + shift + (date % 100)) % 7;
}

/* ---- The configuration: JSON that the host has checked against the pack's schema
 * and completed with its defaults. */

function blank(c: u8): bool { return c == 0x20 || c == 0x0a || c == 0x09 || c == 0x0d || c == 0x2c || c == 0x3a; }

/** Json is a value of the configuration. Every reader answers `absent` for what is
 * not there or of another type. */
export class Json {
  constructor(private at: usize, private end: usize) {}

  /** get is the member of an object; an empty value where there is none. */
  get(key: string): Json {
    const rest = this.inside(0x7b);
    while (true) {
      const name = rest.next();
      if (name == null) break;
      const value = rest.next();
      if (value == null) break;
      const n = <i32>(name.end - name.at) - 2;
      let i = 0;
      while (i < n && i < key.length && load<u8>(name.at + 1 + i) == key.charCodeAt(i)) i++;
      if (i == n && i == key.length) return value;
    }
    return new Json(0, 0);
  }

  /** list is the elements of the array under key. */
  list(key: string): Json[] {
    const all: Json[] = [];
    const rest = this.get(key).inside(0x5b);
    while (true) {
      const e = rest.next();
      if (e == null) return all;
      all.push(e);
    }
  }

  /** scaled is the decimal under key times 10^digits; digits beyond are cut off. */
  scaled(key: string, digits: i32, absent: i64): i64 {
    const v = this.get(key);
    let p = v.at, n: i64 = 0, after = 0, seen = false, some = false;
    const neg = p < v.end && load<u8>(p) == 0x2d;
    for (p += neg ? 1 : 0; p < v.end; p++) {
      const c = load<u8>(p);
      if (c == 0x2e && !seen) seen = true;
      else if (c < 0x30 || c > 0x39) return absent;
      else if (!seen || after < digits) {
        n = n * 10 + (c - 0x30);
        if (seen) after++;
        some = true;
        if (n > MAX) return absent;
      }
    }
    for (; after < digits; after++) {
      n *= 10;
      if (n > MAX) return absent;
    }
    return !some ? absent : neg ? 0 - n : n;
  }

  int(key: string, absent: i64): i64 { return this.scaled(key, 0, absent); }

  /** percent is the percentage under key as a rate: 12.5 is 125000. */
  percent(key: string, absent: i64): i64 { return this.scaled(key, 4, absent); }

  bool(key: string, absent: bool): bool {
    const v = this.get(key);
    if (v.at == v.end) return absent;
    const c = load<u8>(v.at);
    return c == 0x74 ? true : c == 0x66 ? false : absent;
  }

  /** text is the string under key. */
  text(key: string, absent: string): Str {
    const v = this.get(key);
    if (v.at == v.end || load<u8>(v.at) != 0x22) return Str.of(absent);
    const r = changetype<Str>(heap.alloc(8)), end = v.end - 1;
    r.at = heap.alloc(v.end - v.at);
    let p = v.at + 1, o = r.at;
    while (p < end) {
      const c = load<u8>(p++);
      if (c != 0x5c) store<u8>(o++, c);
      else {
        const e = load<u8>(p++);
        if (e == 0x75) {
          let u = hex(p);
          p += 4;
          if (u >> 10 == 0x36 && p + 6 <= end && load<u8>(p) == 0x5c) {
            u = 0x10000 + ((u & 0x3ff) << 10) + (hex(p + 2) & 0x3ff);
            p += 6;
          }
          o = utf8(o, u);
        } else store<u8>(o++, e == 0x6e ? 0x0a : e == 0x74 ? 0x09 : e == 0x72 ? 0x0d : e == 0x62 ? 0x08 : e == 0x66 ? 0x0c : e);
      }
    }
    r.length = <u32>(o - r.at);
    return r;
  }

  private inside(open: u8): Json {
    let at = this.at;
    while (at < this.end && blank(load<u8>(at))) at++;
    return at < this.end && load<u8>(at) == open ? new Json(at + 1, this.end) : new Json(0, 0);
  }

  private next(): Json | null {
    while (this.at < this.end && blank(load<u8>(this.at))) this.at++;
    if (this.at >= this.end) return null;
    const c = load<u8>(this.at);
    if (c == 0x7d || c == 0x5d) return null;
    const from = this.at;
    this.at = this.valueEnd();
    return new Json(from, this.at);
  }

  private valueEnd(): usize {
    let p = this.at, depth = 0;
    const end = this.end;
    while (p < end) {
      const c = load<u8>(p++);
      if (c == 0x22) {
        while (p < end && load<u8>(p) != 0x22) p += load<u8>(p) == 0x5c ? 2 : 1;
        p = p < end ? p + 1 : end;
      } else if (c == 0x7b || c == 0x5b) {
        depth++;
        continue;
      } else if (c == 0x7d || c == 0x5d) depth--;
      else if (depth == 0) {
        while (p < end && !blank(load<u8>(p)) && load<u8>(p) != 0x7d && load<u8>(p) != 0x5d) p++;
      }
      if (depth <= 0) return p;
    }
    return end;
  }
}

function hex(p: usize): u32 {
  let r: u32 = 0;
  for (let i = 0; i < 4; i++) {
    const c: u32 = load<u8>(p + i);
    r = (r << 4) | (c <= 0x39 ? c - 0x30 : (c | 32) - 87);
  }
  return r;
}

function utf8(o: usize, r: u32): usize {
  if (r < 0x80) {
    store<u8>(o, <u8>r);
    return o + 1;
  }
  let n = r < 0x800 ? 1 : r < 0x10000 ? 2 : 3;
  store<u8>(o++, <u8>((r < 0x800 ? 0xc0 : r < 0x10000 ? 0xe0 : 0xf0) | (r >> (6 * n))));
  while (n-- > 0) store<u8>(o++, <u8>(0x80 | ((r >> (6 * n)) & 63)));
  return o;
}

/* ---- Reading: sw_evaluate turns the offsets of the input into places in memory
 * where they lie, after a check of each. Records shorter than those below are
 * completed with their defaults, longer ones are walked by their own stride. */

let base: usize = 0, size: u32 = 0, left: u32 = 0, bad = false;

/** whole is a record of at least full bytes. */
function whole(to: usize, from: usize, stride: u32, cuts: u64, fillAt: u32, fill: u32): void {
  if ((stride & 3) != 0 || ((cuts >> (stride >> 2)) & 1) == 0) bad = true;
  if (fill != 0) store<u32>(to + fillAt, fill);
  for (let i: u32 = 0; i < (stride & ~3); i += 4) store<u32>(to + i, load<u32>(from + i));
}

/** rows checks a table; what is left behind is safe to walk. */
function rows(ref: usize, full: u32, cuts: u64, fillAt: u32, fill: u32): u32 {
  const off = load<u32>(ref), n = load<u32>(ref, 4), stride = load<u32>(ref, 8);
  if (n == 0) return 0;
  if (bad || n > left || stride < 8 || (stride & 3) != 0 || <u64>off + <u64>n * stride > size) {
    bad = true;
    store<u32>(ref, 0, 4);
    return 0;
  }
  left -= n;
  let at = base + off;
  if (stride < full) { // rare: an older host
    const all = take(n * full);
    for (let i: u32 = 0; i < n; i++) whole(all + i * full, at + i * stride, stride, cuts, fillAt, fill);
    at = all;
    store<u32>(ref, full, 8);
  }
  store<u32>(ref, <u32>at);
  return n;
}

function place(ref: usize): void {
  const off = load<u32>(ref), n = load<u32>(ref, 4);
  if (n == 0) store<u32>(ref, 0);
  else if (n > 1024 || <u64>off + n > size) {
    bad = true;
    store<u32>(ref, 0, 4);
  } else store<u32>(ref, <u32>(base + off));
}

/* ---- Writing: records are collected in tables and laid out at the end, in the
 * order and with the bytes that every other binding writes. */

/** grown appends a zero record to a table. */
function grown(ref: usize, size: u32): usize {
  const n = load<u32>(ref, 4), first: u32 = size > 16 ? 16 : 4;
  if (n == 0 || (n >= first && (n & (n - 1)) == 0)) { // full: 0, first, and twice as many each time
    const cap: u32 = n == 0 ? first : 2 * n, at = take(cap * size), old = <usize>load<u32>(ref);
    memory.copy(at, old, n * size);
    store<u32>(ref, <u32>at);
    store<u32>(ref, size, 8);
  }
  store<u32>(ref, n + 1, 4);
  return <usize>load<u32>(ref) + n * size;
}

let box: usize = 0, boxLen: u32 = 0, boxCap: u32 = 0, turn: u32 = 0;
const recent = memory.data(96); // eight times: place, length, offset in the message

/** reserve sees to it that n more bytes fit. */
function reserve(n: u32): void {
  if (boxLen + n <= boxCap) return;
  boxCap = 2 * (boxLen + n);
  const b = heap.alloc(boxCap);
  memory.copy(b, box, boxLen);
  box = b;
}

/** extend adds n zero bytes at a multiple of eight and answers where. */
function extend(n: u32): u32 {
  reserve(n + 16);
  const at = (boxLen + 7) & ~7;
  boxLen = at + n;
  return at;
}

/** lay copies a table of finished records behind what is written. */
function lay(ref: u32, from: usize, size: u32): u32 {
  const n = load<u32>(from, 4), src = <usize>load<u32>(from);
  if (n == 0) {
    store<u32>(box + ref, 0);
    store<u32>(box + ref, 0, 8);
    return 0;
  }
  const at = extend(n * size), to = box + at;
  if (n * size > 128) memory.copy(to, src, n * size);
  else for (let i: u32 = 0; i < n * size; i += 8) store<u64>(to + i, load<u64>(src + i));
  store<u32>(box + ref, at);
  store<u32>(box + ref, size, 8);
  return at;
}

/** put writes a string once where an equal one lies close by. */
function put(ref: u32): void {
  const s = changetype<Str>(box + ref);
  const at = s.at, n = s.length;
  if (n == 0) {
    s.at = 0;
    return;
  }
  for (let i: usize = 0; i < 96; i += 12)
    if (changetype<Str>(recent + i).equals(s)) {
      s.at = <usize>load<u32>(recent + i, 8);
      return;
    }
  reserve(n + 16); // may move the box, and s with it
  store<u32>(box + ref, boxLen);
  for (let i: u32 = 0; i < n; i++) store<u8>(box + boxLen + i, load<u8>(at + i));
  const r = recent + 12 * (turn++ & 7);
  store<u32>(r, <u32>at);
  store<u32>(r, n, 4);
  store<u32>(r, boxLen, 8);
  boxLen += n;
}
