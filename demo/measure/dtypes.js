// What is converted: sources in big-endian, targets, and numbers that every one of them can hold.

/** Bytes of an element of each source. @type {Record<string, number>} */
export const SOURCES = {
  bool: 1, int8: 1, uint8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, int64: 8, uint64: 8,
  float16: 2, float32: 4, float64: 8, bfloat16: 2, float8_e4m3fn: 1, float8_e5m2: 1,
  float128: 16, complex64: 8, complex128: 16, "datetime64[ns]": 8,
}; // prettier-ignore

/** Bytes of an element of each target. @type {Record<string, number>} */
export const TARGETS = {
  bool: 1, int8: 1, uint8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, int64: 8, uint64: 8, float16: 2, float32: 4, float64: 8,
  complex64: 8, complex128: 16,
}; // prettier-ignore

/** What a source is cast to: numbers to all numbers, complex ones to each other besides, and dates to themselves and to milliseconds. @param {string} from */
export function targetsOf(from) {
  if (from.startsWith("datetime")) return ["int64", "float64"];
  return Object.keys(TARGETS).filter((to) => (from.startsWith("complex") || !to.startsWith("complex")) && (to !== "float16" || hasFloat16));
}

/** Float16Array and DataView's getFloat16, in engines that have them. */
export const hasFloat16 = "Float16Array" in globalThis;

/** Their type strings, big-endian; ml_dtypes' have none. @param {string} name */
export function bigEndian(name) {
  const itemsize = SOURCES[name];
  if (name.startsWith("bfloat")) return `>${name}`;
  if (name.startsWith("datetime")) return name.replace("datetime64", ">M8");
  return itemsize === 1 ? name : `>${name[0]}${itemsize}`;
}

/** Patterns repeat after so many bytes. */
const PERIOD = 1 << 16;

/**
 * The value of a small float's bits.
 * @param {number} bits
 * @param {number} exponent  bits of the exponent
 * @param {number} mantissa  bits of the mantissa
 * @param {boolean} finite  whether there are no infinities, and one NaN
 */
function small(bits, exponent, mantissa, finite) {
  const sign = bits >> (exponent + mantissa) ? -1 : 1;
  const [e, m] = [(bits >> mantissa) & (2 ** exponent - 1), bits & (2 ** mantissa - 1)];
  const [most, bias] = [2 ** exponent - 1, 2 ** (exponent - 1) - 1];
  if (e === most && (finite ? m === 2 ** mantissa - 1 : true)) return finite || m ? NaN : sign * Infinity;
  return sign * (e ? 2 ** (e - bias) * (1 + m / 2 ** mantissa) : 2 ** (1 - bias) * (m / 2 ** mantissa));
}

const turned = (/** @type {number} */ code) => ((code & 255) << 8) | (code >> 8);

/**
 * Of a small float, the values of all bit patterns as a little-endian machine reads them.
 * @param {string} name
 * @returns {Float32Array | undefined}
 */
export function tableOf(name) {
  switch (name) {
    case "float16":
      return Float32Array.from({ length: 65536 }, (_, code) => small(turned(code), 5, 10, false));
    case "bfloat16":
      return Float32Array.from({ length: 65536 }, (_, code) => small(turned(code), 8, 7, false));
    case "float8_e4m3fn":
      return Float32Array.from({ length: 256 }, (_, code) => small(code, 4, 3, true));
    case "float8_e5m2":
      return Float32Array.from({ length: 256 }, (_, code) => small(code, 5, 2, false));
  }
}

/**
 * Big-endian numbers from 0 to 99 (floats with halves, to 49.5): what every pair keeps, so that each side's result must be the other's, and no
 * loop is slowed by NaNs and overflows.
 * @param {string} name
 * @param {number} nbytes
 */
export function numbers(name, nbytes) {
  const bytes = new Uint8Array(nbytes);
  const period = Math.min(PERIOD, nbytes);
  const view = new DataView(bytes.buffer, 0, period);
  const itemsize = SOURCES[name];
  const step = name.startsWith("complex") ? itemsize / 2 : itemsize;
  for (let i = 0; i < period / step; i++) {
    const [at, whole, half] = [i * step, i % 100, (i % 100) / 2];
    switch (name) {
      case "bool": view.setUint8(at, i % 2); break;
      case "int8": case "uint8": view.setUint8(at, whole); break;
      case "int16": case "uint16": view.setUint16(at, whole); break;
      case "int32": case "uint32": view.setUint32(at, whole); break;
      case "int64": case "uint64": case "datetime64[ns]": view.setBigUint64(at, BigInt(whole)); break;
      case "float32": case "complex64": view.setFloat32(at, half); break;
      case "float64": case "complex128": view.setFloat64(at, half); break;
      case "float16": view.setUint16(at, bitsOfHalf(half)); break;
      // x87's, behind its padding: sign and exponent, then a mantissa whose first bit is written.
      case "float128": view.setUint16(at + 6, half ? 16383 + Math.floor(Math.log2(half)) : 0), view.setBigUint64(at + 8, mantissaOf(half)); break;
      // A multiple of 2**-1 below 64 has at most 7 significant bits: it is exact.
      case "bfloat16": view.setUint16(at, bitsOfBfloat(half)); break;
      // Up to 112, whatever they are.
      default: view.setUint8(at, i % 0x58);
    } // prettier-ignore
  }
  for (let done = period; done < nbytes; done *= 2) bytes.copyWithin(done, 0, Math.min(done, nbytes - done));
  return bytes.buffer;
}

/** @param {number} value  at least 2**-14, or 0 */
function bitsOfHalf(value) {
  if (value === 0) return 0;
  const e = Math.floor(Math.log2(value));
  return ((e + 15) << 10) | ((value / 2 ** e - 1) * 1024);
}

/** @param {number} value  as `bitsOfHalf` takes it */
const mantissaOf = (value) => (value ? BigInt((value / 2 ** Math.floor(Math.log2(value))) * 2 ** 10) << 53n : 0n);

/** @param {number} value */
function bitsOfBfloat(value) {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint16(0);
}
