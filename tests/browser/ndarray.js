// What an NdArray has beyond its properties: one element, lists of lists, and strides that others count in.
import { NdArray } from "../dist/byteferry.js";
import { equal, ferryOf, ok, rejection, write } from "./support.js";

/** A value as NumPy's `tolist` has it, so that lists can be compared. */
const plain = (value) =>
  typeof value === "bigint" ? `${value}n` : ArrayBuffer.isView(value) ? `bytes ${[...value]}` : Array.isArray(value) ? value.map(plain) : value && typeof value === "object" ? Object.fromEntries(Object.entries(value).map(([name, part]) => [name, plain(part)])) : value;

/** Every index of a shape, the last axis fastest. */
function* indices(shape) {
  if (shape.length === 0) return yield [];
  for (let i = 0; i < shape[0]; i++) for (const rest of indices(shape.slice(1))) yield [i, ...rest];
}

const at = (nested, index) => index.reduce((part, i) => part[i], nested);

describe("an NdArray", () => {
  const ferry = ferryOf();
  const six = () => write("Int16", [1, 2, 3, 4, 5, 6]);
  // What it is, its bytes, how they are decoded, and what NumPy's tolist gives.
  const cases = [
    ["in C order", six(), { dtype: ">i2", shape: [2, 3] }, [[1, 2, 3], [4, 5, 6]]],
    ["in Fortran order", six(), { dtype: ">i2", shape: [2, 3], order: "F" }, [[1, 3, 5], [2, 4, 6]]],
    ["laid out anew", six(), { dtype: ">i2", shape: [2, 3], order: "F", layout: "C" }, [[1, 3, 5], [2, 4, 6]]],
    ["of three axes", six(), { dtype: ">i2", shape: [1, 3, 2], order: "F" }, [[[1, 4], [2, 5], [3, 6]]]],
    ["without axes", write("Float64", [1.5]), { dtype: ">f8", shape: [] }, 1.5],
    ["without elements", new ArrayBuffer(0), { dtype: ">f8", shape: [2, 0, 3] }, [[], []]],
    ["of 64-bit integers", write("BigInt64", [1n, -2n]), { dtype: ">i8" }, ["1n", "-2n"]],
    ["of complex numbers", write("Float32", [1, 2, 3, 4, 5, 6, 7, 8]), { dtype: ">c8", shape: [2, 2], order: "F" }, [[[1, 2], [5, 6]], [[3, 4], [7, 8]]]],
    ["of complex numbers in planes", write("Float32", [1, 2, 3, 4, 5, 6, 7, 8]), { dtype: ">c8", shape: [2, 2], complex: "planes" }, [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]],
    ["of strings", new TextEncoder().encode("ab\0cde\0\0\0fg\0").buffer, { dtype: "S3", shape: [2, 2] }, [["ab", "cde"], ["", "fg"]]],
    ["of bytes", Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer, { dtype: "V2", shape: [2, 2], order: "F" }, [["bytes 1,2", "bytes 5,6"], ["bytes 3,4", "bytes 7,8"]]],
    ["of records", Uint8Array.of(1, 0, 2, 0, 3, 4, 0, 5, 0, 6).buffer, { dtype: "[('a', 'u1'), ('v', '>u2', (2,))]" }, [{ a: 1, v: [2, 3] }, { a: 4, v: [5, 6] }]],
    ["of what is stored", six(), { dtype: ">i2", shape: [3, 2], to: "bytes" }, [["bytes 0,1", "bytes 0,2"], ["bytes 0,3", "bytes 0,4"], ["bytes 0,5", "bytes 0,6"]]],
    ["of records in records", Uint8Array.of(1, 2, 3, 4).buffer, { dtype: "[('a', [('x', 'u1'), ('y', 'u1')])]" }, [{ a: { x: 1, y: 2 } }, { a: { x: 3, y: 4 } }]],
  ];

  for (const [what, bytes, options, expected] of cases) {
    it(`${what}: lists of lists, each element, and strides`, async () => {
      const array = await ferry.decode(bytes.slice(0), options);
      ok(array instanceof NdArray);
      equal(plain(array.toNested()), expected, "toNested()");
      for (const index of indices(array.shape)) {
        equal(plain(array.get(...index)), at(expected, index), `get(${index})`);
        const negative = index.map((i, axis) => i - array.shape[axis]);
        equal(plain(array.get(...negative)), at(expected, index), `get(${negative})`);
        // As the npm package ndarray finds an element.
        if (typeof array.data?.[0] !== "number" || array.complex || /^void/.test(array.dtype)) continue;
        equal(array.data[index.reduce((place, i, axis) => place + i * array.stride[axis], 0)], at(expected, index), `stride ${array.stride}`);
      }
      const again = new NdArray(structuredClone(array));
      equal(plain(again.toNested()), expected, "toNested() of a clone");
    });
  }

  it("knows the order of fields whose names are numbers, there and back", async () => {
    const array = await ferry.decode(Uint8Array.of(1, 0, 2, 3, 0, 4).buffer, { dtype: "[('b', 'u1'), ('0', '>u2')]" });
    equal([array.names, array.toNested()], [["b", "0"], [{ 0: 2, b: 1 }, { 0: 4, b: 3 }]]);
    equal([...new Uint8Array(await ferry.encode(array, { format: "raw", byteOrder: "big" }))], [1, 0, 2, 3, 0, 4]);
    const again = await ferry.decode(await ferry.encode(structuredClone(array)));
    equal([again.names, again.source.dtype], [["b", "0"], "[('b', '|u1'), ('0', '<u2')]"]);
  });

  it("refuses an index that is none", async () => {
    const array = await ferry.decode(six(), { dtype: ">i2", shape: [2, 3] });
    for (const index of [[], [0], [0, 0, 0], [2, 0], [0, 3], [-3, 0], [0, 0.5], [0, "1"], [NaN, 0]]) {
      await rejection((async () => array.get(...index))(), "bad-argument");
    }
  });
});
