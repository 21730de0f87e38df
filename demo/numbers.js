// Numbers as text, and how to get at them whatever typed array they are in.
import { inSlices } from "./slices.js";

/** @typedef {import("./dist/byteferry.js").NdArray} NdArray */
/** @typedef {import("./dist/byteferry.js").TypedArray} TypedArray */

/**
 * One value, short enough for a table.
 * @param {number | bigint | undefined} value
 */
export function show(value) {
  if (value === undefined) return "–";
  if (typeof value === "bigint" || !Number.isFinite(value)) return String(value).replace("-", "−");
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e9) return String(value).replace("-", "−");
  const text = size < 1e-3 || size >= 1e9 ? value.toExponential(2).replace("e+", "e") : String(Number(value.toPrecision(6)));
  return text.replaceAll("-", "−");
}

/** @param {number} bytes */
export function showBytes(bytes) {
  const exact = bytes.toLocaleString("en");
  return bytes < 1e6 ? exact : `${(bytes / 1e6).toLocaleString("en", { maximumFractionDigits: 1 })} MB`;
}

/** The shortest time this browser's clock can tell, in milliseconds. */
const TICK = (() => {
  let shortest = Infinity;
  const end = performance.now() + 3;
  for (let before = performance.now(), now = before; now < end; before = now) {
    now = performance.now();
    if (now > before) shortest = Math.min(shortest, now - before);
  }
  return Number.isFinite(shortest) ? shortest : 1;
})();

/**
 * @param {number | undefined} ms
 * @returns {string}
 */
export function showTime(ms) {
  if (ms === undefined) return "none";
  if (ms < TICK / 2) return `< ${showTime(TICK)}`;
  if (ms < 0.9995) return `${Math.max(1, Math.round(ms * 1000))} µs`;
  return ms < 10 ? `${ms.toFixed(1)} ms` : ms < 10000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** @param {number[]} shape  as NumPy writes it */
export const showShape = (shape) => `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;

/**
 * What reads an element as a number. For 64-bit integers from its halves, as they lie in memory little-endian: a BigInt
 * for each of millions would be cleared away again in pauses that one sees.
 * @param {TypedArray} data
 * @returns {(i: number) => number}
 */
export function numberAt(data) {
  if (!(data instanceof BigInt64Array || data instanceof BigUint64Array)) return (i) => data[i];
  const { buffer, byteOffset, length } = data;
  const low = new Uint32Array(buffer, byteOffset, 2 * length);
  const high = data instanceof BigInt64Array ? new Int32Array(buffer, byteOffset, 2 * length) : low;
  return (i) => high[2 * i + 1] * 2 ** 32 + low[2 * i];
}

/**
 * Smallest and largest finite value, if there is any.
 * @param {TypedArray} data
 * @returns {Promise<[number, number] | undefined>}
 */
export async function range(data) {
  let [least, most] = [Infinity, -Infinity];
  const number = numberAt(data);
  await inSlices(data.length, 32768, (from, to) => {
    for (let i = from; i < to; i++) {
      const value = number(i);
      if (value < least && value > -Infinity) least = value;
      if (value > most && value < Infinity) most = value;
    }
  });
  return least <= most ? [least, most] : undefined;
}

/**
 * The array with every element's bytes turned round: what a reader in the wrong byte order would see.
 * @param {TypedArray} data
 * @returns {TypedArray}
 */
export function readWrongly(data) {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const width = data.BYTES_PER_ELEMENT;
  const turned = new Uint8Array(bytes.length);
  for (let start = 0; start < bytes.length; start += width) {
    for (let k = 0; k < width; k++) turned[start + k] = bytes[start + width - 1 - k];
  }
  const Numbers = /** @type {new (buffer: ArrayBuffer) => TypedArray} */ (data.constructor);
  return new Numbers(turned.buffer);
}

/**
 * Round numbers for an axis from `low` to `high`.
 * @param {number} low
 * @param {number} high
 * @param {number} count  so many, about
 */
export function ticks(low, high, count) {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((step) => step >= rough) ?? rough;
  const found = [];
  // A range of one value, or one so far from 0 that steps of it vanish, has no marks.
  if (!(step > 0) || low + step === low) return [low];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) found.push(Number((k * step).toPrecision(12)));
  return found;
}
