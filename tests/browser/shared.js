// Shared memory as the result's home: in place or not, by one worker or by several, against DataView.
import { equal, equalBytes, ferryOf, ok, rejection } from "./support.js";

const SCRIPT = new URL("../dist/byteferry-worker.full.js", import.meta.url).href;
const HEAD = 128;

/** An .npy in shared memory, its numbers written by DataView. */
function npy(descr, type, numbers, { skip = 0, count = numbers.length } = {}) {
  const itemsize = Number(descr.slice(2));
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${count},), }`.padEnd(HEAD - 11) + "\n";
  const memory = new SharedArrayBuffer(skip + HEAD + itemsize * numbers.length);
  const view = new DataView(memory, skip);
  [0x93, ..."NUMPY"].forEach((it, i) => view.setUint8(i, typeof it === "string" ? it.charCodeAt(0) : it));
  view.setUint8(6, 1);
  view.setUint16(8, HEAD - 10, true);
  [...text].forEach((it, i) => view.setUint8(10 + i, it.charCodeAt(0)));
  for (let i = 0; i < numbers.length; i++) view[`set${type}`](HEAD + i * itemsize, numbers[i], descr[0] === "<");
  return memory;
}

/** Raw numbers in shared memory. */
function raw(type, itemsize, length, number, little = false) {
  const memory = new SharedArrayBuffer(itemsize * length);
  const view = new DataView(memory);
  for (let i = 0; i < length; i++) view[`set${type}`](i * itemsize, number(i), little);
  return memory;
}

const at = (i) => (i * 7919) % 30011;

describe("shared memory", () => {
  const several = ferryOf({ workers: 3, workerUrl: SCRIPT });
  const one = ferryOf({ workers: 1, workerUrl: SCRIPT });

  for (const [type, itemsize, dtype] of [
    ["Int8", 1, "i1"],
    ["Int16", 2, ">i2"],
    ["Uint16", 2, "<u2"],
    ["Int32", 4, ">i4"],
    ["Float32", 4, ">f4"],
    ["Float64", 8, ">f8"],
    ["Float64", 8, "<f8"],
  ]) {
    // The larger is divided, with a rest; the smaller is not.
    for (const length of [0, 1, 1000, 1_500_001]) {
      it(`${dtype}, ${length} of them, where they lie`, async () => {
        const memory = raw(type, itemsize, length, at, dtype[0] === "<");
        const array = await several.decode(memory, { dtype, into: memory });
        ok(array.data.buffer === memory, "the result lies elsewhere");
        equal(array.data.length, length);
        const expected = new globalThis[`${type}Array`](length);
        for (let i = 0; i < length; i++) expected[i] = at(i);
        equalBytes(array.data, expected);
        equal(array.stats.allocated, 0, "allocated");
      });
    }
  }

  it("widened into other memory, by one worker and by several", async () => {
    const length = 1_000_003;
    for (const ferry of [one, several]) {
      const memory = raw("Int16", 2, length, at);
      const before = new Uint8Array(memory).slice();
      const into = new SharedArrayBuffer(8 * length + 24);
      const array = await ferry.decode(memory, { dtype: ">i2", to: "float64", into });
      ok(array.data.buffer === into, "the result lies elsewhere");
      equal(array.data.length, length);
      const view = new DataView(memory);
      for (let i = 0; i < length; i++) if (array.data[i] !== view.getInt16(2 * i)) throw new Error(`element ${i} is ${array.data[i]}`);
      equalBytes(memory, before, "the source");
    }
  });

  it("an .npy, anywhere in its memory, with bytes behind it; unless its numbers lie misaligned", async () => {
    const numbers = Array.from({ length: 700_000 }, (_, i) => at(i));
    for (const skip of [0, 8, 3]) {
      const memory = npy(">f4", "Float32", numbers, { skip, count: numbers.length - 5 });
      if (skip === 3) {
        const error = await rejection(several.decode(new Uint8Array(memory, skip), { into: memory }), "bad-argument");
        ok(error.message.includes("misaligned, at byte 131"), error.message);
        continue;
      }
      const array = await several.decode(new Uint8Array(memory, skip), { into: memory });
      ok(array.data.buffer === memory, "the result lies elsewhere");
      equal(array.shape, [numbers.length - 5]);
      equal(array.trailing, 20, "bytes behind it");
      for (let i = 0; i < array.size; i++) if (array.data[i] !== numbers[i]) throw new Error(`skip ${skip}: element ${i} is ${array.data[i]}`);
    }
  });

  it("what is as it should be is left alone, or copied", async () => {
    const memory = npy("<f8", "Float64", [1, 2, 3]);
    const same = await several.decode(memory, { into: memory });
    equal([...same.data], [1, 2, 3]);
    equal(same.data.byteOffset, HEAD);
    const into = new SharedArrayBuffer(24);
    equal([...(await several.decode(memory, { into })).data], [1, 2, 3]);
    equal([...new Float64Array(into)], [1, 2, 3]);
  });

  it("divided among as many workers as there may be, whatever others run already", async () => {
    const made = [];
    const ferry = ferryOf({ workers: 2, createWorker: (script) => (made.push(script), new Worker(`../dist/${script}`)) });
    await Promise.all([1, 2].map(() => ferry.decode(new ArrayBuffer(2 ** 20), { dtype: ">f4" })));
    const memory = raw("Float32", 4, 1_000_000, at);
    await ferry.decode(memory, { dtype: ">f4", into: memory });
    equal(made, ["byteferry-worker.js", "byteferry-worker.js", "byteferry-worker.full.js", "byteferry-worker.full.js"]);
    await Promise.all([1, 2, 3].map(() => ferry.decode(new ArrayBuffer(2 ** 20), { dtype: ">f4" })));
    equal(made.length, 4, "workers, more than are asked for");
  });

  it("divided, however many workers are asked for", async () => {
    for (const workers of [1.5, 2.5, NaN, "2"]) {
      const ferry = ferryOf({ workers });
      const [memory, into] = [raw("Float32", 4, 400_000, at), new SharedArrayBuffer(1_600_000)];
      const { data } = await ferry.decode(memory, { dtype: ">f4", into });
      equal(data.findIndex((number, i) => number !== at(i)), -1, `first that is wrong, of ${workers} workers`);
      ferry.close();
    }
  });

  it("what is refused changes nothing", async () => {
    const length = 1_000_000;
    const memory = raw("BigInt64", 8, length, (i) => (i === 999_999 ? 2n ** 53n + 1n : BigInt(i)));
    const before = new Uint8Array(memory).slice();
    const error = await rejection(several.decode(memory, { dtype: ">i8", to: "float64", into: memory }), "precision-loss");
    equal(error.index, 999_999);
    equalBytes(memory, before);
    const lossy = { dtype: ">i8", to: "float64", into: new SharedArrayBuffer(8 * length) };
    equal((await rejection(several.decode(memory, lossy), "precision-loss")).index, 999_999);
    const floats = raw("Float32", 4, 4, at);
    await rejection(several.decode(floats, { dtype: ">f4", to: "float64", into: floats }), "bad-argument");
    await rejection(several.decode(floats, { dtype: ">f4", into: new SharedArrayBuffer(15) }), "bad-argument");
    await rejection(several.decode(floats, { dtype: ">f4", into: new ArrayBuffer(16) }), "bad-argument");
    await rejection(several.decode(floats, { dtype: ">f4", shape: [5], into: floats }), "truncated|size-mismatch");
    await rejection(several.decode(raw("Uint8", 1, 8, () => 65), { dtype: "S4", into: floats }), "bad-argument");
    await rejection(several.decode(new ArrayBuffer(16), { dtype: ">f4", into: floats }), "bad-argument");
    await rejection(several.decode(new Response(new ArrayBuffer(16)), { dtype: ">f4", into: floats }), "bad-argument");
    for (const into of [floats, new SharedArrayBuffer(16)]) await rejection(several.decode(floats, { dtype: "[('a', '>f4'), ('b', '<i4')]", into }), "bad-argument");
    equal([...(await several.decode(floats, { dtype: ">f4", into: floats })).data], [at(0), at(1), at(2), at(3)]);
  });
});
