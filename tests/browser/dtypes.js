// Every dtype, every cast and every kind of bad bytes that NumPy can write, and what the page must see of them.
import { compare, each, revive, supported, titles } from "./cases.js";
import { equal, equalBytes, ferryOf, ok, rejection } from "./support.js";

const found = await titles("cases", "dtypes", "casts", "bad");

describe("as NumPy wrote it", () => {
  const ferry = ferryOf();
  for (const title of found) each(title, (one, span) => check(ferry, one, span));

  it("nothing is left out: every kind of dtype has cases", () => {
    const [seen, dtypes] = [new Set(), new Set()];
    const walk = (tree) => {
      if (!tree.dtype) return;
      dtypes.add(tree.dtype.replace(/\d+$|\[.*/, ""));
      seen.add(`${tree.byteOrder} ${tree.array ?? (tree.fields ? "fields" : "strings")}`);
      Object.values(tree.fields ?? {}).forEach(walk);
    };
    for (const { cases } of found) for (const { expect } of cases) walk(expect);
    for (const dtype of ["bool", "int", "uint", "float", "complex", "datetime64", "timedelta64", "bytes", "str", "void"]) {
      ok(dtypes.has(dtype), `no ${dtype} among ${[...dtypes]}`);
    }
    for (const kind of ["Int16", "Uint16", "Int32", "Uint32", "BigInt64", "BigUint64", "Float32", "Float64"]) {
      for (const order of ["little", "big"]) ok(seen.has(`${order} ${kind}Array`), `no ${order}-endian ${kind}Array`);
    }
  });
});

/** Decodes one case in each way in which its bytes can be handed over. */
export async function check(ferry, one, span) {
  if (!supported(one)) return false;
  const [source, options] = [span(one.source), revive(one.options)];
  const before = source.length < 1 << 16 ? source.slice() : null;
  const { error: codes, says, ...details } = one.expect;
  if (!codes) {
    compare(await ferry.decode(source, options), one.expect, span);
    // A moved view whose payload lies at an odd place, so that nothing may be taken for aligned.
    const odd = new Uint8Array(source.length + 3);
    odd.set(source, 1);
    compare(await ferry.decode(odd.subarray(1, odd.length - 2), { ...options, transfer: true }), one.expect, span, "it, moved");
  } else {
    await rejection(ferry.decode(source, options), codes);
    const buffer = source.slice().buffer;
    const error = await rejection(ferry.decode(buffer, options), codes);
    equal(buffer.byteLength, 0, "byteLength of what was handed over");
    equalBytes(error.buffer, source, "the buffer that came back");
    if (says) ok(new RegExp(says, "i").test(error.message), `${error.message}: expected ${says}`);
    for (const [name, value] of Object.entries(details)) equal(String(error[name]), String(value), name);
  }
  if (before) equalBytes(source, before, "the source, which is the caller's");
}

describe("many strings", () => {
  const ferry = ferryOf();

  // More than a call may have arguments, and more than a stack has room for.
  it("two million of them arrive, in order", async () => {
    const [count, digits] = [2 ** 21, 7];
    const bytes = new Uint8Array(count * digits);
    for (let i = 0; i < count; i++) for (let at = 0, rest = i; at < digits; at++, rest = Math.floor(rest / 10)) bytes[i * digits + digits - 1 - at] = 48 + (rest % 10);
    const { data, size } = await ferry.decode(bytes.buffer, { dtype: "S7" });
    equal([data.length, size], [count, count]);
    for (let i = 0; i < count; i += 997) equal(data[i], String(i).padStart(digits, "0"), `string ${i}`);
  });
});

describe("a result", () => {
  const ferry = ferryOf();

  it("is made of plain properties that survive structuredClone, fields too", async () => {
    const title = found.find(({ title }) => title === "records: nested");
    const bytes = new Uint8Array(await (await fetch(`../cases/${title.file}`)).arrayBuffer());
    const span = ([start, end]) => bytes.subarray(start, end);
    for (const { source, options, expect } of title.cases.slice(0, 9)) {
      compare(structuredClone(await ferry.decode(span(source), options)), expect, span, "the clone");
    }
  });
});
