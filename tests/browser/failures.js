// What is refused, by which code, and that the buffer comes back as it was.
import { equal, equalBytes, ferryOf, npy, ok, rejection, text, write } from "./support.js";

const four = write("Float32", [1, 2, 3, 4]);
const good = () => npy("'>f4'", "(4,)", four);
const patched = (patch) => {
  const bytes = new Uint8Array(good());
  patch(bytes, new DataView(bytes.buffer));
  return bytes.buffer;
};

// what it is, the bytes, options, code, and what the error must say
const TABLE = [
  ["nothing at all", new ArrayBuffer(0), {}, "truncated"],
  ["four bytes", text("\x93NUM".slice(1)), {}, "truncated"],
  ["something else", text("no array at all, but a text"), {}, "bad-magic"],
  ["HTML", text("<!doctype html><html><body>404</body></html>"), {}, "bad-magic", { message: /HTML/ }],
  ["JSON", text('{"error": "not found", "status": 404}'), {}, "bad-magic", { message: /JSON/ }],
  ["a zip", new Uint8Array([0x50, 0x4b, 3, 4, 20, 0, 0, 0, 8, 0]).buffer, {}, "bad-magic", { message: /zip/i }],
  ["HDF5", new Uint8Array([0x89, 0x48, 0x44, 0x46, 13, 10, 26, 10, 0, 0]).buffer, {}, "bad-magic", { message: /HDF5/ }],
  ["gzip", new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]).buffer, {}, "bad-magic", { message: /gzip/ }],
  ["an .npy of version 4", patched((bytes) => (bytes[6] = 4)), {}, "bad-header"],
  ["a header cut short", good().slice(0, 40), {}, "truncated", { actual: 40 }],
  ["a header longer than the file", patched((_, view) => view.setUint16(8, 50000, true)), {}, "truncated"],
  ["a header of FFFFFFFF bytes", patched((bytes, view) => ((bytes[6] = 2), view.setUint32(8, 0xffffffff, true))), {}, "truncated|bad-header"],
  ["a header that is no dict", npy("", "", four, { header: "[1, 2, 3]" }), {}, "bad-header"],
  ["a header that is code", npy("", "", four, { header: "{'descr': exit(), 'fortran_order': False, 'shape': (4,)}" }), {}, "bad-header"],
  ["a header without shape", npy("", "", four, { header: "{'descr': '>f4', 'fortran_order': False}" }), {}, "bad-header"],
  ["a key twice", npy("", "", four, { header: "{'descr': '>f4', 'descr': '>f4', 'fortran_order': False, 'shape': (4,)}" }), {}, "bad-header"],
  ["3000 brackets", npy("[".repeat(3000), "(4,)", four), {}, "bad-header"],
  ["a negative axis", npy("'>f4'", "(-4,)", four), {}, "bad-header"],
  ["a shape that is no tuple", npy("'>f4'", "4.5", four), {}, "bad-header"],
  ["a shape whose product is over 2^53", npy("'>f4'", "(4294967296, 4294967296, 4294967296)", four), {}, "too-large"],
  ["a shape whose product passes 2^64", npy("'>f4'", "(4611686018427387904, 4)", four), {}, "too-large"],
  ["(0, huge)", npy("'>f4'", "(0, 18446744073709551615)", new ArrayBuffer(0)), {}, "too-large|bad-header"],
  ["a shape over memory", npy("'>f4'", "(1000000, 1000000)", four), {}, "truncated", { expected: 4e12, actual: 16 }],
  ["a body one byte short", good().slice(0, -1), {}, "truncated", { expected: 16, actual: 15 }],
  ["a body too long, strict", npy("'>f4'", "(3,)", four), { strict: true }, "size-mismatch", { expected: 12, actual: 16 }],
  ["an unknown dtype", npy("'<x4'", "(4,)", four), {}, "unsupported-dtype"],
  ["an object dtype", npy("'|O'", "(4,)", four), {}, "unsupported-dtype", { message: /pickle/ }],
  ["an object in a record", npy("[('a', '|O')]", "(2,)", four), {}, "unsupported-dtype", { message: /pickle/ }],
  ["a type without a name", npy("'<V2'", "(8,)", four), {}, "unsupported-dtype", { message: /bfloat16/ }],
  ["raw data without a dtype", four, { format: "raw" }, "bad-argument"],
  ["raw data of half an element", new ArrayBuffer(7), { dtype: ">f4" }, "size-mismatch", { actual: 7 }],
  ["raw data too short for its shape", four, { dtype: ">f4", shape: [5] }, "truncated", { expected: 20, actual: 16, message: /4 x 5 = 20 bytes, the buffer has 16/ }],
  ["an offset beyond the end", four, { dtype: ">f4", offset: 17 }, "truncated"],
  ["an unknown format", four, { format: "fits" }, "bad-argument"],
  ["a dtype that is none", four, { dtype: "float33" }, "unsupported-dtype"],
  ["a shape of text", four, { dtype: ">f4", shape: ["a"] }, "bad-argument"],
  ["a shape of fractions", four, { dtype: ">f4", shape: [1.5] }, "bad-argument"],
  ["a big-endian target", four, { dtype: ">f4", to: ">f8" }, "bad-argument"],
  ["a casting that is none", four, { dtype: ">f4", casting: "brave" }, "bad-argument"],
  ["an option that there isn't", four, { dtype: ">f4", stride: [8] }, "bad-argument", { message: /stride/, moved: false }],
  ["an unsafe cast", four, { dtype: ">f4", to: "int16" }, "unsafe-cast", { message: /exact/ }],
  ["a value that doesn't survive", write("Float32", [1, 2.5]), { dtype: ">f4", to: "int16", casting: "exact" }, "precision-loss", { index: 1, value: 2.5 }],
  ["an int64 beyond float64", write("BigInt64", [1n, 9007199254740993n]), { dtype: ">i8", to: "float64" }, "precision-loss", { index: 1, value: 9007199254740993n }],
  ["a bool of 2, strict", new Uint8Array([1, 2]).buffer, { dtype: "?", strict: true }, "precision-loss", { index: 1 }],
];

describe("bad input", () => {
  const ferry = ferryOf();

  for (const [what, bytes, options, codes, { moved = true, ...details } = {}] of TABLE) {
    it(`${what}: ${codes}`, async () => {
      const buffer = bytes.slice(0);
      const pending = ferry.decode(buffer, options);
      equal(buffer.byteLength, moved ? 0 : bytes.byteLength, "byteLength of what was handed over");
      const error = await rejection(pending, codes);
      equalBytes(moved ? error.buffer : buffer, bytes, "the buffer that came back");
      ok(error.message.length > 10 && error.name === "FerryError", error.message);
      for (const [name, value] of Object.entries(details)) {
        if (value instanceof RegExp) ok(value.test(error[name]), `${name} is ${error[name]}`);
        else equal(error[name], value, name);
      }
    });
  }

  it("goes on with good input afterwards", async () => {
    equal([...(await ferry.decode(good())).data], [1, 2, 3, 4]);
  });

  it("tells what is left over behind an array", async () => {
    const array = await ferry.decode(npy("'>f4'", "(3,)", four));
    equal([[...array.data], array.trailing], [[1, 2, 3], 4]);
  });

  it("a frame: cut, of another version, with a wrong checksum", async () => {
    const frame = async () => (await fetch(`${new URLSearchParams(location.search).get("backend")}?name=co2&format=frame`)).arrayBuffer();
    const array = await ferry.decode(await frame());
    equal([array.source.format, array.name, array.dtype], ["frame", "co2", "float32"]);
    const cases = [
      ["truncated", (bytes) => bytes.slice(0, 20)],
      ["truncated", (bytes) => bytes.slice(0, -100)],
      ["bad-header", (bytes) => bytes.with(4, 9)],
      ["bad-header", (bytes) => bytes.with(5, 0x80)],
      ["checksum", (bytes) => bytes.with(bytes.length - 70, bytes[bytes.length - 70] ^ 1)],
    ];
    for (const [code, change] of cases) {
      const changed = change(new Uint8Array(await frame()));
      const error = await rejection(ferry.decode(changed.slice().buffer), code);
      equalBytes(error.buffer, changed, "the frame that came back");
    }
    const wrong = cases.at(-1)[1](new Uint8Array(await frame()));
    equal((await ferry.decode(wrong.buffer, { checksum: false })).dtype, "float32", "unchecked");
  });

  it("a detached buffer, and the same buffer twice", async () => {
    const buffer = four.slice(0);
    const view = new Uint8Array(buffer);
    const first = ferry.decode(buffer, { dtype: ">f4" });
    await rejection(ferry.decode(buffer, { dtype: ">f4" }), "detached");
    await rejection(ferry.decode(view, { dtype: "u1" }), "detached");
    equal([...(await first).data], [1, 2, 3, 4]);
  });

  it("a result larger than this browser moves: too-large, before anything is allocated", async () => {
    // Only Chromium has such a limit; elsewhere this would be 2.3 GB of work.
    if (!/Chrom/.test(navigator.userAgent)) return;
    const length = 280 * 2 ** 20;
    const error = await rejection(ferry.decode(new ArrayBuffer(length), { dtype: "u1", to: "float64" }), "too-large");
    equal([error.buffer.byteLength, error.actual, error.expected], [length, 8 * length, 2145386496]);
  });

  it("a buffer larger than this browser moves: too-large, before it is moved", async () => {
    if (!/Chrom/.test(navigator.userAgent)) return;
    const buffer = new ArrayBuffer(2145386500);
    const error = await rejection(ferry.decode(buffer, { dtype: ">f4" }), "too-large");
    equal([error.buffer === buffer, buffer.byteLength], [true, 2145386500]);
  });

  it("what is no buffer", async () => {
    for (const input of [undefined, null, "text", 5, {}, [1, 2]]) await rejection(ferry.decode(input), "bad-argument");
  });

  const nested = (/** @type {number} */ depth, /** @type {(to: any) => any} */ within) => {
    let to = "float64";
    for (let at = 0; at < depth; at++) to = within(to);
    return to;
  };

  it("`to` that is nested, however deep", async () => {
    for (const depth of [1, 30, 98, 99, 200, 1500, 3000, 4000, 20_000]) {
      for (const within of [(to) => ({ a: to }), (to) => [to], (to) => ({ a: [to, { b: 1 }] })]) {
        const buffer = four.slice(0);
        const error = await rejection(ferry.decode(buffer, { dtype: ">f4", to: nested(depth, within), timeout: 20_000 }), "bad-argument");
        equalBytes(error.buffer ?? buffer, four, `${depth} deep`);
      }
    }
    // As deep as that may be, and wide.
    const fields = Array.from({ length: 300 }, (_, index) => `field${index}`);
    const dtype = `[${fields.map((name) => `('${name}', [('a', '>i2')])`)}]`;
    const to = Object.fromEntries(fields.map((name) => [name, { a: Float32Array }]));
    const array = await ferry.decode(new Uint8Array(600).fill(1).buffer, { dtype, to });
    equal([...array.fields.field299.fields.a.data], [257]);
  });

  it("`to` that is no dtype: it is not passed over", async () => {
    for (const to of [NaN, Infinity, 0, 5, 5n, true, false, "", Symbol("float32"), [], [Float32Array], DataView, Date]) {
      await rejection(ferry.decode(four.slice(0), { dtype: ">f4", to }), "bad-argument|unsupported-dtype");
    }
  });

  it("any option that is nested, however deep, or goes round in a circle", async () => {
    const circle = [];
    circle.push(circle);
    const deep = [30, 98, 99, 1500, 20_000].map((depth) => nested(depth, (to) => [to]));
    for (const wrong of [...deep, circle]) {
      for (const name of ["shape", "strides", "dtype", "offset", "layout"]) {
        const buffer = four.slice(0);
        const error = await rejection(ferry.decode(buffer, { dtype: ">f4", [name]: wrong }), "bad-argument");
        equalBytes(error.buffer ?? buffer, four, `with ${name}`);
      }
    }
    // No server is asked.
    for (const wrong of [...deep.slice(2), circle]) {
      await rejection(ferry.fetch("/stall", { shape: wrong }), "bad-argument");
      await rejection(ferry.encode(Float32Array.of(1), { dtype: wrong }), "bad-argument");
      await rejection((async () => ferry.frames("/stall", { slow: wrong }).next())(), "bad-argument");
    }
  });

  it("an array to encode of which the shape, or the names, are nested, however deep, or go round in a circle", async () => {
    const circle = [];
    circle.push(circle);
    const data = Float32Array.of(1);
    for (const wrong of [...[99, 1500, 20_000].map((depth) => nested(depth, (to) => [to])), circle]) {
      for (const array of [{ data, shape: wrong }, { data, dtype: wrong }, { names: wrong, fields: { a: { data } } }, { fields: { a: { data, shape: wrong } } }]) {
        await rejection(ferry.encode(array), "bad-argument");
      }
    }
  });

  it("a dtype that this browser has no array for", async () => {
    if (globalThis.Float16Array) return;
    await rejection(ferry.decode(new ArrayBuffer(2), { dtype: ">f2", to: "float16" }), "unsupported-dtype");
  });
});

describe("abort, timeout, close", () => {
  const ferry = ferryOf();
  const isAbort = (promise) => promise.then(() => ok(false, "resolved"), (error) => equal(error.name, "AbortError"));

  it("refuses before anything moves where the signal is aborted already", async () => {
    const buffer = four.slice(0);
    await isAbort(ferry.decode(buffer, { dtype: ">f4", signal: AbortSignal.abort() }));
    equal(buffer.byteLength, 16, "byteLength");
    await isAbort(ferry.fetch("index.html", { signal: AbortSignal.abort() }));
  });

  it("frees only its own job", async () => {
    const controller = new AbortController();
    const jobs = [1, 2, 3].map((n) => ferry.decode(write("Int32", [n]), { dtype: ">i4", signal: n === 2 ? controller.signal : undefined }));
    controller.abort();
    await isAbort(jobs[1]);
    equal([...(await jobs[0]).data, ...(await jobs[2]).data], [1, 3]);
  });

  it("gives up after its timeout, and goes on", async () => {
    const error = await rejection(ferry.fetch("/stall", { timeout: 200 }), "timeout", 5000);
    ok(/200 ms/.test(error.message), error.message);
    equal([...(await ferry.decode(good())).data], [1, 2, 3, 4]);
  });

  it("rejects what is pending when closed, and everything afterwards", async () => {
    const closing = ferryOf();
    const pending = closing.decode(four.slice(0), { dtype: ">f4" });
    closing.close();
    equal((await rejection(pending, "closed")).buffer?.byteLength, 16, "the buffer, which the worker never had");
    await rejection(closing.decode(four.slice(0), { dtype: ">f4" }), "closed");
    await rejection(closing.fetch("index.html"), "closed");
    await rejection(closing.ready(), "closed");
    closing.close();
  });
});
