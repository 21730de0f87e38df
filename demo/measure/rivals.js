// What byteferry is held against: the loops that a page would otherwise have, each as fast as we could write it.
//
// Loops of their own for the four swaps; for casts, one function for each pair and way, made of a text, so that an engine compiles each of
// them for its own types. If you know a quicker one, it belongs here.

import { hasFloat16 } from "./dtypes.js";

/** Elements that are swapped into memory that stays in the cache, before they are cast. */
const TILE = 4096;

/**
 * Swaps in place, by itemsize. complex128 has 16 bytes, and two numbers in them.
 * @type {Record<number, Record<string, (buffer: ArrayBuffer) => void>>}
 */
export const SWAPS = {
  2: {
    "DataView loop"(buffer) {
      const view = new DataView(buffer);
      for (let at = 0, end = buffer.byteLength; at < end; at += 2) view.setUint16(at, view.getUint16(at, false), true);
    },
    "Uint16Array"(buffer) {
      const words = new Uint16Array(buffer);
      for (let i = 0, count = words.length; i < count; i++) {
        const word = words[i];
        words[i] = (word << 8) | (word >>> 8);
      }
    },
    "Int32Array, two at once"(buffer) {
      const words = new Int32Array(buffer);
      for (let i = 0, count = words.length; i < count; i++) {
        const word = words[i];
        words[i] = ((word & 0xff00ff) << 8) | ((word >>> 8) & 0xff00ff);
      }
    },
    "Int32Array, eight at once"(buffer) {
      const words = new Int32Array(buffer);
      for (let i = 0, count = words.length; i < count; i += 4) {
        const a = words[i], b = words[i + 1], c = words[i + 2], d = words[i + 3];
        words[i] = ((a & 0xff00ff) << 8) | ((a >>> 8) & 0xff00ff);
        words[i + 1] = ((b & 0xff00ff) << 8) | ((b >>> 8) & 0xff00ff);
        words[i + 2] = ((c & 0xff00ff) << 8) | ((c >>> 8) & 0xff00ff);
        words[i + 3] = ((d & 0xff00ff) << 8) | ((d >>> 8) & 0xff00ff);
      }
    },
    // Of all loops the quickest in Chromium, which computes with 64 bits; and by far the slowest where these are made on the heap.
    "DataView loop, BigInt, four at once"(buffer) {
      const view = new DataView(buffer);
      for (let at = 0, end = buffer.byteLength; at < end; at += 8) {
        const words = view.getBigUint64(at, true);
        view.setBigUint64(at, BigInt.asUintN(64, ((words & 0x00ff00ff00ff00ffn) << 8n) | ((words >> 8n) & 0x00ff00ff00ff00ffn)), true);
      }
    },
  },
  4: {
    "DataView loop"(buffer) {
      const view = new DataView(buffer);
      for (let at = 0, end = buffer.byteLength; at < end; at += 4) view.setInt32(at, view.getInt32(at, false), true);
    },
    "DataView into Int32Array"(buffer) {
      const view = new DataView(buffer);
      const words = new Int32Array(buffer);
      for (let i = 0, count = words.length; i < count; i++) words[i] = view.getInt32(4 * i, false);
    },
    "Int32Array"(buffer) {
      const words = new Int32Array(buffer);
      for (let i = 0, count = words.length; i < count; i++) {
        const word = words[i];
        const pairs = ((word & 0xff00ff) << 8) | ((word >>> 8) & 0xff00ff);
        words[i] = (pairs << 16) | (pairs >>> 16);
      }
    },
    "Int32Array, by rotations"(buffer) {
      const words = new Int32Array(buffer);
      for (let i = 0, count = words.length; i < count; i++) {
        const word = words[i];
        words[i] = (((word << 8) | (word >>> 24)) & 0xff00ff) | (((word << 24) | (word >>> 8)) & 0xff00ff00);
      }
    },
    "Int32Array, four at once"(buffer) {
      const words = new Int32Array(buffer);
      for (let i = 0, count = words.length; i < count; i += 4) {
        const a = words[i], b = words[i + 1], c = words[i + 2], d = words[i + 3];
        words[i] = (((a << 8) | (a >>> 24)) & 0xff00ff) | (((a << 24) | (a >>> 8)) & 0xff00ff00);
        words[i + 1] = (((b << 8) | (b >>> 24)) & 0xff00ff) | (((b << 24) | (b >>> 8)) & 0xff00ff00);
        words[i + 2] = (((c << 8) | (c >>> 24)) & 0xff00ff) | (((c << 24) | (c >>> 8)) & 0xff00ff00);
        words[i + 3] = (((d << 8) | (d >>> 24)) & 0xff00ff) | (((d << 24) | (d >>> 8)) & 0xff00ff00);
      }
    },
    "DataView loop, BigInt, two at once"(buffer) {
      const view = new DataView(buffer);
      for (let at = 0, end = buffer.byteLength; at < end; at += 8) {
        const turned = view.getBigUint64(at, false);
        view.setBigUint64(at, BigInt.asUintN(64, (turned >> 32n) | (turned << 32n)), true);
      }
    },
  },
  8: {
    "DataView loop, BigInt"(buffer) {
      const view = new DataView(buffer);
      for (let at = 0, end = buffer.byteLength; at < end; at += 8) view.setBigUint64(at, view.getBigUint64(at, false), true);
    },
    "DataView into BigUint64Array"(buffer) {
      const view = new DataView(buffer);
      const words = new BigUint64Array(buffer);
      for (let i = 0, count = words.length; i < count; i++) words[i] = view.getBigUint64(8 * i, false);
    },
    "DataView loop, two halves"(buffer) {
      const view = new DataView(buffer);
      for (let at = 0, end = buffer.byteLength; at < end; at += 8) {
        const high = view.getInt32(at, false);
        view.setInt32(at, view.getInt32(at + 4, false), true);
        view.setInt32(at + 4, high, true);
      }
    },
    "Int32Array, two halves"(buffer) {
      const words = new Int32Array(buffer);
      for (let i = 0, count = words.length; i < count; i += 2) {
        const high = words[i];
        const low = words[i + 1];
        words[i] = (((low << 8) | (low >>> 24)) & 0xff00ff) | (((low << 24) | (low >>> 8)) & 0xff00ff00);
        words[i + 1] = (((high << 8) | (high >>> 24)) & 0xff00ff) | (((high << 24) | (high >>> 8)) & 0xff00ff00);
      }
    },
  },
};
// As numbers of 8 bytes, which is what it has.
SWAPS[16] = SWAPS[8];

/** Other people's, and wasm that copies the whole array in and out, where the page has been built with them. */
const here = (/** @type {string} */ path) => String(new URL(path, import.meta.url));

/** zarrita's own, from its package. @returns {Promise<(bytes: Uint8Array, itemsize: number) => void>} */
export const zarrita = async () => (await import(here("./vendor/others.js"))).byteswapInplace;

/** @returns {Promise<{ [name: string]: any }>}  npyjs and numpy-parser */
export const readers = () => import(here("./vendor/others.js"));

/** A small wasm with wasm-bindgen's ways: arrays are copied into its memory, and back. @returns {Promise<any>} */
export async function copyingWasm() {
  const wasm = await import(here("./vendor/gloo/byteferry_bench_gloo.js"));
  await wasm.default();
  return wasm;
}

/**
 * How JavaScript reads a big-endian element of a source, by way: statements in front of the loop, and the expression for element `i`.
 * @typedef {{ before: string, value: string, words?: boolean, tile?: { fill: string, array: string } }} Reading
 */

const DATA_VIEW = "const view = new DataView(input);";

/** @param {string} method @param {number} itemsize @returns {Reading} */
const byDataView = (method, itemsize) => ({ before: DATA_VIEW, value: `view.${method}(${itemsize} * i, false)` });

/** Text of a swap of 4 bytes. @param {string} name */
const swapped = (name) => `((((${name} << 8) | (${name} >>> 24)) & 0xff00ff) | (((${name} << 24) | (${name} >>> 8)) & 0xff00ff00))`;

/**
 * Elements of 2, 4 or 8 bytes, swapped into a scratch tile that is read as `array`.
 * @param {number} itemsize
 * @param {string} array
 * @returns {Reading}
 */
function byTiles(itemsize, array) {
  const scratch = `const scratch = new ArrayBuffer(${TILE * itemsize}); const numbers = new ${array}(scratch);`;
  if (itemsize === 2) {
    // Two at once.
    const before = `const words = new Int32Array(input); ${scratch} const pairs = new Int32Array(scratch);`;
    const fill = "for (let j = 0, at = start / 2; j < size; j += 2, at++) { const w = words[at]; pairs[j >> 1] = ((w & 0xff00ff) << 8) | ((w >>> 8) & 0xff00ff); }";
    return { before, value: "", tile: { fill, array: "numbers" } };
  }
  const before = `const words = new Int32Array(input); ${scratch} const turned = new Int32Array(scratch);`;
  if (itemsize === 4) {
    const fill = `for (let j = 0; j < size; j++) { const w = words[start + j]; turned[j] = ${swapped("w")}; }`;
    return { before, value: "", tile: { fill, array: "numbers" } };
  }
  const fill = `for (let j = 0, at = 2 * start; j < 2 * size; j += 2, at += 2) {
    const h = words[at], l = words[at + 1]; turned[j] = ${swapped("l")}; turned[j + 1] = ${swapped("h")}; }`;
  return { before, value: "", tile: { fill, array: "numbers" } };
}

const HALVES = { dataView: ["view.getInt32(8 * i, false)", "view.getUint32(8 * i + 4, false)"], words: [swapped("words[2 * i]"), `(${swapped("words[2 * i + 1]")} >>> 0)`] };

/** @param {boolean} signed @returns {Record<string, Reading>} */
function wide(signed) {
  const high = (/** @type {string} */ text) => (signed ? text : `(${text} >>> 0)`);
  return {
    "DataView, hi * 2**32 + lo": {
      before: DATA_VIEW,
      value: `view.${signed ? "getInt32" : "getUint32"}(8 * i, false) * 4294967296 + ${HALVES.dataView[1]}`,
    },
    "Int32Array, hi * 2**32 + lo": {
      before: "const words = new Int32Array(input);",
      value: `${high(HALVES.words[0])} * 4294967296 + ${HALVES.words[1]}`,
    },
    BigInt: { before: DATA_VIEW, value: `Number(view.${signed ? "getBigInt64" : "getBigUint64"}(8 * i, false))` },
  };
}

/** What an 8-byte integer is to narrower ones: its lower half. @type {Record<string, Reading>} */
const LOWER = {
  "DataView, lower half": { before: DATA_VIEW, value: "view.getInt32(8 * i + 4, false)" },
  "Int32Array, lower half": { before: "const words = new Int32Array(input);", value: swapped("words[2 * i + 1]") },
};

/** @type {Record<string, Reading>} */
const EITHER = {
  "DataView, both halves": { before: DATA_VIEW, value: "(view.getInt32(8 * i, false) | view.getInt32(8 * i + 4, false))" },
  "Int32Array, both halves": { before: "const words = new Int32Array(input);", value: "(words[2 * i] | words[2 * i + 1])" },
};

/** @param {string} array @param {string} [use] @returns {Reading} */
const bytewise = (array, use = "bytes[i]") => ({ before: `const bytes = new ${array}(input);`, value: use });

/** A value for each bit pattern, found by its bytes as they lie: the swap costs nothing. @param {number} itemsize @returns {Reading} */
const byTable = (itemsize) => ({ before: `const codes = new Uint${8 * itemsize}Array(input);`, value: "table[codes[i]]" });

/**
 * Ways to read each source.
 * @param {string} from
 * @param {string} to
 * @returns {Record<string, Reading>}
 */
function readings(from, to) {
  switch (from) {
    case "bool":
    case "uint8":
    case "int8": {
      const array = from === "int8" ? "Int8Array" : "Uint8Array";
      return { [array]: bytewise(array, from === "bool" ? "(bytes[i] !== 0 ? 1 : 0)" : "bytes[i]") };
    }
    case "int16":
    case "uint16": {
      const [array, value] = from === "int16" ? ["Int16Array", "((codes[i] << 24) >> 16) | (codes[i] >>> 8)"] : ["Uint16Array", "((codes[i] & 255) << 8) | (codes[i] >>> 8)"];
      return {
        DataView: byDataView(from === "int16" ? "getInt16" : "getUint16", 2),
        Uint16Array: { before: "const codes = new Uint16Array(input);", value: `(${value})` },
        tiles: byTiles(2, array),
      };
    }
    case "int32":
    case "uint32": {
      const value = swapped("words[i]");
      return {
        DataView: byDataView(from === "int32" ? "getInt32" : "getUint32", 4),
        Int32Array: { before: "const words = new Int32Array(input);", value: from === "int32" ? value : `(${value} >>> 0)` },
        tiles: byTiles(4, from === "int32" ? "Int32Array" : "Uint32Array"),
      };
    }
    case "int64":
    case "uint64":
      if (to === "bool") return EITHER;
      return /int(8|16|32)$/.test(to) ? LOWER : wide(from === "int64");
    case "float32":
      return {
        DataView: byDataView("getFloat32", 4),
        "a word at a time": {
          before: "const words = new Int32Array(input); const one = new Int32Array(1); const number = new Float32Array(one.buffer);",
          value: `(one[0] = ${swapped("words[i]")}, number[0])`,
        },
        tiles: byTiles(4, "Float32Array"),
      };
    case "float64":
      return { DataView: byDataView("getFloat64", 8), tiles: byTiles(8, "Float64Array") };
    case "float16":
      return {
        "table of 65536": byTable(2),
        .../** @type {Record<string, Reading>} */ (hasFloat16 ? { getFloat16: byDataView("getFloat16", 2), "tiles, Float16Array": byTiles(2, "Float16Array") } : {}),
      };
    case "bfloat16":
      return {
        "table of 65536": byTable(2),
        "upper half of a float32": {
          before: "const codes = new Uint16Array(input); const one = new Int32Array(1); const number = new Float32Array(one.buffer);",
          value: "(one[0] = ((codes[i] & 255) << 24) | ((codes[i] >>> 8) << 16), number[0])",
        },
      };
    case "complex64":
    case "complex128": {
      // The real part; as a bool, either.
      const [get, itemsize] = from === "complex64" ? ["getFloat32", 8] : ["getFloat64", 16];
      const [real, imaginary] = [`view.${get}(${itemsize} * i, false)`, `view.${get}(${itemsize} * i + ${itemsize / 2}, false)`];
      return { DataView: { before: DATA_VIEW, value: to === "bool" ? `(${real} !== 0 || ${imaginary} !== 0 ? 1 : 0)` : real } };
    }
    case "datetime64[ns]":
      return {
        "DataView, hi * 2**32 + lo": {
          before: `${DATA_VIEW} let high = 0, low = 0;`,
          value: "(high = view.getInt32(8 * i, false), low = view.getUint32(8 * i + 4, false), high === -2147483648 && low === 0 ? NaN : (high * 4294967296 + low) / 1e6)",
        },
      };
    case "float128":
      // x87's, of numbers that a float64 has: a rival that knows no infinities, NaNs and subnormals is the quicker for it.
      return {
        DataView: {
          before: `${DATA_VIEW} const one = new Int32Array(2); const power = new Float64Array(one.buffer); let e = 0;`,
          value: `(e = view.getUint16(16 * i + 6, false), one[1] = ((e & 32767) - 15423) << 20,
            (view.getUint32(16 * i + 8, false) * 4294967296 + view.getUint32(16 * i + 12, false)) * (e > 32767 ? -power[0] : e === 0 ? 0 : power[0]))`,
        },
        "mantissa's upper half": {
          before: `${DATA_VIEW} const one = new Int32Array(2); const number = new Float64Array(one.buffer); let e = 0, high = 0, low = 0;`,
          value: `(e = view.getUint16(16 * i + 6, false), high = view.getUint32(16 * i + 8, false), low = view.getUint32(16 * i + 12, false),
            one[1] = ((e & 32768) << 16) | (((e & 32767) - 15360) << 20) | ((high >>> 11) & 0xfffff), one[0] = (high << 21) | (low >>> 11), e === 0 ? 0 : number[0])`,
        },
      };
    default:
      return { "table of 256": byTable(1) };
  }
}

/**
 * Pairs for which there is something better than a loop over numbers.
 * @param {string} from
 * @param {string} to
 * @returns {Record<string, string>}  the body of a function of `input` and `output`
 */
function special(from, to) {
  if (/^datetime/.test(from) && to === "int64") from = to;
  const same8 = (/^u?int64$/.test(from) && /^u?int64$/.test(to)) || (from === "float64" && to === "float64");
  if (same8) {
    return {
      "DataView loop, BigInt": `${DATA_VIEW} const result = new DataView(output); for (let at = 0, end = input.byteLength; at < end; at += 8) result.setBigUint64(at, view.getBigUint64(at, false), true);`,
      "DataView into BigInt64Array": `${DATA_VIEW} const result = new BigInt64Array(output); for (let i = 0, n = result.length; i < n; i++) result[i] = view.getBigInt64(8 * i, false);`,
      "Int32Array, two halves": `const words = new Int32Array(input), result = new Int32Array(output);
        for (let i = 0, n = words.length; i < n; i += 2) { const h = words[i], l = words[i + 1]; result[i] = ${swapped("l")}; result[i + 1] = ${swapped("h")}; }`,
    };
  }
  if (/^u?int8$|^bool$/.test(from) && to === "bool") {
    return {
      "Int32Array, four at once": `const words = new Int32Array(input), result = new Int32Array(output);
        for (let i = 0, n = words.length; i < n; i++) { const w = words[i]; result[i] = ((((w & 0x7f7f7f7f) + 0x7f7f7f7f) | w) >>> 7) & 0x01010101; }`,
    };
  }
  if (/^u?int8$/.test(from) && !/64$/.test(to) && to !== "bool") {
    return { "set()": `new ${arrayOf(to)}(output).set(new ${from === "int8" ? "Int8Array" : "Uint8Array"}(input));` };
  }
  if (from === "bfloat16" && to === "float32") {
    return {
      "Int32Array": `const codes = new Uint16Array(input), result = new Int32Array(output);
        for (let i = 0, n = codes.length; i < n; i++) { const c = codes[i]; result[i] = ((c & 255) << 24) | ((c & 0xff00) << 8); }`,
    };
  }
  // The same bits, of the same width: a swap.
  /** @type {Record<string, number>} */
  const bits = { int16: 2, uint16: 2, float16: 2, int32: 4, uint32: 4, float32: 4 };
  const same = from === to || (/int/.test(from) && /int/.test(to));
  const [a, b] = [bits[from], bits[to]];
  if (!a || a !== b || !same) return {};
  // Eight bytes at once, as SWAPS has it.
  const eight = (/** @type {string} */ order, /** @type {string} */ turned) =>
    `${DATA_VIEW} const result = new DataView(output); for (let at = 0, end = input.byteLength; at < end; at += 8) { const x = view.getBigUint64(at, ${order}); result.setBigUint64(at, BigInt.asUintN(64, ${turned}), true); }`;
  if (a === 2) {
    return {
      "DataView loop, BigInt, four at once": eight("true", "((x & 0x00ff00ff00ff00ffn) << 8n) | ((x >> 8n) & 0x00ff00ff00ff00ffn)"),
      "DataView loop": `${DATA_VIEW} const result = new DataView(output); for (let at = 0, end = input.byteLength; at < end; at += 2) result.setInt16(at, view.getInt16(at, false), true);`,
      "Int32Array, two at once": `const words = new Int32Array(input), result = new Int32Array(output);
        for (let i = 0, n = words.length; i < n; i++) { const w = words[i]; result[i] = ((w & 0xff00ff) << 8) | ((w >>> 8) & 0xff00ff); }`,
    };
  }
  return {
    "DataView loop, BigInt, two at once": eight("false", "(x >> 32n) | (x << 32n)"),
    "DataView loop": `${DATA_VIEW} const result = new DataView(output); for (let at = 0, end = input.byteLength; at < end; at += 4) result.setInt32(at, view.getInt32(at, false), true);`,
    "DataView into Int32Array": `${DATA_VIEW} const result = new Int32Array(output); for (let i = 0, n = result.length; i < n; i++) result[i] = view.getInt32(4 * i, false);`,
    "Int32Array": `const words = new Int32Array(input), result = new Int32Array(output); for (let i = 0, n = words.length; i < n; i++) { const w = words[i]; result[i] = ${swapped("w")}; }`,
  };
}

/** The typed array of a target. @param {string} to */
export const arrayOf = (to) => {
  if (to === "bool") return "Uint8Array";
  const name = to === "int64" || to === "uint64" ? `big${to === "int64" ? "Int" : "Uint"}64` : to;
  return `${name.replace(/^u?int|^float|^big/, (kind) => ({ int: "Int", uint: "Uint", float: "Float", big: "Big" })[kind] ?? kind)}Array`;
};

/**
 * How `value` is written as element `i`, by way.
 * @param {string} from
 * @param {string} to
 * @returns {Record<string, { before: string, write: (value: string, i: string) => string }>}
 */
function writings(from, to) {
  const floating = /float|complex/.test(from);
  if (to === "int64" || to === "uint64") {
    const before = "const halves = new Int32Array(output);";
    if (!floating) {
      const sign = /^u|bool/.test(from) ? "0" : "x >> 31";
      return { "two halves": { before, write: (value, i) => `{ const x = ${value}; halves[2 * ${i}] = x; halves[2 * ${i} + 1] = ${sign}; }` } };
    }
    return {
      "two halves": {
        before,
        write: (value, i) => `{ const x = Math.trunc(${value}), h = Math.floor(x / 4294967296); halves[2 * ${i}] = x - h * 4294967296; halves[2 * ${i} + 1] = h; }`,
      },
      BigInt: { before: `const result = new ${arrayOf(to)}(output);`, write: (value, i) => `result[${i}] = BigInt(Math.trunc(${value}));` },
    };
  }
  const before = `const result = new ${arrayOf(to)}(output);`;
  if (to === "bool" && !/^bool|^complex/.test(from)) return { "": { before, write: (value, i) => `result[${i}] = ${value} !== 0 ? 1 : 0;` } };
  /** @type {ReturnType<typeof writings>} */
  const ways = { "": { before, write: (value, i) => `result[${i}] = ${value};` } };
  // Chromium stores through a DataView sooner than into an array.
  const [, kind = "", bits = ""] = to.match(/^(u?int|float)(16|32|64)$/) ?? [];
  if (bits) {
    const setter = `set${{ int: "Int", uint: "Uint", float: "Float" }[kind]}${bits}`;
    ways["set by DataView"] = { before: "const result = new DataView(output);", write: (value, i) => `result.${setter}(${Number(bits) / 8} * ${i}, ${value}, true);` };
  }
  return ways;
}

/**
 * All ways there are for a pair. Each takes a buffer with big-endian elements and one for the result, which is the same where the width is.
 * @param {string} from  a dtype
 * @param {string} to  another
 * @param {ArrayLike<number>} [table]  the values of all bit patterns of a small float, as they lie
 * @returns {Record<string, (input: ArrayBuffer, output: ArrayBuffer, count: number) => void>}
 */
export function casts(from, to, table) {
  // Complex to complex is a cast of twice as many numbers.
  const parts = /** @type {Record<string, string>} */ ({ complex64: "float32", complex128: "float64" });
  if (parts[to]) {
    const loops = casts(parts[from], parts[to]);
    return Object.fromEntries(Object.entries(loops).map(([name, loop]) => [name, (input, output, count) => loop(input, output, 2 * count)]));
  }
  /** @type {Record<string, string>} */
  const bodies = { ...special(from, to) };
  // As numbers they would not be the integers they were.
  const whole = /^u?int64$|^datetime/.test(from) && /int64$/.test(to);
  for (const [way, { before, value, tile }] of Object.entries(whole ? {} : readings(from, to))) {
    for (const [manner, writing] of Object.entries(writings(from, to))) {
      const name = [way, manner].filter(Boolean).join(", ");
      const setup = `${before} ${writing.before}`;
      if (!tile) {
        bodies[name] = `${setup} for (let i = 0; i < count; i++) ${writing.write(value, "i")}`;
        continue;
      }
      const each = (/** @type {string} */ inner) => `${setup} for (let start = 0; start < count; start += ${TILE}) { const size = Math.min(${TILE}, count - start); ${tile.fill} ${inner} }`;
      bodies[name] = each(`for (let j = 0; j < size; j++) { ${writing.write(`${tile.array}[j]`, "(start + j)")} }`);
      if (!manner && to !== "bool") bodies[`${name}, set()`] = each(`result.set(size === ${TILE} ? ${tile.array} : ${tile.array}.subarray(0, size), start);`);
    }
  }
  return Object.fromEntries(
    Object.entries(bodies).map(([name, body]) => {
      const loop = new Function("input", "output", "count", "table", `"use strict"; ${body}`);
      return [name, (input, output, count) => loop(input, output, count, table)];
    }),
  );
}
