// The way back: what was decoded becomes the bytes that NumPy writes, and decodes to itself again.
import { compare, each, revive, supported, titles } from "./cases.js";
import { equal, equalBytes, ferryOf, ok, rejection } from "./support.js";

const written = await titles("cases", "encode");
const decoded = await titles("cases", "dtypes", "layout");
// A test of each would take minutes.
const LARGE = 3 << 20;
// Types that are wider on the page, and what they are called where they are not.
const NARROW = { float16: "float16", bfloat16: "bfloat16", float8_e4m3fn: "float8_e4m3fn", float8_e5m2: "float8_e5m2" };

describe("encode", () => {
  const ferry = ferryOf();

  for (const title of written) {
    each(title, async (one, span) => {
      if (!supported(one)) return false;
      const array = one.made ? make(one.made, span(one.source)) : await ferry.decode(span(one.source), one.options);
      if (one.expect.error) return void (await rejection(ferry.encode(array, one.encode), one.expect.error));
      const before = array.data && ArrayBuffer.isView(array.data) ? array.data.slice() : null;
      const bytes = await ferry.encode(array, one.encode);
      ok(bytes instanceof ArrayBuffer, `a ${bytes?.constructor?.name}, expected an ArrayBuffer`);
      equalBytes(bytes, span(one.bytes));
      if (before) equalBytes(array.data, before, "the array, which is the caller's");
    });
  }

  for (const title of decoded.filter(({ cases }) => cases.some(comesBack))) {
    each(title, (one, span) => andBack(ferry, title, one, span), `and back, ${title.group}: ${title.title}`);
  }

  it("takes an array as it is when it is handed over, though no worker runs yet", async () => {
    const own = ferryOf({ workers: 1 });
    const numbers = Float32Array.of(1, 2, 3);
    const bytes = own.encode(numbers);
    numbers[0] = 99;
    equal([...(await ferry.decode(await bytes)).data], [1, 2, 3]);
  });

  it("refuses what is no array", async () => {
    for (const input of [undefined, null, 5, "text", {}, [], [1, 2], new Map(), new ArrayBuffer(4), new DataView(new ArrayBuffer(4)), { data: [1, 2], shape: [2] }, { fields: {} }]) {
      await rejection((async () => ferry.encode(input))(), "bad-argument");
    }
  });

  it("finds dtype and shape of plain objects that have none", async () => {
    const [four, words] = [Float32Array.of(1, -2, 3, 4), ["a", "bcd"]];
    const records = { a: Float32Array.of(1, 2), b: { data: Int16Array.of(1, 2, 3, 4, 5, 6), shape: [2, 3] } };
    for (const [short, long] of [
      [{ data: four }, { dtype: "float32", shape: [4] }],
      [{ data: four, complex: true }, { dtype: "complex64", shape: [2] }],
      [{ data: four, complex: "planes" }, { dtype: "complex64", shape: [2] }],
      [{ data: four, dtype: "<c8" }, { shape: [2] }],
      [{ data: Float64Array.of(1, 2, 3, 4), complex: true, shape: [1, 2] }, { dtype: "complex128" }],
      [{ data: words }, { dtype: "str", shape: [2], itemsize: 12 }],
      [{ data: words, dtype: "bytes" }, { shape: [2], itemsize: 3 }],
      [{ data: new Uint8Array(12), dtype: "V4" }, { shape: [3] }],
      [{ data: new Uint8Array(12), dtype: "void48" }, { shape: [2] }],
      [{ data: BigInt64Array.of(1n, 2n), dtype: "datetime64[s]" }, { shape: [2] }],
      [{ fields: records }, { shape: [2], fields: { a: { data: records.a, dtype: "float32", shape: [2] }, b: { ...records.b, dtype: "int16" } } }],
      [{ fields: { b: records.b } }, { shape: [2, 3] }],
    ]) {
      equalBytes(await ferry.encode(short), new Uint8Array(await ferry.encode({ ...short, ...long })), JSON.stringify(long));
    }
    await rejection(ferry.encode({ data: four, dtype: "float32", complex: true }), "bad-argument");
    await rejection(ferry.encode({ data: Int16Array.of(1, 2), complex: true }), "size-mismatch");
    await rejection(ferry.encode({ data: Float32Array.of(1, 2, 3), complex: true }), "size-mismatch");
    await rejection(ferry.encode({ data: new Uint8Array(5), dtype: "V4" }), "size-mismatch");
    await rejection(ferry.encode({ fields: { a: records.a, b: Int8Array.of(1) } }), "size-mismatch");
  });

  it("makes an .npy, little-endian, of a typed array if nothing else is said", async () => {
    const array = await ferry.decode(await ferry.encode(Float32Array.of(1.5, -2)));
    equal([[...array.data], array.source.format, array.dtype, array.shape], [[1.5, -2], "npy", "float32", [2]]);
  });

  it("takes a part of a buffer, and only that", async () => {
    const whole = Int16Array.of(1, 2, 3, 4, 5);
    const bytes = await ferry.encode(whole.subarray(1, 4), { format: "raw", byteOrder: "big" });
    equal([...new Uint8Array(bytes)], [0, 2, 0, 3, 0, 4]);
    equal([...whole], [1, 2, 3, 4, 5], "the whole");
  });

  it("takes an array that went through structuredClone, and one whose numbers were changed", async () => {
    const array = structuredClone(await ferry.decode(await ferry.encode(Float64Array.of(1, 2, 3)), { to: "float32", casting: "exact" }));
    array.data[1] = 7;
    equal([...(await ferry.decode(await ferry.encode(array, { byteOrder: "big" }))).data], [1, 7, 3]);
  });
});

/** Whether a case says what becomes of an array that is neither cast nor refused. */
function comesBack({ source: [start, end], options: { to, casting, strict }, expect: { error, settles } }) {
  return !(error || settles || to || casting || strict) && end - start <= LARGE;
}

/** Encodes what a case decodes to in every format and byte order, and decodes that. */
async function andBack(ferry, { group, title }, one, span) {
  if (!comesBack(one) || !supported(one)) return false;
  const { options } = one;
  const source = span(one.source);
  const array = await ferry.decode(source, options);
  const { fields, replaced, nan } = one.expect;
  for (const byteOrder of group === "layout" ? ["big"] : [undefined, "little", "big"]) {
    const kept = expected(one.expect, byteOrder);
    for (const format of ["npy", "frame", "raw"]) {
      // A container says C of what is both; of raw bytes, the test itself says what it is.
      const tree = format === "raw" ? kept : asC(kept);
      // Of records, raw bytes say nothing, and the page doesn't know how they lie.
      if (format === "raw" && fields) continue;
      const bytes = await ferry.encode(array, { format, byteOrder, checksum: true, name: "", sequence: 0 });
      const told = format === "raw" ? { dtype: typeString(array.dtype, byteOrder), shape: array.shape, order: array.order } : {};
      compare(await ferry.decode(bytes, { ...told, strict: true }), tree, span, `${byteOrder} ${format}`);
    }
    const name = NARROW[title];
    for (const format of name && !fields ? ["frame", "raw"] : []) {
      const bytes = await ferry.encode(array, { format, byteOrder, dtype: name, casting: "exact" });
      const mark = byteOrder === "big" ? ">" : "";
      const told = format === "raw" ? { dtype: mark + (name === "float16" ? "f2" : name), shape: array.shape, order: array.order } : {};
      // A type of one byte has no order.
      const tree = format === "raw" ? kept : asC(kept);
      const narrow = name.startsWith("float8") ? { ...tree, byteOrder: null } : tree;
      compare(await ferry.decode(bytes, told), narrow, span, `${byteOrder} ${format} of ${name}`);
    }
  }
  // The same bytes as they came in, wherever the page has all that was in them.
  const { format } = one.expect.source ?? {};
  if (format && !fields && !replaced && !nan && !options.offset && !options.strides && !options.layout && one.expect.trailing === 0) {
    const byteOrder = one.expect.byteOrder ?? undefined;
    const same = await ferry.encode(array, { format, byteOrder, checksum: true, name: "", sequence: 0 });
    equalBytes(same, source, `the ${format} it came from`);
  }
  compare(array, one.expect, span, "it, encoded");
}

/** The tree of an array that is contiguous both ways, as C; any other as it is. */
function asC(tree) {
  const both = tree.size === 0 || tree.shape.filter((length) => length !== 1).length < 2;
  if (!both || !tree.strides) return tree;
  const fields = tree.fields && { fields: Object.fromEntries(Object.entries(tree.fields).map(([name, field]) => [name, asC(field)])) };
  const strides = tree.shape.map((_, axis) => (tree.size ? tree.itemsize * tree.shape.slice(axis + 1).reduce((a, b) => a * b, 1) : 0));
  return { ...tree, ...fields, order: "C", strides };
}

/** The tree of what was decoded, encoded and decoded again. */
function expected({ replaced, name, source, trailing, ...tree }, byteOrder) {
  if (tree.fields) {
    // Padding is not kept.
    for (const key of ["dtype", "itemsize", "strides", "nbytes"]) delete tree[key];
    return { ...tree, fields: Object.fromEntries(Object.entries(tree.fields).map(([name, field]) => [name, expected(field, byteOrder)])) };
  }
  const { byteOrder: _, ...rest } = tree;
  const ordered = tree.itemsize > 1 && !(tree.dtype.startsWith("bytes") || tree.dtype.startsWith("void"));
  return byteOrder && tree.dtype !== "str" ? { ...rest, byteOrder: ordered ? byteOrder : null } : rest;
}

/** The type string of a dtype that isn't structured. */
function typeString(dtype, byteOrder) {
  const mark = byteOrder === "big" ? ">" : "<";
  const [, time, unit] = /^(datetime|timedelta)64(.*)$/.exec(dtype) ?? [];
  if (time) return `${mark}${time === "datetime" ? "M8" : "m8"}${unit}`;
  const [, name, bits] = /^([a-z]+)(\d*)$/.exec(dtype);
  const code = { int: "i", uint: "u", float: "f", complex: "c", bytes: "S", str: "U", void: "V" }[name];
  return name === "bool" ? "|b1" : `${/[SV]/.test(code) ? "|" : mark}${code}${Number(bits) / (code === "U" ? 32 : 8)}`;
}

/** A typed array or a plain object, as a case describes it. */
function make({ constructor, object, strings }, bytes) {
  const data = strings ?? new globalThis[constructor](bytes.slice().buffer);
  return object ? { ...object, data } : data;
}
