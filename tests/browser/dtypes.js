// Every dtype, every cast and every kind of bad bytes that NumPy can write, and what the page must see of them.
import { check, compare, each, titles } from "./cases.js";
import { equal, ferryOf, ok } from "./support.js";

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
