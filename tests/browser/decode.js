// decode: what comes out, whose memory it is, and what is left as it was.
import { NdArray } from "../dist/byteferry.js";
import { equal, equalBytes, ferryOf, npy, ok, write } from "./support.js";

const NUMBERS = [1.5, -2.25, 0, 3e10, -0];

describe("decode", () => {
  const ferry = ferryOf();

  it("moves a whole ArrayBuffer there and back, and allocates no second one", async () => {
    const buffer = write("Float32", NUMBERS);
    const array = await ferry.decode(buffer, { dtype: ">f4" });
    equal(buffer.byteLength, 0, "byteLength of the buffer that was moved");
    ok(array instanceof NdArray && array.data instanceof Float32Array, "an NdArray of a Float32Array");
    equal([...array.data].map(Object.is.bind(null, -0)), [false, false, false, false, true], "-0");
    equal([...array.data], [...new Float32Array(NUMBERS)]);
    equal([array.stats.plan, array.stats.allocated], ["in-place", 0]);
    equal([array.data.byteOffset, array.data.buffer.byteLength], [0, 20], "place in the buffer");
  });

  it("detaches the buffer at once, whether or not the worker runs yet", async () => {
    const cold = ferryOf();
    for (const one of [cold, ferry]) {
      const buffer = write("Int16", [1, 2, 3]);
      const pending = one.decode(buffer, { dtype: ">i2" });
      equal(buffer.byteLength, 0, "byteLength right after the call");
      equal([...(await pending).data], [1, 2, 3]);
    }
  });

  it("says what the array is", async () => {
    const array = await ferry.decode(write("Int16", [1, 2, 3, 4, 5, 6]), { dtype: ">i2", shape: [2, 3] });
    const { shape, strides, order, dtype, byteOrder, itemsize, size, nbytes, trailing, source } = array;
    equal({ shape, strides, order, dtype, byteOrder, itemsize, size, nbytes, trailing }, {
      shape: [2, 3], strides: [6, 2], order: "C", dtype: "int16", byteOrder: "big", itemsize: 2, size: 6, nbytes: 12, trailing: 0,
    });
    equal(source, { format: "raw", dtype: ">i2", offset: 0 });
    const copy = structuredClone({ ...array });
    equal([copy.shape, copy.dtype, [...copy.data]], [[2, 3], "int16", [1, 2, 3, 4, 5, 6]], "a structured clone");
    const { milliseconds } = array.stats;
    for (const name of ["total", "wait", "header", "convert"]) ok(milliseconds[name] >= 0, `${name} is ${milliseconds[name]}`);
  });

  it("keeps Fortran order, with its strides", async () => {
    const array = await ferry.decode(write("Float64", [1, 2, 3, 4, 5, 6]), { dtype: ">f8", shape: [2, 3], order: "F" });
    equal([array.order, array.strides, [...array.data]], ["F", [8, 16], [1, 2, 3, 4, 5, 6]]);
  });

  it("views an array in native order where it lies", async () => {
    const array = await ferry.decode(npy("'<f4'", "(3,)", write("Float32", [1, 2, 3], true)));
    equal([array.stats.plan, array.stats.allocated, array.data.byteOffset % 64, [...array.data]], ["view", 0, 0, [1, 2, 3]]);
    equal(array.source.offset, array.data.byteOffset);
  });

  it("moves a misaligned payload to where a typed array may begin, in its own buffer", async () => {
    for (const [dtype, little] of [[">f8", false], ["<f8", true]]) {
      for (let offset = 0; offset < 9; offset++) {
        const input = new Uint8Array(offset + 24);
        input.set(new Uint8Array(write("Float64", [1.5, 2.5, 3.5], little)), offset);
        const array = await ferry.decode(input.buffer, { dtype, offset });
        equal([[...array.data], array.stats.allocated], [[1.5, 2.5, 3.5], 0], `${dtype} at ${offset}`);
      }
    }
  });

  it("widens into a second buffer, and says how large that is", async () => {
    const array = await ferry.decode(write("Int16", [1, -2, 3]), { dtype: ">i2", to: "float32" });
    equal([[...array.data], array.dtype, array.stats.plan, array.stats.allocated], [[1, -2, 3], "float32", "into", 12]);
    const half = await ferry.decode(write("Uint16", [0x3c00, 0xc000, 0x0001]), { dtype: ">f2" });
    equal([[...half.data], half.dtype], [[1, -2, 2 ** -24], "float32"], "float16 is float32 unless asked otherwise");
  });

  it("makes bools of whatever isn't 0", async () => {
    const array = await ferry.decode(new Uint8Array([0, 1, 2, 255]).buffer, { dtype: "?" });
    equal([[...array.data], array.dtype, array.byteOrder], [[0, 1, 1, 1], "bool", null]);
  });

  it("has 64-bit integers as BigInts, or as asked", async () => {
    const numbers = [1n, -(2n ** 40n), 2n ** 53n];
    equal([...(await ferry.decode(write("BigInt64", numbers), { dtype: ">i8" })).data].map(String), numbers.map(String));
    equal([...(await ferry.decode(write("BigInt64", numbers), { dtype: ">i8", to: "float64" })).data], numbers.map(Number));
  });

  it("has complex numbers interleaved, each part swapped by itself, and dates as their counts", async () => {
    const complex = await ferry.decode(write("Float32", [1, 2, 3, -4]), { dtype: ">c8" });
    equal([[...complex.data], complex.dtype, complex.shape, complex.itemsize, complex.strides], [[1, 2, 3, -4], "complex64", [2], 8, [8]]);
    const dates = await ferry.decode(write("BigInt64", [0n, -(2n ** 63n)]), { dtype: ">M8[s]" });
    equal([...dates.data].map(String).concat(dates.source.dtype), ["0", "-9223372036854775808", ">M8[s]"]);
  });

  it("takes empty and 0-dimensional arrays", async () => {
    const empty = await ferry.decode(new ArrayBuffer(0), { dtype: ">f4" });
    equal([empty.shape, empty.size, empty.data.length], [[0], 0, 0]);
    const none = await ferry.decode(npy("'>f4'", "(0, 3)", new ArrayBuffer(0)));
    equal([none.shape, none.size], [[0, 3], 0]);
    const scalar = await ferry.decode(npy("'>f4'", "()", write("Float32", [2.5])));
    equal([scalar.shape, scalar.strides, scalar.size, [...scalar.data]], [[], [], 1, [2.5]]);
  });

  it("reads .npy 1.0, 2.0 and 3.0", async () => {
    for (const version of [1, 2, 3]) {
      const array = await ferry.decode(npy("'>i4'", "(2, 2)", write("Int32", [1, 2, 3, -4]), { version, fortran: version === 2 }));
      equal([array.source.format, array.shape, array.order, [...array.data]], ["npy", [2, 2], version === 2 ? "F" : "C", [1, 2, 3, -4]]);
    }
  });

  it("leaves views, Blobs and shared memory as they were", async () => {
    const bytes = new Uint8Array(write("Int16", [0, 1, 2, 3]));
    const before = bytes.slice();
    const view = await ferry.decode(bytes.subarray(2, 6), { dtype: ">i2" });
    equal([...view.data], [1, 2]);
    equal([...(await ferry.decode(new DataView(bytes.buffer, 2), { dtype: ">i2" })).data], [1, 2, 3]);
    equal([...(await ferry.decode(new Blob([bytes]), { dtype: ">i2" })).data], [0, 1, 2, 3]);
    equal([...(await ferry.decode(bytes.buffer, { dtype: ">i2", transfer: false })).data], [0, 1, 2, 3]);
    equalBytes(bytes, before);
    if (!globalThis.SharedArrayBuffer) throw new Error("the test page is not cross-origin isolated");
    const shared = new Uint8Array(new SharedArrayBuffer(8));
    shared.set(before);
    const array = await ferry.decode(shared.buffer, { dtype: ">i2" });
    equal([[...array.data], array.data.buffer instanceof ArrayBuffer], [[0, 1, 2, 3], true]);
    equal([...(await ferry.decode(shared.subarray(2), { dtype: ">i2" })).data], [1, 2, 3], "a view on shared memory");
    equalBytes(shared, before);
  });

  it("moves a view's buffer when told to", async () => {
    const bytes = new Uint8Array(write("Int16", [7, 1, 2, 3]));
    const array = await ferry.decode(bytes.subarray(2, 6), { dtype: ">i2", transfer: true });
    equal([[...array.data], bytes.byteLength, array.stats.allocated], [[1, 2], 0, 0]);
  });

  it("does many at once, each its own", async () => {
    const arrays = await Promise.all(
      Array.from({ length: 200 }, (_, i) => ferry.decode(write("Uint32", [i, i + 1]), { dtype: ">u4" })),
    );
    arrays.forEach((array, i) => equal([...array.data], [i, i + 1]));
  });

  it("keeps wasm memory at 2 MiB or less for 512 MiB", async function () {
    const length = 512 * 2 ** 20;
    const buffer = new ArrayBuffer(length);
    new DataView(buffer).setFloat32(length - 4, 1.5);
    const array = await ferry.decode(buffer, { dtype: ">f4" });
    equal([array.data.length, array.data.at(-1), array.stats.allocated], [length / 4, 1.5, 0]);
    ok(array.stats.wasmMemory <= 2 * 2 ** 20, `wasm memory is ${array.stats.wasmMemory}`);
    this.test.notes = [`${array.stats.wasmMemory / 2 ** 20} MiB of wasm memory`];
  });

  it("converts in place by large tiles, and by small ones in two of 32 jobs, to the same numbers", async () => {
    const busy = ferryOf({ workers: 1 });
    const length = 2 ** 20 + 3;
    const numbers = Uint32Array.from({ length }, (_, i) => (i + 1) * 2654435761);
    const payload = new Uint8Array(write("Uint32", numbers));
    // Jobs 8, 9, 40, 41, 72 and 73: each offset comes to be one's of these.
    const offsets = [0, 1, 6, 100, 64];
    for (let job = 0; job < 80; job++) {
      const offset = offsets[job % offsets.length];
      const bytes = new Uint8Array(offset + payload.length);
      bytes.set(payload, offset);
      const { stats, data } = await busy.decode(bytes.buffer, { dtype: ">u4", offset });
      equal([stats.plan, stats.allocated], ["in-place", 0]);
      equalBytes(data, numbers);
    }
  });
});
